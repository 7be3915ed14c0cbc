/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 6076, metric by metric, on calls whose figures are known.
 */
#include "registrant.h"

TestSuite(sip_metrics, .fini = scratch_remove, .timeout = 60);

static double sip(const json_t *report, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "sip.%s", name);
	return number_at(report, path);
}

static bool is_null(const json_t *report, const char *name)
{
	return json_is_null(json_object_get(at(report, "sip"), name));
}

static void expect(const json_t *report, const char *name, double value)
{
	cr_expect(!is_null(report, name), "%s is null", name);
	/* The file keeps microseconds. */
	cr_expect_float_eq(
	    sip(report, name), value, 2e-3, "%s is %f, not %f", name, sip(report, name), value);
}

/* An INVITE of a new call, and the answers that follow: "100 Trying", ...; 100 ms apart. */
static void attempt(
    struct registrant *r, double at_s, const char *call_id, const char *const *answers)
{
	r->call_id = call_id;
	registrant_ask(r, at_s, "INVITE", "");
	for (int i = 0; answers[i]; i++) {
		registrant_answer(r, at_s + (i + 1) * 0.1, "INVITE", answers[i], "");
	}
}

static void bye(struct registrant *r, double at_s, const char *status)
{
	registrant_ask(r, at_s, "BYE", "");
	if (status) {
		registrant_answer(r, at_s + 0.03, "BYE", status, "");
	}
}

Test(sip_metrics, nothing_measured_is_null)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "OPTIONS", "");
	registrant_answer(&r, 0.1, "OPTIONS", "200 OK", "");
	report = registrant_report(&r);
	cr_expect(is_null(report, "rrd_ms"));
	cr_expect(is_null(report, "srd_ms"));
	cr_expect(is_null(report, "sdd_ms"));
	cr_expect(is_null(report, "sdt_s"));
	cr_expect(is_null(report, "ira_pct"));
	cr_expect(is_null(report, "ser_pct"));
	cr_expect(is_null(report, "seer_pct"));
	cr_expect(is_null(report, "isa_pct"));
	cr_expect(is_null(report, "scr_pct"));
	json_decref(report);
}

/* 4.1: the delay of a registration runs through its challenge; failures are in IRA alone. */
Test(sip_metrics, registration)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "");
	registrant_answer(&r, 0.1, "REGISTER", "401 Unauthorized", "");
	registrant_ask(&r, 0.2, "REGISTER", "");
	registrant_answer(&r, 0.4, "REGISTER", "200 OK", "");
	r.call_id = "reg-b";
	registrant_ask(&r, 10, "REGISTER", "");
	registrant_answer(&r, 10.2, "REGISTER", "200 OK", "");
	r.call_id = "reg-c";
	registrant_ask(&r, 20, "REGISTER", "");
	registrant_answer(&r, 25, "REGISTER", "503 Service Unavailable", "");
	report = registrant_report(&r);
	expect(report, "rrd_ms", 300);
	expect(report, "rrd_max_ms", 400);
	expect(report, "rrd_count", 2);
	expect(report, "registers", 4);
	expect(report, "registers_deferred", 1);
	expect(report, "ira_pct", 100.0 / 3);
	json_decref(report);
}

/* 4.3: 100 Trying tells nothing; successful and failed requests are kept apart. */
Test(sip_metrics, session_request_delay)
{
	struct registrant r = registrant();
	json_t *report;

	attempt(&r, 0, "a", (const char *[]){"100 Trying", "180 Ringing", "200 OK", NULL});
	attempt(&r, 5, "b", (const char *[]){"100 Trying", "200 OK", NULL});
	attempt(&r, 10, "c",
	    (const char *[]){
		"100 Trying", "183 Session Progress", "180 Ringing", "486 Busy Here", NULL});
	attempt(&r, 15, "d", (const char *[]){"404 Not Found", NULL});
	report = registrant_report(&r);
	expect(report, "srd_ms", 200);
	expect(report, "srd_count", 2);
	expect(report, "srd_failed_ms", 150);
	expect(report, "srd_failed_count", 2);
	json_decref(report);
}

