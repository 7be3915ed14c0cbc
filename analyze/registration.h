/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrations (RFC 3261 section 10) as each vantage sees them: which contact of which
 * address-of-record at which registrar, what became of it, and how its path is kept open.
 *
 * Data in:   REGISTER transactions; datagrams and requests that keep a NAT mapping open.
 * Data out:  report_each_registration().
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    registrations_new(). When room is needed, one that never succeeded goes first, the
 *            one idle longest among them, and it is counted. Intervals: the last
 *            REGISTRATION_INTERVALS_MAX.
 */
#ifndef TALKPATH_REGISTRATION_H
#define TALKPATH_REGISTRATION_H

#include "sip_transaction.h"

struct registrations;

enum { REGISTRATION_INTERVALS_MAX = 16 };

enum keepalive_kind {
	KEEPALIVE_CRLF, /* RFC 5626 4.4.1, or one CRLF alone */
	KEEPALIVE_NUL,  /* zero octets, or none at all */
	KEEPALIVE_OPTIONS,
	KEEPALIVE_STUN /* RFC 5626 4.4.2 */
};

/* NULL where memory is short. */
struct registrations *registrations_new(uint32_t limit);
void registrations_free(struct registrations *all);

/* What registration_take() will look for, and what it will find: on their way to the cache. */
struct table_way registration_way(
    const struct desk *desk, const struct sip_message *message, const struct signal *signal);
void registration_fetch(const struct desk *desk, struct table_way way);

/* way: registration_way(). step: what the message is within its transaction. */
void registration_take(struct desk *desk, const struct sip_message *message,
    const struct signal *signal, struct table_way way, const struct sip_transaction_step *step);

/* A transaction is over; a REGISTER that was never answered has failed. */
void registration_finished(struct desk *desk, const struct sip_transaction *t);

/* Something was sent on the path of a registration, by either end, that keeps it open. */
void registration_keepalive(
    struct desk *desk, const struct signal *signal, enum keepalive_kind kind);

/* A datagram that is nothing but a keep-alive, by its octets: CRLF, NUL, or STUN. */
void registration_datagram(struct desk *desk, const struct signal *signal);

/* Every how many seconds the phone keeps that path open of its own accord; 0: not known. */
double registration_keepalive_s(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar);

#endif
