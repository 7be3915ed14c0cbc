/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as JSON, schema talkpath/1 (docs/json.md).
 *
 * Each function gives a new object that the caller releases with json_decref(), or NULL where
 * memory is short. What does not apply is left out: never 0, never a guess. Times are RFC 3339
 * UTC with nanoseconds.
 */
#ifndef TALKPATH_JSON_H
#define TALKPATH_JSON_H

#include <jansson.h>

#include "talkpath.h"

/* How every object is dumped: compact, reals to nine digits. */
#define JSON_STYLE (JSON_COMPACT | JSON_REAL_PRECISION(12))

enum { JSON_TIME_MAX = 40 };

/* "2026-01-01T12:00:00.000000001Z"; an empty string for TP_NO_TIME. */
const char *json_time_text(int64_t time_ns, char out[JSON_TIME_MAX]);

json_t *json_of_capture(const struct tp_capture *capture);
json_t *json_of_endpoint(const struct tp_endpoint *endpoint);
json_t *json_of_call(const struct tp_call *call);
json_t *json_of_stream(const struct tp_stream *stream);
json_t *json_of_finding(const struct tp_finding *finding);
json_t *json_of_registration(const struct tp_registration *registration);
json_t *json_of_exchange(const struct tp_exchange *exchange);
/* server: whom the metrics are about; NULL for all. */
json_t *json_of_sip(const struct tp_sip_metrics *metrics, const char *server);

/* A call that stands alone: its streams and findings in it, its id the durable one. */
json_t *json_of_report(const struct tp_call_report *report);

#endif
