/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reports: everything that an analysis found, in one format, on one stream.
 */
#ifndef TALKPATH_OUTPUT_H
#define TALKPATH_OUTPUT_H

#include <stdio.h>

#include "talkpath.h"

/* Verdict first, then what is wrong, then calls and streams. */
void output_text(struct tp_analysis *analysis, FILE *out);

/* One object of schema talkpath/1, written record by record. */
void output_json(struct tp_analysis *analysis, FILE *out);

#endif
