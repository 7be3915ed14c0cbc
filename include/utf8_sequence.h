/* SPDX-License-Identifier: Apache-2.0 */
/* What is valid UTF-8 (RFC 3629), and may stand in a string of ours: NUL may not. */
#ifndef TALKPATH_UTF8_SEQUENCE_H
#define TALKPATH_UTF8_SEQUENCE_H

#include "text.h"

/* Length of the sequence at t's beginning, or 0 where there is none; t must not be empty. */
static inline size_t utf8_sequence(struct text t)
{
	const unsigned char *p = (const unsigned char *)t.at;
	size_t length;

	if (p[0] < 0x80) {
		return p[0] ? 1 : 0;
	}
	length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	if (p[0] < 0xc2 || p[0] > 0xf4 || t.length < length) {
		return 0;
	}
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80) {
			return 0;
		}
	}
	/* Overlong forms, surrogates, and what lies beyond Unicode. */
	if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
	    (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
		return 0;
	}
	return length;
}

static inline bool utf8_is_valid(struct text t)
{
	while (t.length > 0) {
		size_t n = utf8_sequence(t);

		if (n == 0) {
			return false;
		}
		t = text_from(t, n);
	}
	return true;
}

#endif
