/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Session descriptions (RFC 8866): where media is to go, in what format, in which direction.
 *
 * Data in:   a body of type application/sdp.
 * Data out:  slices of it; of each media description the effective values, session-level
 *            ones standing in for those it does not give itself.
 * Limits:    SDP_LINES_MAX lines, SDP_MEDIA_MAX descriptions, and in each of these
 *            SDP_RTPMAPS_MAX maps and as many fmtp, SDP_CANDIDATES_MAX ICE candidates and
 *            SDP_SSRCS_MAX sources. What is more than that is left out; only descriptions are
 *            a defect, because what stands behind them is not read either.
 */
#ifndef TALKPATH_SDP_H
#define TALKPATH_SDP_H

#include "address.h"
#include "bytes.h"
#include "result.h"
#include "text.h"

enum {
	SDP_LINES_MAX = 512,
	SDP_MEDIA_MAX = 8,
	SDP_RTPMAPS_MAX = 24,
	SDP_CANDIDATES_MAX = 16,
	SDP_SSRCS_MAX = 4,
	SDP_BUNDLE_MAX = 32 /* mids of a group that are looked at */
};

/* Two bits, so that directions can be intersected: what its author wants to do. */
enum sdp_direction { SDP_INACTIVE = 0, SDP_SENDONLY = 1, SDP_RECVONLY = 2, SDP_SENDRECV = 3 };

enum sdp_media_kind {
	SDP_AUDIO,
	SDP_VIDEO,
	SDP_FAX, /* T.38: m=image, m=audio over udptl, or a T.38 payload type alone (RFC 4612) */
	SDP_OTHER
};

struct sdp_rtpmap {
	uint8_t payload_type;
	uint8_t channels; /* 1 where none are written */
	struct text encoding;
	uint32_t clock_rate; /* Hz */
};

struct sdp_fmtp {
	uint8_t payload_type;
	struct text parameters;
};

/* A set of payload types. */
struct sdp_payloads {
	uint64_t bits[2];
};

static inline bool sdp_payloads_has(const struct sdp_payloads *set, unsigned payload_type)
{
	return payload_type < 128 && set->bits[payload_type / 64] >> payload_type % 64 & 1;
}

static inline void sdp_payloads_add(struct sdp_payloads *set, uint8_t payload_type)
{
	set->bits[payload_type / 64 % 2] |= UINT64_C(1) << payload_type % 64;
}

/* b=, in the units of the lines; whether 0 was written or nothing makes a difference. */
struct sdp_rate {
	bool given;
	uint32_t value;
};

struct sdp_bandwidth {
	struct sdp_rate as;   /* kbit/s with headers, RFC 8866 5.8 */
	struct sdp_rate tias; /* bit/s without headers, RFC 3890 */
	struct sdp_rate rs;   /* bit/s of RTCP by senders, RFC 3556; 0 for both: no RTCP */
	struct sdp_rate rr;   /* bit/s of RTCP by receivers */
};

/* How media is encrypted. */
struct sdp_security {
	unsigned crypto_count;    /* a=crypto, RFC 4568 */
	struct text crypto_suite; /* of the first */
	struct text fingerprint;  /* a=fingerprint, RFC 8122: DTLS */
	struct text setup;        /* active, passive, actpass, holdconn */
};

struct sdp_rtcp {
	uint16_t port;       /* a=rtcp, RFC 3605; 0 where none is written */
	struct text address; /* its address; empty where none is written */
	bool mux;            /* a=rtcp-mux, RFC 5761 */
	struct text xr;      /* a=rtcp-xr, RFC 3611 section 5 */
};

struct sdp_ssrc {
	uint32_t ssrc;
	struct text cname;
};

struct sdp_media {
	enum sdp_media_kind kind;
	uint16_t port;          /* 0: rejected or switched off */
	uint32_t port_count;    /* of "port/count"; 1 */
	struct text protocol;   /* RTP/AVP, ... */
	struct text formats;    /* as written: "0 8 101" */
	struct text connection; /* address of c= */
	struct address at;      /* the same, where it is literal: no host name */
	bool literal;
	struct text rtcp; /* value of a=rtcp, RFC 3605 */
	enum sdp_direction direction;
	unsigned rtpmap_count, fmtp_count, ssrc_count, candidate_count;
	struct sdp_payloads payloads;      /* of the m= line, where it is RTP */
	struct sdp_payloads events;        /* telephone-event and tones, RFC 4733 */
	struct sdp_payloads comfort_noise; /* CN, RFC 3389 */
	uint32_t ptime_us;                 /* a=ptime; 0 where none is written */
	uint32_t maxptime_us;
	struct sdp_rtcp control;
	struct sdp_bandwidth bandwidth;
	struct sdp_security security;
	struct text mid;
	struct text msid;
	bool bundled; /* its mid is in the session's a=group:BUNDLE, RFC 9143 */
	struct text ice_ufrag;
	bool end_of_candidates;
	/* What is not counted is not there. */
	struct sdp_rtpmap rtpmaps[SDP_RTPMAPS_MAX];
	struct sdp_fmtp fmtps[SDP_RTPMAPS_MAX];
	struct sdp_ssrc ssrcs[SDP_SSRCS_MAX];
	struct text candidates[SDP_CANDIDATES_MAX]; /* values of a=candidate, RFC 8839 */
};

struct sdp {
	struct text origin;     /* address of o= */
	struct text session_id; /* of o=, and its version, which grows with each change */
	struct text session_version;
	struct text name;       /* s= */
	struct text connection; /* address of the session's c= */
	struct address at;      /* the same, where it is literal */
	bool literal;
	enum sdp_direction direction;
	struct text bundle; /* mids of a=group:BUNDLE, of which the first carries the media */
	bool ice_lite;
	bool unusual; /* has i=, or c= with other than an IPv4 address, or with one of 192.0 */
	struct sdp_bandwidth bandwidth;
	struct sdp_security security;
	struct text ice_ufrag;
	struct text rtcp_xr;
	struct dissect_defects defects;
	unsigned media_count;
	struct sdp_media media[SDP_MEDIA_MAX];
};

enum dissect_result sdp_parse(struct sdp *out, struct bytes in);

/* The next payload type of an m= line's formats; false at the end or at what is none. */
bool sdp_payload_next(struct text *formats, uint8_t *payload_type);

/* What a payload type means: by its rtpmap or, without one, by RFC 3551 table 4 and 5. */
bool sdp_codec(const struct sdp_media *m, uint8_t payload_type, struct sdp_rtpmap *out);

/* The parameters of a payload type; empty where it has none. */
struct text sdp_fmtp(const struct sdp_media *m, uint8_t payload_type);

#endif
