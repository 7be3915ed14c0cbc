/* SPDX-License-Identifier: Apache-2.0 */
/*
 * high-loss, high-jitter, low-mos: first what they are not (docs/detection.md), then what they
 * are, and where.
 */
#include "story.h"

TestSuite(good_enough, .fini = scratch_remove, .timeout = 60);
TestSuite(bad_quality, .fini = scratch_remove, .timeout = 60);

static const struct gen_router router = {.inside = story_phone, .outside = story_outside};

/* What happens to one direction on its way; packets are counted from 0, 20 ms each. */
struct way {
	double from_s, to_s;
	uint8_t payload_type;
	uint32_t ssrc;                   /* 0: the direction's usual one */
	unsigned lose_every;             /* one in so many is lost; 0: none */
	unsigned lose_from, lose_to;     /* only these; to 0: all along */
	unsigned silent_from, silent_to; /* not sent, though counted; to 0: none */
	unsigned jump_at, jump_by;       /* sequence numbers that the sender skips */
	unsigned late_every;             /* one in so many is late */
	double late_s;
	unsigned together; /* so many leave at once; 0: one by one */
};

static void walk(struct story *s, bool from_phone, const struct way *w)
{
	unsigned count = (unsigned)((w->to_s - w->from_s) * 50 + 0.5);

	for (unsigned i = 0; i < count; i++) {
		bool within = w->lose_to == 0 || (i >= w->lose_from && i < w->lose_to);
		unsigned at = w->together ? i / w->together * w->together : i;
		double late_s = w->late_every && i % w->late_every == 3 ? w->late_s : 0;
		unsigned jumped = w->jump_by && i >= w->jump_at ? w->jump_by : 0;

		if ((w->lose_every && within && i % w->lose_every == 3) ||
		    (i >= w->silent_from && i < w->silent_to)) {
			continue;
		}
		gen_media(&s->lan, w->from_s + at * 0.02 + late_s, story_rtp(s, from_phone),
		    &(struct gen_media){.payload_type = w->payload_type,
			.sequence = (uint16_t)(i + jumped),
			.timestamp = i * 160,
			.ssrc = w->ssrc      ? w->ssrc
				: from_phone ? 0x1111
					     : 0x2222,
			.length = 160});
	}
}

/* A call of which each direction goes its way, until to_s of the phone's. */
static struct story story_of(const struct way *to_phone, const struct way *from_phone)
{
	struct story s = story();

	s.ended_s = from_phone->to_s + 0.1;
	story_begin(&s);
	walk(&s, false, to_phone);
	walk(&s, true, from_phone);
	story_end(&s);
	return s;
}

static const struct way sound = {1.1, 13};

static void nothing_bad(const json_t *report)
{
	static const char *const codes[] = {"high-loss", "high-jitter", "high-latency", "low-mos"};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		cr_expect_null(finding_of_code(report, codes[i]), "%s", codes[i]);
	}
}

static void expect_nothing(const struct way *to_phone, const struct way *from_phone)
{
	struct story s = story_of(to_phone, from_phone);
	json_t *report = story_report(&s);

	cr_assert_eq(length_at(report, "calls"), 1);
	nothing_bad(report);
	story_finish(&s, report);
}

/* The only finding of that code, which must be this. */
static const json_t *expect(
    const json_t *report, const char *code, const char *cause, const char *severity)
{
	const json_t *f = finding_of_code(report, code);

	cr_assert_not_null(f);
	cr_expect_str_eq(text_at(f, "cause"), cause);
	cr_expect_str_eq(text_at(f, "severity"), severity, "%s", text_at(f, "summary"));
	cr_expect_gt(length_at(f, "evidence"), 0);
	return f;
}

/* A receiver's report about a stream every two seconds: so many lost of what it expected. */
static void report_lost(struct story *s, bool from_phone, unsigned lost_of_100)
{
	struct gen_route route = story_rtp(s, from_phone);

	route.src.port++;
	route.dst.port++;
	for (unsigned i = 1; i <= 5; i++) {
		gen_rtcp(&s->lan, 1.2 + i * 2, route,
		    &(struct gen_report){.ssrc = from_phone ? 0x1111 : 0x2222,
			.block = true,
			.about = from_phone ? 0x2222 : 0x1111,
			.highest = i * 100,
			.lost = (int32_t)(i * lost_of_100)});
	}
}

