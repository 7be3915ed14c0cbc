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
#include "endpoint.h"
#include "flow.h"
#include "nearness.h"
#include "one_way.h"
#include "talk_time.h"

/* What does not depend on who listens, and at which m= line. */
struct scene {
	struct desk *desk;
	struct call *call;
	unsigned count; /* of observations */
	struct crossings *crossings;
	struct view *views; /* room for them */
};

static void views_collect(const struct scene *scene, enum party listener, unsigned line)
{
	struct desk *desk = scene->desk;
	const struct call *call = scene->call;
	unsigned count = 0;

	for (const struct observation *o = call->observations; o; o = o->next) {
		const struct crossings *crossings = &scene->crossings[count];
		struct view *v = &scene->views[count++];

		*v = (struct view){.o = o, .line = line};
		activity_part(
		    desk, call, crossings, line, listener, &v->to_listener, &v->held_back);
		activity_collect(
		    desk, call, o->vantage, line, party_other(listener), &v->from_listener);
		v->rank = nearness_rank(desk, call, o->vantage, listener);
		one_way_view_examine(desk, call, v, listener);
	}
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

static unsigned ttl_of(struct desk *desk, const struct view *v, const struct address *address)
{
	const struct endpoint_view *view =
	    endpoint_view(endpoint_entry(desk, address), v->o->vantage);

	return view ? view->ttl_max : 0;
}

/*
 * Two captures of one place: no router between them changed an address or took from the TTL, so
 * what one of them lacks is missing in that capture, and was not dropped on the way.
 */
static bool is_same_place(struct desk *desk, const struct view *a, const struct view *b)
{
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct endpoint here = observed_party(a->o, p), there = observed_party(b->o, p);

		if (!endpoint_equal(&here, &there) ||
		    ttl_of(desk, a, &here.address) != ttl_of(desk, b, &here.address)) {
			return false;
		}
	}
	return true;
}

static bool has_direction(const struct view *v)
{
	return v->absence == ABSENCE_NONE && v->to_listener.count > 0;
}

/* Another capture of the same place has what is missing in this one. */
static bool is_missed_by_capture(
    struct desk *desk, const struct view *views, unsigned count, const struct view *view)
{
	for (unsigned i = 0; i < count; i++) {
		if (&views[i] != view && has_direction(&views[i]) &&
		    is_same_place(desk, &views[i], view)) {
			return true;
		}
	}
	return false;
}

/* Farther from the listener, or as far, and the other party's audio was still there. */
static const struct view *find_upstream(
    const struct view *views, unsigned count, const struct view *view)
{
	for (unsigned i = 0; i < count; i++) {
		if (views[i].rank <= view->rank && &views[i] != view && has_direction(&views[i])) {
			return &views[i];
		}
	}
	return NULL;
}

static bool is_void(const struct view *v)
{
	return v->to_listener.count == 0 && v->from_listener.count == 0;
}

/* A vantage that sees the call and none of its media, while others do. */
static const struct view *find_void(
    const struct view *views, unsigned count, const struct view *view)
{
	for (unsigned i = 0; i < count; i++) {
		if (views[i].rank < view->rank && views[i].o->answered.set && is_void(&views[i])) {
			return &views[i];
		}
	}
	return NULL;
}

/*
 * Sent toward the listener and not seen at its own side, where nothing of it is seen either. Had
 * its audio come through there, that capture would be one of signalling alone.
 */
static bool is_stranded(const struct inquiry *q)
{
	return is_void(q->view) && q->view->o->answered.set && q->upstream &&
	       q->upstream->from_listener.count == 0 &&
	       one_way_agreed_ns(q->upstream) >= threshold_ns(q->desk->config.thresholds.one_way_s);
}

static void examine(const struct scene *scene, enum party listener, unsigned line)
{
	struct desk *desk = scene->desk;
	struct inquiry q = {.desk = desk, .call = scene->call, .listener = listener, .line = line};
	struct latching astray;

	views_collect(scene, listener, line);
	q.view = nearest(scene->views, scene->count);
	if (!q.view || is_missed_by_capture(desk, scene->views, scene->count, q.view)) {
		return;
	}
	q.upstream = find_upstream(scene->views, scene->count, q.view);
	if (latching_examine(desk, scene->call, listener, line, &astray) &&
	    latching_confidence(&astray) >= FINDING_HINT) {
		q.astray = &astray;
	}
	if (q.view->absence != ABSENCE_NONE) {
		q.beyond = find_void(scene->views, scene->count, q.view);
		one_way_report_absence(&q);
	} else if (q.astray) {
		one_way_report_astray(&q);
	} else if (is_stranded(&q)) {
		one_way_report_stranded(&q);
	} else {
		one_way_examine_beyond(&q);
	}
}

/* False where memory is short. */
static bool scene_make(struct scene *scene, struct desk *desk, struct call *call)
{
	*scene = (struct scene){.desk = desk, .call = call};
	for (const struct observation *o = call->observations; o; o = o->next) {
		scene->count++;
	}
	scene->views = arena_take(&desk->work, sizeof(*scene->views) * scene->count);
	scene->crossings = arena_take(&desk->work, sizeof(*scene->crossings) * scene->count);
	if (!scene->views || !scene->crossings) {
		return false;
	}
	scene->count = 0;
	for (const struct observation *o = call->observations; o; o = o->next) {
		crossings_find(desk, call, o->vantage, &scene->crossings[scene->count++]);
	}
	return true;
}

void detect_one_way(struct desk *desk, struct call *call)
{
	unsigned lines = talk_lines(call);
	struct scene scene;

	if (lines == 0 || !scene_make(&scene, desk, call)) {
		return;
	}
	for (unsigned line = 0; line < lines; line++) {
		for (enum party listener = PARTY_CALLER; listener < PARTIES; listener++) {
			examine(&scene, listener, line);
		}
	}
}
