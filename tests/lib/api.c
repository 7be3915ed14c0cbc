/* SPDX-License-Identifier: Apache-2.0 */
/* libtalkpath as another program uses it. */
#include "story.h"
#include "talkpath.h"

TestSuite(api, .fini = scratch_remove, .timeout = 60);

struct seen {
	unsigned reports, calls, streams, findings, captures, endpoints;
	size_t report_streams, report_findings;
	char vantages[4][64], problem[256];
	uint64_t progress_bytes, progress_total;
};

static void on_call(void *context, const struct tp_call_report *report)
{
	struct seen *seen = context;

	seen->reports++;
	seen->report_streams += report->stream_count;
	seen->report_findings += report->finding_count;
	cr_expect_eq(strlen(report->call->record_id), 32);
}

static void on_progress(void *context, const struct tp_progress *progress)
{
	struct seen *seen = context;

	cr_expect_leq(progress->bytes, progress->bytes_total);
	seen->progress_bytes = progress->bytes;
	seen->progress_total = progress->bytes_total;
}

static void on_problem(void *context, const struct tp_problem *problem)
{
	struct seen *seen = context;

	(void)snprintf(
	    seen->problem, sizeof(seen->problem), "%s: %s", problem->source, problem->reason);
}

static void count_call(void *context, const struct tp_call *call)
{
	(void)call;
	((struct seen *)context)->calls++;
}

static void count_stream(void *context, const struct tp_stream *stream)
{
	(void)stream;
	((struct seen *)context)->streams++;
}

static void count_finding(void *context, const struct tp_finding *finding)
{
	(void)finding;
	((struct seen *)context)->findings++;
}

static void count_endpoint(void *context, const struct tp_endpoint *endpoint)
{
	(void)endpoint;
	((struct seen *)context)->endpoints++;
}

static void note_capture(void *context, const struct tp_capture *capture)
{
	struct seen *seen = context;

	(void)snprintf(seen->vantages[seen->captures++], 64, "%s", capture->vantage);
}

static const char *one_way_capture(const char *name)
{
	struct story s = story();
	const char *path;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_end(&s);
	path = story_write(&s.lan, name);
	gen_script_free(&s.lan);
	return path;
}

Test(api, run_and_visit)
{
	struct seen seen = {0};
	const struct tp_handlers handlers = {&seen, on_problem, on_progress, on_call};
	struct tp_analysis *analysis = tp_new(NULL, &handlers);

	cr_assert_eq(tp_open_file(analysis, one_way_capture("one.pcap"), NULL), TP_OK);
	tp_each_call(analysis, count_call, &seen);
	cr_expect_eq(seen.calls, 0, "nothing before the run");
	cr_assert_eq(tp_run(analysis), TP_OK);
	tp_each_call(analysis, count_call, &seen);
	tp_each_stream(analysis, count_stream, &seen);
	tp_each_finding(analysis, count_finding, &seen);
	tp_each_endpoint(analysis, count_endpoint, &seen);
	tp_each_capture(analysis, note_capture, &seen);
	cr_expect_eq(seen.reports, 1);
	cr_expect_eq(seen.report_streams, 1);
	cr_expect_eq(seen.report_findings, 1);
	cr_expect_eq(seen.calls, 1);
	cr_expect_eq(seen.streams, 1);
	cr_expect_eq(seen.findings, 1);
	cr_expect_eq(seen.endpoints, 2);
	cr_expect_eq(seen.captures, 1);
	cr_expect_str_eq(seen.vantages[0], "one");
	cr_expect_eq(seen.progress_bytes, seen.progress_total);
	cr_expect_gt(seen.progress_total, 100000);
	cr_expect_str_eq(seen.problem, "");
	tp_free(analysis);
}

/* Unnamed files are a vantage each, named after themselves; a given name is shared. */
Test(api, vantages)
{
	struct seen seen = {0};
	struct tp_analysis *analysis = tp_new(NULL, NULL);
	const char *path = one_way_capture("same.pcap");
	struct gen_script other = {0};

	gen_stream(&other,
	    (struct gen_route){gen_end("10.0.0.1", 2000), gen_end("10.0.0.2", 4000), 0, 64},
	    &(struct gen_stream){.to_s = 10, .ssrc = 1, .sequence = 1});
	cr_assert_eq(tp_open_file(analysis, path, NULL), TP_OK);
	cr_assert_eq(tp_open_file(analysis, story_write(&other, "same.pcapng"), NULL), TP_OK);
	gen_script_free(&other);
	cr_assert_eq(tp_open_file(analysis, path, "wan"), TP_OK);
	cr_assert_eq(tp_open_file(analysis, path, "wan"), TP_OK);
	cr_assert_eq(tp_run(analysis), TP_OK);
	tp_each_capture(analysis, note_capture, &seen);
	cr_expect_str_eq(seen.vantages[0], "same");
	cr_expect_str_eq(seen.vantages[1], "same#2");
	cr_expect_str_eq(seen.vantages[2], "wan");
	cr_expect_str_eq(seen.vantages[3], "wan");
	tp_free(analysis);
}

