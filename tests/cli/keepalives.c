/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps the path of a registration open, and requests outside of calls.
 */
#include "registrant.h"

TestSuite(keepalive, .fini = scratch_remove, .timeout = 60);
TestSuite(exchange, .fini = scratch_remove, .timeout = 60);

/* --- keep-alives --- */

static void keepalive_case(unsigned interval_s, const void *octets, size_t length, const char *kind)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	for (unsigned i = 1; i <= 10; i++) {
		double at_s = i * interval_s + (i % 3) * 0.01;

		gen_raw(&r.script, at_s, registrant_route(&r, true), octets, length);
		/* Pongs, and a copy at another port: no intervals of their own. */
		gen_raw(&r.script, at_s + 0.02, registrant_route(&r, false), "\r\n", 2);
		gen_raw(&r.script, at_s + 0.0001, registrant_route(&r, true), octets, length);
	}
	report = registrant_report(&r);
	only_state(report, "registered");
	cr_expect_float_eq(figure(report, "keepalive_interval_s"), interval_s, 0.05);
	cr_expect_str_eq(text_at(report, "registrations.0.keepalive_kind"), kind);
	cr_expect_str_eq(text_at(report, "registrations.0.keepalive_from"), "phone");
	json_decref(report);
}

Test(keepalive, intervals)
{
	keepalive_case(15, "\r\n\r\n", 4, "crlf");
	keepalive_case(30, "\r\n", 2, "crlf");
	keepalive_case(60, "\0\0\0\0", 4, "nul");
	/* A Binding request without attributes. */
	keepalive_case(25, "\0\1\0\0\x21\x12\xa4\x42twelve-octet", 20, "stun");
}

Test(keepalive, one_alone_is_no_interval)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	gen_raw(&r.script, 10, registrant_route(&r, true), "\r\n\r\n", 4);
	report = registrant_report(&r);
	cr_expect(is_absent(report, "keepalive_interval_s"));
	json_decref(report);
}

/* Two gaps are no rhythm: any three packets have them. */
Test(keepalive, two_gaps_are_no_interval)
{
	for (unsigned gaps = 2; gaps <= 3; gaps++) {
		struct registrant r = registrant();
		json_t *report;

		registrant_register(&r, 0, 3600);
		for (unsigned i = 0; i <= gaps; i++) {
			gen_raw(&r.script, 10 + i * 20, registrant_route(&r, true), "\r\n\r\n", 4);
		}
		report = registrant_report(&r);
		cr_expect_eq(is_absent(report, "keepalive_interval_s"), gaps < 3, "%u gaps", gaps);
		json_decref(report);
	}
}

/* Answers to STUN are none of their own. */
Test(keepalive, stun_answers)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	for (int i = 1; i < 5; i++) {
		gen_raw(&r.script, i * 10, registrant_route(&r, false),
		    "\1\1\0\0\x21\x12\xa4\x42twelve-octet", 20);
	}
	report = registrant_report(&r);
	cr_expect(is_absent(report, "keepalive_interval_s"));
	json_decref(report);
}

/* Another phone's, from another port, keep nothing open here. */
Test(keepalive, of_another_path)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	r.source_port = 5062;
	for (int i = 1; i < 5; i++) {
		gen_raw(&r.script, i * 10, registrant_route(&r, true), "\r\n\r\n", 4);
	}
	report = registrant_report(&r);
	cr_expect(is_absent(report, "keepalive_interval_s"));
	json_decref(report);
}

