/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet sockets: the kernel lays what an interface receives and sends into a ring of blocks
 * (TPACKET_V3) that the reading process maps, and packets are handed on as they lie there.
 *
 *   packet_open()        a socket with filter and ring, bound: nothing more of it needs privileges
 *   packet_source_new()  maps the ring
 *
 * "any" is every interface there is or will be, with a cooked header (LINKTYPE_LINUX_SLL2) in front
 * of each packet; so is an interface whose own headers are not understood. A VLAN tag that the
 * adapter or the kernel took out is put back.
 *
 * Data in:   struct live_spec. Data out: packets, borrowed from the ring until the next read.
 * Ownership: as live.h. The interface is promiscuous for as long as the socket exists.
 * Limits:    the ring; a packet that finds it full is counted by the kernel. One longer than a
 *            block is cut, and counted as such.
 */
#ifndef TALKPATH_PACKET_SOCKET_H
#define TALKPATH_PACKET_SOCKET_H

#include "live.h"

enum {
	/* What comes with struct live_opened. */
	PACKET_FD_RING = 0,
	PACKET_FD_COUNTERS = 1, /* a netlink socket: what the interface itself dropped */
	PACKET_FDS = 2,

	/*
	 * A block goes to the reader when it is full or RETIRE_MS old, so a reader may be away for
	 * as many times RETIRE_MS as there are blocks, even if packets are few: many small blocks.
	 */
	PACKET_BLOCK_OCTETS = 128 << 10, /* the longest packet fits */
	PACKET_BLOCKS_MIN = 2,
	PACKET_BUFFER_USUAL = 32 << 20, /* a second of 250 Mbit/s; 2.5 s of less */
	PACKET_RETIRE_MS = 10,

	PACKET_VLAN_TAG = 4,
	PACKET_COOKED_HEADER = 20, /* of LINKTYPE_LINUX_SLL2 */

	PACKET_LOOPBACK_INDEX = 1, /* index of lo, in every network namespace */

	PACKET_LINK_ETHERNET = 1, /* LINKTYPE_ numbers */
	PACKET_LINK_RAW = 101,
	PACKET_LINK_COOKED = 276
};

live_open packet_open;
live_source_new packet_source_new;

#endif
