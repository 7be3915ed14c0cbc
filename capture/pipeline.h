/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from readers over workers to the desk, with threads or without.
 *
 *            ──lane──► worker 0 ──lane──┐
 *   reader   ──lane──► worker 1 ──lane──┼─► desk
 *            ───────────lane────────────┤
 *   another reader, another strand ─────┘
 *
 * What one reader feeds is a strand: it puts items for a worker into that worker's lane and
 * records for the desk into the desk's lane, and stamps a tick into all of them now and then. A
 * worker turns blocks of items into records. The desk sees the records of all lanes of all strands
 * in one order, (order, sub), so what it concludes does not depend on the threads; and each
 * strand's ticks where they belong in that order. What the items and records mean is none of the
 * pipeline's business.
 *
 * A strand's tick says that nothing up to its order follows, so the desk takes what comes before
 * the next tick of the strand that is furthest behind. Not every strand has something all the time,
 * so the run has phases, which begin between the readers' work: a strand that has nothing more in a
 * phase parks, and the desk does not wait for it before the next one has begun.
 *
 * Threading: one for each worker of a strand that is shared with it, where there are threads at
 *            all; and one for the desk, where it is to have one. Else the desk belongs to whoever
 *            has to wait: a worker without a block to work on, a reader without one to fill, or
 *            too far ahead; a reader that does its worker's work does the desk's at each tick.
 *            Never two are at it. A strand belongs to one reader at a time. What makes, shares
 *            and frees, and begins a phase, is for one thread while no reader is at work.
 * Limits:    a reader may run ahead of the desk, as strand_is_ahead() tells. It may wait there
 *            only with the strand whose orders are the least of those that no other reader has.
 */
#ifndef TALKPATH_PIPELINE_H
#define TALKPATH_PIPELINE_H

#include "lane.h"
#include "pin.h"
#include "record.h"

enum {
	PIPELINE_STRANDS_MAX = 64,
	PIPELINE_WORKERS_MAX = 64,         /* of a strand */
	PIPELINE_WORK_OCTETS = 64 * 1024,  /* of a block for a worker */
	PIPELINE_WORK_BLOCKS = 32,         /* for each worker: what the reader may run ahead */
	PIPELINE_DESK_OCTETS = 128 * 1024, /* of a block for the desk: any UDP datagram fits */
	PIPELINE_COMING = 32,    /* records of a worker that the desk hears of before their turn */
	PIPELINE_TOLD_AHEAD = 4, /* blocks of what a worker tells at a tick, ahead of the desk */
	/* What a reader may run ahead of the desk. */
	PIPELINE_TICKS_AHEAD = 64,
	PIPELINE_PACKETS_AHEAD = 3 << 17, /* and the ticks of so many packets ... */
	PIPELINE_OCTETS_A_PACKET = 2      /* ... as which so many octets for the desk count, too */
};

struct pipeline_stages {
	/* A worker's thread, or the reader's: turn a block (perhaps closed by a tick) into records.
	 */
	void (*work)(void *worker, const struct block *block, struct lane *desk);
	/*
	 * The desk's, in one thread after the other. `coming` hears of what a worker tells, mostly
	 * PIPELINE_COMING records before its turn; NULL: nobody wants to know.
	 */
	void (*coming)(void *desk, const struct record *record);
	void (*record)(void *desk, const struct record *record);
	void (*tick)(void *desk, const struct tick *tick);
};

struct pipeline;
struct strand;

enum pipeline_threads {
	PIPELINE_NO_THREADS,  /* everything happens inside the readers' calls */
	PIPELINE_THREADS,     /* whoever waits does the desk's work meanwhile */
	PIPELINE_DESK_THREAD, /* the desk has a thread of its own besides */
};

struct pipeline *pipeline_new(
    const struct pipeline_stages *stages, enum pipeline_threads threads, void *desk);

/* Threads keep to these cores: workers from the second on, the desk to the last. First of all. */
void pipeline_pin(struct pipeline *pipeline, const struct pin_cores *cores);

/*
 * A strand of `fan` workers, whose contexts these are; it has a part in the phases that begin from
 * now on. NULL where threads or memory are short.
 */
struct strand *pipeline_open(struct pipeline *pipeline, unsigned fan, void *const *workers);

/* The next phase begins, in which every strand has a part that has not ended. */
void pipeline_phase(struct pipeline *pipeline);

/*
 * The strand's workers get threads of their own, or their work is done inside the reader's calls,
 * as it is to begin with. False where there is no thread to be had.
 */
bool strand_share(struct strand *strand, bool share);

/* --- the reader's ends. `index` is below strand_fan() --- */

unsigned strand_fan(const struct strand *strand);
struct lane *strand_worker_lane(const struct strand *strand, unsigned index);
struct lane *strand_desk_lane(const struct strand *strand);

/* Stamp a tick into every lane; `packets` were read in all. */
void strand_tick(struct strand *strand, const struct tick *tick, uint64_t packets);

/* The reader is further ahead of the desk with this strand than 1/part of what it may be. */
bool strand_is_ahead(const struct strand *strand, unsigned part);

/* Wait while it is too far ahead. */
void strand_hold(struct strand *strand);

/* Wait for the threads; the last tick of every strand must have been stamped with `end`. */
void pipeline_free(struct pipeline *pipeline);

#endif
