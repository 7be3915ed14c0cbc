/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) headers.
 *
 * Data in:   a cursor at the header; whether the snap length cut the frame.
 * Data out:  addresses, DSCP, TTL, and a cursor over the payload that was captured.
 * Limits:    IP_EXTENSIONS_MAX extension headers. Fragments are not put together.
 */
#ifndef TALKPATH_IP_H
#define TALKPATH_IP_H

#include "address.h"
#include "bytes.h"
#include "result.h"

enum { IP_EXTENSIONS_MAX = 8 };

enum ip_protocol {
	IP_PROTOCOL_HOP_BY_HOP = 0,
	IP_PROTOCOL_ICMP = 1,
	IP_PROTOCOL_TCP = 6,
	IP_PROTOCOL_UDP = 17,
	IP_PROTOCOL_ROUTING = 43,
	IP_PROTOCOL_FRAGMENT = 44,
	IP_PROTOCOL_ICMPV6 = 58,
	IP_PROTOCOL_DESTINATION = 60
};

struct ip {
	struct address src, dst;
	uint8_t protocol;           /* of the payload, behind extension headers */
	uint8_t dscp;               /* RFC 2474, 0..63 */
	uint8_t ttl;                /* or hop limit */
	uint16_t payload_length;    /* octets on the wire */
	struct bytes payload;       /* octets captured, at most payload_length */
	enum dissect_result defect; /* the length is beyond what is there; DISSECT_OK: none */
};

/*
 * missing: octets of the frame that were not captured; a payload cut short by them is no defect.
 * One cut short without them is: *out is filled all the same, and out->defect says so.
 */
enum dissect_result ipv4_parse(struct ip *out, struct bytes in, size_t missing);
enum dissect_result ipv6_parse(struct ip *out, struct bytes in, size_t missing);

#endif
