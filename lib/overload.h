/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Live, more may come than can be measured. Then media is shed before signalling is, and counted:
 * a reader that waited for a worker would have the kernel drop whatever comes, messages too.
 *
 * What was shed, or dropped by a source, looks like loss on the network. So the desk is told of the
 * time in which that was, and holds no loss of that time against anybody.
 *
 * Data in:   media that was shed; the sources' counters. Data out: records for the desk, at ticks.
 * Threading: its reader's.
 */
#ifndef TALKPATH_OVERLOAD_H
#define TALKPATH_OVERLOAD_H

#include "intake.h"
#include "live_clock.h"
#include "merge.h"

/* Why, and where it is counted: see source_drops. */
enum shed { SHED_NOT, SHED_RING, SHED_WORKER };

struct overload {
	struct overload_capture {
		uint64_t ring, worker; /* packets shed */
		uint64_t told;         /* dropped and shed, as the desk was told last */
		uint32_t absences;     /* of its interface, as the desk was told last */
		int64_t since_ns;      /* nothing was missing until then; 0: not looked yet */
	} captures[MERGE_SOURCES_MAX];
};

/* These packets are not measured. */
void overload_shed(struct overload *overload, enum shed place, const struct media_packet *from,
    const struct media_packet *to);

/* At a tick: what is missing since the last one. */
void overload_tell(struct overload *overload, const struct merge *merge,
    const struct live_clock *clock, struct intake *intake, const struct record_sink *desk);

/* Adds what was shed of a capture. */
void overload_drops(const struct overload *overload, uint16_t capture, struct source_drops *drops);

#endif
