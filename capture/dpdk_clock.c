/* SPDX-License-Identifier: Apache-2.0 */
#include "dpdk_clock.h"

/* Ticks between two values, the later one perhaps first; counters may wrap. */
static double ticks_between(uint64_t from, uint64_t to)
{
	return (double)(int64_t)(to - from);
}

void dpdk_clock_read(struct dpdk_clock *clock, const struct dpdk_reading *reading)
{
	double ticks = ticks_between(clock->first.ticks, reading->ticks);

	if (clock->readings > 0 && ticks > 0) {
		clock->ns_per_tick =
		    (double)(reading->monotonic_ns - clock->first.monotonic_ns) / ticks;
	}
	if (clock->readings == 0 || ticks <= 0) {
		/* The adapter was reset: what its ticks meant is over, how long they are is not. */
		clock->first = *reading;
		clock->readings = 0;
	} else if (clock->readings == DPDK_CLOCK_BASE) {
		/* The speed drifts with the temperature: the base moves on. */
		clock->first = clock->last;
		clock->readings = 1;
	}
	clock->last = *reading;
	clock->readings++;
}

int64_t dpdk_clock_utc_ns(const struct dpdk_clock *clock, uint64_t ticks)
{
	return clock->last.utc_ns +
	       (int64_t)(ticks_between(clock->last.ticks, ticks) * clock->ns_per_tick);
}
