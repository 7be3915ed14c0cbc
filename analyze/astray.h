/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whose fault it is that media goes astray.
 *
 * A platform that serves phones behind NAT has to answer to where their media comes from
 * (RFC 7362). Nobody may ask that of a phone: it sends to where the platform says, and a platform
 * that names a place which leads nowhere is at fault itself. Of two phones neither need be.
 *
 * Data in: what is known of both ends; latching.h. Data out: a side. Ownership: nothing is kept.
 * Threading: the desk's thread.
 */
#ifndef TALKPATH_ASTRAY_H
#define TALKPATH_ASTRAY_H

#include "finding.h"
#include "latching.h"

enum astray_ends {
	ASTRAY_UNKNOWN, /* of one of them it is not known what it is, or both are phones */
	ASTRAY_TO_PHONE,
	ASTRAY_TO_PLATFORM,
	ASTRAY_ENDS
};

/* What sends, and what should hear it, by what both were seen to do. */
enum astray_ends astray_ends(
    struct desk *desk, const struct address *sender, const struct address *listener);

/* Does the peer send where the listener's session description says? */
static inline bool astray_as_described(const struct latching *l)
{
	return l->fault == LATCH_NEVER || l->fault == LATCH_PRIVATE;
}

enum finding_side astray_side(struct desk *desk, const struct latching *l);

#endif
