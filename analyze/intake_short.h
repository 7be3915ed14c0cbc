/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the short ways of the intake have in common: a UDP datagram over IPv4 and Ethernet, neither
 * with options, tags nor in fragments, known by comparing a few of its octets.
 */
#ifndef TALKPATH_INTAKE_SHORT_H
#define TALKPATH_INTAKE_SHORT_H

#include "bytes.h"

/* Where its headers begin, and what is in it; RTP's payload stands behind its header alone. */
enum { SHORT_IP = 14, SHORT_UDP = SHORT_IP + 20, SHORT_RTP = SHORT_UDP + 8, SHORT_PAYLOAD = 54 };

/* Are these eight octets the given ones, where the mask has bits? Both as they stand in a packet.
 */
static inline bool octets_are(const uint8_t *p, uint64_t mask, uint64_t octets)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return (v & __builtin_bswap64(mask)) == __builtin_bswap64(octets);
}

/*
 * Is it one? Of what is Ethernet, and has SHORT_PAYLOAD octets: EtherType and version; no fragment,
 * and UDP.
 */
static inline bool short_is_datagram(const uint8_t *p)
{
	return octets_are(p + 12, 0xffffff0000000000, 0x0800450000000000) &&
	       octets_are(p + 20, 0x3fff00ff00000000, 0x0000001100000000);
}

#endif
