/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets that come in their order and once: from a pipe, a decompressor, or an archive.
 *
 * A window (window.h) is laid over a feed as it is over a file; that is how the parsers of
 * capture files read both. Feeds are stacked: a decompressor reads its own input through a
 * window, which may lie over a file or over another feed.
 *
 * Ownership: whoever closes the window closes the feed and what is below it, except where
 *            `held` says that somebody still looks through it.
 * Threading: one thread.
 */
#ifndef TALKPATH_FEED_H
#define TALKPATH_FEED_H

#include <sys/types.h>

#include "source.h"

struct feed;

struct feed_ops {
	/* At most room octets; 0 at the end; -1 with *error where no more can be had. */
	ssize_t (*pull)(struct feed *feed, uint8_t *into, size_t room, struct source_error *error);
	/* The same octets once more, from their beginning; NULL where they come only once. */
	struct feed *(*again)(const struct feed *feed, struct source_error *error);
	void (*close)(struct feed *feed);
};

struct feed {
	const struct feed_ops *ops;
	uint64_t size, position; /* how far it is: octets in all (0: not known), and taken */
	bool cut;                /* it ended before its end: what it comes from is cut short */
	bool held;               /* closing a window over it leaves it open */
};

static inline void feed_close(struct feed *feed)
{
	if (!feed->held) {
		feed->ops->close(feed);
	}
}

#endif
