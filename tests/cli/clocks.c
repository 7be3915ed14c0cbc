/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks of two captures against one another, by the packets that they share.
 */
#include <math.h>

#include "two_sides.h"

TestSuite(clocks, .fini = scratch_remove, .timeout = 60);

static struct two_sides both_sides(double wan_ahead_s)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);

	script_shift(&sides.wan, wan_ahead_s);
	return sides;
}

static bool is_media(const struct gen_packet *p)
{
	return !p->sip;
}

static bool is_media_out(const struct gen_packet *p)
{
	return !p->sip && p->route.dst.port == 20000;
}

static bool is_signalling(const struct gen_packet *p)
{
	return p->sip;
}

static void expect_offset(const struct two_sides *sides, double ahead_s)
{
	json_t *report = report_named(sides);

	cr_expect_eq(number_at(report, "captures.0.clock_offset_ns"), 0);
	cr_expect_float_eq(number_at(report, "captures.1.clock_offset_ns"), ahead_s * 1e9, 1e5);
	cr_expect_leq(number_at(report, "captures.1.clock_error_ns"), 1e6);
	cr_expect_leq(fabs(number_at(report, "captures.1.clock_offset_ns") - ahead_s * 1e9),
	    number_at(report, "captures.1.clock_error_ns") + 1000);
	json_decref(report);
}

Test(clocks, ahead_and_behind)
{
	static const double ahead_s[] = {0, 1.5, -0.25, 3723.5};

	for (size_t i = 0; i < sizeof(ahead_s) / sizeof(ahead_s[0]); i++) {
		struct two_sides sides = both_sides(ahead_s[i]);

		expect_offset(&sides, ahead_s[i]);
		sides_free(&sides, NULL);
	}
}

Test(clocks, by_signalling_alone)
{
	struct two_sides sides = both_sides(2);

	script_keep(&sides.wan, is_signalling);
	expect_offset(&sides, 2);
	sides_free(&sides, NULL);
}

/* Without any signalling, streams of both directions make the call. */
Test(clocks, by_media_alone)
{
	struct two_sides sides = both_sides(-2);

	script_keep(&sides.lan, is_media);
	script_keep(&sides.wan, is_media);
	expect_offset(&sides, -2);
	sides_free(&sides, NULL);
}

/* What goes one way only bounds the offset on one side: its way is taken to last no time. */
Test(clocks, one_direction)
{
	struct two_sides sides = both_sides(5);
	json_t *report;

	script_keep(&sides.wan, is_media_out);
	report = report_named(&sides);
	cr_expect_float_eq(number_at(report, "captures.1.clock_offset_ns"), 5.0004e9, 1e4);
	cr_expect(json_is_null(at(report, "captures.1.clock_error_ns")));
	sides_free(&sides, report);
}

/* --- nothing is said --- */

Test(clocks, one_capture)
{
	struct story s = story_two_way();
	json_t *report = story_report(&s);

	cr_expect_null(at(report, "captures.0.clock_offset_ns"));
	story_finish(&s, report);
}

Test(clocks, nothing_shared)
{
	struct story a = story_two_way(), b = story();
	struct two_sides sides;
	json_t *report;

	b.phone = "192.168.7.7";
	b.call_id = "another";
	b.branch = 50;
	story_begin(&b);
	story_audio(&b, true, 1.05, 12);
	story_end(&b);
	sides = (struct two_sides){a.lan, b.lan};
	report = report_named(&sides);
	cr_expect_null(at(report, "captures.0.clock_offset_ns"));
	cr_expect_null(at(report, "captures.1.clock_offset_ns"));
	sides_free(&sides, report);
}

/* An echo has SSRC and numbers of what it answers, and comes later: that is no clock's doing. */
Test(clocks, an_echo_is_not_what_it_answers)
{
	struct story s = story();
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	gen_stream(&s.lan, story_rtp(&s, false),
	    &(struct gen_stream){.from_s = 1.35, .to_s = 12, .ssrc = 0x1111, .sequence = 1000});
	story_end(&s);
	sides = sides_of(&s, &router);
	script_shift(&sides.wan, 1);
	expect_offset(&sides, 1);
	report = report_named(&sides);
	no_finding(report);
	sides_free(&sides, report);
}

/* The LAN's capture misses the first of two sendings, which the WAN's has: these are two packets.
 */
static bool is_later(const struct gen_packet *p)
{
	return p->at_s > 0;
}

Test(clocks, messages_sent_again)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides;

	gen_again(&s.lan, 0, 0.5);
	sides = sides_of(&s, &router);
	script_keep(&sides.lan, is_later);
	expect_offset(&sides, 0);
	sides_free(&sides, NULL);
}
