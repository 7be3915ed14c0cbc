/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a server that was asked again and again and never answered, that answers
 * connections with RST, or about which a router says "prohibited", cannot be reached from here over
 * that transport and port. Whether a firewall or the server itself is to blame shows in who else
 * answers: the same server on another port, or another phone's requests. STUN that stays
 * unanswered over UDP while the same client reaches the same server over TCP is what a firewall
 * makes that blocks UDP.
 *
 * Not judged: a request or two that got lost; strangers who knock from outside; who knocks
 * everywhere; a server that asks its phones, which come and go; requests over UDP that are merely
 * unanswered, which registration-failed tells.
 */
#include "detect.h"

#include <stdio.h>

#include "asker.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "icmp.h"
#include "reach.h"

enum {
	SYN_MIN = 3,
	REFUSED_MIN = 2, /* RST, ICMP errors */
	STUN_MIN = 3,    /* with another way found */
	SERVERS_MAX = 8, /* out of reach of one client: more is no phone */
	JUDGED_MAX = 256,
	TURN_PORT = 3478,
	TURN_TLS_PORT = 5349
};

static const int64_t syn_ns = 3 * MEDIA_SECOND_NS, stun_ns = MEDIA_SECOND_NS;
static const int64_t udp_ns = 5 * MEDIA_SECOND_NS;

/* What is known besides. */
struct company {
	const struct reach *other_port;   /* of the same server, that answers */
	const struct reach *other_client; /* whom the same port of the server answers */
	const struct reach *by_tcp;       /* the same client and server: its TURN answers */
	const struct reach *silent;       /* another STUN server that never answers this client */
	bool stun_works;                  /* of this client, with any server */
	bool udp_works;                   /* of this client, with this server */
	/* Where another vantage outside sees the server: its TCP connections, these requests. */
	const struct reach *beyond, *passed;
	unsigned out_of_reach; /* servers that do not answer this client */
};

static bool lasted(const struct reach *r, uint32_t least, int64_t least_ns)
{
	return r->asked >= least && r->last.time_ns - r->first.time_ns >= least_ns;
}

static bool is_turn_over_tcp(const struct reach *r)
{
	return r->kind == REACH_TCP &&
	       (r->server.port == TURN_PORT || r->server.port == TURN_TLS_PORT);
}

static bool is_meanwhile(const struct reach *r, const struct reach *other)
{
	return other->first.time_ns <= r->last.time_ns &&
	       r->first.time_ns <=
		   (other->answers > 0 ? other->answer.time_ns : other->last.time_ns);
}

/* Another vantage sees the server meanwhile, from outside of the client's network. */
static void beyond_note(struct company *c, const struct reach *r, const struct reach *other)
{
	if (!address_is_unroutable(&r->client) || address_is_unroutable(&other->client) ||
	    !is_meanwhile(r, other)) {
		return;
	}
	if (other->kind == REACH_TCP && other->answers > 0) {
		c->beyond = other;
	}
	if (other->kind == r->kind && other->server.port == r->server.port) {
		c->passed = other;
	}
}

static void company_note(struct company *c, const struct reach *r, const struct reach *other)
{
	bool same_client = address_equal(&r->client, &other->client);
	bool same_host = address_equal(&r->server.address, &other->server.address);

	if (other->vantage != r->vantage && same_host) {
		beyond_note(c, r, other);
	}
	if (other == r || other->vantage != r->vantage) {
		return;
	}
	if (other->answers == 0) {
		c->out_of_reach += same_client;
		if (same_client && !same_host && other->kind == REACH_STUN &&
		    lasted(other, STUN_MIN, stun_ns)) {
			c->silent = other;
		}
		return;
	}
	c->stun_works |= same_client && other->kind == REACH_STUN;
	c->udp_works |= same_client && same_host && other->kind != REACH_TCP;
	if (same_host && same_client && is_turn_over_tcp(other)) {
		c->by_tcp = other;
	}
	if (same_host && other->server.port == r->server.port && other->kind == r->kind) {
		c->other_client = other;
	} else if (same_host) {
		c->other_port = other;
	}
}

/* RFC 1812 5.2.7.1, RFC 4443 3.1: somebody forbids it. */
static bool is_prohibited(const struct reach *r)
{
	if (r->errors < REFUSED_MIN) {
		return false;
	}
	return r->icmp_ipv6 ? r->icmp_code == 1
			    : r->icmp_code == 9 || r->icmp_code == 10 || r->icmp_code == 13;
}

/* Not the server's own firewall. */
static bool is_from_between(const struct reach *r)
{
	return is_prohibited(r) && !address_equal(&r->icmp_from, &r->server.address);
}