/* 4.3: a retransmission does not begin anew, a challenge or redirection neither. */
Test(sip_metrics, session_request_delay_from_the_first_invite)
{
	struct registrant r = registrant();
	json_t *report;

	r.call_id = "a";
	registrant_ask(&r, 0, "INVITE", "");
	registrant_repeat(&r, 0.5, "INVITE", "");
	registrant_answer(&r, 0.6, "INVITE", "407 Proxy Authentication Required", "");
	registrant_repeat(&r, 0.61, "ACK", "");
	registrant_ask(&r, 0.7, "INVITE", "");
	registrant_answer(&r, 0.8, "INVITE", "302 Moved Temporarily", "");
	registrant_ask(&r, 0.9, "INVITE", "");
	registrant_answer(&r, 1.0, "INVITE", "180 Ringing", "");
	registrant_answer(&r, 3.0, "INVITE", "200 OK", "");
	report = registrant_report(&r);
	expect(report, "srd_ms", 1000);
	expect(report, "srd_count", 1);
	expect(report, "invites", 3);
	expect(report, "invites_deferred", 2);
	expect(report, "ser_pct", 100);
	json_decref(report);
}

/* 4.4, 4.5, 4.9 */
Test(sip_metrics, sessions_that_end)
{
	static const double again_s[] = {0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5};
	struct registrant r = registrant();
	json_t *report;

	attempt(&r, 0, "a", (const char *[]){"200 OK", NULL});
	bye(&r, 10.1, "200 OK"); /* 10 s */
	attempt(&r, 20, "b", (const char *[]){"200 OK", NULL});
	bye(&r, 40.1, "481 Call/Transaction Does Not Exist"); /* 20 s, and it was answered */
	attempt(&r, 50, "c", (const char *[]){"200 OK", NULL});
	bye(&r, 58.1, NULL); /* 8 s, and 32 s of waiting */
	for (size_t i = 0; i < sizeof(again_s) / sizeof(again_s[0]); i++) {
		registrant_repeat(&r, 58.1 + again_s[i], "BYE", "");
	}
	attempt(&r, 95, "d", (const char *[]){"200 OK", NULL}); /* goes on */
	registrant_idle_until(&r, 100);
	report = registrant_report(&r);
	expect(report, "sdd_ms", 30);
	expect(report, "sdd_count", 1);
	expect(report, "sdd_failed_ms", 30);
	expect(report, "sdd_failed_count", 1);
	expect(report, "sdt_s", (10 + 20 + 40) / 3.0);
	expect(report, "sdt_max_s", 40);
	expect(report, "sessions_established", 4);
	expect(report, "sessions_ended", 3);
	expect(report, "scr_pct", 200.0 / 3);
	json_decref(report);
}

/* Both hang up at once, one is asked for credentials: the session ends once. */
Test(sip_metrics, byes_that_cross)
{
	struct registrant r = registrant();
	json_t *report;

	attempt(&r, 0, "a", (const char *[]){"200 OK", NULL});
	bye(&r, 10.1, "407 Proxy Authentication Required");
	gen_sip(&r.script, 10.12, registrant_route(&r, false),
	    "BYE sip:100@192.168.1.10 SIP/2.0\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-b\n"
	    "From: <sip:100@203.0.113.10>;tag=registrar\nTo: <sip:100@203.0.113.10>;tag=phone\n"
	    "Call-ID: a\nCSeq: 1 BYE\n\n");
	gen_sip(&r.script, 10.14, registrant_route(&r, true),
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-b\n"
	    "From: <sip:100@203.0.113.10>;tag=registrar\nTo: <sip:100@203.0.113.10>;tag=phone\n"
	    "Call-ID: a\nCSeq: 1 BYE\n\n");
	bye(&r, 10.2, "200 OK");
	report = registrant_report(&r);
	expect(report, "sessions_ended", 1);
	expect(report, "scr_pct", 100);
	expect(report, "sdt_s", 10);
	json_decref(report);
}

