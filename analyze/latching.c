/* SPDX-License-Identifier: Apache-2.0 */
#include "latching.h"

#include "dialog.h"
#include "endpoint.h"
#include "mapping.h"
#include "nearness.h"
#include "offer_answer.h"
#include "one_way.h"
#include "talk_time.h"
#include "unreachable.h"

/* No more than these came first, from somewhere else: then that was a wrong first packet. */
static const uint32_t first_packets_max = 50;

enum { FLOWS_MAX = 32 /* of one direction that are looked at: each is held against each */ };

/* The audio of one direction, as one vantage saw it. */
struct flows {
	unsigned count;
	const struct desk_stream *at[FLOWS_MAX];
};

/* What the vantages nearer to the listener see of it. */
struct nearer {
	bool any;
	uint16_t vantage;   /* the last of them */
	int64_t longest_ns; /* of the streams toward the listener */
};

struct search {
	struct desk *desk;
	const struct call *call;
	enum party listener;
	unsigned line;
	const struct observation *o;
	struct flows to_listener, from_listener;
	struct nearer nearer;
};

/* --- streams of one direction, as one vantage saw them --- */

static struct flows flows_of(const struct search *s, uint16_t vantage, enum party toward)
{
	struct flows flows;

	flows.count = 0;
	for (uint32_t n = s->call->first_stream; n != POOL_NONE && flows.count < FLOWS_MAX;
	     n = stream_at(s->desk, n)->next_of_call) {
		const struct desk_stream *stream = stream_at(s->desk, n);

		if (stream->vantage == vantage && stream->toward == toward &&
		    stream->kind == SDP_AUDIO && stream->line == s->line && stream->measured) {
			flows.at[flows.count++] = stream;
		}
	}
	return flows;
}

static bool touches(const struct desk_stream *stream, const struct interval *span)
{
	return stream->first_ns < span->to_ns && stream->summary->last_time_ns > span->from_ns;
}

/*
 * Cut the span down to the first part of it, long enough, without a silence that was noted: who
 * mutes himself for a while is unheard before and after it.
 */
static bool flowing_part(const struct desk_stream *stream, int64_t least_ns, struct interval *span)
{
	int64_t from_ns = span->from_ns;

	if (stream->seldom->gap_count == STREAM_GAPS_MAX) {
		return false;
	}
	for (unsigned i = 0; i <= stream->seldom->gap_count; i++) {
		int64_t to_ns = span->to_ns;

		if (i < stream->seldom->gap_count && stream->seldom->gaps[i].from_ns < to_ns) {
			to_ns = stream->seldom->gaps[i].from_ns;
		}
		if (to_ns - from_ns >= least_ns) {
			*span = (struct interval){from_ns, to_ns};
			return true;
		}
		if (i < stream->seldom->gap_count && stream->seldom->gaps[i].to_ns > from_ns) {
			from_ns = stream->seldom->gaps[i].to_ns;
		}
	}
	return false;
}

/* --- when --- */

/* Cut the span down to what one agreement with audio both ways covers most of. */
static bool agreed_part(const struct search *s, struct interval *span)
{
	unsigned count;
	const struct agreement *a = offer_answer_agreements(s->o, &count);
	struct interval best = {0, 0};

	for (unsigned i = 0; i < count; i++) {
		struct interval window;

		if (!talk_window(s->o, i, s->line, &window)) {
			continue;
		}
		window.from_ns = span->from_ns > window.from_ns ? span->from_ns : window.from_ns;
		window.to_ns = span->to_ns < window.to_ns ? span->to_ns : window.to_ns;
		if (window.to_ns - window.from_ns > best.to_ns - best.from_ns) {
			best = window;
		}
	}
	*span = best;
	return a && best.to_ns - best.from_ns >=
			threshold_ns(s->desk->config.thresholds.symmetric_media_s);
}

