/* SPDX-License-Identifier: Apache-2.0 */
/*
 * codec-mismatch: what RFC 3264 allows first, then media that its listener never asked for. Alice
 * calls Bob; places are those of support/call_flow.h.
 */
#include "call_flow.h"

TestSuite(no_codec_mismatch, .fini = scratch_remove, .timeout = 60);
TestSuite(codec_mismatch, .fini = scratch_remove, .timeout = 60);

#define ALICE_OFFERS(lines) "a =m=audio 20000 RTP/AVP " lines
#define BOB_ANSWERS(lines)  "b =m=audio 20100 RTP/AVP " lines
#define EVENT(number)       "|a=rtpmap:" number " telephone-event/8000"

/* Answered after one second, over after twelve. */
static struct flow call_with(const char *offer, const char *answer)
{
	struct flow f = {.call_id = "codecs"};
	const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, offer},
	    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", answer},
	    {1.02, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {12, ALICE, BOB, "BYE", NULL, 9, "9", "b"},
	    {12.1, BOB, ALICE, "200 OK", "BYE", 9, "9", "b"},
	};

	flow_tell(&f, steps);
	return f;
}

static void speak(struct flow *f, enum flow_host from, uint8_t payload_type, double from_s,
    double to_s, uint16_t sequence)
{
	enum flow_host to = from == ALICE ? BOB : ALICE;
	struct gen_route route = {gen_end(flow_addresses[from], (uint16_t)(20000 + from * 100)),
	    gen_end(flow_addresses[to], (uint16_t)(20000 + to * 100)), 46, 64};

	gen_stream(&f->script, route,
	    &(struct gen_stream){.from_s = from_s,
		.to_s = to_s,
		.payload_type = payload_type,
		.ssrc = 0x1000 + (unsigned)from,
		.sequence = sequence});
}

/* A key: an event of so many packets between those of the audio. */
static void press(struct flow *f, enum flow_host from, uint8_t payload_type, unsigned packets)
{
	enum flow_host to = from == ALICE ? BOB : ALICE;
	struct gen_route route = {gen_end(flow_addresses[from], (uint16_t)(20000 + from * 100)),
	    gen_end(flow_addresses[to], (uint16_t)(20000 + to * 100)), 46, 64};
	uint8_t event[4] = {5, 10, 0, 160};

	for (unsigned i = 0; i < packets; i++) {
		gen_media(&f->script, 5.005 + i * 0.02, route,
		    &(struct gen_media){.payload_type = payload_type,
			.sequence = (uint16_t)(1000 + 200 + i),
			.timestamp = 1000,
			.ssrc = 0x1000 + (unsigned)from,
			.payload = event,
			.length = sizeof(event)});
	}
}

static void expect_none(struct flow *f)
{
	json_t *report = flow_report(f);

	cr_assert_eq(length_at(report, "findings"), 0, "%s: %s",
	    text_at(report, "findings.0.cause"), text_at(report, "findings.0.summary"));
	cr_expect(length_at(report, "streams") > 0);
	cr_expect_eq(length_at(report, "calls.0.streams"), length_at(report, "streams"));
	json_decref(report);
}

static json_t *expect_one(struct flow *f, const char *cause)
{
	json_t *report = flow_report(f);

	cr_assert_eq(length_at(report, "findings"), 1);
	cr_expect_str_eq(text_at(report, "findings.0.code"), "codec-mismatch");
	cr_expect_str_eq(text_at(report, "findings.0.cause"), cause);
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "warning");
	cr_expect_eq(length_at(report, "findings.0.streams"), 1);
	return report;
}

/* --- what is legal --- */

Test(no_codec_mismatch, static_types_without_rtpmap)
{
	struct flow f = call_with(ALICE_OFFERS("0 8"), BOB_ANSWERS("0 8"));

	speak(&f, ALICE, 0, 1, 12, 1000);
	speak(&f, BOB, 8, 1, 12, 1000);
	expect_none(&f);
}

/* RFC 3264 5.1: each sends by the numbers of the other. */
Test(no_codec_mismatch, numbers_differ_by_direction)
{
	struct flow f = call_with(ALICE_OFFERS("96|a=rtpmap:96 opus/48000/2"),
	    BOB_ANSWERS("111|a=rtpmap:111 opus/48000/2"));

	speak(&f, ALICE, 111, 1, 12, 1000);
	speak(&f, BOB, 96, 1, 12, 1000);
	expect_none(&f);
}

/* Each number means something else to the two, and each knows both. */
Test(no_codec_mismatch, numbers_are_crossed)
{
	struct flow f =
	    call_with(ALICE_OFFERS("96 97|a=rtpmap:96 opus/48000/2|a=rtpmap:97 iLBC/8000"),
		BOB_ANSWERS("97 96|a=rtpmap:97 opus/48000/2|a=rtpmap:96 iLBC/8000"));

	speak(&f, ALICE, 97, 1, 12, 1000);
	speak(&f, BOB, 96, 1, 12, 1000);
	expect_none(&f);
}

Test(no_codec_mismatch, comfort_noise_that_nobody_named)
{
	struct flow f = call_with(ALICE_OFFERS("0"), BOB_ANSWERS("0"));

	speak(&f, ALICE, 0, 1, 4, 1000);
	speak(&f, ALICE, 13, 4, 8, 1150);
	speak(&f, ALICE, 0, 8, 12, 1350);
	speak(&f, BOB, 0, 1, 12, 1000);
	expect_none(&f);
}

