/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Merging and the pipeline: one order, whatever the sources and threads.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "merge.h"
#include "pipeline.h"

/* --- merging --- */

/* A source of the times it was given. */
struct list_source {
	struct source source;
	const int64_t *times;
	unsigned count, next, burst;
	bool idle_between; /* SOURCE_IDLE between bursts, as a live source has it */
	bool idle;
};

static int list_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct list_source *list = (struct list_source *)source;
	static const uint8_t nothing;
	int count = 0;

	if (list->idle_between && (list->idle = !list->idle)) {
		return SOURCE_IDLE;
	}
	while (count < (int)list->burst && list->next < list->count) {
		out[count++] = (struct packet){.time_ns = list->times[list->next++],
		    .data = &nothing,
		    .frame = ++source->frame,
		    .capture = source->capture};
	}
	return count > 0 ? count : SOURCE_END;
}

static void list_close(struct source *source)
{
	free(source);
}

static struct source *list_new(
    uint16_t capture, const int64_t *times, unsigned count, unsigned burst)
{
	static const struct source_ops ops = {.read = list_read, .close = list_close};
	struct list_source *list = calloc(1, sizeof(*list));

	list->source.ops = &ops;
	list->source.capture = capture;
	list->source.wait_fd = -1;
	list->times = times;
	list->count = count;
	list->burst = burst;
	return &list->source;
}

static unsigned merged(struct merge *merge, struct packet *out)
{
	unsigned count = 0;
	int got;

	while ((got = merge_read(merge, out + count)) != SOURCE_END) {
		count += (unsigned)got;
	}
	return count;
}

Test(merge, by_time_then_by_capture)
{
	static const int64_t a[] = {1, 3, 5, 5, 9}, b[] = {2, 5, 6}, c[] = {0, 5, 10};
	static const uint16_t order[] = {2, 0, 1, 0, 0, 0, 1, 2, 1, 0, 2};

	for (unsigned burst = 1; burst <= 4; burst++) {
		struct packet out[64 + PACKET_BURST];
		struct merge merge;

		merge_init(&merge);
		cr_assert(merge_add(&merge, list_new(0, a, 5, burst)));
		cr_assert(merge_add(&merge, list_new(1, b, 3, burst)));
		cr_assert(merge_add(&merge, list_new(2, c, 3, burst)));
		cr_assert_eq(merged(&merge, out), 11);
		for (unsigned i = 0; i < 11; i++) {
			cr_expect_eq(out[i].capture, order[i], "packet %u", i);
		}
		merge_fini(&merge);
	}
}

/* Within a capture its own order stays, even where its clock steps back. */
Test(merge, time_that_steps_back)
{
	static const int64_t a[] = {10, 4, 11}, b[] = {5, 6};
	struct packet out[8 + PACKET_BURST];
	struct merge merge;
	unsigned frame = 0;

	merge_init(&merge);
	cr_assert(merge_add(&merge, list_new(0, a, 3, 3)));
	cr_assert(merge_add(&merge, list_new(1, b, 2, 2)));
	cr_assert_eq(merged(&merge, out), 5);
	for (unsigned i = 0; i < 5; i++) {
		if (out[i].capture == 0) {
			cr_expect_eq(out[i].frame, ++frame);
		}
	}
	merge_fini(&merge);
}

/* As many as there may be: some empty, some of one packet, some with clocks that step back. */
Test(merge, many_sources)
{
	enum { EACH = 50 };
	static int64_t times[MERGE_SOURCES_MAX][EACH];
	static struct packet out[MERGE_SOURCES_MAX * EACH + PACKET_BURST];
	uint32_t frames[MERGE_SOURCES_MAX] = {0};
	struct source *refused;
	unsigned expected = 0;
	struct merge merge;

	merge_init(&merge);
	for (unsigned i = 0; i < MERGE_SOURCES_MAX; i++) {
		unsigned count = i % 4 == 0 ? 0 : i % 4 == 1 ? 1 : EACH;

		for (unsigned k = 0; k < count; k++) {
			times[i][k] = (int64_t)k * 100 + i;
		}
		if (i % 8 == 7) {
			times[i][EACH / 2] = 0;
		}
		cr_assert(merge_add(&merge, list_new((uint16_t)i, times[i], count, 1 + i % 7)));
		expected += count;
	}
	refused = list_new(0, times[0], 0, 1);
	cr_expect(!merge_add(&merge, refused), "one too many");
	source_close(refused);
	cr_assert_eq(merged(&merge, out), expected);
	for (unsigned i = 0; i < expected; i++) {
		cr_assert_eq(out[i].frame, ++frames[out[i].capture], "its own order stays");
		/* Only behind a step back may something earlier follow something later. */
		if (i > 0 && out[i].time_ns < out[i - 1].time_ns) {
			cr_expect_eq(out[i].capture % 8, 7);
			cr_expect_eq(out[i].time_ns, 0);
		}
	}
	merge_fini(&merge);
}

