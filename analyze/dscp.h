/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Code points of Differentiated Services (RFC 2474), and what networks do to them (RFC 9435).
 */
#ifndef TALKPATH_DSCP_H
#define TALKPATH_DSCP_H

#include <stdbool.h>
#include <stdint.h>

enum dscp {
	DSCP_DEFAULT = 0,
	DSCP_CS1 = 8, /* below it only what was never a class: the ToS bits of RFC 1349 */
	DSCP_CS3 = 24,
	DSCP_AF31 = 26,
	DSCP_AF41 = 34,
	DSCP_CS5 = 40,
	DSCP_VOICE_ADMIT = 44, /* RFC 5865 */
	DSCP_EF = 46,
	DSCP_CS6 = 48
};

enum { DSCP_TEXT_MAX = 24 };

/* RFC 9435 4.1 */
enum dscp_pathology {
	DSCP_KEPT,
	DSCP_BLEACHED,        /* all bits cleared: 46 to 0 */
	DSCP_TOS_BLEACHED,    /* the three of the old precedence cleared: 46 to 6 */
	DSCP_PRECEDENCE_ONLY, /* all others cleared: 46 to 40 */
	DSCP_REMARKED         /* to something else */
};

static inline bool dscp_is_class(unsigned dscp)
{
	return dscp >= DSCP_CS1 && dscp < 64;
}

/* What became of a class. Of 24 to 0 two of them may be true: the more general is told. */
enum dscp_pathology dscp_pathology(unsigned before, unsigned after);

/* Is that so of this change? Nothing but precedence was there to clear. */
bool dscp_is_ambiguous(unsigned before, unsigned after);

/* "EF", "CS3", "AF31"; or "" */
const char *dscp_name(unsigned dscp);

/* "EF (46)", "7" */
const char *dscp_format(unsigned dscp, char out[DSCP_TEXT_MAX]);

#endif
