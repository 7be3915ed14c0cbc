/* SPDX-License-Identifier: Apache-2.0 */
/* sip-scan: who asks for much and is no scanner first. */
#include "data.h"
#include "story.h"

TestSuite(not_sip_scan, .fini = scratch_remove, .timeout = 60);
TestSuite(sip_scan, .fini = scratch_remove, .timeout = 60);

struct knocking {
	struct gen_script script;
	const char *from, *agent;
	const char *headers; /* of each request; whole lines */
	unsigned count;
	bool hosts; /* the count is of hosts asked, not of extensions */
};

static struct knocking knocking(const char *from)
{
	return (struct knocking){.from = from, .agent = "Phone/1.0", .headers = ""};
}

/* One request more, and its answer; status: NULL for none. */
static void knock(struct knocking *k, const char *method, const char *user, const char *status)
{
	unsigned n = k->count++;
	double at_s = n * 0.2;
	char host[32];
	struct gen_end from = gen_end(k->from, 5060), to;

	(void)snprintf(host, sizeof(host), "203.0.113.%u", k->hosts ? 10 + n : 10);
	to = gen_end(host, 5060);
	gen_sip(&k->script, at_s, (struct gen_route){from, to, 0, 50},
	    "%s sip:%s@%s SIP/2.0\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-k%u\n"
	    "From: <sip:%s@%s>;tag=k%u\nTo: <sip:%s@%s>\nCall-ID: knock-%u\nCSeq: 1 %s\n"
	    "Contact: <sip:%s@%s:5060>\nMax-Forwards: 70\nUser-Agent: %s\n%s\n",
	    method, user, host, k->from, n, user, host, n, user, host, n, method, user, k->from,
	    k->agent, k->headers);
	if (status) {
		gen_sip(&k->script, at_s + 0.02, (struct gen_route){to, from, 0, 64},
		    "SIP/2.0 %s\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-k%u\n"
		    "From: <sip:%s@%s>;tag=k%u\nTo: <sip:%s@%s>;tag=s\nCall-ID: knock-%u\n"
		    "CSeq: 1 %s\n\n",
		    status, k->from, n, user, host, n, user, host, n, method);
	}
}

static void knock_series(
    struct knocking *k, const char *method, unsigned first, unsigned count, const char *status)
{
	char user[16];

	for (unsigned i = 0; i < count; i++) {
		(void)snprintf(user, sizeof(user), "%u", first + i);
		knock(k, method, user, status);
	}
}

static json_t *knocked(struct knocking *k)
{
	json_t *report = report_of("%s", story_write(&k->script, "knock.pcap"));

	gen_script_free(&k->script);
	return report;
}

static void expect_none(struct knocking *k)
{
	json_t *report = knocked(k);

	no_finding(report);
	json_decref(report);
}

static json_t *expect_scan(struct knocking *k)
{
	json_t *report = knocked(k);

	only_finding(report, "sip-scan");
	cr_expect_str_eq(text_at(report, "findings.0.endpoints.0"), k->from);
	return report;
}

/* --- no scanners --- */

Test(not_sip_scan, monitoring_that_is_answered)
{
	struct knocking k = knocking("198.51.100.1");

	k.hosts = true;
	knock_series(&k, "OPTIONS", 100, 40, "200 OK");
	expect_none(&k);
}

Test(not_sip_scan, monitoring_of_one_server_that_is_down)
{
	struct knocking k = knocking("198.51.100.1");

	for (int i = 0; i < 40; i++) {
		knock(&k, "OPTIONS", "ping", NULL);
	}
	expect_none(&k);
}

/* A telephone system whose trunk is blocked. */
Test(not_sip_scan, refused_calls_from_inside)
{
	struct knocking k = knocking("192.168.1.10");

	knock_series(&k, "INVITE", 4930000, 40, "403 Forbidden");
	expect_none(&k);
}

