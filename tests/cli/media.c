/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media as it really is: keys, comfort noise, other sources, restarts, copies, codecs that only
 * signalling names. Loss stays right and jitter sane in each.
 */
#include "story.h"

TestSuite(media, .fini = scratch_remove, .timeout = 60);

/* A sender of voice, packet by packet. */
struct voice {
	struct story *story;
	double at_s, late_s;
	struct gen_media next;
	unsigned step; /* timestamp units per packet */
};

static struct voice voice(struct story *s, uint8_t payload_type, unsigned step)
{
	return (struct voice){.story = s,
	    .at_s = 1.05,
	    .next = {.payload_type = payload_type,
		.sequence = 65500, /* the numbers wrap on the way */
		.timestamp = 4294960000U,
		.ssrc = 0x5151,
		.length = 160},
	    .step = step};
}

static void say(struct voice *v, unsigned packets)
{
	while (packets-- > 0) {
		gen_media(&v->story->lan, v->at_s + v->late_s, story_rtp(v->story, true), &v->next);
		v->next.sequence++;
		v->next.timestamp += v->step;
		v->at_s += 0.02;
	}
}

/* A key held for `packets`, and its end three times over (RFC 4733 2.5.1.4). */
static void press(struct voice *v, uint8_t event, unsigned packets)
{
	struct gen_media key = v->next;
	uint8_t payload[4] = {event, 10};

	key.payload_type = 101;
	key.payload = payload;
	key.length = 4;
	for (unsigned i = 0; i < packets + 2; i++) {
		unsigned duration = (i < packets ? i + 1 : packets) * v->step;

		payload[1] = i + 1 >= packets ? 0x8a : 10;
		payload[2] = (uint8_t)(duration >> 8);
		payload[3] = (uint8_t)duration;
		key.marker = i == 0;
		key.sequence = v->next.sequence++;
		gen_media(&v->story->lan, v->at_s, story_rtp(v->story, true), &key);
		v->at_s += 0.02;
		v->next.timestamp += v->step;
	}
}

static json_t *told(struct story *s)
{
	json_t *report;

	s->ended_s = 20;
	story_end(s);
	report = story_report(s);
	gen_script_free(&s->lan);
	return report;
}

static void expect_figures(const json_t *report, double packets, double lost)
{
	cr_expect_eq(number_at(report, "streams.0.packets"), packets, "packets %g",
	    number_at(report, "streams.0.packets"));
	cr_expect_eq(number_at(report, "streams.0.lost"), lost, "lost %g",
	    number_at(report, "streams.0.lost"));
	cr_expect_lt(number_at(report, "streams.0.jitter_max_ms"), 0.1, "jitter %g",
	    number_at(report, "streams.0.jitter_max_ms"));
}

Test(media, keys)
{
	struct story s = story();
	struct voice v = voice(&s, 0, 160);
	static const uint8_t keys[] = {4, 2, 10, 2, 11, 15};
	json_t *report;
	char digits[16] = "";

	story_begin(&s);
	say(&v, 100);
	for (size_t i = 0; i < sizeof(keys); i++) {
		press(&v, keys[i], 5);
		say(&v, 30);
	}
	report = told(&s);
	expect_figures(report, 100 + 6 * 37, 0);
	cr_assert_eq(length_at(report, "streams.0.digits"), sizeof(keys));
	for (size_t i = 0; i < sizeof(keys); i++) {
		const json_t *digit = json_array_get(at(report, "streams.0.digits"), i);

		cr_assert(i < sizeof(digits) - 1);
		digits[i] = text_at(digit, "digit")[0];
		cr_expect_eq(number_at(digit, "duration_ms"), 100);
	}
	cr_expect_str_eq(digits, "42*2#D");
	cr_expect_str_eq(text_at(report, "streams.0.codec"), "PCMU");
	json_decref(report);
}

/* Four octets of some other dynamic type are no keys. */
Test(media, not_keys)
{
	struct story s = story();
	struct voice v = voice(&s, 0, 160);
	json_t *report;

	story_begin(&s);
	say(&v, 100);
	v.next.payload_type = 97;
	v.next.length = 4;
	v.next.payload = "\x05\x0a\x00\xa0";
	say(&v, 2);
	report = told(&s);
	cr_expect_null(at(report, "streams.0.digits"));
	json_decref(report);
}

