/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { LANES_MAX = PIPELINE_WORKERS_MAX + 1 };

static const unsigned no_limit = 1U << 30;

/*
 * What somebody is woken for. A worker for a quarter of what the reader may run ahead of it, the
 * reader for half of it; the desk mostly for ticks, which come as blocks of their own.
 */
enum {
	WAKE_WORKER_BLOCKS = PIPELINE_WORK_BLOCKS / 2,
	WAKE_READER_BLOCKS = PIPELINE_WORK_BLOCKS / 2,
	WAKE_DESK_BLOCKS = LANE_RING_SLOTS / 4
};

/* Blocks of one lane that wait for the desk, and where it stands in the first. */
struct queue {
	struct pipeline *pipeline;
	struct lane *lane;
	struct block *first, **last;
	uint32_t offset;
};

struct pipeline_worker {
	struct bell bell;
	struct pipeline *pipeline;
	void *context;
	struct lane *in, *out;
	pthread_t thread;
	bool started;
};

struct pipeline {
	struct bell desk_bell, reader_bell;
	struct pipeline_worker workers[PIPELINE_WORKERS_MAX];
	struct pipeline_stages stages;
	void *desk;
	pthread_t desk_thread;
	unsigned fan; /* workers, or 1 without threads */
	unsigned queue_count;
	struct lane *signalling; /* reader to desk */
	struct queue queues[LANES_MAX];
	uint64_t ticks_stamped;                         /* by the reader */
	uint64_t tick_orders[PIPELINE_TICKS_AHEAD + 1]; /* of the last ones; a ring */
	uint64_t ticks_awaited;                         /* by the reader; shared */
	uint64_t ticks_settled;                         /* by the desk; shared */
	bool threads, desk_started;
};

/* --- the desk: merging the lanes --- */

static void queue_push(struct queue *queue, struct block *block)
{
	block->next = NULL;
	*queue->last = block;
	queue->last = &block->next;
}

static void queue_pop(struct queue *queue)
{
	struct block *block = queue->first;

	queue->first = block->next;
	if (!queue->first) {
		queue->last = &queue->first;
	}
	queue->offset = 0;
	lane_give(queue->lane, block);
}

/* The next record before the tick, or NULL when the queue has come to it, or is empty. */
static const struct record *queue_head(struct queue *queue)
{
	while (queue->first && queue->offset == queue->first->used) {
		if (queue->first->tick) {
			return NULL;
		}
		queue_pop(queue);
	}
	return queue->first
		   ? (const struct record *)(const void *)(queue->first->data + queue->offset)
		   : NULL;
}

/* What was never settled, because the pipeline failed to start. */
static void queue_drain(struct queue *queue)
{
	while (queue->first) {
		queue_pop(queue);
	}
}

static bool record_before(const struct record *a, const struct record *b)
{
	return a->order != b->order ? a->order < b->order : a->sub < b->sub;
}

/* Which queue has the next record of all; NULL: none has one before the tick. */
static struct queue *queue_next(struct pipeline *pipeline, bool *empty)
{
	struct queue *next = NULL;
	const struct record *best = NULL;

	*empty = false;
	for (unsigned i = 0; i < pipeline->queue_count; i++) {
		const struct record *head = queue_head(&pipeline->queues[i]);

		*empty |= !pipeline->queues[i].first;
		if (head && (!best || record_before(head, best))) {
			best = head;
			next = &pipeline->queues[i];
		}
	}
	return next;
}

/*
 * Hand the desk what is there, in order. False where a queue is empty: what it gets may come
 * before what the others have. True: all have come to the tick.
 */
static bool records_settle(struct pipeline *pipeline)
{
	struct queue *from;
	bool empty;

	while ((from = queue_next(pipeline, &empty)) != NULL && !empty) {
		const struct record *record = queue_head(from);

		pipeline->stages.record(pipeline->desk, record);
		from->offset += record->octets;
	}
	return !empty;
}

/* The desk has everything up to the tick that all queues have come to. Returns true at the end. */
static bool epoch_close(struct pipeline *pipeline)
{
	const struct block *closing = pipeline->queues[0].first;
	struct tick tick = {closing->order, closing->time_ns, closing->end};

	for (unsigned i = 0; i < pipeline->queue_count; i++) {
		queue_pop(&pipeline->queues[i]);
	}
	pipeline->stages.tick(pipeline->desk, &tick);
	if (__atomic_add_fetch(&pipeline->ticks_settled, 1, __ATOMIC_SEQ_CST) >=
	    __atomic_load_n(&pipeline->ticks_awaited, __ATOMIC_SEQ_CST)) {
		bell_ring(&pipeline->reader_bell);
	}
	return tick.end;
}

