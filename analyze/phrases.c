/* SPDX-License-Identifier: Apache-2.0 */
#include "phrases.h"

#include "flow.h"

const char *phrase_keep(struct phrases *all, uint64_t key, struct text text)
{
	const char **at = &all->kept[hash_text(key, text) % PHRASES_MAX];

	if (text.length > PHRASE_OCTETS_MAX) {
		return NULL;
	}
	if (!*at) {
		*at = arena_text(&all->text, text);
	}
	/* What had to be made valid UTF-8, or found no room, is another string. */
	return text_equal(text_of(*at), text) ? *at : NULL;
}
