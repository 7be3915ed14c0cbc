/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The call flows of RFC 3665 section 3, as a capture that sees every hop has them, and what goes
 * otherwise: races, forks, challenges, lost messages, captures of a part.
 */
#include "call_flow.h"

TestSuite(flows, .fini = scratch_remove, .timeout = 60);

struct expected {
	const char *state, *ended_by; /* ended_by NULL: null */
	int status;                   /* 0: null */
	double delay_ms, setup_ms;    /* below 0: null */
	int messages, retransmissions;
};

static void expect_real(const json_t *call, const char *key, double wanted)
{
	if (wanted < 0) {
		cr_expect_null(at(call, key), "%s is %f", key, number_at(call, key));
	} else {
		cr_expect_float_eq(number_at(call, key), wanted, 0.5, "%s is %f", key,
		    at(call, key) ? number_at(call, key) : -1);
	}
}

static void expect_call(json_t *report, const struct expected *e)
{
	const json_t *call = at(report, "calls.0");

	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_str_eq(text_at(call, "state"), e->state);
	if (e->ended_by) {
		cr_expect_not_null(at(call, "ended_by"));
		cr_expect_str_eq(text_at(call, "ended_by"), e->ended_by);
	} else {
		cr_expect_null(at(call, "ended_by"));
	}
	if (e->status) {
		cr_expect_eq(number_at(call, "status_code"), e->status);
	} else {
		cr_expect_null(at(call, "status_code"));
	}
	expect_real(call, "post_dial_delay_ms", e->delay_ms);
	expect_real(call, "setup_ms", e->setup_ms);
	cr_expect_eq(number_at(call, "message_count"), e->messages, "%g messages",
	    number_at(call, "message_count"));
	cr_expect_eq(number_at(call, "retransmissions"), e->retransmissions, "%g retransmissions",
	    number_at(call, "retransmissions"));
	json_decref(report);
}

#define expect_flow(steps, ...)                                                          \
	do {                                                                             \
		struct flow f_ = {.call_id = "3848276298220188511@atlanta.example.com"}; \
		flow_tell(&f_, steps);                                                   \
		expect_call(flow_report(&f_), &(struct expected){__VA_ARGS__});          \
	} while (0)

/* --- RFC 3665 section 3 --- */

Test(flows, successful)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.2, BOB, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {9, BOB, ALICE, "BYE", NULL, 1, "3", "b", .by_callee = true},
	    {9.1, ALICE, BOB, "200 OK", "BYE", 1, "3", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "callee", 200, 200, 3000, 6, 0);
}

/* 3.2; the capture stands where it sees all three hops. */
static const struct flow_step two_proxies[] = {
    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
    {0.01, P1, ALICE, "407 Proxy Authorization Required", "INVITE", 1, "1", "p"},
    {0.02, ALICE, P1, "ACK", NULL, 1, "1", "p"},
    {0.1, ALICE, P1, "INVITE", NULL, 2, "2", NULL, "a"},
    {0.11, P1, P2, "INVITE", NULL, 2, "2p", NULL, "a"},
    {0.12, P1, ALICE, "100 Trying", "INVITE", 2, "2", NULL},
    {0.13, P2, BOB, "INVITE", NULL, 2, "2q", NULL, "a"},
    {0.14, P2, P1, "100 Trying", "INVITE", 2, "2p", NULL},
    {0.30, BOB, P2, "180 Ringing", "INVITE", 2, "2q", "b"},
    {0.31, P2, P1, "180 Ringing", "INVITE", 2, "2p", "b"},
    {0.32, P1, ALICE, "180 Ringing", "INVITE", 2, "2", "b"},
    {4.00, BOB, P2, "200 OK", "INVITE", 2, "2q", "b", "b"},
    {4.01, P2, P1, "200 OK", "INVITE", 2, "2p", "b", "b"},
    {4.02, P1, ALICE, "200 OK", "INVITE", 2, "2", "b", "b"},
    {4.10, ALICE, P1, "ACK", NULL, 2, "3", "b"},
    {4.11, P1, P2, "ACK", NULL, 2, "3p", "b"},
    {4.12, P2, BOB, "ACK", NULL, 2, "3q", "b"},
    {9.00, BOB, P2, "BYE", NULL, 1, "4", "b", .by_callee = true},
    {9.01, P2, P1, "BYE", NULL, 1, "4p", "b", .by_callee = true},
    {9.02, P1, ALICE, "BYE", NULL, 1, "4q", "b", .by_callee = true},
    {9.03, ALICE, P1, "200 OK", "BYE", 1, "4q", "b", .by_callee = true},
    {9.04, P1, P2, "200 OK", "BYE", 1, "4p", "b", .by_callee = true},
    {9.05, P2, BOB, "200 OK", "BYE", 1, "4", "b", .by_callee = true},
};

