/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legs: which calls are one conversation (docs/legs.md). First those that are not.
 */
#include "call_flow.h"

TestSuite(not_legs, .fini = scratch_remove, .timeout = 60);
TestSuite(legs, .fini = scratch_remove, .timeout = 60);

/* A whole call between two hosts; what its messages say beside that. */
struct leg_story {
	const char *call_id;
	double at_s;
	enum flow_host from, to;
	const char *caller, *callee;
	const char *offer, *answer;
	const char *headers;
	const char *refusal; /* instead of an answer; NULL: answered */
};

static void tell(struct flow *f, const struct leg_story *s)
{
	double t = s->at_s;
	char branch[64], tag[64];
	struct flow_step steps[] = {
	    {t, s->from, s->to, "INVITE", NULL, 1, branch, NULL, s->offer, s->headers},
	    {t + 0.2, s->to, s->from, "180 Ringing", "INVITE", 1, branch, tag},
	    {t + 2, s->to, s->from, s->refusal ? s->refusal : "200 OK", "INVITE", 1, branch, tag,
		s->refusal ? NULL : s->answer},
	    {t + 2.1, s->from, s->to, "ACK", NULL, 1, branch, tag},
	    {t + 9, s->from, s->to, "BYE", NULL, 2, branch, tag},
	};
	size_t count = sizeof(steps) / sizeof(*steps) - (s->refusal ? 1 : 0);

	(void)snprintf(branch, sizeof(branch), "%s", s->call_id);
	(void)snprintf(tag, sizeof(tag), "%s", s->call_id);
	f->call_id = s->call_id;
	f->caller = s->caller;
	f->callee = s->callee;
	for (size_t i = 0; i < count; i++) {
		flow_say(f, &steps[i]);
	}
}

#define tell_call(f, ...) tell((f), &(struct leg_story){__VA_ARGS__})

static void expect_no_legs(struct flow *f, size_t calls)
{
	json_t *report = flow_report(f);

	cr_assert_eq(length_at(report, "calls"), calls);
	for (size_t i = 0; i < calls; i++) {
		const json_t *call = json_array_get(at(report, "calls"), i);

		cr_expect_eq(length_at(call, "legs"), 0, "%s with %s: %s", text_at(call, "id"),
		    text_at(call, "legs.0.call"), text_at(call, "legs.0.why"));
	}
	json_decref(report);
}

/* The first two calls are legs of one another, and of none else. */
static json_t *expect_legs(struct flow *f, const char *why, double confidence)
{
	static const char *const others[] = {"c2", "c1"};
	json_t *report = flow_report(f);

	cr_assert_geq(length_at(report, "calls"), 2);
	for (size_t i = 0; i < 2; i++) {
		const json_t *call = json_array_get(at(report, "calls"), i);

		cr_assert_eq(length_at(call, "legs"), 1, "%zu legs", length_at(call, "legs"));
		cr_expect_str_eq(text_at(call, "legs.0.call"), others[i]);
		cr_expect_str_eq(text_at(call, "legs.0.why"), why);
		cr_expect_float_eq(number_at(call, "legs.0.confidence"), confidence, 1e-9);
	}
	return report;
}

/* --- not legs --- */

/* A user in two calls by the same server. */
Test(not_legs, two_calls_of_one_user)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "200", "a", "1");
	tell_call(&f, "two", 1, ALICE, P1, "100", "300", "a =m=audio 20002 RTP/AVP 0",
	    "1 =m=audio 20202 RTP/AVP 0");
	expect_no_legs(&f, 2);
}

/* The server connects one number with another: two calls of its own. */
Test(not_legs, click_to_dial)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, P1, ALICE, "300100", "100200", "1", "a");
	tell_call(&f, "two", 3, P1, BOB, "100200", "300100", "1 =m=audio 20202 RTP/AVP 0", "b");
	expect_no_legs(&f, 2);
}

Test(not_legs, called_back)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100200", "300100", "a", "1", NULL, "486 Busy Here");
	tell_call(&f, "two", 3, P1, ALICE, "300100", "100200", "1", "a");
	expect_no_legs(&f, 2);
}

/* Tried again within seconds: the same host calls the same one. */
Test(not_legs, called_again)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100200", "300100", "a", "1", NULL, "486 Busy Here");
	tell_call(&f, "two", 3, ALICE, P1, "100200", "300100", "a", "1");
	expect_no_legs(&f, 2);
}

/* A media server that receives everything on one port. */
Test(not_legs, conference_on_one_port)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1");
	tell_call(&f, "two", 1, BOB, P1, "200", "900", "b", "1");
	tell_call(&f, "three", 2, CAROL, P1, "300", "900", "c", "1");
	expect_no_legs(&f, 3);
}

