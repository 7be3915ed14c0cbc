/* SPDX-License-Identifier: Apache-2.0 */
/* A record sink that keeps what it is given, in order. */
#ifndef TALKPATH_TEST_SINK_H
#define TALKPATH_TEST_SINK_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "media.h"

enum { KEPT_MAX = 4096 };

struct kept {
	size_t count;
	struct record *records[KEPT_MAX];
};

static inline void *kept_room(void *context, size_t octets)
{
	struct kept *kept = context;

	cr_assert_lt(kept->count, (size_t)KEPT_MAX);
	cr_assert_eq(octets % 8, 0);
	return kept->records[kept->count++] = calloc(1, octets);
}

static inline struct record_sink kept_sink(struct kept *kept)
{
	kept->count = 0;
	return (struct record_sink){kept_room, kept};
}

static inline void kept_free(struct kept *kept)
{
	for (size_t i = 0; i < kept->count; i++) {
		free(kept->records[i]);
	}
	kept->count = 0;
}

/* The n-th record of a kind, from 0; NULL if there are fewer. */
static inline const void *kept_at(const struct kept *kept, enum record_kind kind, size_t n)
{
	for (size_t i = 0; i < kept->count; i++) {
		if (kept->records[i]->kind == kind && n-- == 0) {
			return kept->records[i];
		}
	}
	return NULL;
}

static inline size_t kept_count(const struct kept *kept, enum record_kind kind)
{
	size_t count = 0;

	for (size_t i = 0; i < kept->count; i++) {
		count += kept->records[i]->kind == kind;
	}
	return count;
}

#endif
