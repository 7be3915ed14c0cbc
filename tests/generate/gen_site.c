/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gen_site_parts.h"
#include "gen_stun.h"

/* --- drawing --- */

unsigned site_below(struct gen_site *s, unsigned limit)
{
	return (unsigned)(gen_random(&s->random) % limit);
}

bool site_now_and_then(struct gen_site *s, unsigned percent)
{
	return site_below(s, 100) < percent;
}

static void private_address(struct gen_site *s, char out[46])
{
	unsigned network = site_below(s, 3), a = site_below(s, 250), b = 2 + site_below(s, 250);

	if (network == 0) {
		(void)snprintf(out, 46, "192.168.%u.%u", a, b);
	} else if (network == 1) {
		(void)snprintf(out, 46, "10.%u.7.%u", a, b);
	} else {
		(void)snprintf(out, 46, "172.20.%u.%u", a, b);
	}
}

static void ports_draw(struct gen_site *s)
{
	s->sip_port = (uint16_t)(site_now_and_then(s, 70) ? 5060 : 5061 + site_below(s, 8) * 2);
	s->media_port = (uint16_t)(10000 + site_below(s, 10000) * 2);
	s->server_media = (uint16_t)(30000 + site_below(s, 10000) * 2);
	s->sip_outside = s->sip_port;
	s->media_outside = s->media_port;
	/* Whoever typed in his public address forwards the ports as they are. */
	s->moves_ports = s->agent != GEN_AGENT_CONFIGURED && !s->ipv6 && site_now_and_then(s, 40);
	if (s->moves_ports) {
		s->sip_outside = (uint16_t)(40000 + site_below(s, 10000));
		s->media_outside = (uint16_t)(50000 + site_below(s, 5000) * 2);
	}
}

static void addresses_draw(struct gen_site *s)
{
	if (s->ipv6) {
		(void)snprintf(
		    s->phone, sizeof(s->phone), "2001:db8:1::%x", 2 + site_below(s, 250));
		(void)snprintf(s->outside, sizeof(s->outside), "%s", s->phone);
		(void)snprintf(
		    s->server, sizeof(s->server), "2001:db8:2::%x", 2 + site_below(s, 100));
		(void)snprintf(s->media, sizeof(s->media), "%s", s->server);
		if (site_now_and_then(s, 50)) {
			(void)snprintf(
			    s->media, sizeof(s->media), "2001:db8:2::1%x", site_below(s, 100));
		}
		return;
	}
	private_address(s, s->phone);
	(void)snprintf(s->outside, sizeof(s->outside), "198.51.100.%u", 2 + site_below(s, 250));
	(void)snprintf(s->server, sizeof(s->server), "203.0.113.%u", 2 + site_below(s, 100));
	(void)snprintf(s->stun, sizeof(s->stun), "203.0.113.%u", 240 + site_below(s, 10));
	(void)snprintf(s->media, sizeof(s->media), "%s", s->server);
	if (site_now_and_then(s, 50)) {
		(void)snprintf(
		    s->media, sizeof(s->media), "203.0.113.%u", 120 + site_below(s, 100));
	}
}

static void agent_draw(struct gen_site *s)
{
	s->ipv6 = site_now_and_then(s, 10);
	s->agent = s->ipv6 ? GEN_AGENT_PLAIN : (enum gen_agent)site_below(s, 4);
	s->inbound = site_now_and_then(s, 30);
	s->tcp = site_now_and_then(s, 20);
	s->proxy = site_now_and_then(s, 40);
	s->compact = site_now_and_then(s, 20);
	s->bare_port = site_now_and_then(s, 50);
	s->rport = s->agent == GEN_AGENT_LEARNED || site_now_and_then(s, 80);
	s->keepalives = !s->tcp && site_now_and_then(s, 50);
	s->host_in_call_id = site_now_and_then(s, 60);
	s->round =
	    site_now_and_then(s, 50) ? GEN_ROUND_NONE : (enum gen_round)site_below(s, GEN_ROUNDS);
}

