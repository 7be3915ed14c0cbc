/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "ladder.h"
#include "output.h"
#include "output_signalling.h"
#include "term.h"

enum {
	CALLS_SHOWN = 100,
	STREAMS_SHOWN = 200,
	EVIDENCE_SHOWN = 10,
	CHANGES_SHOWN = 24,
	INDENT = 14
};

static const double proof = 0.8, hint = 0.5;
/* G.107 Annex B: below it "many users dissatisfied" begins. */
static const double poor_mos = 3.6;
/* By how much more the far end must report to be worth a line. */
static const double loss_beyond_pct = 1.0, jitter_beyond_ms = 10.0;

struct text_report {
	struct term term;
	struct tp_analysis *analysis;
	const struct selection *selection;
	/* what the first pass found */
	size_t captures, calls, streams, findings, hints;
	size_t poor_calls, rated_calls;
	uint64_t packets;
	double worst_mos;
	bool incomplete; /* truncated, snap_cut or dropped: the verdict may not see all */
	/* of the pass under way */
	bool want_hints;
	size_t shown;
};

static void put(const struct text_report *r, const char *text)
{
	(void)fputs(text, r->term.out);
}

static void heading(const struct text_report *r, const char *text)
{
	put(r, "\n");
	term_put(&r->term, STYLE_BOLD, text);
	put(r, "\n");
}

/* --- the first pass --- */

static void count_capture(void *context, const struct tp_capture *c)
{
	struct text_report *r = context;

	r->captures++;
	r->packets += c->packets;
	r->incomplete |= c->truncated || c->snap_cut > 0;
	for (size_t i = 0; i < c->dropped_count; i++) {
		r->incomplete |= c->dropped[i].count > 0;
	}
}

static void count_call(void *context, const struct tp_call *c)
{
	struct text_report *r = context;

	if (!selection_has_call(r->selection, c)) {
		return;
	}
	r->calls++;
	if (isfinite(c->mos)) {
		r->rated_calls++;
		r->poor_calls += c->mos < poor_mos;
		r->worst_mos = c->mos < r->worst_mos ? c->mos : r->worst_mos;
	}
}

static void count_stream(void *context, const struct tp_stream *s)
{
	struct text_report *r = context;

	if (!selection_has_stream(r->selection, s)) {
		return;
	}
	r->streams++;
}

static void count_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;

	if (!selection_has_finding(r->selection, f)) {
		return;
	}
	r->findings += f->confidence >= hint;
	r->hints += f->confidence < hint;
}

/* --- the verdict --- */

static void verdict_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;

	if (!selection_has_finding(r->selection, f)) {
		return;
	}
	if (f->confidence >= hint) {
		(void)fprintf(r->term.out, "%*s", INDENT, "");
		term_put_wrapped(&r->term, INDENT, f->summary);
	}
}

static void verdict_fault(struct text_report *r)
{
	char line[160];

	(void)snprintf(
	    line, sizeof(line), "%zu problem%s found.", r->findings, r->findings == 1 ? "" : "s");
	term_put(&r->term, STYLE_RED, line);
	put(r, "\n");
	tp_each_finding(r->analysis, verdict_finding, r);
}

static void verdict_sound(struct text_report *r)
{
	char line[200];

	if (r->poor_calls > 0) {
		(void)snprintf(line, sizeof(line),
		    "No cause proven, but %zu of %zu rated calls sound%s poor (MOS below %.1f).",
		    r->poor_calls, r->rated_calls, r->poor_calls == 1 ? "s" : "", poor_mos);
		term_put(&r->term, STYLE_YELLOW, line);
	} else if (r->rated_calls > 0) {
		(void)snprintf(line, sizeof(line),
		    "No fault found in %zu call%s; the worst MOS is %.2f.", r->calls,
		    r->calls == 1 ? "" : "s", r->worst_mos);
		term_put(&r->term, STYLE_GREEN, line);
	} else if (r->calls + r->streams > 0) {
		(void)snprintf(line, sizeof(line),
		    "No fault found in %zu call%s and %zu stream%s; none could be rated.", r->calls,
		    r->calls == 1 ? "" : "s", r->streams, r->streams == 1 ? "" : "s");
		term_put(&r->term, STYLE_PLAIN, line);
	} else {
		term_put(&r->term, STYLE_YELLOW,
		    "No voice traffic: the capture holds neither SIP calls nor RTP over UDP.");
	}
	put(r, "\n");
}

static void verdict(struct text_report *r)
{
	char captures[32], packets[32];

	(void)fprintf(r->term.out,
	    "talkpath %s: %s capture%s, %s packets, %zu call%s, %zu stream%s\n\n", tp_version(),
	    term_number(r->captures, captures), r->captures == 1 ? "" : "s",
	    term_number(r->packets, packets), r->calls, r->calls == 1 ? "" : "s", r->streams,
	    r->streams == 1 ? "" : "s");
	term_put(&r->term, STYLE_BOLD, "VERDICT       ");
	if (r->findings > 0) {
		verdict_fault(r);
	} else {
		verdict_sound(r);
	}
	if (r->hints > 0) {
		(void)fprintf(r->term.out, "%*s%zu hint%s, not proven, below.\n", INDENT, "",
		    r->hints, r->hints == 1 ? "" : "s");
	}
	if (r->incomplete) {
		(void)fprintf(r->term.out,
		    "%*sThe captures do not hold every packet: see CAPTURES.\n", INDENT, "");
	}
}

