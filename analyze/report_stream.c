/* SPDX-License-Identifier: Apache-2.0 */
#include "report_stream.h"

#include <math.h>

#include "call.h"
#include "encryption.h"
#include "far_end.h"
#include "flow.h"
#include "mapping.h"
#include "quality.h"
#include "report_course.h"
#include "report_far_end.h"
#include "report_text.h"

static const char *media_name(uint8_t kind)
{
	switch ((enum sdp_media_kind)kind) {
	case SDP_AUDIO:
		return "audio";
	case SDP_VIDEO:
		return "video";
	case SDP_FAX:
		return "fax";
	case SDP_OTHER:
		break;
	}
	return "other";
}

static void payloads_fill(const struct desk *desk, struct arena *arena, const struct desk_stream *s,
    struct tp_stream *out)
{
	unsigned count = s->measured ? s->summary->payload_count : 0;
	struct tp_payload *list = arena_take(arena, sizeof(*list) * count);

	for (unsigned i = 0; list && i < count; i++) {
		const struct media_trait *trait = &figures_payloads(s->summary)[i];
		struct codec_use use = quality_codec(desk, s, trait->value);

		list[i] = (struct tp_payload){
		    .payload_type =
			trait->value == MEDIA_TRAIT_OTHER ? TP_NO_COUNT : (int)trait->value,
		    .codec = use.codec,
		    .clock_rate_hz = use.clock_rate_hz,
		    .packets = trait->packets,
		};
		out->payload_count++;
	}
	out->payloads = list;
}

static void dscps_fill(struct arena *arena, const struct desk_stream *s, struct tp_stream *out)
{
	unsigned count = s->measured ? s->summary->dscp_count : 0;
	struct tp_dscp *list = arena_take(arena, sizeof(*list) * count);

	for (unsigned i = 0; list && i < count; i++) {
		const struct media_trait *trait = &figures_dscps(s->summary)[i];

		list[i] = (struct tp_dscp){
		    .value = trait->value == MEDIA_TRAIT_OTHER ? TP_NO_COUNT : (int)trait->value,
		    .packets = trait->packets,
		};
		out->dscp_count++;
	}
	out->dscps = list;
}

static void packet_time_fill(const struct desk_stream *s, struct tp_stream *out)
{
	if (s->summary->timestamp_step && out->clock_rate_hz) {
		out->packet_time_ms = 1000.0 * s->summary->timestamp_step / out->clock_rate_hz;
	}
}

/* Jitter holds where the clock it was measured with is the stream's, and packets have times. */
static void jitter_fill(const struct desk *desk, const struct desk_stream *s, struct tp_stream *out)
{
	const struct stream_figures *m = s->summary;

	if (!desk->untimed[s->capture]) {
		out->delta_max_ms = report_ms(m->delta_max_ns);
	}
	if (out->delay_measured) {
		out->jitter_mean_ms = (double)m->jitter_sum_ns / m->jitter_count / 1e6;
		out->jitter_max_ms = (double)m->jitter_max_ns / 1e6;
	}
}

static void quality_fill(
    const struct desk *desk, const struct desk_stream *s, struct tp_stream *out)
{
	struct quality q = quality_of(desk, s);

	if (!q.rated) {
		return;
	}
	out->mos = q.mos;
	out->r_factor = q.rating;
	out->mos_kind = q.kind;
	out->mos_version = q.version;
	out->mos_ie = q.ie;
	out->mos_bpl = q.bpl;
	out->mos_plc = q.plc;
	out->mos_delay_ms = q.delay_ms;
	out->mos_delay_source = isnan(q.delay_ms) ? "none" : "rtcp";
	out->mos_estimate = q.estimate;
}

static void figures_fill(const struct desk *desk, struct arena *arena, const struct desk_stream *s,
    struct tp_stream *out)
{
	const struct stream_figures *m = s->summary;

	out->last_time_ns = m->last_time_ns;
	out->last_frame = m->last_frame;
	out->packets = m->packets;
	out->bytes = m->octets;
	out->expected = m->expected;
	out->lost = m->lost;
	out->duplicates = m->duplicates;
	out->reordered = m->reordered;
	out->restarts = m->restarts;
	out->loss_pct = m->expected ? 100.0 * (double)m->lost / (double)m->expected : (double)NAN;
	out->ttl_min = m->ttl_min;
	out->ttl_max = m->ttl_max;
	if (s->udptl) {
		return;
	}
	if (out->clock_rate_hz == 0) {
		out->clock_rate_hz = m->clock_rate_hz; /* inferred */
	}
	packet_time_fill(s, out);
	report_course(desk, arena, s, out);
	jitter_fill(desk, s, out);
	quality_fill(desk, s, out);
}

static void path_fill(
    struct desk *desk, struct arena *arena, const struct desk_stream *s, struct tp_stream *out)
{
	struct mapping_path path = mapping_path(desk, s);

	out->encrypted = path.secured || s->encryption == ENCRYPTION_SRTP ? 1
			 : s->encryption == ENCRYPTION_NONE               ? 0
									  : TP_NO_COUNT;
	out->ice = path.nominated ? "nominated" : path.checked ? "checked" : NULL;
	out->relayed = path.relayed;
	out->relay_server = report_endpoint_text(arena, &path.server);
	out->relay_peer = report_endpoint_text(arena, &path.peer);
	out->relay_channel = path.channel ? path.channel : TP_NO_COUNT;
}

struct tp_stream report_stream(struct desk *desk, struct arena *arena, const struct desk_stream *s)
{
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	uint8_t payload_type = quality_payload_type(desk, s);
	struct codec_use use = quality_codec(desk, s, payload_type);
	struct tp_stream out = {
	    .id = report_id(arena, 's', s->id),
	    .call = s->call != POOL_NONE && call_at(desk, s->call)->kind == CALL_DIALOG
			? report_id(arena, 'c', call_at(desk, s->call)->id)
			: NULL,
	    .media = media_name(s->kind),
	    .vantage = desk->config.vantages[s->vantage],
	    .src = arena_text(arena, text_of(endpoint_format(&s->src, src))),
	    .dst = arena_text(arena, text_of(endpoint_format(&s->dst, dst))),
	    .ssrc = s->ssrc,
	    .codec = use.codec,
	    .payload_type = s->udptl ? TP_NO_COUNT : payload_type,
	    .udptl = s->udptl,
	    .clock_rate_hz = use.clock_rate_hz,
	    .first_time_ns = s->first_ns,
	    .last_time_ns = TP_NO_TIME,
	    .first_frame = s->first_frame,
	    .loss_pct = (double)NAN,
	    .jitter_mean_ms = (double)NAN,
	    .jitter_max_ms = (double)NAN,
	    .delta_max_ms = (double)NAN,
	    .packet_time_ms = (double)NAN,
	    .mos = (double)NAN,
	    .r_factor = (double)NAN,
	    .round_trip_ms = far_end_round_trip_ms(s),
	};

	report_course_unknown(&out);
	payloads_fill(desk, arena, s, &out);
	dscps_fill(arena, s, &out);
	path_fill(desk, arena, s, &out);
	if (s->measured) {
		figures_fill(desk, arena, s, &out);
	}
	out.rtcp = report_rtcp(desk, arena, s, out.clock_mismatch ? 0 : out.clock_rate_hz);
	return out;
}
