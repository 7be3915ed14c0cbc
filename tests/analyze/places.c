/* SPDX-License-Identifier: Apache-2.0 */
/* Where media is expected is told as it becomes known, once, and taken back when the call is over.
 */
#include "address.h"
#include "desk_sip.h"

enum { TOLD_MAX = 16 };

struct told {
	struct endpoint at;
	bool expected;
};

static struct told told[TOLD_MAX];
static unsigned told_count;
static struct desk *desk;

static void place_told(void *context, const struct endpoint *at, bool expected)
{
	cr_assert_eq(context, &told_count);
	cr_assert_lt(told_count, TOLD_MAX);
	told[told_count++] = (struct told){*at, expected};
}

static void begin(void)
{
	desk = desk_of_one((struct desk_config){
	    .limits = {.calls = DESK_SIP_CALLS,
		.streams = 8,
		.endpoints = 64,
		.findings = 8,
		.text_octets = 64 << 20},
	    .live = true,
	    .place = place_told,
	    .place_context = &told_count,
	});
	told_count = 0;
}

static void end(void)
{
	desk_free(desk);
}

TestSuite(places, .init = begin, .fini = end, .timeout = 60);

static void is_told(unsigned number, const char *address, uint16_t port, bool expected)
{
	struct address is;

	cr_assert(address_parse(&is, text_of(address)));
	cr_assert_lt(number, told_count);
	cr_assert(address_equal(&told[number].at.address, &is), "%u", number);
	cr_assert_eq(told[number].at.port, port, "%u", number);
	cr_assert_eq(told[number].expected, expected, "%u", number);
}

static void tick(double at_s)
{
	static uint64_t order = 1000;

	desk_tick(desk,
	    &(struct tick){.order = order++, .time_ns = desk_sip_begin_ns + (int64_t)(at_s * 1e9)});
}

/* One side's message of call `number`, which is to have its media at `port`. */
static void says(const char *first, int number, bool asks, double at_s, unsigned port)
{
	desk_sip_take(desk, asks ? "192.0.2.1" : "192.0.2.2", asks ? "192.0.2.2" : "192.0.2.1",
	    at_s,
	    "%s\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK%d\nFrom: <sip:a@b>;tag=1\n"
	    "To: <sip:c@d>%s\nCall-ID: %d\nCSeq: 1 INVITE\nContent-Type: application/sdp\n\n"
	    "v=0\no=- 1 1 IN IP4 192.0.2.9\ns=-\nc=IN IP4 192.0.2.9\nt=0 0\n"
	    "m=audio %u RTP/AVP 0\n",
	    first, number, asks ? "" : ";tag=2", number, port);
}

static void goodbye(int number, double at_s)
{
	desk_sip_take(desk, "192.0.2.1", "192.0.2.2", at_s,
	    "BYE sip:c@d SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKb%d\n"
	    "From: <sip:a@b>;tag=1\nTo: <sip:c@d>;tag=2\nCall-ID: %d\nCSeq: 2 BYE\n\n",
	    number, number);
}

Test(places, of_a_call)
{
	says("INVITE sip:c@d SIP/2.0", 1, true, 0, 4000);
	cr_assert_eq(told_count, 1);
	is_told(0, "192.0.2.9", 4000, true);
	says("INVITE sip:c@d SIP/2.0", 1, true, 0.5, 4000);
	cr_assert_eq(told_count, 1);
	says("SIP/2.0 200 OK", 1, false, 1, 4002);
	cr_assert_eq(told_count, 2);
	is_told(1, "192.0.2.9", 4002, true);
	goodbye(1, 2);
	tick(3);
	cr_assert_eq(told_count, 2);
	tick(60);
	cr_assert_eq(told_count, 4);
	cr_assert(!told[2].expected && !told[3].expected);
	cr_assert_neq(told[2].at.port, told[3].at.port);
}

Test(places, that_two_calls_have_in_common_are_told_once)
{
	says("INVITE sip:c@d SIP/2.0", 1, true, 0, 4000);
	says("INVITE sip:c@d SIP/2.0", 2, true, 30, 4000);
	says("SIP/2.0 200 OK", 1, false, 31, 0);
	says("SIP/2.0 200 OK", 2, false, 31, 0);
	cr_assert_eq(told_count, 1);
	goodbye(1, 32);
	tick(60);
	cr_assert_eq(told_count, 1);
	goodbye(2, 61);
	tick(120);
	cr_assert_eq(told_count, 2);
	is_told(1, "192.0.2.9", 4000, false);
}
