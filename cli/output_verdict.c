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

	r->streams += selection_has_stream(r->selection, s);
}

static void count_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;

	if (selection_has_finding(r->selection, f)) {
		r->findings[finding_kind(f)]++;
	}
}

static void count_all(struct text_report *r)
{
	struct tp_totals totals = {.worst_mos = r->worst_mos};

	(void)tp_totals_get(r->analysis, poor_mos, &totals);
	r->calls = totals.calls;
	r->streams = totals.streams;
	r->rated_calls = totals.rated_calls;
	r->poor_calls = totals.poor_calls;
	r->worst_mos = totals.worst_mos;
}

void verdict_count(struct text_report *r)
{
	tp_each_capture(r->analysis, count_capture, r);
	if (selection_is_all(r->selection)) {
		count_all(r);
	} else {
		tp_each_call(r->analysis, count_call, r);
		tp_each_stream(r->analysis, count_stream, r);
	}
	tp_each_finding(r->analysis, count_finding, r);
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
	if (f->calls_total > 1) {
		(void)snprintf(concerned, sizeof(concerned), "; %llu of %zu calls suffer from it",
		    (unsigned long long)f->calls_total, r->calls);
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

static void verdict_sound(struct text_report *r)
{
	bool hints = r->findings[FINDING_HINT] > 0;
	enum term_style style = STYLE_PLAIN;
	char line[200];

	if (r->poor_calls > 0) {
		style = STYLE_YELLOW;
		(void)snprintf(line, sizeof(line),
		    "No cause proven, but %zu of %zu rated calls sound%s poor (MOS below %.1f).",
		    r->poor_calls, r->rated_calls, r->poor_calls == 1 ? "s" : "", poor_mos);
	} else if (r->rated_calls > 0) {
		style = hints ? STYLE_YELLOW : STYLE_GREEN;
		(void)snprintf(line, sizeof(line),
		    "No fault %s in %zu call%s; the worst MOS is %.2f.", hints ? "proven" : "found",
		    r->calls, plural(r->calls), r->worst_mos);
	} else if (r->calls + r->streams > 0) {
		(void)snprintf(line, sizeof(line),
		    "No fault %s in %zu call%s and %zu stream%s; %s.", hints ? "proven" : "found",
		    r->calls, plural(r->calls), r->streams, plural(r->streams),
		    r->streams ? "none could be rated" : "no media is in the capture");
	} else {
		style = STYLE_YELLOW;
		(void)snprintf(line, sizeof(line),
		    "No voice traffic: the capture holds neither SIP calls nor RTP over UDP.");
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
	} else {
		verdict_sound(r);
	}
	verdict_list(r, FINDING_NOTE);
	verdict_list(r, FINDING_HINT);
	if (r->incomplete) {
		(void)fprintf(r->term.out,
		    "\n%*sThe captures do not hold every packet: see CAPTURES.\n", REPORT_INDENT,
		    "");
	}
}
