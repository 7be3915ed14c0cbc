/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `talkpath capture --status`: how the capture goes that listens at a status socket.
 */
#ifndef TALKPATH_STATUS_H
#define TALKPATH_STATUS_H

#include "options.h"

enum { STATUS_PATH_MAX = 108 };

/* --control, or the usual path; NULL: there is to be none. */
const char *status_path(const struct options *options, char out[STATUS_PATH_MAX]);

/*
 * Once, or on a terminal every second until Ctrl-C or the capture's end. Returns the exit code;
 * errors have been said on standard error.
 */
enum exit_code status_show(const struct options *options);

#endif
