/* SPDX-License-Identifier: Apache-2.0 */
/* Tables, pools and arenas: what the model stands on. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "arena.h"
#include "pool.h"
#include "slab.h"
#include "table.h"

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9U;
	x = (x ^ x >> 27) * 0x94d049bb133111ebU;
	return x ^ x >> 31;
}

static bool holds(const struct table *table, uint64_t hash, uint32_t index)
{
	struct table_cursor cursor;

	for (uint32_t i = table_first(table, &cursor, hash); i != TABLE_NONE;
	     i = table_next(table, &cursor)) {
		if (i == index) {
			return true;
		}
	}
	return false;
}

Test(table, keeps_what_it_was_sized_for)
{
	enum { ENTRIES = 100000 };
	struct table table;

	cr_assert(table_init(&table, ENTRIES));
	for (uint32_t i = 0; i < ENTRIES; i++) {
		cr_assert(table_insert(&table, mix(i), i), "entry %u refused", i);
	}
	for (uint32_t i = 0; i < ENTRIES; i++) {
		cr_assert(holds(&table, mix(i), i));
		cr_assert(!holds(&table, mix(i + ENTRIES), i + ENTRIES));
	}
	for (uint32_t i = 0; i < ENTRIES; i += 2) {
		table_remove(&table, mix(i), i);
	}
	for (uint32_t i = 0; i < ENTRIES; i++) {
		cr_assert_eq(holds(&table, mix(i), i), i % 2 == 1);
	}
	table_fini(&table);
}

/* However many octets are compared at once. */
Test(table, tags_match_one_by_one)
{
	for (uint64_t n = 0; n < 10000; n++) {
		uint8_t tags[OCTET_MATCH], wanted = (uint8_t)mix(n) & 3, expected = 0;

		for (unsigned i = 0; i < OCTET_MATCH; i++) {
			tags[i] = mix(n) >> 8 * i & 0x83;
			expected |= (uint8_t)((tags[i] == wanted) << i);
		}
		cr_assert_eq(octet_match(tags, wanted), expected);
		cr_assert_eq(octet_match_portable(tags, wanted), expected);
	}
}

/* Chosen collisions end in a refusal, not in a long search. */
Test(table, one_hash_for_all_is_refused_in_the_end)
{
	struct table table;
	uint32_t kept = 0;

	cr_assert(table_init(&table, 1000));
	while (table_insert(&table, 42, kept)) {
		kept++;
	}
	cr_expect_eq(kept, (uint32_t)TABLE_SLOTS * TABLE_REACH);
	for (uint32_t i = 0; i < kept; i++) {
		cr_expect(holds(&table, 42, i));
	}
	table_remove(&table, 42, 17);
	cr_expect(!holds(&table, 42, 17));
	cr_expect(table_insert(&table, 42, 99));
	table_fini(&table);
}

/* Entries that have spilled over the end stay within reach, however often the table doubles. */
Test(table, grows_with_entries_over_its_end)
{
	enum { CROWD = 40, OTHERS = 60000 };
	struct table table;

	cr_assert(table_init(&table, 1 << 18));
	for (uint32_t i = 0; i < CROWD; i++) {
		/* The last bucket and the one before it, with all the bits that come later. */
		cr_assert(table_insert(&table, (mix(i) & ~0xffULL) | (0xff - i % 2), i));
	}
	for (uint32_t i = 0; i < OTHERS; i++) {
		cr_assert(table_insert(&table, mix(i + CROWD), i + CROWD));
		if ((i & (i - 1)) == 0) {
			for (uint32_t k = 0; k < CROWD; k++) {
				cr_assert(holds(&table, (mix(k) & ~0xffULL) | (0xff - k % 2), k),
				    "entry %u, after %u more", k, i);
			}
		}
	}
	for (uint32_t i = 0; i < OTHERS; i++) {
		cr_assert(holds(&table, mix(i + CROWD), i + CROWD));
	}
	for (uint32_t i = 0; i < OTHERS; i++) {
		table_remove(&table, mix(i + CROWD), i + CROWD);
		cr_assert(!holds(&table, mix(i + CROWD), i + CROWD));
	}
	cr_expect_eq(table.count, CROWD);
	table_fini(&table);
}

/* Entries come and go while it grows: at each doubling all that are there must still be found. */
Test(table, loses_none_as_it_doubles)
{
	enum { TABLES = 400, ENTRIES = 6 * 2048 + 1 };

	for (uint64_t seed = 0; seed < TABLES; seed++) {
		struct table table;
		uint64_t mask;

		cr_assert(table_init_dense(&table, 1 << 20));
		mask = table.mask;
		for (uint32_t i = 0; i < ENTRIES; i++) {
			cr_assert(table_insert(&table, mix(seed << 32 | i), i));
			if (i % 8 == 7) {
				table_remove(&table, mix(seed << 32 | (i - 5)), i - 5);
			}
			for (uint32_t k = 0; table.mask != mask && k <= i; k++) {
				bool gone = k % 8 == 2 && k + 5 <= i;

				cr_assert_eq(holds(&table, mix(seed << 32 | k), k), !gone,
				    "seed %u: entry %u at %u", (unsigned)seed, k, i);
			}
			mask = table.mask;
		}
		table_fini(&table);
	}
}

