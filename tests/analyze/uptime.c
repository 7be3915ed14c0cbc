/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe meets that runs for weeks, or that somebody means ill: nothing that one sender
 * does may cost ever more, and what has ended must leave nothing behind.
 */
#include <stdlib.h>
#include <string.h>

#include "desk_sip.h"
#include "endpoint.h"

enum { CALLS = 64 };

static const char phone[] = "192.0.2.10", server[] = "203.0.113.10";

static struct desk *desk;
static uint64_t order;

static void begin(bool live, uint32_t streams)
{
	desk = desk_of_one((struct desk_config){
	    .limits = {.calls = CALLS,
		.streams = streams,
		.endpoints = 64,
		.findings = 8,
		.text_octets = 64 << 20},
	    .live = live,
	});
	order = 0;
}

static void end(void)
{
	desk_free(desk);
	desk = NULL;
}

TestSuite(uptime, .fini = end, .timeout = 60);

static struct endpoint endpoint_of(const char *host, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(address_parse(&e.address, text_of(host)));
	return e;
}

static void tick(int64_t time_ns)
{
	desk_tick(desk, &(struct tick){.order = order, .time_ns = time_ns});
}

/* From the phone, or to it. The lines of `format` end with "\n". */
__attribute__((format(printf, 3, 4))) static void sip(
    int64_t time_ns, bool outward, const char *format, ...)
{
	struct endpoint inside = endpoint_of(phone, 5060), outside = endpoint_of(server, 5060);
	struct signal *signal;
	va_list arguments;

	va_start(arguments, format);
	signal = desk_sip_signal((uint32_t)++order, format, arguments);
	va_end(arguments);
	signal->time_ns = time_ns;
	signal->src = outward ? inside : outside;
	signal->dst = outward ? outside : inside;
	desk_record(desk, &signal->record);
}

static void request(int64_t time_ns, const char *method, unsigned call, unsigned cseq,
    bool in_dialog, const char *sdp)
{
	sip(time_ns, true,
	    "%s sip:b@%s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u-%u\n"
	    "From: <sip:a@x>;tag=1\nTo: <sip:b@x>%s\nCall-ID: %u\nCSeq: %u %s\n"
	    "Content-Type: application/sdp\n\n%s",
	    method, server, phone, call, cseq, in_dialog ? ";tag=2" : "", call, cseq, method, sdp);
}

static void answer(
    int64_t time_ns, const char *method, unsigned call, unsigned cseq, const char *sdp)
{
	sip(time_ns, false,
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u-%u\n"
	    "From: <sip:a@x>;tag=1\nTo: <sip:b@x>;tag=2\nCall-ID: %u\nCSeq: %u %s\n"
	    "Content-Type: application/sdp\n\n%s",
	    phone, call, cseq, call, cseq, method, sdp);
}

static const char *sdp_of(const char *host, uint16_t port, char out[256])
{
	(void)snprintf(out, 256,
	    "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %u RTP/AVP 0\n", host, host,
	    port);
	return out;
}

static void call_begins(int64_t time_ns, unsigned call, uint16_t port)
{
	char offer[256], reply[256];

	request(time_ns, "INVITE", call, 1, false, sdp_of(phone, port, offer));
	answer(time_ns + 1000000, "INVITE", call, 1, sdp_of(server, port, reply));
	request(time_ns + 2000000, "ACK", call, 1, true, "");
}

static void call_ends(int64_t time_ns, unsigned call)
{
	request(time_ns, "BYE", call, 2, true, "");
	answer(time_ns + 1000000, "BYE", call, 2, "");
}

/* A stream to the phone, from its first packet to its end. */
static void stream(int64_t time_ns, uint16_t port, bool over)
{
	static uint32_t lasting; /* of those that end a number is used again */
	uint64_t number = ++order, id = media_stream(0, over ? 0 : ++lasting);
	struct media_began began = {
	    .record = {number, 0, sizeof(began), RECORD_MEDIA_BEGAN},
	    .stream = id,
	    .src = endpoint_of(server, port),
	    .dst = endpoint_of(phone, port),
	    .ssrc = (uint32_t)number,
	    .first_time_ns = time_ns,
	};
	struct media_summary summary = {
	    .record = {number, 1, sizeof(summary), RECORD_MEDIA_SUMMARY},
	    .stream = id,
	    .ended = true,
	    .last_time_ns = time_ns,
	    .packets = 2,
	    .expected = 2,
	};

	desk_record(desk, &began.record);
	if (over) {
		desk_record(desk, &summary.record);
	}
}

