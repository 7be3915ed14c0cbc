/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP without end: run on the same few frames again and again (bpf_prog_test_run, live frames), it
 * makes of each the next packet of the next stream and sends it to an interface.
 */
#include <linux/bpf.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#include "flood.h"

struct flood_state flood_state;

static __always_inline void put16(__u8 *at, __u32 value)
{
	at[0] = (__u8)(value >> 8);
	at[1] = (__u8)value;
}

static __always_inline void put32(__u8 *at, __u32 value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

SEC("xdp")
int flood(struct xdp_md *ctx)
{
	__u8 *frame = (__u8 *)(unsigned long)ctx->data;
	__u8 *ip = frame + FLOOD_ETHERNET, *udp = ip + FLOOD_IPV4, *rtp = udp + FLOOD_UDP;
	__u64 number = flood_state.sent++;
	__u32 stream = (__u32)(number % (flood_state.streams | !flood_state.streams));
	__u32 sequence = (__u32)(number / (flood_state.streams | !flood_state.streams));
	__u32 call = stream / 2, back = stream % 2;

	if (frame + FLOOD_FRAME > (__u8 *)(unsigned long)ctx->data_end) {
		return XDP_DROP;
	}
	put32(ip + 12, FLOOD_HOST(1 + back, call));
	put32(ip + 16, FLOOD_HOST(2 - back, call));
	put16(udp, FLOOD_CALL_PORT(call));
	put16(udp + 2, FLOOD_CALL_PORT(call));
	put16(rtp + 2, sequence);
	put32(rtp + 4, sequence * FLOOD_PAYLOAD);
	put32(rtp + 8, stream);
	return (int)bpf_redirect(flood_state.ifindex, 0);
}

char LICENSE[] SEC("license") = "Apache-2.0";
