/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symmetric-media and the one-way audio that it makes: first what it is not
 * (docs/detection.md), then each of its causes.
 *
 * Most stories are told from outside: the phone's packets come from its router, and what it
 * says of itself names its private address or a port of its own choice.
 */
#include "gen_stun.h"
#include "story.h"

TestSuite(sound_media, .fini = scratch_remove, .timeout = 60);
TestSuite(symmetric_media, .fini = scratch_remove, .timeout = 60);

enum { MAPPED = 40100, MOVED = 40200, STRAY = 40300 };

/* As the outside sees a phone behind NAT. claims: the address that it writes. */
static struct story outside(const char *claims)
{
	struct story s = story();

	s.phone = story_outside;
	s.phone_address = claims;
	return s;
}

/* The phone's audio, from a port of its router. */
static void from_port(struct story *s, uint16_t port, uint32_t ssrc, double from_s, double to_s)
{
	struct gen_route route = story_rtp(s, true);

	route.src.port = port;
	gen_stream(&s->lan, route,
	    &(struct gen_stream){
		.from_s = from_s, .to_s = to_s, .ssrc = ssrc, .sequence = (uint16_t)(from_s * 50)});
}

/* The server's audio, to an address and port. */
static void to_place(
    struct story *s, const char *address, uint16_t port, double from_s, double to_s)
{
	struct gen_route route = story_rtp(s, false);

	route.dst = gen_end(address, port);
	gen_stream(&s->lan, route,
	    &(struct gen_stream){.from_s = from_s,
		.to_s = to_s,
		.ssrc = 0x2222,
		.sequence = (uint16_t)(from_s * 50)});
}

static void expect_sound(struct story *s)
{
	json_t *report = story_report(s);

	cr_assert_eq(length_at(report, "calls"), 1);
	no_finding(report);
	story_finish(s, report);
}

static const json_t *finding_of(const json_t *report, const char *code)
{
	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *f = json_array_get(at(report, "findings"), i);

		if (strcmp(text_at(f, "code"), code) == 0) {
			return f;
		}
	}
	cr_assert_fail("no %s among %zu findings", code, length_at(report, "findings"));
	return NULL;
}

/* What the user hears, and what the platform does: both, of the same call, and nothing else. */
static void expect_both(
    const json_t *report, const char *heard, const char *done, double confidence)
{
	const json_t *one_way = finding_of(report, "one-way-audio");
	const json_t *symmetric = finding_of(report, "symmetric-media");

	cr_expect_eq(length_at(report, "findings"), 2);
	cr_expect_str_eq(text_at(one_way, "cause"), heard);
	cr_expect_str_eq(text_at(symmetric, "cause"), done);
	cr_expect_float_eq(number_at(symmetric, "confidence"), confidence, 1e-9);
	cr_expect_geq(number_at(one_way, "confidence"), 0.5);
	cr_expect_str_eq(text_at(symmetric, "severity"), "critical");
	cr_expect_str_eq(text_at(symmetric, "endpoints.0"), story_server);
	cr_expect_str_eq(text_at(symmetric, "calls.0"), "c1");
	cr_expect_geq(length_at(symmetric, "evidence"), 2);
	cr_expect_not_null(
	    strstr(text_at(one_way, "summary"), "caller"), "%s", text_at(one_way, "summary"));
}

static void expect_story(struct story *s, const char *heard, const char *done, double confidence)
{
	json_t *report = story_report(s);

	expect_both(report, heard, done, confidence);
	story_finish(s, report);
}

/* --- sound --- */

Test(sound_media, followed_to_another_port)
{
	struct story s = outside(story_phone);

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, MAPPED, 1.1, 12);
	story_end(&s);
	expect_sound(&s);
}

/* A relay's first packets, before anything came that it could follow. */
Test(sound_media, private_address_until_latched)
{
	struct story s = outside(story_phone);

	story_begin(&s);
	to_place(&s, story_phone, 16384, 1.02, 2.02);
	from_port(&s, MAPPED, 0x1111, 1.5, 12);
	to_place(&s, story_outside, MAPPED, 2.02, 12);
	story_end(&s);
	expect_sound(&s);
}

/* RFC 4961 asks for one port; in a private network one with two is heard all the same. */
Test(sound_media, two_ports_without_nat)
{
	struct story s = story();

	s.server = "192.168.1.20";
	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	expect_sound(&s);
}

