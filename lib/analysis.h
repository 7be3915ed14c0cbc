/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is behind the handle of talkpath.h: analysis.c opens, runs and extracts, results.c tells
 * what came of it.
 *
 * Ownership: it owns its sources (by the merge), names, desk and run. Threading: the thread of
 * tp_run() alone, but for `stop`. Limits: MERGE_SOURCES_MAX captures.
 */
#ifndef TALKPATH_ANALYSIS_H
#define TALKPATH_ANALYSIS_H

#include "extract.h"
#include "live_board.h"
#include "report.h"
#include "run.h"
#include "saver.h"

struct tp_analysis {
	struct tp_options options;
	struct tp_handlers handlers;
	pthread_mutex_t thresholds_lock; /* live they may change while the desk is at work */
	struct thresholds thresholds;
	bool thresholds_renewed; /* since the desk looked last */
	char *site, *ladder;
	bool live, ran, stdin_taken;
	bool thorough; /* for tests: see desk_config */
	atomic_bool stop;
	atomic_bool full; /* tables are, and nobody was told yet */
	unsigned source_count;
	struct source *sources[MERGE_SOURCES_MAX];
	char *names[MERGE_SOURCES_MAX];
	unsigned path_count; /* files that sources came of, in the order of these */
	char *paths[MERGE_SOURCES_MAX];
	struct extract *extract;        /* NULL: none wanted */
	uint64_t key;                   /* of all hashes */
	bool absent[MERGE_SOURCES_MAX]; /* live: as was told last */
	struct saver *saver;            /* NULL: no call is saved */
	char *saver_folder;
	uint16_t vantage_of[MERGE_SOURCES_MAX];
	unsigned vantage_count;
	char *vantages[DESK_VANTAGES_MAX];
	bool vantage_named[DESK_VANTAGES_MAX]; /* by the user */
	struct capture_points *points;         /* NULL: each capture is where it was said to be */
	struct merge merge;
	struct lift_endpoints *endpoints; /* NULL: no source wants to know */
	struct desk *desk;
	struct run run;
	struct live_board board; /* of a live capture */
};

enum { DROP_PLACES = TP_LIVE_PLACES };

/* Packets of a live source that were never looked at, by place. By the thread of the sources. */
size_t drops_collect(
    const struct tp_analysis *analysis, uint16_t capture, struct tp_count out[DROP_PLACES]);

#endif
