/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <stdlib.h>

#include "pool.h"

struct loads {
	uint16_t captures;
	struct load_second *seconds; /* LOAD_SECONDS for each capture */
};

const uint8_t load_inside[256] = {[10] = 1, [100] = 2, [127] = 1, [169] = 2, [172] = 2, [192] = 2};

static unsigned side_of(const struct address *a)
{
	return address_is_ipv4(a) ? load_side(address_ipv4(a)) : address_is_unroutable(a);
}

enum load_way load_way(const struct address *src, const struct address *dst)
{
	return (enum load_way)(side_of(src) * LOAD_UP + side_of(dst) * LOAD_DOWN);
}

static size_t seconds_octets(uint16_t captures)
{
	return sizeof(struct load_second) * LOAD_SECONDS * captures;
}

struct loads *loads_new(uint16_t captures)
{
	struct loads *loads = calloc(1, sizeof(*loads));

	if (!loads) {
		return NULL;
	}
	loads->captures = captures ? captures : 1;
	loads->seconds = memory_reserve(seconds_octets(loads->captures));
	if (!loads->seconds) {
		loads_free(loads);
		return NULL;
	}
	return loads;
}

void loads_free(struct loads *loads)
{
	if (loads) {
		memory_release(loads->seconds, seconds_octets(loads->captures));
		free(loads);
	}
}

static struct load_second *slot(const struct loads *loads, uint16_t capture, int64_t second)
{
	return &loads->seconds[(size_t)capture * LOAD_SECONDS + (uint64_t)second % LOAD_SECONDS];
}

void load_note(struct loads *loads, const struct load_notice *n)
{
	int64_t second = n->second_ns / MEDIA_SECOND_NS;
	struct load_second *s = slot(loads, n->capture, second);

	if (s->second != second) {
		*s = (struct load_second){.second = second};
	}
	for (int way = 0; way < LOAD_WAYS; way++) {
		s->octets[way] += n->octets.other[way] + n->octets.voice[way];
		s->voice[way] += n->octets.voice[way];
	}
}

const struct load_second *load_second_find(
    const struct loads *loads, uint16_t capture, int64_t second)
{
	const struct load_second *s = slot(loads, capture, second);

	return s->second == second && second != 0 ? s : NULL;
}

const struct load_second *load_seconds(const struct loads *loads, uint16_t capture)
{
	return &loads->seconds[(size_t)capture * LOAD_SECONDS];
}
