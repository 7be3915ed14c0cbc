/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one-way-audio: first what it is not (docs/detection.md), then what it is.
 */
#include <math.h>

#include "story.h"

TestSuite(not_one_way, .fini = scratch_remove, .timeout = 60);
TestSuite(one_way, .fini = scratch_remove, .timeout = 60);

static const struct gen_router plain = {.inside = story_phone, .outside = story_outside};

static void expect_nothing(struct story *s)
{
	json_t *report = story_report(s);

	cr_assert_eq(length_at(report, "calls"), 1);
	no_finding(report);
	story_finish(s, report);
}

/* --- not one-way --- */

Test(not_one_way, both_directions)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	expect_nothing(&s);
}

Test(not_one_way, announcement_before_the_answer)
{
	struct story s = story();

	s.answered_s = 8;
	s.ended_s = 10;
	story_begin(&s);
	story_audio(&s, false, 0.2, 10);
	story_audio(&s, true, 8.1, 10);
	story_end(&s);
	expect_nothing(&s);
}

Test(not_one_way, receive_only_paging)
{
	struct story s = story();

	s.offer_direction = "recvonly";
	s.answer_direction = "sendonly";
	story_begin(&s);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	expect_nothing(&s);
}

Test(not_one_way, answered_as_receive_only)
{
	struct story s = story();

	s.answer_direction = "recvonly";
	story_begin(&s);
	story_audio(&s, true, 1.02, 12);
	story_end(&s);
	expect_nothing(&s);
}

/* Held from 4 s to 14 s: music on hold one way, then both again. */
Test(not_one_way, hold_with_music)
{
	struct story s = story();
	char sdp[512];

	s.ended_s = 20;
	story_begin(&s);
	story_audio(&s, true, 1.05, 4);
	story_audio(&s, false, 1.02, 4);
	story_request(&s, 4, "INVITE", 2, true, story_sdp(&s, true, "sendonly", sdp));
	story_response(&s, 4.1, "200 OK", "INVITE", 2, story_sdp(&s, false, "recvonly", sdp));
	story_request(&s, 4.12, "ACK", 2, true, NULL);
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){.from_s = 4.2, .to_s = 14, .ssrc = 0x1111, .sequence = 1148});
	story_request(&s, 14, "INVITE", 3, true, story_sdp(&s, true, "sendrecv", sdp));
	story_response(&s, 14.1, "200 OK", "INVITE", 3, story_sdp(&s, false, "sendrecv", sdp));
	story_request(&s, 14.12, "ACK", 3, true, NULL);
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){.from_s = 14.2, .to_s = 20, .ssrc = 0x1111, .sequence = 1638});
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){.from_s = 14.2, .to_s = 20, .ssrc = 0x2222, .sequence = 1149});
	story_end(&s);
	expect_nothing(&s);
}

/* RFC 3264 8.4: c=0.0.0.0 was how hold was written before a=sendonly. */
Test(not_one_way, hold_by_zero_address)
{
	struct story s = story();
	char sdp[512];

	story_begin(&s);
	story_audio(&s, true, 1.05, 4);
	story_audio(&s, false, 1.02, 4);
	s.phone_address = "0.0.0.0";
	story_sdp(&s, true, NULL, sdp);
	s.phone_address = NULL;
	story_request(&s, 4, "INVITE", 2, true, sdp);
	story_response(&s, 4.1, "200 OK", "INVITE", 2, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 4.12, "ACK", 2, true, NULL);
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){.from_s = 4.2, .to_s = 12, .ssrc = 0x1111, .sequence = 1148});
	story_end(&s);
	expect_nothing(&s);
}

/* The server suppresses silence: comfort noise, then nothing while the phone talks. */
Test(not_one_way, comfort_noise)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 4);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){
		.from_s = 4, .to_s = 4.021, .ssrc = 0x2222, .sequence = 1149, .payload_type = 13});
	story_end(&s);
	expect_nothing(&s);
}

