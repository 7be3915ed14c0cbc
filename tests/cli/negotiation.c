/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offer and answer (RFC 3264, 6337), seen by what one-way-audio makes of it: first what was
 * agreed to be one-way and so is none, then what proves that the right agreement was taken.
 */
#include "call_flow.h"

TestSuite(negotiation, .fini = scratch_remove, .timeout = 60);

enum { AGREED_AT = 1, CHANGED_AT = 4, END_AT = 12 };

static const struct flow_step begins[] = {
    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
    {1.02, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
};

static const struct flow_step ends[] = {
    {END_AT, ALICE, BOB, "BYE", NULL, 99, "9", "b"},
    {END_AT + 0.1, BOB, ALICE, "200 OK", "BYE", 99, "9", "b"},
};

static json_t *report_findings(struct flow *f, size_t wanted)
{
	json_t *report = flow_report(f);

	cr_assert_eq(length_at(report, "calls"), 1);
	cr_expect_eq(length_at(report, "findings"), wanted, "%zu findings: %s",
	    length_at(report, "findings"),
	    length_at(report, "findings") ? text_at(report, "findings.0.summary") : "");
	return report;
}

/*
 * Both speak until the change; from then on only Alice sends, or only Bob. Findings: 1 where
 * that was not agreed.
 */
static void expect_after(
    const struct flow_step *steps, size_t count, enum flow_host speaker, size_t findings)
{
	struct flow f = {.call_id = "change"};

	flow_tell(&f, begins);
	for (size_t i = 0; i < count; i++) {
		flow_say(&f, &steps[i]);
	}
	flow_tell(&f, ends);
	flow_audio(&f, ALICE, BOB, AGREED_AT, speaker == ALICE ? END_AT : CHANGED_AT, 10);
	flow_audio(&f, BOB, ALICE, AGREED_AT, speaker == BOB ? END_AT : CHANGED_AT, 10);
	json_decref(report_findings(&f, findings));
}

#define expect_change(speaker, findings, ...)                                              \
	do {                                                                               \
		static const struct flow_step steps_[] = {__VA_ARGS__};                    \
		expect_after(steps_, sizeof(steps_) / sizeof(*steps_), speaker, findings); \
	} while (0)

/* Without any change it is one-way: what the others are measured by. */
Test(negotiation, nothing_changes)
{
	expect_after(NULL, 0, ALICE, 1);
	expect_after(NULL, 0, BOB, 1);
}

Test(negotiation, hold_by_reinvite)
{
	expect_change(ALICE, 0, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b recvonly"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"});
}

/* RFC 3264 5.1: a direction of the session holds for each m= line without one. */
Test(negotiation, hold_at_session_level)
{
	expect_change(ALICE, 0,
	    {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b",
		"v=0|o=- 1 2 IN IP4 192.0.2.101|s=-|c=IN IP4 192.0.2.101|t=0 0|a=sendonly|"
		"m=audio 20000 RTP/AVP 0|"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b recvonly"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"});
}

Test(negotiation, hold_by_the_callee)
{
	expect_change(BOB, 0,
	    {4, BOB, ALICE, "INVITE", NULL, 1, "3", "b", "b sendonly", .by_callee = true},
	    {4.1, ALICE, BOB, "200 OK", "INVITE", 1, "3", "b", "a recvonly", .by_callee = true},
	    {4.2, BOB, ALICE, "ACK", NULL, 1, "4", "b", .by_callee = true});
}

