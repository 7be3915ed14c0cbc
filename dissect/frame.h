/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A captured frame down to the payload of UDP (RFC 768) or TCP: link layer, tags, IP, transport.
 *
 * Data in:   one frame, borrowed.
 * Data out:  endpoints, DSCP, TTL and the payload, borrowed from the frame. Of ICMP, and of a
 *            fragment, the payload is IP's, and the endpoints have no ports.
 */
#ifndef TALKPATH_FRAME_H
#define TALKPATH_FRAME_H

#include "address.h"
#include "bytes.h"
#include "ip.h"
#include "link.h"
#include "result.h"

struct frame {
	struct endpoint src, dst;
	uint8_t dscp;
	uint8_t ttl;
	uint8_t protocol;      /* enum ip_protocol: UDP, TCP, ICMP, ICMPv6; of a fragment any */
	uint8_t tcp_flags;     /* enum tcp_flag; with TCP */
	uint32_t tcp_sequence; /* with TCP */
	uint32_t tcp_acknowledgement; /* with TCP_ACK */
	uint16_t id;                  /* of the IPv4 datagram; 0: none given */
	uint16_t vlan;                /* identifier of the outermost tag; 0 without one */
	uint16_t payload_length;      /* octets of payload on the wire */
	struct bytes payload;         /* what was captured of them */
	enum dissect_result
	    defect; /* the frame ends before its own lengths say; DISSECT_OK: none */
	struct ip_fragment fragment; /* set: frame_reassembled() says what it was part of */
};

/* wire_length: octets of the frame on the wire, at least as many as `in` holds. */
enum dissect_result frame_parse(
    struct frame *out, enum link_type type, struct bytes in, size_t wire_length);

/*
 * The whole IP payload of which `frame` was the last fragment to arrive: becomes what frame_parse
 * would have made of the datagram. protocol: of the payload, as its first fragment names it.
 */
enum dissect_result frame_reassembled(struct frame *frame, uint8_t protocol, struct bytes payload);

#endif
