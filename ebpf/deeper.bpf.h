/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One layer further: a tag, PPPoE, an extension header, or a tunnel's header, and the IP packet
 * behind it. What does not open is of no interest, or malformed.
 */
#ifndef TALKPATH_DEEPER_BPF_H
#define TALKPATH_DEEPER_BPF_H

#include "layers.bpf.h"

enum {
	PPPOE_HEADER = 8, /* RFC 2516, and the protocol of PPP */
	PPP_IPV4 = 0x0021,
	PPP_IPV6 = 0x0057,
	EXTENSION = 8,  /* the least of an extension header of IPv6 */
	GRE_HEADER = 4, /* RFC 2784, RFC 2890 */
	GRE_CHECKSUM = 0x8000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_NOT_READ = 0x4007, /* routing (RFC 1701), and a version (PPTP's) */
	ERSPAN_2_HEADER = 8,
	ERSPAN_3_HEADER = 12,
	ERSPAN_3_OPTION = 8,
	GTP_HEADER = 8,
	GTP_OPTIONAL = 4, /* sequence, N-PDU number, type of an extension */
	GTP_EXTENSIONS_MAX = 4
};

INLINE __u32 pppoe_open(struct xdp_md *ctx, struct walk *w)
{
	const __u8 *header = octets_at(ctx, w->at, PPPOE_HEADER);

	if (!header) {
		return LIFT_MALFORMED;
	}
	w->at += PPPOE_HEADER;
	switch (be16(header + 6)) {
	case PPP_IPV4:
		w->type = ETH_P_IP;
		return WALK_DEEPER;
	case PPP_IPV6:
		w->type = ETH_P_IPV6;
		return WALK_DEEPER;
	default:
		return LIFT_NOT_IP;
	}
}

/* RFC 8200 4.1; of a fragment that is the whole (RFC 6946) nothing is missing. */
INLINE __u32 extension_open(struct xdp_md *ctx, struct walk *w)
{
	const __u8 *header = octets_at(ctx, w->at, EXTENSION);
	__u8 was = w->protocol;

	if (!header) {
		return LIFT_MALFORMED;
	}
	w->protocol = header[0];
	w->at += was == IPPROTO_FRAGMENT ? EXTENSION : EXTENSION + header[1] * 8;
	return was == IPPROTO_FRAGMENT && be16(header + 2) & 0xfff9 ? fragment(w) : WALK_DEEPER;
}

/* ERSPAN 2 is known by GRE's sequence number; 1 has no header. */
INLINE __u32 erspan_open(struct xdp_md *ctx, struct walk *w, bool numbered)
{
	if (w->type == ETHERTYPE_ERSPAN_3) {
		const __u8 *header = octets_at(ctx, w->at, ERSPAN_3_HEADER);

		if (!header) {
			return LIFT_MALFORMED;
		}
		w->at += ERSPAN_3_HEADER + (header[11] & 1 ? ERSPAN_3_OPTION : 0);
	} else if (numbered) {
		w->at += ERSPAN_2_HEADER;
	}
	w->type = ETH_P_TEB;
	return WALK_DEEPER;
}

INLINE __u32 gre_open(struct xdp_md *ctx, struct walk *w)
{
	const __u8 *header = octets_at(ctx, w->at, GRE_HEADER);
	__u32 flags;

	if (!header) {
		return LIFT_MALFORMED;
	}
	flags = be16(header);
	if (flags & GRE_NOT_READ) {
		return LIFT_IP_OTHER;
	}
	w->type = be16(header + 2);
	w->at += GRE_HEADER + (flags & GRE_CHECKSUM ? 4 : 0) + (flags & GRE_KEY ? 4 : 0) +
		 (flags & GRE_SEQUENCE ? 4 : 0);
	if (w->type == ETHERTYPE_ERSPAN_2 || w->type == ETHERTYPE_ERSPAN_3) {
		return erspan_open(ctx, w, flags & GRE_SEQUENCE);
	}
	return WALK_DEEPER;
}

/* 3GPP TS 29.281 5.2: each extension's length counts four octets, its last is the next's type. */
INLINE bool gtp_extensions_skip(struct xdp_md *ctx, struct walk *w)
{
	for (int i = 0; i < GTP_EXTENSIONS_MAX; i++) {
		const __u8 *last = octets_at(ctx, w->at - 1, 2);

		if (!last) {
			return false;
		}
		if (last[0] == 0) {
			return true;
		}
		w->at += last[1] * 4;
	}
	return false;
}

INLINE __u32 gtp_open(struct xdp_md *ctx, struct walk *w)
{
	const __u8 *header = octets_at(ctx, w->at, GTP_HEADER);
	const __u8 *ip;

	if (!header) {
		return LIFT_MALFORMED;
	}
	w->at += GTP_HEADER;
	if (header[0] & 7) {
		bool extended = header[0] & 4;

		w->at += GTP_OPTIONAL;
		if (extended && !gtp_extensions_skip(ctx, w)) {
			return LIFT_UDP_OTHER;
		}
	}
	ip = octets_at(ctx, w->at, 1);
	if (!ip || (*ip >> 4 != 4 && *ip >> 4 != 6)) {
		return LIFT_UDP_OTHER;
	}
	w->type = *ip >> 4 == 4 ? ETH_P_IP : ETH_P_IPV6;
	return WALK_DEEPER;
}

/* The header at w->at; WALK_DEEPER where something lies behind it. */
INLINE __u32 header_open(struct xdp_md *ctx, struct walk *w)
{
	switch (w->type) {
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETHERTYPE_QINQ_OLD:
		return tag_open(ctx, w);
	case ETH_P_PPP_SES:
		w->tunnelled = 1;
		return pppoe_open(ctx, w);
	case WALK_EXTENSION:
		return extension_open(ctx, w);
	case WALK_GRE:
		w->tunnelled = 1;
		return gre_open(ctx, w);
	case WALK_VXLAN:
		w->tunnelled = 1;
		w->at += VXLAN_HEADER;
		w->type = ETH_P_TEB;
		return WALK_DEEPER;
	case WALK_GTP:
		w->tunnelled = 1;
		return gtp_open(ctx, w);
	default: /* IP in IP */
		return WALK_DEEPER;
	}
}

/* No static function: the verifier looks at it on its own, once. */
__attribute__((noinline)) int layer_deeper(struct xdp_md *ctx, struct walk *w)
{
	__u32 kind;

	if (!w) {
		return LIFT_MALFORMED;
	}
	kind = header_open(ctx, w);
	if (kind != WALK_DEEPER) {
		return (int)kind;
	}
	return (int)(w->type == WALK_EXTENSION ? transport(ctx, w) : layer(ctx, w));
}

#endif
