/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "text_report.h"

enum { EVIDENCE_SHOWN = 10, CHANGES_SHOWN = 24, FINDINGS_SHOWN = 100 };

static const double proof = 0.8, hint = 0.5;

enum finding_kind finding_kind(const struct tp_finding *f)
{
	if (f->confidence < hint) {
		return FINDING_HINT;
	}
	return strcmp(f->severity, "info") == 0 ? FINDING_NOTE : FINDING_PROBLEM;
}

/* --- the gravest first --- */

enum { GRAVITIES = 4 };

static int gravity(const struct tp_finding *f)
{
	return (strcmp(f->severity, "critical") == 0 ? 0 : 2) + (f->confidence >= proof ? 0 : 1);
}

struct sorting {
	struct text_report *report;
	tp_finding_visitor *visit;
	enum finding_kind kind;
	int gravity;
};

static void sort_visit(void *context, const struct tp_finding *f)
{
	const struct sorting *s = context;

	if (selection_has_finding(s->report->selection, f) && finding_kind(f) == s->kind &&
	    gravity(f) == s->gravity) {
		s->visit(s->report, f);
	}
}

void findings_each(struct text_report *r, enum finding_kind kind, tp_finding_visitor *visit)
{
	struct sorting s = {r, visit, kind, 0};

	for (; s.gravity < GRAVITIES; s.gravity++) {
		tp_each_finding(r->analysis, sort_visit, &s);
	}
}

/* --- one in full --- */

