/* SPDX-License-Identifier: Apache-2.0 */
/*
 * no-media, late-media and silent-audio: calls in which something is not heard, and first those
 * in which all is as it was agreed (docs/detection.md).
 */
#include "two_sides.h"

TestSuite(no_media, .fini = scratch_remove, .timeout = 60);
TestSuite(late_media, .fini = scratch_remove, .timeout = 60);
TestSuite(silent_audio, .fini = scratch_remove, .timeout = 60);

static void expect_nothing(struct story *s)
{
	json_t *report = story_report(s);

	no_finding(report);
	story_finish(s, report);
}

/* Of that code and cause (NULL: none), as sure as that, and alone. */
static void expect_one(struct story *s, const char *code, const char *cause, double confidence)
{
	json_t *report = story_report(s);
	const json_t *f = only_finding(report, code);

	cr_expect_str_eq(text_at(f, "cause"), cause ? cause : "(none)");
	cr_expect_float_eq(number_at(f, "confidence"), confidence, 1e-9);
	cr_expect_str_eq(text_at(f, "calls.0"), text_at(report, "calls.0.id"));
	cr_expect_geq(length_at(f, "against"), confidence < 0.8);
	if (confidence < 0.5) {
		cr_expect_str_eq(text_at(f, "severity"), "info");
		cr_expect_not_null(at(f, "would_settle"));
	}
	story_finish(s, report);
}

/* --- no media: nothing is wrong --- */

Test(no_media, short_call)
{
	struct story s = story();

	s.ended_s = 5;
	story_begin(&s);
	story_end(&s);
	expect_nothing(&s);
}

Test(no_media, both_on_hold)
{
	struct story s = story();

	s.offer_direction = s.answer_direction = "inactive";
	story_begin(&s);
	story_end(&s);
	expect_nothing(&s);
}

