/* SPDX-License-Identifier: Apache-2.0 */
/* --filter, --call-id, csv and ndjson, on calls whose course is known. */
#include "story.h"

TestSuite(outputs, .fini = scratch_remove, .timeout = 60);

/* Two calls: one that completes, with losses toward the phone; one that is busy. */
static const char *two_calls(void)
{
	struct story a = story(), b;
	const char *path;

	story_begin(&a);
	story_audio(&a, true, 1.05, 12);
	for (unsigned i = 0; i < 500; i++) {
		if (i % 10 != 3) {
			gen_media(&a.lan, 1.1 + i * 0.02, story_rtp(&a, false),
			    &(struct gen_media){.payload_type = 8,
				.sequence = (uint16_t)i,
				.timestamp = i * 160,
				.ssrc = 0x2222,
				.length = 160});
		}
	}
	story_end(&a);
	b = a;
	b.call_id = "=2+5\",x";
	story_request(&b, 20, "INVITE", 1, false, NULL);
	story_response(&b, 22, "486 Busy Here", "INVITE", 1, NULL);
	story_request(&b, 22.02, "ACK", 1, true, NULL);
	path = story_write(&b.lan, "two.pcap");
	gen_script_free(&b.lan);
	return path;
}

/* The ids of the calls for which the expression holds, as "c1 c2". */
static const char *chosen(const char *path, const char *expression)
{
	static char out[128];
	json_t *report = report_of("--filter '%s' %s", expression, path);
	const json_t *call;
	size_t i;

	out[0] = '\0';
	json_array_foreach(at(report, "calls"), i, call)
	{
		(void)snprintf(out + strlen(out), sizeof(out) - strlen(out), "%s%s", i ? " " : "",
		    text_at(call, "id"));
	}
	json_decref(report);
	return out;
}

Test(outputs, filter)
{
	static const struct {
		const char *expression, *calls;
	} cases[] = {
	    {"mos", "c1"},
	    {"not mos", "c2"},
	    {"mos < 3.5", "c1"},
	    {"mos<3.5", "c1"},
	    {"mos > 4", ""},
	    {"mos != 4", "c1 c2"},
	    {"status = 486", "c2"},
	    {"status_code == 486", "c2"},
	    {"state = FAILED", "c2"},
	    {"state = completed and loss_pct > 9", "c1"},
	    {"loss_pct > 11", ""},
	    {"loss_pct = 0", "c1"},
	    {"from ~ \"100\" and to ~ 200@", "c1 c2"},
	    {"from ~ 100@ or nothing = 1", NULL},
	    {"not (state = completed or state = failed)", ""},
	    {"codec = pcma", "c1"},
	    {"codec !~ pcm", "c2"},
	    {"address = 192.168.1.10:16384", "c1"},
	    {"ssrc = 0x00002222", "c1"},
	    {"dscp = 46", "c1"},
	    {"streams = 0", "c2"},
	    {"user_agent ~ storyphone", "c1 c2"},
	    {"duration_s >= 11 and duration_s <= 11", "c1"},
	    {"started < 2020-01-01", ""},
	    {"ended_by = callee", "c2"},
	    {"finding", "c1"},
	    {"finding = high-loss", "c1"},
	    {"call_id ~ \"=2+\"", "c2"},
	    {"((((id = c1))))", "c1"},
	};
	const char *path = two_calls();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (cases[i].calls) {
			const char *calls = chosen(path, cases[i].expression);

			cr_expect_str_eq(calls, cases[i].calls, "%s: \"%s\", not \"%s\"",
			    cases[i].expression, calls, cases[i].calls);
		}
	}
}

/* That nothing was chosen is not that nothing was there. */
Test(outputs, filter_that_chooses_nothing)
{
	const char *path = two_calls();
	struct outcome none = run("analyze --filter 'mos > 4.9' %s", path);
	struct outcome all = run("analyze --filter 'not mos or mos' %s", path);

	cr_expect_not_null(strstr(none.out, "No call matches the filter (2 calls in the capture)."),
	    "%s", none.out);
	cr_expect_null(strstr(none.out, "No voice traffic"));
	cr_expect_null(strstr(all.out, "matches the filter"));
	outcome_free(&none);
	outcome_free(&all);
}

