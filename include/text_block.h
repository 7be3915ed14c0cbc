/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sixteen characters at once: a function answers with a bit for each of them, or for all.
 *
 * Data in:   TEXT_BLOCK readable characters, wherever they stand.
 * Limits:    SSE2, which every x86-64 has; elsewhere the same, one character after the other.
 */
#ifndef TALKPATH_TEXT_BLOCK_H
#define TALKPATH_TEXT_BLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

enum { TEXT_BLOCK = 16, TEXT_BLOCKS = 64 };

#ifdef __SSE2__

#include <emmintrin.h>

static inline __m128i text_block_load(const char *at)
{
	return _mm_loadu_si128((const __m128i *)(const void *)at);
}

/* Which are c. */
static inline unsigned text_block_which(const char *at, char c)
{
	return (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(text_block_load(at), _mm_set1_epi8(c)));
}

/* Which are ';' or ',' or what protects these in a SIP value: '"', '<', '\\'. */
static inline unsigned text_block_marks(const char *at)
{
	__m128i block = text_block_load(at);
	/* ',' and '<' differ in one bit. */
	__m128i joined =
	    _mm_cmpeq_epi8(_mm_or_si128(block, _mm_set1_epi8(',' ^ '<')), _mm_set1_epi8(',' | '<'));
	__m128i marks = _mm_or_si128(
	    _mm_cmpeq_epi8(block, _mm_set1_epi8(';')), _mm_cmpeq_epi8(block, _mm_set1_epi8('"')));
	__m128i escape = _mm_cmpeq_epi8(block, _mm_set1_epi8('\\'));

	return (unsigned)_mm_movemask_epi8(_mm_or_si128(_mm_or_si128(joined, marks), escape));
}

/* Which are letters, digits, '-' or '.'. */
static inline unsigned text_block_words(const char *at)
{
	/* Moved up until its last character is 0x7f, a range is what is greater than a number. */
	const __m128i top_z = _mm_set1_epi8(0x7f - 'z'), top_9 = _mm_set1_epi8(0x7f - '9');
	__m128i block = text_block_load(at);
	__m128i lower = _mm_or_si128(block, _mm_set1_epi8(0x20));
	__m128i letter = _mm_cmpgt_epi8(_mm_add_epi8(lower, top_z), _mm_set1_epi8(0x7f - 26));
	__m128i other = _mm_cmpgt_epi8(_mm_add_epi8(block, top_9), _mm_set1_epi8(0x7f - 13));
	__m128i slash = _mm_cmpeq_epi8(block, _mm_set1_epi8('/'));
	__m128i word = _mm_or_si128(letter, _mm_andnot_si128(slash, other));

	return (unsigned)_mm_movemask_epi8(word);
}

/* Are all of ASCII, and none of them NUL? */
static inline bool text_block_is_plain(const char *at)
{
	__m128i above_nul = _mm_cmpgt_epi8(text_block_load(at), _mm_setzero_si128());

	return _mm_movemask_epi8(above_nul) == 0xffff;
}

/*
 * Which are those of a name in lower case, in any case: a letter and its other case differ in the
 * bit 0x20. Of what stands in the name only letters may have the bit 0x40.
 */
static inline unsigned text_block_same(const char *at, const char *name)
{
	__m128i wanted = text_block_load(name);
	__m128i folds = _mm_srli_epi16(_mm_and_si128(wanted, _mm_set1_epi8(0x40)), 1);

	return (unsigned)_mm_movemask_epi8(
	    _mm_cmpeq_epi8(_mm_or_si128(text_block_load(at), folds), wanted));
}

#else

static inline unsigned text_block_which(const char *at, char c)
{
	unsigned which = 0;

	for (unsigned i = 0; i < TEXT_BLOCK; i++) {
		which |= (unsigned)(at[i] == c) << i;
	}
	return which;
}

static inline unsigned text_block_marks(const char *at)
{
	unsigned which = 0;

	for (unsigned i = 0; i < TEXT_BLOCK; i++) {
		which |= (unsigned)(at[i] && strchr(";,\"<\\", at[i])) << i;
	}
	return which;
}

static inline unsigned text_block_words(const char *at)
{
	unsigned which = 0;

	for (unsigned i = 0; i < TEXT_BLOCK; i++) {
		unsigned char c = (unsigned char)at[i], lower = c | 0x20;
		bool word = (lower >= 'a' && lower <= 'z') || (c >= '-' && c <= '9' && c != '/');

		which |= (unsigned)word << i;
	}
	return which;
}

static inline bool text_block_is_plain(const char *at)
{
	bool plain = true;

	for (unsigned i = 0; i < TEXT_BLOCK; i++) {
		plain &= at[i] != '\0' && !(at[i] & 0x80);
	}
	return plain;
}

static inline unsigned text_block_same(const char *at, const char *name)
{
	unsigned which = 0;

	for (unsigned i = 0; i < TEXT_BLOCK; i++) {
		which |= (unsigned)((at[i] | (name[i] & 0x40) >> 1) == name[i]) << i;
	}
	return which;
}

#endif

/* Less than a block, as far as it is there, and zeros behind it. */
static inline const char *text_block_last(char last[TEXT_BLOCK], const char *at, const char *end)
{
	memset(last, 0, TEXT_BLOCK);
	if (at < end) {
		memcpy(last, at, (size_t)(end - at));
	}
	return last;
}

/* Of four blocks which are c. */
static inline uint64_t text_blocks_which(const char *at, char c)
{
	uint64_t low = text_block_which(at, c) | text_block_which(at + TEXT_BLOCK, c) << TEXT_BLOCK;
	uint64_t high = text_block_which(at + TEXT_BLOCKS / 2, c) |
			text_block_which(at + TEXT_BLOCKS / 2 + TEXT_BLOCK, c) << TEXT_BLOCK;

	return low | high << TEXT_BLOCKS / 2;
}

/*
 * The same of the octets up to `end`, which are fewer; those from `readable` on may be read. Where
 * that is enough, the last four blocks are looked at, and what they have too much is moved out.
 */
static inline uint64_t text_blocks_which_last(
    const char *readable, const char *at, const char *end, char c)
{
	uint64_t which = 0;

	if (at < end && end - readable >= TEXT_BLOCKS) {
		return text_blocks_which(end - TEXT_BLOCKS, c) >> (TEXT_BLOCKS - (end - at));
	}
	for (ptrdiff_t i = 0; i < end - at; i++) {
		which |= (uint64_t)(at[i] == c) << i;
	}
	return which;
}

#endif
