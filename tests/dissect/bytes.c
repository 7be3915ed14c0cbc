/* SPDX-License-Identifier: Apache-2.0 */
#include "bytes.h"

#include "expect.h"
#include "guarded.h"
#include "octets.h"

Test(bytes, nothing_has_nothing_left)
{
	struct bytes in = bytes_of(NULL, 0);

	expect_number(bytes_left(&in), 0);
	cr_expect_null(bytes_take(&in, 1));
	cr_expect(bytes_skip(&in, 0));
	cr_expect_not(bytes_skip(&in, 1));
}

Test(bytes, take_moves_behind_what_it_gives)
{
	struct bytes in = guarded("abcdef", 6);
	const uint8_t *begin = in.at;

	cr_expect_eq(bytes_take(&in, 2), begin);
	expect_number(bytes_left(&in), 4);
	cr_expect_eq(bytes_take(&in, 4), begin + 2);
	expect_number(bytes_left(&in), 0);
	cr_expect_null(bytes_take(&in, 1));
}

Test(bytes, too_much_leaves_the_cursor_where_it_was)
{
	struct bytes in = guarded("abcdef", 6), child = {NULL, NULL};
	const uint8_t *begin = in.at;

	cr_expect_null(bytes_take(&in, 7));
	cr_expect_not(bytes_skip(&in, 7));
	cr_expect_not(bytes_child(&in, 7, &child));
	cr_expect_eq(in.at, begin);
	cr_expect_null(child.at, "a child that does not fit is not made");
}

/* A length from the wire that wraps a sum would pass a check written as at + n > end. */
Test(bytes, the_greatest_length_does_not_wrap)
{
	struct bytes in = guarded("abcdef", 6), child;

	cr_expect_null(bytes_take(&in, SIZE_MAX));
	cr_expect_null(bytes_take(&in, SIZE_MAX - 5));
	cr_expect_not(bytes_skip(&in, SIZE_MAX));
	cr_expect_not(bytes_child(&in, SIZE_MAX, &child));
	expect_number(bytes_left(&in), 6);
}

Test(bytes, a_child_cannot_reach_its_neighbour)
{
	struct bytes in = guarded("abcdef", 6), child;
	const uint8_t *begin = in.at;

	cr_assert(bytes_child(&in, 4, &child));
	cr_expect_eq(in.at, begin + 4, "the parent stands behind the child");
	cr_expect_eq(child.at, begin);
	expect_number(bytes_left(&child), 4);
	cr_expect_null(bytes_take(&child, 5));
	cr_expect_not_null(bytes_take(&child, 4));
	cr_expect_null(bytes_take(&child, 1));
	expect_number(bytes_left(&in), 2);
}

Test(bytes, an_empty_child)
{
	struct bytes in = guarded("ab", 2), child;

	cr_assert(bytes_child(&in, 0, &child));
	expect_number(bytes_left(&child), 0);
	expect_number(bytes_left(&in), 2);
}

Test(bytes, loaders_read_big_and_little_endian_numbers)
{
	struct octets o = octets("01 23 45 67 89 ab cd ef");

	expect_number(load_be16(o.at), 0x0123);
	expect_number(load_be24(o.at), 0x012345);
	expect_number(load_be32(o.at), 0x01234567);
	cr_expect_eq(load_be64(o.at), 0x0123456789abcdefULL);
	expect_number(load_le16(o.at), 0x2301);
	expect_number(load_le32(o.at), 0x67452301);
}

/* The highest bit must not spread by way of a signed intermediate. */
Test(bytes, loaders_are_unsigned)
{
	struct octets o = octets("ff ff ff ff ff ff ff ff");

	expect_number(load_be16(o.at), 0xffff);
	expect_number(load_be24(o.at), 0xffffff);
	expect_number(load_be32(o.at), 0xffffffffLL);
	cr_expect_eq(load_be64(o.at), UINT64_MAX);
	expect_number(load_le16(o.at), 0xffff);
	expect_number(load_le32(o.at), 0xffffffffLL);
}

/* At each alignment, and not one octet more than they say. */
Test(bytes, loaders_touch_their_own_octets_alone)
{
	struct octets o = octets("00 11 22 33 44 55 66 77 88");

	for (size_t n = 0; n < 4; n++) {
		struct bytes in = guarded(o.at + n, o.length - n);
		const uint8_t *end = in.end;

		expect_number(load_be16(end - 2), 0x7788);
		expect_number(load_be24(end - 3), 0x667788);
		expect_number(load_be32(end - 4), 0x55667788);
		expect_number(load_le16(end - 2), 0x8877);
		expect_number(load_le32(end - 4), 0x88776655LL);
		expect_number(load_be32(in.at), load_be32(o.at + n));
	}
}
