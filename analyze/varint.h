/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Numbers in as few octets as they need: seven bits in each, the lowest first, and a bit that says
 * whether there are more.
 *
 * Data in, data out: octets that the caller wrote himself. Ownership: the caller's. Threading: any.
 * Limits: VARINT_OCTETS_MAX octets each.
 */
#ifndef TALKPATH_VARINT_H
#define TALKPATH_VARINT_H

#include <stdint.h>

enum { VARINT_OCTETS_MAX = 10, VARINT_BITS = 7, VARINT_MORE = 1 << VARINT_BITS };

/* Behind it. */
static inline uint8_t *varint_write(uint8_t *at, uint64_t number)
{
	for (; number >= VARINT_MORE; number >>= VARINT_BITS) {
		*at++ = (uint8_t)(number | VARINT_MORE);
	}
	*at++ = (uint8_t)number;
	return at;
}

/* As well. */
static inline const uint8_t *varint_read(uint64_t *out, const uint8_t *at)
{
	unsigned shift = 0;

	for (*out = 0; *at & VARINT_MORE; shift += VARINT_BITS) {
		*out |= (uint64_t)(*at++ & (VARINT_MORE - 1U)) << shift;
	}
	*out |= (uint64_t)*at++ << shift;
	return at;
}

/* Of how far two times lie apart, whichever comes first: small where they are close. */
static inline uint64_t varint_of_difference(int64_t from, int64_t to)
{
	uint64_t difference = (uint64_t)to - (uint64_t)from;

	return difference << 1 ^ (0 - (difference >> 63));
}

static inline int64_t varint_difference_to(int64_t from, uint64_t number)
{
	return (int64_t)((uint64_t)from + (number >> 1 ^ (0 - (number & 1))));
}

#endif
