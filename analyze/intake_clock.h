/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The numbers that an intake gives its packets, and its clock: see intake.h.
 *
 * Data in:   times of packets. Data out: their order; ticks that are due.
 * Ownership: none; what is kept stands in struct intake. Threading: the intake's.
 */
#ifndef TALKPATH_INTAKE_CLOCK_H
#define TALKPATH_INTAKE_CLOCK_H

#include "intake.h"

enum { INTAKE_ORDER_SHIFT = INTAKE_SIDE_BITS + INTAKE_TURN_BITS }; /* of the time in an order */

static inline int64_t intake_second_of(int64_t time_ns)
{
	return time_ns - time_ns % MEDIA_SECOND_NS;
}

/* At the time that follows that of `order`. */
static inline uint64_t intake_order_later(const struct intake *intake, uint64_t order)
{
	return ((order >> INTAKE_ORDER_SHIFT) + 1) << INTAKE_ORDER_SHIFT | intake->side;
}

/* Of one of several, the order of a packet that comes behind that of `last`. */
static inline uint64_t intake_order_beside(
    const struct intake *intake, uint64_t last, int64_t time_ns)
{
	static const uint64_t turns = (1 << INTAKE_TURN_BITS) - 1;
	uint64_t elapsed = (uint64_t)time_ns - (uint64_t)intake->origin_ns;
	uint64_t timely = elapsed >> INTAKE_TURN_BITS << INTAKE_ORDER_SHIFT | intake->side;

	if (elapsed < INTAKE_SPAN_NS && timely > last) {
		return timely;
	}
	return (last & turns) < turns ? last + 1 : intake_order_later(intake, last);
}

/* It is time_ns, and a tick says so. order: before that of whatever follows */
void intake_clock_set(struct intake *intake, int64_t time_ns, uint64_t order);

/* True where the packet at hand makes a tick due, which must go before it. */
bool intake_clock_advance(struct intake *intake, int64_t time_ns);

#endif
