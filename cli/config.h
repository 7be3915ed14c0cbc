/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The configuration file of --config: YAML.
 *
 *     thresholds:
 *       loss_warning_pct: 2
 *     capture:
 *       source: [pcap:eth1, pcap:eth2]
 *       metrics: 9460
 *
 * A section named after a command holds options of its command line, by their long names.
 *
 * Data in:   a file of at most CONFIG_OCTETS_MAX.
 * Data out:  settings of an analysis, and options; of a wrong file what is wrong, where, and what
 * is allowed.
 */
#ifndef TALKPATH_CONFIG_H
#define TALKPATH_CONFIG_H

#include <stdbool.h>
#include <stdio.h>

#include "talkpath.h"

enum { CONFIG_OCTETS_MAX = 1 << 20 };

/*
 * An option of the file, a value of it: a sequence of values comes one by one. place:
 * "FILE:LINE:COLUMN". False where it is wrong, and why has been said.
 */
typedef bool config_option_taker(
    void *context, const char *name, const char *value, const char *place);

/*
 * Take the section of `command` ("capture", "analyze"). False as below; wrong thresholds are not
 * looked for.
 */
bool config_options(
    const char *path, const char *command, config_option_taker *take, void *context, FILE *errors);

/*
 * Apply the thresholds of the file. False where it cannot be read or anything in it is wrong: each
 * error is on `errors` as "FILE:LINE:COLUMN: what", and nothing is to be relied on.
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
