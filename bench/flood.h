/* SPDX-License-Identifier: Apache-2.0 */
/* What the generator in the kernel (flood.bpf.c) and its user share. */
#ifndef TALKPATH_FLOOD_H
#define TALKPATH_FLOOD_H

#include <linux/types.h>

enum {
	FLOOD_ETHERNET = 14,
	FLOOD_IPV4 = 20,
	FLOOD_UDP = 8,
	FLOOD_RTP = 12,
	FLOOD_PAYLOAD = 160, /* 20 ms of G.711 */
	FLOOD_FRAME = FLOOD_ETHERNET + FLOOD_IPV4 + FLOOD_UDP + FLOOD_RTP + FLOOD_PAYLOAD,
	FLOOD_PORT = 1024, /* the least */
	FLOOD_PORTS = 32768
};

struct flood_state {
	__u64 sent;    /* packets so far: of all streams in turn */
	__u32 streams; /* two to a call, one each way */
	__u32 ifindex; /* to which they are redirected */
};

/*
 * Stream n: of call n / 2, from the caller to the callee where n is even. Who calls has 10.1.x.y
 * and who is called 10.2.x.y, with FLOOD_PORTS calls between two hosts.
 */
#define FLOOD_HOST(side, call) (0x0a000000U | (side) << 16 | (call) / FLOOD_PORTS)
#define FLOOD_CALL_PORT(call)  (FLOOD_PORT + (call) % FLOOD_PORTS)

#endif
