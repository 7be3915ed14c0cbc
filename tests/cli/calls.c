/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls: their states, times and parties, as RFC 3261 and RFC 3665 have them, and which streams
 * belong to which.
 */
#include "story.h"

TestSuite(calls, .fini = scratch_remove, .timeout = 60);

static json_t *report_and_free(struct story *s)
{
	json_t *report = story_report(s);

	gen_script_free(&s->lan);
	return report;
}

/* A request of the server within the dialog. */
static void server_request(struct story *s, double at_s, const char *method, unsigned cseq)
{
	gen_sip(&s->lan, at_s, story_sip(s, false),
	    "%s sip:100@%s SIP/2.0\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-server-%u\n"
	    "From: <sip:200@%s>;tag=server\nTo: <sip:100@%s>;tag=phone\nCall-ID: %s\nCSeq: %u "
	    "%s\n\n",
	    method, s->phone, s->server, cseq, s->server, s->server, s->call_id, cseq, method);
}

Test(calls, completed)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = report_and_free(&s);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_eq(number_at(report, "calls.0.status_code"), 200);
	cr_expect_str_eq(text_at(report, "calls.0.ended_by"), "caller");
	cr_expect_eq(number_at(report, "calls.0.post_dial_delay_ms"), 100);
	cr_expect_eq(number_at(report, "calls.0.setup_ms"), 1000);
	cr_expect_eq(number_at(report, "calls.0.duration_ms"), 11000);
	cr_expect_eq(number_at(report, "calls.0.message_count"), 6);
	cr_expect_eq(number_at(report, "calls.0.retransmissions"), 0);
	cr_expect_str_eq(text_at(report, "calls.0.from_uri"), "sip:100@203.0.113.10");
	cr_expect_str_eq(text_at(report, "calls.0.to_uri"), "sip:200@203.0.113.10");
	cr_expect_str_eq(text_at(report, "calls.0.user_agents.0"), "StoryPhone/1.0");
	cr_expect_str_eq(text_at(report, "calls.0.user_agents.1"), "StoryServer/1.0");
	cr_expect_float_eq(number_at(report, "calls.0.mos"), 4.41, 0.005);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	cr_expect_str_eq(text_at(report, "streams.1.call"), "c1");
	cr_expect_str_eq(text_at(report, "streams.0.codec"), "PCMU");
	json_decref(report);
}

Test(calls, ended_by_the_callee)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	server_request(&s, 9, "BYE", 1);
	report = report_and_free(&s);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_str_eq(text_at(report, "calls.0.ended_by"), "callee");
	cr_expect_eq(number_at(report, "calls.0.duration_ms"), 8000);
	json_decref(report);
}

Test(calls, final_responses)
{
	static const struct {
		const char *status, *state, *ended_by;
		int code;
	} cases[] = {
	    {"486 Busy Here", "failed", "callee", 486},
	    {"603 Decline", "failed", "callee", 603},
	    {"480 Temporarily Unavailable", "no-answer", "unknown", 480},
	    {"408 Request Timeout", "no-answer", "network", 408},
	    {"503 Service Unavailable", "failed", "network", 503},
	    {"404 Not Found", "failed", "unknown", 404},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct story s = story();
		json_t *report;

		story_request(&s, 0, "INVITE", 1, false, NULL);
		story_response(&s, 2, cases[i].status, "INVITE", 1, NULL);
		story_request(&s, 2.02, "ACK", 1, true, NULL);
		report = report_and_free(&s);
		cr_expect_str_eq(text_at(report, "calls.0.state"), cases[i].state);
		cr_expect_str_eq(text_at(report, "calls.0.ended_by"), cases[i].ended_by);
		cr_expect_eq(number_at(report, "calls.0.status_code"), cases[i].code);
		cr_expect_null(at(report, "calls.0.answered"));
		cr_expect_null(at(report, "calls.0.mos"));
		json_decref(report);
	}
}

