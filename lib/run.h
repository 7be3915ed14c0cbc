/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: sources, reader, workers and desk joined into one way.
 *
 * The reader is the calling thread: it takes bursts from the merge, lets the intake decode
 * them, hands media to the worker its flow belongs to, and stamps ticks.
 */
#ifndef TALKPATH_RUN_H
#define TALKPATH_RUN_H

#include <stdatomic.h>

#include "capture_points.h"
#include "desk.h"
#include "intake.h"
#include "merge.h"
#include "meter.h"
#include "pipeline.h"
#include "talkpath.h"

struct run_config {
	unsigned workers;           /* 0: in line */
	struct meter_limits limits; /* of each worker */
	bool live;
	struct capture_points *points; /* NULL: no capture holds what another one has */
	const atomic_bool *stop;       /* set by tp_stop(), from any thread or signal handler */
	void (*progress)(void *context);
	void *context;
};

struct run {
	struct run_config config;
	struct intake intake;
	struct desk *desk;
	struct meter *meters[PIPELINE_WORKERS_MAX];
	unsigned meter_count;
	struct pipeline *pipeline;
	struct media_packet media[MEDIA_SLOTS * PACKET_BURST]; /* of a burst, to be dealt out */
};

/* Workers that suit this machine and what there is to read. */
unsigned run_workers_usual(struct source *const *sources, unsigned count);

/* The intake is the caller's to prepare. False where threads or memory are short. */
bool run_init(struct run *run, const struct run_config *config, struct desk *desk);

/* Until every source has ended, or *stop. */
void run_until_end(struct run *run, struct merge *merge);

/* The threads are joined; meters and intake keep their counts until run_fini(). */
void run_join(struct run *run);
void run_fini(struct run *run);

#endif
