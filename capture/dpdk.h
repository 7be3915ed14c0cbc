/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPDK ports as a source, dpdk_open() and dpdk_source_new() of live_kinds.h: the adapter's queues
 * polled by this process, without the kernel.
 *
 * What speaks to DPDK is a module, talkpath-dpdk.so, loaded when a capture asks for it: DPDK's
 * libraries take longer to load than a small capture to be read. A build without TALKPATH_DPDK has
 * none, and says so.
 *
 * Data in:   live_spec.text: EAL arguments; behind " -- " the ports of this source, by name or
 *            number. Without any: all ports that there are.
 * Data out:  a struct source of Ethernet frames, borrowed from the adapter's memory while the burst
 *            lasts.
 * Ownership: as live.h. The EAL is one for the process and stays: a source that is closed stops its
 *            ports, and may be opened anew.
 * Threading: without worker lcores the reader polls; with at least one for each port each of its
 *            queues has a lcore of its own, and a ring to the reader.
 * Limits:    LIVE_QUEUES_MAX queues a source; of a frame in several buffers DPDK_LONG_MAX octets.
 */
#ifndef TALKPATH_DPDK_H
#define TALKPATH_DPDK_H

#include "live.h"

enum { DPDK_LONG_MAX = 16384 };

/* The module's only symbol: a live_source_new. Called before privileges are given up. */
#define DPDK_MODULE_ENTRY "talkpath_dpdk_source_new"

#endif