Test(merge, idle_sources_do_not_hold_up_others)
{
	static const int64_t a[] = {1, 2, 3}, b[] = {1, 2, 3, 4, 5, 6};
	struct packet out[16 + PACKET_BURST];
	struct source *live = list_new(0, a, 3, 1);
	struct merge merge;

	((struct list_source *)live)->idle_between = true;
	merge_init(&merge);
	cr_assert(merge_add(&merge, live));
	cr_assert(merge_add(&merge, list_new(1, b, 6, 2)));
	cr_expect_eq(merged(&merge, out), 9);
	merge_fini(&merge);
}

static unsigned begun_count;

static void count_begun(void *context, struct merge *merge, unsigned number)
{
	(void)context;
	(void)merge;
	begun_count += 1U << number;
}

/* What is lent stops where the next source begins, and goes on when that was told of. */
Test(merge, lent_until_the_next_begins)
{
	static const int64_t a[] = {1000000, 1500000, 9000000}, b[] = {1000100, 1000200},
			     c[] = {5000000, 5000001};
	struct packet out[8 + PACKET_BURST];
	struct merge merge, first, second;
	int64_t time_ns;

	merge_init(&merge);
	merge_init(&first);
	merge_init(&second);
	cr_assert(merge_add(&merge, list_new(0, a, 3, 2)));
	cr_assert(merge_add(&merge, list_new(1, b, 2, 2)));
	cr_assert(merge_add(&merge, list_new(2, c, 2, 2)));
	merge_watch(&merge, count_begun, NULL);
	begun_count = 0;
	first.until_ns = second.until_ns = merge_begin(&merge);
	cr_expect_eq(first.until_ns, 5000000 - MERGE_BEGIN_NS);
	cr_expect_eq(begun_count, 3, "those that begin together");
	cr_expect(merge_first_ns(&merge, &time_ns) && time_ns == 1000000);
	merge_lend(&merge, 0, &first);
	merge_lend(&merge, 1, &second);
	cr_expect_eq(merge_read(&second, out), 2);
	cr_expect_eq(merge_read(&second, out), SOURCE_END);
	cr_expect_eq(merge_read(&first, out), 2);
	cr_expect_eq(merge_read(&first, out), MERGE_HELD);
	cr_expect_eq(merge_begin(&merge), INT64_MAX);
	cr_expect_eq(begun_count, 7);
	first.until_ns = INT64_MAX;
	merge_lend(&merge, 2, &first);
	cr_assert_eq(merged(&first, out), 3);
	cr_expect(out[0].capture == 2 && out[1].capture == 2 && out[2].capture == 0);
	merge_fini(&merge);
}

/* What was read to find out whose turn it was is handed on; the rest comes straight from the
 * source. */
Test(merge, lent_alone_goes_straight)
{
	static const int64_t a[] = {1, 2, 3, 1000, 1001, 1002};
	struct packet out[8 + PACKET_BURST];
	struct merge merge, alone;

	merge_init(&merge);
	merge_init(&alone);
	cr_assert(merge_add(&merge, list_new(0, a, 6, 4)));
	alone.until_ns = 1000;
	merge_lend(&merge, 0, &alone);
	cr_expect_eq(merge_read(&alone, out), 3);
	cr_expect_eq(merge_read(&alone, out), MERGE_HELD);
	cr_expect_null(merge_sole(&alone), "some of it is not its turn");
	alone.until_ns = INT64_MAX;
	cr_expect_null(merge_sole(&alone), "a packet was read already");
	cr_expect_eq(merge_read(&alone, out), 1);
	cr_expect_eq(out[0].time_ns, 1000);
	cr_expect_eq(merge_sole(&alone), alone.inputs[0]->source);
	cr_assert_eq(merged(&alone, out), 2);
	cr_expect_eq(out[1].time_ns, 1002);
	cr_expect_null(merge_sole(&alone), "it has ended");
	merge_fini(&merge);
}

/* --- the pipeline --- */

enum { ITEMS = 20000, TOLD_BY_WORKER = 1, TOLD_BY_READER = 2 };

struct item {
	uint64_t order;
	uint64_t value;
};

