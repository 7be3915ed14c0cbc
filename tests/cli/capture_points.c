/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several files whose vantages the user did not name: which of them were captured at one point, and
 * what two of them hold is taken once. What is merely alike keeps its own vantage.
 */
#include "two_sides.h"

TestSuite(capture_points, .fini = scratch_remove, .timeout = 60);

/* The part of a script between two times; its payloads are the script's. */
static struct gen_script part_of(const struct gen_script *script, double from_s, double to_s)
{
	struct gen_script part = {.packets = malloc(sizeof(*part.packets) * script->count)};

	cr_assert_not_null(part.packets);
	for (size_t i = 0; i < script->count; i++) {
		if (script->packets[i].at_s >= from_s && script->packets[i].at_s < to_s) {
			part.packets[part.count++] = script->packets[i];
		}
	}
	return part;
}

static const char *part_write(
    const struct gen_script *script, double from_s, double to_s, const char *name)
{
	struct gen_script part = part_of(script, from_s, to_s);
	const char *path = story_write(&part, name);

	free(part.packets);
	return path;
}

static json_t *report_on_parts(
    const struct gen_script *script, double first_to_s, double second_from_s)
{
	const char *first = part_write(script, 0, first_to_s, "a.pcap");

	return report_of("%s %s", first, part_write(script, second_from_s, 1e6, "b.pcap"));
}

static const char *vantage_of(const json_t *report, unsigned capture)
{
	return text_at(json_array_get(at(report, "captures"), capture), "vantage");
}

static void expect_points(const json_t *report, bool one)
{
	cr_expect_eq(strcmp(vantage_of(report, 0), vantage_of(report, 1)) == 0, one,
	    "\"%s\" and \"%s\"", vantage_of(report, 0), vantage_of(report, 1));
}

static double removed(const json_t *report)
{
	double sum = 0;

	for (size_t i = 0; i < length_at(report, "captures"); i++) {
		sum += number_at(json_array_get(at(report, "captures"), i), "duplicates_removed");
	}
	return sum;
}

/* The one call with its two streams, as if it stood in one file. */
static void expect_whole(const json_t *report)
{
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_eq(number_at(report, "calls.0.message_count"), 6);
	cr_expect_eq(number_at(report, "calls.0.retransmissions"), 0);
	cr_expect_eq(length_at(report, "streams"), 2);
	for (size_t i = 0; i < length_at(report, "streams"); i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);

		cr_expect_gt(number_at(stream, "packets"), 540);
		cr_expect_eq(number_at(stream, "packets"), number_at(stream, "expected"));
		cr_expect_eq(number_at(stream, "lost"), 0);
		cr_expect_eq(number_at(stream, "duplicates"), 0);
		cr_expect_lt(number_at(stream, "jitter_max_ms"), 1);
	}
	no_finding(report);
}

/* --- the same point --- */

Test(capture_points, rotated)
{
	static const double seams_s[] = {0.5, 1.01, 1.055, 6, 11.99};

	for (size_t i = 0; i < sizeof(seams_s) / sizeof(seams_s[0]); i++) {
		struct story s = story_two_way();
		json_t *report = report_on_parts(&s.lan, seams_s[i], seams_s[i]);

		expect_points(report, true);
		expect_whole(report);
		cr_expect_eq(removed(report), 0);
		story_finish(&s, report);
	}
}

/* The one that goes on is named first; the vantage is called after the one that began. */
Test(capture_points, rotated_in_any_order)
{
	struct story s = story_two_way();
	const char *first = part_write(&s.lan, 0, 6, "a.pcap");
	json_t *report = report_of("%s %s", part_write(&s.lan, 6, 1e6, "b.pcap"), first);

	expect_points(report, true);
	cr_expect_str_eq(vantage_of(report, 0), "a");
	expect_whole(report);
	story_finish(&s, report);
}

Test(capture_points, rotated_many_times)
{
	struct story s = story_two_way();
	char files[2000] = "", name[16];
	json_t *report;

	for (unsigned i = 0; i < 14; i++) {
		(void)snprintf(name, sizeof(name), "r%u.pcap", i);
		(void)snprintf(files + strlen(files), sizeof(files) - strlen(files), " %s",
		    part_write(&s.lan, i, i + 1, name));
	}
	report = report_of("%s", files);
	expect_whole(report);
	story_finish(&s, report);
}

