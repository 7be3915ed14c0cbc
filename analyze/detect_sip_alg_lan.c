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
 * That the server is reached by NAT is known if it named the phone's address outside itself, in
 * another answer or by STUN, or if its neighbour did: one of its /24, as far away. What others
 * say tells of their way alone: a VPN may lead to some servers, and not to all.
 *
 * What is none: a server on the LAN or reached through a VPN, which sees the phone's private
 * address itself. It is private too, or its packets still have their initial TTL, or it is
 * reached by the address that the phone itself has outside.
 */
#include "alg.h"
#include "detect.h"
#include "endpoint.h"
#include "nat_path.h"
#include "sighting.h"

#define ALG_VIA_CHANGED  0.9
#define ALG_RECEIVED_NAT 0.85 /* and the server is known to be reached by NAT */
#define ALG_RECEIVED     0.75 /* in a network that is behind NAT as a rule */
#define ALG_RECEIVED_ANY 0.45 /* where a way without NAT is likely: 10/8 to a carrier, a VPN */
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

bool sip_alg_lan_is_between(const struct address *phone, const struct address *server)
{
	return is_private(phone) && address_class(server) == ADDRESS_PUBLIC;
}

static bool exchange_find(const struct desk *desk, const struct call *call,
    const struct sighting *response, struct exchange_seen *out)
{
	const struct sighting *request;

	if (response->request || response->relayed || response->cut ||
	    !sip_alg_lan_is_between(&response->dst.address, &response->src.address)) {
		return false;
	}
	request = sightings_of(desk, call);
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
	bool same = alg_host_equal(sent, returned);
	bool explicit_only = same && sent_port == 0 && returned_port == SIP_PORT;
	struct finding *f;

	if (sent.length == 0 || returned.length == 0 || (explicit_only && !e->routed) ||
	    (same && sent_port == returned_port)) {
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

/* Somebody said that the phone has this address outside. ttl: of his answer. */
struct outside_told {
	const struct exchange_seen *e;
	const struct address *server, *outside;
	uint8_t ttl;
};

/* True ends it. */
typedef bool outside_visitor(const struct outside_told *told);

static bool outside_by_stun(
    const struct desk *desk, const struct exchange_seen *e, outside_visitor *visit)
{
	const struct endpoint_entry *phone = endpoint_find(desk, &e->request->src.address);

	for (unsigned i = 0; phone && i < phone->mapping_count; i++) {
		const struct endpoint_mapping *m = &phone->rare->mappings[i];
		struct outside_told told = {e, &m->server.address, &m->address.address, m->ttl};

		if (!m->relayed && !m->check && m->vantage == e->response->vantage &&
		    visit(&told)) {
			return true;
		}
	}
	return false;
}

static bool outside_by_sip(
    const struct desk *desk, const struct exchange_seen *e, outside_visitor *visit)
{
	uint16_t vantage = e->response->vantage;
	const struct nat_path *p = NULL;

	while ((p = nat_path_of_source(desk, vantage, &e->request->src, p))) {
		const struct endpoint_entry *server = endpoint_find(desk, &p->server.address);
		const struct endpoint_view *view = server ? endpoint_view(server, vantage) : NULL;

		for (unsigned i = 0; i < p->told_count; i++) {
			struct outside_told told = {e, &p->server.address, &p->told[i].at.address,
			    view ? view->ttl_max : 0};

			if (visit(&told)) {
				return true;
			}
		}
	}
	return false;
}

static bool outside_told(
    const struct desk *desk, const struct exchange_seen *e, outside_visitor *visit)
{
	return outside_by_stun(desk, e, visit) || outside_by_sip(desk, e, visit);
}

/* The server is asked at the phone's own address outside: a router that turns packets back. */
static bool is_own_outside(const struct outside_told *told)
{
	return address_equal(told->outside, &told->e->response->src.address);
}

/* The server itself says so, or one that stands beside it. */
static bool is_of_this_way(const struct outside_told *told)
{
	const struct address *server = &told->e->response->src.address;
	bool beside = address_is_ipv4(server) && address_is_ipv4(told->server) &&
		      address_ipv4(server) >> 8 == address_ipv4(told->server) >> 8 &&
		      told->ttl == told->e->response->ttl;

	return address_class(told->outside) == ADDRESS_PUBLIC &&
	       (beside || address_equal(server, told->server));
}

/* The port that this very answer names is another one. */
static bool is_port_translated(const struct exchange_seen *e)
{
	const char *rport = fact_value(e->response, FACT_VIA_RPORT);
	uint64_t port;

	return e->response->transport == SIGNAL_UDP && rport &&
	       text_number(text_of(rport), UINT16_MAX, &port) && port != e->request->src.port;
}

/* 0: nothing follows from it. */
static double received_confidence(const struct desk *desk, const struct exchange_seen *e)
{
	const struct address *phone = &e->request->src.address;
	const struct endpoint_entry *entry = endpoint_find(desk, phone);
	const struct address *server = &e->response->src.address;

	if ((entry && entry->outside_known && address_equal(&entry->rare->outside, server)) ||
	    outside_told(desk, e, is_own_outside)) {
		return 0;
	}
	if (is_port_translated(e) || outside_told(desk, e, is_of_this_way)) {
		return ALG_RECEIVED_NAT;
	}
	return is_home_network(phone) && !(entry && entry->translated) ? ALG_RECEIVED
								       : ALG_RECEIVED_ANY;
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
	f = confidence > 0 ? claim(desk, call, e, confidence) : NULL;
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
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		struct finding *by_via, *by_received;
		struct exchange_seen e;

		if (!exchange_find(desk, call, s, &e) || is_seen_outside(s)) {
			continue;
		}
		by_via = sent_by_judge(desk, call, &e);
		by_received = received_judge(desk, call, &e);
		if (by_via || by_received) {
			rport_note(by_via ? by_via : by_received, &e);
		}
	}
}

bool sip_alg_lan_suspects(const struct sip_message *m, const struct signal *signal)
{
	struct address received;

	return m->via.received.length > 0 && endpoint_hops(signal->ttl) > 0 &&
	       sip_alg_lan_is_between(&signal->dst.address, &signal->src.address) &&
	       address_parse(&received, m->via.received) &&
	       address_equal(&received, &signal->dst.address);
}
