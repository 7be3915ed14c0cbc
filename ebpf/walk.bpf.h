/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A walk through the headers of one packet: where it stands, and the bounds-checked look at what
 * lies there. The verifier must see each offset bounded and each look compared with the end.
 */
#ifndef TALKPATH_WALK_BPF_H
#define TALKPATH_WALK_BPF_H

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/types.h>
#include <linux/udp.h>
#include <stdbool.h>
#include <stddef.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "lift.h"

enum {
	WALK_REACH = 1024,            /* headers lie within so many octets of a packet */
	WALK_DEEPER = LIFT_KIND_COUNT /* no kind yet: walk_on() says more */
};

/* What lies at walk.at: an EtherType, or one of these, which are none. */
enum walk_type {
	WALK_EXTENSION = 1, /* of IPv6; protocol says which */
	WALK_GRE,
	WALK_VXLAN,
	WALK_GTP
};

struct walk {
	__u32 at;
	__u32 type;    /* EtherType, or enum walk_type; ETH_P_TEB: an Ethernet frame */
	__u32 network; /* the innermost IP header */
	__u32 ports;   /* of UDP and TCP: source, destination, as in the packet */
	__u8 protocol; /* what the innermost IP carries */
	__u8 ipv6;     /* the innermost IP is */
	__u8 tunnelled;
	__u8 spare;
};

#define INLINE static inline __attribute__((always_inline))

/*
 * Where the packet begins and ends, as pointers of the whole width: from the 32 bits that struct
 * xdp_md has for them the compiler makes arithmetic that the verifier cannot follow.
 */
INLINE const __u8 *edge_of(const struct xdp_md *ctx, const size_t offset)
{
	const __u8 *edge;

	__asm__ volatile("%0 = *(u32 *)(%1 + %2)" : "=r"(edge) : "r"(ctx), "i"(offset));
	return edge;
}

INLINE const __u8 *packet_begin(const struct xdp_md *ctx)
{
	return edge_of(ctx, offsetof(struct xdp_md, data));
}

INLINE const __u8 *packet_end(const struct xdp_md *ctx)
{
	return edge_of(ctx, offsetof(struct xdp_md, data_end));
}

INLINE __u32 packet_length(const struct xdp_md *ctx)
{
	return (__u32)(packet_end(ctx) - packet_begin(ctx));
}

/* So many octets as `length` from `at` on; NULL where there are not. */
INLINE const void *octets_at(const struct xdp_md *ctx, __u32 at, __u32 length)
{
	const __u8 *p = packet_begin(ctx);

	if (at > WALK_REACH) {
		return NULL;
	}
	p += at;
	return p + length > packet_end(ctx) ? NULL : p;
}

INLINE __u32 octets_behind(const struct xdp_md *ctx, __u32 at)
{
	__u32 length = packet_length(ctx);

	return at < length ? length - at : 0;
}

INLINE __u16 port_src(const struct walk *w)
{
	return bpf_ntohl(w->ports) >> 16;
}

INLINE __u16 port_dst(const struct walk *w)
{
	return bpf_ntohl(w->ports);
}

#endif
