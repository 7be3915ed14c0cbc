/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The meter, packet by packet: RFC 3550 A.1 and A.8, and what docs/json.md says of each figure.
 */
#include <math.h>

#include "meter_bench.h"

static void expect(const struct media_summary *s, uint32_t packets, uint64_t expected,
    uint64_t lost, uint32_t duplicates, uint32_t reordered)
{
	cr_expect_eq(s->packets, packets, "packets %u", s->packets);
	cr_expect_eq(s->expected, expected, "expected %lu", (unsigned long)s->expected);
	cr_expect_eq(s->lost, lost, "lost %lu", (unsigned long)s->lost);
	cr_expect_eq(s->duplicates, duplicates, "duplicates %u", s->duplicates);
	cr_expect_eq(s->reordered, reordered, "reordered %u", s->reordered);
}

/* --- sequence numbers --- */

Test(meter, sound_stream)
{
	struct bench b = bench();
	const struct media_summary *s;
	const struct media_began *began;

	feed_many(&b, 500);
	s = finish(&b);
	expect(s, 500, 500, 0, 0, 0);
	cr_expect(s->ended);
	cr_expect_eq(s->jitter_sum_ns, 0);
	cr_expect_eq(s->jitter_count, 499);
	cr_expect_eq(s->octets, 500 * 160);
	cr_expect_eq(s->timestamp_step, 160);
	cr_expect_eq(s->clock_rate_hz, 8000);
	cr_expect_eq(s->delta_max_ns, 20000000);
	cr_expect_eq(s->last_frame, 500);
	began = kept_at(&b.kept, RECORD_MEDIA_BEGAN, 0);
	cr_assert_not_null(began);
	cr_expect_eq(began->first_frame, 1);
	cr_expect_eq(began->opening.sequence, 100);
	cr_expect_eq(began->stream, s->stream);
	bench_free(&b);
}

Test(meter, wrap)
{
	struct bench b = bench();

	b.next.sequence = 65500;
	feed_many(&b, 70000);
	expect(finish(&b), 70000, 70000, 0, 0, 0);
	bench_free(&b);
}

Test(meter, losses_of_every_length)
{
	for (unsigned missing = 1; missing < 2999; missing += missing < 140 ? 1 : 97) {
		struct bench b = bench();

		feed_many(&b, 10);
		b.next.sequence = (uint16_t)(b.next.sequence + missing);
		b.next.timestamp += 160 * missing;
		feed_many(&b, 10);
		expect(finish(&b), 20, 20 + missing, missing, 0, 0);
		bench_free(&b);
	}
}

/* The second and third packet count like any other: probation only delays. */
Test(meter, loss_at_the_very_beginning)
{
	struct bench b = bench();

	feed(&b);
	b.next.sequence += 2;
	feed_many(&b, 10);
	expect(finish(&b), 11, 13, 2, 0, 0);
	bench_free(&b);
}

Test(meter, late_packets_are_not_lost)
{
	for (uint16_t late = 1; late <= 100; late++) {
		struct bench b = bench();
		uint16_t held;

		feed_many(&b, 5);
		held = b.next.sequence++;
		feed_many(&b, late);
		feed_number(&b, held);
		feed_many(&b, 5);
		expect(finish(&b), 11U + late, 11U + late, 0, 0, 1);
		bench_free(&b);
	}
}

Test(meter, duplicates_never_make_loss_negative)
{
	for (uint16_t back = 0; back <= 100; back++) {
		struct bench b = bench();

		feed_many(&b, 150);
		feed_number(&b, (uint16_t)(b.next.sequence - 1 - back));
		feed_number(&b, (uint16_t)(b.next.sequence - 1 - back));
		feed_many(&b, 5);
		expect(finish(&b), 157, 155, 0, 2, 0);
		bench_free(&b);
	}
}

/* A late packet that comes twice is late once and then a duplicate. */
Test(meter, late_and_twice)
{
	struct bench b = bench();
	uint16_t held;

	feed_many(&b, 5);
	held = b.next.sequence++;
	feed_many(&b, 3);
	feed_number(&b, held);
	feed_number(&b, held);
	feed_many(&b, 3);
	expect(finish(&b), 13, 12, 0, 1, 1);
	bench_free(&b);
}