/* A finding of no call is not among those of the calls chosen: it is said to be left out. */
Test(outputs, findings_of_no_call)
{
	const char *source = getenv("TALKPATH_SOURCE");
	struct outcome all = run("analyze %s/pcaps/nat-timeout/wan.pcap", source);
	struct outcome some =
	    run("analyze --filter mos %s/pcaps/nat-timeout/wan.pcap %s/pcaps/nat-clean/wan.pcap",
		source, source);

	cr_expect_null(strstr(all.out, "left out"));
	cr_expect_not_null(strstr(some.out, "1 finding of no call"), "%s", some.out);
	outcome_free(&all);
	outcome_free(&some);
}

Test(outputs, filters_that_are_wrong)
{
	static const char *const cases[][2] = {
	    {"", "a comparison is missing"},
	    {"nothing = 1", "\"nothing\" is no field"},
	    {"mos <", "a value is missing"},
	    {"mos < four", "is no number"},
	    {"mos < 4 mos > 3", "is not understood"},
	    {"(mos < 4", "\")\" is missing"},
	    {"from ~ \"100", "never closed"},
	    {"mos < 4 and", "a comparison is missing"},
	    {"((((((((((((((((((((((((((((((((((mos", "nested"},
	};
	const char *path = two_calls();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct outcome o = run("analyze --filter '%s' %s", cases[i][0], path);

		cr_expect_eq(o.code, 2, "%s: exit %d", cases[i][0], o.code);
		cr_expect_not_null(strstr(o.err, cases[i][1]), "%s: %s", cases[i][0], o.err);
		outcome_free(&o);
	}
}

/* Two captures of one name, in two folders: only the whole path says which one is meant. */
Test(outputs, evidence_names_its_file)
{
	const char *variable = getenv("TALKPATH_SOURCE"), *source = variable ? variable : ".";
	struct outcome one = run("analyze %s/pcaps/one-way-unroutable/wan.pcap", source);
	struct outcome two =
	    run("analyze %s/pcaps/one-way-unroutable/wan.pcap %s/pcaps/nat-clean/wan.pcap", source,
		source);

	cr_expect_not_null(strstr(one.out, "  wan.pcap frame "));
	cr_expect_not_null(strstr(two.out, "/one-way-unroutable/wan.pcap frame "));
	cr_expect_null(strstr(two.out, "  wan.pcap frame "));
	outcome_free(&one);
	outcome_free(&two);
}

/* What does not belong to the call is left out: streams, findings, in every format. */
Test(outputs, one_call)
{
	const char *path = two_calls();
	json_t *report = report_of("--call-id story-1@192.168.1.10 %s", path);
	struct outcome o;

	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_eq(length_at(report, "streams"), 2);
	json_decref(report);
	report = report_of("--call-id c2 %s", path);
	cr_expect_str_eq(text_at(report, "calls.0.id"), "c2");
	cr_expect_eq(length_at(report, "streams"), 0);
	json_decref(report);
	o = run("analyze --call-id c2 %s", path);
	cr_expect_not_null(strstr(o.out, "c2 "));
	cr_expect_null(strstr(o.out, "c1 "));
	outcome_free(&o);
	o = run("analyze --call-id nobody %s", path);
	cr_expect_eq(o.code, 0);
	cr_expect_not_null(strstr(o.err, "no call has this Call-ID"), "%s", o.err);
	outcome_free(&o);
}

