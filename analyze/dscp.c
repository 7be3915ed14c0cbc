/* SPDX-License-Identifier: Apache-2.0 */
#include "dscp.h"

#include <stdio.h>

enum { PRECEDENCE = 0x38, REST = 0x07 };

enum dscp_pathology dscp_pathology(unsigned before, unsigned after)
{
	if (before == after) {
		return DSCP_KEPT;
	}
	if (after == DSCP_DEFAULT) {
		return DSCP_BLEACHED;
	}
	if (after == (before & REST)) {
		return DSCP_TOS_BLEACHED;
	}
	return after == (before & PRECEDENCE) ? DSCP_PRECEDENCE_ONLY : DSCP_REMARKED;
}

bool dscp_is_ambiguous(unsigned before, unsigned after)
{
	return before != after && after == DSCP_DEFAULT && (before & REST) == 0;
}

const char *dscp_name(unsigned dscp)
{
	static const char *const names[64] = {
	    [8] = "CS1",
	    [10] = "AF11",
	    [12] = "AF12",
	    [14] = "AF13",
	    [16] = "CS2",
	    [18] = "AF21",
	    [20] = "AF22",
	    [22] = "AF23",
	    [24] = "CS3",
	    [26] = "AF31",
	    [28] = "AF32",
	    [30] = "AF33",
	    [32] = "CS4",
	    [34] = "AF41",
	    [36] = "AF42",
	    [38] = "AF43",
	    [40] = "CS5",
	    [44] = "VOICE-ADMIT",
	    [46] = "EF",
	    [48] = "CS6",
	    [56] = "CS7",
	};

	return dscp < 64 && names[dscp] ? names[dscp] : "";
}

const char *dscp_format(unsigned dscp, char out[DSCP_TEXT_MAX])
{
	const char *name = dscp_name(dscp);

	(void)snprintf(
	    out, DSCP_TEXT_MAX, "%s%s%u%s", name, *name ? " (" : "", dscp, *name ? ")" : "");
	return out;
}
