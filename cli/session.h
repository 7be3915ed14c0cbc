/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of `analyze` or `capture`: sources, stores, progress, report, exit code.
 */
#ifndef TALKPATH_SESSION_H
#define TALKPATH_SESSION_H

#include "options.h"

/* Returns the exit code; every error has been said on standard error. */
enum exit_code session_run(const struct options *options);

#endif
