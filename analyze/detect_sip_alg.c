/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: sightings of one identity at different places are one message before
 * and after a hop. A NAT changes one end's address and port, and nothing in the text. Where the
 * text differs, field by field after parsing, something between the two places rewrote it
 * without being a SIP element: that is an ALG, and the changed fields prove it.
 *
 * What is no difference: order and case of headers, blanks, parameters that carry no address.
 * What is no pair: a proxy's copy (its own Via on top), an SBC's or B2BUA's (its own branch and
 * tags). What is no proof: a field missing from a message that was cut or malformed; two
 * variants of a response, of which each place may have missed another one.
 */
#include "alg.h"
#include "detect.h"
#include "endpoint.h"
#include "flow.h"
#include "sighting.h"
#include "way.h"

enum { PORTS_WANDERING = 3 /* outside, of one phone: a mapping that does not keep */ };

#define ALG_REWRITTEN 0.98
#define ALG_DAMAGED   0.75

/* Two sightings of one message; inner is on the private side where there is one. */
struct hop {
	const struct sighting *before, *after;
	const struct sighting *inner, *outer;
	bool src_translated, dst_translated;
};

/*
 * Which of two places a message passed first. Clocks of two captures may differ, addresses do
 * not lie: private is inside. Where both are private, or both public, each router lowered the
 * TTL; where that does not tell, the order of time must do.
 */
static bool passed_before(const struct sighting *a, const struct sighting *b)
{
	bool a_inside = address_is_unroutable(&a->src.address);
	bool b_inside = address_is_unroutable(&b->src.address);

	if (a_inside != b_inside) {
		return a_inside;
	}
	a_inside = address_is_unroutable(&a->dst.address);
	b_inside = address_is_unroutable(&b->dst.address);
	return a_inside != b_inside ? b_inside : a->ttl > b->ttl;
}

/* The places at which the message of `s` was seen, in the order of its way. */
static unsigned places_sort(
    const struct sighting *s, const struct sighting *out[SIGHTING_PLACES_MAX])
{
	const struct sighting *places[SIGHTING_PLACES_MAX];
	unsigned count = sighting_places(s, places);

	for (unsigned i = 0; i < count; i++) {
		const struct sighting *t = places[i];
		unsigned at = i;

		for (; at > 0 && passed_before(t, out[at - 1]); at--) {
			out[at] = out[at - 1];
		}
		out[at] = t;
	}
	return count;
}

/* Did either place see the message as the other one did, in whichever variant? */
static bool seen_alike(const struct sighting *a, const struct sighting *b)
{
	for (const struct sighting *s = a->first_alike; s; s = s->next_alike) {
		if ((sighting_same_place(s, b) && sighting_says_the_same(s, a)) ||
		    (sighting_same_place(s, a) && sighting_says_the_same(s, b))) {
			return true;
		}
	}
	return false;
}

static bool is_from_nat(const struct sighting *a, const struct sighting *b)
{
	return address_is_unroutable(&a->src.address) != address_is_unroutable(&b->src.address) ||
	       address_is_unroutable(&a->dst.address) != address_is_unroutable(&b->dst.address);
}

/* One of the two vantages saw the message as the other one did, too. */
static bool is_seen_at_one(const struct sighting *a, const struct sighting *b)
{
	for (const struct sighting *s = a->first_alike; s; s = s->next_alike) {
		const struct sighting *other = s->vantage == a->vantage ? b : a;

		if ((s->vantage == a->vantage || s->vantage == b->vantage) &&
		    endpoint_equal(&s->src, &other->src) && endpoint_equal(&s->dst, &other->dst)) {
			return true;
		}
	}
	return false;
}

/*
 * Did a router take the message from one place to the other? It shows by an address that is
 * private on one side. Where none is, it lowers the TTL, and each vantage has its own side of it:
 * a sender that tries two servers under one branch is seen with both of them at once.
 */
static bool is_routed(
    const struct way *way, const struct sighting *before, const struct sighting *after)
{
	if (way->translated == WAY_NONE || is_from_nat(before, after)) {
		return true;
	}
	return before->vantage == after->vantage ? after->ttl && before->ttl > after->ttl
						 : !is_seen_at_one(before, after);
}

/* False if they are not one hop apart. */
static bool hop_make(struct hop *hop, const struct sighting *before, const struct sighting *after)
{
	struct way_point first = way_point_of_message(before);
	struct way_point second = way_point_of_message(after);
	struct way way;

	if (before->transport != after->transport || !way_between(&way, &first, &second) ||
	    !is_routed(&way, before, after)) {
		return false;
	}
	*hop = (struct hop){
	    .before = before,
	    .after = after,
	    .src_translated = way.translated == WAY_SRC,
	    .dst_translated = way.translated == WAY_DST,
	};
	hop->inner = hop->dst_translated ? after : before;
	hop->outer = hop->dst_translated ? before : after;
	return true;
}

