/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file seen through a sliding window: mapped, or read into a buffer; or the octets of a feed
 * (feed.h), pulled into the same buffer.
 *
 * Which of the two is cheaper depends on the file system: where the page cache holds large
 * folios, a populated mapping costs next to nothing; where it holds single pages, mapping them
 * costs three times what copying costs. So a large file is begun both ways, and goes on the
 * way that took less processor time. The octets are the same.
 *
 * Who takes the packets fetches what lies behind them meanwhile (packet_fetch_ahead), so a burst
 * takes few octets: the walk goes through all of a burst first, and must not come to what is still
 * on its way.
 *
 * Ownership: window_open_*() takes over the descriptor or feed, window_close() gives everything
 *            back.
 * Limits:    a record of up to WINDOW_RECORD_MAX octets is never split.
 */
#ifndef TALKPATH_WINDOW_H
#define TALKPATH_WINDOW_H

#include "bytes.h"
#include "feed.h"

enum {
	WINDOW_RECORD_MAX = 1 << 20,
	WINDOW_READ = WINDOW_RECORD_MAX, /* octets of the buffer: it stays in the L2 cache */
	WINDOW_FOLIO = 2 << 20, /* a folio of that size, so aligned, is mapped by one entry */
	WINDOW_MAP = 16 * WINDOW_FOLIO,
	WINDOW_BURST = 3072 /* octets after which a burst takes no more packets; measured */
};

/* The trial: some of the file read, some mapped, and what each cost. */
struct window_trial {
	unsigned moves;
	uint64_t read_ns, read_octets, map_ns, map_octets;
};

struct window {
	int fd;            /* of a regular file, or -1 */
	struct feed *feed; /* or NULL */
	uint64_t size;     /* of the file; of a feed UINT64_MAX until it has ended */
	uint64_t offset;   /* of base in the file */
	uint8_t *base;     /* buffer or mapping; NULL before the first window_move */
	size_t length;     /* octets at base */
	bool mapped;       /* base is a mapping */
	uint8_t *buffer;   /* NULL before the first read */
	struct window_trial trial;
	struct bytes view;         /* not yet consumed */
	struct source_error fault; /* why nothing comes behind the view; no reason: the end */
};

/*
 * Over a regular file, or a feed, with its first octets in view. False with *error where that
 * fails, and without a reason in it where the input is empty; the input is closed then.
 */
bool window_open_file(struct window *w, int fd, uint64_t size, struct source_error *error);
bool window_open_feed(struct window *w, struct feed *feed, struct source_error *error);
void window_close(struct window *w);

/* Another window over the same octets, from the first on. False with *error. */
bool window_again(const struct window *w, struct window *out, struct source_error *error);

/* Offset in the file of the first octet not consumed. */
static inline uint64_t window_position(const struct window *w)
{
	return w->offset + (uint64_t)(w->view.at - w->base);
}

/* True when the view reaches the end of the file. */
static inline bool window_is_last(const struct window *w)
{
	return w->offset + w->length >= w->size;
}

/*
 * Move on, from the first octet not consumed. False with *error where memory is short; octets
 * that cannot be read end the view, and window_finish() tells.
 */
bool window_move(struct window *w, struct source_error *error);

/* Of a regular file: look at `position` with the next move. */
void window_seek(struct window *w, uint64_t position);

/* Leave out n octets, in view or not. False where the input ends before them. */
bool window_skip(struct window *w, uint64_t n, struct source_error *error);

/*
 * The last view has nothing more to take: how the source ends. SOURCE_END, with `truncated` set
 * where octets are left or missing; SOURCE_FAILED where they could not be read.
 */
int window_finish(const struct window *w, struct source *source);

/* How far it is, of source->size; for a feed, in octets of what it comes from. */
static inline uint64_t window_progress(const struct window *w)
{
	if (!w->feed) {
		return window_position(w);
	}
	/* What an archive says of a member's size may be wrong. */
	return w->feed->size && w->feed->position > w->feed->size ? w->feed->size
								  : w->feed->position;
}

#endif
