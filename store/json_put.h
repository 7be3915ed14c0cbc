/* SPDX-License-Identifier: Apache-2.0 */
/* Members that are left out where they do not apply: never 0, never a guess. */
#ifndef TALKPATH_JSON_PUT_H
#define TALKPATH_JSON_PUT_H

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct tp_count;
struct tp_figure;

/*
 * The record in JSON_STYLE. Token by token through a buffer of its own: json_dumpf() locks the
 * stream for each.
 */
void json_put_record(const json_t *record, FILE *out);

void json_put_text(json_t *object, const char *key, const char *text); /* NULL: left out */
void json_put_count(json_t *object, const char *key, uint64_t count);
void json_put_number(json_t *object, const char *key, int number); /* TP_NO_COUNT: left out */
void json_put_real(json_t *object, const char *key, double value); /* to six decimals; NAN: out */
void json_put_time(json_t *object, const char *key, int64_t time_ns); /* TP_NO_TIME: left out */
void json_put_texts(json_t *object, const char *key, const char *const *texts, size_t count);
void json_put_counts(json_t *object, const char *key, const struct tp_count *counts, size_t count);

/* Each under its own name, in the object itself. */
void json_put_figures(json_t *object, const struct tp_figure *figures, size_t count);

#endif
