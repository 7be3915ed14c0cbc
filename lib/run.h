/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: sources, readers, workers and desk joined into one way.
 *
 * Each vantage has a reader (reader.h). The captures that the user gave may turn out to be of one
 * vantage when they begin, so the run has phases: from the time that one begins to that of the
 * next, all readers go their way; between them it is decided which reader has what begins.
 *
 * With threads, one reader's packets are metered by workers in threads of their own. Several
 * readers with about as much to read each have a thread themselves, and do it all in it: that
 * costs no handing over. What comes out is the same, since only orders decide what the desk sees.
 *
 * Live sources and pipes are not read side by side: one reader merges all of them.
 */
#ifndef TALKPATH_RUN_H
#define TALKPATH_RUN_H

#include <pthread.h>

#include "desk.h"
#include "reader.h"
#include "talkpath.h"

enum { RUN_READERS_MAX = 1 << INTAKE_SIDE_BITS };

struct run_config {
	uint64_t key;               /* of all hashes */
	unsigned workers;           /* 0: in line */
	struct meter_limits limits; /* of each worker */
	unsigned vantage_count;
	bool together;                 /* one reader for all vantages */
	bool live;                     /* sources that do not wait */
	struct pin_cores cores;        /* that threads are kept to */
	struct capture_points *points; /* NULL: no capture holds what another one has */
	struct saver *saver;           /* NULL: no packet is kept; else `together` */
	const atomic_bool *stop;       /* set by tp_stop(), from any thread or signal handler */
	void (*progress)(void *context);
	void *context;
};

/* What was read of a source, as its reader told it last. */
struct run_progress {
	atomic_uint_fast64_t packets, octets, position;
};

struct run {
	struct run_config config;
	uint16_t vantages[MERGE_SOURCES_MAX]; /* of each capture; the owner's to set */
	struct run_progress progress[MERGE_SOURCES_MAX];
	struct pipeline *pipeline;
	unsigned reader_count;
	struct reader *readers[RUN_READERS_MAX];
	struct reader *of_vantage[MERGE_SOURCES_MAX];
	bool joined[MERGE_SOURCES_MAX]; /* captures that a reader has */
	int64_t origin_ns;
	/* While readers go their way in several threads. */
	pthread_mutex_t lock;
	unsigned reading; /* readers that are not done with the phase */
	unsigned crew;    /* threads */
};

/* Workers that suit this machine and what there is to read. */
unsigned run_workers_usual(struct source *const *sources, unsigned count);

/* False where threads or memory are short. */
bool run_init(struct run *run, const struct run_config *config,
    const struct pipeline_stages *stages, void *desk);

/* The stages of an analysis: meters, and a desk. */
extern const struct pipeline_stages run_stages;

/* Until every source has ended, or *stop. False where threads or memory are short. */
bool run_until_end(struct run *run, struct merge *merge);

/* What a live source and its reader did not measure, by place. False: it is none, or cannot tell.
 */
bool run_drops(const struct run *run, struct source *source, struct source_drops *out);

/* The threads are joined; readers keep their counts until run_fini(). */
void run_join(struct run *run);
void run_fini(struct run *run);

#endif
