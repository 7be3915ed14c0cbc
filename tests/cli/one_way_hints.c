/* SPDX-License-Identifier: Apache-2.0 */
/*
 * one-way-audio where what is seen may also be something else: a hint, which names what would
 * settle it.
 */
#include "story.h"

TestSuite(one_way_hints, .fini = scratch_remove, .timeout = 60);

/* Two phones of one network, the server elsewhere in it: the other way may pass the tap by. */
Test(one_way_hints, hint_where_the_tap_may_be_one_sided)
{
	struct story s = story();
	const json_t *f;
	json_t *report;

	s.server = "192.168.1.20";
	story_begin(&s);
	story_end(&s);
	gen_stream(&s.lan,
	    (struct gen_route){gen_end(s.phone, 16384), gen_end("192.168.1.30", 20000), 46, 64},
	    &(struct gen_stream){.from_s = 1.05, .to_s = 12, .ssrc = 0x1111, .sequence = 1});
	report = story_report(&s);
	f = only_finding(report, "one-way-audio");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_not_null(at(f, "would_settle"));
	cr_expect_eq(length_at(f, "against"), 2);
	story_finish(&s, report);
}

/* Announcements stop too: a direction that ends a little early is a hint. */
Test(one_way_hints, hint_where_a_direction_stops_early)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 7);
	story_end(&s);
	report = story_report(&s);
	cr_expect_lt(number_at(only_finding(report, "one-way-audio"), "confidence"), 0.5);
	story_finish(&s, report);
}

/* Voice mail: the greeting ends, and what follows is recorded without a word. */
Test(one_way_hints, hint_of_voice_mail)
{
	struct story s = story();
	json_t *report;
	const json_t *f;

	s.ended_s = 34;
	story_begin(&s);
	story_audio(&s, true, 1.05, 34);
	story_audio(&s, false, 1.02, 9);
	story_end(&s);
	report = story_report(&s);
	f = only_finding(report, "one-way-audio");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_not_null(at(f, "would_settle"));
	cr_expect_not_null(strstr(text_at(f, "against.0.text"), "records"));
	story_finish(&s, report);
}

/* Beyond the router the capture has signalling alone: whatever the cause, a hint names what settles
 * it.
 */
Test(one_way_hints, hint_of_a_known_cause)
{
	static const struct gen_router router = {.inside = story_phone, .outside = story_outside};
	struct story s = story();
	struct gen_script wan = {0};
	const char *lan_path, *wan_path;
	const json_t *f;
	json_t *report;

	story_begin(&s);
	story_end(&s);
	gen_script_route(&wan, &s.lan, &router);
	wan_path = story_write(&wan, "wan.pcap");
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 7);
	lan_path = story_write(&s.lan, "lan.pcap");
	report = report_of("--vantage lan=%s --vantage wan=%s", lan_path, wan_path);
	f = only_finding(report, "one-way-audio");
	cr_expect_str_eq(text_at(f, "cause"), "filtered");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_not_null(at(f, "would_settle"));
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* --- one-way --- */
