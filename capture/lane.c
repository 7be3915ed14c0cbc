/* SPDX-License-Identifier: Apache-2.0 */
#include "lane.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

/*
 * ThreadSanitizer cannot see the fences inside ck_ring (they are inline assembly), so the
 * hand-over is told to it; what it then says of ck_ring's own slots is in tests/tsan.supp.
 */
#if defined(__SANITIZE_THREAD__)
#define LANE_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define LANE_TSAN 1
#endif
#endif

#ifdef LANE_TSAN
void __tsan_acquire(void *address);
void __tsan_release(void *address);
#else
static inline void __tsan_acquire(void *address)
{
	(void)address;
}
static inline void __tsan_release(void *address)
{
	(void)address;
}
#endif

/* Where nobody rings: a ring is full, or memory short. */
static const long poll_ns = 100000;

static void poll_wait(void)
{
	(void)nanosleep(&(struct timespec){.tv_nsec = poll_ns}, NULL);
}

static size_t block_size(const struct lane *lane)
{
	return sizeof(struct block) + lane->block_octets;
}

/* Pages of their own: what comes and goes with each burst leaves no holes among what stays. */
static struct block *block_new(const struct lane *lane)
{
	struct block *block = mmap(
	    NULL, block_size(lane), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return block != MAP_FAILED ? block : NULL;
}

static void block_free(const struct lane *lane, struct block *block)
{
	if (block) {
		(void)munmap(block, block_size(lane));
	}
}

struct lane *lane_new(
    size_t block_octets, unsigned blocks_max, lane_deliver *deliver, void *context)
{
	struct lane *lane = aligned_alloc(64, (sizeof(*lane) + 63) / 64 * 64);

	if (!lane) {
		return NULL;
	}
	*lane = (struct lane){
	    .block_octets = block_octets,
	    .blocks_left = blocks_max - 1,
	    .spares_max = blocks_max < LANE_RING_SLOTS ? blocks_max : LANE_SPARES,
	    .deliver = deliver,
	    .deliver_context = context,
	};
	ck_ring_init(&lane->full, LANE_RING_SLOTS);
	ck_ring_init(&lane->empty, LANE_RING_SLOTS);
	lane->open = block_new(lane);
	if (!lane->open) {
		free(lane);
		return NULL;
	}
	return lane;
}

static void spares_free(struct lane *lane)
{
	while (lane->spare) {
		struct block *next = lane->spare->next;

		block_free(lane, lane->spare);
		lane->spare = next;
	}
}

static struct block *ring_take(ck_ring_t *ring, ck_ring_buffer_t *slots)
{
	struct block *block;

	if (!ck_ring_dequeue_spsc(ring, slots, &block)) {
		return NULL;
	}
	__tsan_acquire(block);
	return block;
}

static bool ring_put(ck_ring_t *ring, ck_ring_buffer_t *slots, struct block *block)
{
	__tsan_release(block);
	return ck_ring_enqueue_spsc(ring, slots, block);
}

void lane_free(struct lane *lane)
{
	struct block *block;

	if (!lane) {
		return;
	}
	while ((block = ring_take(&lane->full, lane->full_slots)) != NULL ||
	       (block = ring_take(&lane->empty, lane->empty_slots)) != NULL) {
		block_free(lane, block);
	}
	spares_free(lane);
	block_free(lane, lane->open);
	free(lane);
}

void lane_set_bells(struct lane *lane, const struct lane_bells *bells)
{
	lane->bells = *bells;
}

bool lane_has_room(const struct lane *lane, size_t octets, unsigned spare)
{
	if (lane->deliver || (lane->open && octets <= lane->block_octets - lane->open->used)) {
		return true;
	}
	return lane->blocks_left + ck_ring_size(&lane->empty) > spare;
}

/* Enough to go on for a while. */
static bool has_returned(void *argument)
{
	const struct lane *lane = argument;
	unsigned returned = ck_ring_size(&lane->empty);

	return returned > 0 && returned >= lane->bells.returned;
}

static void producer_wait(struct lane *lane, bool (*ready)(void *lane))
{
	if (lane->bells.wait) {
		lane->bells.wait(lane->bells.context, ready, lane);
	} else {
		poll_wait();
	}
}

/* An empty block: one that came back, a new one, or the next one to come back. */
static struct block *block_get(struct lane *lane)
{
	struct block *block = lane->spare;

