/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs, bursts, gaps and concealed seconds (RFC 3611 4.7.2), against a reading of their
 * definitions over the whole list of packets.
 */
#include "loss_track.h"
#include "meter_bench.h"

TestSuite(losses, .timeout = 60);

enum { PACKETS = 2000, PER_SECOND = 50 };

enum fate { CAME, LOST, DISCARDED };

static bool bad(enum fate fate)
{
	return fate != CAME;
}

static void cluster_expected(
    struct loss_figures *f, const enum fate *fates, size_t from, size_t to, size_t count)
{
	uint32_t packets = 0;

	for (size_t i = from; i <= to; i++) {
		packets += bad(fates[i]);
	}
	if (packets == 1) {
		f->lone_bad++;
		return;
	}
	f->bursts++;
	f->burst_packets += (uint32_t)(to - from + 1);
	f->burst_bad += packets;
	f->edges += (uint32_t)(from == 0) + (uint32_t)(to == count - 1);
}

static struct loss_figures expected(const enum fate *fates, size_t count)
{
	struct loss_figures f = {0};

	for (size_t i = 0, run = 0; i <= count; i++) {
		if (i < count && fates[i] == LOST) {
			run++;
		} else if (run > 0) {
			f.runs++;
			f.run_lengths[run < LOSS_RUNS ? run - 1 : LOSS_RUNS - 1]++;
			run = 0;
		}
	}
	for (size_t i = 0; i < count;) {
		size_t last = i, came = 0;

		if (!bad(fates[i])) {
			i++;
			continue;
		}
		for (size_t k = i + 1; k < count && came < LOSS_GMIN; k++) {
			came = bad(fates[k]) ? 0 : came + 1;
			last = bad(fates[k]) ? k : last;
		}
		cluster_expected(&f, fates, i, last, count);
		i = last + 1;
	}
	for (size_t second = 0; second < count; second += PER_SECOND) {
		uint32_t packets = 0;

		for (size_t i = second; i < second + PER_SECOND && i < count; i++) {
			packets += bad(fates[i]);
		}
		f.concealed_s += packets > 0;
		f.severe_s += packets * 20 > PER_SECOND;
	}
	return f;
}

static void compare(const struct loss_figures *got, const struct loss_figures *want)
{
	cr_expect_eq(got->runs, want->runs, "runs %u, not %u", got->runs, want->runs);
	for (int i = 0; i < LOSS_RUNS; i++) {
		cr_expect_eq(got->run_lengths[i], want->run_lengths[i], "of length %d", i + 1);
	}
	cr_expect_eq(got->bursts, want->bursts, "bursts %u, not %u", got->bursts, want->bursts);
	cr_expect_eq(got->burst_packets, want->burst_packets);
	cr_expect_eq(got->burst_bad, want->burst_bad);
	cr_expect_eq(got->lone_bad, want->lone_bad);
	cr_expect_eq(got->edges, want->edges);
	cr_expect_eq(got->concealed_s, want->concealed_s, "concealed %u, not %u", got->concealed_s,
	    want->concealed_s);
	cr_expect_eq(got->severe_s, want->severe_s);
}

static void play(const enum fate *fates, size_t count)
{
	struct bench b = bench();
	const struct media_summary *s;
	struct loss_figures want = expected(fates, count);

	for (size_t i = 0; i < count; i++) {
		int64_t time_ns = b.next.time_ns;

		if (fates[i] == LOST) {
			b.next.sequence++;
			b.next.timestamp += 160;
			b.next.time_ns += 20000000;
			continue;
		}
		/* Beyond 60 ms late, the buffer has no use for it. */
		b.next.time_ns += fates[i] == DISCARDED ? 61000000 : 0;
		feed(&b);
		b.next.time_ns = time_ns + 20000000;
	}
	s = finish(&b);
	compare(&s->losses, &want);
	bench_free(&b);
}

