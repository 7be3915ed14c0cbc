/* SPDX-License-Identifier: Apache-2.0 */
/*
 * On which side of whose NAT a capture was made: of phones, servers and routers, inside, outside,
 * between two NATs, and with both ports of a router in one file.
 */
#include "story.h"

TestSuite(vantages, .fini = scratch_remove, .timeout = 60);

static const struct gen_router plain = {.inside = story_phone, .outside = story_outside};

/* "(none)" where nothing is known. */
static const char *side_of(const json_t *report, const char *address, const char *vantage)
{
	size_t i, k;
	json_t *endpoint, *view;

	json_array_foreach(at(report, "endpoints"), i, endpoint)
	{
		if (strcmp(text_at(endpoint, "address"), address) != 0) {
			continue;
		}
		json_array_foreach(at(endpoint, "vantage_of"), k, view)
		{
			if (strcmp(text_at(view, "vantage"), vantage) == 0) {
				cr_expect_gt(strlen(text_at(view, "because")), 20);
				return text_at(view, "side");
			}
		}
	}
	return "(none)";
}

static void expect_side(
    const json_t *report, const char *address, const char *vantage, const char *side)
{
	const char *is = side_of(report, address, vantage);

	cr_expect_str_eq(is, side, "%s at %s is \"%s\", not \"%s\"", address, vantage, is, side);
}

/* A registration, of which the vantage sees the phone's side. */
static struct story registration(void)
{
	struct story s = story();

	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	return s;
}

static json_t *report_on(const struct gen_script *script, const char *name)
{
	return report_of("%s", story_write(script, name));
}

Test(vantages, inside)
{
	struct story s = registration();
	json_t *report = report_on(&s.lan, "a.pcap");

	expect_side(report, story_phone, "a", "lan");
	expect_side(report, story_server, "a", "(none)"); /* five hops away */
	story_finish(&s, report);
}

Test(vantages, outside)
{
	struct story s = registration();
	struct gen_script wan = {0};
	json_t *report;

	gen_script_route(&wan, &s.lan, &plain);
	report = report_on(&wan, "a.pcap");
	expect_side(report, story_outside, "a", "wan");
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* Its packets still have the TTL that it gave them. */
Test(vantages, beside_the_server)
{
	struct story s = registration();
	struct gen_script wan = {0};
	json_t *report;

	gen_script_route(&wan, &s.lan, &plain);
	wan.packets[1].route.ttl = 64;
	report = report_on(&wan, "a.pcap");
	expect_side(report, story_server, "a", "server");
	expect_side(report, story_outside, "a", "wan");
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* The user's word, against all appearances. */
Test(vantages, declared)
{
	static const char *const sides[] = {"lan", "wan", "server"};
	struct story s = registration();
	struct gen_script wan = {0};
	const char *path;

	gen_script_route(&wan, &s.lan, &plain);
	path = story_write(&wan, "a.pcap");
	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		json_t *report = report_of("--vantage %s=%s", sides[i], path);

		expect_side(report, story_outside, sides[i], sides[i]);
		json_decref(report);
	}
	gen_script_free(&wan);
	gen_script_free(&s.lan);
}

/* Where the Via holds a name, the Contact tells. */
Test(vantages, host_name_in_the_via)
{
	struct story s = registration();
	struct gen_script wan = {0};
	json_t *report;

	story_rewrite(
	    &s.lan, "Via: SIP/2.0/UDP 192.168.1.10:5060", "Via: SIP/2.0/UDP phone.example");
	gen_script_route(&wan, &s.lan, &plain);
	report = report_on(&s.lan, "a.pcap");
	expect_side(report, story_phone, "a", "lan");
	json_decref(report);
	report = report_on(&wan, "b.pcap");
	expect_side(report, story_outside, "b", "wan");
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* A Contact that a proxy only hands on says nothing of where its packets come from. */
Test(vantages, proxy_outside)
{
	struct story s = registration();
	struct gen_script wan = {0};
	json_t *report;

	gen_script_route(&wan, &s.lan, &plain);
	story_rewrite(&wan, "Via: ", "Via: SIP/2.0/UDP proxy.example;branch=z9hG4bK-p\r\nVia: ");
	report = report_on(&wan, "a.pcap");
	expect_side(report, story_outside, "a", "(none)");
	gen_script_free(&wan);
	story_finish(&s, report);
}

Test(vantages, port_that_the_far_end_saw)
{
	struct story s = registration();
	json_t *report;

	story_rewrite(
	    &s.lan, "Via: SIP/2.0/UDP 192.168.1.10:5060", "Via: SIP/2.0/UDP phone.example");
	story_rewrite(
	    &s.lan, "Contact: <sip:100@192.168.1.10:5060>", "Contact: <sip:100@phone.example>");
	story_rewrite(&s.lan, "rport=5060;received=203.0.113.2", "rport=40505");
	report = report_on(&s.lan, "a.pcap");
	expect_side(report, story_phone, "a", "lan");
	cr_expect_str_eq(text_at(report, "endpoints.0.nat"), "behind-nat");
	story_finish(&s, report);
}

/* Both ports of the router in one file: inside for the phone, outside for the router. */
Test(vantages, both_ports)
{
	for (unsigned rewrites = 0; rewrites < 2; rewrites++) {
		struct story s = registration();
		struct gen_script both = {0};
		struct gen_router r = plain;
		json_t *report;

		r.rewrites = rewrites ? GEN_REWRITE_VIA | GEN_REWRITE_CONTACT : 0;
		gen_script_route(&both, &s.lan, &r);
		for (size_t i = 0; i < s.lan.count; i++) {
			const struct gen_packet *p = &s.lan.packets[i];

			gen_raw(&both, p->at_s, p->route, p->payload, p->length);
		}
		report = report_on(&both, "a.pcap");
		expect_side(report, story_phone, "a", "lan");
		expect_side(report, story_outside, "a", "wan");
		gen_script_free(&both);
		story_finish(&s, report);
	}
}

/* The middle is outside the inner router, whoever answers beyond the outer one. */
Test(vantages, between_two_nats)
{
	struct story s = registration();
	struct gen_router inner = plain;
	struct gen_script mid = {0};
	const char *lan_path;
	json_t *report;

	inner.outside = "10.99.0.2";
	gen_script_route(&mid, &s.lan, &inner);
	report = report_on(&mid, "m.pcap");
	expect_side(report, "10.99.0.2", "m", "wan");
	json_decref(report);
	lan_path = story_write(&s.lan, "l.pcap");
	report = report_of("%s %s", lan_path, story_write(&mid, "m.pcap"));
	expect_side(report, story_phone, "l", "lan");
	expect_side(report, story_phone, "m", "wan");
	expect_side(report, "10.99.0.2", "m", "wan");
	gen_script_free(&mid);
	story_finish(&s, report);
}

/* A host with two private addresses, on the wire: no router, no NAT. */
Test(vantages, two_addresses)
{
	struct story s = story();
	json_t *report;

	s.phone_address = "10.8.0.2";
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	report = report_on(&s.lan, "a.pcap");
	expect_side(report, story_phone, "a", "(none)");
	story_finish(&s, report);
}