/* --- good enough --- */

Test(good_enough, a_sound_call)
{
	expect_nothing(&sound, &sound);
}

Test(good_enough, too_short_to_judge)
{
	expect_nothing(&(struct way){1.1, 5, .lose_every = 10}, &(struct way){1.1, 5});
}

Test(good_enough, too_few_lost)
{
	expect_nothing(&(struct way){1.1, 13, .lose_every = 70}, &sound);
}

/* Both fall silent for five seconds, and the numbers go on as if they had not. */
Test(good_enough, a_pause_of_both)
{
	const struct way paused = {1.1, 20, .silent_from = 300, .silent_to = 550};

	expect_nothing(&paused, &paused);
}

/* Nobody sends five hundred packets in 20 ms: it is the sender that skips the numbers. */
Test(good_enough, a_sender_that_skips_numbers)
{
	expect_nothing(&(struct way){1.1, 13, .jump_at = 200, .jump_by = 500}, &sound);
}

Test(good_enough, a_sender_that_sends_two_at_once)
{
	expect_nothing(&(struct way){1.1, 13, .together = 4}, &sound);
}

/* The phone got them all: it is the capture that did not. */
Test(good_enough, what_the_capture_lost)
{
	struct story s = story_of(&(struct way){1.1, 13, .lose_every = 20}, &sound);
	json_t *report;

	report_lost(&s, true, 0);
	report = story_report(&s);
	nothing_bad(report);
	cr_expect_not_null(finding_of_code(report, "capture-loss"));
	story_finish(&s, report);
}

/* The packets are there on the phone's side of the router. */
Test(good_enough, what_one_of_two_captures_lost)
{
	struct story lossy = story_of(&(struct way){1.1, 13, .lose_every = 20}, &sound);
	struct story whole = story_of(&sound, &sound);
	struct gen_script wan = {0};
	const char *lan_path, *wan_path;
	json_t *report;

	gen_script_route(&wan, &lossy.lan, &router);
	lan_path = story_write(&whole.lan, "lan.pcap");
	wan_path = story_write(&wan, "wan.pcap");
	report = report_of("--vantage lan=%s --vantage wan=%s", lan_path, wan_path);
	no_finding(report);
	gen_script_free(&wan);
	gen_script_free(&whole.lan);
	story_finish(&lossy, report);
}

/* --- loss --- */

Test(bad_quality, loss_before_the_capture)
{
	struct story s = story_of(&(struct way){1.1, 13, .lose_every = 10}, &sound);
	json_t *report = story_report(&s);
	const json_t *f = expect(report, "high-loss", "before-capture", "critical");

	cr_expect_geq(number_at(f, "confidence"), 0.8);
	cr_expect_str_eq(text_at(f, "side"), "path");
	cr_expect_str_eq(text_at(f, "endpoints.0"), story_phone);
	cr_expect_not_null(strstr(text_at(f, "summary"), "10.1 % of the audio to the caller"));
	cr_expect_not_null(strstr(text_at(f, "evidence.0.text"), "60 of 595 packets are missing"));
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "captured farther toward"));
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "outside the router"));
	cr_expect_not_null(strstr(text_at(f, "evidence.2.text"), "the other direction is sound"),
	    "why it is 0.85");
	story_finish(&s, report);
}

/* The capture outside of the router is there: it is cited, and not asked for. */
Test(bad_quality, loss_before_the_outer_of_two_captures)
{
	struct story s = story_of(&(struct way){1.1, 13, .lose_every = 10}, &sound);
	json_t *report = story_report_both(&s, &router);
	const json_t *f = expect(report, "high-loss", "before-capture", "critical");

	cr_expect_not_null(strstr(text_at(f, "summary"), "before the capture point wan"));
	cr_expect_not_null(strstr(text_at(f, "evidence.2.text"), "at wan, "));
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "toward the sender than wan"));
	cr_expect_null(strstr(text_at(f, "would_settle"), "outside the router"));
	story_finish(&s, report);
}

