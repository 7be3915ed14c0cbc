/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a mark is changed by whatever a packet passes. So the same packet is looked
 * for at two places, message by message and print by print, and neighbouring places are compared:
 * between them it was. What a stream's packets carry on the whole must bear that out, because
 * single packets are re-marked by routers that learn a flow first.
 *
 * What is no remark: another mark each way, or of audio and video, which their senders chose; a
 * sender that changes its marks; a mark that was never a class (the ToS bits of old servers), or
 * that is put on by the router that should.
 */
#include <stdio.h>

#include "detect.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "marks.h"
#include "sighting.h"
#include "twin.h"

enum { HINT_PACKETS_MIN = 50, WHERE_TEXT_MAX = 320 };

#define DSCP_NONE 64U /* no code point */

/* Two places that packets of a call pass, one after the other. */
struct hop {
	uint16_t before, after; /* vantages */
	enum way_end translated;
	const struct address *inside, *outside; /* of the translated end; NULL: none is */
	const struct address
	    *routed;      /* with both places in one vantage and none: the server's end */
	bool toward;      /* ... is where it goes */
	unsigned hops;    /* routers in between, by the TTL */
	uint8_t from, to; /* code points */
};

struct pathology_words {
	const char *cause;
	struct finding_words words;
};

static const struct pathology_words pathologies[] = {
    [DSCP_BLEACHED] = {"bleach",
	{"A device on the way clears the priority mark of the packets. From there on "
	 "voice waits in the same queue as downloads: it stutters whenever the line is busy.",
	    "On the router or switch that does it keep the marks of voice: \"trust "
	    "DSCP\", \"preserve DSCP\", \"QoS pass-through\", or switch off \"reset DSCP\", "
	    "\"clear DSCP\", \"WMM/QoS remarking\". Where it is the provider's device, ask the "
	    "provider to keep EF.",
	    NULL}},
    [DSCP_TOS_BLEACHED] = {"tos-bleach",
	{"A device on the way still clears the three bits that were the IP precedence "
	 "forty years ago (RFC 9435). What is left of the mark means nothing: voice waits in the "
	 "same queue as downloads.",
	    "On the device that does it switch off what rewrites the precedence (\"set "
	    "ip precedence 0\", \"ToS reset\", \"IP precedence\"), or match and mark by DSCP "
	    "instead.",
	    NULL}},
    [DSCP_PRECEDENCE_ONLY] = {"precedence-only",
	{"A device on the way keeps the first three bits of the mark only, as IP "
	 "precedence or 802.1p does: EF becomes CS5, which most networks do not treat as voice.",
	    "On the device that does it trust or map DSCP instead of IP precedence or "
	    "802.1p (\"trust dscp\", a CoS-to-DSCP map with 5 to 46).",
	    NULL}},
    [DSCP_REMARKED] = {"other",
	{"A device on the way gives the packets another class than their sender did. "
	 "What that class is worth, only the network behind it decides.",
	    "Check the QoS policy of the device that does it: does it mean to put voice "
	    "into this class? Otherwise trust DSCP there.",
	    NULL}},
};

/* What became of SIP messages alone: voice has marks of its own. */
static const struct finding_words signalling_words = {
    "A device on the way changes the marks of SIP messages. Where the line is full they wait "
    "longer, and calls are set up later; voice has marks of its own, and nothing that was seen "
    "says that those are changed.",
    "Where SIP is to have priority of its own, keep its mark at the device on the way (\"trust "
    "DSCP\", \"preserve DSCP\"); otherwise nothing need be done.",
    NULL};

static const struct finding_words hint_words = {
    "The packets of one sender come marked at first and later without their mark, by a way of the "
    "same length. Something on it may have begun to clear the marks; or the sender did so itself.",
    "Find out where it begins before anything is changed.",
    "a capture at the sender's port and here at the same time, both named with --vantage",
};

/* --- what changed --- */

