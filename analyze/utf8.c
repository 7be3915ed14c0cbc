/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include "text_find.h"

static const struct text replacement = {"\xef\xbf\xbd", 3}; /* U+FFFD */

/* The top bit of octets that are no characters of ASCII, or NUL. */
static uint64_t strange(uint64_t eight)
{
	static const uint64_t ones = 0x0101010101010101U;

	return (eight - ones) | eight; /* above ASCII, or NUL borrowed */
}

bool utf8_is_plain(struct text t)
{
	static const uint64_t tops = 0x8080808080808080U, blanks = 0x2020202020202020U;
	uint64_t found = 0, eight;

	if (t.length < 8) {
		/* Behind the text anything that is one. */
		return (strange(text_eight(t) | blanks << t.length * 8) & tops) == 0;
	}
	for (size_t i = 0; i + 8 < t.length; i += 8) {
		memcpy(&eight, t.at + i, 8);
		found |= strange(eight);
	}
	memcpy(&eight, t.at + t.length - 8, 8);
	return ((found | strange(eight)) & tops) == 0;
}

/* Length of the UTF-8 sequence at t's beginning (RFC 3629), or 0 where there is none. */
static size_t sequence_length(struct text t)
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

size_t utf8_length(struct text text)
{
	size_t length = 0;

	if (utf8_is_plain(text)) {
		return text.length;
	}
	while (text.length > 0) {
		size_t n = sequence_length(text);

		length += n ? n : replacement.length;
		text = text_from(text, n ? n : 1);
	}
	return length;
}

char *utf8_put(char *out, struct text text)
{
	if (utf8_is_plain(text)) {
		if (text.length > 0) {
			memcpy(out, text.at, text.length);
		}
		return out + text.length;
	}
	while (text.length > 0) {
		size_t n = sequence_length(text);
		struct text piece = n ? (struct text){text.at, n} : replacement;

		memcpy(out, piece.at, piece.length);
		out += piece.length;
		text = text_from(text, n ? n : 1);
	}
	return out;
}
