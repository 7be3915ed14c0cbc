/* SPDX-License-Identifier: Apache-2.0 */
/* A stream in time: its clock inferred, delay variation, jitter buffers, skew, intervals. */
#include <math.h>

#include "meter_bench.h"

TestSuite(meter_time, .timeout = 60);

static const int64_t ms = 1000000;
static const uint64_t rounding_ns = 40; /* a tick of 48 kHz is no whole number of them */

/* --- the clock --- */

/* count packets of 20 ms under this clock, each later by up to jitter_ms. */
static void feed_clock(
    struct bench *b, unsigned count, uint8_t payload_type, uint32_t clock_hz, unsigned jitter_ms)
{
	uint32_t seed = 12345;

	b->next.payload_type = payload_type;
	for (unsigned i = 0; i < count; i++) {
		uint32_t timestamp = b->next.timestamp;
		int64_t time_ns = b->next.time_ns;

		seed = seed * 1664525 + 1013904223;
		b->next.time_ns += jitter_ms ? (int64_t)(seed >> 8) % (jitter_ms * ms) : 0;
		feed(b);
		b->next.time_ns = time_ns + 20 * ms;
		b->next.timestamp = timestamp + clock_hz / 50;
	}
}

Test(meter_time, clocks_are_inferred)
{
	static const uint32_t clocks[] = {8000, 12000, 16000, 24000, 32000, 44100, 48000, 90000};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		for (unsigned jitter_ms = 0; jitter_ms <= 30; jitter_ms += 15) {
			struct bench b = bench();
			const struct media_summary *s;

			feed_clock(&b, 400, 111, clocks[i], jitter_ms);
			s = finish(&b);
			cr_expect_eq(s->clock_rate_hz, clocks[i], "%u Hz, jitter %u ms: %u",
			    clocks[i], jitter_ms, s->clock_rate_hz);
			cr_expect(s->clock_inferred);
			cr_expect_eq(s->jitter_count, 399, "the held packets count too");
			bench_free(&b);
		}
	}
}

/* The same packets under a static type and under one whose clock must be found. */
Test(meter_time, inferred_clock_gives_the_same_jitter)
{
	struct media_summary s[2];

	for (int dynamic = 0; dynamic <= 1; dynamic++) {
		struct bench b = bench();

		feed_clock(&b, 500, dynamic ? 97 : 0, 8000, 25);
		s[dynamic] = *finish(&b);
		bench_free(&b);
	}
	cr_expect_eq(s[0].jitter_sum_ns, s[1].jitter_sum_ns);
	cr_expect_eq(s[0].jitter_max_ns, s[1].jitter_max_ns);
	cr_expect_eq(s[0].jitter_count, s[1].jitter_count);
	cr_expect_eq(s[0].playout.fixed_discarded, s[1].playout.fixed_discarded);
	cr_expect(!s[0].clock_inferred && s[1].clock_inferred);
}

Test(meter_time, no_clock_is_made_up)
{
	static const uint32_t clocks[] = {1000, 10000, 64000, 1000000, 0};

	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++) {
		struct bench b = bench();
		const struct media_summary *s;

		feed_clock(&b, 200, 111, clocks[i], 0);
		s = finish(&b);
		cr_expect_eq(
		    s->clock_rate_hz, 0, "%u Hz taken for %u", clocks[i], s->clock_rate_hz);
		cr_expect_eq(s->jitter_count, 0);
		expect_sound(s, 200);
		bench_free(&b);
	}
}

Test(meter_time, too_few_packets_for_a_clock)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_clock(&b, 5, 111, 48000, 0);
	s = finish(&b);
	cr_expect_eq(s->clock_rate_hz, 0);
	cr_expect_eq(s->jitter_count, 0);
	bench_free(&b);
}

Test(meter_time, short_stream_is_settled_at_its_end)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_clock(&b, 30, 111, 48000, 0);
	s = finish(&b);
	cr_expect_eq(s->clock_rate_hz, 48000);
	cr_expect_eq(s->jitter_count, 29);
	bench_free(&b);
}

/* Events beside a dynamic codec are no change of codec, however many there are. */
Test(meter_time, events_beside_a_dynamic_codec)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_clock(&b, 100, 111, 48000, 0);
	for (int digit = 0; digit < 6; digit++) {
		feed_clock(&b, 8, 101, 0, 0);
		b.next.timestamp += 8 * 960;
		feed_clock(&b, 20, 111, 48000, 0);
	}
	s = finish(&b);
	cr_expect_eq(s->clock_rate_hz, 48000);
	cr_expect_lt(s->jitter_max_ns, rounding_ns);
	cr_expect_eq(s->jitter_count, 100 + 6 * 20 - 1);
	cr_expect_eq(s->payloads[0].packets + s->payloads[1].packets, 100 + 6 * 28);
	bench_free(&b);
}

