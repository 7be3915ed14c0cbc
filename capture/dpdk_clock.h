/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An adapter's free-running counter, told in UTC.
 *
 * Counter and clocks are read together again and again. How fast the counter runs is measured
 * against the monotonic clock, which nobody sets; what its values mean, against UTC at the last
 * reading. So when somebody sets the clock, stamps follow at the next reading.
 *
 * Data in:   readings. Data out: UTC in ns. Ownership: embedded. Threading: one thread.
 * Limits:    counters of up to 2^53 ticks between two readings.
 */
#ifndef TALKPATH_DPDK_CLOCK_H
#define TALKPATH_DPDK_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum { DPDK_CLOCK_BASE = 10 /* readings that the speed is measured over, at most */ };

struct dpdk_reading {
	uint64_t ticks;
	int64_t monotonic_ns, utc_ns;
};

struct dpdk_clock {
	struct dpdk_reading first, last; /* of the base, and altogether */
	unsigned readings;               /* in the base */
	double ns_per_tick;              /* 0: not known yet */
};

/* Readings should be a second apart, but the first two may be as near as 10 ms. */
void dpdk_clock_read(struct dpdk_clock *clock, const struct dpdk_reading *reading);

/* A stamp told before the last reading is as good as one after it. */
int64_t dpdk_clock_utc_ns(const struct dpdk_clock *clock, uint64_t ticks);

#endif
