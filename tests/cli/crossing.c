/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Both ports of a router mirrored into one capture: what it lets through is there twice.
 */
#include "two_sides.h"

TestSuite(crossing, .fini = scratch_remove, .timeout = 60);

static struct two_sides call_through(struct gen_router *router)
{
	struct story s = story_two_way();

	return sides_of(&s, router);
}

static void expect_filtered(const struct two_sides *sides, const char *who, const char *listener)
{
	json_t *report = report_merged(sides);
	const json_t *f = only_finding(report, "one-way-audio");

	cr_expect_str_eq(text_at(f, "cause"), "filtered");
	cr_expect_geq(number_at(f, "confidence"), 0.9);
	cr_expect_not_null(strstr(text_at(f, "summary"), who), "%s", text_at(f, "summary"));
	cr_expect_str_eq(text_at(f, "endpoints.0"), listener);
	cr_expect_eq(length_at(f, "against"), 0);
	json_decref(report);
}

Test(crossing, plain_nat)
{
	struct gen_router router = router_plain();
	struct two_sides sides = call_through(&router);
	json_t *report = report_merged(&sides);

	no_finding(report);
	sides_free(&sides, report);
}

Test(crossing, other_ports_outside)
{
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	router.media_inside = 16384;
	router.media_outside = 40001;
	sides = call_through(&router);
	report = report_merged(&sides);
	no_finding(report);
	sides_free(&sides, report);
}

/* The router lets nothing out: the phone hears, and is not heard. */
Test(crossing, dropped_on_the_way_out)
{
	struct gen_router router = router_plain();
	struct two_sides sides;

	router.drop_rtp_out = true;
	sides = call_through(&router);
	expect_filtered(&sides, "callee", story_server);
	sides_free(&sides, NULL);
}

Test(crossing, dropped_on_the_way_in)
{
	struct gen_router router = router_plain();
	struct two_sides sides;

	router.drop_rtp_in = true;
	sides = call_through(&router);
	expect_filtered(&sides, "caller", story_phone);
	sides_free(&sides, NULL);
}

/* From the sixth second on. */
static bool is_let_through(const struct gen_packet *p)
{
	return p->sip || p->route.dst.port != 16384 || p->at_s < 6;
}

Test(crossing, dropped_from_some_time_on)
{
	struct gen_router router = router_plain();
	struct two_sides sides = call_through(&router);

	script_keep(&sides.lan, is_let_through);
	expect_filtered(&sides, "caller", story_phone);
	sides_free(&sides, NULL);
}

/* The server stops: on both sides there is nothing. No router is to blame. */
Test(crossing, not_where_the_sender_stops)
{
	struct story s = story();
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	s.ended_s = 20;
	story_begin(&s);
	story_audio(&s, true, 1.05, 20);
	story_audio(&s, false, 1.02, 6);
	story_end(&s);
	sides = sides_of(&s, &router);
	report = report_merged(&sides);
	cr_expect_str_eq(text_at(only_finding(report, "one-way-audio"), "cause"), "unknown");
	sides_free(&sides, report);
}

/* The phone's SIP goes through a router whose inner side is seen; its media goes elsewhere. */
static bool is_no_media_inside(const struct gen_packet *p)
{
	return p->sip;
}

Test(crossing, not_where_the_inner_side_shows_no_media)
{
	struct gen_router router = router_plain();
	struct two_sides sides = call_through(&router);
	json_t *report;

	script_keep(&sides.lan, is_no_media_inside);
	report = report_merged(&sides);
	no_finding(report);
	sides_free(&sides, report);
}
