/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which servers of SIP, STUN and TURN were asked by whom, over what, and whether they ever
 * answered. That nothing came back is proven by the client: it asks again.
 *
 * Data in:   SIP requests and responses over UDP, STUN requests and answers, TCP handshakes with
 *            the ports of these protocols, ICMP errors about any of them.
 * Data out:  the table, for detect_reach.c.
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    REACHES_MAX pairs of client and server; the one idle longest goes, and is counted.
 */
#ifndef TALKPATH_REACH_H
#define TALKPATH_REACH_H

#include "endpoint.h"
#include "model.h"

enum { REACHES_MAX = 4096 };

enum reach_kind { REACH_SIP, REACH_STUN, REACH_TCP };

struct reach {
	uint64_t hash;
	struct address client;
	struct endpoint server;
	uint16_t vantage;
	uint8_t kind;     /* enum reach_kind */
	uint32_t asked;   /* packets sent, repeated ones too, while nothing had come back */
	uint32_t answers; /* but of SIP not many beyond the first: see reach_sip() */
	uint32_t resets;  /* RST of a TCP connection that was asked for */
	uint32_t errors;  /* ICMP: unreachable */
	uint8_t icmp_type, icmp_code;
	bool icmp_ipv6;
	struct address icmp_from;
	struct mark first, last; /* of those asked */
	struct mark answer, reset, error;
	uint32_t finding;   /* of detect_reach.c: its id, where its packets are listed; 0: none */
	uint64_t told_news; /* ... and how much was known when it was told */
};

struct reaches;

/* NULL where memory is short. */
struct reaches *reaches_new(void);
void reaches_free(struct reaches *all);

/* A request, or its repetition; and any answer to one. ends: of the message. */
void reach_sip(struct desk *desk, const struct sip_message *message, const struct signal *signal,
    const struct endpoint_ends *ends);
void reach_stun_ask(struct desk *desk, const struct signal *request);
void reach_stun_answer(struct desk *desk, const struct signal *response);

void reach_handshake(struct desk *desk, const struct tcp_handshake *handshake);
void reach_icmp(struct desk *desk, const struct icmp_notice *notice);

/* Requests of SIP over UDP; NULL where there are none. */
const struct reach *reach_of_sip(const struct desk *desk, const struct address *client,
    const struct endpoint *server, uint16_t vantage);

/* All of them, the one idle longest first. NULL behind the last. */
struct reach *reach_first(const struct desk *desk);
struct reach *reach_next(const struct desk *desk, const struct reach *reach);

/* One after the other, for ever, whatever became of them meanwhile; some were never asked. */
uint32_t reach_count(const struct desk *desk);
struct reach *reach_turn(struct desk *desk);

#endif
