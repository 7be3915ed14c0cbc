/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The figures of a live capture in the text format of Prometheus, version 0.0.4.
 *
 * Names are stable: docs/live.md lists them. Labels hold what the user named, and nothing from
 * the wire: no caller can make a time series.
 */
#ifndef TALKPATH_METRICS_TEXT_H
#define TALKPATH_METRICS_TEXT_H

#include <stdio.h>

#include "service.h"

void metrics_text(const struct service_figures *figures, FILE *out);

#endif
