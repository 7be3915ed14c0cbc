/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the numbers of payload types are those of the listener (RFC 3264 5.1), and
 * both directions may use different ones and different codecs. So each stream is held against
 * everything that its listener ever named, in any description of the call. What was never named
 * was never asked for, whatever the moment: early media, forks, and packets under way while a
 * re-INVITE changes codecs cannot be taken for it. Legs of a B2BUA are calls of their own.
 *
 * Where the number was named, but means another codec to the sender, that is legal if the sender
 * knows the listener's codec at all; only where it does not, it must mean its own.
 */
#include "detect.h"

#include <stdio.h>

#include "codec_notes.h"
#include "finding.h"
#include "flow.h"
#include "payload_type.h"

enum { KEY_PACKETS_MIN = 3, COMFORT_NOISE = 13, COMFORT_NOISE_OLD = 19 };

static const double never_named = 0.85, unknown_type = 0.6, other_number = 0.75,
		    other_meaning = 0.6, keys = 0.7;

/* What is wrong with one payload type of a stream. */
struct mismatch {
	const char *cause;
	const struct desk_stream *stream;
	const struct media_trait *trait;
	struct codec_note sent;  /* what the sender says of the number */
	struct codec_note asked; /* what the listener says of it, or of the codec */
	const char *codec;       /* "unknown" where nobody says */
	double confidence;
};

static bool is_named(const char *codec, const char *name)
{
	return codec && text_equal_nocase(text_of(codec), text_of(name));
}

/* What repeats or protects other packets, or fills silence: receivers do without. */
static bool is_accessory(const char *codec)
{
	return is_named(codec, "CN") || is_named(codec, "red") || is_named(codec, "ulpfec") ||
	       is_named(codec, "rtx");
}

/* The listener never named the number. */
static bool unnamed_judge(
    struct mismatch *m, const struct call *call, const struct codec_said *listed)
{
	const struct payload_type *fixed = &payload_types[m->trait->value];

	m->codec = m->sent.map && m->sent.map->codec ? m->sent.map->codec : fixed->name;
	if (is_accessory(m->codec)) {
		return false;
	}
	if (m->codec) {
		m->asked = codec_note_named(call, listed, m->codec);
	}
	if (is_named(m->codec, "telephone-event")) {
		m->cause = "telephone-event";
		m->confidence = keys;
	} else {
		m->cause = m->asked.map ? "payload-type" : "not-offered";
		m->confidence = m->asked.map ? other_number : m->codec ? never_named : unknown_type;
	}
	if (!m->codec) {
		m->codec = "a codec that nobody named";
	}
	return true;
}

/* Does the sender ever name what the listener takes the number for? */
static bool knows(
    const struct call *call, const struct codec_said *sent, struct codec_note asked, uint8_t type)
{
	for (; asked.map; asked = codec_note_find(call, codec_next(call, asked.said), type)) {
		if (!asked.map->codec || codec_note_named(call, sent, asked.map->codec).map) {
			return true;
		}
	}
	return false;
}

/* Both name the number; the sender does not know any of the listener's meanings. */
static bool meaning_judge(
    struct mismatch *m, const struct call *call, const struct codec_said *said)
{
	const char *codec = m->sent.map->codec;

	if (!codec || knows(call, said, m->asked, m->trait->value) || is_accessory(codec)) {
		return false;
	}
	m->codec = codec;
	m->cause = "payload-type";
	m->confidence = other_meaning;
	return true;
}

static bool judge(
    const struct desk *desk, const struct call *call, enum party toward, struct mismatch *m)
{
	const struct codec_said *listed = &call->codecs[toward];
	const struct codec_said *said = &call->codecs[party_other(toward)];
	uint8_t type = m->trait->value;
	double least = desk->config.thresholds.codec_packets;
	bool found;

	if (type >= PAYLOAD_TYPES || type == COMFORT_NOISE || type == COMFORT_NOISE_OLD) {
		return false;
	}
	m->sent = codec_note_find(call, said, type);
	m->asked = codec_note_find(call, listed, type);
	if (m->asked.map && m->asked.map == m->sent.map) {
		return false; /* both said the same, as mostly: one list of the desk's */
	}
	if (!m->asked.map) {
		found = unnamed_judge(m, call, listed);
	} else {
		found = m->sent.map && meaning_judge(m, call, said);
	}
	if (found && is_named(m->codec, "telephone-event")) {
		least = KEY_PACKETS_MIN;
	}
	return found && m->trait->packets >= least;
}

/* --- telling --- */

