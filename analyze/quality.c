/* SPDX-License-Identifier: Apache-2.0 */
#include "quality.h"

#include "emodel.h"
#include "nearness.h"
#include "payload_type.h"

/* A stream this much shorter than a party's longest one does not stand for what it heard. */
enum { SHORT_STREAM = 10 };

struct codec_use quality_codec(const struct desk_stream *s, uint8_t payload_type)
{
	const struct payload_type *known;

	if (payload_type >= PAYLOAD_TYPES) {
		return (struct codec_use){NULL, 0};
	}
	known = &payload_types[payload_type];
	if (known->role != ROLE_DYNAMIC) {
		return (struct codec_use){known->name, known->clock_rate_hz};
	}
	for (unsigned i = 0; i < s->map_count; i++) {
		if (s->maps[i].payload_type == payload_type) {
			return (struct codec_use){s->maps[i].codec, s->maps[i].clock_rate_hz};
		}
	}
	return (struct codec_use){NULL, 0};
}

/* Comfort noise and key presses come between a codec's packets: they are none themselves. */
static bool is_beside_codec(const struct desk_stream *s, uint8_t payload_type)
{
	struct codec_use use = quality_codec(s, payload_type);

	return use.codec && (text_equal_nocase(text_of(use.codec), TEXT("CN")) ||
				text_equal_nocase(text_of(use.codec), TEXT("telephone-event")));
}

uint8_t quality_payload_type(const struct desk_stream *s)
{
	const struct media_trait *best = NULL;
	bool best_is_beside = true;

	for (unsigned i = 0; s->measured && i < s->summary.payload_count; i++) {
		const struct media_trait *trait = &s->summary.payloads[i];
		bool is_beside = is_beside_codec(s, trait->value);

		if (!best || (best_is_beside && !is_beside) ||
		    (best_is_beside == is_beside && trait->packets > best->packets)) {
			best = trait;
			best_is_beside = is_beside;
		}
	}
	return best ? best->value : s->payload_type;
}

struct quality quality_of(const struct desk_stream *s)
{
	struct codec_use use = quality_codec(s, quality_payload_type(s));
	struct emodel_input input = {.burst_ratio = 1};
	struct quality q = {0};

	if (!s->measured || s->summary.expected == 0 || s->kind != SDP_AUDIO ||
	    !emodel_codec(use.codec, &input.ie, &input.bpl)) {
		return q;
	}
	input.loss_pct = 100.0 * (double)s->summary.lost / (double)s->summary.expected;
	q.rated = true;
	q.ie = input.ie;
	q.bpl = input.bpl;
	q.rating = emodel_rating(&input);
	q.mos = emodel_mos(q.rating);
	return q;
}

/* Rank of the nearest vantage with audio toward the party, and its longest stream. */
static int nearest_rank(
    struct desk *desk, const struct call *call, enum party party, uint32_t *longest)
{
	int best = -1;

	*longest = 0;
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);
		int rank;

		if (s->toward != party || !quality_of(s).rated) {
			continue;
		}
		rank = nearness(desk, call, s->vantage, party);
		if (rank > best) {
			best = rank;
			*longest = 0;
		}
		if (rank == best && s->summary.packets > *longest) {
			*longest = s->summary.packets;
		}
	}
	return best;
}

static const struct desk_stream *worst_heard(
    struct desk *desk, const struct call *call, enum party party, struct quality *out)
{
	const struct desk_stream *worst = NULL;
	uint32_t longest;
	int rank = nearest_rank(desk, call, party, &longest);

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);
		struct quality q = quality_of(s);

		if (s->toward == party && q.rated && s->summary.packets >= longest / SHORT_STREAM &&
		    nearness(desk, call, s->vantage, party) == rank &&
		    (!worst || q.rating < out->rating)) {
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

	if (by_callee && (!by_caller || callee.rating < out->rating)) {
		*out = callee;
		return by_callee;
	}
	return by_caller;
}
