/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sip-alg as the phone's own network sees it: what comes back is held against what was sent.
 */
#include "gen_stun.h"
#include "story.h"

TestSuite(lan_not_alg, .fini = scratch_remove, .timeout = 60);
TestSuite(lan_alg, .fini = scratch_remove, .timeout = 60);

static const char answer_via[] = "branch=z9hG4bK-story-1;rport=5060;received=203.0.113.2";

/* A registration: REGISTER and its 200. */
static struct story registration(void)
{
	struct story s = story();

	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	return s;
}

static void expect_nothing(struct story *s)
{
	json_t *report = story_report(s);

	no_finding(report);
	story_finish(s, report);
}

/* In what comes back to the phone. */
static void answers_rewrite(struct story *s, const char *was, const char *is)
{
	struct gen_script answers = {0};

	for (size_t i = 0; i < s->lan.count; i++) {
		if (s->lan.packets[i].sip && memcmp(s->lan.packets[i].payload, "SIP/", 4) == 0) {
			answers.packets = &s->lan.packets[i];
			answers.count = 1;
			story_rewrite(&answers, was, is);
		}
	}
}

/* --- not an ALG --- */

Test(lan_not_alg, plain_nat)
{
	struct story s = story_two_way();

	expect_nothing(&s);
}

/* A clean masquerade found 5060 taken. */
Test(lan_not_alg, another_port_outside)
{
	struct story s = registration();

	answers_rewrite(&s, "rport=5060", "rport=40505");
	expect_nothing(&s);
}

Test(lan_not_alg, parameters_in_another_order)
{
	struct story s = registration();

	answers_rewrite(&s, answer_via,
	    "received=203.0.113.2 ;rport=5060; keep;oc;oc-algo=\"loss\";branch=z9hG4bK-story-1");
	expect_nothing(&s);
}

/* It says nothing alone: many servers ignore rport. */
Test(lan_not_alg, neither_received_nor_rport)
{
	struct story s = registration();

	answers_rewrite(&s, answer_via, "branch=z9hG4bK-story-1");
	expect_nothing(&s);
}

/* Beside the phone, or beyond a VPN, a server sees its private address. */
Test(lan_not_alg, private_server)
{
	static const char *const servers[] = {"192.168.1.2", "10.8.0.1", "100.64.0.9"};

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct story s = story();

		s.server = servers[i];
		story_request(&s, 0, "REGISTER", 1, false, NULL);
		story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
		answers_rewrite(&s, "received=203.0.113.2", "received=192.168.1.10");
		expect_nothing(&s);
	}
}

/* A public server on the phone's own wire: no router lowered its TTL. */
Test(lan_not_alg, server_on_the_wire)
{
	struct story s = registration();

	answers_rewrite(&s, "received=203.0.113.2", "received=192.168.1.10");
	for (size_t i = 0; i < s.lan.count; i++) {
		s.lan.packets[i].route.ttl = 64;
	}
	expect_nothing(&s);
}

/* A registrar answers with the binding as it keeps it. */
Test(lan_not_alg, contact_of_the_answer)
{
	struct story s = registration();

	answers_rewrite(&s, "Contact: <sip:200@203.0.113.10:5060>",
	    "Contact: <sip:100@203.0.113.2:40505>;expires=60");
	expect_nothing(&s);
}

/* A proxy on the LAN: what it passes on has a Via of its own on top. */
Test(lan_not_alg, proxy_on_the_lan)
{
	struct story s = registration();

	story_rewrite(&s.lan, "Via: SIP/2.0/UDP 192.168.1.10:5060",
	    "Via: SIP/2.0/UDP 192.168.1.2:5060;branch=z9hG4bK-proxy-1\n"
	    "Via: SIP/2.0/UDP 192.168.1.10:5060");
	answers_rewrite(&s, "Via: SIP/2.0/UDP 192.168.1.2:5060;branch=z9hG4bK-proxy-1",
	    "Via: SIP/2.0/UDP 203.0.113.2:5060;branch=z9hG4bK-proxy-1");
	expect_nothing(&s);
}

/* RFC 5952: one address, written in another way. */
Test(lan_not_alg, short_form_of_an_address)
{
	struct story s = story();

	s.phone = "fd00:1::10";
	s.phone_address = "[fd00:1:0:0:0:0:0:10]";
	s.server = "2001:db8::5";
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	answers_rewrite(&s, "[fd00:1:0:0:0:0:0:10]:5060;branch", "[fd00:1::10]:5060;branch");
	answers_rewrite(&s, "received=fd00:1::10", "received=2001:db8:9::1");
	expect_nothing(&s);
}

