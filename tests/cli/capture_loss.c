/* SPDX-License-Identifier: Apache-2.0 */
/* capture-loss: loss that is the network's first, then what the capture alone lost. */
#include "story.h"

TestSuite(not_capture_loss, .fini = scratch_remove, .timeout = 60);
TestSuite(capture_loss, .fini = scratch_remove, .timeout = 60);

static const double outage_s = 20.5, back_s = 21.5, end_s = 40;

/* Of forty seconds, with this direction silent for one of them: fifty packets are missing. */
static void speak(struct story *s, bool from_phone, bool misses)
{
	struct gen_stream stream = {.from_s = 1.02,
	    .to_s = misses ? outage_s : end_s,
	    .ssrc = from_phone ? 0x1111 : 0x2222,
	    .sequence = 1000};

	gen_stream(&s->lan, story_rtp(s, from_phone), &stream);
	if (misses) {
		stream.sequence = (uint16_t)(1000 + (back_s - 1.02) * 50);
		stream.from_s = back_s;
		stream.to_s = end_s;
		gen_stream(&s->lan, story_rtp(s, from_phone), &stream);
	}
}

/* What the receiver of this direction reports, from 5 s on; lost: in all, from the outage on. */
static void report(struct story *s, bool of_phone, int32_t lost)
{
	struct gen_route route = story_rtp(s, !of_phone);

	route.src.port++;
	route.dst.port++;
	for (double at_s = 5; at_s < end_s; at_s += 5) {
		gen_rtcp(&s->lan, at_s, route,
		    &(struct gen_report){.ssrc = of_phone ? 0x2222 : 0x1111,
			.block = true,
			.about = of_phone ? 0x1111 : 0x2222,
			.highest = (uint32_t)(1000 + (at_s - 1.1) * 50),
			.lost = at_s > outage_s ? lost : 0});
	}
}

static struct story call_of_forty(void)
{
	struct story s = story();

	s.ended_s = end_s;
	story_begin(&s);
	story_end(&s);
	return s;
}

Test(not_capture_loss, the_receiver_misses_them_too)
{
	struct story s = call_of_forty();
	json_t *r;

	speak(&s, true, true);
	speak(&s, false, false);
	report(&s, true, 50);
	r = story_report(&s);
	cr_assert_null(finding_of_code(r, "capture-loss"));
	cr_expect_eq(number_at(r, "streams.0.lost") + number_at(r, "streams.1.lost"), 50, "%g %g",
	    number_at(r, "streams.0.lost"), number_at(r, "streams.1.lost"));
	story_finish(&s, r);
}

Test(not_capture_loss, nobody_reports)
{
	struct story s = call_of_forty();
	json_t *r;

	speak(&s, true, true);
	speak(&s, false, false);
	r = story_report(&s);
	cr_assert_null(finding_of_code(r, "capture-loss"));
	story_finish(&s, r);
}

/* Beyond the last report nothing is known of the receiver. */
Test(not_capture_loss, lost_after_the_last_report)
{
	struct story s = call_of_forty();
	struct gen_route route = story_rtp(&s, false);
	json_t *r;

	speak(&s, true, true);
	speak(&s, false, false);
	for (double at_s = 5; at_s < 20; at_s += 5) {
		gen_rtcp(&s.lan, at_s, route,
		    &(struct gen_report){.ssrc = 0x2222,
			.block = true,
			.about = 0x1111,
			.highest = (uint32_t)(1000 + (at_s - 1.1) * 50)});
	}
	r = story_report(&s);
	cr_assert_null(finding_of_code(r, "capture-loss"));
	story_finish(&s, r);
}

Test(capture_loss, the_receiver_had_them)
{
	struct story s = call_of_forty();
	json_t *r;
	const json_t *f;

	speak(&s, true, true);
	speak(&s, false, false);
	report(&s, true, 2);
	r = story_report(&s);
	f = only_finding(r, "capture-loss");
	cr_expect_str_eq(json_string_value(json_object_get(f, "cause")), "rtcp");
	cr_expect_eq(number_at(r, "findings.0.confidence"), 0.9);
	cr_expect_str_eq(text_at(r, "calls.0.findings.0"), "f1");
	cr_expect_eq(length_at(r, "findings.0.streams"), 1);
	story_finish(&s, r);
}

