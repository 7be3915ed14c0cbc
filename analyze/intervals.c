/* SPDX-License-Identifier: Apache-2.0 */
#include "intervals.h"

#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 2, CAPACITY_MAX = INTERVAL_BINS + 1 };

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

/* It may move. */
static bool room_for(struct intervals **intervals, unsigned count)
{
	unsigned had = *intervals ? (*intervals)->capacity : 0;
	unsigned capacity = had ? had : CAPACITY_FIRST;
	struct intervals *grown;

	while (capacity < count) {
		capacity *= 2;
	}
	capacity = capacity < CAPACITY_MAX ? capacity : CAPACITY_MAX;
	if (capacity == had) {
		return true;
	}
	grown = realloc(*intervals, sizeof(*grown) + sizeof(grown->bins[0]) * capacity);
	if (!grown) {
		return false;
	}
	if (had == 0) {
		*grown = (struct intervals){0};
	}
	grown->capacity = (uint8_t)capacity;
	*intervals = grown;
	return true;
}

static struct interval_bin bin_of(const struct media_interval *interval)
{
	return (struct interval_bin){
	    .packets = interval->packets,
	    .discarded = interval->discarded,
	    .jitter_count = interval->jitter_count,
	    .lost = (int32_t)interval->lost,
	    .jitter_sum_ns = interval->jitter_sum_ns,
	    .first_frame = interval->first_frame,
	};
}

/* Add one to bins that have room for it. */
static void put(
    struct interval_bin *bins, unsigned *count, unsigned index, const struct interval_bin *bin)
{
	while (*count <= index) {
		bins[(*count)++] = (struct interval_bin){0};
	}
	bin_add(&bins[index], bin);
}

/* The interval at hand is over: it belongs to one of the bins. */
static bool last_put(struct intervals **at)
{
	struct intervals *intervals = *at;
	const struct interval_bin bin = intervals->bins[intervals->count];
	unsigned count = intervals->count, index;

	while (intervals->last >> intervals->doublings >= INTERVAL_BINS) {
		count = fold(intervals->bins, count);
		intervals->doublings++;
	}
	intervals->count = (uint8_t)count;
	index = intervals->last >> intervals->doublings;
	if (!room_for(at, index + 1)) {
		return false;
	}
	intervals = *at;
	put(intervals->bins, &count, index, &bin);
	intervals->count = (uint8_t)count;
	return true;
}

bool intervals_take(struct intervals **at, const struct media_interval *interval)
{
	int32_t number = (int32_t)(interval->begin_ns / MEDIA_INTERVAL_NS);
	struct intervals *intervals = *at;
	bool kept = true;

	if (intervals && intervals->open && intervals->first + (int64_t)intervals->last != number) {
		kept = last_put(at);
	}
	if (!room_for(at, *at ? (*at)->count + 1U : 1)) {
		if (*at) {
			(*at)->open = false;
		}
		return false;
	}
	intervals = *at;
	if (intervals->count == 0) {
		intervals->first = number;
	}
	intervals->open = true;
	intervals->last = (uint32_t)number - (uint32_t)intervals->first;
	intervals->bins[intervals->count] = bin_of(interval);
	return kept;
}

void intervals_free(struct intervals *intervals)
{
	free(intervals);
}

unsigned intervals_read(
    const struct intervals *intervals, struct interval_bin out[INTERVAL_BINS], int64_t *length_ns)
{
	unsigned count = intervals ? intervals->count : 0;
	unsigned doublings = intervals ? intervals->doublings : 0;

	if (count > 0) {
		memcpy(out, intervals->bins, sizeof(*out) * count);
	}
	if (intervals && intervals->open) {
		while (intervals->last >> doublings >= INTERVAL_BINS) {
			count = fold(out, count);
			doublings++;
		}
		put(out, &count, intervals->last >> doublings, &intervals->bins[intervals->count]);
	}
	*length_ns = MEDIA_INTERVAL_NS << doublings;
	return count;
}
