/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double-nat and cgnat: first what they are not, then each kind of evidence.
 */
#include "gen_stun.h"
#include "registrant.h"

TestSuite(one_nat, .fini = scratch_remove, .timeout = 60);
TestSuite(two_nats, .fini = scratch_remove, .timeout = 60);
TestSuite(carrier, .fini = scratch_remove, .timeout = 60);

static const char told_public[] = ";received=203.0.113.2;rport=5060";

/* As it is seen from `source`, with that TTL, and answered in this way. */
static struct registrant seen_from(const char *source, uint8_t ttl, const char *told)
{
	struct registrant r = registrant();

	r.source = source;
	r.ttl = ttl;
	r.told = told;
	return r;
}

static json_t *registered(struct registrant *r)
{
	registrant_register(r, 0, 300);
	registrant_register(r, 60, 300);
	return registrant_report(r);
}

static void nothing_of(const char *source, const char *claims, uint8_t ttl, const char *told)
{
	struct registrant r = seen_from(source, ttl, told);
	json_t *report;

	r.claims = claims;
	report = registered(&r);
	cr_expect_null(finding_of_code(report, "double-nat"));
	cr_expect_null(finding_of_code(report, "cgnat"));
	json_decref(report);
}

/* --- one NAT, or none --- */

Test(one_nat, inside_and_outside)
{
	nothing_of("192.168.1.10", "192.168.1.10:5060", 64, told_public);
	nothing_of("203.0.113.2", "192.168.1.10:5060", 63, told_public);
}

/* The packets have the TTL that senders begin with: nobody translated them. */
Test(one_nat, another_interface_announced)
{
	nothing_of("10.8.0.5", "192.168.1.10:5060", 64, told_public);
	nothing_of("10.8.0.5", "192.168.1.10:5060", 128, told_public);
	nothing_of("10.8.0.5", "192.168.1.10:5060", 255, "");
}

