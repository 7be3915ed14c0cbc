/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the levels of some packets of each stream of G.711 and G.722 were taken. A
 * direction of a call that was agreed both ways from the answer to the end, and whose every level
 * is the codec's own zero, or that is comfort noise alone, carries nobody's voice; the other
 * direction is alive meanwhile. A muted phone looks just so: one call is a hint. Where a sender is
 * silent in call after call and in none of them heard, it is more than that.
 */
#include "activity.h"
#include "detect.h"
#include "encryption.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "nearness.h"
#include "one_way.h"
#include "payload_type.h"
#include "talk_time.h"

enum {
	CALLS_STRONG = 3,     /* of one sender */
	LEVELS_MIN = 8,       /* of the silent direction */
	LIVE_LEVELS_MIN = 3,  /* not silent, of the other one */
	COMFORT_NOISE_MIN = 5 /* packets */
};

/* What one direction of a call sounds like, at one vantage. */
struct sound {
	const struct desk_stream *first;
	uint64_t packets, comfort_noise;
	uint32_t levels, silent;
	int64_t from_ns, to_ns;
	bool closed; /* encrypted, or not measured: nothing is known */
};

struct hush {
	struct desk *desk;
	struct call *call;
	enum party listener;
	const struct observation *o;
	struct sound toward, from; /* the listener */
};

static const struct finding_words words = {
    "Packets flow and nobody is heard: the audio is digital silence, or comfort noise alone, for "
    "the whole call, while the other side speaks.",
    "Look at the sender: mute, a headset or microphone that is not the chosen one, and, on a "
    "server, a bridge or transcoder that gets no audio from its other leg.",
    "the same phone in another call, not muted; at a server, a capture of its other leg",
};

static uint64_t comfort_noise_of(const struct stream_figures *m)
{
	uint64_t packets = 0;

	for (unsigned i = 0; i < m->payload_count; i++) {
		uint8_t type = figures_payloads(m)[i].value;

		if (type < PAYLOAD_TYPES && payload_types[type].role == ROLE_COMFORT_NOISE) {
			packets += figures_payloads(m)[i].packets;
		}
	}
	return packets;
}

static void sound_add(struct sound *sound, const struct desk_stream *s)
{
	const struct stream_figures *m = s->summary;

	sound->closed |= !s->measured || s->encryption == ENCRYPTION_SRTP;
	if (!sound->first) {
		sound->first = s;
		sound->from_ns = s->first_ns;
	}
	sound->from_ns = s->first_ns < sound->from_ns ? s->first_ns : sound->from_ns;
	sound->to_ns = m->last_time_ns > sound->to_ns ? m->last_time_ns : sound->to_ns;
	sound->packets += m->packets;
	sound->comfort_noise += comfort_noise_of(m);
	sound->levels += m->level_count;
	sound->silent += m->silent_count;
}

static void sounds_collect(struct hush *h, unsigned line)
{
	h->toward = h->from = (struct sound){0};
	for (uint32_t n = h->call->first_stream; n != POOL_NONE;
	     n = stream_at(h->desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(h->desk, n);

		if (s->vantage == h->o->vantage && s->kind == SDP_AUDIO && s->line == line) {
			sound_add(s->toward == h->listener ? &h->toward : &h->from, s);
		}
	}
}

static bool is_silent(const struct sound *sound, const struct desk *desk)
{
	bool digital = sound->levels >= LEVELS_MIN && sound->silent == sound->levels;
	bool noise = sound->packets >= COMFORT_NOISE_MIN && sound->comfort_noise == sound->packets;

	return sound->first && !sound->closed && (digital || noise) &&
	       sound->to_ns - sound->from_ns >=
		   threshold_ns(desk->config.thresholds.silent_audio_s);
}

static bool is_live(const struct sound *sound)
{
	return sound->first && !sound->closed && sound->levels - sound->silent >= LIVE_LEVELS_MIN &&
	       sound->silent * 2 < sound->levels;
}

/* The sender can be heard: in another call it was. */
static bool is_heard_elsewhere(const struct hush *h)
{
	const struct endpoint_entry *sender =
	    endpoint_entry(h->desk, &h->toward.first->src.address);

	return sender && sender->heard;
}

static void tell(struct finding *f, const struct hush *h)
{
	const struct sound *t = &h->toward;
	struct mark silent = stream_mark(t->first), live = stream_mark(h->from.first);
	char src[ENDPOINT_TEXT_MAX];

	if (t->comfort_noise == t->packets) {
		finding_evidence(f, &silent,
		    "audio toward the %s from %s, SSRC 0x%08x: %llu packets, all comfort noise",
		    party_name(h->listener), endpoint_format(&t->first->src, src), t->first->ssrc,
		    (unsigned long long)t->packets);
	} else {
		finding_evidence(f, &silent,
		    "audio toward the %s from %s, SSRC 0x%08x: digital silence in all of %u "
		    "packets whose level was taken, of %llu",
		    party_name(h->listener), endpoint_format(&t->first->src, src), t->first->ssrc,
		    t->levels, (unsigned long long)t->packets);
	}
	finding_evidence(f, &live, "the other direction is alive: sound in %u of %u such packets",
	    h->from.levels - h->from.silent, h->from.levels);
}

static void report(const struct hush *h)
{
	const struct desk_stream *s = h->toward.first;
	struct endpoint key = {s->src.address, s->vantage};
	struct finding *f =
	    finding_open(h->desk, "silent-audio", NULL, hash_endpoint(h->desk->key, &key));
	char address[ADDRESS_TEXT_MAX];
	bool first = f && finding_is_new(f);

	if (!f) {
		return;
	}
	if (first) {
		finding_describe(f, h->desk, s->vantage, &words,
		    "Silent audio: packets come from %s, and nothing is to be heard in them",
		    address_format(&s->src.address, address));
		finding_against(f, "a muted phone sends just this");
	}
	finding_call(f, h->call);
	finding_stream(f, s);
	finding_endpoint(f, &s->src.address);
	finding_time(f, h->toward.from_ns, h->toward.to_ns);
	finding_rate(f, f->calls_total >= CALLS_STRONG && !is_heard_elsewhere(h) ? 0.6 : 0.4,
	    SEVERITY_WARNING);
	tell(f, h);
}

/* At the nearest vantage to the listener. */
static bool hush_find(struct hush *h, unsigned line)
{
	int highest = -1;
	struct hush best = *h;

	for (const struct observation *o = h->call->observations; o; o = o->next) {
		int rank = nearness_rank(h->desk, h->call, o->vantage, h->listener);

		h->o = o;
		sounds_collect(h, line);
		if (rank > highest && talk_always(o, line) && is_silent(&h->toward, h->desk) &&
		    is_live(&h->from)) {
			highest = rank;
			best = *h;
		}
	}
	*h = best;
	return highest >= 0;
}

void detect_silent_audio(struct desk *desk, struct call *call)
{
	unsigned lines = talk_lines(call);

	for (unsigned line = 0; line < lines; line++) {
		for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
			struct hush h = {.desk = desk, .call = call, .listener = p};

			if (hush_find(&h, line)) {
				report(&h);
			}
		}
	}
}