/* Pauses after which the sequence numbers go on were made by the sender. */
Test(not_one_way, pause_of_the_sender)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 4.02);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){
		.from_s = 9, .to_s = 12, .ssrc = 0x2222, .sequence = 1150, .marker = true});
	story_end(&s);
	expect_nothing(&s);
}

/* A muted phone that reports by RTCP that it sends nothing. */
Test(not_one_way, muted_with_rtcp_alive)
{
	struct story s = story();
	struct gen_route rtcp = story_rtp(&s, true);

	rtcp.src.port++;
	rtcp.dst.port++;
	story_begin(&s);
	story_audio(&s, false, 1.02, 12);
	for (double at_s = 3; at_s < 12; at_s += 4) {
		gen_rtcp(&s.lan, at_s, rtcp,
		    &(struct gen_report){.ssrc = 0x1111,
			.block = true,
			.about = 0x2222,
			.highest = (uint32_t)(1000 + (at_s - 1.02) * 50)});
	}
	story_end(&s);
	expect_nothing(&s);
}

Test(not_one_way, late_beginning)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 7, 12);
	story_end(&s);
	report = story_report(&s);
	(void)only_finding(report, "late-media");
	story_finish(&s, report);
}

Test(not_one_way, echo_of_the_same_stream)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){.from_s = 1.06, .to_s = 12, .ssrc = 0x1111, .sequence = 1000});
	story_end(&s);
	expect_nothing(&s);
}

Test(not_one_way, short_call)
{
	struct story s = story();

	s.ended_s = 3.5;
	story_begin(&s);
	story_audio(&s, true, 1.05, 3.5);
	story_end(&s);
	expect_nothing(&s);
}

Test(not_one_way, never_answered)
{
	struct story s = story();
	char sdp[512];

	story_request(&s, 0, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(
	    &s, 0.2, "183 Session Progress", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_audio(&s, false, 0.3, 10);
	story_response(&s, 10, "486 Busy Here", "INVITE", 1, NULL);
	story_request(&s, 10.02, "ACK", 1, true, NULL);
	expect_nothing(&s);
}

/* A capture that begins in the middle knows nothing of what was agreed. */
Test(not_one_way, begins_mid_call)
{
	struct story s = story();

	s.branch = 7;
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	expect_nothing(&s);
}

/* --- ICMP that is no fault --- */

/* "Port unreachable" from the phone, once a second: about RTP to it, to another port, ... */
static void refuse(struct story *s, uint16_t port_beside, double from_s, double to_s)
{
	struct gen_route about = story_rtp(s, false);

	about.src.port = (uint16_t)(about.src.port + port_beside);
	about.dst.port = (uint16_t)(about.dst.port + port_beside);
	for (double at_s = from_s; at_s < to_s; at_s += 1) {
		gen_unreachable(&s->lan, at_s, gen_end(s->phone, 0), about, 3, 3);
	}
}

Test(not_one_way, icmp_about_rtcp)
{
	struct story s = story_two_way();

	refuse(&s, 1, 1.5, 12);
	expect_nothing(&s);
}

Test(not_one_way, icmp_before_the_phone_is_ready)
{
	struct story s = story_two_way();

	refuse(&s, 0, 1.1, 6.5);
	expect_nothing(&s);
}

Test(not_one_way, icmp_once_the_phone_has_hung_up)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 20);
	story_end(&s);
	refuse(&s, 0, 12.1, 20);
	expect_nothing(&s);
}

/* A relay's first packets go to the private address, until it knows better. */
Test(not_one_way, icmp_before_latching)
{
	struct story s = story_two_way();
	struct gen_route about = story_rtp(&s, false);

	about.dst = gen_end("192.168.77.5", 16384);
	for (int i = 0; i < 2; i++) {
		gen_unreachable(&s.lan, 1.1 + i * 0.02, gen_end(story_outside, 0), about, 3, 0);
	}
	expect_nothing(&s);
}