/* Does its media come to the client? Then UDP does. */
static bool is_heard(const struct desk *desk, const struct reach *r)
{
	for (uint32_t n = desk->oldest_stream; n != POOL_NONE; n = stream_at(desk, n)->newer) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->vantage == r->vantage && address_equal(&s->dst.address, &r->client) &&
		    address_equal(&s->src.address, &r->server.address)) {
			return true;
		}
	}
	return false;
}

/* Requests without answers do not tell who serves whom: what else is known does. */
static bool is_of_client(const struct desk *desk, const struct reach *r)
{
	bool turn = r->kind == REACH_STUN || is_turn_over_tcp(r);
	const struct endpoint_entry *client = endpoint_find(desk, &r->client);
	const struct endpoint_entry *server = endpoint_find(desk, &r->server.address);

	if (!turn && client && client->serves && !client->registers) {
		return false; /* to its phones, mostly */
	}
	if (server && (server->serves || server->relays ||
			  (server->rare && server->rare->stun.answers > 0))) {
		return true;
	}
	if (r->kind == REACH_SIP) {
		return is_from_between(r) && address_is_unroutable(&r->client);
	}
	return !(server && server->registers) && address_is_unroutable(&r->client);
}

/* Who registers is no server by what another port of it answers: several may share its address. */
static bool is_phone(const struct desk *desk, const struct address *address)
{
	const struct endpoint_entry *entry = endpoint_find(desk, address);

	return entry && entry->registers;
}

/* False where the client is no phone of the site: see above. */
static bool company_of(const struct desk *desk, const struct reach *r, struct company *c)
{
	*c = (struct company){0};
	if (!is_of_client(desk, r) || (!address_is_unroutable(&r->client) &&
					  !asker_was_served(desk, r->vantage, &r->client))) {
		return false;
	}
	for (const struct reach *o = reach_first(desk); o; o = reach_next(desk, o)) {
		company_note(c, r, o);
		if (c->out_of_reach > SERVERS_MAX) {
			return false;
		}
	}
	if (is_phone(desk, &r->server.address)) {
		c->other_port = NULL;
	}
	c->udp_works = c->udp_works || (c->by_tcp && is_heard(desk, r));
	return !detect_is_scanner(desk, r->vantage, &r->client);
}

/* --- what it is --- */

struct verdict {
	const char *code, *cause;
	double confidence;
};

static const char *refusal_of(const struct reach *r)
{
	if (is_prohibited(r)) {
		return "prohibited";
	}
	if (r->errors >= REFUSED_MIN) {
		return "unreachable";
	}
	return r->resets >= REFUSED_MIN ? "refused" : NULL;
}

static struct verdict port_verdict(const struct reach *r, const struct company *c)
{
	struct verdict v = {.code = "port-blocked", .cause = refusal_of(r)};
	bool elsewhere = c->other_port || c->other_client;

	if (v.cause) {
		v.confidence = is_from_between(r) ? 0.9 : elsewhere ? 0.8 : 0.7;
	} else if (r->kind == REACH_TCP && r->resets == 0 && lasted(r, SYN_MIN, syn_ns)) {
		v.cause = "unanswered";
		v.confidence = elsewhere ? 0.8 : 0.6;
	} else if (r->kind == REACH_SIP && elsewhere && lasted(r, SYN_MIN, udp_ns)) {
		v.cause = "unanswered";
		v.confidence = 0.6;
	}
	return v;
}

static struct verdict verdict_of(const struct reach *r, const struct company *c)
{
	struct verdict udp = {"udp-blocked", "no-answer", 0};

	if (r->kind != REACH_STUN) {
		return port_verdict(r, c);
	}
	if (c->other_client || !lasted(r, STUN_MIN, stun_ns)) {
		return is_prohibited(r) ? port_verdict(r, c) : udp;
	}
	if (c->by_tcp && !c->udp_works) {
		udp.cause = "tcp-instead";
		udp.confidence = is_from_between(r) || (c->beyond && !c->passed) ? 0.95 : 0.85;
	} else if (refusal_of(r)) {
		return port_verdict(r, c);
	} else if (c->silent && !c->stun_works && !c->udp_works && lasted(r, STUN_MIN, udp_ns)) {
		udp.confidence = 0.4;
	}
	return udp;
}

/* --- telling --- */

#define UDP_WHY                                                                                 \
	"Without UDP audio travels through a TURN relay over TCP, if at all: each lost packet " \
	"then delays all that follow it, and calls stutter or stay silent."
#define UDP_REMEDY                                                                              \
	"Allow outbound UDP to the provider's STUN, TURN and media addresses in the firewall, " \
	"with answers."