/* The server's OPTIONS, one of them sent thrice. */
Test(keepalive, options_of_the_registrar)
{
	struct registrant r = registrant();
	json_t *report;

	registrant_register(&r, 0, 3600);
	for (unsigned i = 1; i <= 5; i++) {
		for (unsigned again = 0; again < (i == 3 ? 3 : 1); again++) {
			gen_sip(&r.script, i * 30 + again, registrant_route(&r, false),
			    "OPTIONS sip:100@192.168.1.10 SIP/2.0\n"
			    "Via: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-ping-%u\n"
			    "From: <sip:ping@203.0.113.10>;tag=%u\nTo: <sip:100@203.0.113.10>\n"
			    "Call-ID: ping-%u\nCSeq: 1 OPTIONS\n\n",
			    i, i, i);
		}
		gen_sip(&r.script, i * 30 + 2.5, registrant_route(&r, true),
		    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-ping-%u\n"
		    "From: <sip:ping@203.0.113.10>;tag=%u\nTo: <sip:100@203.0.113.10>;tag=a\n"
		    "Call-ID: ping-%u\nCSeq: 1 OPTIONS\n\n",
		    i, i, i);
	}
	report = registrant_report(&r);
	cr_expect_float_eq(figure(report, "keepalive_interval_s"), 30, 1e-6);
	cr_expect_str_eq(text_at(report, "registrations.0.keepalive_from"), "registrar");
	cr_assert_eq(length_at(report, "exchanges"), 1);
	cr_expect_eq(number_at(report, "exchanges.0.requests"), 5);
	cr_expect_eq(number_at(report, "exchanges.0.retransmissions"), 2);
	cr_expect_eq(number_at(report, "exchanges.0.codes.200"), 5);
	cr_expect_float_eq(number_at(report, "exchanges.0.response_median_ms"), 2500, 1e-3);
	json_decref(report);
}

/* --- other requests --- */

Test(exchange, subscribe_and_message)
{
	struct registrant r = registrant();
	struct outcome text;
	json_t *report;
	const char *path;

	registrant_ask(&r, 0, "SUBSCRIBE", "Event: message-summary\n");
	registrant_answer(&r, 0.02, "SUBSCRIBE", "401 Unauthorized", "");
	registrant_ask(&r, 0.04, "SUBSCRIBE", "Event: message-summary\n");
	registrant_answer(&r, 0.05, "SUBSCRIBE", "489 Bad Event", "");
	registrant_ask(&r, 1, "MESSAGE", "");
	registrant_ask(&r, 2, "MESSAGE", "");
	registrant_answer(&r, 2.03, "MESSAGE", "202 Accepted", "");
	registrant_idle_until(&r, 60);
	registrant_ask(&r, 61, "MESSAGE", "");
	path = story_write(&r.script, "exchange.pcap");
	text = run("analyze %s", path);
	cr_expect_not_null(strstr(text.out, "OTHER REQUESTS THAT FAILED"));
	outcome_free(&text);
	report = registrant_report(&r);
	cr_assert_eq(length_at(report, "exchanges"), 2);
	cr_expect_str_eq(text_at(report, "exchanges.0.method"), "SUBSCRIBE");
	cr_expect_eq(number_at(report, "exchanges.0.requests"), 2);
	cr_expect_eq(number_at(report, "exchanges.0.answered"), 2);
	cr_expect_eq(number_at(report, "exchanges.0.challenged"), 1);
	cr_expect_eq(number_at(report, "exchanges.0.failed"), 1);
	cr_expect_float_eq(number_at(report, "exchanges.0.response_median_ms"), 15, 1e-3);
	cr_expect_float_eq(number_at(report, "exchanges.0.response_max_ms"), 20, 1e-3);
	cr_expect_eq(number_at(report, "exchanges.1.requests"), 3);
	cr_expect_eq(number_at(report, "exchanges.1.unanswered"), 1);
	cr_expect_eq(number_at(report, "exchanges.1.undecided"), 1, "the capture ends first");
	json_decref(report);
}

/* What went well needs no section. */
Test(exchange, text_only_where_something_failed)
{
	struct registrant r = registrant();
	struct outcome text;

	registrant_ask(&r, 0, "OPTIONS", "");
	registrant_answer(&r, 0.02, "OPTIONS", "200 OK", "");
	text = run("analyze %s", story_write(&r.script, "options.pcap"));
	cr_expect_null(strstr(text.out, "OTHER REQUESTS"));
	cr_expect_null(strstr(text.out, "REGISTRATIONS"));
	outcome_free(&text);
	gen_script_free(&r.script);
}
