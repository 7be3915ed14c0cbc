/* SPDX-License-Identifier: Apache-2.0 */
#include "slab.h"

#include <string.h>

#include "pool.h"

static const size_t reserved_min = (size_t)1 << 20;
static const size_t reserved_max = (size_t)UINT32_MAX * SLAB_WORD; /* what has a number */

bool slab_init(struct slab *slab, size_t limit)
{
	/* Pieces of one size are no room for others: as much again for those. */
	size_t reserved = limit < reserved_max / 2 ? limit * 2 : reserved_max;

	*slab = (struct slab){.limit = limit, .used = SLAB_UNIT};
	reserved = reserved < reserved_min ? reserved_min : reserved;
	while (!slab->memory && reserved >= reserved_min) {
		slab->memory = memory_reserve(reserved);
		slab->reserved = slab->memory ? reserved : 0;
		reserved /= 2; /* where the address space is short */
	}
	return slab->memory != NULL;
}

void slab_fini(struct slab *slab)
{
	memory_release(slab->memory, slab->reserved);
	*slab = (struct slab){0};
}

/* Which of the free lists, and how many octets its pieces have. */
static unsigned class_of(size_t octets, size_t *size)
{
	size_t units = (octets + SLAB_UNIT - 1) / SLAB_UNIT;
	unsigned bits;

	if (units < SLAB_FINE) {
		units += units == 0;
		*size = units * SLAB_UNIT;
		return (unsigned)units;
	}
	bits = 64U - (unsigned)__builtin_clzll(units - 1);
	*size = ((size_t)1 << bits) * SLAB_UNIT;
	return (unsigned)SLAB_FINE + bits - 8; /* of 256 units, which are eight bits */
}

static void list_push(struct slab *slab, unsigned class, void *piece)
{
	memcpy(piece, &slab->free[class], sizeof(slab->free[class]));
	slab->free[class] = slab_number(slab, piece);
}

static void *list_pop(struct slab *slab, unsigned class)
{
	void *piece = slab_at(slab, slab->free[class]);

	memcpy(&slab->free[class], piece, sizeof(slab->free[class]));
	return piece;
}

/* All was touched once: a larger piece that is free is cut, where there is one. */
static void *piece_cut(struct slab *slab, size_t size)
{
	unsigned class = (unsigned)(size / SLAB_UNIT);

	for (unsigned larger = class + 1; larger < SLAB_FINE; larger++) {
		if (slab->free[larger]) {
			char *piece = list_pop(slab, larger);

			list_push(slab, larger - class, piece + size);
			return piece;
		}
	}
	return NULL;
}

static void *piece_new(struct slab *slab, size_t size)
{
	void *piece = slab->memory + slab->used;

	if (size > slab->reserved - slab->used) {
		return size < (size_t)SLAB_FINE * SLAB_UNIT ? piece_cut(slab, size) : NULL;
	}
	slab->used += size;
	return piece;
}

void *slab_take(struct slab *slab, size_t octets)
{
	unsigned class;
	size_t size;
	void *piece;

	if (octets > slab->limit) {
		return NULL;
	}
	class = class_of(octets, &size);
	if (slab->held + size > slab->limit) {
		return NULL;
	}
	piece = slab->free[class] ? list_pop(slab, class) : piece_new(slab, size);
	slab->held += piece ? size : 0;
	return piece;
}

void slab_give(struct slab *slab, void *piece, size_t octets)
{
	size_t size;
	unsigned class = class_of(octets, &size);

	list_push(slab, class, piece);
	slab->held -= size;
}
