/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stories: the messages and media of one call between a phone behind NAT and a server, as the
 * phone's LAN sees them, to be told with variations.
 */
#ifndef TALKPATH_TEST_STORY_H
#define TALKPATH_TEST_STORY_H

#include "gen_script.h"
#include "program.h"

struct story {
	struct gen_script lan;
	const char *phone, *server; /* addresses */
	uint16_t phone_media, server_media;
	const char *call_id;
	const char *offer_direction; /* a=... of the phone's description; NULL: none written */
	const char *answer_direction;
	const char *phone_address; /* in its SDP, Via and Contact; NULL: its own */
	unsigned branch;           /* of the next request */
	double answered_s, ended_s;
};

static const char story_phone[] = "192.168.1.10", story_server[] = "203.0.113.10",
		  story_outside[] = "203.0.113.2";

static inline struct story story(void)
{
	return (struct story){
	    .phone = story_phone,
	    .server = story_server,
	    .phone_media = 16384,
	    .server_media = 20000,
	    .call_id = "story-1@192.168.1.10",
	    .answered_s = 1,
	    .ended_s = 12,
	};
}

static inline struct gen_route story_sip(const struct story *s, bool from_phone)
{
	struct gen_end phone = gen_end(s->phone, 5060), server = gen_end(s->server, 5060);

	/* The server is five hops away. */
	return from_phone ? (struct gen_route){phone, server, 26, 64}
			  : (struct gen_route){server, phone, 0, 59};
}

static inline struct gen_route story_rtp(const struct story *s, bool from_phone)
{
	struct gen_end phone = gen_end(s->phone, s->phone_media);
	struct gen_end server = gen_end(s->server, s->server_media);

	return from_phone ? (struct gen_route){phone, server, 46, 64}
			  : (struct gen_route){server, phone, 46, 59};
}

static inline const char *story_claims(const struct story *s)
{
	return s->phone_address ? s->phone_address : s->phone;
}

/* A session description of the phone or of the server. */
static inline const char *story_sdp(
    const struct story *s, bool phone, const char *direction, char out[512])
{
	const char *address = phone ? story_claims(s) : s->server;

	(void)snprintf(out, 512,
	    "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %u RTP/AVP 0 8 101\n"
	    "a=rtpmap:0 PCMU/8000\na=rtpmap:101 telephone-event/8000\n%s%s%s",
	    address, address, phone ? s->phone_media : s->server_media, direction ? "a=" : "",
	    direction ? direction : "", direction ? "\n" : "");
	return out;
}

/* A request of the phone, with a new branch. body: SDP or NULL. */
static inline void story_request(struct story *s, double at_s, const char *method, unsigned cseq,
    bool in_dialog, const char *body)
{
	gen_sip(&s->lan, at_s, story_sip(s, true),
	    "%s sip:200@%s SIP/2.0\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-story-%u;rport\n"
	    "From: <sip:100@%s>;tag=phone\nTo: <sip:200@%s>%s\nCall-ID: %s\nCSeq: %u %s\n"
	    "Contact: <sip:100@%s:5060>\nMax-Forwards: 70\nUser-Agent: StoryPhone/1.0\n%s\n%s",
	    method, s->server, story_claims(s), ++s->branch, s->server, s->server,
	    in_dialog ? ";tag=server" : "", s->call_id, cseq, method, story_claims(s),
	    body ? "Content-Type: application/sdp\n" : "", body ? body : "");
}

/* The server's answer to the phone's last request. */
static inline void story_response(struct story *s, double at_s, const char *status,
    const char *method, unsigned cseq, const char *body)
{
	gen_sip(&s->lan, at_s, story_sip(s, false),
	    "SIP/2.0 %s\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK-story-%u;rport=5060;received=%s\n"
	    "From: <sip:100@%s>;tag=phone\nTo: <sip:200@%s>;tag=server\nCall-ID: %s\nCSeq: %u %s\n"
	    "Contact: <sip:200@%s:5060>\nServer: StoryServer/1.0\n%s\n%s",
	    status, story_claims(s), s->branch, s->phone_address ? s->phone : story_outside,
	    s->server, s->server, s->call_id, cseq, method, s->server,
	    body ? "Content-Type: application/sdp\n" : "", body ? body : "");
}

