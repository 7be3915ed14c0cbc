/* SPDX-License-Identifier: Apache-2.0 */
#include "intervals.h"

#include <string.h>

enum { CAPACITY_FIRST = 3, CAPACITY_MAX = INTERVAL_BINS + 1 };

/* --- bins, slim or whole --- */

static struct interval_bin whole_of(const struct slim_bin *slim)
{
	return (struct interval_bin){
	    .packets = slim->packets,
	    .discarded = (uint32_t)slim->discarded,
	    .jitter_count = slim->packets - (uint32_t)slim->unseen,
	    .first_frame = slim->first_frame,
	    .lost = (int32_t)slim->lost,
	    .jitter_sum_ns = slim->jitter_sum_ns,
	};
}

static bool fits(uint64_t value, unsigned bits)
{
	return value >> bits == 0;
}

/* A slim one has room for all of that. */
static bool is_slim(const struct interval_bin *bin)
{
	return fits(bin->jitter_sum_ns, SLIM_JITTER_BITS) && fits(bin->packets, 16) &&
	       fits(bin->discarded, SLIM_COUNT_BITS) &&
	       fits((uint32_t)bin->lost, SLIM_COUNT_BITS) &&
	       fits(bin->packets - bin->jitter_count, SLIM_UNSEEN_BITS);
}

static struct slim_bin slim_of(const struct interval_bin *bin)
{
	return (struct slim_bin){
	    .jitter_sum_ns = bin->jitter_sum_ns & ((1ULL << SLIM_JITTER_BITS) - 1),
	    .discarded = bin->discarded & ((1U << SLIM_COUNT_BITS) - 1),
	    .lost = (uint32_t)bin->lost & ((1U << SLIM_COUNT_BITS) - 1),
	    .unseen = (bin->packets - bin->jitter_count) & ((1U << SLIM_UNSEEN_BITS) - 1),
	    .first_frame = bin->first_frame,
	    .packets = (uint16_t)bin->packets,
	};
}

static struct slim_bin *slim_bins(const struct intervals *intervals)
{
	return (void *)intervals->bins;
}

static struct interval_bin *whole_bins(const struct intervals *intervals)
{
	return (void *)intervals->bins;
}

static struct interval_bin bin_at(const struct intervals *intervals, unsigned index)
{
	return intervals->whole ? whole_bins(intervals)[index]
				: whole_of(&slim_bins(intervals)[index]);
}

static size_t octets_of(unsigned capacity, bool whole)
{
	return sizeof(struct intervals) +
	       capacity * (whole ? sizeof(struct interval_bin) : sizeof(struct slim_bin));
}

static void bins_copy(struct intervals *to, const struct intervals *from)
{
	unsigned count = from->count + from->open;

	if (to->whole == from->whole) {
		memcpy(to->bins, from->bins, octets_of(count, to->whole) - sizeof(*to));
		return;
	}
	for (unsigned i = 0; i < count; i++) {
		whole_bins(to)[i] = bin_at(from, i);
	}
}

/* For so many, and with `whole` for any kind of them. It may move. */
static bool room_for(struct slab *slab, struct intervals **at, unsigned count, bool whole)
{
	static const struct intervals none;
	const struct intervals *had = *at ? *at : &none;
	unsigned capacity = had->capacity ? had->capacity : CAPACITY_FIRST;
	struct intervals *grown;

	if (*at && count <= had->capacity && whole <= had->whole) {
		return true;
	}
	while (capacity < count) {
		capacity *= 2;
	}
	capacity = capacity < CAPACITY_MAX ? capacity : CAPACITY_MAX;
	whole |= had->whole;
	grown = slab_take(slab, octets_of(capacity, whole));
	if (!grown) {
		return false;
	}
	*grown = *had;
	grown->capacity = (uint8_t)capacity;
	grown->whole = whole;
	bins_copy(grown, had);
	intervals_free(slab, *at);
	*at = grown;
	return true;
}

static bool bin_put(
    struct slab *slab, struct intervals **at, unsigned index, const struct interval_bin *bin)
{
	if (!room_for(slab, at, index + 1, !is_slim(bin))) {
		return false;
	}
	if ((*at)->whole) {
		whole_bins(*at)[index] = *bin;
	} else {
		slim_bins(*at)[index] = slim_of(bin);
	}
	return true;
}

/* --- adding up --- */

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

/* But the one at hand. */
static unsigned bins_read(const struct intervals *intervals, struct interval_bin out[INTERVAL_BINS])
{
	for (unsigned i = 0; i < intervals->count; i++) {
		out[i] = bin_at(intervals, i);
	}
	return intervals->count;
}

/* Fold what is kept. */
static bool halve(struct slab *slab, struct intervals **at)
{
	struct interval_bin bins[INTERVAL_BINS];
	unsigned count = bins_read(*at, bins);
	bool whole = false;

	count = fold(bins, count);
	for (unsigned i = 0; i < count; i++) {
		whole |= !is_slim(&bins[i]);
	}
	if (!room_for(slab, at, count, whole)) {
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		(void)bin_put(slab, at, i, &bins[i]);
	}
	(*at)->count = (uint8_t)count;
	(*at)->doublings++;
	return true;
}

/* The interval at hand is over: it belongs to one of the bins. */
static bool last_put(struct slab *slab, struct intervals **at)
{
	static const struct interval_bin nothing;
	struct interval_bin bin = bin_at(*at, (*at)->count);
	uint32_t last = (*at)->last, index;

	(*at)->open = false;
	while (last >> (*at)->doublings >= INTERVAL_BINS) {
		if (!halve(slab, at)) {
			return false;
		}
	}
	index = last >> (*at)->doublings;
	for (; (*at)->count < index; (*at)->count++) {
		if (!bin_put(slab, at, (*at)->count, &nothing)) {
			return false;
		}
	}
	if (index < (*at)->count) {
		struct interval_bin more = bin;

		bin = bin_at(*at, index);
		bin_add(&bin, &more);
	}
	if (!bin_put(slab, at, index, &bin)) {
		return false;
	}
	(*at)->count = (uint8_t)((*at)->count > index ? (*at)->count : index + 1);
	return true;
}

bool intervals_take(struct slab *slab, struct intervals **at, const struct media_interval *interval)
{
	int32_t number = (int32_t)(interval->begin_ns / MEDIA_INTERVAL_NS);
	const struct interval_bin bin = bin_of(interval);
	struct intervals *intervals = *at;
	bool kept = true;

	if (intervals && intervals->open && intervals->first + (int64_t)intervals->last != number) {
		kept = last_put(slab, at);
	}
	if (!bin_put(slab, at, *at ? (*at)->count : 0, &bin)) {
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
	return kept;
}

void intervals_free(struct slab *slab, struct intervals *intervals)
{
	if (intervals) {
		slab_give(slab, intervals, octets_of(intervals->capacity, intervals->whole));
	}
}

unsigned intervals_read(
    const struct intervals *intervals, struct interval_bin out[INTERVAL_BINS], int64_t *length_ns)
{
	unsigned count = intervals ? bins_read(intervals, out) : 0;
	unsigned doublings = intervals ? intervals->doublings : 0;

	if (intervals && intervals->open) {
		const struct interval_bin last = bin_at(intervals, intervals->count);

		while (intervals->last >> doublings >= INTERVAL_BINS) {
			count = fold(out, count);
			doublings++;
		}
		put(out, &count, intervals->last >> doublings, &last);
	}
	*length_ns = MEDIA_INTERVAL_NS << doublings;
	return count;
}
