/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a text, whose ends are looked for in TEXT_BLOCKS octets at a time.
 *
 * Data in:   borrowed octets. Data out: positions in them.
 * Inline, so that where a loop over lines stands is kept in registers.
 */
#ifndef TALKPATH_TEXT_LINES_H
#define TALKPATH_TEXT_LINES_H

#include <stdbool.h>

#include "text_block.h"

#define TEXT_LINES_INLINE __attribute__((always_inline)) static inline

struct text_lines {
	const char *at, *end; /* of what was not taken yet */
	const char *readable; /* from here on */
	const char *blocks;   /* the octets that are looked at */
	uint64_t ends;        /* of lines in them not taken yet: a bit for each octet */
};

/* Which of the octets that are looked at, of as many as there are left, end lines? */
TEXT_LINES_INLINE void text_lines_look(struct text_lines *lines, ptrdiff_t left)
{
	lines->ends = left >= TEXT_BLOCKS ? text_blocks_which(lines->blocks, '\n')
					  : text_blocks_which_last(
						lines->readable, lines->blocks, lines->end, '\n');
}

/* Up to `end`, behind what is readable from `readable` on. */
TEXT_LINES_INLINE struct text_lines text_lines_of(
    const char *readable, const char *at, const char *end)
{
	struct text_lines lines = {.at = at, .end = end, .readable = readable, .blocks = at};

	text_lines_look(&lines, end - at);
	return lines;
}

/* Where the next line ends with LF, which is taken; false where none does. */
TEXT_LINES_INLINE bool text_lines_end(struct text_lines *lines, const char **newline)
{
	while (lines->ends == 0) {
		ptrdiff_t left = lines->end - lines->blocks - TEXT_BLOCKS;

		if (left <= 0) {
			return false;
		}
		lines->blocks += TEXT_BLOCKS;
		text_lines_look(lines, left);
	}
	*newline = lines->blocks + (unsigned)__builtin_ctzll(lines->ends);
	lines->ends &= lines->ends - 1;
	lines->at = *newline + 1;
	return true;
}

#endif
