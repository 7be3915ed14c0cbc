/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What looks like a fault of several kinds at once and is none: captures that hold more than one
 * site, less than a call, or each packet twice.
 */
#include "two_sides.h"

TestSuite(near_miss, .fini = scratch_remove, .timeout = 60);

static void append_all(struct gen_script *out, struct gen_script *more)
{
	size_t count = out->count + more->count;

	out->packets = realloc(out->packets, count * sizeof(*out->packets));
	cr_assert_not_null(out->packets);
	memcpy(out->packets + out->count, more->packets, more->count * sizeof(*more->packets));
	out->count = out->room = count;
	free(more->packets);
	*more = (struct gen_script){0};
}

/* Streams of another phone: another SSRC in each packet of RTP. */
static void other_streams(struct gen_script *script)
{
	for (size_t i = 0; i < script->count; i++) {
		if (!script->packets[i].sip && script->packets[i].length > 12) {
			script->packets[i].payload[8] ^= 0x40;
		}
	}
}

/*
 * Both sides of one site's router, and the outside of another site's, whose phone has the same
 * private address and port: what comes to that address belongs to the call that names both ends.
 */
Test(near_miss, two_sites_with_one_private_address)
{
	struct story here = story_two_way(), there = story();
	struct gen_router router = router_plain();
	struct two_sides sides = sides_of(&here, &router);
	struct gen_script outside = {0};
	json_t *report;

	there.call_id = "story-2@192.168.1.10";
	there.branch = 100;
	there.server_media = 21000;
	story_begin(&there);
	story_audio(&there, true, 1.05, 12);
	story_audio(&there, false, 1.02, 12);
	story_end(&there);
	other_streams(&there.lan);
	router.outside = "198.51.100.7";
	gen_script_route(&outside, &there.lan, &router);
	story_rewrite(&outside, "received=203.0.113.2", "received=198.51.100.7");
	script_shift(&outside, 0.3);
	append_all(&sides.wan, &outside);
	report = report_merged(&sides);
	cr_expect_eq(length_at(report, "calls"), 2);
	no_finding(report);
	gen_script_free(&there.lan);
	sides_free(&sides, report);
}

/* The bridge and its port are both captured: each packet twice, at once. */
Test(near_miss, every_packet_twice)
{
	struct story s = story_two_way();
	size_t count = s.lan.count;
	json_t *report;

	for (size_t i = 0; i < count; i++) {
		gen_again(&s.lan, i, s.lan.packets[i].at_s + 0.00002);
	}
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* The capture ends while they talk. */
Test(near_miss, ends_mid_call)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 6);
	story_audio(&s, false, 1.02, 6);
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* The announcement was over two seconds before the capture was. */
Test(near_miss, ends_after_one_side_did)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 8);
	story_audio(&s, false, 1.02, 6);
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* The server joins the phone with somebody else, whose media takes another way. */
Test(near_miss, media_reinvited_past_the_tap)
{
	struct story s = story();
	char sdp[512];
	json_t *report;

	story_begin(&s);
	story_audio(&s, true, 1.05, 5);
	story_audio(&s, false, 1.02, 5);
	s.server_media = 31000;
	gen_sip(&s.lan, 5, story_sip(&s, false),
	    "INVITE sip:100@192.168.1.10:5060 SIP/2.0\nVia: SIP/2.0/UDP "
	    "203.0.113.10:5060;branch=z9hG4bK-past\nFrom: <sip:200@203.0.113.10>;tag=server\n"
	    "To: <sip:100@203.0.113.10>;tag=phone\nCall-ID: %s\nCSeq: 7 INVITE\n"
	    "Contact: <sip:200@203.0.113.10:5060>\nContent-Type: application/sdp\n\n"
	    "v=0\no=- 1 2 IN IP4 203.0.113.77\ns=-\nc=IN IP4 203.0.113.77\nt=0 0\n"
	    "m=audio 31000 RTP/AVP 0\n",
	    s.call_id);
	gen_sip(&s.lan, 5.05, story_sip(&s, true),
	    "SIP/2.0 200 OK\nVia: SIP/2.0/UDP 203.0.113.10:5060;branch=z9hG4bK-past\n"
	    "From: <sip:200@203.0.113.10>;tag=server\nTo: <sip:100@203.0.113.10>;tag=phone\n"
	    "Call-ID: %s\nCSeq: 7 INVITE\nContact: <sip:100@192.168.1.10:5060>\n"
	    "Content-Type: application/sdp\n\n%s",
	    s.call_id, story_sdp(&s, true, NULL, sdp));
	story_end(&s);
	report = story_report(&s);
	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		char path[64];

		(void)snprintf(path, sizeof(path), "findings.%zu.confidence", i);
		cr_expect_lt(number_at(report, path), 0.5);
	}
	cr_expect_null(finding_of_code(report, "one-way-audio"));
	story_finish(&s, report);
}

