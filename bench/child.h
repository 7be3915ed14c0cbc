/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of a command, and what it took.
 */
#ifndef TALKPATH_BENCH_CHILD_H
#define TALKPATH_BENCH_CHILD_H

#include <stdbool.h>

struct child_cost {
	double cpu_s, wall_s; /* user and system; from fork to exit */
	double anonymous_mib; /* the most seen; only where it was watched */
};

/*
 * Run a command by the shell. watch: look every 2 ms at how much anonymous memory it has, which
 * file pages that are mapped are not; that disturbs it, so such a run's times are not to be used.
 * False where it failed.
 */
bool child_run(const char *command, bool watch, struct child_cost *out);

#endif
