/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: what is ever counted is counted as it happens; what is so at present, and
 * which calls are bad, is found by looking at all open calls. A call is rated by what its streams
 * were like of late, since a report of it as a whole comes when it is over.
 */
#include "live_figures.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "call.h"
#include "dialog.h"
#include "finding.h"
#include "flow.h"
#include "model.h"
#include "quality.h"
#include "talkpath.h"

enum {
	FEW_CALLS = 1024, /* that can be looked at every second */
	PACKETS_RATED = 50
};

static const int64_t often_ns = MEDIA_SECOND_NS, seldom_ns = 5 * MEDIA_SECOND_NS;
static const int64_t lately_ns = 30 * MEDIA_SECOND_NS;

struct live_figures {
	struct tp_live_calls out;
	unsigned looked_at; /* calls, the last time */
};

struct live_figures *live_figures_new(void)
{
	struct live_figures *figures = calloc(1, sizeof(*figures));

	if (figures) {
		figures->out.time_ns = TP_NO_TIME;
	}
	return figures;
}

/* --- calls that are over --- */

static unsigned mos_bin(double mos)
{
	static const double bounds[TP_LIVE_MOS_BINS - 1] = TP_LIVE_MOS_BOUNDS;
	unsigned bin = 0;

	while (bin < TP_LIVE_MOS_BINS - 1 && mos >= bounds[bin]) {
		bin++;
	}
	return bin;
}

static uint64_t *state_counter(struct tp_live_calls *out, const char *state)
{
	const struct {
		const char *name;
		uint64_t *counter;
	} states[] = {
	    {"completed", &out->completed},
	    {"failed", &out->failed},
	    {"cancelled", &out->cancelled},
	    {"no-answer", &out->no_answer},
	};

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (strcmp(states[i].name, state) == 0) {
			return states[i].counter;
		}
	}
	return &out->unfinished;
}

void live_figures_closed(struct desk *desk, const struct call *call)
{
	struct quality q;

	if (!desk->live_figures || call->kind != CALL_DIALOG) {
		return;
	}
	++*state_counter(&desk->live_figures->out, call_state(call, desk->now_ns));
	if (quality_of_call(desk, call, &q)) {
		desk->live_figures->out.mos_bins[mos_bin(q.mos)]++;
		desk->live_figures->out.mos_sum += q.mos;
	}
}

/* --- calls under way --- */

/* What a stream was like of late. */
struct lately {
	uint64_t packets, lost, discarded, jitter_count, jitter_sum_ns;
};

static struct lately lately_of(const struct desk_stream *s)
{
	struct interval_bin bins[INTERVAL_BINS];
	struct lately sum = {0};
	int64_t length_ns, seen_ns = 0;
	unsigned count = intervals_read(s->intervals, bins, &length_ns);
	int64_t lost = 0;

	for (unsigned i = count; i > 0 && seen_ns < lately_ns; i--, seen_ns += length_ns) {
		const struct interval_bin *bin = &bins[i - 1];

		sum.packets += bin->packets;
		lost += bin->lost;
		sum.discarded += bin->discarded;
		sum.jitter_count += bin->jitter_count;
		sum.jitter_sum_ns += bin->jitter_sum_ns;
	}
	sum.lost = lost > 0 ? (uint64_t)lost : 0;
	return sum;
}

/* False where it cannot be rated, or is over. */
static bool stream_rate(const struct desk *desk, const struct desk_stream *s, struct lately *lately,
    struct quality *q, struct quality_input *input)
{
	if (s->kind != SDP_AUDIO || s->udptl || s->quiet || !s->intervals) {
		return false;
	}
	*lately = lately_of(s);
	if (lately->packets < PACKETS_RATED) {
		return false;
	}
	*input = quality_input(desk, s);
	input->lost = lately->lost;
	input->expected = lately->packets + lately->lost;
	input->discarded = quality_delay_is_measured(desk, s) ? lately->discarded : 0;
	input->burst_ratio = 1;
	*q = quality_rate(input);
	return q->rated;
}

static void text_put(char *out, size_t octets, const char *text)
{
	(void)snprintf(out, octets, "%s", text ? text : "");
}

static void call_describe(const struct call *call, struct tp_live_call *out)
{
	(void)snprintf(out->id, sizeof(out->id), "c%u", call->id);
	text_put(out->call_id, sizeof(out->call_id), call_id_of(call));
	text_put(out->from_uri, sizeof(out->from_uri), call_uri(call, PARTY_CALLER));
	text_put(out->to_uri, sizeof(out->to_uri), call_uri(call, PARTY_CALLEE));
	out->started_ns = call->first_ns;
}

static void stream_describe(const struct desk_stream *s, const struct lately *lately,
    const struct quality *q, const struct quality_input *input, struct tp_live_call *out)
{
	char text[ENDPOINT_TEXT_MAX];

	text_put(out->src, sizeof(out->src), endpoint_format(&s->src, text));
	text_put(out->dst, sizeof(out->dst), endpoint_format(&s->dst, text));
	text_put(out->codec, sizeof(out->codec), input->codec.codec);
	out->mos = q->mos;
	out->loss_pct = 100.0 * (double)lately->lost / (double)input->expected;
	out->jitter_ms = lately->jitter_count
			     ? (double)lately->jitter_sum_ns / (double)lately->jitter_count / 1e6
			     : (double)NAN;
}

