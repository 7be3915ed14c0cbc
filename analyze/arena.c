/* SPDX-License-Identifier: Apache-2.0 */
#include "arena.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "format.h"
#include "utf8.h"

/* Chunks grow with a quarter of what the arena holds: most hold little, and there are many. */
enum { CHUNK_MIN = 112, CHUNK_MAX = 4000, CHUNKS_TRIED = 6, ARENA_ALIGNMENT = 8 };

struct arena_chunk {
	struct arena_chunk *next;
	uint32_t size, used; /* octets of data */
	_Alignas(ARENA_ALIGNMENT) char data[];
};

static size_t aligned(size_t octets, size_t alignment)
{
	return (octets + alignment - 1) & ~(alignment - 1);
}

static size_t chunk_size(size_t taken, size_t octets)
{
	size_t size = taken / 4;

	size = size < CHUNK_MIN ? CHUNK_MIN : size < CHUNK_MAX ? size : CHUNK_MAX;
	return aligned(octets > size ? octets : size, ARENA_ALIGNMENT);
}

static struct arena_chunk *chunk_add(struct arena *arena, size_t size)
{
	size_t octets = sizeof(struct arena_chunk) + size;
	struct arena_chunk *chunk = arena->slab ? slab_take(arena->slab, octets) : malloc(octets);

	if (chunk) {
		chunk->size = (uint32_t)size;
		chunk->used = 0;
		chunk->next = arena->chunks;
		arena->chunks = chunk;
	}
	return chunk;
}

static bool has_room(const struct arena_chunk *chunk, size_t octets, size_t alignment)
{
	return aligned(chunk->used, alignment) + octets <= chunk->size;
}

/* One of the newest chunks with room: small things fill what big ones left. */
static struct arena_chunk *chunk_with_room(
    const struct arena *arena, size_t octets, size_t alignment)
{
	struct arena_chunk *chunk = arena->chunks;

	for (int i = 0; i < CHUNKS_TRIED && chunk; i++, chunk = chunk->next) {
		if (has_room(chunk, octets, alignment)) {
			return chunk;
		}
	}
	return NULL;
}

void arena_expect(struct arena *arena, size_t octets)
{
	if (octets <= CHUNK_MAX && !chunk_with_room(arena, octets, ARENA_ALIGNMENT)) {
		(void)chunk_add(arena, aligned(octets, ARENA_ALIGNMENT));
	}
}

static void *take(struct arena *arena, size_t octets, size_t alignment)
{
	size_t limit = arena->limit ? arena->limit : ARENA_LIMIT;
	struct arena_chunk *chunk;

	if (octets > limit || arena->taken > limit - octets) {
		arena->refused = true;
		return NULL;
	}
	chunk = chunk_with_room(arena, octets, alignment);
	if (!chunk) {
		chunk = chunk_add(arena, chunk_size(arena->taken, octets));
	}
	if (!chunk) {
		arena->refused = true;
		return NULL;
	}
	arena->taken += (uint32_t)octets;
	chunk->used = (uint32_t)(aligned(chunk->used, alignment) + octets);
	return chunk->data + chunk->used - octets;
}

void *arena_take(struct arena *arena, size_t octets)
{
	void *taken = take(arena, aligned(octets, ARENA_ALIGNMENT), ARENA_ALIGNMENT);

	return taken ? memset(taken, 0, octets) : NULL;
}

void *arena_list(struct arena *arena, void *list, size_t count, size_t octets)
{
	void *copy;

	if (count & (count - 1)) {
		return list;
	}
	copy = arena_take(arena, (count ? count * 2 : 1) * octets);
	if (copy && count > 0) {
		memcpy(copy, list, count * octets);
	}
	return copy;
}

const char *arena_texts(struct arena *arena, const struct text *texts, unsigned count)
{
	static const char nothing[ARENA_TEXTS_MAX];
	size_t octets = count;
	char *copy, *end;

	for (unsigned i = 0; i < count; i++) {
		octets += utf8_is_plain(texts[i]) ? texts[i].length : utf8_length(texts[i]);
	}
	copy = end = take(arena, octets, 1);
	if (!copy) {
		return nothing;
	}
	for (unsigned i = 0; i < count; i++) {
		end = utf8_put(end, texts[i]);
		*end++ = '\0';
	}
	return copy;
}

const char *arena_text(struct arena *arena, struct text text)
{
	return arena_texts(arena, &text, 1);
}

const char *arena_format(struct arena *arena, const char *format, ...)
{
	va_list arguments;
	char brief[256], *out;
	int length;

	va_start(arguments, format);
	length = format_text(brief, sizeof(brief), format, arguments);
	va_end(arguments);
	out = length >= 0 ? take(arena, (size_t)length + 1, 1) : NULL;
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
	while (arena->chunks) {
		struct arena_chunk *chunk = arena->chunks;

		arena->chunks = chunk->next;
		if (arena->slab) {
			slab_give(arena->slab, chunk, sizeof(*chunk) + chunk->size);
		} else {
			free(chunk);
		}
	}
	arena->taken = 0;
}

void arena_reset(struct arena *arena)
{
	if (!arena->chunks || arena->chunks->next) {
		arena_free(arena);
		return;
	}
	arena->chunks->used = 0;
	arena->taken = 0;
}
