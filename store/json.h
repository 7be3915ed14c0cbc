/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records as JSON, schema talkpath/1 (docs/json.md).
 *
 * Each function writes the members of the object that is open. What does not apply is left out:
 * never 0, never a guess. Times are RFC 3339 UTC with nanoseconds.
 */
#ifndef TALKPATH_JSON_H
#define TALKPATH_JSON_H

#include "json_put.h"
#include "talkpath.h"

void json_of_capture(struct json *json, const struct tp_capture *capture);
void json_of_endpoint(struct json *json, const struct tp_endpoint *endpoint);
void json_of_call(struct json *json, const struct tp_call *call);
void json_of_stream(struct json *json, const struct tp_stream *stream);
void json_of_finding(struct json *json, const struct tp_finding *finding);
void json_of_registration(struct json *json, const struct tp_registration *registration);
void json_of_exchange(struct json *json, const struct tp_exchange *exchange);
/* server: whom the metrics are about; NULL for all. */
void json_of_sip(struct json *json, const struct tp_sip_metrics *metrics, const char *server);

/* A call that stands alone: its streams and findings in it, its id the durable one. */
void json_of_report(struct json *json, const struct tp_call_report *report);

#endif