Test(capture_points, overlapping)
{
	struct story s = story_two_way();
	struct gen_script both = part_of(&s.lan, 4, 8);
	json_t *report = report_on_parts(&s.lan, 8, 4);

	expect_points(report, true);
	expect_whole(report);
	cr_expect_eq(removed(report), (double)both.count, "%g removed, not %zu", removed(report),
	    both.count);
	cr_expect_eq(number_at(report, "captures.1.clock_offset_ns"), 0);
	free(both.packets);
	story_finish(&s, report);
}

/* One begins with the other, lies within it, or is the same. */
Test(capture_points, one_within_the_other)
{
	static const double spans_s[][2] = {{0, 1e6}, {0, 5}, {3, 7}, {5, 1e6}};

	for (size_t i = 0; i < sizeof(spans_s) / sizeof(spans_s[0]); i++) {
		struct story s = story_two_way();
		struct gen_script part = part_of(&s.lan, spans_s[i][0], spans_s[i][1]);
		const char *all = story_write(&s.lan, "a.pcap");
		json_t *report = report_of("%s %s", all, story_write(&part, "b.pcap"));

		expect_points(report, true);
		expect_whole(report);
		cr_expect_eq(removed(report), (double)part.count);
		free(part.packets);
		story_finish(&s, report);
	}
}

/* Written with another resolution, and filtered: SIP alone in one of them. */
static bool is_sip(const struct gen_packet *packet)
{
	return packet->sip;
}

Test(capture_points, another_filter_and_resolution)
{
	struct story s = story_two_way();
	struct gen_script sip = part_of(&s.lan, 0, 1e6);
	const char *all = story_write(&s.lan, "a.pcap"), *some = scratch("b.pcap");
	size_t kept = 0;
	json_t *report;

	for (size_t i = 0; i < sip.count; i++) {
		if (is_sip(&sip.packets[i])) {
			sip.packets[kept++] = sip.packets[i];
		}
	}
	sip.count = kept;
	cr_assert(gen_script_write(&sip, some, GEN_PCAP_NANO, GEN_ETHERNET));
	report = report_of("%s %s", all, some);
	expect_points(report, true);
	expect_whole(report);
	cr_expect_eq(removed(report), (double)kept);
	free(sip.packets);
	story_finish(&s, report);
}

/* The user's word makes them one point: what both hold is taken once there, too. */
Test(capture_points, named)
{
	struct story s = story_two_way();
	const char *first = part_write(&s.lan, 0, 8, "a.pcap");
	const char *second = part_write(&s.lan, 4, 1e6, "b.pcap");
	json_t *report = report_of("--vantage lan=%s --vantage lan=%s", first, second);

	expect_whole(report);
	cr_expect_gt(removed(report), 300);
	json_decref(report);
	report = report_of("--vantage lan=%s --vantage wan=%s", first, second);
	expect_points(report, false);
	cr_expect_eq(removed(report), 0);
	story_finish(&s, report);
}

Test(capture_points, the_same_for_all_workers)
{
	struct story s = story_two_way();
	const char *first = part_write(&s.lan, 0, 8, "a.pcap");
	const char *second = part_write(&s.lan, 4, 1e6, "b.pcap");
	struct outcome one = run("analyze --format json --workers 0 %s %s", first, second);

	for (int workers = 1; workers < 4; workers++) {
		struct outcome other =
		    run("analyze --format json --workers %d %s %s", workers, first, second);

		cr_expect_str_eq(one.out, other.out);
		outcome_free(&other);
	}
	outcome_free(&one);
	gen_script_free(&s.lan);
}

/* --- not the same point --- */

Test(capture_points, inside_and_outside)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	const char *lan = story_write(&sides.lan, "l.pcap");
	json_t *report = report_of("%s %s", lan, story_write(&sides.wan, "w.pcap"));

	expect_points(report, false);
	cr_expect_eq(removed(report), 0);
	cr_expect_eq(length_at(report, "streams"), 4);
	sides_free(&sides, report);
}