/* A softphone of a VPN announces its address in there, and gets another one now and then. */
Test(one_nat, address_of_a_vpn_that_changes)
{
	struct registrant r = seen_from("192.168.1.20", 64, told_public);
	json_t *report;

	r.claims = "10.8.0.6:5060";
	registrant_register(&r, 0, 300);
	r.claims = "10.8.0.10:5060";
	r.call_id = "reg-2@10.8.0.10";
	registrant_register(&r, 600, 300);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Two accounts of one host, which announces an interface by each. */
Test(one_nat, two_interfaces_announced)
{
	struct registrant r = seen_from("192.168.1.20", 64, told_public);
	json_t *report;

	for (unsigned i = 0; i < 6; i++) {
		r.claims = i % 2 ? "10.8.0.6:5060" : "10.9.0.7:5060";
		r.user = i % 2 ? "100" : "101";
		r.call_id = i % 2 ? "reg-1" : "reg-2";
		registrant_register(&r, i * 60, 300);
	}
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* It lowers the TTL and translates nothing. */
Test(one_nat, switch_that_routes)
{
	nothing_of("192.168.1.10", "192.168.1.10:5060", 63, told_public);
}

/* What it announces is no address of a LAN: loopback, 464XLAT, an overlay's, its public one. */
Test(one_nat, other_addresses_announced)
{
	nothing_of("192.168.1.10", "127.0.0.1:5060", 63, told_public);
	nothing_of("192.168.1.10", "192.0.0.4:5060", 63, told_public);
	nothing_of("192.168.1.10", "100.101.102.103:5060", 63, told_public);
	nothing_of("192.168.1.10", "203.0.113.2:5060", 63, told_public);
	nothing_of("192.168.1.10", "phone.example.com:5060", 63, told_public);
}

/* A PBX in another private network: what lies beyond is not known. */
Test(one_nat, private_server)
{
	struct registrant r = seen_from("10.99.0.2", 63, "");
	json_t *report;

	r.server = "10.1.0.10";
	report = registered(&r);
	no_finding(report);
	json_decref(report);
}

/* An overlay network: the server is told the very address that the packets come from. */
Test(one_nat, overlay_of_shared_addresses)
{
	nothing_of(
	    "100.101.102.103", "100.101.102.103:5060", 64, ";received=100.101.102.103;rport=5060");
	nothing_of("100.101.102.103", "100.101.102.103:5060", 64, "");
}

/* A proxy on the LAN sends on what a phone of another network sent. */
Test(one_nat, proxy)
{
	struct gen_script s = {0};
	struct gen_route route = {gen_end("10.99.0.2", 5060), gen_end("203.0.113.10", 5060), 0, 63};
	json_t *report;

	gen_sip(&s, 0, route,
	    "REGISTER sip:203.0.113.10 SIP/2.0\n"
	    "Via: SIP/2.0/UDP 192.168.7.1;branch=z9hG4bK-p\n"
	    "Via: SIP/2.0/UDP 192.168.1.10;branch=z9hG4bK-a;received=192.168.1.10\n"
	    "From: <sip:100@203.0.113.10>;tag=a\nTo: <sip:100@203.0.113.10>\nCall-ID: p\n"
	    "CSeq: 1 REGISTER\n\n");
	report = report_of("%s", story_write(&s, "proxy.pcap"));
	no_finding(report);
	json_decref(report);
	gen_script_free(&s);
}

/* --- two --- */

static const json_t *layers(const json_t *report, const char *code, double confidence)
{
	const json_t *f = only_finding(report, code);

	cr_expect_float_eq(
	    number_at(f, "confidence"), confidence, 1e-9, "%f", number_at(f, "confidence"));
	return f;
}

static const json_t *endpoint_called(const json_t *report, const char *address)
{
	for (size_t i = 0; i < length_at(report, "endpoints"); i++) {
		const json_t *e = json_array_get(at(report, "endpoints"), i);

		if (strcmp(text_at(e, "address"), address) == 0) {
			return e;
		}
	}
	cr_assert_fail("no endpoint %s", address);
	return NULL;
}

Test(two_nats, from_between)
{
	struct registrant r = seen_from("10.99.0.2", 63, told_public);
	json_t *report = registered(&r);
	const json_t *f = layers(report, "double-nat", 0.6);

	cr_expect_gt(length_at(f, "against"), 0);
	cr_expect_str_eq(text_at(f, "endpoints.0"), "192.168.1.10");
	cr_expect_str_eq(text_at(endpoint_called(report, "10.99.0.2"), "nat"), "behind-two");
	cr_expect_eq(number_at(f, "evidence.0.frame"), 1);
	cr_expect_eq(number_at(f, "evidence.1.frame"), 2);
	json_decref(report);
}

/* Strong: the public address behind it was not seen. */
Test(two_nats, from_between_without_the_answer)
{
	struct registrant r = seen_from("10.99.0.2", 63, "");
	json_t *report = registered(&r);

	layers(report, "double-nat", 0.6);
	json_decref(report);
}

/* A STUN server tells what the registrar does not. */
Test(two_nats, from_between_by_stun)
{
	struct registrant r = seen_from("10.99.0.2", 63, "");
	struct gen_route route = {
	    gen_end("10.99.0.2", 16384), gen_end("198.51.100.5", 3478), 0, 63};
	json_t *report;

	gen_binding(&r.script, 1, route, 7, gen_end("203.0.113.2", 16384));
	report = registered(&r);
	layers(report, "double-nat", 0.6);
	json_decref(report);
}

/* Two accounts, each from an address of its own: at the same time, or one after the other. */
static json_t *two_phones(double second_s)
{
	struct registrant r = seen_from("10.99.0.2", 63, told_public), other;

	registrant_register(&r, 0, 300);
	registrant_register(&r, 60, 300);
	other = r;
	other.source_port = 40000;
	other.claims = "192.168.1.11:5060";
	other.user = "101";
	other.call_id = "reg-1@192.168.1.11";
	registrant_register(&other, second_s, 300);
	registrant_register(&other, second_s + 60, 300);
	return registrant_report(&other);
}

Test(two_nats, two_phones_from_between)
{
	json_t *report = two_phones(1);

	layers(report, "double-nat", 0.9);
	json_decref(report);
}

Test(two_nats, one_phone_after_the_other_from_between)
{
	json_t *report = two_phones(600);

	layers(report, "double-nat", 0.6);
	json_decref(report);
}

/* The call of a story at three places, the inner router with or without an ALG. */
struct places {
	struct gen_script mid, wan;
	const char *lan_path, *mid_path, *wan_path;
};

static struct places places_of(struct story *s, const char *middle, unsigned rewrites)
{
	struct gen_router inner = {.inside = story_phone, .outside = middle, .rewrites = rewrites};
	struct gen_router outer = {.inside = middle, .outside = story_outside};
	struct places p = {0};

	gen_script_route(&p.mid, &s->lan, &inner);
	gen_script_route(&p.wan, &p.mid, &outer);
	p.lan_path = strdup(story_write(&s->lan, "lan.pcap"));
	p.mid_path = strdup(story_write(&p.mid, "mid.pcap"));
	p.wan_path = strdup(story_write(&p.wan, "wan.pcap"));
	return p;
}

static void places_free(struct story *s, struct places *p)
{
	free((char *)p->lan_path);
	free((char *)p->mid_path);
	free((char *)p->wan_path);
	gen_script_free(&s->lan);
	gen_script_free(&p->mid);
	gen_script_free(&p->wan);
}

Test(two_nats, at_three_places)
{
	struct story s = story_two_way();
	struct places p = places_of(&s, "10.99.0.2", 0);
	json_t *report = report_of("--vantage lan=%s --vantage mid=%s --vantage wan=%s", p.lan_path,
	    p.mid_path, p.wan_path);
	const json_t *f = layers(report, "double-nat", 0.97);

	cr_expect_eq(number_at(f, "calls_total"), 1);
	cr_expect_str_eq(text_at(endpoint_called(report, story_phone), "nat"), "behind-two");
	json_decref(report);
	report = report_of("%s %s %s", p.lan_path, p.mid_path, p.wan_path);
	layers(report, "double-nat", 0.97);
	json_decref(report);
	places_free(&s, &p);
}

/* From either end alone nobody can know, and from both ends not either. */
Test(two_nats, at_the_ends)
{
	struct story s = story_two_way();
	struct places p = places_of(&s, "10.99.0.2", 0);
	json_t *report = report_of("%s", p.lan_path);

	no_finding(report);
	json_decref(report);
	report = report_of("%s", p.wan_path);
	no_finding(report);
	json_decref(report);
	report = report_of("--vantage lan=%s --vantage wan=%s", p.lan_path, p.wan_path);
	no_finding(report);
	json_decref(report);
	report = report_of("--vantage lan=%s --vantage mid=%s", p.lan_path, p.mid_path);
	layers(report, "double-nat", 0.95);
	json_decref(report);
	report = report_of("--vantage mid=%s --vantage wan=%s", p.mid_path, p.wan_path);
	layers(report, "double-nat", 0.6);
	json_decref(report);
	places_free(&s, &p);
}

/* The ALG of the inner router writes the address in the middle, which is seen nowhere else. */
Test(two_nats, told_by_an_alg)
{
	struct story s = story_two_way();
	struct places p = places_of(&s, "10.99.0.2", GEN_REWRITE_VIA | GEN_REWRITE_CONTACT);
	json_t *report = report_of("--vantage lan=%s --vantage wan=%s", p.lan_path, p.wan_path);

	cr_assert_eq(length_at(report, "findings"), 2);
	cr_expect_str_eq(text_at(report, "findings.0.code"), "sip-alg");
	cr_expect_str_eq(text_at(report, "findings.1.code"), "double-nat");
	cr_expect_float_eq(number_at(report, "findings.1.confidence"), 0.75, 1e-9);
	json_decref(report);
	places_free(&s, &p);
}

/* --- the carrier's --- */

Test(carrier, from_between)
{
	struct registrant r = seen_from("100.64.0.2", 63, told_public);
	json_t *report = registered(&r);

	layers(report, "cgnat", 0.9);
	json_decref(report);
	r = seen_from("100.64.0.2", 63, "");
	report = registered(&r);
	layers(report, "cgnat", 0.7);
	json_decref(report);
}

/* No router of the customer's: the phone itself has an address of the carrier's. */
Test(carrier, on_its_network)
{
	struct registrant r = seen_from("100.64.0.2", 64, told_public);
	json_t *report;

	r.claims = "100.64.0.2:5060";
	report = registered(&r);
	layers(report, "cgnat", 0.9);
	cr_expect_str_neq(text_at(endpoint_called(report, "100.64.0.2"), "nat"), "behind-two");
	json_decref(report);
}

/* The provider's server stands before the carrier's NAT. */
Test(carrier, told_by_the_server)
{
	struct registrant r = seen_from("192.168.1.10", 64, ";received=100.64.0.2;rport=5060");
	json_t *report = registered(&r);

	layers(report, "cgnat", 0.7);
	json_decref(report);
}

Test(carrier, at_three_places)
{
	struct story s = story_two_way();
	struct places p = places_of(&s, "100.64.0.2", 0);
	json_t *report = report_of("--vantage lan=%s --vantage mid=%s --vantage wan=%s", p.lan_path,
	    p.mid_path, p.wan_path);

	layers(report, "cgnat", 0.97);
	json_decref(report);
	report = report_of("--vantage lan=%s --vantage wan=%s", p.lan_path, p.wan_path);
	no_finding(report);
	json_decref(report);
	places_free(&s, &p);
}