/* 4.6 to 4.8, on one of each kind. */
Test(sip_metrics, ratios)
{
	static const char *const finals[] = {"200 OK", "200 OK", "302 Moved Temporarily",
	    "401 Unauthorized", "407 Proxy Authentication Required", "404 Not Found",
	    "408 Request Timeout", "480 Temporarily Unavailable", "486 Busy Here",
	    "487 Request Terminated", "488 Not Acceptable Here", "500 Server Internal Error",
	    "503 Service Unavailable", "504 Server Time-out", "600 Busy Everywhere", "603 Decline"};
	struct registrant r = registrant();
	char call_id[16];
	json_t *report;

	for (size_t i = 0; i < sizeof(finals) / sizeof(finals[0]); i++) {
		(void)snprintf(call_id, sizeof(call_id), "call-%zu", i);
		attempt(&r, (double)i, call_id, (const char *[]){finals[i], NULL});
	}
	report = registrant_report(&r);
	expect(report, "invites", 16);
	expect(report, "invites_deferred", 3);
	expect(report, "ser_pct", 100 * 2.0 / 13);
	expect(report, "seer_pct", 100 * 6.0 / 13);
	expect(report, "isa_pct", 100 * 4.0 / 13);
	cr_assert_eq(length_at(report, "sip_servers"), 1);
	cr_expect_str_eq(text_at(report, "sip_servers.0.server"), "203.0.113.10:5060");
	cr_expect_float_eq(number_at(report, "sip_servers.0.ser_pct"), 100 * 2.0 / 13, 1e-6);
	json_decref(report);
}

/* RFC 3261 8.1.3.1: an INVITE that times out is a 408; one that only rings is undecided. */
Test(sip_metrics, unanswered)
{
	static const double again_s[] = {0.5, 1.5, 3.5, 7.5, 15.5, 31.5};
	struct registrant r = registrant();
	json_t *report;

	r.call_id = "a";
	registrant_ask(&r, 0, "INVITE", "");
	for (size_t i = 0; i < sizeof(again_s) / sizeof(again_s[0]); i++) {
		registrant_repeat(&r, again_s[i], "INVITE", "");
	}
	attempt(&r, 35, "b", (const char *[]){"100 Trying", "180 Ringing", NULL});
	registrant_idle_until(&r, 100);
	report = registrant_report(&r);
	expect(report, "invites", 1);
	expect(report, "isa_pct", 100);
	expect(report, "ser_pct", 0);
	cr_expect(is_null(report, "srd_ms"));
	json_decref(report);
}

/* An offer within the dialog is no new session. */
Test(sip_metrics, reinvite)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_request(&s, 5, "INVITE", 2, true, NULL);
	story_response(&s, 5.1, "488 Not Acceptable Here", "INVITE", 2, NULL);
	story_request(&s, 5.2, "ACK", 2, true, NULL);
	story_end(&s);
	report = story_report(&s);
	expect(report, "invites", 1);
	expect(report, "ser_pct", 100);
	expect(report, "scr_pct", 100);
	expect(report, "sdt_s", 11);
	expect(report, "sdd_ms", 20);
	gen_script_free(&s.lan);
	json_decref(report);
}

/* A CANCEL ends it with a 487; one that crosses the 200 changes nothing. */
Test(sip_metrics, cancel)
{
	struct registrant r = registrant();
	json_t *report;

	attempt(&r, 0, "a", (const char *[]){"180 Ringing", NULL});
	registrant_repeat(&r, 3, "CANCEL", "");
	registrant_answer(&r, 3.02, "CANCEL", "200 OK", "");
	registrant_answer(&r, 3.03, "INVITE", "487 Request Terminated", "");
	registrant_repeat(&r, 3.05, "ACK", "");
	attempt(&r, 10, "b", (const char *[]){"180 Ringing", NULL});
	registrant_answer(&r, 12, "INVITE", "200 OK", "");
	registrant_repeat(&r, 12.01, "CANCEL", "");
	registrant_answer(&r, 12.02, "CANCEL", "200 OK", "");
	report = registrant_report(&r);
	expect(report, "invites", 2);
	expect(report, "sessions_established", 1);
	expect(report, "ser_pct", 50);
	expect(report, "isa_pct", 0);
	json_decref(report);
}

