/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the first of several characters stands: sixteen at a time where the machine can.
 *
 * Data in:   borrowed text. Data out: a position, or the length. Nothing behind the text is read.
 */
#ifndef TALKPATH_TEXT_FIND_H
#define TALKPATH_TEXT_FIND_H

#include "text.h"

#ifdef __SSE2__
#include <emmintrin.h>

/* A bit for each of 16 characters that is one of four. */
static inline unsigned text_marks(__m128i block, const char of[4])
{
	__m128i found = _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(of[0])),
					 _mm_cmpeq_epi8(block, _mm_set1_epi8(of[1]))),
	    _mm_or_si128(_mm_cmpeq_epi8(block, _mm_set1_epi8(of[2])),
		_mm_cmpeq_epi8(block, _mm_set1_epi8(of[3]))));

	return (unsigned)_mm_movemask_epi8(found);
}

/* The 1 to 15 characters of a text at the beginning of a block, zeros behind them. */
static inline __m128i text_short_block(struct text t)
{
	uint64_t low = 0, high = 0;

	if (t.length >= 8) {
		memcpy(&low, t.at, 8);
		memcpy(&high, t.at + t.length - 8, 8);
		high = t.length > 8 ? high >> (16 - t.length) * 8 : 0;
	} else if (t.length >= 4) {
		uint32_t first, last;

		memcpy(&first, t.at, 4);
		memcpy(&last, t.at + t.length - 4, 4);
		low = first | (uint64_t)last << (t.length - 4) * 8;
	} else {
		for (size_t i = 0; i < t.length; i++) {
			low |= (uint64_t)(unsigned char)t.at[i] << i * 8;
		}
	}
	return _mm_set_epi64x((long long)high, (long long)low);
}

/* Not for NUL. */
static inline size_t text_find_any(struct text t, const char of[4])
{
	size_t i = 0;
	unsigned marks = 0;

	for (; t.length - i >= 16 && !marks; i += 16) {
		marks = text_marks(_mm_loadu_si128((const __m128i *)(t.at + i)), of);
	}
	if (marks) {
		return i - 16 + (size_t)__builtin_ctz(marks);
	}
	marks = i < t.length ? text_marks(text_short_block(text_from(t, i)), of) : 0;
	return marks ? i + (size_t)__builtin_ctz(marks) : t.length;
}

#else

static inline size_t text_find_any(struct text t, const char of[4])
{
	size_t i = 0;

	while (i < t.length && !memchr(of, t.at[i], 4)) {
		i++;
	}
	return i;
}

#endif
#endif
