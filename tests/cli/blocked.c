/* SPDX-License-Identifier: Apache-2.0 */
/* port-blocked and udp-blocked: what only looks like it first. */
#include "gen_stun.h"
#include "registrant.h"

TestSuite(not_blocked, .fini = scratch_remove, .timeout = 60);
TestSuite(blocked, .fini = scratch_remove, .timeout = 60);

enum { SYN = 2, RST = 4, ACK = 16 };

static struct gen_route way(const char *from, uint16_t from_port, const char *to, uint16_t to_port)
{
	return (struct gen_route){gen_end(from, from_port), gen_end(to, to_port), 0, 64};
}

static struct gen_route back(struct gen_route route)
{
	return (struct gen_route){route.dst, route.src, 0, 59};
}

/* SYN, repeated as Linux does, from one port. */
static void knock(struct gen_script *s, double at_s, struct gen_route route, unsigned times)
{
	for (unsigned i = 0; i < times; i++) {
		gen_bare_segment(s, at_s + i, route, 1, SYN);
	}
}

static void connect_to(struct gen_script *s, double at_s, struct gen_route route)
{
	gen_bare_segment(s, at_s, route, 1, SYN);
	gen_bare_segment(s, at_s + 0.01, back(route), 1, SYN | ACK);
	gen_bare_segment(s, at_s + 0.02, route, 2, ACK);
}

/* A Binding request, sent again, and no answer. */
static void ask_stun(struct gen_script *s, double at_s, struct gen_route route, uint32_t id)
{
	static const double after_s[] = {0, 0.5, 1.5, 3.5};

	for (size_t i = 0; i < sizeof(after_s) / sizeof(after_s[0]); i++) {
		struct gen_stun m;

		gen_stun_begin(&m, GEN_BINDING, id);
		gen_stun_put(s, at_s + after_s[i], route, &m);
	}
}

static json_t *report_on(struct gen_script *s)
{
	json_t *report = report_of("%s", story_write(s, "blocked.pcap"));

	gen_script_free(s);
	return report;
}

static void expect_none(struct gen_script *s)
{
	json_t *report = report_on(s);

	no_finding(report);
	json_decref(report);
}

static json_t *expect_one(struct gen_script *s, const char *code, const char *cause)
{
	json_t *report = report_on(s);

	only_finding(report, code);
	cr_expect_str_eq(text_at(report, "findings.0.cause"), cause);
	return report;
}

/* --- nothing is blocked --- */

Test(not_blocked, one_syn_was_lost)
{
	struct gen_script s = {0};
	struct gen_route route = way("192.168.1.10", 40000, "203.0.113.10", 5060);

	knock(&s, 0, route, 3);
	connect_to(&s, 4, route);
	expect_none(&s);
}

Test(not_blocked, a_syn_or_two)
{
	struct gen_script s = {0};

	knock(&s, 0, way("192.168.1.10", 40000, "203.0.113.10", 5060), 2);
	expect_none(&s);
}

/* Not a port of ours. */
Test(not_blocked, another_service)
{
	struct gen_script s = {0};

	knock(&s, 0, way("192.168.1.10", 40000, "203.0.113.10", 8080), 7);
	expect_none(&s);
}

Test(not_blocked, strangers_knock_from_outside)
{
	struct gen_script s = {0};

	knock(&s, 0, way("198.51.100.66", 40000, "203.0.113.2", 5060), 7);
	knock(&s, 0.5, way("198.51.100.66", 40000, "192.168.1.10", 5060), 7);
	expect_none(&s);
}

Test(not_blocked, who_knocks_everywhere)
{
	struct gen_script s = {0};
	char to[32];

	for (unsigned i = 0; i < 30; i++) {
		(void)snprintf(to, sizeof(to), "192.168.1.%u", 100 + i);
		knock(&s, i * 0.01, way("192.168.1.10", 40000, to, 5060), 5);
	}
	expect_none(&s);
}

/* The connection is closed with RST, as some stacks do. */
Test(not_blocked, reset_after_use)
{
	struct gen_script s = {0};
	struct gen_route route = way("192.168.1.10", 40000, "203.0.113.10", 5060);

	for (int i = 0; i < 4; i++) {
		connect_to(&s, i, route);
		gen_bare_segment(&s, i + 0.5, back(route), 2, RST);
	}
	expect_none(&s);
}

