/* SPDX-License-Identifier: Apache-2.0 */
#include "phrases.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct phrases all;

static void end(void)
{
	arena_free(&all.text);
	memset(&all, 0, sizeof(all));
}

TestSuite(phrases, .fini = end);

Test(phrases, kept_once)
{
	const char *ok = phrase_keep(&all, 7, TEXT("OK"));
	char again[] = "OK";

	cr_assert_not_null(ok);
	cr_expect_str_eq(ok, "OK");
	cr_expect_eq(phrase_keep(&all, 7, text_of(again)), ok);
	cr_expect_str_eq(phrase_keep(&all, 7, TEXT("Unauthorized")), "Unauthorized");
}

/* What would be another string here is left to whoever needs it. */
Test(phrases, not_kept)
{
	char long_one[PHRASE_OCTETS_MAX + 1];

	memset(long_one, 'a', sizeof(long_one));
	cr_expect_null(phrase_keep(&all, 7, (struct text){long_one, sizeof(long_one)}));
	cr_expect_null(phrase_keep(&all, 7, TEXT("\xff no UTF-8")));
	cr_expect_null(phrase_keep(&all, 7, TEXT("\xff no UTF-8")));
}

/* However many there are: what is told is the string that was given. */
Test(phrases, bounded)
{
	unsigned kept = 0;
	char text[16];

	for (unsigned i = 0; i < 10000; i++) {
		const char *at;

		(void)snprintf(text, sizeof(text), "Phone %u", i);
		at = phrase_keep(&all, 7, text_of(text));
		if (at) {
			cr_assert_str_eq(at, text);
			kept++;
		}
	}
	cr_expect_leq(kept, PHRASES_MAX);
	cr_expect_geq(kept, PHRASES_MAX / 2);
}
