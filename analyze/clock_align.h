/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clocks of captures against one another, by the packets that they share.
 *
 * A packet cannot arrive before it was sent: seen at A and then at B, it says that B's clock is
 * ahead of A's by no more than the difference of its two times; a packet the other way says by no
 * less than. The truth lies between the tightest of both, and in their middle where the fastest
 * packets took equally long each way. With packets of one direction only, the fastest is taken to
 * have taken no time at all.
 *
 * Data in:   messages of one identity (sighting.h) and twins (twin.h), before their call is closed.
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    DESK_CAPTURES_MAX captures. Clocks that drift while they capture are taken as they are
 *            on the whole.
 */
#ifndef TALKPATH_CLOCK_ALIGN_H
#define TALKPATH_CLOCK_ALIGN_H

#include "desk.h"

struct clock_align;
struct call;

/* NULL where memory is short. */
struct clock_align *clock_align_new(unsigned captures);
void clock_align_free(struct clock_align *clocks);

/* What the packets of a call that is not closed tell; telling it twice changes nothing. */
void clock_align_call(struct desk *desk, const struct call *call);

/* The same of all calls that are open, and of streams without a call. */
void clock_align_all(struct desk *desk);

struct clock_offset {
	int64_t ahead_ns; /* time in the one minus time in the other, at the same moment */
	int64_t error_ns; /* at most, either way; below 0: packets of one direction only */
};

/* How far `capture` is ahead of `reference`. False where nothing leads from one to the other. */
bool clock_offset(
    const struct desk *desk, uint16_t reference, uint16_t capture, struct clock_offset *out);

#endif
