/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"
#include "json_put.h"
#include "output.h"

/* The array being written: whether a comma is due. */
struct array {
	const struct selection *selection;
	FILE *out;
	bool begun;
};

static void array_open(struct array *array, FILE *out, const char *key)
{
	array->out = out;
	array->begun = false;
	(void)fprintf(out, ",\n\"%s\":[", key);
}

static void array_close(const struct array *array)
{
	(void)fputs(array->begun ? "\n]" : "]", array->out);
}

static void array_add(struct array *array, json_t *record)
{
	(void)fputs(array->begun ? ",\n" : "\n", array->out);
	array->begun = true;
	json_put_record(record, array->out);
	json_decref(record);
}

static void add_capture(void *array, const struct tp_capture *capture)
{
	array_add(array, json_of_capture(capture));
}

static void add_endpoint(void *array, const struct tp_endpoint *endpoint)
{
	array_add(array, json_of_endpoint(endpoint));
}

static void add_call(void *context, const struct tp_call *call)
{
	struct array *array = context;

	if (selection_has_call(array->selection, call)) {
		array_add(array, json_of_call(call));
	}
}

static void add_stream(void *context, const struct tp_stream *stream)
{
	struct array *array = context;

	if (selection_has_stream(array->selection, stream)) {
		array_add(array, json_of_stream(stream));
	}
}

static void add_finding(void *context, const struct tp_finding *finding)
{
	struct array *array = context;

	if (selection_has_finding(array->selection, finding)) {
		array_add(array, json_of_finding(finding));
	}
}

/* Registrations and the like belong to no call. */
static void add_registration(void *context, const struct tp_registration *registration)
{
	struct array *array = context;

	if (selection_is_all(array->selection)) {
		array_add(array, json_of_registration(registration));
	}
}

static void add_exchange(void *context, const struct tp_exchange *exchange)
{
	struct array *array = context;

	if (selection_is_all(array->selection)) {
		array_add(array, json_of_exchange(exchange));
	}
}

static void add_sip_server(void *array, const char *server, const struct tp_sip_metrics *metrics)
{
	array_add(array, json_of_sip(metrics, server));
}

static void signalling(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	struct tp_sip_metrics metrics;
	struct array array = {.selection = selection};

	array_open(&array, out, "registrations");
	tp_each_registration(analysis, add_registration, &array);
	array_close(&array);
	array_open(&array, out, "exchanges");
	tp_each_exchange(analysis, add_exchange, &array);
	array_close(&array);
	if (tp_sip_metrics_get(analysis, &metrics)) {
		json_t *sip = json_of_sip(&metrics, NULL);

		(void)fputs(",\n\"sip\":", out);
		json_put_record(sip, out);
		json_decref(sip);
	}
	array_open(&array, out, "sip_servers");
	tp_each_sip_server(analysis, add_sip_server, &array);
	array_close(&array);
}

static void add_count(void *object, const struct tp_count *count)
{
	json_object_set_new(object, count->name, json_integer((json_int_t)count->count));
}

void output_json(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	json_t *evictions = json_object();
	struct array array = {.selection = selection};

	(void)fprintf(out, "{\"schema\":\"talkpath/1\",\n\"version\":\"%s\"", tp_version());
	array_open(&array, out, "captures");
	tp_each_capture(analysis, add_capture, &array);
	array_close(&array);
	array_open(&array, out, "endpoints");
	tp_each_endpoint(analysis, add_endpoint, &array);
	array_close(&array);
	array_open(&array, out, "calls");
	tp_each_call(analysis, add_call, &array);
	array_close(&array);
	array_open(&array, out, "streams");
	tp_each_stream(analysis, add_stream, &array);
	array_close(&array);
	signalling(analysis, selection, out);
	array_open(&array, out, "findings");
	tp_each_finding(analysis, add_finding, &array);
	array_close(&array);
	tp_each_eviction(analysis, add_count, evictions);
	(void)fputs(",\n\"evictions\":", out);
	json_put_record(evictions, out);
	(void)fputs("}\n", out);
	json_decref(evictions);
}
