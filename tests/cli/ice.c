/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses that a phone learned by STUN, and ICE: which media belongs to which call although
 * no description names what the packets show; and whether it is SRTP.
 */
#include "gen_stun.h"
#include "story.h"

TestSuite(mapped, .fini = scratch_remove, .timeout = 60);
TestSuite(ice, .fini = scratch_remove, .timeout = 60);
TestSuite(encrypted, .fini = scratch_remove, .timeout = 60);

static const char stun_server[] = "198.51.100.5", elsewhere[] = "203.0.113.99";

static struct gen_route to_stun(const char *phone, uint16_t port)
{
	return (struct gen_route){gen_end(phone, port), gen_end(stun_server, 3478), 0, 64};
}

/* Media between the phone and an address that no description names. */
static void audio_elsewhere(
    struct story *s, const char *phone, uint16_t port, uint32_t ssrc, double from_s)
{
	struct gen_end here = gen_end(phone, port), there = gen_end(elsewhere, 30000);
	struct gen_stream stream = {.from_s = from_s, .to_s = from_s + 10, .sequence = 1000};

	stream.ssrc = ssrc;
	gen_stream(&s->lan, (struct gen_route){here, there, 46, 64}, &stream);
	stream.ssrc = ssrc + 1;
	gen_stream(&s->lan, (struct gen_route){there, here, 46, 59}, &stream);
}

/* A description of the phone: where, by which profile, and what else. */
static const char *sdp_of(
    const char *address, unsigned port, const char *profile, const char *more, char out[1024])
{
	(void)snprintf(out, 1024,
	    "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %u %s 0\n"
	    "a=rtpmap:0 PCMU/8000\n%s",
	    address, address, port, profile, more);
	return out;
}

static void call_with(struct story *s, double at_s, const char *offer, const char *answer)
{
	s->ended_s = at_s + 12;
	story_request(s, at_s, "INVITE", 1, false, offer);
	story_response(s, at_s + 1, "200 OK", "INVITE", 1, answer);
	story_request(s, at_s + 1.02, "ACK", 1, true, NULL);
	story_end(s);
}

static void mapped_call(struct story *s, double at_s, uint16_t port)
{
	char offer[1024], answer[512];

	call_with(s, at_s, sdp_of(story_outside, port, "RTP/AVP", "", offer),
	    story_sdp(s, false, NULL, answer));
}

/* --- server-reflexive addresses --- */

Test(mapped, media_of_the_address_that_the_description_names)
{
	struct story s = story();
	json_t *report;

	gen_binding(&s.lan, -1, to_stun(story_phone, 16384), 1, gen_end(story_outside, 50000));
	mapped_call(&s, 0, 50000);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 2);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	cr_expect_str_eq(text_at(report, "streams.1.call"), "c1");
	cr_expect_str_eq(text_at(report, "streams.0.codec"), "PCMU");
	no_finding(report);
	story_finish(&s, report);
}

static void not_joined(struct story *s)
{
	json_t *report = story_report(s);

	cr_assert_eq(length_at(report, "streams"), 2);
	cr_expect_str_neq(text_at(report, "streams.0.call"), "c1");
	cr_expect_str_neq(text_at(report, "streams.1.call"), "c1");
	story_finish(s, report);
}

Test(mapped, not_without_the_answer)
{
	struct story s = story();

	mapped_call(&s, 0, 50000);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	not_joined(&s);
}

Test(mapped, not_of_another_port_outside)
{
	struct story s = story();

	gen_binding(&s.lan, -1, to_stun(story_phone, 16384), 1, gen_end(story_outside, 50002));
	mapped_call(&s, 0, 50000);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	not_joined(&s);
}

Test(mapped, not_when_it_is_long_ago)
{
	struct story s = story();

	gen_binding(&s.lan, -700, to_stun(story_phone, 16384), 1, gen_end(story_outside, 50000));
	mapped_call(&s, 0, 50000);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	not_joined(&s);
}

/* The description came before the answer of the STUN server. */
Test(mapped, learned_after_the_description)
{
	struct story s = story();
	json_t *report;

	mapped_call(&s, 0, 50000);
	gen_binding(&s.lan, 0.5, to_stun(story_phone, 16384), 1, gen_end(story_outside, 50000));
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	report = story_report(&s);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	story_finish(&s, report);
}

