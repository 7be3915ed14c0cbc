/* SPDX-License-Identifier: Apache-2.0 */
#include "text.h"

#include "expect.h"
#include "guarded.h"

Test(text, of_nothing)
{
	struct text none = TEXT_NONE, rest;

	cr_expect(text_equal(none, text_of(NULL)));
	cr_expect(text_equal(none, TEXT("")));
	cr_expect(text_equal_nocase(none, TEXT("")));
	cr_expect(text_starts(none, none));
	expect_number(text_find(none, 'a'), 0);
	expect_text(text_trim(none), "");
	expect_text(text_word(&none), "");
	expect_text(text_cut(none, ';', &rest), "");
	expect_number(rest.length, 0);
	expect_number(text_from(none, 0).length, 0);
}

Test(text, equality)
{
	cr_expect(text_equal(TEXT("Via"), TEXT("Via")));
	cr_expect_not(text_equal(TEXT("Via"), TEXT("via")));
	cr_expect_not(text_equal(TEXT("Via"), TEXT("Vi")));
	cr_expect_not(text_equal(TEXT("Vi"), TEXT("Via")));
	cr_expect(text_equal_nocase(TEXT("Call-ID"), TEXT("cAll-iD")));
	cr_expect_not(text_equal_nocase(TEXT("Call-ID"), TEXT("Call-I")));
}

/* Folding is for letters: '[' is '{' with bit 5 cleared, '@' is '`', and so on. */
Test(text, case_is_folded_for_letters_alone)
{
	for (int c = 0; c < 256; c++) {
		bool upper = c >= 'A' && c <= 'Z';

		expect_number(text_lower((char)c), (char)(upper ? c - 'A' + 'a' : c));
	}
	cr_expect_not(text_equal_nocase(TEXT("["), TEXT("{")));
	cr_expect_not(text_equal_nocase(TEXT("@"), TEXT("`")));
	cr_expect_not(text_equal_nocase(TEXT("\xc4"), TEXT("\xe4")), "no Latin-1");
}

Test(text, prefixes)
{
	cr_expect(text_starts(TEXT("SIP/2.0 200"), TEXT("SIP/2.0")));
	cr_expect(text_starts(TEXT("SIP/2.0"), TEXT("SIP/2.0")));
	cr_expect(text_starts(TEXT("SIP/2.0"), TEXT("")));
	cr_expect_not(text_starts(TEXT("SIP/2."), TEXT("SIP/2.0")));
	cr_expect_not(text_starts(TEXT("sip/2.0"), TEXT("SIP/2.0")));
	cr_expect(text_starts_nocase(TEXT("sip/2.0 200"), TEXT("SIP/2.0")));
	cr_expect_not(text_starts_nocase(TEXT("sip/2."), TEXT("SIP/2.0")));
}

Test(text, trimming_takes_folds_too)
{
	expect_text(text_trim(TEXT("  a b\t")), "a b");
	expect_text(text_trim(TEXT("\r\n  a\r\n")), "a");
	expect_text(text_trim(TEXT(" \t\r\n ")), "");
	expect_text(text_trim(TEXT("a")), "a");
	expect_text(text_trim(TEXT("\va\f")), "\va\f");
}

Test(text, finding_and_cutting)
{
	struct text rest;

	expect_number(text_find(TEXT("a=b"), '='), 1);
	expect_number(text_find(TEXT("a=b"), '?'), 3);
	expect_text(text_cut(TEXT("a=b=c"), '=', &rest), "a");
	expect_text(rest, "b=c");
	expect_text(text_cut(TEXT("abc"), '=', &rest), "abc");
	expect_text(rest, "");
	expect_text(text_cut(TEXT("abc="), '=', &rest), "abc");
	expect_text(rest, "");
	expect_text(text_cut(TEXT("=abc"), '=', &rest), "");
	expect_text(rest, "abc");
}

/* Callers give the address of the text itself to take its rest. */
Test(text, cutting_a_text_into_its_own_rest)
{
	struct text t = TEXT("SIP/2.0/UDP");

	expect_text(text_cut(t, '/', &t), "SIP");
	expect_text(text_cut(t, '/', &t), "2.0");
	expect_text(text_cut(t, '/', &t), "UDP");
	expect_text(t, "");
}

Test(text, words)
{
	struct text t = TEXT(" IN\tIP4 \r\n 192.0.2.1 ");

	expect_text(text_word(&t), "IN");
	expect_text(text_word(&t), "IP4");
	expect_text(text_word(&t), "192.0.2.1");
	expect_text(text_word(&t), "");
	expect_number(t.length, 0);
}

Test(text, numbers)
{
	uint64_t value = 1;

	cr_expect(text_number(TEXT("0"), 9, &value));
	expect_number(value, 0);
	cr_expect(text_number(TEXT("00065535"), UINT16_MAX, &value));
	expect_number(value, 65535);
	cr_expect_not(text_number(TEXT("65536"), UINT16_MAX, &value));
	cr_expect_not(text_number(TEXT("655350"), UINT16_MAX, &value));
	expect_number(value, 65535);
}

Test(text, what_is_no_number)
{
	static const char *const texts[] = {
	    "", " 1", "1 ", "-1", "+1", "1a", "a", "0x10", "1.0", "1e3", "/", ":"};
	uint64_t value;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_not(text_number(text_of(texts[i]), UINT64_MAX, &value),
		    "\"%s\" was taken", texts[i]);
	}
}

