/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "utf8_sequence.h"

/* Chunks grow with a quarter of what the arena holds: most hold little, and there are many. */
enum { CHUNK_MIN = 176, CHUNK_MAX = 4000, CHUNKS_TRIED = 6, ARENA_ALIGNMENT = 8 };

/* Objects from the beginning of a chunk up, texts from its end down: these need no alignment. */
struct arena_chunk {
	struct arena_chunk *next;
	uint32_t objects, texts; /* where what is free begins and ends */
	_Alignas(ARENA_ALIGNMENT) unsigned char data[];
};

static size_t chunk_size(size_t taken, size_t octets)
{
	size_t size = taken / 4 / ARENA_ALIGNMENT * ARENA_ALIGNMENT;

	size = size < CHUNK_MIN ? CHUNK_MIN : size < CHUNK_MAX ? size : CHUNK_MAX;
	return octets > size ? octets : size;
}

static struct arena_chunk *chunk_add(struct arena *arena, size_t size)
{
	struct arena_budget *budget = arena->budget;
	struct arena_chunk *chunk;

	if (budget && budget->held + size > budget->limit) {
		return NULL;
	}
	chunk = calloc(1, sizeof(*chunk) + size);
	if (!chunk) {
		return NULL;
	}
	if (budget) {
		budget->held += size;
	}
	arena->held += (uint32_t)size;
	chunk->texts = (uint32_t)size;
	chunk->next = arena->chunks;
	arena->chunks = chunk;
	return chunk;
}

/* One of the newest chunks with room: small things fill what big ones left. */
static struct arena_chunk *chunk_with_room(const struct arena *arena, size_t octets)
{
	struct arena_chunk *chunk = arena->chunks;

	for (int i = 0; i < CHUNKS_TRIED && chunk; i++, chunk = chunk->next) {
		if (chunk->texts - chunk->objects >= octets) {
			return chunk;
		}
	}
	return NULL;
}

/* The chunk that so many octets are taken from, or NULL. */
static struct arena_chunk *chunk_for(struct arena *arena, size_t octets)
{
	size_t limit = arena->limit ? arena->limit : ARENA_LIMIT;
	struct arena_chunk *chunk;

	if (octets > limit || arena->taken > limit - octets) {
		arena->refused++;
		return NULL;
	}
	chunk = chunk_with_room(arena, octets);
	if (!chunk) {
		chunk = chunk_add(arena, chunk_size(arena->taken, octets));
	}
	arena->refused += chunk == NULL;
	arena->taken += chunk ? (uint32_t)octets : 0;
	return chunk;
}

void arena_expect(struct arena *arena, size_t octets)
{
	if (octets <= CHUNK_MAX && !chunk_with_room(arena, octets)) {
		(void)chunk_add(
		    arena, (octets + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT);
	}
}

void *arena_take(struct arena *arena, size_t octets)
{
	struct arena_chunk *chunk;
	void *taken;

	octets = (octets + ARENA_ALIGNMENT - 1) / ARENA_ALIGNMENT * ARENA_ALIGNMENT;
	chunk = chunk_for(arena, octets);
	if (!chunk) {
		return NULL;
	}
	taken = chunk->data + chunk->objects;
	chunk->objects += (uint32_t)octets;
	return taken;
}

static char *text_take(struct arena *arena, size_t octets)
{
	struct arena_chunk *chunk = chunk_for(arena, octets);

	if (!chunk) {
		return NULL;
	}
	chunk->texts -= (uint32_t)octets;
	return (char *)chunk->data + chunk->texts;
}

static const struct text replacement = {"\xef\xbf\xbd", 3}; /* U+FFFD */

/* Characters of ASCII, and none of them NUL. */
static bool is_plain(struct text t)
{
	static const uint64_t ones = 0x0101010101010101U, tops = 0x8080808080808080U;
	uint64_t other = 0, eight = ones;
	size_t i = 0;

	for (; t.length - i >= 8; i += 8) {
		memcpy(&eight, t.at + i, 8);
		other |= (eight - ones) | eight; /* the top bit: above ASCII, or NUL borrowed */
	}
	eight = ones;
	memcpy(&eight, t.length ? t.at + i : "", t.length - i);
	return ((other | (eight - ones) | eight) & tops) == 0;
}

/* Octets of the copy, without its end. */
static size_t copy_length(struct text text)
{
	size_t length = 0;

	while (text.length > 0) {
		size_t n = utf8_sequence(text);

		length += n ? n : replacement.length;
		text = text_from(text, n ? n : 1);
	}
	return length;
}

static void copy_valid(char *at, struct text text)
{
	while (text.length > 0) {
		size_t n = utf8_sequence(text);
		struct text piece = n ? (struct text){text.at, n} : replacement;

		memcpy(at, piece.at, piece.length);
		at += piece.length;
		text = text_from(text, n ? n : 1);
	}
}

char *arena_text_behind(struct arena *arena, size_t lead, struct text text)
{
	bool plain = is_plain(text);
	size_t length = plain ? text.length : copy_length(text);
	char *copy = text_take(arena, lead + length + 1);

	if (!copy) {
		return NULL;
	}
	if (!plain) {
		copy_valid(copy + lead, text);
	} else if (length > 0) {
		memcpy(copy + lead, text.at, length);
	}
	copy[lead + length] = '\0';
	return copy;
}

const char *arena_text(struct arena *arena, struct text text)
{
	const char *copy = arena_text_behind(arena, 0, text);

	return copy ? copy : "";
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char brief[256], *out;
	int length;

	va_start(arguments, format);
	length = vsnprintf(brief, sizeof(brief), format, arguments);
	va_end(arguments);
	out = length >= 0 ? text_take(arena, (size_t)length + 1) : NULL;
	if (!out) {
		return "";
	}
	if ((size_t)length < sizeof(brief)) {
		return memcpy(out, brief, (size_t)length + 1);
	}
	va_start(arguments, format);
	(void)vsnprintf(out, (size_t)length + 1, format, arguments);
	va_end(arguments);
	return out;
}

void arena_free(struct arena *arena)
{
	if (arena->budget) {
		arena->budget->held -= arena->held;
	}
	while (arena->chunks) {
		struct arena_chunk *next = arena->chunks->next;

		free(arena->chunks);
		arena->chunks = next;
	}
	arena->taken = arena->held = 0;
}

void arena_reset(struct arena *arena)
{
	struct arena_chunk *chunk = arena->chunks;

	if (!chunk || chunk->next) {
		arena_free(arena);
		return;
	}
	memset(chunk->data, 0, chunk->objects);
	memset(chunk->data + chunk->texts, 0, arena->held - chunk->texts);
	chunk->objects = 0;
	chunk->texts = arena->held;
	arena->taken = 0;
}
