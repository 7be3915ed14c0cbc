/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The system calls that are left to the process.
 *
 * What it uses is allowed; what only an intruder would try ends it; everything else is answered
 * with EPERM, because a library may try what it can do without. Threads may be started, processes
 * may not; memory is writable or executable, not both.
 */
#ifndef TALKPATH_CONFINE_CALLS_H
#define TALKPATH_CONFINE_CALLS_H

#include "confine.h"

/* For all threads there are, and those to come. False with *error. */
bool confine_calls(char error[CONFINE_ERROR_MAX]);

#endif