static const struct finding_words *words_of(
    const struct reach *r, const struct company *c, const struct verdict *v)
{
	static const struct finding_words port = {
	    .why = "The phone cannot use this server: it does not register, or falls back to a "
		   "slower way, or to none.",
	    .remedy =
		"Allow the address and port in the firewall, outbound (\"outgoing services\", "
		"\"application control\", \"web filter\"); if the firewall lets it pass, ask "
		"the provider whether the server listens there.",
	};
	static const struct finding_words refused = {
	    .why = "The phone cannot use this server: it does not register, or falls back to a "
		   "slower way, or to none.",
	    .remedy =
		"Check address, port and transport in the phone, and ask the provider whether the "
		"server listens there and serves this site. A firewall that refuses in the "
		"server's name looks the same (\"outgoing services\", \"application control\", "
		"\"web filter\").",
	};
	static const struct finding_words forbidden = {
	    .why = "The phone cannot use this server: it does not register, or falls back to a "
		   "slower way, or to none.",
	    .remedy = "Allow the address and port, outbound, in the router or firewall that sends "
		      "these ICMP errors: its address is in the evidence (\"outgoing services\", "
		      "\"application control\", \"web filter\").",
	};
	static const struct finding_words udp = {
	    .why = UDP_WHY,
	    .remedy = UDP_REMEDY,
	    .would_settle =
		"a capture on the outer side of the firewall at the same time: requests "
		"that do not appear there were blocked by it",
	};
	static const struct finding_words kept = {.why = UDP_WHY, .remedy = UDP_REMEDY};
	static const struct finding_words passed = {
	    .why = UDP_WHY,
	    .remedy = "Ask the provider whether its server listens there over UDP, and lets this "
		      "site in: the requests leave the site's router, and nothing comes back.",
	    .would_settle = "a capture at the server at the same time, named with --vantage",
	};

	if (v->code[0] == 'u') {
		return c->passed ? &passed : c->beyond ? &kept : &udp;
	}
	if (is_from_between(r)) {
		return &forbidden;
	}
	return refusal_of(r) ? &refused : &port;
}

static const char *kind_name(uint8_t kind)
{
	static const char *const names[] = {
	    [REACH_SIP] = "SIP over UDP", [REACH_STUN] = "STUN over UDP", [REACH_TCP] = "TCP"};

	return names[kind];
}

static void describe(struct finding *f, const struct desk *desk, const struct reach *r,
    const struct company *c, const struct verdict *v)
{
	const struct finding_words *words = words_of(r, c, v);
	char server[ENDPOINT_TEXT_MAX];

	endpoint_format(&r->server, server);
	if (v->code[0] == 'u' && v->confidence < FINDING_HINT) {
		finding_describe(f, desk, r->vantage, words,
		    "STUN servers such as %s do not answer over UDP: a firewall may block it",
		    server);
	} else if (v->code[0] == 'u') {
		finding_describe(f, desk, r->vantage, words,
		    "UDP is blocked: %s answers the phones over TCP, and never over UDP", server);
	} else {
		finding_describe(f, desk, r->vantage, words, "%s cannot be reached by %s: %s",
		    server, kind_name(r->kind),
		    is_from_between(r)         ? "a router or firewall forbids it"
		    : is_prohibited(r)         ? "its own address answers that it is forbidden"
		    : r->errors >= REFUSED_MIN ? "it is sent back as undeliverable"
		    : r->resets >= REFUSED_MIN ? "the connection is refused"
					       : "nothing answers");
	}
}

/* What else would look so; NULL: nothing that is known. */
static const char *doubt_of(const struct reach *r, const struct company *c)
{
	if (is_from_between(r) || (c->other_client && !refusal_of(r)) ||
	    (r->kind == REACH_STUN && c->beyond && !c->passed)) {
		return NULL;
	}
	if (is_prohibited(r)) {
		return "a firewall on the way that answers in the server's name looks the same";
	}
	if (r->resets > 0 || (r->errors > 0 && address_equal(&r->icmp_from, &r->server.address))) {
		return "a server that does not listen on this port, and a firewall that refuses in "
		       "its name, look the same";
	}
	if (c->other_port || c->by_tcp) {
		return "a server that does not listen on this port looks the same";
	}
	return "a server that is down, or does not listen on this port, looks the same";
}

static void beyond_tell(
    struct finding *f, const struct desk *desk, const struct reach *r, const struct company *c)
{
	char client[ADDRESS_TEXT_MAX], server[ENDPOINT_TEXT_MAX];

	if (r->kind != REACH_STUN) {
		return;
	}
	if (c->passed) {
		finding_evidence(f, &c->passed->first,
		    "at %s they leave from %s, and nothing answers",
		    desk->config.vantages[c->passed->vantage],
		    address_format(&c->passed->client, client));
	} else if (c->beyond) {
		finding_evidence(f, &c->beyond->first,
		    "at %s the TCP connections to %s are seen, and none of these requests",
		    desk->config.vantages[c->beyond->vantage],
		    endpoint_format(&c->beyond->server, server));
	}
}

