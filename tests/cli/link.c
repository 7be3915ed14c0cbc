/* SPDX-License-Identifier: Apache-2.0 */
/*
 * link-saturated: loss that has other causes first. Two calls of half a minute, and a download
 * of 2 Mbit/s from the tenth second to the twentieth.
 */
#include "story.h"

TestSuite(not_link_saturated, .fini = scratch_remove, .timeout = 60);
TestSuite(link_saturated, .fini = scratch_remove, .timeout = 60);

static const double end_s = 30, full_from_s = 10, full_to_s = 20;
static const char *const line = "--uplink 2M/1M";

/* The server's audio; one packet in ten is missing from from_s to to_s. */
static void lossy(struct story *s, double from_s, double to_s)
{
	for (unsigned i = 0; 1.02 + i * 0.02 < end_s; i++) {
		double at_s = 1.02 + i * 0.02;

		if (i % 10 == 5 && at_s > from_s && at_s < to_s) {
			continue;
		}
		gen_media(&s->lan, at_s, story_rtp(s, false),
		    &(struct gen_media){.sequence = (uint16_t)(1000 + i),
			.timestamp = i * 160,
			.ssrc = 0x2222,
			.length = 160});
	}
}

/* One call more in the script so far. */
static void call_lossy(struct gen_script *all, unsigned number, double from_s, double to_s)
{
	struct story s = story();
	char id[32];

	(void)snprintf(id, sizeof(id), "link-%u", number);
	s.lan = *all;
	s.call_id = id;
	s.branch = number * 100;
	s.phone_media = (uint16_t)(16384 + number * 2);
	s.server_media = (uint16_t)(20000 + number * 2);
	s.ended_s = end_s;
	story_begin(&s);
	story_audio(&s, true, 1.05, end_s);
	lossy(&s, from_s, to_s);
	story_end(&s);
	*all = s.lan;
}

static void transfer(struct gen_script *all, bool down, double from_s, double to_s)
{
	static const char octets[1300];
	struct gen_end inside = gen_end("192.168.1.20", 40000);
	struct gen_end outside = gen_end("198.51.100.9", 4500);
	struct gen_route route = down ? (struct gen_route){outside, inside, 0, 50}
				      : (struct gen_route){inside, outside, 0, 64};

	for (double at_s = from_s; at_s < to_s; at_s += 0.00536) {
		gen_raw(all, at_s, route, octets, sizeof(octets));
	}
}

static json_t *report_with(struct gen_script *all, const char *options)
{
	json_t *report = report_of("%s %s", options, story_write(all, "link.pcap"));

	gen_script_free(all);
	return report;
}

static void expect_none(struct gen_script *all, const char *options)
{
	json_t *report = report_with(all, options);

	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		char path[32];

		(void)snprintf(path, sizeof(path), "findings.%zu.code", i);
		cr_expect_str_neq(text_at(report, path), "link-saturated");
	}
	json_decref(report);
}

/* The finding of this code, which must be there. */
static const json_t *expect_link(const json_t *report)
{
	const json_t *findings = at(report, "findings"), *f;
	size_t i;

	json_array_foreach(findings, i, f)
	{
		if (strcmp(json_string_value(json_object_get(f, "code")), "link-saturated") == 0) {
			return f;
		}
	}
	cr_assert_fail("no link-saturated");
	return NULL;
}

Test(not_link_saturated, full_and_nobody_suffers)
{
	struct gen_script all = {0};

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, 0, 0);
	call_lossy(&all, 2, 0, 0);
	expect_none(&all, line);
}

Test(not_link_saturated, lossy_at_all_times)
{
	struct gen_script all = {0};

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, 0, end_s);
	call_lossy(&all, 2, 0, end_s);
	expect_none(&all, line);
}

Test(not_link_saturated, lossy_at_another_time)
{
	struct gen_script all = {0};

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, 20, 30);
	call_lossy(&all, 2, 20, 30);
	expect_none(&all, line);
}

