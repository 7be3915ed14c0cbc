/* SPDX-License-Identifier: Apache-2.0 */
/* A stream's bins hold what was put in, however many and however great it is. */
#include "intervals.h"

#include <criterion/criterion.h>
#include <string.h>

enum { NUMBERS = 700 };

static struct slab slab;

static void slab_begin(void)
{
	cr_assert(slab_init(&slab, 1 << 20));
}

static void slab_end(void)
{
	slab_fini(&slab);
}

/* One of a course; great ones are not slim. */
static struct media_interval interval_of(int64_t number, uint32_t seed, bool great)
{
	uint32_t x = (seed + (uint32_t)number) * 0x9e3779b1U >> 8;
	struct media_interval interval = {
	    .begin_ns = number * MEDIA_INTERVAL_NS,
	    .jitter_sum_ns = x * 100ULL,
	    .jitter_count = 200 + x % 50,
	    .packets = 250,
	    .first_frame = (uint32_t)number * 250 + 1,
	};

	if (great && x % 5 == 0) {
		interval.packets = 100000 + x % 1000;
		interval.jitter_count = x % 3 ? interval.packets + 63 : 0;
		interval.jitter_sum_ns = (uint64_t)x << 30;
		interval.discarded = x % 7 ? 0 : 100000;
		interval.lost = (int)(x % 3000) - 1000;
	}
	return interval;
}

/* All of a course, added up in bins of so many intervals. */
static void expected_add(struct interval_bin *bins, unsigned index, const struct media_interval *i)
{
	struct interval_bin *bin = &bins[index];

	bin->packets += i->packets;
	bin->discarded += i->discarded;
	bin->jitter_count += i->jitter_count;
	bin->lost += (int32_t)i->lost;
	bin->jitter_sum_ns += i->jitter_sum_ns;
	bin->first_frame = bin->first_frame ? bin->first_frame : i->first_frame;
}

/* So many numbers, of which each `skip`-th has no packets; the one at hand comes twice. */
static void course(unsigned numbers, unsigned skip, uint32_t seed, bool great)
{
	struct interval_bin expected[INTERVAL_BINS] = {0}, bins[INTERVAL_BINS];
	struct intervals *intervals = NULL;
	unsigned doublings = 0, last = 0, count;
	int64_t length_ns;

	for (unsigned n = 0; n < numbers; n++) {
		last = skip && n && n % skip == 0 ? last : n;
	}
	while (last >> doublings >= INTERVAL_BINS) {
		doublings++;
	}
	for (unsigned n = 0; n < numbers; n++) {
		struct media_interval interval = interval_of(n + 1000, seed, great);
		struct media_interval half = interval;

		if (skip && n && n % skip == 0) {
			continue;
		}
		half.packets /= 2;
		cr_assert(n % 3 || intervals_take(&slab, &intervals, &half));
		cr_assert(intervals_take(&slab, &intervals, &interval));
		expected_add(expected, n >> doublings, &interval);
	}
	count = intervals_read(intervals, bins, &length_ns);
	cr_expect_eq(count, (last >> doublings) + 1, "%u: %u", numbers, count);
	cr_expect_eq(length_ns, MEDIA_INTERVAL_NS << doublings);
	cr_expect_eq(intervals_begin_ns(intervals), 1000 * MEDIA_INTERVAL_NS);
	cr_expect_eq(memcmp(bins, expected, sizeof(bins[0]) * count), 0, "%u, %u, %u, %d", numbers,
	    skip, seed, great);
	intervals_free(&slab, intervals);
	cr_expect_eq(slab.held, 0);
}

Test(intervals, add_up, .init = slab_begin, .fini = slab_end)
{
	for (unsigned numbers = 1; numbers < NUMBERS; numbers += 1 + numbers / 20) {
		for (uint32_t seed = 0; seed < 4; seed++) {
			course(numbers, 0, seed, false);
			course(numbers, 0, seed, true);
			course(numbers, 2 + seed, seed, seed % 2);
		}
	}
}

Test(intervals, none)
{
	struct interval_bin bins[INTERVAL_BINS];
	int64_t length_ns;

	cr_expect_eq(intervals_read(NULL, bins, &length_ns), 0);
	cr_expect_eq(intervals_begin_ns(NULL), 0);
}

/* A stream of a quarter of a minute in which little happens, and its longest course. */
Test(intervals, take_little, .init = slab_begin, .fini = slab_end)
{
	struct intervals *intervals = NULL;

	for (int64_t n = 0; n < 3; n++) {
		struct media_interval interval = interval_of(n, 1, false);

		cr_assert(intervals_take(&slab, &intervals, &interval));
	}
	cr_expect_leq(slab.held, 56);
	for (int64_t n = 3; n < NUMBERS; n++) {
		struct media_interval interval = interval_of(n, 1, true);

		cr_assert(intervals_take(&slab, &intervals, &interval));
	}
	cr_expect_leq(slab.held, INTERVALS_OCTETS_MAX + SLAB_UNIT);
	intervals_free(&slab, intervals);
}

/* Where memory is short an interval is lost, and the others are as they were. */
Test(intervals, short_of_memory)
{
	struct intervals *intervals = NULL;
	struct interval_bin bins[INTERVAL_BINS];
	int64_t length_ns, n;

	cr_assert(slab_init(&slab, 100));
	for (n = 0; n < 4; n++) {
		struct media_interval interval = interval_of(n, 1, false);

		if (!intervals_take(&slab, &intervals, &interval)) {
			break;
		}
	}
	cr_expect_eq(n, 3);
	cr_expect_eq(intervals_read(intervals, bins, &length_ns), 3);
	cr_expect_eq(bins[2].packets, 250);
	slab_fini(&slab);
}
