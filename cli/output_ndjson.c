/* SPDX-License-Identifier: Apache-2.0 */
/* One object a line: calls with their streams as they finish, the rest at the end. */
#include "json.h"
#include "json_put.h"
#include "output.h"

struct lines {
	const struct selection *selection;
	FILE *out;
	json_int_t calls, findings;
};

static void put_line(FILE *out, const char *type, json_t *record)
{
	json_t *line = json_object();

	json_object_set_new(line, "type", json_string(type));
	json_object_update(line, record);
	json_put_record(line, out);
	(void)fputc('\n', out);
	json_decref(line);
	json_decref(record);
}

void output_ndjson_call(
    const struct tp_call_report *report, const struct selection *selection, FILE *out)
{
	if (!selection_has(selection, report)) {
		return;
	}
	put_line(out, "call", json_of_call(report->call));
	for (size_t i = 0; i < report->stream_count; i++) {
		put_line(out, "stream", json_of_stream(&report->streams[i]));
	}
}

static void put_capture(void *context, const struct tp_capture *capture)
{
	const struct lines *lines = context;

	put_line(lines->out, "capture", json_of_capture(capture));
}

static void put_endpoint(void *context, const struct tp_endpoint *endpoint)
{
	const struct lines *lines = context;

	put_line(lines->out, "endpoint", json_of_endpoint(endpoint));
}

static void put_stray_stream(void *context, const struct tp_stream *stream)
{
	const struct lines *lines = context;

	if (!stream->call && selection_has_stream(lines->selection, stream)) {
		put_line(lines->out, "stream", json_of_stream(stream));
	}
}

static void put_registration(void *context, const struct tp_registration *registration)
{
	const struct lines *lines = context;

	put_line(lines->out, "registration", json_of_registration(registration));
}

static void put_exchange(void *context, const struct tp_exchange *exchange)
{
	const struct lines *lines = context;

	put_line(lines->out, "exchange", json_of_exchange(exchange));
}

static void put_finding(void *context, const struct tp_finding *finding)
{
	struct lines *lines = context;

	if (selection_has_finding(lines->selection, finding)) {
		lines->findings++;
		put_line(lines->out, "finding", json_of_finding(finding));
	}
}

static void count_call(void *context, const struct tp_call *call)
{
	struct lines *lines = context;

	lines->calls += selection_has_call(lines->selection, call);
}

static void add_count(void *object, const struct tp_count *count)
{
	json_object_set_new(object, count->name, json_integer((json_int_t)count->count));
}

void output_ndjson(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	struct lines lines = {.selection = selection, .out = out};
	json_t *summary = json_object(), *evictions = json_object();
	struct tp_sip_metrics metrics;

	tp_each_capture(analysis, put_capture, &lines);
	tp_each_endpoint(analysis, put_endpoint, &lines);
	tp_each_stream(analysis, put_stray_stream, &lines);
	if (selection_is_all(selection)) {
		tp_each_registration(analysis, put_registration, &lines);
		tp_each_exchange(analysis, put_exchange, &lines);
	}
	tp_each_finding(analysis, put_finding, &lines);
	tp_each_call(analysis, count_call, &lines);
	tp_each_eviction(analysis, add_count, evictions);
	json_object_set_new(summary, "schema", json_string("talkpath/1"));
	json_object_set_new(summary, "version", json_string(tp_version()));
	json_object_set_new(summary, "calls", json_integer(lines.calls));
	json_object_set_new(summary, "findings", json_integer(lines.findings));
	if (tp_sip_metrics_get(analysis, &metrics)) {
		json_object_set_new(summary, "sip", json_of_sip(&metrics, NULL));
	}
	json_object_set_new(summary, "evictions", evictions);
	put_line(out, "summary", summary);
}
