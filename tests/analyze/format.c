/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of a format says what printf says, and where it cannot printf says it. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "format.h"

__attribute__((format(printf, 1, 2))) static void expect_same(const char *format, ...)
{
	char wanted[64], is[64];
	va_list arguments, again;

	for (size_t size = 1; size <= sizeof(is); size++) {
		int length;

		va_start(arguments, format);
		va_copy(again, arguments);
		memset(is, '?', sizeof(is));
		length = vsnprintf(wanted, size, format, again);
		cr_expect_eq(format_text(is, size, format, arguments), length, "%s", format);
		cr_expect_str_eq(is, wanted, "%s in %zu", format, size);
		va_end(again);
		va_end(arguments);
	}
}

Test(format, says_what_printf_says)
{
	expect_same("plain");
	expect_same("%s", "");
	expect_same("its %s names %s (frame %u)", "Via", "192.0.2.1", 4711U);
	expect_same("%u%u%s%u", 0U, UINT32_MAX, "x", 10U);
	expect_same("%s, and something behind it", "a word");
}

Test(format, leaves_to_printf_what_it_does_not_know)
{
	expect_same("100 %% of %s", "it");
	expect_same("%s %d", "minus", -1);
	expect_same("%5.1f ms, %s", 2.25, "late");
	expect_same("%04x and %s", 0xabU, "more");
}

__attribute__((format(printf, 1, 2))) static int length_of(const char *format, ...)
{
	va_list arguments;
	int length;

	va_start(arguments, format);
	length = format_text(NULL, 0, format, arguments);
	va_end(arguments);
	return length;
}

Test(format, without_room_there_is_the_length_alone)
{
	cr_expect_eq(length_of("four"), 4);
	cr_expect_eq(length_of("%s and %u", "one", 2U), 9);
}