Test(not_blocked, stun_is_answered)
{
	struct gen_script s = {0};
	struct gen_route route = way("192.168.1.10", 16384, "203.0.113.30", 3478);

	ask_stun(&s, 0, route, 1);
	gen_binding(&s, 5, route, 2, gen_end("203.0.113.2", 16384));
	connect_to(&s, 6, way("192.168.1.10", 40000, "203.0.113.30", 3478));
	expect_none(&s);
}

/* One of several servers of a list is out of order. */
Test(not_blocked, one_stun_server_is_down)
{
	struct gen_script s = {0};

	ask_stun(&s, 0, way("192.168.1.10", 16384, "203.0.113.30", 3478), 1);
	gen_binding(
	    &s, 5, way("192.168.1.10", 16384, "203.0.113.31", 3478), 2, gen_end("203.0.113.2", 1));
	expect_none(&s);
}

Test(not_blocked, stun_answers_somebody_else_there)
{
	struct gen_script s = {0};

	ask_stun(&s, 0, way("192.168.1.10", 16384, "203.0.113.30", 3478), 1);
	connect_to(&s, 6, way("192.168.1.10", 40000, "203.0.113.30", 3478));
	gen_binding(
	    &s, 7, way("192.168.1.11", 16384, "203.0.113.30", 3478), 2, gen_end("203.0.113.2", 1));
	expect_none(&s);
}

Test(not_blocked, one_error_of_a_router)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	gen_unreachable(
	    &r.script, 0.01, gen_end("192.168.1.1", 0), registrant_route(&r, true), 3, 1);
	registrant_register(&r, 1, 300);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* --- a server asks its phones --- */

/* OPTIONS of the server to where the phone is or was, sent again as Timer E has it. */
static void qualify(struct registrant *r, double at_s, uint16_t port, unsigned times)
{
	struct gen_route route = registrant_route(r, false);

	route.dst.port = port;
	for (unsigned i = 0; i < times; i++) {
		gen_sip(&r->script, at_s + 2 * i, route,
		    "OPTIONS sip:100@%s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-q-%u-%u\n"
		    "From: <sip:%s>;tag=q\nTo: <sip:100@%s>\nCall-ID: q-%u-%u\n"
		    "CSeq: 1 OPTIONS\n\n",
		    r->claims, r->server, port, (unsigned)at_s, r->server, r->server, port,
		    (unsigned)at_s);
	}
}

static void expect_not_blocked(struct registrant *r)
{
	json_t *report;

	registrant_idle_until(r, 200);
	report = registrant_report(r);
	cr_expect_null(finding_of_code(report, "port-blocked"));
	json_decref(report);
}

/* At the provider: of two phones behind one address one is gone. */
Test(not_blocked, phone_that_is_gone)
{
	struct registrant r = registrant();

	r.source = "203.0.113.2";
	r.server = "198.51.100.10";
	r.ttl = 60;
	r.source_port = 30001;
	registrant_register(&r, 0, 300);
	qualify(&r, 10, 30001, 1);
	gen_sip(&r.script, 10.05, registrant_route(&r, true),
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-q-30001-10\nFrom: <sip:%s>;tag=q\n"
	    "To: <sip:100@%s>;tag=p\nCall-ID: q-30001-10\nCSeq: 1 OPTIONS\n\n",
	    r.server, r.server, r.server);
	r.source_port = 30002;
	registrant_register(&r, 11, 300);
	for (unsigned i = 0; i < 4; i++) {
		qualify(&r, 20 + i * 20, 30002, 4);
	}
	expect_not_blocked(&r);
}

/* On the LAN: a softphone was started anew on another port; ICMP says that the old one is shut. */
Test(not_blocked, phone_on_another_port)
{
	for (int told = 0; told < 2; told++) {
		struct registrant r = registrant();
		struct gen_route route;

		r.server = "192.168.1.2";
		registrant_register(&r, 0, 300);
		r.source_port = 5062;
		r.claims = "192.168.1.10:5062";
		registrant_register(&r, 10, 300);
		route = registrant_route(&r, false);
		route.dst.port = 5060;
		for (unsigned i = 0; i < 4; i++) {
			qualify(&r, 20 + i * 20, 5060, told ? 1 : 4);
			if (told) {
				gen_unreachable(&r.script, 20.01 + i * 20, route.dst, route, 3, 3);
			}
		}
		expect_not_blocked(&r);
	}
}

