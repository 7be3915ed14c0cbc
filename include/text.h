/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Borrowed text: pointer and length, inside a packet or a static string.
 *
 * Nothing here assumes a NUL, allocates, or depends on the locale. Case is folded for
 * ASCII letters alone, as RFC 3261 section 7.3.1 asks.
 */
#ifndef TALKPATH_TEXT_H
#define TALKPATH_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "text_block.h"

struct text {
	const char *at;
	size_t length;
};

#define TEXT_NONE     ((struct text){NULL, 0})
#define TEXT(literal) ((struct text){(literal), sizeof(literal) - 1})

static inline struct text text_of(const char *string)
{
	return (struct text){string, string ? strlen(string) : 0};
}

static inline char text_lower(char c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
}

static inline bool text_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* White space of a header value; CR and LF appear there only by folding (RFC 3261 7.3.1). */
static inline bool text_is_space(char c)
{
	static const uint64_t spaces = 1ULL << ' ' | 1ULL << '\t' | 1ULL << '\r' | 1ULL << '\n';

	return (unsigned char)c <= ' ' && spaces >> c & 1;
}

/* By the length of b, which is often a literal: then no function is called. */
static inline bool text_equal(struct text a, struct text b)
{
	return a.length == b.length && (b.length == 0 || memcmp(a.at, b.at, b.length) == 0);
}

/* Of a string that was kept: measured no further than t, which may hold zeros. */
static inline bool text_is(struct text t, const char *string)
{
	return strnlen(string, t.length + 1) == t.length &&
	       (t.length == 0 || memcmp(string, t.at, t.length) == 0);
}

/* The first of up to eight characters in the lowest octet, zeros behind them. */
static inline uint64_t text_eight(struct text t)
{
	uint64_t eight = 0;

	if (t.length >= 8) {
		memcpy(&eight, t.at, 8);
	} else if (t.length >= 4) {
		uint32_t first, last;

		memcpy(&first, t.at, 4);
		memcpy(&last, t.at + t.length - 4, 4);
		eight = first | (uint64_t)last << (t.length - 4) * 8;
	} else if (t.length > 0) {
		size_t middle = t.length / 2, last = t.length - 1;

		eight = (uint64_t)(unsigned char)t.at[0] |
			(uint64_t)(unsigned char)t.at[middle] << middle * 8 |
			(uint64_t)(unsigned char)t.at[last] << last * 8;
	}
	return eight;
}

/*
 * Is it this word of at most eight letters and '-', in lower case, in any case? A letter and its
 * other case differ in the bit 0x20, and of what stands in the word only letters have the bit 0x40.
 */
static inline bool text_is_word(struct text t, uint64_t its_eight, struct text word)
{
	uint64_t wanted = text_eight(word);

	return t.length == word.length &&
	       (its_eight | (wanted & 0x4040404040404040U) >> 1) == wanted;
}

/* text_lower of eight characters. */
static inline uint64_t text_lower_eight(uint64_t eight)
{
	const uint64_t ones = 0x0101010101010101U, sevens = ones * 0x7f;
	uint64_t from_a = (eight & sevens) + ones * (0x80 - 'A');
	uint64_t above_z = (eight & sevens) + ones * (0x7f - 'Z');

	return eight | ((from_a & ~above_z & ~eight & ~sevens) >> 2);
}

__attribute__((always_inline)) static inline bool text_equal_nocase(struct text a, struct text b)
{
	if (a.length != b.length || (b.length && (*a.at | 0x20) != (*b.at | 0x20))) {
		return false;
	}
	for (size_t i = 0; i < b.length; i += 8) {
		uint64_t of_a = text_eight((struct text){a.at + i, b.length - i});
		uint64_t of_b = text_eight((struct text){b.at + i, b.length - i});

		if (of_a != of_b && text_lower_eight(of_a) != text_lower_eight(of_b)) {
			return false;
		}
	}
	return true;
}

static inline bool text_starts(struct text t, struct text prefix)
{
	return t.length >= prefix.length && text_equal((struct text){t.at, prefix.length}, prefix);
}

static inline bool text_starts_nocase(struct text t, struct text prefix)
{
	return t.length >= prefix.length &&
	       text_equal_nocase((struct text){t.at, prefix.length}, prefix);
}

/* What lies behind the first n characters; n must not exceed the length. */
static inline struct text text_from(struct text t, size_t n)
{
	return (struct text){n ? t.at + n : t.at, t.length - n}; /* NULL + 0 is undefined in C11 */
}

static inline struct text text_trim(struct text t)
{
	if (t.length == 0 ||
	    ((unsigned char)t.at[0] > ' ' && (unsigned char)t.at[t.length - 1] > ' ')) {
		return t;
	}
	while (t.length > 0 && text_is_space(t.at[0])) {
		t.at++;
		t.length--;
	}
	while (t.length > 0 && text_is_space(t.at[t.length - 1])) {
		t.length--;
	}
	return t;
}

