/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: what belongs to one call or finding, allocated piece by piece and freed at once.
 *
 * Ownership: whoever holds the arena. Threading: one thread.
 * Limits:    arena->limit octets, and those of a budget that many arenas share; beyond them
 * arena_take() answers NULL and arena_text() an empty string, and arena->refused counts it.
 */
#ifndef TALKPATH_ARENA_H
#define TALKPATH_ARENA_H

#include "text.h"

struct arena_chunk;

/* What many arenas may hold together, in octets. */
struct arena_budget {
	size_t held, limit;
};

struct arena {
	struct arena_chunk *chunks;  /* the newest first */
	struct arena_budget *budget; /* NULL: none */
	uint32_t taken, limit;       /* octets; limit 0: ARENA_LIMIT */
	uint32_t held;               /* octets of its chunks */
	uint32_t refused;
};

enum { ARENA_LIMIT = 1 << 20 };

/* Zeroed memory, aligned for any object of integers, doubles and pointers. */
void *arena_take(struct arena *arena, size_t octets);

/* So much will be taken, by and by: it finds room that it fills. Nothing is promised. */
void arena_expect(struct arena *arena, size_t octets);

/*
 * A NUL-terminated copy. What is no valid UTF-8, or NUL, becomes U+FFFD, so that every string
 * of the model can be written as JSON; control characters stay, escaping is the writer's.
 */
const char *arena_text(struct arena *arena, struct text text);

/* The same behind `lead` octets that are the caller's; NULL where there is no memory. */
char *arena_text_behind(struct arena *arena, size_t lead, struct text text);

__attribute__((format(printf, 2, 3))) const char *arena_format(
    struct arena *arena, const char *format, ...);

/* Everything is gone; the arena may be used again. */
void arena_free(struct arena *arena);

/* The same; what one chunk was enough for keeps it. */
void arena_reset(struct arena *arena);

#endif
