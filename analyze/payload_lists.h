/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What m= lines say of payload types. Few different lists stand in many descriptions: each is kept
 * once, for as long as the desk lives, and found again by a hash of what it was made of.
 *
 * Data in:   session descriptions. Data out: their lists, in the order of the lines.
 * Ownership: the desk; what finds no place there is the call's. Threading: the desk's thread.
 * Limits:    PAYLOAD_LISTS_MAX lists of codecs with names of PAYLOAD_NAME_MAX octets are the
 *            desk's; PAYLOAD_MAPS_MAX types a list, and beyond them it says so.
 */
#ifndef TALKPATH_PAYLOAD_LISTS_H
#define TALKPATH_PAYLOAD_LISTS_H

#include "arena.h"
#include "sdp.h"

enum { PAYLOAD_LISTS_MAX = 256, PAYLOAD_MAPS_MAX = 64, PAYLOAD_NAME_MAX = 32 };

/* What a payload type means; several m= lines may share one (RFC 9143). */
struct payload_map {
	uint8_t payload_type;
	uint8_t kind; /* enum sdp_media_kind, of its m= line ... */
	uint8_t line; /* ... and the position of that */
	uint32_t clock_rate_hz;
	const char *codec; /* as written; NULL: listed, and not explained */
};

struct payload_list {
	uint8_t count; /* no type is there twice */
	bool cut;      /* there were more */
	struct payload_map maps[];
};

struct payload_lists {
	struct arena memory;
	struct {
		uint64_t key;
		const struct payload_list *list; /* NULL: free */
	} kept[PAYLOAD_LISTS_MAX];
};

/* The lines of a description whose lists become one: the first that names a type is right. */
struct payload_lines {
	const struct sdp *sdp;
	unsigned count;
	uint8_t lines[SDP_MEDIA_MAX];
};

/*
 * The list of these lines, which may be empty; NULL where there is no memory. key: of hashes.
 * theirs: the call's memory, for what is not kept here.
 */
const struct payload_list *payload_list_of(
    struct payload_lists *all, uint64_t key, struct arena *theirs, const struct payload_lines *of);

/* By line of a description: the list of that line alone. */
struct line_lists {
	const struct payload_list *of[SDP_MEDIA_MAX];
};

static inline void payload_lists_of(struct payload_lists *all, uint64_t key, struct arena *theirs,
    const struct sdp *sdp, struct line_lists *out)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		struct payload_lines line = {.sdp = sdp, .count = 1, .lines = {(uint8_t)i}};

		out->of[i] = payload_list_of(all, key, theirs, &line);
	}
}

/* The meaning of a payload type, or NULL where it is not listed. */
static inline const struct payload_map *payload_map_find(
    const struct payload_map *maps, unsigned count, uint8_t payload_type)
{
	for (unsigned i = 0; i < count; i++) {
		if (maps[i].payload_type == payload_type) {
			return &maps[i];
		}
	}
	return NULL;
}

#endif
