/* SPDX-License-Identifier: Apache-2.0 */
#include "round_trip.h"

#include <criterion/criterion.h>

static const int64_t ms = 1000000;

static uint32_t units(int64_t ns)
{
	return (uint32_t)(ns * 65536 / 1000000000);
}

static struct clock_marks marks_of(uint64_t ntp_time, int64_t time_ns)
{
	struct clock_marks marks = {0};

	clock_marks_add(&marks, ntp_time, time_ns);
	return marks;
}

/* RFC 3550 6.4.1, figure 2: SR at 0xb710:8000, DLSR 5.25 s, back after 11.375 s. */
Test(round_trip, half_of_the_rfc)
{
	struct clock_marks marks = marks_of(0xb44db70520000000ULL, 0);
	int64_t half_ns = 0;

	cr_expect_not(half_trip_of(&marks, 0xb7052000, 0x00054000, 11375 * ms, &half_ns),
	    "6.125 s are no path of a call");
	cr_expect(half_trip_of(&marks, 0xb7052000, 0x00054000, 5250 * ms + 80 * ms, &half_ns));
	cr_expect_eq(half_ns, 80 * ms);
}

Test(round_trip, only_marks_that_were_seen)
{
	struct clock_marks marks = marks_of(0x0000ffffffff0000ULL, 1000 * ms);
	int64_t half_ns;

	cr_expect_not(half_trip_of(&marks, 0, units(ms), 1010 * ms, &half_ns), "no SR received");
	cr_expect_not(half_trip_of(&marks, 0xfffffffe, units(ms), 1010 * ms, &half_ns));
	cr_expect(half_trip_of(&marks, 0xffffffff, units(5 * ms), 1010 * ms, &half_ns));
	/* The middle wraps: it is a name, not a time. */
	clock_marks_add(&marks, 0x0001000000020000ULL, 2000 * ms);
	cr_expect(half_trip_of(&marks, 2, units(5 * ms), 2010 * ms, &half_ns));
	cr_expect(half_ns > 4 * ms && half_ns < 6 * ms);
}

Test(round_trip, as_many_marks_as_are_kept)
{
	struct clock_marks marks = {0};
	int64_t half_ns;

	for (uint64_t i = 1; i <= MARKS_KEPT + 1; i++) {
		clock_marks_add(&marks, i << 16, (int64_t)i * 1000 * ms);
	}
	cr_expect_not(half_trip_of(&marks, 1, units(ms), 9010 * ms, &half_ns));
	for (uint32_t i = 2; i <= MARKS_KEPT + 1; i++) {
		cr_expect(
		    half_trip_of(&marks, i, units(5 * ms), i * 1000 * ms + 10 * ms, &half_ns));
	}
}

/* A clock that stands still names nothing; a packet captured twice names one time. */
Test(round_trip, clock_that_stands_still)
{
	struct clock_marks marks = marks_of(5 << 16, 0);
	int64_t half_ns;

	clock_marks_add(&marks, 5 << 16, 1000);
	cr_expect(half_trip_of(&marks, 5, units(5 * ms), 10 * ms, &half_ns));
	clock_marks_add(&marks, 5 << 16, 5000 * ms);
	cr_expect_not(half_trip_of(&marks, 5, units(5 * ms), 5010 * ms, &half_ns));
	clock_marks_add(&marks, 5 << 16, 5001 * ms);
	cr_expect_not(half_trip_of(&marks, 5, units(5 * ms), 5010 * ms, &half_ns));
	/* No clock at all. */
	marks = marks_of(0xffff, 0);
	cr_expect_not(half_trip_of(&marks, 0, units(5 * ms), 10 * ms, &half_ns));
}

/* A delay that was never filled in, or is in milliseconds. */
Test(round_trip, delays_that_are_none)
{
	struct clock_marks marks = marks_of(5 << 16, 0);
	int64_t half_ns;

	cr_expect_not(half_trip_of(&marks, 5, 0, 20 * ms, &half_ns));
	for (int64_t held = 500; held < 5000; held += 500) {
		cr_expect_not(
		    half_trip_of(&marks, 5, (uint32_t)held, held * ms + 40 * ms, &half_ns));
	}
}

Test(round_trip, median)
{
	struct half_trip half = {0};
	int64_t ns;

	cr_expect_not(half_trip_median(&half, &ns));
	half_trip_add(&half, 40 * ms);
	cr_expect(half_trip_median(&half, &ns));
	cr_expect_eq(ns, 40 * ms);
	half_trip_add(&half, 42 * ms);
	cr_expect(half_trip_median(&half, &ns));
	cr_expect_eq(ns, 41 * ms);
	/* One wild sample moves nothing. */
	half_trip_add(&half, 2900 * ms);
	cr_expect(half_trip_median(&half, &ns));
	cr_expect_eq(ns, 42 * ms);
}

Test(round_trip, negative_is_no_answer)
{
	struct half_trip half = {0};
	int64_t ns;

	half_trip_add(&half, -2 * ms);
	cr_expect_not(half_trip_median(&half, &ns));
	half_trip_add(&half, 4 * ms);
	cr_expect_not(half_trip_median(&half, &ns), "one of two");
	half_trip_add(&half, 3 * ms);
	cr_expect(half_trip_median(&half, &ns));
	cr_expect_eq(ns, 3 * ms);
}

/* Samples are kept from the whole call: half of it at 10 ms, then at 90 ms. */
Test(round_trip, samples_are_spread_over_the_call)
{
	struct half_trip half = {0};
	int64_t ns;
	unsigned slow = 0;

	for (int i = 0; i < 1000; i++) {
		half_trip_add(&half, (i < 500 ? 10 : 90) * ms);
	}
	cr_expect_leq(half.count, HALF_TRIP_SAMPLES);
	cr_expect_geq(half.count, HALF_TRIP_SAMPLES / 2);
	for (unsigned i = 0; i < half.count; i++) {
		slow += half.samples_us[i] == 90000;
	}
	cr_expect(slow * 2 + 1 >= half.count && slow * 2 <= half.count + 1U, "%u of %u", slow,
	    half.count);
	cr_expect(half_trip_median(&half, &ns));
}