static bool desk_has_blocks(void *argument)
{
	const struct pipeline *pipeline = argument;

	for (unsigned i = 0; i < pipeline->queue_count; i++) {
		if (lane_waits(pipeline->queues[i].lane)) {
			return true;
		}
	}
	return false;
}

static void *desk_main(void *argument)
{
	struct pipeline *pipeline = argument;

	for (;;) {
		bool idle = true;

		/* Every ring is emptied whatever is waited for, so no producer waits for the desk.
		 */
		for (unsigned i = 0; i < pipeline->queue_count; i++) {
			struct block *block = lane_take(pipeline->queues[i].lane);

			if (block) {
				queue_push(&pipeline->queues[i], block);
				idle = false;
			}
		}
		if (records_settle(pipeline)) {
			idle = false;
			if (epoch_close(pipeline)) {
				return NULL;
			}
		}
		if (idle) {
			bell_wait(&pipeline->desk_bell, desk_has_blocks, pipeline);
		}
	}
}

/* --- the workers --- */

static void work(struct pipeline_worker *worker, struct block *block)
{
	worker->pipeline->stages.work(worker->context, block, worker->out);
	if (block->tick) {
		lane_tick(worker->out, block->order, block->time_ns, block->end);
	}
}

static bool worker_has_blocks(void *argument)
{
	const struct pipeline_worker *worker = argument;

	return lane_waits(worker->in);
}

static void *worker_main(void *argument)
{
	struct pipeline_worker *worker = argument;

	for (;;) {
		struct block *block = lane_take(worker->in);
		bool end;

		if (!block) {
			bell_wait(&worker->bell, worker_has_blocks, worker);
			continue;
		}
		end = block->end;
		work(worker, block);
		lane_give(worker->in, block);
		if (end) {
			return NULL;
		}
	}
}

/* --- in line: the lanes deliver at once --- */

static void deliver_to_worker(void *context, struct block *block)
{
	struct pipeline_worker *worker = context;

	work(worker, block);
	lane_give(worker->in, block);
}

static void deliver_to_queue(void *context, struct block *block)
{
	struct queue *queue = context;

	queue_push(queue, block);
	if (records_settle(queue->pipeline)) {
		(void)epoch_close(queue->pipeline);
	}
}

/* --- set-up --- */

static bool queue_add(struct pipeline *pipeline, struct lane **lane)
{
	struct queue *queue = &pipeline->queues[pipeline->queue_count];

	*lane = lane_new(
	    PIPELINE_DESK_OCTETS, no_limit, pipeline->threads ? NULL : deliver_to_queue, queue);
	if (!*lane) {
		return false;
	}
	lane_set_bells(*lane,
	    &(struct lane_bells){.consumer = &pipeline->desk_bell, .passed = WAKE_DESK_BLOCKS});
	*queue = (struct queue){.pipeline = pipeline, .lane = *lane, .last = &queue->first};
	pipeline->queue_count++;
	return true;
}

static bool worker_init(struct pipeline *pipeline, unsigned index, void *context)
{
	struct pipeline_worker *worker = &pipeline->workers[index];

	worker->pipeline = pipeline;
	worker->context = context;
	worker->in = lane_new(PIPELINE_WORK_OCTETS, PIPELINE_WORK_BLOCKS,
	    pipeline->threads ? NULL : deliver_to_worker, worker);
	if (!worker->in) {
		return false;
	}
	lane_set_bells(worker->in, &(struct lane_bells){&worker->bell, &pipeline->reader_bell,
				       WAKE_WORKER_BLOCKS, WAKE_READER_BLOCKS});
	return queue_add(pipeline, &worker->out);
}

static bool threads_start(struct pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->fan; i++) {
		struct pipeline_worker *worker = &pipeline->workers[i];

		worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
		if (!worker->started) {
			return false;
		}
	}
	pipeline->desk_started =
	    pthread_create(&pipeline->desk_thread, NULL, desk_main, pipeline) == 0;
	return pipeline->desk_started;
}

