/* SPDX-License-Identifier: Apache-2.0 */
/*
 * registration-failed: what is none first, then each cause. Phones in these tests are those of
 * support/registrant.h.
 */
#include "registrant.h"

TestSuite(not_registration_failed, .fini = scratch_remove, .timeout = 60);
TestSuite(registration_failed, .fini = scratch_remove, .timeout = 60);

static const char challenge[] = "WWW-Authenticate: Digest realm=\"x\", nonce=\"1\"\n";
static const char credentials[] = "Expires: 300\nAuthorization: Digest username=\"100\"\n";

/* REGISTER without credentials, challenged, and with them: answered with this status. */
static void try_once(struct registrant *r, double at_s, const char *status, const char *headers)
{
	registrant_ask(r, at_s, "REGISTER", "Expires: 300\n");
	registrant_answer(r, at_s + 0.02, "REGISTER", "401 Unauthorized", challenge);
	registrant_ask(r, at_s + 0.04, "REGISTER", credentials);
	registrant_answer(r, at_s + 0.06, "REGISTER", status, headers);
}

/* Sent again by Timer E until Timer F (RFC 3261 17.1.2.2). */
static void try_in_vain(struct registrant *r, double at_s)
{
	double wait_s = 0.5;

	registrant_ask(r, at_s, "REGISTER", "Expires: 300\n");
	for (double after_s = wait_s; after_s < 31; after_s += wait_s) {
		registrant_repeat(r, at_s + after_s, "REGISTER", "Expires: 300\n");
		wait_s = wait_s < 2 ? wait_s * 2 : 4;
	}
}

static void expect_none(struct registrant *r)
{
	json_t *report = registrant_report(r);

	no_finding(report);
	json_decref(report);
}

static json_t *expect_one(struct registrant *r, const char *cause)
{
	json_t *report = registrant_report(r);

	only_finding(report, "registration-failed");
	cr_expect_str_eq(text_at(report, "findings.0.cause"), cause);
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "critical");
	cr_expect_str_eq(text_at(report, "registrations.0.findings.0"), "f1");
	return report;
}

/* An outage: the finding of all phones says what it is, however many they are. */
Test(registration_failed, of_very_many_phones)
{
	struct registrant r = registrant();
	json_t *report;
	char user[16], id[32];

	r.user = user;
	r.call_id = id;
	for (unsigned i = 0; i < 12000; i++) {
		bool busy = i % 2;

		(void)snprintf(user, sizeof(user), "u%u", i);
		(void)snprintf(id, sizeof(id), "outage-%u", i);
		registrant_ask(&r, i * 0.01, "REGISTER", "Expires: 300\n");
		registrant_answer(&r, i * 0.01 + 0.005, "REGISTER",
		    busy ? "503 Service Unavailable" : "500 Server Internal Error", "");
	}
	report = registrant_report(&r);
	only_finding(report, "registration-failed");
	cr_expect_not_null(strstr(text_at(report, "findings.0.summary"), "Several accounts"));
	json_decref(report);
}

/* --- none --- */

Test(not_registration_failed, a_challenge_that_is_answered)
{
	struct registrant r = registrant();

	try_once(&r, 0, "200 OK", "Contact: <sip:100@192.168.1.10:5060>;expires=300\n");
	expect_none(&r);
}

Test(not_registration_failed, capture_ends_at_the_challenge)
{
	struct registrant r = registrant();

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_answer(&r, 0.02, "REGISTER", "401 Unauthorized", challenge);
	expect_none(&r);
}

Test(not_registration_failed, capture_ends_while_it_waits)
{
	struct registrant r = registrant();

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_repeat(&r, 0.5, "REGISTER", "Expires: 300\n");
	registrant_repeat(&r, 1.5, "REGISTER", "Expires: 300\n");
	expect_none(&r);
}

/* It would have sent the request again: the answer passed elsewhere. */
Test(not_registration_failed, the_capture_shows_requests_only)
{
	struct registrant r = registrant();

	for (int i = 0; i < 5; i++) {
		registrant_ask(&r, i * 60.0, "REGISTER", credentials);
	}
	registrant_idle_until(&r, 400);
	expect_none(&r);
}

Test(not_registration_failed, a_stale_nonce)
{
	struct registrant r = registrant();

	registrant_ask(&r, 0, "REGISTER", credentials);
	registrant_answer(&r, 0.02, "REGISTER", "401 Unauthorized",
	    "WWW-Authenticate: Digest realm=\"x\", nonce=\"2\", stale=true\n");
	registrant_ask(&r, 0.04, "REGISTER", credentials);
	registrant_answer(&r, 0.06, "REGISTER", "401 Unauthorized",
	    "WWW-Authenticate: Digest realm=\"x\", nonce=\"3\", stale=true\n");
	expect_none(&r);
}