static unsigned ttl_fall(uint8_t before, uint8_t after)
{
	return before > after ? (unsigned)(before - after) : 0;
}

/* Marks put on by a router that should are no fault, nor is the loss of what was no class. */
static bool is_remark(unsigned before, unsigned after)
{
	return dscp_is_class(before) && after != before && after != DSCP_EF;
}

/* From EF to a lower class, and not from CS3 to AF31. */
static enum finding_severity severity_of(const struct hop *hop)
{
	enum dscp_pathology p = dscp_pathology(hop->from, hop->to);

	return p == DSCP_REMARKED && hop->to >> 3 >= hop->from >> 3 ? SEVERITY_INFO
								    : SEVERITY_WARNING;
}

/* Of 24 to 0 it is not known whether all bits are cleared, or the first three. */
static const char *cause_of(const struct hop *hop)
{
	return dscp_is_ambiguous(hop->from, hop->to)
		   ? "unknown"
		   : pathologies[dscp_pathology(hop->from, hop->to)].cause;
}

/* Of SIP messages. kept: the mark of voice on the same way, or DSCP_NONE. */
static void signalling_describe(
    struct finding *f, const struct desk *desk, const struct hop *hop, unsigned kept)
{
	const char *before = desk->config.vantages[hop->before];
	const char *after = desk->config.vantages[hop->after];
	char address[ADDRESS_TEXT_MAX] = "", from[DSCP_TEXT_MAX], to[DSCP_TEXT_MAX];
	char voice[DSCP_TEXT_MAX] = "", where[WHERE_TEXT_MAX];
	const char *router = hop->outside ? address_format(hop->outside, address) : "";

	if (hop->before == hop->after) {
		(void)snprintf(where, sizeof(where), "by the router %s on their way %s", router,
		    hop->translated == WAY_SRC ? "out" : "in");
	} else {
		(void)snprintf(where, sizeof(where), "between %.100s and %.100s%s%s", before, after,
		    hop->outside ? ", on the way through the router " : "", router);
	}
	finding_describe(f, desk, hop->before, &signalling_words,
	    "Priority marks of SIP messages are changed %s: DSCP %s becomes %s%s%s", where,
	    dscp_format(hop->from, from), dscp_format(hop->to, to),
	    kept != DSCP_NONE ? "; voice keeps " : "",
	    kept != DSCP_NONE ? dscp_format(kept, voice) : "");
	if (hop->before != hop->after) {
		f->vantage = arena_format(&f->text, "%s, %s", before, after);
	}
	f->cause = cause_of(hop);
}

static void remark_describe(struct finding *f, const struct desk *desk, const struct hop *hop)
{
	const struct pathology_words *p = &pathologies[dscp_pathology(hop->from, hop->to)];
	const char *before = desk->config.vantages[hop->before];
	const char *after = desk->config.vantages[hop->after];
	char address[ADDRESS_TEXT_MAX] = "", from[DSCP_TEXT_MAX], to[DSCP_TEXT_MAX];
	const char *router = hop->outside ? address_format(hop->outside, address) : "";

	if (hop->routed) {
		finding_describe(f, desk, hop->before, &p->words,
		    "A router changes the priority marks of packets %s %s: DSCP %s becomes %s",
		    hop->toward ? "to" : "from", address_format(hop->routed, address),
		    dscp_format(hop->from, from), dscp_format(hop->to, to));
	} else if (hop->before == hop->after) {
		finding_describe(f, desk, hop->before, &p->words,
		    "The router %s changes the priority marks of packets on their way %s: DSCP %s "
		    "becomes %s",
		    router, hop->translated == WAY_SRC ? "out" : "in", dscp_format(hop->from, from),
		    dscp_format(hop->to, to));
	} else {
		finding_describe(f, desk, hop->before, &p->words,
		    "Priority marks are changed between %s and %s%s%s: DSCP %s becomes %s", before,
		    after, hop->outside ? ", on the way through the router " : "", router,
		    dscp_format(hop->from, from), dscp_format(hop->to, to));
		f->vantage = arena_format(&f->text, "%s, %s", before, after);
	}
	f->cause = cause_of(hop);
}

