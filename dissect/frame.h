/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A captured frame down to its UDP payload: link layer, tags, IP, UDP (RFC 768).
 *
 * Data in:   one frame, borrowed.
 * Data out:  endpoints, DSCP, TTL and the payload, borrowed from the frame.
 */
#ifndef TALKPATH_FRAME_H
#define TALKPATH_FRAME_H

#include "address.h"
#include "bytes.h"
#include "link.h"
#include "result.h"

struct frame {
	struct endpoint src, dst;
	uint8_t dscp;
	uint8_t ttl;
	uint16_t vlan;           /* identifier of the outermost tag; 0 without one */
	uint16_t payload_length; /* octets of UDP payload on the wire */
	struct bytes payload;    /* what was captured of them */
	enum dissect_result
	    defect; /* the frame ends before its own lengths say; DISSECT_OK: none */
};

/* wire_length: octets of the frame on the wire, at least as many as `in` holds. */
enum dissect_result frame_parse(
    struct frame *out, enum link_type type, struct bytes in, size_t wire_length);

#endif
