/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sip-alg as the outside of the router sees it, or the server: a hint at best, unless a phone
 * left several traces or wears a port that it cannot know.
 */
#include "gen_stun.h"
#include "story.h"

TestSuite(wan_not_alg, .fini = scratch_remove, .timeout = 60);
TestSuite(wan_alg, .fini = scratch_remove, .timeout = 60);

enum { LINUX = GEN_REWRITE_VIA | GEN_REWRITE_CONTACT | GEN_REWRITE_SDP_O | GEN_REWRITE_SDP_C };

struct outside {
	struct story story;
	struct gen_script wan;
	struct gen_router router;
};

static struct outside outside_of(struct story s, unsigned rewrites)
{
	struct outside o = {s, {0}, {.inside = story_phone, .outside = story_outside}};

	o.router.rewrites = rewrites;
	gen_script_route(&o.wan, &o.story.lan, &o.router);
	return o;
}

static json_t *report_on(struct outside *o, const char *side)
{
	const char *path = story_write(&o->wan, "outside.pcap");

	return side ? report_of("--vantage %s=%s", side, path) : report_of("%s", path);
}

static void finish(struct outside *o, json_t *report)
{
	json_decref(report);
	gen_script_free(&o->wan);
	gen_script_free(&o->story.lan);
}

/* From beyond the router, however the capture is named. */
static void expect_nothing(struct outside *o)
{
	static const char *const sides[] = {NULL, "wan", "server"};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		json_t *report = report_on(o, sides[i]);

		cr_expect_null(finding_of_code(report, "sip-alg"));
		json_decref(report);
	}
	gen_script_free(&o->wan);
	gen_script_free(&o->story.lan);
}

static const json_t *expect_confidence(const json_t *report, double confidence)
{
	const json_t *f = finding_of_code(report, "sip-alg");

	cr_expect_float_eq(number_at(f, "confidence"), confidence, 1e-9, "%f is not %f: %s",
	    number_at(f, "confidence"), confidence, text_at(f, "evidence.1.text"));
	cr_expect_str_eq(text_at(f, "severity"), confidence < 0.5 ? "info" : "warning");
	cr_expect_gt(strlen(text_at(f, "would_settle")), 20);
	cr_expect_geq(length_at(f, "against"), 1);
	return f;
}

/* --- not an ALG --- */

Test(wan_not_alg, plain_nat)
{
	struct outside o = outside_of(story_two_way(), 0);

	expect_nothing(&o);
}

/* Nothing private is left: whoever wrote that knows its address. */
Test(wan_not_alg, configured_external_address)
{
	struct story s = story();
	struct outside o;

	s.phone_address = story_outside;
	s.call_id = "8f2a71c0";
	story_begin(&s);
	story_end(&s);
	o = outside_of(s, 0);
	expect_nothing(&o);
}

/* The usual way to run a PBX behind NAT; its Call-ID may name the inner address. */
Test(wan_not_alg, pbx_with_external_address)
{
	struct outside o = outside_of(story_two_way(), LINUX);

	story_rewrite(&o.wan, "User-Agent: StoryPhone/1.0", "User-Agent: Asterisk PBX 18.9");
	expect_nothing(&o);
}

/* An SBC hands on a Call-ID, and counts Max-Forwards down. */
Test(wan_not_alg, session_border_controller)
{
	struct outside o = outside_of(story_two_way(), LINUX);

	story_rewrite(&o.wan, "Max-Forwards: 70", "Max-Forwards: 69");
	expect_nothing(&o);
}

Test(wan_not_alg, proxy)
{
	struct outside o = outside_of(story_two_way(), LINUX);

	story_rewrite(&o.wan, "Via: SIP/2.0/UDP 203.0.113.2:5060;",
	    "Via: SIP/2.0/UDP 203.0.113.2:5060;branch=z9hG4bK-p\r\n"
	    "Via: SIP/2.0/UDP 192.168.1.10:5060;");
	expect_nothing(&o);
}

/* No router between: the host has this address itself. */
Test(wan_not_alg, on_the_wire)
{
	struct outside o = outside_of(story_two_way(), LINUX);

	for (size_t i = 0; i < o.wan.count; i++) {
		o.wan.packets[i].route.ttl = 64;
	}
	expect_nothing(&o);
}