static void media_draw(struct gen_site *s)
{
	static const uint8_t payload_types[] = {0, 8, 9};
	static const uint8_t ptimes_ms[] = {20, 20, 20, 10, 30, 60};

	s->talk = (enum gen_talk)site_below(s, GEN_TALKS);
	s->media_c = site_now_and_then(s, 30);
	s->rtcp_line = site_now_and_then(s, 30);
	/* A report counts what was heard of one stream: not of an echo, nor over a hold. */
	s->rtcp = s->talk != GEN_TALK_ECHO && s->talk != GEN_TALK_HOLD && site_now_and_then(s, 50);
	s->rtcp |= s->talk == GEN_TALK_MUTED;
	s->indications = site_now_and_then(s, 20);
	s->ice = s->agent == GEN_AGENT_STUN && site_now_and_then(s, 40);
	s->srtp = site_now_and_then(s, 20);
	s->video = site_now_and_then(s, 15);
	s->payload_type = payload_types[site_below(s, 3)];
	s->ptime_ms = ptimes_ms[site_below(s, sizeof(ptimes_ms))];
	s->jitter_s = site_now_and_then(s, 30) ? 0.015 : 0.006;
	s->lost = s->talk != GEN_TALK_ECHO && site_now_and_then(s, 30) ? 0.003 : 0;
	s->ssrc_out = (uint32_t)gen_random(&s->random);
	s->ssrc_in = (uint32_t)gen_random(&s->random);
	s->sequence_out = (uint16_t)gen_random(&s->random);
	s->sequence_in = (uint16_t)gen_random(&s->random);
}

void gen_site_draw(struct gen_site *s, uint64_t seed)
{
	static const uint8_t initial_ttls[] = {64, 128, 255};
	static const uint8_t server_marks[] = {0, 4, 34, 44}; /* 4: "low delay" of old servers */

	*s = (struct gen_site){.random = {(seed + 1) * 0xd1342543de82ef95U}};
	s->number = (uint32_t)gen_random(&s->random);
	agent_draw(s);
	addresses_draw(s);
	ports_draw(s);
	media_draw(s);
	s->server_media_answered =
	    (uint16_t)(s->server_media + (s->talk == GEN_TALK_MOVED && !s->inbound ? 40 : 0));
	s->sip_dscp = site_now_and_then(s, 50) ? 24 : 26;
	s->media_dscp = 46;
	s->server_dscp = site_now_and_then(s, 70) ? 46 : server_marks[site_below(s, 4)];
	s->phone_ttl = initial_ttls[site_below(s, 3)];
	s->server_hops = (uint8_t)(3 + site_below(s, 15));
}

const char *gen_site_text(const struct gen_site *s, char out[512])
{
	static const char *const agents[] = {"plain", "configured", "stun", "learned"};
	static const char *const talks[] = {"talk", "echo", "hold", "early", "moved", "forked",
	    "late offer", "fax", "muted", "spurts", "refresh"};
	static const char *const rounds[] = {"", ", 407", ", 302"};

	(void)snprintf(out, 512,
	    "%s phone %s:%u behind %s:%u, media %u/%u, server %s, media server %s, %u ms, "
	    "%s%s%s%s%s%s%s%s%s%s%s%s%s",
	    agents[s->agent], s->phone, s->sip_port, s->outside, s->sip_outside, s->media_port,
	    s->media_outside, s->server, s->media, s->ptime_ms, talks[s->talk], rounds[s->round],
	    s->inbound ? ", inbound" : "", s->tcp ? ", tcp" : "", s->proxy ? ", proxy" : "",
	    s->compact ? ", compact" : "", s->bare_port ? ", bare port" : "",
	    s->rport ? ", rport" : "", s->keepalives ? ", keep-alives" : "",
	    s->rtcp ? ", rtcp" : "", s->ice ? ", ice" : "", s->srtp ? ", srtp" : "",
	    s->video ? ", video" : "");
	return out;
}

bool site_knows_outside(const struct gen_site *s, bool learned)
{
	return s->agent == GEN_AGENT_CONFIGURED || s->agent == GEN_AGENT_STUN ||
	       (s->agent == GEN_AGENT_LEARNED && learned);
}

/* --- the call --- */