/* A phone that says its outer address itself. */
Test(lan_not_alg, configured_external_address)
{
	struct story s = story();

	s.phone_address = story_outside;
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	expect_nothing(&s);
}

static const char stun_server[] = "198.51.100.77";

/* The phone asks STUN what it is called outside. */
static void ask_stun(struct story *s, const char *server, uint8_t ttl)
{
	struct gen_route route = {gen_end(s->phone, 5060), gen_end(server, 3478), 0, 64};

	gen_binding(&s->lan, 0.5, route, 7, gen_end(story_outside, 5060));
	s->lan.packets[s->lan.count - 1].route.ttl = ttl;
}

/* The PBX stands in the site's own network, and is reached by the site's own public address. */
Test(lan_not_alg, pbx_behind_the_same_address)
{
	struct story s = story();

	s.server = story_outside;
	ask_stun(&s, stun_server, 50);
	story_request(&s, 1, "REGISTER", 1, false, NULL);
	story_response(&s, 1.1, "200 OK", "REGISTER", 1, NULL);
	answers_rewrite(&s, "received=203.0.113.2", "received=192.168.1.10");
	expect_nothing(&s);
}

/* --- an ALG --- */

/* nf_nat_sip turns received back where it is the router's own address. */
Test(lan_alg, received_is_private)
{
	struct story s = story_two_way();
	const json_t *f;
	json_t *report;

	answers_rewrite(&s, "received=203.0.113.2", "received=192.168.1.10");
	report = story_report(&s);
	f = only_finding(report, "sip-alg");
	cr_expect_float_eq(number_at(f, "confidence"), 0.75, 1e-9);
	cr_expect_str_eq(text_at(f, "severity"), "warning");
	cr_expect_str_eq(text_at(f, "endpoints.0"), "192.168.1.10");
	cr_expect_eq(number_at(f, "calls_total"), 1);
	cr_expect_not_null(strstr(text_at(f, "evidence.0.text"), "received=192.168.1.10"));
	cr_expect_not_null(strstr(text_at(f, "against.0.text"), "VPN"));
	cr_expect_not_null(strstr(text_at(f, "remedy"), "MikroTik"));
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "--vantage"));
	story_finish(&s, report);
}

static json_t *report_of_received(struct story *s)
{
	story_request(s, 1, "REGISTER", 1, false, NULL);
	story_response(s, 1.1, "200 OK", "REGISTER", 1, NULL);
	answers_rewrite(s, "received=203.0.113.2", "received=192.168.1.10");
	return story_report(s);
}

/* The server itself, or its neighbour, shows that a NAT lies between: then nothing routes here. */
Test(lan_alg, received_is_private_behind_nat)
{
	static const char *const servers[] = {"203.0.113.10", "203.0.113.30"};

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct story s = story();
		const json_t *f;
		json_t *report;

		ask_stun(&s, servers[i], 59);
		report = report_of_received(&s);
		f = only_finding(report, "sip-alg");
		cr_expect_float_eq(number_at(f, "confidence"), 0.85, 1e-9);
		story_finish(&s, report);
	}
}

/* A NAT on the way elsewhere: this server may be reached by another one, such as a VPN. */
Test(lan_alg, received_is_private_behind_nat_elsewhere)
{
	static const char *const servers[] = {"198.51.100.77", "203.0.113.30"};

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct story s = story();
		const json_t *f;
		json_t *report;

		ask_stun(&s, servers[i], i ? 50 : 59);
		report = report_of_received(&s);
		f = only_finding(report, "sip-alg");
		cr_expect_float_eq(number_at(f, "confidence"), 0.45, 1e-9);
		cr_expect_str_eq(text_at(f, "severity"), "info");
		cr_expect_gt(strlen(text_at(f, "would_settle")), 20);
		story_finish(&s, report);
	}
}