/* The first packets seen need not be the lowest. */
Test(meter, begins_out_of_order)
{
	struct bench b = bench();

	b.next.sequence = 105;
	feed(&b);
	feed_number(&b, 103);
	feed_number(&b, 100);
	b.next.sequence = 106;
	feed_many(&b, 4);
	/* 100..109 with 101, 102 and 104 missing */
	expect(finish(&b), 7, 10, 3, 0, 2);
	bench_free(&b);
}

Test(meter, earlier_than_the_first_across_the_wrap)
{
	struct bench b = bench();

	b.next.sequence = 1;
	feed(&b);
	feed_number(&b, 65534);
	feed_number(&b, 65535);
	b.next.sequence = 2;
	feed_many(&b, 3);
	/* 65534, 65535, (0), 1, 2, 3, 4 */
	expect(finish(&b), 6, 7, 1, 0, 2);
	bench_free(&b);
}

/* RFC 3550 A.1: two packets in sequence after a jump are a sender that began anew. */
Test(meter, restart)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 50);
	b.next.sequence = 40000;
	b.next.timestamp = 999999;
	feed_many(&b, 50);
	s = finish(&b);
	expect(s, 100, 100, 0, 0, 0);
	cr_expect_eq(s->restarts, 1);
	cr_expect_eq(s->outliers, 0);
	cr_expect_lt(s->jitter_max_ns, 1000);
	bench_free(&b);
}

Test(meter, restart_with_losses_on_both_sides)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 10);
	b.next.sequence += 3;
	feed_many(&b, 10);
	b.next.sequence = 30000;
	feed_many(&b, 10);
	b.next.sequence += 4;
	feed_many(&b, 10);
	s = finish(&b);
	expect(s, 40, 47, 7, 0, 0);
	cr_expect_eq(s->restarts, 1);
	bench_free(&b);
}

/* One stray number is neither loss nor a restart. */
Test(meter, stray)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 20);
	feed_number(&b, 50000);
	feed_many(&b, 20);
	s = finish(&b);
	expect(s, 41, 40, 0, 0, 0);
	cr_expect_eq(s->outliers, 1);
	cr_expect_eq(s->restarts, 0);
	bench_free(&b);
}

/* --- jitter --- */

/* The formula of RFC 3550 6.4.1 in floating point, over arrivals and timestamps. */
struct reference {
	double jitter_ns, sum_ns, max_ns;
	int64_t arrival_ns;
	uint32_t timestamp;
	unsigned count;
};

static void reference_take(struct reference *r, const struct media_packet *p)
{
	if (r->count++ > 0) {
		double d = (double)(p->time_ns - r->arrival_ns) -
			   (double)(int32_t)(p->timestamp - r->timestamp) * 125000;

		r->jitter_ns += (fabs(d) - r->jitter_ns) / 16;
		r->sum_ns += r->jitter_ns;
		r->max_ns = fmax(r->max_ns, r->jitter_ns);
	}
	r->arrival_ns = p->time_ns;
	r->timestamp = p->timestamp;
}

static void reference_expect(const struct reference *r, const struct media_summary *s)
{
	cr_expect_eq(s->jitter_count, r->count - 1);
	cr_expect_float_eq((double)s->jitter_sum_ns / s->jitter_count, r->sum_ns / (r->count - 1),
	    r->sum_ns / (r->count - 1) / 1e5 + 1);
	cr_expect_float_eq((double)s->jitter_max_ns, r->max_ns, r->max_ns / 1e5 + 1);
}

Test(meter, jitter_as_rfc_3550_has_it)
{
	struct bench b = bench();
	struct reference r = {0};
	uint64_t random = 12345;

	for (int i = 0; i < 5000; i++) {
		int64_t due_ns = b.next.time_ns;

		random = random * 6364136223846793005U + 1442695040888963407U;
		b.next.time_ns += (int64_t)(random >> 33) % 30000000;
		reference_take(&r, &b.next);
		feed(&b);
		b.next.time_ns = due_ns + 20000000;
	}
	reference_expect(&r, finish(&b));
	bench_free(&b);
}

