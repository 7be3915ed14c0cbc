/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sources of a live capture have read, put onto its board.
 *
 * Threading: that of the sources.
 */
#ifndef TALKPATH_LIVE_SHOW_H
#define TALKPATH_LIVE_SHOW_H

#include "analysis.h"

void live_show_begin(struct tp_analysis *analysis);

/* Now and then; it is done once a second. */
void live_show(struct tp_analysis *analysis);

#endif
