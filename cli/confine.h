/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Giving up what is not needed: user, capabilities, the right to get any back, and system calls.
 *
 * What packets make of the process that reads them is then confined to what it does anyway: it
 * reads and writes what it has, talks to its stores, and starts no program.
 */
#ifndef TALKPATH_CONFINE_H
#define TALKPATH_CONFINE_H

#include <stdbool.h>

enum { CONFINE_ERROR_MAX = 200 };

/*
 * The whole process; threads that are started later are confined as well. user: whose it becomes;
 * NULL: nobody's where it is root's, else it stays whose it is. False with what could not be done;
 * nothing is to be relied on then.
 */
bool confine(const char *user, char error[CONFINE_ERROR_MAX]);

/* Before: a file or folder becomes whose the process is going to be. */
bool confine_give(const char *path, const char *user, char error[CONFINE_ERROR_MAX]);

#endif