/* Early media of a fork that names another codec than who answers. */
Test(no_codec_mismatch, early_media_of_a_fork)
{
	struct flow f = call_with(ALICE_OFFERS("0 8"), BOB_ANSWERS("0"));
	const struct flow_step ringing = {
	    0.1, BOB, ALICE, "183 Session Progress", "INVITE", 1, "1", "c", BOB_ANSWERS("8")};

	flow_say(&f, &ringing);
	speak(&f, BOB, 8, 0.2, 3, 1000);
	speak(&f, BOB, 0, 3, 12, 1140);
	speak(&f, ALICE, 0, 1, 12, 1000);
	expect_none(&f);
}

/* The codec changes, and packets of the old one are still under way. */
Test(no_codec_mismatch, offered_anew)
{
	struct flow f = call_with(ALICE_OFFERS("0"), BOB_ANSWERS("0"));
	const struct flow_step anew[] = {
	    {5, ALICE, BOB, "INVITE", NULL, 2, "5", "b", ALICE_OFFERS("8")},
	    {5.1, BOB, ALICE, "200 OK", "INVITE", 2, "5", "b", BOB_ANSWERS("8")},
	    {5.2, ALICE, BOB, "ACK", NULL, 2, "6", "b"},
	};

	flow_tell(&f, anew);
	speak(&f, ALICE, 0, 1, 7, 1000);
	speak(&f, ALICE, 8, 7, 12, 1300);
	speak(&f, BOB, 0, 1, 7, 1000);
	speak(&f, BOB, 8, 7, 12, 1300);
	expect_none(&f);
}

Test(no_codec_mismatch, a_few_packets)
{
	struct flow f = call_with(ALICE_OFFERS("0"), BOB_ANSWERS("0"));

	speak(&f, ALICE, 8, 1, 1.5, 1000);
	speak(&f, ALICE, 0, 1.5, 12, 1025);
	speak(&f, BOB, 0, 1, 12, 1000);
	expect_none(&f);
}

Test(no_codec_mismatch, keys_as_agreed)
{
	struct flow f =
	    call_with(ALICE_OFFERS("0 101" EVENT("101")), BOB_ANSWERS("0 96" EVENT("96")));

	speak(&f, ALICE, 0, 1, 5, 1000);
	press(&f, ALICE, 96, 8);
	speak(&f, ALICE, 0, 5.3, 12, 1208);
	speak(&f, BOB, 0, 1, 12, 1000);
	expect_none(&f);
}

/* What was agreed before the capture began is not known. */
Test(no_codec_mismatch, the_capture_begins_in_the_middle)
{
	struct flow f = {.call_id = "codecs"};
	const struct flow_step steps[] = {
	    {1, BOB, ALICE, "INVITE", NULL, 7, "1", "b", BOB_ANSWERS("0"), .by_callee = true},
	    {1.1, ALICE, BOB, "200 OK", "INVITE", 7, "1", "b", ALICE_OFFERS("0"),
		.by_callee = true},
	    {1.2, BOB, ALICE, "ACK", NULL, 7, "2", "b", .by_callee = true},
	};

	flow_tell(&f, steps);
	speak(&f, ALICE, 8, 1, 12, 1000);
	speak(&f, BOB, 0, 1, 12, 1000);
	expect_none(&f);
}

/* --- what is not --- */

Test(codec_mismatch, a_codec_that_was_not_offered)
{
	struct flow f = call_with(ALICE_OFFERS("0"), BOB_ANSWERS("0 18"));
	json_t *report;

	speak(&f, ALICE, 0, 1, 12, 1000);
	speak(&f, BOB, 18, 1, 12, 1000);
	report = expect_one(&f, "not-offered");
	cr_expect(strstr(text_at(report, "findings.0.summary"), "G729"));
	cr_expect(number_at(report, "findings.0.confidence") >= 0.8);
	cr_expect_str_eq(text_at(report, "calls.0.findings.0"), "f1");
	json_decref(report);
}

Test(codec_mismatch, a_type_that_nobody_named)
{
	struct flow f = call_with(ALICE_OFFERS("0"), BOB_ANSWERS("0"));

	speak(&f, ALICE, 0, 1, 12, 1000);
	speak(&f, BOB, 120, 1, 12, 1000);
	json_decref(expect_one(&f, "not-offered"));
}

/* Bob sends opus by his own number instead of Alice's. */
Test(codec_mismatch, the_senders_own_number)
{
	struct flow f = call_with(ALICE_OFFERS("96|a=rtpmap:96 opus/48000/2"),
	    BOB_ANSWERS("111|a=rtpmap:111 opus/48000/2"));

	speak(&f, ALICE, 111, 1, 12, 1000);
	speak(&f, BOB, 111, 1, 12, 1000);
	json_decref(expect_one(&f, "payload-type"));
}

/* 97 is iLBC to Alice and speex to Bob, who knows no iLBC. */
Test(codec_mismatch, one_number_for_two_codecs)
{
	struct flow f = call_with(
	    ALICE_OFFERS("97 0|a=rtpmap:97 iLBC/8000"), BOB_ANSWERS("97 0|a=rtpmap:97 speex/8000"));

	speak(&f, ALICE, 0, 1, 12, 1000);
	speak(&f, BOB, 97, 1, 12, 1000);
	json_decref(expect_one(&f, "payload-type"));
}

Test(codec_mismatch, keys_by_the_senders_own_number)
{
	struct flow f =
	    call_with(ALICE_OFFERS("0 101" EVENT("101")), BOB_ANSWERS("0 96" EVENT("96")));
	json_t *report;

	speak(&f, ALICE, 0, 1, 5, 1000);
	press(&f, ALICE, 101, 8);
	speak(&f, ALICE, 0, 5.3, 12, 1208);
	speak(&f, BOB, 0, 1, 12, 1000);
	report = expect_one(&f, "telephone-event");
	cr_expect(strstr(text_at(report, "findings.0.why"), "Keys"));
	json_decref(report);
}
