/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message says of addresses, as facts: packed one behind the other, in parts that later
 * messages of the call mostly repeat to the octet and then share.
 *
 * Data in:   a message and its session description; the parts of up to two messages before.
 * Data out:  of each kind a part: one of those, or a new one in the room that was given.
 * Ownership: whoever keeps the parts. Threading: the desk's.
 * Limits:    FACTS_MAX facts; a value of 64 KiB or more, or beyond the room, is lost.
 */
#ifndef TALKPATH_FACTS_H
#define TALKPATH_FACTS_H

#include "model.h"

enum { FACTS_MAX = 64 };

/* In the order in which their facts are read. */
enum part_kind {
	PART_TARGET, /* the Request-URI */
	PART_VIA,
	PART_CONTACTS,
	PART_NAMES, /* From, To, Call-ID */
	PART_DESCRIPTION,
	PART_KINDS
};

struct part {
	uint32_t octets : 24, count : 8;
	char facts[]; /* struct fact, one behind the other */
};

/* A part of each kind; NULL: no facts. */
struct facts {
	const struct part *of[PART_KINDS];
};

/* False where something was lost. before: NULL for none. room: aligned as struct part. */
bool facts_gather(struct facts *out, const struct facts before[2], char *room, size_t room_octets,
    const struct sip_message *message, const struct sdp *sdp);

/* Do these say the same? */
bool facts_equal(const struct facts *a, const struct facts *b);

static inline size_t part_octets(const struct part *part)
{
	return sizeof(*part) + part->octets;
}

static inline const struct fact *fact_next(const struct fact *fact)
{
	return (const struct fact *)(fact->value + fact->length + 1);
}

#endif
