/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text report's parts: what they share. output_text.c writes calls, streams and captures,
 * output_verdict.c what comes first, output_findings.c what is wrong in full.
 */
#ifndef TALKPATH_TEXT_REPORT_H
#define TALKPATH_TEXT_REPORT_H

#include "selection.h"
#include "talkpath.h"
#include "term.h"

enum { REPORT_INDENT = 14, REPORT_NAMES_MAX = 64, REPORT_NAME_OCTETS = 64 };

/* A note is certain and needs nobody to act: severity "info". A hint claims nothing. */
enum finding_kind { FINDING_PROBLEM, FINDING_NOTE, FINDING_HINT, FINDING_KINDS };

struct text_report {
	struct term term;
	struct tp_analysis *analysis;
	const struct selection *selection;
	/* what the first pass found */
	size_t captures, calls, streams, findings[FINDING_KINDS];
	struct tp_totals totals; /* of the calls that are selected: how they sound */
	size_t empty_captures, registrations, registered;
	bool bypass; /* a hint says no more than that no media is in the capture */
	size_t other_calls, other_findings; /* not selected; findings: that are of no call */
	uint64_t packets;
	char names[REPORT_NAMES_MAX][REPORT_NAME_OCTETS]; /* of the captures, without folders */
	bool same_names; /* of two captures: then only the whole path tells them apart */
	bool numbered;   /* talkpath numbered vantages of one name; the first of them: */
	char numbered_vantage[REPORT_NAME_OCTETS];
	bool incomplete; /* truncated, snap_cut or dropped: the verdict may not see all */
	/* of the pass under way */
	size_t shown;
};

/* --- for all parts --- */

void report_put(const struct text_report *r, const char *text);
void report_heading(const struct text_report *r, const char *text);

/* A label in the margin and text behind it, wrapped; nothing where there is no text. */
void report_row(const struct text_report *r, const char *label, const char *text);

/* "a, b, c and 97 more": the first of `count`, of `total` in all. */
void report_list(
    const struct text_report *r, const char *const *items, size_t count, uint64_t total);

/* A capture's name, as short as it tells which one is meant. */
const char *report_capture_name(const struct text_report *r, const char *path);

/* "12:00:00.123" of a time, or "-". */
const char *report_clock(int64_t time_ns, char out[40]);

/* --- output_verdict.c --- */

/* The first pass: counts. */
void verdict_count(struct text_report *r);
void verdict_write(struct text_report *r);

/* --- output_findings.c --- */

enum finding_kind finding_kind(const struct tp_finding *f);

/*
 * Those of one kind, the gravest first: critical before warning, proof before what is strong;
 * each to `visit`, which gets the report.
 */
void findings_each(struct text_report *r, enum finding_kind kind, tp_finding_visitor *visit);

/* "the customer's network (router, firewall, LAN)" */
const char *finding_side_text(const struct tp_finding *f);

void findings_write(struct text_report *r);

#endif