/* What the desk was told, in order. */
struct log {
	size_t count, ticks;
	uint64_t last_tick;
	bool ended, in_order;
	struct record records[4 * ITEMS];
	bool heard[4 * ITEMS]; /* by order and sub: of what is to come */
	size_t heard_count, told_count, ahead_max;
};

struct answer {
	struct record record;
	uint64_t value;
};

static void work(void *worker, const struct block *block, struct lane *desk)
{
	const struct item *items = (const struct item *)(const void *)block->data;

	(void)worker;
	for (size_t i = 0; i < block->used / sizeof(*items); i++) {
		/* Every third item causes two records, the others none. */
		for (uint64_t sub = 0; items[i].value % 3 == 0 && sub < 2; sub++) {
			struct answer *answer = lane_reserve(desk, sizeof(*answer));

			*answer = (struct answer){
			    {items[i].order, sub, sizeof(*answer), TOLD_BY_WORKER}, items[i].value};
		}
	}
}

static bool *heard_of(struct log *log, const struct record *record)
{
	return &log->heard[2 * record->order + record->sub];
}

static void coming(void *desk, const struct record *record)
{
	struct log *log = desk;
	size_t ahead = ++log->heard_count - log->told_count;

	cr_expect_not(*heard_of(log, record), "once");
	*heard_of(log, record) = true;
	log->ahead_max = ahead > log->ahead_max ? ahead : log->ahead_max;
}

static void take(void *desk, const struct record *record)
{
	struct log *log = desk;

	cr_expect_eq(*heard_of(log, record), record->kind == TOLD_BY_WORKER, "before its turn");
	log->told_count += record->kind == TOLD_BY_WORKER;
	if (log->count > 0) {
		const struct record *before = &log->records[log->count - 1];

		log->in_order &= before->order < record->order ||
				 (before->order == record->order && before->sub < record->sub);
	}
	log->in_order &= record->order > log->last_tick;
	log->records[log->count++] = *record;
}

static void tick(void *desk, const struct tick *t)
{
	struct log *log = desk;

	log->in_order &= log->count == 0 || log->records[log->count - 1].order <= t->order;
	log->last_tick = t->order;
	log->ended = t->end;
	log->ticks++;
}

static void run(
    struct log *log, enum pipeline_threads threads, unsigned workers, unsigned tick_every)
{
	static const struct pipeline_stages stages = {work, coming, take, tick};
	void *contexts[PIPELINE_WORKERS_MAX] = {NULL};
	struct pipeline *pipeline = pipeline_new(&stages, threads, log);
	struct strand *strand;
	uint64_t order = 0;

	cr_assert_not_null(pipeline);
	strand = pipeline_open(pipeline, workers > 0 ? workers : 1, contexts);
	cr_assert_not_null(strand);
	cr_assert(strand_share(strand, workers > 0));
	pipeline_phase(pipeline);
	for (uint64_t i = 0; i < ITEMS; i++) {
		order++;
		if (i % 5 == 4) { /* signalling, straight to the desk */
			struct answer *answer =
			    lane_reserve(strand_desk_lane(strand), sizeof(*answer));

			*answer = (struct answer){{order, 0, sizeof(*answer), TOLD_BY_READER}, i};
		} else {
			unsigned lane = (unsigned)(i * 2654435761U >> 7) % strand_fan(strand);
			struct item *item =
			    lane_reserve(strand_worker_lane(strand, lane), sizeof(*item));

			*item = (struct item){order, i};
		}
		if (i % tick_every == tick_every - 1) {
			strand_tick(strand, &(struct tick){.order = order}, order);
			strand_hold(strand);
		}
	}
	strand_tick(strand, &(struct tick){.order = order, .end = true}, order);
	pipeline_free(pipeline);
	cr_expect_eq(log->heard_count, log->told_count);
	cr_expect_geq(log->ahead_max, workers == 0 && tick_every > 1000 ? PIPELINE_COMING : 1);
	cr_expect_leq(log->ahead_max, PIPELINE_COMING * (workers ? workers : 1));
}

/*
 * The same records in the same order for any number of workers and any spacing of ticks, whether
 * the desk has a thread or not.
 */
