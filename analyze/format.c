/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include <stdio.h>

#include "text.h"

/* Behind the text and its NUL, or -1: it does not fit, or the format has something else. */
static int plain_put(char *out, size_t size, const char *format, va_list arguments)
{
	char *at = out, digits[TEXT_NUMBER_MAX];

	while (*format) {
		struct text piece = {format, strcspn(format, "%")};

		format += piece.length;
		if (piece.length > 0) {
			/* what stands between two conversions */
		} else if (format[1] == 's') {
			piece = text_of(va_arg(arguments, const char *));
			format += 2;
		} else if (format[1] == 'u') {
			piece.at = digits;
			piece.length =
			    (size_t)(text_put_number(digits, va_arg(arguments, unsigned)) - digits);
			format += 2;
		} else {
			return -1;
		}
		if (!piece.at || piece.length >= size - (size_t)(at - out)) {
			return -1;
		}
		memcpy(at, piece.at, piece.length);
		at += piece.length;
	}
	*at = '\0';
	return (int)(at - out);
}

int format_text(char *out, size_t size, const char *format, va_list arguments)
{
	va_list again;
	int length;

	va_copy(again, arguments);
	length = size > 0 ? plain_put(out, size, format, arguments) : -1;
	if (length < 0) {
		length = vsnprintf(out, size, format, again);
	}
	va_end(again);
	return length;
}