/* Two phones at once behind one NAT: each has its own port outside. */
Test(mapped, several_clients_behind_one_nat)
{
	struct story s = story();
	json_t *report;

	gen_binding(&s.lan, -2, to_stun(story_phone, 16384), 1, gen_end(story_outside, 50000));
	gen_binding(&s.lan, -1, to_stun("192.168.1.11", 16384), 2, gen_end(story_outside, 50001));
	mapped_call(&s, 0, 50001);
	s.call_id = "story-2@192.168.1.10";
	mapped_call(&s, 0.1, 50000);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.3);
	audio_elsewhere(&s, "192.168.1.11", 16384, 0x2000, 1.4);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);
		bool first = strncmp(text_at(stream, "ssrc"), "0x00001", 7) == 0;

		cr_expect_str_eq(text_at(stream, "call"), first ? "c2" : "c1");
	}
	story_finish(&s, report);
}

/* The NAT gave the port to another phone meanwhile: who learned it last has it. */
Test(mapped, port_used_again)
{
	struct story s = story();
	json_t *report;

	gen_binding(&s.lan, -60, to_stun("192.168.1.11", 16384), 1, gen_end(story_outside, 50000));
	gen_binding(&s.lan, -1, to_stun(story_phone, 16384), 2, gen_end(story_outside, 50000));
	mapped_call(&s, 0, 50000);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	audio_elsewhere(&s, "192.168.1.11", 16384, 0x2000, 1.2);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);
		bool own = strncmp(text_at(stream, "ssrc"), "0x00001", 7) == 0;

		cr_expect_eq(strcmp(text_at(stream, "call"), "c1") == 0, own);
	}
	story_finish(&s, report);
}

/* A phone that says itself what STUN told it: nothing between has rewritten that. */
Test(mapped, no_alg_where_the_phone_knows_its_address)
{
	static const struct gen_router plain = {.inside = story_phone, .outside = story_outside};
	struct story s = story();
	json_t *report;

	gen_binding(&s.lan, -1, to_stun(story_phone, 5060), 1, gen_end(story_outside, 5060));
	gen_binding(&s.lan, -1, to_stun(story_phone, 16384), 2, gen_end(story_outside, 16384));
	s.phone_address = story_outside;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = story_report_both(&s, &plain);
	no_finding(report);
	story_finish(&s, report);
}

/* --- candidates --- */

Test(ice, media_between_candidates)
{
	struct story s = story();
	char offer[1024], answer[512];
	json_t *report;

	gen_check(&s.lan, 1.03,
	    (struct gen_route){gen_end(story_phone, 16400), gen_end(elsewhere, 30000), 0, 64}, 1,
	    false);
	gen_check(&s.lan, 1.06,
	    (struct gen_route){gen_end(story_phone, 16400), gen_end(elsewhere, 30000), 0, 64}, 2,
	    true);
	call_with(&s, 0,
	    sdp_of(story_outside, 50000, "RTP/AVP",
		"a=candidate:1 1 UDP 2130706431 192.168.1.10 16400 typ host\n"
		"a=candidate:1 2 UDP 2130706430 192.168.1.10 16401 typ host\n"
		"a=candidate:2 1 UDP 1694498815 203.0.113.2 50000 typ srflx raddr 192.168.1.10 "
		"rport 16400\n",
		offer),
	    story_sdp(&s, false, NULL, answer));
	audio_elsewhere(&s, story_phone, 16400, 0x1000, 1.1);
	audio_elsewhere(&s, story_phone, 16401, 0x2000, 1.2);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);
		bool own = strncmp(text_at(stream, "ssrc"), "0x00001", 7) == 0;

		/* The second component is RTCP's. */
		cr_expect_eq(strcmp(text_at(stream, "call"), "c1") == 0, own);
		cr_expect_str_eq(text_at(stream, "ice"), own ? "nominated" : "(none)");
	}
	story_finish(&s, report);
}

