/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: what an analysis found of the calls selected, in one format, on one stream.
 */
#ifndef TALKPATH_OUTPUT_H
#define TALKPATH_OUTPUT_H

#include <stdio.h>

#include "selection.h"
#include "talkpath.h"

/* Verdict first, then what is wrong, then calls and streams. */
void output_text(struct tp_analysis *analysis, const struct selection *selection, FILE *out);

/* One object of schema talkpath/1, written record by record. */
void output_json(struct tp_analysis *analysis, const struct selection *selection, FILE *out);

/* The same objects, one a line: a call as it ends, and at the end all that is left. */
void output_ndjson_call(
    const struct tp_call_report *report, const struct selection *selection, FILE *out);
void output_ndjson(struct tp_analysis *analysis, const struct selection *selection, FILE *out);

/* One row per call. */
void output_csv(struct tp_analysis *analysis, const struct selection *selection, FILE *out);

#endif
