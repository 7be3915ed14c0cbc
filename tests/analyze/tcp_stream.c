/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP over TCP: segments in any order, again, lost, and of protocols that are not SIP.
 */
#include <criterion/criterion.h>

#include "expect.h"
#include "guarded.h"
#include "segments.h"

static uint64_t counts[1][DISSECT_RESULT_COUNT];
static struct tcp_streams streams;
static struct seen seen;
static uint32_t frames; /* so far */

static void begin(void)
{
	memset(counts, 0, sizeof(counts));
	memset(&seen, 0, sizeof(seen));
	frames = 0;
	cr_assert(tcp_streams_init(&streams, 7, counts));
	streams.deliver = seen_message;
	streams.context = &seen;
}

static void end(void)
{
	tcp_streams_fini(&streams);
}

TestSuite(tcp, .init = begin, .fini = end);

static void put(uint32_t sequence, const char *text)
{
	segment_put(
	    &streams, 1000, ++frames, sequence, TCP_ACK, guarded(text, strlen(text)), strlen(text));
}

static void control(uint32_t sequence, uint8_t flags)
{
	segment_put(&streams, 1000, ++frames, sequence, flags, guarded("", 0), 0);
}

#define ONE   "INVITE sip:one SIP/2.0\r\nl: 4\r\n\r\nbody"
#define TWO   "SIP/2.0 200 Two\r\nContent-Length: 3\r\n\r\nabc"
#define THREE "BYE sip:three SIP/2.0\r\n\r\n"

enum {
	ONE_LENGTH = sizeof(ONE) - 1,
	TWO_LENGTH = sizeof(TWO) - 1,
	THREE_LENGTH = sizeof(THREE) - 1
};

static const char all[] = ONE TWO THREE;

static void expect_seen(const char *text, unsigned count)
{
	expect_number(seen.count, count);
	cr_expect(seen.length == strlen(text) && memcmp(seen.octets, text, seen.length) == 0,
	    "%.*s", (int)seen.length, seen.octets);
}

static void part(size_t from, size_t to, uint32_t base)
{
	char text[512] = "";

	memcpy(text, all + from, to - from);
	put(base + (uint32_t)from, text);
}

Test(tcp, several_messages_in_one_segment)
{
	put(77, ONE TWO THREE);
	expect_seen(ONE TWO THREE, 3);
	expect_number(seen.heads[0].frame, 1);
	expect_number(seen.heads[0].transport, SIGNAL_TCP);
	expect_number(seen.heads[0].dscp, 26);
	expect_number(seen.frames[2].count, 0);
	expect_number(pool_count(&streams.buffers), 0);
}

/* Three parts, in each order that begins with the first one: all of it, once. */
Test(tcp, every_cut_in_three_and_their_orders)
{
	size_t length = strlen(all);
	uint32_t base = 0;

	for (size_t a = 1; a < length; a += 3) {
		for (size_t b = a + 1; b < length; b += 5) {
			for (int order = 0; order < 2; order++) {
				base += 0x01000193; /* wraps now and then */
				memset(&seen, 0, sizeof(seen));
				control(base - 1, TCP_SYN);
				part(0, a, base);
				part(order ? b : a, order ? length : b, base);
				part(order ? a : b, order ? b : length, base);
				cr_assert(seen.count == 3 && seen.length == length &&
					      memcmp(seen.octets, all, length) == 0,
				    "%zu %zu %d", a, b, order);
			}
		}
	}
	expect_number(counts[0][SKIPPED_TCP_GAP], 0);
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 0);
	expect_number(pool_count(&streams.flows), 1);
}

Test(tcp, retransmissions_and_overlaps)
{
	part(0, 20, 5);
	part(0, 20, 5);
	part(10, 30, 5);
	part(25, 60, 5);
	part(80, strlen(all), 5);
	part(60, 70, 5);
	part(55, 90, 5); /* fills the hole, and has what is on both sides */
	part(0, strlen(all), 5);
	expect_seen(all, 3);
	expect_number(counts[0][SKIPPED_TCP_RETRANSMISSION], 2);
}

Test(tcp, the_first_octets_stay)
{
	put(1, "INVITE sip:one SIP/2.0\r\nl: 4\r\n\r\nbo");
	put(5, "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXdy");
	expect_seen(ONE, 1);
}