	if (block) {
		lane->spare = block->next;
		lane->spares--;
		return block;
	}
	block = ring_take(&lane->empty, lane->empty_slots);
	if (!block && lane->blocks_left > 0) {
		block = block_new(lane);
		if (!block) {
			return NULL;
		}
		lane->blocks_left--;
		return block;
	}
	while (!block) {
		producer_wait(lane, has_returned);
		block = ring_take(&lane->empty, lane->empty_slots);
	}
	return block;
}

static void block_pass(struct lane *lane, struct block *block)
{
	bool closed = block->closed;

	lane->passed++;
	lane->octets += block->used;
	if (lane->deliver) {
		lane->deliver(lane->deliver_context, block);
		return;
	}
	while (!ring_put(&lane->full, lane->full_slots, block)) {
		poll_wait();
	}
	if (lane->bells.consumer && (closed || ck_ring_size(&lane->full) >= lane->bells.passed)) {
		bell_ring(lane->bells.consumer);
	}
}

static void block_fetch(const struct block *block)
{
	for (size_t at = 0; at <= LANE_AHEAD; at += 64) {
		__builtin_prefetch(block->data + at, 1);
	}
}

/* Replace the block at hand by an empty one and return it. */
static struct block *block_close(struct lane *lane)
{
	struct block *closed = lane->open;
	struct block *fresh = block_get(lane);

	lane->open = fresh;
	if (fresh) {
		block_fetch(fresh);
		fresh->next = NULL;
		fresh->used = 0;
		fresh->closed = false;
	}
	return closed;
}

void lane_hold(struct lane *lane, unsigned blocks)
{
	lane->hold = blocks;
}

static bool may_go_on(void *argument)
{
	const struct lane *lane = argument;
	uint64_t given = __atomic_load_n(&lane->given, __ATOMIC_ACQUIRE);

	return lane->hold == 0 || lane->passed - given < lane->hold;
}

void lane_flush(struct lane *lane)
{
	if (!lane->open || lane->open->used == 0) {
		return;
	}
	block_pass(lane, block_close(lane));
	while (!may_go_on(lane)) {
		/* It sleeps, perhaps, until there are more than these. */
		if (lane->bells.consumer) {
			bell_ring(lane->bells.consumer);
		}
		producer_wait(lane, may_go_on);
	}
}

void lane_tick(struct lane *lane, const struct tick *tick)
{
	struct block *block = lane->open;

	/* A tick must not be lost: where memory is short, wait for a block to come back. */
	while (!block) {
		block = lane->open = block_get(lane);
		if (block) {
			block->used = 0;
		} else {
			poll_wait();
		}
	}
	block->closed = true;
	block->tick = *tick;
	block_pass(lane, block_close(lane));
}

void lane_deliver_to(struct lane *lane, lane_deliver *deliver)
{
	lane->deliver = deliver;
}

void *lane_reserve_slowly(struct lane *lane, size_t octets)
{
	if (lane->open) {
		lane_flush(lane);
	} else {
		lane->open = block_get(lane);
	}
	if (!lane->open || octets > lane->block_octets - lane->open->used) {
		lane->refused++;
		return NULL;
	}
	lane->open->used += (uint32_t)octets;
	return lane->open->data + lane->open->used - octets;
}

struct block *lane_take(struct lane *lane)
{
	return ring_take(&lane->full, lane->full_slots);
}

/* False where so many are kept already: this was one of a burst of blocks that is over. */
static bool block_keep(struct lane *lane, struct block *block)
{
	if (!lane->deliver) {
		return ck_ring_size(&lane->empty) < lane->spares_max &&
		       ring_put(&lane->empty, lane->empty_slots, block);
	}
	if (lane->spares >= lane->spares_max) {
		return false;
	}
	block->next = lane->spare;
	lane->spare = block;
	lane->spares++;
	return true;
}

void lane_give(struct lane *lane, struct block *block)
{
	(void)__atomic_add_fetch(&lane->given, 1, __ATOMIC_RELEASE);
	if (!block_keep(lane, block)) {
		block_free(lane, block);
	}
	if (lane->bells.producer && ck_ring_size(&lane->empty) >= lane->bells.returned) {
		bell_ring(lane->bells.producer);
	}
}
