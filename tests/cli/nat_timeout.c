/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nat-timeout and inbound-unreachable: first what they are not, then how the life of a mapping
 * is bracketed, and which requests do not get through.
 */
#include "registrant.h"

TestSuite(not_forgotten, .fini = scratch_remove, .timeout = 60);
TestSuite(forgotten, .fini = scratch_remove, .timeout = 60);
TestSuite(not_unreachable, .fini = scratch_remove, .timeout = 60);
TestSuite(unreachable, .fini = scratch_remove, .timeout = 60);

/* As the outside of the router sees it. */
static struct registrant outside(void)
{
	struct registrant r = registrant();

	r.source = "203.0.113.2";
	r.source_port = 40000;
	r.ttl = 63;
	return r;
}

/* One branch of a request, sent `times` as Timer A or E says: after 0, 0.5, 1.5, 3.5, 7.5 s. */
static void server_forks(struct registrant *r, double at_s, const char *method, unsigned n,
    unsigned branch, unsigned times)
{
	double wait_s = 0.5;

	for (unsigned i = 0; i < times; i++) {
		gen_sip(&r->script, at_s, registrant_route(r, false),
		    "%s sip:100@192.168.1.10:5060 SIP/2.0\n"
		    "Via: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-in-%u\n"
		    "From: <sip:server@203.0.113.10>;tag=in-%u\nTo: <sip:100@203.0.113.10>\n"
		    "Call-ID: in-%u@203.0.113.10\nCSeq: 1 %s\nContact: <sip:203.0.113.10>\n\n",
		    method, branch, n, n, method);
		at_s += wait_s;
		wait_s *= 2;
	}
}

/* A request of the server that has one branch alone. */
static void server_asks(
    struct registrant *r, double at_s, const char *method, unsigned n, unsigned times)
{
	server_forks(r, at_s, method, n, n, times);
}

static void phone_answers(struct registrant *r, double at_s, const char *method, unsigned n)
{
	gen_sip(&r->script, at_s, registrant_route(r, true),
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-in-%u\n"
	    "From: <sip:server@203.0.113.10>;tag=in-%u\nTo: <sip:100@203.0.113.10>;tag=phone\n"
	    "Call-ID: in-%u@203.0.113.10\nCSeq: 1 %s\n\n",
	    n, n, n, method);
}

/* Asked and answered. */
static void reachable(struct registrant *r, double at_s, unsigned n)
{
	server_asks(r, at_s, "OPTIONS", n, 1);
	phone_answers(r, at_s + 0.02, "OPTIONS", n);
}

static void keepalive(struct registrant *r, double at_s)
{
	gen_raw(&r->script, at_s, registrant_route(r, true), "\r\n\r\n", 4);
}

static const json_t *timeout_of(const json_t *report, double confidence)
{
	const json_t *f = only_finding(report, "nat-timeout");

	cr_expect_float_eq(
	    number_at(f, "confidence"), confidence, 1e-9, "%f", number_at(f, "confidence"));
	return f;
}

static bool says(const json_t *finding, const char *text)
{
	return strstr(text_at(finding, "summary"), text) != NULL;
}

/* --- the router does not forget --- */