/* It was told by received, in an answer to its first request, and uses it from then on. */
Test(wan_not_alg, learned_by_received)
{
	struct story s = story();
	struct gen_script later = {0};
	struct outside o;
	json_t *report;

	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "401 Unauthorized", "REGISTER", 1, NULL);
	s.phone_address = story_outside;
	story_request(&s, 0.2, "REGISTER", 2, false, NULL);
	story_response(&s, 0.3, "200 OK", "REGISTER", 2, NULL);
	o = outside_of(s, 0);
	/* The same where the capture begins with that answer. */
	later.packets = o.wan.packets + 1;
	later.count = o.wan.count - 1;
	report = report_of("%s", story_write(&later, "later.pcap"));
	no_finding(report);
	json_decref(report);
	expect_nothing(&o);
}

/* The router's port, told by STUN from the port of SIP itself. */
Test(wan_not_alg, learned_by_stun)
{
	struct story s = story();
	struct gen_route asked = story_sip(&s, true);
	struct outside o;

	asked.dst = gen_end("203.0.113.30", 3478);
	gen_binding(&s.lan, 0, asked, 7, gen_end(story_outside, 5060));
	s.phone_address = story_outside;
	story_request(&s, 1, "REGISTER", 1, false, NULL);
	o = outside_of(s, 0);
	expect_nothing(&o);
}

/*
 * What it was told before the capture began is not seen: its Via has the router's very port, and
 * its Call-ID the address that it was born with.
 */
Test(wan_not_alg, hint_where_it_learned_before_the_capture)
{
	static const char *const requests[] = {"REGISTER", "INVITE"};

	for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
		struct outside o = outside_of((struct story){0}, 0);
		struct story s = story();
		json_t *report;

		s.phone_media = 5060; /* so that the router moves SIP's port */
		s.phone_address = story_outside;
		story_request(&s, 0, requests[i], 57, false, NULL);
		o.story = s;
		o.router.media_inside = 5060;
		o.router.media_outside = 40505;
		gen_script_route(&o.wan, &o.story.lan, &o.router);
		story_rewrite(&o.wan, "203.0.113.2:5060;branch", "203.0.113.2:40505;branch");
		report = report_on(&o, "wan");
		expect_confidence(report, 0.4);
		finish(&o, report);
	}
}

/* Its ICE candidates name the address that STUN told it. */
Test(wan_not_alg, learned_by_ice)
{
	struct story s = story();
	char sdp[512], more[800];
	struct outside o;

	s.phone_address = story_outside;
	(void)snprintf(more, sizeof(more),
	    "%sa=candidate:1 1 UDP 2130706431 192.168.1.10 16384 typ host\n"
	    "a=candidate:2 1 UDP 1694498815 203.0.113.2 16384 typ srflx\n",
	    story_sdp(&s, true, NULL, sdp));
	story_request(&s, 0, "INVITE", 1, false, more);
	o = outside_of(s, 0);
	expect_nothing(&o);
}

/* Another phone behind the same address is plainly NATed: the router leaves SIP alone. */
Test(wan_not_alg, plain_neighbour)
{
	struct story s = story();
	struct outside o;

	s.call_id = "plain";
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	s.call_id = "knows@192.168.1.11";
	s.phone_address = story_outside;
	story_request(&s, 1, "REGISTER", 1, false, NULL);
	o = outside_of(s, 0);
	expect_nothing(&o);
}

/* A port that was forwarded by hand, in the first registration of a gateway of unknown name. */
Test(wan_alg, configured_address_and_port)
{
	static const char *const sides[] = {NULL, "wan"};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		struct outside o = outside_of((struct story){0}, 0);
		struct story s = story();
		json_t *report;

		s.phone_media = 5060; /* so that the router moves SIP's port */
		story_request(&s, 0, "REGISTER", 1, false, NULL);
		o.story = s;
		o.router.rewrites = LINUX;
		o.router.media_inside = 5060;
		o.router.media_outside = 6060;
		gen_script_route(&o.wan, &o.story.lan, &o.router);
		story_rewrite(&o.wan, "203.0.113.2:5060;branch", "203.0.113.2:6060;branch");
		report = report_on(&o, sides[i]);
		expect_confidence(report, 0.4);
		json_decref(report);
		story_rewrite(
		    &o.wan, "User-Agent: StoryPhone/1.0", "User-Agent: Grandstream GXP2140");
		report = report_on(&o, sides[i]);
		expect_confidence(report, 0.4);
		finish(&o, report);
	}
}

/* --- an ALG --- */