/* A port that is used again after the end. */
Test(not_legs, port_used_again)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1");
	tell_call(&f, "two", 20, P2, BOB, "100", "800", "a", "b");
	expect_no_legs(&f, 2);
}

/* The same numbers at the same time, but by hosts that have nothing to do with each other. */
Test(not_legs, same_numbers_elsewhere)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100200", "300100", "a", "1");
	tell_call(&f, "two", 1, P2, BOB, "100200", "300100", "2", "b");
	expect_no_legs(&f, 2);
}

/* Two test tools that write the same o= call one server. */
Test(not_legs, same_origin_of_two_callers)
{
	static const char first[] = "v=0|o=user1 53655765 2353687637 IN IP4 192.0.2.101|s=-|"
				    "c=IN IP4 192.0.2.101|t=0 0|m=audio 20000 RTP/AVP 0|";
	static const char second[] = "v=0|o=user1 53655765 2353687637 IN IP4 192.0.2.201|s=-|"
				     "c=IN IP4 192.0.2.201|t=0 0|m=audio 20100 RTP/AVP 0|";
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", first, "1");
	tell_call(&f, "two", 1, BOB, P1, "200", "800", second, "1 =m=audio 20202 RTP/AVP 0");
	expect_no_legs(&f, 2);
}

/* A load test: nothing tells its calls apart, and nothing runs over. */
Test(not_legs, hundreds_alike)
{
	struct flow f = {0};
	char ids[300][16];
	json_t *report;

	for (unsigned i = 0; i < 300; i++) {
		(void)snprintf(ids[i], sizeof(ids[i]), "alike-%u", i);
		tell_call(&f, ids[i], i * 0.01, ALICE, P1, "100200", "300100", "a", "1");
	}
	report = flow_report(&f);
	cr_assert_eq(length_at(report, "calls"), 300);
	cr_expect_null(at(report, "evictions.legs"));
	cr_expect_eq(length_at(report, "calls.299.legs"), 0);
	json_decref(report);
}

/* RFC 7989 5: nil stands for none. */
Test(not_legs, nil_session)
{
	static const char nil[] = "Session-ID: 00000000000000000000000000000000;"
				  "remote=00000000000000000000000000000000\n";
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1", nil);
	tell_call(&f, "two", 1, BOB, P1, "200", "800", "b", "1 =m=audio 20202 RTP/AVP 0", nil);
	expect_no_legs(&f, 2);
}

/* --- legs --- */

static const char session[] = "Session-ID: ab30317f1a784dc48ff824d0d3715d86;"
			      "remote=00000000000000000000000000000000\n";

Test(legs, session_id)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1", session);
	tell_call(&f, "two", 0.1, P1, BOB, "x", "y", "1 =m=audio 20202 RTP/AVP 0", "b", session);
	json_decref(expect_legs(&f, "session-id", 0.95));
}

Test(legs, named_call_id)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1");
	tell_call(
	    &f, "two", 0.1, P1, BOB, "x", "y", "1 =m=audio 20202 RTP/AVP 0", "b", "X-CID: one\n");
	json_decref(expect_legs(&f, "call-id-named", 0.9));
}

Test(legs, replaces)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, BOB, "100", "200", "a", "b");
	tell_call(&f, "two", 5, CAROL, BOB, "300", "200", "c", "b =m=audio 20102 RTP/AVP 0",
	    "Replaces: one;from-tag=a;to-tag=one\n");
	json_decref(expect_legs(&f, "replaces", 0.95));
}

/* RFC 3515: Bob sends Alice on to Carol, through a proxy. */
static void tell_refer(struct flow *f, const char *refer_to)
{
	const struct flow_step refer[] = {
	    {5, BOB, P1, "REFER", NULL, 5, "r1", "one", NULL, refer_to, .by_callee = true},
	    {5.1, P1, ALICE, "REFER", NULL, 5, "r2", "one", NULL, refer_to, .by_callee = true},
	};

	f->call_id = "one";
	flow_tell(f, refer);
}

Test(legs, blind_transfer)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, BOB, "100", "200", "a", "b");
	tell_refer(&f, "Refer-To: <sip:300@example.com>\n");
	tell_call(&f, "two", 5.3, ALICE, CAROL, "100", "300", "a =m=audio 20002 RTP/AVP 0", "c");
	json_decref(expect_legs(&f, "refer", 0.8));
}

