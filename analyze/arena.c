/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Chunks grow with what the arena holds: most hold little, and there are many. */
enum { CHUNK_MIN = 240, CHUNK_MAX = 4000 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	_Alignas(16) unsigned char data[];
};

static size_t chunk_size(size_t taken, size_t octets)
{
	size_t size = taken < CHUNK_MIN ? CHUNK_MIN : taken < CHUNK_MAX ? taken : CHUNK_MAX;

	return octets > size ? octets : size;
}

static bool chunk_add(struct arena *arena, size_t octets)
{
	size_t size = chunk_size(arena->taken, octets);
	struct arena_budget *budget = arena->budget;
	struct arena_chunk *chunk;

	if (budget && budget->held + size > budget->limit) {
		return false;
	}
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk) {
		return false;
	}
	if (budget) {
		budget->held += size;
	}
	chunk->size = size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return true;
}

void *arena_take(struct arena *arena, size_t octets)
{
	size_t limit = arena->limit ? arena->limit : ARENA_LIMIT;
	struct arena_chunk *chunk = arena->chunks;
	void *taken;

	if (octets > limit || arena->taken > limit - octets) {
		arena->refused++;
		return NULL;
	}
	octets = (octets + 15) / 16 * 16;
	if (!chunk || chunk->size - chunk->used < octets) {
		if (!chunk_add(arena, octets)) {
			arena->refused++;
			return NULL;
		}
		chunk = arena->chunks;
	}
	taken = chunk->data + chunk->used;
	chunk->used += octets;
	arena->taken += octets;
	return taken;
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

const char *arena_text(struct arena *arena, struct text text)
{
	static const struct text replacement = {"\xef\xbf\xbd", 3}; /* U+FFFD */
	size_t size = 1;
	char *copy, *at;

	for (struct text rest = text; rest.length > 0;) {
		size_t n = sequence_length(rest);

		size += n ? n : replacement.length;
		rest = text_from(rest, n ? n : 1);
	}
	copy = at = arena_take(arena, size);
	if (!copy) {
		return "";
	}
	while (text.length > 0) {
		size_t n = sequence_length(text);
		struct text piece = n ? (struct text){text.at, n} : replacement;

		memcpy(at, piece.at, piece.length);
		at += piece.length;
		text = text_from(text, n ? n : 1);
	}
	*at = '\0';
	return copy;
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char *out;
	int length;

	va_start(arguments, format);
	length = vsnprintf(NULL, 0, format, arguments);
	va_end(arguments);
	out = length >= 0 ? arena_take(arena, (size_t)length + 1) : NULL;
	if (!out) {
		return "";
	}
	va_start(arguments, format);
	(void)vsnprintf(out, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return out;
}

void arena_free(struct arena *arena)
{
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		if (arena->budget) {
			arena->budget->held -= arena->chunks->size;
		}
		free(arena->chunks);
		arena->chunks = next;
	}
	arena->taken = 0;
}
