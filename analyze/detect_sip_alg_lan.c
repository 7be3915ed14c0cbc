/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: whoever answers a request copies its Via as it came (RFC 3261 8.2.6.2),
 * and a phone sees alone whether what comes back is what it sent. An ALG changes the Via on the
 * way out and has to change it back on the way in. Where it does not, or does too much of it,
 * the phone's own network shows it:
 *
 *   another sent-by under the same branch      proof: the answer names what reached the server
 *   received= is the phone's private address   a public server saw no such source; nf_nat_sip
 *                                              translates back whatever equals its own address
 *   the default port, where none was written   nf_nat_sip always writes one: a hint, no more
 *   neither received nor rport, though asked   weak: only said beside one of these
 *
 * An endpoint is known to be behind NAT by STUN, by an answer that names its address outside, or
 * by a second vantage.
 *
 * What is none: a server on the LAN or reached through a VPN, which sees the phone's private
 * address itself. It is private too, or its packets still have their initial TTL.
 */
#include "alg.h"
#include "detect.h"
#include "endpoint.h"
#include "sighting.h"

#include <strings.h>

#define ALG_VIA_CHANGED  0.9
#define ALG_RECEIVED_NAT 0.85 /* and the phone is known to be behind NAT */
#define ALG_RECEIVED     0.75 /* in a network that is behind NAT as a rule */
#define ALG_RECEIVED_ANY 0.45 /* carriers route 10/8 and the like to public servers */
#define ALG_PORT_WRITTEN 0.4

enum { SIP_PORT = 5060, EVIDENCE_ENOUGH = 8 };

/* A phone's request and the response to it, on their way between phone and router. */
struct exchange_seen {
	const struct sighting *request, *response;
	const char *sent, *returned; /* sent-by of the Via */
	bool routed;                 /* the server is not on the phone's own wire */
	struct alg_site site;
};

static bool is_private(const struct address *a)
{
	switch (address_class(a)) {
	case ADDRESS_PRIVATE:
	case ADDRESS_SHARED:
	case ADDRESS_UNIQUE_LOCAL:
		return true;
	default:
		return false;
	}
}

/* Where the message was seen beyond the router too, the two are compared instead. */
static bool is_seen_outside(const struct sighting *s)
{
	for (const struct sighting *t = s->first_alike; t; t = t->next_alike) {
		if (!address_equal(&t->dst.address, &s->dst.address)) {
			return true;
		}
	}
	return false;
}

static bool is_answer(const struct sighting *request, const struct sighting *response)
{
	return request->request && request->transaction == response->transaction &&
	       request->vantage == response->vantage && !request->relayed && !request->cut &&
	       address_equal(&request->src.address, &response->dst.address) &&
	       address_equal(&request->dst.address, &response->src.address);
}

/* Between a private address and a public one there is a NAT, or a router of a closed network. */
static bool exchange_find(
    const struct call *call, const struct sighting *response, struct exchange_seen *out)
{
	const struct sighting *request = call->sightings;

	if (response->request || response->relayed || response->cut ||
	    !is_private(&response->dst.address) ||
	    address_class(&response->src.address) != ADDRESS_PUBLIC) {
		return false;
	}
	while (request && !is_answer(request, response)) {
		request = request->next;
	}
	if (!request) {
		return false;
	}
	*out = (struct exchange_seen){
	    .request = request,
	    .response = response,
	    .sent = fact_value(request, FACT_VIA_SENT_BY),
	    .returned = fact_value(response, FACT_VIA_SENT_BY),
	    .routed = endpoint_hops(response->ttl) > 0,
	    .site = {.inner = response->vantage,
		.outer = response->vantage,
		.phone = &request->src.address},
	};
	return out->sent && out->returned;
}

static struct finding *claim(
    struct desk *desk, struct call *call, const struct exchange_seen *e, double confidence)
{
	struct finding *f = alg_claim(desk, call, &e->site, confidence);

	if (f) {
		finding_time(f, e->request->time_ns, e->response->time_ns);
	}
	return f;
}

/* --- the sent-by --- */

static struct text host_of(const char *sent_by, uint16_t *port)
{
	struct sip_host host;

	*port = 0;
	if (!sip_host_parse(&host, text_of(sent_by))) {
		return TEXT_NONE;
	}
	*port = host.port;
	return host.name;
}

static void change_note(struct finding *f, const struct exchange_seen *e)
{
	finding_change(f, &(struct finding_change){
			      .message = e->response->name,
			      .field = fact_field_name(FACT_VIA_SENT_BY),
			      .before = e->sent,
			      .after = e->returned,
			      .mark_before = sighting_mark(e->request),
			      .mark_after = sighting_mark(e->response),
			  });
}