/* The phone's own reports say that it receives: then who refused, refused something else. */
Test(not_one_way, icmp_against_the_listeners_reports)
{
	struct story s = story_two_way();
	struct gen_route rtcp = story_rtp(&s, true);

	rtcp.src.port++;
	rtcp.dst.port++;
	for (int i = 0; i < 3; i++) {
		struct gen_report report = {.ssrc = 0x1111,
		    .block = true,
		    .about = 0x2222,
		    .highest = 1000U + (unsigned)i * 100};

		gen_rtcp(&s.lan, 3 + i * 3, rtcp, &report);
	}
	refuse(&s, 0, 1.5, 12);
	expect_nothing(&s);
}

/* Too big, and time exceeded, deliver nothing either; but they are not about a listener. */
Test(not_one_way, other_icmp)
{
	struct story s = story_two_way();
	struct gen_route about = story_rtp(&s, false);

	for (int i = 0; i < 10; i++) {
		gen_unreachable(&s.lan, 1.5 + i, gen_end(story_outside, 0), about, 3, 4);
		gen_unreachable(&s.lan, 1.6 + i, gen_end(story_outside, 0), about, 11, 0);
	}
	expect_nothing(&s);
}

/* --- hints: what one tap cannot know --- */

/* The evidence names frames; a frame must be there. */
static void expect_finding(
    const json_t *report, const char *cause, double confidence, const char *who)
{
	const json_t *f = only_finding(report, "one-way-audio");

	cr_expect_str_eq(text_at(f, "cause"), cause);
	cr_expect_geq(number_at(f, "confidence"), confidence);
	cr_expect_str_eq(text_at(f, "severity"), "critical");
	cr_expect_not_null(strstr(text_at(f, "summary"), who), "%s", text_at(f, "summary"));
	cr_expect_geq(length_at(f, "evidence"), 3);
	for (size_t i = 0; i < length_at(f, "evidence"); i++) {
		cr_expect_geq(number_at(json_array_get(at(f, "evidence"), i), "frame"), 1);
	}
	cr_expect_str_eq(text_at(f, "calls.0"), "c1");
	cr_expect_str_eq(text_at(report, "calls.0.findings.0"), text_at(f, "id"));
}

Test(one_way, server_to_phone_missing)
{
	struct story s = story();
	json_t *report;

	s.phone_address = story_outside; /* a sound address: nothing explains it */
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	report = story_report(&s);
	expect_finding(report, "unknown", 0.8, "the caller");
	cr_expect_str_eq(text_at(report, "findings.0.endpoints.0"), story_phone);
	cr_expect_not_null(at(report, "findings.0.would_settle"));
	cr_expect_not_null(strstr(text_at(report, "findings.0.against.0.text"), "muted"));
	story_finish(&s, report);
}

Test(one_way, phone_to_server_missing)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = story_report(&s);
	expect_finding(report, "unknown", 0.8, "the callee");
	story_finish(&s, report);
}

/*
 * The server sends to the private address in the SDP: nothing ever comes back. From outside
 * that is plain; from inside the phone's network any phone behind NAT looks like this.
 */
/*
 * That nothing comes is certain; whether it is sent to the private address, or not at all, only a
 * capture at the platform can tell.
 */
static void expect_unanswered(const json_t *report)
{
	const json_t *f = finding_of_code(report, "one-way-audio");
	const json_t *hint = finding_of_code(report, "symmetric-media");

	cr_assert_eq(length_at(report, "findings"), 2);
	cr_expect_str_eq(text_at(f, "cause"), "unroutable-sdp");
	cr_expect_float_eq(number_at(f, "confidence"), 0.75, 1e-9);
	cr_expect_not_null(strstr(text_at(f, "summary"), "the caller"));
	cr_expect_not_null(strstr(text_at(f, "summary"), "perhaps"));
	cr_expect_str_eq(text_at(f, "side"), "unknown");
	cr_expect_str_eq(text_at(f, "against.0.text"), text_at(hint, "against.0.text"));
	cr_expect_str_eq(text_at(hint, "side"), "unknown");
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "platform"));
	cr_expect_str_eq(text_at(hint, "cause"), "never-starts");
	cr_expect_str_eq(text_at(hint, "severity"), "info");
	cr_expect_lt(number_at(hint, "confidence"), 0.5);
	cr_expect_not_null(strstr(text_at(hint, "would_settle"), "platform"));
	cr_expect_eq(length_at(hint, "against"), 1);
}

