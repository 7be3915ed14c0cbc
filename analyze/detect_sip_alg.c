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
#include "detect.h"

#include <strings.h>

#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "sighting.h"

/* Two sightings of one message; inner is on the private side where there is one. */
struct hop {
	const struct sighting *before, *after;
	const struct sighting *inner, *outer;
	bool src_translated, dst_translated;
};

static bool same_place(const struct sighting *a, const struct sighting *b)
{
	return a->vantage == b->vantage && endpoint_equal(&a->src, &b->src) &&
	       endpoint_equal(&a->dst, &b->dst);
}

/* Not a later variant, such as a second 183 with another description. */
static bool first_at_place(const struct call *call, const struct sighting *s)
{
	const struct sighting *t = call->sightings;

	while (t != s && (t->identity != s->identity || !same_place(s, t))) {
		t = t->next;
	}
	return t == s;
}

/* The next place at which this message was seen. */
static const struct sighting *next_place(const struct call *call, const struct sighting *s)
{
	for (const struct sighting *t = s->next; t; t = t->next) {
		if (t->identity == s->identity && !same_place(s, t) && first_at_place(call, t)) {
			return t;
		}
	}
	return NULL;
}

/* Did either place see the message as the other one did, in whichever variant? */
static bool seen_alike(const struct call *call, const struct sighting *a, const struct sighting *b)
{
	for (const struct sighting *s = call->sightings; s; s = s->next) {
		if (s->identity == a->identity &&
		    ((same_place(s, b) && s->content == a->content) ||
			(same_place(s, a) && s->content == b->content))) {
			return true;
		}
	}
	return false;
}

/* Set the two in the order of the message's way. False if they are not one hop apart. */
static bool hop_orient(struct hop *hop, const struct sighting *first, const struct sighting *second)
{
	bool first_inside;

	hop->src_translated = !endpoint_equal(&first->src, &second->src);
	hop->dst_translated = !endpoint_equal(&first->dst, &second->dst);
	if (hop->src_translated && hop->dst_translated) {
		return false;
	}
	/* Clocks of two captures may differ, addresses do not lie: private is inside. */
	first_inside = hop->dst_translated ? address_is_unroutable(&first->dst.address)
					   : address_is_unroutable(&first->src.address);
	if (hop->src_translated || hop->dst_translated) {
		const struct address *other =
		    hop->dst_translated ? &second->dst.address : &second->src.address;
		bool second_inside = address_is_unroutable(other);

		if (first_inside == second_inside) {
			/* Both private or both public: the order of time must do. */
			first_inside = hop->src_translated;
		}
	}
	hop->inner = first_inside ? first : second;
	hop->outer = first_inside ? second : first;
	hop->before = hop->dst_translated ? hop->outer : hop->inner;
	hop->after = hop->dst_translated ? hop->inner : hop->outer;
	if (!hop->src_translated && !hop->dst_translated) {
		hop->before = first;
		hop->after = second;
	}
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
	    "the same %s shows from %s here (frame %u) and from %s at %s (frame %u)",
	    hop->before->name, inside_text, hop->inner->frame, outside_text,
	    desk->config.vantages[hop->outer->vantage], hop->outer->frame);
	if (hop->inner->vantage != hop->outer->vantage) {
		endpoint_side(desk, phone, hop->outer->vantage, "wan", WEIGHT_BOTH_SIDES,
		    "the same %s shows from %s here (frame %u) and from %s at %s (frame %u)",
		    hop->before->name, outside_text, hop->outer->frame, inside_text,
		    desk->config.vantages[hop->inner->vantage], hop->inner->frame);
	}
	phone->translated = true;
	router->routes = true;
}

static const struct fact *fact_find(const struct sighting *s, const struct fact *like)
{
	for (unsigned i = 0; i < s->fact_count; i++) {
		if (s->facts[i].field == like->field && s->facts[i].index == like->index) {
			return &s->facts[i];
		}
	}
	return NULL;
}

static struct mark mark_of(const struct sighting *s)
{
	return (struct mark){true, s->capture, s->frame, s->time_ns};
}