Test(calls, cancelled)
{
	struct story s = story();
	json_t *report;

	story_request(&s, 0, "INVITE", 1, false, NULL);
	story_response(&s, 0.1, "180 Ringing", "INVITE", 1, NULL);
	story_request(&s, 5, "CANCEL", 1, false, NULL);
	story_response(&s, 5.01, "200 OK", "CANCEL", 1, NULL);
	story_response(&s, 5.02, "487 Request Terminated", "INVITE", 1, NULL);
	report = report_and_free(&s);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "cancelled");
	cr_expect_str_eq(text_at(report, "calls.0.ended_by"), "caller");
	cr_expect_eq(number_at(report, "calls.0.status_code"), 487);
	json_decref(report);
}

/* RFC 3665 3.3: the first INVITE is challenged; the second one makes the call. */
Test(calls, challenged)
{
	struct story s = story();
	json_t *report;
	char sdp[512];

	story_request(&s, 0, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 0.05, "407 Proxy Authentication Required", "INVITE", 1, NULL);
	story_request(&s, 0.06, "ACK", 1, true, NULL);
	story_request(&s, 0.1, "INVITE", 2, false, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 2, "200 OK", "INVITE", 2, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 2.02, "ACK", 2, true, NULL);
	story_end(&s);
	report = report_and_free(&s);
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_eq(number_at(report, "calls.0.status_code"), 200);
	cr_expect_eq(number_at(report, "calls.0.setup_ms"), 2000);
	json_decref(report);
}

Test(calls, challenged_and_given_up)
{
	struct story s = story();
	json_t *report;

	story_request(&s, 0, "INVITE", 1, false, NULL);
	story_response(&s, 0.05, "401 Unauthorized", "INVITE", 1, NULL);
	story_request(&s, 0.06, "ACK", 1, true, NULL);
	report = report_and_free(&s);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "failed");
	cr_expect_eq(number_at(report, "calls.0.status_code"), 401);
	json_decref(report);
}

/* A change within the dialog is neither a new call nor a new answer. */
Test(calls, reinvite)
{
	struct story s = story();
	json_t *report;
	char sdp[512];

	story_begin(&s);
	story_request(&s, 5, "INVITE", 2, true, story_sdp(&s, true, "sendonly", sdp));
	story_response(&s, 5.1, "200 OK", "INVITE", 2, story_sdp(&s, false, "recvonly", sdp));
	story_request(&s, 5.2, "ACK", 2, true, NULL);
	story_request(&s, 7, "INVITE", 3, true, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 7.1, "488 Not Acceptable Here", "INVITE", 3, NULL);
	story_request(&s, 7.2, "ACK", 3, true, NULL);
	story_end(&s);
	report = report_and_free(&s);
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_eq(number_at(report, "calls.0.status_code"), 200);
	cr_expect_eq(number_at(report, "calls.0.setup_ms"), 1000);
	json_decref(report);
}

