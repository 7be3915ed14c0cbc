/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fragments: in any order, again, over one another, and of floods.
 */
#include <criterion/criterion.h>

#include "expect.h"
#include "guarded.h"
#include "segments.h"

static uint64_t counts[1][DISSECT_RESULT_COUNT];
static struct fragments fragments;
static uint8_t datagram[65536];

static const int64_t second_ns = 1000000000;

static void begin(void)
{
	memset(counts, 0, sizeof(counts));
	cr_assert(fragments_init(&fragments, 7, counts));
	for (size_t i = 0; i < sizeof(datagram); i++) {
		datagram[i] = (uint8_t)(i * 31 >> 3);
	}
}

static void end(void)
{
	fragments_fini(&fragments);
}

TestSuite(fragments, .init = begin, .fini = end);

/* Octets [from, to) of the datagram, the last ones where to is `total`. */
static bool put(size_t from, size_t to, size_t total, uint32_t frame, struct fragments_whole *out)
{
	return fragment_put(&fragments, false, 1, frame, from, to < total,
	    guarded(datagram + from, to - from), 0, out);
}

static bool put_v6(size_t from, size_t to, size_t total, struct fragments_whole *out)
{
	return fragment_put(
	    &fragments, true, 1, 1, from, to < total, guarded(datagram + from, to - from), 0, out);
}

static void expect_whole(const struct fragments_whole *whole, size_t length)
{
	expect_number(bytes_left(&whole->payload), length);
	expect_number(whole->protocol, IP_PROTOCOL_UDP);
	cr_expect_eq(memcmp(whole->payload.at, datagram, length), 0);
}

Test(fragments, every_order_of_four)
{
	for (unsigned order = 0; order < 256; order++) {
		struct fragments_whole whole;
		unsigned seen = 0, wholes = 0;

		for (unsigned i = 0; i < 4; i++) {
			seen |= 1U << (order >> 2 * i & 3);
		}
		if (seen != 15) {
			continue; /* no permutation */
		}
		for (unsigned i = 0; i < 4; i++) {
			size_t from = (order >> 2 * i & 3) * 800;

			wholes +=
			    put(from, from + 800 < 2501 ? from + 800 : 2501, 2501, i + 1, &whole);
			cr_expect_eq(wholes, i == 3);
		}
		expect_whole(&whole, 2501);
		expect_number(whole.frames->count, 4);
		expect_number(whole.frames->at[3], 4);
	}
	for (int i = 0; i < DISSECT_RESULT_COUNT; i++) {
		expect_number(counts[0][i], 0);
	}
}

Test(fragments, of_eight_octets_each)
{
	struct fragments_whole whole;

	for (size_t at = 0; at < 65528; at += 8) {
		cr_assert_not(put(at, at + 8, 65535, (uint32_t)at / 8 + 1, &whole));
	}
	cr_assert(put(65528, 65535, 65535, 9000, &whole));
	expect_whole(&whole, 65535);
	expect_number(whole.frames->count, FRAME_LIST_MAX);
	expect_number(whole.frames->at[0], 1);
	expect_number(whole.frames->at[FRAME_LIST_MAX - 1], 9000);
}

Test(fragments, duplicates)
{
	struct fragments_whole whole;

	for (int i = 0; i < 3; i++) {
		cr_expect_not(put(0, 800, 1000, 1, &whole));
		cr_expect_not(put_v6(0, 800, 1000, &whole));
	}
	cr_expect(put(800, 1000, 1000, 5, &whole));
	expect_whole(&whole, 1000);
	cr_expect(put_v6(800, 1000, 1000, &whole));
	expect_whole(&whole, 1000);
	expect_number(counts[0][SKIPPED_FRAGMENT_DUPLICATE], 4);
	expect_number(counts[0][MALFORMED_FRAGMENT_OVERLAP], 0);
}

/* RFC 5722: a datagram with overlapping fragments is dropped, and what is still to come of it. */
Test(fragments, overlaps_of_ipv6)
{
	struct fragments_whole whole;

	cr_expect_not(put_v6(0, 800, 1000, &whole));
	cr_expect_not(put_v6(792, 960, 1000, &whole));
	expect_number(counts[0][MALFORMED_FRAGMENT_OVERLAP], 1);
	cr_expect_not(put_v6(960, 1000, 1000, &whole), "it stays dropped");
	cr_expect_not(put_v6(0, 800, 1000, &whole));
	fragments_expire(&fragments, 31 * second_ns);
	expect_number(counts[0][SKIPPED_FRAGMENT_INCOMPLETE], 3);
	expect_number(counts[0][SKIPPED_FRAGMENT_DUPLICATE], 1);
}

