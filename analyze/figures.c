/* SPDX-License-Identifier: Apache-2.0 */
#include "figures.h"

#include <string.h>

#include "model.h"

static const struct rare_figures nothing_rare;

void figures_none(struct desk_stream *s)
{
	static const struct stream_figures nothing = {.rare = &nothing_rare};

	s->summary = &nothing;
	s->measured = false;
}

static bool has_losses(const struct loss_figures *f)
{
	return f->runs | f->bursts | f->lone_bad | f->concealed_s;
}

static bool has_late(const struct playout_figures *f)
{
	return f->variation_ns | f->fixed_discarded | f->adaptive_discarded;
}

static bool is_rare(const struct media_summary *m)
{
	return m->payload_count > 1 || m->dscp_count > 1 || has_losses(&m->losses) ||
	       has_late(&m->playout) || m->passed[0].payload;
}

bool figures_have_rare(const struct stream_figures *f)
{
	return f->rare != &nothing_rare;
}

static void rare_keep(struct desk *desk, struct stream_figures *f, const struct media_summary *m)
{
	struct rare_figures *rare;

	rare = pool_at(&desk->rare_figures,
	    figures_have_rare(f) ? pool_number(&desk->rare_figures, f->rare)
				 : pool_take(&desk->rare_figures)); /* room for all streams */
	memcpy(rare->payloads, m->payloads, sizeof(rare->payloads));
	memcpy(rare->dscps, m->dscps, sizeof(rare->dscps));
	memcpy(rare->passed, m->passed, sizeof(rare->passed));
	rare->losses = m->losses;
	rare->playout = m->playout;
	f->rare = rare;
}

static struct stream_figures figures_of(const struct media_summary *m)
{
	return (struct stream_figures){
	    .last_time_ns = m->last_time_ns,
	    .octets = m->octets,
	    .expected = m->expected,
	    .lost = m->lost,
	    .jitter_sum_ns = m->jitter_sum_ns,
	    .jitter_max_ns = m->jitter_max_ns,
	    .delta_max_ns = m->delta_max_ns,
	    .level_sum = m->level_sum,
	    .last_frame = m->last_frame,
	    .packets = m->packets,
	    .duplicates = m->duplicates,
	    .reordered = m->reordered,
	    .restarts = m->restarts,
	    .outliers = m->outliers,
	    .markers = m->markers,
	    .clock_rate_hz = m->clock_rate_hz,
	    .timestamp_step = m->timestamp_step,
	    .jitter_count = m->jitter_count,
	    .level_count = m->level_count,
	    .silent_count = m->silent_count,
	    .skew_observed = m->playout.skew_observed,
	    .skew_ppm = m->playout.skew_ppm,
	    .payload = m->payloads[0],
	    .dscp = m->dscps[0],
	    .payload_count = m->payload_count,
	    .dscp_count = m->dscp_count,
	    .print_count = m->print_count,
	    .ttl_min = m->ttl_min,
	    .ttl_max = m->ttl_max,
	    .ended = m->ended,
	    .clock_inferred = m->clock_inferred,
	};
}

void figures_keep(struct desk *desk, struct desk_stream *s, const struct media_summary *summary)
{
	struct stream_figures *f;
	const struct rare_figures *rare = &nothing_rare;

	if (s->measured) {
		f = pool_at(&desk->figures, pool_number(&desk->figures, s->summary));
		rare = f->rare;
	} else {
		f = pool_at(&desk->figures, pool_take(&desk->figures)); /* room for all streams */
	}
	*f = figures_of(summary);
	memcpy(f->prints, summary->prints, sizeof(f->prints));
	f->rare = rare;
	if (is_rare(summary)) {
		rare_keep(desk, f, summary);
	}
	s->summary = f;
	s->measured = true;
}

void figures_forget(struct desk *desk, struct desk_stream *s)
{
	if (!s->measured) {
		return;
	}
	if (figures_have_rare(s->summary)) {
		pool_give(&desk->rare_figures, pool_number(&desk->rare_figures, s->summary->rare));
	}
	pool_give(&desk->figures, pool_number(&desk->figures, s->summary));
	figures_none(s);
}

unsigned figures_print_count(const struct desk_stream *s)
{
	return 1U + s->summary->print_count;
}

struct media_print figures_print_at(const struct desk_stream *s, unsigned number)
{
	const struct media_opening *opening = &s->opening;

	if (number > 0) {
		return s->summary->prints[number - 1];
	}
	return (struct media_print){
	    .time_ns = s->first_ns,
	    .frame = s->first_frame,
	    .timestamp = opening->timestamp,
	    .sequence = opening->sequence,
	    .dscp = opening->dscp,
	    .ttl = opening->ttl,
	};
}
