/* SPDX-License-Identifier: Apache-2.0 */
#include "report_far_end.h"

#include <math.h>

#include "far_end.h"
#include "voice_notes.h"

enum {
	XR_FIGURES_MAX = 24,
	BUFFER_UNLIMITED = 65535, /* RFC 3611 4.7.7: the jitter buffer has no such limit */
	VOICE_STREAMS_MAX = 8
};

/* --- figures --- */

struct figures {
	struct tp_figure *list;
	size_t count, room;
};

static void put(struct figures *f, const char *name, double value)
{
	if (f->list && f->count < f->room && isfinite(value)) {
		f->list[f->count++] = (struct tp_figure){name, value, NULL};
	}
}

static void put_text(struct figures *f, const char *name, const char *text)
{
	if (f->list && f->count < f->room && text) {
		f->list[f->count++] = (struct tp_figure){name, (double)NAN, text};
	}
}

static double unless(double value, double unknown)
{
	return value == unknown ? (double)NAN : value;
}

/* --- extended reports --- */

static double share_pct(uint8_t share)
{
	return 100.0 * share / 256;
}

static void xr_levels(struct figures *f, const struct rtcp_xr_voip *v)
{
	put(f, "signal_level_dbm0", unless(v->signal_level_dbm0, RTCP_XR_UNKNOWN));
	put(f, "noise_level_dbm0", unless(v->noise_level_dbm0, RTCP_XR_UNKNOWN));
	put(f, "rerl_db", unless(v->rerl_db, RTCP_XR_UNKNOWN));
	put(f, "gmin", unless(v->gmin, 0));
	put(f, "r_factor", unless(v->r_factor, RTCP_XR_UNKNOWN));
	put(f, "ext_r_factor", unless(v->ext_r_factor, RTCP_XR_UNKNOWN));
	put(f, "mos_lq", v->mos_lq >= 10 && v->mos_lq <= 50 ? v->mos_lq / 10.0 : (double)NAN);
	put(f, "mos_cq", v->mos_cq >= 10 && v->mos_cq <= 50 ? v->mos_cq / 10.0 : (double)NAN);
}

static void xr_buffer(struct figures *f, const struct rtcp_xr_voip *v)
{
	static const char *const plc[] = {NULL, "disabled", "enhanced", "standard"};
	static const char *const kinds[] = {NULL, NULL, "fixed", "adaptive"};

	put_text(f, "plc", plc[v->plc & 3]);
	put_text(f, "jitter_buffer", kinds[v->buffer_kind & 3]);
	if (v->buffer_kind == 3) {
		put(f, "jitter_buffer_rate", v->buffer_rate);
	}
	put(f, "jitter_buffer_nominal_ms", unless(v->buffer_nominal_ms, 0));
	put(f, "jitter_buffer_maximum_ms", unless(v->buffer_maximum_ms, 0));
	if (v->buffer_limit_ms != BUFFER_UNLIMITED) {
		put(f, "jitter_buffer_abs_max_ms", unless(v->buffer_limit_ms, 0));
	}
}

static struct figures xr_figures(struct arena *arena, const struct rtcp_xr_voip *v)
{
	struct figures f = {.room = XR_FIGURES_MAX};

	f.list = arena_take(arena, sizeof(*f.list) * f.room);
	put(&f, "loss_rate_pct", share_pct(v->loss_rate));
	put(&f, "discard_rate_pct", share_pct(v->discard_rate));
	put(&f, "burst_density_pct", share_pct(v->burst_density));
	put(&f, "gap_density_pct", share_pct(v->gap_density));
	put(&f, "burst_duration_ms", v->burst_duration_ms);
	put(&f, "gap_duration_ms", v->gap_duration_ms);
	/* Nothing was measured where a delay is 0: no path and no jitter buffer has none. */
	put(&f, "round_trip_delay_ms", unless(v->round_trip_delay_ms, 0));
	put(&f, "end_system_delay_ms", unless(v->end_system_delay_ms, 0));
	xr_levels(&f, v);
	xr_buffer(&f, v);
	return f;
}

