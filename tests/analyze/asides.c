/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is put aside must be as if it had been a call all the time, once it is one; and of what
 * never becomes one nothing may stay.
 */
#include "aside.h"

#include "desk_sip.h"
#include "sighting.h"

#define VIA(n) "SIP/2.0/UDP 192.168.1.10:5060;branch=z9hG4bK" n

static const struct hop {
	const char *src, *dst;
} out = {"192.168.1.10", "203.0.113.10"}, in = {"203.0.113.10", "192.168.1.10"},
  beyond = {"198.51.100.7", "203.0.113.10"};

DESK_SIP_SUITE(asides);

static uint32_t frames;

/* The lines of `format` end with "\n". */
__attribute__((format(printf, 3, 4))) static void take(
    struct hop hop, double at_s, const char *format, ...)
{
	struct signal *signal;
	va_list arguments;

	va_start(arguments, format);
	signal = desk_sip_signal(++frames, format, arguments);
	va_end(arguments);
	signal->time_ns = desk_sip_begin_ns + (int64_t)(at_s * 1e9);
	cr_assert(address_parse(&signal->src.address, text_of(hop.src)));
	cr_assert(address_parse(&signal->dst.address, text_of(hop.dst)));
	signal->src.port = signal->dst.port = 5060;
	desk_record(desk, &signal->record);
}

static void tick(double at_s)
{
	desk_tick(desk, &(struct tick){frames, desk_sip_begin_ns + (int64_t)(at_s * 1e9), false});
}

static void request(struct hop hop, double at_s, const char *method, const char *via, unsigned cseq)
{
	take(hop, at_s,
	    "%s sip:x@example.com SIP/2.0\nVia: %s\nFrom: <sip:a@x>;tag=1\n"
	    "To: <sip:b@x>\nCall-ID: one\nCSeq: %u %s\n\n",
	    method, via, cseq, method);
}

static void response(struct hop hop, double at_s, unsigned status, const char *via, unsigned cseq)
{
	take(hop, at_s,
	    "SIP/2.0 %u Fine\nVia: %s\nFrom: <sip:a@x>;tag=1\nTo: <sip:b@x>;tag=2\n"
	    "Call-ID: one\nCSeq: %u REGISTER\n\n",
	    status, via, cseq);
}

static void registers(double at_s)
{
	request(out, at_s, "REGISTER", VIA("1"), 1);
	response(in, at_s + 0.1, 401, VIA("1") ";received=198.51.100.7", 1);
	request(out, at_s + 0.2, "REGISTER", VIA("2"), 2);
	response(in, at_s + 0.3, 200, VIA("2") ";received=198.51.100.7", 2);
}

/* The only call, of which so many messages were seen. */
static const struct call *call_with(uint32_t sightings)
{
	const struct call *call;

	cr_assert_eq(pool_count(&desk->calls), 1);
	call = call_at(desk, desk->oldest_call);
	cr_expect_eq(call->traces.count, sightings);
	cr_expect_null(aside_newest(desk));
	return call;
}

static const struct sighting *sighting_newest(const struct call *call)
{
	const struct sighting *s = sightings_of(desk, call);

	while (s->next) {
		s = s->next;
	}
	return s;
}

Test(asides, nothing_follows_from_most)
{
	registers(0);
	cr_expect_eq(pool_count(&desk->calls), 0);
	cr_assert_not_null(aside_newest(desk));
	cr_expect_eq(aside_last(aside_newest(desk))->frame, 4);
	tick(32);
	cr_expect_not_null(aside_newest(desk));
	tick(38);
	cr_expect_null(aside_newest(desk));
	cr_expect_eq(desk->evictions.calls, 0);
}

Test(asides, seen_beyond_the_router)
{
	const struct call *call;
	const struct sighting *places[SIGHTING_PLACES_MAX];

	registers(0);
	request(beyond, 0.4, "REGISTER", VIA("2"), 2);
	call = call_with(5);
	cr_expect_eq(call->kind, CALL_EXCHANGE);
	cr_expect_eq(call->birth, 1, "it is as old as its first message");
	cr_expect_eq(sightings_of(desk, call)->frame, 1);
	cr_expect_eq(sighting_places(sighting_newest(call), places), 2);
	cr_expect_eq(places[0]->frame, 3);
	cr_expect_eq(places[1]->frame, 5);
}

/* A router that renames the Call-ID, too. */
Test(asides, seen_under_another_name)
{
	registers(0);
	take(beyond, 0.4,
	    "REGISTER sip:x@example.com SIP/2.0\nVia: " VIA(
		"1") "\nFrom: <sip:a@x>;tag=1\n"
		     "To: <sip:b@x>\nCall-ID: other\nCSeq: 1 REGISTER\n\n");
	cr_expect_eq(call_with(5)->alias_count, 2);
}

