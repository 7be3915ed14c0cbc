/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "gen_site_parts.h"

static const double report_s = 2.5, echo_s = 0.06;

enum { COMFORT_NOISE = 13, VIDEO = 96, VIDEO_PORT = 10 };

/* One direction's packets for a while. */
struct voice {
	double from_s, to_s;
	unsigned add; /* to both ports */
	uint32_t ssrc;
	uint16_t sequence;
	bool spurts;
};

struct gen_route site_media_route(const struct gen_site *s, bool from_phone, unsigned add)
{
	struct gen_end phone = gen_end(s->phone, (uint16_t)(s->media_port + add));
	struct gen_end server = gen_end(s->media, (uint16_t)(s->server_media_answered + add));

	return from_phone ? (struct gen_route){phone, server, s->media_dscp, s->phone_ttl}
			  : (struct gen_route){
				server, phone, s->server_dscp, (uint8_t)(64 - s->server_hops)};
}

/* Somebody speaks for a second, and listens for a second. */
static bool is_speaking(const struct voice *v, double at_s)
{
	return !v->spurts || (unsigned)(at_s - v->from_s) % 2 == 0;
}

static void voice_put(
    struct gen_site *s, struct gen_script *lan, struct gen_route route, const struct voice *v)
{
	double ptime_s = s->ptime_ms / 1000.0;
	unsigned count = (unsigned)((v->to_s - v->from_s) / ptime_s + 0.5);
	size_t length = s->ptime_ms * 8;
	uint8_t octets[480];
	uint16_t sequence = v->sequence;
	bool spoke = false;

	for (unsigned i = 0; i < count; i++) {
		double at_s = v->from_s + i * ptime_s;
		bool speaks = is_speaking(v, at_s);
		struct gen_media rtp = {.marker = speaks && !spoke,
		    .payload_type = speaks ? s->payload_type : COMFORT_NOISE,
		    .timestamp = (uint32_t)((at_s - site_begin_s) * 8000),
		    .ssrc = v->ssrc,
		    .payload = octets,
		    .length = speaks ? length : 1};

		memset(octets, (int)(i & 0xff), sizeof(octets));
		if (speaks || spoke) { /* one packet of noise tells of the silence */
			rtp.sequence = sequence++;
			if (gen_random_unit(&s->random) >= s->lost) {
				gen_media(lan, at_s + gen_random_unit(&s->random) * s->jitter_s,
				    route, &rtp);
			}
		}
		spoke = speaks;
	}
}

static void picture_put(struct gen_site *s, struct gen_script *lan, bool from_phone)
{
	struct gen_route route = site_media_route(s, from_phone, VIDEO_PORT);
	uint8_t octets[700];

	route.dscp = 34;
	for (unsigned i = 0; i < 250; i++) {
		memset(octets, (int)((i + 77) & 0xff), sizeof(octets));
		gen_media(lan, site_answer_s + 0.1 + i * 0.033, route,
		    &(struct gen_media){.marker = true,
			.payload_type = VIDEO,
			.sequence = (uint16_t)(i + 9),
			.timestamp = i * 2970,
			.ssrc = s->ssrc_out ^ (from_phone ? 0x55U : 0x77U),
			.payload = octets,
			.length = sizeof(octets)});
	}
}

static void fax_put(struct gen_site *s, struct gen_script *lan, bool from_phone)
{
	uint8_t packet[] = {0, 0, 1, 0, 0, 0}; /* no signal; no error recovery */

	for (unsigned i = 0; i < 100; i++) {
		packet[1] = (uint8_t)i;
		gen_raw(lan, site_fax_s + 0.2 + i * 0.03, site_media_route(s, from_phone, 0),
		    packet, sizeof(packet));
	}
}

static void phone_voice(struct gen_site *s, struct gen_script *lan)
{
	struct gen_route route = site_media_route(s, true, 0);
	struct voice v = {.from_s = site_answer_s + 0.05,
	    .to_s = s->talk == GEN_TALK_FAX ? site_fax_s + 0.02 : site_end_s,
	    .ssrc = s->ssrc_out,
	    .sequence = s->sequence_out,
	    .spurts = s->talk == GEN_TALK_SPURTS};

	if (s->talk == GEN_TALK_MUTED) {
		struct voice after = v;

		v.to_s = site_mute_s;
		after.from_s = site_unmute_s;
		after.sequence =
		    (uint16_t)(v.sequence +
			       (unsigned)((v.to_s - v.from_s) * 1000 / s->ptime_ms + 0.5));
		voice_put(s, lan, route, &after);
	}
	voice_put(s, lan, route, &v);
}

