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
#include "latching.h"
#include "offer_answer.h"

/* How a direction is missing. */
enum absence { ABSENCE_NONE, ABSENCE_WHOLE, ABSENCE_STOPPED, ABSENCE_INTERRUPTED };

/* When a listener hears nothing, by the clock of that vantage. */
struct unheard {
	enum absence how;
	const struct observation *o;
	struct interval span; /* unless it is the whole call */
};

/* One vantage's view of whether `listener` hears the other party. */
struct view {
	const struct observation *o;
	unsigned line; /* which m= line */
	struct activity to_listener, from_listener;
	struct activity held_back; /* to the listener, seen before a router and not behind it */
	const struct agreement *agreement; /* of the time that counts */
	enum absence absence;
	struct interval alone; /* when only from_listener flowed */
	int rank;              /* how near to the listener: see nearness.h */
};

struct inquiry {
	struct desk *desk;
	struct call *call;
	enum party listener;
	unsigned line;                 /* which m= line */
	const struct view *view;       /* the nearest to the listener */
	const struct view *upstream;   /* another one, where the media was still there; or NULL */
	const struct view *beyond;     /* one where nothing of either is there; or NULL */
	const struct latching *astray; /* the other party's audio, provenly; or NULL */
};

/* Why a direction is missing, in the finding's words; static. */
struct cause {
	const char *name, *why, *remedy, *would_settle;
	enum finding_side side; /* SIDE_UNKNOWN: as usual */
	const char *perhaps;    /* at the end of the headline: it is not proven; or NULL */
};

extern const struct cause one_way_filtered, one_way_unanswered, one_way_icmp, one_way_lost_beyond,
    one_way_lost_later;

/* --- one_way_absence.c --- */

/* Seek a time at which both ways were agreed and the listener's alone is missing. */
void one_way_view_examine(
    const struct desk *desk, const struct call *call, struct view *view, enum party listener);

/* The gap in a stream toward the listener in which that time lies; NULL: there is none. */
const struct silence *one_way_silence(const struct desk *desk, const struct call *call,
    const struct view *view, enum party listener, const struct desk_stream **of);

/* So long did audio toward the listener flow while both ways were agreed. */
int64_t one_way_agreed_ns(const struct view *view);
/* Does the missing direction stop at a router of which the vantage sees both sides? */
bool one_way_is_held_back(const struct desk *desk, const struct view *view);

/*
 * RTCP of the one who should be heard came since the direction is missing; where that is an absence
 * at all, the reports count packets that are not here.
 */
bool one_way_sender_reports(const struct view *view, enum party sender);

/* --- one_way_cause.c --- */

/* Of an absence; never NULL. */
const struct cause *one_way_cause(const struct inquiry *q);

/* Of audio that goes astray. */
const struct cause *one_way_cause_astray(const struct inquiry *q);

/*
 * ICMP about the flow toward the listener, where that was seen before it went missing, or about
 * the place that the listener asked to have it sent to; NULL without.
 */
const struct unreachable *one_way_refusal(const struct inquiry *q);

/* --- one_way_tell.c --- */

void one_way_report_absence(const struct inquiry *q);

/*
 * Seen upstream, and at the listener's own view neither way: the peer that waits for a first packet
 * before it sends (symmetric RTP) is silenced by the one who does not get through to it.
 */
void one_way_report_stranded(const struct inquiry *q);

/* What is there, and goes where nobody hears it. */
void one_way_report_astray(const struct inquiry *q);

/* The finding of that cause for the listener at this address, its words filled in; or NULL. */
struct finding *one_way_open(const struct inquiry *q, const struct cause *cause,
    const struct address *listener, const struct unheard *unheard);
void one_way_tell_refusal(struct finding *f, const struct unreachable *u);

static inline const char *party_name(enum party party)
{
	return party == PARTY_CALLER ? "caller" : "callee";
}

/* --- one_way_unanswered.c --- */

/* What speaks against one_way_unanswered. */
extern const char one_way_unanswered_doubt[];

/* Perhaps it is the platform, which does not answer to where the listener's audio comes from. */
void one_way_hint_unanswered(const struct inquiry *q);

/* --- one_way_beyond.c --- */

/* Report after report the same highest sequence number, for as long as a direction may be absent.
 */
bool one_way_stands_still(const struct desk *desk, const struct receiver_reports *r);

/* The receiver's own reports: nothing of a stream that flows here reaches it. */
bool one_way_nothing_arrives(
    const struct desk *desk, const struct desk_stream *s, double *confidence);

/* What passes here and does not arrive: by ICMP, or by the listener's own reports. */
void one_way_examine_beyond(const struct inquiry *q);

#endif
