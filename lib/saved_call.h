/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One call's packets, found in the spools and written to a file of their own.
 *
 * Media is found by the hashes of the call's streams. Everything else of the time of the call is
 * decoded once more, as for an extract of files (extract_marks.h), and what concerns it is taken.
 *
 * Ownership: saved_call_free() frees what saved_call_new() gave.
 * Threading: saved_call_new() in the desk's thread, the rest in that of the spools' other side.
 * Limits:    what the spools still have.
 */
#ifndef TALKPATH_SAVED_CALL_H
#define TALKPATH_SAVED_CALL_H

#include "extract_plan.h"
#include "saved_files.h"
#include "spool.h"

enum { SAVED_CODES_MAX = 200 };

struct saved_call {
	struct extract_plan *plan;
	int64_t time_ns;             /* of its first message */
	char *call_id;               /* NULL: it has none */
	char codes[SAVED_CODES_MAX]; /* of its critical findings */
};

/* Where the packets are, and where they came from. Everything is borrowed. */
struct saved_from {
	struct spool *signals, *media; /* what is no media has the hash 0 */
	uint64_t key;                  /* the desk's */
	unsigned capture_count;
	char *const *names; /* of captures */
	const uint16_t *vantage_of;
	char *const *vantages;
	void (*breathe)(void *context); /* now and then: others wait for this thread */
	void *context;
};

enum saved_outcome {
	SAVED_WHOLE,
	SAVED_CUT,    /* its beginning had been written over */
	SAVED_NONE,   /* nothing of it was there */
	SAVED_FAILED, /* errno says why */
};

/* NULL where memory is short. */
struct saved_call *saved_call_new(
    const struct desk *desk, const struct call *call, const char *codes);
void saved_call_free(struct saved_call *call);

enum saved_outcome saved_call_write(
    const struct saved_call *call, const struct saved_from *from, struct saved_files *files);

#endif
