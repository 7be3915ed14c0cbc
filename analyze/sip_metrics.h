/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The metrics of RFC 6076, in total and per server.
 *
 * Data in:   groups of transactions as they finish, each by the member nearest to the client.
 * Data out:  report_sip_metrics(), report_each_sip_server().
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    SIP_SERVERS_MAX servers; what comes later counts in total only, and is counted.
 *
 * A request is counted once, however often it was retransmitted and at however many places it
 * was seen. What the capture does not show the end of is in no ratio.
 */
#ifndef TALKPATH_SIP_METRICS_H
#define TALKPATH_SIP_METRICS_H

#include "sip_transaction.h"

struct sip_metrics;

enum { SIP_SERVERS_MAX = 4096 };

/* NULL where memory is short. */
struct sip_metrics *sip_metrics_new(void);
void sip_metrics_free(struct sip_metrics *metrics);

/* A request whose transaction is over; t: the one of its group that is nearest to the client. */
void sip_metrics_add(struct desk *desk, const struct sip_transaction *t);

#endif
