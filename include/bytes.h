/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bounded cursor through which every octet of input is read.
 *
 * Data in:   a borrowed span of octets, never NUL-terminated, never owned.
 * Data out:  pointers into that span, or NULL where it is too short.
 * Limits:    none of its own; lengths are compared as `n > left`, so no sum can wrap.
 *
 * A length field makes a child cursor (bytes_child): what is parsed inside it cannot
 * reach its neighbour.
 */
#ifndef TALKPATH_BYTES_H
#define TALKPATH_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct bytes {
	const uint8_t *at;
	const uint8_t *end;
};

static inline struct bytes bytes_of(const void *data, size_t length)
{
	const uint8_t *at = data;

	return (struct bytes){at, length ? at + length : at};
}

static inline size_t bytes_left(const struct bytes *b)
{
	return (size_t)(b->end - b->at);
}

/* The next n octets, or NULL (and the cursor stays) where fewer are left. */
static inline const uint8_t *bytes_take(struct bytes *b, size_t n)
{
	const uint8_t *taken = b->at;

	if (n > bytes_left(b)) {
		return NULL;
	}
	b->at += n;
	return taken;
}

static inline bool bytes_skip(struct bytes *b, size_t n)
{
	return n == 0 || bytes_take(b, n) != NULL;
}

/* A cursor over the next n octets; the parent moves behind them. */
static inline bool bytes_child(struct bytes *b, size_t n, struct bytes *child)
{
	if (n > bytes_left(b)) {
		return false;
	}
	*child = (struct bytes){b->at, b->at + n};
	b->at += n;
	return true;
}

/* Loaders for fixed headers that bytes_take has checked. */
static inline uint16_t load_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t load_be24(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static inline uint32_t load_be32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap32(v);
}

static inline uint64_t load_be64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return __builtin_bswap64(v);
}

static inline uint16_t load_le16(const uint8_t *p)
{
	return (uint16_t)(p[1] << 8 | p[0]);
}

static inline uint32_t load_le32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
    "the loaders are written for little-endian machines");

#endif