Test(not_forgotten, every_request_is_answered)
{
	struct registrant r = outside();
	json_t *report;

	registrant_register(&r, 0, 300);
	for (unsigned n = 1; n < 8; n++) {
		reachable(&r, n * 30, n);
	}
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* A router that keeps ports shows nothing of what it forgets, as long as nobody asks. */
Test(not_forgotten, nobody_asks)
{
	struct registrant r = outside();
	json_t *report;

	r.source_port = 5060;
	for (int i = 0; i < 5; i++) {
		registrant_register(&r, i * 250, 300);
	}
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* One port for each request, or one after the other of two sockets: no silence did that. */
Test(not_forgotten, port_changes_without_a_silence)
{
	struct registrant r = outside();
	json_t *report;

	for (unsigned i = 0; i < 6; i++) {
		r.source_port = (uint16_t)(40000 + i);
		registrant_register(&r, i * 0.4 + (i > 3 ? 60 : 0), 300);
	}
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Two phones of one name and address behind one public address. */
Test(not_forgotten, port_goes_to_and_fro)
{
	struct registrant r = outside();
	json_t *report;

	for (unsigned i = 0; i < 6; i++) {
		r.source_port = (uint16_t)(40000 + i % 2);
		registrant_register(&r, i * 50, 300);
	}
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* The phone ignores what it does not know; or is switched off and comes back. */
Test(not_forgotten, phone_restarts)
{
	struct registrant r = outside();
	json_t *report;

	r.source_port = 5060;
	registrant_register(&r, 0, 300);
	reachable(&r, 10, 1);
	server_asks(&r, 60, "OPTIONS", 2, 5);
	r.call_id = "reg-2@192.168.1.10";
	registrant_register(&r, 100, 300);
	reachable(&r, 110, 3);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Late answers, after its own packet by chance, which its router lived through before. */
Test(not_forgotten, contradicted)
{
	struct registrant r = outside();
	json_t *report;
	const json_t *f;

	registrant_register(&r, 0, 300);
	reachable(&r, 100, 1);
	r.source_port = 40001;
	registrant_register(&r, 150, 300);
	report = registrant_report(&r);
	f = timeout_of(report, 0.4);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_not_null(text_at(f, "would_settle"));
	cr_expect_geq(length_at(f, "against"), 1);
	json_decref(report);
}

/*
 * Three customers of a carrier behind one of its addresses, whose routers all gave their phone the
 * same one, and who call without saying who they are.
 */
Test(not_forgotten, strangers_who_look_alike)
{
	struct registrant r = outside();
	json_t *report;

	r.user = "anonymous";
	for (unsigned i = 0; i < 6; i++) {
		static const char *const calls[] = {"a-1", "b-1", "c-1", "a-2", "b-2", "c-2"};

		r.source_port = (uint16_t)(40000 + i % 3 * 50);
		r.call_id = calls[i];
		r.cseq = 0;
		registrant_ask(&r, i * 90, "INVITE", "");
		registrant_answer(&r, i * 90 + 0.05, "INVITE", "486 Busy Here", "");
	}
	report = registrant_report(&r);
	cr_expect_null(finding_of_code(report, "nat-timeout"));
	json_decref(report);
}

/* A new Call-ID: phone and router may have been without power. A hint. */
Test(not_forgotten, another_port_after_a_restart)
{
	struct registrant r = outside();
	json_t *report;

	registrant_register(&r, 0, 300);
	r.source_port = 40001;
	r.call_id = "reg-2@192.168.1.10";
	registrant_register(&r, 100, 300);
	report = registrant_report(&r);
	timeout_of(report, 0.45);
	json_decref(report);
}

/* A new instance under the old Call-ID: another phone, or one that was set up anew. */
Test(not_forgotten, another_instance)
{
	struct registrant r = outside();
	json_t *report;

	r.contact_header = "Contact: <sip:100@192.168.1.10:5060>;+sip.instance=\"<urn:uuid:1>\"\n";
	registrant_register(&r, 0, 300);
	r.source_port = 40001;
	r.contact_header = "Contact: <sip:100@192.168.1.10:5060>;+sip.instance=\"<urn:uuid:2>\"\n";
	registrant_register(&r, 100, 300);
	report = registrant_report(&r);
	timeout_of(report, 0.45);
	json_decref(report);
}

/* Of two accounts the one registers anew before the other. */
Test(not_forgotten, another_account_after_a_restart)
{
	struct registrant r = registrant(), other;
	json_t *report;
	const json_t *f;

	r.told = ";received=203.0.113.2;rport=40000";
	registrant_register(&r, 0, 300);
	other = r;
	other.user = "101";
	other.call_id = "reg-1b@192.168.1.10";
	registrant_register(&other, 0.2, 300);
	other.told = ";received=203.0.113.2;rport=40001";
	other.call_id = "reg-2b@192.168.1.10";
	registrant_register(&other, 100, 300);
	r.script = other.script;
	r.told = other.told;
	r.call_id = "reg-2@192.168.1.10";
	registrant_register(&r, 100.2, 300);
	report = registrant_report(&r);
	f = timeout_of(report, 0.45);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	json_decref(report);
}

/* Its registration ran out meanwhile: it was away, and so it did not answer. */
Test(not_forgotten, phone_was_away)
{
	struct registrant r = outside();
	json_t *report;

	r.source_port = 5060;
	registrant_register(&r, 0, 60);
	reachable(&r, 10, 1);
	server_asks(&r, 50, "INVITE", 2, 5);
	registrant_register(&r, 200, 60);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* The router was restarted: all move at once, which counts as one. */
Test(not_forgotten, many_phones_move_at_once)
{
	struct registrant r = outside(), phones[3];
	json_t *report;

	for (unsigned i = 0; i < 3; i++) {
		static const char *const claims[] = {
		    "192.168.1.10:5060", "192.168.1.11:5060", "192.168.1.12:5060"};
		static const char *const calls[] = {"reg-a", "reg-b", "reg-c"};

		phones[i] = r;
		phones[i].claims = claims[i];
		phones[i].call_id = calls[i];
		for (unsigned again = 0; again < 2; again++) {
			phones[i].script = r.script;
			phones[i].source_port = (uint16_t)(40000 + 10 * i + again);
			registrant_register(&phones[i], again * 100 + i * 0.2, 300);
			r.script = phones[i].script;
		}
	}
	report = registrant_report(&r);
	timeout_of(report, 0.7);
	json_decref(report);
}

/* --- it does --- */

Test(forgotten, another_port_after_a_silence)
{
	struct registrant r = outside();
	json_t *report;
	const json_t *f;

	registrant_register(&r, 0, 300);
	reachable(&r, 58.05, 1);
	r.source_port = 40001;
	registrant_register(&r, 129.07, 300);
	report = registrant_report(&r);
	f = timeout_of(report, 0.7);
	cr_expect(says(f, "alive at 58.0 s, dead at 71.0 s"), "%s", text_at(f, "summary"));
	cr_expect_str_eq(text_at(f, "endpoints.0"), "192.168.1.10");
	cr_expect_not_null(
	    strstr(text_at(f, "remedy"), "at most 58.0 s of silence is known to be safe"));
	json_decref(report);
}

Test(forgotten, again_and_again)
{
	struct registrant r = outside();
	json_t *report;

	for (unsigned i = 0; i < 5; i++) {
		r.source_port = (uint16_t)(40000 + i);
		registrant_register(&r, i * 100, 300);
	}
	report = registrant_report(&r);
	cr_expect_not_null(strstr(
	    text_at(timeout_of(report, 0.85), "remedy"), "how much sooner is enough was not seen"));
	json_decref(report);
}

/* It registered there: what it calls by tells of its port, too. */
Test(forgotten, another_port_for_a_call)
{
	struct registrant r = outside();
	json_t *report;

	registrant_register(&r, 0, 300);
	reachable(&r, 40.05, 1);
	r.source_port = 40001;
	registrant_ask(&r, 140.07, "INVITE", "");
	registrant_answer(&r, 140.12, "INVITE", "486 Busy Here", "");
	report = registrant_report(&r);
	timeout_of(report, 0.7);
	json_decref(report);
}

/* The line gets another address each day; on the last one the router forgets. */
Test(forgotten, on_the_sixth_day)
{
	static const char *const days[] = {"203.0.113.2", "203.0.114.2", "203.0.115.2",
	    "203.0.116.2", "203.0.117.2", "203.0.118.2"};
	struct registrant r = registrant();
	json_t *report;
	char told[64];

	r.told = told;
	for (unsigned i = 0; i < 36; i++) {
		unsigned day = i / 6;

		(void)snprintf(told, sizeof(told), ";received=%s;rport=%u", days[day],
		    i < 30 ? 5060 : 40000 + i);
		registrant_register(&r, day * 86400.0 + i % 6 * 300, 90000);
	}
	report = registrant_report(&r);
	timeout_of(report, 0.85);
	cr_expect_eq(number_at(report, "evictions.nat_paths"), 2);
	json_decref(report);
}

/* The same as the phone sees it: the registrar's rport. */
Test(forgotten, told_by_rport)
{
	struct registrant r = registrant();
	json_t *report;

	r.told = ";received=203.0.113.2;rport=40000";
	registrant_register(&r, 0, 300);
	reachable(&r, 40, 1);
	r.told = ";received=203.0.113.2;rport=40001";
	registrant_register(&r, 140, 300);
	report = registrant_report(&r);
	cr_expect(says(timeout_of(report, 0.7), "alive at 40.0 s, dead at 100.0 s"));
	json_decref(report);
}

/* The repetition of a request gets through once a keep-alive has opened the mapping. */
Test(forgotten, answered_after_a_keepalive)
{
	struct registrant r = outside();
	json_t *report;
	const json_t *f;

	r.source_port = 5060;
	registrant_register(&r, 0, 3600);
	for (int i = 1; i <= 3; i++) {
		keepalive(&r, i * 60);
	}
	server_asks(&r, 236, "INVITE", 1, 4); /* the last at 239.5 s */
	keepalive(&r, 239);
	phone_answers(&r, 239.55, "INVITE", 1);
	report = registrant_report(&r);
	f = timeout_of(report, 0.85);
	cr_expect(says(f, "dead at 56.0 s"), "%s", text_at(f, "summary"));
	cr_expect_eq(number_at(f, "calls_total"), 1);
	json_decref(report);
}

/* A slow phone's answer to what came before the keep-alive proves nothing. */
Test(not_forgotten, answered_late)
{
	struct registrant r = outside();
	json_t *report;

	r.source_port = 5060;
	registrant_register(&r, 0, 3600);
	server_asks(&r, 50, "OPTIONS", 1, 2); /* at 50 and 50.5 s */
	keepalive(&r, 51);
	phone_answers(&r, 51.2, "OPTIONS", 1);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Never answered, after a silence longer than one that did no harm; the phone goes on. */
Test(forgotten, never_answered)
{
	struct registrant r = outside();
	json_t *report;
	const json_t *f;

	r.source_port = 5060;
	registrant_register(&r, 0, 3600);
	reachable(&r, 20, 1);
	server_asks(&r, 100, "INVITE", 2, 5);
	keepalive(&r, 150);
	reachable(&r, 155, 3);
	report = registrant_report(&r);
	f = timeout_of(report, 0.65);
	cr_expect(says(f, "alive at 19.9 s, dead at 80.0 s") ||
		      says(f, "alive at 20.0 s, dead at 80.0 s"),
	    "%s", text_at(f, "summary"));
	cr_expect_str_eq(text_at(f, "severity"), "critical");
	cr_expect_eq(number_at(f, "calls_total"), 1);
	json_decref(report);
}

/* Both sides of the router: `inside` is what it let through. */
static json_t *both_sides(struct registrant *in, struct registrant *out)
{
	const char *lan = strdup(story_write(&in->script, "lan.pcap"));
	json_t *report = report_of(
	    "--vantage lan=%s --vantage wan=%s", lan, story_write(&out->script, "wan.pcap"));

	gen_script_free(&in->script);
	gen_script_free(&out->script);
	free((char *)lan);
	return report;
}

static struct registrant outside_5060(void)
{
	struct registrant r = outside();

	r.source_port = 5060;
	return r;
}

/* What happens at both sides alike. */
static void on_both(struct registrant *in, struct registrant *out, double at_s, unsigned n)
{
	registrant_register(in, at_s, 300);
	registrant_register(out, at_s, 300);
	if (n) {
		reachable(in, at_s + 10, n);
		reachable(out, at_s + 10, n);
	}
}

Test(forgotten, seen_outside_and_not_inside)
{
	struct registrant in = registrant(), out = outside_5060();
	json_t *report;

	on_both(&in, &out, 0, 1);
	server_asks(&out, 60, "INVITE", 2, 5);
	on_both(&in, &out, 100, 3);
	report = both_sides(&in, &out);
	timeout_of(report, 0.9);
	json_decref(report);
}

/* --- requests that do not get through --- */

/* Inside it is seen, and the phone says nothing: no matter of the router's. */
Test(not_unreachable, phone_is_silent)
{
	struct registrant in = registrant(), out = outside_5060();
	json_t *report;

	on_both(&in, &out, 0, 0);
	server_asks(&in, 60, "INVITE", 2, 5);
	server_asks(&out, 60, "INVITE", 2, 5);
	on_both(&in, &out, 100, 0);
	report = both_sides(&in, &out);
	no_finding(report);
	json_decref(report);
}

/* Given up by the caller after a second; or the phone is never seen again. */
Test(not_unreachable, too_little_seen)
{
	struct registrant r = outside_5060();
	json_t *report;

	registrant_register(&r, 0, 3600);
	server_asks(&r, 60, "INVITE", 1, 2);
	keepalive(&r, 90);
	server_asks(&r, 120, "INVITE", 2, 6);
	registrant_idle_until(&r, 200);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* From inside, a phone that does not answer its server is another matter. */
Test(not_unreachable, seen_from_inside)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	server_asks(&r, 60, "INVITE", 1, 6);
	keepalive(&r, 100);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

/* Forked to where the phone is and to where it was: it is the former that it answers. */
Test(not_unreachable, asked_where_it_was_too)
{
	struct registrant r = outside();
	json_t *report;

	registrant_register(&r, 0, 3600);
	r.source_port = 40001;
	registrant_register(&r, 0.5, 3600);
	for (unsigned answered = 0; answered < 2; answered++) {
		double at_s = 20 + answered * 60;

		r.source_port = 40000;
		server_forks(&r, at_s, "INVITE", 1 + answered, 11 + answered, 5);
		r.source_port = 40001;
		if (answered) {
			server_forks(&r, at_s, "INVITE", 2, 2, 1);
			phone_answers(&r, at_s + 3, "INVITE", 2);
		}
		keepalive(&r, at_s + 20);
	}
	report = registrant_report(&r);
	cr_expect_null(finding_of_code(report, "inbound-unreachable"));
	json_decref(report);
}

/* The call got through to another phone: that this one was there to hear it is not known. */
Test(not_unreachable, answered_by_another_phone)
{
	struct registrant r = outside_5060(), other;
	json_t *report;

	registrant_register(&r, 0, 3600);
	server_asks(&r, 2, "INVITE", 1, 5);
	other = r;
	other.source = "198.51.100.9";
	other.user = "101";
	other.call_id = "reg-2@192.168.1.10";
	server_forks(&other, 2, "INVITE", 1, 11, 1);
	phone_answers(&other, 5, "INVITE", 1);
	story_rewrite(&(struct gen_script){.packets = &other.script.packets[other.script.count - 1],
			  .count = 1},
	    "branch=z9hG4bK-in-1", "branch=z9hG4bK-in-11");
	r.script = other.script;
	keepalive(&r, 20);
	report = registrant_report(&r);
	no_finding(report);
	json_decref(report);
}

Test(unreachable, from_outside)
{
	struct registrant r = outside_5060();
	json_t *report;
	const json_t *f;

	registrant_register(&r, 0, 3600);
	server_asks(&r, 2, "INVITE", 1, 6);
	keepalive(&r, 4);
	keepalive(&r, 20);
	report = registrant_report(&r);
	f = only_finding(report, "inbound-unreachable");
	cr_expect_float_eq(number_at(f, "confidence"), 0.6, 1e-9);
	cr_expect_eq(number_at(f, "calls_total"), 1);
	json_decref(report);
}

/* Within a call that was answered: what comes later does not get through. */
Test(unreachable, within_a_call)
{
	static const double after_s[] = {0, 0.5, 1.5, 3.5, 7.5};
	struct registrant r = outside_5060();
	json_t *report;
	const json_t *f;

	registrant_register(&r, 0, 3600);
	server_asks(&r, 1, "INVITE", 1, 1);
	phone_answers(&r, 1.5, "INVITE", 1);
	for (size_t i = 0; i < sizeof(after_s) / sizeof(after_s[0]); i++) {
		gen_sip(&r.script, 3 + after_s[i], registrant_route(&r, false),
		    "INVITE sip:100@192.168.1.10:5060 SIP/2.0\n"
		    "Via: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-in-again\n"
		    "From: <sip:server@203.0.113.10>;tag=in-1\n"
		    "To: <sip:100@203.0.113.10>;tag=phone\nCall-ID: in-1@203.0.113.10\n"
		    "CSeq: 2 INVITE\nContact: <sip:203.0.113.10>\n\n");
	}
	keepalive(&r, 5);
	keepalive(&r, 20);
	report = registrant_report(&r);
	f = finding_of_code(report, "inbound-unreachable");
	cr_assert_not_null(f);
	cr_expect_float_eq(number_at(f, "confidence"), 0.6, 1e-9);
	json_decref(report);
}

/* Of what a phone may ignore, a hint. */
Test(unreachable, by_options_alone)
{
	struct registrant r = outside_5060();
	json_t *report;
	const json_t *f;

	registrant_register(&r, 0, 3600);
	server_asks(&r, 2, "OPTIONS", 1, 6);
	keepalive(&r, 4);
	report = registrant_report(&r);
	f = only_finding(report, "inbound-unreachable");
	cr_expect_float_eq(number_at(f, "confidence"), 0.4, 1e-9);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_not_null(text_at(f, "would_settle"));
	json_decref(report);
}

Test(unreachable, dropped_by_the_router)
{
	struct registrant in = registrant(), out = outside_5060();
	json_t *report;
	const json_t *f;

	on_both(&in, &out, 0, 0);
	server_asks(&out, 2, "INVITE", 2, 5);
	on_both(&in, &out, 5, 0);
	on_both(&in, &out, 50, 0);
	report = both_sides(&in, &out);
	f = only_finding(report, "inbound-unreachable");
	cr_expect_float_eq(number_at(f, "confidence"), 0.9, 1e-9);
	json_decref(report);
}

/* Both ports of the router in one capture. */
Test(unreachable, dropped_by_the_router_in_one_capture)
{
	struct registrant in = registrant(), out = outside_5060();
	json_t *report;

	on_both(&in, &out, 0, 0);
	server_asks(&out, 2, "INVITE", 2, 5);
	on_both(&in, &out, 5, 0);
	on_both(&in, &out, 50, 0);
	{
		const char *lan = strdup(story_write(&in.script, "lan.pcap"));

		report = report_of("--vantage router=%s --vantage router=%s", lan,
		    story_write(&out.script, "wan.pcap"));
		free((char *)lan);
	}
	cr_expect_float_eq(
	    number_at(only_finding(report, "inbound-unreachable"), "confidence"), 0.9, 1e-9);
	json_decref(report);
	gen_script_free(&in.script);
	gen_script_free(&out.script);
}