/* The last that came from where the peer sends to; NULL: nothing ever did. */
static const struct desk_stream *last_from(const struct search *s, const struct endpoint *place)
{
	const struct desk_stream *last = NULL;

	for (unsigned i = 0; i < s->from_listener.count; i++) {
		const struct desk_stream *stream = s->from_listener.at[i];

		if (endpoint_equal(&stream->src, place) &&
		    (!last || stream->summary->last_time_ns > last->summary->last_time_ns)) {
			last = stream;
		}
	}
	return last;
}

/* Both flow, the one to a place that the other does not come from. */
static bool span_of(const struct search *s, const struct latching *l, struct interval *span)
{
	const struct desk_stream *astray = l->astray, *own = l->own, *earlier = l->earlier;
	int64_t astray_to_ns = astray->summary->last_time_ns;
	int64_t own_to_ns = own->summary->last_time_ns;
	int64_t least_ns = threshold_ns(s->desk->config.thresholds.symmetric_media_s);

	span->from_ns = astray->first_ns > own->first_ns ? astray->first_ns : own->first_ns;
	span->to_ns = astray_to_ns < own_to_ns ? astray_to_ns : own_to_ns;
	if (earlier && earlier->summary->last_time_ns > span->from_ns) {
		span->from_ns = earlier->summary->last_time_ns;
	}
	return span->from_ns < span->to_ns && agreed_part(s, span) &&
	       flowing_part(astray, least_ns, span) && flowing_part(own, least_ns, span);
}

/* --- which fault --- */

static bool is_described(
    const struct search *s, const struct agreement *a, const struct endpoint *at)
{
	const struct agreed_line *line = agreement_line(a, s->line);
	struct endpoint named;

	if (!line || !line->sides[s->listener].literal) {
		return false;
	}
	named = agreed_place(line, s->listener);
	return endpoint_equal(&named, at);
}

/* Was the place described before what is in force, and is it not any more? */
static bool was_described(const struct search *s, const struct latching *l)
{
	unsigned count;
	const struct agreement *a = offer_answer_agreements(s->o, &count);
	bool is = false, was = false;

	for (unsigned i = 0; i < count && a[i].from_ns < l->span.to_ns; i++) {
		was |= is;
		is = is_described(s, &a[i], &l->astray->dst);
	}
	return was && !is;
}

/* Where the listener asks to have it sent; false: a host name, or nothing is known. */
static bool described_now(const struct search *s, const struct latching *l, struct endpoint *at)
{
	unsigned count;
	const struct agreement *a = offer_answer_agreements(s->o, &count);
	const struct agreed_line *line = NULL;

	for (unsigned i = 0; i < count && a[i].from_ns < l->span.to_ns; i++) {
		line = agreement_line(&a[i], s->line);
	}
	if (!line || !line->sides[s->listener].literal) {
		return false;
	}
	*at = agreed_place(line, s->listener);
	return true;
}

/*
 * No description, candidate or answer of STUN stands for the place, though all were seen from the
 * INVITE on; and it is of the very host that the listener's media comes from. Inside a NAT a
 * public description says nothing of the places there.
 */
static bool is_unnamed(const struct search *s, const struct latching *l)
{
	uint32_t place = l->astray->place_to;
	struct endpoint named;

	if (!described_now(s, l, &named) ||
	    (!address_equal(&named.address, &l->astray->dst.address) &&
		!address_is_unroutable(&named.address))) {
		return false;
	}
	return s->o->invite.set && s->o->answered.set && place != POOL_NONE &&
	       place_at(s->desk, place)->newest_site == POOL_NONE &&
	       address_equal(&l->astray->dst.address, &l->own->src.address);
}

static enum latch_fault fault_of(const struct search *s, const struct latching *l)
{
	struct endpoint named;
	bool described = described_now(s, l, &named) && endpoint_equal(&named, &l->astray->dst);
	bool before = was_described(s, l);