Test(no_media, never_answered)
{
	struct story s = story();
	char sdp[512];

	story_request(&s, 0, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(
	    &s, 0.2, "183 Session Progress", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_response(&s, 20, "486 Busy Here", "INVITE", 1, NULL);
	story_request(&s, 20.02, "ACK", 1, true, NULL);
	expect_nothing(&s);
}

/* Media from one host of the call to a place that nobody named: it may be this call's. */
Test(no_media, media_of_no_call_meanwhile)
{
	struct story s = story();
	json_t *report;
	size_t i;
	json_t *f;

	story_begin(&s);
	gen_stream(&s.lan,
	    (struct gen_route){gen_end(s.phone, 30000), gen_end("203.0.113.77", 30002), 46, 64},
	    &(struct gen_stream){.from_s = 1.05, .to_s = 12, .ssrc = 0x1111, .sequence = 1});
	story_end(&s);
	report = story_report(&s);
	json_array_foreach(at(report, "findings"), i, f)
	{
		cr_expect_str_neq(text_at(f, "code"), "no-media");
	}
	story_finish(&s, report);
}

/* A B2BUA lets two legs name the same places: the media is counted to one of them. */
Test(no_media, two_legs_of_one_conversation)
{
	struct story s = story_two_way();
	json_t *report;

	s.call_id = "story-2@192.168.1.10";
	s.branch += 100;
	story_begin(&s);
	story_end(&s);
	report = story_report(&s);
	cr_expect_eq(length_at(report, "calls"), 2);
	no_finding(report);
	story_finish(&s, report);
}

/* --- no media --- */

/* A capture of signalling alone looks the same: a hint. */
Test(no_media, hint_where_none_is_seen)
{
	struct story s = story();

	story_begin(&s);
	story_end(&s);
	expect_one(&s, "no-media", "bypass", 0.3);
}

/* A first call with audio between the two, and a second one without any. */
static void second_call(struct story *s)
{
	s->call_id = "story-2@192.168.1.10";
	s->branch += 100;
	s->phone_media += 2;
	s->server_media += 2;
	for (size_t i = 0; i < s->lan.count; i++) {
		s->lan.packets[i].at_s -= 20;
	}
	story_begin(s);
	story_end(s);
	for (size_t i = 0; i < s->lan.count; i++) {
		s->lan.packets[i].at_s += 20;
	}
}

Test(no_media, beside_a_call_with_media)
{
	struct story s = story_two_way();
	json_t *report;
	const json_t *f;

	second_call(&s);
	report = story_report(&s);
	f = only_finding(report, "no-media");
	cr_expect_str_eq(text_at(f, "cause"), "unknown");
	cr_expect_float_eq(number_at(f, "confidence"), 0.6, 1e-9);
	cr_expect_eq(length_at(f, "calls"), 1);
	cr_expect_str_eq(text_at(f, "calls.0"), "c2");
	story_finish(&s, report);
}

/* Media between two phones of one network may pass the tap by: what is seen crosses the border. */
Test(no_media, hint_where_media_stays_inside)
{
	struct story s = story_two_way();
	json_t *report;

	s.server = "192.168.1.20";
	second_call(&s);
	report = story_report(&s);
	cr_expect_str_eq(text_at(only_finding(report, "no-media"), "cause"), "bypass");
	story_finish(&s, report);
}

Test(no_media, refused_by_icmp)
{
	struct story s = story();
	struct gen_route about = story_rtp(&s, false);

	story_begin(&s);
	story_end(&s);
	for (int i = 0; i < 10; i++) {
		gen_unreachable(&s.lan, 1.5 + i, gen_end(story_outside, 0), about, 3, 13);
	}
	expect_one(&s, "no-media", "icmp-unreachable", 0.85);
}

static void expect_both_wait(json_t *report)
{
	const json_t *wait = finding_of_code(report, "symmetric-media");

	cr_assert_eq(length_at(report, "findings"), 2);
	cr_expect_not_null(finding_of_code(report, "no-media"));
	cr_expect_str_eq(text_at(wait, "cause"), "both-wait");
	cr_expect_lt(number_at(wait, "confidence"), 0.5);
	cr_expect_not_null(at(wait, "would_settle"));
	json_decref(report);
}

/* Both sides of the router, in two captures or in one: neither sends, as far as they show. */
Test(no_media, both_wait)
{
	struct story s = story();
	struct gen_router router = router_plain();
	struct two_sides sides;

	story_begin(&s);
	story_end(&s);
	sides = sides_of(&s, &router);
	expect_both_wait(report_named(&sides));
	expect_both_wait(report_merged(&sides));
	sides_free(&sides, NULL);
}

/* Both report, and both that they send nothing. */
Test(no_media, both_wait_by_their_reports)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	for (int i = 0; i < 4; i++) {
		for (int phone = 0; phone < 2; phone++) {
			struct gen_route rtcp = story_rtp(&s, phone);

			rtcp.src.port++;
			rtcp.dst.port++;
			gen_rtcp(&s.lan, 2 + 2 * i, rtcp,
			    &(struct gen_report){.sender = true, .ssrc = phone ? 0x1111 : 0x2222});
		}
	}
	story_end(&s);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "findings"), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *f = json_array_get(at(report, "findings"), i);

		if (strcmp(text_at(f, "code"), "symmetric-media") == 0) {
			cr_expect_str_eq(text_at(f, "cause"), "both-wait");
			cr_expect_float_eq(number_at(f, "confidence"), 0.6, 1e-9);
		}
	}
	story_finish(&s, report);
}

Test(no_media, many_calls_one_finding)
{
	struct gen_script all = {0};
	json_t *report;

	for (int i = 0; i < 30; i++) {
		struct story s = story();
		char call_id[32];

		(void)snprintf(call_id, sizeof(call_id), "many-%d", i);
		s.call_id = call_id;
		s.branch = (unsigned)i * 100;
		s.lan = all;
		s.phone_media = (uint16_t)(16384 + 2 * i);
		s.server_media = (uint16_t)(20000 + 2 * i);
		story_begin(&s);
		story_end(&s);
		all = s.lan;
	}
	report = report_of("%s", story_write(&all, "many.pcap"));
	cr_expect_eq(number_at(only_finding(report, "no-media"), "calls_total"), 30);
	gen_script_free(&all);
	json_decref(report);
}

/* --- late: nothing is wrong --- */

Test(late_media, in_time)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 3.5, 12);
	story_end(&s);
	expect_nothing(&s);
}

/* Ringback came before the answer, and the called party is slow to speak. */
Test(late_media, after_early_media)
{
	struct story s = story();

	s.answered_s = 4;
	story_begin(&s);
	story_audio(&s, true, 4.05, 12);
	story_audio(&s, false, 0.2, 4.02);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){.from_s = 9, .to_s = 12, .ssrc = 0x2222, .sequence = 1191});
	story_end(&s);
	expect_nothing(&s);
}

