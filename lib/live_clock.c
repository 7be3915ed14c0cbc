/* SPDX-License-Identifier: Apache-2.0 */
#include "live_clock.h"

#define SECOND_NS 1000000000LL

/* Clocks that are steered go up to a tenth faster or slower, between two looks. */
static const int64_t step_least_ns = SECOND_NS / 5;
static const int64_t capture_wait_ns = 30 * SECOND_NS;
static const int64_t quiet_ns = 150 * SECOND_NS; /* all streams have ended */

static int64_t magnitude(int64_t ns)
{
	return ns < 0 ? -ns : ns;
}

/* A capture that has not come to the last step by now is not going to; if it had any packet. */
static void waiting_end(struct live_clock *clock)
{
	for (unsigned i = 0; i < MERGE_SOURCES_MAX; i++) {
		struct live_clock_capture *capture = &clock->captures[i];

		if (capture->waits && !capture->heard) {
			capture->shift_ns += clock->step_ns;
		}
		capture->waits = capture->heard = false;
	}
	clock->step_ns = 0;
}

static void step_begin(struct live_clock *clock, int64_t step_ns, int64_t wall_ns, int64_t boot_ns)
{
	waiting_end(clock);
	for (unsigned i = 0; i < MERGE_SOURCES_MAX; i++) {
		struct live_clock_capture *capture = &clock->captures[i];

		capture->waits = capture->last_ns != 0;
		capture->heard = false;
		if (!capture->waits) {
			capture->shift_ns += step_ns;
		}
	}
	clock->shift_ns += step_ns;
	clock->step_ns = clock->told_ns = step_ns;
	clock->divide_ns = wall_ns - step_ns / 2;
	clock->step_boot_ns = boot_ns;
}

static void follow(struct live_clock *clock)
{
	clock->shift_ns = 0;
	for (unsigned i = 0; i < MERGE_SOURCES_MAX; i++) {
		clock->captures[i].shift_ns = 0;
	}
}

void live_clock_look(struct live_clock *clock, int64_t wall_ns, int64_t boot_ns)
{
	int64_t apart_ns = wall_ns - boot_ns;

	if (clock->started && magnitude(apart_ns - clock->apart_ns) > step_least_ns) {
		step_begin(clock, apart_ns - clock->apart_ns, wall_ns, boot_ns);
	}
	clock->boot_ns = boot_ns;
	clock->apart_ns = apart_ns;
	clock->started = true;
	if (clock->step_ns && boot_ns - clock->step_boot_ns > capture_wait_ns) {
		waiting_end(clock);
	}
	if (clock->shift_ns > 0 && !clock->step_ns && boot_ns - clock->media_boot_ns > quiet_ns) {
		follow(clock);
	}
}

static bool is_behind_step(
    const struct live_clock *clock, const struct live_clock_capture *capture, int64_t stamp_ns)
{
	return clock->step_ns > 0 ? stamp_ns > clock->divide_ns
				  : stamp_ns < capture->last_ns + clock->step_ns / 2;
}

void live_clock_correct(struct live_clock *clock, struct packet *packets, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct live_clock_capture *capture = &clock->captures[packets[i].capture];
		int64_t stamp_ns = packets[i].time_ns;

		if (capture->waits && is_behind_step(clock, capture, stamp_ns)) {
			capture->waits = false;
			capture->shift_ns += clock->step_ns;
		}
		capture->heard = true;
		capture->last_ns = stamp_ns;
		packets[i].time_ns = stamp_ns - capture->shift_ns;
	}
}
