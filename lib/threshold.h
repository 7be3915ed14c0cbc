/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Thresholds that change while a live capture runs.
 */
#ifndef TALKPATH_THRESHOLD_H
#define TALKPATH_THRESHOLD_H

#include "thresholds.h"

/* The desk's: those of the analysis, where they have changed. Threading: any. */
void threshold_renew(void *analysis, struct thresholds *thresholds);

#endif
