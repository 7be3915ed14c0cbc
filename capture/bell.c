/* SPDX-License-Identifier: Apache-2.0 */
#include "bell.h"

#include <ck_pr.h>
#include <linux/futex.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A few microseconds: about what it costs to fall asleep and be woken. */
enum { SPINS = 256 };

/*
 * Neither side may miss the other. Both exchange the same word, so one of them is second: the
 * ringer, then it finds the sleeper; or the sleeper, then it sees what the ringer did before.
 */

void bell_wait(struct bell *bell, bool (*ready)(void *context), void *context)
{
	for (unsigned i = 0; i < SPINS; i++) {
		if (ready(context)) {
			return;
		}
		ck_pr_stall();
	}
	(void)__atomic_exchange_n(&bell->asleep, 1, __ATOMIC_ACQ_REL);
	if (ready(context)) {
		__atomic_store_n(&bell->asleep, 0, __ATOMIC_RELAXED);
		return;
	}
	while (__atomic_load_n(&bell->asleep, __ATOMIC_ACQUIRE)) {
		(void)syscall(SYS_futex, &bell->asleep, FUTEX_WAIT_PRIVATE, 1, NULL, NULL, 0);
	}
}

void bell_ring(struct bell *bell)
{
	if (__atomic_exchange_n(&bell->asleep, 0, __ATOMIC_ACQ_REL)) {
		(void)syscall(SYS_futex, &bell->asleep, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
	}
}
