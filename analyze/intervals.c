/* SPDX-License-Identifier: Apache-2.0 */
#include "intervals.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 2 };

static void bin_add(struct interval_bin *bin, const struct interval_bin *more)
{
	bin->packets += more->packets;
	bin->discarded += more->discarded;
	bin->jitter_count += more->jitter_count;
	bin->lost += more->lost;
	bin->jitter_sum_ns += more->jitter_sum_ns;
	bin->first_frame = bin->first_frame ? bin->first_frame : more->first_frame;
}

/* Bins of twice the length. */
static unsigned fold(struct interval_bin *bins, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct interval_bin bin = bins[i];

		bins[i] = (struct interval_bin){0};
		bin_add(&bins[i / 2], &bin);
	}
	return (count + 1) / 2;
}

static bool room_for(struct intervals *intervals, unsigned count)
{
	unsigned capacity = intervals->capacity ? intervals->capacity : CAPACITY_FIRST;
	struct interval_bin *bins;

	while (capacity < count) {
		capacity *= 2;
	}
	if (capacity == intervals->capacity) {
		return true;
	}
	bins = realloc(intervals->bins, sizeof(*bins) * capacity);
	if (!bins) {
		return false;
	}
	intervals->bins = bins;
	intervals->capacity = (uint8_t)capacity;
	return true;
}

/* Add one interval to bins that have room for INTERVAL_BINS, or for its own at least. */
static void put(struct interval_bin *bins, unsigned *count, unsigned index,
    const struct media_interval *interval)
{
	const struct interval_bin bin = {
	    .packets = interval->packets,
	    .discarded = interval->discarded,
	    .jitter_count = interval->jitter_count,
	    .lost = (int32_t)interval->lost,
	    .jitter_sum_ns = interval->jitter_sum_ns,
	    .first_frame = interval->first_frame,
	};

	while (*count <= index) {
		bins[(*count)++] = (struct interval_bin){0};
	}
	bin_add(&bins[index], &bin);
}

/* Which bin, of bins so often doubled; beyond INTERVAL_BINS where they must be folded. */
static uint64_t index_of(const struct intervals *intervals, unsigned doublings)
{
	uint64_t steps = (uint64_t)(intervals->last.begin_ns - intervals->first_ns) /
			 (uint64_t)MEDIA_INTERVAL_NS;

	return steps >> doublings;
}

static bool last_put(struct intervals *intervals)
{
	unsigned count = intervals->count;

	if (count == 0) {
		intervals->first_ns = intervals->last.begin_ns;
	}
	while (index_of(intervals, intervals->doublings) >= INTERVAL_BINS) {
		count = fold(intervals->bins, count);
		intervals->doublings++;
	}
	intervals->count = (uint8_t)count;
	if (!room_for(intervals, (unsigned)index_of(intervals, intervals->doublings) + 1)) {
		return false;
	}
	put(intervals->bins, &count, (unsigned)index_of(intervals, intervals->doublings),
	    &intervals->last);
	intervals->count = (uint8_t)count;
	return true;
}

bool intervals_take(struct intervals *intervals, const struct media_interval *interval)
{
	bool kept = true;

	if (intervals->open && intervals->last.begin_ns != interval->begin_ns) {
		kept = last_put(intervals);
	}
	intervals->last = *interval;
	intervals->open = true;
	return kept;
}

void intervals_free(struct intervals *intervals)
{
	free(intervals->bins);
	*intervals = (struct intervals){0};
}

unsigned intervals_read(
    const struct intervals *intervals, struct interval_bin out[INTERVAL_BINS], int64_t *length_ns)
{
	unsigned count = intervals->count, doublings = intervals->doublings;

	if (count > 0) {
		memcpy(out, intervals->bins, sizeof(*out) * count);
	}
	if (intervals->open) {
		while (count > 0 && index_of(intervals, doublings) >= INTERVAL_BINS) {
			count = fold(out, count);
			doublings++;
		}
		put(out, &count, count > 0 ? (unsigned)index_of(intervals, doublings) : 0,
		    &intervals->last);
	}
	*length_ns = MEDIA_INTERVAL_NS << doublings;
	return count;
}