/* Reordered packets are part of jitter, duplicates are not. */
Test(meter, jitter_of_late_packets_and_duplicates)
{
	struct bench b = bench();
	struct reference r = {0};

	for (int i = 0; i < 400; i++) {
		if (i % 10 == 5) {
			struct media_packet held = b.next;

			b.next.sequence++;
			b.next.timestamp += 160;
			b.next.time_ns += 20000000;
			reference_take(&r, &b.next);
			feed(&b);
			held.time_ns = b.next.time_ns - 15000000;
			held.order = b.next.order;
			held.frame = b.next.frame;
			reference_take(&r, &held);
			b.next.time_ns = held.time_ns;
			feed_number(&b, held.sequence);
			feed_number(&b, held.sequence); /* a duplicate */
			b.next.time_ns = held.time_ns + 15000000;
		} else {
			reference_take(&r, &b.next);
			feed(&b);
		}
	}
	reference_expect(&r, finish(&b));
	bench_free(&b);
}

/* Telephone events keep their timestamp: they, and comfort noise, are left out. */
Test(meter, events_and_comfort_noise_are_left_out_of_jitter)
{
	struct bench b = bench();
	const struct media_summary *s;
	uint32_t stands;

	feed_many(&b, 50);
	stands = b.next.timestamp;
	for (int i = 0; i < 10; i++) {
		b.next.payload_type = i < 9 ? 101 : 13;
		b.next.timestamp = stands;
		b.next.octets = 4;
		feed(&b);
	}
	b.next.payload_type = 0;
	b.next.octets = 160;
	b.next.timestamp = stands + 10 * 160;
	feed_many(&b, 50);
	s = finish(&b);
	expect(s, 110, 110, 0, 0, 0);
	cr_expect_eq(s->jitter_max_ns, 0);
	cr_expect_eq(s->jitter_count, 99);
	cr_assert_eq(s->payload_count, 3);
	for (int i = 0; i < 3; i++) {
		uint32_t packets = s->payloads[i].value == 0    ? 100
				   : s->payloads[i].value == 13 ? 1
								: 9;

		cr_expect_eq(s->payloads[i].packets, packets);
	}
	bench_free(&b);
}

Test(meter, codec_change)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 30);
	b.next.payload_type = 8;
	feed_many(&b, 70);
	s = finish(&b);
	expect(s, 100, 100, 0, 0, 0);
	cr_expect_eq(s->jitter_max_ns, 0);
	cr_assert_eq(s->payload_count, 2);
	cr_expect_eq(s->payloads[0].value, 0);
	cr_expect_eq(s->payloads[0].packets, 30);
	cr_expect_eq(s->payloads[1].value, 8);
	cr_expect_eq(s->payloads[1].packets, 70);
	bench_free(&b);
}

/* --- traits --- */

Test(meter, dscp_and_ttl)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 10);
	b.next.dscp = 0;
	b.next.ttl = 60;
	feed_many(&b, 20);
	b.next.dscp = 46;
	b.next.ttl = 66;
	feed_many(&b, 30);
	s = finish(&b);
	cr_assert_eq(s->dscp_count, 2);
	cr_expect_eq(s->dscps[0].value, 46);
	cr_expect_eq(s->dscps[0].packets, 40);
	cr_expect_eq(s->dscps[1].value, 0);
	cr_expect_eq(s->dscps[1].packets, 20);
	cr_expect_eq(s->ttl_min, 60);
	cr_expect_eq(s->ttl_max, 66);
	bench_free(&b);
}

