/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an interface's driver does for XDP, as kernels from 6.3 on tell (generic netlink "netdev").
 */
#ifndef TALKPATH_XDP_FEATURES_H
#define TALKPATH_XDP_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct xdp_features {
	bool known;
	bool native;    /* programs run in the driver, and may redirect */
	bool zero_copy; /* AF_XDP without a copy */
};

void xdp_features_read(uint32_t ifindex, struct xdp_features *out);

#endif
