/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What looks like a fault of several kinds at once and is none: captures that hold more than one
 * site, less than a call, or each packet twice.
 */
#include "two_sides.h"

TestSuite(near_miss, .fini = scratch_remove, .timeout = 60);

static void append_all(struct gen_script *out, struct gen_script *more)
{
	size_t count = out->count + more->count;

	out->packets = realloc(out->packets, count * sizeof(*out->packets));
	cr_assert_not_null(out->packets);
	memcpy(out->packets + out->count, more->packets, more->count * sizeof(*more->packets));
	out->count = out->room = count;
	free(more->packets);
	*more = (struct gen_script){0};
}

/* Streams of another phone: another SSRC in each packet of RTP. */
static void other_streams(struct gen_script *script)
{
	for (size_t i = 0; i < script->count; i++) {
		if (!script->packets[i].sip && script->packets[i].length > 12) {
			script->packets[i].payload[8] ^= 0x40;
		}
	}
}

/*
 * Both sides of one site's router, and the outside of another site's, whose phone has the same
 * private address and port: what comes to that address belongs to the call that names both ends.
 */
Test(near_miss, two_sites_with_one_private_address)
{
	struct story here = story_two_way(), there = story();
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&here, &router);
	struct gen_script outside = {0};
	json_t *report;

	there.call_id = "story-2@192.168.1.10";
	there.branch = 100;
	there.server_media = 21000;
	story_begin(&there);
	story_audio(&there, true, 1.05, 12);
	story_audio(&there, false, 1.02, 12);
	story_end(&there);
	other_streams(&there.lan);
	router.outside = "198.51.100.7";
	gen_script_route(&outside, &there.lan, &router);
	story_rewrite(&outside, "received=203.0.113.2", "received=198.51.100.7");
	script_shift(&outside, 0.3);
	append_all(&sides.wan, &outside);
	report = report_merged(&sides);
	cr_expect_eq(length_at(report, "calls"), 2);
	no_finding(report);
	gen_script_free(&there.lan);
	sides_free(&sides, report);
}

/* The bridge and its port are both captured: each packet twice, at once. */
Test(near_miss, every_packet_twice)
{
	struct story s = story_two_way();
	size_t count = s.lan.count;
	json_t *report;

	for (size_t i = 0; i < count; i++) {
		gen_again(&s.lan, i, s.lan.packets[i].at_s + 0.00002);
	}
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* The capture ends while they talk. */
Test(near_miss, ends_mid_call)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 6);
	story_audio(&s, false, 1.02, 6);
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* The announcement was over two seconds before the capture was. */
Test(near_miss, ends_after_one_side_did)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 8);
	story_audio(&s, false, 1.02, 6);
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* The server joins the phone with somebody else, whose media takes another way. */
Test(near_miss, media_reinvited_past_the_tap)
{
	struct story s = story();
	char sdp[512];
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 5);
	story_audio(&s, false, 1.02, 5);
	s.server_media = 31000;
	gen_sip(&s.lan, 5, story_sip(&s, false),
	    "INVITE sip:100@192.168.1.10:5060 SIP/2.0\nVia: SIP/2.0/UDP "
	    "203.0.113.10:5060;branch=z9hG4bK-past\nFrom: <sip:200@203.0.113.10>;tag=server\n"
	    "To: <sip:100@203.0.113.10>;tag=phone\nCall-ID: %s\nCSeq: 7 INVITE\n"
	    "Contact: <sip:200@203.0.113.10:5060>\nContent-Type: application/sdp\n\n"
	    "v=0\no=- 1 2 IN IP4 203.0.113.77\ns=-\nc=IN IP4 203.0.113.77\nt=0 0\n"
	    "m=audio 31000 RTP/AVP 0\n",
	    s.call_id);
	gen_sip(&s.lan, 5.05, story_sip(&s, true),
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-past\n"
	    "From: <sip:200@203.0.113.10>;tag=server\nTo: <sip:100@203.0.113.10>;tag=phone\n"
	    "Call-ID: %s\nCSeq: 7 INVITE\nContact: <sip:100@192.168.1.10:5060>\n"
	    "Content-Type: application/sdp\n\n%s",
	    s.call_id, story_sdp(&s, true, NULL, sdp));
	story_end(&s);
	report = story_report(&s);
	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "findings.%zu.confidence", i);
		cr_expect_lt(number_at(report, path), 0.5);
	}
	cr_expect_null(finding_of_code(report, "one-way-audio"));
	story_finish(&s, report);
}

/* It sends from another port than it names, and is answered there from an address nobody named. */
Test(near_miss, answered_from_an_address_that_nobody_named)
{
	struct story s = story();
	struct gen_route out = story_rtp(&s, true), in = {0};
	json_t *report;

	out.src.port = 17000;
	in = (struct gen_route){gen_end("203.0.113.99", 31000), out.src, 46, 59};
	story_begin(&s);
	gen_stream(&s.lan, out, &(struct gen_stream){.from_s = 1.05, .to_s = 12, .ssrc = 0x1111});
	gen_stream(&s.lan, in, &(struct gen_stream){.from_s = 1.1, .to_s = 12, .ssrc = 0x2222});
	story_end(&s);
	report = story_report(&s);
	cr_expect_null(finding_of_code(report, "one-way-audio"));
	cr_expect_null(finding_of_code(report, "symmetric-media"));
	story_finish(&s, report);
}

/* Nothing of either direction is no-media's, at most. */
Test(near_miss, no_media_is_not_one_way)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_end(&s);
	report = story_report(&s);
	cr_expect_null(finding_of_code(report, "one-way-audio"));
	story_finish(&s, report);
}

/* A traceroute beside the call: the provider's own network uses private addresses. */
Test(near_miss, private_hops_of_a_carrier)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	for (int i = 0; i < 6; i++) {
		char hop[16];

		(void)snprintf(hop, sizeof(hop), "10.0.%d.1", i);
		gen_unreachable(&s.lan, 2 + i, gen_end(hop, 0), story_rtp(&s, true), 11, 0);
	}
	report = story_report(&s);
	no_finding(report);
	json_decref(report);
	sides = sides_of(&s, &router);
	report = report_named(&sides);
	no_finding(report);
	sides_free(&sides, report);
}