/* More values than are kept: the rest is counted together, nothing is lost. */
Test(meter, many_dscps)
{
	struct bench b = bench();
	const struct media_summary *s;
	uint32_t sum = 0;

	for (uint8_t i = 0; i < 30; i++) {
		b.next.dscp = i;
		feed_many(&b, 3);
	}
	s = finish(&b);
	cr_expect_eq(s->dscp_count, MEDIA_TRAITS);
	for (int i = 0; i < s->dscp_count; i++) {
		sum += s->dscps[i].packets;
	}
	cr_expect_eq(sum, 90);
	cr_expect_eq(s->dscps[MEDIA_TRAITS - 1].value, MEDIA_TRAIT_OTHER);
	bench_free(&b);
}

Test(meter, malformed_packets_are_counted_and_not_measured)
{
	struct bench b = bench();

	feed_many(&b, 10);
	b.next.fault = MALFORMED_RTP_CSRC;
	feed_many(&b, 2);
	b.next.fault = 0;
	feed_many(&b, 10);
	expect(finish(&b), 20, 22, 2, 0, 0);
	cr_expect_eq(meter_counts(b.meter, 0)[MALFORMED_RTP_CSRC], 2);
	bench_free(&b);
}

/* --- silence --- */

Test(meter, gap_is_reported)
{
	struct bench b = bench();
	const struct media_gap *gap;
	int64_t before_ns;

	feed_many(&b, 10);
	before_ns = b.next.time_ns - 20000000;
	b.next.time_ns += 4 * MEDIA_SECOND_NS;
	b.next.sequence += 7;
	feed_many(&b, 10);
	gap = kept_at(&b.kept, RECORD_MEDIA_GAP, 0);
	cr_assert_not_null(gap);
	cr_expect_eq(gap->from_ns, before_ns);
	cr_expect_eq(gap->to_ns - gap->from_ns, 4 * MEDIA_SECOND_NS + 20000000);
	cr_expect_eq(gap->missing, 7);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_GAP), 1);
	bench_free(&b);
}

/* Comfort noise now and then is no gap. */
Test(meter, other_payloads_fill_gaps)
{
	struct bench b = bench();

	feed_many(&b, 10);
	for (int i = 0; i < 5; i++) {
		b.next.payload_type = 13;
		b.next.time_ns += 2 * MEDIA_SECOND_NS;
		feed(&b);
	}
	b.next.payload_type = 0;
	feed_many(&b, 10);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_GAP), 0);
	expect(finish(&b), 25, 25, 0, 0, 0);
	bench_free(&b);
}

Test(meter, quiet_then_on_again_then_ended)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 10);
	tick(&b, 4 * MEDIA_SECOND_NS, false);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_SUMMARY), 0);
	tick(&b, 6 * MEDIA_SECOND_NS, false);
	tick(&b, 7 * MEDIA_SECOND_NS, false);
	cr_assert_eq(kept_count(&b.kept, RECORD_MEDIA_SUMMARY), 1, "told once");
	s = kept_at(&b.kept, RECORD_MEDIA_SUMMARY, 0);
	cr_expect(!s->ended);
	expect(s, 10, 10, 0, 0, 0);
	b.next.time_ns += 8 * MEDIA_SECOND_NS;
	feed_many(&b, 10);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_GAP), 1);
	tick(&b, 121 * MEDIA_SECOND_NS, false);
	s = kept_at(&b.kept, RECORD_MEDIA_SUMMARY, 1);
	cr_assert_not_null(s);
	cr_expect(s->ended);
	expect(s, 20, 20, 0, 0, 0);
	cr_expect_eq(s->payloads[0].packets, 20);
	/* Later packets are another stream. */
	b.next.time_ns += 130 * MEDIA_SECOND_NS;
	feed_many(&b, 5);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 2);
	expect(finish(&b), 5, 5, 0, 0, 0);
	bench_free(&b);
}

/* The same without a tick in between: what ends a stream is its own silence. */
Test(meter, silence_ends_a_stream_whatever_the_ticks)
{
	struct bench b = bench();

	feed_many(&b, 10);
	b.next.time_ns += 120 * MEDIA_SECOND_NS;
	feed_many(&b, 5);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 2);
	expect(finish(&b), 5, 5, 0, 0, 0);
	bench_free(&b);
}