/* Messages, media, keys: in the order of time, each with its frame. */
Test(outputs, ladder)
{
	static const struct {
		unsigned frame;
		const char *src, *text;
	} steps[] = {
	    {1, "192.168.1.10:5060", "INVITE, SDP 192.168.1.10 port 16384"},
	    {2, "203.0.113.10:5060", "180 to INVITE"},
	    {3, "203.0.113.10:5060", "200 to INVITE, SDP 203.0.113.10 port 20000"},
	    {4, "192.168.1.10:5060", "ACK"},
	    {5, "192.168.1.10:16384", "RTP PCMU begins (s1)"},
	    {8, "203.0.113.10:20000", "RTP PCMA begins (s2)"},
	    {1001, "203.0.113.10:20000", "RTP PCMA ends (s2): 450 packets, 10.00 % lost"},
	    {1002, "192.168.1.10:16384", "RTP PCMU ends (s1): 548 packets, 0.00 % lost"},
	    {1003, "192.168.1.10:5060", "BYE"},
	    {1004, "203.0.113.10:5060", "200 to BYE"},
	};
	const char *path = two_calls();
	json_t *report = report_of("--call-id c1 %s", path);
	struct outcome o;

	cr_assert_eq(length_at(report, "calls.0.ladder"), sizeof(steps) / sizeof(steps[0]));
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		const json_t *step = json_array_get(at(report, "calls.0.ladder"), i);

		cr_expect_str_eq(text_at(step, "text"), steps[i].text);
		cr_expect_str_eq(text_at(step, "src"), steps[i].src);
		cr_expect(number_at(step, "frame") == steps[i].frame || steps[i].frame > 1000,
		    "step %zu: frame %g", i, number_at(step, "frame"));
	}
	json_decref(report);
	report = report_of("%s", path);
	cr_expect_null(at(report, "calls.0.ladder"), "only where it was asked for");
	json_decref(report);
	o = run("analyze --call-id c1 %s", path);
	cr_expect_not_null(strstr(o.out, "  A 192.168.1.10   B 203.0.113.10\n"));
	cr_expect_not_null(strstr(o.out, "|------------>|  INVITE, SDP 192.168.1.10 port 16384\n"));
	cr_expect_not_null(strstr(o.out, "|<------------|  180 to INVITE\n"));
	outcome_free(&o);
}

Test(outputs, csv)
{
	struct outcome o = run("analyze --format csv %s", two_calls());
	char *line = strtok(o.out, "\r\n");

	cr_expect_eq(o.code, 0);
	cr_expect_str_eq(line,
	    "id,call_id,signalling,from_uri,to_uri,state,status_code,started,answered,ended,"
	    "duration_ms,setup_ms,ended_by,mos,loss_pct,jitter_mean_ms,codec,findings");
	line = strtok(NULL, "\r\n");
	cr_expect_eq(strncmp(line, "c1,story-1@192.168.1.10,sip,sip:100@203.0.113.10,", 49), 0);
	cr_expect_not_null(strstr(line, ",completed,200,"));
	cr_expect_not_null(strstr(line, ",PCMA,"), "of the worse direction: %s", line);
	line = strtok(NULL, "\r\n");
	cr_expect_eq(strncmp(line, "c2,\"'=2+5\"\",x\",sip,", 19), 0, "%s", line);
	cr_expect_not_null(strstr(line, ",failed,486,"));
	cr_expect_null(strtok(NULL, "\r\n"));
	outcome_free(&o);
}

Test(outputs, ndjson)
{
	struct outcome o = run("analyze --format ndjson --filter mos %s", two_calls());
	size_t calls = 0, streams = 0, captures = 0;
	json_t *last = NULL;

	cr_expect_eq(o.code, 0);
	for (char *line = strtok(o.out, "\n"); line; line = strtok(NULL, "\n")) {
		json_decref(last);
		last = parse(line);
		calls += strcmp(text_at(last, "type"), "call") == 0;
		streams += strcmp(text_at(last, "type"), "stream") == 0;
		captures += strcmp(text_at(last, "type"), "capture") == 0;
	}
	cr_expect_eq(calls, 1);
	cr_expect_eq(streams, 2);
	cr_expect_eq(captures, 1);
	cr_expect_str_eq(text_at(last, "type"), "summary");
	cr_expect_eq(number_at(last, "calls"), 1);
	json_decref(last);
	outcome_free(&o);
}
