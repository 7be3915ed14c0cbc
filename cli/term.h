/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing for people: escaped, perhaps coloured, wrapped.
 */
#ifndef TALKPATH_TERM_H
#define TALKPATH_TERM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum term_style { STYLE_PLAIN, STYLE_BOLD, STYLE_DIM, STYLE_RED, STYLE_YELLOW, STYLE_GREEN };

struct term {
	FILE *out;
	bool colour;
	unsigned width; /* columns */
};

/* Colour and width where `out` is a terminal that wants them (NO_COLOR, TERM=dumb). */
void term_init(struct term *term, FILE *out);

/* The text between the codes of a style, or alone. */
void term_put(const struct term *term, enum term_style style, const char *text);

/*
 * Text from the wire: control characters, and those that turn the direction of writing, are
 * shown as <U+001B>, so that a display name cannot drive the terminal.
 */
void term_put_foreign(const struct term *term, const char *text);

/* Wrapped at the width, `indent` columns in; the first line begins where the cursor stands. */
void term_put_wrapped(const struct term *term, unsigned indent, const char *text);

/* The same, where the first line begins at a column of its own. */
void term_put_wrapped_from(
    const struct term *term, unsigned indent, unsigned column, const char *text);

/* Of a capture's path only the last part: the whole stands elsewhere. */
const char *term_file_name(const char *path);

/* "1,234,567" */
const char *term_number(uint64_t number, char out[32]);

#endif