Test(one_way, private_address_in_the_description)
{
	struct gen_script wan = {0};
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	report = story_report(&s);
	expect_finding(report, "unknown", 0.8, "the caller");
	cr_expect_not_null(at(report, "findings.0.would_settle"));
	json_decref(report);
	gen_script_route(&wan, &s.lan, &plain);
	report = report_of("%s", story_write(&wan, "wan.pcap"));
	expect_unanswered(report);
	gen_script_free(&wan);
	json_decref(report);
	report = story_report_both(&s, &plain);
	expect_unanswered(report);
	story_finish(&s, report);
}

/* Outside, the errors of a router quote what the server sent to the private address. */
Test(one_way, private_address_that_icmp_quotes)
{
	struct gen_script wan = {0};
	struct story s = story();
	struct gen_route about = story_rtp(&s, false);
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	gen_script_route(&wan, &s.lan, &plain);
	for (int i = 0; i < 10; i++) {
		gen_unreachable(&wan, 1.5 + i, gen_end("203.0.113.1", 0), about, 3, 0);
	}
	report = report_of("%s", story_write(&wan, "wan.pcap"));
	expect_finding(report, "unroutable-sdp", 0.8, "the caller");
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* The ALG wrote the public address and another port; the server sends there, in vain. */
Test(one_way, behind_an_alg)
{
	static const struct gen_router router = {
	    .inside = story_phone, .outside = story_outside, .rewrites = GEN_REWRITE_ALL};
	struct story s = story();
	json_t *report;
	bool one_way = false, alg = false;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	report = story_report_both(&s, &router);
	cr_assert_eq(length_at(report, "findings"), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *f = json_array_get(at(report, "findings"), i);

		alg |= strcmp(text_at(f, "code"), "sip-alg") == 0;
		one_way |= strcmp(text_at(f, "code"), "one-way-audio") == 0 &&
			   strcmp(text_at(f, "cause"), "sip-alg") == 0;
	}
	cr_expect(alg && one_way);
	story_finish(&s, report);
}

/* Lost for five seconds in the middle: the sequence numbers tell. */
/* The frame that is cited for the beginning of a silence came then, and not at the end. */
static void expect_gap_at(const json_t *report, double at_s)
{
	json_t *evidence;
	size_t i;

	json_array_foreach(at(report, "findings.0.evidence"), i, evidence)
	{
		if (strstr(text_at(evidence, "text"), "from here on")) {
			double frame = number_at(evidence, "frame"), about = 4 + (at_s - 1) * 100;

			cr_expect(fabs(frame - about) < 10, "frame %g, not about %g", frame, about);
			return;
		}
	}
	cr_assert_fail("no silence among the evidence");
}

Test(one_way, interrupted)
{
	struct story s = story();
	json_t *report;

	s.ended_s = 20;
	story_begin(&s);
	story_audio(&s, true, 1.05, 20);
	story_audio(&s, false, 1.02, 8.02);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){.from_s = 13.02, .to_s = 20, .ssrc = 0x2222, .sequence = 1600});
	story_end(&s);
	report = story_report(&s);
	expect_finding(report, "unknown", 0.8, "the caller");
	/* 8.0 s to 13.02 s after 2026-01-01T00:00:00Z */
	cr_expect_eq(strncmp(text_at(report, "findings.0.first_time"), "2026-01-01T00:00:08.0", 21),
	    0, "%s", text_at(report, "findings.0.first_time"));
	cr_expect_not_null(
	    strstr(text_at(report, "findings.0.summary"), "hears nothing for 5.0 s, from 7.0 s"),
	    "%s", text_at(report, "findings.0.summary"));
	expect_gap_at(report, 8);
	story_finish(&s, report);
}