const char *finding_side_text(const struct tp_finding *f)
{
	static const char *const sides[][2] = {
	    {"customer-network", "in the customer's network (router, firewall, LAN)"},
	    {"phone", "in the phone"},
	    {"provider", "at the provider"},
	    {"path", "on the way between phone and provider (router, line, internet)"},
	    {"capture", "in the capture itself, not in the calls"},
	};

	for (size_t i = 0; i < sizeof(sides) / sizeof(sides[0]); i++) {
		if (strcmp(f->side, sides[i][0]) == 0) {
			return sides[i][1];
		}
	}
	return "on whose side is not known from here";
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

static void head(const struct text_report *r, const struct tp_finding *f)
{
	(void)fprintf(r->term.out, "\n%s ", f->id);
	term_put(&r->term, severity_style(f->severity), f->code);
	if (f->cause) {
		(void)fprintf(r->term.out, " (%s)", f->cause);
	}
	(void)fprintf(r->term.out, ": %s, %s (confidence %.2f)\n", f->severity,
	    certainty(f->confidence), f->confidence);
	report_row(r, "What", f->summary);
	if (finding_kind(f) == FINDING_HINT && strcmp(f->side, "unknown") != 0) {
		char where[128];

		(void)snprintf(where, sizeof(where), "if so, %s", finding_side_text(f));
		report_row(r, "Where", where);
	} else {
		report_row(r, "Where", finding_side_text(f));
	}
}

static void label(const struct text_report *r, const char *text)
{
	(void)fprintf(r->term.out, "  %-*s", REPORT_INDENT - 2, text);
}

static void who(const struct text_report *r, const struct tp_finding *f)
{
	if (f->endpoint_count > 0) {
		label(r, "Who");
		report_list(r, f->endpoints, f->endpoint_count, f->endpoint_count);
		report_put(r, "\n");
	}
	if (f->calls_total > 0) {
		char of_all[64];

		if (selection_is_all(r->selection)) {
			(void)snprintf(of_all, sizeof(of_all),
			    "%llu of %zu: ", (unsigned long long)f->calls_total, r->calls);
		} else {
			(void)snprintf(
			    of_all, sizeof(of_all), "%llu: ", (unsigned long long)f->calls_total);
		}
		label(r, "Calls");
		report_put(r, of_all);
		report_list(r, f->calls, f->call_count, f->calls_total);
		report_put(r, "\n");
	}
}

/* "2026-01-01 12:00:00.123 to 12:05:00.000 UTC" */
static void since(const struct text_report *r, const struct tp_finding *f)
{
	char first[JSON_TIME_MAX], from[40], to[40];

	json_time_text(f->first_time_ns, first);
	if (first[0] == '\0') {
		return;
	}
	label(r, "When");
	(void)fprintf(r->term.out, "%.10s %s", first, report_clock(f->first_time_ns, from));
	report_clock(f->last_time_ns, to);
	if (f->last_time_ns > f->first_time_ns && strcmp(from, to) != 0) {
		char last[JSON_TIME_MAX];
		bool same_day;

		json_time_text(f->last_time_ns, last);
		same_day = strncmp(first, last, 10) == 0;
		(void)fprintf(
		    r->term.out, " to %.*s%s%s", same_day ? 0 : 10, last, same_day ? "" : " ", to);
	}
	report_put(r, " UTC; seen at ");
	term_put_foreign(&r->term, f->vantage ? f->vantage : "?");
	report_put(r, "\n");
}

static void evidence(const struct text_report *r, const struct tp_finding *f)
{
	for (size_t i = 0; i < f->evidence_count && i < EVIDENCE_SHOWN; i++) {
		char line[900];

		(void)snprintf(line, sizeof(line), "%s frame %u: %s",
		    report_capture_name(r, f->evidence[i].capture), f->evidence[i].frame,
		    f->evidence[i].text);
		report_row(r, i ? "" : "Evidence", line);
	}
	if (f->evidence_count > EVIDENCE_SHOWN) {
		(void)fprintf(r->term.out, "%*sand %zu more with --format json\n", REPORT_INDENT,
		    "", f->evidence_count - EVIDENCE_SHOWN);
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
	label(r, i ? "" : "Changed");
	term_put_foreign(&r->term, c->message);
	report_put(r, " (");
	term_put_foreign(&r->term, report_capture_name(r, c->capture_before));
	(void)fprintf(r->term.out, " frame %u -> ", c->frame_before);
	term_put_foreign(&r->term, report_capture_name(r, c->capture_after));
	(void)fprintf(r->term.out, " frame %u)\n", c->frame_after);
}

static void changes(const struct text_report *r, const struct tp_finding *f)
{
	for (size_t i = 0; i < f->change_count && i < CHANGES_SHOWN; i++) {
		const struct tp_change *c = &f->changes[i];

		change_head(r, f, i);
		(void)fprintf(r->term.out, "%*s%-14s ", REPORT_INDENT + 2, "", c->field);
		term_put_foreign(&r->term, c->before ? c->before : "(absent)");
		report_put(r, " -> ");
		term_put_foreign(&r->term, c->after ? c->after : "(absent)");
		report_put(r, "\n");
	}
	if (f->change_count > CHANGES_SHOWN) {
		(void)fprintf(r->term.out, "%*sand %zu more with --format json\n", REPORT_INDENT,
		    "", f->change_count - CHANGES_SHOWN);
	}
}

static void show_finding(void *context, const struct tp_finding *f)
{
	struct text_report *r = context;
	bool is_hint = finding_kind(f) == FINDING_HINT;

	if (r->shown++ >= FINDINGS_SHOWN) {
		return;
	}
	head(r, f);
	who(r, f);
	since(r, f);
	if (f->change_count > 0) {
		changes(r, f); /* with their frames: the evidence itself */
	} else {
		evidence(r, f);
	}
	for (size_t i = 0; i < f->against_count; i++) {
		report_row(r, i ? "" : "Against", f->against[i]);
	}
	report_row(r, is_hint ? "If so" : "Why", f->why);
	report_row(r, is_hint ? "Remedy then" : "Remedy", f->remedy);
	report_row(r, "To be sure", f->would_settle);
}

static void section(struct text_report *r, const char *title, enum finding_kind kind)
{
	size_t count = r->findings[kind];

	if (count == 0) {
		return;
	}
	report_heading(r, title);
	r->shown = 0;
	findings_each(r, kind, show_finding);
	if (count > FINDINGS_SHOWN) {
		(void)fprintf(r->term.out, "\n... and %zu more: --format json has all\n",
		    count - FINDINGS_SHOWN);
	}
}

void findings_write(struct text_report *r)
{
	section(r, "PROBLEMS", FINDING_PROBLEM);
	section(r, "NOTES (certain, and no fault by themselves)", FINDING_NOTE);
	section(r, "HINTS (not proven)", FINDING_HINT);
	if (r->findings[FINDING_PROBLEM] + r->findings[FINDING_NOTE] + r->findings[FINDING_HINT] >
	    0) {
		report_put(
		    r, "\ntalkpath explain CODE says what a finding means and how it is proven.\n");
	}
}