/* INVITE, 180, 200 and ACK. */
static inline void story_begin(struct story *s)
{
	char sdp[512];

	story_request(s, 0, "INVITE", 1, false, story_sdp(s, true, s->offer_direction, sdp));
	story_response(s, 0.1, "180 Ringing", "INVITE", 1, NULL);
	story_response(
	    s, s->answered_s, "200 OK", "INVITE", 1, story_sdp(s, false, s->answer_direction, sdp));
	story_request(s, s->answered_s + 0.02, "ACK", 1, true, NULL);
}

/* BYE and 200. */
static inline void story_end(struct story *s)
{
	story_request(s, s->ended_s, "BYE", 9, true, NULL);
	story_response(s, s->ended_s + 0.02, "200 OK", "BYE", 9, NULL);
}

static inline void story_audio(struct story *s, bool from_phone, double from_s, double to_s)
{
	struct gen_stream stream = {.from_s = from_s,
	    .to_s = to_s,
	    .marker = true,
	    .ssrc = from_phone ? 0x1111 : 0x2222,
	    .sequence = 1000};

	gen_stream(&s->lan, story_rtp(s, from_phone), &stream);
}

static inline const char *story_write(const struct gen_script *script, const char *name)
{
	const char *path = scratch(name);

	cr_assert(gen_script_write(script, path, GEN_PCAP_MICRO, GEN_ETHERNET));
	return path;
}

/* In every SIP message, the first `was` becomes `is`; the body keeps its length. */
static inline void story_rewrite(struct gen_script *script, const char *was, const char *is)
{
	for (size_t i = 0; i < script->count; i++) {
		struct gen_packet *p = &script->packets[i];
		char *found = p->sip ? memmem(p->payload, p->length, was, strlen(was)) : NULL;
		size_t before = found ? (size_t)(found - (char *)p->payload) : 0;
		size_t length = p->length - strlen(was) + strlen(is);
		uint8_t *changed;

		if (!found) {
			continue;
		}
		changed = malloc(length);
		memcpy(changed, p->payload, before);
		memcpy(changed + before, is, strlen(is));
		memcpy(changed + before + strlen(is), found + strlen(was),
		    p->length - before - strlen(was));
		free(p->payload);
		p->payload = changed;
		p->length = length;
	}
}

/* The report on the LAN side alone. */
static inline json_t *story_report(const struct story *s)
{
	return report_of("%s", story_write(&s->lan, "story.pcap"));
}

/* The report on both sides of a router. */
static inline json_t *story_report_both(struct story *s, const struct gen_router *router)
{
	struct gen_script wan = {0};
	const char *lan_path, *wan_path;

	gen_script_route(&wan, &s->lan, router);
	gen_script_inside(&s->lan, router);
	lan_path = story_write(&s->lan, "lan.pcap");
	wan_path = story_write(&wan, "wan.pcap");
	gen_script_free(&wan);
	return report_of("--vantage lan=%s --vantage wan=%s", lan_path, wan_path);
}

/* The only finding, which must be of this code. */
static inline const json_t *only_finding(const json_t *report, const char *code)
{
	size_t count = length_at(report, "findings");

	cr_assert_eq(
	    count, 1, "%zu findings, the first is %s", count, text_at(report, "findings.0.code"));
	cr_assert_str_eq(text_at(report, "findings.0.code"), code);
	return at(report, "findings.0");
}

/* The only finding of this code, or NULL; others may stand beside it. */
static inline const json_t *finding_of_code(const json_t *report, const char *code)
{
	const json_t *found = NULL;

	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *finding = json_array_get(at(report, "findings"), i);

		if (strcmp(text_at(finding, "code"), code) == 0) {
			cr_assert_null(found, "%s twice", code);
			found = finding;
		}
	}
	return found;
}

static inline void no_finding(const json_t *report)
{
	cr_assert_eq(length_at(report, "findings"), 0, "%s (%s): %s",
	    text_at(report, "findings.0.code"), text_at(report, "findings.0.cause"),
	    text_at(report, "findings.0.summary"));
}

/* Answered, with both heard, and hung up. */
static inline struct story story_two_way(void)
{
	struct story s = story();

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	return s;
}

static inline void story_finish(struct story *s, json_t *report)
{
	json_decref(report);
	gen_script_free(&s->lan);
}

#endif
