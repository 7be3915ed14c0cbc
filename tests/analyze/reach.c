/* SPDX-License-Identifier: Apache-2.0 */
/* Who answered once is known at both ends, and else in the table: one must not say what the other
 * would not. */
#include "reach.h"

#include "desk_sip.h"

enum { PHONES = REACHES_MAX + 50 };

static const char server[] = "203.0.113.10", other[] = "203.0.113.11", phone[] = "198.51.100.7";

static struct desk *desk;

static void begin(void)
{
	desk = desk_of_one((struct desk_config){
	    .limits = {.calls = 64,
		.streams = 8,
		.endpoints = PHONES + 64,
		.findings = 8,
		.text_octets = 64 << 20},
	});
}

static void end(void)
{
	desk_free(desk);
}

TestSuite(reach, .init = begin, .fini = end);

static void asks(const char *from, const char *to, double at_s)
{
	static unsigned number;

	number++;
	desk_sip_take(desk, from, to, at_s,
	    "OPTIONS sip:x SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK%u\nFrom: <sip:a@x>;tag=1\n"
	    "To: <sip:b@x>\nCall-ID: %u\nCSeq: 1 OPTIONS\n\n",
	    from, number, number);
}

static void answers(const char *from, const char *to, double at_s)
{
	desk_sip_take(desk, from, to, at_s,
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP %s;branch=z9hG4bK\nFrom: <sip:a@x>;tag=1\n"
	    "To: <sip:b@x>;tag=2\nCall-ID: x\nCSeq: 1 OPTIONS\n\n",
	    to);
}

static const struct reach *reach(const char *client, const char *server_name)
{
	struct address from;
	struct endpoint to = {.port = 5060};

	cr_assert(address_parse(&from, text_of(client)));
	cr_assert(address_parse(&to.address, text_of(server_name)));
	return reach_of_sip(desk, &from, &to, 0);
}

Test(reach, one_that_answered_excuses_no_other)
{
	asks(phone, server, 0);
	answers(server, phone, 0.1);
	for (int i = 1; i <= 3; i++) {
		asks(phone, server, i);
		asks(phone, other, i + 0.5);
	}
	cr_assert(reach(phone, server) && reach(phone, other));
	cr_expect_eq(reach(phone, server)->asked, 1);
	cr_expect_gt(reach(phone, server)->answers, 0);
	cr_expect_eq(reach(phone, other)->asked, 3);
	cr_expect_eq(reach(phone, other)->answers, 0);
	/* Nor does one of them the phone, where they ask. */
	asks(server, phone, 5);
	asks(server, phone, 6);
	cr_assert_not_null(reach(server, phone));
	cr_expect_eq(reach(server, phone)->asked, 2);
}

/* Of two servers in turn, neither is at hand; the table has them. */
Test(reach, who_answered_before_another_did)
{
	for (int i = 0; i < 4; i++) {
		asks(phone, i % 2 ? other : server, i);
		answers(i % 2 ? other : server, phone, i + 0.1);
	}
	asks(phone, server, 10);
	asks(phone, other, 11);
	asks(phone, server, 12);
	cr_expect_eq(reach(phone, server)->asked, 1);
	cr_expect_eq(reach(phone, other)->asked, 1);
}

/* More phones than the table has room for: who asks again pushes nobody out. */
Test(reach, more_than_the_table_holds)
{
	char name[ADDRESS_TEXT_MAX];
	unsigned evictions = 0;

	for (int round = 0; round < 2; round++) {
		for (unsigned i = 0; i < PHONES; i++) {
			struct address at = address_of_ipv4(0x0a000001 + i);

			asks(address_format(&at, name), server, round * 100 + i * 0.001);
			answers(server, name, round * 100 + i * 0.001 + 0.0005);
		}
		evictions = round == 0 ? (unsigned)desk->evictions.reaches : evictions;
	}
	cr_expect_eq(evictions, PHONES - REACHES_MAX);
	cr_expect_eq(desk->evictions.reaches, evictions);
}
