/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The verdict: what is wrong, on whose side, and what to do first, in words that can be sent on to
 * those who have to do it.
 */
#include <math.h>
#include <string.h>

#include "text_report.h"

enum { VERDICT_SHOWN = 10, VERDICT_INDENT = REPORT_INDENT + 3 };

/* G.107 Annex B: below it "many users dissatisfied" begins. */
static const double poor_mos = 3.6;

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

/* --- the first pass --- */

static void name_note(struct text_report *r, const char *name)
{
	for (size_t i = 0; i < r->captures && i < REPORT_NAMES_MAX; i++) {
		r->same_names |= strncmp(r->names[i], name, REPORT_NAME_OCTETS - 1) == 0;
	}
	if (r->captures < REPORT_NAMES_MAX) {
		(void)snprintf(r->names[r->captures], REPORT_NAME_OCTETS, "%s", name);
	}
}

static void count_capture(void *context, const struct tp_capture *c)
{
	struct text_report *r = context;

	name_note(r, term_file_name(c->file));
	r->captures++;
	r->packets += c->packets;
	r->empty_captures += c->packets == 0;
	if (!r->numbered && strchr(c->vantage, '#')) {
		r->numbered = true;
		(void)snprintf(r->numbered_vantage, sizeof(r->numbered_vantage), "%s", c->vantage);
	}
	r->incomplete |= c->truncated || c->snap_cut > 0;
	for (size_t i = 0; i < c->dropped_count; i++) {
		r->incomplete |= c->dropped[i].count > 0;
	}
}

static const struct tp_stream *rated_stream(const struct tp_call_report *report)
{
	for (size_t i = 0; isfinite(report->call->mos) && i < report->stream_count; i++) {
		if (strcmp(report->streams[i].id, report->call->mos_stream) == 0) {
			return &report->streams[i];
		}
	}
	return NULL;
}

/* As tp_totals_get() does for all calls. */
static void rate_call(
    const struct text_report *r, const struct tp_call_report *report, struct tp_totals *totals)
{
	double packets_min = tp_threshold_get(r->analysis, "quality_packets");
	const struct tp_stream *s = rated_stream(report);
	double mos = report->call->mos;

	if (!s) {
		return;
	}
	if ((double)s->packets < packets_min) {
		totals->scanty_calls++;
		totals->scanty_packets =
		    s->packets > totals->scanty_packets ? s->packets : totals->scanty_packets;
		return;
	}
	totals->rated_calls++;
	totals->poor_calls += mos < poor_mos;
	if (!(mos >= totals->worst_mos)) {
		totals->worst_mos = mos;
		(void)snprintf(
		    totals->worst_call, sizeof(totals->worst_call), "%s", report->call->id);
		(void)snprintf(
		    totals->worst_listener, sizeof(totals->worst_listener), "%s", s->dst);
	}
}

static void count_call(void *context, const struct tp_call_report *report)
{
	struct text_report *r = context;

	if (selection_has_call(r->selection, report->call)) {
		r->calls++;
		rate_call(r, report, &r->totals);
	} else {
		r->other_calls++;
	}
}

static void count_stream(void *context, const struct tp_stream *s)
{
	struct text_report *r = context;

	r->streams += selection_has_stream(r->selection, s);
}

/* Media went another way, or was left out. */
static bool is_bypass(const struct tp_finding *f)
{
	return finding_kind(f) == FINDING_HINT && strcmp(f->code, "no-media") == 0 &&
	       strcmp(f->cause, "bypass") == 0;
}

static void count_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;

	if (selection_has_finding(r->selection, f)) {
		r->findings[finding_kind(f)]++;
		r->bypass |= is_bypass(f);
	} else {
		r->other_findings += f->calls_total == 0;
	}
}

static void count_registration(void *context, const struct tp_registration *registration)
{
	struct text_report *r = context;

	r->registrations++;
	r->registered += strcmp(registration->state, "registered") == 0;
}

void verdict_count(struct text_report *r)
{
	tp_each_capture(r->analysis, count_capture, r);
	if (selection_is_all(r->selection)) {
		(void)tp_totals_get(r->analysis, poor_mos, &r->totals);
		r->calls = r->totals.calls;
		r->streams = r->totals.streams;
	} else {
		r->totals = (struct tp_totals){.worst_mos = (double)NAN};
		tp_each_report(r->analysis, count_call, r);
		tp_each_stream(r->analysis, count_stream, r);
	}
	tp_each_finding(r->analysis, count_finding, r);
	if (selection_is_all(r->selection)) {
		tp_each_registration(r->analysis, count_registration, r);
	}
}

/* --- faults --- */

static void point(const struct text_report *r, const char *label, const char *text)
{
	if (text) {
		(void)fprintf(r->term.out, "%*s%s ", VERDICT_INDENT, "", label);
		term_put_wrapped_from(
		    &r->term, VERDICT_INDENT, VERDICT_INDENT + (unsigned)strlen(label) + 1, text);
	}
}