/* The same where a registrar shows it. */
Test(lan_alg, received_is_private_behind_nat_of_a_registrar)
{
	static const char *const servers[] = {"198.51.100.7", "203.0.113.11"};
	static const double sure[] = {0.45, 0.85};

	for (size_t i = 0; i < sizeof(servers) / sizeof(servers[0]); i++) {
		struct story s = story();
		struct gen_script second;
		const json_t *f;
		json_t *report;

		s.server = servers[i];
		story_request(&s, 0, "REGISTER", 1, false, NULL);
		story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
		s.server = story_server;
		s.call_id = "second@192.168.1.10";
		story_request(&s, 1, "REGISTER", 1, false, NULL);
		story_response(&s, 1.1, "200 OK", "REGISTER", 1, NULL);
		second = (struct gen_script){.packets = &s.lan.packets[2], .count = 2};
		story_rewrite(&second, "received=203.0.113.2", "received=192.168.1.10");
		report = story_report(&s);
		f = only_finding(report, "sip-alg");
		cr_expect_float_eq(number_at(f, "confidence"), sure[i], 1e-9);
		story_finish(&s, report);
	}
}

/* Carriers route such networks to public servers without NAT: a hint, no more. */
Test(lan_alg, received_in_a_carriers_network)
{
	struct story s = story();
	const json_t *f;
	json_t *report;

	s.phone = "10.20.30.40";
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	answers_rewrite(&s, "received=203.0.113.2", "received=10.20.30.40");
	report = story_report(&s);
	f = only_finding(report, "sip-alg");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_gt(strlen(text_at(f, "would_settle")), 20);
	story_finish(&s, report);
}

/* The Via comes back as it reached the server: over UDP and TCP. */
Test(lan_alg, via_comes_back_changed)
{
	for (int tcp = 0; tcp < 2; tcp++) {
		struct story s = registration();
		struct gen_script stream = {0};
		const json_t *f;
		json_t *report;

		answers_rewrite(
		    &s, "Via: SIP/2.0/UDP 192.168.1.10:5060", "Via: SIP/2.0/UDP 203.0.113.2:40505");
		if (tcp) {
			gen_script_tcp(&stream, &s.lan, &(struct gen_over_tcp){.handshake = true});
		}
		report = report_of("%s", story_write(tcp ? &stream : &s.lan, "via.pcap"));
		f = only_finding(report, "sip-alg");
		cr_expect_geq(number_at(f, "confidence"), 0.8);
		cr_expect_str_eq(text_at(f, "changes.0.field"), "Via sent-by");
		cr_expect_str_eq(text_at(f, "changes.0.before"), "192.168.1.10:5060");
		cr_expect_str_eq(text_at(f, "changes.0.after"), "203.0.113.2:40505");
		gen_script_free(&stream);
		story_finish(&s, report);
	}
}

/* A default port that nobody wrote is the only trace that nf_nat_sip may leave. */
Test(lan_alg, port_made_explicit_is_a_hint)
{
	struct story s = registration();
	const json_t *f;
	json_t *report;

	s.lan.packets[0].sip = true;
	story_rewrite(&s.lan, "192.168.1.10:5060;branch", "192.168.1.10;branch");
	answers_rewrite(&s, "192.168.1.10;branch", "192.168.1.10:5060;branch");
	report = story_report(&s);
	f = only_finding(report, "sip-alg");
	cr_expect_float_eq(number_at(f, "confidence"), 0.4, 1e-9);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_gt(strlen(text_at(f, "would_settle")), 20);
	story_finish(&s, report);
}

/* Two phones, one router, two rules: one finding. */
Test(lan_alg, phones_of_one_router)
{
	struct story a = story_two_way(), b = story();
	const json_t *f;
	json_t *report;

	b.phone = "192.168.1.11";
	b.call_id = "story-2@192.168.1.11";
	b.branch = 100;
	story_request(&b, 0.5, "REGISTER", 1, false, NULL);
	story_response(&b, 0.6, "200 OK", "REGISTER", 1, NULL);
	answers_rewrite(&a, "received=203.0.113.2", "received=192.168.1.10");
	answers_rewrite(&b, "Via: SIP/2.0/UDP 192.168.1.11:5060", "Via: SIP/2.0/UDP 203.0.113.2");
	for (size_t i = 0; i < b.lan.count; i++) {
		const struct gen_packet *p = &b.lan.packets[i];

		gen_sip(&a.lan, p->at_s, p->route, "%s", "");
		free(a.lan.packets[a.lan.count - 1].payload);
		a.lan.packets[a.lan.count - 1].payload = malloc(p->length);
		memcpy(a.lan.packets[a.lan.count - 1].payload, p->payload, p->length);
		a.lan.packets[a.lan.count - 1].length = p->length;
	}
	report = story_report(&a);
	f = only_finding(report, "sip-alg");
	cr_expect_geq(number_at(f, "confidence"), 0.9);
	cr_expect_eq(length_at(f, "endpoints"), 2);
	gen_script_free(&b.lan);
	story_finish(&a, report);
}
