/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way of one packet past two capture points: which of its ends was translated in between, and
 * which point it passed first.
 *
 * Data in:   what each point saw of it: addresses, TTL, and where one capture holds both, times.
 * Limits:    one hop apart: at least one end keeps its address and port. What changes both, as a
 *            relay does, or swaps them, as an echo does, is another packet.
 */
#ifndef TALKPATH_WAY_H
#define TALKPATH_WAY_H

#include "model.h"

enum way_end { WAY_NONE, WAY_SRC, WAY_DST };

enum way_order { WAY_UNKNOWN, WAY_BEFORE, WAY_AFTER };

struct way_point {
	struct endpoint src, dst;
	uint16_t capture;
	uint8_t ttl; /* 0: not known */
	int64_t time_ns;
};

struct way {
	enum way_end translated;
	enum way_order order; /* of the second point, seen from the first one */
};

/* False where the two cannot be one packet, one hop apart. */
bool way_between(struct way *out, const struct way_point *first, const struct way_point *second);

struct way_point way_point_of_message(const struct sighting *sighting);

#endif
