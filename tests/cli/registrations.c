/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrations: first what is no failure, then RFC 3665 section 2 flow by flow, mappings, floods,
 * several vantages, recordings.
 */
#include "data.h"
#include "registrant.h"

TestSuite(no_failure, .fini = scratch_remove, .timeout = 60);
TestSuite(registration, .fini = scratch_remove, .timeout = 60);

/* --- no failure --- */

Test(no_failure, a_challenge)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_answer(&r, 0.02, "REGISTER", "401 Unauthorized",
	    "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\n");
	registrant_register(&r, 0.04, 300);
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "failures"), 0);
	cr_expect_eq(figure(report, "challenges"), 1);
	cr_expect_eq(figure(report, "expires_s"), 300);
	cr_expect_eq(figure(report, "refreshes"), 0);
	cr_expect_eq(figure(report, "status_code"), 200);
	json_decref(report);
}

/* The phone remembers a nonce that is too old by now. */
Test(no_failure, a_stale_nonce)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 60);
	for (int i = 1; i <= 3; i++) {
		registrant_ask(&r, i * 50.0, "REGISTER",
		    "Expires: 60\nAuthorization: Digest username=\"100\"\n");
		registrant_answer(&r, i * 50 + 0.02, "REGISTER", "401 Unauthorized",
		    "WWW-Authenticate: Digest realm=\"x\", nonce=\"2\", stale=true\n");
		registrant_ask(&r, i * 50 + 0.04, "REGISTER", "Expires: 60\n");
		registrant_answer(&r, i * 50 + 0.05, "REGISTER", "401 Unauthorized",
		    "WWW-Authenticate: Digest realm=\"x\", nonce=\"3\", stale=true\n");
		registrant_register(&r, i * 50 + 0.06, 60);
	}
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "failures"), 0);
	cr_expect_eq(figure(report, "challenges"), 6);
	cr_expect_eq(figure(report, "refreshes"), 3);
	json_decref(report);
}

/* Challenged at the capture's end: nobody knows what came of it. */
Test(no_failure, capture_ends_at_the_challenge)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_answer(&r, 0.02, "REGISTER", "401 Unauthorized", "");
	report = registrant_report(&r);
	only_state(report, "in-progress");
	cr_expect_eq(figure(report, "failures"), 0);
	json_decref(report);
}

Test(no_failure, capture_ends_at_the_request)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_repeat(&r, 0.5, "REGISTER", "Expires: 300\n");
	report = registrant_report(&r);
	only_state(report, "in-progress");
	cr_expect(is_absent(report, "status_code"));
	cr_expect(json_is_null(at(report, "sip.ira_pct")));
	json_decref(report);
}

/* The answers take another way: the phone does not ask again, so it had one. */
Test(no_failure, answers_are_not_captured)
{
	struct registrant r = registrant();
	json_t *report;

	for (int i = 0; i < 4; i++) {
		registrant_ask(&r, i * 50.0, "REGISTER", "Expires: 60\n");
	}
	registrant_idle_until(&r, 300);
	report = registrant_report(&r);
	only_state(report, "in-progress");
	cr_expect_eq(figure(report, "failures"), 0);
	cr_expect(json_is_null(at(report, "sip.ira_pct")));
	json_decref(report);
}

/* RFC 3261 10.3 step 7: a longer interval is asked for, and given. */
Test(no_failure, interval_too_brief)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 30\n");
	registrant_answer(&r, 0.02, "REGISTER", "423 Interval Too Brief", "Min-Expires: 120\n");
	registrant_register(&r, 0.04, 120);
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "failures"), 0);
	cr_expect_eq(figure(report, "expires_s"), 120);
	json_decref(report);
}

Test(no_failure, a_lost_answer_is_sent_again)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_repeat(&r, 0.5, "REGISTER", "Expires: 300\n");
	registrant_repeat(&r, 1.5, "REGISTER", "Expires: 300\n");
	registrant_answer(&r, 1.55, "REGISTER", "200 OK", "Expires: 300\n");
	registrant_answer(&r, 1.7, "REGISTER", "200 OK", "Expires: 300\n");
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "refreshes"), 0);
	cr_expect_eq(number_at(report, "sip.registers"), 1);
	cr_expect_float_eq(number_at(report, "sip.rrd_ms"), 1550, 1e-3);
	json_decref(report);
}

