/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP (RFC 3550 section 6): compounds, and packets that stand alone (RFC 5506).
 *
 * Data in:   one UDP payload.
 * Data out:  what is said of senders, of what was received, descriptions, goodbyes, feedback
 *            (RFC 4585); the bodies of extended reports, for rtcp_xr.h. Slices of the input.
 * Limits:    the enum below; what is beyond is walked over and not kept.
 *
 * The compound is OK if its packets follow each other soundly and its reports hold what they
 * say. What is wrong inside of a packet of another kind is a defect, and that packet not kept.
 */
#ifndef TALKPATH_RTCP_H
#define TALKPATH_RTCP_H

#include "bytes.h"
#include "result.h"
#include "text.h"

enum {
	RTCP_PACKETS_MAX = 32,
	RTCP_SENDERS_MAX = 8,
	RTCP_BLOCKS_MAX = 31,
	RTCP_CHUNKS_MAX = 8,
	RTCP_ITEMS_MAX = 32, /* of a chunk, walked */
	RTCP_GOODBYES_MAX = 31,
	RTCP_FEEDBACKS_MAX = 8,
	RTCP_APPS_MAX = 4,
	RTCP_XRS_MAX = 4
};

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
	RTCP_RTPFB = 205,
	RTCP_PSFB = 206,
	RTCP_XR = 207
};

/* RFC 3550 section 6.5 */
enum rtcp_item {
	RTCP_CNAME = 1,
	RTCP_NAME,
	RTCP_EMAIL,
	RTCP_PHONE,
	RTCP_LOC,
	RTCP_TOOL,
	RTCP_NOTE,
	RTCP_PRIV, /* the prefix and its length are part of the text */
	RTCP_ITEM_TYPES
};

/* RFC 3550 section 6.4.1: a sender of itself */
struct rtcp_sender {
	uint32_t ssrc;
	uint64_t ntp_time;
	uint32_t rtp_timestamp;
	uint32_t packets, octets; /* sent so far */
};

/* RFC 3550 section 6.4.1: a receiver of what it receives */
struct rtcp_block {
	uint32_t from;                /* SSRC of the receiver */
	uint32_t ssrc;                /* of the stream reported on */
	uint8_t fraction_lost;        /* in 1/256 since the report before */
	int32_t cumulative_lost;      /* a signed number of 24 bits */
	uint32_t highest_sequence;    /* extended; 0 where nothing was received */
	uint32_t jitter;              /* in timestamp units */
	uint32_t last_sr;             /* middle 32 bits of the SR's NTP time; 0 for none */
	uint32_t delay_since_last_sr; /* in 1/65536 s */
};

/* RFC 3550 section 6.5 */
struct rtcp_chunk {
	uint32_t ssrc;
	struct text items[RTCP_ITEM_TYPES]; /* by enum rtcp_item; empty where not given */
};

struct rtcp_goodbye {
	uint32_t ssrc;
	struct text reason;
};

/* RFC 4585 6.2 for RTPFB; 6.3 and RFC 5104 4.3 for PSFB */
enum rtcp_feedback_format {
	RTCP_FEEDBACK_NACK = 1,
	RTCP_FEEDBACK_PLI = 1,
	RTCP_FEEDBACK_SLI = 2,
	RTCP_FEEDBACK_FIR = 4
};

/* RFC 4585 section 6.1 */
struct rtcp_feedback {
	bool payload_specific; /* PSFB, not RTPFB */
	uint8_t format;
	uint32_t sender;
	uint32_t media; /* SSRC it is about; of a full intra request, the first that it names */
	struct bytes control; /* feedback control information */
};

/* RFC 3550 section 6.7 */
struct rtcp_app {
	uint32_t ssrc;
	uint8_t subtype;
	struct text name; /* four characters */
	struct bytes data;
};

struct rtcp {
	uint32_t ssrc;        /* of whom the first packet is from; 0 where it names nobody */
	bool receiver_report; /* there was an SR or RR: its blocks are all that it receives */
	uint8_t sender_count, block_count, chunk_count, goodbye_count;
	uint8_t feedback_count, app_count, xr_count;
	struct rtcp_sender senders[RTCP_SENDERS_MAX];
	struct rtcp_block blocks[RTCP_BLOCKS_MAX];
	struct rtcp_chunk chunks[RTCP_CHUNKS_MAX];
	struct rtcp_goodbye goodbyes[RTCP_GOODBYES_MAX];
	struct rtcp_feedback feedbacks[RTCP_FEEDBACKS_MAX];
	struct rtcp_app apps[RTCP_APPS_MAX];
	struct bytes xrs[RTCP_XRS_MAX]; /* each from its SSRC on */
	struct dissect_defects defects;
};

/* Version 2 and a packet type of 192..223 (RFC 5761 section 4). */
static inline bool rtcp_shape(uint8_t first, uint8_t second)
{
	return first >> 6 == 2 && second >= 192 && second <= 223;
}

enum dissect_result rtcp_parse(struct rtcp *out, struct bytes in);

#endif
