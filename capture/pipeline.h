/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from reader over workers to the desk, with threads or without.
 *
 *   reader ──lane──► worker 0 ──lane──┐
 *          ──lane──► worker 1 ──lane──┼─► desk
 *          ───────────lane────────────┘
 *
 * The reader is whoever calls: it puts items for a worker into that worker's lane and records
 * for the desk into the desk's lane, and stamps a tick into all of them now and then. A worker
 * turns blocks of items into records. The desk sees the records of all lanes in one order,
 * (order, sub), up to each tick, so what it concludes does not depend on the threads. What the
 * items and records mean is none of the pipeline's business.
 *
 * Threading: worker_count threads and one for the desk; with no workers everything happens
 * inside the reader's calls.
 */
#ifndef TALKPATH_PIPELINE_H
#define TALKPATH_PIPELINE_H

#include "lane.h"
#include "record.h"

enum {
	PIPELINE_WORKERS_MAX = 64,
	PIPELINE_WORK_OCTETS = 64 * 1024,  /* of a block for a worker */
	PIPELINE_WORK_BLOCKS = 32,         /* for each worker: what the reader may run ahead */
	PIPELINE_DESK_OCTETS = 128 * 1024, /* of a block for the desk: any UDP datagram fits */
	/* What the reader may run ahead of the desk. */
	PIPELINE_TICKS_AHEAD = 64,
	PIPELINE_ORDERS_AHEAD = 1 << 18 /* and the ticks of so many packets */
};

struct pipeline_stages {
	/* A worker's thread: turn a block (perhaps closed by a tick) into records. */
	void (*work)(void *worker, const struct block *block, struct lane *desk);
	/* The desk's thread. */
	void (*record)(void *desk, const struct record *record);
	void (*tick)(void *desk, const struct tick *tick);
};

struct pipeline;

/*
 * workers: that many contexts for stages->work; with worker_count 0 one context is used, in
 * line. NULL where threads or memory are short.
 */
struct pipeline *pipeline_new(
    const struct pipeline_stages *stages, unsigned worker_count, void *const *workers, void *desk);

/* The reader's ends. `index` is below pipeline_fan(). */
unsigned pipeline_fan(const struct pipeline *pipeline);
struct lane *pipeline_worker_lane(const struct pipeline *pipeline, unsigned index);
struct lane *pipeline_desk_lane(const struct pipeline *pipeline);

/* Stamp a tick into every lane; waits while the desk is too far behind. */
void pipeline_tick(struct pipeline *pipeline, const struct tick *tick);

/* Wait for the threads; the last tick must have been stamped with `end`. */
void pipeline_free(struct pipeline *pipeline);

#endif
