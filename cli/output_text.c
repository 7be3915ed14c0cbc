/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ladder.h"
#include "output.h"
#include "output_signalling.h"
#include "text_report.h"

enum { CALLS_SHOWN = 100, STREAMS_SHOWN = 200, LIST_SHOWN = 6 };

/* By how much more the far end must report to be worth a line. */
static const double loss_beyond_pct = 1.0, jitter_beyond_ms = 10.0;
static const double jitter_believed_ms = 400; /* above it: wrong units, or a clock that jumped */

/* --- for all parts of the report --- */

void report_put(const struct text_report *r, const char *text)
{
	(void)fputs(text, r->term.out);
}

const char *report_capture_name(const struct text_report *r, const char *path)
{
	return r->same_names ? path : term_file_name(path);
}

void report_heading(const struct text_report *r, const char *text)
{
	report_put(r, "\n");
	term_put(&r->term, STYLE_BOLD, text);
	report_put(r, "\n");
}

void report_row(const struct text_report *r, const char *label, const char *text)
{
	if (text) {
		(void)fprintf(r->term.out, "  %-*s", REPORT_INDENT - 2, label);
		term_put_wrapped(&r->term, REPORT_INDENT, text);
	}
}

void report_list(
    const struct text_report *r, const char *const *items, size_t count, uint64_t total)
{
	size_t shown = count < LIST_SHOWN ? count : LIST_SHOWN;

	for (size_t i = 0; i < shown; i++) {
		report_put(r, i ? ", " : "");
		term_put_foreign(&r->term, items[i]);
	}
	if (total > shown) {
		(void)fprintf(r->term.out, " and %llu more", (unsigned long long)(total - shown));
	}
}

const char *report_clock(int64_t time_ns, char out[40])
{
	/* "2026-01-01T12:00:00.123456789Z": time of day to the millisecond */
	json_time_text(time_ns, out);
	if (out[0]) {
		memmove(out, out + 11, 12);
		out[12] = '\0';
	}
	return out[0] ? out : "-";
}

/* --- calls and streams --- */

static const char *real_text(double value, int decimals, char out[32])
{
	if (!isfinite(value)) {
		return "-";
	}
	(void)snprintf(out, 32, "%.*f", decimals, value);
	return out;
}

static void show_call(void *context, const struct tp_call *c)
{
	struct text_report *r = context;
	char started[40], mos[32], duration[32];

	if (!selection_has_call(r->selection, c)) {
		return;
	}
	if (r->shown++ >= CALLS_SHOWN) {
		return;
	}
	(void)fprintf(r->term.out, "%-6s %-12s %-11s %8s %5s  ", c->id,
	    report_clock(c->started_ns, started), c->state,
	    real_text(c->duration_ms / 1000, 1, duration), real_text(c->mos, 2, mos));
	term_put_foreign(&r->term, c->from_uri ? c->from_uri : "?");
	report_put(r, " -> ");
	term_put_foreign(&r->term, c->to_uri ? c->to_uri : "?");
	if (c->finding_count) {
		report_put(r, "  [");
		report_list(r, c->findings, c->finding_count, c->finding_count);
		report_put(r, "]");
	}
	report_put(r, "\n");
}

static void show_relay(const struct text_report *r, const struct tp_stream *s)
{
	(void)fprintf(r->term.out, "       relayed by %s",
	    s->relay_server ? s->relay_server : "a TURN server");
	if (s->relay_peer) {
		(void)fprintf(r->term.out, ", peer %s", s->relay_peer);
	}
	report_put(r, "\n");
}

/* Where the far end heard worse than what passed here: the fault lies beyond this point. */
static void show_far_end(const struct text_report *r, const struct tp_stream *s)
{
	char loss[32], jitter[32];

	if (!s->rtcp || s->rtcp->reports < 2 ||
	    !(s->rtcp->remote_loss_pct >= s->loss_pct + loss_beyond_pct ||
		(s->rtcp->remote_jitter_ms >= s->jitter_mean_ms + jitter_beyond_ms &&
		    s->rtcp->remote_jitter_ms <= jitter_believed_ms))) {
		return;
	}
	(void)fprintf(r->term.out, "%*s", REPORT_INDENT, "");
	term_put(&r->term, STYLE_YELLOW, "worse at the far end");
	(void)fprintf(r->term.out, ": it reports loss %s %%, jitter %s ms\n",
	    real_text(s->rtcp->remote_loss_pct, 2, loss),
	    real_text(s->rtcp->remote_jitter_ms, 2, jitter));
}

