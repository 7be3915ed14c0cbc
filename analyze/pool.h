/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory reserved once: big arrays whose pages are touched only as they are used, and pools of
 * equal objects in such an array.
 *
 * A pool gives out numbers, not pointers, from 0 up; what was given back is given out again,
 * last first. Objects never move.
 * Threading: one thread. Limits: the count given at the start; pool_take() then answers
 * POOL_NONE, and the caller evicts or counts.
 */
#ifndef TALKPATH_POOL_H
#define TALKPATH_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static const uint32_t POOL_NONE = UINT32_MAX;

/* Zeroed memory, backed as it is touched; NULL where the address space is short. */
void *memory_reserve(size_t octets);
void memory_release(void *memory, size_t octets);

/* It stays reserved, zeroed as in the beginning, and what backed it goes back to the system. */
void memory_forget(void *memory, size_t octets);

/*
 * All of it but the first MEMORY_SMALL octets comes in large pages, where the system has them: of
 * what is touched here and there for every packet a TLB covers but a few MiB in small ones. The
 * beginning does not, so that little takes little.
 */
enum { MEMORY_SMALL = 2 << 20 };
void memory_prefer_large(void *memory, size_t octets);

/*
 * All lines of an object on their way to the cache. Inline, since a function that only fetches is
 * taken for one that does nothing. NULL: nothing is fetched.
 */
__attribute__((always_inline)) static inline void memory_fetch(const void *object, size_t octets)
{
	for (size_t i = 0; object && i < octets; i += 64) {
		__builtin_prefetch((const char *)object + i, 1, 3);
	}
	if (object) { /* it may end in one more than it would if it began with one */
		__builtin_prefetch((const char *)object + octets - 1, 1, 3);
	}
}

struct pool {
	void *objects;
	uint32_t *free; /* stack of numbers given back */
	size_t object_octets;
	uint32_t limit;
	uint32_t used; /* numbers ever given out: all are below */
	uint32_t free_count;
};

bool pool_init(struct pool *pool, size_t object_octets, uint32_t limit);
void pool_fini(struct pool *pool);

/* A number whose object is zeroed, or POOL_NONE when all are out. */
uint32_t pool_take(struct pool *pool);

/* The same, whatever the object holds: all of it is written anyway. */
uint32_t pool_take_unset(struct pool *pool);
void pool_give(struct pool *pool, uint32_t number);

/* Where none is out, the memory of the many that were goes back to the system. */
void pool_forget_idle(struct pool *pool);

/* All objects are given back, and their memory to the system. */
void pool_clear(struct pool *pool);

/* The memory of all below this number goes back to the system: none of them is out any more. */
void pool_forget_below(struct pool *pool, uint32_t number);

static inline void *pool_at(const struct pool *pool, uint32_t number)
{
	return (char *)pool->objects + (size_t)number * pool->object_octets;
}

static inline uint32_t pool_number(const struct pool *pool, const void *object)
{
	return (uint32_t)((size_t)((const char *)object - (const char *)pool->objects) /
			  pool->object_octets);
}

static inline uint32_t pool_count(const struct pool *pool)
{
	return pool->used - pool->free_count;
}

#endif
