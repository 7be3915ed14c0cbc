/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one-way-audio as two captures show it: of both sides of a router, or twice of one place.
 */
#include "two_sides.h"

TestSuite(not_one_way_sides, .fini = scratch_remove, .timeout = 60);
TestSuite(one_way_sides, .fini = scratch_remove, .timeout = 60);

static void expect_finding(
    const json_t *report, const char *cause, double confidence, const char *who)
{
	const json_t *f = only_finding(report, "one-way-audio");

	cr_expect_str_eq(text_at(f, "cause"), cause);
	cr_expect_geq(number_at(f, "confidence"), confidence);
	cr_expect_not_null(strstr(text_at(f, "summary"), who), "%s", text_at(f, "summary"));
}

/* Both sides of the router: the server sends, the phone's network never gets it. */
Test(one_way_sides, filtered_on_the_way_in)
{
	static const struct gen_router router = {
	    .inside = story_phone, .outside = story_outside, .drop_rtp_in = true};
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = story_report_both(&s, &router);
	expect_finding(report, "filtered", 0.8, "the caller");
	cr_expect_eq(length_at(report, "findings.0.streams"), 2);
	story_finish(&s, report);
}

Test(one_way_sides, filtered_on_the_way_out)
{
	static const struct gen_router router = {
	    .inside = story_phone, .outside = story_outside, .drop_rtp_out = true};
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = story_report_both(&s, &router);
	expect_finding(report, "filtered", 0.8, "the callee");
	story_finish(&s, report);
}

/*
 * The server waits for the phone's first packet, which the router drops: outside there is no media
 * at all, and neither side hears anything.
 */
Test(one_way_sides, filtered_before_a_latching_server)
{
	static const struct gen_router router = {
	    .inside = story_phone, .outside = story_outside, .drop_rtp_out = true};
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	report = story_report_both(&s, &router);
	cr_assert_eq(length_at(report, "findings"), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *f = json_array_get(at(report, "findings"), i);

		cr_expect_str_eq(text_at(f, "code"), "one-way-audio");
		cr_expect_str_eq(text_at(f, "cause"), "filtered");
		cr_expect_geq(number_at(f, "confidence"), 0.6);
		cr_expect_str_eq(text_at(f, "side"), "customer-network");
		cr_expect_eq(length_at(f, "against"), 1);
	}
	story_finish(&s, report);
}

static bool is_sip(const struct gen_packet *p)
{
	return p->sip;
}

/* Of the outer side there is a capture of signalling alone: the media passes it unseen. */
Test(not_one_way_sides, signalling_alone_outside)
{
	const struct gen_router router = router_plain();
	struct story s = story();
	struct two_sides sides;
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	sides = sides_of(&s, &router);
	script_keep(&sides.wan, is_sip);
	report = report_named(&sides);
	no_finding(report);
	sides_free(&sides, report);
}

static bool is_from_phone_or_sip(const struct gen_packet *p)
{
	return p->sip || p->route.src.port == story().phone_media;
}

/* Two captures of one place, of which one has lost a direction: nobody drops anything between. */
Test(not_one_way_sides, missing_in_one_of_two_captures_of_one_place)
{
	struct story s = story();
	struct two_sides sides;
	const char *whole;
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	sides = (struct two_sides){.lan = s.lan};
	whole = story_write(&sides.lan, "whole.pcap");
	script_keep(&sides.lan, is_from_phone_or_sip);
	report = report_of("%s %s", whole, story_write(&sides.lan, "part.pcap"));
	no_finding(report);
	json_decref(report);
	report = report_of("%s", story_write(&sides.lan, "part.pcap"));
	expect_finding(report, "unknown", 0.8, "the caller");
	sides_free(&sides, report);
}

/* Nothing is lost between the two: not one finding. */
Test(not_one_way_sides, both_sides_of_a_router)
{
	const struct gen_router router = router_plain();
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = story_report_both(&s, &router);
	no_finding(report);
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_eq(length_at(report, "calls.0.streams"), 4);
	story_finish(&s, report);
}