/* The first sentence of a remedy. */
static void point_remedy(const struct text_report *r, const char *remedy)
{
	char text[1024];
	char *end;

	if (!remedy) {
		return;
	}
	(void)snprintf(text, sizeof(text), "%s", remedy);
	end = strstr(text, ". ");
	if (end) {
		end[1] = '\0';
	}
	point(r, "Do first:", text);
}

static void verdict_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;
	bool critical = strcmp(f->severity, "critical") == 0;
	char concerned[96] = "";

	if (r->shown++ >= VERDICT_SHOWN) {
		return;
	}
	(void)fprintf(r->term.out, "\n%*zu. ", REPORT_INDENT + 1, r->shown);
	term_put(&r->term, critical ? STYLE_RED : STYLE_YELLOW, critical ? "Critical" : "Warning");
	(void)fprintf(r->term.out, " (%s, %s)\n%*s", f->code, f->id, VERDICT_INDENT, "");
	term_put_wrapped(&r->term, VERDICT_INDENT, f->summary);
	if (f->calls_total > 1 && selection_is_all(r->selection)) {
		(void)snprintf(concerned, sizeof(concerned), "; %llu of %zu calls concerned",
		    (unsigned long long)f->calls_total, r->calls);
	} else if (f->calls_total > 1) { /* those that were not chosen, too */
		(void)snprintf(concerned, sizeof(concerned), "; %llu calls concerned",
		    (unsigned long long)f->calls_total);
	}
	if (f->side) {
		char where[256];

		(void)snprintf(where, sizeof(where), "%s%s", finding_side_text(f), concerned);
		point(r, "Where:", where);
	}
	point_remedy(r, f->remedy);
}

static void verdict_fault(struct text_report *r)
{
	size_t count = r->findings[FINDING_PROBLEM];
	char line[160];

	(void)snprintf(line, sizeof(line), "%zu problem%s found.", count, plural(count));
	term_put(&r->term, STYLE_RED, line);
	report_put(r, "\n");
	r->shown = 0;
	findings_each(r, FINDING_PROBLEM, verdict_finding);
	if (count > VERDICT_SHOWN) {
		(void)fprintf(r->term.out, "\n%*sand %zu more, less grave, below\n", REPORT_INDENT,
		    "", count - VERDICT_SHOWN);
	}
}

/* --- no fault --- */

static void poor_text(const struct tp_totals *t, char *out, size_t octets)
{
	if (t->rated_calls == 1) {
		(void)snprintf(out, octets,
		    "No cause proven, but call %s sounds poor at %s: MOS %.2f.", t->worst_call,
		    t->worst_listener, t->worst_mos);
	} else {
		(void)snprintf(out, octets,
		    "No cause proven, but %zu of %zu rated calls sound%s poor (MOS below %.1f); "
		    "the worst is %s at %s: MOS %.2f.",
		    t->poor_calls, t->rated_calls, t->poor_calls == 1 ? "s" : "", poor_mos,
		    t->worst_call, t->worst_listener, t->worst_mos);
	}
}

/* The first line says all that the only hint does. */
static bool says_the_only_hint(const struct text_report *r)
{
	return r->bypass && r->streams == 0 && r->findings[FINDING_PROBLEM] == 0 &&
	       r->findings[FINDING_HINT] == 1;
}

/* Why nothing is said of how calls sound. */
static void unrated_text(const struct text_report *r, char *out, size_t octets)
{
	if (r->totals.scanty_calls > 0) {
		(void)snprintf(out, octets,
		    "too few packets to judge how %s (%llu; %.0f of a direction needed)",
		    r->calls == 1 ? "it sounds" : "they sound",
		    (unsigned long long)r->totals.scanty_packets,
		    tp_threshold_get(r->analysis, "quality_packets"));
	} else {
		(void)snprintf(out, octets, "%s",
		    r->streams              ? "none could be rated"
		    : says_the_only_hint(r) ? "no media is in the capture (what would settle it is "
					      "below)"
					    : "no media is in the capture");
	}
}

static void nothing_text(const struct text_report *r, char *out, size_t octets)
{
	if (r->packets == 0) {
		(void)snprintf(out, octets, "The capture%s empty: there is nothing to judge.",
		    r->captures == 1 ? " is" : "s are");
	} else if (r->registrations == 1) {
		(void)snprintf(out, octets, "No calls; 1 registration (%s).",
		    r->registered ? "registered" : "not registered at the end");
	} else if (r->registrations > 0) {
		(void)snprintf(out, octets, "No calls; %zu registrations (%zu registered).",
		    r->registrations, r->registered);
	} else {
		(void)snprintf(out, octets,
		    "No voice traffic: the capture holds neither SIP calls nor RTP over UDP.");
	}
}

