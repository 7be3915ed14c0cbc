/* SPDX-License-Identifier: Apache-2.0 */
#include "stream.h"

#include "call.h"
#include "dialog.h"
#include "endpoint.h"
#include "far_end.h"
#include "flow.h"
#include "kin.h"
#include "legs.h"
#include "payload_type.h"
#include "rtcp.h"
#include "site.h"

/* --- finding --- */

static uint64_t ssrc_hash(const struct desk *desk, uint32_t ssrc, uint16_t vantage)
{
	uint32_t words[2] = {ssrc, vantage};

	return XXH3_64bits_withSeed(words, sizeof(words), desk->key);
}

static uint32_t stream_number(const struct desk *desk, const struct desk_stream *s)
{
	return (uint32_t)(s - (const struct desk_stream *)desk->streams.objects);
}

/* Where the desk's number of a stream stands, from its begin to its end; NULL: memory is short. */
static uint32_t *followed_at(struct desk *desk, unsigned source, uint32_t number)
{
	uint32_t **followed = &desk->followed[source];

	if (!*followed) {
		*followed = memory_reserve(sizeof(**followed) * desk->streams.limit);
	}
	return *followed && number < desk->streams.limit ? *followed + number : NULL;
}

static uint32_t *followed_of(struct desk *desk, uint64_t stream)
{
	return followed_at(desk, media_stream_source(stream), media_stream_number(stream));
}

struct desk_stream *stream_followed(struct desk *desk, uint64_t stream)
{
	const uint32_t *at = followed_of(desk, stream);

	return at && *at ? stream_at(desk, *at - 1) : NULL;
}

/* No more will be told of it; or its source's number is another stream's by now. */
static void unfollow(struct desk *desk, const struct desk_stream *s)
{
	uint32_t *at = followed_at(desk, s->source, s->number);

	if (at && *at == stream_number(desk, s) + 1) {
		*at = 0;
		desk->streams_followed--;
	}
}

void stream_ssrc_fetch(const struct desk *desk, uint32_t ssrc, uint16_t vantage)
{
	(void)table_prefetch(&desk->ssrc_index, ssrc_hash(desk, ssrc, vantage));
}

uint32_t stream_of_ssrc(
    const struct desk *desk, struct table_cursor *cursor, uint32_t ssrc, uint16_t vantage)
{
	return table_first(&desk->ssrc_index, cursor, ssrc_hash(desk, ssrc, vantage));
}

/* --- belonging to a call --- */

bool stream_join(struct desk *desk, struct desk_stream *s, uint32_t call_number, enum party toward)
{
	uint32_t number = stream_number(desk, s);
	struct call *call = call_at(desk, call_number);

	if (call->stream_count == CALL_STREAMS_MAX) {
		desk->evictions.call_streams += !s->refused;
		s->refused = true;
		return false;
	}
	s->call = call_number;
	s->toward = toward & 1U;
	s->next_of_call = POOL_NONE;
	if (call->last_stream != POOL_NONE) {
		stream_at(desk, call->last_stream)->next_of_call = number;
	} else {
		call->first_stream = number;
	}
	call->last_stream = number;
	call->stream_count++;
	if (!s->udptl) {
		legs_stream(desk, s);
	}
	return true;
}

/*
 * Of lines that share a place, the one that lists the payload type. RTP at the place of a fax is
 * what it was before, or will be after.
 */
static void line_find(const struct desk *desk, struct desk_stream *s, const struct site *site)
{
	const struct payload_map *map = NULL;

	s->line = site->line;
	if (s->udptl) {
		return;
	}
	map = type_find(desk, site->types, s->payload_type);
	if (map) {
		s->kind = map->kind & 3U;
		s->line = map->line;
	} else if (site->kind != SDP_FAX) {
		s->kind = site->kind;
	}
}

/* The names of dynamic payload types are those of whom the stream goes to. */
static void join_site(
    struct desk *desk, struct desk_stream *s, const struct site *site, bool goes_there)
{
	enum party party = site->party;

	line_find(desk, s, site);
	if (goes_there || !s->types) {
		s->types = site->types;
	}
	(void)stream_join(desk, s, site->call, goes_there ? party : party_other(party));
}

