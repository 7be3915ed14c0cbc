/* SPDX-License-Identifier: Apache-2.0 */
/* The clock is set while packets come: their times go on. */
#include "live_clock.h"

#include <criterion/criterion.h>

static struct live_clock lc;
static int64_t wall_ns, boot_ns;

static const int64_t ms = 1000000, s = 1000000000;

static void begin(void)
{
	lc = (struct live_clock){0};
	wall_ns = 1700000000LL * s;
	boot_ns = 5000 * s;
	live_clock_look(&lc, wall_ns, boot_ns);
}

TestSuite(live_clock, .init = begin);

static void passes(int64_t ns)
{
	wall_ns += ns;
	boot_ns += ns;
	live_clock_look(&lc, wall_ns, boot_ns);
}

static void is_set(int64_t by_ns)
{
	wall_ns += by_ns;
	live_clock_look(&lc, wall_ns, boot_ns);
}

/* A packet stamped so; its time. */
static int64_t packet(uint16_t capture, int64_t stamp_ns)
{
	struct packet p = {.time_ns = stamp_ns, .capture = capture};

	live_clock_correct(&lc, &p, 1);
	live_clock_busy(&lc);
	return p.time_ns;
}

/* Of so many seconds of packets, every 20 ms and read when they came, all are 20 ms apart. */
static void goes_on(int64_t *last_ns, int packets)
{
	for (int i = 0; i < packets; i++) {
		int64_t time_ns;

		passes(20 * ms);
		time_ns = packet(0, wall_ns);
		cr_assert_eq(time_ns - *last_ns, 20 * ms, "packet %d: %lld", i,
		    (long long)(time_ns - *last_ns));
		*last_ns = time_ns;
	}
}

Test(live_clock, nothing_happens)
{
	int64_t last_ns = packet(0, wall_ns);

	goes_on(&last_ns, 1000);
	cr_expect_eq(last_ns, wall_ns);
	cr_expect_eq(lc.told_ns, 0);
}

Test(live_clock, is_steered)
{
	for (int i = 0; i < 10000; i++) {
		passes(100 * ms);
		is_set(8 * ms);
	}
	cr_expect_eq(lc.shift_ns, 0);
	cr_expect_eq(packet(0, wall_ns), wall_ns);
}

Test(live_clock, is_set_forward_and_back)
{
	static const int64_t steps[] = {3600, -3600, 1, -1, 86400 * 365LL, -86400 * 365LL};

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		int64_t last_ns;

		begin();
		last_ns = packet(0, wall_ns);
		goes_on(&last_ns, 50);
		is_set(steps[i] * s);
		goes_on(&last_ns, 50);
		cr_expect_eq(last_ns, wall_ns - steps[i] * s);
		cr_expect_eq(live_clock_now(&lc), last_ns);
		cr_expect_eq(lc.told_ns, steps[i] * s);
	}
}

Test(live_clock, some_packets_still_lie_in_the_buffer)
{
	static const int64_t steps[] = {3600, -3600};

	for (size_t i = 0; i < 2; i++) {
		int64_t before_ns;

		begin();
		(void)packet(0, wall_ns);
		passes(s);
		before_ns = wall_ns;
		is_set(steps[i] * s);
		/* of the last second, and then of this one */
		cr_expect_eq(packet(0, before_ns - 500 * ms), before_ns - 500 * ms);
		cr_expect_eq(packet(0, before_ns - 20 * ms), before_ns - 20 * ms);
		cr_expect_eq(packet(0, wall_ns + 10 * ms), before_ns + 10 * ms);
		cr_expect_eq(packet(0, wall_ns + 30 * ms), before_ns + 30 * ms);
	}
}

Test(live_clock, each_capture_comes_to_it)
{
	int64_t before_ns = wall_ns;

	(void)packet(0, wall_ns);
	(void)packet(1, wall_ns);
	is_set(60 * s);
	cr_expect_eq(packet(0, wall_ns + ms), before_ns + ms);
	cr_expect_eq(packet(1, before_ns + ms), before_ns + ms, "from its buffer");
	cr_expect_eq(packet(1, wall_ns + 2 * ms), before_ns + 2 * ms);
	cr_expect_eq(packet(2, wall_ns + 3 * ms), before_ns + 3 * ms, "its first one");
}

Test(live_clock, an_adapter_has_a_clock_of_its_own)
{
	int64_t stamp_ns = wall_ns;

	(void)packet(0, stamp_ns);
	is_set(100 * s);
	for (int i = 0; i < 200; i++) {
		passes(s);
		stamp_ns += s;
		cr_assert_eq(packet(0, stamp_ns), stamp_ns, "after %d s", i);
	}
}

Test(live_clock, nothing_comes_for_a_while)
{
	int64_t before_ns = wall_ns;

	(void)packet(0, wall_ns);
	(void)packet(1, wall_ns);
	is_set(-60 * s);
	for (int i = 1; i <= 100; i++) {
		passes(s);
		(void)packet(1, wall_ns);
	}
	cr_expect_eq(packet(0, wall_ns), before_ns + 100 * s);
	cr_expect_eq(packet(1, wall_ns), before_ns + 100 * s);
}

Test(live_clock, is_followed_forward_when_it_is_quiet)
{
	int64_t last_ns = packet(0, wall_ns);

	is_set(3600 * s);
	goes_on(&last_ns, 10);
	passes(100 * s);
	cr_expect_eq(packet(0, wall_ns), wall_ns - 3600 * s, "streams may go on");
	passes(151 * s);
	cr_expect_eq(packet(0, wall_ns), wall_ns);
	cr_expect_eq(live_clock_now(&lc), wall_ns);
}

Test(live_clock, is_not_followed_back)
{
	int64_t last_ns = packet(0, wall_ns);

	is_set(-3600 * s);
	goes_on(&last_ns, 10);
	passes(1000 * s);
	cr_expect_eq(packet(0, wall_ns), wall_ns + 3600 * s);
}
