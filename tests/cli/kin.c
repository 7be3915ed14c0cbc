/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams that no description names, and the streams of a call that they go with.
 */
#include "two_sides.h"

TestSuite(kin, .fini = scratch_remove, .timeout = 60);
TestSuite(no_kin, .fini = scratch_remove, .timeout = 60);

enum { OTHER_PORT = 20010 };

/* From a port of the server that its description does not name. */
static struct gen_route from_port(uint16_t port)
{
	return (struct gen_route){gen_end(story_server, port), gen_end(story_phone, 16384), 46, 59};
}

static void audio(struct story *s, struct gen_route route, uint32_t ssrc, double from_s)
{
	struct gen_stream stream = {
	    .from_s = from_s, .to_s = 12, .marker = true, .ssrc = ssrc, .sequence = 77};

	gen_stream(&s->lan, route, &stream);
}

/* The phone names its public address, so that nothing names where its audio comes from inside. */
static struct story talks_from_another_port(double from_s)
{
	struct story s = story();

	s.phone_address = story_outside;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	audio(&s, from_port(OTHER_PORT), 0x3333, from_s);
	story_end(&s);
	return s;
}

static void expect_calls_of_streams(const json_t *report, const char *const calls[], size_t count)
{
	cr_assert_eq(length_at(report, "streams"), count);
	for (size_t i = 0; i < count; i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);

		cr_expect_str_eq(text_at(stream, "call"), calls[i], "stream %zu", i + 1);
	}
}

static void expect_one_call(struct story *s)
{
	json_t *report = story_report(s);

	expect_calls_of_streams(report, (const char *const[]){"c1", "c1"}, 2);
	no_finding(report);
	story_finish(s, report);
}

Test(kin, far_end_sends_from_another_port)
{
	struct story s = talks_from_another_port(1.1);

	expect_one_call(&s);
}

Test(kin, whichever_comes_first)
{
	struct story s = talks_from_another_port(1.02);

	expect_one_call(&s);
}

/* Nothing listens at the port that the server named: from the phone's side, too. */
Test(kin, refused_where_it_is_sent)
{
	struct story s = talks_from_another_port(1.1);
	json_t *report;
	const json_t *f;

	for (int i = 0; i < 10; i++) {
		gen_unreachable(
		    &s.lan, 1.5 + i, gen_end(story_server, 0), story_rtp(&s, true), 3, 3);
	}
	report = story_report(&s);
	f = only_finding(report, "one-way-audio");
	cr_expect_str_eq(text_at(f, "cause"), "icmp-unreachable");
	cr_expect_not_null(strstr(text_at(f, "summary"), "the callee"));
	story_finish(&s, report);
}

static void expect_whole_on_both_sides(double from_s)
{
	struct story s = talks_from_another_port(from_s);
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	json_t *report = report_merged(&sides);

	expect_calls_of_streams(report, (const char *const[]){"c1", "c1", "c1", "c1"}, 4);
	no_finding(report);
	sides_free(&sides, report);
}

Test(kin, both_sides_of_a_router)
{
	expect_whole_on_both_sides(1.1);
}

Test(kin, both_sides_of_a_router_whichever_comes_first)
{
	expect_whole_on_both_sides(1.02);
}

/* All but the one with that SSRC. */
static void expect_alone(struct story *s)
{
	json_t *report = story_report(s);

	cr_expect_gt(length_at(report, "streams"), 1);
	for (size_t i = 0; i < length_at(report, "streams"); i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);
		bool alone = strcmp(text_at(stream, "ssrc"), "0x00003333") == 0;

		cr_expect_str_eq(text_at(stream, "call"), alone ? "(none)" : "c1");
	}
	story_finish(s, report);
}

/* Inside the router the SSRC alone tells what it is. */
static void expect_joined_with_another_host(bool out)
{
	struct story s = story();
	struct gen_route route = from_port(OTHER_PORT);
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	s.phone_address = story_outside;
	route.src = gen_end("203.0.113.99", OTHER_PORT);
	if (out) {
		route = (struct gen_route){route.dst, route.src, 46, 64};
	}
	story_begin(&s);
	story_audio(&s, !out, 1.05, 12);
	audio(&s, route, 0x3333, 1.05);
	story_end(&s);
	sides = sides_of(&s, &router);
	report = report_merged(&sides);
	expect_calls_of_streams(report, (const char *const[]){"c1", "c1", "c1", "c1"}, 4);
	sides_free(&sides, report);
}

Test(kin, both_sides_of_a_router_from_another_host)
{
	expect_joined_with_another_host(false);
}

/* Seen first where nothing is known of it. */
Test(kin, both_sides_of_a_router_to_another_host)
{
	expect_joined_with_another_host(true);
}

/* A conversation of its own between that port and the phone's socket, whether the call is over
 * before it or with it. */
Test(no_kin, goes_both_ways)
{
	struct story s = talks_from_another_port(1.1);
	struct gen_route back = from_port(OTHER_PORT);
	struct gen_end phone = back.dst;
	json_t *report;

	back.dst = back.src;
	back.src = phone;
	audio(&s, back, 0x4444, 1.2);
	report = story_report(&s);
	expect_calls_of_streams(report, (const char *const[]){"c1", "c2", "c2"}, 3);
	json_decref(report);
	gen_raw(&s.lan, 60, back, "later", 5);
	report = story_report(&s);
	expect_calls_of_streams(report, (const char *const[]){"c1", "c2", "c2"}, 3);
	story_finish(&s, report);
}

Test(no_kin, another_host)
{
	struct story s = story();
	struct gen_route route = from_port(OTHER_PORT);

	s.phone_address = story_outside;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	route.src = gen_end("203.0.113.99", OTHER_PORT);
	audio(&s, route, 0x3333, 1.1);
	story_end(&s);
	expect_alone(&s);
}

Test(no_kin, before_the_call_uses_the_socket)
{
	struct story s = story();
	struct gen_stream stream = {
	    .from_s = -20, .to_s = -10, .marker = true, .ssrc = 0x3333, .sequence = 77};

	s.phone_address = story_outside;
	gen_stream(&s.lan, from_port(OTHER_PORT), &stream);
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	expect_alone(&s);
}

/* One socket that talks to several: what comes to it may be of any of them. */
Test(no_kin, socket_of_several)
{
	struct story s = talks_from_another_port(1.1);
	struct gen_route other = story_rtp(&s, true);

	other.dst = gen_end("203.0.113.99", 30000);
	audio(&s, other, 0x3333, 1.2);
	expect_alone(&s);
}

/* The same SSRC to another phone of the LAN is no other side of a router. */
Test(no_kin, same_source_to_two_phones)
{
	struct story s = story();
	struct gen_route other = from_port(OTHER_PORT);
	json_t *report;

	story_begin(&s);
	audio(&s, from_port(OTHER_PORT), 0x3333, 1.02);
	story_audio(&s, true, 1.05, 12);
	other.dst = gen_end("192.168.1.11", 16384);
	audio(&s, other, 0x3333, 1.1);
	story_end(&s);
	report = story_report(&s);
	expect_calls_of_streams(report, (const char *const[]){"c1", "c1", "(none)"}, 3);
	story_finish(&s, report);
}
