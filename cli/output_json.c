/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "output.h"

enum { BUFFER_OCTETS = 64 << 10 };

/* The array being written. */
struct array {
	const struct selection *selection;
	struct json *json;
};

/* A record begins on a line of its own; the comma before it stands at the end of the last. */
static struct json *record_open(const struct array *array)
{
	json_raw(array->json, "\n");
	json_open(array->json, '{');
	return array->json;
}

static void array_open(const struct array *array, const char *key)
{
	json_raw(array->json, "\n");
	json_put_array(array->json, key);
}

/* The bracket of an array that has records stands on a line of its own, behind no comma. */
static void array_close(const struct array *array)
{
	json_break(array->json);
	json_close(array->json, ']');
}

static void add_capture(void *context, const struct tp_capture *capture)
{
	struct json *json = record_open(context);

	json_of_capture(json, capture);
	json_close(json, '}');
}

static void add_endpoint(void *context, const struct tp_endpoint *endpoint)
{
	struct json *json = record_open(context);

	json_of_endpoint(json, endpoint);
	json_close(json, '}');
}

static void add_call(void *context, const struct tp_call *call)
{
	const struct array *array = context;

	if (selection_has_call(array->selection, call)) {
		json_of_call(record_open(array), call);
		json_close(array->json, '}');
	}
}

static void add_stream(void *context, const struct tp_stream *stream)
{
	const struct array *array = context;

	if (selection_has_stream(array->selection, stream)) {
		json_of_stream(record_open(array), stream);
		json_close(array->json, '}');
	}
}

static void add_finding(void *context, const struct tp_finding *finding)
{
	const struct array *array = context;

	if (selection_has_finding(array->selection, finding)) {
		json_of_finding(record_open(array), finding);
		json_close(array->json, '}');
	}
}

/* Registrations and the like belong to no call. */
static void add_registration(void *context, const struct tp_registration *registration)
{
	const struct array *array = context;

	if (selection_is_all(array->selection)) {
		json_of_registration(record_open(array), registration);
		json_close(array->json, '}');
	}
}

static void add_exchange(void *context, const struct tp_exchange *exchange)
{
	const struct array *array = context;

	if (selection_is_all(array->selection)) {
		json_of_exchange(record_open(array), exchange);
		json_close(array->json, '}');
	}
}

static void add_sip_server(void *context, const char *server, const struct tp_sip_metrics *metrics)
{
	struct json *json = record_open(context);

	json_of_sip(json, metrics, server);
	json_close(json, '}');
}

static void add_count(void *context, const struct tp_count *count)
{
	json_put_count(context, count->name, count->count);
}

static void signalling(struct tp_analysis *analysis, struct array *array)
{
	struct tp_sip_metrics metrics;

	array_open(array, "registrations");
	tp_each_registration(analysis, add_registration, array);
	array_close(array);
	array_open(array, "exchanges");
	tp_each_exchange(analysis, add_exchange, array);
	array_close(array);
	if (tp_sip_metrics_get(analysis, &metrics)) {
		json_raw(array->json, "\n");
		json_put_object(array->json, "sip");
		json_of_sip(array->json, &metrics, NULL);
		json_close(array->json, '}');
	}
	array_open(array, "sip_servers");
	tp_each_sip_server(analysis, add_sip_server, array);
	array_close(array);
}

void output_json(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	char buffer[BUFFER_OCTETS];
	struct json json;
	struct array array = {selection, &json};

	json_to_file(&json, out, buffer, sizeof(buffer));
	json_open(&json, '{');
	json_put_text(&json, "schema", "talkpath/1");
	json_raw(&json, "\n");
	json_put_text(&json, "version", tp_version());
	array_open(&array, "captures");
	tp_each_capture(analysis, add_capture, &array);
	array_close(&array);
	array_open(&array, "endpoints");
	tp_each_endpoint(analysis, add_endpoint, &array);
	array_close(&array);
	array_open(&array, "calls");
	tp_each_call(analysis, add_call, &array);
	array_close(&array);
	array_open(&array, "streams");
	tp_each_stream(analysis, add_stream, &array);
	array_close(&array);
	signalling(analysis, &array);
	array_open(&array, "findings");
	tp_each_finding(analysis, add_finding, &array);
	array_close(&array);
	json_raw(&json, "\n");
	json_put_object(&json, "evictions");
	tp_each_eviction(analysis, add_count, &json);
	json_close(&json, '}');
	json_close(&json, '}');
	json_break(&json);
	json_flush(&json);
}