/* What spilled while the table was small stands in its own bucket once there is room. */
Test(table, what_had_spilled_goes_home)
{
	enum { ENTRIES = 3 * 4096 }; /* three to a bucket of the last size */
	struct table table;
	unsigned spilled = 0, away = 0;

	cr_assert(table_init_dense(&table, 1 << 20));
	for (uint32_t i = 0; i < ENTRIES + 1; i++) {
		cr_assert(table_insert(&table, mix(i), i));
	}
	cr_assert_eq(table.mask, 4095);
	for (uint64_t i = 0; i <= table.mask; i++) {
		const struct table_bucket *bucket = &table.buckets[i];

		spilled += bucket->spilled;
		for (unsigned slot = 0; slot < TABLE_SLOTS; slot++) {
			away += (bucket->away >> 4 * slot & 0xf) > 0;
			cr_assert(bucket->tags[slot] || !(bucket->away >> 4 * slot & 0xf));
		}
	}
	/* Of buckets with three on average one in 260 has nine or more. */
	cr_expect_lt(spilled, 40);
	cr_expect_lt(away, 60);
	table_fini(&table);
}

/* A thousand entries take no more memory than a thousand need. */
Test(table, begins_small)
{
	struct table table;

	cr_assert(table_init(&table, 1 << 24));
	for (uint32_t i = 0; i < 1000; i++) {
		cr_assert(table_insert(&table, mix(i), i));
	}
	cr_expect_leq((table.mask + 1) * sizeof(struct table_bucket), 64 << 10);
	table_fini(&table);
}

Test(table, removing_what_is_not_there)
{
	struct table table;

	cr_assert(table_init(&table, 10));
	cr_assert(table_insert(&table, 1, 1));
	table_remove(&table, 1, 2);
	table_remove(&table, 2, 1);
	cr_expect(holds(&table, 1, 1));
	table_fini(&table);
}

Test(pool, gives_out_takes_back_and_ends)
{
	struct pool pool;
	uint64_t *object;
	uint32_t first, second;

	cr_assert(pool_init(&pool, sizeof(uint64_t), 3));
	first = pool_take(&pool);
	second = pool_take(&pool);
	cr_expect_neq(first, second);
	object = pool_at(&pool, second);
	cr_expect_eq(*object, 0);
	*object = 77;
	cr_expect_neq(pool_take(&pool), POOL_NONE);
	cr_expect_eq(pool_take(&pool), POOL_NONE);
	cr_expect_eq(pool_count(&pool), 3);
	pool_give(&pool, second);
	cr_expect_eq(pool_take(&pool), second);
	cr_expect_eq(*object, 0, "zeroed again");
	pool_fini(&pool);
}

Test(pool, forgets_many_once_none_is_out)
{
	enum { MANY = 100000 };
	struct pool pool;

	cr_assert(pool_init(&pool, sizeof(uint64_t), MANY));
	for (uint32_t i = 0; i < MANY; i++) {
		cr_assert_eq(pool_take(&pool), i);
	}
	for (uint32_t i = 1; i < MANY; i++) {
		pool_give(&pool, i);
	}
	pool_forget_idle(&pool);
	cr_expect_eq(pool.used, MANY, "one is out");
	pool_give(&pool, 0);
	pool_forget_idle(&pool);
	cr_expect_eq(pool.used, 0);
	cr_expect_eq(pool_take(&pool), 0);
	pool_give(&pool, 0);
	pool_forget_idle(&pool);
	cr_expect_eq(pool.used, 1, "not worth it");
	pool_fini(&pool);
}