/* A server that listens on one port and sends from another; its phones keep to its word. */
Test(sound_media, server_with_two_ports)
{
	struct story s = outside(story_phone);
	struct gen_route in = story_rtp(&s, false), out = story_rtp(&s, true);

	in.src.port = 20002;
	in.dst.port = out.src.port = MAPPED;
	story_begin(&s);
	gen_stream(&s.lan, out,
	    &(struct gen_stream){.from_s = 1.05, .to_s = 12, .ssrc = 0x1111, .sequence = 1});
	gen_stream(&s.lan, in,
	    &(struct gen_stream){.from_s = 1.1, .to_s = 12, .ssrc = 0x2222, .sequence = 1});
	story_end(&s);
	expect_sound(&s);
}

/* A server that sends from another address than it names; the phone keeps to its word. */
Test(sound_media, server_with_two_addresses)
{
	struct story s = outside(story_phone);
	struct gen_route in = story_rtp(&s, false);

	in.src = gen_end("203.0.113.11", 20000);
	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	in.dst.port = MAPPED;
	gen_stream(&s.lan, in,
	    &(struct gen_stream){.from_s = 1.1, .to_s = 12, .ssrc = 0x2222, .sequence = 1});
	story_end(&s);
	expect_sound(&s);
}

static void phone_reports(struct story *s, uint16_t port, uint32_t step)
{
	struct gen_route rtcp = story_rtp(s, true);

	rtcp.src.port = (uint16_t)(port + 1);
	rtcp.dst.port++;
	for (int i = 0; i < 4; i++) {
		gen_rtcp(&s->lan, 3 + 2 * i, rtcp,
		    &(struct gen_report){.ssrc = 0x1111,
			.block = true,
			.about = 0x2222,
			.highest = 100 + (uint32_t)i * step});
	}
}

/* The router forwards the port: the phone reports what it receives there. */
Test(sound_media, forwarded_port)
{
	struct story s = outside(story_phone);

	s.phone_address = story_outside;
	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, 16384, 1.1, 12);
	phone_reports(&s, MAPPED, 100);
	story_end(&s);
	expect_sound(&s);
}

Test(sound_media, to_both_places)
{
	struct story s = outside(story_phone);

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, MAPPED, 1.1, 12);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	expect_sound(&s);
}

/* ICE checked the way that the server's audio takes, whatever the descriptions say. */
Test(sound_media, by_ice)
{
	struct story s = outside(story_phone);
	struct gen_route back = story_rtp(&s, false);

	back.dst = gen_end(story_phone, 16384);
	story_begin(&s);
	gen_check(&s.lan, 1.03, back, 1, true);
	from_port(&s, MAPPED, 0x1111, 1.1, 12);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	expect_sound(&s);
}

/* On hold nothing is to be heard. */
Test(sound_media, while_on_hold)
{
	struct story s = outside(story_phone);
	char sdp[512];

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 3.2);
	to_place(&s, story_outside, MAPPED, 1.1, 3);
	story_request(&s, 3, "INVITE", 2, true, story_sdp(&s, true, "sendonly", sdp));
	story_response(&s, 3.1, "200 OK", "INVITE", 2, story_sdp(&s, false, "recvonly", sdp));
	story_request(&s, 3.12, "ACK", 2, true, NULL);
	from_port(&s, MAPPED, 0x1111, 3.2, 12);
	to_place(&s, story_phone, 16384, 3.2, 12);
	story_end(&s);
	expect_sound(&s);
}

/* A re-INVITE that moves the media, and the server goes with it. */
Test(sound_media, moved_and_followed)
{
	struct story s = outside(story_phone);
	char sdp[512];

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 6);
	to_place(&s, story_outside, MAPPED, 1.1, 7);
	s.phone_media = 16400;
	story_request(&s, 6, "INVITE", 2, true, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 6.1, "200 OK", "INVITE", 2, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 6.12, "ACK", 2, true, NULL);
	from_port(&s, MOVED, 0x1111, 6.2, 12);
	to_place(&s, story_outside, MOVED, 7, 12);
	story_end(&s);
	expect_sound(&s);
}

/* --- hints --- */

/* Behind NAT, as its Via tells; its description names the public address, and the wrong port. */
static struct story no_latch(void)
{
	struct story s = outside(story_outside);
	char sdp[512];

	(void)story_sdp(&s, true, NULL, sdp);
	s.phone_address = story_phone;
	story_request(&s, 0, "INVITE", 1, false, sdp);
	story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 1.02, "ACK", 1, true, NULL);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, 16384, 1.1, 12);
	story_end(&s);
	return s;
}

