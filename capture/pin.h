/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads kept to cores: where many packets a second are read, one that is moved about finds
 * neither its caches nor its core free when it is needed.
 *
 * Data in: numbers of cores. Ownership: lists are borrowed. Threading: each function concerns the
 * thread that calls it. What the kernel refuses is left as it is.
 */
#ifndef TALKPATH_PIN_H
#define TALKPATH_PIN_H

#include <sched.h>

struct pin_cores {
	const unsigned *list;
	unsigned count; /* 0: threads are where the kernel wants them */
};

/* This thread, and those that it will make, run on these cores only; *before: what held so far. */
void pin_begin(const struct pin_cores *cores, cpu_set_t *before);
void pin_end(const struct pin_cores *cores, const cpu_set_t *before);

/* This one runs on the core that is its turn's; behind the last core they begin again. */
void pin_turn(const struct pin_cores *cores, unsigned turn);

#endif
