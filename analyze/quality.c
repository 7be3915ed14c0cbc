/* SPDX-License-Identifier: Apache-2.0 */
#include "quality.h"

#include <math.h>

#include "emodel.h"
#include "far_end.h"
#include "nearness.h"
#include "payload_type.h"

enum {
	SHORT_STREAM = 10, /* this much shorter than the longest, it does not stand for a party */
	STEADY_PCT = 2,    /* packets and time agree: the sender did not pause */
	JITTER_BUFFER_MS = 60, /* docs/quality.md */
	USUAL_PACKET_MS = 20,
	EVENT_OCTETS = 4
};

struct codec_use quality_codec(
    const struct desk *desk, const struct desk_stream *s, uint8_t payload_type)
{
	const struct payload_type *known;
	const struct payload_map *map;

	if (payload_type >= PAYLOAD_TYPES || s->udptl) {
		return (struct codec_use){NULL, 0};
	}
	known = &payload_types[payload_type];
	if (known->role != ROLE_DYNAMIC) {
		return (struct codec_use){known->name, known->clock_rate_hz};
	}
	map = type_find(desk, s->types, payload_type);
	return map ? (struct codec_use){map->codec, map->clock_rate_hz}
		   : (struct codec_use){NULL, 0};
}

/* Comfort noise and key presses come between a codec's packets: they are none themselves. */
static bool is_beside_codec(
    const struct desk *desk, const struct desk_stream *s, uint8_t payload_type)
{
	struct codec_use use = quality_codec(desk, s, payload_type);

	return use.codec && (text_equal_nocase(text_of(use.codec), TEXT("CN")) ||
				text_equal_nocase(text_of(use.codec), TEXT("telephone-event")));
}

uint8_t quality_payload_type(const struct desk *desk, const struct desk_stream *s)
{
	const struct media_trait *best = NULL;
	bool best_is_beside = true;

	if (s->measured && s->summary->payload_count == 1) {
		return s->summary->payload.value;
	}
	for (unsigned i = 0; s->measured && i < s->summary->payload_count; i++) {
		const struct media_trait *trait = &figures_payloads(s->summary)[i];
		bool is_beside = is_beside_codec(desk, s, trait->value);

		if (!best || (best_is_beside && !is_beside) ||
		    (best_is_beside == is_beside && trait->packets > best->packets)) {
			best = trait;
			best_is_beside = is_beside;
		}
	}
	return best ? best->value : s->payload_type;
}

static double packet_time_ms(const struct stream_figures *m, const struct codec_use *codec)
{
	if (m->timestamp_step == 0 || codec->clock_rate_hz == 0) {
		return (double)NAN;
	}
	return 1000.0 * m->timestamp_step / codec->clock_rate_hz;
}

/* A sender that pauses, or sends short frames of comfort noise, tells no mode by its mean rate. */
static double rate_kbps(const struct desk_stream *s, double packet_ms)
{
	const struct stream_figures *m = s->summary;
	double sent_ms = (double)m->expected * packet_ms;
	double lasted_ms = (double)(m->last_time_ns - s->first_ns) / 1e6 + packet_ms;

	if (!(fabs(sent_ms - lasted_ms) <= STEADY_PCT * lasted_ms / 100) || m->packets == 0) {
		return (double)NAN;
	}
	return (double)m->octets * 8 / m->packets / packet_ms;
}

/*
 * Nothing but telephone events, whether signalling says so or not: four octets each (RFC 4733
 * 2.3), under a dynamic type. Their timestamps are those of the key pressed, not of the packet.
 */
static bool is_of_events(const struct stream_figures *m)
{
	for (unsigned i = 0; i < m->payload_count; i++) {
		uint8_t type = figures_payloads(m)[i].value;

		if (type >= PAYLOAD_TYPES || payload_types[type].role != ROLE_DYNAMIC) {
			return false;
		}
	}
	return m->octets == (uint64_t)EVENT_OCTETS * m->packets;
}