Test(negotiation, inactive)
{
	expect_change(ALICE, 0, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a inactive"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b inactive"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"});
}

/* RFC 3311 */
Test(negotiation, hold_by_update)
{
	expect_change(ALICE, 0, {4, ALICE, BOB, "UPDATE", NULL, 2, "3", "b", "a sendonly"},
	    {4.1, BOB, ALICE, "200 OK", "UPDATE", 2, "3", "b", "b recvonly"});
}

/* The re-INVITE carries none: the 200 offers, the ACK answers. */
Test(negotiation, hold_by_delayed_offer)
{
	expect_change(ALICE, 0, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b", "a sendonly"});
}

/* A proxy is seen on both sides: the answer comes twice, and is no offer the second time. */
Test(negotiation, hold_on_two_hops)
{
	expect_change(ALICE, 0, {4, ALICE, P1, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.01, P1, BOB, "INVITE", NULL, 2, "3p", "b", "a sendonly"},
	    {4.1, BOB, P1, "200 OK", "INVITE", 2, "3p", "b", "b recvonly"},
	    {4.11, P1, ALICE, "200 OK", "INVITE", 2, "3", "b", "b recvonly"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"});
}

/* The audio gives way to a fax; the port stays. */
Test(negotiation, fax)
{
	expect_change(BOB, 0,
	    {4, BOB, ALICE, "INVITE", NULL, 1, "3", "b", "b =m=image 20100 udptl t38",
		.by_callee = true},
	    {4.1, ALICE, BOB, "200 OK", "INVITE", 1, "3", "b", "a =m=image 20000 udptl t38",
		.by_callee = true},
	    {4.2, BOB, ALICE, "ACK", NULL, 1, "4", "b", .by_callee = true});
}

/* The fax is over, and audio is back: it should flow both ways again. */
Test(negotiation, audio_after_fax)
{
	expect_change(BOB, 1,
	    {4, BOB, ALICE, "INVITE", NULL, 1, "3", "b", "b =m=image 20100 udptl t38",
		.by_callee = true},
	    {4.1, ALICE, BOB, "200 OK", "INVITE", 1, "3", "b", "a =m=image 20000 udptl t38",
		.by_callee = true},
	    {5, BOB, ALICE, "INVITE", NULL, 2, "4", "b", "b", .by_callee = true},
	    {5.1, ALICE, BOB, "200 OK", "INVITE", 2, "4", "b", "a", .by_callee = true});
}

/* A video is added, and the audio held: lines are matched by position. */
Test(negotiation, video_beside_held_audio)
{
	expect_change(ALICE, 0,
	    {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b",
		"a =m=audio 20000 RTP/AVP 0|a=sendonly|m=video 30000 RTP/AVP 34|a=sendrecv"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b",
		"b =m=audio 20100 RTP/AVP 0|a=recvonly|m=video 30100 RTP/AVP 34|a=sendrecv"});
	expect_change(ALICE, 1,
	    {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b",
		"a =m=audio 20000 RTP/AVP 0|m=video 30000 RTP/AVP 34|a=sendonly"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b",
		"b =m=audio 20100 RTP/AVP 0|m=video 0 RTP/AVP 34"});
}

/* --- changes that did not come about --- */

Test(negotiation, refused)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.1, BOB, ALICE, "488 Not Acceptable Here", "INVITE", 2, "3", "b"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "3", "b"});
}

/* Answered by a provisional response, and refused in the end: what stood before stands again. */
Test(negotiation, refused_after_a_provisional_answer)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.1, BOB, ALICE, "183 Session Progress", "INVITE", 2, "3", "b", "b recvonly"},
	    {4.3, BOB, ALICE, "488 Not Acceptable Here", "INVITE", 2, "3", "b"});
}

Test(negotiation, glare)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4, BOB, ALICE, "INVITE", NULL, 1, "4", "b", "b inactive", .by_callee = true},
	    {4.1, ALICE, BOB, "491 Request Pending", "INVITE", 1, "4", "b", .by_callee = true},
	    {4.1, BOB, ALICE, "491 Request Pending", "INVITE", 2, "3", "b"});
}