/* The end that the NAT between translates, as each side sees it. */
static const struct endpoint *translated_end(const struct hop *hop, const struct sighting *s)
{
	return hop->dst_translated ? &s->dst : &s->src;
}

static void sides_learn(struct desk *desk, const struct hop *hop)
{
	const struct endpoint *inside = translated_end(hop, hop->inner);
	const struct endpoint *outside = translated_end(hop, hop->outer);
	struct endpoint_entry *phone, *router;
	char inside_text[ENDPOINT_TEXT_MAX], outside_text[ENDPOINT_TEXT_MAX];

	if ((!hop->src_translated && !hop->dst_translated) ||
	    address_equal(&inside->address, &outside->address)) {
		return;
	}
	phone = endpoint_entry(desk, &inside->address);
	router = endpoint_entry(desk, &outside->address);
	if (!phone || !router) {
		return;
	}
	endpoint_format(inside, inside_text);
	endpoint_format(outside, outside_text);
	endpoint_side(desk, phone, hop->inner->vantage, "lan", WEIGHT_BOTH_SIDES,
	    "the same %s is seen from %s here (frame %u) and from %s at %s (frame %u)",
	    hop->before->name, inside_text, hop->inner->frame, outside_text,
	    desk->config.vantages[hop->outer->vantage], hop->outer->frame);
	if (hop->inner->vantage != hop->outer->vantage) {
		endpoint_side(desk, phone, hop->outer->vantage, "wan", WEIGHT_BOTH_SIDES,
		    "the same %s is seen from %s here (frame %u) and from %s at %s (frame %u)",
		    hop->before->name, outside_text, hop->outer->frame, inside_text,
		    desk->config.vantages[hop->inner->vantage], hop->inner->frame);
	}
	endpoint_router(desk, router, hop->outer->vantage, WEIGHT_BOTH_SIDES,
	    "the same %s is seen from %s here (frame %u) and from %s at %s (frame %u)",
	    hop->before->name, outside_text, hop->outer->frame, inside_text,
	    desk->config.vantages[hop->inner->vantage], hop->inner->frame);
	phone->translated = true;
	if (endpoint_rare(desk, phone)) {
		phone->rare->outside = outside->address;
		phone->outside_known = true;
	}
}

static const struct fact *fact_find(const struct sighting *s, const struct fact *like)
{
	for (unsigned i = 0; i < s->fact_count; i++) {
		if (s->facts[i]->field == like->field && s->facts[i]->index == like->index) {
			return s->facts[i];
		}
	}
	return NULL;
}

/* The fields that differ, at most `room` of them. */
static unsigned changes_collect(const struct hop *hop, struct finding_change *out, unsigned room)
{
	const struct sighting *before = hop->before, *after = hop->after;
	bool whole = before->whole && after->whole;
	struct finding_change change = {
	    .message = before->name,
	    .mark_before = sighting_mark(before),
	    .mark_after = sighting_mark(after),
	};
	unsigned count = 0;

	for (unsigned i = 0; i < before->fact_count && count < room; i++) {
		const struct fact *was = before->facts[i], *is = fact_find(after, was);

		if (is ? !alg_value_equal(was->value, is->value) : whole) {
			change.field = fact_field_name((enum fact_field)was->field);
			change.before = was->value;
			change.after = is ? is->value : NULL;
			out[count++] = change;
		}
	}
	for (unsigned i = 0; whole && i < after->fact_count && count < room; i++) {
		if (!fact_find(before, after->facts[i])) {
			change.field = fact_field_name((enum fact_field)after->facts[i]->field);
			change.before = NULL;
			change.after = after->facts[i]->value;
			out[count++] = change;
		}
	}
	return count;
}

/* "Contact, SDP c=" without repeating a name. */
static const char *field_names(
    struct arena *arena, const struct finding_change *changes, unsigned count)
{
	const char *names = "";

	for (unsigned i = 0; i < count; i++) {
		bool repeated = false;

		for (unsigned k = 0; k < i; k++) {
			repeated |= changes[k].field == changes[i].field;
		}
		if (!repeated) {
			names = *names ? arena_format(arena, "%s, %s", names, changes[i].field)
				       : changes[i].field;
		}
	}
	return names;
}

static struct finding *claim(
    struct desk *desk, struct call *call, const struct hop *hop, double confidence)
{
	bool translated = hop->src_translated || hop->dst_translated;
	struct alg_site site = {
	    .inner = hop->inner->vantage,
	    .outer = hop->outer->vantage,
	    .phone = &translated_end(hop, hop->inner)->address,
	    .outside = translated ? &translated_end(hop, hop->outer)->address : NULL,
	    .both = true,
	};
	struct finding *f = alg_claim(desk, call, &site, confidence);

	if (f) {
		finding_time(f, hop->before->time_ns, hop->before->time_ns);
		finding_time(f, hop->after->time_ns, hop->after->time_ns);
	}
	return f;
}

