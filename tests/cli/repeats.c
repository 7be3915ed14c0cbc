/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same SIP message more than once: sent again, or captured again.
 */
#include "registrant.h"

TestSuite(repeats, .fini = scratch_remove, .timeout = 60);

enum { INVITE, RINGING, OK_TO_INVITE, ACK, BYE, OK_TO_BYE, MESSAGES };

static struct story a_call(void)
{
	struct story s = story();

	story_begin(&s);
	story_end(&s);
	return s;
}

static int by_time(const void *a, const void *b)
{
	const struct gen_packet *p = a, *q = b;

	return (p->at_s > q->at_s) - (p->at_s < q->at_s);
}

/* What is said of the call in which those packets come again so much later. */
static void expect_counts(
    struct story *s, bool tcp, size_t messages, size_t retransmissions, size_t duplicates)
{
	struct gen_script over_tcp = {0};
	json_t *report;

	if (tcp) {
		/* A connection numbers its octets in this order. */
		qsort(s->lan.packets, s->lan.count, sizeof(*s->lan.packets), by_time);
		gen_script_tcp(&over_tcp, &s->lan, &(struct gen_over_tcp){.sequence = 1});
	}
	report = report_of("%s", story_write(tcp ? &over_tcp : &s->lan, "repeats.pcap"));
	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.transport"), tcp ? "tcp" : "udp");
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_eq(number_at(report, "calls.0.message_count"), (double)messages);
	cr_expect_eq(number_at(report, "calls.0.retransmissions"), (double)retransmissions);
	cr_expect_eq(number_at(report, "captures.0.duplicates_removed"), (double)duplicates);
	json_decref(report);
	gen_script_free(&over_tcp);
	gen_script_free(&s->lan);
}

Test(repeats, nothing_comes_twice)
{
	struct story s = a_call();

	expect_counts(&s, false, MESSAGES, 0, 0);
}

/* T1, and what a proxy's quick timers may be. */
Test(repeats, retransmissions_are_no_duplicates)
{
	struct story s = a_call();

	gen_again(&s.lan, INVITE, 0.05);
	gen_again(&s.lan, OK_TO_INVITE, 1.5);
	gen_again(&s.lan, BYE, 12.01);
	expect_counts(&s, false, MESSAGES + 3, 3, 0);
}

/* Sent again at once, but not the same packet. */
Test(repeats, other_octets)
{
	struct story s = a_call();
	uint8_t *text;

	gen_again(&s.lan, INVITE, 0.001);
	text = (uint8_t *)strstr((char *)s.lan.packets[MESSAGES].payload, "Max-Forwards: 70");
	cr_assert_not_null(text);
	text[15] = '1';
	expect_counts(&s, false, MESSAGES + 1, 1, 0);
}

/* A server that was late answers an INVITE and its retransmission together: two datagrams. */
Test(repeats, a_late_server)
{
	struct story s = a_call();

	s.lan.packets[RINGING].at_s = 0.61;
	s.lan.packets[RINGING].part.id = 0x0a27;
	gen_again(&s.lan, INVITE, 0.5);
	gen_again(&s.lan, RINGING, 0.6103);
	s.lan.packets[MESSAGES + 1].part.id = 0x0a28;
	expect_counts(&s, false, MESSAGES + 2, 2, 0);
	s = a_call();
	s.lan.packets[RINGING].at_s = 0.61;
	gen_again(&s.lan, INVITE, 0.5);
	gen_again(&s.lan, RINGING, 0.6103);
	expect_counts(&s, false, MESSAGES + 2, 2, 0);
}

/* The identification tells, even then. */
Test(repeats, a_late_server_captured_twice)
{
	struct story s = a_call();

	s.lan.packets[RINGING].at_s = 0.61;
	s.lan.packets[RINGING].part.id = 0x0a27;
	gen_again(&s.lan, INVITE, 0.5);
	gen_again(&s.lan, RINGING, 0.6103);
	s.lan.packets[MESSAGES + 1].part.id = 0x0a27;
	expect_counts(&s, false, MESSAGES + 1, 1, 1);
}

Test(repeats, each_packet_captured_twice)
{
	struct story s = a_call();

	for (size_t i = 0; i < MESSAGES; i++) {
		gen_again(&s.lan, i, s.lan.packets[i].at_s + 0.0002);
	}
	expect_counts(&s, false, MESSAGES, 0, MESSAGES);
}

/* And the retransmission is captured twice as well. */
Test(repeats, both)
{
	struct story s = a_call();

	gen_again(&s.lan, INVITE, 0.0003);
	gen_again(&s.lan, INVITE, 0.08);
	gen_again(&s.lan, INVITE, 0.0803);
	expect_counts(&s, false, MESSAGES + 1, 1, 2);
}

/* RFC 3261 17.1.1.2: no timer sends a request again; 13.3.1.4: a 2xx to INVITE goes end to end. */
Test(repeats, over_tcp)
{
	struct story s = a_call();

	gen_again(&s.lan, INVITE, 0.05);
	gen_again(&s.lan, BYE, 12.01);
	expect_counts(&s, true, MESSAGES + 2, 0, 0);
	s = a_call();
	gen_again(&s.lan, OK_TO_INVITE, 1.5);
	expect_counts(&s, true, MESSAGES + 1, 1, 0);
}

/* RFC 5626 3.5.1: the phone's pings, and the registrar's pongs. */
Test(repeats, keep_alives_over_tcp)
{
	struct registrant r = registrant();
	struct gen_script over_tcp = {0};
	json_t *report;

	registrant_register(&r, 0, 3600);
	for (unsigned i = 1; i <= 10; i++) {
		gen_raw(&r.script, i * 20, registrant_route(&r, true), "\r\n\r\n", 4);
		r.script.packets[r.script.count - 1].sip = true;
		gen_raw(&r.script, i * 20 + 0.02, registrant_route(&r, false), "\r\n", 2);
		r.script.packets[r.script.count - 1].sip = true;
	}
	gen_script_tcp(&over_tcp, &r.script, &(struct gen_over_tcp){.sequence = 1});
	report = report_of("%s", story_write(&over_tcp, "ping.pcap"));
	cr_assert_eq(length_at(report, "registrations"), 1);
	cr_expect_str_eq(text_at(report, "registrations.0.transport"), "tcp");
	cr_expect_float_eq(number_at(report, "registrations.0.keepalive_interval_s"), 20, 0.01);
	cr_expect_str_eq(text_at(report, "registrations.0.keepalive_kind"), "crlf");
	cr_expect_str_eq(text_at(report, "registrations.0.keepalive_from"), "phone");
	json_decref(report);
	gen_script_free(&over_tcp);
	gen_script_free(&r.script);
}
