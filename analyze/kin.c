/* SPDX-License-Identifier: Apache-2.0 */
#include "kin.h"

#include "flow.h"
#include "stream.h"

/* A router takes no longer to hand a packet on. */
static const int64_t crossing_ns = MEDIA_SECOND_NS;

static bool has_open_call(const struct desk *desk, const struct desk_stream *s)
{
	return s->call != POOL_NONE && !call_at(desk, s->call)->closed;
}

/* The newest of those that come from (go to) a place. */
static uint32_t newest_from(const struct desk *desk, uint32_t place)
{
	return place != POOL_NONE ? place_at(desk, place)->newest_from : POOL_NONE;
}

static uint32_t newest_to(const struct desk *desk, uint32_t place)
{
	return place != POOL_NONE ? place_at(desk, place)->newest_to : POOL_NONE;
}

static void join(struct desk *desk, struct desk_stream *s, const struct desk_stream *kin, bool back)
{
	enum party toward = kin->toward;

	s->kind = kin->kind;
	s->line = kin->line;
	if (!back) {
		s->types = kin->types;
	}
	(void)stream_join(desk, s, kin->call, back ? party_other(toward) : toward);
}

/* --- the other way between the same two ends --- */

static const struct desk_stream *counterpart(const struct desk *desk, const struct desk_stream *s)
{
	uint32_t number = newest_to(desk, s->place_from);

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *other = stream_at(desk, number);

		if (other->vantage == s->vantage && other->place_from == s->place_to &&
		    has_open_call(desk, other)) {
			return other;
		}
		number = other->older_to;
	}
	return NULL;
}

/* --- itself, on the other side of a router --- */

static bool is_translated(const struct endpoint *a, const struct endpoint *b)
{
	return address_is_unroutable(&a->address) != address_is_unroutable(&b->address);
}

static bool is_copy(const struct desk_stream *s, const struct desk_stream *other)
{
	int64_t apart_ns = s->first_ns - other->first_ns;

	if (s->udptl || other->ssrc != s->ssrc || other->vantage != s->vantage ||
	    apart_ns > crossing_ns || apart_ns < -crossing_ns) {
		return false;
	}
	return (endpoint_equal(&s->src, &other->src) && is_translated(&s->dst, &other->dst)) ||
	       (endpoint_equal(&s->dst, &other->dst) && is_translated(&s->src, &other->src));
}

static const struct desk_stream *copy_of(const struct desk *desk, const struct desk_stream *s)
{
	const struct desk_stream *copy = NULL;
	struct table_cursor cursor;
	uint32_t number = stream_of_ssrc(desk, &cursor, s->ssrc, s->vantage);

	for (int i = 0; i < PLACE_SEARCH_MAX && number != TABLE_NONE; i++) {
		const struct desk_stream *other = stream_at(desk, number);

		if (has_open_call(desk, other) && is_copy(s, other)) {
			if (copy && copy->call != other->call) {
				return NULL;
			}
			copy = other;
		}
		number = table_next(&desk->ssrc_index, &cursor);
	}
	return copy;
}

bool kin_join(struct desk *desk, struct desk_stream *s)
{
	const struct desk_stream *back = counterpart(desk, s), *copy;

	if (back) {
		join(desk, s, back, true);
		return true;
	}
	copy = copy_of(desk, s);
	if (copy) {
		join(desk, s, copy, false);
	}
	return copy != NULL;
}

void kin_take(struct desk *desk, const struct desk_stream *s)
{
	struct table_cursor cursor;
	uint32_t number = stream_of_ssrc(desk, &cursor, s->ssrc, s->vantage);

	for (int i = 0; i < PLACE_SEARCH_MAX && number != TABLE_NONE; i++) {
		struct desk_stream *orphan = stream_at(desk, number);

		if (orphan->call == POOL_NONE) {
			(void)kin_join(desk, orphan);
		}
		number = table_next(&desk->ssrc_index, &cursor);
	}
}

/* --- to the socket that sends --- */

static bool overlap(const struct desk_stream *a, const struct desk_stream *b)
{
	return a->measured && b->measured && a->first_ns < b->summary->last_time_ns &&
	       b->first_ns < a->summary->last_time_ns;
}

/* What comes from there at that time is all of one call, and nothing of it answers the orphan. */
static bool is_of_one_call(
    const struct desk *desk, const struct desk_stream *own, const struct desk_stream *orphan)
{
	uint32_t number = newest_from(desk, own->place_from);

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *s = stream_at(desk, number);

		if (s->vantage == own->vantage && s->call != own->call && overlap(s, orphan)) {
			return false;
		}
		number = s->older_from;
	}
	return true;
}

static bool is_for(
    const struct desk *desk, const struct desk_stream *own, const struct desk_stream *s)
{
	return s->call == POOL_NONE && s->vantage == own->vantage && s->udptl == own->udptl &&
	       address_equal(&s->src.address, &own->dst.address) && overlap(s, own) &&
	       is_of_one_call(desk, own, s);
}

void kin_adopt(struct desk *desk, const struct call *call)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *own = stream_at(desk, n);
		uint32_t number = newest_to(desk, own->place_from);

		for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
			struct desk_stream *s = stream_at(desk, number);

			if (is_for(desk, own, s)) {
				join(desk, s, own, true);
			}
			number = s->older_to;
		}
	}
}
