/* SPDX-License-Identifier: Apache-2.0 */
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { WIDTH_DEFAULT = 100, WIDTH_MIN = 60, WIDTH_MAX = 140 };

void term_init(struct term *term, FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *type = getenv("TERM");
	struct winsize size;
	bool terminal = isatty(fileno(out));

	*term = (struct term){.out = out, .width = WIDTH_DEFAULT};
	term->colour = terminal && !(no_colour && *no_colour) && type && strcmp(type, "dumb") != 0;
	if (terminal && ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
		term->width = size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
		term->width = term->width > WIDTH_MAX ? WIDTH_MAX : term->width;
	}
}

void term_put(const struct term *term, enum term_style style, const char *text)
{
	static const char *const codes[] = {
	    [STYLE_PLAIN] = "",
	    [STYLE_BOLD] = "\033[1m",
	    [STYLE_DIM] = "\033[2m",
	    [STYLE_RED] = "\033[31;1m",
	    [STYLE_YELLOW] = "\033[33;1m",
	    [STYLE_GREEN] = "\033[32;1m",
	};

	if (term->colour && style != STYLE_PLAIN) {
		(void)fprintf(term->out, "%s%s\033[0m", codes[style], text);
	} else {
		(void)fputs(text, term->out);
	}
}

/* One character of valid UTF-8. */
static unsigned long decode(const char *text, size_t *length)
{
	const unsigned char *p = (const unsigned char *)text;

	*length = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	switch (*length) {
	case 1:
		return p[0];
	case 2:
		return (p[0] & 0x1fUL) << 6 | (p[1] & 0x3fUL);
	case 3:
		return (p[0] & 0x0fUL) << 12 | (p[1] & 0x3fUL) << 6 | (p[2] & 0x3fUL);
	default:
		return (p[0] & 0x07UL) << 18 | (p[1] & 0x3fUL) << 12 | (p[2] & 0x3fUL) << 6 |
		       (p[3] & 0x3fUL);
	}
}

static bool is_harmful(unsigned long c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x200e || c == 0x200f ||
	       (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void term_put_foreign(const struct term *term, const char *text)
{
	while (text && *text) {
		size_t length;
		unsigned long c = decode(text, &length);

		if (is_harmful(c)) {
			(void)fprintf(term->out, "<U+%04lX>", c);
		} else {
			(void)fwrite(text, 1, length, term->out);
		}
		text += length;
	}
}

void term_put_wrapped_from(
    const struct term *term, unsigned indent, unsigned column, const char *text)
{
	bool fresh = true;

	while (*text) {
		size_t word = strcspn(text, " ");
		char piece[256];

		if (!fresh && column + 1 + word > term->width) {
			(void)fprintf(term->out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!fresh) {
			(void)fputc(' ', term->out);
			column++;
		}
		(void)snprintf(piece, sizeof(piece), "%.*s", (int)word, text);
		term_put_foreign(term, word < sizeof(piece) ? piece : "...");
		column += (unsigned)word;
		fresh = false;
		text += word;
		text += strspn(text, " ");
	}
	(void)fputc('\n', term->out);
}

void term_put_wrapped(const struct term *term, unsigned indent, const char *text)
{
	term_put_wrapped_from(term, indent, indent, text);
}

const char *term_number(uint64_t number, char out[32])
{
	char digits[24];
	int length = snprintf(digits, sizeof(digits), "%llu", (unsigned long long)number);
	char *at = out;

	for (int i = 0; i < length; i++) {
		if (i > 0 && (length - i) % 3 == 0) {
			*at++ = ',';
		}
		*at++ = digits[i];
	}
	*at = '\0';
	return out;
}

const char *term_file_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash && slash[1] ? slash + 1 : path;
}