/* A source that sends keys and nothing else: their timestamps say nothing of delay. */
Test(media, keys_alone)
{
	struct story s = story();
	struct voice v = voice(&s, 0, 160);
	json_t *report;

	story_begin(&s);
	for (unsigned i = 0; i < 12; i++) {
		press(&v, (uint8_t)i, 5);
		v.at_s += 0.4; /* timestamps go on with the time between two keys */
		v.next.timestamp += 3200;
	}
	report = told(&s);
	cr_expect_eq(number_at(report, "streams.0.packets"), 12 * 7);
	cr_expect_eq(number_at(report, "streams.0.lost"), 0);
	cr_expect_null(at(report, "streams.0.jitter_mean_ms"));
	cr_expect_null(at(report, "streams.0.jitter_max_ms"));
	json_decref(report);
}

Test(media, comfort_noise)
{
	struct story s = story();
	struct voice v = voice(&s, 0, 160);
	json_t *report;

	story_begin(&s);
	for (int i = 0; i < 10; i++) {
		say(&v, 30);
		v.next.payload_type = 13;
		v.next.length = 1;
		say(&v, 1);
		v.next.payload_type = 0;
		v.next.length = 160;
		/* Silence: the clock goes on, the numbers do not. */
		v.at_s += 0.4;
		v.next.timestamp += 20 * v.step;
		v.next.marker = true;
		say(&v, 1);
		v.next.marker = false;
	}
	report = told(&s);
	expect_figures(report, 320, 0);
	json_decref(report);
}

/* The sender takes another SSRC: another stream of the same call. */
Test(media, other_source)
{
	struct story s = story();
	struct voice v = voice(&s, 8, 160);
	json_t *report;

	story_begin(&s);
	say(&v, 200);
	v.next.ssrc = 0x6161;
	v.next.sequence = 7;
	v.next.timestamp = 99;
	say(&v, 300);
	report = told(&s);
	cr_assert_eq(length_at(report, "streams"), 2);
	expect_figures(report, 200, 0);
	cr_expect_eq(number_at(report, "streams.1.packets"), 300);
	cr_expect_eq(number_at(report, "streams.1.lost"), 0);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	cr_expect_str_eq(text_at(report, "streams.1.call"), "c1");
	json_decref(report);
}

/* The sender begins its numbers and timestamps anew under one SSRC. */
Test(media, restart)
{
	struct story s = story();
	struct voice v = voice(&s, 8, 160);
	json_t *report;

	story_begin(&s);
	say(&v, 200);
	v.next.sequence = 20000;
	v.next.timestamp = 1234567;
	say(&v, 300);
	report = told(&s);
	cr_assert_eq(length_at(report, "streams"), 1);
	expect_figures(report, 500, 0);
	cr_expect_eq(number_at(report, "streams.0.expected"), 500);
	cr_expect_eq(number_at(report, "streams.0.restarts"), 1);
	json_decref(report);
}

/* A mirror that shows every packet twice. */
Test(media, copies)
{
	struct story s = story();
	struct voice v = voice(&s, 8, 160);
	json_t *report;

	story_begin(&s);
	for (int i = 0; i < 300; i++) {
		gen_media(&s.lan, v.at_s + 0.0001, story_rtp(&s, true), &v.next);
		say(&v, 1);
	}
	report = told(&s);
	expect_figures(report, 600, 0);
	cr_expect_eq(number_at(report, "streams.0.duplicates"), 300);
	cr_expect_eq(number_at(report, "streams.0.expected"), 300);
	json_decref(report);
}

/* A codec of a dynamic type: its clock is found, and its name is the answer's. */
static json_t *dynamic(struct story *s, const char *rtpmap, unsigned step)
{
	struct voice v = voice(s, 111, step);
	char sdp[512];

	(void)snprintf(sdp, sizeof(sdp),
	    "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %u RTP/AVP 111\n%s",
	    s->server, s->server, s->server_media, rtpmap);
	story_request(s, 0, "INVITE", 1, false, NULL);
	story_response(s, 1, "200 OK", "INVITE", 1, sdp);
	story_request(s, 1.02, "ACK", 1, true, NULL);
	v.next.length = 60;
	say(&v, 400);
	return told(s);
}

Test(media, dynamic_clock)
{
	struct story s = story();
	json_t *report = dynamic(&s, "a=rtpmap:111 opus/48000/2\n", 960);

	expect_figures(report, 400, 0);
	cr_expect_str_eq(text_at(report, "streams.0.codec"), "opus");
	cr_expect_eq(number_at(report, "streams.0.clock_rate_hz"), 48000);
	cr_expect(json_is_true(at(report, "streams.0.clock_inferred")));
	cr_expect(json_is_false(at(report, "streams.0.clock_mismatch")));
	cr_expect_eq(number_at(report, "streams.0.packet_time_ms"), 20);
	json_decref(report);
}