static struct finding *sent_by_judge(
    struct desk *desk, struct call *call, const struct exchange_seen *e)
{
	struct mark request = sighting_mark(e->request), response = sighting_mark(e->response);
	uint16_t sent_port, returned_port;
	struct text sent = host_of(e->sent, &sent_port);
	struct text returned = host_of(e->returned, &returned_port);
	bool explicit_only =
	    text_equal_nocase(sent, returned) && sent_port == 0 && returned_port == SIP_PORT;
	struct finding *f;

	if (sent.length == 0 || returned.length == 0 || (explicit_only && !e->routed) ||
	    (text_equal_nocase(sent, returned) && sent_port == returned_port)) {
		return NULL;
	}
	f = claim(desk, call, e, explicit_only ? ALG_PORT_WRITTEN : ALG_VIA_CHANGED);
	if (!f) {
		return NULL;
	}
	finding_evidence(f, &request, "the phone's %s has Via %s", e->request->name, e->sent);
	finding_evidence(f, &response,
	    "the %s has Via %s under the same branch; RFC 3261 8.2.6.2 has it copied unchanged",
	    e->response->name, e->returned);
	finding_against(f, explicit_only
			       ? "a server that writes the default port into the Via looks the same"
			       : "a server that breaks RFC 3261 8.2.6.2 would look the same");
	change_note(f, e);
	if (explicit_only) {
		alg_device_note(f, ALG_DEVICE_LINUX, &response, "it always writes a port");
	}
	return f;
}

/* --- received --- */

/* A phone that calls itself something else has an address that it was given or learned. */
static bool is_own_via(const struct exchange_seen *e)
{
	struct address via;
	uint16_t port;

	return address_parse(&via, host_of(e->sent, &port)) &&
	       address_equal(&via, &e->request->src.address);
}

/* 192.168/16 is what routers with NAT hand out, and what no carrier routes. */
static bool is_home_network(const struct address *a)
{
	return address_is_ipv4(a) && address_ipv4(a) >> 16 == 0xc0a8;
}

static double received_confidence(struct desk *desk, const struct exchange_seen *e)
{
	const struct address *phone = &e->request->src.address;
	const struct endpoint_entry *entry = endpoint_entry(desk, phone);

	if (entry && entry->translated) {
		return ALG_RECEIVED_NAT;
	}
	return is_home_network(phone) ? ALG_RECEIVED : ALG_RECEIVED_ANY;
}

static struct finding *received_judge(
    struct desk *desk, struct call *call, const struct exchange_seen *e)
{
	struct mark mark = sighting_mark(e->response);
	const char *text = fact_value(e->response, FACT_VIA_RECEIVED);
	struct address received;
	double confidence;
	struct finding *f;

	if (!e->routed || !is_own_via(e) || !text || !address_parse(&received, text_of(text)) ||
	    !address_equal(&received, &e->request->src.address)) {
		return NULL;
	}
	confidence = received_confidence(desk, e);
	f = claim(desk, call, e, confidence);
	if (!f) {
		return NULL;
	}
	if (f->evidence_count >= EVIDENCE_ENOUGH) {
		return f; /* every response says so */
	}
	finding_evidence(f, &mark,
	    "the %s says received=%s: the phone's own private address, which a public server "
	    "cannot "
	    "have seen behind NAT",
	    e->response->name, text);
	finding_against(f, "%s",
	    confidence < ALG_RECEIVED_NAT
		? "a server with a public address that is reached without NAT (VPN, a carrier's "
		  "closed network, a port forwarded back into the LAN) answers the same"
		: "the phone is behind NAT, though another way, without it, may lead to this very "
		  "server");
	alg_device_note(f, ALG_DEVICE_LINUX, &mark,
	    "received is turned back where it equals the router's own address");
	return f;
}

/* --- rport --- */

/* Say nothing alone: many servers ignore rport. */
static void rport_note(struct finding *f, const struct exchange_seen *e)
{
	struct mark mark = sighting_mark(e->response);
	const char *rport = fact_value(e->response, FACT_VIA_RPORT);
	uint64_t port;

	if (!e->request->rport_asked || fact_value(e->response, FACT_VIA_RECEIVED)) {
		return;
	}
	if (!rport) {
		finding_evidence(f, &mark,
		    "rport was asked for, and the %s has neither received nor rport (weak: some "
		    "servers leave them out)",
		    e->response->name);
	} else if (text_number(text_of(rport), UINT16_MAX, &port) && port != e->request->src.port) {
		alg_device_note(f, ALG_DEVICE_TMG, &mark, NULL);
	}
}

void detect_sip_alg_lan(struct desk *desk, struct call *call)
{
	for (const struct sighting *s = call->sightings; s; s = s->next) {
		struct finding *by_via, *by_received;
		struct exchange_seen e;

		if (!exchange_find(call, s, &e) || is_seen_outside(s)) {
			continue;
		}
		by_via = sent_by_judge(desk, call, &e);
		by_received = received_judge(desk, call, &e);
		if (by_via || by_received) {
			rport_note(by_via ? by_via : by_received, &e);
		}
	}
}