const struct site *stream_site(const struct desk *desk, uint32_t place_to, uint32_t place_from,
    uint16_t vantage, int64_t time_ns, bool *goes_there)
{
	const struct site *to, *from;

	site_fetch(desk, place_from);
	to = site_for(desk, place_to, vantage, time_ns);
	from = site_for(desk, place_from, vantage, time_ns);

	/*
	 * Two captures may show as many routers with one outside address, and one call under two
	 * names: what is signalled where the media flows comes first. Two sites may have one
	 * private address: then the call that names both ends is the right one.
	 */
	if (to && from && from->call != to->call) {
		int nearer = call_was_seen_at(call_at(desk, from->call), vantage) -
			     call_was_seen_at(call_at(desk, to->call), vantage);

		if (nearer > 0 ||
		    (nearer == 0 && !site_for_call(desk, place_from, to->call, vantage, time_ns))) {
			const struct site *both =
			    site_for_call(desk, place_to, from->call, vantage, time_ns);

			to = both ? both : to;
		}
	}
	/* Where the two ends belong to different calls, what this vantage saw itself wins. */
	*goes_there = to && (!from || from->call == to->call || to->vantage == vantage ||
				from->vantage != vantage);
	return *goes_there ? to : from;
}

static void find_call(struct desk *desk, struct desk_stream *s)
{
	bool goes_there;
	const struct site *site =
	    stream_site(desk, s->place_to, s->place_from, s->vantage, s->first_ns, &goes_there);

	if (site) {
		join_site(desk, s, site, goes_there);
	} else if (!kin_join(desk, s)) {
		return;
	}
	if (!s->udptl) {
		kin_take(desk, s);
	}
}

void stream_claim(struct desk *desk, const struct site *site)
{
	const struct place *place = place_at(desk, site->place);
	uint32_t number = place->newest_to;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		struct desk_stream *s = stream_at(desk, number);

		if (s->call == POOL_NONE) {
			find_call(desk, s);
		} else if (s->call == site->call && s->toward == site->party && site->types) {
			s->types = site->types;
		}
		number = s->older_to;
	}
	number = place->newest_from;
	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		struct desk_stream *s = stream_at(desk, number);

		if (s->call == POOL_NONE) {
			find_call(desk, s);
		}
		number = s->older_from;
	}
}

/* --- the lists of places --- */

/*
 * Who is at that place takes part in media. Where the place has had streams that has been noted;
 * but live, who is noted again is not forgotten.
 */
static void endpoint_note(struct desk *desk, uint32_t place, const struct address *address)
{
	struct endpoint_entry *entry;

	if (!desk->config.live && place != POOL_NONE &&
	    (place_at(desk, place)->newest_to & place_at(desk, place)->newest_from) != POOL_NONE) {
		return;
	}
	entry = endpoint_entry(desk, address);
	if (entry) {
		entry->media = true;
	}
}

static void places_link(struct desk *desk, struct desk_stream *s)
{
	uint32_t number = stream_number(desk, s);
	struct place *place;

	s->newer_to = s->newer_from = s->older_to = s->older_from = POOL_NONE;
	s->place_to = place_find(desk, &s->dst, true);
	s->place_from = place_find(desk, &s->src, true);
	endpoint_note(desk, s->place_from, &s->src.address);
	endpoint_note(desk, s->place_to, &s->dst.address);
	if (s->place_to != POOL_NONE) {
		place = place_at(desk, s->place_to);
		s->older_to = place->newest_to;
		if (s->older_to != POOL_NONE) {
			stream_at(desk, s->older_to)->newer_to = number;
		}
		place->newest_to = number;
	}
	if (s->place_from != POOL_NONE) {
		place = place_at(desk, s->place_from);
		s->older_from = place->newest_from;
		if (s->older_from != POOL_NONE) {
			stream_at(desk, s->older_from)->newer_from = number;
		}
		place->newest_from = number;
	}
}

static void places_unlink(struct desk *desk, struct desk_stream *s)
{
	if (s->place_to != POOL_NONE) {
		if (s->newer_to != POOL_NONE) {
			stream_at(desk, s->newer_to)->older_to = s->older_to;
		} else {
			place_at(desk, s->place_to)->newest_to = s->older_to;
		}
		if (s->older_to != POOL_NONE) {
			stream_at(desk, s->older_to)->newer_to = s->newer_to;
		}
		place_release(desk, s->place_to);
	}
	if (s->place_from != POOL_NONE) {
		if (s->newer_from != POOL_NONE) {
			stream_at(desk, s->newer_from)->older_from = s->older_from;
		} else {
			place_at(desk, s->place_from)->newest_from = s->older_from;
		}
		if (s->older_from != POOL_NONE) {
			stream_at(desk, s->older_from)->newer_from = s->newer_from;
		}
		place_release(desk, s->place_from);
	}
	s->place_to = s->place_from = POOL_NONE;
}