/* Its sender goes on counting what it sends. */
Test(one_way, stops_for_good)
{
	struct story s = story();
	struct gen_route rtcp = story_rtp(&s, false);
	json_t *report;

	rtcp.src.port++;
	rtcp.dst.port++;
	s.ended_s = 30;
	story_begin(&s);
	story_audio(&s, true, 1.05, 30);
	story_audio(&s, false, 1.02, 8);
	for (double at_s = 5; at_s < 30; at_s += 5) {
		gen_rtcp(&s.lan, at_s, rtcp,
		    &(struct gen_report){.sender = true,
			.ssrc = 0x2222,
			.packets_sent = (uint32_t)((at_s - 1) * 50),
			.block = true,
			.about = 0x1111,
			.highest = (uint32_t)(1000 + (at_s - 1.2) * 50)});
	}
	story_end(&s);
	report = story_report(&s);
	expect_finding(report, "unknown", 0.5, "the caller");
	cr_expect_lt(number_at(report, "findings.0.confidence"), 0.8);
	cr_expect_eq(length_at(report, "findings.0.against"), 0);
	cr_expect_not_null(
	    strstr(text_at(report, "findings.0.summary"), "hears nothing from 7.0 s after"), "%s",
	    text_at(report, "findings.0.summary"));
	expect_gap_at(report, 8);
	story_finish(&s, report);
}

/* The phone's own reports say that nothing of what passes here reaches it. */
Test(one_way, lost_beyond_the_tap)
{
	struct story s = story();
	struct gen_route rtcp = story_rtp(&s, true);
	json_t *report;

	rtcp.src.port++;
	rtcp.dst.port++;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	for (double at_s = 3; at_s < 12; at_s += 3) {
		gen_rtcp(&s.lan, at_s, rtcp,
		    &(struct gen_report){.sender = true,
			.ssrc = 0x1111,
			.packets_sent = (uint32_t)(at_s * 50),
			.block = true,
			.about = 0x2222,
			.highest = 999});
	}
	story_end(&s);
	report = story_report(&s);
	expect_finding(report, "lost-beyond", 0.8, "the caller");
	cr_expect_null(strstr(text_at(report, "findings.0.summary"), "after the answer"));
	cr_expect_null(strstr(text_at(report, "findings.0.why"), "at first"));
	story_finish(&s, report);
}

/* The reports go on for a while, and then stand still. */
Test(one_way, lost_beyond_from_some_time_on)
{
	struct story s = story_two_way();
	struct gen_route rtcp = story_rtp(&s, true);
	json_t *report;

	rtcp.src.port++;
	rtcp.dst.port++;
	for (int i = 0; i < 5; i++) {
		gen_rtcp(&s.lan, 3 + 2 * i, rtcp,
		    &(struct gen_report){.ssrc = 0x1111,
			.block = true,
			.about = 0x2222,
			.highest = i ? 1200U : 1100U});
	}
	report = story_report(&s);
	expect_finding(report, "lost-beyond", 0.85, "the caller");
	cr_expect_eq(
	    strncmp(text_at(report, "findings.0.first_time"), "2026-01-01T00:00:05", 19), 0);
	cr_expect_not_null(
	    strstr(text_at(report, "findings.0.summary"), "hears nothing from 4.0 s after"), "%s",
	    text_at(report, "findings.0.summary"));
	cr_expect_not_null(strstr(text_at(report, "findings.0.why"), "arrived at first"));
	story_finish(&s, report);
}

/* The sender paused meanwhile: there was nothing to receive. */
Test(not_one_way, reports_that_stand_still_in_a_pause)
{
	struct story s = story();
	struct gen_route rtcp = story_rtp(&s, true);

	rtcp.src.port++;
	rtcp.dst.port++;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 4.02);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){
		.from_s = 10, .to_s = 12, .ssrc = 0x2222, .sequence = 1150, .marker = true});
	for (int i = 0; i < 4; i++) {
		gen_rtcp(&s.lan, 5 + 1.5 * i, rtcp,
		    &(struct gen_report){
			.ssrc = 0x1111, .block = true, .about = 0x2222, .highest = 1149});
	}
	story_end(&s);
	expect_nothing(&s);
}

