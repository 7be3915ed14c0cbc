/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lanes: one-way belts of blocks from one producer to one consumer.
 *
 * The producer reserves room for a record at a time; full blocks travel through a ring
 * (Concurrency Kit's SPSC ck_ring) and come back empty through another. A tick, stamped behind
 * everything produced so far, closes the block at hand: whoever merges several lanes may act up
 * to a tick once every lane has delivered it. Without threads the same calls hand each block
 * to a function instead of a ring.
 *
 * Ownership:  a lane owns its blocks, in whichever ring or hand they are.
 * Threading:  one producer thread, one consumer thread; neither needs to be the one that
 *             made the lane.
 * Waiting:    whoever has to wait sleeps until the other side rings (bell.h), which it does for
 *             several blocks at once, or for a tick; or does something else until then. A lane
 *             without bells is polled.
 */
#ifndef TALKPATH_LANE_H
#define TALKPATH_LANE_H

#include <ck_ring.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bell.h"
#include "record.h"

enum {
	LANE_RING_SLOTS = 1024,
	/*
	 * Blocks come back from another core, which may be far away: what is about to be written is
	 * fetched so many octets ahead, or each line would be waited for.
	 */
	LANE_AHEAD = 4096,
	LANE_SPARES = 8 /* blocks kept of a lane whose number of them is as good as unlimited */
};

struct block {
	struct block *next; /* for whoever holds it in a list */
	uint32_t used;      /* octets of data */
	bool closed;        /* by `tick` */
	struct tick tick;
	_Alignas(64) uint8_t data[];
};

typedef void lane_deliver(void *context, struct block *block);

/* Who sleeps at the ends of a lane, and what is worth waking them for. */
struct lane_bells {
	struct bell *consumer, *producer; /* NULL: is not woken */
	unsigned passed;                  /* blocks that wait for the consumer; or a tick */
	unsigned returned;                /* blocks that the producer may fill again */
	/* What the producer does until `ready`; it may return before. NULL: it looks again. */
	void (*wait)(void *context, bool (*ready)(void *lane), void *lane);
	void *context;
};

struct lane {
	struct block *open;    /* being filled; NULL only when memory ran out */
	size_t block_octets;   /* capacity of a block's data */
	unsigned blocks_left;  /* how many more blocks may be made */
	unsigned spares_max;   /* of those that came back, beyond which they are freed */
	unsigned hold;         /* see lane_hold() */
	uint64_t passed;       /* blocks, so far */
	uint64_t octets;       /* of these */
	uint64_t given;        /* blocks that came back; shared */
	uint64_t refused;      /* reservations that found no memory */
	lane_deliver *deliver; /* without threads: what happens to a full block */
	void *deliver_context;
	struct block *spare; /* without threads: blocks given back, so many */
	unsigned spares;
	struct lane_bells bells;
	ck_ring_t full, empty;
	ck_ring_buffer_t full_slots[LANE_RING_SLOTS], empty_slots[LANE_RING_SLOTS];
};

/*
 * blocks_max: how many blocks may be under way; the producer waits for one to come back when
 * they are used up. deliver: NULL with threads. NULL where memory is short.
 */
struct lane *lane_new(
    size_t block_octets, unsigned blocks_max, lane_deliver *deliver, void *context);
void lane_free(struct lane *lane);

/* Before there are threads. */
void lane_set_bells(struct lane *lane, const struct lane_bells *bells);

/* --- the producer's side --- */

/* Close the block at hand and pass it on, if it holds anything. */
void lane_flush(struct lane *lane);

/*
 * While so many blocks are under way the producer waits; 0: it goes on. Only where nobody waits for
 * what the producer has yet to do, before it may give blocks back, and only with threads.
 */
void lane_hold(struct lane *lane, unsigned blocks);

/* Pass on a tick behind everything produced so far. */
void lane_tick(struct lane *lane, const struct tick *tick);

/*
 * From now on blocks are handed to `deliver`, or, where it is NULL, through the ring. Only while
 * none is under way, and neither side is at work.
 */
void lane_deliver_to(struct lane *lane, lane_deliver *deliver);

void *lane_reserve_slowly(struct lane *lane, size_t octets);

/* Room for `octets` (a multiple of 8, at most block_octets), or NULL where memory is short. */
static inline void *lane_reserve(struct lane *lane, size_t octets)
{
	struct block *block = lane->open;
	void *room;

	if (__builtin_expect(!block || octets > lane->block_octets - block->used, 0)) {
		return lane_reserve_slowly(lane, octets);
	}
	room = block->data + block->used;
	block->used += (uint32_t)octets;
	__builtin_prefetch(block->data + block->used + LANE_AHEAD, 1);
	return room;
}

/* The producer would not wait for that much room, and `spare` blocks would be left besides. */
bool lane_has_room(const struct lane *lane, size_t octets, unsigned spare);

/* Of the last reservation so many octets, a multiple of 8, were not needed. */
static inline void lane_trim(struct lane *lane, size_t octets)
{
	lane->open->used -= (uint32_t)octets;
}

/* --- the consumer's side --- */

/* The next full block, or NULL if there is none yet. */
struct block *lane_take(struct lane *lane);

/* True if there is one. */
static inline bool lane_waits(const struct lane *lane)
{
	return ck_ring_size(&lane->full) > 0;
}

/* Give a block back to its lane. */
void lane_give(struct lane *lane, struct block *block);

#endif
