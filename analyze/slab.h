/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory in pieces of any size, as calls need it: what is given back is used again for pieces of
 * that size, without a header and without a search. A piece has a number, for whoever wants to
 * name it in 32 bits.
 *
 * Ownership: slab_init() reserves memory that slab_fini() returns; its pages are touched as used.
 * Threading: one thread.
 * Limits:    `limit` octets out at once; beyond them slab_take() answers NULL.
 */
#ifndef TALKPATH_SLAB_H
#define TALKPATH_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Pieces are multiples of a unit; above SLAB_FINE of these, powers of two. */
enum { SLAB_WORD = 4, SLAB_UNIT = 8, SLAB_FINE = 256, SLAB_CLASSES = SLAB_FINE + 24 };

struct slab {
	char *memory;
	size_t reserved;             /* octets */
	size_t held, limit;          /* octets of pieces that are out */
	size_t used;                 /* octets that ever were out */
	uint32_t free[SLAB_CLASSES]; /* numbers */
};

/* False where memory is short. */
bool slab_init(struct slab *slab, size_t limit);
void slab_fini(struct slab *slab);

/* A piece of so many octets or a little more, whatever stands in it; aligned to a unit, as integers
 * and pointers must be. */
void *slab_take(struct slab *slab, size_t octets);

/* `octets` as it was asked for. */
void slab_give(struct slab *slab, void *piece, size_t octets);

/* Half of what may be out is: what nobody needs is worth giving back. */
static inline bool slab_is_scarce(const struct slab *slab)
{
	return slab->held > slab->limit / 2;
}

/* The number of a piece, or of a word within it; 0 is none's. */
static inline uint32_t slab_number(const struct slab *slab, const void *word)
{
	return (uint32_t)((size_t)((const char *)word - slab->memory) / SLAB_WORD);
}

static inline void *slab_at(const struct slab *slab, uint32_t number)
{
	return slab->memory + (size_t)number * SLAB_WORD;
}

#endif
