/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline under load, with more workers than cores: every record arrives once and in
 * order, and rings, blocks and ticks are handed over without a race. The same of several strands,
 * whose readers work at once, from phase to phase.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "pipeline.h"

enum { ITEMS = 300000 };

struct item {
	uint64_t order;
};

struct tally {
	uint64_t records, order, ticks;
	bool wrong;
};

static void work(void *worker, const struct block *block, struct lane *desk)
{
	const struct item *items = (const struct item *)(const void *)block->data;
	uint64_t *seen = worker;

	for (size_t i = 0; i < block->used / sizeof(*items); i++) {
		struct record *record = lane_reserve(desk, sizeof(*record));

		if (record) {
			*record = (struct record){items[i].order, 0, sizeof(*record), 0};
		}
		++*seen;
	}
}

static void take(void *desk, const struct record *record)
{
	struct tally *tally = desk;

	tally->wrong |= record->order != tally->order + 1;
	tally->order = record->order;
	tally->records++;
}

static void tick(void *desk, const struct tick *t)
{
	struct tally *tally = desk;

	tally->wrong |= t->order != tally->order;
	tally->ticks++;
}

/* Nothing went wrong, and everything arrived. */
static bool is_complete(const struct tally *tally, uint64_t records, uint64_t ticks)
{
	return !tally->wrong && tally->records == records && tally->ticks == ticks;
}

static bool run(enum pipeline_threads threads, unsigned workers, unsigned tick_every)
{
	static const struct pipeline_stages stages = {work, NULL, take, tick};
	uint64_t seen[PIPELINE_WORKERS_MAX] = {0}, sum = 0;
	void *contexts[PIPELINE_WORKERS_MAX];
	struct tally tally = {0};
	struct pipeline *pipeline = pipeline_new(&stages, threads, &tally);
	struct strand *strand;

	for (unsigned i = 0; i < PIPELINE_WORKERS_MAX; i++) {
		contexts[i] = &seen[i];
	}
	strand = pipeline ? pipeline_open(pipeline, workers ? workers : 1, contexts) : NULL;
	if (!strand || !strand_share(strand, workers > 0)) {
		return false;
	}
	pipeline_phase(pipeline);
	for (uint64_t order = 1; order <= ITEMS; order++) {
		unsigned lane = (unsigned)(order * 2654435761U >> 9) % strand_fan(strand);
		struct item *item = lane_reserve(strand_worker_lane(strand, lane), sizeof(*item));

		if (!item) {
			return false;
		}
		item->order = order;
		if (order % tick_every == 0) {
			strand_tick(strand, &(struct tick){.order = order}, order);
			strand_hold(strand);
		}
	}
	strand_tick(strand, &(struct tick){.order = ITEMS, .end = true}, ITEMS);
	pipeline_free(pipeline);
	for (unsigned i = 0; i < PIPELINE_WORKERS_MAX; i++) {
		sum += seen[i];
	}
	return sum == ITEMS && is_complete(&tally, ITEMS, ITEMS / tick_every + 1);
}

/* --- several strands: each reader has every STRANDS-th item --- */

enum { STRANDS = 3, PHASES = 6, PHASE_ITEMS = 30000, STRAND_TICK = 100 };

struct feeder {
	struct strand *strand;
	uint64_t seen, from, to; /* orders of a phase */
	unsigned number;
	bool failed;
};

static void *feed(void *argument)
{
	struct feeder *feeder = argument;
	struct tick tick = {.bare = true};

	for (uint64_t order = feeder->from; order <= feeder->to; order++) {
		struct item *item;

		if (order % STRANDS != feeder->number) {
			continue;
		}
		item = lane_reserve(strand_worker_lane(feeder->strand, 0), sizeof(*item));
		feeder->failed |= !item;
		if (item) {
			item->order = order;
		}
		if (order % STRAND_TICK == 0) {
			tick.order = order;
			strand_tick(feeder->strand, &tick, order);
			strand_hold(feeder->strand);
		}
	}
	tick.order = feeder->to;
	tick.end = feeder->to == (uint64_t)PHASES * PHASE_ITEMS;
	tick.park = !tick.end;
	strand_tick(feeder->strand, &tick, feeder->to);
	return NULL;
}

/* Every other strand's worker has a thread of its own, in turn. */
static bool phase_run(struct pipeline *pipeline, struct feeder *feeders, unsigned phase)
{
	pthread_t threads[STRANDS];

	pipeline_phase(pipeline);
	for (unsigned i = 0; i < STRANDS; i++) {
		feeders[i].from = (uint64_t)phase * PHASE_ITEMS + 1;
		feeders[i].to = (uint64_t)(phase + 1) * PHASE_ITEMS;
		if (!strand_share(feeders[i].strand, (phase + i) % 2 == 0) ||
		    pthread_create(&threads[i], NULL, feed, &feeders[i]) != 0) {
			return false;
		}
	}
	for (unsigned i = 0; i < STRANDS; i++) {
		(void)pthread_join(threads[i], NULL);
	}
	return true;
}

static bool run_strands(enum pipeline_threads threads)
{
	static const struct pipeline_stages stages = {work, NULL, take, tick};
	struct feeder feeders[STRANDS] = {0};
	struct tally tally = {0};
	struct pipeline *pipeline = pipeline_new(&stages, threads, &tally);
	bool sound = pipeline != NULL;

	for (unsigned i = 0; sound && i < STRANDS; i++) {
		feeders[i].number = i;
		feeders[i].strand = pipeline_open(pipeline, 1, (void *const[]){&feeders[i].seen});
		sound = feeders[i].strand != NULL;
	}
	for (unsigned phase = 0; sound && phase < PHASES; phase++) {
		sound = phase_run(pipeline, feeders, phase);
	}
	if (!sound) {
		return false;
	}
	pipeline_free(pipeline);
	for (unsigned i = 0; i < STRANDS; i++) {
		sound &= !feeders[i].failed && feeders[i].seen == PHASES * PHASE_ITEMS / STRANDS;
	}
	return sound && is_complete(&tally, (uint64_t)PHASES * PHASE_ITEMS, 1);
}

static bool run_all(enum pipeline_threads threads)
{
	/* Ticks of a few packets, of which the reader may run many ahead, and of very many. */
	static const struct {
		unsigned workers, tick_every;
	} runs[] = {{1, 10}, {1, 1000}, {1, 150000}, {3, 10}, {3, 1000}, {16, 1000},
	    {PIPELINE_WORKERS_MAX, 1000}};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (!run(threads, runs[i].workers, runs[i].tick_every)) {
			(void)fprintf(stderr, "wrong with %u workers, a tick after %u\n",
			    runs[i].workers, runs[i].tick_every);
			return false;
		}
	}
	if (!run_strands(threads)) {
		(void)fprintf(stderr, "wrong with several strands\n");
		return false;
	}
	return true;
}

int main(void)
{
	if (!run(PIPELINE_NO_THREADS, 0, 1000)) {
		(void)fprintf(stderr, "wrong without threads\n");
		return EXIT_FAILURE;
	}
	return run_all(PIPELINE_THREADS) && run_all(PIPELINE_DESK_THREAD) ? EXIT_SUCCESS
									  : EXIT_FAILURE;
}
