/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session descriptions (RFC 8866): where media is to go, in what format, in which direction.
 *
 * Data in:   a body of type application/sdp.
 * Data out:  slices of it; of each media description the effective values, session-level
 *            ones standing in for those it does not give itself.
 * Limits:    SDP_MEDIA_MAX descriptions, SDP_RTPMAPS_MAX maps and SDP_CANDIDATES_MAX ICE
 *            candidates in each.
 */
#ifndef TALKPATH_SDP_H
#define TALKPATH_SDP_H

#include "address.h"
#include "bytes.h"
#include "result.h"
#include "text.h"

enum { SDP_LINES_MAX = 512, SDP_MEDIA_MAX = 8, SDP_RTPMAPS_MAX = 24, SDP_CANDIDATES_MAX = 16 };

/* Two bits, so that directions can be intersected: what its author wants to do. */
enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };

enum sdp_media_kind { SDP_AUDIO, SDP_VIDEO, SDP_IMAGE, SDP_OTHER };

/* What a description says of SRTP: a profile (RFC 3711, RFC 5764) is a promise; a key or a
 * fingerprint beside a plain profile is an offer (RFC 8643). */
enum sdp_security { SDP_PLAIN, SDP_SRTP_OFFERED, SDP_SRTP };

struct sdp_rtpmap {
	uint8_t payload_type;
	struct text encoding;
	uint32_t clock_rate; /* Hz */
};

struct sdp_media {
	enum sdp_media_kind kind;
	uint16_t port;          /* 0: rejected or switched off */
	struct text protocol;   /* RTP/AVP, ... */
	struct text formats;    /* as written: "0 8 101" */
	struct text connection; /* address of c= */
	struct text rtcp;       /* value of a=rtcp, RFC 3605 */
	enum sdp_security security;
	enum sdp_direction direction;
	unsigned rtpmap_count;
	struct sdp_rtpmap rtpmaps[SDP_RTPMAPS_MAX];
	unsigned candidate_count;
	struct text candidates[SDP_CANDIDATES_MAX]; /* values of a=candidate, RFC 8839 */
};

struct sdp {
	struct text origin;     /* address of o= */
	struct text connection; /* address of the session's c= */
	enum sdp_direction direction;
	bool fingerprint; /* a=fingerprint for all media, RFC 8122 */
	unsigned media_count;
	struct sdp_media media[SDP_MEDIA_MAX];
	struct dissect_defects defects;
};

enum { SDP_CANDIDATE_RTP = 1 };

/* An ICE candidate (RFC 8839 section 5.1). */
struct sdp_candidate {
	uint64_t component; /* 1: RTP, or all media of the stream; 2: RTCP */
	struct endpoint at;
	struct endpoint related; /* what it was learned from; port 0: not said */
};

/* False where it is malformed, not over UDP, or names no literal address. */
bool sdp_candidate_parse(struct sdp_candidate *out, struct text candidate);

enum dissect_result sdp_parse(struct sdp *out, struct bytes in);

#endif