/* After the glare one of them tries again, and is heard. */
Test(negotiation, glare_and_again)
{
	expect_change(ALICE, 0, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4, BOB, ALICE, "INVITE", NULL, 1, "4", "b", "b inactive", .by_callee = true},
	    {4.1, ALICE, BOB, "491 Request Pending", "INVITE", 1, "4", "b", .by_callee = true},
	    {4.1, BOB, ALICE, "491 Request Pending", "INVITE", 2, "3", "b"},
	    {4.3, ALICE, BOB, "INVITE", NULL, 3, "5", "b", "a sendonly"},
	    {4.4, BOB, ALICE, "200 OK", "INVITE", 3, "5", "b", "b recvonly"});
}

/* Hold and resume: from the second answer on both ways again. */
Test(negotiation, resumed)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b recvonly"},
	    {5, ALICE, BOB, "INVITE", NULL, 3, "4", "b", "a sendrecv"},
	    {5.1, BOB, ALICE, "200 OK", "INVITE", 3, "4", "b", "b sendrecv"});
}

/* Refreshed every two seconds: what was agreed goes on as one. */
Test(negotiation, refreshed)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a"},
	    {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b"},
	    {6, ALICE, BOB, "UPDATE", NULL, 3, "4", "b", "a"},
	    {6.1, BOB, ALICE, "200 OK", "UPDATE", 3, "4", "b", "b"},
	    {8, ALICE, BOB, "INVITE", NULL, 4, "5", "b", "a"},
	    {8.1, BOB, ALICE, "200 OK", "INVITE", 4, "5", "b", "b"},
	    {10, ALICE, BOB, "INVITE", NULL, 5, "6", "b", "a"},
	    {10.1, BOB, ALICE, "200 OK", "INVITE", 5, "6", "b", "b"});
}

/* --- what the capture lacks --- */

/* Whatever the answer was: the ACK shows that there was one. */
Test(negotiation, answer_not_captured)
{
	expect_change(ALICE, 0, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"});
	expect_change(BOB, 0, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b", "a recvonly"});
}

Test(negotiation, offer_not_captured)
{
	expect_change(ALICE, 0, {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b recvonly"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"});
	expect_change(ALICE, 0, {4.1, BOB, ALICE, "200 OK", "INVITE", 2, "3", "b", "b recvonly"});
	expect_change(ALICE, 0, {4.1, BOB, ALICE, "200 OK", "UPDATE", 2, "3", "b", "b recvonly"});
	expect_change(ALICE, 0, {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b", "a sendonly"});
}

/* From the next answer on it is known again. */
Test(negotiation, answered_again)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "4", "b"},
	    {5, ALICE, BOB, "INVITE", NULL, 3, "5", "b", "a"},
	    {5.1, BOB, ALICE, "200 OK", "INVITE", 3, "5", "b", "b"},
	    {5.2, ALICE, BOB, "ACK", NULL, 3, "6", "b"});
}

/* Nobody took it: what stood before stands. */
Test(negotiation, offer_unanswered)
{
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a"},
	    {4.5, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a"});
	expect_change(ALICE, 1, {4, ALICE, BOB, "INVITE", NULL, 2, "3", "b", "a sendonly"},
	    {4.1, BOB, ALICE, "491 Request Pending", "INVITE", 2, "3", "b"},
	    {4.2, ALICE, BOB, "ACK", NULL, 2, "3", "b"});
}

/* --- before the answer --- */

/* RFC 3262 5: the 183 offers, the PRACK answers, the 200 carries nothing. */
static void expect_prack(const char *offer, const char *answer, size_t findings)
{
	const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL},
	    {0.2, BOB, ALICE, "183 Session Progress", "INVITE", 1, "1", "b", offer},
	    {0.3, ALICE, BOB, "PRACK", NULL, 2, "2", "b", answer},
	    {0.4, BOB, ALICE, "200 OK", "PRACK", 2, "2", "b"},
	    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b"},
	    {1.1, ALICE, BOB, "ACK", NULL, 1, "3", "b"},
	};
	struct flow f = {.call_id = "prack"};

	flow_tell(&f, steps);
	flow_tell(&f, ends);
	flow_audio(&f, BOB, ALICE, 1, END_AT, 10);
	json_decref(report_findings(&f, findings));
}