/* One segment of the way and one direction make one finding, whatever passes there. */
static struct finding *segment_open(struct desk *desk, const struct hop *hop)
{
	struct endpoint segment = {.port = (uint16_t)(hop->before << 8 | hop->after)};

	if (hop->outside || hop->routed) {
		segment.address = hop->outside ? *hop->outside : *hop->routed;
	}
	return finding_open(desk, "dscp-remark", NULL,
	    hash_endpoint(desk->key, &segment) ^ hop->translated ^
		(hop->toward ? WAY_SRC : WAY_NONE));
}

/* What becomes of voice says more than what becomes of SIP, of which it may be heard first. */
static struct finding *remark_open(struct desk *desk, const struct hop *hop)
{
	struct finding *f = segment_open(desk, hop);

	if (!f) {
		return NULL;
	}
	if (finding_is_new(f) || f->stream_count == 0) {
		remark_describe(f, desk, hop);
	}
	finding_rate(f, 0.95, severity_of(hop));
	return f;
}

/* Between a customer's router and a carrier's. */
static bool address_is_shared(const struct address *a)
{
	return address_class(a) == ADDRESS_SHARED;
}

/* Whose router it is, and how many may be meant. */
static void tell_hops(struct finding *f, const struct hop *hop)
{
	if (hop->outside && !address_is_shared(hop->inside) && !address_is_shared(hop->outside)) {
		finding_blame(f, SIDE_CUSTOMER_NETWORK);
	}
	if (hop->hops > 1 && f->against_count == 0) {
		finding_against(f,
		    "the TTL falls by %u between the two points: any of so many devices may be it",
		    hop->hops);
	}
}

/* A packet that carries `from` at the one place and `to` at the other. */
static bool remarked_print(const struct hop *hop, const struct desk_stream *before,
    const struct desk_stream *after, struct media_print *was, struct media_print *is)
{
	for (unsigned i = 0; i < figures_print_count(before); i++) {
		for (unsigned k = 0; k < figures_print_count(after); k++) {
			*was = figures_print_at(before, i);
			*is = figures_print_at(after, k);
			if (was->sequence == is->sequence && was->timestamp == is->timestamp &&
			    was->dscp == hop->from && is->dscp == hop->to) {
				return true;
			}
		}
	}
	return false;
}

/* A source is translated on the way out, a destination on the way in. */
static const struct address *outside_of(
    enum way_end translated, const struct endpoint *dst_before, const struct endpoint *src_after)
{
	return translated == WAY_SRC   ? &src_after->address
	       : translated == WAY_DST ? &dst_before->address
				       : NULL;
}

static const struct address *inside_of(
    enum way_end translated, const struct endpoint *src_before, const struct endpoint *dst_after)
{
	return translated == WAY_SRC   ? &src_before->address
	       : translated == WAY_DST ? &dst_after->address
				       : NULL;
}

static void stream_tell(struct finding *f, const struct desk *desk, const struct desk_stream *s,
    const struct media_print *print, bool after)
{
	struct mark mark = {true, s->capture, print->frame, print->time_ns};
	char text[DSCP_TEXT_MAX], src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	finding_evidence(f, &mark,
	    "%s at %s, %s to %s: DSCP %s, TTL %u; so %u of the %u packets here",
	    after ? "the same RTP packet" : "an RTP packet", desk->config.vantages[s->vantage],
	    endpoint_format(&s->src, src), endpoint_format(&s->dst, dst),
	    dscp_format(print->dscp, text), print->ttl, marks_packets(s, print->dscp),
	    s->summary->packets);
	finding_stream(f, s);
	finding_time(f, s->first_ns, s->summary->last_time_ns);
}

