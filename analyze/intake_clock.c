/* SPDX-License-Identifier: Apache-2.0 */
#include "intake_clock.h"

static const int64_t leap_suspect_ns = 10 * MEDIA_SECOND_NS;

/* --- the order --- */

/* Of the packet that comes next. */
static uint64_t order_next(const struct intake *intake, int64_t time_ns)
{
	return intake->beside ? intake_order_beside(intake, intake->order, time_ns)
			      : intake->order + 1;
}

void intake_beside(struct intake *intake, unsigned side, int64_t origin_ns)
{
	intake->beside = true;
	intake->side = intake->order = (uint64_t)side << INTAKE_TURN_BITS;
	intake->origin_ns = origin_ns;
}

void intake_follow(struct intake *intake, uint64_t order)
{
	if (intake->order <= order) {
		intake->order = intake_order_later(intake, order);
	}
}

/* --- the clock --- */

/* When the next tick is due; a capture may claim the end of time. */
static int64_t second_after(int64_t time_ns)
{
	return time_ns < INT64_MAX - MEDIA_SECOND_NS ? intake_second_of(time_ns) + MEDIA_SECOND_NS
						     : INT64_MAX;
}

void intake_clock_set(struct intake *intake, int64_t time_ns, uint64_t order)
{
	struct intake_clock *clock = &intake->clock;

	/* Not where it is their records, perhaps, that are too many. */
	if (time_ns > clock->now_ns || intake->record_octets <= INTAKE_TICK_OCTETS) {
		intake->keepalives = intake->handshakes = 0;
	}
	clock->now_ns = time_ns;
	clock->next_tick_ns = second_after(time_ns);
	clock->next_tick_order = intake->beside ? UINT64_MAX : intake->order + INTAKE_TICK_PACKETS;
	clock->packets_left = INTAKE_TICK_PACKETS;
	clock->leap_ns = 0;
	intake->record_octets = 0;
	intake->tick = (struct tick){.order = order, .time_ns = time_ns};
}

bool intake_clock_advance(struct intake *intake, int64_t time_ns)
{
	struct intake_clock *clock = &intake->clock;
	uint64_t before = order_next(intake, time_ns) - 1;

	if (!clock->started) {
		clock->started = true;
		intake_clock_set(intake, time_ns, before);
		intake->load_second_ns = intake_second_of(time_ns);
		return false;
	}
	if (time_ns >= clock->next_tick_ns) {
		bool leap = time_ns - clock->now_ns > leap_suspect_ns;

		if (!leap || (clock->leap_ns && time_ns - clock->leap_ns > -leap_suspect_ns &&
				 time_ns - clock->leap_ns < leap_suspect_ns)) {
			intake_clock_set(intake, time_ns, before);
			return true;
		}
		clock->leap_ns = time_ns;
	}
	if (intake->order >= clock->next_tick_order) {
		intake_clock_set(intake, clock->now_ns, before);
		return true;
	}
	return false;
}