Test(pipeline, one_order)
{
	static const struct {
		enum pipeline_threads threads;
		unsigned workers;
	} ways[] = {{PIPELINE_NO_THREADS, 0}, {PIPELINE_THREADS, 1}, {PIPELINE_THREADS, 2},
	    {PIPELINE_THREADS, 8}, {PIPELINE_DESK_THREAD, 1}, {PIPELINE_DESK_THREAD, 8}};
	static const unsigned spacings[] = {1, 100, 7777};
	struct log *reference = calloc(1, sizeof(*reference));

	reference->in_order = true;
	run(reference, PIPELINE_NO_THREADS, 0, 100);
	cr_assert(reference->in_order && reference->ended);
	cr_assert_gt(reference->count, ITEMS / 2);
	for (size_t w = 0; w < sizeof(ways) / sizeof(ways[0]); w++) {
		for (size_t s = 0; s < 3; s++) {
			struct log *log = calloc(1, sizeof(*log));

			log->in_order = true;
			run(log, ways[w].threads, ways[w].workers, spacings[s]);
			cr_expect(log->in_order);
			cr_expect(log->ended);
			cr_expect_eq(log->ticks, ITEMS / spacings[s] + 1);
			cr_assert_eq(log->count, reference->count);
			cr_expect_eq(memcmp(log->records, reference->records,
					 log->count * sizeof(log->records[0])),
			    0);
			free(log);
		}
	}
	free(reference);
}

/* --- what a worker tells at the end of all --- */

enum { TOLD = 4000, TOLD_OCTETS = 1024 };

struct teller {
	unsigned number, fan;
	uint64_t most; /* blocks under way to the desk */
};

static void tell_all(void *worker, const struct block *block, struct lane *desk)
{
	struct teller *teller = worker;

	for (uint64_t i = 0; block->closed && block->tick.end && i < TOLD; i++) {
		struct record *record = lane_reserve(desk, TOLD_OCTETS);
		uint64_t way = desk->passed - __atomic_load_n(&desk->given, __ATOMIC_ACQUIRE);

		*record = (struct record){block->tick.order, i * teller->fan + teller->number,
		    TOLD_OCTETS, TOLD_BY_WORKER};
		teller->most = way > teller->most ? way : teller->most;
	}
}

static uint64_t most_of(enum pipeline_threads threads, unsigned fan, bool shared)
{
	static const struct pipeline_stages stages = {tell_all, coming, take, tick};
	struct log *log = calloc(1, sizeof(*log));
	struct pipeline *pipeline = pipeline_new(&stages, threads, log);
	struct teller tellers[8];
	void *contexts[8];
	struct strand *strand;
	uint64_t most = 0;

	log->in_order = true;
	for (unsigned i = 0; i < fan; i++) {
		tellers[i] = (struct teller){.number = i, .fan = fan};
		contexts[i] = &tellers[i];
	}
	strand = pipeline_open(pipeline, fan, contexts);
	cr_assert(strand && strand_share(strand, shared));
	pipeline_phase(pipeline);
	strand_tick(strand, &(struct tick){.order = 1, .end = true}, 1);
	pipeline_free(pipeline);
	cr_expect(log->in_order && log->ended);
	cr_expect_eq(log->count, (size_t)TOLD * fan);
	for (unsigned i = 0; i < fan; i++) {
		most = tellers[i].most > most ? tellers[i].most : most;
	}
	free(log);
	return most;
}

/* It waits for the desk, and does not where the desk would wait for the one behind it. */
Test(pipeline, what_is_told_at_once_does_not_pile_up)
{
	static const enum pipeline_threads ways[] = {PIPELINE_THREADS, PIPELINE_DESK_THREAD};

	for (unsigned i = 0; i < 2; i++) {
		cr_expect_leq(most_of(ways[i], 1, false), PIPELINE_TOLD_AHEAD);
		cr_expect_leq(most_of(ways[i], 1, true), PIPELINE_TOLD_AHEAD);
		cr_expect_leq(most_of(ways[i], 2, true), PIPELINE_TOLD_AHEAD);
		cr_expect_leq(most_of(ways[i], 8, true), PIPELINE_TOLD_AHEAD);
		cr_expect_gt(most_of(ways[i], 2, false), PIPELINE_TOLD_AHEAD);
	}
}

/* --- lanes --- */

static void count_block(void *context, struct block *block)
{
	struct lane **lane = context;

	cr_assert_leq(block->used, 1024);
	lane_give(*lane, block);
}

Test(lane, records_never_straddle_blocks)
{
	struct lane *lane = NULL;

	lane = lane_new(1024, 8, count_block, &lane);
	cr_assert_not_null(lane);
	for (size_t octets = 8; octets <= 1024; octets += 8) {
		char *room = lane_reserve(lane, octets);

		cr_assert_not_null(room);
		memset(room, 0x5a, octets);
	}
	cr_expect_null(lane_reserve(lane, 1032), "longer than any block");
	cr_expect_eq(lane->refused, 1);
	lane_free(lane);
}