/* Between hosts of one network there is no access line. */
Test(bad_quality, loss_within_a_network)
{
	struct story s = story();
	json_t *report;
	const json_t *f;

	s.server = "192.168.1.200";
	s.ended_s = 13.1;
	story_begin(&s);
	walk(&s, false, &(struct way){1.1, 13, .lose_every = 10});
	walk(&s, true, &sound);
	story_end(&s);
	report = story_report(&s);
	f = expect(report, "high-loss", "before-capture", "critical");
	cr_expect_null(strstr(text_at(f, "remedy"), "access line"));
	cr_expect_null(strstr(text_at(f, "would_settle"), "outside the router"));
	story_finish(&s, report);
}

Test(bad_quality, loss_that_the_phone_reports_too)
{
	const struct way lossy = {1.1, 13, .lose_every = 20};
	struct story s = story_of(&lossy, &lossy);
	json_t *report;

	report_lost(&s, true, 5);
	report_lost(&s, false, 5);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "findings"), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *f = json_array_get(at(report, "findings"), i);

		cr_expect_str_eq(text_at(f, "cause"), "before-capture");
		cr_expect_geq(number_at(f, "confidence"), 0.9);
	}
	story_finish(&s, report);
}

Test(bad_quality, loss_both_ways_may_be_the_capture)
{
	const struct way lossy = {1.1, 13, .lose_every = 20};
	struct story s = story_of(&lossy, &lossy);
	json_t *report = story_report(&s);
	const json_t *f = expect(report, "high-loss", "both-ways", "info");

	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "drop counters"));
	cr_expect_not_null(strstr(text_at(f, "against.0.text"), "or the capture itself is"));
	story_finish(&s, report);
}

Test(bad_quality, five_bad_seconds_of_a_minute)
{
	struct story s =
	    story_of(&(struct way){1.1, 61, .lose_every = 10, .lose_from = 1500, .lose_to = 1690},
		&(struct way){1.1, 61});
	json_t *report = story_report(&s);
	const json_t *f = expect(report, "high-loss", "before-capture", "warning");

	cr_expect_not_null(strstr(text_at(f, "summary"), "in the worst seconds"));
	cr_expect_not_null(strstr(text_at(f, "evidence.1.text"), "worst from here on: of 5 s"));
	cr_expect_gt(number_at(f, "evidence.1.frame"), 2500);
	story_finish(&s, report);
}

Test(bad_quality, loss_beyond_the_capture)
{
	struct story s = story_of(&sound, &sound);
	json_t *report;
	const json_t *f;

	report_lost(&s, true, 5);
	report = story_report(&s);
	f = expect(report, "high-loss", "after-capture", "critical");
	cr_expect_str_eq(text_at(f, "side"), "customer-network");
	cr_expect_not_null(strstr(text_at(f, "summary"), "5.0 % of the audio to the caller"));
	cr_expect_not_null(strstr(text_at(f, "evidence.1.text"), "RTCP reports"));
	story_finish(&s, report);
}

Test(bad_quality, loss_between_two_captures)
{
	struct story lossy = story_of(&(struct way){1.1, 13, .lose_every = 20}, &sound);
	struct story whole = story_of(&sound, &sound);
	struct gen_script wan = {0};
	const char *lan_path, *wan_path;
	json_t *report;
	const json_t *f;

	gen_script_route(&wan, &whole.lan, &router);
	lan_path = story_write(&lossy.lan, "lan.pcap");
	wan_path = story_write(&wan, "wan.pcap");
	report = report_of("--vantage lan=%s --vantage wan=%s", lan_path, wan_path);
	f = expect(report, "high-loss", "between-captures", "critical");
	cr_expect_str_eq(text_at(f, "side"), "customer-network");
	cr_expect_not_null(strstr(text_at(f, "summary"), "between the capture points wan and lan"));
	cr_expect_str_eq(text_at(f, "vantage"), "lan");
	cr_expect_eq(length_at(f, "streams"), 2);
	gen_script_free(&wan);
	gen_script_free(&whole.lan);
	story_finish(&lossy, report);
}