Test(text, numbers_that_overflow)
{
	uint64_t value;

	cr_expect(text_number(TEXT("18446744073709551615"), UINT64_MAX, &value));
	cr_expect_eq(value, UINT64_MAX);
	cr_expect_not(text_number(TEXT("18446744073709551616"), UINT64_MAX, &value));
	cr_expect_not(text_number(TEXT("18446744073709551620"), UINT64_MAX, &value));
	cr_expect_not(text_number(TEXT("36893488147419103232"), UINT64_MAX, &value)); /* 2^65 */
	cr_expect(text_number(TEXT("4294967295"), UINT32_MAX, &value));
	cr_expect_not(text_number(TEXT("4294967296"), UINT32_MAX, &value));
	cr_expect_not(text_number(TEXT("4294967301"), UINT32_MAX, &value));
}

/* Every greatest value and every number around it, digits greater than the maximum too. */
Test(text, numbers_up_to_each_maximum)
{
	for (uint64_t max = 0; max <= 300; max++) {
		for (uint64_t n = 0; n <= 3200; n++) {
			char digits[24];
			uint64_t value;
			bool taken;

			(void)snprintf(digits, sizeof(digits), "%llu", (unsigned long long)n);
			taken = text_number(text_of(digits), max, &value);
			cr_assert_eq(
			    taken, n <= max, "%s up to %llu", digits, (unsigned long long)max);
			cr_assert(!taken || value == n);
		}
	}
}

/* Each octet in each place of a block. */
Test(text, blocks_of_sixteen)
{
	static const char name[] = "content-length:\0";

	for (unsigned c = 0; c < 256; c++) {
		for (unsigned at = 0; at < TEXT_BLOCK; at++) {
			char block[] = "Content-LENGTH:\0", lower = text_lower((char)c);
			bool word = (lower >= 'a' && lower <= 'z') || text_is_digit((char)c) ||
				    c == '-' || c == '.';

			block[at] = (char)c;
			cr_expect_eq(text_block_which(block, (char)c) >> at & 1, 1);
			cr_expect_eq(text_block_which(block, (char)~c) >> at & 1, 0);
			cr_expect_eq(text_block_words(block) >> at & 1, word, "%u", c);
			cr_expect_eq(
			    text_block_same(block, name) >> at & 1, lower == name[at], "%u", c);
		}
	}
	expect_number(text_block_which("a:b:............", ':'), 0xa);
	expect_number(text_block_words("sip:a@1.2.3-4;x="), 0x5fd7);
}

/* As with the plainest loop, at each length and place. */
Test(text, found_and_compared_as_by_single_characters)
{
	char text[60], other[60];

	for (size_t length = 0; length <= sizeof(text); length++) {
		struct text t = guarded_text(memset(text, 'x', sizeof(text)), length), word = t;

		expect_number(text_find(t, ':'), length);
		expect_number(text_word(&word).length, length);
		for (size_t at = 0; at < length; at++) {
			text[at] = ':';
			expect_number(text_find(guarded_text(text, length), ':'), at);
			text[at] = '\n';
			word = guarded_text(text, length);
			while (word.length > 0 && word.at[0] == '\n') {
				word = text_from(word, 1);
			}
			expect_number(text_word(&word).length, at > 0 ? at : length - 1);
			text[at] = '\x01'; /* no blank */
			word = guarded_text(text, length);
			expect_number(text_word(&word).length, length);
			text[at] = 'x';
			memset(other, 'X', sizeof(other));
			cr_expect(text_equal_nocase(
			    (struct text){text, length}, (struct text){other, length}));
			other[at] = 'Y';
			cr_expect_not(text_equal_nocase(
			    (struct text){text, length}, (struct text){other, length}));
		}
	}
	cr_expect_not(text_equal_nocase(TEXT("a@b"), TEXT("a`b")), "letters alone have case");
	cr_expect_not(text_equal_nocase(TEXT("a\xc1"), TEXT("a\xe1")), "of ASCII");
}

/* No function reads behind its text, wherever that ends. */
Test(text, texts_that_end_at_an_inaccessible_page)
{
	static const char line[] = " Via : SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK77 \t";

	for (size_t n = 0; n < sizeof(line); n++) {
		struct text t = guarded_text(line, n), rest;
		size_t words = 0;
		uint64_t value;

		cr_expect_leq(text_trim(t).length, n);
		expect_number(text_find(t, '?'), n);
		expect_number(text_cut(t, '?', &rest).length, n);
		expect_number(rest.length, 0);
		cr_expect_not(text_number(t, UINT64_MAX, &value));
		cr_expect(text_equal(t, (struct text){line, n}));
		cr_expect(text_equal_nocase(t, (struct text){line, n}));
		cr_expect_eq(text_starts(t, TEXT(" Via")), n >= 4);
		rest = t;
		while (text_word(&rest).length > 0) {
			words++;
		}
		cr_expect_leq(words, 4);
	}
}

/* The string ends where its memory does. */
Test(text, a_string_is_read_to_its_end_and_no_further)
{
	static const char octets[] = {'a', '\0', 'b', 'c', 'd', 'e', 'f', 'g'};
	const char *string = guarded_text("a", 2).at;

	cr_assert(text_is((struct text){octets, 1}, string));
	cr_assert(!text_is((struct text){octets, 2}, string));
	cr_assert(!text_is((struct text){octets, sizeof(octets)}, string));
	cr_assert(!text_is((struct text){NULL, 0}, string));
	cr_assert(text_is((struct text){NULL, 0}, string + 1));
	cr_assert(!text_is((struct text){octets + 1, sizeof(octets) - 1}, string + 1));
}
