/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nat-symmetric, multi-wan, and the pool of a carrier: what servers say of one phone's address.
 */
#include "gen_stun.h"
#include "registrant.h"

TestSuite(not_symmetric, .fini = scratch_remove, .timeout = 60);
TestSuite(symmetric, .fini = scratch_remove, .timeout = 60);
TestSuite(not_several_lines, .fini = scratch_remove, .timeout = 60);
TestSuite(several_lines, .fini = scratch_remove, .timeout = 60);

static const char first_server[] = "198.51.100.5", second_server[] = "198.51.100.6";

static void ask(struct gen_script *s, double at_s, uint16_t port, const char *server,
    const char *outside, uint16_t outside_port)
{
	static uint32_t id;
	struct gen_route route = {gen_end("192.168.1.10", port), gen_end(server, 3478), 0, 64};

	gen_binding(s, at_s, route, ++id, gen_end(outside, outside_port));
}

static json_t *report_on(struct gen_script *s)
{
	json_t *report = report_of("%s", story_write(s, "stun.pcap"));

	gen_script_free(s);
	return report;
}

/* --- symmetric --- */

Test(not_symmetric, same_port_for_both)
{
	struct gen_script s = {0};
	json_t *report;

	ask(&s, 0, 5060, first_server, "203.0.113.2", 40000);
	ask(&s, 1, 5060, second_server, "203.0.113.2", 40000);
	report = report_on(&s);
	no_finding(report);
	json_decref(report);
}

/* Each socket has a port of its own. */
Test(not_symmetric, other_sockets)
{
	struct gen_script s = {0};
	json_t *report;

	ask(&s, 0, 5060, first_server, "203.0.113.2", 40000);
	ask(&s, 1, 16384, second_server, "203.0.113.2", 40001);
	report = report_on(&s);
	no_finding(report);
	json_decref(report);
}

/* The mapping may have expired in between. */
Test(not_symmetric, far_apart_in_time)
{
	struct gen_script s = {0};
	json_t *report;

	ask(&s, 0, 5060, first_server, "203.0.113.2", 40000);
	ask(&s, 60, 5060, second_server, "203.0.113.2", 40001);
	ask(&s, 120, 5060, first_server, "203.0.113.2", 40002);
	report = report_on(&s);
	no_finding(report);
	json_decref(report);
}

/* A server that says another port of one flow each time proves nothing by it. */
Test(not_symmetric, server_that_contradicts_itself)
{
	struct gen_script s = {0};
	json_t *report;

	ask(&s, 0, 5060, first_server, "203.0.113.2", 40000);
	ask(&s, 1, 5060, first_server, "203.0.113.2", 40001);
	ask(&s, 2, 5060, second_server, "203.0.113.2", 40002);
	report = report_on(&s);
	no_finding(report);
	json_decref(report);
}

Test(symmetric, two_stun_servers)
{
	struct gen_script s = {0};
	json_t *report;
	const json_t *f;

	ask(&s, 0, 5060, first_server, "203.0.113.2", 40000);
	ask(&s, 1, 5060, second_server, "203.0.113.2", 40001);
	report = report_on(&s);
	f = only_finding(report, "nat-symmetric");
	cr_expect_float_eq(number_at(f, "confidence"), 0.85, 1e-9);
	cr_expect_str_eq(text_at(f, "endpoints.0"), "192.168.1.10");
	cr_expect_eq(length_at(f, "evidence"), 2);
	json_decref(report);
}

/* What was told first of other sockets does not stand in the way for ever. */
Test(symmetric, after_many_other_sockets)
{
	struct gen_script s = {0};
	json_t *report;

	for (uint16_t i = 0; i < 20; i++) {
		ask(&s, i, (uint16_t)(16384 + 2 * i), first_server, "203.0.113.2",
		    (uint16_t)(16384 + 2 * i));
	}
	ask(&s, 30, 5060, first_server, "203.0.113.2", 40000);
	ask(&s, 31, 5060, second_server, "203.0.113.2", 40001);
	report = report_on(&s);
	cr_expect_float_eq(
	    number_at(only_finding(report, "nat-symmetric"), "confidence"), 0.85, 1e-9);
	cr_expect_eq(number_at(report, "evictions.stun_mappings"), 14);
	json_decref(report);
}

