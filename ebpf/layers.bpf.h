/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the link layer to a kind: tags, IP, extension headers, tunnels, UDP and TCP.
 *
 * layer() takes one IP packet and what carries it. It is inlined twice: into the program, for the
 * packet as it came, where offsets are constants and what is of no interest is done with soon; and
 * into layer_deeper(), which the verifier looks at once however many layers there are.
 */
#ifndef TALKPATH_LAYERS_BPF_H
#define TALKPATH_LAYERS_BPF_H

#include "maps.bpf.h"
#include "shape.bpf.h"

enum {
	TAG = 4, /* IEEE 802.1Q: 12 bits of a VLAN, and an EtherType */
	ETHERTYPE_QINQ_OLD = 0x9100,
	ETHERTYPE_ERSPAN_2 = 0x88be, /* and 1, which has no header of its own */
	ETHERTYPE_ERSPAN_3 = 0x22eb,
	PORT_DNS = 53,
	PORT_MDNS = 5353,
	PORT_DHCP_SERVER = 67,
	PORT_DHCP_CLIENT = 68,
	PORT_DHCP6_CLIENT = 546,
	PORT_DHCP6_SERVER = 547,
	PORT_VXLAN = 4789,
	PORT_GTP = 2152,
	FRAGMENT_MASK = 0x3fff, /* more of them, or an offset */
	PROTOCOL_IPV4 = 4,
	VXLAN_HEADER = 8
};

/* --- UDP --- */

/* Of no shape, or of one that is not enough. */
INLINE __u32 datagram_other(struct xdp_md *ctx, struct walk *w, __u32 kind)
{
	__u16 src = port_src(w), dst = port_dst(w);

	if (is_media_expected(ctx, w)) {
		return kind == LIFT_RTP_UNKNOWN ? LIFT_RTP : LIFT_ENDPOINT;
	}
	if (src == PORT_DNS || dst == PORT_DNS || dst == PORT_MDNS) {
		return LIFT_DNS;
	}
	if (dst == PORT_DHCP_SERVER || dst == PORT_DHCP_CLIENT || dst == PORT_DHCP6_CLIENT ||
	    dst == PORT_DHCP6_SERVER) {
		return LIFT_DHCP;
	}
	return kind;
}

/* What begins like a tunnel at the port of one; nothing of voice does. 0: none. */
INLINE __u32 tunnel_shape(const struct walk *w, const __u8 *p)
{
	switch (port_dst(w)) {
	case PORT_VXLAN: /* RFC 7348: its one flag */
		return p[0] == 0x08 ? WALK_VXLAN : 0;
	case PORT_GTP: /* 3GPP TS 29.281: version 1, GTP and not GTP', a user's packet */
		return p[0] >> 4 == 3 && p[1] == 0xff ? WALK_GTP : 0;
	default:
		return 0;
	}
}

/* Of the payload, as far as it is there. A length of 0 is for the sender's adapter to fill in. */
INLINE __u32 datagram_length(const struct xdp_md *ctx, const struct walk *w, __u32 declared)
{
	__u32 there = octets_behind(ctx, w->at);

	declared -= sizeof(struct udphdr);
	return declared < there ? declared : there;
}

INLINE __u32 datagram(struct xdp_md *ctx, struct walk *w)
{
	const struct udphdr *udp = octets_at(ctx, w->at, sizeof(*udp));
	const __u8 *p;
	__u32 length, kind;

	if (!udp) {
		return LIFT_MALFORMED;
	}
	w->ports = *(const __u32 *)udp;
	w->at += sizeof(*udp);
	length = datagram_length(ctx, w, bpf_ntohs(udp->len));
	kind = shape_of(ctx, w->at, length);
	if (kind == LIFT_RTP && lift_settings.known_media_only) {
		kind = LIFT_RTP_UNKNOWN;
	}
	if (kind < LIFT_LIFTED) {
		return kind;
	}
	p = octets_at(ctx, w->at, VXLAN_HEADER);
	w->type = p ? tunnel_shape(w, p) : 0;
	return w->type ? WALK_DEEPER : datagram_other(ctx, w, kind);
}

/* --- TCP --- */

/* As analyze/intake.c: whether anybody answers there is worth a record. */
INLINE bool is_port_of_voice(__u16 port)
{
	return port == 5060 || port == 5061 || port == 3478 || port == 5349;
}

