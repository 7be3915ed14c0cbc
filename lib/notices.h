/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What whoever uses an analysis is told while it runs, once each: tables are full, the clock was
 * set.
 *
 * Threading: that of tp_run(), which is its reader's where there is one.
 */
#ifndef TALKPATH_NOTICES_H
#define TALKPATH_NOTICES_H

#include "analysis.h"

void notice_full(struct tp_analysis *analysis);

/* Of a live analysis. */
void notice_clock(struct tp_analysis *analysis);

#endif
