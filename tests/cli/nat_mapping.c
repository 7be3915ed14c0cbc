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

static const char told_first[] = ";received=203.0.113.2;rport=5060";
static const char told_second[] = ";received=198.51.100.77;rport=5060";
static const char told_neighbour[] = ";received=203.0.113.77;rport=5060";

enum { A_DAY = 86400 };

/* Connected anew each night, and one night the first address comes round again. */
Test(not_several_lines, address_of_each_day)
{
	const char *const others[] = {told_second, told_neighbour};

	for (size_t k = 0; k < 2; k++) {
		struct registrant r = registrant();
		json_t *report;

		for (unsigned i = 0; i < 16; i++) {
			unsigned day = i / 4;

			registered_as(
			    &r, day * A_DAY + (i % 4) * 50, day % 2 ? others[k] : told_first);
		}
		report = registrant_report(&r);
		no_finding(report);
		json_decref(report);
	}
}

/* The same, and two servers say so. */
Test(not_several_lines, address_of_each_day_by_two_servers)
{
	struct registrant r = registrant();
	json_t *report;

	for (unsigned i = 0; i < 3; i++) {
		registered_as(&r, i * A_DAY, i == 1 ? told_second : told_first);
		ask(&r.script, i * A_DAY + 60, 5060, first_server,
		    i == 1 ? "198.51.100.77" : "203.0.113.2", 5060);
		registered_as(&r, i * A_DAY + 120, i == 1 ? told_second : told_first);
	}
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* As the provider sees it. */
Test(not_several_lines, address_of_each_day_from_outside)
{
	const char *const others[] = {"198.51.100.77", "203.0.113.77"};

	for (size_t k = 0; k < 2; k++) {
		struct registrant r = registrant();
		json_t *report;

		for (unsigned i = 0; i < 12; i++) {
			unsigned day = i / 4;

			r.source = day == 1 ? others[k] : "203.0.113.2";
			registrant_register(&r, day * A_DAY + (i % 4) * 50, 60);
		}
		report = registrant_report(&r);
		no_finding(report);
		json_decref(report);
	}
}

/* Once may be a line that was down for a while; twice is none. */
Test(not_several_lines, one_slow_return)
{
	struct registrant r = registrant();
	json_t *report;

	registered_as(&r, 0, told_first);
	registered_as(&r, 3600, told_second);
	registered_as(&r, 7200, told_first);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

Test(several_lines, slow_returns)
{
	struct registrant r = registrant();
	json_t *report;

	for (unsigned i = 0; i < 4; i++) {
		registered_as(&r, i * 3600, i % 2 ? told_second : told_first);
	}
	report = registrant_report(&r);
	(void)only_finding(report, "multi-wan");
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

/* At the provider, each of two customers has lines of its own. */
Test(several_lines, of_two_customers)
{
	static const char *const lines[][2] = {
	    {"203.0.113.2", "198.51.100.77"}, {"203.0.113.150", "192.0.2.5"}};
	struct registrant r = registrant();
	json_t *report;

	for (unsigned c = 0; c < 2; c++) {
		r.user = c ? "200" : "100";
		r.call_id = c ? "reg-2" : "reg-1";
		for (unsigned i = 0; i < 4; i++) {
			r.source = lines[c][i % 2];
			registrant_register(&r, c * 1000 + i * 100, 300);
		}
	}
	report = registrant_report(&r);
	cr_assert_eq(length_at(report, "findings"), 2);
	for (size_t c = 0; c < 2; c++) {
		const json_t *f = json_array_get(at(report, "findings"), c);

		cr_expect_str_eq(text_at(f, "code"), "multi-wan");
		cr_expect_not_null(strstr(text_at(f, "summary"), lines[c][0]));
		cr_expect_not_null(strstr(text_at(f, "summary"), lines[c][1]));
	}
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