static void show_stream(void *context, const struct tp_stream *s)
{
	struct text_report *r = context;
	char loss[32], mean[32], mos[32];

	if (!selection_has_stream(r->selection, s)) {
		return;
	}
	if (r->shown++ >= STREAMS_SHOWN) {
		return;
	}
	(void)fprintf(r->term.out, "%-6s %-6s %-8.8s %-8.8s %8llu %6llu %6s %8s %5s  %s -> %s\n",
	    s->id, s->call ? s->call : "-", s->vantage, s->codec ? s->codec : "?",
	    (unsigned long long)s->packets, (unsigned long long)s->lost,
	    real_text(s->loss_pct, 2, loss), real_text(s->jitter_mean_ms, 2, mean),
	    real_text(s->mos, 2, mos), s->src, s->dst);
	if (s->relayed) {
		show_relay(r, s);
	}
	show_far_end(r, s);
}

static void more(const struct text_report *r, size_t total, size_t shown, const char *what)
{
	if (total > shown) {
		(void)fprintf(r->term.out, "... and %zu more %s: --format json has all\n",
		    total - shown, what);
	}
}

static void show_ladder(void *context, const struct tp_call *c)
{
	struct text_report *r = context;

	if (c->ladder_count > 0 && selection_has_call(r->selection, c)) {
		char title[32];

		(void)snprintf(title, sizeof(title), "LADDER %s", c->id);
		report_heading(r, title);
		ladder_draw(&r->term, c);
	}
}

static void calls(struct text_report *r)
{
	if (r->calls == 0) {
		return;
	}
	report_heading(r, "CALLS");
	term_put(&r->term, STYLE_DIM,
	    "id     started      state       duration   MOS  from -> to  [findings]");
	report_put(r, "\n");
	r->shown = 0;
	if (selection_is_all(r->selection)) {
		tp_first_calls(r->analysis, CALLS_SHOWN, show_call, r);
	} else {
		tp_each_call(r->analysis, show_call, r);
	}
	more(r, r->calls, CALLS_SHOWN, "calls");
	if (r->selection->call_id) { /* that is what a ladder is asked for with */
		tp_each_call(r->analysis, show_ladder, r);
	}
}

static void streams(struct text_report *r)
{
	if (r->streams == 0) {
		return;
	}
	report_heading(r, "STREAMS");
	term_put(&r->term, STYLE_DIM,
	    "id     call   vantage  codec     packets   lost loss %  jit. ms   MOS  from -> to");
	report_put(r, "\n");
	r->shown = 0;
	if (selection_is_all(r->selection)) {
		tp_first_streams(r->analysis, STREAMS_SHOWN, show_stream, r);
	} else {
		tp_each_stream(r->analysis, show_stream, r);
	}
	more(r, r->streams, STREAMS_SHOWN, "streams");
}

/* --- captures --- */

static void counts(
    const struct text_report *r, const char *label, const struct tp_count *list_of, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if (list_of[i].count > 0) {
			(void)fprintf(r->term.out, "%s%s %llu", any ? ", " : label, list_of[i].name,
			    (unsigned long long)list_of[i].count);
			any = true;
		}
	}
	if (any) {
		report_put(r, "\n");
	}
}

static void show_capture(void *context, const struct tp_capture *c)
{
	struct text_report *r = context;
	char packets[32];

	term_put_foreign(&r->term, c->file);
	report_put(r, " (vantage ");
	term_put_foreign(&r->term, c->vantage);
	(void)fprintf(r->term.out, "): %s packets\n", term_number(c->packets, packets));
	if (c->truncated) {
		term_put(
		    &r->term, STYLE_YELLOW, "  ends inside a packet: the capture was cut short\n");
	}
	if (c->snap_cut) {
		(void)fprintf(r->term.out,
		    "  %llu packets cut by the snap length: capture with -s 0\n",
		    (unsigned long long)c->snap_cut);
	}
	counts(r, "  not decoded: ", c->not_decoded, c->not_decoded_count);
	counts(r, "  malformed: ", c->malformed, c->malformed_count);
	counts(r, "  dropped before capture: ", c->dropped, c->dropped_count);
}

static void show_eviction(void *context, const struct tp_count *count)
{
	struct text_report *r = context;

	if (r->shown++ == 0) {
		report_heading(r, "EVICTED (tables were full: raise --max-calls or --max-streams)");
	}
	(void)fprintf(r->term.out, "%s: %llu\n", count->name, (unsigned long long)count->count);
}

void output_text(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	struct text_report r = {.analysis = analysis, .selection = selection};

	term_init(&r.term, out);
	verdict_count(&r);
	verdict_write(&r);
	findings_write(&r);
	calls(&r);
	streams(&r);
	if (selection_is_all(selection)) {
		output_signalling(analysis, &r.term);
	}
	report_heading(&r, "CAPTURES");
	tp_each_capture(analysis, show_capture, &r);
	r.shown = 0;
	tp_each_eviction(analysis, show_eviction, &r);
}