static bool pipeline_init(struct pipeline *pipeline, void *const *workers)
{
	if (!queue_add(pipeline, &pipeline->signalling)) {
		return false;
	}
	for (unsigned i = 0; i < pipeline->fan; i++) {
		if (!worker_init(pipeline, i, workers[i])) {
			return false;
		}
	}
	return !pipeline->threads || threads_start(pipeline);
}

struct pipeline *pipeline_new(
    const struct pipeline_stages *stages, unsigned worker_count, void *const *workers, void *desk)
{
	struct pipeline *pipeline = aligned_alloc(_Alignof(struct pipeline), sizeof(*pipeline));

	if (!pipeline) {
		return NULL;
	}
	memset(pipeline, 0, sizeof(*pipeline));
	pipeline->stages = *stages;
	pipeline->desk = desk;
	pipeline->threads = worker_count > 0;
	pipeline->fan = worker_count > 0 ? worker_count : 1;
	if (!pipeline_init(pipeline, workers)) {
		/* Threads that did start wait for an end that must come. */
		for (unsigned i = 0; i < pipeline->fan && pipeline->workers[i].started; i++) {
			lane_tick(pipeline->workers[i].in, 0, 0, true);
		}
		pipeline_free(pipeline);
		return NULL;
	}
	return pipeline;
}

unsigned pipeline_fan(const struct pipeline *pipeline)
{
	return pipeline->fan;
}

struct lane *pipeline_worker_lane(const struct pipeline *pipeline, unsigned index)
{
	return pipeline->workers[index].in;
}

struct lane *pipeline_desk_lane(const struct pipeline *pipeline)
{
	return pipeline->signalling;
}

static bool is_settled(void *argument)
{
	const struct pipeline *pipeline = argument;

	return __atomic_load_n(&pipeline->ticks_settled, __ATOMIC_SEQ_CST) >=
	       pipeline->ticks_awaited;
}

/* Would the reader be further ahead than 1/part of what it may, with so many ticks settled? */
static bool is_ahead(const struct pipeline *pipeline, uint64_t settled, unsigned part)
{
	enum { SLOTS = PIPELINE_TICKS_AHEAD + 1 };
	const uint64_t *orders = pipeline->tick_orders;
	uint64_t ticks = pipeline->ticks_stamped - settled;

	return ticks > PIPELINE_TICKS_AHEAD / part ||
	       (ticks > 1 && orders[pipeline->ticks_stamped % SLOTS] - orders[settled % SLOTS] >
				 PIPELINE_ORDERS_AHEAD / part);
}

/* Where it is too far ahead the desk gets half of that done, so that neither waits often. */
static void reader_hold(struct pipeline *pipeline)
{
	uint64_t settled = __atomic_load_n(&pipeline->ticks_settled, __ATOMIC_ACQUIRE);

	if (!is_ahead(pipeline, settled, 1)) {
		return;
	}
	while (is_ahead(pipeline, settled, 2)) {
		settled++;
	}
	__atomic_store_n(&pipeline->ticks_awaited, settled, __ATOMIC_SEQ_CST);
	while (!is_settled(pipeline)) {
		bell_wait(&pipeline->reader_bell, is_settled, pipeline);
	}
}

void pipeline_tick(struct pipeline *pipeline, const struct tick *tick)
{
	/* The reader's records first: then the workers' are settled as they come. */
	lane_tick(pipeline->signalling, tick->order, tick->time_ns, tick->end);
	for (unsigned i = 0; i < pipeline->fan; i++) {
		lane_tick(pipeline->workers[i].in, tick->order, tick->time_ns, tick->end);
	}
	if (!pipeline->threads) {
		return;
	}
	pipeline->ticks_stamped++;
	pipeline->tick_orders[pipeline->ticks_stamped % (PIPELINE_TICKS_AHEAD + 1)] = tick->order;
	reader_hold(pipeline);
}

void pipeline_free(struct pipeline *pipeline)
{
	for (unsigned i = 0; i < pipeline->fan; i++) {
		if (pipeline->workers[i].started) {
			(void)pthread_join(pipeline->workers[i].thread, NULL);
		}
	}
	if (pipeline->desk_started) {
		(void)pthread_join(pipeline->desk_thread, NULL);
	}
	for (unsigned i = 0; i < pipeline->queue_count; i++) {
		queue_drain(&pipeline->queues[i]);
	}
	for (unsigned i = 0; i < pipeline->fan; i++) {
		lane_free(pipeline->workers[i].in);
		lane_free(pipeline->workers[i].out);
	}
	lane_free(pipeline->signalling);
	free(pipeline);
}
