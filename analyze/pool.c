/* SPDX-License-Identifier: Apache-2.0 */
#include "pool.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum {
	FETCHED_MAX = 256,
	IDLE_MIN = 256 << 10 /* octets, for which it is worth asking the system */
};

void *memory_reserve(size_t octets)
{
	void *memory = mmap(NULL, octets, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

void memory_release(void *memory, size_t octets)
{
	if (memory) {
		(void)munmap(memory, octets);
	}
}

void memory_forget(void *memory, size_t octets)
{
	(void)madvise(memory, octets, MADV_DONTNEED);
}

void memory_prefer_large(void *memory, size_t octets)
{
	if (octets > MEMORY_SMALL) {
		/* Refused where the system has none: then it stays as it is. */
		(void)madvise((char *)memory + MEMORY_SMALL, octets - MEMORY_SMALL, MADV_HUGEPAGE);
	}
}

bool pool_init(struct pool *pool, size_t object_octets, uint32_t limit)
{
	*pool = (struct pool){.object_octets = object_octets, .limit = limit};
	pool->objects = memory_reserve(object_octets * limit);
	pool->free = memory_reserve(sizeof(uint32_t) * limit);
	if (!pool->objects || !pool->free) {
		pool_fini(pool);
		return false;
	}
	return true;
}

void pool_fini(struct pool *pool)
{
	memory_release(pool->objects, pool->object_octets * pool->limit);
	memory_release(pool->free, sizeof(uint32_t) * pool->limit);
	*pool = (struct pool){0};
}

/* The one to be taken next is about to be written, and may have been given back long ago. */
__attribute__((always_inline)) static inline void next_fetch(const struct pool *pool)
{
	size_t octets = pool->object_octets < FETCHED_MAX ? pool->object_octets : FETCHED_MAX;

	memory_fetch(pool_at(pool, pool->free[pool->free_count - 1]), octets);
}

uint32_t pool_take_unset(struct pool *pool)
{
	uint32_t number;

	if (pool->free_count > 0) {
		number = pool->free[--pool->free_count];
		if (pool->free_count > 0) {
			next_fetch(pool);
		}
		return number;
	}
	return pool->used < pool->limit ? pool->used++ : POOL_NONE;
}

uint32_t pool_take(struct pool *pool)
{
	bool again = pool->free_count > 0; /* what was never out is zero */
	uint32_t number = pool_take_unset(pool);

	if (again) {
		memset(pool_at(pool, number), 0, pool->object_octets);
	}
	return number;
}

void pool_give(struct pool *pool, uint32_t number)
{
	pool->free[pool->free_count++] = number;
}

void pool_forget_below(struct pool *pool, uint32_t number)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	memory_forget(pool->objects, pool->object_octets * number / page * page);
}

void pool_clear(struct pool *pool)
{
	memory_forget(pool->objects, pool->object_octets * pool->limit);
	memory_forget(pool->free, sizeof(uint32_t) * pool->limit);
	pool->used = pool->free_count = 0;
}

void pool_forget_idle(struct pool *pool)
{
	if (pool_count(pool) == 0 && pool->used * pool->object_octets >= IDLE_MIN) {
		pool_clear(pool);
	}
}
