/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: behind a plain NAT a phone writes its private address into Via, Contact
 * and session description, and the packet comes from another one. Where all of these agree with
 * the packet's source although a router lowered the TTL, either the sender knows its address
 * outside, or an ALG wrote it there. An ALG seldom reaches every place: a private address left
 * in the Call-ID, a=rtcp, an ICE candidate or +sip.instance shows who the sender really is.
 *
 * From here that is a hint, for a phone or PBX with a configured external address looks the same.
 * Several such residues, a phone that is known to have no such setting, and a port outside that
 * no phone could know make it stronger.
 *
 * What is none: a private Via from a public source (plain NAT, and whatever else comes from
 * there); an address that an answer (received, rport) or STUN may have told the sender before; an
 * ICE candidate that names it; a PBX or SBC by its name, by serving or forwarding others, by
 * counting Max-Forwards down.
 */
#include "alg.h"
#include "detect.h"
#include "endpoint.h"
#include "sighting.h"
#include "user_agent.h"

#define ALG_MIDDLE   0.35 /* the source is private itself: a host with two addresses does it too */
#define ALG_HALF     0.3
#define ALG_RESIDUE  0.4
#define ALG_RESIDUES 0.6  /* several, by a phone */
#define ALG_PORT_ANY 0.55 /* one, with a port that the sender hardly knows */
#define ALG_PORT     0.65 /* the same by a phone, or seen beside the router */
#define ALG_ALL      0.7

/* From PORT_CHOSEN on hardly anybody forwards a port by hand: there the ephemeral ones begin. */
enum { RESIDUES_MAX = 4, PORT_CHOSEN = 32768 };

/* A place that names an address which is not the packet's source. */
struct residue {
	const char *field, *value;
};

struct testimony {
	const struct sighting *request;
	struct endpoint via;
	unsigned claims;   /* places that name the packet's source */
	unsigned privates; /* of Via, Contact and c=: places that name a private address */
	const char *private_field, *private_value;
	unsigned residue_count;
	struct residue residues[RESIDUES_MAX];
	bool told; /* it names its address outside as one that STUN or ICE told */
};

static bool is_inside(const struct address *a, const struct address *source)
{
	switch (address_class(a)) {
	case ADDRESS_PRIVATE:
	case ADDRESS_SHARED:
	case ADDRESS_TRANSITION:
		/* Another address of the same network is the neighbour's, or its own second one. */
		return !address_is_ipv4(source) ||
		       address_ipv4(a) >> 8 != address_ipv4(source) >> 8;
	default:
		return false;
	}
}

/* "4001 IN IP4 192.0.2.1", "192.0.2.1 4000", "user@192.0.2.1:5060", "192.0.2.1" */
static bool fact_address(const struct fact *fact, struct endpoint *out)
{
	struct text rest = text_of(fact->value), word, last = TEXT_NONE;

	*out = (struct endpoint){.port = 0};
	if (fact->field == FACT_SDP_CANDIDATE) {
		return address_parse(&out->address, text_word(&rest));
	}
	if (fact->field == FACT_SDP_RTCP) {
		while ((word = text_word(&rest)).length > 0) {
			last = word;
		}
		return address_parse(&out->address, last);
	}
	return alg_fact_endpoint(fact->value, out);
}

static void claim_take(struct testimony *t, const struct fact *fact, const struct endpoint *at)
{
	if (address_equal(&at->address, &t->request->src.address)) {
		t->claims++;
	} else if (is_inside(&at->address, &t->request->src.address)) {
		t->privates++;
		t->private_field = fact_field_name((enum fact_field)fact->field);
		t->private_value = fact->value;
	}
}

/* One for each kind of place: three candidates are one witness. */
static void residue_take(struct testimony *t, const struct fact *fact, const struct endpoint *at)
{
	const char *field = fact_field_name((enum fact_field)fact->field);

	for (unsigned i = 0; i < t->residue_count; i++) {
		if (t->residues[i].field == field) {
			return;
		}
	}
	if (is_inside(&at->address, &t->request->src.address) && t->residue_count < RESIDUES_MAX) {
		t->residues[t->residue_count++] = (struct residue){field, fact->value};
	}
}

