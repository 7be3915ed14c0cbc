/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream's figures as the desk keeps them.
 *
 * A media_summary has room for all that can happen to a stream; to most of them little of it does.
 * What it says in any case stands in struct stream_figures; losses, late packets, several payload
 * types or DSCPs stand in a second part, which a stream takes when it first has any of them.
 *
 * Data in:   media_summaries, the later ones instead of the earlier.
 * Data out:  desk_stream.summary, which never is NULL.
 * Ownership: the desk's pools. Threading: the desk's thread. Limits: one for each stream.
 */
#ifndef TALKPATH_FIGURES_H
#define TALKPATH_FIGURES_H

#include "media.h"
#include "pool.h"

struct desk;
struct desk_stream;

/* What a stream has that something happened to. */
struct rare_figures {
	struct media_trait payloads[MEDIA_TRAITS], dscps[MEDIA_TRAITS];
	struct loss_figures losses;
	struct playout_figures playout; /* without the skew */
	struct media_print passed[2];
};

/* Fields are those of media_summary. */
struct stream_figures {
	int64_t last_time_ns;
	uint64_t octets, expected, lost;
	uint64_t jitter_sum_ns, jitter_max_ns;
	int64_t delta_max_ns;
	uint64_t level_sum;
	const struct rare_figures *rare; /* never NULL: see figures_have_rare() */
	struct media_print prints[MEDIA_PRINTS];
	uint32_t last_frame;
	uint32_t packets, duplicates, reordered, restarts, outliers, markers;
	uint32_t clock_rate_hz, timestamp_step, jitter_count;
	uint32_t level_count, silent_count;
	uint32_t skew_observed; /* playout_figures */
	float skew_ppm;
	struct media_trait payload, dscp; /* the first ones: read them by figures_payloads() */
	uint8_t payload_count, dscp_count, print_count;
	uint8_t ttl_min, ttl_max;
	bool ended, clock_inferred;
};

/* So many as payload_count and dscp_count say. */
static inline const struct media_trait *figures_payloads(const struct stream_figures *f)
{
	return f->payload_count > 1 ? f->rare->payloads : &f->payload;
}

static inline const struct media_trait *figures_dscps(const struct stream_figures *f)
{
	return f->dscp_count > 1 ? f->rare->dscps : &f->dscp;
}

/* Losses, late packets, or more than one payload type or DSCP. */
bool figures_have_rare(const struct stream_figures *f);

/* As long as nothing was measured. */
void figures_none(struct desk_stream *s);

void figures_keep(struct desk *desk, struct desk_stream *s, const struct media_summary *summary);
void figures_forget(struct desk *desk, struct desk_stream *s);

/* The prints of a stream that was measured: of its first packet, and others in order of time. */
unsigned figures_print_count(const struct desk_stream *s);
struct media_print figures_print_at(const struct desk_stream *s, unsigned number);

#endif