/* Both sides were rotated. */
Test(capture_points, both_sides_rotated)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	char files[4][256];
	json_t *report;

	(void)snprintf(files[0], 256, "%s", part_write(&sides.lan, 0, 6, "l1.pcap"));
	(void)snprintf(files[1], 256, "%s", part_write(&sides.lan, 6, 1e6, "l2.pcap"));
	(void)snprintf(files[2], 256, "%s", part_write(&sides.wan, 0, 7, "w1.pcap"));
	(void)snprintf(files[3], 256, "%s", part_write(&sides.wan, 7, 1e6, "w2.pcap"));
	report = report_of("%s %s %s %s", files[2], files[0], files[3], files[1]);
	cr_expect_eq(length_at(report, "streams"), 4);
	cr_expect_str_eq(vantage_of(report, 0), "w1");
	cr_expect_str_eq(vantage_of(report, 1), "l1");
	cr_expect_str_eq(vantage_of(report, 2), "w1");
	cr_expect_str_eq(vantage_of(report, 3), "l1");
	no_finding(report);
	sides_free(&sides, report);
}

/* First the one side was captured, and then the other. */
Test(capture_points, one_side_after_the_other)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	const char *lan = part_write(&sides.lan, 0, 6, "l.pcap");
	json_t *report = report_of("%s %s", lan, part_write(&sides.wan, 6, 1e6, "w.pcap"));

	expect_points(report, false);
	sides_free(&sides, report);
}

/* Addresses stay, as with IPv6: the hop shows in the TTL. Together, and one after the other. */
Test(capture_points, routed)
{
	static const char phone[] = "2001:db8:1::10", server[] = "2001:db8:2::10";

	for (unsigned both = 0; both < 2; both++) {
		struct story s = story();
		struct gen_script beyond;
		const char *near;
		json_t *report;

		s.phone = phone;
		s.server = server;
		story_begin(&s);
		story_audio(&s, true, 1.05, 12);
		story_audio(&s, false, 1.02, 12);
		near = both ? story_write(&s.lan, "n.pcap") : part_write(&s.lan, 0, 6, "n.pcap");
		beyond = part_of(&s.lan, both ? 0 : 6, 1e6);
		for (size_t i = 0; i < beyond.count; i++) {
			struct gen_route *route = &beyond.packets[i].route;

			route->ttl = route->ttl == 64 ? 63 : 60;
		}
		report = report_of("%s %s", near, story_write(&beyond, "f.pcap"));
		expect_points(report, false);
		cr_expect_eq(removed(report), 0);
		free(beyond.packets);
		story_finish(&s, report);
	}
}

/* Two points of one wire: what was lost between them is in one of the files. */
Test(capture_points, lost_between)
{
	struct story s = story_two_way();
	struct gen_script beyond = part_of(&s.lan, 0, 1e6);
	const char *near = story_write(&s.lan, "n.pcap");
	json_t *report;

	beyond.packets[100] = beyond.packets[--beyond.count];
	report = report_of("%s %s", near, story_write(&beyond, "f.pcap"));
	expect_points(report, false);
	cr_expect_eq(removed(report), 0);
	cr_expect_eq(length_at(report, "streams"), 4);
	free(beyond.packets);
	story_finish(&s, report);
}

/* What has two time stamps was captured twice. */
Test(capture_points, another_clock)
{
	struct story s = story_two_way();
	const char *first = story_write(&s.lan, "a.pcap");
	json_t *report;

	script_shift(&s.lan, 0.003);
	report = report_of("%s %s", first, story_write(&s.lan, "b.pcap"));
	expect_points(report, false);
	cr_expect_eq(removed(report), 0);
	story_finish(&s, report);
}

/* Marked anew by a switch: the very same packets but for their DSCP. */
Test(capture_points, remarked)
{
	struct story s = story_two_way();
	struct gen_script beyond = part_of(&s.lan, 0, 1e6);
	const char *near = story_write(&s.lan, "n.pcap");
	json_t *report;

	for (size_t i = 0; i < beyond.count; i++) {
		beyond.packets[i].route.dscp = 0;
	}
	report = report_of("%s %s", near, story_write(&beyond, "f.pcap"));
	expect_points(report, false);
	free(beyond.packets);
	story_finish(&s, report);
}

/* Another site, at the same time and right after. */
Test(capture_points, unrelated)
{
	static const double begins_s[] = {0, 12.1};

	for (size_t i = 0; i < sizeof(begins_s) / sizeof(begins_s[0]); i++) {
		struct story s = story_two_way(), other = story();
		const char *first = story_write(&s.lan, "a.pcap");
		json_t *report;

		other.phone = "192.168.7.70";
		other.server = "198.51.100.70";
		other.call_id = "other";
		story_begin(&other);
		story_audio(&other, true, 1.05, 12);
		story_audio(&other, false, 1.02, 12);
		story_end(&other);
		script_shift(&other.lan, begins_s[i]);
		report = report_of("%s %s", first, story_write(&other.lan, "b.pcap"));
		expect_points(report, false);
		cr_expect_eq(length_at(report, "calls"), 2);
		gen_script_free(&other.lan);
		story_finish(&s, report);
	}
}