/* A call that uses the ports and SSRC of the one before. */
Test(meter, pause_and_restart_is_another_stream)
{
	struct bench b = bench();

	feed_many(&b, 300);
	b.next.time_ns += 6 * MEDIA_SECOND_NS;
	b.next.sequence = 100;
	b.next.timestamp = 5000;
	feed_many(&b, 200);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 2);
	expect(finish(&b), 200, 200, 0, 0, 0);
	bench_free(&b);
}

/* --- ends of many --- */

enum { MANY = 300 };

static void feed_of(struct bench *b, uint32_t ssrc, uint16_t sequence)
{
	b->next.ssrc = ssrc;
	b->next.sequence = sequence;
	b->next.timestamp = sequence * 160U;
	feed(b);
	b->next.time_ns -= 20000000;
}

/* Streams, and those they are told of in the order of their first packets. */
static void expect_in_order(struct bench *b, size_t before, bool ended)
{
	uint64_t last = 0;

	cr_assert_eq(kept_count(&b->kept, RECORD_MEDIA_SUMMARY), before + MANY);
	for (size_t i = before; i < before + MANY; i++) {
		const struct media_summary *s = kept_at(&b->kept, RECORD_MEDIA_SUMMARY, i);

		cr_expect_eq(s->ended, ended);
		cr_expect_eq(s->packets, 2);
		cr_expect_gt(s->record.sub, last);
		last = s->record.sub;
	}
}

/* The second packets, which make the streams, in another order than the first. */
static void told_in_order(uint32_t (*second)(uint32_t))
{
	struct bench b = bench();

	for (uint32_t i = 0; i < MANY; i++) {
		feed_of(&b, i, 100);
	}
	for (uint32_t i = 0; i < MANY; i++) {
		feed_of(&b, second(i), 101);
	}
	tick(&b, 6 * MEDIA_SECOND_NS, false);
	expect_in_order(&b, 0, false);
	tick(&b, 7 * MEDIA_SECOND_NS, false);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_SUMMARY), MANY);
	tick(&b, 8 * MEDIA_SECOND_NS, true);
	expect_in_order(&b, MANY, true);
	bench_free(&b);
}

static uint32_t in_turn(uint32_t i)
{
	return i;
}

static uint32_t nearly_in_turn(uint32_t i)
{
	return i ^ 1;
}

static uint32_t backward(uint32_t i)
{
	return MANY - 1 - i;
}

Test(meter, told_in_order_of_birth)
{
	told_in_order(in_turn);
	told_in_order(nearly_in_turn);
	told_in_order(backward);
}

/* --- what is no stream --- */

Test(meter, lone_packets_are_counted_and_begin_no_stream)
{
	struct bench b = bench();

	for (uint32_t i = 0; i < 50; i++) {
		b.next.ssrc = i;
		feed(&b);
	}
	cr_expect_eq(b.kept.count, 0);
	tick(&b, 0, true);
	cr_expect_eq(b.kept.count, 50);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_STRAY), 50);
	cr_expect_eq(meter_counts(b.meter, 0)[SKIPPED_RTP_UNCONFIRMED], 50);
	bench_free(&b);
}

/* RFC 4733 2.5.1.4: a packet may be sent three times over, the first one too. */
Test(meter, begins_with_one_packet_three_times)
{
	struct bench b = bench();

	for (int i = 0; i < 3; i++) {
		b.next.sequence = 100;
		feed(&b);
	}
	feed_many(&b, 10);
	expect(finish(&b), 13, 11, 0, 2, 0);
	cr_expect_eq(meter_counts(b.meter, 0)[SKIPPED_RTP_UNCONFIRMED], 0);
	bench_free(&b);
}

/* A counter at the place of the sequence number that leaps, or never moves. */
Test(meter, look_alikes_are_no_streams)
{
	struct bench b = bench();

	for (int i = 0; i < 50; i++) {
		b.next.sequence = (uint16_t)(i * 1234);
		b.next.timestamp = (uint32_t)i * 0x31415926;
		feed(&b);
	}
	b.next.ssrc++;
	for (int i = 0; i < 50; i++) {
		b.next.sequence = 7;
		feed(&b);
	}
	tick(&b, 0, true);
	cr_expect_eq(b.kept.count, 0);
	cr_expect_eq(meter_counts(b.meter, 0)[SKIPPED_RTP_UNCONFIRMED], 100);
	bench_free(&b);
}

