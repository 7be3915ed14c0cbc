/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The members of an archive (zip, tar), each as a feed of its octets, by libarchive.
 *
 * Nothing is written and nothing held but a window over the archive and libarchive's own
 * state, however large a member is. One reader gives one member after the other; to read two
 * at once takes two readers, and so an archive that can be opened again (window_again).
 *
 * Where talkpath is built without libarchive, unpack_open() says what to install.
 */
#ifndef TALKPATH_UNPACK_H
#define TALKPATH_UNPACK_H

#include "window.h"

enum { UNPACK_NAME_MAX = 240 };

enum unpack_step {
	UNPACK_MEMBER,
	UNPACK_END,
	UNPACK_CUT,    /* the archive ends too early */
	UNPACK_DAMAGED /* *error says how; what follows is lost */
};

struct unpack;

struct unpack_member {
	char name[UNPACK_NAME_MAX + 1]; /* UTF-8; the end of one that is longer */
	bool is_file;                   /* no folder, link or device */
	bool encrypted;
};

/* Takes over the window, and closes it where that fails: NULL with *error. */
struct unpack *unpack_open(const struct window *input, struct source_error *error);
void unpack_close(struct unpack *unpack);

enum unpack_step unpack_next(
    struct unpack *unpack, struct unpack_member *member, struct source_error *error);

/*
 * The octets of the member that unpack_next() gave: good until the next one. Closing it closes
 * the reader, unless it is held.
 */
struct feed *unpack_feed(struct unpack *unpack);

#endif