Test(tcp, frames_of_a_message)
{
	part(0, 10, 5);
	part(20, ONE_LENGTH + 5, 5);
	part(10, 20, 5);
	part(ONE_LENGTH + 5, strlen(all), 5);
	expect_seen(all, 3);
	expect_number(seen.heads[0].frame, 3);
	expect_number(seen.frames[0].count, 3);
	expect_number(seen.frames[0].at[0], 1);
	expect_number(seen.heads[1].frame, 4);
	expect_number(seen.frames[1].count, 2);
	expect_number(seen.frames[1].at[0], 2);
	expect_number(seen.heads[2].frame, 4);
}

Test(tcp, mid_stream)
{
	put(50, "s the rest of a message\r\n\r\n");
	put(77, ONE);
	expect_seen(ONE, 1);
	expect_number(counts[0][SKIPPED_TCP], 1);
}

/* A lost segment: on with the next one that begins a message, not with a line of a body. */
Test(tcp, gap)
{
	static const char rest[] = "x: y\r\n\r\nSIP/2.0 200 OK\r\n\r\n"; /* RFC 3420 */

	put(1, THREE);
	put(1 + THREE_LENGTH, "INVITE sip:one SIP/2.0\r\nl: 40\r\n");
	put(1000, rest);
	put(1000 + sizeof(rest) - 1, TWO);
	streams.now_ns = TCP_GAP_NS;
	tcp_streams_expire(&streams);
	expect_seen(THREE, 1);
	streams.now_ns = TCP_GAP_NS + 1;
	tcp_streams_expire(&streams);
	expect_seen(THREE TWO, 2);
	expect_number(counts[0][SKIPPED_TCP_GAP], 1);
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 2);
	expect_number(seen.heads[1].frame, 4);
}

Test(tcp, gap_before_a_message)
{
	put(1, THREE);
	put(5000, TWO);
	expect_seen(THREE, 1);
	tcp_streams_end(&streams);
	expect_seen(THREE TWO, 2);
	expect_number(counts[0][SKIPPED_TCP_GAP], 1);
	put(5000 + TWO_LENGTH, ONE);
	expect_seen(THREE TWO ONE, 3);
}

Test(tcp, gap_without_a_beginning)
{
	put(1, THREE);
	put(1 + THREE_LENGTH, "INVITE sip:one SIP/2.0\r\n");
	put(5000, "the end of it\r\n\r\n");
	tcp_streams_end(&streams);
	expect_number(counts[0][SKIPPED_TCP_GAP], 1);
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 2);
	put(5017, "not a beginning\r\n\r\n");
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 3);
	put(5036, TWO);
	expect_seen(THREE TWO, 2);
	put(5036, TWO);
	expect_seen(THREE TWO, 2);
	expect_number(counts[0][SKIPPED_TCP_RETRANSMISSION], 1);
}

Test(tcp, a_message_that_does_not_end)
{
	put(1, "INVITE sip:one SIP/2.0\r\nl: 40\r\n\r\nbody");
	streams.now_ns = TCP_REST_NS + 1;
	tcp_streams_expire(&streams);
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 1);
	expect_number(pool_count(&streams.buffers), 0);
}

Test(tcp, keep_alive)
{
	put(1, THREE);
	put(1 + THREE_LENGTH, "\r\n\r\n");
	put(5 + THREE_LENGTH, "\r\n");
	put(7 + THREE_LENGTH, "\r\n" ONE);
	expect_seen(THREE "\r\n\r\n\r\n" ONE, 4);
	expect_number(counts[0][SKIPPED_KEEPALIVE], 2);
}

/* FIN and a copy of the last segment; the next connection with the same ports. */
Test(tcp, connections_one_after_another)
{
	control(99, TCP_SYN);
	put(100, ONE);
	control(100 + ONE_LENGTH, TCP_FIN | TCP_ACK);
	put(100, ONE);
	expect_seen(ONE, 1);
	control(90000000, TCP_SYN);
	put(90000001, ONE);
	expect_seen(ONE ONE, 2);
	control(90000000, TCP_SYN);
	put(90000001, ONE);
	expect_seen(ONE ONE, 2);
	put(700, TWO); /* another one, of which the SYN was not seen */
	expect_seen(ONE ONE TWO, 3);
}

/* --- what the capture lost --- */

static unsigned missed_count;
static struct tcp_missed missed_last;

static void seen_missed(void *context, const struct tcp_missed *missed)
{
	(void)context;
	missed_count++;
	missed_last = *missed;
}

