/* SPDX-License-Identifier: Apache-2.0 */
/* Which way a packet goes: the quick answer is that of the address classes. */
#include <criterion/criterion.h>
#include <string.h>

#include "flow.h"
#include "load.h"

static enum load_way way_of(uint32_t src, uint32_t dst)
{
	const uint64_t pair = __builtin_bswap64(flow_pair_ipv4(src, dst));
	uint8_t addresses[sizeof(pair)];

	memcpy(addresses, &pair, sizeof(pair));
	return load_way_ipv4(addresses);
}

static void compare(uint32_t ipv4)
{
	const struct address a = address_of_ipv4(ipv4), outside = address_of_ipv4(0xcb00710a);
	unsigned inside = address_is_unroutable(&a);

	cr_assert_eq(way_of(ipv4, 0xcb00710a), inside * LOAD_UP, "%08x", ipv4);
	cr_assert_eq(way_of(0xcb00710a, ipv4), inside * LOAD_DOWN, "%08x", ipv4);
	cr_assert_eq(load_way(&a, &outside), inside * LOAD_UP, "%08x", ipv4);
}

Test(load, ways)
{
	cr_expect_eq(way_of(0xc0a8010a, 0xcb00710a), LOAD_UP);
	cr_expect_eq(way_of(0xcb00710a, 0x0a000001), LOAD_DOWN);
	cr_expect_eq(way_of(0xac100001, 0x64400001), LOAD_INSIDE);
	cr_expect_eq(way_of(0xcb007102, 0xcb00710a), LOAD_OUTSIDE);
}

Test(load, each_network)
{
	for (uint32_t prefix = 0; prefix <= UINT16_MAX; prefix++) {
		compare(prefix << 16);
		compare(prefix << 16 | 0xffff);
	}
	for (uint32_t host = 0; host < 16; host++) {
		compare(0xc0000000 + host);
	}
}