static void fact_take(struct testimony *t, const struct fact *fact)
{
	struct endpoint at;

	if (!fact_address(fact, &at)) {
		return;
	}
	switch ((enum fact_field)fact->field) {
	case FACT_VIA_SENT_BY:
		t->via = at;
		claim_take(t, fact, &at);
		break;
	case FACT_CONTACT:
	case FACT_SDP_CONNECTION:
	case FACT_SDP_MEDIA_CONNECTION:
		claim_take(t, fact, &at);
		break;
	case FACT_SDP_CANDIDATE:
		t->told |= address_equal(&at.address, &t->request->src.address);
		residue_take(t, fact, &at);
		break;
	case FACT_CALL_ID:
	case FACT_SDP_RTCP:
	case FACT_INSTANCE:
		residue_take(t, fact, &at);
		break;
	default:
		break;
	}
}

/* --- who sends it --- */

/* Anything by which the sender, or another one behind it, is no phone behind an ALG. */
static bool is_refuted(struct desk *desk, const struct sighting *s)
{
	const struct endpoint_entry *sender = endpoint_entry(desk, &s->src.address);
	const struct endpoint_view *view = sender ? endpoint_view(sender, s->vantage) : NULL;

	return !view || view->plain || sender->serves || sender->forwards || sender->relays ||
	       (view->told && view->told_ns <= s->time_ns);
}

/* Where the message was seen before the router too, the two are compared instead. */
static bool is_seen_inside(const struct sighting *s)
{
	for (const struct sighting *t = s->first_alike; t; t = t->next_alike) {
		if (!address_equal(&t->src.address, &s->src.address)) {
			return true;
		}
	}
	return false;
}

static bool is_asked(struct desk *desk, const struct sighting *s)
{
	const char *declared = desk->config.declared[s->vantage];

	return s->request && !s->relayed && !s->cut && s->via_count == 1 &&
	       endpoint_hops(s->ttl) > 0 &&
	       !(declared && text_equal(text_of(declared), TEXT("lan")));
}

/* A port that is none of SIP's own nor a forwarded one, and is the packet's: a router chose it. */
static bool is_port_strange(const struct testimony *t)
{
	return t->request->transport == SIGNAL_UDP && t->via.port == t->request->src.port &&
	       t->via.port >= PORT_CHOSEN;
}

/*
 * Beside the router all that the phone asked of others passes: STUN would have been seen. Only
 * the user knows that a capture was made there.
 */
static bool is_beside_router(const struct desk *desk, const struct sighting *s)
{
	const char *declared = desk->config.declared[s->vantage];

	return declared && text_equal(text_of(declared), TEXT("wan"));
}

/* The Call-ID keeps what a phone was born with; SDP may keep it in one that learned better since.
 */
static bool has_call_id(const struct testimony *t)
{
	for (unsigned i = 0; i < t->residue_count; i++) {
		if (t->residues[i].field == fact_field_name(FACT_CALL_ID)) {
			return true;
		}
	}
	return false;
}

/*
 * A phone's first registration, without an answer yet. Later ones, and calls, may write what
 * answers told before the capture began.
 */
static bool is_beginning(const struct sighting *s)
{
	return s->method == SIP_REGISTER && s->cseq == 1;
}

/*
 * How much it says that the Via has the packet's very port, and a strange one: a desk phone does
 * not choose such ports, a program on a computer does. Of others it is known that they did not
 * change with what they learned, because the Call-ID has the inner address.
 */
static double port_confidence(const struct desk *desk, const struct testimony *t)
{
	if (!is_beginning(t->request)) {
		return 0;
	}
	switch (user_agent_kind(text_of(t->request->user_agent))) {
	case USER_AGENT_PHONE:
		return t->residue_count > 1 ? ALG_ALL : ALG_PORT;
	case USER_AGENT_OTHER:
		if (!has_call_id(t)) {
			return 0;
		}
		return is_beside_router(desk, t->request) ? ALG_PORT : ALG_PORT_ANY;
	default:
		return 0;
	}
}

