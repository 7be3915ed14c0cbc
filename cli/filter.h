/* SPDX-License-Identifier: Apache-2.0 */
/*
 * --filter: which calls a report is about.
 *
 *     mos < 3.5 and from ~ "100"
 *     state = failed and not (status = 486 or status = 487)
 *
 * Data in:   an expression; then calls with their streams and findings.
 * Data out:  whether the expression holds for a call.
 * Limits:    FILTER_NODES_MAX comparisons and operators, FILTER_DEPTH_MAX parentheses.
 *
 * A field may have several values (the codecs of a call's streams): a comparison holds if it
 * does for any of them; != and !~ are the negations of = and ~. What a call does not have
 * equals nothing. Text compares without regard to case, ~ looks for a part of it.
 */
#ifndef TALKPATH_FILTER_H
#define TALKPATH_FILTER_H

#include <stdbool.h>

#include "talkpath.h"

enum { FILTER_NODES_MAX = 64, FILTER_DEPTH_MAX = 32, FILTER_ERROR_MAX = 200 };

struct filter;

/* NULL where the expression is wrong: `error` says how and where. */
struct filter *filter_new(const char *expression, char error[FILTER_ERROR_MAX]);
void filter_free(struct filter *filter);

bool filter_holds(const struct filter *filter, const struct tp_call_report *report);

#endif