/* The registrar connects to the Contact of a phone behind NAT, whose connection broke. */
Test(not_blocked, registrar_connects_to_a_contact)
{
	struct registrant r = registrant();

	r.source = "203.0.113.2";
	r.server = "198.51.100.10";
	r.ttl = 60;
	registrant_register(&r, 0, 300);
	knock(&r.script, 60, way(r.server, 41000, r.source, 5060), 7);
	expect_not_blocked(&r);
}

/* --- UDP works --- */

static const char no_stun_server[] = "203.0.113.10";

/* SIP over UDP is answered by the host that offers no STUN. */
Test(not_blocked, host_that_offers_no_stun)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 300);
	ask_stun(&r.script, 1, way("192.168.1.10", 16384, no_stun_server, 3478), 1);
	connect_to(&r.script, 6, way("192.168.1.10", 40000, no_stun_server, 5349));
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Its media comes over UDP, whatever way its SIP takes. */
Test(not_blocked, host_that_sends_media)
{
	struct gen_script s = {0};

	ask_stun(&s, 0, way("192.168.1.10", 16384, no_stun_server, 3478), 1);
	connect_to(&s, 4, way("192.168.1.10", 40000, no_stun_server, 3478));
	gen_stream(&s, way(no_stun_server, 20000, "192.168.1.10", 16384),
	    &(struct gen_stream){.from_s = 4, .to_s = 12, .ssrc = 7});
	expect_none(&s);
}

/* SIP over TCP is no TURN over TCP. */
Test(not_blocked, host_that_answers_sip_over_tcp)
{
	for (uint16_t port = 5060; port <= 5061; port++) {
		struct gen_script s = {0};

		ask_stun(&s, 0, way("192.168.1.10", 16384, no_stun_server, 3478), 1);
		connect_to(&s, 4, way("192.168.1.10", 40000, no_stun_server, port));
		expect_none(&s);
	}
}

/* --- what is --- */

Test(blocked, tcp_is_dropped)
{
	struct gen_script s = {0};
	json_t *report;

	knock(&s, 0, way("192.168.1.10", 40000, "203.0.113.10", 5061), 5);
	report = expect_one(&s, "port-blocked", "unanswered");
	cr_expect_eq(number_at(report, "findings.0.confidence"), 0.6);
	cr_expect_eq(length_at(report, "findings.0.against"), 1);
	json_decref(report);
}

Test(blocked, tcp_is_dropped_where_another_port_answers)
{
	struct gen_script s = {0};
	json_t *report;

	knock(&s, 0, way("192.168.1.10", 40000, "203.0.113.10", 5061), 5);
	connect_to(&s, 6, way("192.168.1.10", 40001, "203.0.113.10", 5060));
	report = expect_one(&s, "port-blocked", "unanswered");
	cr_expect_eq(number_at(report, "findings.0.confidence"), 0.8);
	cr_expect_eq(length_at(report, "findings.0.evidence"), 2);
	json_decref(report);
}

Test(blocked, tcp_is_refused)
{
	struct gen_script s = {0};

	for (uint16_t i = 0; i < 3; i++) {
		struct gen_route route =
		    way("192.168.1.10", (uint16_t)(40000 + i), "203.0.113.10", 5060);

		gen_bare_segment(&s, i, route, 1, SYN);
		gen_bare_segment(&s, i + 0.01, back(route), 0, RST | ACK);
	}
	json_decref(expect_one(&s, "port-blocked", "refused"));
}

/* That the phone cannot register comes of it: one finding, which the registration names. */
Test(blocked, sip_is_prohibited)
{
	struct registrant r = registrant();
	json_t *report;

	for (int i = 0; i < 5; i++) {
		double at_s = 2 * i;

		if (i == 0) {
			registrant_ask(&r, at_s, "REGISTER", "Expires: 300\n");
		} else {
			registrant_repeat(&r, at_s, "REGISTER", "Expires: 300\n");
		}
		gen_unreachable(&r.script, at_s + 0.01, gen_end("192.168.1.1", 0),
		    registrant_route(&r, true), 3, 13);
	}
	report = registrant_report(&r);
	cr_assert_eq(length_at(report, "findings"), 1);
	cr_expect_str_eq(text_at(report, "findings.0.code"), "port-blocked");
	cr_expect_str_eq(text_at(report, "findings.0.cause"), "prohibited");
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "critical");
	cr_expect(number_at(report, "findings.0.confidence") >= 0.9);
	cr_expect_str_eq(text_at(report, "registrations.0.findings.0"), "f1");
	json_decref(report);
}