/* The same reports of a phone that does receive: nothing is wrong, and they are counted. */
Test(not_one_way, reports_that_move_on)
{
	struct story s = story();
	struct gen_route rtcp = story_rtp(&s, true);
	json_t *report;
	size_t i;
	json_t *stream;

	rtcp.src.port++;
	rtcp.dst.port++;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	for (double at_s = 3; at_s < 12; at_s += 3) {
		gen_rtcp(&s.lan, at_s, rtcp,
		    &(struct gen_report){.sender = true,
			.ssrc = 0x1111,
			.packets_sent = (uint32_t)(at_s * 50),
			.block = true,
			.about = 0x2222,
			.highest = (uint32_t)(950 + at_s * 50),
			.lost = (int32_t)(at_s - 3)});
	}
	story_end(&s);
	report = story_report(&s);
	no_finding(report);
	json_array_foreach(at(report, "streams"), i, stream)
	{
		if (strcmp(text_at(stream, "ssrc"), "0x00002222") == 0) {
			cr_expect_eq(number_at(stream, "rtcp.reports"), 3);
			/* 3 s to 9 s: 6 lost of 300 */
			cr_expect_float_eq(number_at(stream, "rtcp.remote_loss_pct"), 2, 1e-6);
		} else {
			cr_expect_null(at(stream, "rtcp"));
		}
	}
	story_finish(&s, report);
}

/* A hundred calls of one phone with one cause are one finding. */
Test(one_way, many_calls_one_finding)
{
	struct gen_script all = {0};
	json_t *report;

	for (int i = 0; i < 100; i++) {
		struct story s = story();
		char call_id[32];

		(void)snprintf(call_id, sizeof(call_id), "many-%d", i);
		s.call_id = call_id;
		s.branch = (unsigned)i * 100;
		s.lan = all;
		s.phone_media = (uint16_t)(16384 + 2 * i);
		s.server_media = (uint16_t)(20000 + 2 * i);
		story_begin(&s);
		story_audio(&s, true, 1.05, 12);
		story_end(&s);
		all = s.lan;
	}
	report = report_of("%s", story_write(&all, "many.pcap"));
	cr_expect_eq(number_at(only_finding(report, "one-way-audio"), "calls_total"), 100);
	cr_expect_eq(length_at(report, "calls"), 100);
	gen_script_free(&all);
	json_decref(report);
}

/* --- refused by ICMP --- */

/* The phone listens on no such port: what passes here does not arrive. */
Test(one_way, icmp_unreachable)
{
	struct story s = story_two_way();
	json_t *report;
	const json_t *f;

	refuse(&s, 0, 1.5, 12);
	report = story_report(&s);
	f = only_finding(report, "one-way-audio");
	cr_expect_str_eq(text_at(f, "cause"), "icmp-unreachable");
	cr_expect_str_eq(text_at(f, "severity"), "critical");
	cr_expect_float_eq(number_at(f, "confidence"), 0.85, 1e-9);
	cr_expect_str_eq(text_at(f, "evidence.1.text"),
	    "ICMP from 192.168.1.10: port unreachable, about RTP to 192.168.1.10:16384");
	cr_expect_str_eq(text_at(f, "evidence.2.text"), "the last of 11 such errors, 10.0 s later");
	story_finish(&s, report);
}

/* Nothing is seen toward the phone but the router's errors about it. */
Test(one_way, icmp_unreachable_of_what_is_not_seen)
{
	struct story s = story();
	struct gen_route about = story_rtp(&s, false);
	json_t *report;
	const json_t *f;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	for (int i = 0; i < 10; i++) {
		gen_unreachable(&s.lan, 1.5 + i, gen_end(story_outside, 0), about, 3, 13);
	}
	report = story_report(&s);
	f = only_finding(report, "one-way-audio");
	cr_expect_str_eq(text_at(f, "cause"), "icmp-unreachable");
	story_finish(&s, report);
}
