/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests outside of calls and registrations (OPTIONS, SUBSCRIBE, NOTIFY, MESSAGE, PUBLISH),
 * summed up by who sent which to whom, per vantage.
 *
 * Data in:   transactions as they finish. Data out: report_each_exchange().
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    EXCHANGES_MAX; the one idle longest goes, and is counted. Of each the last
 *            EXCHANGE_TIMES_MAX response times, and EXCHANGE_CODES_MAX different codes.
 */
#ifndef TALKPATH_EXCHANGE_H
#define TALKPATH_EXCHANGE_H

#include "sip_transaction.h"

struct exchanges;

enum { EXCHANGES_MAX = 16384, EXCHANGE_TIMES_MAX = 64, EXCHANGE_CODES_MAX = 8 };

/* NULL where memory is short. */
struct exchanges *exchanges_new(void);
void exchanges_free(struct exchanges *all);

/* What exchange_add() will look for first, on its way to the cache. */
void exchange_fetch(const struct desk *desk, const struct sip_transaction *t);

/* A transaction that is over; of other methods nothing is kept. */
void exchange_add(struct desk *desk, const struct sip_transaction *t);

#endif
