/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The load of the link: octets of every packet, voice or not, by second, capture and direction.
 *
 * Data in:   each packet at the reader (struct load_counter: an addition each); at the desk what
 *            the reader counted, with each tick.
 * Data out:  load_second_find().
 * Ownership: the desk keeps struct loads. Threading: counter and loads each belong to one thread.
 * Limits:    LOAD_SECONDS of each capture; the oldest are written over.
 *
 * Private addresses are inside, all others outside: where the capture sees addresses that a NAT
 * has changed already, directions cannot be told apart, and all of it is LOAD_OUTSIDE.
 */
#ifndef TALKPATH_LOAD_H
#define TALKPATH_LOAD_H

#include "address.h"
#include "media.h"

enum { LOAD_SECONDS = 8192 };

enum load_way { LOAD_OUTSIDE, LOAD_DOWN, LOAD_UP, LOAD_INSIDE, LOAD_WAYS };

struct load_counter {
	uint64_t other[LOAD_WAYS], voice[LOAD_WAYS]; /* octets on the wire */
};

/* What the reader counted between two ticks. */
struct load_notice {
	struct record record;
	int64_t second_ns; /* begin of the second */
	struct load_counter octets;
	uint16_t capture;
};

/* By the first octet of an IPv4 address: 1 inside, 2 depends on those behind it. */
extern const uint8_t load_inside[256];

/* Of an IPv4 address in host order: RFC 1918, 6598, 3927, 7335, loopback. */
static inline unsigned load_side(uint32_t ipv4)
{
	unsigned inside = load_inside[ipv4 >> 24];
	uint32_t prefix = ipv4 >> 16;

	if (__builtin_expect(inside < 2, 1)) {
		return inside;
	}
	return prefix == 0xc0a8 || (prefix & 0xfff0) == 0xac10 || (prefix & 0xffc0) == 0x6440 ||
	       prefix == 0xa9fe || ipv4 >> 3 == 0xc0000000 >> 3;
}

/* Of a packet over IPv4, by both its addresses as they stand in the header. */
static inline enum load_way load_way_ipv4(const uint8_t addresses[8])
{
	unsigned src = load_inside[addresses[0]], dst = load_inside[addresses[4]];

	if (__builtin_expect((src | dst) > 1, 0)) {
		src = load_side(load_be32(addresses));
		dst = load_side(load_be32(addresses + 4));
	}
	return (enum load_way)(src * LOAD_UP + dst * LOAD_DOWN);
}

enum load_way load_way(const struct address *src, const struct address *dst);

/* --- at the desk --- */

struct load_second {
	int64_t second; /* since 1970; 0: nothing */
	uint64_t octets[LOAD_WAYS];
	uint64_t voice[LOAD_WAYS]; /* of these */
};

struct loads;

/* NULL where memory is short. */
struct loads *loads_new(uint16_t captures);
void loads_free(struct loads *loads);

void load_note(struct loads *loads, const struct load_notice *notice);

/* That second of a capture, or NULL where it is not kept: nothing passed, or too long ago. */
const struct load_second *load_second_find(
    const struct loads *loads, uint16_t capture, int64_t second);

/* The seconds kept of a capture in the order of a ring: LOAD_SECONDS, most of them with second 0.
 */
const struct load_second *load_seconds(const struct loads *loads, uint16_t capture);

#endif