Test(flows, two_proxies)
{
	expect_flow(two_proxies, "completed", "callee", 200, 320, 4020, 23, 0);
}

/* The answer comes by three hops; it is one answer, and nothing is one-way. */
Test(flows, two_proxies_with_media)
{
	struct flow f = {.call_id = "media"};
	json_t *report;

	flow_tell(&f, two_proxies);
	flow_audio(&f, ALICE, BOB, 4.1, 9, 7);
	flow_audio(&f, BOB, ALICE, 4.05, 9, 7);
	report = flow_report(&f);
	cr_assert_eq(length_at(report, "calls.0.streams"), 2);
	cr_expect_eq(length_at(report, "findings"), 0);
	json_decref(report);
}

/* 3.3: both proxies ask for credentials. */
Test(flows, multiple_proxy_authentication)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.01, P1, ALICE, "407 Proxy Authorization Required", "INVITE", 1, "1", "p"},
	    {0.02, ALICE, P1, "ACK", NULL, 1, "1", "p"},
	    {0.1, ALICE, P1, "INVITE", NULL, 2, "2", NULL, "a"},
	    {0.11, P1, P2, "INVITE", NULL, 2, "2p", NULL, "a"},
	    {0.12, P1, ALICE, "100 Trying", "INVITE", 2, "2", NULL},
	    {0.13, P2, P1, "407 Proxy Authorization Required", "INVITE", 2, "2p", "q"},
	    {0.14, P1, P2, "ACK", NULL, 2, "2p", "q"},
	    {0.15, P1, ALICE, "407 Proxy Authorization Required", "INVITE", 2, "2", "q"},
	    {0.16, ALICE, P1, "ACK", NULL, 2, "2", "q"},
	    {0.2, ALICE, P1, "INVITE", NULL, 3, "3", NULL, "a"},
	    {0.21, P1, P2, "INVITE", NULL, 3, "3p", NULL, "a"},
	    {0.22, P2, BOB, "INVITE", NULL, 3, "3q", NULL, "a"},
	    {0.4, BOB, P2, "180 Ringing", "INVITE", 3, "3q", "b"},
	    {0.41, P2, P1, "180 Ringing", "INVITE", 3, "3p", "b"},
	    {0.42, P1, ALICE, "180 Ringing", "INVITE", 3, "3", "b"},
	    {2, BOB, P2, "200 OK", "INVITE", 3, "3q", "b", "b"},
	    {2.01, P2, P1, "200 OK", "INVITE", 3, "3p", "b", "b"},
	    {2.02, P1, ALICE, "200 OK", "INVITE", 3, "3", "b", "b"},
	    {2.1, ALICE, BOB, "ACK", NULL, 3, "4", "b"},
	    {5, ALICE, BOB, "BYE", NULL, 4, "5", "b"},
	    {5.1, BOB, ALICE, "200 OK", "BYE", 4, "5", "b"},
	};

	expect_flow(steps, "completed", "caller", 200, 420, 2020, 22, 0);
}