static bool is_measured_on(const struct desk *desk, const struct desk_stream *s, uint32_t named_hz)
{
	const struct stream_figures *m = s->summary;

	return !desk->untimed[s->capture] && m->jitter_count > 0 && m->clock_rate_hz &&
	       (named_hz == 0 || named_hz == m->clock_rate_hz) && !is_of_events(m);
}

bool quality_delay_is_measured(const struct desk *desk, const struct desk_stream *s)
{
	return is_measured_on(
	    desk, s, quality_codec(desk, s, quality_payload_type(desk, s)).clock_rate_hz);
}

double quality_burst_ratio(const struct stream_figures *m)
{
	double loss;

	if (m->rare->losses.runs == 0 || m->lost >= m->expected) {
		return 1;
	}
	loss = (double)m->lost / (double)m->expected;
	return (double)m->lost / m->rare->losses.runs * (1 - loss);
}

struct quality_input quality_input(const struct desk *desk, const struct desk_stream *s)
{
	const struct stream_figures *m = s->summary;
	struct quality_input input = {
	    .codec = quality_codec(desk, s, quality_payload_type(desk, s)),
	    .plc = desk->config.plc,
	    .expected = m->expected,
	    .lost = m->lost,
	    .burst_ratio = quality_burst_ratio(m),
	    .round_trip_ms = far_end_round_trip_ms(s),
	};

	if (m->rare->playout.fixed_discarded > 0 &&
	    is_measured_on(desk, s, input.codec.clock_rate_hz)) {
		input.discarded = m->rare->playout.fixed_discarded;
	}
	input.packet_time_ms = packet_time_ms(m, &input.codec);
	input.rate_kbps =
	    desk->untimed[s->capture] ? (double)NAN : rate_kbps(s, input.packet_time_ms);
	return input;
}

/*
 * Mouth to ear: half of the way there and back, the jitter buffer of the model, and the time that
 * the sender gathers speech for one packet. Where the round trip is not known the rest says nothing
 * of the delay, and quality is that of listening.
 */
static double delay_ms(const struct quality_input *input)
{
	double gathering_ms =
	    isnan(input->packet_time_ms) ? USUAL_PACKET_MS : input->packet_time_ms;

	return input->round_trip_ms / 2 + JITTER_BUFFER_MS + gathering_ms;
}

struct quality_scale quality_scale(const struct quality_input *input)
{
	struct quality_scale scale = {.delay_ms = delay_ms(input)};

	scale.known = codec_quality(input->codec.codec, input->codec.clock_rate_hz,
	    input->rate_kbps, input->plc, &scale.codec);
	if (scale.known) {
		scale.ceiling = emodel_ceiling(scale.codec.band, scale.delay_ms);
	}
	return scale;
}

struct quality quality_rate_on(const struct quality_scale *scale, const struct quality_input *input)
{
	const struct codec_quality *codec = &scale->codec;
	uint64_t missing = input->lost + input->discarded;
	struct emodel_input model;
	struct emodel_result result;

	if (input->expected == 0 || !scale->known || (missing > 0 && isnan(codec->bpl))) {
		return (struct quality){0};
	}
	model = (struct emodel_input){
	    .band = codec->band,
	    .ie = codec->ie,
	    .bpl = codec->bpl,
	    .loss_pct = 100.0 * (double)missing / (double)input->expected,
	    .burst_ratio = input->burst_ratio,
	    .delay_ms = scale->delay_ms,
	};
	result = emodel_rate_below(scale->ceiling, &model);
	return (struct quality){
	    .rated = true,
	    .rating = result.rating,
	    .mos = result.mos,
	    .kind = result.kind,
	    .version = emodel_version(codec->band),
	    .ie = codec->ie,
	    .bpl = codec->bpl,
	    .plc = codec->plc,
	    .delay_ms = scale->delay_ms,
	    .estimate = codec->ie_estimated || (missing > 0 && codec->bpl_estimated),
	};
}

struct quality quality_rate(const struct quality_input *input)
{
	struct quality_scale scale = quality_scale(input);

	return quality_rate_on(&scale, input);
}

static bool is_same(double a, double b)
{
	return isnan(a) || isnan(b) ? isnan(a) && isnan(b) : a >= b && a <= b;
}

