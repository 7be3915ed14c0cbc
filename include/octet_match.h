/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Eight octets compared with one, at once: bit i of the answer is set where octet i is equal.
 */
#ifndef TALKPATH_OCTET_MATCH_H
#define TALKPATH_OCTET_MATCH_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { OCTET_MATCH = 8 };

static const uint64_t octet_match_each = 0x0101010101010101U;

/* On any machine. */
static inline uint8_t octet_match_portable(const uint8_t octets[OCTET_MATCH], uint8_t wanted)
{
	const uint64_t low_bits = 0x7f * octet_match_each;
	uint64_t word = 0;

	for (unsigned i = 0; i < OCTET_MATCH; i++) {
		word |= (uint64_t)octets[i] << 8 * i;
	}
	word ^= octet_match_each * wanted;
	/* The high bit of each octet that is zero, and of no other: a carry stays in its octet. */
	word = ~(((word & low_bits) + low_bits) | word | low_bits);
	return (uint8_t)((word >> 7) * 0x0102040810204080U >> 56);
}

static inline uint8_t octet_match(const uint8_t octets[OCTET_MATCH], uint8_t wanted)
{
#ifdef __SSE2__
	__m128i all = _mm_loadl_epi64((const __m128i *)(const void *)octets);
	__m128i each = _mm_cvtsi64_si128((int64_t)(octet_match_each * wanted));

	return (uint8_t)_mm_movemask_epi8(_mm_cmpeq_epi8(all, each));
#else
	return octet_match_portable(octets, wanted);
#endif
}

#endif
