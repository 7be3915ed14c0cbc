/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dscp-remark and dscp-unmarked: first what they are not (docs/detection.md), then what they are.
 */
#include "two_sides.h"

TestSuite(not_remarked, .fini = scratch_remove, .timeout = 60);
TestSuite(remarked, .fini = scratch_remove, .timeout = 60);
TestSuite(unmarked, .fini = scratch_remove, .timeout = 60);

static void audio(struct story *s, bool from_phone, uint8_t dscp, double from_s, double to_s)
{
	struct gen_route route = story_rtp(s, from_phone);
	uint16_t sequence = (uint16_t)(1000 + from_s * 50);

	route.dscp = dscp;
	for (double at_s = from_s; at_s < to_s; at_s += 0.02, sequence++) {
		gen_media(&s->lan, at_s, route,
		    &(struct gen_media){.sequence = sequence,
			.timestamp = sequence * 160U,
			.ssrc = from_phone ? 0x1111 : 0x2222,
			.payload = &(char[160]){(char)sequence},
			.length = 160});
	}
}

/* A call whose audio carries these marks at the phone's side. */
static struct story story_marked(uint8_t out, uint8_t in)
{
	struct story s = story();

	story_begin(&s);
	audio(&s, true, out, 1.1, 11.9);
	audio(&s, false, in, 1.1, 11.9);
	story_end(&s);
	return s;
}

static const json_t *finding_of(const json_t *report, const char *code, const char *vantage)
{
	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *f = json_array_get(at(report, "findings"), i);

		if (strcmp(text_at(f, "code"), code) == 0 &&
		    (!vantage || strcmp(text_at(f, "vantage"), vantage) == 0)) {
			return f;
		}
	}
	return NULL;
}

static void no_marks(const json_t *report)
{
	cr_expect_null(finding_of(report, "dscp-remark", NULL));
	cr_expect_null(finding_of(report, "dscp-unmarked", NULL));
}

static void expect_none(struct story *s, const struct gen_router *router)
{
	struct two_sides sides = sides_of(s, router);
	json_t *named = report_named(&sides), *merged = report_merged(&sides);

	no_marks(named);
	no_marks(merged);
	json_decref(named);
	sides_free(&sides, merged);
}

/* --- no remark --- */

Test(not_remarked, marks_that_are_kept)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = router_plain();

	expect_none(&s, &router);
}

Test(not_remarked, another_mark_each_way)
{
	struct story s = story_marked(46, 34);
	struct gen_router router = router_plain();

	expect_none(&s, &router);
}

/* "Low delay" of RFC 1349, as old servers mark: no class, and no loss where it goes. */
Test(not_remarked, type_of_service_of_old_servers)
{
	struct story s = story_marked(46, 4);
	struct gen_router router = router_plain();

	router.remark_in = GEN_REMARK_BLEACH;
	expect_none(&s, &router);
}

Test(not_remarked, an_endpoint_that_changes_its_marks)
{
	struct story s = story();
	struct gen_router router = router_plain();

	story_begin(&s);
	audio(&s, true, 46, 1.1, 6);
	audio(&s, true, 0, 6, 11.9);
	audio(&s, false, 46, 1.1, 11.9);
	story_end(&s);
	expect_none(&s, &router);
}

Test(not_remarked, a_router_that_marks_voice)
{
	struct story s = story_marked(0, 46);
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	json_t *report;

	for (size_t i = 0; i < sides.wan.count; i++) {
		if (sides.wan.packets[i].route.dst.port == 20000) {
			sides.wan.packets[i].route.dscp = 46;
		}
	}
	report = report_named(&sides);
	no_marks(report);
	sides_free(&sides, report);
}