/* At a proxy each request passes twice, and forks: it counts once, as the client sees it. */
Test(sip_metrics, proxy_that_forks)
{
	static const struct {
		double at_s;
		const char *status;
		char fork;
	} answers[] = {{0.2, "180 Ringing", 'a'}, {0.25, "180 Ringing", 'b'},
	    {2.0, "486 Busy Here", 'a'}, {4.0, "200 OK", 'b'}};
	struct registrant r = registrant();
	struct gen_end proxy = gen_end("203.0.113.10", 5060);
	json_t *report;

	r.call_id = "forked";
	registrant_ask(&r, 0, "INVITE", "");
	for (int fork = 'a'; fork <= 'b'; fork++) {
		struct gen_end phone = gen_end(fork == 'a' ? "203.0.113.21" : "203.0.113.22", 5060);

		gen_sip(&r.script, 0.01, (struct gen_route){proxy, phone, 0, 64},
		    "INVITE sip:200@x SIP/2.0\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-%c\n"
		    "Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK-forked-1\n"
		    "From: <sip:100@203.0.113.10>;tag=phone\nTo: <sip:100@203.0.113.10>\n"
		    "Call-ID: forked\nCSeq: 1 INVITE\n\n",
		    fork);
	}
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		char fork = answers[i].fork;
		struct gen_end phone = gen_end(fork == 'a' ? "203.0.113.21" : "203.0.113.22", 5060);

		gen_sip(&r.script, answers[i].at_s, (struct gen_route){phone, proxy, 0, 64},
		    "SIP/2.0 %s\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-%c\n"
		    "Via: SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK-forked-1\n"
		    "From: <sip:100@203.0.113.10>;tag=phone\nTo: <sip:100@203.0.113.10>;tag=%c\n"
		    "Call-ID: forked\nCSeq: 1 INVITE\n\n",
		    answers[i].status, fork, fork);
	}
	registrant_answer(&r, 0.3, "INVITE", "180 Ringing", "");
	registrant_answer(&r, 4.1, "INVITE", "200 OK", "");
	report = registrant_report(&r);
	expect(report, "invites", 1);
	expect(report, "ser_pct", 100);
	expect(report, "srd_ms", 300);
	json_decref(report);
}

/* A capture whose clock jumps by years measures nothing. */
Test(sip_metrics, clock_that_jumps)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_ask(&r, 0, "REGISTER", "");
	registrant_answer(&r, 86400.0 * 400, "REGISTER", "200 OK", "");
	attempt(&r, 86400.0 * 401, "a", (const char *[]){"200 OK", NULL});
	bye(&r, 86400.0 * 1200, "200 OK");
	report = registrant_report(&r);
	cr_expect(is_null(report, "rrd_ms"));
	cr_expect(is_null(report, "sdt_s"));
	expect(report, "sdd_ms", 30);
	json_decref(report);
}

/* Both ports of the router in one file, and a LAN that every packet shows twice. */
Test(sip_metrics, two_places_in_one_capture)
{
	static const struct gen_router router = {
	    .inside = "192.168.1.10", .outside = "198.51.100.7", .rewrites = GEN_REWRITE_ALL};
	struct registrant r = registrant();
	struct gen_script both = {0};
	json_t *report;

	attempt(&r, 0, "a@192.168.1.10", (const char *[]){"180 Ringing", "200 OK", NULL});
	bye(&r, 10.2, "200 OK");
	gen_script_route(&both, &r.script, &router);
	for (size_t i = 0; i < r.script.count; i++) {
		const struct gen_packet *p = &r.script.packets[i];

		gen_raw(&both, p->at_s - 0.001, p->route, p->payload, p->length);
		gen_raw(&both, p->at_s - 0.00099, p->route, p->payload, p->length);
	}
	report = report_of("%s", story_write(&both, "both.pcap"));
	expect(report, "invites", 1);
	expect(report, "sessions_ended", 1);
	expect(report, "scr_pct", 100);
	expect(report, "srd_ms", 100);
	gen_script_free(&r.script);
	gen_script_free(&both);
	json_decref(report);
}
