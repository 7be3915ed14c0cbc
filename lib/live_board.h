/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board: how a live capture is going, written by those who do the work, read by anybody.
 *
 * Data in:   of each source what it has read, from the thread of the sources, once a second; of
 *            calls what the desk tells, from its thread.
 * Data out:  struct tp_live_figures, a copy.
 * Threading: live_board_get() from any thread, the others from those named. A lock is held while
 *            something is copied, and for nothing else.
 * Limits:    TP_LIVE_SOURCES sources.
 */
#ifndef TALKPATH_LIVE_BOARD_H
#define TALKPATH_LIVE_BOARD_H

#include <pthread.h>

#include "source.h"
#include "talkpath.h"

enum { LIVE_PACE_SAMPLES = 6 /* a second apart: rates are of the time between */ };

/* What a source had read, and when. */
struct live_pace {
	int64_t time_ns; /* monotonic */
	uint64_t packets, bytes;
};

struct live_reading {
	const char *absence; /* why the source waits for its interface; NULL: it does not */
	struct source_totals totals;
	struct tp_count dropped[TP_LIVE_PLACES];
	size_t dropped_count;
};

struct live_board {
	pthread_mutex_t lock;
	struct tp_live_figures figures;
	int64_t begun_ns, read_ns, told_ns; /* monotonic; 0: not yet */
	int memory_fd;                      /* /proc/self/statm; -1: there is none */
	/* The sources' thread alone. */
	int64_t due_ns;
	unsigned samples; /* taken so far */
	struct live_pace paces[TP_LIVE_SOURCES][LIVE_PACE_SAMPLES];
};

void live_board_init(struct live_board *board);
void live_board_fini(struct live_board *board);

/* Before live_board_begin(), from when on there is something to get. */
void live_board_name(
    struct live_board *board, unsigned source, const char *name, const char *vantage);
void live_board_begin(struct live_board *board, unsigned sources);

/* --- the sources' thread --- */

/* A second is over: each source is to be told of, and then that all are. */
bool live_board_is_due(const struct live_board *board);
void live_board_source(
    struct live_board *board, unsigned source, const struct live_reading *reading);
void live_board_read(struct live_board *board);

/* --- the desk's thread: see desk_config --- */

void live_board_calls(void *context, const struct tp_live_calls *calls);

/* --- any --- */

/* False before live_board_begin(). */
bool live_board_get(struct live_board *board, struct tp_live_figures *out);

#endif