/* --- findings --- */

static void row(const struct text_report *r, const char *label, const char *text)
{
	if (text) {
		(void)fprintf(r->term.out, "  %-*s", INDENT - 2, label);
		term_put_wrapped(&r->term, INDENT, text);
	}
}

static void list(
    const struct text_report *r, const char *const *items, size_t count, uint64_t total)
{
	for (size_t i = 0; i < count && i < 12; i++) {
		put(r, i ? ", " : "");
		term_put_foreign(&r->term, items[i]);
	}
	if (total > 12) {
		(void)fprintf(r->term.out, " and %llu more", (unsigned long long)total - 12);
	}
}

static const char *certainty(double confidence)
{
	if (confidence >= proof) {
		return "proof";
	}
	return confidence >= hint ? "strong" : "a hint";
}

static enum term_style severity_style(const char *severity)
{
	if (strcmp(severity, "critical") == 0) {
		return STYLE_RED;
	}
	return strcmp(severity, "warning") == 0 ? STYLE_YELLOW : STYLE_PLAIN;
}

static void finding_head(const struct text_report *r, const struct tp_finding *f)
{
	(void)fprintf(r->term.out, "\n%s ", f->id);
	term_put(&r->term, severity_style(f->severity), f->code);
	if (f->cause) {
		(void)fprintf(r->term.out, " (%s)", f->cause);
	}
	(void)fprintf(r->term.out, ": %s, %s (confidence %.2f)\n", f->severity,
	    certainty(f->confidence), f->confidence);
	row(r, "What", f->summary);
	(void)fprintf(r->term.out, "  %-*s", INDENT - 2, "Who");
	list(r, f->endpoints, f->endpoint_count, f->endpoint_count);
	if (f->calls_total) {
		(void)fprintf(r->term.out, "; call%s ", f->calls_total == 1 ? "" : "s");
		list(r, f->calls, f->call_count, f->calls_total);
	}
	(void)fprintf(r->term.out, "; seen at %s\n", f->vantage ? f->vantage : "?");
}

static void evidence(const struct text_report *r, const struct tp_finding *f)
{
	for (size_t i = 0; i < f->evidence_count && i < EVIDENCE_SHOWN; i++) {
		char line[900];

		(void)snprintf(line, sizeof(line), "%s frame %u: %s",
		    term_file_name(f->evidence[i].capture), f->evidence[i].frame,
		    f->evidence[i].text);
		row(r, i ? "" : "Evidence", line);
	}
	if (f->evidence_count > EVIDENCE_SHOWN) {
		(void)fprintf(r->term.out, "%*sand %zu more with --format json\n", INDENT, "",
		    f->evidence_count - EVIDENCE_SHOWN);
	}
}

/* Of which message, unless that is the one of the change before. */
static void change_head(const struct text_report *r, const struct tp_finding *f, size_t i)
{
	const struct tp_change *c = &f->changes[i], *before = i ? &f->changes[i - 1] : NULL;

	if (before && before->frame_before == c->frame_before &&
	    before->frame_after == c->frame_after && strcmp(before->message, c->message) == 0) {
		return;
	}
	(void)fprintf(r->term.out, "  %-*s", INDENT - 2, i ? "" : "Changed");
	term_put_foreign(&r->term, c->message);
	put(r, " (");
	term_put_foreign(&r->term, term_file_name(c->capture_before));
	(void)fprintf(r->term.out, " frame %u -> ", c->frame_before);
	term_put_foreign(&r->term, term_file_name(c->capture_after));
	(void)fprintf(r->term.out, " frame %u)\n", c->frame_after);
}

static void changes(const struct text_report *r, const struct tp_finding *f)
{
	for (size_t i = 0; i < f->change_count && i < CHANGES_SHOWN; i++) {
		const struct tp_change *c = &f->changes[i];

		change_head(r, f, i);
		(void)fprintf(r->term.out, "%*s%-14s ", INDENT + 2, "", c->field);
		term_put_foreign(&r->term, c->before ? c->before : "(absent)");
		put(r, " -> ");
		term_put_foreign(&r->term, c->after ? c->after : "(absent)");
		put(r, "\n");
	}
	if (f->change_count > CHANGES_SHOWN) {
		(void)fprintf(r->term.out, "%*sand %zu more with --format json\n", INDENT, "",
		    f->change_count - CHANGES_SHOWN);
	}
}

