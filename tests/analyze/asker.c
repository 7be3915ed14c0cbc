/* SPDX-License-Identifier: Apache-2.0 */
/* Of whom somebody served nothing is kept here, unless it names itself as scanners do. */
#include "asker.h"

#include "desk_sip.h"

static const char phone[] = "198.51.100.7", server[] = "203.0.113.10";

DESK_SIP_SUITE(asker);

static struct address address(const char *text)
{
	struct address out;

	cr_assert(address_parse(&out, text_of(text)));
	return out;
}

static const struct asker *asker(const char *text)
{
	const struct address at = address(text);

	return asker_find(desk, 0, &at);
}

static bool was_served(const char *text)
{
	const struct address at = address(text);

	return asker_was_served(desk, 0, &at);
}

static void asks(double at_s, unsigned number, const char *agent)
{
	desk_sip_take(desk, phone, server, at_s,
	    "REGISTER sip:example.com SIP/2.0\n"
	    "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%u\nFrom: <sip:a@example.com>;tag=1\n"
	    "To: <sip:a@example.com>\nCall-ID: one\nCSeq: %u REGISTER\nUser-Agent: %s\n\n",
	    number, number, agent);
}

static void answers(double at_s, unsigned number, unsigned status)
{
	desk_sip_take(desk, server, phone, at_s,
	    "SIP/2.0 %u Fine\n"
	    "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%u\nFrom: <sip:a@example.com>;tag=1\n"
	    "To: <sip:a@example.com>;tag=2\nCall-ID: one\nCSeq: %u REGISTER\n\n",
	    status, number, number);
}

Test(asker, refused_is_counted)
{
	asks(0, 1, "phone");
	answers(0.1, 1, 403);
	asks(1, 2, "phone");
	answers(1.1, 2, 401);
	cr_assert_not_null(asker(phone));
	cr_expect_eq(asker(phone)->requests[ASKER_REGISTER], 2);
	cr_expect_eq(asker(phone)->answered, 2);
	cr_expect_eq(asker(phone)->challenged, 1);
	cr_expect_null(asker(server));
	cr_expect(!was_served(phone) && !was_served(server));
}

Test(asker, served_is_forgotten)
{
	size_t held;

	asks(0, 1, "phone");
	answers(0.1, 1, 401);
	cr_expect_not_null(asker(phone));
	held = desk->slab.held;
	asks(0.2, 2, "phone");
	answers(0.3, 2, 200);
	cr_expect_null(asker(phone));
	cr_expect_null(asker_first(desk));
	cr_expect(was_served(phone) && was_served(server));
	asks(60, 3, "phone");
	answers(60.1, 3, 403);
	cr_expect_null(asker(phone));
	cr_expect_leq(desk->slab.held, held + 512, "what was kept of it is given back");
}

Test(asker, served_and_scans)
{
	asks(0, 1, "phone");
	answers(0.1, 1, 200);
	cr_expect_null(asker(phone));
	asks(1, 2, "friendly-scanner");
	cr_assert_not_null(asker(phone));
	cr_expect_eq(asker(phone)->tool, ASKER_TOOL_SCANNER);
	answers(1.1, 2, 200);
	cr_expect_not_null(asker(phone), "it is not forgotten again");
	cr_expect(was_served(phone));
}