static double confidence_of(const struct desk *desk, const struct testimony *t)
{
	bool phone = user_agent_kind(text_of(t->request->user_agent)) == USER_AGENT_PHONE;
	double by_port = is_port_strange(t) ? port_confidence(desk, t) : 0;

	if (address_is_unroutable(&t->request->src.address)) {
		return t->privates == 0 && t->residue_count > 0 ? ALG_MIDDLE : 0;
	}
	if (t->privates > 0) {
		return ALG_HALF;
	}
	if (t->residue_count == 0) {
		return 0;
	}
	if (by_port > 0) {
		return by_port;
	}
	return phone && t->residue_count > 1 ? ALG_RESIDUES : ALG_RESIDUE;
}

/* --- the finding --- */

static void report(
    struct desk *desk, struct call *call, const struct testimony *t, double confidence)
{
	const struct sighting *s = t->request;
	const struct endpoint_entry *sender = endpoint_entry(desk, &s->src.address);
	/* Between two NATs it may be either router, of which one finding is enough. */
	bool between = address_is_unroutable(&s->src.address) && !(sender && sender->outside_known);
	struct alg_site site = {
	    .inner = s->vantage,
	    .outer = s->vantage,
	    .phone = &s->src.address,
	    .outside = between ? NULL : &s->src.address,
	};
	struct finding *f = alg_claim(desk, call, &site, confidence);
	struct mark mark = sighting_mark(s);
	char source[ENDPOINT_TEXT_MAX];

	if (!f) {
		return;
	}
	finding_time(f, s->time_ns, s->time_ns);
	finding_evidence(f, &mark,
	    "%s comes from %s through %u or more routers (TTL %u), and its Via names that very "
	    "address",
	    s->name, endpoint_format(&s->src, source), endpoint_hops(s->ttl), s->ttl);
	if (t->privates > 0) {
		finding_evidence(
		    f, &mark, "its %s still names %s", t->private_field, t->private_value);
	}
	for (unsigned i = 0; i < t->residue_count; i++) {
		finding_evidence(
		    f, &mark, "its %s still names %s", t->residues[i].field, t->residues[i].value);
	}
	if (is_port_strange(t)) {
		finding_evidence(f, &mark,
		    "its port %u is none of SIP's own, as if the router had chosen it, and nothing "
		    "seen "
		    "here told it to the phone",
		    t->via.port);
	}
	finding_against(f, "a phone or PBX with a configured external address, or one that learned "
			   "it before the capture began, looks the same");
}

void detect_sip_alg_wan(struct desk *desk, struct call *call)
{
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		struct testimony t = {.request = s};
		double confidence;

		if (!is_asked(desk, s) || is_refuted(desk, s) || is_seen_inside(s)) {
			continue;
		}
		for (unsigned i = 0; i < s->fact_count; i++) {
			fact_take(&t, s->facts[i]);
		}
		if (t.told || t.claims == 0 || !address_equal(&t.via.address, &s->src.address) ||
		    user_agent_kind(text_of(s->user_agent)) == USER_AGENT_PLATFORM) {
			continue;
		}
		confidence = confidence_of(desk, &t);
		if (confidence > 0) {
			report(desk, call, &t, confidence);
		}
	}
}

static bool names_another(struct text value, const struct address *source)
{
	struct endpoint at;

	return value.length > 0 && alg_text_endpoint(value, &at) &&
	       !address_equal(&at.address, source);
}

bool sip_alg_wan_suspects(const struct sip_message *m, const struct signal *signal)
{
	const struct address *source = &signal->src.address;
	struct address via;
	bool another;

	if (m->via_count != 1 || endpoint_hops(signal->ttl) == 0 ||
	    !address_parse(&via, m->via.sent_by.name) || !address_equal(&via, source)) {
		return false;
	}
	another = names_another(m->call_id, source);
	for (unsigned i = 0; i < m->contact_count && !another; i++) {
		struct sip_uri uri = sip_uri_of(m, &m->contacts[i]);

		another = names_another(uri.host.name, source) ||
			  names_another(m->contacts[i].instance, source);
	}
	return another;
}
