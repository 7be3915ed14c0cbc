/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The index that every look-up goes through: hash to a number in some array of the caller's.
 *
 * One cache line a bucket: eight one-octet tags and eight indices. A look-up compares the tags
 * at once and yields the few candidates, whose keys the caller compares; so one line is read
 * for a miss, one more for a hit. A full bucket spills into the next ones and says so, until the
 * table doubles and there is room for all in their own.
 *
 * The table begins small, so that few entries touch few pages, and doubles in place: each slot
 * keeps the bits of its hash that will choose between a bucket and its twin in the new half.
 *
 * Ownership:  table_init() reserves memory that table_fini() returns; pages are touched as used.
 * Threading:  one thread.
 * Limits:     sized for the number of entries given; table_insert() refuses when the buckets
 *             within reach are full, and the caller counts that.
 */
#ifndef TALKPATH_TABLE_H
#define TALKPATH_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "octet_match.h"

enum { TABLE_SLOTS = OCTET_MATCH, TABLE_REACH = 8 };

static const uint32_t TABLE_NONE = UINT32_MAX;

struct table_bucket {
	uint8_t tags[TABLE_SLOTS]; /* 0: free */
	uint32_t index[TABLE_SLOTS];
	uint16_t later[TABLE_SLOTS]; /* bits of the hash beyond those of the first size */
	uint32_t away;               /* four bits a slot: so many buckets behind its own */
	uint8_t spilled;             /* entries of this bucket may stand in the next ones */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct table_bucket) == 64, "one cache line");

struct table {
	struct table_bucket *buckets;
	uint64_t mask;
	uint64_t mask_max; /* of all buckets reserved */
	uint64_t count;
	uint64_t full;       /* entries with which it doubles */
	unsigned bits_first; /* of the hash, that chose a bucket at first */
	uint8_t fill;        /* as entries to a bucket */
};

/* A look-up under way. */
struct table_cursor {
	uint64_t bucket;
	uint8_t matches; /* bit i: the tag of slot i matches */
	uint8_t tag;
	uint8_t reach; /* buckets not yet visited */
};

bool table_init(struct table *table, size_t entries);

/* One that takes up less memory, where a look-up may take a little longer. */
bool table_init_dense(struct table *table, size_t entries);
void table_fini(struct table *table);

/* Empty, and its memory given back to the system. */
void table_clear(struct table *table);

/* One that is looked into for every packet: see memory_prefer_large(). */
void table_prefer_large(struct table *table);

/* False when every bucket within reach is full. */
bool table_insert(struct table *table, uint64_t hash, uint32_t index);

/* Take out the entry with this hash and index; nothing happens if there is none. */
void table_remove(struct table *table, uint64_t hash, uint32_t index);

/* As many bits of a hash as table_remove() looks at. */
static inline uint32_t table_hash_keep(uint64_t hash)
{
	return (uint32_t)(hash >> 56 << 24) | ((uint32_t)hash & 0xffffff);
}

static inline uint64_t table_hash_kept(uint32_t kept)
{
	return (uint64_t)(kept >> 24) << 56 | (kept & 0xffffff);
}

static inline uint8_t table_tag(uint64_t hash)
{
	uint8_t tag = (uint8_t)(hash >> 56);

	return tag ? tag : 1;
}

/* Bit i: slot i has this tag. */
static inline uint8_t table_matches(const struct table_bucket *bucket, uint8_t tag)
{
	return octet_match(bucket->tags, tag);
}

/* Where most entries of this hash stand, on its way to the cache. */
static inline const struct table_bucket *table_prefetch(const struct table *table, uint64_t hash)
{
	const struct table_bucket *bucket = &table->buckets[hash & table->mask];

	__builtin_prefetch(bucket, 0, 3);
	return bucket;
}

/* The next candidate, or TABLE_NONE. */
static inline uint32_t table_next(const struct table *table, struct table_cursor *cursor)
{
	for (;;) {
		const struct table_bucket *bucket = &table->buckets[cursor->bucket];

		if (cursor->matches) {
			unsigned slot = (unsigned)__builtin_ctz(cursor->matches);

			cursor->matches &= (uint8_t)(cursor->matches - 1);
			return bucket->index[slot];
		}
		if (!bucket->spilled || --cursor->reach == 0) {
			return TABLE_NONE;
		}
		cursor->bucket = (cursor->bucket + 1) & table->mask;
		cursor->matches = table_matches(&table->buckets[cursor->bucket], cursor->tag);
	}
}

/* The first candidate, or TABLE_NONE. */
static inline uint32_t table_first(
    const struct table *table, struct table_cursor *cursor, uint64_t hash)
{
	cursor->bucket = hash & table->mask;
	cursor->tag = table_tag(hash);
	cursor->reach = TABLE_REACH;
	cursor->matches = table_matches(&table->buckets[cursor->bucket], cursor->tag);
	return table_next(table, cursor);
}

/* A look-up to come. */
struct table_way {
	const struct table_bucket *bucket;
	uint64_t hash;
};

static inline struct table_way table_way(const struct table *table, uint64_t hash)
{
	return (struct table_way){table_prefetch(table, hash), hash};
}

/* Where in a bucket of table_prefetch() the first candidate stands; NULL says nothing. */
static inline const uint32_t *table_likely(const struct table_bucket *bucket, uint64_t hash)
{
	unsigned matches = table_matches(bucket, table_tag(hash));

	return matches ? &bucket->index[__builtin_ctz(matches)] : NULL;
}

/* Its number, or TABLE_NONE; if nothing was put in or taken out meanwhile. */
static inline uint32_t table_way_likely(struct table_way way)
{
	const uint32_t *index = table_likely(way.bucket, way.hash);

	return index ? *index : TABLE_NONE;
}

#endif