/* The other direction of the same connection acknowledges all octets before this one. */
static void acknowledge(uint32_t next)
{
	struct frame f = {
	    .src = segment_end(2, 5060),
	    .dst = segment_end(1, 1000),
	    .protocol = IP_PROTOCOL_TCP,
	    .tcp_flags = TCP_ACK,
	    .tcp_acknowledgement = next,
	    .payload = guarded("", 0),
	};
	struct tcp_segment segment = {.frame = &f, .origin = {1, ++frames, 0, 26, 64}};

	tcp_streams_take(&streams, &segment);
}

/* ONE, a hole of TWO's length, THREE; then the clock runs on. filled: TWO comes late. */
static void hole(uint32_t acknowledged, bool filled)
{
	missed_count = 0;
	streams.missed = seen_missed;
	put(1, ONE);
	put(1 + ONE_LENGTH + TWO_LENGTH, THREE);
	acknowledge(acknowledged);
	if (filled) {
		put(1 + ONE_LENGTH, TWO);
	}
	streams.now_ns = TCP_GAP_NS + 1;
	tcp_streams_expire(&streams);
}

Test(tcp, what_was_acknowledged_and_never_seen)
{
	hole(1 + ONE_LENGTH + TWO_LENGTH + THREE_LENGTH, false);
	expect_number(missed_count, 1);
	expect_number(missed_last.octets, TWO_LENGTH);
	expect_number(missed_last.frame, 2);
	expect_number(missed_last.src.port, 1000);
}

Test(tcp, what_was_acknowledged_and_came_late)
{
	hole(1 + ONE_LENGTH + TWO_LENGTH + THREE_LENGTH, true);
	expect_number(missed_count, 0);
}

/* The receiver misses it, too. */
Test(tcp, what_was_not_acknowledged)
{
	hole(1 + ONE_LENGTH, false);
	expect_number(missed_count, 0);
	expect_number(counts[0][SKIPPED_TCP_GAP], 1);
}

Test(tcp, directions_are_independent)
{
	segment_put(&streams, 1000, 1, 10, TCP_ACK, guarded(ONE, 20), 20);
	segment_put(&streams, 1001, 2, 30, TCP_ACK, guarded(TWO, TWO_LENGTH), TWO_LENGTH);
	segment_put(
	    &streams, 1000, 3, 30, TCP_ACK, guarded(&ONE[20], ONE_LENGTH - 20), ONE_LENGTH - 20);
	expect_seen(TWO ONE, 2);
}

Test(tcp, what_is_not_sip_leaves_no_state)
{
	static const char *const texts[] = {"GET / HTTP/1.1\r\n\r\n", "\x16\x03\x01\x02\x00\x01",
	    "MSRP a786hjs2 SEND\r\n", "\r\n\r\n", "OPTIONS * HTTP/1.1\r\n", "EHLO x\r\n",
	    "OPTIONS rtsp://x RTSP/1.0\r\n", "\x81\x7e\x01\x00SIP/2.0 200 OK\r\n"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		segment_put(&streams, (uint16_t)i, 1, 1, TCP_ACK,
		    guarded(texts[i], strlen(texts[i])), strlen(texts[i]));
	}
	control(1, TCP_SYN);
	control(2, TCP_ACK);
	control(2, TCP_FIN);
	control(2, TCP_RST);
	expect_number(pool_count(&streams.flows), 0);
	expect_number(counts[0][SKIPPED_TCP], sizeof(texts) / sizeof(texts[0]) + 4);
}

/* A beginning that turns out to be none. */
Test(tcp, candidates)
{
	put(1, "I");
	put(2, "dle chatter\r\n");
	put(15, "INFO ");
	put(20, "for you\r\n");
	expect_number(seen.count, 0);
	tcp_streams_end(&streams);
	expect_number(counts[0][SKIPPED_TCP], 4);
	expect_number(counts[0][MALFORMED_SIP_STREAM], 0);
}

