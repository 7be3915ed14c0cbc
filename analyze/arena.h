/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An arena: what belongs to one call or finding, allocated piece by piece and freed at once.
 *
 * Ownership: whoever holds the arena. Threading: one thread.
 * Limits:    arena->limit octets, and those of a slab that many arenas share; beyond them
 * arena_take() answers NULL and arena_text() an empty string, and arena->refused says so.
 */
#ifndef TALKPATH_ARENA_H
#define TALKPATH_ARENA_H

#include "slab.h"
#include "text.h"

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks; /* the newest first */
	struct slab *slab;          /* which many share; NULL: memory of its own */
	uint32_t taken;             /* octets */
	uint32_t limit : 31;        /* octets; 0: ARENA_LIMIT */
	uint32_t refused : 1;
};

enum { ARENA_LIMIT = 1 << 20 };

/* Zeroed memory, aligned for any object of integers, doubles and pointers. */
void *arena_take(struct arena *arena, size_t octets);

/*
 * A list of `count` objects with room for one more: the list itself, or a copy with twice the room,
 * which is always a power of two. NULL where there is no memory.
 */
void *arena_list(struct arena *arena, void *list, size_t count, size_t octets);

/* So much will be taken, by and by: it finds room that it fills. Nothing is promised. */
void arena_expect(struct arena *arena, size_t octets);

/*
 * A NUL-terminated copy. What is no valid UTF-8, or NUL, becomes U+FFFD, so that every string
 * of the model can be written as JSON; control characters stay, escaping is the writer's.
 */
const char *arena_text(struct arena *arena, struct text text);

enum { ARENA_TEXTS_MAX = 4 };

/* The same of several, one behind the other; that many empty ones where there is no memory. */
const char *arena_texts(struct arena *arena, const struct text *texts, unsigned count);

__attribute__((format(printf, 2, 3))) const char *arena_format(
    struct arena *arena, const char *format, ...);

/* Everything is gone; the arena may be used again. */
void arena_free(struct arena *arena);

/* The same; what one chunk was enough for keeps it. */
void arena_reset(struct arena *arena);

#endif
