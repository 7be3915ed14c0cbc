/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ladder of a call: its messages, media and keys, in the order of time.
 *
 * Needs what a call's sightings hold, which is given back when the call is closed unless
 * desk_config asks for its ladder.
 */
#ifndef TALKPATH_LADDER_H
#define TALKPATH_LADDER_H

#include "model.h"
#include "talkpath.h"

/* Does the configuration ask for the ladder of this call? */
bool ladder_wanted(const struct desk *desk, const struct call *call);

/* The steps, in the arena; NULL and 0 where there is no ladder. */
const struct tp_step *ladder_build(
    struct desk *desk, struct arena *arena, const struct call *call, size_t *count);

#endif