/* Two registrars; or a registrar and a STUN server. */
Test(symmetric, two_registrars)
{
	struct registrant r = registrant(), other;
	json_t *report;

	r.told = ";received=203.0.113.2;rport=40000";
	registrant_register(&r, 0, 300);
	other = r;
	other.server = "203.0.113.20";
	other.told = ";received=203.0.113.2;rport=40007";
	other.call_id = "reg-2@192.168.1.10";
	registrant_register(&other, 1, 300);
	r.script = other.script;
	report = registrant_report(&r);
	(void)only_finding(report, "nat-symmetric");
	json_decref(report);
}

Test(symmetric, registrar_and_stun)
{
	struct registrant r = registrant();
	json_t *report;

	r.told = ";received=203.0.113.2;rport=40000";
	registrant_register(&r, 0, 300);
	ask(&r.script, 1, 5060, first_server, "203.0.113.2", 40009);
	report = registrant_report(&r);
	(void)only_finding(report, "nat-symmetric");
	json_decref(report);
}

/* --- several lines --- */

static void registered_as(struct registrant *r, double at_s, const char *told)
{
	r->told = told;
	registrant_register(r, at_s, 60);
}

/* The line was connected anew: once, and for good. */
Test(not_several_lines, another_address_from_then_on)
{
	struct registrant r = registrant();
	json_t *report;

	registered_as(&r, 0, ";received=203.0.113.2;rport=5060");
	registered_as(&r, 50, ";received=203.0.113.2;rport=5060");
	registered_as(&r, 100, ";received=198.51.100.77;rport=5060");
	registered_as(&r, 150, ";received=198.51.100.77;rport=5060");
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Two phones at two sites that look alike: each has a registration of its own. */
Test(not_several_lines, two_sites)
{
	struct registrant r = registrant(), other;
	json_t *report;

	r.source = "203.0.113.2";
	registrant_register(&r, 0, 60);
	other = r;
	other.source = "198.51.100.77";
	other.call_id = "reg-9@192.168.1.10";
	registrant_register(&other, 20, 60);
	r.script = other.script;
	registrant_register(&r, 40, 60);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

Test(several_lines, to_and_fro)
{
	struct registrant r = registrant();
	json_t *report;
	const json_t *f;

	registered_as(&r, 0, ";received=203.0.113.2;rport=5060");
	registered_as(&r, 50, ";received=198.51.100.77;rport=5060");
	registered_as(&r, 100, ";received=203.0.113.2;rport=5060");
	report = registrant_report(&r);
	f = only_finding(report, "multi-wan");
	cr_expect_float_eq(number_at(f, "confidence"), 0.8, 1e-9);
	cr_expect_str_eq(text_at(f, "endpoints.0"), "192.168.1.10");
	json_decref(report);
}

Test(several_lines, by_destination)
{
	struct registrant r = registrant();
	json_t *report;

	r.told = ";received=203.0.113.2;rport=5060";
	registrant_register(&r, 0, 300);
	ask(&r.script, 1, 5060, first_server, "198.51.100.77", 5060);
	registrant_register(&r, 2, 300);
	report = registrant_report(&r);
	cr_expect_float_eq(number_at(only_finding(report, "multi-wan"), "confidence"), 0.7, 1e-9);
	json_decref(report);
}

/* As the provider sees it. */
Test(several_lines, from_outside)
{
	struct registrant r = registrant();
	json_t *report;

	r.source = "203.0.113.2";
	registrant_register(&r, 0, 60);
	r.source = "198.51.100.77";
	registrant_register(&r, 50, 60);
	r.source = "203.0.113.2";
	registrant_register(&r, 100, 60);
	report = registrant_report(&r);
	(void)only_finding(report, "multi-wan");
	json_decref(report);
}

/* Addresses side by side are a carrier's pool rather than two lines. */
Test(several_lines, pool_of_a_carrier)
{
	struct registrant r = registrant();
	json_t *report;
	const json_t *f;

	r.told = ";received=203.0.113.2;rport=5060";
	registrant_register(&r, 0, 300);
	ask(&r.script, 1, 5060, first_server, "203.0.113.77", 5060);
	registrant_register(&r, 2, 300);
	report = registrant_report(&r);
	f = only_finding(report, "cgnat");
	cr_expect_str_eq(text_at(f, "cause"), "address-pool");
	cr_expect_float_eq(number_at(f, "confidence"), 0.6, 1e-9);
	json_decref(report);
}