/* Is the phone seen from ever new ports outside? */
static bool ports_wander(const struct desk *desk, const struct call *call, const struct hop *hop)
{
	uint16_t ports[PORTS_WANDERING];
	unsigned count = 0;

	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		bool known =
		    !s->request || !address_equal(&s->src.address, &hop->outer->src.address);

		for (unsigned i = 0; i < count && !known; i++) {
			known = ports[i] == s->src.port;
		}
		if (!known) {
			ports[count++] = s->src.port;
		}
		if (count == PORTS_WANDERING) {
			return true;
		}
	}
	return false;
}

static void report(struct desk *desk, struct call *call, const struct hop *hop,
    const struct finding_change *changes, unsigned count)
{
	struct finding *f = claim(desk, call, hop, ALG_REWRITTEN);
	struct mark before = sighting_mark(hop->before), after = sighting_mark(hop->after);
	enum alg_device device = alg_device_of(hop->inner, hop->outer, changes, count);

	if (!f) {
		return;
	}
	finding_evidence(f, &before, "%s as it came to the router", hop->before->name);
	finding_evidence(f, &after,
	    "the same %s (same Via branch, CSeq and tags) as it left the router: rewritten are %s",
	    hop->after->name, field_names(&desk->work, changes, count));
	for (unsigned i = 0; i < count; i++) {
		finding_change(f, &changes[i]);
	}
	if (device == ALG_DEVICE_UNKNOWN && hop->src_translated && ports_wander(desk, call, hop)) {
		device = ALG_DEVICE_SONICWALL;
	}
	alg_device_note(f, device, hop->src_translated ? &after : &before, NULL);
}

/* --- damage --- */

static bool has_defect(const struct dissect_defects *defects, uint8_t defect)
{
	return memchr(defects->list, defect, defects->count) != NULL;
}

/* The first defect that the message did not have before the hop; DISSECT_OK: none. */
static enum dissect_result defect_added(const struct hop *hop)
{
	const struct dissect_defects *is = &hop->after->defects;

	for (unsigned i = 0; i < is->count; i++) {
		if (!has_defect(&hop->before->defects, is->list[i])) {
			return (enum dissect_result)is->list[i];
		}
	}
	return DISSECT_OK;
}

static bool length_is_true(const struct sighting *s)
{
	return s->content_length == CONTENT_LENGTH_NONE || s->content_length == s->body_octets;
}

/*
 * A message that was sound when it came and is broken as it leaves. Over TCP its length frames
 * what follows: a false one leaves no message to compare.
 */
static void damage_report(struct desk *desk, struct call *call, const struct hop *hop)
{
	const struct sighting *is = hop->after;
	struct mark after = sighting_mark(is);
	enum dissect_result defect = defect_added(hop);
	bool length = length_is_true(hop->before) && !length_is_true(is);
	struct finding *f;

	if (hop->before->cut || is->cut || is->transport != SIGNAL_UDP ||
	    hop->before->defects.count == DISSECT_DEFECTS_MAX || (!length && !defect)) {
		return;
	}
	f = claim(desk, call, hop, ALG_DAMAGED);
	if (!f) {
		return;
	}
	if (length) {
		finding_evidence(f, &after,
		    "%s leaves the router with Content-Length %u and a body of %u octets; it came "
		    "sound (frame %u)",
		    is->name, is->content_length, is->body_octets, hop->before->frame);
	}
	if (defect) {
		finding_evidence(f, &after,
		    "%s leaves the router broken (%s); it came sound (frame %u)", is->name,
		    dissect_result_name(defect), hop->before->frame);
	}
	alg_device_note(f, alg_device_of(hop->inner, hop->outer, NULL, 0), &after, NULL);
}

/* Nothing was rewritten: what the router's outside says of itself, it said inside too. */
static void plain_note(struct desk *desk, const struct hop *hop)
{
	struct endpoint_entry *router =
	    hop->src_translated ? endpoint_entry(desk, &hop->outer->src.address) : NULL;

	if (router && hop->outer->request) {
		endpoint_plain(desk, router, hop->outer->vantage);
	}
}

static void hop_judge(struct desk *desk, struct call *call, const struct hop *hop)
{
	struct finding_change changes[FINDING_CHANGES_MAX];
	bool same = sighting_says_the_same(hop->before, hop->after);
	unsigned count;

	sides_learn(desk, hop);
	if (!same && seen_alike(hop->before, hop->after)) {
		return;
	}
	damage_report(desk, call, hop);
	if (same) {
		plain_note(desk, hop);
		return;
	}
	count = changes_collect(hop, changes, FINDING_CHANGES_MAX);
	if (count > 0) {
		report(desk, call, hop, changes, count);
	}
}

void detect_sip_alg(struct desk *desk, struct call *call)
{
	const struct sighting *places[SIGHTING_PLACES_MAX];

	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		unsigned count;

		if (s->first_alike != s) {
			continue; /* its message was looked at */
		}
		count = places_sort(s, places);
		for (unsigned i = 1; i < count; i++) {
			struct hop hop;

			if (hop_make(&hop, places[i - 1], places[i])) {
				hop_judge(desk, call, &hop);
			}
		}
	}
}
