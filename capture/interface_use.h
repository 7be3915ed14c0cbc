/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interface is used for, asked of the kernel (rtnetlink, ethtool): whether packets that are
 * taken off it would be missed by anybody.
 *
 * Data in:   a name, in this thread's network namespace.
 * Data out:  struct interface_use; interface_use_refusal() says what speaks against taking them.
 * Threading: any; nothing is kept. Limits: INTERFACE_USE_QUEUES queues are told apart.
 *
 * The address and the routes that IPv6 gives every interface by itself, fe80::/10 and ff00::/8, are
 * no use: no call goes there.
 */
#ifndef TALKPATH_INTERFACE_USE_H
#define TALKPATH_INTERFACE_USE_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>

#include "source.h"

struct interface_use {
	uint32_t index; /* 0: there is no such interface */
	uint32_t mtu;
	uint32_t queues; /* that receive; 1 where the driver does not tell */
	bool up;
	bool ethernet; /* its packets begin with such a header */
	bool addressed, routed;
	bool program;             /* an XDP program is attached to it */
	char master[IF_NAMESIZE]; /* bridge, bond or VRF that it is a port of; "": none */
	char upper[IF_NAMESIZE];  /* interface that lies upon it (a VLAN, a macvlan); "": none */
};

/* False where the kernel cannot be asked, with *error. */
bool interface_use_read(const char *name, struct interface_use *out, struct source_error *error);

/* Why its packets may not be taken from it; false: nobody needs them. */
bool interface_use_refusal(
    const char *name, const struct interface_use *use, char reason[SOURCE_REASON_MAX]);

/*
 * What the adapter had no room for; socket: netlink_open(). A driver counts what nobody took off
 * it as dropped, too: that is not in it.
 */
bool interface_missed(int socket, uint32_t ifindex, uint64_t *packets);

#endif
