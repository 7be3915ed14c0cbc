/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICMP and ICMPv6 errors (RFC 792, RFC 4443): what could not be delivered, and why.
 *
 * Data in:   an IP payload of protocol 1 or 58.
 * Data out:  type, code, and of the packet quoted its addresses, protocol and ports. The quote
 *            proves that such a packet was sent; it is no packet that was seen here.
 *
 * Messages that are no errors (echo, neighbour discovery, redirects) are SKIPPED_ICMP.
 */
#ifndef TALKPATH_ICMP_H
#define TALKPATH_ICMP_H

#include "address.h"
#include "bytes.h"
#include "result.h"

enum icmp_kind { ICMP_UNREACHABLE, ICMP_TOO_BIG, ICMP_TIME_EXCEEDED, ICMP_PROBLEM, ICMP_QUENCH };

struct icmp {
	enum icmp_kind kind;
	uint8_t type, code;
	uint16_t next_hop_mtu;    /* octets; with ICMP_TOO_BIG, 0 where it is not told */
	uint8_t protocol;         /* of the packet quoted */
	bool has_ports;           /* the quote reaches as far, and the protocol has some */
	struct endpoint src, dst; /* of the packet quoted; port 0 without has_ports */
};

enum dissect_result icmp_parse(struct icmp *out, struct bytes in);
enum dissect_result icmpv6_parse(struct icmp *out, struct bytes in);

/* "port unreachable", "time exceeded", ...: the words for a type and code of either family. */
const char *icmp_name(bool ipv6, uint8_t type, uint8_t code);

#endif