/* --- RTCP of a stream --- */

static void loss_fill(const struct receiver_reports *r, struct tp_rtcp *out)
{
	out->reports = r->blocks;
	out->counter_restarts = r->restarts;
	out->spans = r->spans;
	out->cumulative_lost = r->lost;
	if (r->blocks == 0) {
		return;
	}
	out->fraction_lost_last_pct = share_pct(r->last_fraction);
	out->fraction_lost_mean_pct = 100.0 * (double)r->fraction_sum / 256 / r->blocks;
	/* Between two reports the cumulative count tells; else only what each says of itself. */
	out->remote_loss_pct = r->expected > 0 ? 100.0 * (double)r->lost / (double)r->expected
					       : out->fraction_lost_mean_pct;
}

static void jitter_fill(
    const struct receiver_reports *r, uint32_t clock_rate_hz, struct tp_rtcp *out)
{
	double ms;

	if (r->blocks == 0 || clock_rate_hz == 0) {
		return;
	}
	ms = 1000.0 / clock_rate_hz;
	out->remote_jitter_ms = (double)r->jitter_sum / r->blocks * ms;
	out->remote_jitter_last_ms = r->last_jitter * ms;
	out->remote_jitter_max_ms = r->max_jitter * ms;
}

const struct tp_rtcp *report_rtcp(const struct desk *desk, struct arena *arena,
    const struct desk_stream *s, uint32_t clock_rate_hz)
{
	const struct receiver_reports *r = &s->seldom->far->remote;
	uint32_t feedback =
	    r->nacks + r->picture_losses + r->full_intra_requests + r->other_feedback;
	int64_t half_ns;
	bool half = far_end_half_trip(desk, s, &half_ns);
	struct tp_rtcp *out;

	if (!r->blocks && !r->voip_reports && !feedback && !half &&
	    !s->seldom->far->notes.bye.set) {
		return NULL;
	}
	out = arena_take(arena, sizeof(*out));
	if (!out) {
		return NULL;
	}
	*out = (struct tp_rtcp){
	    .remote_loss_pct = (double)NAN,
	    .fraction_lost_last_pct = (double)NAN,
	    .fraction_lost_mean_pct = (double)NAN,
	    .remote_jitter_ms = (double)NAN,
	    .remote_jitter_last_ms = (double)NAN,
	    .remote_jitter_max_ms = (double)NAN,
	    .half_round_trip_ms = half ? (double)half_ns / 1e6 : (double)NAN,
	    .cname = s->seldom->far->notes.cname,
	    .bye_ns =
		s->seldom->far->notes.bye.set ? s->seldom->far->notes.bye.time_ns : TP_NO_TIME,
	    .bye_reason = s->seldom->far->notes.bye_reason,
	    .nacks = r->nacks,
	    .picture_losses = r->picture_losses,
	    .full_intra_requests = r->full_intra_requests,
	    .other_feedback = r->other_feedback,
	    .xr_reports = r->voip_reports,
	};
	loss_fill(r, out);
	jitter_fill(r, clock_rate_hz, out);
	if (r->voip_reports) {
		struct figures xr = xr_figures(arena, &r->voip);

		out->xr = xr.list;
		out->xr_count = xr.count;
	}
	return out;
}

/* --- voice reports of a call --- */

enum voice_unknown {
	KNOWN_ALWAYS,
	UNKNOWN_ZERO,  /* not measured */
	UNKNOWN_127,   /* as in RFC 3611 */
	UNKNOWN_65535, /* no limit */
	KNOWN_AS_RATING /* 0..120 */,
	KNOWN_AS_MOS /* 1..5 */
};