Test(api, problems)
{
	struct seen seen = {0};
	const struct tp_handlers handlers = {.context = &seen, .problem = on_problem};
	struct tp_analysis *analysis = tp_new(NULL, &handlers);

	cr_expect_eq(tp_open_file(analysis, "/nowhere", NULL), TP_UNREADABLE);
	cr_expect_str_eq(seen.problem, "/nowhere: No such file or directory");
	cr_expect_eq(
	    tp_open_live(analysis, &(struct tp_live){.source = "pcap:nosuchif0"}, -1, NULL),
	    TP_NO_SOURCE);
	cr_expect_eq(strncmp(seen.problem, "pcap:nosuchif0: ", 16), 0);
	cr_expect_eq(tp_run(analysis), TP_OK, "no sources: nothing to analyse");
	tp_free(analysis);
	tp_free(NULL);
}

Test(api, more_captures_than_there_is_room_for)
{
	struct seen seen = {0};
	const struct tp_handlers handlers = {.context = &seen, .problem = on_problem};
	struct tp_analysis *analysis = tp_new(NULL, &handlers);
	const char *path = one_way_capture("many.pcap");

	for (int i = 0; i < 64; i++) {
		cr_assert_eq(tp_open_file(analysis, path, "v"), TP_OK);
	}
	cr_expect_eq(tp_open_file(analysis, path, "v"), TP_UNREADABLE);
	cr_expect_not_null(strstr(seen.problem, "more than 64"));
	tp_free(analysis);
}

static struct tp_analysis *to_stop;

static void stop_now(void *context, const struct tp_progress *progress)
{
	(void)progress;
	++*(unsigned *)context;
	tp_stop(to_stop);
}

/* Stopped in the middle, what was seen is reported. */
Test(api, stop)
{
	unsigned calls = 0;
	struct seen seen = {0};
	const struct tp_handlers handlers = {.context = &calls, .progress = stop_now};
	struct gen_script script = {0};

	for (int i = 0; i < 400; i++) {
		gen_stream(&script,
		    (struct gen_route){gen_end("10.0.0.1", (uint16_t)(2000 + i)),
			gen_end("10.0.0.2", 4000), 0, 64},
		    &(struct gen_stream){.to_s = 10, .ssrc = (uint32_t)i, .sequence = 1});
	}
	to_stop = tp_new(NULL, &handlers);
	cr_assert_eq(tp_open_file(to_stop, story_write(&script, "stop.pcap"), NULL), TP_OK);
	cr_assert_eq(tp_run(to_stop), TP_OK);
	cr_expect_geq(calls, 1);
	tp_each_stream(to_stop, count_stream, &seen);
	cr_expect_eq(seen.streams, 400);
	tp_free(to_stop);
	gen_script_free(&script);
}

/* Limits are kept, and what they cost is told. */
static void note_eviction(void *context, const struct tp_count *count)
{
	char *names = context;

	(void)snprintf(names + strlen(names), 128 - strlen(names), "%s ", count->name);
	cr_expect_gt(count->count, 0);
}

Test(api, limits)
{
	const struct tp_options options = {.max_streams = 8, .max_calls = 8};
	struct seen seen = {0};
	struct gen_script script = {0};
	struct tp_analysis *analysis = tp_new(&options, NULL);
	char evicted[128] = "";

	for (int i = 0; i < 20; i++) {
		gen_stream(&script,
		    (struct gen_route){gen_end("10.0.0.1", (uint16_t)(2000 + i)),
			gen_end("10.0.0.2", 4000), 0, 64},
		    &(struct gen_stream){
			.from_s = i * 0.2, .to_s = 10, .ssrc = (uint32_t)i, .sequence = 1});
	}
	cr_assert_eq(tp_open_file(analysis, story_write(&script, "many.pcap"), NULL), TP_OK);
	cr_assert_eq(tp_run(analysis), TP_OK);
	tp_each_stream(analysis, count_stream, &seen);
	cr_expect_eq(seen.streams, 8);
	tp_each_eviction(analysis, note_eviction, evicted);
	cr_expect_str_eq(evicted, "streams stream_candidates ");
	tp_free(analysis);
	gen_script_free(&script);
}