/* What comes from outside by one line is one finding, whoever sends and whoever listens. */
Test(bad_quality, many_calls_by_one_line)
{
	static const char *const phones[] = {"192.168.1.11", "192.168.1.12", "192.168.1.13"};
	static const char *const ids[] = {"one", "two", "three"};
	struct gen_script all = {0};
	json_t *report;
	const json_t *f;
	struct outcome o;
	const char *path;

	for (unsigned i = 0; i < 3; i++) {
		struct story s = story();

		s.lan = all;
		s.phone = phones[i];
		s.call_id = ids[i];
		s.server_media = (uint16_t)(20000 + 2 * i);
		s.branch = i * 100;
		s.ended_s = 13;
		story_begin(&s);
		walk(&s, false, &(struct way){1.1, 13, .ssrc = 0x100 + i, .lose_every = 10 - i});
		walk(&s, true, &(struct way){1.1, 13, .ssrc = 0x200 + i});
		story_end(&s);
		all = s.lan;
	}
	path = story_write(&all, "many.pcap");
	report = report_of("%s", path);
	f = expect(report, "high-loss", "before-capture", "critical");
	cr_expect_eq(number_at(f, "calls_total"), 3);
	cr_expect_eq(length_at(f, "calls"), 3);
	cr_expect_eq(length_at(f, "endpoints"), 4);
	json_decref(report);
	o = run("analyze %s", path);
	cr_expect_not_null(strstr(o.out, "3 of 3 calls"), "%s", o.out);
	outcome_free(&o);
	gen_script_free(&all);
}

/* --- jitter --- */

Test(bad_quality, jitter_on_average)
{
	struct story s = story_of(&(struct way){1.1, 13, .late_every = 5, .late_s = 0.1}, &sound);
	json_t *report = story_report(&s);
	const json_t *f = expect(report, "high-jitter", "before-capture", "warning");

	cr_expect_geq(number_at(f, "confidence"), 0.8);
	cr_expect_not_null(
	    strstr(text_at(f, "summary"), "on average"), "%s", text_at(f, "summary"));
	story_finish(&s, report);
}

Test(bad_quality, packets_too_late_for_a_buffer)
{
	struct story s = story_of(&(struct way){1.1, 13, .late_every = 14, .late_s = 0.09}, &sound);
	json_t *report = story_report(&s);
	const json_t *f = expect(report, "high-jitter", "before-capture", "warning");

	cr_expect_not_null(strstr(text_at(f, "summary"), "too late for a jitter buffer of 60 ms"));
	story_finish(&s, report);
}

/* --- MOS --- */

/* G.722 takes losses badly; a buffer that adapts would have played them: a hint. */
Test(bad_quality, a_low_score_of_late_packets)
{
	struct story s =
	    story_of(&(struct way){1.1, 21, .payload_type = 9, .late_every = 40, .late_s = 0.09},
		&(struct way){1.1, 21, .payload_type = 9});
	json_t *report = story_report(&s);
	const json_t *f = expect(report, "low-mos", "late-packets", "info");

	cr_expect_not_null(strstr(text_at(f, "against.0.text"), "that adapts"));
	cr_expect_not_null(strstr(text_at(f, "would_settle"), "phone's own statistics"));
	story_finish(&s, report);
}

static const char *config_of(const char *text)
{
	const char *path = scratch("config.yml");
	FILE *file = fopen(path, "w");

	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
	return path;
}

/* Loss has its own finding, and no second one says that it sounds bad. */
Test(bad_quality, a_low_score_is_told_once)
{
	struct story s = story_of(&(struct way){1.1, 13, .lose_every = 5}, &sound);
	json_t *report = story_report(&s);

	cr_expect_lt(number_at(report, "calls.0.mos"), 3);
	(void)expect(report, "high-loss", "before-capture", "critical");
	story_finish(&s, report);
}

Test(bad_quality, a_low_score_of_the_codec)
{
	struct story s = story_of(&sound, &sound);
	const char *path = story_write(&s.lan, "story.pcap");
	json_t *report =
	    report_of("--config %s %s", config_of("thresholds:\n  mos_warning: 4.6\n"), path);

	(void)expect(report, "low-mos", "codec", "warning");
	story_finish(&s, report);
}

/* --- configuration --- */

Test(bad_quality, thresholds_are_configuration)
{
	struct story s = story_of(&(struct way){1.1, 13, .lose_every = 10}, &sound);
	const char *path = story_write(&s.lan, "story.pcap");
	json_t *report = report_of("--config %s %s",
	    config_of("thresholds: {loss_warning_pct: 20, loss_stretch_pct: 30, mos_warning: 1}\n"),
	    path);

	no_finding(report);
	json_decref(report);
	report =
	    report_of("--config %s %s", config_of("thresholds:\n  loss_critical_pct: 15\n"), path);
	(void)expect(report, "high-loss", "before-capture", "warning");
	story_finish(&s, report);
}
