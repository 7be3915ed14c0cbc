/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP fragments put together (RFC 791 3.2, RFC 8200 4.5).
 *
 * Data in:   fragments in the order of the capture, and the clock.
 * Data out:  whole IP payloads with the frames they came in; by name, what never became whole.
 * Ownership: fragments_init() reserves memory that fragments_fini() returns; a payload handed
 *            out is valid until the next call.
 * Threading: one thread.
 * Limits:    FRAGMENTS_DATAGRAMS_MAX at once, each with room for the longest payload; the oldest
 *            goes. A datagram has FRAGMENTS_TIME_NS to become whole.
 *
 * What overlaps: with IPv6 the whole datagram is dropped (RFC 5722), with IPv4 the octets that
 * came first stay. Both are counted. A fragment that comes again is a duplicate.
 */
#ifndef TALKPATH_FRAGMENTS_H
#define TALKPATH_FRAGMENTS_H

#include "frame.h"
#include "frame_list.h"
#include "pool.h"
#include "table.h"

enum { FRAGMENTS_DATAGRAMS_MAX = 1024, FRAGMENTS_UNITS = 8192, FRAGMENTS_OCTETS = 65536 };

#define FRAGMENTS_TIME_NS (30 * 1000000000LL)

struct fragments {
	uint64_t key;
	uint64_t (*counts)[DISSECT_RESULT_COUNT]; /* per capture; the owner's */
	struct pool datagrams;
	struct table index;
	uint8_t *octets;         /* FRAGMENTS_OCTETS for each datagram */
	uint32_t oldest, newest; /* by when their first fragment came */
	struct frame_list frames;
	uint64_t evicted;
};

/* A datagram that is whole. */
struct fragments_whole {
	uint8_t protocol; /* of the payload */
	struct bytes payload;
	const struct frame_list *frames;
};

/* counts: where results are counted, per capture. False where memory is short. */
bool fragments_init(struct fragments *f, uint64_t key, uint64_t (*counts)[DISSECT_RESULT_COUNT]);
void fragments_fini(struct fragments *f);

/* A frame with frame->fragment.set. True where it makes its datagram whole. */
bool fragments_take(struct fragments *f, const struct frame *frame, uint16_t capture,
    uint32_t number, int64_t now_ns, struct fragments_whole *out);

/* Give up what was begun longer than FRAGMENTS_TIME_NS ago; INT64_MAX: everything. */
void fragments_expire(struct fragments *f, int64_t now_ns);

#endif
