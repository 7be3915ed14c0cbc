/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one-way-audio in its parts: is a direction absent, why, and saying so. detect_one_way.c opens
 * with how they work together.
 *
 * Views and inquiries live for one call of detect_one_way(); they borrow from the desk.
 */
#ifndef TALKPATH_ONE_WAY_H
#define TALKPATH_ONE_WAY_H

#include "activity.h"
#include "finding.h"
#include "offer_answer.h"

/* How a direction is missing. */
enum absence { ABSENCE_NONE, ABSENCE_WHOLE, ABSENCE_STOPPED, ABSENCE_INTERRUPTED };

/* One vantage's view of whether `listener` hears the other party. */
struct view {
	const struct observation *o;
	unsigned line; /* which m= line */
	struct activity to_listener, from_listener;
	const struct agreement *agreement; /* of the time that counts */
	enum absence absence;
	struct interval alone; /* when only from_listener flowed */
	int rank;              /* how near to the listener: see nearness.h */
};

struct inquiry {
	struct desk *desk;
	struct call *call;
	enum party listener;
	unsigned line;               /* which m= line */
	const struct view *view;     /* the nearest to the listener */
	const struct view *upstream; /* another one, where the media was still there; or NULL */
};

/* Why a direction is missing, in the finding's words; static. */
struct cause {
	const char *name, *why, *remedy, *would_settle;
};

extern const struct cause one_way_unroutable, one_way_icmp, one_way_lost_beyond;

/* --- one_way_absence.c --- */

/* Seek a time at which both ways were agreed and the listener's alone is missing. */
void one_way_view_examine(
    const struct desk *desk, const struct call *call, struct view *view, enum party listener);

/* --- one_way_cause.c --- */

/* Of an absence; never NULL. */
const struct cause *one_way_cause(const struct inquiry *q);

/*
 * ICMP about the flow toward the listener, where that was seen before it went missing, or about
 * the place that the listener asked to have it sent to; NULL without.
 */
const struct unreachable *one_way_refusal(const struct inquiry *q);

/* --- one_way_tell.c --- */

void one_way_report_absence(const struct inquiry *q);

/* The finding of that cause for the listener at this address, its words filled in; or NULL. */
struct finding *one_way_open(
    const struct inquiry *q, const struct cause *cause, const struct address *listener);
void one_way_tell_refusal(struct finding *f, const struct unreachable *u);

static inline const char *party_name(enum party party)
{
	return party == PARTY_CALLER ? "caller" : "callee";
}

static inline struct mark mark_of_stream(const struct desk_stream *s)
{
	return (struct mark){true, s->capture, s->first_frame, s->first_ns};
}

/* --- one_way_beyond.c --- */

/* What passes here and does not arrive: by ICMP, or by the listener's own reports. */
void one_way_examine_beyond(const struct inquiry *q);

#endif