static void expect_hint(struct story *s)
{
	json_t *report = story_report(s);
	const json_t *f = only_finding(report, "symmetric-media");

	cr_expect_str_eq(text_at(f, "cause"), "no-latch");
	cr_expect_lt(number_at(f, "confidence"), 0.5);
	cr_expect_str_eq(text_at(f, "severity"), "info");
	cr_expect_not_null(at(f, "would_settle"));
	cr_expect_eq(length_at(f, "against"), 1);
	story_finish(s, report);
}

/* Whether its router forwards the port, nobody says here. */
Test(symmetric_media, hint_where_a_port_may_be_forwarded)
{
	struct story s = no_latch();

	expect_hint(&s);
}

/* All that it says is public: it may have two ports, and no NAT. */
Test(symmetric_media, hint_of_a_public_phone)
{
	struct story s = outside(story_outside);

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, 16384, 1.1, 12);
	story_end(&s);
	expect_hint(&s);
}

/* --- faults --- */

Test(symmetric_media, private_target)
{
	struct story s = outside(story_phone);

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	expect_story(&s, "unroutable-sdp", "private-target", 0.85);
}

/* --- whose fault it is --- */

static void registers(struct story *s, const char *phone, const char *claims, const char *server)
{
	struct story r = *s;

	r.phone = phone;
	r.phone_address = claims;
	r.server = server;
	r.call_id = phone;
	story_request(&r, 0, "REGISTER", 1, false, NULL);
	story_response(&r, 0.02, "200 OK", "REGISTER", 1, NULL);
	s->lan = r.lan;
	s->branch = r.branch;
}

static void expect_sides(json_t *report, const char *side, const char *advice)
{
	static const char *const codes[] = {"one-way-audio", "symmetric-media"};

	for (size_t i = 0; i < 2; i++) {
		const json_t *f = finding_of(report, codes[i]);

		cr_expect_str_eq(text_at(f, "side"), side, "%s: %s", codes[i], text_at(f, "side"));
		cr_expect_not_null(
		    strstr(text_at(f, "remedy"), advice), "%s: %s", codes[i], text_at(f, "remedy"));
	}
}

/* Two phones, of which neither is a platform, though one of them is outside. */
Test(symmetric_media, between_two_phones)
{
	struct story s = outside(story_phone);
	json_t *report;

	s.server = "192.0.2.20";
	registers(&s, story_outside, story_phone, story_server);
	registers(&s, s.server, s.server, story_server);
	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	report = story_report(&s);
	expect_sides(report, "unknown", "let the provider relay the audio");
	cr_expect_null(
	    strstr(text_at(finding_of(report, "symmetric-media"), "remedy"), "platform"));
	cr_expect_null(strstr(text_at(finding_of(report, "one-way-audio"), "why"), "platform"));
	story_finish(&s, report);
}

/* The phone sends to where the platform says: a private address. */
Test(symmetric_media, to_a_platform_that_announces_a_private_address)
{
	struct story s = outside(story_outside), inside;
	char sdp[512];
	json_t *report;

	registers(&s, story_outside, story_phone, story_server);
	inside = s;
	inside.server = "10.20.30.40";
	story_request(&s, 0, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&inside, false, NULL, sdp));
	story_request(&s, 1.02, "ACK", 1, true, NULL);
	to_place(&s, story_outside, 16384, 1.1, 12);
	inside.lan = s.lan;
	story_audio(&inside, true, 1.05, 12);
	s.lan = inside.lan;
	story_end(&s);
	report = story_report(&s);
	cr_expect_str_eq(text_at(finding_of(report, "symmetric-media"), "cause"), "private-target");
	cr_expect_not_null(
	    strstr(text_at(finding_of(report, "one-way-audio"), "summary"), "the callee"));
	expect_sides(report, "provider", "announce");
	story_finish(&s, report);
}

/* The platform sends to where the phone says, which is of no use behind NAT. */
Test(symmetric_media, of_a_platform_that_serves_the_phone)
{
	struct story s = outside(story_phone);
	json_t *report;

	registers(&s, story_outside, story_phone, story_server);
	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	report = story_report(&s);
	expect_sides(report, "provider", "answer to the source of the media");
	story_finish(&s, report);
}

/* Who mutes himself for a while is unheard before and after it. */
Test(symmetric_media, private_target_of_a_phone_that_is_muted_meanwhile)
{
	struct story s = outside(story_phone);
	struct gen_route route = story_rtp(&s, true);
	struct gen_stream spoken = {.from_s = 1.05, .to_s = 5, .ssrc = 0x1111, .sequence = 1};

	route.src.port = MAPPED;
	story_begin(&s);
	gen_stream(&s.lan, route, &spoken);
	spoken.sequence = 199;
	spoken.from_s = 8;
	spoken.to_s = 12;
	gen_stream(&s.lan, route, &spoken);
	to_place(&s, story_phone, 16384, 1.1, 12);
	story_end(&s);
	expect_story(&s, "unroutable-sdp", "private-target", 0.85);
}