/* Not due before the hold is over; and only what the answer agreed on is judged. */
Test(late_media, after_hold)
{
	struct story s = story();
	char sdp[512];

	s.offer_direction = "sendonly";
	s.answer_direction = "recvonly";
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_request(&s, 6, "INVITE", 2, true, story_sdp(&s, true, "sendrecv", sdp));
	story_response(&s, 6.1, "200 OK", "INVITE", 2, story_sdp(&s, false, "sendrecv", sdp));
	story_request(&s, 6.12, "ACK", 2, true, NULL);
	story_audio(&s, false, 10, 12);
	story_end(&s);
	expect_nothing(&s);
}

/* A sender that suppresses silence begins when somebody speaks. */
Test(late_media, silence_suppressed)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	for (unsigned n = 0; n < 5; n++) {
		gen_media(&s.lan, 6 + n * 0.2, story_rtp(&s, false),
		    &(struct gen_media){.payload_type = 13,
			.sequence = (uint16_t)(995 + n),
			.timestamp = n * 1600,
			.ssrc = 0x2222,
			.payload = "F",
			.length = 1});
	}
	story_audio(&s, false, 7, 12);
	story_end(&s);
	expect_nothing(&s);
}

Test(late_media, muted_at_first_by_its_reports)
{
	struct story s = story();
	struct gen_route rtcp = story_rtp(&s, false);

	rtcp.src.port++;
	rtcp.dst.port++;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 6, 12);
	for (int i = 0; i < 3; i++) {
		gen_rtcp(&s.lan, 2 + 4 * i, rtcp,
		    &(struct gen_report){
			.sender = true, .ssrc = 0x2222, .packets_sent = i > 1 ? 200U : 0U});
	}
	story_end(&s);
	expect_nothing(&s);
}

Test(late_media, begins_mid_call)
{
	struct story s = story();

	s.branch = 7;
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 7, 12);
	story_end(&s);
	expect_nothing(&s);
}

/* --- late --- */

Test(late_media, one_direction)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 5, 12);
	story_end(&s);
	expect_one(&s, "late-media", NULL, 0.6);
}

static void expect_slow_to_latch(json_t *report)
{
	const json_t *f = finding_of_code(report, "symmetric-media");

	cr_assert_eq(length_at(report, "findings"), 2);
	cr_expect_not_null(finding_of_code(report, "late-media"));
	cr_expect_str_eq(text_at(f, "cause"), "late-start");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	json_decref(report);
}

/*
 * Outside it shows that the server goes by where the audio comes from: perhaps it waited. With the
 * inner side in the same capture, too.
 */
Test(late_media, slow_to_latch)
{
	struct story s = story();
	struct gen_router router = router_plain();
	struct two_sides sides;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 5, 12);
	story_end(&s);
	sides = sides_of(&s, &router);
	expect_slow_to_latch(report_of("%s", story_write(&sides.wan, "wan.pcap")));
	expect_slow_to_latch(report_named(&sides));
	expect_slow_to_latch(report_merged(&sides));
	sides_free(&sides, NULL);
}

/* --- silence --- */

/* A direction whose packets all hold one octet; its SSRC is that of story_audio. */
static void flat(struct story *s, bool from_phone, double from_s, double to_s, uint8_t octet)
{
	uint8_t payload[160];
	unsigned count = (unsigned)((to_s - from_s) * 50);

	memset(payload, octet, sizeof(payload));
	for (unsigned i = 0; i < count; i++) {
		gen_media(&s->lan, from_s + i * 0.02, story_rtp(s, from_phone),
		    &(struct gen_media){.sequence = (uint16_t)(1000 + i),
			.timestamp = i * 160,
			.ssrc = from_phone ? 0x1111 : 0x2222,
			.payload = payload,
			.length = sizeof(payload)});
	}
}

enum { PCMU_SILENCE = 0xff, PCMU_LOUD = 0x20 };

static struct story silent_for(double seconds)
{
	struct story s = story();