/* The fields that differ, at most `room` of them. */
static unsigned changes_collect(const struct hop *hop, struct finding_change *out, unsigned room)
{
	const struct sighting *before = hop->before, *after = hop->after;
	bool whole = before->whole && after->whole;
	struct finding_change change = {
	    .message = before->name,
	    .mark_before = mark_of(before),
	    .mark_after = mark_of(after),
	};
	unsigned count = 0;

	for (unsigned i = 0; i < before->fact_count && count < room; i++) {
		const struct fact *was = &before->facts[i], *is = fact_find(after, was);

		if (is ? strcasecmp(was->value, is->value) != 0 : whole) {
			change.field = fact_field_name((enum fact_field)was->field);
			change.before = was->value;
			change.after = is ? is->value : NULL;
			out[count++] = change;
		}
	}
	for (unsigned i = 0; whole && i < after->fact_count && count < room; i++) {
		if (!fact_find(before, &after->facts[i])) {
			change.field = fact_field_name((enum fact_field)after->facts[i].field);
			change.before = NULL;
			change.after = after->facts[i].value;
			out[count++] = change;
		}
	}
	return count;
}

/* One router between two vantages makes one finding, whatever it rewrites. */
static uint64_t router_key(const struct desk *desk, const struct hop *hop)
{
	const struct endpoint *outside = translated_end(hop, hop->outer);
	struct endpoint router = {
	    .port = (uint16_t)(hop->inner->vantage << 8 | hop->outer->vantage)};

	if (hop->src_translated || hop->dst_translated) {
		router.address = outside->address;
	}
	return hash_endpoint(desk->key, &router);
}

static void alg_describe(struct finding *f, const struct desk *desk, const struct hop *hop)
{
	const char *inner = desk->config.vantages[hop->inner->vantage];
	const char *outer = desk->config.vantages[hop->outer->vantage];
	char address[ADDRESS_TEXT_MAX];
	const char *router = "";

	finding_rate(f, 0.98, SEVERITY_WARNING);
	if (hop->src_translated || hop->dst_translated) {
		address_format(&translated_end(hop, hop->outer)->address, address);
		router = arena_format(&f->text, " %s", address);
	}
	if (hop->inner->vantage == hop->outer->vantage) {
		f->vantage = arena_text(&f->text, text_of(inner));
		f->summary = arena_format(&f->text,
		    "SIP ALG: the router%s rewrites the addresses inside SIP messages", router);
	} else {
		f->vantage = arena_format(&f->text, "%s, %s", inner, outer);
		f->summary = arena_format(&f->text,
		    "SIP ALG: the router%s between %s and %s rewrites the addresses inside SIP "
		    "messages",
		    router, inner, outer);
	}
	f->why = "The provider sees addresses that the router wrote, takes the phone for one "
		 "without NAT and leaves its own NAT handling off. Then inbound calls fail as soon "
		 "as the router forgets the phone, audio goes one way where the rewritten media "
		 "address is wrong, and calls of several phones can be mixed up.";
	f->remedy =
	    "Switch the router's SIP ALG off. Its menu calls it \"SIP ALG\", \"SIP Helper\", "
	    "\"SIP Transformations\", \"SIP inspection\" or \"VoIP passthrough\". Then "
	    "restart router and phones, so that no rewritten registration remains.";
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

static void report(struct desk *desk, struct call *call, const struct hop *hop,
    const struct finding_change *changes, unsigned count)
{
	struct finding *f = finding_open(desk, "sip-alg", NULL, router_key(desk, hop));
	struct mark before = mark_of(hop->before), after = mark_of(hop->after);
	const char *names;

	if (!f) {
		return;
	}
	if (!f->summary) {
		alg_describe(f, desk, hop);
	}
	names = field_names(&call->work, changes, count);
	finding_evidence(f, &before, "%s as it came to the router", hop->before->name);
	finding_evidence(f, &after,
	    "the same %s (same Via branch, CSeq and tags) as it left the router: rewritten are %s",
	    hop->after->name, names);
	for (unsigned i = 0; i < count; i++) {
		finding_change(f, &changes[i]);
	}
	finding_call(f, call);
	finding_endpoint(f, &translated_end(hop, hop->inner)->address);
	finding_time(f, before.time_ns, before.time_ns);
	finding_time(f, after.time_ns, after.time_ns);
}

void detect_sip_alg(struct desk *desk, struct call *call)
{
	struct finding_change changes[FINDING_CHANGES_MAX];

	for (const struct sighting *s = call->sightings; s; s = s->next) {
		const struct sighting *t = next_place(call, s);
		struct hop hop;
		unsigned count;

		if (!t || !first_at_place(call, s) || !hop_orient(&hop, s, t)) {
			continue;
		}
		sides_learn(desk, &hop);
		if (s->content == t->content || seen_alike(call, s, t)) {
			continue;
		}
		count = changes_collect(&hop, changes, FINDING_CHANGES_MAX);
		if (count > 0) {
			report(desk, call, &hop, changes, count);
		}
	}
}
