/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include <string.h>

#include "pool.h"

enum {
	/* Entries for which a bucket's eight slots are meant: with more a look-up of what is not
	 * there goes on to the next bucket now and then. */
	FILL = 4,
	FILL_DENSE = 6,
	BITS_FIRST = 8,
	BITS_LATER = 16 /* those that a slot keeps */
};

_Static_assert(BITS_FIRST + BITS_LATER <= 24, "table_hash_keep() keeps them");

static size_t octets_of(const struct table *table)
{
	return (table->mask_max + 1) * sizeof(struct table_bucket);
}

static void full_set(struct table *table)
{
	table->full = table->mask < table->mask_max ? (table->mask + 1) * table->fill : UINT64_MAX;
}

static bool init(struct table *table, size_t entries, uint8_t fill)
{
	unsigned bits = 0;

	while (((size_t)FILL << bits) < entries && bits < BITS_FIRST + BITS_LATER) {
		bits++;
	}
	table->bits_first = bits < BITS_FIRST ? bits : BITS_FIRST;
	table->mask = (1ULL << table->bits_first) - 1;
	table->mask_max = (1ULL << bits) - 1;
	table->count = 0;
	table->fill = fill;
	full_set(table);
	table->buckets = memory_reserve(octets_of(table));
	return table->buckets != NULL;
}

bool table_init(struct table *table, size_t entries)
{
	return init(table, entries, FILL);
}

bool table_init_dense(struct table *table, size_t entries)
{
	return init(table, entries, FILL_DENSE);
}

void table_prefer_large(struct table *table)
{
	memory_prefer_large(table->buckets, octets_of(table));
}

void table_fini(struct table *table)
{
	if (table->buckets) {
		memory_release(table->buckets, octets_of(table));
		table->buckets = NULL;
	}
}

void table_clear(struct table *table)
{
	memory_forget(table->buckets, octets_of(table));
	table->count = 0;
}

_Static_assert(TABLE_REACH <= 16 && TABLE_SLOTS * 4 <= 32, "four bits say how far away");

static unsigned away_of(const struct table_bucket *bucket, unsigned slot)
{
	return bucket->away >> 4 * slot & 0xf;
}

static void slot_free(struct table_bucket *bucket, unsigned slot)
{
	bucket->tags[slot] = 0;
	bucket->away &= ~(0xfU << 4 * slot);
}

/* All slots but those of the bits. */
static void slots_free(struct table_bucket *bucket, unsigned but)
{
	/* Each bit in an octet of its own, and then all of the octet. */
	uint64_t bits = but * 0x0101010101010101U & 0x8040201008040201U;
	uint64_t octets = (bits + 0x7f7f7f7f7f7f7f7fU) & 0x8080808080808080U, tags;

	memcpy(&tags, bucket->tags, sizeof(tags));
	tags &= (octets >> 7) * 0xff;
	memcpy(bucket->tags, &tags, sizeof(tags));
}

/* Slots of what has spilled over the end of the table to its beginning. */
static unsigned wrapped_of(const struct table_bucket *bucket, uint64_t at)
{
	unsigned wrapped = 0;

	for (unsigned slot = 0; at < TABLE_REACH && slot < TABLE_SLOTS; slot++) {
		wrapped |= (unsigned)(away_of(bucket, slot) > at) << slot;
	}
	return wrapped;
}

/*
 * A bucket and its twin in the new half begin alike; of each entry one of the two is kept. One
 * that had spilled over the end belongs to buckets of the last ones: their twins are at the new
 * end, so it is kept the other way about.
 */
static void bucket_split(struct table *table, uint64_t at, uint64_t half, unsigned bit)
{
	struct table_bucket *bucket = &table->buckets[at], *twin = bucket + half;
	unsigned upper = 0;

	for (unsigned slot = 0; slot < TABLE_SLOTS; slot++) {
		unsigned later = bucket->later[slot];

		upper |= (later >> bit & 1) << slot;
	}
	upper ^= wrapped_of(bucket, at);
	bucket->spilled = 0; /* until bucket_settle() */
	*twin = *bucket;
	slots_free(bucket, ~upper & 0xff);
	slots_free(twin, upper);
}

