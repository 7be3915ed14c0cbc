/* SPDX-License-Identifier: Apache-2.0 */
#include "published.h"

#include <stdlib.h>
#include <string.h>

enum { WORD_BITS = 64, WORDS_MIN = 64 };

/* "f12" */
static size_t number_of(const struct tp_finding *finding)
{
	return (size_t)strtoul(finding->id + 1, NULL, 10);
}

static bool room_make(struct published *p, size_t words)
{
	size_t wanted = words > 2 * p->words ? words + WORDS_MIN : 2 * p->words;
	uint64_t *bits;

	if (words <= p->words) {
		return true;
	}
	bits = realloc(p->bits, wanted * sizeof(*bits));
	if (!bits) {
		return false;
	}
	memset(bits + p->words, 0, (wanted - p->words) * sizeof(*bits));
	p->bits = bits;
	p->words = wanted;
	return true;
}

void published_note(struct published *p, const struct tp_finding *finding)
{
	size_t number = number_of(finding);

	if (room_make(p, number / WORD_BITS + 1)) {
		p->bits[number / WORD_BITS] |= (uint64_t)1 << number % WORD_BITS;
	}
}

bool published_has(const struct published *p, const struct tp_finding *finding)
{
	size_t number = number_of(finding);

	return number / WORD_BITS < p->words &&
	       (p->bits[number / WORD_BITS] >> number % WORD_BITS & 1) != 0;
}

void published_free(struct published *p)
{
	free(p->bits);
	*p = (struct published){0};
}