static void streams_compare(struct desk *desk, struct call *call, const struct desk_stream *before,
    const struct desk_stream *after)
{
	struct media_print was, is;
	struct hop hop = {.before = before->vantage, .after = after->vantage};
	struct twin pair;
	struct finding *f;

	if (!twin_pair(desk, before, after, &pair) || pair.order != WAY_AFTER ||
	    !marks_mostly(before, 50, &hop.from) || !marks_mostly(after, 50, &hop.to) ||
	    !is_remark(hop.from, hop.to) || !remarked_print(&hop, before, after, &was, &is)) {
		return;
	}
	hop.translated = pair.translated;
	hop.outside = outside_of(pair.translated, &before->dst, &after->src);
	hop.inside = inside_of(pair.translated, &before->src, &after->dst);
	hop.hops = ttl_fall(was.ttl, is.ttl);
	f = remark_open(desk, &hop);
	if (!f) {
		return;
	}
	stream_tell(f, desk, before, &was, false);
	stream_tell(f, desk, after, &is, true);
	tell_hops(f, &hop);
	finding_call(f, call);
	finding_endpoint(f, &before->src.address);
}

/* --- two places, one pair of addresses --- */

/*
 * Both ports of a router that translates nothing, in one capture: nearly all packets are there as
 * they came and as they went on.
 */
static bool are_halves(const struct desk_stream *s, uint8_t before, uint8_t after)
{
	uint32_t least = s->summary->packets / 5 * 2;

	return s->summary->packets >= HINT_PACKETS_MIN && marks_packets(s, before) >= least &&
	       marks_packets(s, after) >= least;
}

static void routed_examine(struct desk *desk, struct call *call, const struct desk_stream *s)
{
	const struct endpoint_entry *server;
	struct hop hop = {.before = s->vantage, .after = s->vantage};
	const struct media_print *was = &s->summary->rare->passed[0],
				 *is = &s->summary->rare->passed[1];
	struct finding *f;

	if (!s->measured || s->udptl || was->payload == 0 || !is_remark(was->dscp, is->dscp) ||
	    !are_halves(s, was->dscp, is->dscp)) {
		return;
	}
	server = endpoint_entry(desk, &s->dst.address);
	hop.from = was->dscp;
	hop.to = is->dscp;
	hop.hops = ttl_fall(was->ttl, is->ttl);
	hop.toward = (server && server->serves) || (address_is_unroutable(&s->src.address) &&
						       !address_is_unroutable(&s->dst.address));
	hop.routed = hop.toward ? &s->dst.address : &s->src.address;
	f = remark_open(desk, &hop);
	if (!f) {
		return;
	}
	stream_tell(f, desk, s, was, false);
	stream_tell(f, desk, s, is, true);
	tell_hops(f, &hop);
	finding_call(f, call);
	finding_endpoint(f, &s->src.address);
}

/* --- SIP messages --- */

/* Voice of the call that passed both places, the same way, and kept its class; NULL: none did. */
static const struct desk_stream *kept_voice(
    struct desk *desk, const struct call *call, const struct hop *hop, uint8_t *kept)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n), *before;
		struct twin_path path;
		uint8_t was;

		twin_path(desk, s, &path);
		before = path.own > 0 ? path.at[path.own - 1] : NULL;
		if (before && before->vantage == hop->before && s->vantage == hop->after &&
		    before != s && marks_mostly(before, 50, &was) && marks_mostly(s, 50, kept) &&
		    was == *kept && dscp_is_class(was)) {
			return s;
		}
	}
	return NULL;
}

/* Once, that voice passes the same way unchanged. */
static void tell_voice(
    struct finding *f, struct desk *desk, const struct call *call, const struct hop *hop)
{
	uint8_t kept;
	const struct desk_stream *voice =
	    f->stream_count == 0 && !f->told[0] ? kept_voice(desk, call, hop, &kept) : NULL;
	struct mark mark;
	char text[DSCP_TEXT_MAX];