/* It sends from another port than it names, and is answered there from an address nobody named. */
Test(near_miss, answered_from_an_address_that_nobody_named)
{
	struct story s = story();
	struct gen_route out = story_rtp(&s, true), in = {0};
	json_t *report;

	out.src.port = 17000;
	in = (struct gen_route){gen_end("203.0.113.99", 31000), out.src, 46, 59};
	story_begin(&s);
	gen_stream(&s.lan, out, &(struct gen_stream){.from_s = 1.05, .to_s = 12, .ssrc = 0x1111});
	gen_stream(&s.lan, in, &(struct gen_stream){.from_s = 1.1, .to_s = 12, .ssrc = 0x2222});
	story_end(&s);
	report = story_report(&s);
	cr_expect_null(finding_of_code(report, "one-way-audio"));
	cr_expect_null(finding_of_code(report, "symmetric-media"));
	story_finish(&s, report);
}

/* Nothing of either direction is no-media's, at most. */
Test(near_miss, no_media_is_not_one_way)
{
	struct story s = story();
	json_t *report;

	story_begin(&s);
	story_end(&s);
	report = story_report(&s);
	cr_expect_null(finding_of_code(report, "one-way-audio"));
	story_finish(&s, report);
}

/* A traceroute beside the call: the provider's own network uses private addresses. */
Test(near_miss, private_hops_of_a_carrier)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides;
	json_t *report;

	for (int i = 0; i < 6; i++) {
		char hop[16];

		(void)snprintf(hop, sizeof(hop), "10.0.%d.1", i);
		gen_unreachable(&s.lan, 2 + i, gen_end(hop, 0), story_rtp(&s, true), 11, 0);
	}
	report = story_report(&s);
	no_finding(report);
	json_decref(report);
	sides = sides_of(&s, &router);
	report = report_named(&sides);
	no_finding(report);
	sides_free(&sides, report);
}

/* --- a proxy of the site's own --- */

static const char proxy[] = "192.168.1.2";

static bool is_media(const struct gen_packet *packet)
{
	return !packet->sip;
}

/* What the proxy makes of a message, or what it was made of: a Via more on its outer hop. */
static void proxied(struct gen_script *out, const struct gen_packet *p)
{
	static const char first[] = "Via: SIP/2.0/UDP ";
	bool request = memcmp(p->payload, "SIP/2.0", 7) != 0;
	struct gen_route route = p->route;
	char text[GEN_TEXT_MAX], message[GEN_TEXT_MAX];
	char *via, *branch;

	(void)snprintf(text, sizeof(text), "%.*s", (int)p->length, (const char *)p->payload);
	via = strstr(text, first);
	branch = strstr(text, "story-");
	cr_assert(via && branch);
	(void)snprintf(message, sizeof(message),
	    "%.*s%s%s:5060;branch=z9hG4bK-proxy-%lu;rport%s\r\n%s%s", (int)(via - text), text,
	    first, proxy, strtoul(branch + 6, NULL, 10),
	    request ? "" : "=5060;received=203.0.113.2",
	    request ? "Record-Route: <sip:192.168.1.2;lr>\r\n" : "", via);
	*(request ? &route.src : &route.dst) = gen_end(proxy, 5060);
	gen_raw(out, p->at_s + (request ? 0.001 : -0.001), route, message, strlen(message));
	out->packets[out->count - 1].sip = true;
}

/*
 * It stands before the phones, adds a Via and a Record-Route, and sees the phone's private address,
 * which its answers name (received): inside, each message is there with one Via and with two.
 */
Test(near_miss, proxy_of_the_site)
{
	struct story s = story_two_way();
	struct gen_router router = router_plain();
	struct two_sides sides = {{0}, {0}};
	struct gen_script outer = {0}, outer_wan = {0};
	json_t *report;

	gen_script_route(&sides.wan, &s.lan, &router);
	for (size_t i = 0; i < s.lan.count; i++) {
		struct gen_packet *p = &s.lan.packets[i];
		bool request = p->sip && memcmp(p->payload, "SIP/2.0", 7) != 0;

		if (p->sip) {
			proxied(&outer, p);
			*(request ? &p->route.dst : &p->route.src) = gen_end(proxy, 5060);
			p->route.ttl = 64;
		}
	}
	story_rewrite(&s.lan, "received=203.0.113.2", "received=192.168.1.10");
	script_keep(&sides.wan, is_media);
	router.inside = proxy;
	gen_script_route(&outer_wan, &outer, &router);
	append_all(&sides.wan, &outer_wan);
	sides.lan = s.lan;
	append_all(&sides.lan, &outer);
	for (unsigned view = 0; view < 4; view++) {
		report = view == 0   ? report_named(&sides)
			 : view == 1 ? report_merged(&sides)
			 : view == 2 ? report_of("%s", story_write(&sides.lan, "lan.pcap"))
				     : report_of("%s", story_write(&sides.wan, "wan.pcap"));
		no_finding(report);
		json_decref(report);
	}
	gen_script_free(&sides.lan);
	gen_script_free(&sides.wan);
}
