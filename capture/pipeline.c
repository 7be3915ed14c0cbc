/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

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
	bool tells;      /* the desk wants to hear of what comes */
	uint32_t coming; /* the record of the first block that the desk hears of next */
	uint32_t heard;  /* records before that whose turn has not come */
};

struct pipeline_worker {
	struct bell bell;
	struct bell told; /* whoever does its work, while the desk has too much of it */
	struct pipeline *pipeline;
	void *context;
	struct lane *in, *out;
	unsigned number; /* in its strand */
	pthread_t thread;
	bool started;
	bool alone;           /* of its strand */
	bool quit;            /* by whoever frees it; shared */
	uint64_t blocks_done; /* shared */
};

struct strand {
	struct bell bell; /* its reader's */
	struct pipeline *pipeline;
	struct pipeline_worker *workers;
	struct lane *signalling; /* reader to desk */
	struct queue queues[PIPELINE_WORKERS_MAX + 1];
	unsigned fan, queue_count;
	/* the reader's */
	uint64_t ticks_stamped;
	uint64_t tick_loads[PIPELINE_TICKS_AHEAD + 1]; /* of the last ones; a ring */
	uint64_t ticks_awaited;                        /* shared */
	/* the desk's */
	uint64_t ticks_settled; /* shared */
	uint64_t least;         /* no record of a lesser order is to come */
	uint64_t parked;        /* the phase in which it parked last */
	bool ended;             /* shared */
	bool shared;            /* the reader's: the workers have threads */
};

struct pipeline {
	struct bell desk_bell;
	struct pipeline_stages stages;
	struct pin_cores cores;
	void *desk;
	pthread_t desk_thread;
	bool threads;
	bool desk_apart, desk_started; /* it has a thread of its own; which runs */
	bool desk_taken;               /* by a thread; shared */
	bool desk_left;        /* with something to do that its lanes no longer hold; shared */
	unsigned strand_count; /* shared, by `phase` */
	struct strand *strands[PIPELINE_STRANDS_MAX];
	uint64_t phase; /* shared */
	/* the desk's */
	unsigned strands_ended;
	int64_t now_ns;
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
	queue->offset = queue->coming = queue->heard = 0;
	lane_give(queue->lane, block);
}

/* The next record before the tick, or NULL when the queue has come to it, or is empty. */
static const struct record *queue_head(struct queue *queue)
{
	while (queue->first && queue->offset == queue->first->used) {
		if (queue->first->closed) {
			return NULL;
		}
		queue_pop(queue);
	}
	return queue->first
		   ? (const struct record *)(const void *)(queue->first->data + queue->offset)
		   : NULL;
}

/* The desk hears of what comes, as far as the block goes. */
static void coming_tell(struct queue *queue)
{
	const struct pipeline *pipeline = queue->pipeline;
	const struct block *block = queue->first;

	while (queue->heard < PIPELINE_COMING && queue->coming < block->used) {
		const struct record *record =
		    (const struct record *)(const void *)(block->data + queue->coming);

		pipeline->stages.coming(pipeline->desk, record);
		queue->coming += record->octets;
		queue->heard++;
	}
}

/* The head of a queue is settled. */
static void head_settle(struct queue *queue)
{
	const struct pipeline *pipeline = queue->pipeline;
	const struct record *record = queue_head(queue);

	if (queue->tells) {
		coming_tell(queue);
		queue->heard--;
	}
	pipeline->stages.record(pipeline->desk, record);
	queue->offset += record->octets;
}

/* What was never settled, because the pipeline failed to start. */
static void queue_drain(struct queue *queue)
{
	while (queue->first) {
		queue_pop(queue);
	}
}

/* What comes next of a strand. */
struct event {
	struct strand *strand; /* NULL: nothing comes of any */
	struct queue *queue;   /* that has its record; NULL: it is a tick */
	uint64_t order, sub;
	bool known; /* else that is the least it can be */
};

static bool event_before(const struct event *a, const struct event *b)
{
	return a->order != b->order ? a->order < b->order : a->sub < b->sub;
}

