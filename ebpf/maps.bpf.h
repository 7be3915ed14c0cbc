/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The maps (lift.h), and what is looked up in them. Each look-up in a hash costs as much as all the
 * rest: so of a packet's ports a bit is asked first, and most are done with that.
 */
#ifndef TALKPATH_MAPS_BPF_H
#define TALKPATH_MAPS_BPF_H

#include "walk.bpf.h"

struct {
	__uint(type, BPF_MAP_TYPE_XSKMAP);
	__uint(max_entries, LIFT_QUEUES_MAX);
	__type(key, __u32);
	__type(value, __u32);
} sockets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct lift_ports);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LIFT_ENDPOINTS_MAX);
	__type(key, struct lift_endpoint);
	__type(value, __u32);
} endpoints SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, LIFT_KIND_COUNT);
	__type(key, __u32);
	__type(value, struct lift_counter);
} counters SEC(".maps");

/* One direction of a connection. */
struct stream {
	struct lift_endpoint src, dst;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, LIFT_FOLLOWED_MAX * 2);
	__type(key, struct stream);
	__type(value, __u32);
} followed SEC(".maps");

/* Is it the lower port of anything that was ever in `followed`? */
__u8 followed_ports[LIFT_PORTS];

const volatile struct lift_settings lift_settings = {0};

INLINE void count(__u32 kind, __u32 octets)
{
	struct lift_counter *counter = bpf_map_lookup_elem(&counters, &kind);

	if (counter) {
		counter->packets++;
		counter->octets += octets;
	}
}

/* An end of the innermost IP packet. */
INLINE bool endpoint_load(
    const struct xdp_md *ctx, const struct walk *w, bool src, struct lift_endpoint *out)
{
	__u64 *words = (__u64 *)out->address;

	out->port = src ? port_src(w) : port_dst(w);
	if (w->ipv6) {
		const struct ipv6hdr *ip = octets_at(ctx, w->network, sizeof(*ip));

		if (ip) {
			const __u64 *address = (const __u64 *)(src ? &ip->saddr : &ip->daddr);

			words[0] = address[0];
			words[1] = address[1];
		}
		return ip;
	}
	const struct iphdr *ip = octets_at(ctx, w->network, sizeof(*ip));

	words[0] = 0;
	words[1] = ip ? (__u64)(src ? ip->saddr : ip->daddr) << 32 | bpf_htonl(0xffff) : 0;
	return ip;
}

INLINE bool is_port_known(const struct lift_ports *known, __u16 port)
{
	return known->octets[port / 8] >> port % 8 & 1;
}

INLINE bool is_endpoint(const struct xdp_md *ctx, const struct walk *w, bool src)
{
	struct lift_endpoint endpoint;

	return endpoint_load(ctx, w, src, &endpoint) && bpf_map_lookup_elem(&endpoints, &endpoint);
}

/* Goes it to or from where media is expected? */
INLINE bool is_media_expected(const struct xdp_md *ctx, const struct walk *w)
{
	__u32 zero = 0;
	const struct lift_ports *known = bpf_map_lookup_elem(&ports, &zero);

	return known && (is_port_known(known, port_dst(w)) || is_port_known(known, port_src(w))) &&
	       (is_endpoint(ctx, w, false) || is_endpoint(ctx, w, true));
}

INLINE __u16 port_lower(const struct walk *w)
{
	return port_src(w) < port_dst(w) ? port_src(w) : port_dst(w);
}

/* Does the segment belong to a connection that carries SIP? */
__attribute__((noinline)) int is_followed(struct xdp_md *ctx, struct walk *w)
{
	struct stream forth;

	return w && endpoint_load(ctx, w, true, &forth.src) &&
	       endpoint_load(ctx, w, false, &forth.dst) && bpf_map_lookup_elem(&followed, &forth);
}

/* A message begins in it: both directions are lifted from now on. */
__attribute__((noinline)) int follow(struct xdp_md *ctx, struct walk *w)
{
	struct stream forth, back;
	__u32 value = 0;

	if (!w || !endpoint_load(ctx, w, true, &forth.src) ||
	    !endpoint_load(ctx, w, false, &forth.dst)) {
		return LIFT_MALFORMED;
	}
	back = (struct stream){.src = forth.dst, .dst = forth.src};
	followed_ports[port_lower(w)] = 1;
	(void)bpf_map_update_elem(&followed, &forth, &value, BPF_ANY);
	(void)bpf_map_update_elem(&followed, &back, &value, BPF_ANY);
	return LIFT_TCP;
}

#endif