/* Announcements of branches of a fork, each from a port of its own. */
static void branches_voice(struct gen_site *s, struct gen_script *lan)
{
	for (unsigned i = 0; i < 2; i++) {
		struct gen_route route = site_media_route(s, false, 0);
		double at_s = site_begin_s + 0.1 + i * 0.4;

		route.src.port = (uint16_t)(s->server_media + 200 + i * 100);
		voice_put(s, lan, route,
		    &(struct voice){.from_s = at_s + 0.05,
			.to_s = at_s + 0.4,
			.ssrc = s->ssrc_in + 10 + i,
			.sequence = (uint16_t)(100 * i)});
	}
}

static void server_voice(struct gen_site *s, struct gen_script *lan)
{
	struct gen_route route = site_media_route(s, false, 0);
	bool echo = s->talk == GEN_TALK_ECHO, hold = s->talk == GEN_TALK_HOLD;
	struct voice v = {.from_s = site_answer_s + 0.05 + echo_s,
	    .to_s = hold                      ? site_hold_s + 0.03
		    : s->talk == GEN_TALK_FAX ? site_fax_s + 0.05
					      : site_end_s,
	    .ssrc = echo ? s->ssrc_out : s->ssrc_in,
	    .sequence = echo ? s->sequence_out : s->sequence_in};

	if (!s->inbound && (s->talk == GEN_TALK_EARLY || s->talk == GEN_TALK_MOVED)) {
		struct gen_route early = route;
		struct voice announcement = v;

		early.src.port = s->server_media;
		announcement.from_s = site_begin_s + 0.15;
		announcement.to_s = site_answer_s;
		announcement.ssrc += 20;
		voice_put(s, lan, early, &announcement);
	} else if (!s->inbound && s->talk == GEN_TALK_FORKED) {
		branches_voice(s, lan);
	}
	voice_put(s, lan, route, &v);
	if (hold) {
		v.sequence = (uint16_t)(v.sequence + 500); /* was not sent on hold */
		v.ssrc++;
		v.from_s = site_resume_s + 0.05;
		v.to_s = site_end_s;
		voice_put(s, lan, route, &v);
	}
}

void site_media(struct gen_site *s, struct gen_script *lan)
{
	/* Whoever relays a stream keeps its losses and delays. */
	s->random.state = (uint64_t)s->ssrc_out << 32 | s->ssrc_in;
	phone_voice(s, lan);
	server_voice(s, lan);
	for (unsigned from_phone = 0; from_phone < 2; from_phone++) {
		if (s->video && s->talk != GEN_TALK_FAX) {
			picture_put(s, lan, from_phone);
		}
		if (s->talk == GEN_TALK_FAX) {
			fax_put(s, lan, from_phone);
		}
	}
}

/* --- RTCP --- */

/* How many packets the phone or the server has sent by then. */
static uint32_t sent_until(const struct gen_site *s, bool by_phone, double at_s)
{
	double silent_s = 0;

	if (by_phone && s->talk == GEN_TALK_MUTED && at_s > site_mute_s) {
		silent_s = (at_s < site_unmute_s ? at_s : site_unmute_s) - site_mute_s;
	}
	return (uint32_t)((at_s - silent_s - site_answer_s - 0.2) * 1000 / s->ptime_ms);
}

void site_reports(struct gen_site *s, struct gen_script *lan)
{
	double until_s = s->talk == GEN_TALK_FAX ? site_fax_s : site_end_s;

	for (double at_s = site_answer_s + 1; at_s < until_s; at_s += report_s) {
		for (unsigned phone = 0; phone < 2; phone++) {
			uint32_t heard = sent_until(s, !phone, at_s - 0.1);

			gen_rtcp(lan, at_s + 0.3 * phone, site_media_route(s, phone, 1),
			    &(struct gen_report){.sender = true,
				.ssrc = phone ? s->ssrc_out : s->ssrc_in,
				.packets_sent = sent_until(s, phone, at_s),
				.block = !(phone ? s->phone_deaf : s->server_deaf),
				.about = phone ? s->ssrc_in : s->ssrc_out,
				.highest = heard + (phone ? s->sequence_in : s->sequence_out)});
		}
	}
}