/* Numbers that follow each other under another payload type are no proof. */
Test(meter, another_payload_type_confirms_nothing)
{
	struct bench b = bench();

	for (uint8_t type = 0; type < 4; type++) {
		b.next.payload_type = type;
		feed(&b);
	}
	tick(&b, 0, true);
	cr_expect_eq(b.kept.count, 0);
	cr_expect_eq(meter_counts(b.meter, 0)[SKIPPED_RTP_UNCONFIRMED], 4);
	bench_free(&b);
}

/* --- limits --- */

Test(meter, full_of_living_streams_refuses)
{
	static const struct meter_limits few = {4, 64};
	struct bench b = bench_with(&few);

	for (int round = 0; round < 10; round++) {
		uint16_t sequence = b.next.sequence;

		for (uint32_t ssrc = 0; ssrc < 8; ssrc++) {
			b.next.ssrc = ssrc;
			b.next.sequence = sequence;
			feed(&b);
			b.next.time_ns -= 19000000; /* all within a few ms */
		}
	}
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 4);
	cr_expect_gt(meter_losses(b.meter)->streams_refused, 0);
	cr_expect_eq(meter_losses(b.meter)->streams_evicted, 0);
	bench_free(&b);
}

Test(meter, full_of_silent_streams_makes_room)
{
	static const struct meter_limits few = {4, 64};
	struct bench b = bench_with(&few);

	for (uint32_t ssrc = 0; ssrc < 8; ssrc++) {
		b.next.ssrc = ssrc;
		feed_many(&b, 100);
	}
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 8);
	cr_expect_eq(meter_losses(b.meter)->streams_evicted, 4);
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_SUMMARY), 4);
	bench_free(&b);
}

/* A flood of invented SSRCs: bounded, counted, and a real stream still gets in. */
Test(meter, flood_of_ssrcs)
{
	static const struct meter_limits few = {64, 256};
	struct bench b = bench_with(&few);
	uint16_t sequence = 1;

	for (uint32_t i = 0; i < 20000; i++) {
		b.next.ssrc = 0x10000 + i;
		b.next.sequence = (uint16_t)(i * 7919);
		feed(&b);
		b.next.time_ns -= 20000000;
		if (i % 100 == 0) {
			b.next.ssrc = 5;
			b.next.sequence = sequence++;
			b.next.timestamp = sequence * 160U;
			feed(&b);
		}
	}
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 1);
	cr_expect_gt(meter_losses(b.meter)->candidates_evicted, 19000);
	expect(finish(&b), 200, 200, 0, 0, 0);
	bench_free(&b);
}

/* --- keys --- */

/* The same flow at two vantages is two streams; so are IPv6 addresses that hash alike. */
Test(meter, keys_are_compared_in_full)
{
	struct bench b = bench();
	uint16_t sequence = b.next.sequence;

	for (int i = 0; i < 10; i++) {
		b.next.vantage = 0;
		b.next.sequence = (uint16_t)(sequence + i);
		feed(&b);
		b.next.vantage = 1;
		b.next.sequence = (uint16_t)(sequence + i);
		feed(&b);
	}
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 2);
	b.next.family = MEDIA_IPV6;
	for (int i = 0; i < 10; i++) {
		for (uint8_t host = 1; host <= 2; host++) {
			b.behind.src = (struct address){{0x20, 1, 0x0d, 0xb8, [15] = host}};
			b.next.sequence = (uint16_t)(sequence + i);
			feed(&b); /* `pair` is the same for both */
		}
	}
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_BEGAN), 4);
	tick(&b, 0, true);
	for (size_t i = 0; i < 4; i++) {
		expect(kept_at(&b.kept, RECORD_MEDIA_SUMMARY, i), 10, 10, 0, 0, 0);
	}
	bench_free(&b);
}