static const struct {
	const char *name;
	enum voice_unknown unknown;
} voice_figure_names[VOICE_VALUE_COUNT] = {
    [VOICE_PAYLOAD_TYPE] = {"payload_type", KNOWN_ALWAYS},
    [VOICE_SAMPLE_RATE] = {"sample_rate_hz", UNKNOWN_ZERO},
    [VOICE_FRAME_DURATION] = {"frame_duration_ms", UNKNOWN_ZERO},
    [VOICE_FRAME_OCTETS] = {"frame_octets", UNKNOWN_ZERO},
    [VOICE_FRAMES_PER_PACKET] = {"frames_per_packet", UNKNOWN_ZERO},
    [VOICE_PACKETS_PER_SECOND] = {"packets_per_second", UNKNOWN_ZERO},
    [VOICE_PLC] = {"plc", KNOWN_ALWAYS},
    [VOICE_BUFFER_KIND] = {"jitter_buffer", KNOWN_ALWAYS},
    [VOICE_BUFFER_RATE] = {"jitter_buffer_rate", KNOWN_ALWAYS},
    [VOICE_BUFFER_NOMINAL] = {"jitter_buffer_nominal_ms", UNKNOWN_ZERO},
    [VOICE_BUFFER_MAXIMUM] = {"jitter_buffer_maximum_ms", UNKNOWN_ZERO},
    [VOICE_BUFFER_LIMIT] = {"jitter_buffer_abs_max_ms", UNKNOWN_65535},
    [VOICE_LOSS] = {"loss_rate_pct", KNOWN_ALWAYS},
    [VOICE_DISCARD] = {"discard_rate_pct", KNOWN_ALWAYS},
    [VOICE_BURST_DENSITY] = {"burst_density_pct", KNOWN_ALWAYS},
    [VOICE_BURST_DURATION] = {"burst_duration_ms", KNOWN_ALWAYS},
    [VOICE_GAP_DENSITY] = {"gap_density_pct", KNOWN_ALWAYS},
    [VOICE_GAP_DURATION] = {"gap_duration_ms", KNOWN_ALWAYS},
    [VOICE_GMIN] = {"gmin", UNKNOWN_ZERO},
    [VOICE_ROUND_TRIP] = {"round_trip_delay_ms", UNKNOWN_ZERO},
    [VOICE_END_SYSTEM] = {"end_system_delay_ms", UNKNOWN_ZERO},
    [VOICE_ONE_WAY] = {"one_way_delay_ms", UNKNOWN_ZERO},
    [VOICE_SYMMETRIC_ONE_WAY] = {"symmetric_one_way_delay_ms", UNKNOWN_ZERO},
    [VOICE_JITTER] = {"jitter_ms", KNOWN_ALWAYS},
    [VOICE_MEAN_ABSOLUTE_JITTER] = {"mean_absolute_jitter_ms", KNOWN_ALWAYS},
    [VOICE_SIGNAL] = {"signal_level_dbm0", UNKNOWN_127},
    [VOICE_NOISE] = {"noise_level_dbm0", UNKNOWN_127},
    [VOICE_RERL] = {"rerl_db", UNKNOWN_127},
    [VOICE_R_LISTENING] = {"r_lq", KNOWN_AS_RATING},
    [VOICE_R_CONVERSATIONAL] = {"r_cq", KNOWN_AS_RATING},
    [VOICE_R_EXTERNAL_IN] = {"ext_r_in", KNOWN_AS_RATING},
    [VOICE_R_EXTERNAL_OUT] = {"ext_r_out", KNOWN_AS_RATING},
    [VOICE_MOS_LISTENING] = {"mos_lq", KNOWN_AS_MOS},
    [VOICE_MOS_CONVERSATIONAL] = {"mos_cq", KNOWN_AS_MOS},
};

