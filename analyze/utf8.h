/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text on its way into the model: what is no valid UTF-8 (RFC 3629), or NUL, becomes U+FFFD, so
 * that every string of the model can be written as JSON. Control characters stay, escaping is the
 * writer's.
 */
#ifndef TALKPATH_UTF8_H
#define TALKPATH_UTF8_H

#include "text.h"

enum { UTF8_GROWTH = 3 }; /* octets that one of the text may become */

/* The top bit of octets that are no characters of ASCII, or NUL. */
static inline uint64_t utf8_strange(uint64_t eight)
{
	static const uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;

	return ((eight - ones) | eight) & tops; /* above ASCII, or NUL borrowed */
}

/* Is the copy the text itself: characters of ASCII, and none of them NUL? */
static inline bool utf8_is_plain(struct text t)
{
	static const uint64_t blanks = 0x2020202020202020U;
	const char *end;
	uint64_t first, last;

	if (t.length < 8) {
		/* Behind the text anything that is one. */
		return !utf8_strange(text_eight(t) | blanks << t.length * 8);
	}
	end = t.at + t.length;
	if (t.length <= TEXT_BLOCK) {
		memcpy(&first, t.at, 8);
		memcpy(&last, end - 8, 8);
		return !(utf8_strange(first) | utf8_strange(last));
	}
	for (const char *at = t.at; end - at > TEXT_BLOCK; at += TEXT_BLOCK) {
		if (!text_block_is_plain(at)) {
			return false;
		}
	}
	return text_block_is_plain(end - TEXT_BLOCK);
}

/* Octets of the copy, without a NUL. */
size_t utf8_length(struct text text);

/* Writes the copy, and no NUL; returns where it ends. */
char *utf8_put(char *out, struct text text);

#endif
