/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UTC of stamps that another clock made: CLOCK_MONOTONIC, as programs in the kernel read it, or an
 * adapter's own.
 *
 * How far the clocks are apart is measured again and again, because UTC may be set meanwhile. What
 * was measured is kept while a new measurement agrees with it, so that measuring adds no jitter.
 *
 * Threading: one thread.
 */
#ifndef TALKPATH_UTC_CLOCK_H
#define TALKPATH_UTC_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* Of CLOCK_MONOTONIC. Begins with all 0. */
struct utc_clock {
	bool measured;
	int64_t offset_ns; /* UTC is so far ahead */
	int64_t error_ns;  /* at most */
	int64_t due_ns;    /* from when on it is measured anew */
};

int64_t utc_clock_measure(struct utc_clock *clock, int64_t monotonic_ns);

static inline int64_t utc_of_monotonic(struct utc_clock *clock, int64_t monotonic_ns)
{
	if (__builtin_expect(monotonic_ns >= clock->due_ns, 0)) {
		return utc_clock_measure(clock, monotonic_ns);
	}
	return monotonic_ns + clock->offset_ns;
}

#endif