/* Of the lanes' heads the least; nothing is known where a lane has none. */
static struct event event_of(struct strand *strand)
{
	struct event next = {
	    .strand = strand, .order = UINT64_MAX, .sub = UINT64_MAX, .known = true};

	for (unsigned i = 0; i < strand->queue_count; i++) {
		struct queue *queue = &strand->queues[i];
		const struct record *head = queue_head(queue);
		struct event event = {.strand = strand, .queue = queue, .known = true};

		if (!queue->first) {
			return (struct event){.strand = strand, .order = strand->least};
		}
		if (head) {
			event.order = head->order;
			event.sub = head->sub;
			next = event_before(&event, &next) ? event : next;
		}
	}
	if (!next.queue) {
		next.order = strand->queues[0].first->tick.order;
	}
	return next;
}

/* It has ended; or, without blocks, waits for the next phase. */
static bool is_away(const struct strand *strand)
{
	if (strand->ended) {
		return true;
	}
	if (strand->parked != __atomic_load_n(&strand->pipeline->phase, __ATOMIC_ACQUIRE)) {
		return false;
	}
	for (unsigned i = 0; i < strand->queue_count; i++) {
		if (strand->queues[i].first) {
			return false;
		}
	}
	return true;
}

/* The next event of all, and what it has to come before to be it. */
static struct event event_next(const struct pipeline *pipeline, struct event *behind)
{
	struct event next = {.order = UINT64_MAX, .sub = UINT64_MAX};
	unsigned count = __atomic_load_n(&pipeline->strand_count, __ATOMIC_ACQUIRE);

	*behind = next;
	for (unsigned i = 0; i < count; i++) {
		struct event event;

		if (is_away(pipeline->strands[i])) {
			continue;
		}
		event = event_of(pipeline->strands[i]);
		if (!next.strand || event_before(&event, &next)) {
			*behind = next;
			next = event;
		} else if (!behind->strand || event_before(&event, behind)) {
			*behind = event;
		}
	}
	return next;
}

/* The desk has everything of the strand up to its tick. */
static void epoch_close(struct strand *strand)
{
	struct pipeline *pipeline = strand->pipeline;
	struct tick tick = strand->queues[0].first->tick;
	uint64_t settled;

	for (unsigned i = 0; i < strand->queue_count; i++) {
		queue_pop(&strand->queues[i]);
	}
	strand->least = tick.order + 1;
	strand->parked += tick.park; /* once in each phase, which may be over by now */
	pipeline->strands_ended += tick.end;
	if (tick.time_ns > pipeline->now_ns) {
		pipeline->now_ns = tick.time_ns;
	}
	/* The end of all is that of the last one. */
	tick.time_ns = pipeline->now_ns;
	if (tick.end ? pipeline->strands_ended == pipeline->strand_count : !tick.bare) {
		pipeline->stages.tick(pipeline->desk, &tick);
	}
	__atomic_store_n(&strand->ended, tick.end, __ATOMIC_RELEASE);
	settled = __atomic_add_fetch(&strand->ticks_settled, 1, __ATOMIC_SEQ_CST);
	if (tick.end || settled >= __atomic_load_n(&strand->ticks_awaited, __ATOMIC_SEQ_CST)) {
		bell_ring(&strand->bell);
	}
}

/* What somebody waits for. NULL: nothing. */
struct wish {
	bool (*is_met)(void *context);
	void *context;
};

static bool is_met(const struct wish *wish)
{
	return wish->is_met && wish->is_met(wish->context);
}

/*
 * Hand the desk what is there, in order, until nobody knows what comes next; or until the wish is
 * met: then it is false.
 */
static bool settle(struct pipeline *pipeline, const struct wish *wish)
{
	struct event next, behind;

	while ((next = event_next(pipeline, &behind)).strand && next.known) {
		bool is_record;

		do {
			if (is_met(wish)) {
				return false;
			}
			is_record = next.queue != NULL;
			if (is_record) {
				head_settle(next.queue);
				next = event_of(next.strand);
			} else {
				epoch_close(next.strand);
			}
		} while (is_record && next.known && event_before(&next, &behind));
	}
	return true;
}

