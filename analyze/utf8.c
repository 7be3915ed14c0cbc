/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include "text_find.h"
#include "utf8_sequence.h"

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

size_t utf8_length(struct text text)
{
	size_t length = 0;

	if (utf8_is_plain(text)) {
		return text.length;
	}
	while (text.length > 0) {
		size_t n = utf8_sequence(text);

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
		size_t n = utf8_sequence(text);
		struct text piece = n ? (struct text){text.at, n} : replacement;

		memcpy(out, piece.at, piece.length);
		out += piece.length;
		text = text_from(text, n ? n : 1);
	}
	return out;
}
