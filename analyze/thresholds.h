/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From when on something counts as wrong. Every number that a detector holds a measurement
 * against is here, with its unit in its name, its default, its bounds and its source, so that it
 * can be configured and is documented in one place (docs/detection.md).
 *
 * Numbers that define what is being looked at (three captures of one packet, the length of a
 * jitter buffer) are no thresholds and stay where they are used.
 */
#ifndef TALKPATH_THRESHOLDS_H
#define TALKPATH_THRESHOLDS_H

#include <stdint.h>

/* X(name, default, least, most, what it means) */
#define THRESHOLDS(X)                                                                      \
	X(one_way_s, 3, 1, 3600, "time without media of one direction, for one-way-audio") \
	X(one_way_stopped_s, 10, 3, 3600,                                                  \
	    "the same for a direction that stops and does not come back: below it a hint") \
	X(dscp_share_pct, 90, 51, 100,                                                     \
	    "share of a stream's packets that makes it a marked or an unmarked one")       \
	X(dscp_packets, 50, 1, 1000000, "of each direction, for dscp-unmarked")            \
	X(dscp_unmarked_loss_pct, 1, 0, 100,                                               \
	    "loss of an unmarked direction from which dscp-unmarked is a warning")

struct thresholds {
#define THRESHOLD_FIELD(name, value, least, most, about) double name;
	THRESHOLDS(THRESHOLD_FIELD)
#undef THRESHOLD_FIELD
};

#define THRESHOLD_DEFAULT(name, value, least, most, about) .name = (value),
static const struct thresholds thresholds_default = {THRESHOLDS(THRESHOLD_DEFAULT)};
#undef THRESHOLD_DEFAULT

static inline int64_t threshold_ns(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

#endif