	if (!voice) {
		return;
	}
	f->told[0] = true;
	signalling_describe(f, desk, hop, kept);
	mark = stream_mark(voice);
	finding_evidence(f, &mark,
	    "voice at %s, SSRC 0x%08x, which was seen at %s before: DSCP %s at both",
	    desk->config.vantages[hop->after], voice->ssrc, desk->config.vantages[hop->before],
	    dscp_format(kept, text));
}

/* Is the message known from a place between the two? */
static bool has_place_between(const struct sighting *before, const struct sighting *after)
{
	struct way_point first = way_point_of_message(before), last = way_point_of_message(after);
	const struct sighting *places[SIGHTING_PLACES_MAX];
	unsigned count = sighting_places(before, places);

	for (unsigned i = 0; i < count; i++) {
		struct way_point here = way_point_of_message(places[i]);
		struct way way;

		if (places[i] != before && places[i] != after && way_between(&way, &first, &here) &&
		    way.order == WAY_AFTER && way_between(&way, &here, &last) &&
		    way.order == WAY_AFTER) {
			return true;
		}
	}
	return false;
}

static void places_compare(struct desk *desk, struct call *call, const struct sighting *before,
    const struct sighting *after)
{
	struct way_point first = way_point_of_message(before), last = way_point_of_message(after);
	struct mark was = sighting_mark(before);
	struct mark is = sighting_mark(after);
	char from[DSCP_TEXT_MAX], to[DSCP_TEXT_MAX];
	struct hop hop = {.before = before->vantage,
	    .after = after->vantage,
	    .from = before->dscp,
	    .to = after->dscp};
	struct finding *f;
	struct way way;

	if (!is_remark(hop.from, hop.to) || !way_between(&way, &first, &last) ||
	    way.order != WAY_AFTER || has_place_between(before, after)) {
		return;
	}
	hop.translated = way.translated;
	hop.outside = outside_of(way.translated, &before->dst, &after->src);
	hop.inside = inside_of(way.translated, &before->src, &after->dst);
	hop.hops = ttl_fall(before->ttl, after->ttl);
	f = segment_open(desk, &hop);
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		signalling_describe(f, desk, &hop, DSCP_NONE);
	}
	finding_rate(f, 0.95, SEVERITY_INFO);
	finding_evidence(f, &was, "%s at %s: DSCP %s, TTL %u", before->name,
	    desk->config.vantages[before->vantage], dscp_format(hop.from, from), before->ttl);
	finding_evidence(f, &is, "the same %s at %s: DSCP %s, TTL %u", after->name,
	    desk->config.vantages[after->vantage], dscp_format(hop.to, to), after->ttl);
	tell_voice(f, desk, call, &hop);
	tell_hops(f, &hop);
	finding_call(f, call);
	finding_endpoint(f, &before->src.address);
	finding_time(f, before->time_ns, after->time_ns);
}

/* Each place of a message with each other one. */
static void message_compare(struct desk *desk, struct call *call, const struct sighting *s)
{
	const struct sighting *places[SIGHTING_PLACES_MAX];
	unsigned count = sighting_places(s, places);

	for (unsigned i = 0; i < count; i++) {
		for (unsigned k = 0; k < count; k++) {
			if (k != i) {
				places_compare(desk, call, places[i], places[k]);
			}
		}
	}
}

/* --- the hint --- */

/* Another stream of the call on the same ports, one of the last that were there. */
static bool is_bundled(const struct desk *desk, const struct desk_stream *s)
{
	uint32_t number =
	    s->place_to != POOL_NONE ? place_at(desk, s->place_to)->newest_to : POOL_NONE;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *t = stream_at(desk, number);

		if (t->call == s->call && t->vantage == s->vantage && t->ssrc != s->ssrc &&
		    t->place_from == s->place_from) {
			return true;
		}
		number = t->older_to;
	}
	return false;
}