/* The same packets come back from an echo without their mark: the server did not put it on. */
Test(not_remarked, echo)
{
	struct story s = story();
	struct gen_router router = router_plain();

	story_begin(&s);
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){.from_s = 1.1, .to_s = 12, .ssrc = 0x1111, .sequence = 1000});
	gen_stream(&s.lan,
	    (struct gen_route){story_rtp(&s, false).src, story_rtp(&s, false).dst, 34, 59},
	    &(struct gen_stream){.from_s = 1.2, .to_s = 12, .ssrc = 0x1111, .sequence = 1000});
	story_end(&s);
	expect_none(&s, &router);
}

/* A relay sends the very same packets on, from itself to somebody else, with marks of its own. */
Test(not_remarked, relay)
{
	struct story s = story_marked(46, 46);
	struct gen_route onward = {
	    gen_end("203.0.113.10", 30000), gen_end("203.0.113.77", 4000), 0, 64};
	json_t *report;

	for (unsigned i = 0; i < 500; i++) {
		uint16_t sequence = (uint16_t)(1055 + i);

		gen_media(&s.lan, 1.11 + i * 0.02, onward,
		    &(struct gen_media){.sequence = sequence,
			.timestamp = sequence * 160U,
			.ssrc = 0x1111,
			.payload = &(char[160]){(char)sequence},
			.length = 160});
	}
	report = story_report(&s);
	no_marks(report);
	story_finish(&s, report);
}

/* One sender, the same packets to two places, each marked for its way. */
Test(not_remarked, fork)
{
	struct story s = story_marked(46, 46);
	struct gen_route copy = {story_rtp(&s, true).src, gen_end("192.168.1.99", 4000), 8, 64};
	json_t *report;

	for (unsigned i = 0; i < 500; i++) {
		uint16_t sequence = (uint16_t)(1055 + i);

		gen_media(&s.lan, 1.101 + i * 0.02, copy,
		    &(struct gen_media){.sequence = sequence,
			.timestamp = sequence * 160U,
			.ssrc = 0x1111,
			.payload = &(char[160]){(char)sequence},
			.length = 160});
	}
	report = story_report(&s);
	no_marks(report);
	story_finish(&s, report);
}

/* Each medium has a mark of its own, on two ports and on one (RFC 9143). */
Test(not_remarked, video_beside_audio)
{
	for (uint16_t apart = 0; apart <= 2; apart += 2) {
		struct story s = story_marked(46, 46);
		struct gen_router router = router_plain();
		struct gen_route route = story_rtp(&s, true);

		route.src.port += apart;
		route.dst.port += apart;
		route.dscp = 34;
		gen_stream(&s.lan, route,
		    &(struct gen_stream){.from_s = 1.1,
			.to_s = 11.9,
			.ssrc = 0x3333,
			.sequence = 64,
			.payload_type = 31});
		expect_none(&s, &router);
	}
}

/* Where streams share a 5-tuple, a sender may well re-mark one of them: not even a hint. */
Test(not_remarked, a_change_within_a_bundle)
{
	struct story s = story();
	struct gen_route route = story_rtp(&s, false);
	json_t *report;

	story_begin(&s);
	audio(&s, true, 46, 1.1, 11.9);
	audio(&s, false, 46, 1.1, 5);
	audio(&s, false, 0, 5, 11.9);
	route.dscp = 34;
	gen_stream(&s.lan, route,
	    &(struct gen_stream){
		.from_s = 1.1, .to_s = 11.9, .ssrc = 0x3333, .sequence = 64, .payload_type = 31});
	story_end(&s);
	report = story_report(&s);
	no_marks(report);
	story_finish(&s, report);
}

/* The TTL is that of a sender: nothing has passed these packets on. */
Test(not_remarked, a_sender_beside_the_capture)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	audio(&s, true, 46, 1.1, 5);
	audio(&s, true, 0, 5, 11.9);
	audio(&s, false, 34, 1.1, 11.9);
	story_end(&s);
	report = story_report(&s);
	no_marks(report);
	story_finish(&s, report);
}

/* --- remarks --- */

struct remark_case {
	enum gen_remark how;
	const char *cause, *words;
};