/* SIP inside another protocol: a WebSocket (RFC 7118) whose frame headers travel alone, MSRP. */
Test(tcp, carriers)
{
	put(1, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n");
	put(56, "\x81\x7e\x01\x02");
	put(60, ONE);
	segment_put(&streams, 1001, 4, 1, TCP_ACK, guarded("MSRP d93kswow SEND\r\n", 20), 20);
	segment_put(&streams, 1001, 5, 21, TCP_ACK, guarded(ONE, ONE_LENGTH), ONE_LENGTH);
	expect_number(seen.count, 0);
	expect_number(counts[0][SKIPPED_TCP], 5);
	/* A new connection may be another matter. */
	control(999, TCP_SYN);
	put(1000, ONE);
	expect_seen(ONE, 1);
}

Test(tcp, lengths_that_are_wrong)
{
	put(1, ONE "INVITE sip:x SIP/2.0\r\nContent-Length: x\r\n\r\n" THREE);
	expect_seen(ONE, 1);
	expect_number(counts[0][MALFORMED_SIP_STREAM], 1);
	put(1 + strlen(ONE "INVITE sip:x SIP/2.0\r\nContent-Length: x\r\n\r\n" THREE), TWO);
	expect_seen(ONE TWO, 2);
}

/* A longer copy of what was handed on, while the next beginning is looked for: not twice. */
Test(tcp, retransmission_of_a_lost_flow)
{
	static const char junk[] = "no SIP at all\r\n";

	put(1, THREE);
	put(1 + THREE_LENGTH, junk);
	put(1, "BYE sip:three SIP/2.0\r\n\r\nno SIP at all\r\nand more");
	expect_seen(THREE, 1);
	put(1 + THREE_LENGTH + sizeof(junk) - 1 + 8, TWO);
	expect_seen(THREE TWO, 2);
}

/* The snap length left the head: it is handed on, and marked. */
Test(tcp, cut)
{
	segment_put(&streams, 1000, 1, 1, TCP_ACK, guarded(ONE TWO, ONE_LENGTH + 20), 500);
	expect_number(seen.count, 2);
	cr_expect_not(seen.heads[0].cut);
	cr_expect(seen.heads[1].cut);
	expect_number(seen.ends[1] - seen.ends[0], 20);
	segment_put(&streams, 1000, 2, 501, TCP_ACK, guarded("of the same", 11), 11);
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 1);
	put(512, THREE);
	expect_number(seen.count, 3);
}

/* The longest message, in segments of 1,000 octets that come backwards behind the first. */
Test(tcp, longest_message)
{
	static char text[120 * 1024];
	size_t head = (size_t)snprintf(
	    text, sizeof(text), "MESSAGE sip:x SIP/2.0\r\nl: %zu\r\n\r\n", sizeof(text) - 40);
	size_t length = head + sizeof(text) - 40;

	memset(text + head, 'x', length - head);
	segment_put(&streams, 1000, 1, 0, TCP_ACK, guarded(text, 3000), 3000);
	for (size_t at = (length - 1) / 3000 * 3000; at > 0; at -= 3000) {
		size_t n = length - at < 3000 ? length - at : 3000;

		segment_put(&streams, 1000, 2, (uint32_t)at, TCP_ACK, guarded(text + at, n), n);
	}
	expect_number(seen.count, 1);
	expect_number(seen.length, length);
	cr_expect_eq(memcmp(seen.octets, text, length), 0);
}

/* Beginnings without an end on ever other ports: bounded, counted, and it goes on. */
Test(tcp, flood_of_flows)
{
	for (unsigned round = 0; round < 2; round++) {
		for (unsigned port = 0; port < 65535; port++) {
			segment_put(&streams, (uint16_t)port, 1, round * 7, TCP_ACK,
			    guarded(round ? ONE : "INVITE sip:", 11), 11);
		}
	}
	cr_expect_leq(pool_count(&streams.flows), (uint32_t)TCP_FLOWS_MAX);
	cr_expect_leq(pool_count(&streams.buffers), (uint32_t)TCP_BUFFERS_MAX);
	cr_expect_gt(streams.buffers_evicted, 10000);
	put(4000000000, ONE);
	expect_seen(ONE, 1);
}

/* One octet in two is missing: no room for so many parts, which is a gap. */
Test(tcp, flood_of_holes)
{
	put(0, THREE);
	for (uint32_t i = 0; i < 1000; i++) {
		put(1000 + i * 2, "x");
	}
	tcp_streams_end(&streams);
	cr_expect_geq(counts[0][SKIPPED_TCP_GAP], 1);
	expect_number(counts[0][SKIPPED_TCP_INCOMPLETE], 1000);
	put(4000, ONE);
	expect_seen(THREE ONE, 2);
}

Test(tcp, idle_flows_are_forgotten)
{
	put(1, ONE);
	expect_number(pool_count(&streams.flows), 1);
	streams.now_ns = TCP_IDLE_NS + 1;
	tcp_streams_expire(&streams);
	expect_number(pool_count(&streams.flows), 0);
	expect_number(streams.flows_evicted, 0);
}