/* Without loss, how much came is all one. */
static bool is_rated_alike(const struct quality_input *a, const struct quality_input *b)
{
	return a->codec.codec == b->codec.codec &&
	       a->codec.clock_rate_hz == b->codec.clock_rate_hz && a->plc == b->plc &&
	       is_same(a->rate_kbps, b->rate_kbps) && is_same(a->burst_ratio, b->burst_ratio) &&
	       is_same(a->packet_time_ms, b->packet_time_ms) &&
	       is_same(a->round_trip_ms, b->round_trip_ms);
}

struct quality quality_of(const struct desk *desk, const struct desk_stream *s)
{
	struct quality_memo *memo = desk->quality_memo;
	struct quality_input input;

	if (!s->measured || s->kind != SDP_AUDIO) {
		return (struct quality){0};
	}
	input = quality_input(desk, s);
	if (input.expected == 0 || input.lost + input.discarded > 0) {
		return quality_rate(&input);
	}
	if (!memo->quality.rated || !is_rated_alike(&input, &memo->input)) {
		memo->input = input;
		memo->quality = quality_rate(&input);
	}
	return memo->quality;
}

/* Nearness of each vantage to a party, found once: a call may have very many streams. */
struct ranks {
	bool known[DESK_VANTAGES_MAX];
	int rank[DESK_VANTAGES_MAX];
};

static int rank_of(struct desk *desk, const struct call *call, struct ranks *ranks,
    uint16_t vantage, enum party party)
{
	if (desk->config.vantage_count < 2) {
		return 0;
	}
	if (!ranks->known[vantage]) {
		ranks->rank[vantage] = nearness(desk, call, vantage, party);
		ranks->known[vantage] = true;
	}
	return ranks->rank[vantage];
}

/* Rank of the nearest vantage with audio toward the party, and its longest stream. */
static int nearest_rank(struct desk *desk, const struct call *call, struct ranks *ranks,
    enum party party, uint32_t *longest)
{
	int best = -1;

	*longest = 0;
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);
		int rank;

		if (s->toward != party || !quality_of(desk, s).rated) {
			continue;
		}
		rank = rank_of(desk, call, ranks, s->vantage, party);
		if (rank > best) {
			best = rank;
			*longest = 0;
		}
		if (rank == best && s->summary->packets > *longest) {
			*longest = s->summary->packets;
		}
	}
	return best;
}

/* The call's one stream toward the party, as most have it, or NULL. */
static const struct desk_stream *only_toward(
    const struct desk *desk, const struct call *call, enum party party)
{
	const struct desk_stream *only = NULL;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->toward == party && only) {
			return NULL;
		}
		only = s->toward == party ? s : only;
	}
	return only;
}

/* Of the worst score: ratings of different bands are of different scales. */
static const struct desk_stream *worst_heard(
    struct desk *desk, const struct call *call, enum party party, struct quality *out)
{
	const struct desk_stream *worst = NULL, *only = only_toward(desk, call, party);
	struct ranks ranks = {0};
	struct quality q;
	uint32_t longest;
	int rank;

	if (only) {
		q = quality_of(desk, only);
		*out = q.rated ? q : *out;
		return q.rated ? only : NULL;
	}
	rank = nearest_rank(desk, call, &ranks, party, &longest);
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->toward != party || s->summary->packets < longest / SHORT_STREAM) {
			continue;
		}
		q = quality_of(desk, s);
		if (q.rated && rank_of(desk, call, &ranks, s->vantage, party) == rank &&
		    (!worst || q.mos < out->mos)) {
			worst = s;
			*out = q;
		}
	}
	return worst;
}

const struct desk_stream *quality_of_call(
    struct desk *desk, const struct call *call, struct quality *out)
{
	struct quality callee;
	const struct desk_stream *by_caller = worst_heard(desk, call, PARTY_CALLER, out);
	const struct desk_stream *by_callee = worst_heard(desk, call, PARTY_CALLEE, &callee);

	if (by_callee && (!by_caller || callee.mos < out->mos)) {
		*out = callee;
		return by_callee;
	}
	return by_caller;
}