/* A configured external address looks the same: a hint, and what would settle it. */
Test(wan_alg, call_id_left)
{
	static const char *const sides[] = {NULL, "wan", "server"};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		struct outside o = outside_of(story_two_way(), LINUX);
		json_t *report = report_on(&o, sides[i]);
		const json_t *f = expect_confidence(report, 0.4);

		cr_expect_str_eq(text_at(f, "endpoints.0"), "203.0.113.2");
		cr_expect_not_null(strstr(text_at(f, "evidence.1.text"), "story-1@192.168.1.10"));
		finish(&o, report);
	}
}

/* The user says that the capture was made on the phone's side: nothing is claimed of NAT. */
Test(wan_alg, declared_lan)
{
	struct outside o = outside_of(story_two_way(), LINUX);
	json_t *report = report_on(&o, "lan");

	no_finding(report);
	finish(&o, report);
}

static struct story with_rtcp(void)
{
	struct story s = story();
	char sdp[512], more[600];

	(void)snprintf(more, sizeof(more), "%sa=rtcp:16385 IN IP4 192.168.1.10\n",
	    story_sdp(&s, true, NULL, sdp));
	story_request(&s, 0, "INVITE", 1, false, more);
	return s;
}

Test(wan_alg, several_traces_of_a_phone)
{
	struct outside o = outside_of(with_rtcp(), LINUX);
	json_t *report = report_on(&o, NULL);

	expect_confidence(report, 0.4); /* not known as a phone */
	json_decref(report);
	story_rewrite(&o.wan, "User-Agent: StoryPhone/1.0", "User-Agent: Yealink SIP-T46U 108");
	report = report_on(&o, NULL);
	expect_confidence(report, 0.6);
	finish(&o, report);
}

/* A port that the router chose, in a phone's Via. */
Test(wan_alg, port_that_a_phone_cannot_know)
{
	struct outside o = outside_of((struct story){0}, 0);
	struct story s = story();
	json_t *report;

	s.phone_media = 5060; /* so that the router moves SIP's port, too */
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	o.story = s;
	o.router.rewrites = LINUX;
	o.router.media_inside = 5060;
	o.router.media_outside = 40505;
	gen_script_route(&o.wan, &o.story.lan, &o.router);
	story_rewrite(&o.wan, "203.0.113.2:5060;branch", "203.0.113.2:40505;branch");
	report = report_on(&o, NULL);
	expect_confidence(report, 0.55);
	json_decref(report);
	report = report_on(&o, "wan");
	expect_confidence(report, 0.65);
	json_decref(report);
	story_rewrite(&o.wan, "User-Agent: StoryPhone/1.0", "User-Agent: Grandstream GXP2140");
	report = report_on(&o, "server");
	expect_confidence(report, 0.65);
	json_decref(report);
	story_rewrite(&o.wan, "Grandstream GXP2140", "Linphone/4.2");
	report = report_on(&o, "wan");
	expect_confidence(report, 0.4); /* a program chooses such ports itself */
	finish(&o, report);
}

Test(wan_alg, half_rewritten)
{
	struct outside o = outside_of(story_two_way(), GEN_REWRITE_VIA);
	json_t *report = report_on(&o, NULL);

	expect_confidence(report, 0.3);
	finish(&o, report);
}

/* Between two NATs the outside of the inner router is private itself. */
Test(wan_alg, between_two_routers)
{
	struct outside o = outside_of((struct story){0}, 0);
	json_t *report;

	o.story = story_two_way();
	o.router.outside = "10.99.0.2";
	o.router.rewrites = LINUX;
	gen_script_route(&o.wan, &o.story.lan, &o.router);
	report = report_on(&o, NULL);
	expect_confidence(report, 0.35);
	finish(&o, report);
}

/* What both routers do to SIP is not told as of two that contradict one another. */
Test(wan_alg, of_both_routers_one_hint)
{
	struct outside o = outside_of((struct story){0}, 0);
	json_t *report;

	o.story = story();
	story_request(&o.story, 0, "REGISTER", 1, false, NULL);
	story_response(&o.story, 0.1, "200 OK", "REGISTER", 1, NULL);
	o.router.outside = "10.99.0.2";
	o.router.rewrites = LINUX;
	gen_script_route(&o.wan, &o.story.lan, &o.router);
	story_rewrite(&o.wan, "received=203.0.113.2", "received=10.99.0.2");
	report = report_on(&o, NULL);
	expect_confidence(report, 0.45);
	cr_expect_not_null(
	    strstr(text_at(report, "findings.0.summary"), "the router at 10.99.0.2 may rewrite"));
	finish(&o, report);
}