/* Of the same site, and hours later: nobody said that the same point was captured. */
Test(capture_points, much_later)
{
	struct story s = story_two_way();
	const char *first = story_write(&s.lan, "a.pcap");
	json_t *report;

	script_shift(&s.lan, 3600);
	report = report_of("%s %s", first, story_write(&s.lan, "b.pcap"));
	expect_points(report, false);
	story_finish(&s, report);
}

/* One VLAN of a trunk, and the port that it leads to. */
Test(capture_points, another_link)
{
	struct story s = story_two_way();
	const char *trunk = scratch("t.pcap");
	json_t *report;

	cr_assert(gen_script_write(&s.lan, trunk, GEN_PCAP_MICRO, GEN_VLAN));
	report = report_of("%s %s", story_write(&s.lan, "p.pcap"), trunk);
	expect_points(report, false);
	story_finish(&s, report);
}

/* --- two sites at once --- */

static json_t *report_on_four(const struct two_sides *a, const struct two_sides *b)
{
	char files[4][256];

	(void)snprintf(files[0], 256, "%s", story_write(&a->lan, "al.pcap"));
	(void)snprintf(files[1], 256, "%s", story_write(&a->wan, "aw.pcap"));
	(void)snprintf(files[2], 256, "%s", story_write(&b->lan, "bl.pcap"));
	(void)snprintf(files[3], 256, "%s", story_write(&b->wan, "bw.pcap"));
	return report_of("%s %s %s %s", files[0], files[1], files[2], files[3]);
}

/*
 * Two sites with the same addresses, inside and outside, that talk to one server at one time: at
 * the one an ALG, so that its call names both ends as the other's router has them.
 */
Test(capture_points, two_sites_with_the_same_addresses)
{
	const struct gen_router alg = {
	    .inside = story_phone, .outside = story_outside, .rewrites = GEN_REWRITE_ALL};
	struct gen_router plain = router_plain();
	struct story one = story_two_way(), two = story();
	struct two_sides a, b;
	json_t *report;

	two.call_id = "other@192.168.1.10";
	two.branch = 500;
	story_begin(&two);
	story_audio(&two, true, 1.05, 12);
	story_audio(&two, false, 1.02, 12);
	story_end(&two);
	for (size_t i = 0; i < two.lan.count; i++) { /* nothing of it is the first call's */
		struct gen_packet *p = &two.lan.packets[i];

		if (!p->sip) {
			p->payload[8] ^= 0x55;
		}
	}
	script_shift(&two.lan, 0.137);
	a = sides_of(&one, &alg);
	b = sides_of(&two, &plain);
	report = report_on_four(&a, &b);
	cr_expect_eq(length_at(report, "calls"), 2);
	cr_expect_eq(length_at(report, "streams"), 8);
	for (size_t i = 0; i < length_at(report, "streams"); i++) {
		const json_t *s = json_array_get(at(report, "streams"), i);
		bool second = text_at(s, "vantage")[0] == 'b';

		cr_expect_str_eq(text_at(s, "call"), second ? "c2" : "c1", "%s at %s is of %s",
		    text_at(s, "id"), text_at(s, "vantage"), text_at(s, "call"));
	}
	(void)only_finding(report, "sip-alg");
	sides_free(&a, NULL);
	sides_free(&b, report);
}

/* Of a capture that has ended one other is the next part; a second one that begins meanwhile is
 * not. */
Test(capture_points, two_that_begin_after_one)
{
	struct story s = story_two_way(), other = story();
	const char *first = part_write(&s.lan, 0, 6, "a.pcap"), *next;
	json_t *report;

	other.call_id = "other";
	story_begin(&other);
	story_end(&other);
	script_shift(&other.lan, 6.5);
	next = part_write(&s.lan, 6, 1e6, "b.pcap");
	report = report_of("%s %s %s", first, next, story_write(&other.lan, "c.pcap"));
	cr_expect_str_eq(vantage_of(report, 0), "a");
	cr_expect_str_eq(vantage_of(report, 1), "a");
	cr_expect_str_eq(vantage_of(report, 2), "c");
	gen_script_free(&other.lan);
	story_finish(&s, report);
}
