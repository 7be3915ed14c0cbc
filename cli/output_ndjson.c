/* SPDX-License-Identifier: Apache-2.0 */
/* One object a line: calls with their streams as they finish, the rest at the end. */
#include "json.h"
#include "output.h"

enum { BUFFER_OCTETS = 16 << 10 };

struct lines {
	const struct selection *selection;
	uint64_t calls, findings;
	struct json json;
	char buffer[BUFFER_OCTETS];
};

/* json_to_file() borrows the buffer: lines may not be moved from here on. */
static void lines_begin(struct lines *lines, const struct selection *selection, FILE *out)
{
	lines->selection = selection;
	lines->calls = lines->findings = 0;
	json_to_file(&lines->json, out, lines->buffer, sizeof(lines->buffer));
}

static struct json *line_open(struct lines *lines, const char *type)
{
	json_open(&lines->json, '{');
	json_put_text(&lines->json, "type", type);
	return &lines->json;
}

static void line_close(struct lines *lines)
{
	json_close(&lines->json, '}');
	json_break(&lines->json);
}

void output_ndjson_call(
    const struct tp_call_report *report, const struct selection *selection, FILE *out)
{
	struct lines lines;

	if (!selection_has(selection, report)) {
		return;
	}
	lines_begin(&lines, selection, out);
	json_of_call(line_open(&lines, "call"), report->call);
	line_close(&lines);
	for (size_t i = 0; i < report->stream_count; i++) {
		json_of_stream(line_open(&lines, "stream"), &report->streams[i]);
		line_close(&lines);
	}
	json_flush(&lines.json);
}

static void put_capture(void *lines, const struct tp_capture *capture)
{
	json_of_capture(line_open(lines, "capture"), capture);
	line_close(lines);
}

static void put_endpoint(void *lines, const struct tp_endpoint *endpoint)
{
	json_of_endpoint(line_open(lines, "endpoint"), endpoint);
	line_close(lines);
}

static void put_stray_stream(void *context, const struct tp_stream *stream)
{
	struct lines *lines = context;

	if (!stream->call && selection_has_stream(lines->selection, stream)) {
		json_of_stream(line_open(lines, "stream"), stream);
		line_close(lines);
	}
}

static void put_registration(void *lines, const struct tp_registration *registration)
{
	json_of_registration(line_open(lines, "registration"), registration);
	line_close(lines);
}

static void put_exchange(void *lines, const struct tp_exchange *exchange)
{
	json_of_exchange(line_open(lines, "exchange"), exchange);
	line_close(lines);
}

static void put_finding(void *context, const struct tp_finding *finding)
{
	struct lines *lines = context;

	if (selection_has_finding(lines->selection, finding)) {
		lines->findings++;
		json_of_finding(line_open(lines, "finding"), finding);
		line_close(lines);
	}
}

static void count_call(void *context, const struct tp_call *call)
{
	struct lines *lines = context;

	lines->calls += selection_has_call(lines->selection, call);
}

static void add_count(void *context, const struct tp_count *count)
{
	json_put_count(context, count->name, count->count);
}

static void put_summary(struct tp_analysis *analysis, struct lines *lines)
{
	struct tp_sip_metrics metrics;
	struct json *json = line_open(lines, "summary");

	json_put_text(json, "schema", "talkpath/1");
	json_put_text(json, "version", tp_version());
	json_put_count(json, "calls", lines->calls);
	json_put_count(json, "findings", lines->findings);
	if (tp_sip_metrics_get(analysis, &metrics)) {
		json_put_object(json, "sip");
		json_of_sip(json, &metrics, NULL);
		json_close(json, '}');
	}
	json_put_object(json, "evictions");
	tp_each_eviction(analysis, add_count, json);
	json_close(json, '}');
	line_close(lines);
}

void output_ndjson(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	struct lines lines;

	lines_begin(&lines, selection, out);
	tp_each_capture(analysis, put_capture, &lines);
	tp_each_endpoint(analysis, put_endpoint, &lines);
	tp_each_stream(analysis, put_stray_stream, &lines);
	if (selection_is_all(selection)) {
		tp_each_registration(analysis, put_registration, &lines);
		tp_each_exchange(analysis, put_exchange, &lines);
	}
	tp_each_finding(analysis, put_finding, &lines);
	tp_each_call(analysis, count_call, &lines);
	put_summary(analysis, &lines);
	json_flush(&lines.json);
}