Test(negotiation, answered_in_prack)
{
	expect_prack("b sendonly", "a recvonly", 0);
	expect_prack("b", "a", 1);
}

/* The PRACK makes an offer of its own; its 200 answers. */
Test(negotiation, offered_in_prack)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.2, BOB, ALICE, "183 Session Progress", "INVITE", 1, "1", "b", "b"},
	    {0.3, ALICE, BOB, "PRACK", NULL, 2, "2", "b", "a recvonly"},
	    {0.4, BOB, ALICE, "200 OK", "PRACK", 2, "2", "b", "b sendonly"},
	    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b"},
	    {1.1, ALICE, BOB, "ACK", NULL, 1, "3", "b"},
	};
	struct flow f = {.call_id = "prack"};

	flow_tell(&f, steps);
	flow_tell(&f, ends);
	flow_audio(&f, BOB, ALICE, 1, END_AT, 10);
	json_decref(report_findings(&f, 0));
}

/* Two forks describe themselves; the one that answers counts. */
static void expect_fork(const char *loser, const char *winner, size_t findings)
{
	const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.2, BOB, ALICE, "183 Session Progress", "INVITE", 1, "1", "b", winner},
	    {0.3, BOB, ALICE, "183 Session Progress", "INVITE", 1, "1", "c", loser},
	    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b"},
	    {1.1, ALICE, BOB, "ACK", NULL, 1, "3", "b"},
	};
	struct flow f = {.call_id = "fork"};

	flow_tell(&f, steps);
	flow_tell(&f, ends);
	flow_audio(&f, BOB, ALICE, 1, END_AT, 10);
	json_decref(report_findings(&f, findings));
}

Test(negotiation, forks_agree_apart)
{
	expect_fork("c", "b sendonly", 0);
	expect_fork("c sendonly", "b", 1);
}

/* A provisional description that the 200 corrects. */
Test(negotiation, early_media_then_both_ways)
{
	static const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
	    {0.2, BOB, ALICE, "183 Session Progress", "INVITE", 1, "1", "b", "b sendonly"},
	    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
	    {1.1, ALICE, BOB, "ACK", NULL, 1, "3", "b"},
	};
	struct flow f = {.call_id = "early"};

	flow_tell(&f, steps);
	flow_tell(&f, ends);
	flow_audio(&f, BOB, ALICE, 0.3, END_AT, 10);
	json_decref(report_findings(&f, 1));
}

/* --- limits --- */

/* Held and resumed thirty times: some is forgotten, that is counted, and nothing is made up. */
static json_t *report_after_many(enum flow_host speaker, bool resumed, size_t findings)
{
	struct flow f = {.call_id = "many"};

	flow_tell(&f, begins);
	for (unsigned i = 0; i < 30; i++) {
		bool hold = i % 2 == 0 || (i == 29 && !resumed);
		const struct flow_step offer = {1.2 + i * 0.1, ALICE, BOB, "INVITE", NULL, 2 + i,
		    "h", "b", hold ? "a sendonly" : "a"};
		const struct flow_step answer = {1.25 + i * 0.1, BOB, ALICE, "200 OK", "INVITE",
		    2 + i, "h", "b", hold ? "b recvonly" : "b"};

		flow_say(&f, &offer);
		flow_say(&f, &answer);
	}
	flow_tell(&f, ends);
	flow_audio(&f, ALICE, BOB, AGREED_AT, speaker == ALICE ? END_AT : CHANGED_AT, 10);
	flow_audio(&f, BOB, ALICE, AGREED_AT, speaker == BOB ? END_AT : CHANGED_AT, 10);
	return report_findings(&f, findings);
}

Test(negotiation, held_many_times)
{
	json_t *report = report_after_many(ALICE, false, 0);

	cr_expect_geq(number_at(report, "evictions.agreements"), 13);
	json_decref(report);
	json_decref(report_after_many(ALICE, true, 1));
}
