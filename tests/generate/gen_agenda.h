/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Actors that know when they act next, in the order of time: packets of many calls and flows come
 * out in order without being held.
 */
#ifndef TALKPATH_GEN_AGENDA_H
#define TALKPATH_GEN_AGENDA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gen_actor {
	int64_t next_ns;
	/* Act, and set when to act again. False: never. */
	bool (*act)(void *self, int64_t *next_ns);
	void *self;
};

struct gen_agenda {
	size_t count, room;
	struct gen_actor *heap;
};

void gen_agenda_add(struct gen_agenda *agenda, struct gen_actor actor);

/* Until nobody acts any more; what the agenda held is freed. */
void gen_agenda_run(struct gen_agenda *agenda);

#endif