static bool all_ended(const struct pipeline *pipeline)
{
	unsigned count = __atomic_load_n(&pipeline->strand_count, __ATOMIC_ACQUIRE);

	return count > 0 && pipeline->strands_ended == count;
}

static bool desk_has_blocks(void *argument)
{
	const struct pipeline *pipeline = argument;
	unsigned count = __atomic_load_n(&pipeline->strand_count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < count; i++) {
		const struct strand *strand = pipeline->strands[i];

		for (unsigned k = 0; k < strand->queue_count; k++) {
			if (lane_waits(strand->queues[k].lane)) {
				return true;
			}
		}
	}
	return false;
}

/* A block of each lane that has one. */
static void blocks_take(struct pipeline *pipeline)
{
	unsigned count = __atomic_load_n(&pipeline->strand_count, __ATOMIC_ACQUIRE);

	for (unsigned i = 0; i < count; i++) {
		struct strand *strand = pipeline->strands[i];

		for (unsigned k = 0; k < strand->queue_count; k++) {
			struct block *block = lane_take(strand->queues[k].lane);

			if (block) {
				queue_push(&strand->queues[k], block);
			}
		}
	}
}

/* --- who does the desk's work --- */

static bool desk_has_work(void *argument)
{
	struct pipeline *pipeline = argument;

	return __atomic_load_n(&pipeline->desk_left, __ATOMIC_SEQ_CST) || desk_has_blocks(pipeline);
}

/*
 * All that there is for the desk, or until the wish is met. False where there is nothing, or
 * another thread is at it. Both exchange the same word, so that one sees what was there before,
 * and looks again when it has left: nothing stays behind unseen.
 */
static bool desk_work(struct pipeline *pipeline, const struct wish *wish)
{
	bool worked = false;

	while (desk_has_work(pipeline) && !is_met(wish) &&
	       !__atomic_exchange_n(&pipeline->desk_taken, true, __ATOMIC_SEQ_CST)) {
		bool settled;

		blocks_take(pipeline);
		settled = settle(pipeline, wish);
		__atomic_store_n(&pipeline->desk_left, !settled, __ATOMIC_SEQ_CST);
		(void)__atomic_exchange_n(&pipeline->desk_taken, false, __ATOMIC_SEQ_CST);
		worked = true;
	}
	return worked;
}

/* A thread that waits. */
struct idler {
	struct pipeline *pipeline;
	struct wish wish;
};

static bool idler_has_reason(void *argument)
{
	const struct idler *idler = argument;
	struct pipeline *pipeline = idler->pipeline;

	return is_met(&idler->wish) ||
	       (!pipeline->desk_apart && desk_has_work(pipeline) &&
		   !__atomic_load_n(&pipeline->desk_taken, __ATOMIC_SEQ_CST));
}

/*
 * Until the wish is met, or sooner: the desk's work, where it has no thread of its own and no other
 * is at it; else sleep.
 */
static void idle(struct pipeline *pipeline, struct bell *bell, struct wish wish)
{
	struct idler idler = {pipeline, wish};

	if (pipeline->desk_apart || !desk_work(pipeline, &wish)) {
		bell_wait(bell, idler_has_reason, &idler);
	}
}

static void *desk_main(void *argument)
{
	struct pipeline *pipeline = argument;
	const struct wish none = {0};

	pin_turn(&pipeline->cores, pipeline->cores.count - 1);
	/* Every ring is emptied whatever is waited for, so no producer waits for the desk. */
	while (!all_ended(pipeline)) {
		if (!desk_work(pipeline, &none)) {
			bell_wait(&pipeline->desk_bell, desk_has_work, pipeline);
		}
	}
	return NULL;
}

/* --- the workers --- */

static bool worker_has_work(void *argument)
{
	const struct pipeline_worker *worker = argument;

	return lane_waits(worker->in) || __atomic_load_n(&worker->quit, __ATOMIC_ACQUIRE);
}

/*
 * At a tick each stream may be told of, at the end all of them are. The reader's tick is with the
 * desk by then, so that it needs nothing but what the workers tell: they can wait for it, each in
 * a thread of its own, and what they have told does not pile up.
 */