/* Without REFER the same is a second call. */
Test(not_legs, called_another_while_talking)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, BOB, "100", "200", "a", "b");
	tell_call(&f, "two", 5.3, ALICE, CAROL, "100", "300", "a =m=audio 20002 RTP/AVP 0", "c");
	expect_no_legs(&f, 2);
}

/* The REFER names the call that the transferor has with the third party. */
Test(legs, attended_transfer)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, BOB, "100", "200", "a", "b");
	tell_call(&f, "two", 3, BOB, CAROL, "200", "300", "b =m=audio 20102 RTP/AVP 0", "c");
	tell_refer(
	    &f, "Refer-To: <sip:300@example.com?Replaces=two%3Bto-tag%3Dtwo%3Bfrom-tag%3Da>\n");
	json_decref(expect_legs(&f, "refer", 0.8));
}

/* A B2BUA that lets the media go directly. */
Test(legs, media_endpoint)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "b");
	tell_call(&f, "two", 0.1, P1, BOB, "x", "y", "a", "b");
	json_decref(expect_legs(&f, "media-endpoint", 0.85));
}

/* A relay changes address and port, and leaves o= as it was. */
Test(legs, sdp_origin)
{
	static const char relayed[] = "v=0|o=- 20000 1 IN IP4 192.0.2.101|s=-|c=IN IP4 192.0.2.111|"
				      "t=0 0|m=audio 30000 RTP/AVP 0|";
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1");
	tell_call(&f, "two", 0.1, P1, BOB, "x", "y", relayed, "b");
	json_decref(expect_legs(&f, "sdp-origin", 0.8));
}

/* The same, with the address of o= changed as well. */
Test(legs, sdp_origin_at_another_address)
{
	static const char offered[] = "v=0|o=- 191 1228500736 IN IP4 192.0.2.101|s=-|"
				      "c=IN IP4 192.0.2.101|t=0 0|m=audio 20000 RTP/AVP 0|";
	static const char relayed[] = "v=0|o=- 191 1228500736 IN IP4 192.0.2.111|s=-|"
				      "c=IN IP4 192.0.2.111|t=0 0|m=audio 30000 RTP/AVP 0|";
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", offered, "1");
	tell_call(&f, "two", 0.1, P1, BOB, "x", "y", relayed, "b");
	json_decref(expect_legs(&f, "sdp-origin", 0.8));
}

/* The same SSRC goes on from the relay. */
Test(legs, ssrc_relayed)
{
	struct gen_stream stream = {.from_s = 2.2, .to_s = 9, .ssrc = 0x77, .sequence = 5};
	struct flow f = {0};
	struct gen_route in = {
	    gen_end("192.0.2.101", 20000), gen_end("192.0.2.111", 20200), 46, 64};
	struct gen_route out = {
	    gen_end("192.0.2.111", 20202), gen_end("192.0.2.201", 20100), 46, 64};

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1");
	tell_call(&f, "two", 0.1, P1, BOB, "x", "y", "1 =m=audio 20202 RTP/AVP 0", "b");
	gen_stream(&f.script, in, &stream);
	gen_stream(&f.script, out, &stream);
	json_decref(expect_legs(&f, "ssrc-relayed", 0.8));
}

Test(legs, numbers_and_time)
{
	struct flow f = {0};

	tell_call(&f, "one", 0, ALICE, P1, "+49100200", "300100200", "a", "1");
	tell_call(
	    &f, "two", 0.1, P1, BOB, "0100200", "+1300100200", "1 =m=audio 20202 RTP/AVP 0", "b");
	json_decref(expect_legs(&f, "numbers-and-time", 0.4));
}

/* A hunting group: legs of one conversation all, and only one of them is completed. */
Test(legs, hunting_group)
{
	struct flow f = {0};
	json_t *report;

	tell_call(&f, "one", 0, ALICE, P1, "100", "900", "a", "1", session);
	tell_call(
	    &f, "two", 0.1, P1, BOB, "100", "201", "1 =m=audio 20202 RTP/AVP 0", "b", session);
	tell_call(&f, "three", 0.1, P1, CAROL, "100", "202", "1 =m=audio 20204 RTP/AVP 0", "c",
	    session, "486 Busy Here");
	report = flow_report(&f);
	cr_assert_eq(length_at(report, "calls"), 3);
	for (size_t i = 0; i < 3; i++) {
		const json_t *call = json_array_get(at(report, "calls"), i);

		cr_expect_eq(length_at(call, "legs"), 2);
		cr_expect_str_eq(text_at(call, "state"),
		    strcmp(text_at(call, "call_id"), "three") == 0 ? "failed" : "completed");
	}
	json_decref(report);
}
