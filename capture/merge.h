/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sources as one, in the order of time.
 *
 * Within one source the order of its packets is kept, even where its clock steps back; between
 * sources the one whose next packet is earliest goes first, and with equal times the one that
 * was opened first. The order therefore depends on the input alone.
 *
 * Live sources are not waited for: what has come is merged.
 * Ownership: the merge closes its sources. Threading: one thread.
 */
#ifndef TALKPATH_MERGE_H
#define TALKPATH_MERGE_H

#include "source.h"

enum { MERGE_SOURCES_MAX = 64 };

struct merge_input {
	struct source *source;
	int next, count; /* packets of the burst handed on, and in it */
	int status;      /* of the last read: >= 0, SOURCE_END or SOURCE_FAILED */
	struct packet burst[PACKET_BURST];
};

struct merge {
	unsigned count;
	struct merge_input *inputs[MERGE_SOURCES_MAX];
};

void merge_init(struct merge *merge);

/* Takes over the source. False where there are MERGE_SOURCES_MAX already, or no memory. */
bool merge_add(struct merge *merge, struct source *source);

/* As source_read; SOURCE_END once every source has ended or failed. */
int merge_read(struct merge *merge, struct packet out[PACKET_BURST]);

/* Wait until a live source has something, or timeout_ms is over. Nothing to do for files. */
void merge_wait(const struct merge *merge, int timeout_ms);

void merge_fini(struct merge *merge);

#endif