/* Unregistering is what it wanted; then it comes back. */
Test(no_failure, unregistered_and_registered_again)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 300);
	registrant_register(&r, 10, 0);
	registrant_register(&r, 20, 300);
	registrant_register(&r, 120, 300);
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "refreshes"), 1);
	cr_expect_eq(figure(report, "failures"), 0);
	json_decref(report);
}

/* The answer lists what is left: another phone's contact, which is not ours by another name. */
Test(no_failure, unregistered_beside_another_phone)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 300);
	registrant_ask(&r, 10, "REGISTER", "Expires: 0\n");
	registrant_answer(
	    &r, 10.05, "REGISTER", "200 OK", "Contact: <sip:100@192.168.1.11:5060>;expires=250\n");
	report = registrant_report(&r);
	only_state(report, "unregistered");
	cr_expect(is_absent(report, "expires_s"));
	json_decref(report);
}

/* A phone that starts again has a new Call-ID and port: no mapping changed, nothing expired. */
Test(no_failure, refresh_from_a_new_port_after_a_reboot)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 60);
	r.call_id = "reg-2@192.168.1.10";
	r.claims = "192.168.1.10:5071";
	r.source_port = 5071;
	registrant_register(&r, 20, 60);
	registrant_register(&r, 70, 60);
	registrant_idle_until(&r, 100);
	report = registrant_report(&r);
	cr_assert_eq(length_at(report, "registrations"), 2);
	cr_expect_str_eq(text_at(report, "registrations.0.state"), "replaced");
	cr_expect_str_eq(text_at(report, "registrations.1.state"), "registered");
	cr_expect_eq(number_at(report, "registrations.0.mapping_changes"), 0);
	cr_expect_eq(number_at(report, "registrations.1.mapping_changes"), 0);
	json_decref(report);
}

/* The same after a reboot behind NAT, where the phone keeps its port and the router does not. */
Test(no_failure, another_mapping_after_a_reboot)
{
	struct registrant r = registrant();
	json_t *report;

	r.source = "198.51.100.7";
	r.source_port = 40001;
	registrant_register(&r, 0, 60);
	r.call_id = "reg-2@192.168.1.10";
	r.source_port = 40002;
	registrant_register(&r, 50, 60);
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "mapping_changes"), 0);
	json_decref(report);
}

/* Two phones of one owner behind one router: two registrations, not one that jumps about. */
Test(no_failure, two_phones_of_one_address)
{
	struct registrant a = registrant(), b = registrant();
	json_t *report;

	a.source = b.source = "198.51.100.7";
	a.source_port = 40001;
	b.source_port = 40002;
	b.claims = "192.168.1.11:5060";
	b.call_id = "reg-1@192.168.1.11";
	for (int i = 0; i < 4; i++) {
		registrant_register(&a, i * 50, 60);
		b.script = a.script;
		registrant_register(&b, i * 50 + 10, 60);
		a.script = b.script;
	}
	report = registrant_report(&a);
	cr_assert_eq(length_at(report, "registrations"), 2);
	for (int i = 0; i < 2; i++) {
		const json_t *one = json_array_get(at(report, "registrations"), (size_t)i);

		cr_expect_str_eq(text_at(one, "state"), "registered");
		cr_expect_eq(number_at(one, "mapping_changes"), 0);
		cr_expect_eq(number_at(one, "refreshes"), 3);
		cr_expect_str_eq(text_at(one, "nat"), "behind-nat");
	}
	json_decref(report);
}

/* Two sites with the same private addresses and one account between them. */
Test(no_failure, two_phones_with_one_private_address)
{
	struct registrant a = registrant(), b = registrant();
	json_t *report;

	a.source = "198.51.100.7";
	b.source = "198.51.100.99";
	b.call_id = "reg-other@192.168.1.10";
	for (int i = 0; i < 4; i++) {
		registrant_register(&a, i * 50, 60);
		b.script = a.script;
		registrant_register(&b, i * 50 + 10, 60);
		a.script = b.script;
	}
	report = registrant_report(&a);
	cr_expect_eq(figure(report, "mapping_changes"), 0);
	json_decref(report);
}