/* Each description names other places; the call keeps the newest, and looks through few. */
Test(uptime, places_of_one_call_are_bounded)
{
	char sdp[256];

	begin(false, 1024);
	for (unsigned i = 0; i < 3000; i++) {
		request(desk_sip_begin_ns + i * 1000000, "INVITE", 1, i + 1, i > 0,
		    sdp_of(phone, (uint16_t)(1000 + 2 * i), sdp));
	}
	cr_expect_eq(pool_count(&desk->sites), CALL_SITES_MAX);
	cr_expect_eq(pool_count(&desk->places), CALL_SITES_MAX, "places go with their sites");
	cr_expect_eq(desk->evictions.sites, 3000 - CALL_SITES_MAX, "and that is told");
	stream(desk_sip_begin_ns + 3 * MEDIA_SECOND_NS, 1000 + 2 * 2999, false);
	cr_expect_eq(call_at(desk, desk->oldest_call)->stream_count, 1, "the newest is known");
	stream(desk_sip_begin_ns + 3 * MEDIA_SECOND_NS, 1000, false);
	cr_expect_eq(call_at(desk, desk->oldest_call)->stream_count, 1);
}

/* A call that lasts and lasts stands before thousands of short ones, and is not in their way. */
Test(uptime, a_long_call_among_short_ones)
{
	size_t held = 0;
	unsigned i;

	begin(true, 64);
	call_begins(desk_sip_begin_ns, 1, 30000);
	stream(desk_sip_begin_ns, 30000, false);
	for (i = 2; i < 5000; i++) {
		int64_t now_ns = desk_sip_begin_ns + i * MEDIA_SECOND_NS;
		uint16_t port = (uint16_t)(10000 + i % 1000 * 2);

		call_begins(now_ns, i, port);
		for (unsigned k = 0; k < 3; k++) {
			stream(now_ns + 3000000, port, true);
		}
		call_ends(now_ns + MEDIA_SECOND_NS / 2, i);
		request(now_ns, "OPTIONS", 100000 + i, 1, false, "");
		answer(now_ns + 1000000, "OPTIONS", 100000 + i, 1, "");
		tick(now_ns + 900000000);
		if (i == 1000) {
			held = desk->slab.held;
		}
	}
	cr_expect_eq(desk->evictions.streams, 0, "%llu streams were refused",
	    (unsigned long long)desk->evictions.streams);
	cr_expect_eq(desk->evictions.calls, 0, "%llu calls were given up",
	    (unsigned long long)desk->evictions.calls);
	cr_expect_eq(desk->evictions.sip_transactions, 0);
	cr_expect_not(call_at(desk, desk->oldest_call)->closed, "the long one goes on");
	cr_expect_leq(desk->slab.held, held + held / 4, "%zu octets of text, then %zu", held,
	    desk->slab.held);
	cr_expect_leq(pool_count(&desk->sites), 2 * CALLS);
	cr_expect_leq(pool_count(&desk->leg_marks), 8 * CALLS);
}

/* What is closed is not looked at any more, however much of it is kept. */
Test(uptime, closed_calls_are_out_of_the_way)
{
	unsigned open = 0;

	begin(true, 64);
	for (unsigned i = 1; i <= 40; i++) {
		call_begins(desk_sip_begin_ns + i * MEDIA_SECOND_NS, i, (uint16_t)(10000 + 2 * i));
		if (i <= 38) {
			call_ends(desk_sip_begin_ns + i * MEDIA_SECOND_NS + 500000000, i);
		}
	}
	tick(desk_sip_begin_ns + 60 * MEDIA_SECOND_NS);
	for (uint32_t n = desk->open_calls.oldest; n != POOL_NONE;
	     n = desk->open_calls.links[n].newer) {
		cr_expect_not(call_at(desk, n)->closed);
		open++;
	}
	cr_expect_eq(open, 2);
	cr_expect_eq(pool_count(&desk->calls), 40, "all are kept for the report");
}

/* Hosts come and go: the newest is always known, and those before it cost nothing any more. */
Test(uptime, endpoints_make_room)
{
	size_t held = 0;

	begin(true, 8);
	for (uint32_t host = 1; host <= 5000; host++) {
		struct address address = address_of_ipv4(host);
		struct endpoint_entry *entry = endpoint_entry(desk, &address);

		cr_assert_not_null(entry);
		cr_assert(address_equal(&entry->address, &address));
		cr_assert_not_null(arena_take(&endpoint_rare(desk, entry)->text, 200));
		if (host == 64) {
			held = desk->slab.held;
		}
	}
	cr_expect_eq(pool_count(&desk->endpoints), 64);
	cr_expect_leq(desk->slab.held, held);
	cr_expect_eq(desk_evictions(desk)->endpoints, 5000 - 64);
}

/* Who is heard of now and then stays, however many strangers pass by. */
Test(uptime, endpoints_in_use_stay)
{
	struct address own = address_of_ipv4(0x0a000001);

	begin(true, 8);
	endpoint_entry(desk, &own)->registers = true;
	for (uint32_t host = 1; host <= 1000; host++) {
		struct address stranger = address_of_ipv4(0xc0000000 + host);

		(void)endpoint_entry(desk, &stranger);
		cr_assert(endpoint_entry(desk, &own)->registers);
	}
}
