/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which message belongs to which transaction (RFC 3261 17.1.3, 17.2.3): first those that must
 * not be taken for one, then matching, timers, races, and the limits of the table.
 */
#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "sip_transaction.h"

enum { OCTETS_MAX = 2048, TABLE_LIMIT = 32 };

static const char phone[] = "192.168.1.10", server[] = "203.0.113.10";

static struct desk *desk;

static void begin(uint16_t vantages)
{
	struct desk_config config = {
	    .limits = {.calls = TABLE_LIMIT,
		.streams = 8,
		.endpoints = 64,
		.findings = 8,
		.text_octets = 8 << 20},
	    .vantage_count = vantages,
	    .capture_count = vantages,
	    .vantages = {"a", "b"},
	    .captures = {"a.pcap", "b.pcap"},
	};

	desk = desk_new(&config, 7);
	cr_assert_not_null(desk);
}

static void end(void)
{
	desk_free(desk);
	desk = NULL;
}

struct hop {
	const char *src, *dst;
	uint16_t vantage;
};

static const struct hop out = {phone, server, 0}, in = {server, phone, 0};

/* What the message is within its transaction. The lines of `format` end with "\n". */
__attribute__((format(printf, 3, 4))) static struct sip_transaction_step take(
    struct hop hop, double at_s, const char *format, ...)
{
	char octets[OCTETS_MAX];
	struct sip_message message;
	struct message_keys keys;
	struct sip_transaction_way way;
	struct signal signal = {
	    .time_ns = (int64_t)(at_s * 1e9), .vantage = hop.vantage, .ttl = 64};
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(octets, sizeof(octets), format, arguments);
	va_end(arguments);
	cr_assert(length > 0 && length < OCTETS_MAX);
	cr_assert_eq(
	    sip_parse(&message, bytes_of((const uint8_t *)octets, (size_t)length)), DISSECT_OK);
	cr_assert(address_parse(&signal.src.address, text_of(hop.src)));
	cr_assert(address_parse(&signal.dst.address, text_of(hop.dst)));
	signal.src.port = signal.dst.port = 5060;
	desk->now_ns = signal.time_ns > desk->now_ns ? signal.time_ns : desk->now_ns;
	keys = message_keys_of(desk->key, &message);
	way = sip_transaction_way(desk, &message, &keys, &signal);
	return sip_transaction_take(desk, &way, NULL, 0, &message, &keys, &signal);
}

static struct sip_transaction_step request(
    struct hop hop, double at_s, const char *method, const char *via, unsigned cseq)
{
	return take(hop, at_s,
	    "%s sip:x@example.com SIP/2.0\nVia: SIP/2.0/UDP %s\nFrom: <sip:a@x>;tag=1\n"
	    "To: <sip:b@x>\nCall-ID: one\nCSeq: %u %s\n\n",
	    method, via, cseq, method);
}

static struct sip_transaction_step response(struct hop hop, double at_s, unsigned status,
    const char *method, const char *via, unsigned cseq)
{
	return take(hop, at_s,
	    "SIP/2.0 %u X\nVia: SIP/2.0/UDP %s\nFrom: <sip:a@x>;tag=1\nTo: <sip:b@x>;tag=2\n"
	    "Call-ID: one\nCSeq: %u %s\n\n",
	    status, via, cseq, method);
}

#define VIA(branch) "192.168.1.10;branch=z9hG4bK" branch

TestSuite(other, .fini = end);
TestSuite(same, .fini = end);
TestSuite(outcome, .fini = end);
TestSuite(limits, .fini = end);

/* --- another transaction --- */

Test(other, branch_sender_method_and_number)
{
	begin(1);
	cr_expect_eq(request(out, 0, "OPTIONS", VIA("1"), 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "OPTIONS", VIA("2"), 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "OPTIONS", "192.168.1.11;branch=z9hG4bK1", 1).event,
	    SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "OPTIONS", "192.168.1.10:5070;branch=z9hG4bK1", 1).event,
	    SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "MESSAGE", VIA("1"), 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "PING", VIA("1"), 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "PONG", VIA("1"), 1).event, SIP_TRANSACTION_BEGAN);
	/* Some clients keep the branch when they answer a challenge. */
	cr_expect_eq(request(out, 0.5, "OPTIONS", VIA("1"), 2).event, SIP_TRANSACTION_BEGAN);
}

