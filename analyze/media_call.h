/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calls of which only the media is seen: their signalling is encrypted, or passes elsewhere.
 *
 * Data in:   streams that belong to no call.
 * Data out:  a call for each two-way exchange between the same two endpoints, its streams joined
 *            to it. It has times and quality, and neither parties nor Call-ID.
 * Threading: the desk's thread. Limits: PLACE_SEARCH_MAX streams of one place are looked at.
 *
 * One direction alone makes no call: it may be an announcement or multicast. Nor does a stream
 * that comes back with its own SSRC: a reflector or echo test.
 */
#ifndef TALKPATH_MEDIA_CALL_H
#define TALKPATH_MEDIA_CALL_H

#include "model.h"

/* Make calls of the streams that have ended, or at the end of all. */
void media_calls_find(struct desk *desk, bool end);

#endif