static const struct remark_case cases[] = {
    {GEN_REMARK_BLEACH, "bleach", "EF (46) becomes 0"},
    {GEN_REMARK_TOS, "tos-bleach", "EF (46) becomes 6"},
    {GEN_REMARK_PRECEDENCE, "precedence-only", "EF (46) becomes CS5 (40)"},
};

static void expect_remark(const json_t *report, const char *vantage, const struct remark_case *c)
{
	const json_t *f = only_finding(report, "dscp-remark");

	cr_expect_str_eq(text_at(f, "cause"), c->cause);
	cr_expect_str_eq(text_at(f, "vantage"), vantage);
	cr_expect_str_eq(text_at(f, "severity"), "warning");
	cr_expect_geq(number_at(f, "confidence"), 0.9);
	cr_expect_not_null(strstr(text_at(f, "summary"), c->words), "%s", text_at(f, "summary"));
	cr_expect_not_null(strstr(text_at(f, "summary"), story_outside));
	cr_expect_geq(length_at(f, "evidence"), 2);
	cr_expect_eq(length_at(f, "calls"), 1);
	cr_expect_eq(length_at(f, "streams"), 2);
}

Test(remarked, on_the_way_out)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct story s = story_marked(46, 46);
		struct gen_router router = router_plain();
		struct two_sides sides;
		json_t *report;

		router.remark_out = cases[i].how;
		sides = sides_of(&s, &router);
		report = report_named(&sides);
		expect_remark(report, "lan, wan", &cases[i]);
		cr_expect_str_eq(text_at(report, "findings.0.side"), "customer-network",
		    "the router that translates for the site");
		json_decref(report);
		report = report_merged(&sides);
		expect_remark(report, "all", &cases[i]);
		cr_expect_not_null(
		    strstr(text_at(report, "findings.0.summary"), "on their way out"));
		sides_free(&sides, report);
	}
}

/* Both ports in one capture, and one pair of addresses: each packet is there twice. */
static json_t *report_routed(enum gen_remark out, enum gen_remark in)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = {
	    .inside = story_phone, .outside = story_phone, .remark_out = out, .remark_in = in};
	struct two_sides sides = sides_of(&s, &router);
	json_t *report = report_merged(&sides);

	sides_free(&sides, NULL);
	return report;
}

Test(remarked, by_a_router_that_translates_nothing)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int out = 0; out < 2; out++) {
			json_t *report = report_routed(out ? cases[i].how : GEN_REMARK_NONE,
			    out ? GEN_REMARK_NONE : cases[i].how);
			const json_t *f = only_finding(report, "dscp-remark");

			cr_expect_str_eq(text_at(f, "cause"), cases[i].cause);
			cr_expect_not_null(strstr(text_at(f, "summary"), cases[i].words));
			cr_expect_not_null(strstr(
			    text_at(f, "summary"), out ? "to 203.0.113.10" : "from 203.0.113.10"));
			cr_expect_geq(number_at(f, "confidence"), 0.9);
			cr_expect_eq(length_at(f, "evidence"), 2);
			json_decref(report);
		}
	}
}

Test(remarked, both_ways_by_a_router_that_translates_nothing)
{
	json_t *report = report_routed(GEN_REMARK_BLEACH, GEN_REMARK_BLEACH);

	cr_assert_eq(length_at(report, "findings"), 2);
	cr_expect_str_eq(text_at(report, "findings.0.code"), "dscp-remark");
	cr_expect_str_eq(text_at(report, "findings.1.code"), "dscp-remark");
	json_decref(report);
}

Test(not_remarked, by_a_router_that_translates_nothing)
{
	json_t *report = report_routed(GEN_REMARK_NONE, GEN_REMARK_NONE);

	no_marks(report);
	json_decref(report);
}

Test(remarked, on_the_way_in)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct story s = story_marked(46, 46);
		struct gen_router router = router_plain();
		struct two_sides sides;
		json_t *report;

		router.remark_in = cases[i].how;
		sides = sides_of(&s, &router);
		report = report_named(&sides);
		expect_remark(report, "wan, lan", &cases[i]);
		json_decref(report);
		report = report_merged(&sides);
		expect_remark(report, "all", &cases[i]);
		cr_expect_not_null(
		    strstr(text_at(report, "findings.0.summary"), "on their way in"));
		sides_free(&sides, report);
	}
}

