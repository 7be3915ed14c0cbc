/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one vantage sees both sides of a router: both its ports mirrored into one capture. Then it
 * shows every packet twice that the router lets through, and what it does not let through once.
 *
 * Data in:   the call's messages and streams, before it is closed.
 * Limits:    CROSSINGS_MAX translations of one call at one vantage.
 */
#ifndef TALKPATH_CROSSING_H
#define TALKPATH_CROSSING_H

#include "model.h"

enum { CROSSINGS_MAX = 4 };

/* One host, as it is called on each side of the router. */
struct crossing {
	struct address inside, outside;
};

struct crossings {
	uint16_t vantage; /* the only one that is asked about */
	unsigned count;
	struct crossing at[CROSSINGS_MAX];
};

void crossings_find(
    const struct desk *desk, const struct call *call, uint16_t vantage, struct crossings *out);

/*
 * The stream is on its way to the router, and the way goes on behind it: media the other way was
 * seen there. False for what has passed, and where nothing is known of the far side.
 */
bool crossing_is_ahead(const struct desk *desk, const struct call *call,
    const struct crossings *crossings, const struct desk_stream *stream);

#endif