/* Of the same octets, but cut elsewhere: no duplicate. */
Test(fragments, another_cut_of_the_same_octets)
{
	struct fragments_whole whole;

	cr_expect_not(put_v6(0, 400, 1000, &whole));
	cr_expect_not(put_v6(400, 800, 1000, &whole));
	cr_expect_not(put_v6(0, 800, 1000, &whole));
	expect_number(counts[0][MALFORMED_FRAGMENT_OVERLAP], 1);
}

Test(fragments, the_first_octets_of_ipv4_stay)
{
	static uint8_t other[1000];
	struct fragments_whole whole;

	memset(other, 0xee, sizeof(other));
	cr_expect_not(put(0, 400, 1000, 1, &whole));
	cr_expect_not(put(600, 800, 1000, 2, &whole));
	cr_expect_not(
	    fragment_put(&fragments, false, 1, 3, 200, true, guarded(other, 600), 0, &whole));
	cr_expect(put(800, 1000, 1000, 4, &whole));
	expect_number(counts[0][MALFORMED_FRAGMENT_OVERLAP], 1);
	cr_expect_eq(memcmp(whole.payload.at, datagram, 400), 0);
	cr_expect_eq(memcmp(whole.payload.at + 400, other, 200), 0);
	cr_expect_eq(memcmp(whole.payload.at + 600, datagram + 600, 400), 0);
}

Test(fragments, lengths)
{
	struct fragments_whole whole;

	cr_expect_not(put(0, 801, 1000, 1, &whole), "not a multiple of eight, and more to follow");
	cr_expect_not(put(800, 800, 800, 1, &whole), "nothing");
	cr_expect_not(
	    fragment_put(&fragments, false, 2, 1, 65528, false, guarded(datagram, 8), 0, &whole),
	    "too long");
	expect_number(counts[0][MALFORMED_FRAGMENT_LENGTH], 3);
	cr_expect_not(put(800, 1000, 1000, 1, &whole));
	cr_expect_not(put(800, 1600, 2000, 1, &whole), "beyond the end that is known");
	cr_expect_not(put(800, 992, 992, 1, &whole), "another end");
	expect_number(counts[0][MALFORMED_FRAGMENT_LENGTH], 5);
	cr_expect(put(0, 800, 1000, 1, &whole));
	expect_whole(&whole, 1000);
	cr_expect_not(put(800, 1600, 2000, 1, &whole));
	cr_expect_not(put(0, 800, 800, 1, &whole), "an end before what has come");
	expect_number(counts[0][MALFORMED_FRAGMENT_LENGTH], 6);
}

Test(fragments, a_hole_that_stays)
{
	struct fragments_whole whole;

	cr_expect_not(put(0, 400, 1000, 1, &whole));
	cr_expect_not(put(800, 1000, 1000, 2, &whole));
	fragments_expire(&fragments, 30 * second_ns);
	expect_number(counts[0][SKIPPED_FRAGMENT_INCOMPLETE], 0);
	fragments_expire(&fragments, 30 * second_ns + 1);
	expect_number(counts[0][SKIPPED_FRAGMENT_INCOMPLETE], 2);
	cr_expect_not(put(400, 800, 1000, 3, &whole), "too late");
	fragments_expire(&fragments, INT64_MAX);
	expect_number(counts[0][SKIPPED_FRAGMENT_INCOMPLETE], 3);
}

/* What the snap length took cannot come back. */
Test(fragments, cut)
{
	struct fragments_whole whole;
	struct frame frame = {.payload_length = 16,
	    .payload = guarded(datagram, 8),
	    .fragment = {.set = true, .more = true}};

	cr_expect_not(fragments_take(&fragments, &frame, 0, 1, 0, &whole));
	expect_number(counts[0][SKIPPED_CUT], 1);
}

/* The last fragments of ever other datagrams: the newest are kept, and nothing is lost silently. */
Test(fragments, flood)
{
	struct fragments_whole whole;
	unsigned sent = 10 * FRAGMENTS_DATAGRAMS_MAX;

	for (unsigned i = 0; i < sent; i++) {
		cr_assert_not(fragment_put(
		    &fragments, i % 2, i, i, 65520, i % 3, guarded(datagram, 8), 0, &whole));
	}
	cr_expect_geq(fragments.evicted, sent - FRAGMENTS_DATAGRAMS_MAX);
	fragments_expire(&fragments, INT64_MAX);
	expect_number(counts[0][SKIPPED_FRAGMENT_INCOMPLETE], sent);
	cr_expect_not(put(0, 800, 1000, 1, &whole));
	cr_expect(put(800, 1000, 1000, 1, &whole), "and it goes on");
}
