/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file of --config: YAML.
 *
 *     thresholds:
 *       loss_warning_pct: 2
 *
 * Data in:   a file of at most CONFIG_OCTETS_MAX.
 * Data out:  settings of an analysis; of a wrong file what is wrong, where, and what is allowed.
 */
#ifndef TALKPATH_CONFIG_H
#define TALKPATH_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "talkpath.h"

enum { CONFIG_OCTETS_MAX = 1 << 20 };

/*
 * Apply the file. False where it cannot be read or anything in it is wrong: each error is on
 * `errors` as "FILE:LINE:COLUMN: what", and nothing is to be relied on.
 */
bool config_apply(const char *path, struct tp_analysis *analysis, FILE *errors);

/*
 * The same of a live analysis that runs, from a file that is open already; `path` names it. All of
 * it, or nothing where anything is wrong; what the file does not name is the default again.
 */
bool config_renew(const char *path, int fd, struct tp_analysis *analysis, FILE *errors);

/* The table of talkpath help thresholds. */
void config_help_thresholds(FILE *out);

#endif
