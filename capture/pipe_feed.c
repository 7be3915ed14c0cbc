/* SPDX-License-Identifier: Apache-2.0 */
#include "pipe_feed.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LOOK_FOR_STOP_MS = 200 };

struct pipe_feed {
	struct feed feed;
	int fd;
	const atomic_bool *stop;
};

static bool stopped(const struct pipe_feed *pipe)
{
	return pipe->stop && atomic_load_explicit(pipe->stop, memory_order_relaxed);
}

/*
 * Waiting with poll() serves a FIFO that nobody writes to yet (read() would take it for the
 * end), descriptors that do not block, and being asked to stop.
 */
static ssize_t pipe_pull(struct feed *feed, uint8_t *into, size_t room, struct source_error *error)
{
	struct pipe_feed *pipe = (struct pipe_feed *)feed;

	while (!stopped(pipe)) {
		struct pollfd ready = {.fd = pipe->fd, .events = POLLIN};
		ssize_t got;

		if (poll(&ready, 1, LOOK_FOR_STOP_MS) <= 0) {
			continue;
		}
		got = read(pipe->fd, into, room);
		if (got >= 0) {
			feed->position += (uint64_t)got;
			return got;
		}
		if (errno != EINTR && errno != EAGAIN) {
			source_fail_at(
			    error, feed->position, "cannot be read: %s", strerror(errno));
			return -1;
		}
	}
	return 0;
}

static void pipe_close(struct feed *feed)
{
	struct pipe_feed *pipe = (struct pipe_feed *)feed;

	(void)close(pipe->fd);
	free(pipe);
}

struct feed *pipe_feed_new(int fd, const atomic_bool *stop, struct source_error *error)
{
	static const struct feed_ops ops = {.pull = pipe_pull, .close = pipe_close};
	struct pipe_feed *pipe = calloc(1, sizeof(*pipe));

	if (!pipe) {
		source_fail(error, "out of memory");
		(void)close(fd);
		return NULL;
	}
	pipe->feed.ops = &ops;
	pipe->fd = fd;
	pipe->stop = stop;
	return &pipe->feed;
}
