/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a twin keeps one end, so it is in the list of the streams to the same place,
 * or from the same place. Where a capture holds both sides of a router, the packet has passed the
 * router, and the router has lowered its TTL: a sender that sends the same packets to two places
 * (a fork, a recorder) has not.
 */
#include "twin.h"

#include "clock_align.h"

/* No packet is under way between two capture points for longer. */
static const int64_t way_max_ns = 2 * MEDIA_SECOND_NS;

static bool same_media(
    const struct desk *desk, const struct desk_stream *a, const struct desk_stream *b)
{
	if (a == b || a->ssrc != b->ssrc || a->udptl || b->udptl || !a->measured || !b->measured) {
		return false;
	}
	if (a->call == POOL_NONE || b->call == POOL_NONE) {
		return true;
	}
	if (a->call != b->call) {
		return call_at(desk, a->call)->media_alone && call_at(desk, b->call)->media_alone;
	}
	return a->toward == b->toward && a->line == b->line;
}

static bool is_plausible(const struct desk *desk, const struct desk_stream *a,
    const struct media_print *here, const struct desk_stream *b, const struct media_print *there)
{
	struct clock_offset offset = {0};
	int64_t apart_ns = there->time_ns - here->time_ns;

	if (a->capture != b->capture && !clock_offset(desk, a->capture, b->capture, &offset)) {
		return true; /* the clocks may be hours apart */
	}
	apart_ns -= offset.ahead_ns;
	return apart_ns > -way_max_ns && apart_ns < way_max_ns;
}

static bool is_hashed(const struct media_print *a, const struct media_print *b)
{
	return a->payload && b->payload;
}

/* One with hashed payloads is preferred; none counts where one packet has two payloads. */
static bool prints_compare(const struct desk *desk, const struct desk_stream *a,
    const struct desk_stream *b, struct twin *out)
{
	bool found = false;

	for (unsigned i = 0; i < figures_print_count(a); i++) {
		for (unsigned k = 0; k < figures_print_count(b); k++) {
			struct media_print here = figures_print_at(a, i);
			struct media_print there = figures_print_at(b, k);

			if (here.sequence != there.sequence || here.timestamp != there.timestamp ||
			    !is_plausible(desk, a, &here, b, &there)) {
				continue;
			}
			if (is_hashed(&here, &there) && here.payload != there.payload) {
				return false;
			}
			if (!found ||
			    (is_hashed(&here, &there) && !is_hashed(&out->here, &out->there))) {
				found = true;
				out->here = here;
				out->there = there;
			}
		}
	}
	return found;
}

static struct way_point point_of(const struct desk_stream *s, const struct media_print *print)
{
	return (struct way_point){s->src, s->dst, s->capture, print->ttl, print->time_ns};
}

bool twin_pair(const struct desk *desk, const struct desk_stream *s,
    const struct desk_stream *other, struct twin *out)
{
	struct way_point here, there;
	struct way way;

	if (!same_media(desk, s, other) || !prints_compare(desk, s, other, out)) {
		return false;
	}
	here = point_of(s, &out->here);
	there = point_of(other, &out->there);
	if (!way_between(&way, &here, &there)) {
		return false;
	}
	if (s->vantage == other->vantage &&
	    (way.order == WAY_AFTER ? here.ttl <= there.ttl : here.ttl >= there.ttl)) {
		return false;
	}
	out->stream = other;
	out->translated = way.translated;
	out->order = way.order;
	return true;
}

/* The next stream of either list: to the same place, then from the same place to another one. */
static const struct desk_stream *candidate_next(
    const struct desk *desk, const struct desk_stream *s, struct twin_cursor *c)
{
	if (!c->started) {
		c->started = true;
		c->number =
		    s->place_to != POOL_NONE ? place_at(desk, s->place_to)->newest_to : POOL_NONE;
	}
	for (;;) {
		const struct desk_stream *other;

		if (c->number == POOL_NONE || c->looked_at == PLACE_SEARCH_MAX) {
			if (c->by_source || s->place_from == POOL_NONE) {
				return NULL;
			}
			c->by_source = true;
			c->looked_at = 0;
			c->number = place_at(desk, s->place_from)->newest_from;
			continue;
		}
		c->looked_at++;
		other = stream_at(desk, c->number);
		c->number = c->by_source ? other->older_from : other->older_to;
		if (!c->by_source || other->place_to != s->place_to) {
			return other;
		}
	}
}

bool twin_next(const struct desk *desk, const struct desk_stream *s, struct twin_cursor *cursor,
    struct twin *out)
{
	const struct desk_stream *other;

	while ((other = candidate_next(desk, s, cursor)) != NULL) {
		if (twin_pair(desk, s, other, out)) {
			return true;
		}
	}
	return false;
}

/* --- the whole way --- */

static bool path_has(const struct twin_path *path, const struct desk_stream *s)
{
	for (unsigned i = 0; i < path->count; i++) {
		if (path->at[i] == s) {
			return true;
		}
	}
	return false;
}

/* Next to `known`, of whose place in the order is known what is known of its twin's. */
static void path_insert(
    struct twin_path *path, const struct desk *desk, unsigned known, const struct twin *twin)
{
	unsigned at = twin->order == WAY_AFTER ? known + 1 : known;
	struct twin other;

	if (twin->order == WAY_AFTER) {
		while (at < path->count && twin_pair(desk, path->at[at], twin->stream, &other) &&
		       other.order == WAY_AFTER) {
			at++;
		}
	} else {
		while (at > 0 && twin_pair(desk, path->at[at - 1], twin->stream, &other) &&
		       other.order == WAY_BEFORE) {
			at--;
		}
	}
	for (unsigned i = path->count; i > at; i--) {
		path->at[i] = path->at[i - 1];
	}
	path->at[at] = twin->stream;
	path->count++;
	path->own += at <= path->own;
}

/* Take in one more twin of one that is on the way. False where there is none. */
static bool path_grow(struct twin_path *path, const struct desk *desk)
{
	for (unsigned i = 0; i < path->count && path->count < TWIN_PATH_MAX; i++) {
		struct twin_cursor cursor = {0};
		struct twin twin;

		while (twin_next(desk, path->at[i], &cursor, &twin)) {
			if (twin.order != WAY_UNKNOWN && !path_has(path, twin.stream)) {
				path_insert(path, desk, i, &twin);
				return true;
			}
		}
	}
	return false;
}

void twin_path(const struct desk *desk, const struct desk_stream *stream, struct twin_path *out)
{
	*out = (struct twin_path){.count = 1, .at = {stream}};
	while (path_grow(out, desk)) {}
}