Test(calls, retransmissions)
{
	struct story s = story();
	json_t *report;
	char sdp[512];

	for (double at_s = 0; at_s < 3.4; at_s = at_s * 2 + 0.5) {
		story_request(&s, at_s, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
		s.branch--;
	}
	s.branch++;
	story_response(&s, 4, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_response(&s, 4.5, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 4.6, "ACK", 1, true, NULL);
	report = report_and_free(&s);
	cr_expect_eq(number_at(report, "calls.0.message_count"), 6);
	cr_expect_eq(number_at(report, "calls.0.retransmissions"), 3);
	cr_expect_eq(number_at(report, "calls.0.setup_ms"), 4000);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "in-progress");
	cr_expect_null(at(report, "calls.0.ended_by"));
	json_decref(report);
}

/* The capture ends while it rings; or so long after that nobody came. */
Test(calls, no_final_response)
{
	for (int late = 0; late <= 1; late++) {
		struct story s = story();
		json_t *report;

		story_request(&s, 0, "INVITE", 1, false, NULL);
		story_response(&s, 0.1, "180 Ringing", "INVITE", 1, NULL);
		gen_raw(&s.lan, late ? 40 : 5, story_rtp(&s, true), "\r\n\r\n", 4);
		gen_raw(&s.lan, late ? 40.1 : 5.1, story_rtp(&s, true), "\r\n\r\n", 4);
		report = report_and_free(&s);
		cr_expect_str_eq(
		    text_at(report, "calls.0.state"), late ? "no-answer" : "in-progress");
		json_decref(report);
	}
}

Test(calls, begins_in_the_middle)
{
	struct story s = story();
	json_t *report;

	s.branch = 5;
	story_audio(&s, true, 1, 12);
	story_end(&s);
	report = report_and_free(&s);
	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_null(at(report, "calls.0.started"));
	cr_expect_null(at(report, "calls.0.duration_ms"));
	cr_expect_str_eq(text_at(report, "calls.0.ended_by"), "unknown", "who called whom?");
	cr_expect(json_is_null(at(report, "streams.0.call")));
	json_decref(report);
}

/* The first request seen is a change within the dialog: when the call began is not known. */
Test(calls, begins_with_a_change)
{
	struct story s = story();
	json_t *report;
	char sdp[512];

	story_request(&s, 5, "INVITE", 2, true, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 5.1, "200 OK", "INVITE", 2, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 5.2, "ACK", 2, true, NULL);
	story_audio(&s, true, 5.3, 12);
	story_end(&s);
	report = report_and_free(&s);
	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_null(at(report, "calls.0.started"));
	cr_expect_null(at(report, "calls.0.setup_ms"));
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	json_decref(report);
}

/* Registrations and the like are no calls. */
Test(calls, exchanges_are_no_calls)
{
	struct story s = story();
	json_t *report;

	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	story_request(&s, 1, "OPTIONS", 2, false, NULL);
	report = report_and_free(&s);
	cr_expect_eq(length_at(report, "calls"), 0);
	cr_expect_eq(length_at(report, "endpoints"), 2);
	cr_expect_str_eq(text_at(report, "endpoints.0.role"), "phone");
	cr_expect_str_eq(text_at(report, "endpoints.1.role"), "server");
	json_decref(report);
}

/* The same Call-ID again, after the end, with another From tag. */
Test(calls, call_id_used_again)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_end(&s);
	gen_sip(&s.lan, 30, story_sip(&s, true),
	    "INVITE sip:200@%s SIP/2.0\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-again\n"
	    "From: <sip:100@%s>;tag=other\nTo: <sip:200@%s>\nCall-ID: %s\nCSeq: 1 INVITE\n\n",
	    s.server, s.phone, s.server, s.server, s.call_id);
	report = report_and_free(&s);
	cr_expect_eq(length_at(report, "calls"), 2);
	cr_expect_str_eq(text_at(report, "calls.0.state"), "completed");
	cr_expect_str_eq(text_at(report, "calls.1.state"), "in-progress");
	json_decref(report);
}

/* Offer in the 200, answer in the ACK (RFC 3264 through RFC 3261 13.2.1). */
Test(calls, delayed_offer)
{
	struct story s = story();
	json_t *report;
	char sdp[512];

	story_request(&s, 0, "INVITE", 1, false, NULL);
	story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 1.02, "ACK", 1, true, story_sdp(&s, true, NULL, sdp));
	story_audio(&s, true, 1.05, 12);
	s.ended_s = 12;
	story_end(&s);
	report = report_and_free(&s);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	cr_expect_eq(length_at(report, "findings"), 1, "one-way, by what was agreed in the ACK");
	json_decref(report);
}