static void verdict_unmatched(const struct text_report *r)
{
	char line[160];

	(void)snprintf(line, sizeof(line), "No call matches %s (%zu call%s in the capture%s).",
	    r->selection->filter ? "the filter" : "--call-id", r->other_calls,
	    plural(r->other_calls), plural(r->captures));
	term_put(&r->term, STYLE_YELLOW, line);
	report_put(r, "\n");
}

static void verdict_sound(struct text_report *r)
{
	bool hints = r->findings[FINDING_HINT] > 0;
	enum term_style style = STYLE_PLAIN;
	char line[300], unrated[100];

	if (r->totals.poor_calls > 0) {
		style = STYLE_YELLOW;
		poor_text(&r->totals, line, sizeof(line));
	} else if (r->totals.rated_calls > 0) {
		style = hints ? STYLE_YELLOW : STYLE_GREEN;
		(void)snprintf(line, sizeof(line),
		    "No fault %s in %zu call%s; the worst MOS is %.2f.", hints ? "proven" : "found",
		    r->calls, plural(r->calls), r->totals.worst_mos);
	} else if (r->calls + r->streams > 0) {
		unrated_text(r, unrated, sizeof(unrated));
		(void)snprintf(line, sizeof(line),
		    "No fault %s in %zu call%s and %zu stream%s; %s.", hints ? "proven" : "found",
		    r->calls, plural(r->calls), r->streams, plural(r->streams), unrated);
	} else {
		style = STYLE_YELLOW;
		nothing_text(r, line, sizeof(line));
	}
	term_put(&r->term, style, line);
	report_put(r, "\n");
}

/* --- notes and hints --- */

static void verdict_item(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;

	if (r->shown++ < VERDICT_SHOWN) {
		(void)fprintf(r->term.out, "%*s", VERDICT_INDENT, "- ");
		term_put_wrapped(&r->term, VERDICT_INDENT, f->summary);
	}
}

static void verdict_list(struct text_report *r, enum finding_kind kind)
{
	size_t count = r->findings[kind];

	if (count == 0) {
		return;
	}
	if (kind == FINDING_HINT) {
		(void)fprintf(r->term.out,
		    "\n%*s%zu hint%s, not proven (what would settle %s is below):\n", REPORT_INDENT,
		    "", count, plural(count), count == 1 ? "it" : "them");
	} else {
		(void)fprintf(r->term.out, "\n%*s%zu note%s, no fault by %s:\n", REPORT_INDENT, "",
		    count, plural(count), count == 1 ? "itself" : "themselves");
	}
	r->shown = 0;
	findings_each(r, kind, verdict_item);
	if (count > VERDICT_SHOWN) {
		(void)fprintf(
		    r->term.out, "%*sand %zu more\n", VERDICT_INDENT, "", count - VERDICT_SHOWN);
	}
}

void verdict_write(struct text_report *r)
{
	char captures[32], packets[32];

	(void)fprintf(r->term.out,
	    "talkpath %s: %s capture%s, %s packets, %zu call%s, %zu stream%s\n\n", tp_version(),
	    term_number(r->captures, captures), plural(r->captures),
	    term_number(r->packets, packets), r->calls, plural(r->calls), r->streams,
	    plural(r->streams));
	term_put(&r->term, STYLE_BOLD, "VERDICT       ");
	if (r->findings[FINDING_PROBLEM] > 0) {
		verdict_fault(r);
	} else if (r->calls == 0 && r->other_calls > 0) {
		verdict_unmatched(r);
	} else {
		verdict_sound(r);
	}
	verdict_list(r, FINDING_NOTE);
	if (!says_the_only_hint(r)) {
		verdict_list(r, FINDING_HINT);
	}
	if (r->numbered) {
		(void)fprintf(r->term.out,
		    "\n%*sWhich capture a name such as %s is, CAPTURES says.\n", REPORT_INDENT, "",
		    r->numbered_vantage);
	}
	if (r->empty_captures > 0 && r->packets > 0) {
		(void)fprintf(r->term.out,
		    "\n%*s%zu of the captures hold%s no packet: see CAPTURES.\n", REPORT_INDENT, "",
		    r->empty_captures, r->empty_captures == 1 ? "s" : "");
	}
	if (r->other_findings > 0) {
		(void)fprintf(r->term.out,
		    "\n%*s%zu finding%s of no call (registrations, scans, ports) %s left out.\n",
		    REPORT_INDENT, "", r->other_findings, plural(r->other_findings),
		    r->other_findings == 1 ? "is" : "are");
	}
	if (r->incomplete) {
		(void)fprintf(r->term.out,
		    "\n%*sThe captures do not hold every packet: see CAPTURES.\n", REPORT_INDENT,
		    "");
	}
}