Test(other, vantage_and_path)
{
	begin(2);
	(void)request(out, 0, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(request((struct hop){phone, server, 1}, 0.5, "OPTIONS", VIA("1"), 1).event,
	    SIP_TRANSACTION_BEGAN);
	cr_expect_eq(
	    request((struct hop){"198.51.100.7", server, 0}, 0.5, "OPTIONS", VIA("1"), 1).event,
	    SIP_TRANSACTION_BEGAN);
}

/* The same branch long after: a generator that was started again. */
Test(other, after_the_end)
{
	begin(1);
	(void)request(out, 0, "OPTIONS", VIA("1"), 1);
	(void)response(in, 0.1, 200, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(request(out, 60, "OPTIONS", VIA("1"), 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(response(in, 60.1, 200, "OPTIONS", VIA("1"), 1).event, SIP_TRANSACTION_FINAL);
}

Test(other, response_to_nothing)
{
	begin(1);
	cr_expect_eq(response(in, 0, 200, "OPTIONS", VIA("1"), 1).event, SIP_TRANSACTION_NONE);
	(void)request(out, 1, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(response(in, 1, 200, "OPTIONS", VIA("2"), 1).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(response(in, 1, 200, "OPTIONS", VIA("1"), 2).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(response(in, 1, 200, "MESSAGE", VIA("1"), 1).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(response((struct hop){"198.51.100.1", "198.51.100.2", 0}, 1, 200, "OPTIONS",
			 VIA("1"), 1)
			 .event,
	    SIP_TRANSACTION_NONE);
}

/* Neither its sender nor its Call-ID is the request's: only the branch was used twice. */
Test(other, response_of_another_call)
{
	begin(1);
	(void)request(out, 0, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(take((struct hop){"203.0.113.11", phone, 0}, 0.1,
			 "SIP/2.0 200 OK\nVia: SIP/2.0/UDP " VIA(
			     "1") "\nFrom: <sip:a@x>;tag=1\n"
				  "To: <sip:b@x>;tag=2\nCall-ID: two\nCSeq: 1 OPTIONS\n\n")
			 .event,
	    SIP_TRANSACTION_NONE);
}

/* --- the same transaction --- */

Test(same, retransmissions_and_copies)
{
	struct sip_transaction_step step;

	begin(1);
	(void)request(out, 0, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(request(out, 0.00002, "OPTIONS", VIA("1"), 1).event, SIP_TRANSACTION_AGAIN);
	(void)request(out, 0.5, "OPTIONS", VIA("1"), 1);
	(void)request(out, 1.5, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(response(in, 1.6, 200, "OPTIONS", VIA("1"), 1).event, SIP_TRANSACTION_FINAL);
	(void)response(in, 1.60002, 200, "OPTIONS", VIA("1"), 1);
	step = response(in, 1.7, 200, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(step.event, SIP_TRANSACTION_AGAIN);
	cr_expect_eq(sip_transaction_retransmissions(desk, step.transaction), 2);
	cr_expect_eq(step.transaction->final_ns, 1600000000);
}

/* What sets addresses apart that end alike is kept elsewhere than that of IPv4. */
Test(same, ipv6)
{
	static const char a[] = "2001:db8::1:c0a8:10a", b[] = "2001:db8::2:c0a8:10a";
	static const char far[] = "2001:db8:9::1", ipv4[] = "192.168.1.10";
	const struct sip_transaction *t;
	struct endpoint src, dst;
	char text[ENDPOINT_TEXT_MAX];

	begin(1);
	t = request((struct hop){a, far, 0}, 0, "OPTIONS", VIA("1"), 1).transaction;
	cr_expect_eq(request((struct hop){b, far, 0}, 0.5, "OPTIONS", VIA("1"), 1).event,
	    SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request((struct hop){ipv4, far, 0}, 0.5, "OPTIONS", VIA("1"), 1).event,
	    SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request((struct hop){a, far, 0}, 0.5, "OPTIONS", VIA("1"), 1).event,
	    SIP_TRANSACTION_AGAIN);
	cr_expect_eq(sip_transaction_retransmissions(desk, t), 1);
	cr_expect_eq(sip_transaction_last_request(desk, t), 500000000);
	cr_expect_eq(
	    response((struct hop){far, a, 0}, 1, 200, "OPTIONS", VIA("1"), 1).transaction, t);
	cr_expect_eq(t->status, 200);
	src = sip_transaction_src(desk, t);
	dst = sip_transaction_dst(desk, t);
	cr_expect_str_eq(endpoint_format(&src, text), "[2001:db8::1:c0a8:10a]:5060");
	cr_expect_str_eq(endpoint_format(&dst, text), "[2001:db8:9::1]:5060");
}

/* Of what is kept besides nothing is left when they are over. */
Test(limits, what_few_have)
{
	size_t held;

	begin(1);
	held = desk->slab.held;
	for (unsigned i = 0; i < 3; i++) {
		(void)request(out, i, "OPTIONS", VIA("1"), 1);
	}
	cr_expect_gt(desk->slab.held, held);
	desk->now_ns = (int64_t)100e9;
	sip_transaction_expire(desk);
	cr_expect_eq(desk->slab.held, held);
}

/* Branches were not unique before RFC 3261: Call-ID, From tag and number tell. */
Test(same, rfc_2543)
{
	begin(1);
	cr_expect_eq(request(out, 0, "OPTIONS", "192.168.1.10", 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(request(out, 0.5, "OPTIONS", "192.168.1.10", 1).event, SIP_TRANSACTION_AGAIN);
	cr_expect_eq(
	    request(out, 0.7, "OPTIONS", "192.168.1.10;branch=1", 1).event, SIP_TRANSACTION_AGAIN);
	cr_expect_eq(request(out, 0.8, "OPTIONS", "192.168.1.10", 2).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(
	    response(in, 0.9, 200, "OPTIONS", "192.168.1.10", 1).event, SIP_TRANSACTION_FINAL);
}

/* The client matches by branch and method alone: a router may have changed the sent-by. */
Test(same, response_with_another_sent_by)
{
	begin(1);
	(void)request(out, 0, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(response(in, 0.1, 200, "OPTIONS", "203.0.113.2;branch=z9hG4bK1", 1).event,
	    SIP_TRANSACTION_FINAL);
}

/* A server with two addresses answers from the other one. */
Test(same, response_from_another_address)
{
	begin(1);
	(void)request(out, 0, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(
	    response((struct hop){"203.0.113.11", phone, 0}, 0.1, 200, "OPTIONS", VIA("1"), 1)
		.event,
	    SIP_TRANSACTION_FINAL);
}

/* Inside and outside of a router in one capture: each answer belongs to its own path. */
Test(same, each_answer_on_its_path)
{
	static const struct hop outside = {"203.0.113.2", server, 0},
				back = {server, "203.0.113.2", 0};
	const struct sip_transaction *inner, *outer;

	begin(1);
	inner = request(out, 0, "OPTIONS", VIA("1"), 1).transaction;
	outer = request(outside, 0.001, "OPTIONS", VIA("1"), 1).transaction;
	cr_expect_neq(inner, outer);
	cr_expect_eq(response(back, 0.1, 200, "OPTIONS", VIA("1"), 1).transaction, outer);
	cr_expect_eq(response(in, 0.101, 200, "OPTIONS", VIA("1"), 1).transaction, inner);
	cr_expect_eq(outer->leader, inner->leader, "one request");
}

/* --- what became of it --- */

static const struct sip_transaction *begun(const char *method)
{
	begin(1);
	return request(out, 0, method, VIA("1"), 1).transaction;
}

Test(outcome, unanswered_only_after_the_timer)
{
	const struct sip_transaction *t = begun("OPTIONS");

	(void)request(out, 0.5, "OPTIONS", VIA("1"), 1);
	(void)request(out, 3.5, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_PENDING);
	(void)request(out, 31.9, "OPTIONS", VIA("other"), 2);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_PENDING);
	(void)request(out, 32, "OPTIONS", VIA("another"), 3);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_TIMED_OUT);
}

/* Who stops asking after a second had an answer, though it was not captured. */
Test(outcome, unseen)
{
	const struct sip_transaction *t = begun("OPTIONS");

	(void)request(out, 0.5, "OPTIONS", VIA("1"), 1);
	(void)request(out, 1.5, "OPTIONS", VIA("1"), 1);
	(void)request(out, 40, "OPTIONS", VIA("other"), 2);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_UNSEEN);
}

/* Timer B stops at a provisional response, Timer F does not (17.1.1.2, 17.1.2.2). */
Test(outcome, provisional)
{
	const struct sip_transaction *t = begun("INVITE");

	cr_expect_eq(
	    response(in, 0.1, 100, "INVITE", VIA("1"), 1).event, SIP_TRANSACTION_PROVISIONAL);
	(void)response(in, 0.2, 180, "INVITE", VIA("1"), 1);
	(void)response(in, 0.3, 183, "INVITE", VIA("1"), 1);
	cr_expect(t->proceeding);
	cr_expect_eq(t->session_ns, 200000000);
	(void)request(out, 40, "OPTIONS", VIA("other"), 2);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_PENDING);
	(void)response(in, 41, 200, "INVITE", VIA("1"), 1);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_ANSWERED);
	cr_expect_eq(response(in, 41.1, 180, "INVITE", VIA("1"), 1).event, SIP_TRANSACTION_AGAIN);
}

Test(outcome, provisional_of_another_method)
{
	const struct sip_transaction *t = begun("OPTIONS");

	(void)response(in, 0.1, 100, "OPTIONS", VIA("1"), 1);
	(void)request(out, 4, "OPTIONS", VIA("1"), 1);
	(void)request(out, 40, "OPTIONS", VIA("other"), 2);
	cr_expect_eq(sip_transaction_outcome(desk, t), SIP_TRANSACTION_TIMED_OUT);
}

/* Two taps with no router between them: the client's own is where the answer takes longer. */
Test(outcome, nearest_by_time)
{
	static const struct hop there = {phone, server, 1}, back = {server, phone, 1};
	const struct sip_transaction *far, *near;

	begin(2);
	far = request(there, 0.01, "OPTIONS", VIA("1"), 1).transaction;
	near = request(out, 0.02, "OPTIONS", VIA("1"), 1).transaction;
	(void)response(back, 0.1, 200, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(sip_transaction_nearest(desk, far), far, "the other has no answer yet");
	(void)response(in, 0.14, 200, "OPTIONS", VIA("1"), 1);
	cr_expect_eq(sip_transaction_nearest(desk, far), near);
}

/* It begins nothing, whether it has the branch of its INVITE or one of its own (13.2.2.4). */
Test(outcome, ack)
{
	const struct sip_transaction *t = begun("INVITE");

	(void)response(in, 1, 486, "INVITE", VIA("1"), 1);
	cr_expect_eq(request(out, 1.1, "ACK", VIA("1"), 1).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(request(out, 1.2, "ACK", VIA("ack"), 1).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(sip_transaction_retransmissions(desk, t), 0);
	cr_expect_eq(t->status, 486);
}

Test(outcome, cancel)
{
	const struct sip_transaction *t = begun("INVITE");

	(void)response(in, 0.1, 180, "INVITE", VIA("1"), 1);
	cr_expect_eq(request(out, 2, "CANCEL", VIA("1"), 1).event, SIP_TRANSACTION_BEGAN);
	cr_expect_eq(response(in, 2.1, 200, "CANCEL", VIA("1"), 1).event, SIP_TRANSACTION_FINAL);
	cr_expect_eq(t->status, 0);
	cr_expect_eq(response(in, 2.2, 487, "INVITE", VIA("1"), 1).transaction, t);
	cr_expect_eq(t->status, 487);
}

Test(outcome, cancel_that_crosses_the_answer)
{
	const struct sip_transaction *t = begun("INVITE");

	(void)response(in, 1.99, 200, "INVITE", VIA("1"), 1);
	(void)request(out, 2, "CANCEL", VIA("1"), 1);
	(void)response(in, 2.1, 481, "CANCEL", VIA("1"), 1);
	cr_expect_eq(t->status, 200);
}

/* A request made anew with credentials goes on from the first. */
Test(outcome, chain)
{
	const struct sip_transaction *t;

	begin(1);
	(void)request(out, 1, "REGISTER", VIA("1"), 1);
	(void)response(in, 1.1, 401, "REGISTER", VIA("1"), 1);
	(void)request(out, 1.2, "REGISTER", VIA("2"), 2);
	(void)response(in, 1.3, 401, "REGISTER", VIA("2"), 2);
	t = request(out, 1.4, "REGISTER", VIA("3"), 3).transaction;
	cr_expect_eq(t->begun_ns, 1000000000);
	cr_expect(t->continues);
	(void)response(in, 1.5, 200, "REGISTER", VIA("3"), 3);
	t = request(out, 9, "REGISTER", VIA("4"), 4).transaction;
	cr_expect_eq(t->begun_ns, 9000000000, "a refresh begins anew");
	cr_expect_not(t->continues);
}

/* Another attempt a minute later, and another user's under the same Call-ID, are no repeats. */
Test(outcome, no_chain)
{
	const struct sip_transaction *t;

	begin(1);
	(void)request(out, 1, "REGISTER", VIA("1"), 1);
	(void)response(in, 1.1, 401, "REGISTER", VIA("1"), 1);
	t = request(out, 61, "REGISTER", VIA("2"), 2).transaction;
	cr_expect_not(t->continues);
	(void)response(in, 61.1, 401, "REGISTER", VIA("2"), 2);
	t = take(out, 62,
	    "REGISTER sip:x SIP/2.0\nVia: SIP/2.0/UDP " VIA(
		"3") "\nFrom: <sip:a@x>;tag=1\n"
		     "To: <sip:other@x>\nCall-ID: one\nCSeq: 3 REGISTER\n\n")
		.transaction;
	cr_expect_not(t->continues);
}

/* --- limits --- */

Test(limits, oldest_goes_and_is_counted)
{
	char via[64];

	begin(1);
	for (unsigned i = 0; i < 3 * TABLE_LIMIT; i++) {
		(void)snprintf(via, sizeof(via), "192.168.1.10;branch=z9hG4bK-%u", i);
		cr_expect_eq(
		    request(out, i * 0.01, "OPTIONS", via, i).event, SIP_TRANSACTION_BEGAN);
	}
	cr_expect_eq(desk_evictions(desk)->sip_transactions, 2 * TABLE_LIMIT);
	cr_expect_eq(response(in, 2, 200, "OPTIONS", VIA("-0"), 0).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(
	    response(in, 2, 200, "OPTIONS", via, 3 * TABLE_LIMIT - 1).event, SIP_TRANSACTION_FINAL);
}

/* One branch from ever new places: refused, and the table works on. */
Test(limits, one_key_for_all)
{
	char source[32];
	unsigned refused = 0;

	begin(1);
	for (unsigned i = 0; i < 20; i++) {
		(void)snprintf(source, sizeof(source), "198.51.100.%u", i + 1);
		refused +=
		    request((struct hop){source, server, 0}, i, "OPTIONS", VIA("1"), 1).event ==
		    SIP_TRANSACTION_NONE;
	}
	cr_expect_eq(desk_evictions(desk)->sip_transactions, refused);
	cr_expect_eq(request(out, 30, "OPTIONS", VIA("2"), 2).event, SIP_TRANSACTION_BEGAN);
	sip_transaction_finish(desk);
	cr_expect_eq(request(out, 31, "OPTIONS", VIA("2"), 2).event, SIP_TRANSACTION_BEGAN);
}

/* What is over is forgotten in time, and what rings is waited for. */
Test(limits, forgotten_in_time)
{
	begin(1);
	(void)request(out, 0, "INVITE", VIA("1"), 1);
	(void)response(in, 0.1, 180, "INVITE", VIA("1"), 1);
	(void)request(out, 1, "OPTIONS", VIA("2"), 2);
	(void)response(in, 1.1, 200, "OPTIONS", VIA("2"), 2);
	desk->now_ns = 60 * MEDIA_SECOND_NS;
	sip_transaction_expire(desk);
	cr_expect_eq(response(in, 60, 200, "OPTIONS", VIA("2"), 2).event, SIP_TRANSACTION_NONE);
	cr_expect_eq(response(in, 60, 200, "INVITE", VIA("1"), 1).event, SIP_TRANSACTION_FINAL);
	desk->now_ns = 100 * MEDIA_SECOND_NS;
	sip_transaction_expire(desk);
	cr_expect_eq(response(in, 100, 200, "INVITE", VIA("1"), 1).event, SIP_TRANSACTION_NONE);
}
