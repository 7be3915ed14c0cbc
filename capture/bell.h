/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bell wakes the one thread that has nothing to do until others have done something.
 *
 * Whoever waits looks again for a short while and then sleeps in the kernel: a thread that
 * spun on would keep the one it waits for from its core, as soon as there are more threads than
 * free cores. Whoever rings pays one atomic exchange where nobody sleeps, and a system call
 * where somebody does; so it rings when there is something worth waking for, not every time.
 *
 * Threading: one thread waits, any may ring. What was done before bell_ring() is seen by
 *            `ready` after it.
 */
#ifndef TALKPATH_BELL_H
#define TALKPATH_BELL_H

#include <stdbool.h>
#include <stdint.h>

struct bell {
	_Alignas(64) uint32_t asleep; /* 0, or 1 while its thread sleeps or is about to */
};

/* Until `ready`, or the bell is rung: look then whether there is something to do. */
void bell_wait(struct bell *bell, bool (*ready)(void *context), void *context);

void bell_ring(struct bell *bell);

#endif
