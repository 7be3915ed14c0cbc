/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects of a pool in the order in which they were last used, oldest first.
 *
 * Threading: one thread. Limits: as many as the pool holds; an object is in one list at a time.
 */
#ifndef TALKPATH_LRU_H
#define TALKPATH_LRU_H

#include "pool.h"

struct lru_link {
	uint32_t older, newer;
};

struct lru {
	struct lru_link *links; /* by number in the pool */
	uint32_t limit;
	uint32_t oldest, newest; /* POOL_NONE: empty */
};

static inline bool lru_init(struct lru *lru, uint32_t limit)
{
	*lru = (struct lru){.limit = limit, .oldest = POOL_NONE, .newest = POOL_NONE};
	lru->links = memory_reserve(sizeof(*lru->links) * limit);
	return lru->links != NULL;
}

/* Another list of the same objects, each of which is in one of them; lru_fini() of the other. */
static inline void lru_share(struct lru *lru, const struct lru *other)
{
	*lru = (struct lru){other->links, other->limit, POOL_NONE, POOL_NONE};
}

static inline void lru_fini(struct lru *lru)
{
	memory_release(lru->links, sizeof(*lru->links) * lru->limit);
	lru->links = NULL;
}

/* Behind the one that is older than it; POOL_NONE: in front of all. */
static inline void lru_insert(struct lru *lru, uint32_t number, uint32_t older)
{
	uint32_t *newer = older != POOL_NONE ? &lru->links[older].newer : &lru->oldest;

	lru->links[number] = (struct lru_link){older, *newer};
	if (*newer != POOL_NONE) {
		lru->links[*newer].older = number;
	} else {
		lru->newest = number;
	}
	*newer = number;
}

static inline void lru_append(struct lru *lru, uint32_t number)
{
	lru_insert(lru, number, lru->newest);
}

static inline void lru_remove(struct lru *lru, uint32_t number)
{
	struct lru_link link = lru->links[number];

	if (link.older != POOL_NONE) {
		lru->links[link.older].newer = link.newer;
	} else {
		lru->oldest = link.newer;
	}
	if (link.newer != POOL_NONE) {
		lru->links[link.newer].older = link.older;
	} else {
		lru->newest = link.older;
	}
}

static inline void lru_touch(struct lru *lru, uint32_t number)
{
	if (lru->newest != number) {
		lru_remove(lru, number);
		lru_append(lru, number);
	}
}

#endif