Test(capture_loss, a_receiver_that_never_reports_loss)
{
	struct story s = call_of_forty();
	json_t *r;

	speak(&s, true, true);
	speak(&s, false, false);
	report(&s, true, 0);
	r = story_report(&s);
	only_finding(r, "capture-loss");
	cr_expect_eq(number_at(r, "findings.0.confidence"), 0.8);
	cr_expect_eq(length_at(r, "findings.0.against"), 1);
	story_finish(&s, r);
}

Test(capture_loss, both_directions_at_once_perhaps)
{
	struct story s = call_of_forty();
	json_t *r;

	speak(&s, true, true);
	speak(&s, false, true);
	r = story_report(&s);
	only_finding(r, "capture-loss");
	cr_expect_str_eq(text_at(r, "findings.0.cause"), "both-directions");
	cr_expect_str_eq(text_at(r, "findings.0.severity"), "info");
	cr_expect(text_at(r, "findings.0.would_settle"));
	story_finish(&s, r);
}

/* Of a mirror of one direction only: the phone's requests, and its audio. */
Test(capture_loss, one_direction_of_a_mirror)
{
	struct story s = story();
	json_t *r;

	story_request(&s, 0, "INVITE", 1, false, NULL);
	story_request(&s, 1, "ACK", 1, true, NULL);
	story_audio(&s, true, 1.1, 12);
	story_request(&s, 12, "BYE", 2, true, NULL);
	r = story_report(&s);
	only_finding(r, "capture-loss");
	cr_expect_str_eq(text_at(r, "findings.0.cause"), "one-sided");
	story_finish(&s, r);
}

/* Three calls of a phone; of the one named the answers are missing, and of no other. */
static json_t *report_without_answers_of(unsigned lacking)
{
	struct gen_script all = {0};
	struct story s;
	char id[32];
	json_t *r;

	for (unsigned i = 0; i < 3; i++) {
		double at_s = i * 60;

		s = story();
		(void)snprintf(id, sizeof(id), "call-%u@192.168.1.10", i);
		s.lan = all;
		s.call_id = id;
		s.branch = i * 100;
		story_request(&s, at_s, "INVITE", 1, false, NULL);
		if (i != lacking) {
			story_response(&s, at_s + 1, "200 OK", "INVITE", 1, NULL);
		}
		story_request(&s, at_s + 1, "ACK", 1, true, NULL);
		story_request(&s, at_s + 12, "BYE", 2, true, NULL);
		all = s.lan;
	}
	r = report_of("%s", story_write(&all, "calls.pcap"));
	gen_script_free(&all);
	return r;
}

/* Other calls of these hosts show that their way back is seen, before or after this one. */
Test(not_capture_loss, answers_of_one_call_are_missing)
{
	for (unsigned i = 0; i < 3; i++) {
		json_t *r = report_without_answers_of(i);

		cr_expect_null(finding_of_code(r, "capture-loss"), "call %u", i);
		json_decref(r);
	}
}

Test(capture_loss, one_direction_of_all_calls)
{
	struct story s = story();
	json_t *r;

	for (unsigned i = 0; i < 2; i++) {
		s.call_id = i ? "second@192.168.1.10" : "first@192.168.1.10";
		story_request(&s, i * 60, "INVITE", 1, false, NULL);
		story_request(&s, i * 60 + 1, "ACK", 1, true, NULL);
		story_request(&s, i * 60 + 12, "BYE", 2, true, NULL);
	}
	r = story_report(&s);
	only_finding(r, "capture-loss");
	cr_expect_eq(number_at(r, "findings.0.calls_total"), 2);
	cr_expect_eq(number_at(r, "findings.0.confidence"), 0.9);
	story_finish(&s, r);
}

Test(not_capture_loss, a_call_that_is_never_answered)
{
	struct story s = story();
	json_t *r;

	for (unsigned i = 0; i < 4; i++) {
		story_request(&s, i, "INVITE", 1 + i, false, NULL);
	}
	r = story_report(&s);
	cr_assert_null(finding_of_code(r, "capture-loss"));
	story_finish(&s, r);
}
