/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The octets of a pipe, FIFO or socket, as a feed.
 *
 * Ownership: takes over the descriptor. Waits for octets, but not longer than until *stop.
 */
#ifndef TALKPATH_PIPE_FEED_H
#define TALKPATH_PIPE_FEED_H

#include "feed.h"

/* NULL with *error, the descriptor closed, where memory is short. stop: NULL for never. */
struct feed *pipe_feed_new(int fd, const atomic_bool *stop, struct source_error *error);

#endif