/* Where it belongs among the worst; TP_LIVE_WORST: nowhere. */
static size_t worst_place(struct tp_live_calls *out, double mos)
{
	size_t place = out->worst_count;

	while (place > 0 && mos < out->worst[place - 1].mos) {
		place--;
	}
	if (place == TP_LIVE_WORST) {
		return place;
	}
	if (out->worst_count < TP_LIVE_WORST) {
		out->worst_count++;
	}
	memmove(&out->worst[place + 1], &out->worst[place],
	    (out->worst_count - place - 1) * sizeof(out->worst[0]));
	return place;
}

static void call_rate(const struct desk *desk, const struct call *call, struct tp_live_calls *out)
{
	const struct desk_stream *worst = NULL;
	struct lately lately, worst_lately = {0};
	struct quality q, worst_q = {0};
	struct quality_input input, worst_input = {0};
	size_t place;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (stream_rate(desk, s, &lately, &q, &input) && (!worst || q.mos < worst_q.mos)) {
			worst = s;
			worst_lately = lately;
			worst_q = q;
			worst_input = input;
		}
	}
	place = worst ? worst_place(out, worst_q.mos) : TP_LIVE_WORST;
	if (place < TP_LIVE_WORST) {
		call_describe(call, &out->worst[place]);
		stream_describe(worst, &worst_lately, &worst_q, &worst_input, &out->worst[place]);
	}
}

static void calls_look(const struct desk *desk, struct live_figures *figures)
{
	struct tp_live_calls *out = &figures->out;

	out->active = out->answered = 0;
	out->worst_count = 0;
	figures->looked_at = 0;
	for (uint32_t n = desk->open_calls.oldest; n != POOL_NONE;
	     n = desk->open_calls.links[n].newer) {
		const struct call *call = call_at(desk, n);
		const struct observation *o;
		int64_t ended_ns;

		figures->looked_at++;
		if (call->kind != CALL_DIALOG || call_has_ended(call, &ended_ns)) {
			continue;
		}
		o = dialog_primary(call);
		out->active++;
		out->answered += call->media_alone || (o && o->answered.set);
		call_rate(desk, call, out);
	}
}

/* --- findings --- */

static void finding_count(struct tp_live_calls *out, const struct finding *f)
{
	static const char *const severities[] = {
	    [SEVERITY_INFO] = "info",
	    [SEVERITY_WARNING] = "warning",
	    [SEVERITY_CRITICAL] = "critical",
	};
	const char *severity = severities[f->severity];
	size_t i = 0;

	while (i < out->finding_count && (strcmp(out->findings[i].code, f->code) != 0 ||
					     out->findings[i].severity != severity)) {
		i++;
	}
	if (i == TP_LIVE_FINDINGS) {
		return;
	}
	if (i == out->finding_count) {
		out->findings[out->finding_count++] =
		    (struct tp_live_finding){.code = f->code, .severity = severity};
	}
	out->findings[i].count++;
}

static void findings_look(const struct desk *desk, struct tp_live_calls *out)
{
	out->finding_count = 0;
	out->findings_total = desk->findings_born;
	for (const struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		if (f->confidence >= FINDING_HINT) {
			finding_count(out, f);
		}
	}
}

/* --- all of it --- */

static uint64_t evictions_sum(const struct desk_evictions *e)
{
	return e->calls + e->streams + e->call_streams + e->endpoints + e->findings + e->sightings +
	       e->sites + e->text + e->intervals + e->agreements + e->legs + e->mappings +
	       e->stun_transactions + e->ssrcs + e->voice_reports + e->sip_transactions +
	       e->registrations + e->exchanges + e->sip_servers + e->nat_paths + e->askers +
	       e->reaches;
}

/* The clock may have been set back. */
static bool is_due(const struct live_figures *figures, int64_t now_ns)
{
	int64_t told_ns = figures->out.time_ns;
	int64_t period_ns = figures->looked_at <= FEW_CALLS ? often_ns : seldom_ns;

	return told_ns == TP_NO_TIME || now_ns < told_ns || now_ns - told_ns >= period_ns;
}

void live_figures_tick(struct desk *desk)
{
	struct live_figures *figures = desk->live_figures;

	if (!figures || !is_due(figures, desk->now_ns)) {
		return;
	}
	calls_look(desk, figures);
	findings_look(desk, &figures->out);
	figures->out.calls = desk->dialogs_seen;
	figures->out.streams = desk->streams_seen;
	figures->out.streams_active = desk->streams_followed;
	figures->out.evicted = evictions_sum(&desk->evictions);
	figures->out.time_ns = desk->now_ns;
	desk->config.live_figures(desk->config.live_context, &figures->out);
}
