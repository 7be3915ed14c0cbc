/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which frames a message was put together from, looked up by its last one: evidence names one
 * frame, and whoever wants to see the message needs them all.
 *
 * Threading: the desk's. Limits: FRAMES_KEPT_MAX messages; the oldest go.
 */
#ifndef TALKPATH_FRAMES_H
#define TALKPATH_FRAMES_H

#include "frame_list.h"
#include "media.h"
#include "table.h"

enum { FRAMES_KEPT_MAX = 1 << 17 };

struct frames_kept;

struct frames {
	struct frames_kept *kept; /* FRAMES_KEPT_MAX, used in turn */
	struct table index;
	uint64_t used;
};

bool frames_init(struct frames *frames);
void frames_fini(struct frames *frames);

/* Keep the frames of a message that came in several; of any other nothing is kept. */
void frames_note(struct frames *frames, const struct signal *signal);

/* All frames of what ended in this one, or NULL where that was a single frame. */
const struct frame_list *frames_find(const struct frames *frames, uint16_t capture, uint32_t frame);

#endif