	if (l->earlier && !described && !before && l->earlier->ssrc != l->own->ssrc &&
	    l->earlier->summary->packets <= first_packets_max) {
		return LATCH_WRONG;
	}
	if (l->earlier || before) {
		return LATCH_STALE;
	}
	if (!described) {
		/* A packet or two make no stream: what it latched on may be seen nowhere. */
		return is_unnamed(s, l) ? LATCH_WRONG : LATCH_SOUND;
	}
	return address_is_unroutable(&l->astray->dst.address) &&
		       !address_is_unroutable(&l->own->src.address)
		   ? LATCH_PRIVATE
		   : LATCH_NEVER;
}

/* --- what would make it harmless --- */

static bool comes_from(
    const struct search *s, const struct endpoint *place, const struct interval *span)
{
	for (unsigned i = 0; i < s->from_listener.count; i++) {
		const struct desk_stream *stream = s->from_listener.at[i];

		if (endpoint_equal(&stream->src, place) && touches(stream, span)) {
			return true;
		}
	}
	return false;
}

/* Some of the peer's audio goes where the listener's comes from at that time. */
static bool is_followed(const struct search *s, const struct latching *l)
{
	for (unsigned i = 0; i < s->to_listener.count; i++) {
		const struct desk_stream *stream = s->to_listener.at[i];

		if (touches(stream, &l->span) && comes_from(s, &stream->dst, &l->span)) {
			return true;
		}
	}
	return false;
}

/* What came first went where the listener's audio came from. */
static bool was_followed(const struct search *s, const struct latching *l)
{
	const struct interval before = {INT64_MIN, l->span.from_ns};

	for (unsigned i = 0; i < s->to_listener.count; i++) {
		const struct desk_stream *stream = s->to_listener.at[i];
		const struct interval both = {stream->first_ns, l->span.from_ns};

		if (touches(stream, &before) && comes_from(s, &stream->dst, &both)) {
			return true;
		}
	}
	return false;
}

static bool is_by_ice(const struct search *s, const struct latching *l)
{
	return mapping_path(s->desk, l->astray).checked || mapping_path(s->desk, l->own).checked;
}

/* The listener's own reports: it receives what goes astray. */
static bool is_received(const struct search *s, const struct latching *l)
{
	const struct receiver_reports *r = &l->astray->seldom->far->remote;

	return r->blocks > 0 && !one_way_stands_still(s->desk, r) &&
	       r->last.time_ns >= l->span.from_ns;
}

/* --- does it arrive? --- */

/* Of the same sender, by the SSRC. What an echo sends back goes the other way. */
static bool is_copy(const struct desk_stream *a, const struct desk_stream *b)
{
	return a != b && a->ssrc == b->ssrc;
}

static int64_t length_of(const struct desk_stream *s)
{
	return s->summary->last_time_ns - s->first_ns;
}

static struct nearer nearer_of(const struct search *s)
{
	int rank = nearness_rank(s->desk, s->call, s->o->vantage, s->listener);
	struct nearer nearer = {.any = false};

	for (const struct observation *o = s->call->observations; o; o = o->next) {
		struct flows flows;

		if (nearness_rank(s->desk, s->call, o->vantage, s->listener) <= rank) {
			continue;
		}
		nearer.any = true;
		nearer.vantage = o->vantage;
		flows = flows_of(s, o->vantage, s->listener);
		for (unsigned i = 0; i < flows.count; i++) {
			if (length_of(flows.at[i]) > nearer.longest_ns) {
				nearer.longest_ns = length_of(flows.at[i]);
			}
		}
	}
	return nearer;
}

/*
 * What the vantages nearer to the listener see of it: absent is what was not there at all, or for
 * no longer than until it went astray. Their clocks may be apart, so lengths are compared.
 */
static bool is_seen_nearer(const struct search *s, struct latching *l, bool *absent)
{
	int64_t before_ns = l->span.from_ns - l->astray->first_ns + MEDIA_SECOND_NS;

	*absent = s->nearer.any;
	l->absent_at = s->nearer.vantage;
	return s->nearer.longest_ns > before_ns;
}