/* 3.4: the first proxy is dead; the same call goes to the second one. */
Test(flows, proxy_failure)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.5, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {1.5, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3.5, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {7.5, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {15.5, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {31.5, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {32, ALICE, P2, "INVITE", NULL, 1, "2", NULL, "a"},
	    {32.1, P2, ALICE, "407 Proxy Authorization Required", "INVITE", 1, "2", "p"},
	    {32.2, ALICE, P2, "ACK", NULL, 1, "2", "p"},
	    {32.3, ALICE, P2, "INVITE", NULL, 2, "3", NULL, "a"},
	    {32.31, P2, BOB, "INVITE", NULL, 2, "3p", NULL, "a"},
	    {32.32, P2, ALICE, "100 Trying", "INVITE", 2, "3", NULL},
	    {32.5, BOB, P2, "180 Ringing", "INVITE", 2, "3p", "b"},
	    {32.51, P2, ALICE, "180 Ringing", "INVITE", 2, "3", "b"},
	    {36, BOB, P2, "200 OK", "INVITE", 2, "3p", "b", "b"},
	    {36.01, P2, ALICE, "200 OK", "INVITE", 2, "3", "b", "b"},
	    {36.1, ALICE, P2, "ACK", NULL, 2, "4", "b"},
	    {36.11, P2, BOB, "ACK", NULL, 2, "4p", "b"},
	    {40, BOB, P2, "BYE", NULL, 1, "5", "b", .by_callee = true},
	    {40.01, P2, ALICE, "BYE", NULL, 1, "5p", "b", .by_callee = true},
	    {40.1, ALICE, P2, "200 OK", "BYE", 1, "5p", "b", .by_callee = true},
	    {40.11, P2, BOB, "200 OK", "BYE", 1, "5", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "callee", 200, 32510, 36010, 23, 6);
}

/* 3.5: an ALG that is a SIP proxy and relays media: it changes the descriptions. */
Test(flows, through_an_alg)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.01, P1, P2, "INVITE", NULL, 1, "1p", NULL, "1"},
	    {0.02, P1, ALICE, "100 Trying", "INVITE", 1, "1", NULL},
	    {0.03, P2, BOB, "INVITE", NULL, 1, "1q", NULL, "1"},
	    {0.3, BOB, P2, "180 Ringing", "INVITE", 1, "1q", "b"},
	    {0.31, P2, P1, "180 Ringing", "INVITE", 1, "1p", "b"},
	    {0.32, P1, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {2, BOB, P2, "200 OK", "INVITE", 1, "1q", "b", "b"},
	    {2.01, P2, P1, "200 OK", "INVITE", 1, "1p", "b", "b"},
	    {2.02, P1, ALICE, "200 OK", "INVITE", 1, "1", "b", "1"},
	    {2.1, ALICE, P1, "ACK", NULL, 1, "2", "b"},
	    {2.11, P1, BOB, "ACK", NULL, 1, "2p", "b"},
	    {8, ALICE, P1, "BYE", NULL, 2, "3", "b"},
	    {8.01, P1, BOB, "BYE", NULL, 2, "3p", "b"},
	    {8.02, BOB, P1, "200 OK", "BYE", 2, "3p", "b"},
	    {8.03, P1, ALICE, "200 OK", "BYE", 2, "3", "b"},
	};

	expect_flow(steps, "completed", "caller", 200, 320, 2020, 16, 0);
}

/* 3.6: a redirect server, then the proxy, and the description in the ACK. */
Test(flows, redirect)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, CAROL, "INVITE", NULL, 1, "1", NULL},
	    {0.01, CAROL, ALICE, "302 Moved Temporarily", "INVITE", 1, "1", "r"},
	    {0.02, ALICE, CAROL, "ACK", NULL, 1, "1", "r"},
	    {0.1, ALICE, P2, "INVITE", NULL, 2, "2", NULL},
	    {0.11, P2, BOB, "INVITE", NULL, 2, "2p", NULL},
	    {0.12, P2, ALICE, "100 Trying", "INVITE", 2, "2", NULL},
	    {0.3, BOB, P2, "180 Ringing", "INVITE", 2, "2p", "b"},
	    {0.31, P2, ALICE, "180 Ringing", "INVITE", 2, "2", "b"},
	    {3, BOB, P2, "200 OK", "INVITE", 2, "2p", "b", "b"},
	    {3.01, P2, ALICE, "200 OK", "INVITE", 2, "2", "b", "b"},
	    {3.1, ALICE, P2, "ACK", NULL, 2, "3", "b", "a"},
	    {3.11, P2, BOB, "ACK", NULL, 2, "3p", "b", "a"},
	    {7, BOB, P2, "BYE", NULL, 1, "4", "b", .by_callee = true},
	    {7.01, P2, ALICE, "BYE", NULL, 1, "4p", "b", .by_callee = true},
	    {7.1, ALICE, P2, "200 OK", "BYE", 1, "4p", "b", .by_callee = true},
	    {7.11, P2, BOB, "200 OK", "BYE", 1, "4", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "callee", 200, 310, 3010, 16, 0);
}