/* Home. The room may be one that the twin took over: how far away that was is nothing to it. */
static void slot_move(
    struct table_bucket *from, unsigned slot, struct table_bucket *to, unsigned room)
{
	slot_free(to, room);
	to->tags[room] = from->tags[slot];
	to->index[room] = from->index[slot];
	to->later[room] = from->later[slot];
	slot_free(from, slot);
}

/*
 * What had spilled into this bucket goes back to its own, which mostly has room by now. Otherwise
 * all from there to here say that they have spilled.
 */
static void bucket_settle(struct table *table, uint64_t at)
{
	struct table_bucket *bucket = &table->buckets[at];

	for (unsigned slot = 0; slot < TABLE_SLOTS; slot++) {
		unsigned away = away_of(bucket, slot);
		struct table_bucket *own = &table->buckets[(at - away) & table->mask];
		unsigned room = table_matches(own, 0);

		if (bucket->tags[slot] == 0) {
			slot_free(bucket, slot); /* its twin has it */
		} else if (away > 0 && room) {
			slot_move(bucket, slot, own, (unsigned)__builtin_ctz(room));
		}
		for (unsigned i = away_of(bucket, slot); i > 0; i--) {
			table->buckets[(at - i) & table->mask].spilled = 1;
		}
	}
}

static void table_double(struct table *table)
{
	uint64_t half = table->mask + 1;
	unsigned bit = (unsigned)__builtin_ctzll(half) - table->bits_first;

	for (uint64_t i = 0; i < half; i++) {
		bucket_split(table, i, half, bit);
	}
	table->mask = table->mask * 2 + 1;
	full_set(table);
	for (uint64_t i = 0; i <= table->mask; i++) {
		if (table->buckets[i].away) {
			bucket_settle(table, i);
		}
	}
}

static void slot_fill(const struct table *table, struct table_bucket *bucket, unsigned free_slots,
    uint64_t hash, uint32_t index, unsigned away)
{
	unsigned slot = (unsigned)__builtin_ctz(free_slots);

	bucket->tags[slot] = table_tag(hash);
	bucket->index[slot] = index;
	bucket->later[slot] = (uint16_t)(hash >> table->bits_first);
	bucket->away |= away << 4 * slot;
}

/* False when every bucket within reach is full. */
static bool put(struct table *table, uint64_t hash, uint32_t index)
{
	uint64_t at = hash & table->mask;

	for (unsigned reach = 0; reach < TABLE_REACH; reach++) {
		struct table_bucket *bucket = &table->buckets[at];
		unsigned free_slots = table_matches(bucket, 0);

		if (free_slots) {
			slot_fill(table, bucket, free_slots, hash, index, reach);
			table->count++;
			return true;
		}
		bucket->spilled = 1;
		at = (at + 1) & table->mask;
	}
	return false;
}

/* Entries of few hashes crowd together: apart from one another they find room. */
__attribute__((noinline)) static bool put_crowded(
    struct table *table, uint64_t hash, uint32_t index)
{
	if (put(table, hash, index)) {
		return true;
	}
	/* Not where nearly all have one hash, which no size would part. */
	if (table->count <= table->mask || table->mask == table->mask_max) {
		return false;
	}
	table_double(table);
	return put(table, hash, index);
}

bool table_insert(struct table *table, uint64_t hash, uint32_t index)
{
	struct table_bucket *bucket;
	unsigned free_slots;

	if (table->count >= table->full) {
		table_double(table);
	}
	/* Its own bucket mostly has room. */
	bucket = &table->buckets[hash & table->mask];
	free_slots = table_matches(bucket, 0);
	if (!free_slots) {
		return put_crowded(table, hash, index);
	}
	slot_fill(table, bucket, free_slots, hash, index, 0);
	table->count++;
	return true;
}

void table_remove(struct table *table, uint64_t hash, uint32_t index)
{
	uint64_t at = hash & table->mask;
	uint8_t tag = table_tag(hash);

	for (int reach = 0; reach < TABLE_REACH; reach++) {
		struct table_bucket *bucket = &table->buckets[at];

		for (unsigned m = table_matches(bucket, tag); m; m &= m - 1) {
			unsigned slot = (unsigned)__builtin_ctz(m);

			if (bucket->index[slot] == index) {
				slot_free(bucket, slot);
				table->count--;
				return;
			}
		}
		if (!bucket->spilled) {
			return;
		}
		at = (at + 1) & table->mask;
	}
}