static void register_phone(struct gen_site *s, struct gen_script *lan)
{
	struct site_request r = {
	    .method = "REGISTER", .cseq = 1, .of_phone = true, .registration = true};

	site_request(s, lan, 0.2, &r, NULL);
	site_answer(s, lan, 0.25, &r, "401 Unauthorized", NULL);
	r.cseq = 2;
	r.learned = true; /* from the 401 */
	site_request(s, lan, 0.3, &r, NULL);
	site_answer(s, lan, 0.35, &r, "200 OK", NULL);
}

static void ask_stun(struct gen_site *s, struct gen_script *lan)
{
	struct gen_route sip = site_sip_route(s, true), media = site_media_route(s, true, 0);

	sip.dst = media.dst = gen_end(s->stun, 3478);
	gen_binding(lan, 0.05, sip, s->number, gen_end(s->outside, s->sip_outside));
	gen_binding(
	    lan, site_begin_s - 0.1, media, s->number + 1, gen_end(s->outside, s->media_outside));
}

/* A connectivity check of the phone's (RFC 8445 section 7), and its answer. */
static void check_candidates(struct gen_site *s, struct gen_script *lan)
{
	struct gen_route out = site_media_route(s, true, 0), in = site_media_route(s, false, 0);
	struct gen_end mapped = gen_end(s->outside, s->media_outside);
	struct gen_stun m;

	gen_stun_begin(&m, GEN_BINDING, s->number + 2);
	gen_stun_add(&m, 0x0006, "evtj:h6vY", 9);
	gen_stun_add32(&m, 0x0024, 0x6e0001ff);
	gen_stun_add(&m, 0x802a, "12345678", 8);
	gen_stun_add(&m, 0x0025, NULL, 0);
	gen_stun_fingerprint(&m);
	gen_stun_put(lan, site_answer_s + 0.01, out, &m);
	gen_stun_begin(&m, GEN_BINDING_SUCCESS, s->number + 2);
	gen_stun_address(&m, 0x0020, &mapped);
	gen_stun_fingerprint(&m);
	gen_stun_put(lan, site_answer_s + 0.04, in, &m);
}

static void keep_alive(struct gen_site *s, struct gen_script *lan)
{
	struct gen_stun m;

	for (double at_s = 0.5; s->keepalives && at_s < site_end_s; at_s += 0.5) {
		gen_raw(lan, at_s, site_sip_route(s, true), "\r\n\r\n", 4);
	}
	for (double at_s = site_answer_s + 0.5; s->indications && at_s < site_end_s; at_s += 2) {
		gen_stun_begin(&m, GEN_BINDING_INDICATION, s->number + (uint32_t)(at_s * 10));
		gen_stun_fingerprint(&m);
		gen_stun_put(lan, at_s, site_media_route(s, true, 0), &m);
	}
}

/* An offer within the dialog, its answer and the ACK. */
static void offer_again(struct gen_site *s, struct gen_script *lan, double at_s,
    struct site_request *r, const struct site_description *offer, const char *answered)
{
	struct site_description answer = {
	    .of_phone = !offer->of_phone, .direction = answered, .fax = offer->fax};
	char sdp[SITE_SDP_MAX];

	r->method = "INVITE";
	r->of_phone = offer->of_phone;
	site_request(s, lan, at_s, r, site_sdp(s, offer, sdp));
	site_answer(s, lan, at_s + 0.04, r, "200 OK", site_sdp(s, &answer, sdp));
	r->method = "ACK";
	site_request(s, lan, at_s + 0.06, r, NULL);
}

static void midway(struct gen_site *s, struct gen_script *lan)
{
	struct site_request r = {.cseq = 20, .learned = true, .in_dialog = true};
	struct site_description offer = {.of_phone = true};

	switch (s->talk) {
	case GEN_TALK_HOLD:
		offer.direction = "sendonly";
		offer_again(s, lan, site_hold_s, &r, &offer, "recvonly");
		r.cseq++;
		offer.direction = "sendrecv";
		offer_again(s, lan, site_resume_s, &r, &offer, "sendrecv");
		return;
	case GEN_TALK_FAX:
		offer.of_phone = s->inbound;
		offer.fax = true;
		offer_again(s, lan, site_fax_s, &r, &offer, NULL);
		return;
	case GEN_TALK_REFRESH:
		r.method = "UPDATE";
		r.of_phone = site_now_and_then(s, 50);
		site_request(s, lan, 5, &r, NULL);
		site_answer(s, lan, 5.03, &r, "200 OK", NULL);
		return;
	default:
		return;
	}
}

