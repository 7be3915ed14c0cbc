/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: offer and answer say since when media should flow both ways. At the
 * vantage nearest to a listener, a time of at least three seconds is sought at which the other
 * direction flows and the listener's does not. Then everything is asked that would make it
 * harmless, and only then what the cause is.
 *
 * Never one-way: before the answer; on hold, recvonly, or switched off; a sender that
 * suppresses silence (comfort noise, talkspurts, or RTCP that counts no more packets sent); a
 * pause after which the sequence numbers go on unbroken. A direction that merely begins late
 * is another matter. A tap that sees nothing at all toward the listener's host may be
 * one-sided: then it is a hint.
 */
#include "activity.h"
#include "detect.h"
#include "nearness.h"
#include "one_way.h"

static unsigned views_collect(struct desk *desk, const struct call *call, enum party listener,
    unsigned line, struct view *views)
{
	unsigned count = 0;

	for (const struct observation *o = call->observations; o; o = o->next) {
		struct view *v = &views[count++];

		*v = (struct view){.o = o, .line = line};
		activity_collect(desk, call, o->vantage, line, listener, &v->to_listener);
		activity_collect(
		    desk, call, o->vantage, line, party_other(listener), &v->from_listener);
		v->rank = nearness(desk, call, o->vantage, listener);
		one_way_view_examine(desk, call, v, listener);
	}
	return count;
}

/* The nearest to the listener; among equals one at which a direction is absent. */
static const struct view *nearest(const struct view *views, unsigned count)
{
	const struct view *best = NULL;

	for (unsigned i = 0; i < count; i++) {
		const struct view *v = &views[i];

		if (!best || v->rank > best->rank ||
		    (v->rank == best->rank && best->absence == ABSENCE_NONE && v->absence)) {
			best = v;
		}
	}
	return best;
}

static void examine(
    struct desk *desk, struct call *call, enum party listener, unsigned line, struct view *views)
{
	unsigned count = views_collect(desk, call, listener, line, views);
	struct inquiry q = {desk, call, listener, line, nearest(views, count), NULL};

	if (!q.view) {
		return;
	}
	if (q.view->absence == ABSENCE_NONE) {
		one_way_examine_beyond(&q);
		return;
	}
	for (unsigned i = 0; i < count && !q.upstream; i++) {
		if (views[i].rank <= q.view->rank && &views[i] != q.view &&
		    views[i].absence == ABSENCE_NONE && views[i].to_listener.count > 0) {
			q.upstream = &views[i];
		}
	}
	one_way_report_absence(&q);
}

/* Above the highest m= line that anything was agreed of. */
static unsigned lines_of(const struct call *call, unsigned *observations)
{
	unsigned lines = 0;

	for (const struct observation *o = call->observations; o; o = o->next) {
		unsigned count;
		const struct agreement *a = offer_answer_agreements(o, &count);

		++*observations;
		for (unsigned i = 0; i < count; i++) {
			lines = a[i].line_count > lines ? a[i].line_count : lines;
		}
	}
	return lines;
}

void detect_one_way(struct desk *desk, struct call *call)
{
	unsigned observations = 0;
	unsigned lines = lines_of(call, &observations);
	struct view *views = arena_take(&call->work, sizeof(*views) * observations);

	for (unsigned line = 0; views && line < lines; line++) {
		for (enum party listener = PARTY_CALLER; listener < PARTIES; listener++) {
			examine(desk, call, listener, line, views);
		}
	}
}