/* Two lines of one phone share its port. */
Test(no_failure, two_lines_of_one_phone)
{
	struct registrant a = registrant(), b = registrant();
	json_t *report;

	b.user = "101";
	b.call_id = "reg-line-2@192.168.1.10";
	registrant_register(&a, 0, 60);
	b.script = a.script;
	registrant_register(&b, 1, 60);
	report = registrant_report(&b);
	cr_assert_eq(length_at(report, "registrations"), 2);
	cr_expect_str_eq(text_at(report, "registrations.0.aor"), "sip:100@203.0.113.10");
	cr_expect_str_eq(text_at(report, "registrations.1.aor"), "sip:101@203.0.113.10");
	json_decref(report);
}

/* --- RFC 3665 section 2 --- */

/* 2.1 */
Test(registration, new)
{
	struct registrant r = registrant();
	json_t *report;

	r.told = ";received=192.168.1.10;rport=5060";
	registrant_ask(&r, 0, "REGISTER", "");
	registrant_answer(&r, 0.02, "REGISTER", "401 Unauthorized", "");
	registrant_ask(&r, 0.04, "REGISTER", "");
	registrant_answer(
	    &r, 0.06, "REGISTER", "200 OK", "Contact: <sip:100@192.168.1.10:5060>;expires=3600\n");
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_str_eq(text_at(report, "registrations.0.aor"), "sip:100@203.0.113.10");
	cr_expect_str_eq(text_at(report, "registrations.0.contact"), "sip:100@192.168.1.10:5060");
	cr_expect_str_eq(text_at(report, "registrations.0.source"), "192.168.1.10:5060");
	cr_expect_str_eq(text_at(report, "registrations.0.registrar"), "203.0.113.10:5060");
	cr_expect_str_eq(text_at(report, "registrations.0.user_agent"), "Registrant/1.0");
	cr_expect_str_eq(text_at(report, "registrations.0.nat"), "none");
	cr_expect_eq(figure(report, "expires_s"), 3600);
	cr_expect(is_absent(report, "keepalive_interval_s"));
	json_decref(report);
}

/* 2.2: a second contact beside the first, which the answer lists too. */
Test(registration, update_of_the_contact_list)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	r.contact_header = "Contact: mailto:bob@biloxi.example.com\n";
	registrant_ask(&r, 5, "REGISTER", "Expires: 600\n");
	registrant_answer(&r, 5.05, "REGISTER", "200 OK",
	    "Contact: <sip:100@192.168.1.10:5060>;expires=3595\n"
	    "Contact: <mailto:bob@biloxi.example.com>;expires=600\n");
	report = registrant_report(&r);
	cr_assert_eq(length_at(report, "registrations"), 2);
	cr_expect_eq(number_at(report, "registrations.0.expires_s"), 3600);
	cr_expect_eq(number_at(report, "registrations.0.refreshes"), 0);
	cr_expect_str_eq(
	    text_at(report, "registrations.1.contact"), "mailto:bob@biloxi.example.com");
	cr_expect_eq(number_at(report, "registrations.1.expires_s"), 600);
	json_decref(report);
}

/* 2.3: a request without a Contact only asks. */
Test(registration, request_for_the_contact_list)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	r.contact_header = "";
	registrant_ask(&r, 5, "REGISTER", "");
	registrant_answer(
	    &r, 5.05, "REGISTER", "200 OK", "Contact: <sip:100@192.168.1.10:5060>;expires=3595\n");
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "expires_s"), 3600);
	cr_expect_eq(figure(report, "refreshes"), 0);
	cr_expect_eq(number_at(report, "sip.registers"), 2);
	json_decref(report);
}

/* 2.4 */
Test(registration, cancellation)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	r.contact_header = "Contact: *\n";
	registrant_ask(&r, 5, "REGISTER", "Expires: 0\n");
	registrant_answer(&r, 5.02, "REGISTER", "401 Unauthorized", "");
	registrant_ask(&r, 5.04, "REGISTER", "Expires: 0\n");
	registrant_answer(&r, 5.06, "REGISTER", "200 OK", "");
	report = registrant_report(&r);
	only_state(report, "unregistered");
	cr_expect(is_absent(report, "expires_s"));
	cr_expect_eq(figure(report, "failures"), 0);
	json_decref(report);
}

