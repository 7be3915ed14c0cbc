/* SPDX-License-Identifier: Apache-2.0 */
#include "utc_clock.h"

#include <time.h>

enum { TRIES = 3 };

static const int64_t measured_every_ns = 100000000;

static int64_t now_ns(clockid_t which)
{
	struct timespec now;

	(void)clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* UTC is read between two readings of the other clock; of some tries the closest counts. */
static struct utc_clock reading(void)
{
	struct utc_clock best = {.error_ns = INT64_MAX};

	for (int i = 0; i < TRIES; i++) {
		int64_t before = now_ns(CLOCK_MONOTONIC);
		int64_t utc = now_ns(CLOCK_REALTIME);
		int64_t error = (now_ns(CLOCK_MONOTONIC) - before + 1) / 2;

		if (error < best.error_ns) {
			best.error_ns = error;
			best.offset_ns = utc - before - error;
		}
	}
	return best;
}

int64_t utc_clock_measure(struct utc_clock *clock, int64_t monotonic_ns)
{
	struct utc_clock fresh = reading();
	int64_t apart = fresh.offset_ns - clock->offset_ns;

	apart = apart < 0 ? -apart : apart;
	if (!clock->measured || apart > clock->error_ns + fresh.error_ns) {
		*clock = fresh;
		clock->measured = true;
	}
	clock->due_ns = monotonic_ns + measured_every_ns;
	return monotonic_ns + clock->offset_ns;
}
