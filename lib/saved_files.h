/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A folder of capture files, one for each call, of bounded size: the oldest give way.
 *
 * A file is called after the time and the Call-ID of its call, 20221122T085300Z-CALLID.pcapng, and
 * has ".part" behind that until it is whole. Others in the folder are left alone, and do not count.
 *
 * Ownership: saved_files_open() gives an object that saved_files_close() frees; the folder's
 *            descriptor is borrowed.
 * Threading: one thread. Limits: SAVED_FILES_MAX files, and so many octets.
 */
#ifndef TALKPATH_SAVED_FILES_H
#define TALKPATH_SAVED_FILES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum { SAVED_FILES_MAX = 65536, SAVED_NAME_MAX = 160 };

struct saved_files;

/* Parts that another process left are removed. NULL, and errno, where the folder is unreadable. */
struct saved_files *saved_files_open(int folder, uint64_t limit_octets);
void saved_files_close(struct saved_files *files);

/* Remove the oldest until there is room for so many octets. False where even that is too little. */
bool saved_files_make_room(struct saved_files *files, uint64_t octets);

/* Make the part of a call's file. call_id: NULL where it has none. NULL, and errno. */
FILE *saved_files_begin(struct saved_files *files, int64_t time_ns, const char *call_id);

/* It is whole, or nothing came of it, and the FILE is closed. False, and errno: it is gone. */
bool saved_files_commit(struct saved_files *files);
void saved_files_abandon(struct saved_files *files);

size_t saved_files_count(const struct saved_files *files);
uint64_t saved_files_octets(const struct saved_files *files);
uint64_t saved_files_removed(const struct saved_files *files); /* so far, for want of room */

#endif