/* 2.5: the credentials are wrong, and challenged again. */
Test(registration, unsuccessful)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "");
	registrant_answer(&r, 0.02, "REGISTER", "401 Unauthorized", "");
	registrant_ask(&r, 0.04, "REGISTER", "Authorization: Digest username=\"100\"\n");
	registrant_answer(&r, 0.06, "REGISTER", "401 Unauthorized", "");
	report = registrant_report(&r);
	only_state(report, "failed");
	cr_expect_eq(figure(report, "status_code"), 401);
	cr_expect_str_eq(text_at(report, "registrations.0.reason"), "Unauthorized");
	cr_expect_eq(figure(report, "failures"), 1);
	json_decref(report);
}

Test(registration, forbidden)
{
	struct registrant r = registrant();
	struct outcome text;
	json_t *report;
	const char *path;

	registrant_ask(&r, 0, "REGISTER", "");
	registrant_answer(&r, 0.02, "REGISTER", "403 Not \033[31mhere", "");
	path = story_write(&r.script, "forbidden.pcap");
	text = run("analyze %s", path);
	cr_expect_not_null(strstr(text.out, "REGISTRATIONS"));
	cr_expect_not_null(strstr(text.out, "403 Not <U+001B>[31mhere"));
	outcome_free(&text);
	report = registrant_report(&r);
	only_state(report, "failed");
	cr_expect_eq(figure(report, "status_code"), 403);
	cr_expect_float_eq(number_at(report, "sip.ira_pct"), 100, 1e-9);
	json_decref(report);
}

/* Timer E doubles to four seconds, Timer F ends it after 32 (RFC 3261 17.1.2.2). */
Test(registration, never_answered)
{
	static const double again_s[] = {0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5};
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 60\n");
	for (size_t i = 0; i < sizeof(again_s) / sizeof(again_s[0]); i++) {
		registrant_repeat(&r, again_s[i], "REGISTER", "Expires: 60\n");
	}
	registrant_idle_until(&r, 40);
	report = registrant_report(&r);
	only_state(report, "failed");
	cr_expect(is_absent(report, "status_code"));
	cr_expect_str_eq(text_at(report, "registrations.0.reason"), "no answer");
	cr_expect_eq(figure(report, "failures"), 1);
	cr_expect_eq(number_at(report, "sip.registers"), 1);
	cr_expect_float_eq(number_at(report, "sip.ira_pct"), 100, 1e-9);
	json_decref(report);
}

Test(registration, expires_without_refresh)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 60);
	registrant_idle_until(&r, 200);
	report = registrant_report(&r);
	only_state(report, "expired");
	json_decref(report);
}

/* The registrar grants less than was asked for, under a Contact that an SBC rewrote. */
Test(registration, granted_less)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 3600\n");
	registrant_answer(&r, 0.05, "REGISTER", "200 OK",
	    "Contact: <sip:100@203.0.113.10:5060;sbc=1>;expires=45\n");
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "expires_s"), 45);
	json_decref(report);
}

/* Of several contacts with their own times none is ours: it is not known how long it holds. */
Test(registration, grant_unknown)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 3600\n");
	registrant_answer(&r, 0.05, "REGISTER", "200 OK",
	    "Contact: <sip:x@203.0.113.10>;expires=45, <sip:y@203.0.113.10>;expires=20\n");
	registrant_idle_until(&r, 100);
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect(is_absent(report, "expires_s"));
	json_decref(report);
}

/* The capture begins between request and answer. */
Test(registration, capture_begins_in_the_middle)
{
	struct registrant r = registrant();
	json_t *report;

	r.cseq = 7;
	registrant_answer(
	    &r, 0.05, "REGISTER", "200 OK", "Contact: <sip:100@192.168.1.10:5060>;expires=60\n");
	registrant_register(&r, 50, 60);
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_str_eq(text_at(report, "registrations.0.source"), "192.168.1.10:5060");
	cr_expect_str_eq(text_at(report, "registrations.0.registrar"), "203.0.113.10:5060");
	cr_expect_eq(figure(report, "refreshes"), 1);
	json_decref(report);
}

/* --- mappings --- */

/* Outside: the same phone, by its Call-ID and Contact, comes from another port. */
Test(registration, mapping_changes_seen_outside)
{
	struct registrant r = registrant();
	json_t *report;

	r.source = "198.51.100.7";
	for (int i = 0; i < 4; i++) {
		r.source_port = (uint16_t)(40000 + i / 2);
		registrant_register(&r, i * 50, 60);
	}
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "mapping_changes"), 1);
	cr_expect_eq(figure(report, "refreshes"), 3);
	cr_expect_str_eq(text_at(report, "registrations.0.nat"), "behind-nat");
	json_decref(report);
}

