/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the desk's model to the records of talkpath.h.
 *
 * Each record is built in scratch memory and handed to a visitor; it is gone afterwards.
 */
#ifndef TALKPATH_REPORT_H
#define TALKPATH_REPORT_H

#include "talkpath.h"

struct desk;
struct call;

/* Hand a call that is about to be closed, with its streams and findings, to desk_config.call. */
void report_call(struct desk *desk, const struct call *call);

void report_each_endpoint(struct desk *desk, tp_endpoint_visitor *visit, void *context);
void report_first_calls(struct desk *desk, size_t limit, tp_call_visitor *visit, void *context);
void report_each_report(struct desk *desk, tp_report_visitor *visit, void *context);
void report_first_streams(struct desk *desk, size_t limit, tp_stream_visitor *visit, void *context);
void report_totals(struct desk *desk, double poor_mos, struct tp_totals *out);
void report_each_finding(struct desk *desk, tp_finding_visitor *visit, void *context);

/* By the order of their first messages. */
void report_each_registration(
    const struct desk *desk, tp_registration_visitor *visit, void *context);

/* The one idle longest first. */
void report_each_exchange(const struct desk *desk, tp_exchange_visitor *visit, void *context);

void report_sip_metrics(const struct desk *desk, struct tp_sip_metrics *metrics);
void report_each_sip_server(const struct desk *desk, tp_sip_server_visitor *visit, void *context);

#endif
