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

static inline bool text_equal(struct text a, struct text b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.at, b.at, a.length) == 0);
}

static inline bool text_equal_nocase(struct text a, struct text b)
{
	if (a.length != b.length || (a.length && text_lower(*a.at) != text_lower(*b.at))) {
		return false;
	}
	if (text_equal(a, b)) { /* mostly it is written as it should be */
		return true;
	}
	for (size_t i = 0; i < a.length; i++) {
		if (text_lower(a.at[i]) != text_lower(b.at[i])) {
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
	while (t.length > 0 && text_is_space(t.at[0])) {
		t.at++;
		t.length--;
	}
	while (t.length > 0 && text_is_space(t.at[t.length - 1])) {
		t.length--;
	}
	return t;
}

/* Where c first stands, or the length if nowhere. */
static inline size_t text_find(struct text t, char c)
{
	const char *found = t.length ? memchr(t.at, c, t.length) : NULL;

	return found ? (size_t)(found - t.at) : t.length;
}

/* Cut the text before the first c; *rest begins behind it (empty if there is none). */
static inline struct text text_cut(struct text t, char c, struct text *rest)
{
	size_t n = text_find(t, c);

	*rest = n < t.length ? text_from(t, n + 1) : text_from(t, t.length);
	return (struct text){t.at, n};
}

/* The next word of t, set apart by blanks; t moves behind it. Empty at the end. */
static inline struct text text_word(struct text *t)
{
	struct text word;
	size_t n = 0;

	while (t->length > 0 && text_is_space(t->at[0])) {
		*t = text_from(*t, 1);
	}
	while (n < t->length && !text_is_space(t->at[n])) {
		n++;
	}
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
		if (digit > max || n > (max - digit) / 10) {
			return false;
		}
		n = n * 10 + digit;
	}
	*value = n;
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