static void company_tell(struct finding *f, const struct reach *r, const struct company *c)
{
	char server[ENDPOINT_TEXT_MAX], client[ADDRESS_TEXT_MAX];

	if (c->by_tcp && r->kind == REACH_STUN) {
		finding_evidence(f, &c->by_tcp->answer, "%s answers the same client over TCP",
		    endpoint_format(&c->by_tcp->server, server));
	} else if (c->other_port) {
		finding_evidence(f, &c->other_port->answer, "%s answers, by %s",
		    endpoint_format(&c->other_port->server, server),
		    kind_name(c->other_port->kind));
	}
	if (c->other_client) {
		finding_evidence(f, &c->other_client->answer, "the same port answers %s",
		    address_format(&c->other_client->client, client));
	}
	if (doubt_of(r, c)) {
		finding_against(f, "%s", doubt_of(r, c));
	}
}

static void evidence_list(
    struct finding *f, const struct desk *desk, const struct reach *r, const struct company *c)
{
	char client[ADDRESS_TEXT_MAX], server[ENDPOINT_TEXT_MAX], from[ADDRESS_TEXT_MAX];

	finding_evidence(f, &r->first,
	    "%s asks %s by %s: the first of %u packets in %.1f s, with "
	    "no success",
	    address_format(&r->client, client), endpoint_format(&r->server, server),
	    kind_name(r->kind), r->asked, (double)(r->last.time_ns - r->first.time_ns) / 1e9);
	if (r->resets > 0) {
		finding_evidence(f, &r->reset, "refused with RST, the first of %u", r->resets);
	}
	if (r->errors > 0) {
		finding_evidence(f, &r->error, "ICMP \"%s\" of %s (%u/%u), the first of %u",
		    icmp_name(r->icmp_ipv6, r->icmp_type, r->icmp_code),
		    address_format(&r->icmp_from, from), r->icmp_type, r->icmp_code, r->errors);
	}
	company_tell(f, r, c);
	beyond_tell(f, desk, r, c);
}

/* Who forbids it says so; whether silence is a firewall's or the server's shows in who else
 * answers. */
static enum finding_side side_of(
    const struct reach *r, const struct company *c, const struct verdict *v)
{
	if (is_from_between(r)) {
		return address_is_unroutable(&r->icmp_from) ? SIDE_CUSTOMER_NETWORK : SIDE_PATH;
	}
	if (v->code[0] == 'u' && c->passed) {
		return SIDE_UNKNOWN;
	}
	return v->code[0] == 'u' || c->other_client ? SIDE_CUSTOMER_NETWORK : SIDE_UNKNOWN;
}

/* Grows with whatever is heard of it. */
static uint64_t news_of(const struct reach *r)
{
	return (uint64_t)r->asked + r->resets + r->errors;
}

static void tell(
    struct desk *desk, struct reach *r, const struct company *c, const struct verdict *v)
{
	struct finding *f =
	    finding_open(desk, v->code, v->cause, hash_endpoint(desk->key ^ r->kind, &r->server));

	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		describe(f, desk, r, c, v);
		finding_blame(f, side_of(r, c, v));
	}
	finding_rate(f, v->confidence, SEVERITY_WARNING);
	finding_time(f, r->first.time_ns, r->last.time_ns);
	if (r->finding != f->id) {
		r->finding = f->id;
		r->told_news = news_of(r);
		finding_endpoint(f, &r->client);
		finding_endpoint(f, &r->server.address);
		evidence_list(f, desk, r, c);
	}
}

/* False where it needed no comparing. */
static bool judge(struct desk *desk, struct reach *r)
{
	struct company c;
	struct verdict v;

	if (r->answers > 0 || r->asked < REFUSED_MIN) {
		return false;
	}
	if (r->finding && r->told_news == news_of(r) && !finding_of_id(desk, r->finding)) {
		return false; /* it gave way */
	}
	if (company_of(desk, r, &c)) {
		v = verdict_of(r, &c);
		if (v.confidence > 0) {
			tell(desk, r, &c, &v);
		}
	}
	return true;
}

/* Each is compared with all others: live, of very many a part with each review. */
static void part_judge(struct desk *desk)
{
	unsigned judged = 0;

	for (uint32_t i = 0; i < reach_count(desk) && judged < JUDGED_MAX; i++) {
		judged += judge(desk, reach_turn(desk));
	}
}

void detect_reach(struct desk *desk)
{
	if (desk->config.live && !desk->ended) {
		part_judge(desk);
		return;
	}
	for (struct reach *r = reach_first(desk); r; r = reach_next(desk, r)) {
		(void)judge(desk, r);
	}
}