/* Said in words, to one whose credentials are accepted in the end; the phone comes back later. */
Test(not_registration_failed, a_nonce_that_has_changed)
{
	struct registrant r = registrant();
	json_t *report;

	try_once(&r, 0, "200 OK", "Contact: <sip:100@192.168.1.10:5060>;expires=300\n");
	try_once(&r, 60, "401 nonce has changed", challenge);
	registrant_idle_until(&r, 120);
	report = registrant_report(&r);
	no_finding(report);
	only_state(report, "registered");
	cr_expect_eq(figure(report, "failures"), 0);
	json_decref(report);
}

/* Challenged anew, a moment ago: who knows what comes. */
Test(not_registration_failed, refused_and_challenged_just_now)
{
	struct registrant r = registrant();

	try_once(&r, 0, "403 Forbidden", "");
	registrant_ask(&r, 60, "REGISTER", "Expires: 300\n");
	registrant_answer(&r, 60.02, "REGISTER", "401 Unauthorized", challenge);
	expect_none(&r);
}

Test(not_registration_failed, a_longer_interval_is_asked_for_and_given)
{
	struct registrant r = registrant();

	registrant_ask(&r, 0, "REGISTER", "Expires: 30\n");
	registrant_answer(&r, 0.02, "REGISTER", "423 Interval Too Brief", "Min-Expires: 300\n");
	registrant_register(&r, 0.1, 300);
	expect_none(&r);
}

Test(not_registration_failed, refused_at_first_and_accepted_later)
{
	struct registrant r = registrant();

	try_once(&r, 0, "503 Service Unavailable", "");
	try_in_vain(&r, 10);
	registrant_register(&r, 60, 300);
	registrant_idle_until(&r, 120);
	expect_none(&r);
}

Test(not_registration_failed, registered_at_the_second_registrar)
{
	struct registrant r = registrant();

	try_in_vain(&r, 0);
	r.server = "203.0.113.11";
	/* The same account: its domain is the first server's. */
	gen_sip(&r.script, 33, registrant_route(&r, true),
	    "REGISTER sip:203.0.113.10 SIP/2.0\nVia: SIP/2.0/UDP 192.168.1.10;branch=z9hG4bK-b\n"
	    "From: <sip:100@203.0.113.10>;tag=b\nTo: <sip:100@203.0.113.10>\nCall-ID: b\n"
	    "CSeq: 1 REGISTER\nContact: <sip:100@192.168.1.10:5060>\nExpires: 300\n\n");
	gen_sip(&r.script, 33.05, registrant_route(&r, false),
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 192.168.1.10;branch=z9hG4bK-b\n"
	    "From: <sip:100@203.0.113.10>;tag=b\nTo: <sip:100@203.0.113.10>;tag=c\nCall-ID: b\n"
	    "CSeq: 1 REGISTER\nContact: <sip:100@192.168.1.10:5060>;expires=300\n\n");
	registrant_idle_until(&r, 60);
	expect_none(&r);
}

Test(not_registration_failed, taking_it_back_is_refused)
{
	struct registrant r = registrant();

	registrant_register(&r, 0, 300);
	registrant_ask(&r, 10, "REGISTER", "Expires: 0\n");
	registrant_answer(&r, 10.02, "REGISTER", "403 Forbidden", "");
	expect_none(&r);
}

/* --- each cause --- */

Test(registration_failed, refused)
{
	struct registrant r = registrant();
	json_t *report;

	try_once(&r, 0, "403 Forbidden", "");
	try_once(&r, 30, "403 Forbidden", "");
	report = expect_one(&r, "refused");
	cr_expect(number_at(report, "findings.0.confidence") >= 0.9);
	cr_expect(strstr(text_at(report, "findings.0.summary"), "403 Forbidden"));
	cr_expect_str_eq(text_at(report, "findings.0.endpoints.0"), "192.168.1.10");
	cr_expect_eq(number_at(report, "findings.0.evidence.1.frame"), 8);
	json_decref(report);
}

Test(registration_failed, a_longer_interval_is_asked_for_and_not_given)
{
	struct registrant r = registrant();

	registrant_ask(&r, 0, "REGISTER", "Expires: 30\n");
	registrant_answer(&r, 0.02, "REGISTER", "423 Interval Too Brief", "Min-Expires: 300\n");
	registrant_idle_until(&r, 60);
	json_decref(expect_one(&r, "refused"));
}

Test(registration_failed, credentials)
{
	struct registrant r = registrant();
	json_t *report;

	try_once(&r, 0, "401 Unauthorized", challenge);
	try_once(&r, 30, "401 Unauthorized", challenge);
	report = expect_one(&r, "credentials");
	cr_expect(number_at(report, "findings.0.confidence") >= 0.9);
	json_decref(report);
}

/* The refusal is the proof, and not the challenges that came after it. */
Test(registration_failed, refused_and_then_challenged_only)
{
	struct registrant r = registrant();
	json_t *report;

	try_once(&r, 0, "403 Wrong password", "");
	try_once(&r, 90, "401 nonce has changed", challenge);
	registrant_idle_until(&r, 300);
	report = expect_one(&r, "refused");
	cr_expect_str_eq(text_at(report, "registrations.0.state"), "failed");
	cr_expect_eq(number_at(report, "findings.0.evidence.0.frame"), 3);
	cr_expect_eq(number_at(report, "findings.0.evidence.1.frame"), 4);
	cr_expect_str_eq(
	    text_at(report, "findings.0.evidence.1.text"), "answered \"403 Wrong password\"");
	cr_expect_float_eq(number_at(report, "findings.0.confidence"), 0.85, 1e-9);
	json_decref(report);
}