Test(not_sip_scan, refused_calls_with_credentials)
{
	struct knocking k = knocking("198.51.100.1");

	k.headers = "Authorization: Digest username=\"trunk\"\n";
	knock_series(&k, "INVITE", 4930000, 40, "403 Forbidden");
	expect_none(&k);
}

Test(not_sip_scan, wrong_numbers_of_a_provider_that_also_calls_right_ones)
{
	struct knocking k = knocking("198.51.100.1");

	knock(&k, "INVITE", "100", "200 OK");
	knock_series(&k, "INVITE", 200, 40, "404 Not Found");
	expect_none(&k);
}

Test(not_sip_scan, a_few_wrong_numbers)
{
	struct knocking k = knocking("198.51.100.1");

	knock_series(&k, "INVITE", 200, 9, "404 Not Found");
	expect_none(&k);
}

Test(not_sip_scan, a_dialler_that_is_answered)
{
	struct knocking k = knocking("198.51.100.1");

	k.agent = "sipcli/v1.8";
	knock_series(&k, "INVITE", 200, 20, "200 OK");
	expect_none(&k);
}

/* Each account tried again and again: a telephone system whose provider refuses it. */
Test(not_sip_scan, a_system_that_insists_on_its_accounts)
{
	struct knocking k = knocking("198.51.100.1");
	json_t *report;

	for (int i = 0; i < 6; i++) {
		knock_series(&k, "REGISTER", 100, 12, "403 Forbidden");
	}
	report = knocked(&k);
	only_finding(report, "registration-failed");
	json_decref(report);
}

/* What the capture lacks of a mirror of one direction: everything that goes to the provider. */
static void calls_in(struct knocking *k, const char *method, const char *user, unsigned n)
{
	gen_sip(&k->script, n * 0.2 + (*method == 'A' ? 0.05 : 0.1),
	    (struct gen_route){gen_end(k->from, 5060), gen_end("203.0.113.10", 5060), 0, 50},
	    "%s sip:%s@203.0.113.10 SIP/2.0\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-%s%u\n"
	    "From: <sip:%s@203.0.113.10>;tag=k%u\nTo: <sip:%s@203.0.113.10>;tag=s\n"
	    "Call-ID: knock-%u\nCSeq: %u %s\nMax-Forwards: 70\n\n",
	    method, user, k->from, method, n, user, n, user, n, *method == 'A' ? 1 : 2, method);
}

static void expect_no_scan(struct knocking *k)
{
	json_t *report = knocked(k);

	cr_expect_null(finding_of_code(report, "sip-scan"));
	json_decref(report);
}

/* Its calls came about, as their ACK and BYE show. */
Test(not_sip_scan, a_provider_in_a_mirror_of_one_direction)
{
	struct knocking k = knocking("198.51.100.1");
	char user[16];

	for (unsigned n = 0; n < 12; n++) {
		(void)snprintf(user, sizeof(user), "%u", 4930000 + n);
		knock(&k, "INVITE", user, NULL);
		calls_in(&k, "ACK", user, n);
		calls_in(&k, "BYE", user, n);
	}
	expect_no_scan(&k);
}

/* Nothing of the one who is called is in the capture: what he answers is not known. */
Test(not_sip_scan, calls_without_any_answer_seen)
{
	struct knocking k = knocking("198.51.100.1");

	knock_series(&k, "INVITE", 4930000, 30, NULL);
	expect_no_scan(&k);
}

/* --- scanners --- */

Test(sip_scan, a_tool_that_says_so)
{
	struct knocking k = knocking("198.51.100.66");
	json_t *report;

	k.agent = "friendly-scanner";
	knock(&k, "OPTIONS", "100", NULL);
	report = expect_scan(&k);
	cr_expect(number_at(report, "findings.0.confidence") >= 0.8);
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "warning");
	cr_expect_eq(length_at(report, "findings.0.evidence"), 1, "of one frame");
	cr_expect_not_null(strstr(text_at(report, "findings.0.evidence.0.text"), "friendly"));
	json_decref(report);
}

