/* SPDX-License-Identifier: Apache-2.0 */
/* In place of the xdp: sources, where they are not built. */
#include "live_absent.h"

LIVE_ABSENT(xdp, "xdp", "TALKPATH_XDP")