/* Ports are used again by the next call: each stream belongs to its own. */
Test(calls, ports_used_again)
{
	struct story a = story(), b;
	json_t *report;

	story_begin(&a);
	story_audio(&a, true, 1.05, 12);
	story_audio(&a, false, 1.02, 12);
	story_end(&a);
	b = a;
	b.call_id = "story-2@192.168.1.10";
	{
		char sdp[512];

		story_request(&b, 20, "INVITE", 1, false, story_sdp(&b, true, NULL, sdp));
		story_response(&b, 21, "200 OK", "INVITE", 1, story_sdp(&b, false, NULL, sdp));
		story_request(&b, 21.02, "ACK", 1, true, NULL);
		gen_stream(&b.lan, story_rtp(&b, true),
		    &(struct gen_stream){
			.from_s = 21.05, .to_s = 30, .ssrc = 0x3333, .sequence = 7});
		gen_stream(&b.lan, story_rtp(&b, false),
		    &(struct gen_stream){
			.from_s = 21.05, .to_s = 30, .ssrc = 0x4444, .sequence = 7});
		b.ended_s = 30;
		story_end(&b);
	}
	report = report_and_free(&b);
	cr_assert_eq(length_at(report, "calls"), 2);
	cr_assert_eq(length_at(report, "streams"), 4);
	for (size_t i = 0; i < 4; i++) {
		json_t *stream = json_array_get(at(report, "streams"), i);
		unsigned long ssrc = strtoul(text_at(stream, "ssrc"), NULL, 16);

		cr_expect_str_eq(text_at(stream, "call"), ssrc > 0x2222 ? "c2" : "c1");
	}
	json_decref(report);
}

/* Dynamic payload types get their name from whom the stream goes to. */
Test(calls, dynamic_payload_types)
{
	static const char sdp[] = "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\n"
				  "m=audio %u RTP/AVP 111\na=rtpmap:111 opus/48000/2\n";
	struct story s = story();
	json_t *report;
	char offer[512], answer[512];

	(void)snprintf(offer, sizeof(offer), sdp, s.phone, s.phone, s.phone_media);
	(void)snprintf(answer, sizeof(answer), sdp, s.server, s.server, s.server_media);
	story_request(&s, 0, "INVITE", 1, false, offer);
	story_response(&s, 1, "200 OK", "INVITE", 1, answer);
	story_request(&s, 1.02, "ACK", 1, true, NULL);
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){
		.from_s = 1.1, .to_s = 2.9, .ssrc = 0x77, .sequence = 3, .payload_type = 111});
	report = report_and_free(&s);
	cr_expect_str_eq(text_at(report, "streams.0.codec"), "opus");
	cr_expect_eq(number_at(report, "streams.0.clock_rate_hz"), 48000);
	cr_expect_null(at(report, "streams.0.jitter_mean_ms"), "its clock was not measured with");
	cr_expect_str_eq(text_at(report, "streams.0.mos_kind"), "LQE-F");
	cr_expect_str_eq(text_at(report, "streams.0.mos_model.version"), "G.107.2 (06/2019)");
	cr_expect(json_is_true(at(report, "streams.0.mos_model.estimate")));
	cr_expect_null(at(report, "streams.0.mos_model.delay_ms"));
	cr_expect_eq(number_at(report, "streams.0.lost"), 0);
	json_decref(report);
}

/* --plc says how receivers of G.711 conceal what is lost: here ten packets. */
Test(calls, concealment)
{
	struct story s = story();
	const char *path;
	json_t *with, *without;

	story_begin(&s);
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){.from_s = 1.1, .to_s = 2.2, .ssrc = 0x77, .sequence = 3});
	gen_stream(&s.lan, story_rtp(&s, true),
	    &(struct gen_stream){.from_s = 2.4, .to_s = 3.2, .ssrc = 0x77, .sequence = 68});
	path = story_write(&s.lan, "plc.pcap");
	gen_script_free(&s.lan);
	with = report_of("%s", path);
	without = report_of("--plc none %s", path);
	cr_expect_gt(number_at(with, "streams.0.lost"), 0);
	cr_expect_str_eq(text_at(with, "streams.0.mos_model.plc"), "G.711 Appendix I");
	cr_expect_str_eq(text_at(without, "streams.0.mos_model.plc"), "none");
	cr_expect_eq(number_at(without, "streams.0.mos_model.bpl"), 4.3);
	cr_expect_lt(number_at(without, "streams.0.mos"), number_at(with, "streams.0.mos"));
	json_decref(with);
	json_decref(without);
}

