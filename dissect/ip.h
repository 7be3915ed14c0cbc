/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IPv4 (RFC 791) and IPv6 (RFC 8200) headers.
 *
 * Data in:   a cursor at the header; whether the snap length cut the frame.
 * Data out:  addresses, DSCP, TTL, and a cursor over the payload that was captured; of a
 *            fragment, which part of which datagram that is. They are not put together here.
 * Limits:    IP_EXTENSIONS_MAX extension headers.
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

/* Which part of a datagram's payload a packet carries (RFC 791 3.2, RFC 8200 4.5). */
struct ip_fragment {
	bool set;        /* it is a part, not the whole */
	bool more;       /* and not the last one */
	uint16_t offset; /* in octets: a multiple of 8 */
	uint32_t id;     /* of the datagram; 16 bits with IPv4 */
};

struct ip {
	struct address src, dst;
	uint8_t protocol;           /* of the payload, behind extension headers */
	uint8_t dscp;               /* RFC 2474, 0..63 */
	uint8_t ttl;                /* or hop limit */
	uint16_t payload_length;    /* octets on the wire */
	struct bytes payload;       /* octets captured, at most payload_length */
	enum dissect_result defect; /* the length is beyond what is there; DISSECT_OK: none */
	struct ip_fragment fragment;
};

/*
 * missing: octets of the frame that were not captured; a payload cut short by them is no defect.
 * One cut short without them is: *out is filled all the same, and out->defect says so.
 */
enum dissect_result ipv4_parse(struct ip *out, struct bytes in, size_t missing);
enum dissect_result ipv6_parse(struct ip *out, struct bytes in, size_t missing);

/*
 * Walk extension headers at the front of an IPv6 payload: out->protocol becomes that of the first
 * other header. Behind a fragment header nothing is walked, unless it is an atomic one (RFC 6946).
 */
enum dissect_result ipv6_extensions_parse(struct ip *out);

#endif
