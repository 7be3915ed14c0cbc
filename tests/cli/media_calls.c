/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media without signalling: what is a call, and first what is none; and media beside the audio
 * of a call.
 */
#include "story.h"

TestSuite(media_calls, .fini = scratch_remove, .timeout = 60);

static struct gen_route between(const char *from, const char *to)
{
	return (struct gen_route){gen_end(from, 4000), gen_end(to, 5000), 46, 64};
}

static struct gen_route back(struct gen_route route)
{
	return (struct gen_route){route.dst, route.src, 46, 64};
}

static json_t *report_and_free(struct gen_script *script)
{
	json_t *report = report_of("%s", story_write(script, "media.pcap"));

	gen_script_free(script);
	return report;
}

static void expect_no_call(struct gen_script *script, size_t streams)
{
	json_t *report = report_and_free(script);

	cr_expect_eq(length_at(report, "calls"), 0);
	cr_assert_eq(length_at(report, "streams"), streams);
	for (size_t i = 0; i < streams; i++) {
		cr_expect(json_is_null(at(json_array_get(at(report, "streams"), i), "call")));
	}
	json_decref(report);
}

Test(media_calls, one_way_is_none)
{
	struct gen_script script = {0};

	gen_stream(&script, between("192.0.2.1", "239.1.2.3"),
	    &(struct gen_stream){.to_s = 5, .ssrc = 1, .sequence = 1});
	expect_no_call(&script, 1);
}

/* What comes back is what was sent. */
Test(media_calls, reflector_is_none)
{
	struct gen_script script = {0};
	struct gen_stream stream = {.to_s = 5, .ssrc = 1, .sequence = 1};

	gen_stream(&script, between("192.0.2.1", "192.0.2.2"), &stream);
	stream.from_s = 0.05;
	gen_stream(&script, back(between("192.0.2.1", "192.0.2.2")), &stream);
	expect_no_call(&script, 2);
}

/* The ports are used in one direction, and much later in the other. */
Test(media_calls, one_after_the_other_is_none)
{
	struct gen_script script = {0};

	gen_stream(&script, between("192.0.2.1", "192.0.2.2"),
	    &(struct gen_stream){.to_s = 5, .ssrc = 1, .sequence = 1});
	gen_stream(&script, back(between("192.0.2.1", "192.0.2.2")),
	    &(struct gen_stream){.from_s = 60, .to_s = 65, .ssrc = 2, .sequence = 1});
	expect_no_call(&script, 2);
}

static void two_way(struct gen_script *script, double from_s, double to_s, uint32_t ssrc)
{
	gen_stream(script, between("192.0.2.1", "192.0.2.2"),
	    &(struct gen_stream){.from_s = from_s, .to_s = to_s, .ssrc = ssrc, .sequence = 1});
	gen_stream(script, back(between("192.0.2.1", "192.0.2.2")),
	    &(struct gen_stream){
		.from_s = from_s + 0.5, .to_s = to_s, .ssrc = ssrc + 1, .sequence = 1});
}

Test(media_calls, two_way)
{
	struct gen_script script = {0};
	json_t *report;

	two_way(&script, 0, 10, 1);
	two_way(&script, 60, 70, 11); /* the ports again: another call */
	report = report_and_free(&script);
	cr_assert_eq(length_at(report, "calls"), 2);
	cr_expect_str_eq(text_at(report, "calls.0.signalling"), "none");
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_str_eq(text_at(report, "calls.1.state"), "in-progress", "the capture ends");
	cr_expect_eq(length_at(report, "calls.0.streams"), 2);
	cr_expect_float_eq(number_at(report, "calls.0.duration_ms"), 9980, 0.5);
	cr_expect_null(at(report, "calls.1.ended"));
	cr_expect_null(at(report, "calls.0.call_id"));
	cr_expect_null(at(report, "calls.0.from_uri"));
	cr_expect_null(at(report, "calls.0.status_code"));
	cr_expect_not_null(at(report, "calls.0.mos"));
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	cr_expect_str_eq(text_at(report, "streams.3.call"), "c2");
	json_decref(report);
}

/* Seen on both sides of a router it is one call. */
Test(media_calls, two_vantages)
{
	static const struct gen_router router = {.inside = story_phone, .outside = story_outside};
	struct story s = story();
	json_t *report;

	story_audio(&s, true, 1, 12);
	story_audio(&s, false, 1, 12);
	report = story_report_both(&s, &router);
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_eq(length_at(report, "calls.0.streams"), 4);
	gen_script_free(&s.lan);
	json_decref(report);
}

/* Media that signalling names is that call's. */
Test(media_calls, with_signalling)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1, 12);
	story_audio(&s, false, 1, 12);
	story_end(&s);
	report = story_report(&s);
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.signalling"), "sip");
	gen_script_free(&s.lan);
	json_decref(report);
}
