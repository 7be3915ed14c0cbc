/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of few streams, and of the others told from what they have. */
#include "playout.h"

#include <criterion/criterion.h>

#include "meter_state.h"
#include "payload_type.h"

/* The adaptive buffer of a stream that no packet was late of is told from how long it went on. */
Test(playout, depth_before_anything_was_late)
{
	for (unsigned intervals = 0; intervals < 100; intervals++) {
		struct playout kept, told;
		struct playout_late from_the_start = {0}, later = {0};
		int64_t variation_ns = 0;

		playout_begin(&kept, &from_the_start);
		playout_begin(&told, NULL);
		for (unsigned i = 0; i < intervals; i++) {
			playout_interval(&kept, &from_the_start, 5.0 * i, 1024, &variation_ns);
			playout_interval(&told, NULL, 5.0 * i, 1024, &variation_ns);
		}
		playout_late_begin(&later, &told);
		cr_expect_eq(later.adaptive_ns, from_the_start.adaptive_ns, "%u", intervals);
		cr_expect_leq(later.adaptive_ns, PLAYOUT_FIXED_NS);
	}
}

/* The clock of a payload type is told from the length of its tick. */
Test(playout, clock_rates)
{
	for (unsigned type = 0; type < 128; type++) {
		uint32_t clock_rate_hz = payload_types[type].clock_rate_hz;
		struct meter_hot s = {
		    .ns_per_tick_x256 =
			clock_rate_hz ? (uint32_t)(256 * MEDIA_SECOND_NS / clock_rate_hz) : 0};

		cr_expect_eq(meter_clock_rate(&s), clock_rate_hz);
	}
	for (uint32_t clock_rate_hz = 8000; clock_rate_hz <= 192000; clock_rate_hz += 25) {
		struct meter_hot s = {
		    .ns_per_tick_x256 = (uint32_t)(256 * MEDIA_SECOND_NS / clock_rate_hz)};

		cr_expect_eq(meter_clock_rate(&s), clock_rate_hz);
	}
}

/* However long a stream goes on, means and shares stay what they are. */
Test(playout, levels_of_days)
{
	struct meter_levels l = {0};

	for (unsigned i = 0; i < 1000000; i++) {
		meter_level_take(&l, i % 4 ? MEDIA_LEVEL_FULL + 30 : MEDIA_LEVEL_SILENT);
		meter_level_take(&l, MEDIA_LEVEL_NONE);
	}
	cr_expect_float_eq((double)l.sum / (l.count - l.silent), 30, 0.01);
	cr_expect_float_eq((double)l.silent / l.count, 0.25, 0.001);
}