static void show_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;

	if (!selection_has_finding(r->selection, f)) {
		return;
	}
	if ((f->confidence < hint) != r->want_hints) {
		return;
	}
	finding_head(r, f);
	row(r, "Why", f->why);
	if (f->change_count > 0) {
		changes(r, f); /* with their frames: the evidence itself */
	} else {
		evidence(r, f);
	}
	for (size_t i = 0; i < f->against_count; i++) {
		row(r, i ? "" : "Against", f->against[i]);
	}
	row(r, "Remedy", f->remedy);
	row(r, "To be sure", f->would_settle);
}

static void findings(struct text_report *r)
{
	if (r->findings > 0) {
		heading(r, "PROBLEMS");
		r->want_hints = false;
		tp_each_finding(r->analysis, show_finding, r);
	}
	if (r->hints > 0) {
		heading(r, "HINTS (not proven)");
		r->want_hints = true;
		tp_each_finding(r->analysis, show_finding, r);
	}
}

/* --- calls and streams --- */

static const char *clock_text(int64_t time_ns, char out[JSON_TIME_MAX])
{
	/* "2026-01-01T12:00:00.123456789Z": time of day to the millisecond */
	json_time_text(time_ns, out);
	if (out[0]) {
		memmove(out, out + 11, 12);
		out[12] = '\0';
	}
	return out[0] ? out : "-";
}

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
	char started[JSON_TIME_MAX], mos[32], duration[32];

	if (!selection_has_call(r->selection, c)) {
		return;
	}
	if (r->shown++ >= CALLS_SHOWN) {
		return;
	}
	(void)fprintf(r->term.out, "%-6s %-12s %-11s %8s %5s  ", c->id,
	    clock_text(c->started_ns, started), c->state,
	    real_text(c->duration_ms / 1000, 1, duration), real_text(c->mos, 2, mos));
	term_put_foreign(&r->term, c->from_uri ? c->from_uri : "?");
	put(r, " -> ");
	term_put_foreign(&r->term, c->to_uri ? c->to_uri : "?");
	if (c->finding_count) {
		put(r, "  [");
		list(r, c->findings, c->finding_count, c->finding_count);
		put(r, "]");
	}
	put(r, "\n");
}

static void show_relay(const struct text_report *r, const struct tp_stream *s)
{
	(void)fprintf(r->term.out, "       relayed by %s",
	    s->relay_server ? s->relay_server : "a TURN server");
	if (s->relay_peer) {
		(void)fprintf(r->term.out, ", peer %s", s->relay_peer);
	}
	put(r, "\n");
}

/* Where the far end heard worse than what passed here: the fault lies beyond this point. */
static void show_far_end(const struct text_report *r, const struct tp_stream *s)
{
	char loss[32], jitter[32];

	if (!s->rtcp || s->rtcp->reports < 2 ||
	    !(s->rtcp->remote_loss_pct >= s->loss_pct + loss_beyond_pct ||
		s->rtcp->remote_jitter_ms >= s->jitter_mean_ms + jitter_beyond_ms)) {
		return;
	}
	(void)fprintf(r->term.out, "%*s", INDENT, "");
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
		heading(r, title);
		ladder_draw(&r->term, c);
	}
}

static void calls(struct text_report *r)
{
	if (r->calls == 0) {
		return;
	}
	heading(r, "CALLS");
	term_put(&r->term, STYLE_DIM,
	    "id     started      state       duration   MOS  from -> to  [findings]");
	put(r, "\n");
	r->shown = 0;
	tp_each_call(r->analysis, show_call, r);
	more(r, r->calls, CALLS_SHOWN, "calls");
	tp_each_call(r->analysis, show_ladder, r);
}

static void streams(struct text_report *r)
{
	if (r->streams == 0) {
		return;
	}
	heading(r, "STREAMS");
	term_put(&r->term, STYLE_DIM,
	    "id     call   vantage  codec     packets   lost loss %  jit. ms   MOS  from -> to");
	put(r, "\n");
	r->shown = 0;
	tp_each_stream(r->analysis, show_stream, r);
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
		put(r, "\n");
	}
}

static void show_capture(void *context, const struct tp_capture *c)
{
	struct text_report *r = context;
	char packets[32];

	term_put_foreign(&r->term, c->file);
	put(r, " (vantage ");
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
		heading(r, "EVICTED (tables were full: raise --max-calls or --max-streams)");
	}
	(void)fprintf(r->term.out, "%s: %llu\n", count->name, (unsigned long long)count->count);
}

void output_text(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	struct text_report r = {.analysis = analysis, .selection = selection, .worst_mos = 5};

	term_init(&r.term, out);
	tp_each_capture(analysis, count_capture, &r);
	tp_each_call(analysis, count_call, &r);
	tp_each_stream(analysis, count_stream, &r);
	tp_each_finding(analysis, count_finding, &r);
	verdict(&r);
	findings(&r);
	calls(&r);
	streams(&r);
	if (selection_is_all(selection)) {
		output_signalling(analysis, &r.term);
	}
	heading(&r, "CAPTURES");
	tp_each_capture(analysis, show_capture, &r);
	r.shown = 0;
	tp_each_eviction(analysis, show_eviction, &r);
}
