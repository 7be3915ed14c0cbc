/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reader: the captures of one vantage, from their files to the pipeline.
 *
 * What two vantages see has nothing in common before the desk: their flows, fragments and TCP
 * streams are apart, since the vantage is part of what these are known by. So each has a merge, an
 * intake and meters of its own, and readers work side by side, in one thread or in several.
 *
 * Data in:   the sources that its merge was lent. Data out: a strand of the pipeline.
 * Ownership: reader_open() gives an object that reader_free() frees; the strand is the pipeline's.
 * Threading: one thread at a time.
 */
#ifndef TALKPATH_READER_H
#define TALKPATH_READER_H

#include <stdatomic.h>

#include "capture_points.h"
#include "intake.h"
#include "merge.h"
#include "meter.h"
#include "overload.h"
#include "pipeline.h"
#include "saver.h"

enum { READER_STEP_BURSTS = 256 /* that reader_step() takes at most */ };

struct reader_config {
	uint64_t key;                  /* of all hashes */
	unsigned fan;                  /* meters */
	struct meter_limits limits;    /* of each */
	const uint16_t *vantages;      /* of each capture */
	unsigned side;                 /* its number among several: see intake_beside() */
	bool alone;                    /* there are no others, ever */
	bool live;                     /* its sources do not wait: it sheds, and does not block */
	int64_t origin_ns;             /* of all */
	struct capture_points *points; /* NULL: no capture holds what another one has */
	struct saver *saver;           /* has a look at every packet; NULL: none; else `alone` */
	const atomic_bool *stop;       /* set by tp_stop(), from any thread or signal handler */
};

enum reader_state {
	READER_READS,  /* there may be more */
	READER_PARKED, /* no more in this phase */
	READER_ENDED   /* no more, ever */
};

struct reader {
	struct reader_config config;
	enum reader_state state;
	bool taken;          /* by a thread: see run.c */
	struct merge *merge; /* `own`, or one that nothing is lent of */
	struct merge own;
	struct intake intake;
	uint64_t packets; /* taken so far */
	struct overload overload;
	struct live_clock clock; /* of live sources */
	struct meter *meters[PIPELINE_WORKERS_MAX];
	struct strand *strand;
	struct media_packet media[MEDIA_SLOTS * PACKET_BURST]; /* of a burst, to be dealt out */
};

/* NULL where threads or memory are short. */
struct reader *reader_open(const struct reader_config *config, struct pipeline *pipeline);

/* A phase begins: up to until_ns, behind all that had an order not greater than `behind`. */
void reader_begin(struct reader *reader, int64_t until_ns, uint64_t behind);

/* So many bursts, or until it has nothing more, was stopped, or is too far ahead of the desk. */
void reader_step(struct reader *reader);

/* Octets of its captures that were not read yet. */
uint64_t reader_octets_left(const struct reader *reader);

/* It will not be asked for more; what waited for it is handed on. */
void reader_end(struct reader *reader);

void reader_free(struct reader *reader);

#endif