static bool is_known(enum voice_unknown unknown, double value)
{
	switch (unknown) {
	case KNOWN_ALWAYS:
		return true;
	case UNKNOWN_ZERO:
		return value != 0;
	case UNKNOWN_127:
		return value != RTCP_XR_UNKNOWN;
	case UNKNOWN_65535:
		return value != 0 && value != BUFFER_UNLIMITED;
	case KNOWN_AS_RATING:
		return value >= 0 && value <= 120;
	case KNOWN_AS_MOS:
		return value >= 1 && value <= 5;
	}
	return false;
}

/* Of several streams that suit, those that suit best: one at each vantage. */
static void voice_streams(const struct desk *desk, struct arena *arena, const struct call *call,
    const struct voice_note *note, bool received, struct tp_voice_metrics *out)
{
	const char **ids = arena_take(arena, sizeof(*ids) * VOICE_STREAMS_MAX);
	unsigned best = 1;

	for (uint32_t n = call->first_stream; ids && n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		unsigned suits = voice_note_suits(note, received, stream_at(desk, n));

		if (suits > best) {
			out->stream_count = 0;
			best = suits;
		}
		if (suits == best && out->stream_count < VOICE_STREAMS_MAX) {
			ids[out->stream_count++] =
			    arena_format(arena, "s%u", stream_at(desk, n)->id);
		}
	}
	out->streams = ids;
}

static const struct tp_voice_metrics *voice_metrics(const struct desk *desk, struct arena *arena,
    const struct call *call, const struct voice_note *note, bool received)
{
	const struct voice_figures *m = received ? &note->received : &note->sent;
	struct tp_voice_metrics *out = m->present ? arena_take(arena, sizeof(*out)) : NULL;
	struct figures f = {.room = VOICE_VALUE_COUNT};

	if (!out) {
		return NULL;
	}
	f.list = arena_take(arena, sizeof(*f.list) * f.room);
	for (unsigned i = 0; i < VOICE_VALUE_COUNT; i++) {
		double value = m->thousandths[i] / 1000.0;

		if (m->set >> i & 1 && is_known(voice_figure_names[i].unknown, value)) {
			put(&f, voice_figure_names[i].name, value);
		}
	}
	out->start = m->start;
	out->stop = m->stop;
	out->codec = m->codec;
	out->figures = f.list;
	out->figure_count = f.count;
	voice_streams(desk, arena, call, note, received, out);
	return out;
}

static const char *endpoint_of(struct arena *arena, const struct voice_endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];

	return e->literal ? arena_text(arena, text_of(endpoint_format(&e->at, text))) : NULL;
}

const struct tp_voice_report *report_voice(
    const struct desk *desk, struct arena *arena, const struct call *call, size_t *count)
{
	static const char *const kinds[] = {
	    [VOICE_REPORT_SESSION] = "session",
	    [VOICE_REPORT_INTERVAL] = "interval",
	    [VOICE_REPORT_ALERT] = "alert",
	};
	struct tp_voice_report *list =
	    arena_take(arena, sizeof(*list) * (VOICE_NOTES_SESSIONS + VOICE_NOTES_OTHERS));

	*count = 0;
	for (const struct voice_note *n = call_rare(call)->voice_notes; list && n; n = n->next) {
		list[(*count)++] = (struct tp_voice_report){
		    .kind = kinds[n->kind],
		    .capture = desk->config.captures[n->mark.capture],
		    .frame = n->mark.frame,
		    .time_ns = n->mark.time_ns,
		    .local_id = n->local_id,
		    .remote_id = n->remote_id,
		    .orig_id = n->orig_id,
		    .local = endpoint_of(arena, &n->local),
		    .remote = endpoint_of(arena, &n->remote),
		    .alert_type = n->alert_type,
		    .alert_severity = n->alert_severity,
		    .alert_direction = n->alert_direction,
		    .local_metrics = voice_metrics(desk, arena, call, n, true),
		    .remote_metrics = voice_metrics(desk, arena, call, n, false),
		};
	}
	return list;
}