/* 3.7: Bob moves and says so in a re-INVITE. */
Test(flows, reinvite_for_another_address)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P2, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.01, P2, BOB, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {0.3, BOB, P2, "180 Ringing", "INVITE", 1, "1p", "b"},
	    {0.31, P2, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {3, BOB, P2, "200 OK", "INVITE", 1, "1p", "b", "b"},
	    {3.01, P2, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {6, CAROL, ALICE, "INVITE", NULL, 14, "3", "b", "c", .by_callee = true},
	    {6.1, ALICE, CAROL, "200 OK", "INVITE", 14, "3", "b", "a", .by_callee = true},
	    {6.2, CAROL, ALICE, "ACK", NULL, 14, "4", "b", .by_callee = true},
	    {12, CAROL, ALICE, "BYE", NULL, 15, "5", "b", .by_callee = true},
	    {12.1, ALICE, CAROL, "200 OK", "BYE", 15, "5", "b", .by_callee = true},
	};
	struct flow f = {.call_id = "moved"};
	json_t *report;

	flow_tell(&f, steps);
	flow_audio(&f, ALICE, BOB, 3.1, 6.1, 7);
	flow_audio(&f, BOB, ALICE, 3.1, 6, 7);
	flow_audio(&f, ALICE, CAROL, 6.1, 12, 200);
	flow_audio(&f, CAROL, ALICE, 6.1, 12, 7);
	report = flow_report(&f);
	cr_expect_eq(length_at(report, "findings"), 0);
	cr_expect_eq(length_at(report, "calls.0.streams"), 4);
	expect_call(report, &(struct expected){"completed", "callee", 200, 310, 3010, 12, 0});
}

/* 3.8: nobody picks up; Alice hangs up. */
Test(flows, no_answer)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.01, P1, P2, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {0.02, P2, BOB, "INVITE", NULL, 1, "1q", NULL, "a"},
	    {0.3, BOB, P2, "180 Ringing", "INVITE", 1, "1q", "b"},
	    {0.31, P2, P1, "180 Ringing", "INVITE", 1, "1p", "b"},
	    {0.32, P1, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {20, ALICE, P1, "CANCEL", NULL, 1, "1", NULL},
	    {20.01, P1, ALICE, "200 OK", "CANCEL", 1, "1", NULL},
	    {20.02, P1, P2, "CANCEL", NULL, 1, "1p", NULL},
	    {20.03, P2, P1, "200 OK", "CANCEL", 1, "1p", NULL},
	    {20.04, P2, BOB, "CANCEL", NULL, 1, "1q", NULL},
	    {20.05, BOB, P2, "200 OK", "CANCEL", 1, "1q", NULL},
	    {20.06, BOB, P2, "487 Request Terminated", "INVITE", 1, "1q", "b"},
	    {20.07, P2, BOB, "ACK", NULL, 1, "1q", "b"},
	    {20.08, P2, P1, "487 Request Terminated", "INVITE", 1, "1p", "b"},
	    {20.09, P1, P2, "ACK", NULL, 1, "1p", "b"},
	    {20.1, P1, ALICE, "487 Request Terminated", "INVITE", 1, "1", "b"},
	    {20.11, ALICE, P1, "ACK", NULL, 1, "1", "b"},
	};

	expect_flow(steps, "cancelled", "caller", 487, 320, -1, 18, 0);
}