/* Both router ports in one capture: the same stream again, from or to the private side. */
static const struct desk_stream *inner_copy(
    const struct search *s, const struct desk_stream *outer, bool of_source)
{
	const struct flows *flows =
	    outer->toward == s->listener ? &s->to_listener : &s->from_listener;

	for (unsigned i = 0; i < flows->count; i++) {
		const struct desk_stream *stream = flows->at[i];
		const struct endpoint *inner = of_source ? &stream->src : &stream->dst;
		const struct endpoint *far = of_source ? &stream->dst : &stream->src;

		if (is_copy(stream, outer) && address_is_unroutable(&inner->address) &&
		    endpoint_equal(far, of_source ? &outer->dst : &outer->src)) {
			return stream;
		}
	}
	return NULL;
}

/* The private side is in this capture, too: does the stream reach it meanwhile? */
static bool is_seen_inside(const struct search *s, struct latching *l, bool *absent)
{
	const struct desk_stream *inner = inner_copy(s, l->astray, false);

	if (inner && inner->summary->last_time_ns > l->span.from_ns + MEDIA_SECOND_NS) {
		return true;
	}
	if (!*absent && !address_is_unroutable(&l->own->src.address) &&
	    inner_copy(s, l->own, true)) {
		l->absent_at = s->o->vantage;
		*absent = true;
	}
	return false;
}

/* --- how is it known? --- */

/* Seen outside: the port that its media comes from is the NAT's choice. */
static bool is_behind_nat(const struct search *s, const struct latching *l)
{
	const struct endpoint_entry *entry = endpoint_entry(s->desk, &l->own->src.address);

	return entry && entry->translated && !address_is_unroutable(&l->own->src.address);
}

/* A phone on a public address: behind a NAT that it knows of, or without one. */
static bool is_public_phone(const struct search *s, const struct latching *l)
{
	const struct endpoint_entry *entry = endpoint_entry(s->desk, &l->own->src.address);

	return entry && !entry->serves && (entry->registers || entry->calls) &&
	       address_equal(&l->own->src.address, &l->astray->dst.address) &&
	       !address_is_unroutable(&l->own->src.address) &&
	       !address_is_unroutable(&l->astray->src.address);
}

static enum latch_proof proof_of(const struct search *s, struct latching *l, bool absent)
{
	double confidence;

	l->refused = unreachable_of_stream(s->call, l->astray);
	if (absent) {
		return LATCH_PROOF_ABSENT;
	}
	if (l->fault == LATCH_NEVER && !is_behind_nat(s, l)) {
		return LATCH_PROOF_NONE; /* whatever stops it, it need not be a NAT */
	}
	if (l->refused) {
		return LATCH_PROOF_ICMP;
	}
	if (l->fault == LATCH_PRIVATE && !address_is_unroutable(&l->astray->src.address)) {
		return LATCH_PROOF_CLASS;
	}
	if (one_way_nothing_arrives(s->desk, l->astray, &confidence)) {
		return LATCH_PROOF_RTCP;
	}
	if (l->fault == LATCH_NEVER || l->fault == LATCH_PRIVATE) {
		return LATCH_PROOF_NONE; /* one private network may reach another */
	}
	if (l->earlier || l->fault == LATCH_STALE) {
		return LATCH_PROOF_MOVED;
	}
	return l->astray->seldom->stray != POOL_NONE ? LATCH_PROOF_STRAY : LATCH_PROOF_UNNAMED;
}

/* Without proof it is a hint of some; refused without a NAT it is another cause's. */
static bool is_worth_a_hint(const struct search *s, const struct latching *l)
{
	if (l->refused) {
		return false;
	}
	return l->fault == LATCH_PRIVATE ||
	       ((is_behind_nat(s, l) || is_public_phone(s, l)) &&
		   address_equal(&l->own->src.address, &l->astray->dst.address));
}

