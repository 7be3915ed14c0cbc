/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include "text_find.h"
#include "utf8_sequence.h"

static const struct text replacement = {"\xef\xbf\xbd", 3}; /* U+FFFD */

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
