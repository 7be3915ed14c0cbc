/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

/* Smaller files are over before threads have started. */
static const uint64_t threads_from_octets = 64 << 20;

static void *lane_room(void *lane, size_t octets)
{
	return lane_reserve(lane, octets);
}

/* --- stages --- */

static void stage_work(void *worker, const struct block *block, struct lane *desk)
{
	struct meter *meter = worker;
	struct record_sink sink = {.reserve = lane_room, .context = desk};

	meter_packets(meter, (const struct media_packet *)(const void *)block->data,
	    block->used / sizeof(struct media_packet), &sink);
	if (block->closed && !block->tick.bare) {
		meter_tick(meter, &block->tick, &sink);
	}
}

static void stage_coming(void *desk, const struct record *record)
{
	desk_coming(desk, record);
}

static void stage_record(void *desk, const struct record *record)
{
	desk_record(desk, record);
}

static void stage_tick(void *desk, const struct tick *tick)
{
	desk_tick(desk, tick);
}

const struct pipeline_stages run_stages = {stage_work, stage_coming, stage_record, stage_tick};

/* --- set-up --- */

/* Those that this process may run on, which are fewer in a container. */
static unsigned cores_count(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);
	cpu_set_t allowed;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
		return (unsigned)CPU_COUNT(&allowed);
	}
	return online > 1 ? (unsigned)online : 1;
}

unsigned run_workers_usual(struct source *const *sources, unsigned count)
{
	unsigned cores = cores_count();
	uint64_t octets = 0;
	bool sized = true;

	for (unsigned i = 0; i < count; i++) {
		octets += sources[i]->size;
		sized &= sources[i]->size > 0;
	}
	if (cores < 2 || (sized && octets < threads_from_octets)) {
		return 0;
	}
	/*
	 * A worker has less to do than the reader, unless there are very many streams; and to deal
	 * packets out to several costs the reader more.
	 */
	return cores < 4 ? 1 : 2;
}

/*
 * The desk has a thread of its own where there is a core for it; and where packets do not wait
 * until a worker comes back from it.
 */
static enum pipeline_threads threads_of(const struct run_config *config)
{
	if (config->workers == 0) {
		return PIPELINE_NO_THREADS;
	}
	return config->together || cores_count() > config->workers + 1 ? PIPELINE_DESK_THREAD
								       : PIPELINE_THREADS;
}

bool run_init(struct run *run, const struct run_config *config,
    const struct pipeline_stages *stages, void *desk)
{
	run->config = *config;
	run->pipeline = pipeline_new(stages, threads_of(config), desk);
	if (run->pipeline) {
		pipeline_pin(run->pipeline, &config->cores);
	}
	return run->pipeline && pthread_mutex_init(&run->lock, NULL) == 0;
}

/* --- which reader has what --- */

static bool is_alone(const struct run *run)
{
	return run->config.together || run->config.vantage_count < 2;
}

static struct reader *reader_add(struct run *run, unsigned side)
{
	const struct run_config *config = &run->config;
	struct reader_config own = {
	    .key = config->key,
	    .fan = is_alone(run) && config->workers > 0 ? config->workers : 1,
	    .limits = config->limits,
	    .vantages = run->vantages,
	    .side = side,
	    .alone = is_alone(run),
	    .live = config->live,
	    .origin_ns = run->origin_ns,
	    .points = config->points,
	    .saver = config->saver,
	    .stop = config->stop,
	};
	struct reader *reader = reader_open(&own, run->pipeline);

	if (reader) {
		run->readers[run->reader_count++] = reader;
	}
	return reader;
}

/* Of the captures that have begun, those that no reader has yet. */
static bool beginners_join(struct run *run, const struct merge *merge)
{
	for (unsigned i = 0; i < merge->count; i++) {
		struct reader **reader = &run->of_vantage[run->vantages[i]];

		if (run->joined[i] || (merge->begins && !merge->inputs[i]->begun)) {
			continue;
		}
		if (!*reader) {
			*reader = reader_add(run, run->vantages[i]);
		}
		if (!*reader) {
			return false;
		}
		merge_lend(merge, i, &(*reader)->own);
		run->joined[i] = true;
	}
	return true;
}

/* --- readers at work --- */

static void progress_note(struct run *run, const struct merge *merge)
{
	for (unsigned i = 0; i < merge->count; i++) {
		const struct source *source = merge->inputs[i]->source;
		struct run_progress *progress = &run->progress[source->capture];

		atomic_store_explicit(
		    &progress->packets, source->totals.packets, memory_order_relaxed);
		atomic_store_explicit(
		    &progress->octets, source->totals.bytes, memory_order_relaxed);
		atomic_store_explicit(&progress->position, source->position, memory_order_relaxed);
	}
}

static bool is_stopped(const struct run *run)
{
	return atomic_load_explicit(run->config.stop, memory_order_relaxed);
}

/* The one that is furthest behind of those that no thread has. NULL: none, or too few are left. */
static struct reader *reader_take(struct run *run)
{
	struct reader *found = NULL;

