/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The interfaces of this machine, and what decides which kinds of sources they can be.
 *
 * Data out:  facts, as the kernel tells them; nothing is opened, nothing is changed.
 * Threading: any. Needs no privileges. Limits: INTERFACES_MAX.
 */
#ifndef TALKPATH_INTERFACES_H
#define TALKPATH_INTERFACES_H

#include "adapter_clock.h"
#include "interface_use.h"
#include "live.h"
#include "xdp_features.h"

enum { INTERFACES_MAX = 256, INTERFACE_DRIVER_MAX = 32 };

struct interface_facts {
	char name[LIVE_INTERFACE_MAX];
	struct interface_use use;
	bool carrier;
	bool ethernet;                     /* frames with addresses: not lo, no tunnel */
	uint32_t speed_mbps;               /* 0: not known */
	char driver[INTERFACE_DRIVER_MAX]; /* "": it has none */
	char bus[INTERFACE_DRIVER_MAX];    /* the adapter's address there, or "" */
	struct adapter_clock clock;
	struct xdp_features xdp;
};

/* How many there are; a name that went away meanwhile is left out. */
unsigned interfaces_read(struct interface_facts out[INTERFACES_MAX]);

/* What this process, and this machine, have for live capture. */
struct interface_means {
	bool may_packet;        /* CAP_NET_RAW */
	bool may_xdp;           /* CAP_NET_ADMIN and CAP_BPF, or CAP_SYS_ADMIN */
	bool huge_pages;        /* there are some, for DPDK */
	bool has_xdp, has_dpdk; /* built with */
};

struct interface_means interface_means_read(void);

#endif