/* Signalling says 16 kHz, the packets say 8: nothing is measured with either. */
Test(media, clock_mismatch)
{
	struct story s = story();
	json_t *report = dynamic(&s, "a=rtpmap:111 speex/16000\n", 160);

	cr_expect(json_is_true(at(report, "streams.0.clock_mismatch")));
	cr_expect_null(at(report, "streams.0.jitter_mean_ms"));
	cr_expect_null(at(report, "streams.0.jitter_buffer"));
	cr_expect_null(at(report, "streams.0.clock_skew_ppm"));
	cr_expect_eq(number_at(report, "streams.0.lost"), 0);
	json_decref(report);
}

/* No signalling at all: the clock is known all the same, the name is not. */
Test(media, nobody_names_it)
{
	struct story s = story();
	struct voice v = voice(&s, 111, 960);
	json_t *report;

	say(&v, 400);
	report = story_report(&s);
	gen_script_free(&s.lan);
	expect_figures(report, 400, 0);
	cr_expect_null(at(report, "streams.0.codec"));
	cr_expect_eq(number_at(report, "streams.0.clock_rate_hz"), 48000);
	cr_expect(json_is_true(at(report, "streams.0.clock_inferred")));
	json_decref(report);
}

/* A burst of losses and late packets, in the figures that show them. */
Test(media, course)
{
	struct story s = story();
	struct voice v = voice(&s, 0, 160);
	json_t *report;

	story_begin(&s);
	say(&v, 300);
	for (int i = 0; i < 4; i++) { /* two lost, one comes: a burst of eleven */
		v.next.sequence += 2;
		v.next.timestamp += 2 * v.step;
		v.at_s += 0.04;
		say(&v, 1);
	}
	say(&v, 299);
	v.late_s = 0.08;
	say(&v, 1);
	v.late_s = 0;
	say(&v, 100);
	report = told(&s);
	cr_expect_eq(number_at(report, "streams.0.lost"), 8);
	cr_expect_eq(number_at(report, "streams.0.loss_runs.1"), 4);
	cr_expect_eq(number_at(report, "streams.0.burst.bursts"), 1);
	cr_expect_eq(number_at(report, "streams.0.burst.burst_duration_ms"), 220);
	cr_expect_float_eq(
	    number_at(report, "streams.0.burst.burst_density_pct"), 100 * 8 / 11.0, 1e-4);
	cr_expect_float_eq(
	    number_at(report, "streams.0.burst.burst_ratio"), 2 * (1 - 8 / 712.0), 1e-4);
	cr_expect_eq(number_at(report, "streams.0.concealed_s"), 2);
	cr_expect_eq(number_at(report, "streams.0.severely_concealed_s"), 1);
	cr_expect_str_eq(text_at(report, "streams.0.jitter_buffer.kind"), "fixed");
	cr_expect_eq(number_at(report, "streams.0.jitter_buffer.discarded"), 1);
	cr_expect_eq(number_at(report, "streams.0.late.1.packets"), 1);
	cr_expect_eq(length_at(report, "streams.0.intervals"), 4);
	cr_expect_eq(number_at(report, "streams.0.interval_s"), 5);
	json_decref(report);
}

/* Speech, then the silence of a muted phone: its packets flow all the same. */
Test(media, level_and_silence)
{
	static uint8_t tone[160];
	struct story s = story();
	struct voice v = voice(&s, 8, 160);
	json_t *report;

	/* Half of full scale, up and down: -6 dBov. A-law's code for +-0.5 is 0x25 and 0xa5. */
	for (size_t i = 0; i < sizeof(tone); i++) {
		tone[i] = i % 2 ? 0x25 : 0xa5;
	}
	story_begin(&s);
	v.next.payload = tone;
	say(&v, 320);
	v.next.payload = NULL; /* 0xd5, A-law's zero */
	say(&v, 320);
	report = told(&s);
	cr_expect_float_eq(number_at(report, "streams.0.level_dbov"), -6, 1, "%g",
	    number_at(report, "streams.0.level_dbov"));
	cr_expect_eq(number_at(report, "streams.0.silent_pct"), 50);
	json_decref(report);
}
