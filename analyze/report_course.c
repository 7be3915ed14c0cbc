/* SPDX-License-Identifier: Apache-2.0 */
#include "report_course.h"

#include <math.h>

#include "digits.h"
#include "quality.h"

static const double none = (double)NAN;

static double pct_of(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : none;
}

static void burst_fill(const struct stream_figures *m, struct tp_stream *out)
{
	const struct loss_figures *f = &m->rare->losses;
	uint64_t gap_packets = m->expected - f->burst_packets;
	double gaps = (double)f->bursts + 1 - f->edges;

	out->burst = (struct tp_burst){
	    .bursts = f->bursts,
	    .burst_density_pct = pct_of(f->burst_bad, f->burst_packets),
	    .burst_duration_ms =
		f->bursts ? f->burst_packets * out->packet_time_ms / f->bursts : none,
	    .gap_density_pct = pct_of(f->lone_bad, gap_packets),
	    .gap_duration_ms = gaps > 0 ? (double)gap_packets * out->packet_time_ms / gaps : none,
	    .burst_ratio = m->rare->losses.runs ? quality_burst_ratio(m) : none,
	};
	for (int i = 0; i < TP_LOSS_RUNS; i++) {
		out->loss_runs[i] = f->run_lengths[i];
	}
	if (!isnan(out->packet_time_ms)) {
		out->concealed_s = (int)f->concealed_s;
		out->severely_concealed_s = (int)f->severe_s;
	}
}

static void late_fill(struct arena *arena, const struct playout_figures *f, struct tp_stream *out)
{
	static const int bounds_ms[PLAYOUT_BINS + 1] = {50, 70, 90, 120, 150, 200, 300, 0};
	struct tp_late *list = arena_take(arena, sizeof(*list) * PLAYOUT_BINS);

	out->late = list;
	for (int i = 0; list && i < PLAYOUT_BINS; i++) {
		list[i] = (struct tp_late){bounds_ms[i], bounds_ms[i + 1], f->late[i]};
		out->late_count++;
	}
}

static void buffers_fill(const struct stream_figures *m, struct tp_stream *out)
{
	const struct playout_figures *f = &m->rare->playout;
	uint64_t received = m->expected - m->lost;

	out->fixed_buffer = (struct tp_jitter_buffer){
	    .kind = "fixed",
	    .delay_ms = (double)PLAYOUT_FIXED_NS / 1e6,
	    .discarded = f->fixed_discarded,
	    .discard_pct = pct_of(f->fixed_discarded, received),
	};
	out->adaptive_buffer = (struct tp_jitter_buffer){
	    .kind = "adaptive",
	    .delay_ms = f->adaptive_ms ? f->adaptive_ms : (double)PLAYOUT_FIXED_NS / 1e6,
	    .discarded = f->adaptive_discarded,
	    .discard_pct = pct_of(f->adaptive_discarded, received),
	};
}

static void level_fill(const struct stream_figures *m, struct tp_stream *out)
{
	uint32_t loud = m->level_count - m->silent_count;

	if (m->level_count > 0) {
		out->silent_pct = pct_of(m->silent_count, m->level_count);
	}
	if (loud > 0) {
		out->level_dbov = -(double)m->level_sum / loud;
	}
}

/* What the stream would be worth if it had been like this throughout. */
static double interval_mos(const struct quality_scale *scale, const struct quality_input *of_stream,
    const struct interval_bin *bin)
{
	struct quality_input input = *of_stream;
	struct quality q;

	input.lost = bin->lost > 0 ? (uint64_t)bin->lost : 0;
	input.expected = bin->packets + input.lost;
	input.discarded = input.discarded ? bin->discarded : 0;
	q = quality_rate_on(scale, &input);
	return q.rated ? q.mos : none;
}

static struct tp_interval interval_of(const struct interval_bin *bin, int64_t time_ns, bool timed)
{
	return (struct tp_interval){
	    .time_ns = time_ns,
	    .packets = bin->packets,
	    .lost = bin->lost > 0 ? (uint64_t)bin->lost : 0,
	    .jitter_ms = timed && bin->jitter_count
			     ? (double)bin->jitter_sum_ns / bin->jitter_count / 1e6
			     : none,
	    .mos = none,
	};
}

static void intervals_fill(const struct desk *desk, struct arena *arena,
    const struct desk_stream *s, struct tp_stream *out)
{
	const struct quality_input input = quality_input(desk, s);
	const struct quality_scale scale = quality_scale(&input);
	struct interval_bin bins[INTERVAL_BINS];
	int64_t length_ns;
	unsigned count = intervals_read(s->intervals, bins, &length_ns);
	struct tp_interval *list = arena_take(arena, sizeof(*list) * count);
	int64_t begin_ns = intervals_begin_ns(s->intervals);

	out->intervals = list;
	out->interval_s = (double)length_ns / 1e9;
	for (unsigned i = 0; list && i < count; i++) {
		list[i] = interval_of(&bins[i], begin_ns + i * length_ns, out->delay_measured);
		list[i].mos = s->kind == SDP_AUDIO ? interval_mos(&scale, &input, &bins[i]) : none;
		out->interval_count++;
	}
}

static void digits_fill(struct arena *arena, const struct desk_stream *s, struct tp_stream *out)
{
	struct tp_digit *list =
	    s->seldom->digits ? arena_take(arena, sizeof(*list) * s->seldom->digits->count) : NULL;

	out->digits = list;
	for (const struct digit *d = list ? s->seldom->digits->first : NULL; d; d = d->next) {
		list[out->digit_count++] = (struct tp_digit){
		    .time_ns = d->mark.time_ns,
		    .frame = d->mark.frame,
		    .character = digit_character(d->event),
		    .duration_ms =
			out->clock_rate_hz ? 1000.0 * d->duration / out->clock_rate_hz : none,
		};
	}
}

void report_course_unknown(struct tp_stream *out)
{
	out->clock_skew_ppm = none;
	out->burst = (struct tp_burst){0, none, none, none, none, none};
	out->concealed_s = out->severely_concealed_s = TP_NO_COUNT;
	out->level_dbov = out->silent_pct = none;
}

void report_course(const struct desk *desk, struct arena *arena, const struct desk_stream *s,
    struct tp_stream *out)
{
	const struct stream_figures *m = s->summary;

	out->clock_inferred = m->clock_inferred && m->clock_rate_hz == out->clock_rate_hz;
	out->clock_mismatch = m->clock_rate_hz && m->clock_rate_hz != out->clock_rate_hz;
	out->delay_measured = quality_delay_is_measured(desk, s);
	if (out->encrypted != 1) {
		level_fill(m, out);
	}
	digits_fill(arena, s, out);
	intervals_fill(desk, arena, s, out);
	if (m->expected == 0) {
		return;
	}
	/* Where delay was misjudged, so were the discards that bursts are made of. */
	if (out->delay_measured || m->rare->playout.fixed_discarded == 0) {
		burst_fill(m, out);
	}
	if (out->delay_measured) {
		late_fill(arena, &m->rare->playout, out);
		buffers_fill(m, out);
		if (m->skew_observed >= PLAYOUT_SKEW_MIN) {
			out->clock_skew_ppm = (double)m->skew_ppm;
		}
	}
}
