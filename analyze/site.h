/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places of media: which call claims an address and port, and which streams use it.
 *
 * A session description makes a site; a stream goes to one place and comes from another. A
 * stream belongs to the call whose site it goes to, or failing that comes from; both questions
 * are one look-up, whichever came first, the description or the media. Each ICE candidate of a
 * description makes a site as well, and so does the local end of what it names, where STUN or
 * TURN told which that is.
 */
#ifndef TALKPATH_SITE_H
#define TALKPATH_SITE_H

#include "model.h"

/* The place, or POOL_NONE; with `make` it is made. */
uint32_t place_find(struct desk *desk, const struct endpoint *at, bool make);

/* Give up the place if nothing claims or uses it any more. */
void place_release(struct desk *desk, uint32_t number);

/*
 * Note where a description wants its media, and take in streams that were there before it. lists:
 * of payload types, by its lines.
 */
void site_note(struct desk *desk, struct call *call, enum party party, const struct sdp *sdp,
    const struct line_lists *lists, const struct signal *signal);

void site_remove_of_call(struct desk *desk, struct call *call);

/* Who claims the place `named` has its media at `local`, as this vantage sees it (mapping.h). */
void site_alias(struct desk *desk, const struct endpoint *named, const struct endpoint *local,
    uint16_t vantage, int64_t time_ns);

/*
 * The site of a place that suits media which began at time_ns as a vantage sees it, or NULL:
 * of a call not over by then; of the same vantage if there is one, or else of a call that was seen
 * there; the newest.
 */
const struct site *site_for(
    const struct desk *desk, uint32_t place, uint16_t vantage, int64_t time_ns);

/* It will be asked for soon. Inline: see memory_fetch(). */
static inline void site_fetch(const struct desk *desk, uint32_t place)
{
	if (place != POOL_NONE && place_at(desk, place)->newest_site != POOL_NONE) {
		memory_fetch(site_at(desk, place_at(desk, place)->newest_site), 1);
	}
}

/* The same, of one call; NULL: it does not name that place. */
const struct site *site_for_call(
    const struct desk *desk, uint32_t place, uint32_t call, uint16_t vantage, int64_t time_ns);

/* What a call named last, on its way to the cache. */
__attribute__((always_inline)) static inline void sites_fetch(
    const struct desk *desk, const struct call *call)
{
	if (call->first_site != POOL_NONE) {
		memory_fetch(site_at(desk, call->first_site), sizeof(struct site));
	}
}

#endif