static bool can_wait(const struct pipeline_worker *worker)
{
	const struct pipeline *pipeline = worker->pipeline;

	/* With several strands the desk may need one that has no reader at the time. */
	return pipeline->threads && (worker->alone || !worker->in->deliver) &&
	       __atomic_load_n(&pipeline->strand_count, __ATOMIC_ACQUIRE) == 1;
}

/* Once it is told of as done, its reader may do without this thread. */
static void work(struct pipeline_worker *worker, struct block *block)
{
	struct tick tick = block->tick;
	bool closed = block->closed;

	lane_hold(worker->out, closed && can_wait(worker) ? PIPELINE_TOLD_AHEAD : 0);
	worker->pipeline->stages.work(worker->context, block, worker->out);
	lane_give(worker->in, block);
	if (closed) {
		lane_tick(worker->out, &tick);
	}
	(void)__atomic_add_fetch(&worker->blocks_done, 1, __ATOMIC_RELEASE);
}

static void *worker_main(void *argument)
{
	struct pipeline_worker *worker = argument;

	pin_turn(&worker->pipeline->cores, worker->number + 1);
	while (!__atomic_load_n(&worker->quit, __ATOMIC_ACQUIRE)) {
		struct block *block = lane_take(worker->in);

		if (block) {
			work(worker, block);
		} else {
			idle(worker->pipeline, &worker->bell,
			    (struct wish){worker_has_work, worker});
		}
	}
	return NULL;
}

/* --- in line: the lanes deliver at once --- */

static void deliver_to_worker(void *context, struct block *block)
{
	work(context, block);
}

static void deliver_to_queue(void *context, struct block *block)
{
	struct queue *queue = context;

	queue_push(queue, block);
	(void)settle(queue->pipeline, &(struct wish){0});
}

/* --- set-up --- */

/* Who does the desk's work if nobody else can: its own thread, or the strand's reader. */
static struct bell *desk_bell(struct strand *strand)
{
	return strand->pipeline->desk_apart ? &strand->pipeline->desk_bell : &strand->bell;
}

static void reader_wait(void *context, bool (*ready)(void *lane), void *lane)
{
	struct strand *strand = context;

	idle(strand->pipeline, &strand->bell, (struct wish){ready, lane});
}

static void told_wait(void *context, bool (*ready)(void *lane), void *lane)
{
	struct pipeline_worker *worker = context;

	idle(worker->pipeline, &worker->told, (struct wish){ready, lane});
}

static bool queue_add(
    struct strand *strand, struct lane **lane, const struct lane_bells *bells, bool tells)
{
	struct pipeline *pipeline = strand->pipeline;
	struct queue *queue = &strand->queues[strand->queue_count];

	*lane = lane_new(
	    PIPELINE_DESK_OCTETS, no_limit, pipeline->threads ? NULL : deliver_to_queue, queue);
	if (!*lane) {
		return false;
	}
	lane_set_bells(*lane, bells);
	*queue = (struct queue){
	    .pipeline = pipeline, .lane = *lane, .last = &queue->first, .tells = tells};
	strand->queue_count++;
	return true;
}

static bool worker_init(struct strand *strand, unsigned index, void *context)
{
	struct pipeline_worker *worker = &strand->workers[index];

	worker->pipeline = strand->pipeline;
	worker->context = context;
	worker->number = index;
	worker->in =
	    lane_new(PIPELINE_WORK_OCTETS, PIPELINE_WORK_BLOCKS, deliver_to_worker, worker);
	if (!worker->in) {
		return false;
	}
	lane_set_bells(
	    worker->in, &(struct lane_bells){&worker->bell, &strand->bell, WAKE_WORKER_BLOCKS,
			    WAKE_READER_BLOCKS, reader_wait, strand});
	return queue_add(strand, &worker->out,
	    &(struct lane_bells){
		desk_bell(strand), &worker->told, WAKE_DESK_BLOCKS, 0, told_wait, worker},
	    strand->pipeline->stages.coming != NULL);
}