/* Only answers that are alike are counted together. */
Test(registration_failed, another_answer_each_time)
{
	struct registrant r = registrant();
	json_t *report;

	try_once(&r, 0, "403 Forbidden", "");
	try_once(&r, 60, "401 Unauthorized", challenge);
	report = expect_one(&r, "credentials");
	cr_expect_str_eq(
	    text_at(report, "findings.0.evidence.1.text"), "answered \"401 Unauthorized\"");
	cr_expect_float_eq(number_at(report, "findings.0.confidence"), 0.75, 1e-9);
	json_decref(report);
}

Test(registration_failed, unanswered)
{
	struct registrant r = registrant();
	json_t *report;

	try_in_vain(&r, 0);
	try_in_vain(&r, 40);
	registrant_idle_until(&r, 120);
	report = expect_one(&r, "unanswered");
	cr_expect_eq(number_at(report, "findings.0.evidence.0.frame"), 1);
	json_decref(report);
}

/* The capture ends before Timer F: all that was sent was in vain so far. */
Test(registration_failed, unanswered_to_the_end)
{
	static const double after_s[] = {0.5, 1.5, 3.5, 7.5, 11.5, 15.5};
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	for (size_t i = 0; i < sizeof(after_s) / sizeof(after_s[0]); i++) {
		registrant_repeat(&r, after_s[i], "REGISTER", "Expires: 300\n");
	}
	report = expect_one(&r, "unanswered");
	cr_expect_str_eq(text_at(report, "registrations.0.state"), "failed");
	cr_expect_str_eq(text_at(report, "registrations.0.reason"), "no answer");
	cr_expect(strcmp(text_at(report, "findings.0.first_time"),
		      text_at(report, "findings.0.last_time")) < 0);
	cr_expect_not_null(
	    strstr(text_at(report, "findings.0.remedy"), "outer side of the router"));
	json_decref(report);
}

/* Nobody is told to capture where a capture was made. */
Test(registration_failed, unanswered_outside_the_router)
{
	struct registrant in = registrant(), out = registrant();
	char *inside;
	json_t *report;

	out.source = "203.0.113.2";
	out.ttl = 63;
	try_in_vain(&in, 0);
	try_in_vain(&out, 0.001);
	inside = strdup(story_write(&in.script, "inside.pcap"));
	report = report_of(
	    "--vantage lan=%s --vantage wan=%s", inside, story_write(&out.script, "outside.pcap"));
	only_finding(report, "registration-failed");
	cr_expect_null(strstr(text_at(report, "findings.0.remedy"), "capture"));
	cr_expect_not_null(strstr(text_at(report, "findings.0.remedy"), "they leave the router"));
	cr_expect_eq(length_at(report, "findings.0.evidence"), 2);
	cr_expect_not_null(strstr(text_at(report, "findings.0.evidence.1.text"), "at wan"));
	cr_expect_str_eq(text_at(report, "registrations.1.findings.0"), "f1");
	json_decref(report);
	free(inside);
	gen_script_free(&in.script);
	gen_script_free(&out.script);
}

/* It does not wait for Timer F, but begins anew. */
Test(registration_failed, unanswered_and_tried_anew)
{
	struct registrant r = registrant();

	for (int i = 0; i < 20; i++) {
		registrant_ask(&r, i * 10.0, "REGISTER", "Expires: 300\n");
		registrant_repeat(&r, i * 10 + 0.5, "REGISTER", "Expires: 300\n");
		registrant_repeat(&r, i * 10 + 1.5, "REGISTER", "Expires: 300\n");
		registrant_repeat(&r, i * 10 + 3.5, "REGISTER", "Expires: 300\n");
	}
	json_decref(expect_one(&r, "unanswered"));
}

Test(registration_failed, redirected)
{
	struct registrant r = registrant();

	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	registrant_answer(
	    &r, 0.02, "REGISTER", "302 Moved Temporarily", "Contact: <sip:203.0.113.99>\n");
	registrant_idle_until(&r, 60);
	json_decref(expect_one(&r, "redirected"));
}

Test(registration_failed, phones_of_one_registrar_share_a_finding)
{
	struct registrant r = registrant();
	json_t *report;

	try_once(&r, 0, "403 Forbidden", "");
	r.source = "192.168.1.11";
	r.claims = "192.168.1.11:5060";
	r.user = "101";
	r.call_id = "reg-2@192.168.1.11";
	try_once(&r, 1, "403 Forbidden", "");
	report = expect_one(&r, "refused");
	cr_expect_eq(length_at(report, "findings.0.endpoints"), 2);
	cr_expect_str_eq(text_at(report, "registrations.1.findings.0"), "f1");
	json_decref(report);
}