/* Initial values of hosts: nothing between it and the sender has touched the packet. */
static bool is_at_sender(const struct desk_stream *s)
{
	return s->summary->ttl_max == 64 || s->summary->ttl_max == 128 ||
	       s->summary->ttl_max == 255;
}

/* Prints lie in order of time: all of one mark, then all of another. */
static bool marks_change_once(
    const struct desk_stream *s, struct media_print *last_before, struct media_print *first_after)
{
	unsigned count = figures_print_count(s), i = 1;

	while (i < count && figures_print_at(s, i).dscp == s->opening.dscp) {
		i++;
	}
	if (i == count) {
		return false;
	}
	*last_before = figures_print_at(s, i - 1);
	*first_after = figures_print_at(s, i);
	while (i < count && figures_print_at(s, i).dscp == first_after->dscp) {
		i++;
	}
	return i == count;
}

static void hint_examine(struct desk *desk, struct call *call, const struct desk_stream *s)
{
	const struct stream_figures *m = s->summary;
	struct media_print was, is;
	struct endpoint key = {s->src.address, s->vantage};
	char address[ADDRESS_TEXT_MAX], from[DSCP_TEXT_MAX], to[DSCP_TEXT_MAX];
	struct finding *f;

	if (!s->measured || s->udptl || m->dscp_count != 2 || m->payload_count != 1 ||
	    m->ttl_min != m->ttl_max || is_at_sender(s) || is_bundled(desk, s) ||
	    !marks_change_once(s, &was, &is) || !is_remark(was.dscp, is.dscp) ||
	    dscp_pathology(was.dscp, is.dscp) == DSCP_REMARKED ||
	    marks_packets(s, was.dscp) < HINT_PACKETS_MIN ||
	    marks_packets(s, is.dscp) < HINT_PACKETS_MIN) {
		return;
	}
	f = finding_open(desk, "dscp-remark", "within-stream", hash_endpoint(desk->key, &key));
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, s->vantage, &hint_words,
		    "Packets from %s lose their priority mark while they flow: DSCP %s becomes %s",
		    address_format(&s->src.address, address), dscp_format(was.dscp, from),
		    dscp_format(is.dscp, to));
		finding_against(f, "an endpoint may change its marks itself");
	}
	finding_rate(f, 0.3, SEVERITY_INFO);
	finding_evidence(f, &(struct mark){true, s->capture, was.frame, was.time_ns},
	    "SSRC 0x%08x still with DSCP %s, TTL %u: %u packets of its %u", s->ssrc,
	    dscp_format(was.dscp, from), was.ttl, marks_packets(s, was.dscp), m->packets);
	finding_evidence(f, &(struct mark){true, s->capture, is.frame, is.time_ns},
	    "the same stream with DSCP %s at the same TTL: %u packets", dscp_format(is.dscp, to),
	    marks_packets(s, is.dscp));
	finding_call(f, call);
	finding_stream(f, s);
	finding_endpoint(f, &s->src.address);
	finding_time(f, was.time_ns, is.time_ns);
}

void detect_dscp_remark(struct desk *desk, struct call *call)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n), *next;
		struct twin_path path;

		if (twin_is_alone(s) && !figures_have_rare(s->summary)) {
			continue; /* no twin, and all of it with one mark */
		}
		twin_path(desk, s, &path);
		next = path.own + 1 < path.count ? path.at[path.own + 1] : NULL;
		if (path.own > 0) {
			streams_compare(desk, call, path.at[path.own - 1], s);
		}
		if (next && next->call != s->call) {
			streams_compare(desk, call, s, next);
		}
		if (path.count == 1) {
			routed_examine(desk, call, s);
			hint_examine(desk, call, s);
		}
	}
}

void detect_dscp_signalling(struct desk *desk, struct call *call)
{
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		if (s->first_alike == s) {
			message_compare(desk, call, s);
		}
	}
}
