/* SPDX-License-Identifier: Apache-2.0 */
/* Hashes of texts: each octet counts, wherever it stands, and so does the length. */
#include "flow.h"

#include <criterion/criterion.h>
#include <stdio.h>

enum { LENGTH_MAX = 70, KEY = 7 };

static uint64_t hash_of(const char *octets, size_t length)
{
	return hash_text(KEY, (struct text){octets, length});
}

Test(hash_text, each_octet_counts)
{
	char octets[LENGTH_MAX];

	memset(octets, 'a', sizeof(octets));
	for (size_t length = 1; length <= LENGTH_MAX; length++) {
		uint64_t plain = hash_of(octets, length);

		cr_expect_neq(plain, hash_of(octets, length - 1), "length %zu", length);
		for (size_t at = 0; at < length; at++) {
			octets[at] = 'b';
			cr_expect_neq(
			    plain, hash_of(octets, length), "octet %zu of %zu", at, length);
			octets[at] = 'a';
		}
	}
}

Test(hash_text, key_and_nothing)
{
	cr_expect_neq(hash_text(1, TEXT("z9hG4bK")), hash_text(2, TEXT("z9hG4bK")));
	cr_expect_neq(hash_text(1, TEXT_NONE), hash_text(2, TEXT_NONE));
	cr_expect_neq(hash_text(1, TEXT_NONE), hash_text(1, (struct text){"", 1}));
}

/* Names that are counted up fill the buckets of a table evenly. */
Test(hash_text, even)
{
	enum { NAMES = 1 << 16, BUCKETS = 1 << 10 };
	static unsigned low[BUCKETS], high[BUCKETS];
	char name[32];

	for (unsigned i = 0; i < NAMES; i++) {
		size_t length = (size_t)snprintf(name, sizeof(name), "reg-%u@192.168.1.10", i);
		uint64_t hash = hash_of(name, length);

		low[hash % BUCKETS]++;
		high[hash >> 54]++;
	}
	for (unsigned i = 0; i < BUCKETS; i++) {
		cr_expect(low[i] > 16 && low[i] < 128, "bucket %u: %u", i, low[i]);
		cr_expect(high[i] > 16 && high[i] < 128, "bucket %u: %u", i, high[i]);
	}
}
