/* SPDX-License-Identifier: Apache-2.0 */
#include "pin.h"

static void set_apply(const cpu_set_t *set)
{
	(void)sched_setaffinity(0, sizeof(*set), set);
}

void pin_begin(const struct pin_cores *cores, cpu_set_t *before)
{
	cpu_set_t all;

	CPU_ZERO(&all);
	for (unsigned i = 0; i < cores->count; i++) {
		CPU_SET(cores->list[i], &all);
	}
	if (cores->count > 0 && sched_getaffinity(0, sizeof(*before), before) == 0) {
		set_apply(&all);
	}
}

void pin_end(const struct pin_cores *cores, const cpu_set_t *before)
{
	if (cores->count > 0) {
		set_apply(before);
	}
}

void pin_turn(const struct pin_cores *cores, unsigned turn)
{
	cpu_set_t one;

	if (cores->count > 0) {
		CPU_ZERO(&one);
		CPU_SET(cores->list[turn % cores->count], &one);
		set_apply(&one);
	}
}