/* Inside: only the registrar's received and rport tell. */
Test(registration, mapping_changes_told_inside)
{
	static const char *const told[] = {";received=198.51.100.7;rport=40000",
	    ";received=198.51.100.7;rport=40001", ";received=198.51.100.7;rport=40001",
	    ";received=198.51.100.8;rport=40001"};
	struct registrant r = registrant();
	json_t *report;

	for (int i = 0; i < 4; i++) {
		r.told = told[i];
		registrant_register(&r, i * 50, 60);
	}
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "mapping_changes"), 2);
	cr_expect_str_eq(text_at(report, "registrations.0.nat"), "behind-nat");
	json_decref(report);
}

/* --- floods --- */

/* Invented users by the thousand: bounded and counted, and the phone that works stays. */
Test(registration, flood)
{
	struct registrant r = registrant(), scan = registrant();
	json_t *report, *one;
	char user[32], call_id[32];
	bool seen = false;
	size_t i;

	registrant_register(&r, 0, 3600);
	scan.script = r.script;
	scan.source = "198.51.100.66";
	scan.claims = "198.51.100.66:5060";
	for (unsigned n = 0; n < 5000; n++) {
		(void)snprintf(user, sizeof(user), "u%u", n);
		(void)snprintf(call_id, sizeof(call_id), "scan-%u", n);
		scan.user = user;
		scan.call_id = call_id;
		registrant_ask(&scan, 1 + n * 0.002, "REGISTER", "");
		registrant_answer(&scan, 1.001 + n * 0.002, "REGISTER", "404 Not Found", "");
	}
	report = report_of("--max-calls 200 %s", story_write(&scan.script, "flood.pcap"));
	cr_expect_leq(length_at(report, "registrations"), 200);
	cr_expect_gt(number_at(report, "evictions.registrations"), 4000);
	cr_expect_eq(number_at(report, "sip.registers"), 5001);
	cr_expect_eq(number_at(report, "sip.registers_failed"), 5000);
	json_array_foreach(at(report, "registrations"), i, one)
	{
		seen |= strcmp(text_at(one, "aor"), "sip:100@203.0.113.10") == 0;
	}
	cr_expect(seen, "the real registration was given up");
	json_decref(report);
	gen_script_free(&scan.script);
}

/* --- several vantages --- */

/* Inside and outside of one router: two views, one request in the ratios, by the inner clock. */
Test(registration, two_vantages)
{
	static const struct gen_router router = {
	    .inside = "192.168.1.10", .outside = "198.51.100.7"};

	for (int hours = -1; hours <= 1; hours++) {
		struct registrant r = registrant();
		struct gen_script wan = {0};
		const char *lan_path, *wan_path;
		json_t *report;

		r.told = ";received=198.51.100.7;rport=5060";
		for (int i = 0; i < 3; i++) {
			registrant_register(&r, i * 50, 60);
		}
		gen_script_route(&wan, &r.script, &router);
		for (size_t i = 0; i < wan.count; i++) {
			/* Outside the answer comes 20 ms sooner after the request. */
			wan.packets[i].at_s += hours * 3600 + (i % 2 ? -0.01 : 0.01);
		}
		lan_path = story_write(&r.script, "lan.pcap");
		wan_path = story_write(&wan, "wan.pcap");
		report = report_of("%s %s", lan_path, wan_path);
		cr_assert_eq(length_at(report, "registrations"), 2);
		for (size_t i = 0; i < 2; i++) {
			const json_t *one = json_array_get(at(report, "registrations"), i);

			cr_expect_str_eq(text_at(one, "state"), "registered");
			cr_expect_str_eq(text_at(one, "nat"), "behind-nat");
			cr_expect_eq(number_at(one, "refreshes"), 2);
			cr_expect_eq(number_at(one, "mapping_changes"), 0);
		}
		cr_expect_eq(number_at(report, "sip.registers"), 3);
		cr_expect_float_eq(number_at(report, "sip.rrd_ms"), 50, 0.1);
		json_decref(report);
		gen_script_free(&wan);
		gen_script_free(&r.script);
	}
}

