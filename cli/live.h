/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `capture` as two processes: the one that was started, and its child.
 *
 * The parent keeps its privileges, opens what is to be captured whenever the child asks for it, and
 * never sees a packet. The child analyses, without privileges. SIGINT and SIGTERM, which end the
 * capture with a report, and SIGHUP, by which everything is opened anew, are for the parent.
 */
#ifndef TALKPATH_LIVE_RUN_H
#define TALKPATH_LIVE_RUN_H

#include "options.h"

/* Returns in both processes, with the exit code. */
enum exit_code live_run(const struct options *options);

#endif