Test(losses, none)
{
	static const enum fate fates[PACKETS];

	play(fates, PACKETS);
}

Test(losses, of_every_length)
{
	for (size_t length = 1; length < 400; length += length < 140 ? 1 : 37) {
		static enum fate fates[PACKETS];

		memset(fates, 0, sizeof(fates));
		for (size_t i = 0; i < length; i++) {
			fates[500 + i] = LOST;
		}
		play(fates, PACKETS);
	}
}

/* Two losses with so many packets between: one burst or two lone losses. */
Test(losses, at_the_edge_of_gmin)
{
	for (size_t between = 10; between < 22; between++) {
		static enum fate fates[200];

		memset(fates, 0, sizeof(fates));
		fates[50] = fates[51 + between] = LOST;
		play(fates, 200);
	}
}

Test(losses, at_random)
{
	uint64_t seed = 1;

	for (unsigned percent = 1; percent < 90; percent += 8) {
		static enum fate fates[PACKETS];

		memset(fates, 0, sizeof(fates));
		for (size_t i = 2; i < PACKETS - 1; i++) {
			unsigned dice;

			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			dice = (unsigned)(seed >> 33) % 100;
			fates[i] = dice < percent ? LOST : CAME;
		}
		play(fates, PACKETS);
	}
}

Test(losses, discarded_ones_among_them)
{
	uint64_t seed = 7;

	for (unsigned percent = 1; percent < 40; percent += 6) {
		static enum fate fates[PACKETS];

		memset(fates, 0, sizeof(fates));
		for (size_t i = 2; i < PACKETS - 1; i++) {
			unsigned dice;

			seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
			dice = (unsigned)(seed >> 33) % 200;
			fates[i] = dice < percent ? LOST : dice < 2 * percent ? DISCARDED : CAME;
		}
		play(fates, PACKETS);
	}
}

/* What comes late, but in time to be counted, was never lost. */
Test(losses, late_packets_are_no_losses)
{
	struct bench b = bench();
	const struct media_summary *s;

	for (int i = 0; i < 20; i++) {
		feed_many(&b, 30);
		b.next.sequence++;
		feed_many(&b, 90);
		feed_number(&b, (uint16_t)(b.next.sequence - 91));
	}
	feed_many(&b, 200);
	s = finish(&b);
	cr_expect_eq(s->lost, 0);
	cr_expect_eq(s->losses.runs, 0);
	cr_expect_eq(s->reordered, 20);
	bench_free(&b);
}

/* A summary of a stream that goes on must not settle what is still open. */
Test(losses, summary_in_between_settles_nothing)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 100);
	b.next.sequence += 2;
	feed_many(&b, 10);
	tick(&b, 6 * MEDIA_SECOND_NS, false);
	s = kept_at(&b.kept, RECORD_MEDIA_SUMMARY, 0);
	cr_expect_eq(s->losses.run_lengths[1], 1);
	feed_number(&b, (uint16_t)(b.next.sequence - 11));
	feed_number(&b, (uint16_t)(b.next.sequence - 12));
	feed_many(&b, 300);
	s = finish(&b);
	cr_expect_eq(s->lost, 0);
	cr_expect_eq(s->losses.runs, 0);
	bench_free(&b);
}

/* A sender that begins anew: what was lost before it stays lost, and no number between is. */
Test(losses, restart)
{
	struct bench b = bench();
	const struct media_summary *s;

	feed_many(&b, 100);
	b.next.sequence += 3;
	feed_many(&b, 20);
	b.next.sequence += 20000;
	feed_many(&b, 200);
	b.next.sequence++;
	feed_many(&b, 5);
	s = finish(&b);
	cr_expect_eq(s->restarts, 1);
	cr_expect_eq(s->lost, 4);
	cr_expect_eq(s->losses.runs, 2);
	cr_expect_eq(s->losses.run_lengths[2], 1);
	cr_expect_eq(s->losses.run_lengths[0], 1);
	bench_free(&b);
}
