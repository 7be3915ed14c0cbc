/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a report is about: all calls, or those of --call-id and --filter; and of streams and
 * findings those that belong to them.
 */
#ifndef TALKPATH_SELECTION_H
#define TALKPATH_SELECTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"
#include "talkpath.h"

struct selection {
	const char *call_id;         /* NULL: any. Also the id within the report: "c12" */
	const struct filter *filter; /* NULL: any */
	/* Of selection_make: a bit per call, by the number in its id. */
	uint64_t *chosen;
	size_t words;
	size_t count;
};

static inline bool selection_is_all(const struct selection *s)
{
	return !s->call_id && !s->filter;
}

/* Does the call belong to it? Needs no selection_make. */
bool selection_has(const struct selection *s, const struct tp_call_report *report);

/* Go through the analysis once and note which calls belong to it. False without memory. */
bool selection_make(struct selection *s, struct tp_analysis *analysis);
void selection_free(struct selection *s);

bool selection_has_call(const struct selection *s, const struct tp_call *call);
bool selection_has_stream(const struct selection *s, const struct tp_stream *stream);
bool selection_has_finding(const struct selection *s, const struct tp_finding *finding);

#endif
