/* SPDX-License-Identifier: Apache-2.0 */
#include "sound_call.h"

#include "dialog.h"
#include "one_way.h"
#include "payload_type.h"
#include "quality.h"
#include "talk_time.h"
#include "twin.h"

/* Every packet came, in order and nearly in time, with one payload type and one mark. */
static bool is_whole(const struct desk *desk, const struct desk_stream *s)
{
	const struct thresholds *t = &desk->config.thresholds;
	const struct stream_figures *m = s->summary;
	double jitter_ms = (double)m->jitter_max_ns / 1e6;

	return s->measured && s->quiet && s->seldom->gap_count == 0 && !figures_have_rare(m) &&
	       m->lost == 0 && m->reordered == 0 && m->restarts == 0 && m->dscp_count == 1 &&
	       m->payload_count == 1 && jitter_ms < t->jitter_warning_ms &&
	       jitter_ms < t->jitter_critical_ms;
}

/* Some of its samples are no silence, or none were taken; and it is not comfort noise alone. */
static bool is_voice(const struct desk_stream *s)
{
	const struct stream_figures *m = s->summary;
	uint8_t type = m->payload.value;

	return s->kind == SDP_AUDIO && !s->udptl &&
	       (m->level_count == 0 || m->silent_count < m->level_count) &&
	       (type >= PAYLOAD_TYPES || payload_types[type].role != ROLE_COMFORT_NOISE);
}

static bool is_poor(const struct desk *desk, const struct desk_stream *s)
{
	struct quality q = quality_of(desk, s);

	return q.rated && q.mos < desk->config.thresholds.mos_warning;
}

static bool is_in_time(
    const struct desk *desk, const struct observation *o, const struct desk_stream *s)
{
	return !dialog_established(o)->set ||
	       s->first_ns - talk_established_ns(o) <
		   threshold_ns(desk->config.thresholds.late_media_s);
}

static bool is_sound(
    const struct desk *desk, const struct observation *o, const struct desk_stream *s)
{
	double confidence;

	return is_whole(desk, s) && is_voice(s) && is_in_time(desk, o, s) && twin_is_alone(s) &&
	       !one_way_nothing_arrives(desk, s, &confidence) && !is_poor(desk, s);
}

static int64_t apart_ns(int64_t a_ns, int64_t b_ns)
{
	return a_ns < b_ns ? b_ns - a_ns : a_ns - b_ns;
}

/* There and back between two places, and nearly from one time to another. */
static bool is_mirrored(
    const struct desk *desk, const struct desk_stream *a, const struct desk_stream *b)
{
	int64_t one_way_ns = threshold_ns(desk->config.thresholds.one_way_s);

	return a->toward != b->toward && a->line == b->line &&
	       a->summary->dscp.value == b->summary->dscp.value &&
	       endpoint_equal(&a->src, &b->dst) && endpoint_equal(&a->dst, &b->src) &&
	       apart_ns(a->first_ns, b->first_ns) < one_way_ns &&
	       apart_ns(a->summary->last_time_ns, b->summary->last_time_ns) < one_way_ns;
}

/* Who receives it reports nothing of it, or neither loss nor ever much jitter. */
static bool is_received_well(const struct desk *desk, const struct desk_stream *s)
{
	const struct receiver_reports *r = &s->seldom->far->remote;
	double second_ms = 1000 * (double)r->max_jitter;

	return r->lost <= 0 && second_ms <= desk->config.thresholds.jitter_warning_ms *
						(double)s->summary->clock_rate_hz;
}

enum soundness sound_call(const struct desk *desk, const struct call *call)
{
	const struct observation *o = call->observations;
	const struct desk_stream *a, *b;

	if (desk->config.thorough || desk->config.vantage_count != 1 || !o || o->next ||
	    call->stream_count != 2 || call_rare(call)->unreachables) {
		return SOUND_UNKNOWN;
	}
	a = stream_at(desk, call->first_stream);
	b = stream_at(desk, call->last_stream);
	if (!is_sound(desk, o, a) || !is_sound(desk, o, b) || !is_mirrored(desk, a, b)) {
		return SOUND_UNKNOWN;
	}
	return is_received_well(desk, a) && is_received_well(desk, b) ? SOUND_THROUGHOUT
								      : SOUND_HERE;
}