Test(not_link_saturated, the_other_direction_is_full)
{
	struct gen_script all = {0};

	transfer(&all, false, full_from_s, full_to_s);
	call_lossy(&all, 1, full_from_s, full_to_s);
	call_lossy(&all, 2, full_from_s, full_to_s);
	expect_none(&all, line);
}

Test(not_link_saturated, a_faster_line)
{
	struct gen_script all = {0};

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, full_from_s, full_to_s);
	call_lossy(&all, 2, full_from_s, full_to_s);
	expect_none(&all, "--uplink 100M/40M");
}

/* Voice alone has a steady rate, too. */
Test(not_link_saturated, calls_alone)
{
	struct gen_script all = {0};

	for (unsigned i = 0; i < 8; i++) {
		call_lossy(&all, i, full_from_s, full_to_s);
	}
	expect_none(&all, "");
}

/* Of many, a few were lossy: not the link. */
Test(not_link_saturated, most_calls_are_well)
{
	struct gen_script all = {0};

	transfer(&all, true, full_from_s, full_to_s);
	for (unsigned i = 0; i < 5; i++) {
		call_lossy(&all, i, full_from_s, i < 2 ? full_to_s : full_from_s);
	}
	expect_none(&all, line);
}

Test(link_saturated, download)
{
	struct gen_script all = {0};
	json_t *report;
	const json_t *f;

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, full_from_s, full_to_s);
	call_lossy(&all, 2, full_from_s, full_to_s);
	report = report_with(&all, line);
	f = expect_link(report);
	cr_expect_str_eq(json_string_value(json_object_get(f, "cause")), "download");
	cr_expect_eq(json_number_value(json_object_get(f, "confidence")), 0.8);
	cr_expect_eq(json_array_size(json_object_get(f, "calls")), 2);
	cr_expect_eq(json_array_size(json_object_get(f, "evidence")), 2);
	json_decref(report);
}

/* Each of them has the finding, however many they are. */
Test(link_saturated, download_and_many_calls)
{
	struct gen_script all = {0};
	json_t *report;
	const json_t *f;

	transfer(&all, true, full_from_s, full_to_s);
	for (unsigned i = 0; i < 70; i++) {
		call_lossy(&all, i, full_from_s, full_to_s);
	}
	report = report_with(&all, "--uplink 8M/8M");
	f = expect_link(report);
	cr_expect_eq(json_number_value(json_object_get(f, "calls_total")), 70);
	json_decref(report);
}

Test(link_saturated, download_and_one_call)
{
	struct gen_script all = {0};
	json_t *report;

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, full_from_s, full_to_s);
	report = report_with(&all, line);
	cr_expect_eq(json_number_value(json_object_get(expect_link(report), "confidence")), 0.6);
	json_decref(report);
}

Test(link_saturated, a_plateau_is_a_hint)
{
	struct gen_script all = {0};
	json_t *report;
	const json_t *f;

	transfer(&all, true, full_from_s, full_to_s);
	call_lossy(&all, 1, full_from_s, full_to_s);
	call_lossy(&all, 2, full_from_s, full_to_s);
	report = report_with(&all, "");
	f = expect_link(report);
	cr_expect_str_eq(json_string_value(json_object_get(f, "severity")), "info");
	cr_expect(json_is_string(json_object_get(f, "would_settle")));
	json_decref(report);
}

Test(link_saturated, wrong_rates_are_refused)
{
	static const char *const wrong[] = {"50M", "50M/", "/10M", "50M/10X", "0/0", "50M/10M/1"};
	struct gen_script all = {0};
	const char *path;

	call_lossy(&all, 1, 0, 0);
	path = story_write(&all, "link.pcap");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome outcome = run("analyze --uplink %s %s", wrong[i], path);

		cr_expect_eq(outcome.code, 2, "%s", wrong[i]);
		outcome_free(&outcome);
	}
	gen_script_free(&all);
}