Test(asides, sent_again)
{
	request(out, 0, "REGISTER", VIA("1"), 1);
	request(out, 0.5, "REGISTER", VIA("1"), 1);
	cr_expect_eq(sightings_of(desk, call_with(1))->copies, 1);
}

Test(asides, becomes_a_dialog)
{
	const struct call *call;

	request(out, 0, "OPTIONS", VIA("1"), 1);
	request(out, 1, "INVITE", VIA("2"), 2);
	call = call_with(2);
	cr_expect_eq(call->kind, CALL_DIALOG);
	cr_expect_eq(call->first_ns, desk_sip_begin_ns);
}

/* See detect_sip_alg_lan.c: by these a router betrays itself to the phone alone. */
Test(asides, answers_that_tell)
{
	request(out, 0, "REGISTER", VIA("1"), 1);
	response(in, 0.1, 401, VIA("1") ";received=192.168.1.10", 1);
	(void)call_with(2);
}

Test(asides, answers_to_another_via)
{
	request(out, 0, "REGISTER", VIA("1"), 1);
	response(in, 0.1, 401, "SIP/2.0/UDP 198.51.100.7:5060;branch=z9hG4bK1", 1);
	(void)call_with(2);
}

/* See detect_sip_alg_wan.c: the Via names the packet's source, and the Call-ID another host. */
Test(asides, requests_that_tell)
{
	take(beyond, 0,
	    "REGISTER sip:x@example.com SIP/2.0\nVia: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK1\n"
	    "From: <sip:a@x>;tag=1\nTo: <sip:b@x>\nCall-ID: 1@192.168.1.10\n"
	    "CSeq: 1 REGISTER\n\n");
	(void)call_with(1);
}

/* Defects, and descriptions, which name places. */
Test(asides, messages_that_are_no_routine)
{
	take(out, 0,
	    "OPTIONS sip:x@example.com SIP/2.0\nVia: " VIA(
		"1") "\nFrom: <sip:a@x>;tag=1\n"
		     "To: <sip:b@x>\nCall-ID: one\nCSeq: 1 OPTIONS\n"
		     "Content-Type: application/sdp\n\n"
		     "v=0\no=- 1 1 IN IP4 192.168.1.10\ns=-\nc=IN IP4 192.168.1.10\nt=0 0\n"
		     "m=audio 4000 RTP/AVP 0\n");
	(void)call_with(1);
	take(out, 1,
	    "OPTIONS sip:x@example.com SIP/2.0\nVia: " VIA(
		"2") "\nFrom: <sip:a@x>;tag=1\n"
		     "To: <sip:b@x>\nCall-ID: two\nCSeq: 1 MESSAGE\n\n");
	cr_expect_eq(pool_count(&desk->calls), 2);
}

Test(asides, too_many_of_one_name)
{
	char via[64];

	for (unsigned i = 1; i <= ASIDE_NOTES_MAX + 1; i++) {
		(void)snprintf(via, sizeof(via), VIA("%u"), i);
		request(out, i * 0.01, "OPTIONS", via, i);
	}
	(void)call_with(ASIDE_NOTES_MAX + 1);
}

static void ping(double at_s, unsigned number)
{
	take(out, at_s,
	    "OPTIONS sip:x@example.com SIP/2.0\nVia: " VIA(
		"%u") "\nFrom: <sip:a@x>;tag=1\n"
		      "To: <sip:b@x>\nCall-ID: %u\nCSeq: 1 OPTIONS\n\n",
	    number, number);
}

/* However many there are, and however many messages of one: what is held is that of a moment. */
Test(asides, memory_does_not_grow)
{
	size_t held = 0;

	for (unsigned i = 0; i < 20000; i++) {
		double at_s = i * 1.0;

		ping(at_s, i);
		request(out, at_s, "NOTIFY", i % 2 ? VIA("a") : VIA("b"), i);
		tick(at_s);
		if (i == 2000) {
			held = desk->slab.held;
		}
	}
	cr_expect_leq(desk->slab.held, held);
	cr_expect_eq(pool_count(&desk->calls), 0);
	cr_expect_eq(desk->evictions.calls, 0);
}

Test(asides, the_oldest_gives_way)
{
	unsigned count = 0;

	for (unsigned i = 0; i < DESK_SIP_CALLS + 10; i++) {
		ping(i * 0.01, i);
	}
	for (const struct aside *a = aside_newest(desk); a; a = aside_older(desk, a)) {
		count++;
	}
	cr_expect_eq(count, DESK_SIP_CALLS);
	cr_expect_eq(desk->evictions.calls, 10);
	while (aside_give_way(desk)) {}
	cr_expect_null(aside_newest(desk));
	ping(2, 1000);
	cr_expect_not_null(aside_newest(desk));
}
