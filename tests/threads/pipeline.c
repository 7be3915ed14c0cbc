/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pipeline under load, with more workers than cores: every record arrives once and in
 * order, and rings, blocks and ticks are handed over without a race.
 */
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

static bool run(unsigned workers, unsigned tick_every)
{
	static const struct pipeline_stages stages = {work, take, tick};
	uint64_t seen[PIPELINE_WORKERS_MAX] = {0}, sum = 0;
	void *contexts[PIPELINE_WORKERS_MAX];
	struct tally tally = {0};
	struct pipeline *pipeline;

	for (unsigned i = 0; i < PIPELINE_WORKERS_MAX; i++) {
		contexts[i] = &seen[i];
	}
	pipeline = pipeline_new(&stages, workers, contexts, &tally);
	if (!pipeline) {
		return false;
	}
	for (uint64_t order = 1; order <= ITEMS; order++) {
		unsigned lane = (unsigned)(order * 2654435761U >> 9) % pipeline_fan(pipeline);
		struct item *item =
		    lane_reserve(pipeline_worker_lane(pipeline, lane), sizeof(*item));

		if (!item) {
			return false;
		}
		item->order = order;
		if (order % tick_every == 0) {
			pipeline_tick(pipeline, &(struct tick){.order = order});
		}
	}
	pipeline_tick(pipeline, &(struct tick){.order = ITEMS, .end = true});
	pipeline_free(pipeline);
	for (unsigned i = 0; i < PIPELINE_WORKERS_MAX; i++) {
		sum += seen[i];
	}
	return !tally.wrong && tally.records == ITEMS && sum == ITEMS &&
	       tally.ticks == ITEMS / tick_every + 1;
}

int main(void)
{
	/* Ticks of a few packets, of which the reader may run many ahead, and of very many. */
	static const struct {
		unsigned workers, tick_every;
	} runs[] = {{0, 1000}, {1, 10}, {1, 1000}, {1, 150000}, {3, 10}, {3, 1000}, {16, 1000},
	    {PIPELINE_WORKERS_MAX, 1000}};

	for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
		if (!run(runs[i].workers, runs[i].tick_every)) {
			(void)fprintf(stderr, "wrong with %u workers, a tick after %u\n",
			    runs[i].workers, runs[i].tick_every);
			return EXIT_FAILURE;
		}
	}
	return EXIT_SUCCESS;
}