/* Clocks of two captures may be far apart. */
Test(remarked, clocks_apart)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	router.remark_out = GEN_REMARK_BLEACH;
	sides = sides_of(&s, &router);
	script_shift(&sides.wan, -900);
	report = report_named(&sides);
	expect_remark(report, "lan, wan", &cases[0]);
	sides_free(&sides, report);
}

/* Only signalling is cleared: CS3, which the phone's requests carry as AF31. */
Test(remarked, signalling_alone)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	const json_t *f;
	json_t *report;

	for (size_t i = 0; i < sides.wan.count; i++) {
		if (sides.wan.packets[i].sip && sides.wan.packets[i].route.dscp == 26) {
			sides.wan.packets[i].route.dscp = 0;
		}
	}
	report = report_named(&sides);
	f = only_finding(report, "dscp-remark");
	cr_expect_str_eq(text_at(f, "cause"), "bleach");
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_not_null(strstr(text_at(f, "summary"), "SIP messages"));
	cr_expect_not_null(strstr(text_at(f, "summary"), "AF31 (26) becomes 0"));
	cr_expect_not_null(strstr(text_at(f, "summary"), "voice keeps EF (46)"));
	cr_expect_null(strstr(text_at(f, "why"), "stutters"));
	cr_expect_null(strstr(text_at(f, "remedy"), "EF"));
	cr_expect_not_null(strstr(text_at(f, "evidence.0.text"), "INVITE"));
	sides_free(&sides, report);
}

static bool is_sip(const struct gen_packet *packet)
{
	return packet->sip;
}

/* No voice was captured: nothing is said of it. Of CS3 it is open which bits were cleared. */
Test(remarked, signalling_without_voice)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	const json_t *f;
	json_t *report;

	script_keep(&sides.lan, is_sip);
	script_keep(&sides.wan, is_sip);
	for (size_t i = 0; i < sides.wan.count; i++) {
		if (sides.lan.packets[i].route.dscp == 26) {
			sides.lan.packets[i].route.dscp = 24;
			sides.wan.packets[i].route.dscp = 0;
		}
	}
	report = report_named(&sides);
	f = finding_of(report, "dscp-remark", NULL);
	cr_assert_not_null(f);
	cr_expect_str_eq(text_at(f, "cause"), "unknown");
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_null(strstr(text_at(f, "summary"), "voice"));
	sides_free(&sides, report);
}

/* Both are cleared: that of voice counts. */
Test(remarked, signalling_and_voice)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	router.remark_out = GEN_REMARK_BLEACH;
	sides = sides_of(&s, &router);
	report = report_named(&sides);
	cr_expect_str_eq(text_at(only_finding(report, "dscp-remark"), "severity"), "warning");
	cr_expect_null(strstr(text_at(report, "findings.0.summary"), "SIP messages"));
	sides_free(&sides, report);
}

