/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a UDP payload may be, by its content (RFC 7983, RFC 5761): nothing that dissect/classify.c
 * takes for voice or its signalling may be missed here; what is taken too much costs time only.
 */
#ifndef TALKPATH_SHAPE_BPF_H
#define TALKPATH_SHAPE_BPF_H

#include "walk.bpf.h"

enum {
	RTP_HEADER = 12,
	RTCP_SENDER_REPORT = 200,
	RTCP_RECEIVER_REPORT = 201,
	STUN_HEADER = 20,
	DTLS_HEADER = 13,
	DTLS_HANDSHAKE = 22,
	SIP_MIN = 16,      /* octets of the shortest start line */
	KEEPALIVE_MAX = 4, /* CRLF CRLF, or a NUL */
	CHANNEL_CUT_MAX = 1500
};

INLINE __u16 be16(const __u8 *p)
{
	return (__u16)(p[0] << 8 | p[1]);
}

/* Eight octets as printable as those that a SIP message begins with; the first is a letter. */
INLINE bool text_shape(const __u8 *p)
{
	const __u64 ones = 0x0101010101010101, eights = ones << 7;
	__u64 word = *(const __u64 *)p;

	/* None above 0x7f, none below 0x20. */
	return (__u8)((p[0] | 0x20) - 'a') < 26 && !(word & eights) &&
	       ((word + ones * 0x60) & eights) == eights;
}

/* The first four octets of a message, as a stream of them begins: RFC 3261 and its extensions. */
INLINE bool sip_begins(const __u8 *p)
{
#define WORD(a, b, c, d) ((__u32)(a) << 24 | (b) << 16 | (c) << 8 | (d))
	switch (bpf_ntohl(*(const __u32 *)p)) {
	case WORD('S', 'I', 'P', '/'):
	case WORD('I', 'N', 'V', 'I'):
	case WORD('A', 'C', 'K', ' '):
	case WORD('B', 'Y', 'E', ' '):
	case WORD('C', 'A', 'N', 'C'):
	case WORD('R', 'E', 'G', 'I'):
	case WORD('O', 'P', 'T', 'I'):
	case WORD('S', 'U', 'B', 'S'):
	case WORD('N', 'O', 'T', 'I'):
	case WORD('P', 'U', 'B', 'L'):
	case WORD('P', 'R', 'A', 'C'):
	case WORD('M', 'E', 'S', 'S'):
	case WORD('R', 'E', 'F', 'E'):
	case WORD('I', 'N', 'F', 'O'):
	case WORD('U', 'P', 'D', 'A'):
		return true;
	default:
		return false;
	}
#undef WORD
}

INLINE bool is_line_end(__u8 c)
{
	return c == '\r' || c == '\n';
}

/* First octet 0..63: STUN, a handshake of DTLS, or line ends before SIP. */
INLINE __u32 shape_low(const struct xdp_md *ctx, __u32 at, const __u8 *p, __u32 length)
{
	const __u8 *header;

	if (p[0] <= 3) {
		header = octets_at(ctx, at, STUN_HEADER);
		if (header && (*(const __u32 *)(header + 4) == bpf_htonl(0x2112a442) ||
				  /* RFC 3489: a binding, and its length fits */
				  ((be16(header) & 0xfeef) == 1 && be16(header) != 0x0011 &&
				      be16(header + 2) + STUN_HEADER == length))) {
			return LIFT_STUN;
		}
	} else if (p[0] == DTLS_HANDSHAKE) {
		if (p[1] == 0xfe && length >= DTLS_HEADER) {
			return LIFT_DTLS;
		}
	} else if (is_line_end(p[0]) && length >= SIP_MIN) {
		return LIFT_SIP;
	}
	return LIFT_UDP_OTHER;
}

/* First octet 64..127: letters, and channels of TURN. */
INLINE __u32 shape_text(const __u8 *p, __u32 length)
{
	__u32 inside = be16(p + 2);

	if (length >= SIP_MIN && text_shape(p)) {
		return LIFT_SIP;
	}
	if (p[0] >> 4 == 4 && length - 4 < inside + 4 &&
	    (length - 4 >= inside || inside <= CHANNEL_CUT_MAX)) {
		return LIFT_CHANNEL_DATA;
	}
	return LIFT_UDP_OTHER;
}

/* First octet 128..191. */
INLINE __u32 shape_media(const __u8 *p, __u32 length)
{
	__u8 type = p[1];

	if (type >= 192 && type <= 223 &&
	    (type == RTCP_SENDER_REPORT || type == RTCP_RECEIVER_REPORT ||
		be16(p + 2) * 4U + 4 <= length)) {
		return LIFT_RTCP;
	}
	type &= 0x7f;
	return length >= RTP_HEADER && (type < 64 || type > 95) ? LIFT_RTP : LIFT_UDP_OTHER;
}

/* Payloads of less than eight octets: line ends, or a NUL (RFC 5626 4.4.1). */
INLINE __u32 shape_short(const struct xdp_md *ctx, __u32 at, __u32 length)
{
	for (__u32 i = 0; i < KEEPALIVE_MAX; i++) {
		const __u8 *p = i < length ? octets_at(ctx, at + i, 1) : NULL;

		if (p && *p && !is_line_end(*p)) {
			return LIFT_UDP_OTHER;
		}
	}
	if (length <= KEEPALIVE_MAX) {
		return LIFT_KEEPALIVE;
	}
	return LIFT_UDP_OTHER;
}

INLINE __u32 shape_of(const struct xdp_md *ctx, __u32 at, __u32 length)
{
	const __u8 *p = length < 8 ? NULL : octets_at(ctx, at, 8);

	if (!p) {
		return shape_short(ctx, at, length);
	}
	switch (p[0] >> 6) {
	case 0:
		return shape_low(ctx, at, p, length);
	case 1:
		return shape_text(p, length);
	case 2:
		return shape_media(p, length);
	default:
		return LIFT_UDP_OTHER;
	}
}

#endif