/* 3.9, 3.11: the response travels back by all hops. */
static void expect_refused(const char *status, const struct expected *expected)
{
	const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.01, P1, P2, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {0.02, P2, BOB, "INVITE", NULL, 1, "1q", NULL, "a"},
	    {0.3, BOB, P2, status, "INVITE", 1, "1q", "b"},
	    {0.31, P2, BOB, "ACK", NULL, 1, "1q", "b"},
	    {0.32, P2, P1, status, "INVITE", 1, "1p", "b"},
	    {0.33, P1, P2, "ACK", NULL, 1, "1p", "b"},
	    {0.34, P1, ALICE, status, "INVITE", 1, "1", "b"},
	    {0.35, ALICE, P1, "ACK", NULL, 1, "1", "b"},
	};
	struct flow f = {.call_id = "refused"};

	flow_tell(&f, steps);
	expect_call(flow_report(&f), expected);
}

Test(flows, busy)
{
	expect_refused("486 Busy Here", &(struct expected){"failed", "callee", 486, -1, -1, 9, 0});
}

Test(flows, temporarily_unavailable)
{
	expect_refused("480 Temporarily Unavailable",
	    &(struct expected){"no-answer", "unknown", 480, -1, -1, 9, 0});
}

/* 3.10: Bob's phone is dead; the proxy before it gives up. */
Test(flows, no_response_from_the_phone)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.01, P1, BOB, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {0.02, P1, ALICE, "100 Trying", "INVITE", 1, "1", NULL},
	    {0.51, P1, BOB, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {1.51, P1, BOB, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {3.51, P1, BOB, "INVITE", NULL, 1, "1p", NULL, "a"},
	    {32.01, P1, ALICE, "480 No Response", "INVITE", 1, "1", "p"},
	    {32.02, ALICE, P1, "ACK", NULL, 1, "1", "p"},
	};

	expect_flow(steps, "no-answer", "unknown", 480, -1, -1, 8, 3);
}

/* --- races --- */

/* RFC 3261 9.1: the 200 was under way already; Alice must acknowledge it, and hangs up. */
Test(flows, cancel_crosses_the_answer)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.2, BOB, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {3, ALICE, BOB, "CANCEL", NULL, 1, "1", NULL},
	    {3.01, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.02, BOB, ALICE, "200 OK", "CANCEL", 1, "1", "b"},
	    {3.03, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {3.04, ALICE, BOB, "BYE", NULL, 2, "3", "b"},
	    {3.05, BOB, ALICE, "200 OK", "BYE", 2, "3", "b"},
	};

	expect_flow(steps, "completed", "caller", 200, 200, 3010, 8, 0);
}

Test(flows, both_hang_up)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {9, BOB, ALICE, "BYE", NULL, 1, "3", "b", .by_callee = true},
	    {9.01, ALICE, BOB, "BYE", NULL, 2, "4", "b"},
	    {9.02, ALICE, BOB, "481 Call Does Not Exist", "BYE", 1, "3", "b", .by_callee = true},
	    {9.03, BOB, ALICE, "481 Call Does Not Exist", "BYE", 2, "4", "b"},
	};

	expect_flow(steps, "completed", "callee", 200, 3000, 3000, 7, 0);
}

/* RFC 3261 15: a BYE in the early dialog. */
Test(flows, early_bye)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.2, BOB, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {3, ALICE, BOB, "BYE", NULL, 2, "2", "b"},
	    {3.01, BOB, ALICE, "200 OK", "BYE", 2, "2", "b"},
	    {3.02, BOB, ALICE, "487 Request Terminated", "INVITE", 1, "1", "b"},
	    {3.03, ALICE, BOB, "ACK", NULL, 1, "1", "b"},
	};

	expect_flow(steps, "cancelled", "caller", 487, 200, -1, 6, 0);
}