/* The capture begins in the middle of a digit. */
Test(meter_time, begins_with_an_event)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_clock(&b, 8, 101, 0, 0);
	b.next.timestamp += 8 * 960;
	feed_clock(&b, 200, 111, 48000, 0);
	s = finish(&b);
	cr_expect_eq(s->clock_rate_hz, 48000);
	cr_expect_lt(s->jitter_max_ns, rounding_ns);
	bench_free(&b);
}

Test(meter_time, change_to_another_dynamic_codec)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_clock(&b, 100, 0, 8000, 0);
	feed_clock(&b, 200, 111, 48000, 0);
	s = finish(&b);
	expect_sound(s, 300);
	cr_expect_eq(s->clock_rate_hz, 48000);
	cr_expect_lt(s->jitter_max_ns, rounding_ns);
	cr_expect_gt(s->jitter_count, 280);
	bench_free(&b);
}

/* --- delay variation --- */

/* A packet so many ms later than its time. */
static void feed_late(struct bench *b, int64_t late_ms)
{
	int64_t time_ns = b->next.time_ns;

	b->next.time_ns += late_ms * ms;
	feed(b);
	b->next.time_ns = time_ns + 20 * ms;
}

Test(meter_time, late_packets_by_how_late)
{
	static const int16_t late_ms[] = {0, 39, 45, 50, 69, 70, 89, 100, 130, 160, 250, 301, 900};
	static const uint32_t bins[PLAYOUT_BINS] = {2, 2, 1, 1, 1, 1, 2};
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 10);
	for (size_t i = 0; i < sizeof(late_ms) / sizeof(late_ms[0]); i++) {
		feed_late(&b, late_ms[i]);
		feed_many(&b, 3);
	}
	s = finish(&b);
	for (int i = 0; i < PLAYOUT_BINS; i++) {
		cr_expect_eq(s->playout.late[i], bins[i], "bin %d: %u", i, s->playout.late[i]);
	}
	cr_expect_eq(s->playout.fixed_discarded, 9);
	cr_expect_eq(s->playout.variation_ns, 900 * ms);
	cr_expect_eq(s->lost, 0);
	bench_free(&b);
}

/* The first packet was the slow one: nothing after it is early, all is measured from the fast. */
Test(meter_time, first_packet_is_no_yardstick)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_late(&b, 100);
	feed_many(&b, 50);
	feed_late(&b, 80);
	feed_many(&b, 50);
	s = finish(&b);
	cr_expect_eq(s->playout.fixed_discarded, 1);
	cr_expect_eq(s->playout.late[1], 1);
	bench_free(&b);
}

/* A new route is 100 ms longer: late at first, then the measure of things. */
Test(meter_time, longer_route)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 500);
	b.next.time_ns += 100 * ms;
	feed_many(&b, 2000);
	s = finish(&b);
	/* Half a second: no receiver throws all away for longer. */
	cr_expect_leq(s->playout.fixed_discarded, 26, "%u", s->playout.fixed_discarded);
	cr_expect_geq(s->playout.fixed_discarded, 1);
	cr_expect_leq(s->playout.adaptive_discarded, 1);
	bench_free(&b);
}

/* With a packet in time now and then the buffer stands as it is: the others are too late. */
Test(meter_time, late_but_for_some)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 100);
	for (int i = 0; i < 10; i++) {
		for (int k = 0; k < 20; k++) {
			feed_late(&b, 100);
		}
		feed_many(&b, 1);
	}
	s = finish(&b);
	cr_expect_eq(s->playout.fixed_discarded, 200);
	bench_free(&b);
}

/* The sender sets its timestamps anew, back or forth: a receiver follows, and so does this. */
Test(meter_time, senders_leap)
{
	for (int back = 0; back <= 1; back++) {
		struct bench b = bench();
		const struct media_summary *s;

		feed_many(&b, 100);
		b.next.timestamp += back ? (uint32_t)-8000 : 16000;
		feed_many(&b, 100);
		feed_late(&b, 70);
		feed_many(&b, 100);
		s = finish(&b);
		cr_expect_eq(s->playout.fixed_discarded, 1);
		cr_expect_eq(s->lost, 0);
		bench_free(&b);
	}
}

/* Held up for a second and a half, then delivered at once: late is what the buffer missed. */
Test(meter_time, stall)
{
	struct bench b = bench();
	const struct media_summary *s;
	int64_t begin_ns;

	feed_many(&b, 100);
	begin_ns = b.next.time_ns;
	for (int i = 0; i < 75; i++) {
		b.next.time_ns = begin_ns + 1500 * ms;
		feed(&b);
	}
	b.next.time_ns = begin_ns + 1500 * ms;
	feed_many(&b, 100);
	s = finish(&b);
	/* The k-th came 1500 - 20 k ms late: up to the 71st by more than 60. */
	cr_expect_eq(s->playout.fixed_discarded, 72);
	bench_free(&b);
}

