/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: each packet is given a kind by what it carries, never by a port where its
 * content can tell; it is counted, and what is of interest goes to the AF_XDP socket of its queue
 * with a time stamp in front of it. The rest goes its way: a host that captures loses nothing but
 * what it captures. Nothing of a packet is changed before it is sure that a socket takes it.
 *
 * Headers of the kernel's interface to user space suffice: where this is built needs no BTF, and
 * where it runs neither.
 */
#include "lift.h"
#include "deeper.bpf.h"
#include "maps.bpf.h"
#include "walk.bpf.h"

enum {
	RTP_SEQUENCE = 2,
	RTP_SAMPLE = 63, /* of sequence numbers: analyze/packet_print.h, analyze/loudness.h */
	RTP_EXTENSION = 4,
	RTP_EVENT = 4, /* octets of RFC 4733, without which nothing is to be done with one */
	REACH = 1500
};

INLINE __u32 kind_of(struct xdp_md *ctx, struct walk *w)
{
	__u32 kind = layer(ctx, w);

	for (int i = 0; i < LIFT_LAYERS_MAX && kind == WALK_DEEPER; i++) {
		kind = (__u32)layer_deeper(ctx, w);
	}
	return kind < LIFT_KIND_COUNT ? kind : LIFT_MALFORMED;
}

/* Octets of the frame up to the RTP payload and what is wanted of it; 0: all. */
INLINE __u32 media_wanted(struct xdp_md *ctx, const struct walk *w)
{
	const __u8 *rtp = octets_at(ctx, w->at, RTP_HEADER), *extension;
	__u32 keep = lift_settings.media_octets, end = w->at + RTP_HEADER;

	if (!rtp || (be16(rtp + RTP_SEQUENCE) & RTP_SAMPLE) == 0) {
		return 0;
	}
	end += (rtp[0] & 15) * 4U;
	if (rtp[0] & 0x10) {
		extension = octets_at(ctx, end, RTP_EXTENSION);
		if (!extension) {
			return 0;
		}
		end += RTP_EXTENSION + be16(extension + 2) * 4U;
	}
	return end + (keep < RTP_EVENT ? RTP_EVENT : keep);
}

/* True where octets were left behind. */
INLINE bool media_cut(struct xdp_md *ctx, const struct walk *w, __u32 length)
{
	__u32 wanted = media_wanted(ctx, w);

	return wanted && wanted < length && wanted < REACH &&
	       bpf_xdp_adjust_tail(ctx, (int)wanted - (int)length) == 0;
}

INLINE const __u8 *metadata_begin(const struct xdp_md *ctx)
{
	return edge_of(ctx, offsetof(struct xdp_md, data_meta));
}

INLINE int metadata_length(const struct xdp_md *ctx)
{
	return (int)(packet_begin(ctx) - metadata_begin(ctx));
}

INLINE int lift_packet(struct xdp_md *ctx, const struct walk *w, __u32 kind, __u32 length)
{
	__u32 queue = ctx->rx_queue_index;
	struct lift_meta *meta;
	__u8 flags = w->tunnelled ? LIFT_TUNNELLED : 0;

	if (!bpf_map_lookup_elem(&sockets, &queue)) {
		count(LIFT_NO_SOCKET, length);
		return XDP_PASS;
	}
	/* Directly in front of the packet, whatever a program before this one has put there. */
	if (bpf_xdp_adjust_meta(ctx, metadata_length(ctx) - (int)sizeof(*meta))) {
		count(LIFT_NO_ROOM, length);
		return XDP_PASS;
	}
	if (kind == LIFT_RTP && lift_settings.media_octets && media_cut(ctx, w, length)) {
		flags |= LIFT_CUT;
	}
	meta = (struct lift_meta *)metadata_begin(ctx);
	if ((const __u8 *)(meta + 1) > packet_begin(ctx)) {
		return XDP_PASS; /* cannot be: there was room */
	}
	*meta = (struct lift_meta){
	    .time_ns = bpf_ktime_get_ns(),
	    .length = length,
	    .network = (__u16)w->network,
	    .kind = (__u8)kind,
	    .flags = flags,
	};
	return (int)bpf_redirect_map(&sockets, queue, XDP_PASS);
}

SEC("xdp")
int lift(struct xdp_md *ctx)
{
	struct walk w = {.type = ETH_P_TEB};
	__u32 length = packet_length(ctx);
	__u32 kind = kind_of(ctx, &w);

	count(kind, length);
	return kind < LIFT_LIFTED ? lift_packet(ctx, &w, kind, length) : XDP_PASS;
}

char lift_license[] SEC("license") = "Apache-2.0";