/* Whatever the threads do. */
Test(registration, same_for_every_number_of_workers)
{
	struct registrant r = registrant();
	struct outcome alone;
	const char *path;

	for (int i = 0; i < 20; i++) {
		registrant_register(&r, i * 50, 60);
		gen_raw(&r.script, i * 50 + 20, registrant_route(&r, true), "\r\n\r\n", 4);
	}
	path = story_write(&r.script, "workers.pcap");
	alone = run("analyze --format json --workers 0 %s", path);
	for (int workers = 1; workers <= 4; workers += 3) {
		struct outcome many = run("analyze --format json --workers %d %s", workers, path);

		cr_expect_str_eq(many.out, alone.out);
		outcome_free(&many);
	}
	outcome_free(&alone);
	gen_script_free(&r.script);
}

/* One line each, and the ratios in the last. */
Test(registration, ndjson)
{
	struct registrant r = registrant();
	struct outcome o;

	registrant_register(&r, 0, 60);
	registrant_ask(&r, 1, "OPTIONS", "");
	registrant_answer(&r, 1.02, "OPTIONS", "200 OK", "");
	o = run("analyze --format ndjson %s", story_write(&r.script, "lines.pcap"));
	cr_expect_eq(o.code, 0);
	cr_expect_not_null(strstr(o.out, "\n{\"type\":\"registration\",\"id\":\"r1\""));
	cr_expect_not_null(strstr(o.out, "\n{\"type\":\"exchange\",\"id\":\"x1\""));
	cr_expect_not_null(strstr(o.out, "\"sip\":{\"rrd_ms\":50.0"));
	outcome_free(&o);
	gen_script_free(&r.script);
}

/* --- recordings, checked frame by frame with another tool --- */

Test(registration, recordings)
{
	static const struct {
		const char *file, *aor, *state;
		double status_code, expires_s, refreshes, challenges, failures; /* -1: absent */
	} rows[] = {
	    {"zeek__zeek/testing/btest/Traces/sip/wireshark.pcap", "sip:voi18063@sip.cybercity.dk",
		"failed", 401, -1, 0, 3, 1},
	    {"zeek__zeek/testing/btest/Traces/sip/wireshark.pcap", "sip:voi18062@sip.cybercity.dk",
		"registered", 401, 1200, 0, 5, 0},
	    {"zeek__zeek/testing/btest/Traces/sip/wireshark.pcap", "sip:35104723@sip.cybercity.dk",
		"registered", 200, 1200, 1, 6, 0},
	    {"goffinet__sip_captures/sip-register-ok-unregister.pcapng",
		"sip:telephone1@172.16.98.101", "unregistered", 200, -1, 0, 2, 0},
	    {"goffinet__sip_captures/sip-register-wrong_user-401-403-404.pcapng",
		"sip:telephone0@172.16.98.101", "failed", 403, -1, 0, 1, 1},
	    {"goffinet__sip_captures/sip-register-to-repo-proxy.pcapng",
		"sip:telephone2@domain.com", "failed", 480, -1, 0, 0, 5},
	    {"goffinet__sip_captures/sip-register-to-repo-proxy.pcapng",
		"sip:telephone2@domain.xyz", "registered", 200, 3600, 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char name[256];
		const json_t *found = NULL;
		json_t *report, *one;
		size_t k;

		(void)snprintf(name, sizeof(name), "captures/%s", rows[i].file);
		report = report_of("%s", data_path(name));
		json_array_foreach(at(report, "registrations"), k, one)
		{
			if (strcmp(text_at(one, "aor"), rows[i].aor) == 0) {
				found = one;
			}
		}
		cr_assert_not_null(found, "%s: %s", rows[i].file, rows[i].aor);
		cr_expect_str_eq(text_at(found, "state"), rows[i].state);
		cr_expect_eq(number_at(found, "status_code"), rows[i].status_code);
		cr_expect_eq(at(found, "expires_s") ? number_at(found, "expires_s") : -1,
		    rows[i].expires_s, "%s: %s", rows[i].file, rows[i].aor);
		cr_expect_eq(number_at(found, "refreshes"), rows[i].refreshes);
		cr_expect_eq(number_at(found, "challenges"), rows[i].challenges);
		cr_expect_eq(number_at(found, "failures"), rows[i].failures);
		json_decref(report);
	}
}