/* --- what few streams have --- */

static const struct stream_seldom nothing_seldom = {.far = &far_end_silent, .stray = POOL_NONE};

struct stream_seldom *stream_seldom_of(struct desk *desk, struct desk_stream *s)
{
	struct stream_seldom *seldom;

	if (s->seldom != &nothing_seldom) {
		return pool_at(&desk->seldom, pool_number(&desk->seldom, s->seldom));
	}
	/* There is room for all streams, here and in the pools of its parts. */
	seldom = pool_at(&desk->seldom, pool_take(&desk->seldom));
	*seldom = nothing_seldom;
	s->seldom = seldom;
	return seldom;
}

static void seldom_forget(struct desk *desk, struct desk_stream *s)
{
	const struct stream_seldom *seldom = s->seldom;

	if (seldom == &nothing_seldom) {
		return;
	}
	if (far_end_is_known(s)) {
		pool_give(&desk->far_views, pool_number(&desk->far_views, seldom->far));
	}
	if (seldom->gaps) {
		pool_give(&desk->gaps, pool_number(&desk->gaps, seldom->gaps));
	}
	if (seldom->stray != POOL_NONE) {
		pool_give(&desk->strays, seldom->stray);
	}
	pool_give(&desk->seldom, pool_number(&desk->seldom, seldom));
	s->seldom = &nothing_seldom;
}

/* --- birth and death --- */

static void list_append(struct desk *desk, uint32_t number)
{
	struct desk_stream *s = stream_at(desk, number);

	s->older = desk->newest_stream;
	s->newer = POOL_NONE;
	if (desk->newest_stream != POOL_NONE) {
		stream_at(desk, desk->newest_stream)->newer = number;
	} else {
		desk->oldest_stream = number;
	}
	desk->newest_stream = number;
}

static void stream_forget(struct desk *desk, uint32_t number)
{
	struct desk_stream *s = stream_at(desk, number);

	stream_release(desk, number);
	intervals_free(&desk->bins, s->intervals);
	seldom_forget(desk, s);
	figures_forget(desk, s);
	if (s->older != POOL_NONE) {
		stream_at(desk, s->older)->newer = s->newer;
	} else {
		desk->oldest_stream = s->newer;
	}
	if (s->newer != POOL_NONE) {
		stream_at(desk, s->newer)->older = s->older;
	} else {
		desk->newest_stream = s->older;
	}
	pool_give(&desk->streams, number);
}

/* Room for one more; a live capture forgets calls that it has handed on. */
static uint32_t number_take(struct desk *desk)
{
	uint32_t number = pool_take(&desk->streams);

	while (number == POOL_NONE && desk->config.live && desk->closed_calls.oldest != POOL_NONE) {
		desk_make_room(desk);
		number = pool_take(&desk->streams);
	}
	return number;
}

void stream_began(struct desk *desk, const struct media_began *began)
{
	uint32_t *at = followed_of(desk, began->stream);
	uint32_t number = at ? number_take(desk) : POOL_NONE;
	struct desk_stream *s;

	if (number == POOL_NONE) {
		desk->evictions.streams++;
		return;
	}
	desk->streams_followed += *at == 0;
	*at = number + 1;
	s = stream_at(desk, number);
	s->seldom = &nothing_seldom;
	figures_none(s);
	s->id = ++desk->streams_seen;
	s->source = (uint8_t)media_stream_source(began->stream);
	s->number = media_stream_number(began->stream);
	s->src = began->src;
	s->dst = began->dst;
	s->ssrc = began->ssrc;
	s->vantage = (uint8_t)began->vantage;
	s->capture = (uint8_t)began->capture;
	s->first_ns = began->first_time_ns;
	s->first_frame = began->first_frame;
	s->payload_type = began->payload_type;
	s->opening = began->opening;
	s->udptl = began->udptl;
	s->kind = s->udptl                                                      ? SDP_FAX
		  : payload_types[began->payload_type & 127].role == ROLE_VIDEO ? SDP_VIDEO
										: SDP_AUDIO;
	s->call = s->next_of_call = POOL_NONE;
	desk->evictions.ssrcs += !s->udptl && !table_insert(&desk->ssrc_index,
						  ssrc_hash(desk, s->ssrc, s->vantage), number);
	list_append(desk, number);
	places_link(desk, s);
	find_call(desk, s);
}