/* --- one pair of streams --- */

static bool pair_examine(const struct search *s, struct latching *l)
{
	bool absent;

	if (!endpoint_equal(&l->own->dst, &l->astray->src) ||
	    endpoint_equal(&l->own->src, &l->astray->dst)) {
		return false;
	}
	l->earlier = last_from(s, &l->astray->dst);
	if (!span_of(s, l, &l->span) || is_followed(s, l) || is_by_ice(s, l) || is_received(s, l) ||
	    is_seen_nearer(s, l, &absent) || is_seen_inside(s, l, &absent)) {
		return false;
	}
	l->fault = fault_of(s, l);
	if (l->fault == LATCH_SOUND) {
		return false;
	}
	l->heard = l->fault != LATCH_WRONG && was_followed(s, l);
	l->proof = proof_of(s, l, absent);
	return l->proof != LATCH_PROOF_NONE || is_worth_a_hint(s, l);
}

static void vantage_examine(const struct search *s, struct latching *best)
{
	for (unsigned i = 0; i < s->to_listener.count; i++) {
		for (unsigned k = 0; k < s->from_listener.count; k++) {
			struct latching l = {.o = s->o,
			    .astray = s->to_listener.at[i],
			    .own = s->from_listener.at[k]};

			if (pair_examine(s, &l) &&
			    (best->fault == LATCH_SOUND || l.proof > best->proof)) {
				*best = l;
			}
		}
	}
}

bool latching_examine(struct desk *desk, const struct call *call, enum party listener,
    unsigned line, struct latching *out)
{
	*out = (struct latching){.fault = LATCH_SOUND};
	for (const struct observation *o = call->observations; o; o = o->next) {
		struct search s = {
		    .desk = desk, .call = call, .listener = listener, .line = line, .o = o};

		if (!dialog_established(o)->set) {
			continue;
		}
		s.to_listener = flows_of(&s, o->vantage, listener);
		s.from_listener = flows_of(&s, o->vantage, party_other(listener));
		if (s.to_listener.count > 0 && s.from_listener.count > 0) {
			s.nearer = nearer_of(&s);
			vantage_examine(&s, out);
		}
	}
	return out->fault != LATCH_SOUND;
}

double latching_confidence(const struct latching *l)
{
	static const double by_proof[LATCH_PROOFS] = {
	    [LATCH_PROOF_NONE] = 0.4,
	    [LATCH_PROOF_UNNAMED] = 0.6,
	    [LATCH_PROOF_STRAY] = 0.7,
	    [LATCH_PROOF_MOVED] = 0.75,
	    [LATCH_PROOF_RTCP] = 0.85,
	    [LATCH_PROOF_CLASS] = 0.85,
	    [LATCH_PROOF_ICMP] = 0.9,
	    [LATCH_PROOF_ABSENT] = 0.95,
	};

	return by_proof[l->proof];
}

const char *latching_doubt(const struct latching *l)
{
	static const char *const by_proof[LATCH_PROOFS] = {
	    [LATCH_PROOF_NONE] =
		"a router that forwards the port of the session description brings the "
		"audio in all the same",
	    [LATCH_PROOF_UNNAMED] =
		"where the first packets came from was not seen: the place may have "
		"been named in a message that the capture lacks",
	    [LATCH_PROOF_STRAY] =
		"what sent the first packet may be the listener, too, and listen there",
	    [LATCH_PROOF_MOVED] = "the listener may still listen at the place that it left",
	    [LATCH_PROOF_RTCP] =
		"a device whose reports never move on, though it receives, looks the "
		"same",
	    [LATCH_PROOF_CLASS] =
		"a tunnel or VPN between the two networks would bring it there; none "
		"is seen",
	};

	if (l->proof == LATCH_PROOF_NONE && l->fault == LATCH_PRIVATE) {
		return "the sender is in a private network itself, and may have a way to the other "
		       "one";
	}
	return by_proof[l->proof];
}
