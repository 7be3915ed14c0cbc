/* SPDX-License-Identifier: Apache-2.0 */
/* One packet at two points: which end was translated, and which point it passed first. */
#include "way.h"

#include <criterion/criterion.h>

static struct endpoint end(const char *address, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(address_parse(&e.address, text_of(address)));
	return e;
}

static struct way_point point(
    const char *src, uint16_t src_port, const char *dst, uint8_t ttl, int64_t time_ns)
{
	return (struct way_point){end(src, src_port), end(dst, 20000), 0, ttl, time_ns};
}

static void expect(struct way_point a, struct way_point b, enum way_end end_, enum way_order order)
{
	struct way way;

	cr_assert(way_between(&way, &a, &b));
	cr_expect_eq(way.translated, end_);
	cr_expect_eq(way.order, order, "%d", (int)way.order);
	cr_assert(way_between(&way, &b, &a));
	cr_expect_eq(way.translated, end_);
	cr_expect_eq(way.order, order == WAY_AFTER    ? WAY_BEFORE
				: order == WAY_BEFORE ? WAY_AFTER
						      : WAY_UNKNOWN);
}

Test(way, no_way)
{
	struct way_point there = point("192.0.2.1", 4000, "192.0.2.2", 64, 0);
	struct way_point back = {there.dst, there.src, 0, 63, 1};
	struct way_point relayed = point("192.0.2.2", 4000, "192.0.2.3", 63, 1);
	struct way_point other_port = point("192.0.2.1", 4002, "192.0.2.2", 63, 1);
	struct way way;

	cr_expect_not(way_between(&way, &there, &back));
	cr_expect_not(way_between(&way, &there, &relayed));
	cr_expect_not(way_between(&way, &there, &other_port));
}

Test(way, outward)
{
	struct way_point inside = point("192.168.1.2", 4000, "192.0.2.2", 64, 5);

	expect(inside, point("198.51.100.1", 4000, "192.0.2.2", 63, 4), WAY_SRC, WAY_AFTER);
	/* A router that sets the TTL anew. */
	expect(inside, point("198.51.100.1", 4000, "192.0.2.2", 128, 4), WAY_SRC, WAY_AFTER);
	expect(inside, point("100.64.0.7", 4000, "192.0.2.2", 64, 4), WAY_SRC, WAY_AFTER);
	/* Two private networks: the TTL. */
	expect(inside, point("10.0.0.2", 4000, "192.0.2.2", 63, 4), WAY_SRC, WAY_AFTER);
	expect(inside, point("10.0.0.2", 4000, "192.0.2.2", 65, 6), WAY_SRC, WAY_BEFORE);
}

Test(way, inward)
{
	struct way_point outside = point("192.0.2.9", 4000, "198.51.100.1", 60, 5);

	expect(outside, point("192.0.2.9", 4000, "192.168.1.2", 59, 4), WAY_DST, WAY_AFTER);
}

Test(way, untranslated)
{
	struct way_point a = point("192.0.2.1", 4000, "192.0.2.2", 64, 5);
	struct way_point b = point("192.0.2.1", 4000, "192.0.2.2", 63, 4);

	expect(a, b, WAY_NONE, WAY_AFTER);
	b.ttl = 64;
	expect(a, b, WAY_NONE, WAY_BEFORE); /* by the time of one capture */
	b.capture = 1;
	expect(a, b, WAY_NONE, WAY_UNKNOWN); /* but not by those of two */
}