static void strand_free(struct strand *strand)
{
	for (unsigned i = 0; i < strand->queue_count; i++) {
		queue_drain(&strand->queues[i]);
	}
	for (unsigned i = 0; strand->workers && i < strand->fan; i++) {
		lane_free(strand->workers[i].in);
		lane_free(strand->workers[i].out);
	}
	lane_free(strand->signalling);
	free(strand->workers);
	free(strand);
}

static void *zeroed(size_t octets)
{
	void *room = aligned_alloc(64, octets);

	return room ? memset(room, 0, octets) : NULL;
}

static struct strand *strand_new(struct pipeline *pipeline, unsigned fan, void *const *workers)
{
	struct strand *strand = zeroed(sizeof(*strand));
	bool complete;

	if (!strand) {
		return NULL;
	}
	strand->pipeline = pipeline;
	strand->parked = pipeline->phase;
	strand->workers = zeroed(sizeof(*strand->workers) * fan);
	complete = strand->workers && queue_add(strand, &strand->signalling,
					  &(struct lane_bells){.consumer = desk_bell(strand),
					      .passed = WAKE_DESK_BLOCKS},
					  false);
	for (strand->fan = 0; complete && strand->fan < fan; strand->fan++) {
		complete = worker_init(strand, strand->fan, workers[strand->fan]);
		strand->workers[strand->fan].alone = fan == 1;
	}
	if (!complete) {
		strand_free(strand);
		return NULL;
	}
	return strand;
}

struct pipeline *pipeline_new(
    const struct pipeline_stages *stages, enum pipeline_threads threads, void *desk)
{
	struct pipeline *pipeline = zeroed(sizeof(*pipeline));

	if (pipeline) {
		pipeline->stages = *stages;
		pipeline->desk = desk;
		pipeline->threads = threads != PIPELINE_NO_THREADS;
		pipeline->desk_apart = threads == PIPELINE_DESK_THREAD;
	}
	return pipeline;
}

void pipeline_pin(struct pipeline *pipeline, const struct pin_cores *cores)
{
	pipeline->cores = *cores;
}

struct strand *pipeline_open(struct pipeline *pipeline, unsigned fan, void *const *workers)
{
	unsigned number = pipeline->strand_count;
	struct strand *strand;

	strand = number < PIPELINE_STRANDS_MAX ? strand_new(pipeline, fan, workers) : NULL;
	if (!strand) {
		return NULL;
	}
	if (pipeline->desk_apart && !pipeline->desk_started) {
		pipeline->desk_started =
		    pthread_create(&pipeline->desk_thread, NULL, desk_main, pipeline) == 0;
		if (!pipeline->desk_started) {
			strand_free(strand);
			return NULL;
		}
	}
	pipeline->strands[number] = strand;
	__atomic_store_n(&pipeline->strand_count, number + 1, __ATOMIC_RELEASE);
	return strand;
}

void pipeline_phase(struct pipeline *pipeline)
{
	__atomic_store_n(&pipeline->phase, pipeline->phase + 1, __ATOMIC_RELEASE);
}

/* --- sharing a strand --- */

static bool worker_start(struct pipeline_worker *worker)
{
	if (!worker->started) {
		worker->started = pthread_create(&worker->thread, NULL, worker_main, worker) == 0;
	}
	return worker->started;
}

/* Until nothing is under way to it. Seldom: once when a source begins, or ends. */
static void worker_await(const struct pipeline_worker *worker)
{
	lane_flush(worker->in);
	bell_ring(worker->in->bells.consumer);
	while (__atomic_load_n(&worker->blocks_done, __ATOMIC_ACQUIRE) < worker->in->passed) {
		(void)sched_yield();
	}
}

bool strand_share(struct strand *strand, bool share)
{
	if (share == strand->shared) {
		return true;
	}
	for (unsigned i = 0; i < strand->fan; i++) {
		if (share && !worker_start(&strand->workers[i])) {
			return false;
		}
	}
	for (unsigned i = 0; i < strand->fan; i++) {
		if (!share) {
			worker_await(&strand->workers[i]);
		}
		lane_deliver_to(strand->workers[i].in, share ? NULL : deliver_to_worker);
	}
	strand->shared = share;
	return true;
}

