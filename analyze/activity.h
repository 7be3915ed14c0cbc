/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When media flowed: the audio of one m= line of a call toward one party, as one vantage saw
 * it, in intervals of time without a silence of MEDIA_GAP_NS or more.
 */
#ifndef TALKPATH_ACTIVITY_H
#define TALKPATH_ACTIVITY_H

#include "crossing.h"

enum { ACTIVITY_INTERVALS_MAX = 32 };

struct interval {
	int64_t from_ns, to_ns;
};

struct activity {
	unsigned count;
	struct interval intervals[ACTIVITY_INTERVALS_MAX]; /* apart, in order */
	uint64_t packets;
	const struct desk_stream *first, *last; /* streams, by their beginning; NULL without any */
	bool comfort_noise;                     /* the sender suppresses silence (RFC 3389) */
	uint32_t talkspurts;                    /* marker bits: RFC 3551 4.1 */
	bool overflow; /* too many intervals: nothing may be concluded from what is missing */
};

void activity_collect(const struct desk *desk, const struct call *call, uint16_t vantage,
    unsigned line, enum party toward, struct activity *out);

/*
 * The same, parted where the vantage sees both sides of a router: what is on its way to the router,
 * and what has passed or need not.
 */
void activity_part(const struct desk *desk, const struct call *call,
    const struct crossings *crossings, unsigned line, enum party toward, struct activity *arrived,
    struct activity *ahead);

/*
 * The longest time inside `window` at which `absent` has nothing and `present` flows without
 * a break. False where there is none.
 */
bool activity_alone(const struct activity *present, const struct activity *absent,
    const struct interval *window, struct interval *out);

/* Comfort noise, or more talkspurts than one that sends all the time has. */
bool activity_suppresses_silence(const struct activity *activity);

/* Anything before (after) that time? */
bool activity_before(const struct activity *activity, int64_t time_ns);
bool activity_after(const struct activity *activity, int64_t time_ns);

#endif
