/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A live source that goes on: whatever kind it is, and whether its interface is there or not.
 *
 * It owns the source that reads and, when that fails, asks for another one: once a second, without
 * waiting for the answer. Meanwhile it is idle, not at its end. Frames are counted on. What the
 * opener offers unasked takes the place of what is there, and no packet is missed or seen twice
 * where the kind allows two at once (handover.h).
 *
 * Ownership: it owns its end of the channel, once it is there. Threading: that of its reader.
 */
#ifndef TALKPATH_LIVE_SOURCE_H
#define TALKPATH_LIVE_SOURCE_H

#include "live.h"

/*
 * channel: to the opener, which has the same spec; or -1: this process has the privileges. Waits
 * for the answer. NULL with *error.
 */
struct source *live_source_open(
    const struct live_spec *spec, int channel, uint16_t capture, struct source_error *error);

/* Why the source has no interface at present; NULL: it has one, or is none of these. */
const char *live_source_absence(const struct source *source);

/* What it was last given; NULL while it has nothing. */
const struct live_opened *live_source_opened(const struct source *source);

#endif
