/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON as it is written: no tree, one pass.
 *
 * Data in:   members, in order. What does not apply is left out: never 0, never a guess. So is
 *            text that is no valid UTF-8: none of ours, but names that the user gave.
 * Data out:  text in a buffer, compact. Each value has a comma behind it, which the bracket that
 *            closes overwrites: so nothing need be known of what comes.
 * Ownership: json_new() makes a buffer that grows, json_take() gives it away; json_to_file()
 *            borrows one that is emptied into the stream, and the stream keeps its error.
 * Limits:    a key is shorter than JSON_KEY_MAX. Keys are literals: they cost a few stores.
 */
#ifndef TALKPATH_JSON_PUT_H
#define TALKPATH_JSON_PUT_H

#include <math.h>
#include <stdio.h>

#include "talkpath.h"
#include "text.h"

enum {
	JSON_PIECE_MAX = 256, /* octets that are asked for at once */
	JSON_BUFFER_MIN = 4096,
	JSON_KEY_MAX = 64,
	JSON_TIME_MAX = 40
};

struct json {
	char *begin, *at, *end;
	FILE *file;  /* NULL: the buffer grows */
	bool failed; /* memory was short: what is there is not all */
};

/* False where memory is short. */
bool json_new(struct json *json);

/* The text, without the last comma, to be released with free(); NULL where memory was short. */
char *json_take(struct json *json);

/* buffer: of JSON_BUFFER_MIN octets at least. */
void json_to_file(struct json *json, FILE *file, char *buffer, size_t octets);
void json_flush(struct json *json);

/* --- pieces --- */

void json_make_room(struct json *json);

/* Where JSON_PIECE_MAX octets can be written. */
static inline char *json_room(struct json *json)
{
	if (json->end - json->at < JSON_PIECE_MAX) {
		json_make_room(json);
	}
	return json->at;
}

/* A literal, as it is. */
static inline void json_raw(struct json *json, const char *literal)
{
	struct text text = text_of(literal);

	memcpy(json_room(json), text.at, text.length);
	json->at += text.length;
}

static inline void json_key(struct json *json, const char *key)
{
	struct text text = text_of(key);
	char *at = json_room(json);

	at[0] = '"';
	memcpy(at + 1, text.at, text.length);
	at += 1 + text.length;
	at[0] = '"';
	at[1] = ':';
	json->at = at + 2;
}

/* Values. */
void json_value_integer(struct json *json, int64_t integer);
void json_value_real(struct json *json, double value); /* finite; to six decimals */
void json_value_time(struct json *json, int64_t time_ns);
void json_value_text(struct json *json, struct text text);

/* Above the greatest integer of most readers, as they would wrap it. */
static inline void json_value_count(struct json *json, uint64_t count)
{
	json_value_integer(json, (int64_t)count);
}

/* --- brackets --- */

static inline void json_open(struct json *json, char bracket)
{
	*json_room(json) = bracket;
	json->at++;
}

static inline void json_close(struct json *json, char bracket)
{
	char *at = json_room(json);

	at -= at[-1] == ',';
	at[0] = bracket;
	at[1] = ',';
	json->at = at + 2;
}

/* What comes next stands on a line of its own, and no comma before it. */
static inline void json_break(struct json *json)
{
	if (json->at[-1] == ',') {
		json->at[-1] = '\n';
	}
}

static inline void json_put_object(struct json *json, const char *key)
{
	json_key(json, key);
	json_open(json, '{');
}

static inline void json_put_array(struct json *json, const char *key)
{
	json_key(json, key);
	json_open(json, '[');
}

/* --- members --- */

static inline void json_put_count(struct json *json, const char *key, uint64_t count)
{
	json_key(json, key);
	json_value_count(json, count);
}

static inline void json_put_integer(struct json *json, const char *key, int64_t integer)
{
	json_key(json, key);
	json_value_integer(json, integer);
}

static inline void json_put_bool(struct json *json, const char *key, bool value)
{
	json_key(json, key);
	if (value) {
		json_raw(json, "true,");
	} else {
		json_raw(json, "false,");
	}
}

static inline void json_put_null(struct json *json, const char *key)
{
	json_key(json, key);
	json_raw(json, "null,");
}

/* TP_NO_COUNT: left out. */
static inline void json_put_number(struct json *json, const char *key, int number)
{
	if (number != TP_NO_COUNT) {
		json_put_integer(json, key, number);
	}
}

/* Greater ones are infinite when they are rounded. */
static inline bool json_real_is_finite(double value)
{
	return fabs(value) < 1e300;
}

/* NAN, infinite: left out. */
static inline void json_put_real(struct json *json, const char *key, double value)
{
	if (json_real_is_finite(value)) {
		json_key(json, key);
		json_value_real(json, value);
	}
}

/* TP_NO_TIME: left out. */
static inline void json_put_time(struct json *json, const char *key, int64_t time_ns)
{
	if (time_ns != TP_NO_TIME) {
		json_key(json, key);
		json_value_time(json, time_ns);
	}
}

/* With a key that need not be a literal. */
void json_put_text_named(struct json *json, struct text key, struct text text);

/* NULL: left out. */
static inline void json_put_text(struct json *json, const char *key, const char *text)
{
	if (text) {
		json_put_text_named(json, text_of(key), text_of(text));
	}
}

void json_put_texts(struct json *json, const char *key, const char *const *texts, size_t count);
void json_put_counts(
    struct json *json, const char *key, const struct tp_count *counts, size_t count);

/* Each under its own name, in the object itself. */
void json_put_figures(struct json *json, const struct tp_figure *figures, size_t count);

/* "2026-01-01T12:00:00.000000001Z"; an empty string for TP_NO_TIME. */
const char *json_time_text(int64_t time_ns, char out[JSON_TIME_MAX]);

#endif