/* RFC 3261 14.1: both change at once; both are told 491, and one tries again. */
Test(flows, glare)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {5, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {5, BOB, ALICE, "INVITE", NULL, 1, "4", "b", "b inactive", .by_callee = true},
	    {5.1, ALICE, BOB, "491 Request Pending", "INVITE", 1, "4", "b", .by_callee = true},
	    {5.1, BOB, ALICE, "491 Request Pending", "INVITE", 2, "3", "b"},
	    {5.2, ALICE, BOB, "ACK", NULL, 2, "3", "b"},
	    {5.2, BOB, ALICE, "ACK", NULL, 1, "4", "b", .by_callee = true},
	    {9, ALICE, BOB, "BYE", NULL, 3, "5", "b"},
	    {9.1, BOB, ALICE, "200 OK", "BYE", 3, "5", "b"},
	};

	expect_flow(steps, "completed", "caller", 200, 3000, 3000, 11, 0);
}

/* --- challenges --- */

Test(flows, session_interval_too_small)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.1, BOB, ALICE, "422 Session Interval Too Small", "INVITE", 1, "1", "x"},
	    {0.2, ALICE, BOB, "ACK", NULL, 1, "1", "x"},
	    {0.3, ALICE, BOB, "INVITE", NULL, 2, "2", NULL, "a"},
	    {0.5, BOB, ALICE, "180 Ringing", "INVITE", 2, "2", "b"},
	    {40, BOB, ALICE, "200 OK", "INVITE", 2, "2", "b", "b"},
	    {40.1, ALICE, BOB, "ACK", NULL, 2, "3", "b"},
	    {50, ALICE, BOB, "BYE", NULL, 3, "4", "b"},
	    {50.1, BOB, ALICE, "200 OK", "BYE", 3, "4", "b"},
	};

	expect_flow(steps, "completed", "caller", 200, 500, 40000, 9, 0);
}

/* Redirected, and nobody follows. */
Test(flows, redirected_and_given_up)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.1, P1, ALICE, "302 Moved Temporarily", "INVITE", 1, "1", "x"},
	    {0.2, ALICE, P1, "ACK", NULL, 1, "1", "x"},
	};

	expect_flow(steps, "failed", "unknown", 302, -1, -1, 3, 0);
}

/* --- what is lost --- */

/* RFC 3261 13.3.1.4: the ACK never comes; Bob's side gives up after 32 s. */
Test(flows, answer_never_acknowledged)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {4.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {6.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {10.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {18.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {22.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {35, BOB, ALICE, "BYE", NULL, 1, "2", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "network", 200, 3000, 3000, 9, 6);
}

/* The same, but the ACK came in the end. */
Test(flows, answer_acknowledged_late)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.5, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.6, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {35, BOB, ALICE, "BYE", NULL, 1, "3", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "callee", 200, 3000, 3000, 5, 1);
}

/* An ACK that takes another way than the capture's is no lost one. */
Test(flows, acknowledgement_not_seen)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {35, BOB, ALICE, "BYE", NULL, 1, "2", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "callee", 200, 3000, 3000, 3, 0);
}

Test(flows, nobody_answers_at_all)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.5, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	};
	struct flow f = {.call_id = "unheard"};

	flow_tell(&f, steps);
	flow_until(&f, 40);
	expect_call(flow_report(&f), &(struct expected){"no-answer", "network", 0, -1, -1, 2, 1});
}

/* RFC 4028: nobody refreshes a session of 90 s; after 60 s Bob's side ends it. */
static void expect_timer(double refreshed_s, double bye_s, const char *ended_by)
{
	const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b",
		"Session-Expires: 90;refresher=uac\n"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {refreshed_s, ALICE, BOB, "UPDATE", NULL, 2, "3", "b"},
	    {refreshed_s, BOB, ALICE, "200 OK", "UPDATE", 2, "3", "b", NULL,
		"Session-Expires: 90;refresher=uac\n"},
	    {bye_s, BOB, ALICE, "BYE", NULL, 1, "4", "b", .by_callee = true},
	};
	struct flow f = {.call_id = "timer"};

	flow_tell(&f, steps);
	expect_call(
	    flow_report(&f), &(struct expected){"completed", ended_by, 200, 3000, 3000, 6, 0});
}

