/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live sources whose interface goes away, and comes back: who uses the analysis is told once of
 * each.
 *
 * Threading: that of the sources' reader, which is the one of tp_run().
 */
#ifndef TALKPATH_ABSENCE_H
#define TALKPATH_ABSENCE_H

#include "analysis.h"

/* What has changed since the last look; of live analyses only. */
void absence_tell(struct tp_analysis *analysis);

#endif