static const struct finding_words *words_of(const struct mismatch *m)
{
	static const struct finding_words audio = {
	    .why =
		"The listener cannot decode what it did not ask for: it plays nothing, or noise.",
	    .remedy = "Set the same codecs in the same order in phone, PBX and provider account "
		      "(G.711 A-law or u-law always works), and switch \"asymmetric codecs\" or "
		      "\"codec preference of the callee\" off in the device that sends.",
	};
	static const struct finding_words events = {
	    .why = "Keys pressed during the call get lost: menus, voice mail and conference PINs "
		   "do not react.",
	    .remedy = "Set DTMF to \"RFC 2833\" or \"RFC 4733\" with one and the same payload type "
		      "(101) on both sides, or to the way that the listener offers.",
	};

	return is_named(m->codec, "telephone-event") ? &events : &audio;
}

static void describe(struct finding *f, const struct desk *desk, const struct mismatch *m)
{
	char from[ADDRESS_TEXT_MAX], to[ADDRESS_TEXT_MAX];
	const struct desk_stream *s = m->stream;

	address_format(&s->src.address, from);
	address_format(&s->dst.address, to);
	if (m->asked.map) {
		finding_describe(f, desk, s->vantage, words_of(m),
		    "%s sends %s to %s as payload type %u, where the listener asked for %s as %u",
		    from, m->codec, to, m->trait->value,
		    m->asked.map->codec ? m->asked.map->codec : "another codec",
		    m->asked.map->payload_type);
	} else {
		finding_describe(f, desk, s->vantage, words_of(m),
		    "%s sends %s to %s as payload type %u, which the listener never asked for",
		    from, m->codec, to, m->trait->value);
	}
}

static void evidence_list(struct finding *f, const struct call *call, const struct mismatch *m)
{
	const struct desk_stream *s = m->stream;
	const struct codec_said *listed = &call->codecs[s->toward];
	const struct payload_map *asked = m->asked.map, *sent = m->sent.map;
	struct mark first = stream_mark(s);

	finding_evidence(f, &first,
	    "stream from %u to %u begins here: %u of its %u packets have payload type %u",
	    s->src.port, s->dst.port, m->trait->packets, s->summary->packets, m->trait->value);
	if (asked) {
		finding_evidence(f, codec_mark(call, m->asked.said),
		    "the listener's description: %u is %s/%u", asked->payload_type,
		    asked->codec ? asked->codec : "not explained", asked->clock_rate_hz);
	} else {
		finding_evidence(f, codec_mark(call, listed),
		    "the listener's first description; it names %u types in all, and %u is none "
		    "of them",
		    codec_notes_count(call, listed), m->trait->value);
	}
	if (sent) {
		finding_evidence(f, codec_mark(call, m->sent.said),
		    "the sender's description: %u is %s/%u", sent->payload_type,
		    sent->codec ? sent->codec : "not explained", sent->clock_rate_hz);
	}
}

static void tell(struct desk *desk, struct call *call, const struct mismatch *m)
{
	const struct desk_stream *s = m->stream;
	const struct endpoint key = {s->src.address, m->trait->value};
	struct finding *f =
	    finding_open(desk, "codec-mismatch", m->cause, hash_endpoint(desk->key, &key));

	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		describe(f, desk, m);
		finding_against(f, "receivers may decode a type that they never named; whether "
				   "this one does is not seen");
	}
	finding_rate(f, m->confidence, SEVERITY_WARNING);
	evidence_list(f, call, m);
	finding_endpoint(f, &s->src.address);
	finding_endpoint(f, &s->dst.address);
	finding_stream(f, s);
	finding_call(f, call);
	finding_time(f, s->first_ns, s->summary->last_time_ns);
}

/* Answered, and every description of both sides is known from the beginning. */
static bool is_known(const struct call *call, uint16_t vantage)
{
	const struct observation *o = call->observations;

	while (o && o->vantage != vantage) {
		o = o->next;
	}
	return o && o->invite.set && o->parties_known && o->answered.set &&
	       !call->codecs_incomplete && call->codecs[PARTY_CALLER].list &&
	       call->codecs[PARTY_CALLEE].list;
}

void detect_codec_mismatch(struct desk *desk, struct call *call)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (!s->measured || s->udptl || s->kind != SDP_AUDIO ||
		    !is_known(call, s->vantage)) {
			continue;
		}
		for (unsigned i = 0; i < s->summary->payload_count; i++) {
			struct mismatch m = {
			    .stream = s, .trait = &figures_payloads(s->summary)[i]};

			if (judge(desk, call, s->toward, &m)) {
				tell(desk, call, &m);
			}
		}
	}
}