	s.ended_s = 1 + seconds;
	story_begin(&s);
	story_audio(&s, true, 1.05, s.ended_s);
	flat(&s, false, 1.05, s.ended_s, PCMU_SILENCE);
	story_end(&s);
	return s;
}

Test(silent_audio, too_short_to_tell)
{
	struct story s = silent_for(15);

	expect_nothing(&s);
}

Test(silent_audio, both_are_silent)
{
	struct story s = story();

	s.ended_s = 31;
	story_begin(&s);
	flat(&s, true, 1.05, 31, PCMU_SILENCE);
	flat(&s, false, 1.05, 31, PCMU_SILENCE);
	story_end(&s);
	expect_nothing(&s);
}

/* Muted for most of the call, and heard in the rest of it. */
Test(silent_audio, heard_for_a_while)
{
	struct story s = story();

	s.ended_s = 31;
	story_begin(&s);
	story_audio(&s, true, 1.05, 31);
	flat(&s, false, 1.05, 31, PCMU_SILENCE);
	/* one packet in 64 is looked at: of these, number 1024 and on */
	for (size_t i = 0, seen = 0; i < s.lan.count; i++) {
		struct gen_packet *p = &s.lan.packets[i];

		if (!p->sip && p->route.src.port == 20000 && seen++ < 200) {
			memset(p->payload + 12, PCMU_LOUD, 160);
		}
	}
	story_end(&s);
	expect_nothing(&s);
}

/* Held for a part of the call. */
Test(silent_audio, held)
{
	struct story s = silent_for(30);
	char sdp[512];

	story_request(&s, 10, "INVITE", 2, true, story_sdp(&s, true, "sendonly", sdp));
	story_response(&s, 10.1, "200 OK", "INVITE", 2, story_sdp(&s, false, "recvonly", sdp));
	story_request(&s, 10.12, "ACK", 2, true, NULL);
	expect_nothing(&s);
}

Test(silent_audio, hint_of_digital_silence)
{
	struct story s = silent_for(30);

	expect_one(&s, "silent-audio", NULL, 0.4);
}

Test(silent_audio, hint_of_comfort_noise_alone)
{
	struct story s = story();

	s.ended_s = 31;
	story_begin(&s);
	story_audio(&s, true, 1.05, 31);
	for (unsigned i = 0; i < 150; i++) {
		uint8_t level = 70;

		gen_media(&s.lan, 1.05 + i * 0.2, story_rtp(&s, false),
		    &(struct gen_media){.payload_type = 13,
			.sequence = (uint16_t)(1000 + i),
			.timestamp = i * 1600,
			.ssrc = 0x2222,
			.payload = &level,
			.length = 1});
	}
	story_end(&s);
	expect_one(&s, "silent-audio", NULL, 0.4);
}

/* Call after call of one sender, silent in three and heard, or not, in a fourth. */
static json_t *silent_calls(bool heard_once)
{
	struct gen_script all = {0};
	json_t *report;

	for (unsigned i = 0; i < 4; i++) {
		struct story s = story();
		char call_id[32];

		(void)snprintf(call_id, sizeof(call_id), "silent-%u", i);
		s.call_id = call_id;
		s.branch = i * 100;
		s.lan = all;
		s.phone_media = (uint16_t)(16384 + 2 * i);
		s.server_media = (uint16_t)(20000 + 2 * i);
		s.ended_s = 31;
		story_begin(&s);
		story_audio(&s, true, 1.05, 31);
		flat(&s, false, 1.05, 31, i == 3 && heard_once ? PCMU_LOUD : PCMU_SILENCE);
		story_end(&s);
		all = s.lan;
	}
	report = report_of("%s", story_write(&all, "silent.pcap"));
	gen_script_free(&all);
	return report;
}

Test(silent_audio, in_call_after_call)
{
	json_t *report = silent_calls(false);
	const json_t *f = only_finding(report, "silent-audio");

	cr_expect_float_eq(number_at(f, "confidence"), 0.6, 1e-9);
	cr_expect_str_eq(text_at(f, "severity"), "warning");
	cr_expect_eq(number_at(f, "calls_total"), 4);
	json_decref(report);
}

Test(silent_audio, hint_where_the_sender_can_be_heard)
{
	json_t *report = silent_calls(true);
	const json_t *f = only_finding(report, "silent-audio");

	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_eq(number_at(f, "calls_total"), 3);
	json_decref(report);
}
