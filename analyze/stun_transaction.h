/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN transactions: requests, their retransmissions and their answers (RFC 8489 section 6).
 *
 * Data in:   STUN messages in the order of the capture.
 * Data out:  what an answer proves, to mapping.h and endpoint.h; a tally for each server.
 * Threading: the desk's thread.
 * Limits:    transactions that are open, or were within the last 40 s; the oldest goes, and is
 *            counted.
 *
 * An answer without its request proves nothing: anybody can send one.
 */
#ifndef TALKPATH_STUN_TRANSACTION_H
#define TALKPATH_STUN_TRANSACTION_H

#include "model.h"

/* NULL where memory is short. */
struct stun_transactions *stun_transactions_new(uint32_t limit);
void stun_transactions_free(struct stun_transactions *transactions);

void stun_transaction_take(struct desk *desk, const struct signal *signal);

/* Close what was not answered in time; at the end of the input, all. */
void stun_transaction_expire(struct desk *desk, bool end);

#endif
