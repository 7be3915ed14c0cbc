/* SPDX-License-Identifier: Apache-2.0 */
/* UTC of stamps of another clock: right, without jitter of its own, and right again after a jump.
 */
#include <criterion/criterion.h>
#include <time.h>

#include "utc_clock.h"

static const int64_t close_ns = 1000000;

static int64_t read_ns(clockid_t which)
{
	struct timespec now;

	(void)clock_gettime(which, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static void is_right(struct utc_clock *clock, int64_t monotonic_ns)
{
	int64_t apart = read_ns(CLOCK_REALTIME) - read_ns(CLOCK_MONOTONIC) -
			(utc_of_monotonic(clock, monotonic_ns) - monotonic_ns);

	cr_assert(apart < close_ns && apart > -close_ns, "%lld", (long long)apart);
}

Test(utc_clock, stamps_are_utc_and_their_distances_stay)
{
	struct utc_clock clock = {0};
	int64_t begin_ns = read_ns(CLOCK_MONOTONIC), first_ns;

	is_right(&clock, begin_ns);
	first_ns = utc_of_monotonic(&clock, begin_ns) - begin_ns;
	for (int64_t later_ns = 0; later_ns < 10000000000; later_ns += 20000000) {
		int64_t stamp_ns = begin_ns + later_ns;

		cr_assert_eq(utc_of_monotonic(&clock, stamp_ns) - stamp_ns, first_ns);
	}
}

Test(utc_clock, it_follows_when_utc_is_set)
{
	struct utc_clock clock = {0};
	int64_t begin_ns = read_ns(CLOCK_MONOTONIC);

	is_right(&clock, begin_ns);
	clock.offset_ns -= 3600000000000; /* as it was before an hour was put on */
	is_right(&clock, begin_ns + 200000000);
}