INLINE __u32 segment(struct xdp_md *ctx, struct walk *w)
{
	const struct tcphdr *tcp = octets_at(ctx, w->at, sizeof(*tcp));
	const __u8 *p;

	if (!tcp) {
		return LIFT_MALFORMED;
	}
	w->ports = *(const __u32 *)tcp;
	if ((tcp->syn || tcp->rst) &&
	    (is_port_of_voice(port_src(w)) || is_port_of_voice(port_dst(w)))) {
		return LIFT_TCP;
	}
	if (followed_ports[port_lower(w)] && is_followed(ctx, w)) {
		return LIFT_TCP;
	}
	p = octets_at(ctx, w->at + tcp->doff * 4, 4);
	return p && sip_begins(p) ? follow(ctx, w) : LIFT_TCP_OTHER;
}

/* --- IP --- */

/* What an IP packet carries, at w->at. */
INLINE __u32 transport(struct xdp_md *ctx, struct walk *w)
{
	switch (w->protocol) {
	case IPPROTO_UDP:
		return datagram(ctx, w);
	case IPPROTO_TCP:
		return segment(ctx, w);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return LIFT_ICMP;
	case IPPROTO_HOPOPTS:
	case IPPROTO_ROUTING:
	case IPPROTO_FRAGMENT:
	case IPPROTO_DSTOPTS:
		w->type = WALK_EXTENSION;
		return w->ipv6 ? WALK_DEEPER : LIFT_IP_OTHER;
	case PROTOCOL_IPV4:
		w->type = ETH_P_IP;
		break;
	case IPPROTO_IPV6:
		w->type = ETH_P_IPV6;
		break;
	case IPPROTO_GRE:
		w->type = WALK_GRE;
		return WALK_DEEPER;
	default:
		return LIFT_IP_OTHER;
	}
	w->tunnelled = 1;
	return WALK_DEEPER;
}

/* Of a fragment nothing more is asked: others carry no ports. */
INLINE __u32 fragment(const struct walk *w)
{
	switch (w->protocol) {
	case IPPROTO_UDP:
	case IPPROTO_TCP:
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		return LIFT_FRAGMENT;
	default:
		return LIFT_IP_OTHER;
	}
}

INLINE __u32 ipv4(struct xdp_md *ctx, struct walk *w)
{
	const struct iphdr *ip = octets_at(ctx, w->at, sizeof(*ip));

	if (!ip || ip->version != 4 || ip->ihl < 5) {
		return LIFT_MALFORMED;
	}
	w->network = w->at;
	w->ipv6 = 0;
	w->protocol = ip->protocol;
	w->at += ip->ihl * 4;
	return ip->frag_off & bpf_htons(FRAGMENT_MASK) ? fragment(w) : transport(ctx, w);
}

INLINE __u32 ipv6(struct xdp_md *ctx, struct walk *w)
{
	const struct ipv6hdr *ip = octets_at(ctx, w->at, sizeof(*ip));

	if (!ip || ip->version != 6) {
		return LIFT_MALFORMED;
	}
	w->network = w->at;
	w->ipv6 = 1;
	w->protocol = ip->nexthdr;
	w->at += sizeof(*ip);
	return transport(ctx, w);
}

/* --- what carries IP --- */

INLINE __u32 tag_open(struct xdp_md *ctx, struct walk *w)
{
	const __u8 *tag = octets_at(ctx, w->at, TAG);

	if (!tag) {
		return LIFT_MALFORMED;
	}
	w->type = be16(tag + 2);
	w->at += TAG;
	return WALK_DEEPER;
}

/* As most frames of a mirror port come: what is behind one tag needs no further look. */
INLINE __u32 layer(struct xdp_md *ctx, struct walk *w)
{
	if (w->type == ETH_P_TEB) {
		const struct ethhdr *ethernet = octets_at(ctx, w->at, sizeof(*ethernet));

		if (!ethernet) {
			return LIFT_MALFORMED;
		}
		w->type = bpf_ntohs(ethernet->h_proto);
		w->at += sizeof(*ethernet);
		if (w->type == ETH_P_8021Q && tag_open(ctx, w) != WALK_DEEPER) {
			return LIFT_MALFORMED;
		}
	}
	switch (w->type) {
	case ETH_P_IP:
		return ipv4(ctx, w);
	case ETH_P_IPV6:
		return ipv6(ctx, w);
	case ETH_P_8021Q:
	case ETH_P_8021AD:
	case ETHERTYPE_QINQ_OLD:
	case ETH_P_PPP_SES:
		return WALK_DEEPER;
	default:
		return LIFT_NOT_IP;
	}
}

#endif
