/* SPDX-License-Identifier: Apache-2.0 */
#include "status_table.h"

#include <math.h>
#include <string.h>

#include "json_put.h"

enum { LABEL_COLUMNS = 10 };

static void put(const struct term *term, const char *text)
{
	(void)fputs(text, term->out);
}

static void label(const struct term *term, const char *text)
{
	(void)fprintf(term->out, "%-*s", LABEL_COLUMNS, text);
}

/* "1:02:03" */
static const char *duration_text(double seconds, char out[32])
{
	unsigned long s = seconds > 0 && seconds < 1e12 ? (unsigned long)seconds : 0;

	(void)snprintf(out, 32, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	return out;
}

static const char *real_text(double value, int decimals, char out[32])
{
	if (!isfinite(value)) {
		return "-";
	}
	(void)snprintf(out, 32, "%.*f", decimals, value);
	return out;
}

/* --- the head --- */

static void head(const struct service_figures *f, const struct term *term)
{
	static const enum term_style styles[] = {
	    [HEALTH_OK] = STYLE_GREEN,
	    [HEALTH_DEGRADED] = STYLE_YELLOW,
	    [HEALTH_STALLED] = STYLE_RED,
	};
	char why[SERVICE_WHY_MAX], elapsed[32];
	enum service_health health = service_health(f, why);

	term_put(term, STYLE_BOLD, "talkpath capture  ");
	term_put(term, styles[health], service_health_name(health));
	(void)fprintf(term->out, "  for %s, memory %.0f MB (most %.0f)",
	    duration_text(f->live.elapsed_s, elapsed), (double)f->live.memory_bytes / 1e6,
	    (double)f->live.memory_peak_bytes / 1e6);
	if (f->site) {
		put(term, ", site ");
		term_put_foreign(term, f->site);
	}
	put(term, f->stopping ? ", writing its report\n" : "\n");
	if (why[0]) {
		label(term, "");
		term_put_foreign(term, why);
		put(term, "\n");
	}
}

/* --- sources --- */

static void drops(const struct tp_live_source *s, const struct term *term)
{
	char number[32];
	uint64_t sum = 0;
	const char *parting = " (";

	for (size_t i = 0; i < s->dropped_count; i++) {
		sum += s->dropped[i].count;
	}
	(void)fprintf(term->out, "%12s", term_number(sum, number));
	for (size_t i = 0; i < s->dropped_count; i++) {
		if (s->dropped[i].count > 0) {
			(void)fprintf(term->out, "%s%s %s", parting, s->dropped[i].name,
			    term_number(s->dropped[i].count, number));
			parting = ", ";
		}
	}
	put(term, sum ? ")" : "");
}

static void sources(const struct tp_live_figures *live, const struct term *term)
{
	char rate[32], pace[32], packets[32];

	(void)fprintf(term->out, "\n%-9s%12s%10s%16s%12s  %s\n", "", "packets/s", "Mbit/s",
	    "packets", "dropped", "source");
	for (size_t i = 0; i < live->source_count; i++) {
		const struct tp_live_source *s = &live->sources[i];

		(void)fprintf(term->out, "%-9s%12s%10s%16s", s->absence[0] ? "waiting" : "reading",
		    isfinite(s->packets_per_s) ? term_number((uint64_t)s->packets_per_s, pace)
					       : "-",
		    real_text(s->bits_per_s / 1e6, 2, rate), term_number(s->packets, packets));
		drops(s, term);
		put(term, "  ");
		term_put_foreign(term, s->name);
		put(term, " (");
		term_put_foreign(term, s->vantage);
		put(term, ")\n");
	}
}

/* --- calls and findings --- */

static void ended(const struct tp_live_calls *c, const struct term *term)
{
	const struct {
		uint64_t count;
		const char *name;
	} states[] = {
	    {c->completed, "completed"},
	    {c->failed, "failed"},
	    {c->cancelled, "cancelled"},
	    {c->no_answer, "without answer"},
	    {c->unfinished, "given up"},
	};
	char number[32];

	for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
		if (states[i].count > 0) {
			(void)fprintf(term->out, ", %s %s", term_number(states[i].count, number),
			    states[i].name);
		}
	}
}