Test(arena, texts_become_utf8)
{
	static const struct {
		const char *in;
		size_t length;
		const char *out;
	} cases[] = {
	    {"plain", 5, "plain"}, {"", 0, ""},
	    {"a\0b", 3,
		"a\xef\xbf\xbd"
		"b"},
	    {"gr\xc3\xbc\xc3\x9f", 6, "gr\xc3\xbc\xc3\x9f"},
	    {"latin1 \xfc", 8, "latin1 \xef\xbf\xbd"},
	    {"cut \xe2\x82", 6, "cut \xef\xbf\xbd\xef\xbf\xbd"},
	    {"\xc0\xaf", 2, "\xef\xbf\xbd\xef\xbf\xbd"},                 /* overlong */
	    {"\xed\xa0\x80", 3, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"}, /* surrogate */
	    {"\xf0\x9f\x93\x9e", 4, "\xf0\x9f\x93\x9e"},                 /* U+1F4DE */
	    {"\xf4\x90\x80\x80", 4, "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	    {"\x1b[31m", 5, "\x1b[31m"}, /* escaping is the writer's */
	};
	struct arena arena = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_str_eq(
		    arena_text(&arena, (struct text){cases[i].in, cases[i].length}), cases[i].out);
	}
	arena_free(&arena);
}

Test(arena, texts_stand_behind_one_another)
{
	const struct text texts[] = {TEXT("gen-1@192.0.2.1"), TEXT_NONE, TEXT("\xff"), TEXT("b")};
	static const char together[] = "gen-1@192.0.2.1\0\0\xef\xbf\xbd\0b";
	struct arena arena = {0};

	cr_expect_arr_eq(arena_texts(&arena, texts, 4), together, sizeof(together));
	cr_expect_eq(arena.taken, sizeof(together));
	arena_free(&arena);
}

Test(arena, texts_without_memory_are_empty)
{
	const struct text texts[ARENA_TEXTS_MAX] = {TEXT("from"), TEXT("to"), TEXT("a"), TEXT("b")};
	static const char nothing[ARENA_TEXTS_MAX];
	struct arena arena = {.limit = 8};

	cr_expect_arr_eq(arena_texts(&arena, texts, ARENA_TEXTS_MAX), nothing, sizeof(nothing));
	cr_expect_eq(arena.refused, 1);
	arena_free(&arena);
}

Test(arena, limit)
{
	struct arena arena = {.limit = 4096};
	unsigned taken = 0;

	while (arena_take(&arena, 100)) {
		taken++;
	}
	cr_expect(taken >= 36 && taken <= 40, "%u", taken);
	cr_expect_eq(arena.refused, 1);
	cr_expect_str_eq(arena_format(&arena, "%0100d", 1), "");
	arena_free(&arena);
	cr_expect_not_null(arena_take(&arena, 100));
	arena_free(&arena);
}

Test(arena, format)
{
	struct arena arena = {0};

	cr_expect_str_eq(arena_format(&arena, "%c%u", 'c', 17U), "c17");
	arena_free(&arena);
}

/* Of any length and in any order: each keeps its place, and objects are aligned. */
Test(arena, objects_beside_texts)
{
	enum { COUNT = 500 };
	struct arena arena = {0};
	uint64_t *objects[COUNT];
	const char *texts[COUNT];

	for (unsigned i = 0; i < COUNT; i++) {
		objects[i] = arena_take(&arena, sizeof(uint64_t) + i % 3 * 5);
		texts[i] = arena_format(&arena, "%0*u", (int)(i % 37) + 1, i);
		cr_assert_eq((uintptr_t)objects[i] % _Alignof(uint64_t), 0);
		cr_assert_eq(*objects[i], 0);
		*objects[i] = ~(uint64_t)i;
	}
	for (unsigned i = 0; i < COUNT; i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "%0*u", (int)(i % 37) + 1, i);
		cr_expect_eq(*objects[i], ~(uint64_t)i);
		cr_expect_str_eq(texts[i], text);
	}
	arena_free(&arena);
}

/* What is given back is given out again for that size; a piece is known by its number. */
Test(slab, gives_out_takes_back_and_ends)
{
	static const size_t sizes[] = {1, 16, 17, 4000, 4096, 5000, 70000};
	struct slab slab;

	cr_assert(slab_init(&slab, 1 << 20));
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t held = slab.held;
		char *piece = slab_take(&slab, sizes[i]), *other = slab_take(&slab, sizes[i]);

		cr_assert(piece && other);
		cr_expect_eq((uintptr_t)piece % SLAB_UNIT, 0);
		cr_expect_neq(slab_number(&slab, piece), 0);
		cr_expect_eq(slab_at(&slab, slab_number(&slab, piece + 4)), piece + 4);
		memset(piece, 0xff, sizes[i]);
		memset(other, 0xff, sizes[i]);
		slab_give(&slab, piece, sizes[i]);
		cr_expect_eq(slab_take(&slab, sizes[i]), piece);
		slab_give(&slab, piece, sizes[i]);
		slab_give(&slab, other, sizes[i]);
		cr_expect_eq(slab.held, held);
	}
	cr_expect_null(slab_take(&slab, (1 << 20) + 1));
	slab_fini(&slab);
}

/* Where all was touched once, larger pieces make room for smaller ones; `limit` is never passed. */
Test(slab, is_full_when_it_is)
{
	enum { LIMIT = 1 << 20, LARGE = 1024, SMALL = 64 };
	static char *pieces[LIMIT / LARGE];
	struct slab slab;
	size_t count = 0, small = 0;

	cr_assert(slab_init(&slab, LIMIT));
	slab.reserved = LIMIT;
	while (count < LIMIT / LARGE && (pieces[count] = slab_take(&slab, LARGE))) {
		count++;
	}
	cr_expect_geq(count, LIMIT / LARGE - 1);
	cr_expect_leq(slab.held, LIMIT);
	while (count > 0) {
		slab_give(&slab, pieces[--count], LARGE);
	}
	while (slab_take(&slab, SMALL)) {
		small++;
	}
	cr_expect_geq(small, (LIMIT - LARGE) / SMALL);
	slab.reserved = (size_t)LIMIT * 2;
	slab_fini(&slab);
}