/* A PBX, which serves its phones, and is a client of its provider. */
Test(blocked, provider_of_a_pbx)
{
	struct registrant phone = registrant(), pbx;
	json_t *report;

	phone.server = "192.168.1.2";
	registrant_register(&phone, 0, 300);
	pbx = phone;
	pbx.source = "192.168.1.2";
	pbx.claims = "192.168.1.2:5060";
	pbx.server = "203.0.113.10";
	pbx.call_id = "trunk@192.168.1.2";
	registrant_ask(&pbx, 1, "REGISTER", "Expires: 300\n");
	for (int i = 0; i < 4; i++) {
		gen_unreachable(&pbx.script, 1.01 + 2 * i, gen_end("192.168.1.1", 0),
		    registrant_route(&pbx, true), 3, 13);
		registrant_repeat(&pbx, 3 + 2 * i, "REGISTER", "Expires: 300\n");
	}
	report = registrant_report(&pbx);
	cr_expect_str_eq(text_at(only_finding(report, "port-blocked"), "cause"), "prohibited");
	json_decref(report);
}

Test(blocked, udp_where_tcp_passes)
{
	struct gen_script s = {0};
	json_t *report;

	ask_stun(&s, 0, way("192.168.1.10", 16384, "203.0.113.30", 3478), 1);
	connect_to(&s, 4, way("192.168.1.10", 40000, "203.0.113.30", 3478));
	report = expect_one(&s, "udp-blocked", "tcp-instead");
	cr_expect(number_at(report, "findings.0.confidence") >= 0.8);
	cr_expect_eq(number_at(report, "findings.0.evidence.0.frame"), 1);
	json_decref(report);
}

/* Also of a PBX, which serves others. */
Test(blocked, udp_of_a_pbx_where_tcp_passes)
{
	struct registrant r = registrant();
	json_t *report;

	r.server = "192.168.1.2";
	registrant_register(&r, 0, 300);
	ask_stun(&r.script, 1, way("192.168.1.2", 16384, "203.0.113.30", 3478), 1);
	connect_to(&r.script, 5, way("192.168.1.2", 40000, "203.0.113.30", 3478));
	report = registrant_report(&r);
	(void)only_finding(report, "udp-blocked");
	json_decref(report);
}

/* TURN over TLS. */
Test(blocked, udp_where_tls_passes)
{
	struct gen_script s = {0};

	ask_stun(&s, 0, way("192.168.1.10", 16384, "203.0.113.30", 3478), 1);
	connect_to(&s, 4, way("192.168.1.10", 40000, "203.0.113.30", 5349));
	json_decref(expect_one(&s, "udp-blocked", "tcp-instead"));
}

Test(blocked, udp_perhaps_where_no_stun_server_answers)
{
	struct gen_script s = {0};
	json_t *report;

	for (uint32_t i = 0; i < 3; i++) {
		ask_stun(&s, i * 3, way("192.168.1.10", 16384, "203.0.113.30", 3478), 1 + i);
		ask_stun(&s, i * 3 + 1, way("192.168.1.10", 16384, "198.51.100.7", 3478), 11 + i);
	}
	report = report_on(&s);
	cr_assert_eq(length_at(report, "findings"), 2);
	cr_expect_str_eq(text_at(report, "findings.0.code"), "udp-blocked");
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "info");
	cr_expect(text_at(report, "findings.0.would_settle"));
	json_decref(report);
}

/* Pairs of ever new clients and servers: the table stays as large as it is. */
Test(blocked, a_flood)
{
	struct gen_script s = {0};
	json_t *report;
	char from[32];

	for (unsigned i = 0; i < 5000; i++) {
		(void)snprintf(from, sizeof(from), "198.18.%u.%u", i / 250, i % 250 + 1);
		gen_bare_segment(&s, i * 0.001, way(from, 40000, "203.0.113.2", 5060), 1, SYN);
	}
	report = report_on(&s);
	no_finding(report);
	json_decref(report);
}