/* The adaptive buffer learns from one late packet what the fixed one never does. */
Test(meter_time, adaptive_buffer)
{
	struct bench b = bench();
	const struct media_summary *s;

	for (int i = 0; i < 20; i++) {
		feed_many(&b, 9);
		feed_late(&b, 100);
	}
	s = finish(&b);
	cr_expect_eq(s->playout.fixed_discarded, 20);
	cr_expect_eq(s->playout.adaptive_discarded, 1);
	cr_expect_eq(s->playout.adaptive_ms, 100);
	bench_free(&b);
}

Test(meter_time, skew_of_the_senders_clock)
{
	static const double skews_ppm[] = {-500, -40, 0, 25, 300};

	for (size_t i = 0; i < sizeof(skews_ppm) / sizeof(skews_ppm[0]); i++) {
		struct bench b = bench();
		const struct media_summary *s;
		int64_t begin_ns = b.next.time_ns;
		uint32_t seed = 99;

		for (int n = 0; n < 6000; n++) {
			seed = seed * 1664525 + 1013904223;
			b.next.time_ns = begin_ns +
					 (int64_t)(n * 20e6 / (1 + skews_ppm[i] * 1e-6)) +
					 (seed >> 8) % (10 * ms);
			feed(&b);
		}
		s = finish(&b);
		cr_expect_geq(s->playout.skew_observed, (uint32_t)PLAYOUT_SKEW_MIN);
		cr_expect_float_eq(s->playout.skew_ppm, skews_ppm[i], 8, "%g ppm for %g",
		    s->playout.skew_ppm, skews_ppm[i]);
		cr_expect_eq(s->playout.fixed_discarded, 0, "drift makes nothing late");
		bench_free(&b);
	}
}

/* A route that changes is no clock. */
Test(meter_time, no_skew_from_a_leap)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 1500);
	b.next.time_ns += 50 * ms;
	feed_many(&b, 1500);
	s = finish(&b);
	cr_expect_eq(s->playout.skew_observed, 0);
	bench_free(&b);
}

/* --- intervals --- */

Test(meter_time, intervals)
{
	struct bench b = bench();
	uint64_t packets = 0, jitter = 0;
	int64_t lost = 0;
	const struct media_summary *s;

	for (int i = 0; i < 40; i++) {
		feed_clock(&b, 49, 0, 8000, 10);
		b.next.sequence = (uint16_t)(b.next.sequence + i % 3);
		b.next.timestamp += (uint32_t)(i % 3) * 160;
	}
	s = finish(&b);
	for (size_t i = 0; i < kept_count(&b.kept, RECORD_MEDIA_INTERVAL); i++) {
		const struct media_interval_record *r = kept_at(&b.kept, RECORD_MEDIA_INTERVAL, i);

		cr_expect_eq(r->interval.begin_ns % MEDIA_INTERVAL_NS, 0);
		cr_expect_eq(
		    r->interval.begin_ns, 1000 * MEDIA_SECOND_NS + (int64_t)i * MEDIA_INTERVAL_NS);
		cr_expect_eq(r->interval.packets, 250);
		packets += r->interval.packets;
		lost += r->interval.lost;
		jitter += r->interval.jitter_count;
	}
	cr_expect_eq(kept_count(&b.kept, RECORD_MEDIA_INTERVAL), 7);
	cr_expect_eq(packets + s->interval.packets, s->packets);
	cr_expect_eq((uint64_t)(lost + s->interval.lost), s->lost);
	cr_expect_eq(jitter + s->interval.jitter_count, s->jitter_count);
	bench_free(&b);
}

/* Other streams, and silence, change nothing of where a stream's intervals lie. */
Test(meter_time, intervals_are_the_streams_own)
{
	for (int others = 0; others <= 1; others++) {
		struct bench b = bench();
		const struct media_interval_record *r;

		b.next.time_ns += 3 * MEDIA_SECOND_NS;
		feed_many(&b, 50);
		if (others) {
			struct media_packet kept = b.next;

			b.next.ssrc++;
			b.next.time_ns += 30 * MEDIA_SECOND_NS;
			feed_many(&b, 10);
			kept.order = b.next.order;
			b.next = kept;
		}
		b.next.time_ns += 20 * MEDIA_SECOND_NS;
		feed_many(&b, 10);
		r = kept_at(&b.kept, RECORD_MEDIA_INTERVAL, 0);
		cr_assert_not_null(r);
		cr_expect_eq(r->interval.begin_ns, 1000 * MEDIA_SECOND_NS);
		cr_expect_eq(r->interval.packets, 50);
		bench_free(&b);
	}
}

/* --- level --- */

Test(meter_time, levels)
{
	struct bench b = bench();
	const struct media_summary *s;

	for (int i = 0; i < 320; i++) {
		b.next.print = 1;
		b.next.level = i % 32   ? MEDIA_LEVEL_NONE
			       : i < 64 ? MEDIA_LEVEL_SILENT
					: MEDIA_LEVEL_FULL + 30;
		feed(&b);
	}
	s = finish(&b);
	cr_expect_eq(s->level_count, 10);
	cr_expect_eq(s->silent_count, 2);
	cr_expect_eq(s->level_sum, 8 * 30);
	bench_free(&b);
}