void stream_stray(struct desk *desk, const struct media_stray *stray)
{
	uint32_t place = place_find(desk, &stray->dst, false);
	uint32_t number = place != POOL_NONE ? place_at(desk, place)->newest_from : POOL_NONE;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		struct desk_stream *s = stream_at(desk, number);

		if (s->vantage == stray->vantage && s->seldom->stray == POOL_NONE &&
		    stray->time_ns <= s->first_ns && endpoint_equal(&s->dst, &stray->src)) {
			uint32_t taken = stream_seldom_of(desk, s)->stray =
			    pool_take(&desk->strays);

			*(struct stray *)pool_at(&desk->strays, taken) = (struct stray){
			    {true, stray->capture, stray->frame, stray->time_ns}, stray->ssrc};
		}
		number = s->older_from;
	}
}

void stream_gap(struct desk *desk, const struct media_gap *gap)
{
	struct desk_stream *s = stream_followed(desk, gap->stream);
	struct stream_seldom *seldom;

	if (!s) {
		return;
	}
	s->quiet = false;
	seldom = stream_seldom_of(desk, s);
	if (!seldom->gaps) {
		seldom->gaps = pool_at(&desk->gaps, pool_take(&desk->gaps));
	}
	if (seldom->gap_count < STREAM_GAPS_MAX) {
		seldom->gaps[seldom->gap_count++] =
		    (struct silence){gap->from_ns, gap->to_ns, gap->missing, gap->from_frame};
	}
}

static void interval_take(
    struct desk *desk, struct desk_stream *s, const struct media_interval *interval)
{
	desk->evictions.intervals += !intervals_take(&desk->bins, &s->intervals, interval);
}

void stream_interval(struct desk *desk, const struct media_interval_record *record)
{
	struct desk_stream *s = stream_followed(desk, record->stream);

	if (s) {
		interval_take(desk, s, &record->interval);
	}
}

/* Once noted it stays; but live, who is noted again is not forgotten. */
static void heard_note(struct desk *desk, struct desk_stream *s)
{
	struct endpoint_entry *sender;

	if (s->summary->level_count <= s->summary->silent_count ||
	    (s->heard && !desk->config.live)) {
		return;
	}
	sender = endpoint_entry(desk, &s->src.address);
	if (sender) {
		sender->heard = s->heard = true;
	}
}

void stream_summary(struct desk *desk, const struct media_summary *summary)
{
	struct desk_stream *s = stream_followed(desk, summary->stream);

	if (!s) {
		return;
	}
	figures_keep(desk, s, summary);
	s->quiet = true;
	heard_note(desk, s);
	interval_take(desk, s, &summary->interval);
	if (summary->ended) {
		unfollow(desk, s);
	}
}

void stream_fax(struct desk *desk, const struct fax_notice *notice)
{
	struct desk_stream *s = stream_followed(desk, notice->stream);

	if (!s) {
		return;
	}
	figures_keep(desk, s,
	    &(struct media_summary){
		.ended = notice->ended,
		.last_time_ns = notice->last_time_ns,
		.last_frame = notice->last_frame,
		.octets = notice->octets,
		.packets = notice->packets,
		.ttl_min = notice->ttl_min,
		.ttl_max = notice->ttl_max,
	    });
	s->quiet = notice->quiet;
	if (notice->ended) {
		unfollow(desk, s);
	}
}

void stream_release(struct desk *desk, uint32_t number)
{
	struct desk_stream *s = stream_at(desk, number);

	if (s->released) {
		return;
	}
	places_unlink(desk, s);
	if (!desk->ended) {
		unfollow(desk, s);
		if (!s->udptl) {
			table_remove(
			    &desk->ssrc_index, ssrc_hash(desk, s->ssrc, s->vantage), number);
		}
	}
	s->released = true;
}

void stream_remove_of_call(struct desk *desk, struct call *call)
{
	uint32_t number = call->first_stream;

	while (number != POOL_NONE) {
		uint32_t next = stream_at(desk, number)->next_of_call;

		stream_forget(desk, number);
		number = next;
	}
	call->first_stream = call->last_stream = POOL_NONE;
	call->stream_count = 0;
}

void stream_expire(struct desk *desk, int64_t time_ns)
{
	uint32_t number = desk->oldest_stream;

	while (number != POOL_NONE) {
		const struct desk_stream *s = stream_at(desk, number);
		uint32_t next = s->newer;

		if (s->call == POOL_NONE && s->measured && s->summary->ended &&
		    s->summary->last_time_ns < time_ns) {
			stream_forget(desk, number);
		}
		number = next;
	}
}
