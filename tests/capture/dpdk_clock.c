/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter's counter told in UTC: whatever its speed, wherever it begins, and whoever sets the
 * clock.
 */
#include <criterion/criterion.h>
#include <math.h>

#include "dpdk_clock.h"

static const int64_t second_ns = 1000000000;
static const int64_t utc_ns = 1700000000 * (int64_t)1000000000;

/* What a counter that began so long ago, at this value, reads. */
struct counter {
	double hz;
	uint64_t began;
};

static uint64_t ticks_at(const struct counter *counter, int64_t ns)
{
	return counter->began + (uint64_t)(int64_t)((double)ns / 1e9 * counter->hz);
}

/* set_ns: by how much somebody has set the clock */
static void read_at(
    struct dpdk_clock *clock, const struct counter *counter, int64_t ns, int64_t set_ns)
{
	const struct dpdk_reading reading = {
	    .ticks = ticks_at(counter, ns),
	    .monotonic_ns = 77 * second_ns + ns,
	    .utc_ns = utc_ns + ns + set_ns,
	};

	dpdk_clock_read(clock, &reading);
}

static void expect_near(const struct dpdk_clock *clock, const struct counter *counter, int64_t ns,
    int64_t set_ns, int64_t error_ns)
{
	int64_t told_ns = dpdk_clock_utc_ns(clock, ticks_at(counter, ns));

	cr_expect_leq(llabs(told_ns - (utc_ns + ns + set_ns)), error_ns,
	    "%.0f Hz at %lld ns: %lld ns off", counter->hz, (long long)ns,
	    (long long)(told_ns - (utc_ns + ns + set_ns)));
}

Test(dpdk_clock, speeds)
{
	static const struct counter counters[] = {
	    {1e9, 0}, {156250000, 12345},           /* a tick of 6.4 ns */
	    {1e6 * 1.00005, 5},                     /* us, 50 ppm too fast */
	    {2595124999.7, UINT64_MAX - 1000},      /* wraps at once */
	    {1e9, UINT64_MAX - 30ULL * 1000000000}, /* wraps on the way */
	};

	for (size_t i = 0; i < sizeof(counters) / sizeof(counters[0]); i++) {
		const struct counter *c = &counters[i];
		int64_t tick_ns = (int64_t)ceil(1e9 / c->hz);
		struct dpdk_clock clock = {0};

		read_at(&clock, c, 0, 0);
		read_at(&clock, c, 20000000, 0);
		/* A reading is as exact as a tick, so 20 ms tell the speed to a tick in 20 ms. */
		expect_near(&clock, c, second_ns, 0, 100 * tick_ns);
		for (int64_t s = 1; s < 60; s++) {
			read_at(&clock, c, s * second_ns, 0);
			expect_near(&clock, c, s * second_ns + second_ns / 2, 0, 4 * tick_ns);
			expect_near(&clock, c, s * second_ns - 1000, 0, 4 * tick_ns);
		}
	}
}

/* What somebody sets the clock to holds from the next reading on, and the speed is not hurt. */
Test(dpdk_clock, somebody_sets_the_clock)
{
	static const int64_t steps_ns[] = {3600 * (int64_t)1000000000, -3600 * (int64_t)1000000000};
	const struct counter c = {1e9, 0};

	for (size_t i = 0; i < 2; i++) {
		struct dpdk_clock clock = {0};

		read_at(&clock, &c, 0, 0);
		read_at(&clock, &c, second_ns, 0);
		read_at(&clock, &c, 2 * second_ns, steps_ns[i]);
		expect_near(&clock, &c, 2 * second_ns + 500000000, steps_ns[i], 4);
	}
}

/* The counter begins again, as that of an adapter does whose link was down. */
Test(dpdk_clock, reset)
{
	const struct counter before = {1e9, 1ULL << 40}, after = {1e9, 0};
	struct dpdk_clock clock = {0};

	read_at(&clock, &before, 0, 0);
	read_at(&clock, &before, second_ns, 0);
	read_at(&clock, &after, 2 * second_ns, 0);
	expect_near(&clock, &after, 2 * second_ns + 500000000, 0, 4);
	read_at(&clock, &after, 3 * second_ns, 0);
	expect_near(&clock, &after, 3 * second_ns + 500000000, 0, 4);
}

/* The speed drifts, as it gets warm. */
Test(dpdk_clock, drift)
{
	struct dpdk_clock clock = {0};
	struct dpdk_reading reading = {.monotonic_ns = 1, .utc_ns = utc_ns};

	for (unsigned s = 0; s < 1000; s++) {
		dpdk_clock_read(&clock, &reading);
		reading.monotonic_ns += second_ns;
		reading.utc_ns += second_ns;
		reading.ticks += 1000000000 + s; /* one ppb more each second: 1 ppm in all */
	}
	/* The last second, as it is: the base lies no more than 10 readings back. */
	cr_expect_leq(llabs(dpdk_clock_utc_ns(&clock, reading.ticks) - reading.utc_ns), 12);
}