/* What is refused before the call: asked who it is, or sent elsewhere. */
static void first_round(struct gen_site *s, struct gen_script *lan)
{
	struct site_request r = {.method = "INVITE", .cseq = 9, .of_phone = true, .learned = true};
	struct site_description offer = {.of_phone = true};
	char sdp[SITE_SDP_MAX];

	if (s->inbound || s->round == GEN_ROUND_NONE) {
		return;
	}
	site_request(s, lan, site_begin_s - 0.2, &r, site_sdp(s, &offer, sdp));
	site_answer(s, lan, site_begin_s - 0.15, &r,
	    s->round == GEN_ROUND_CHALLENGE ? "407 Proxy Authentication Required"
					    : "302 Moved Temporarily",
	    NULL);
	r.method = "ACK";
	r.in_dialog = r.same_via = true;
	site_request(s, lan, site_begin_s - 0.1, &r, NULL);
}

static void provisional(struct gen_site *s, struct gen_script *lan, struct site_request *r)
{
	static const char *const tags[] = {"t", "u"};
	struct site_description early = {.port = s->server_media};
	char sdp[SITE_SDP_MAX];

	site_answer(s, lan, site_begin_s + 0.03, r, "100 Trying", NULL);
	if (s->inbound || (s->talk != GEN_TALK_EARLY && s->talk != GEN_TALK_MOVED &&
			      s->talk != GEN_TALK_FORKED)) {
		site_answer(s, lan, site_begin_s + 0.1, r, "180 Ringing", NULL);
		return;
	}
	for (unsigned i = 0; s->talk == GEN_TALK_FORKED && i < 2; i++) {
		early.port = (uint16_t)(s->server_media + 200 + i * 100);
		r->server_tag = tags[i];
		site_answer(s, lan, site_begin_s + 0.1 + i * 0.4, r, "183 Session Progress",
		    site_sdp(s, &early, sdp));
	}
	r->server_tag = NULL;
	if (s->talk != GEN_TALK_FORKED) {
		site_answer(s, lan, site_begin_s + 0.1, r, "183 Session Progress",
		    site_sdp(s, &early, sdp));
	}
}

static void signalling(struct gen_site *s, struct gen_script *lan)
{
	struct site_request r = {
	    .method = "INVITE", .cseq = 10, .of_phone = !s->inbound, .learned = true};
	struct site_description callers = {.of_phone = r.of_phone};
	struct site_description callees = {.of_phone = !r.of_phone};
	bool late = s->talk == GEN_TALK_LATE;
	char sdp[SITE_SDP_MAX];

	site_request(s, lan, site_begin_s, &r, late ? NULL : site_sdp(s, &callers, sdp));
	provisional(s, lan, &r);
	site_answer(s, lan, site_answer_s, &r, "200 OK", site_sdp(s, &callees, sdp));
	r.method = "ACK";
	r.in_dialog = true;
	site_request(s, lan, site_answer_s + 0.03, &r, late ? site_sdp(s, &callers, sdp) : NULL);
	midway(s, lan);
	r.method = "BYE";
	r.cseq = 30;
	site_request(s, lan, site_end_s, &r, NULL);
	site_answer(s, lan, site_end_s + 0.03, &r, "200 OK", NULL);
}

void gen_site_tell(struct gen_site *s, struct gen_script *lan)
{
	register_phone(s, lan);
	first_round(s, lan);
	signalling(s, lan);
	site_media(s, lan);
	if (s->rtcp) {
		site_reports(s, lan);
	}
	if (s->agent == GEN_AGENT_STUN) {
		ask_stun(s, lan);
	}
	if (s->ice) {
		check_candidates(s, lan);
	}
	keep_alive(s, lan);
}

struct gen_router gen_site_router(const struct gen_site *s)
{
	return (struct gen_router){
	    .inside = s->phone,
	    .outside = s->outside,
	    .media_inside = s->media_port,
	    .media_outside = s->media_outside,
	    .sip_inside = s->sip_port,
	    .sip_outside = s->sip_outside,
	};
}
