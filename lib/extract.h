/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The packets of chosen calls, written to a file of their own: a second look at the captures.
 *
 * One pass decodes everything again and marks what concerns the calls, another writes what is
 * marked, in the order of the merge. The file appears under its name once it is whole; until
 * then it is PATH.part, which goes if anything fails.
 *
 * Ownership: extract_open() gives an object that extract_close() frees, with or without
 *            extract_run() between them.
 * Threading: one thread.
 */
#ifndef TALKPATH_EXTRACT_H
#define TALKPATH_EXTRACT_H

#include "extract_plan.h"
#include "merge.h"

struct extract;

/* What is to be read again. Everything is borrowed. */
struct extract_job {
	const struct extract_plan *plan;
	uint64_t key;
	unsigned path_count;
	char *const *paths; /* as they were opened, in that order */
	unsigned source_count;
	struct source *const *sources; /* what the analysis made of them */
	char *const *names;            /* of sources */
	const uint16_t *vantage_of;
	char *const *vantages;
	const atomic_bool *stop;
	void (*progress)(void *context, const struct tp_progress *progress); /* NULL: none */
	void *context;
};

/* Make the file. NULL with *error where that is impossible. */
struct extract *extract_open(const char *path, struct source_error *error);
const char *extract_path(const struct extract *extract);

/* False with *error: nothing was written. *fault: the capture that is to blame, or NULL. */
bool extract_run(struct extract *extract, const struct extract_job *job, const char **fault,
    struct source_error *error);

void extract_close(struct extract *extract);

#endif