/* Only what the candidate was learned from is to be seen here. */
Test(ice, related_address)
{
	struct story s = story();
	char offer[1024], answer[512];
	json_t *report;

	call_with(&s, 0,
	    sdp_of(story_outside, 50000, "RTP/AVP",
		"a=candidate:2 1 UDP 1694498815 203.0.113.2 50000 typ srflx raddr 192.168.1.10 "
		"rport 16384\n",
		offer),
	    story_sdp(&s, false, NULL, answer));
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	report = story_report(&s);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	story_finish(&s, report);
}

Test(ice, checks_that_nobody_nominated_or_answered)
{
	struct gen_end here = gen_end(story_phone, 16384), there = gen_end(elsewhere, 30000);
	struct story s = story();
	struct gen_stun m;
	json_t *report;

	gen_check(&s.lan, 0.5, (struct gen_route){here, there, 0, 64}, 1, false);
	audio_elsewhere(&s, story_phone, 16384, 0x1000, 1.1);
	audio_elsewhere(&s, story_phone, 16386, 0x2000, 1.2);
	gen_stun_begin(&m, GEN_BINDING, 7);
	gen_stun_add32(&m, 0x0024, 1);
	gen_stun_add(&m, 0x0025, NULL, 0);
	gen_stun_put(
	    &s.lan, 0.6, (struct gen_route){gen_end(story_phone, 16386), there, 0, 64}, &m);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 4);
	for (size_t i = 0; i < 4; i++) {
		const json_t *stream = json_array_get(at(report, "streams"), i);
		bool checked = strncmp(text_at(stream, "ssrc"), "0x00001", 7) == 0;

		cr_expect_str_eq(text_at(stream, "ice"), checked ? "checked" : "(none)");
	}
	story_finish(&s, report);
}

/* --- SRTP --- */

static void is_encrypted(
    const char *profile, const char *offered, const char *answered, const char *wanted)
{
	struct story s = story();
	char offer[1024], answer[1024];
	json_t *report;
	const json_t *found;

	call_with(&s, 0, sdp_of(story_phone, 16384, profile, offered, offer),
	    sdp_of(story_server, 20000, profile, answered, answer));
	story_audio(&s, true, 1.1, 12);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 1);
	found = at(report, "streams.0.encrypted");
	cr_expect_str_eq(!found                ? "unknown"
			 : json_is_true(found) ? "yes"
					       : "no",
	    wanted, "%s, \"%s\", \"%s\"", profile, offered, answered);
	story_finish(&s, report);
}

Test(encrypted, by_the_descriptions)
{
#define CRYPTO \
	"a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:WVNfX19zZW1jdGwgKCkgewkyMjA7fQp9CnVubGVz\n"
#define FINGERPRINT "a=fingerprint:sha-256 00:11\n"
	is_encrypted("RTP/AVP", "", "", "no");
	is_encrypted("RTP/AVPF", "", "", "no");
	is_encrypted("RTP/SAVP", CRYPTO, CRYPTO, "yes");
	is_encrypted("RTP/SAVPF", CRYPTO, CRYPTO, "yes");
	is_encrypted("UDP/TLS/RTP/SAVPF", FINGERPRINT, FINGERPRINT, "yes");
	/* RFC 8643: offered beside a plain profile; the answer decides. */
	is_encrypted("RTP/AVP", CRYPTO, CRYPTO, "yes");
	is_encrypted("RTP/AVP", CRYPTO, "", "no");
	is_encrypted("RTP/AVP", FINGERPRINT, "", "no");
}

Test(encrypted, by_a_handshake_on_the_flow)
{
	static const uint8_t hello[25] = {22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 12, 1};
	struct story s = story();
	json_t *report;

	gen_raw(&s.lan, 0.5, story_rtp(&s, true), hello, sizeof(hello));
	story_audio(&s, true, 1, 5);
	story_audio(&s, false, 1, 5);
	s.phone_media += 2;
	story_audio(&s, true, 1.01, 5);
	report = story_report(&s);
	cr_assert_eq(length_at(report, "streams"), 3);
	cr_expect(json_is_true(at(report, "streams.0.encrypted")));
	cr_expect(json_is_true(at(report, "streams.1.encrypted")));
	cr_expect_null(at(report, "streams.2.encrypted"), "another flow");
	cr_expect_eq(number_at(report, "captures.0.not_decoded.dtls"), 1);
	story_finish(&s, report);
}
