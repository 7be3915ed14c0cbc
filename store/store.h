/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores: where call records go while an analysis runs.
 *
 * Data in:    reports of ended calls, from the desk's thread.
 * Threading:  each store has a thread and a bounded queue of its own. With `wait` (offline) a
 *             full queue makes the caller wait for room; without (live) the record is dropped
 *             and counted, so a slow or dead store never slows capture.
 * Delivery:   at least once: after a broken connection the last records are sent again.
 * Ownership:  store_open() gives an object that store_close() frees.
 */
#ifndef TALKPATH_STORE_H
#define TALKPATH_STORE_H

#include "talkpath.h"

enum { STORE_QUEUE_MAX = 65536, STORE_BATCH = 256, STORE_ERROR_MAX = 256 };

struct store_options {
	const char *site, *probe; /* NULL: none */
	bool wait;
};

struct store_result {
	uint64_t written;            /* records */
	uint64_t lost;               /* dropped by a full queue, refused, or never delivered */
	char error[STORE_ERROR_MAX]; /* why the last one was lost; empty if none was */
};

/* How it is going meanwhile. */
struct store_state {
	bool connected;
	uint64_t queued, written, lost;
	char error[STORE_ERROR_MAX]; /* of the last failure; empty if there was none */
};

struct store;

/* Is this a URL of docs/stores.md? If not, *error says what it should be. */
bool store_understands(const char *url, char error[STORE_ERROR_MAX]);

/* A URL of docs/stores.md. NULL with *error where it is not understood. */
struct store *store_open(
    const char *url, const struct store_options *options, char error[STORE_ERROR_MAX]);

/* The call, and each finding that it has. */
void store_call(struct store *store, const struct tp_call_report *report);

/* A finding that no call was given with. */
void store_finding(struct store *store, const struct tp_finding *finding);

/* From any thread, before store_close(). */
void store_look(struct store *store, struct store_state *state);

/* Deliver what is queued, for a while, then give up. */
void store_close(struct store *store, struct store_result *result);

#endif
