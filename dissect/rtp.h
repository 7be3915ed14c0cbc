/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP headers (RFC 3550 section 5.1).
 *
 * Data in:   the UDP payload as captured, and its length on the wire.
 * Data out:  the fixed header's fields and how many payload octets follow it.
 *
 * rtp_shape() is the cheap question that comes first: could this be RTP at all?
 */
#ifndef TALKPATH_RTP_H
#define TALKPATH_RTP_H

#include "bytes.h"
#include "result.h"

enum { RTP_HEADER_LENGTH = 12 };

struct rtp {
	uint32_t timestamp;
	uint32_t ssrc;
	uint16_t sequence;
	uint16_t payload_octets; /* on the wire, without padding */
	uint8_t payload_type;
	bool marker;
	struct bytes payload; /* what was captured of it */
};

/*
 * Version 2 (RFC 7983: first octet 128..191) and a payload type that RTP may use beside RTCP:
 * RFC 5761 section 4 takes 64..95 away.
 */
static inline bool rtp_shape(uint8_t first, uint8_t second)
{
	uint8_t payload_type = second & 0x7f;

	return first >> 6 == 2 && (payload_type < 64 || payload_type > 95);
}

enum dissect_result rtp_parse(struct rtp *out, struct bytes in, size_t wire_length);

#endif
