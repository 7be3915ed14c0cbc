/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The descriptors of an XDP source, in the order in which they go from the process that opens it to
 * the one that reads: a socket for each queue, then these.
 */
#ifndef TALKPATH_XDP_FDS_H
#define TALKPATH_XDP_FDS_H

#include "live.h"
#include "xdp_memory.h"

enum xdp_fd {
	XDP_FD_MEMORY,  /* of all sockets: xdp_memory.h */
	XDP_FD_PROGRAM, /* where it is attached: it is no longer, once this is closed */
	XDP_FD_SOCKETS, /* the maps of ebpf/lift.h */
	XDP_FD_PORTS,
	XDP_FD_ENDPOINTS,
	XDP_FD_COUNTERS,
	XDP_FD_PROMISCUOUS, /* keeps the interface so */
	XDP_FD_STATISTICS,  /* of the interface: netlink.h */
	XDP_FDS
};

_Static_assert((int)LIVE_QUEUES_MAX + (int)XDP_FDS <= (int)LIVE_FDS_MAX, "room for all");

static inline struct xdp_memory xdp_memory_of(const struct live_opened *opened)
{
	return (struct xdp_memory){
	    opened->xdp.queues, opened->xdp.frames, opened->xdp.frame_octets};
}

#endif
