/* SPDX-License-Identifier: Apache-2.0 */
/* Whose registration a message is about, however the address-of-record is written in it. */
#include "registration_state.h"

#include "desk_sip.h"

static const char phone[] = "198.51.100.7", server[] = "203.0.113.10";

DESK_SIP_SUITE(registration);

static void asks(double at_s, const char *to, const char *contact, unsigned cseq)
{
	desk_sip_take(desk, phone, server, at_s,
	    "REGISTER sip:example.com SIP/2.0\n"
	    "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%u;rport\nFrom: <sip:a@x>;tag=1\n"
	    "To: <%s>\nCall-ID: one\nCSeq: %u REGISTER\nContact: %s\nExpires: 60\n\n",
	    cseq, to, cseq, contact);
}

static void answers(double at_s, const char *to, unsigned cseq, unsigned status, const char *told)
{
	desk_sip_take(desk, server, phone, at_s,
	    "SIP/2.0 %u Fine\n"
	    "Via: SIP/2.0/UDP 198.51.100.7;branch=z9hG4bK%u;%s\nFrom: <sip:a@x>;tag=1\n"
	    "To: <%s>;tag=2\nCall-ID: one\nCSeq: %u REGISTER\n\n",
	    status, cseq, told, to, cseq);
}

static const struct registration *first(void)
{
	return registration_at(desk->registrations, desk->registrations->oldest);
}

static uint32_t count(void)
{
	return pool_count(&desk->registrations->pool);
}

#define CONTACT "<sip:a@198.51.100.7>"
#define PLAIN   "rport=5060;received=198.51.100.7"

/* RFC 3261 19.1.4: the host in any case, the user as it is; parameters do not count. */
Test(registration, written_otherwise)
{
	static const char *const ways[] = {"sip:a@example.com", "sip:a@EXAMPLE.com",
	    "sip:a@example.com;user=phone", "sip:a@example.com"};

	for (unsigned i = 0; i < 4; i++) {
		asks(i, ways[i], CONTACT, 2 * i + 1);
		answers(i + 0.1, ways[i], 2 * i + 1, 401, PLAIN);
		asks(i + 0.2, ways[i], CONTACT, 2 * i + 2);
		answers(i + 0.3, ways[i], 2 * i + 2, 200, PLAIN);
	}
	cr_expect_eq(count(), 1);
	cr_expect_eq(first()->challenges, 4);
	cr_expect_eq(first()->refreshes, 3);
	asks(9, "sip:A@example.com", CONTACT, 20);
	cr_expect_eq(count(), 2, "another user");
}

/* A server need not write it as the phone did. */
Test(registration, answered_otherwise)
{
	asks(0, "sip:a@example.com", CONTACT, 1);
	answers(0.1, "sip:a@Example.com", 1, 200, PLAIN);
	cr_expect_eq(first()->outcome, OUTCOME_REGISTERED);
	asks(1, "sip:a@example.com", CONTACT, 2);
	answers(1.1, "sip:b@example.com", 2, 200, PLAIN);
	cr_expect(first()->pending);
}

/* "Contact: *" is about all of them. */
Test(registration, all_taken_back)
{
	asks(0, "sip:a@example.com", CONTACT, 1);
	answers(0.1, "sip:a@example.com", 1, 200, PLAIN);
	asks(1, "sip:a@EXAMPLE.com", "<sip:a@198.51.100.8>", 2);
	answers(1.1, "sip:a@EXAMPLE.com", 2, 200, PLAIN);
	cr_assert_eq(count(), 2);
	asks(2, "sip:a@Example.com", "*", 3);
	answers(2.1, "sip:a@Example.com", 3, 200, PLAIN);
	for (uint32_t i = 0; i < 2; i++) {
		cr_expect_eq(registration_at(desk->registrations, i)->outcome, OUTCOME_REMOVED);
	}
}

/* What is told as before is not read again; what is told otherwise is. */
Test(registration, mapping)
{
	static const struct {
		const char *told;
		uint32_t changes;
	} answer[] = {{PLAIN, 0}, {PLAIN, 0}, {"rport=6000;received=198.51.100.7", 1},
	    {"rport=6000;received=198.51.100.9", 2}, {"rport=6000;received=198.51.100.9", 2},
	    {PLAIN, 3}};

	for (unsigned i = 0; i < 6; i++) {
		asks(i, "sip:a@example.com", CONTACT, i + 1);
		answers(i + 0.1, "sip:a@example.com", i + 1, 200, answer[i].told);
		cr_expect_eq(first()->mapping_changes, answer[i].changes, "answer %u", i);
	}
	cr_expect_eq(first()->mapped.port, 5060);
}
