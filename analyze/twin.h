/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Twins: one stream of media, seen at several places on its way.
 *
 * Two streams are the same packets where they have the SSRC in common, one end's address and port,
 * the direction in the same call, and prints (packet_print.h) with the same sequence number,
 * timestamp and payload, a plausible time apart. What comes back from an echo, or leaves a relay,
 * is never a twin, though SSRC and numbers are those of what went in: both its ends are others.
 *
 * Data in:   streams that are not released: up to the moment their call is closed.
 * Threading: the desk's thread.
 * Limits:    PLACE_SEARCH_MAX streams of each end are looked at; TWIN_PATH_MAX places of one way.
 */
#ifndef TALKPATH_TWIN_H
#define TALKPATH_TWIN_H

#include "packet_print.h"
#include "way.h"

enum { TWIN_PATH_MAX = 8 };

struct twin {
	const struct desk_stream *stream;
	enum way_end translated;
	enum way_order
	    order; /* where the packets pass it: before the stream asked about, or after */
	struct media_print here, there; /* the same packet in both */
};

struct twin_cursor {
	bool started, by_source;
	unsigned looked_at;
	uint32_t number;
};

/* No other stream has its places: it has no twin, and its party is heard by no other one. */
static inline bool twin_is_alone(const struct desk_stream *s)
{
	return s->older_to == POOL_NONE && s->newer_to == POOL_NONE && s->older_from == POOL_NONE &&
	       s->newer_from == POOL_NONE;
}

/* The next twin of a stream; false after the last one. The cursor begins as zeros. */
bool twin_next(const struct desk *desk, const struct desk_stream *stream,
    struct twin_cursor *cursor, struct twin *out);

/* The same packet in both streams; false where they are no twins. */
bool twin_pair(const struct desk *desk, const struct desk_stream *stream,
    const struct desk_stream *other, struct twin *out);

/* The places that a stream's packets pass, in their order; also those beyond a second NAT. */
struct twin_path {
	unsigned count; /* 1: it was seen at one place only */
	unsigned own;   /* which of them is the stream asked about */
	const struct desk_stream *at[TWIN_PATH_MAX];
};

void twin_path(const struct desk *desk, const struct desk_stream *stream, struct twin_path *out);

#endif