/* Of eight characters the first one that is at most this: the lowest bit is the top one of its
 * octet. */
static inline uint64_t text_eight_upto(uint64_t eight, unsigned char most)
{
	const uint64_t ones = 0x0101010101010101U, tops = ones * 0x80;

	return (eight - ones * (most + 1U)) & ~eight & tops;
}

/* text_find in what is shorter than a block: in its first eight characters, and in its last. */
static inline size_t text_find_short(struct text t, char c)
{
	const uint64_t wanted = 0x0101010101010101U * (unsigned char)c;
	uint64_t eight, found;
	size_t i = 0;

	if (t.length < sizeof(eight)) {
		while (i < t.length && t.at[i] != c) {
			i++;
		}
		return i;
	}
	memcpy(&eight, t.at, sizeof(eight));
	found = text_eight_upto(eight ^ wanted, 0);
	if (!found) {
		i = t.length - sizeof(eight);
		memcpy(&eight, t.at + i, sizeof(eight));
		found = text_eight_upto(eight ^ wanted, 0);
	}
	return found ? i + (unsigned)__builtin_ctzll(found) / 8 : t.length;
}

/* Where c first stands, or the length if nowhere. Inline, since most of what is looked for is near.
 */
static inline size_t text_find(struct text t, char c)
{
	const char *at = t.at, *last;
	unsigned which;

	if (t.length < TEXT_BLOCK) {
		return text_find_short(t, c);
	}
	last = at + t.length - TEXT_BLOCK;
	do {
		which = text_block_which(at, c);
		if (which) {
			return (size_t)(at - t.at) + (size_t)__builtin_ctz(which);
		}
		at += TEXT_BLOCK;
	} while (at <= last);
	/* What is left is shorter than a block; in the last one nothing stands before it. */
	which = text_block_which(last, c);
	return which ? (size_t)(last - t.at) + (size_t)__builtin_ctz(which) : t.length;
}

/* Cut the text before the first c; *rest begins behind it (empty if there is none). */
static inline struct text text_cut(struct text t, char c, struct text *rest)
{
	size_t n = text_find(t, c);

	*rest = n < t.length ? text_from(t, n + 1) : text_from(t, t.length);
	return (struct text){t.at, n};
}

/* How many characters stand before the first blank: eight at a time as long as there are. */
static inline size_t text_word_length(struct text t)
{
	size_t n = 0;

	while (t.length - n >= 8) {
		uint64_t eight, low;

		memcpy(&eight, t.at + n, 8);
		low = text_eight_upto(eight, ' ');
		if (!low) {
			n += 8;
			continue;
		}
		n += (size_t)__builtin_ctzll(low) / 8;
		if (text_is_space(t.at[n])) {
			return n;
		}
		n++; /* another control character */
	}
	while (n < t.length && !text_is_space(t.at[n])) {
		n++;
	}
	return n;
}

/* The next word of t, set apart by blanks; t moves behind it. Empty at the end. */
static inline struct text text_word(struct text *t)
{
	struct text word;
	size_t n;

	while (t->length > 0 && text_is_space(t->at[0])) {
		*t = text_from(*t, 1);
	}
	n = text_word_length(*t);
	word = (struct text){t->at, n};
	*t = text_from(*t, n);
	return word;
}

/* The whole text as a decimal number no greater than max; false for anything else. */
static inline bool text_number(struct text t, uint64_t max, uint64_t *value)
{
	uint64_t n = 0;

	if (t.length == 0) {
		return false;
	}
	for (size_t i = 0; i < t.length; i++) {
		uint64_t digit;

		if (!text_is_digit(t.at[i])) {
			return false;
		}
		digit = (uint64_t)(t.at[i] - '0');
		if (n >= max / 10 && (n > max / 10 || digit > max % 10)) {
			return false;
		}
		n = n * 10 + digit;
	}
	*value = n;
	return true;
}

/* Four characters as a number; false where one of them is no digit. */
static inline bool text_four_digits(const char *at, uint32_t *value)
{
	uint32_t four, pairs;

	memcpy(&four, at, sizeof(four));
	four ^= 0x30303030;
	if ((four | (four + 0x76767676)) & 0x80808080) {
		return false;
	}
	pairs = (four * 10 + (four >> 8)) & 0x00ff00ff;
	*value = (pairs & 0xff) * 100 + (pairs >> 16);
	return true;
}

enum { TEXT_NUMBER_MAX = 10 };

/* Writes a number, and no NUL; returns where it ends, at most TEXT_NUMBER_MAX characters on. */
static inline char *text_put_number(char *out, uint32_t number)
{
	char digits[TEXT_NUMBER_MAX];
	unsigned n = 0;

	do {
		digits[n++] = (char)('0' + number % 10);
		number /= 10;
	} while (number > 0);
	while (n > 0) {
		*out++ = digits[--n];
	}
	return out;
}

#endif