/* --- the reader --- */

unsigned strand_fan(const struct strand *strand)
{
	return strand->fan;
}

struct lane *strand_worker_lane(const struct strand *strand, unsigned index)
{
	return strand->workers[index].in;
}

struct lane *strand_desk_lane(const struct strand *strand)
{
	return strand->signalling;
}

static bool is_settled(void *argument)
{
	const struct strand *strand = argument;

	return __atomic_load_n(&strand->ticks_settled, __ATOMIC_SEQ_CST) >= strand->ticks_awaited;
}

/* Would the reader be further ahead than 1/part of what it may, with so many ticks settled? */
static bool is_ahead(const struct strand *strand, uint64_t settled, unsigned part)
{
	enum { SLOTS = PIPELINE_TICKS_AHEAD + 1 };
	const uint64_t *loads = strand->tick_loads;
	uint64_t ticks = strand->ticks_stamped - settled;

	return ticks > PIPELINE_TICKS_AHEAD / part ||
	       (ticks > 1 && loads[strand->ticks_stamped % SLOTS] - loads[settled % SLOTS] >
				 PIPELINE_PACKETS_AHEAD / part);
}

bool strand_is_ahead(const struct strand *strand, unsigned part)
{
	return is_ahead(strand, __atomic_load_n(&strand->ticks_settled, __ATOMIC_ACQUIRE), part);
}

/* Where it is too far ahead the desk gets half of that done, so that neither waits often. */
void strand_hold(struct strand *strand)
{
	uint64_t settled = __atomic_load_n(&strand->ticks_settled, __ATOMIC_ACQUIRE);

	if (!is_ahead(strand, settled, 1)) {
		return;
	}
	while (is_ahead(strand, settled, 2)) {
		settled++;
	}
	__atomic_store_n(&strand->ticks_awaited, settled, __ATOMIC_SEQ_CST);
	while (!is_settled(strand)) {
		idle(strand->pipeline, &strand->bell, (struct wish){is_settled, strand});
	}
}

void strand_tick(struct strand *strand, const struct tick *tick, uint64_t packets)
{
	struct pipeline *pipeline = strand->pipeline;

	/* Before the lanes, which in line settle it at once. */
	strand->ticks_stamped++;
	strand->tick_loads[strand->ticks_stamped % (PIPELINE_TICKS_AHEAD + 1)] =
	    packets + strand->signalling->octets / PIPELINE_OCTETS_A_PACKET;
	/* The reader's records first: then the workers' are settled as they come. */
	lane_tick(strand->signalling, tick);
	for (unsigned i = 0; i < strand->fan; i++) {
		lane_tick(strand->workers[i].in, tick);
	}
	if (pipeline->threads && !pipeline->desk_apart && !strand->shared) {
		(void)desk_work(pipeline, &(struct wish){0});
	}
}

static void worker_stop(struct pipeline_worker *worker)
{
	if (worker->started) {
		__atomic_store_n(&worker->quit, true, __ATOMIC_RELEASE);
		bell_ring(&worker->bell);
		(void)pthread_join(worker->thread, NULL);
	}
}

static bool has_ended(void *strand)
{
	return __atomic_load_n(&((struct strand *)strand)->ended, __ATOMIC_ACQUIRE);
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline) {
		return;
	}
	if (pipeline->desk_started) {
		(void)pthread_join(pipeline->desk_thread, NULL);
	}
	for (unsigned i = 0; i < pipeline->strand_count; i++) {
		struct strand *strand = pipeline->strands[i];

		while (pipeline->threads && !has_ended(strand)) {
			idle(pipeline, &strand->bell, (struct wish){has_ended, strand});
		}
	}
	for (unsigned i = 0; i < pipeline->strand_count; i++) {
		for (unsigned k = 0; k < pipeline->strands[i]->fan; k++) {
			worker_stop(&pipeline->strands[i]->workers[k]);
		}
	}
	for (unsigned i = 0; i < pipeline->strand_count; i++) {
		strand_free(pipeline->strands[i]);
	}
	free(pipeline);
}