Test(symmetric_media, no_latch_refused_by_the_router)
{
	struct story s = no_latch();

	for (int i = 0; i < 10; i++) {
		gen_unreachable(
		    &s.lan, 1.5 + i, gen_end(story_outside, 0), story_rtp(&s, false), 3, 3);
	}
	expect_story(&s, "no-latch", "no-latch", 0.9);
}

Test(symmetric_media, no_latch_by_the_phones_reports)
{
	struct story s = no_latch();

	phone_reports(&s, MAPPED, 0);
	expect_story(&s, "no-latch", "no-latch", 0.85);
}

/* Refused where no NAT is known of: nobody listens there, whatever the peer does. */
Test(sound_media, closed_port_without_nat)
{
	struct story s = outside(story_outside);
	json_t *report;

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, 16384, 1.1, 12);
	story_end(&s);
	for (int i = 0; i < 10; i++) {
		gen_unreachable(
		    &s.lan, 1.5 + i, gen_end(story_outside, 0), story_rtp(&s, false), 3, 3);
	}
	report = story_report(&s);
	cr_expect_str_eq(
	    text_at(only_finding(report, "one-way-audio"), "cause"), "icmp-unreachable");
	story_finish(&s, report);
}

/* As both sides of the router see it: the phone's audio leaves by another port than it says. */
static void both_sides(struct story *s, struct gen_script *wan)
{
	static const struct gen_router router = {
	    .inside = story_phone, .outside = story_outside, .drop_rtp_in = true};

	*s = story();
	s->phone_address = story_outside;
	story_begin(s);
	story_audio(s, true, 1.05, 12);
	story_audio(s, false, 1.1, 12);
	story_end(s);
	gen_script_route(wan, &s->lan, &router);
	gen_script_inside(&s->lan, &router);
	for (size_t i = 0; i < wan->count; i++) {
		struct gen_end *src = &wan->packets[i].route.src;

		src->port = src->port == 16384 ? MAPPED : src->port;
	}
}

/* Inside, nothing of it arrives. */
Test(symmetric_media, no_latch_at_both_sides)
{
	struct story s;
	struct gen_script wan = {0};
	const char *lan_path, *wan_path;
	json_t *report;

	both_sides(&s, &wan);
	lan_path = story_write(&s.lan, "lan.pcap");
	wan_path = story_write(&wan, "wan.pcap");
	report = report_of("--vantage lan=%s --vantage wan=%s", lan_path, wan_path);
	expect_both(report, "no-latch", "no-latch", 0.95);
	gen_script_free(&wan);
	story_finish(&s, report);
}

/* Both ports of the router in one capture, without a name. */
Test(symmetric_media, no_latch_in_one_capture)
{
	struct story s;
	struct gen_script wan = {0}, all = {0};

	both_sides(&s, &wan);
	for (size_t i = 0; i < wan.count; i++) {
		wan.packets[i].at_s += 0.0002;
	}
	all.room = all.count = s.lan.count + wan.count;
	all.packets = malloc(sizeof(*all.packets) * all.count);
	cr_assert_not_null(all.packets);
	memcpy(all.packets, s.lan.packets, sizeof(*all.packets) * s.lan.count);
	memcpy(&all.packets[s.lan.count], wan.packets, sizeof(*all.packets) * wan.count);
	free(s.lan.packets);
	free(wan.packets);
	s.lan = all;
	expect_story(&s, "no-latch", "no-latch", 0.95);
}

/* Ten packets of another phone came first, and the server follows those. */
Test(symmetric_media, wrong_latch)
{
	struct story s = outside(story_phone);

	story_begin(&s);
	from_port(&s, STRAY, 0x9999, 1.03, 1.23);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, STRAY, 1.06, 12);
	story_end(&s);
	expect_story(&s, "no-latch", "wrong-latch", 0.75);
}

/* One packet is no stream: the place that the server follows is named by nobody. */
Test(symmetric_media, wrong_latch_on_one_packet)
{
	struct story s = outside(story_phone);
	const json_t *f;
	json_t *report;

	story_begin(&s);
	from_port(&s, STRAY, 0x9999, 1.03, 1.05);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, STRAY, 1.06, 12);
	story_end(&s);
	report = story_report(&s);
	expect_both(report, "no-latch", "wrong-latch", 0.7);
	f = finding_of(report, "symmetric-media");
	cr_expect_str_eq(text_at(f, "side"), "customer-network");
	cr_expect_str_eq(text_at(f, "evidence.2.time"), "2026-01-01T00:00:01.030000000Z", "%s",
	    text_at(f, "evidence.2.time"));
	cr_expect_null(strstr(text_at(f, "against.0.text"), "was not seen"));
	story_finish(&s, report);
}

