/* SPDX-License-Identifier: Apache-2.0 */
/* Words and numbers that several kinds of records say alike. Texts live in the arena given. */
#ifndef TALKPATH_REPORT_TEXT_H
#define TALKPATH_REPORT_TEXT_H

#include "arena.h"
#include "flow.h"
#include "model.h"

enum {
	REPORT_SCRATCH_OCTETS = 64 << 20, /* of one record; what is beyond is left out */
	REPORT_USUAL_OCTETS = 4000        /* are enough for most */
};

/* "c12": a letter for the kind of record, and its number. */
static inline const char *report_id(struct arena *arena, char prefix, uint32_t id)
{
	char text[1 + TEXT_NUMBER_MAX] = {prefix};
	const char *end = text_put_number(text + 1, id);

	return arena_text(arena, (struct text){text, (size_t)(end - text)});
}

/* "192.0.2.1:5060"; NULL where there is none: its port is 0. */
static inline const char *report_endpoint_text(struct arena *arena, const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];

	return e->port ? arena_text(arena, text_of(endpoint_format(e, text))) : NULL;
}

static inline double report_ms(int64_t ns)
{
	return (double)ns / 1e6;
}

#endif