/* Of three points the two are named between which it happens. */
Test(remarked, between_the_outer_two_of_three)
{
	struct story s = story_marked(46, 46);
	struct gen_router inner = {.inside = story_phone, .outside = "10.99.0.2"};
	struct gen_router outer = {
	    .inside = "10.99.0.2", .outside = story_outside, .remark_out = GEN_REMARK_BLEACH};
	struct gen_script middle = {0}, wan = {0};
	const char *lan_path, *middle_path;
	const json_t *f;
	json_t *report;

	gen_script_route(&middle, &s.lan, &inner);
	gen_script_route(&wan, &middle, &outer);
	lan_path = story_write(&s.lan, "lan.pcap");
	middle_path = story_write(&middle, "mid.pcap");
	report = report_of("--vantage lan=%s --vantage mid=%s --vantage wan=%s", lan_path,
	    middle_path, story_write(&wan, "wan.pcap"));
	f = finding_of(report, "dscp-remark", "mid, wan");
	cr_assert_not_null(f);
	cr_expect_not_null(strstr(text_at(f, "summary"), story_outside));
	cr_expect_null(finding_of(report, "dscp-remark", "lan, wan"));
	cr_expect_null(finding_of(report, "dscp-remark", "lan, mid"));
	gen_script_free(&middle);
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* From one point nobody knows who cleared the mark: a hint, and what would settle it. */
Test(remarked, while_it_flows)
{
	struct story s = story();
	const json_t *f;
	json_t *report;

	story_begin(&s);
	audio(&s, true, 46, 1.1, 11.9);
	audio(&s, false, 46, 1.1, 5);
	audio(&s, false, 0, 5, 11.9);
	story_end(&s);
	report = story_report(&s);
	f = only_finding(report, "dscp-remark");
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect(json_is_string(at(f, "would_settle")));
	story_finish(&s, report);
}

/* --- unmarked --- */

Test(unmarked, no_mark_on_the_way_in)
{
	struct story s = story_marked(46, 0);
	const json_t *f;
	json_t *report;

	report = story_report(&s);
	f = only_finding(report, "dscp-unmarked");
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_str_eq(text_at(f, "endpoints.0"), story_server);
	cr_expect_eq(length_at(f, "evidence"), 2);
	story_finish(&s, report);
}

/* At both points the same: told once, and for where it is seen first. */
Test(unmarked, seen_at_two_points)
{
	struct story s = story_marked(46, 0);
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&s, &router);
	json_t *report = report_named(&sides);

	cr_expect_str_eq(text_at(only_finding(report, "dscp-unmarked"), "vantage"), "wan");
	json_decref(report);
	report = report_merged(&sides);
	only_finding(report, "dscp-unmarked");
	sides_free(&sides, report);
}

/* What the router took away is not held against the sender. */
Test(unmarked, not_where_the_mark_was_cleared_here)
{
	struct story s = story_marked(46, 46);
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	router.remark_in = GEN_REMARK_BLEACH;
	sides = sides_of(&s, &router);
	script_shift(&sides.wan, 1); /* so that the LAN's streams come first */
	report = report_named(&sides);
	cr_expect_null(finding_of(report, "dscp-unmarked", NULL));
	sides_free(&sides, report);
}

Test(unmarked, with_loss_it_is_a_warning)
{
	struct story s = story_marked(46, 0);
	json_t *report;

	for (size_t i = 0; i < s.lan.count; i++) {
		struct gen_packet *p = &s.lan.packets[i];

		if (!p->sip && p->route.dst.port == s.phone_media && i % 20 == 7) {
			p->payload[0] = 0; /* no RTP any more */
		}
	}
	report = story_report(&s);
	cr_expect_str_eq(text_at(finding_of(report, "dscp-unmarked", NULL), "severity"), "warning");
	story_finish(&s, report);
}

Test(unmarked, not_another_mark_nor_none_at_all)
{
	static const uint8_t marks[][2] = {{46, 34}, {46, 4}, {0, 0}, {34, 0}, {0, 46}};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++) {
		struct story s = story_marked(marks[i][0], marks[i][1]);
		json_t *report = story_report(&s);

		no_marks(report);
		story_finish(&s, report);
	}
}

Test(unmarked, not_between_hosts_of_one_network)
{
	struct story s = story();
	json_t *report;

	s.server = "192.168.1.20";
	story_begin(&s);
	audio(&s, true, 46, 1.1, 11.9);
	audio(&s, false, 0, 1.1, 11.9);
	story_end(&s);
	report = story_report(&s);
	no_marks(report);
	story_finish(&s, report);
}

Test(unmarked, not_a_few_packets)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	audio(&s, true, 46, 1.1, 1.9);
	audio(&s, false, 0, 1.1, 1.9);
	s.ended_s = 2;
	story_end(&s);
	report = story_report(&s);
	no_marks(report);
	story_finish(&s, report);
}