Test(sip_scan, answered_options_let_nobody_in)
{
	struct knocking k = knocking("198.51.100.66");
	json_t *report;

	k.agent = "friendly-scanner";
	knock(&k, "OPTIONS", "100", "200 OK");
	report = expect_scan(&k);
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "warning");
	json_decref(report);
}

Test(sip_scan, its_calls_are_named)
{
	struct knocking k = knocking("198.51.100.66");
	json_t *report;

	k.agent = "friendly-scanner";
	knock_series(&k, "INVITE", 100, 12, "404 Not Found");
	report = expect_scan(&k);
	cr_expect_eq(number_at(report, "findings.0.calls_total"), 12);
	cr_expect_str_eq(text_at(report, "calls.11.findings.0"), "f1");
	json_decref(report);
}

Test(sip_scan, a_tool_that_was_let_in)
{
	struct knocking k = knocking("198.51.100.66");
	json_t *report;

	k.agent = "friendly-scanner";
	knock_series(&k, "REGISTER", 100, 5, "404 Not Found");
	knock(&k, "REGISTER", "105", "200 OK");
	report = expect_scan(&k);
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "critical");
	json_decref(report);
}

/* None of its REGISTERs is a phone that failed. */
Test(sip_scan, extensions)
{
	struct knocking k = knocking("198.51.100.66");
	json_t *report;

	knock_series(&k, "REGISTER", 100, 30, "404 Not Found");
	report = expect_scan(&k);
	cr_expect(number_at(report, "findings.0.confidence") >= 0.5);
	cr_expect_eq(number_at(report, "findings.0.evidence.0.frame"), 1);
	json_decref(report);
}

Test(sip_scan, numbers_that_are_challenged)
{
	struct knocking k = knocking("198.51.100.66");

	knock_series(&k, "INVITE", 90044, 15, "401 Unauthorized");
	json_decref(expect_scan(&k));
}

Test(sip_scan, silent_hosts)
{
	struct knocking k = knocking("198.51.100.66");

	k.hosts = true;
	knock_series(&k, "OPTIONS", 100, 40, NULL);
	json_decref(expect_scan(&k));
}

/* The one who is asked lives, and says nothing to strangers. */
Test(sip_scan, numbers_without_an_answer)
{
	struct knocking k = knocking("198.51.100.66");

	gen_sip(&k.script, 0.1,
	    (struct gen_route){gen_end("203.0.113.10", 5060), gen_end("192.0.2.7", 5060), 0, 64},
	    "OPTIONS sip:192.0.2.7 SIP/2.0\nVia: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-o\n"
	    "From: <sip:pbx@203.0.113.10>;tag=o\nTo: <sip:192.0.2.7>\nCall-ID: lives\n"
	    "CSeq: 1 OPTIONS\nMax-Forwards: 70\n\n");
	knock_series(&k, "INVITE", 90044, 30, NULL);
	json_decref(expect_scan(&k));
}

Test(sip_scan, a_few_with_a_tool_often_misused)
{
	struct knocking k = knocking("198.51.100.66");

	k.agent = "pplsip";
	knock_series(&k, "INVITE", 90044, 4, "404 Not Found");
	json_decref(expect_scan(&k));
}

/* From ever new addresses: the table stays as large as it is, and says what it gave up. */
Test(sip_scan, a_flood_of_addresses)
{
	struct knocking k = knocking(NULL);
	json_t *report;
	char from[32];

	for (unsigned i = 0; i < 9000; i++) {
		(void)snprintf(from, sizeof(from), "198.18.%u.%u", i / 250, i % 250 + 1);
		k.from = from;
		knock(&k, "OPTIONS", "100", NULL);
	}
	report = knocked(&k);
	no_finding(report);
	cr_expect_eq(number_at(report, "evictions.sip_askers"), 9000 - 8192);
	json_decref(report);
}

Test(sip_scan, recorded)
{
	const char *path = data_path("captures/goffinet__sip_captures/Forensic_challenge_4.pcap");
	json_t *report = report_of("%s", path);

	cr_expect_not_null(finding_of_code(report, "sip-scan"));
	json_decref(report);
}
