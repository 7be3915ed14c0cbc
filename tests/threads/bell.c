/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A bell is never missed: two threads that take turns, each asleep until the other is done, and
 * one that many ring at once. A ring that got lost would leave them asleep for ever.
 */
#include <ck_pr.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "bell.h"

enum { TURNS = 20000, RINGERS = 4, RINGS = 5000 };

struct table {
	struct bell bells[2];
	uint32_t turn; /* whose it is: odd or even; shared */
};

struct player {
	struct table *table;
	uint32_t side, pause;
};

static bool is_my_turn(void *argument)
{
	const struct player *player = argument;

	return __atomic_load_n(&player->table->turn, __ATOMIC_ACQUIRE) % 2 == player->side;
}

static void *play(void *argument)
{
	struct player *player = argument;
	struct table *table = player->table;

	for (unsigned i = 0; i < TURNS; i++) {
		while (!is_my_turn(player)) {
			bell_wait(&table->bells[player->side], is_my_turn, player);
		}
		/* Now and then so long that the other one falls asleep, or is about to. */
		for (unsigned k = 0; k < i % 64 * player->pause; k++) {
			ck_pr_stall();
		}
		__atomic_add_fetch(&table->turn, 1, __ATOMIC_RELEASE);
		bell_ring(&table->bells[!player->side]);
	}
	return NULL;
}

static bool turns(void)
{
	static struct table table;
	struct player players[2] = {{&table, 0, 3}, {&table, 1, 5}};
	pthread_t other;

	if (pthread_create(&other, NULL, play, &players[1]) != 0) {
		return false;
	}
	(void)play(&players[0]);
	(void)pthread_join(other, NULL);
	return table.turn == 2 * TURNS;
}

struct crowd {
	struct bell bell;
	uint32_t rings; /* shared */
};

static bool all_have_rung(void *argument)
{
	const struct crowd *crowd = argument;

	return __atomic_load_n(&crowd->rings, __ATOMIC_ACQUIRE) == RINGERS * RINGS;
}

static void *ring(void *argument)
{
	struct crowd *crowd = argument;

	for (unsigned i = 0; i < RINGS; i++) {
		__atomic_add_fetch(&crowd->rings, 1, __ATOMIC_RELEASE);
		bell_ring(&crowd->bell);
	}
	return NULL;
}

static bool many(void)
{
	static struct crowd crowd;
	pthread_t threads[RINGERS];

	for (unsigned i = 0; i < RINGERS; i++) {
		if (pthread_create(&threads[i], NULL, ring, &crowd) != 0) {
			return false;
		}
	}
	while (!all_have_rung(&crowd)) {
		bell_wait(&crowd.bell, all_have_rung, &crowd);
	}
	for (unsigned i = 0; i < RINGERS; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	return true;
}

int main(void)
{
	if (!turns() || !many()) {
		(void)fprintf(stderr, "bells are missed, or threads short\n");
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
