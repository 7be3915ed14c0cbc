/* SPDX-License-Identifier: Apache-2.0 */
#include "table.h"

#include "pool.h"

enum { FILL = 4 }; /* entries for which a bucket's eight slots are meant */

bool table_init(struct table *table, size_t entries)
{
	size_t buckets = 1;

	while (buckets * FILL < entries) {
		buckets *= 2;
	}
	table->mask = buckets - 1;
	table->buckets = memory_reserve(buckets * sizeof(struct table_bucket));
	return table->buckets != NULL;
}

void table_fini(struct table *table)
{
	if (table->buckets) {
		memory_release(table->buckets, (table->mask + 1) * sizeof(struct table_bucket));
		table->buckets = NULL;
	}
}

bool table_insert(struct table *table, uint64_t hash, uint32_t index)
{
	uint64_t at = hash & table->mask;

	for (int reach = 0; reach < TABLE_REACH; reach++) {
		struct table_bucket *bucket = &table->buckets[at];
		uint64_t free_slots = table_matches(bucket, 0);

		if (free_slots) {
			unsigned slot = (unsigned)__builtin_ctzll(free_slots) / 8;

			bucket->tags[slot] = table_tag(hash);
			bucket->index[slot] = index;
			return true;
		}
		bucket->spilled = 1;
		at = (at + 1) & table->mask;
	}
	return false;
}

void table_remove(struct table *table, uint64_t hash, uint32_t index)
{
	struct table_cursor cursor;
	uint32_t found = table_first(table, &cursor, hash);

	while (found != TABLE_NONE && found != index) {
		found = table_next(table, &cursor);
	}
	if (found == TABLE_NONE) {
		return;
	}
	for (int slot = 0; slot < TABLE_SLOTS; slot++) {
		struct table_bucket *bucket = &table->buckets[cursor.bucket];

		if (bucket->tags[slot] == cursor.tag && bucket->index[slot] == index) {
			bucket->tags[slot] = 0;
			return;
		}
	}
}
