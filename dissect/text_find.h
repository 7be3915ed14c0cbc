/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the first of several characters stands: eight at a time.
 *
 * Data in:   borrowed text. Data out: a position, or the length. Nothing behind the text is read.
 */
#ifndef TALKPATH_TEXT_FIND_H
#define TALKPATH_TEXT_FIND_H

#include "text.h"

/* The high bit of each octet that is c; above the first one it may be set where it should not. */
static inline uint64_t text_marks(uint64_t eight, char c)
{
	const uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
	uint64_t zero = eight ^ ones * (unsigned char)c;

	return (zero - ones) & ~zero & tops;
}

/* Not for NUL. */
static inline size_t text_find_any(struct text t, const char of[4])
{
	for (size_t i = 0; i < t.length; i += 8) {
		uint64_t eight = text_eight(text_from(t, i));
		uint64_t marks = text_marks(eight, of[0]) | text_marks(eight, of[1]) |
				 text_marks(eight, of[2]) | text_marks(eight, of[3]);

		if (marks) {
			return i + (size_t)__builtin_ctzll(marks) / 8;
		}
	}
	return t.length;
}

#endif
