/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include "expect.h"
#include "guarded.h"

enum { LENGTH_MAX = 50 };

/* One octet in a text of ASCII, at each place in texts of each length. */
static void expect_plain(char octet, bool plain)
{
	for (size_t length = 1; length <= LENGTH_MAX; length++) {
		for (size_t i = 0; i < length; i++) {
			char text[LENGTH_MAX];
			struct bytes in;

			memset(text, 'x', sizeof(text));
			text[i] = octet;
			in = guarded(text, length);
			cr_expect_eq(utf8_is_plain((struct text){(const char *)in.at, length}),
			    plain, "%02x at %zu of %zu", (unsigned char)octet, i, length);
		}
	}
}

Test(utf8, plain_is_ascii_without_nul)
{
	for (int octet = 0; octet < 256; octet++) {
		expect_plain((char)octet, octet > 0 && octet < 128);
	}
	cr_expect(utf8_is_plain(TEXT_NONE));
}
