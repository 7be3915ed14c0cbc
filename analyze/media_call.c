/* SPDX-License-Identifier: Apache-2.0 */
#include "media_call.h"

#include "call.h"
#include "stream.h"

/* Less of both directions at once is no conversation. */
static const int64_t overlap_ns = MEDIA_SECOND_NS;

struct span {
	int64_t from_ns, to_ns;
};

static struct span span_of(const struct desk_stream *s)
{
	return (struct span){s->first_ns, s->summary->last_time_ns};
}

static bool is_free(const struct desk_stream *s, bool end)
{
	return s->call == POOL_NONE && !s->released && s->measured && s->place_to != POOL_NONE &&
	       s->place_from != POOL_NONE && (end || s->summary->ended);
}

static bool is_back(const struct desk_stream *s, const struct desk_stream *other)
{
	return other->place_from == s->place_to && other->vantage == s->vantage;
}

static bool talks_back(const struct desk_stream *s, const struct desk_stream *other)
{
	struct span a = span_of(s), b = span_of(other);
	int64_t from_ns = a.from_ns > b.from_ns ? a.from_ns : b.from_ns;
	int64_t to_ns = a.to_ns < b.to_ns ? a.to_ns : b.to_ns;

	return is_back(s, other) && other->ssrc != s->ssrc && to_ns - from_ns >= overlap_ns;
}

/* A stream the other way that flowed at the same time, or NULL. */
static const struct desk_stream *answer_to(
    const struct desk *desk, const struct desk_stream *s, bool end)
{
	uint32_t number = place_at(desk, s->place_from)->newest_to;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *other = stream_at(desk, number);

		if (is_free(other, end) && talks_back(s, other)) {
			return other;
		}
		number = other->older_to;
	}
	return NULL;
}

/* The other streams to one place of the two, as long as there is no longer pause. */
static bool gather(struct desk *desk, struct call *call, uint32_t to, uint32_t from,
    uint16_t vantage, enum party toward, bool end)
{
	uint32_t number = place_at(desk, to)->newest_to;
	bool more = false;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		struct desk_stream *s = stream_at(desk, number);
		struct span span = span_of(s);

		if (is_free(s, end) && s->place_from == from && s->vantage == vantage &&
		    span.from_ns <= call->last_ns + MEDIA_QUIET_NS &&
		    span.to_ns >= call->first_ns - MEDIA_QUIET_NS &&
		    stream_join(desk, s, call_number(desk, call), toward)) {
			call->first_ns =
			    span.from_ns < call->first_ns ? span.from_ns : call->first_ns;
			call->last_ns = span.to_ns > call->last_ns ? span.to_ns : call->last_ns;
			more = true;
		}
		number = s->older_to;
	}
	return more;
}

/* NAT left one end of it as it was. */
static bool is_copy(const struct desk_stream *s, const struct desk_stream *of)
{
	return s->vantage != of->vantage && s->ssrc == of->ssrc &&
	       (endpoint_equal(&s->src, &of->src) || endpoint_equal(&s->dst, &of->dst));
}

static bool has_both(const struct desk *desk, const struct call *call, const struct desk_stream *s,
    const struct desk_stream *back)
{
	unsigned known = 0;

	for (uint32_t i = call->first_stream; i != POOL_NONE;
	     i = stream_at(desk, i)->next_of_call) {
		const struct desk_stream *t = stream_at(desk, i);

		known += is_copy(t, s) || is_copy(t, back);
	}
	return known >= 2;
}

/* The same conversation as another vantage saw it, the last that began; or NULL. */
static struct call *seen_elsewhere(
    struct desk *desk, const struct desk_stream *s, const struct desk_stream *back)
{
	struct call *found = NULL;

	for (uint16_t vantage = 0; vantage < desk->config.vantage_count; vantage++) {
		struct table_cursor cursor;
		uint32_t n = stream_of_ssrc(desk, &cursor, s->ssrc, vantage);

		for (; n != TABLE_NONE; n = table_next(&desk->ssrc_index, &cursor)) {
			const struct desk_stream *t = stream_at(desk, n);
			struct call *call =
			    is_copy(t, s) && t->call != POOL_NONE ? call_at(desk, t->call) : NULL;

			if (call && call->media_alone && (!found || call->id > found->id) &&
			    has_both(desk, call, s, back)) {
				found = call;
			}
		}
	}
	return found;
}

static enum party toward_in(const struct desk *desk, const struct call *call, uint32_t ssrc)
{
	for (uint32_t i = call->first_stream; i != POOL_NONE;
	     i = stream_at(desk, i)->next_of_call) {
		if (stream_at(desk, i)->ssrc == ssrc) {
			return (enum party)stream_at(desk, i)->toward;
		}
	}
	return PARTY_CALLEE;
}

/* Who sends first stands for the caller: no more is known. */
static void call_make(
    struct desk *desk, const struct desk_stream *s, const struct desk_stream *back, bool end)
{
	struct call *call = desk->config.vantage_count > 1 ? seen_elsewhere(desk, s, back) : NULL;
	uint32_t to = s->place_to, from = s->place_from;
	enum party toward;
	bool more = true;

	if (!call) {
		call = call_of_media(desk, s);
	}
	if (!call) {
		desk->evictions.calls++;
		return;
	}
	toward = toward_in(desk, call, s->ssrc);
	/* Each stream that is taken in may reach out to another one. */
	for (int i = 0; i < PLACE_SEARCH_MAX && more; i++) {
		more = gather(desk, call, to, from, s->vantage, toward, end);
		more |= gather(desk, call, from, to, s->vantage, party_other(toward), end);
	}
}

void media_calls_find(struct desk *desk, bool end)
{
	uint32_t number = desk->oldest_stream;

	while (number != POOL_NONE) {
		const struct desk_stream *s = stream_at(desk, number), *back;

		if (is_free(s, end)) {
			back = answer_to(desk, s, end);
			if (back) {
				call_make(desk, s, back, end);
			}
		}
		number = s->newer;
	}
}