Test(flows, session_timer)
{
	expect_timer(4, 64.5, "network");
	expect_timer(4, 94, "network");
	expect_timer(4, 40, "callee");
	expect_timer(45, 64.5, "callee"); /* refreshed meanwhile */
}

/* --- a part of a call --- */

Test(flows, capture_of_a_change_alone)
{
	static const struct flow_step steps[] = {
	    {5, BOB, ALICE, "INVITE", NULL, 14, "3", "b", "b", .by_callee = true},
	    {5.1, ALICE, BOB, "200 OK", "INVITE", 14, "3", "b", "a", .by_callee = true},
	    {5.2, BOB, ALICE, "ACK", NULL, 14, "4", "b", .by_callee = true},
	};

	expect_flow(steps, "in-progress", NULL, 0, -1, -1, 3, 0);
}

Test(flows, capture_begins_while_it_rings)
{
	static const struct flow_step steps[] = {
	    {0.2, BOB, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {9, BOB, ALICE, "BYE", NULL, 1, "3", "b", .by_callee = true},
	};

	expect_flow(steps, "completed", "callee", 200, -1, -1, 4, 0);
}

Test(flows, capture_ends_in_the_middle)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {3, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {3.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	};

	expect_flow(steps, "in-progress", NULL, 200, 3000, 3000, 3, 0);
}

/* --- forks --- */

/* Carol is busy, Dave and Bob ring, Bob answers, Dave's is cancelled. */
static const struct flow_step fork_steps[] = {
    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
    {0.01, P1, ALICE, "100 Trying", "INVITE", 1, "1", NULL},
    {0.02, P1, BOB, "INVITE", NULL, 1, "f1", NULL, "a"},
    {0.02, P1, CAROL, "INVITE", NULL, 1, "f2", NULL, "a"},
    {0.02, P1, DAVE, "INVITE", NULL, 1, "f3", NULL, "a"},
    {0.1, CAROL, P1, "486 Busy Here", "INVITE", 1, "f2", "c"},
    {0.11, P1, CAROL, "ACK", NULL, 1, "f2", "c"},
    {0.2, DAVE, P1, "180 Ringing", "INVITE", 1, "f3", "d"},
    {0.21, P1, ALICE, "180 Ringing", "INVITE", 1, "1", "d"},
    {0.3, BOB, P1, "180 Ringing", "INVITE", 1, "f1", "b"},
    {0.31, P1, ALICE, "180 Ringing", "INVITE", 1, "1", "b"},
    {4, BOB, P1, "200 OK", "INVITE", 1, "f1", "b", "b"},
    {4.01, P1, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
    {4.02, P1, DAVE, "CANCEL", NULL, 1, "f3", NULL},
    {4.03, DAVE, P1, "200 OK", "CANCEL", 1, "f3", "d"},
    {4.04, DAVE, P1, "487 Request Terminated", "INVITE", 1, "f3", "d"},
    {4.05, P1, DAVE, "ACK", NULL, 1, "f3", "d"},
    {4.1, ALICE, P1, "ACK", NULL, 1, "2", "b"},
    {4.11, P1, BOB, "ACK", NULL, 1, "2p", "b"},
    {9, ALICE, P1, "BYE", NULL, 2, "3", "b"},
    {9.01, P1, BOB, "BYE", NULL, 2, "3p", "b"},
    {9.02, BOB, P1, "200 OK", "BYE", 2, "3p", "b"},
    {9.03, P1, ALICE, "200 OK", "BYE", 2, "3", "b"},
};

Test(flows, forked)
{
	expect_flow(fork_steps, "completed", "caller", 200, 210, 4010, 23, 0);
}

/* The same where only the proxy's other side is seen. */
Test(flows, forked_seen_behind_the_proxy)
{
	struct flow f = {.call_id = "behind"};

	for (size_t i = 0; i < sizeof(fork_steps) / sizeof(*fork_steps); i++) {
		if (fork_steps[i].from != ALICE && fork_steps[i].to != ALICE) {
			flow_say(&f, &fork_steps[i]);
		}
	}
	expect_call(
	    flow_report(&f), &(struct expected){"completed", "caller", 200, 180, 3980, 15, 0});
}

/* All are busy, one after the other; the call has failed when the last one has. */
Test(flows, forked_and_all_refuse)
{
	static const struct flow_step steps[] = {
	    {0.02, P1, BOB, "INVITE", NULL, 1, "f1", NULL, "a"},
	    {0.02, P1, CAROL, "INVITE", NULL, 1, "f2", NULL, "a"},
	    {0.1, CAROL, P1, "486 Busy Here", "INVITE", 1, "f2", "c"},
	    {0.2, BOB, P1, "180 Ringing", "INVITE", 1, "f1", "b"},
	    {6, BOB, P1, "603 Decline", "INVITE", 1, "f1", "b"},
	};

	expect_flow(steps, "failed", "callee", 603, 180, -1, 5, 0);
}

/* One phone is busy, the other one still rings when the capture ends. */
Test(flows, forked_and_one_still_rings)
{
	static const struct flow_step steps[] = {
	    {0.02, P1, BOB, "INVITE", NULL, 1, "f1", NULL, "a"},
	    {0.02, P1, CAROL, "INVITE", NULL, 1, "f2", NULL, "a"},
	    {0.2, BOB, P1, "180 Ringing", "INVITE", 1, "f1", "b"},
	    {6, CAROL, P1, "486 Busy Here", "INVITE", 1, "f2", "c"},
	};

	expect_flow(steps, "in-progress", NULL, 0, 180, -1, 4, 0);
}

/* RFC 3261 13.2.2.4: two answer; Alice keeps the first and hangs up on the other. */
Test(flows, forked_and_two_answer)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {2, P1, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {2.01, P1, ALICE, "200 OK", "INVITE", 1, "1", "c", "c"},
	    {2.1, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {2.1, ALICE, CAROL, "ACK", NULL, 1, "3", "c"},
	    {2.2, ALICE, CAROL, "BYE", NULL, 2, "4", "c"},
	    {9, BOB, ALICE, "BYE", NULL, 1, "5", "b", .by_callee = true},
	};
	struct flow f = {.call_id = "two"};
	json_t *report;

	flow_tell(&f, steps);
	report = flow_report(&f);
	cr_expect_float_eq(number_at(report, "calls.0.duration_ms"), 7000, 0.5);
	expect_call(report, &(struct expected){"completed", "callee", 200, 2000, 2000, 7, 0});
}

/* A B2BUA that keeps the Call-ID: the other leg's end is not this one's doing. */
Test(flows, another_leg_under_the_same_call_id)
{
	struct flow f = {.call_id = "kept"};
	struct gen_route route = {
	    gen_end(flow_addresses[BOB], 5060), gen_end(flow_addresses[P1], 5060), 0, 64};
	static const struct flow_step steps[] = {
	    {0, ALICE, P1, "INVITE", NULL, 1, "1", NULL, "a"},
	    {2, P1, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {2.1, ALICE, P1, "ACK", NULL, 1, "2", "b"},
	    {9.1, P1, ALICE, "BYE", NULL, 1, "5", "b", .by_callee = true},
	};

	flow_tell(&f, steps);
	gen_sip(&f.script, 9, route,
	    "BYE sip:alice@example.com SIP/2.0\nVia: SIP/2.0/UDP bob;branch=z9hG4bK-other\n"
	    "From: <sip:bob@example.com>;tag=y\nTo: <sip:alice@example.com>;tag=x\n"
	    "Call-ID: kept\nCSeq: 1 BYE\n\n");
	expect_call(
	    flow_report(&f), &(struct expected){"completed", "callee", 200, 2000, 2000, 5, 0});
}
