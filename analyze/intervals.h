/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream's course: its figures interval by interval, so that a bad minute in an hour is seen.
 *
 * Data in:   media_intervals as the meter reports them; the one at hand may come again, grown.
 * Data out:  at most INTERVAL_BINS bins of equal length: five seconds, or a power of two of them.
 * Ownership: pieces of a slab; intervals_free() gives back what intervals_take() took. Threading:
 * one thread.
 */
#ifndef TALKPATH_INTERVALS_H
#define TALKPATH_INTERVALS_H

#include "media.h"
#include "slab.h"

enum { INTERVAL_BINS = 64 };

struct interval_bin {
	uint32_t packets, discarded, jitter_count;
	uint32_t first_frame; /* 0: no packet came */
	int32_t lost;
	uint64_t jitter_sum_ns;
} __attribute__((packed, aligned(4)));

/* A bin as each stream has some: of five seconds in which little happened, half as long. */
struct slim_bin {
	uint64_t jitter_sum_ns : 36;
	uint64_t discarded : 8, lost : 8;
	uint64_t unseen : 12; /* packets that jitter did not see */
	uint32_t first_frame;
	uint16_t packets;
} __attribute__((packed, aligned(2)));

struct intervals {
	int32_t first; /* begin of the first bin, in units of MEDIA_INTERVAL_NS */
	uint32_t last; /* the one at hand: so many intervals later; with `open` */
	uint8_t count, capacity;
	uint8_t doublings; /* a bin is MEDIA_INTERVAL_NS << doublings long */
	bool open : 1;
	bool whole : 1; /* one was not slim: all are interval_bins */
	char bins[];    /* `count` of them; with `open` the one at hand behind them */
};

_Static_assert(offsetof(struct intervals, bins) == 12 && sizeof(struct intervals) == 12,
    "bins are aligned, and three slim ones take 56 octets");

enum {
	INTERVALS_OCTETS_MAX =
	    sizeof(struct intervals) + (INTERVAL_BINS + 1) * sizeof(struct interval_bin)
};

/* When the first bin begins; of no meaning where there is none. */
static inline int64_t intervals_begin_ns(const struct intervals *intervals)
{
	return intervals ? intervals->first * MEDIA_INTERVAL_NS : 0;
}

/*
 * NULL has no intervals; it is made with the first, and moves as it grows. False where memory is
 * short: the interval before this one is lost.
 */
bool intervals_take(
    struct slab *slab, struct intervals **intervals, const struct media_interval *interval);

void intervals_free(struct slab *slab, struct intervals *intervals);

/* All bins, that of the interval at hand among them. Returns how many; *length_ns is theirs. */
unsigned intervals_read(
    const struct intervals *intervals, struct interval_bin out[INTERVAL_BINS], int64_t *length_ns);

#endif
