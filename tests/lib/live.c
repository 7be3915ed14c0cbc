/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of a live capture, on a capture that is told to be live: what is active, what is
 * over, and which call is bad while it goes on.
 */
#include "analysis.h"
#include "story.h"

static struct tp_live_figures live;

TestSuite(live, .fini = scratch_remove, .timeout = 60);

/* Of the server's audio each eighth packet is lost. */
static void audio_with_loss(struct story *s, double from_s, double to_s)
{
	static const uint8_t voice[160] = {0x55};

	for (uint16_t n = 0; from_s + n * 0.02 < to_s; n++) {
		struct gen_media rtp = {.sequence = n,
		    .timestamp = n * 160U,
		    .ssrc = 0x2222,
		    .payload = voice,
		    .length = sizeof(voice)};

		if (n % 8 != 7) {
			gen_media(&s->lan, from_s + n * 0.02, story_rtp(s, false), &rtp);
		}
	}
}

static struct story call_until(double to_s, bool lossy)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1, to_s);
	if (lossy) {
		audio_with_loss(&s, 1, to_s);
	} else {
		story_audio(&s, false, 1, to_s);
	}
	return s;
}

static void run_live(struct story *s)
{
	struct tp_analysis *analysis = tp_new(NULL, NULL);

	cr_assert_not(tp_live_get(analysis, &live), "nothing runs");
	cr_assert_eq(tp_open_file(analysis, story_write(&s->lan, "live.pcap"), "lan"), TP_OK);
	analysis->live = true;
	cr_assert_eq(tp_run(analysis), TP_OK);
	cr_assert(tp_live_get(analysis, &live));
	tp_free(analysis);
	gen_script_free(&s->lan);
}

static uint64_t rated(void)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < TP_LIVE_MOS_BINS; i++) {
		sum += live.calls.mos_bins[i];
	}
	return sum;
}

Test(live, call_under_way)
{
	struct story s = call_until(25, true);
	const struct tp_live_call *worst = &live.calls.worst[0];

	run_live(&s);
	cr_expect_eq(live.source_count, 1);
	cr_expect_str_eq(live.sources[0].vantage, "lan");
	cr_expect_gt(live.sources[0].packets, 2000);
	cr_expect_gt(live.memory_bytes, 1 << 20);
	cr_expect_geq(live.memory_peak_bytes, live.memory_bytes / 2);
	cr_expect_eq(live.calls.calls, 1);
	cr_expect_eq(live.calls.active, 1);
	cr_expect_eq(live.calls.answered, 1);
	cr_expect_eq(live.calls.streams_active, 2);
	cr_expect_eq(rated(), 0);
	cr_assert_eq(live.calls.worst_count, 1);
	cr_expect_str_eq(worst->id, "c1");
	cr_expect_str_eq(worst->call_id, "story-1@192.168.1.10");
	cr_expect_str_eq(worst->src, "203.0.113.10:20000", "the direction that loses");
	cr_expect_str_eq(worst->codec, "PCMU");
	cr_expect_float_eq(worst->loss_pct, 12.5, 0.5);
	cr_expect_lt(worst->mos, 3.5);
}

Test(live, good_call)
{
	struct story s = call_until(25, false);

	run_live(&s);
	cr_assert_eq(live.calls.worst_count, 1);
	cr_expect_float_eq(live.calls.worst[0].loss_pct, 0, 1e-9);
	cr_expect_gt(live.calls.worst[0].mos, 4);
}

/* One is over, and another one rings. */
Test(live, call_that_is_over)
{
	struct story s = call_until(12, true), other = story();

	story_end(&s);
	other.lan = s.lan;
	other.call_id = "other";
	other.branch = 100;
	story_request(&other, 60, "INVITE", 1, false, NULL);
	story_response(&other, 60.1, "180 Ringing", "INVITE", 1, NULL);
	story_request(&other, 62.5, "OPTIONS", 1, false, NULL);
	run_live(&other);
	cr_expect_eq(live.calls.calls, 2);
	cr_expect_eq(live.calls.active, 1);
	cr_expect_eq(live.calls.answered, 0);
	cr_expect_eq(live.calls.streams_active, 0);
	cr_expect_eq(live.calls.completed, 1);
	cr_expect_eq(live.calls.worst_count, 0, "it is over");
	cr_expect_eq(rated(), 1);
	cr_expect_lt(live.calls.mos_sum, 3.5);
	cr_assert_gt(live.calls.finding_count, 0);
	cr_expect_str_eq(live.calls.findings[0].code, "high-loss");
}

/* Its BYE was seen; it is still waited for stragglers. */
Test(live, call_that_has_just_ended)
{
	struct story s = call_until(12, false);

	story_end(&s);
	story_request(&s, 14.5, "OPTIONS", 1, false, NULL);
	run_live(&s);
	cr_expect_eq(live.calls.calls, 1);
	cr_expect_eq(live.calls.active, 0);
	cr_expect_eq(live.calls.worst_count, 0);
	cr_expect_eq(live.calls.completed, 0, "it is not closed yet");
}

/* A file is nothing live. */
Test(live, file)
{
	struct tp_analysis *analysis = tp_new(NULL, NULL);
	struct story s = call_until(2, false);

	cr_assert_eq(tp_open_file(analysis, story_write(&s.lan, "file.pcap"), NULL), TP_OK);
	cr_assert_eq(tp_run(analysis), TP_OK);
	cr_expect_not(tp_live_get(analysis, &live));
	tp_free(analysis);
	gen_script_free(&s.lan);
}
