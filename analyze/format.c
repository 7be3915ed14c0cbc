/* SPDX-License-Identifier: Apache-2.0 */
#include "format.h"

#include <stdio.h>

#include "text.h"

static bool is_plain(const char *format)
{
	while ((format = strchr(format, '%'))) {
		if (format[1] != 's' && format[1] != 'u') {
			return false;
		}
		format += 2;
	}
	return true;
}

static struct text number_text(char digits[TEXT_NUMBER_MAX], unsigned number)
{
	return (struct text){digits, (size_t)(text_put_number(digits, number) - digits)};
}

int format_text(char *out, size_t size, const char *format, va_list arguments)
{
	size_t length = 0;

	if (!is_plain(format)) {
		return vsnprintf(out, size, format, arguments);
	}
	while (*format) {
		struct text piece = {format, strcspn(format, "%")};
		size_t room = length < size ? size - length - 1 : 0; /* but for the NUL */
		char digits[TEXT_NUMBER_MAX];

		format += piece.length;
		if (piece.length == 0) {
			piece = format[1] == 's' ? text_of(va_arg(arguments, const char *))
						 : number_text(digits, va_arg(arguments, unsigned));
			format += 2;
		}
		if (piece.length > 0 && room > 0) {
			memcpy(out + length, piece.at, piece.length < room ? piece.length : room);
		}
		length += piece.length;
	}
	if (size > 0) {
		out[length < size ? length : size - 1] = '\0';
	}
	return (int)length;
}
