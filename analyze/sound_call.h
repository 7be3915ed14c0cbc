/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A first look at a call: most of them are sound, and then most detectors have nothing to find.
 *
 * Data in:   a call that is being closed. Data out: whether two streams, seen at one vantage,
 *            carried its audio both ways as they should; each condition is one that a detector
 *            asks as well. A call that is not sound by this need not have any fault.
 * Ownership: none. Threading: the desk's thread. Limits: none; streams beyond the second end it.
 */
#ifndef TALKPATH_SOUND_CALL_H
#define TALKPATH_SOUND_CALL_H

#include "model.h"

enum soundness {
	SOUND_UNKNOWN,    /* every detector has to look */
	SOUND_HERE,       /* what passed the capture point is whole */
	SOUND_THROUGHOUT, /* and no RTCP tells that it came out worse */
	SOUND_NEVER       /* no call is: of detectors that spare none */
};

/* Of a call no message of which was seen at two places: no router between them shows itself. */
enum soundness sound_call(const struct desk *desk, const struct call *call);

#endif
