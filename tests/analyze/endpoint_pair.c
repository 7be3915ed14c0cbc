/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint_pair.h"

#include <criterion/criterion.h>

static struct arena arena;

static void forget(void)
{
	arena_free(&arena);
}

TestSuite(endpoint_pair, .fini = forget);

static struct endpoint endpoint(const char *address, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(address_parse(&e.address, text_of(address)));
	return e;
}

static void expect(const struct endpoint_pair *pair, unsigned which, const struct endpoint *is)
{
	struct endpoint e = pair_get(pair, which);

	cr_expect(endpoint_equal(&e, is));
}

Test(endpoint_pair, of_ipv4_takes_nothing_else)
{
	struct endpoint a = endpoint("192.0.2.1", 5060), b = endpoint("198.51.100.9", 65535);
	struct endpoint unset = endpoint("0.0.0.0", 0);
	struct endpoint_pair pair = {0};

	expect(&pair, 0, &unset);
	cr_assert(pair_set(&pair, &arena, 1, &b));
	expect(&pair, 0, &unset);
	cr_assert(pair_set(&pair, &arena, 0, &a));
	expect(&pair, 0, &a);
	expect(&pair, 1, &b);
	cr_expect_eq(arena.taken, 0);
}

Test(endpoint_pair, of_two_kinds)
{
	struct endpoint a = endpoint("192.0.2.1", 5060), b = endpoint("2001:db8::9", 5062);
	struct endpoint_pair pair = {0};

	cr_assert(pair_set(&pair, &arena, 0, &a));
	cr_assert(pair_set(&pair, &arena, 1, &b));
	expect(&pair, 0, &a);
	expect(&pair, 1, &b);
	cr_assert(pair_set(&pair, &arena, 1, &a));
	cr_assert(pair_set(&pair, &arena, 0, &b));
	expect(&pair, 0, &b);
	expect(&pair, 1, &a);
	cr_expect_eq(arena.taken, 2 * sizeof(struct address), "widened once");
}

Test(endpoint_pair, without_memory_it_stays_as_it_is)
{
	struct endpoint a = endpoint("192.0.2.1", 5060), b = endpoint("2001:db8::9", 5062);
	struct endpoint_pair pair = {0};

	arena.limit = 16;
	cr_assert(pair_set(&pair, &arena, 0, &a));
	cr_expect_not(pair_set(&pair, &arena, 0, &b));
	expect(&pair, 0, &a);
}