/* Compact forms, folds, an odd port: content decides. */
Test(calls, written_otherwise)
{
	struct gen_script script = {0};
	struct gen_route route = {gen_end("10.1.1.1", 31337), gen_end("10.1.1.2", 9999), 0, 64};
	json_t *report;

	gen_sip(&script, 0, route,
	    "INVITE sip:b@10.1.1.2:9999 SIP/2.0\nv: SIP/2.0/UDP 10.1.1.1:31337\n ;branch=z9hG4bKc\n"
	    "f: \"A, \\\"B\\\"\" <sip:a@10.1.1.1>;tag=x\nt: sip:b@10.1.1.2\ni: compact@10.1.1.1\n"
	    "CSeq:\n  7\n  INVITE\nm: <sip:a@10.1.1.1:31337>\n\n");
	report = report_of("%s", story_write(&script, "compact.pcap"));
	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(report, "calls.0.call_id"), "compact@10.1.1.1");
	cr_expect_str_eq(text_at(report, "calls.0.from_uri"), "sip:a@10.1.1.1");
	cr_expect_eq(json_object_size(at(report, "captures.0.malformed")), 0);
	gen_script_free(&script);
	json_decref(report);
}

/* A flood of invented streams to where a call's audio goes: what it can use is its own. */
Test(calls, flood_of_ssrcs)
{
	struct story s = story();
	size_t of_call = 0, i;
	json_t *report, *stream;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	for (unsigned n = 0; n < 700; n++) {
		gen_stream(&s.lan, story_rtp(&s, false),
		    &(struct gen_stream){
			.from_s = 2 + n * 0.01, .to_s = 2.1 + n * 0.01, .ssrc = 0x10000 + n});
	}
	story_end(&s);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_eq(length_at(report, "calls.0.streams"), 512);
	cr_expect_eq(length_at(report, "streams"), 702);
	cr_expect_eq(number_at(report, "evictions.call_streams"), 190);
	json_array_foreach(at(report, "streams"), i, stream)
	{
		of_call += json_is_string(at(stream, "call"));
	}
	cr_expect_eq(of_call, 512);
	story_finish(&s, report);
}

/* A flood of invented calls: bounded and counted, and the call with audio stays. */
Test(calls, flood_of_call_ids)
{
	struct story s = story();
	json_t *report;
	bool seen = false;
	size_t i;
	json_t *call;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	for (unsigned n = 0; n < 5000; n++) {
		gen_sip(&s.lan, 1.5 + n * 0.002, story_sip(&s, false),
		    "%s sip:100@x SIP/2.0\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK-flood-%u\n"
		    "From: <sip:%u@x>;tag=%u\nTo: <sip:100@x>\nCall-ID: flood-%u\nCSeq: 1 %s\n\n",
		    n % 2 ? "INVITE" : "OPTIONS", n, n, n, n, n % 2 ? "INVITE" : "OPTIONS");
	}
	report = report_of("--max-calls 500 %s", story_write(&s.lan, "flood.pcap"));
	cr_expect_leq(length_at(report, "calls"), 500);
	cr_expect_gt(number_at(report, "evictions.calls"), 4000);
	json_array_foreach(at(report, "calls"), i, call)
	{
		if (strcmp(text_at(call, "call_id"), s.call_id) == 0) {
			seen = true;
			cr_expect_eq(length_at(call, "streams"), 2);
			cr_expect_str_eq(text_at(call, "state"), "completed");
		}
	}
	cr_expect(seen, "the real call was given up");
	gen_script_free(&s.lan);
	json_decref(report);
}
