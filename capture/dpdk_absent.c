/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the dpdk: sources, where they are not built. */
#include "live_absent.h"

LIVE_ABSENT(dpdk, "dpdk", "TALKPATH_DPDK")