	(void)pthread_mutex_lock(&run->lock);
	for (unsigned i = 0; i < run->reader_count && run->reading >= run->crew; i++) {
		struct reader *reader = run->readers[i];

		if (!reader->taken && reader->state == READER_READS &&
		    (!found || reader->intake.order < found->intake.order)) {
			found = reader;
		}
	}
	if (found) {
		found->taken = true;
	}
	(void)pthread_mutex_unlock(&run->lock);
	return found;
}

static void reader_give(struct run *run, struct reader *reader)
{
	(void)pthread_mutex_lock(&run->lock);
	reader->taken = false;
	run->reading -= reader->state != READER_READS;
	(void)pthread_mutex_unlock(&run->lock);
}

/* Steps of whichever reader is furthest behind. lead: this is the thread of the user. */
static void crew_work(struct run *run, bool lead)
{
	struct reader *reader;

	while ((reader = reader_take(run)) != NULL) {
		strand_hold(reader->strand);
		reader_step(reader);
		progress_note(run, reader->merge);
		reader_give(run, reader);
		if (lead && run->config.progress) {
			run->config.progress(run->config.context);
		}
	}
}

static void *crew_main(void *run)
{
	crew_work(run, false);
	return NULL;
}

/*
 * A thread for each reader, as far as there are any; but where one has more to read than all
 * others, these are best read beside it, and its packets metered by another thread.
 */
static unsigned crew_plan(const struct run *run)
{
	uint64_t most = 0, all = 0;

	if (run->config.workers == 0 || run->reading < 2) {
		return 1;
	}
	for (unsigned i = 0; i < run->reader_count; i++) {
		if (run->readers[i]->state == READER_READS) {
			uint64_t octets = reader_octets_left(run->readers[i]);

			most = octets > most ? octets : most;
			all += octets;
		}
	}
	if (most > all - most + (all - most) / 2) {
		return 1;
	}
	return run->reading <= run->config.workers ? run->reading : run->config.workers + 1;
}

/* Until a thread would have no reader left to it, or all are done. */
static void crew_run(struct run *run)
{
	pthread_t threads[PIPELINE_WORKERS_MAX];
	unsigned started = 0;
	bool share;

	run->crew = crew_plan(run);
	share = run->crew == 1 && run->config.workers > 0;
	for (unsigned i = 0; i < run->reader_count; i++) {
		if (run->readers[i]->state == READER_READS) {
			/* Without a thread it goes in line. */
			(void)strand_share(run->readers[i]->strand, share);
		}
	}
	while (started + 1 < run->crew &&
	       pthread_create(&threads[started], NULL, crew_main, run) == 0) {
		started++;
	}
	crew_work(run, true);
	for (unsigned i = 0; i < started; i++) {
		(void)pthread_join(threads[i], NULL);
	}
}

static void phase_run(struct run *run, int64_t until_ns)
{
	uint64_t behind = 0;

	for (unsigned i = 0; i < run->reader_count; i++) {
		uint64_t order = run->readers[i]->intake.order;

		behind = order > behind ? order : behind;
	}
	pipeline_phase(run->pipeline);
	for (unsigned i = 0; i < run->reader_count; i++) {
		reader_begin(run->readers[i], until_ns, behind);
	}
	run->reading = run->reader_count;
	while (run->reading > 0) {
		crew_run(run);
	}
}

/* All captures through one reader, which reads the merge itself. */
static bool read_together(struct run *run, struct merge *merge)
{
	struct reader *reader = reader_add(run, 0);

	if (!reader) {
		return false;
	}
	pin_turn(&run->config.cores, 0);
	reader->merge = merge;
	phase_run(run, INT64_MAX);
	return true;
}

/* Each vantage through a reader of its own. */
static bool read_apart(struct run *run, struct merge *merge)
{
	int64_t until_ns;
	bool complete;

	do {
		until_ns = merge_begin(merge);
		if (run->reader_count == 0) {
			(void)merge_first_ns(merge, &run->origin_ns);
		}
		complete = beginners_join(run, merge);
		if (complete && run->reader_count == 0) {
			complete = reader_add(run, 0) != NULL; /* of captures without a packet */
		}
		if (complete) {
			phase_run(run, until_ns);
		}
	} while (complete && until_ns < INT64_MAX && !is_stopped(run));
	return complete;
}

bool run_until_end(struct run *run, struct merge *merge)
{
	bool complete = is_alone(run) ? read_together(run, merge) : read_apart(run, merge);

	/* Those that were stopped between phases. */
	for (unsigned i = 0; i < run->reader_count; i++) {
		if (run->readers[i]->state != READER_ENDED) {
			reader_end(run->readers[i]);
		}
	}
	progress_note(run, merge);
	return complete;
}

bool run_drops(const struct run *run, struct source *source, struct source_drops *out)
{
	*out = (struct source_drops){0};
	if (!source->ops->drops || !source->ops->drops(source, out)) {
		return false;
	}
	for (unsigned i = 0; i < run->reader_count; i++) {
		overload_drops(&run->readers[i]->overload, source->capture, out);
	}
	return true;
}

void run_join(struct run *run)
{
	pipeline_free(run->pipeline);
	run->pipeline = NULL;
	(void)pthread_mutex_destroy(&run->lock);
}

void run_fini(struct run *run)
{
	for (unsigned i = 0; i < run->reader_count; i++) {
		reader_free(run->readers[i]);
	}
	run->reader_count = 0;
}
