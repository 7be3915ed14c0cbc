/* SPDX-License-Identifier: Apache-2.0 */
/* Long inputs, put together piece by piece. */
#ifndef TALKPATH_TEST_APPEND_H
#define TALKPATH_TEST_APPEND_H

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* size: octets at text, its NUL included. Aborts where they do not suffice. */
__attribute__((format(printf, 3, 4))) static inline void append(
    char *text, size_t size, const char *format, ...)
{
	size_t at = strlen(text);
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = vsnprintf(text + at, size - at, format, arguments);
	va_end(arguments);
	if (length < 0 || (size_t)length >= size - at) {
		abort();
	}
}

#endif