static void calls(const struct tp_live_calls *c, const struct term *term)
{
	static const double bounds[] = TP_LIVE_MOS_BOUNDS;
	char one[32], two[32], three[32], four[32];
	uint64_t rated = 0;

	put(term, "\n");
	label(term, "Calls");
	(void)fprintf(term->out, "%s now (%s answered), %s streams; %s in all",
	    term_number(c->active, one), term_number(c->answered, two),
	    term_number(c->streams_active, three), term_number(c->calls, four));
	ended(c, term);
	put(term, "\n");
	for (size_t i = 0; i < TP_LIVE_MOS_BINS; i++) {
		rated += c->mos_bins[i];
	}
	if (rated == 0) {
		return;
	}
	label(term, "MOS");
	(void)fprintf(term->out, "%.2f in the mean of %s calls", c->mos_sum / (double)rated,
	    term_number(rated, one));
	for (size_t i = 0; i < TP_LIVE_MOS_BINS - 1; i++) {
		if (c->mos_bins[i] > 0 && bounds[i] <= 3.6) {
			(void)fprintf(term->out, "; %s from %.1f to %.1f",
			    term_number(c->mos_bins[i], one), i ? bounds[i - 1] : 1.0, bounds[i]);
		}
	}
	put(term, "\n");
}

static void findings(const struct tp_live_calls *c, const struct term *term)
{
	if (c->finding_count == 0) {
		return;
	}
	label(term, "Findings");
	for (size_t i = 0; i < c->finding_count; i++) {
		const struct tp_live_finding *f = &c->findings[i];
		enum term_style style = strcmp(f->severity, "critical") == 0  ? STYLE_RED
					: strcmp(f->severity, "warning") == 0 ? STYLE_YELLOW
									      : STYLE_PLAIN;

		put(term, i ? ", " : "");
		(void)fprintf(term->out, "%llu ", (unsigned long long)f->count);
		term_put(term, style, f->code);
	}
	put(term, "\n");
}

static void worst_call(const struct tp_live_call *c, int64_t now_ns, const struct term *term)
{
	char loss[32], jitter[32], age[32], mos[32];

	(void)fprintf(term->out, "%5s%8s%8s%10s  %-8s%-8s", real_text(c->mos, 2, mos),
	    real_text(c->loss_pct, 1, loss), real_text(c->jitter_ms, 1, jitter),
	    duration_text((double)(now_ns - c->started_ns) / 1e9, age), c->codec, c->id);
	term_put_foreign(term, c->from_uri[0] ? c->from_uri : "?");
	put(term, " -> ");
	term_put_foreign(term, c->to_uri[0] ? c->to_uri : "?");
	(void)fprintf(term->out, " (%s -> %s)\n", c->src, c->dst);
}

static void worst(const struct tp_live_calls *c, const struct term *term)
{
	if (c->worst_count == 0) {
		return;
	}
	(void)fprintf(term->out, "\n%5s%8s%8s%10s  %-8s%-8s%s\n", "MOS", "loss %", "jitter", "for",
	    "codec", "call", "worst calls under way, by their last half minute");
	for (size_t i = 0; i < c->worst_count; i++) {
		worst_call(&c->worst[i], c->time_ns, term);
	}
}

/* --- stores --- */

static void store(const struct service_store *s, const struct term *term)
{
	char queued[32], written[32], lost[32];

	label(term, "Store");
	term_put_foreign(term, s->name);
	(void)fprintf(term->out, ": %s, %s queued, %s written, %s lost",
	    s->state.connected ? "connected" : "not connected",
	    term_number(s->state.queued, queued), term_number(s->state.written, written),
	    term_number(s->state.lost, lost));
	if (s->state.error[0]) {
		put(term, " (");
		term_put_foreign(term, s->state.error);
		put(term, ")");
	}
	put(term, "\n");
}

static void saved(const struct tp_saved *s, const struct term *term)
{
	char calls_text[32], files[32], lost[32];

	label(term, "Saved");
	(void)fprintf(term->out, "%s calls, %s lost; %s files of %.1f MB are there\n",
	    term_number(s->calls, calls_text), term_number(s->calls_lost, lost),
	    term_number(s->files, files), (double)s->octets / 1e6);
}

void status_table(const struct service_figures *f, const struct term *term)
{
	char number[32];

	head(f, term);
	if (f->live_known) {
		sources(&f->live, term);
		calls(&f->live.calls, term);
		findings(&f->live.calls, term);
	}
	if (f->saving) {
		saved(&f->saved, term);
	}
	for (size_t i = 0; i < f->store_count; i++) {
		store(&f->stores[i], term);
	}
	if (f->live.calls.evicted > 0) {
		label(term, "Full");
		(void)fprintf(term->out, "tables gave up %s entries\n",
		    term_number(f->live.calls.evicted, number));
	}
	if (f->live_known) {
		worst(&f->live.calls, term);
	}
}