/* Nor is that one seen: it came before the capture began, or passed elsewhere. */
Test(symmetric_media, wrong_latch_on_what_was_not_seen)
{
	struct story s = outside(story_phone);
	json_t *report;

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, STRAY, 1.06, 12);
	story_end(&s);
	report = story_report(&s);
	expect_both(report, "no-latch", "wrong-latch", 0.6);
	cr_expect_str_eq(text_at(finding_of(report, "symmetric-media"), "side"), "unknown");
	cr_expect_not_null(strstr(
	    text_at(finding_of(report, "symmetric-media"), "against.0.text"), "was not seen"));
	story_finish(&s, report);
}

Test(symmetric_media, wrong_latch_is_not_what_comes_later)
{
	struct story s = outside(story_phone);
	json_t *report;

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 12);
	to_place(&s, story_outside, STRAY, 1.06, 12);
	from_port(&s, STRAY, 0x9999, 5, 5.01);
	story_end(&s);
	report = story_report(&s);
	expect_both(report, "no-latch", "wrong-latch", 0.6);
	story_finish(&s, report);
}

Test(symmetric_media, stale_after_the_mapping_moved)
{
	struct story s = outside(story_phone);
	json_t *report;

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 4);
	from_port(&s, MOVED, 0x1111, 4, 12);
	to_place(&s, story_outside, MAPPED, 1.1, 12);
	story_end(&s);
	report = story_report(&s);
	expect_both(report, "no-latch", "stale-latch", 0.75);
	/* He heard the other side before. */
	cr_expect_not_null(strstr(text_at(finding_of(report, "one-way-audio"), "summary"),
			       "hears nothing from 3.0 s after the answer on"),
	    "%s", text_at(finding_of(report, "one-way-audio"), "summary"));
	story_finish(&s, report);
}

Test(symmetric_media, stale_after_a_reinvite)
{
	struct story s = outside(story_phone);
	char sdp[512];

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 6);
	to_place(&s, story_outside, MAPPED, 1.1, 12);
	s.phone_media = 16400;
	story_request(&s, 6, "INVITE", 2, true, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 6.1, "200 OK", "INVITE", 2, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 6.12, "ACK", 2, true, NULL);
	from_port(&s, MOVED, 0x1111, 6.2, 12);
	story_end(&s);
	expect_story(&s, "no-latch", "stale-latch", 0.75);
}

/* The server goes back to what the first description said, and the second does not. */
Test(symmetric_media, stale_description)
{
	struct story s = outside(story_outside);
	char sdp[512];

	story_begin(&s);
	from_port(&s, MAPPED, 0x1111, 1.05, 6);
	to_place(&s, story_outside, MAPPED, 1.1, 6);
	s.phone_media = 16400;
	story_request(&s, 6, "INVITE", 2, true, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 6.1, "200 OK", "INVITE", 2, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 6.12, "ACK", 2, true, NULL);
	from_port(&s, MOVED, 0x1111, 6.2, 12);
	to_place(&s, story_outside, 16384, 6.2, 12);
	story_end(&s);
	expect_story(&s, "no-latch", "stale-latch", 0.75);
}

/* Twenty calls over one platform are one finding of it. */
Test(symmetric_media, many_calls_one_platform)
{
	struct gen_script all = {0};
	json_t *report;

	for (int i = 0; i < 20; i++) {
		struct story s = outside(story_phone);
		char call_id[32];

		(void)snprintf(call_id, sizeof(call_id), "many-%d", i);
		s.call_id = call_id;
		s.branch = (unsigned)i * 100;
		s.lan = all;
		s.phone_media = (uint16_t)(16384 + 2 * i);
		s.server_media = (uint16_t)(20000 + 2 * i);
		story_begin(&s);
		from_port(&s, (uint16_t)(MAPPED + 2 * i), 0x1111, 1.05, 12);
		to_place(&s, story_phone, s.phone_media, 1.1, 12);
		story_end(&s);
		all = s.lan;
	}
	report = report_of("%s", story_write(&all, "many.pcap"));
	cr_expect_eq(length_at(report, "findings"), 2);
	cr_expect_eq(number_at(finding_of(report, "symmetric-media"), "calls_total"), 20);
	cr_expect_eq(number_at(finding_of(report, "one-way-audio"), "calls_total"), 20);
	gen_script_free(&all);
	json_decref(report);
}
