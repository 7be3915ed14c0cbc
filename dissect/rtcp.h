/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP compound packets (RFC 3550 section 6): sender and receiver reports.
 *
 * Data in:   one UDP payload.
 * Data out:  what the compound says about its sender, and its report blocks.
 * Limits:    RTCP_PACKETS_MAX packets in a compound, RTCP_BLOCKS_MAX blocks kept.
 *
 * Packet types other than SR, RR and BYE are walked over by their length.
 */
#ifndef TALKPATH_RTCP_H
#define TALKPATH_RTCP_H

#include "bytes.h"
#include "result.h"

enum { RTCP_PACKETS_MAX = 32, RTCP_BLOCKS_MAX = 31 };

enum rtcp_type { RTCP_SR = 200, RTCP_RR = 201, RTCP_SDES = 202, RTCP_BYE = 203, RTCP_APP = 204 };

/* RFC 3550 section 6.4.1 */
struct rtcp_block {
	uint32_t ssrc;                /* of the stream reported on */
	uint8_t fraction_lost;        /* in 1/256 since the report before */
	int32_t cumulative_lost;      /* a signed number of 24 bits */
	uint32_t highest_sequence;    /* extended; 0 where nothing was received */
	uint32_t jitter;              /* in timestamp units */
	uint32_t last_sr;             /* middle 32 bits of the SR's NTP time; 0 for none */
	uint32_t delay_since_last_sr; /* in 1/65536 s */
};

struct rtcp {
	uint32_t ssrc;      /* of the sender */
	bool sender_report; /* the five fields below hold */
	uint64_t ntp_time;
	uint32_t rtp_timestamp;
	uint32_t packets_sent;
	uint32_t octets_sent;
	bool receiver_report; /* there was an SR or RR: its blocks are all that it receives */
	bool bye;
	uint8_t block_count;
	struct rtcp_block blocks[RTCP_BLOCKS_MAX];
	enum dissect_result defect; /* sound enough to use; DISSECT_OK: none */
};

/* Version 2 and a packet type of 192..223 (RFC 5761 section 4). */
static inline bool rtcp_shape(uint8_t first, uint8_t second)
{
	return first >> 6 == 2 && second >= 192 && second <= 223;
}

enum dissect_result rtcp_parse(struct rtcp *out, struct bytes in);

#endif
