/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "absence.h"
#include "analysis.h"
#include "capture_loss.h"
#include "capture_points.h"
#include "lift_endpoints.h"
#include "live_show.h"
#include "live_source.h"
#include "live_spec.h"
#include "notices.h"
#include "tables.h"
#include "threshold.h"
#include "vantage_name.h"

enum {
	NAME_MAX_FILE = 4096 + 256 /* a path, and a member of the archive there */
};

_Static_assert((int)MERGE_SOURCES_MAX <= (int)DESK_CAPTURES_MAX, "a capture per source");
_Static_assert((int)MERGE_SOURCES_MAX <= (int)INTAKE_CAPTURES_MAX, "a capture per source");
_Static_assert((int)MERGE_SOURCES_MAX <= (int)TP_LIVE_SOURCES, "a place for each source");

_Static_assert(ATOMIC_BOOL_LOCK_FREE == 2, "tp_stop() is called from signal handlers");

const char *tp_version(void)
{
	return TALKPATH_VERSION;
}

struct tp_analysis *tp_new(const struct tp_options *options, const struct tp_handlers *handlers)
{
	struct tp_analysis *a = calloc(1, sizeof(*a));

	if (!a) {
		return NULL;
	}
	a->options = options ? *options : (struct tp_options){.workers = TP_WORKERS_AUTO};
	a->thresholds = thresholds_default;
	a->handlers = handlers ? *handlers : (struct tp_handlers){0};
	if (a->options.site) {
		a->site = strdup(a->options.site);
	}
	if (a->options.ladder) {
		a->ladder = strdup(a->options.ladder);
	}
	merge_init(&a->merge);
	live_board_init(&a->board);
	(void)pthread_mutex_init(&a->thresholds_lock, NULL);
	return a;
}

void tp_free(struct tp_analysis *a)
{
	if (!a) {
		return;
	}
	saver_free(a->saver); /* its thread knows of all of this */
	run_fini(&a->run);
	desk_free(a->desk);
	merge_fini(&a->merge);
	lift_endpoints_free(a->endpoints);
	capture_points_free(a->points);
	for (unsigned i = 0; i < a->source_count; i++) {
		free(a->names[i]);
	}
	for (unsigned i = 0; i < a->vantage_count; i++) {
		free(a->vantages[i]);
	}
	for (unsigned i = 0; i < a->path_count; i++) {
		free(a->paths[i]);
	}
	extract_close(a->extract);
	live_board_fini(&a->board);
	(void)pthread_mutex_destroy(&a->thresholds_lock);
	free(a->saver_folder);
	free(a->site);
	free(a->ladder);
	free(a);
}

static void problem_tell(
    const struct tp_analysis *a, const char *source, const struct source_error *error)
{
	if (a->handlers.problem) {
		a->handlers.problem(a->handlers.context,
		    &(struct tp_problem){source, error->has_offset, error->offset, error->reason});
	}
}

/* --- sources and vantages --- */

static bool vantage_find(
    struct tp_analysis *a, const char *source, const char *given, uint16_t *number)
{
	char name[VANTAGE_NAME_OCTETS];

	if (given) {
		(void)snprintf(name, sizeof(name), "%s", given);
	} else {
		vantage_name(source, a->vantages, a->vantage_count, name);
	}
	for (unsigned i = 0; given && i < a->vantage_count; i++) {
		if (strcmp(a->vantages[i], name) == 0) {
			*number = (uint16_t)i;
			return true;
		}
	}
	a->vantages[a->vantage_count] = strdup(name);
	if (!a->vantages[a->vantage_count]) {
		return false;
	}
	a->vantage_named[a->vantage_count] = given != NULL;
	*number = (uint16_t)a->vantage_count++;
	return true;
}

/* own: the name that the source has by itself, without where it comes from */
static enum tp_status source_add(struct tp_analysis *a, struct source *source, const char *name,
    const char *own, const char *vantage)
{
	unsigned number = a->source_count;

	a->names[number] = strdup(name);
	if (!a->names[number] || !vantage_find(a, own, vantage, &a->vantage_of[number]) ||
	    !merge_add(&a->merge, source)) {
		free(a->names[number]);
		source_close(source);
		return TP_NO_MEMORY;
	}
	a->sources[number] = source;
	a->source_count++;
	return TP_OK;
}

static bool room_for_source(const struct tp_analysis *a, const char *name)
{
	struct source_error error;

	if (a->source_count < MERGE_SOURCES_MAX) {
		return true;
	}
	source_fail(&error,
	    "more than %d captures at once are not supported; merge files first: mergecap -w OUT "
	    "IN...",
	    MERGE_SOURCES_MAX);
	problem_tell(a, name, &error);
	return false;
}

/* A file being opened: what came of it so far. */
struct file_opening {
	struct tp_analysis *analysis;
	const char *path, *vantage;
	enum tp_status status;
};

/* "a.zip!b.pcap" for a member of an archive. */
static void file_name(
    const struct file_opening *opening, const char *member, char name[NAME_MAX_FILE])
{
	(void)snprintf(
	    name, NAME_MAX_FILE, "%s%s%s", opening->path, member ? "!" : "", member ? member : "");
}

static bool file_found(void *context, struct source *source, const char *member)
{
	struct file_opening *opening = context;
	struct tp_analysis *a = opening->analysis;
	char name[NAME_MAX_FILE];
	enum tp_status status = TP_UNREADABLE;

	file_name(opening, member, name);
	if (room_for_source(a, name)) {
		source->capture = (uint16_t)a->source_count;
		status =
		    source_add(a, source, name, member ? member : opening->path, opening->vantage);
	} else {
		source_close(source);
	}
	if (status != TP_OK) {
		opening->status = status;
	}
	return status == TP_OK;
}

static void file_refused(void *context, const char *member, const struct source_error *error)
{
	struct file_opening *opening = context;
	char name[NAME_MAX_FILE];

	file_name(opening, member, name);
	problem_tell(opening->analysis, name, error);
	opening->status = TP_UNREADABLE;
}

/* To read it again; a path that gave no source is not needed. */
static enum tp_status path_keep(struct tp_analysis *a, const char *path)
{
	a->paths[a->path_count] = strdup(path);
	if (!a->paths[a->path_count]) {
		return TP_NO_MEMORY;
	}
	a->path_count++;
	return TP_OK;
}

enum tp_status tp_open_file(struct tp_analysis *a, const char *path, const char *vantage)
{
	struct file_opening opening = {a, path, vantage, TP_OK};
	unsigned before = a->source_count;
	struct source_error error = {0};
	bool is_stdin = strcmp(path, "-") == 0;

	if (is_stdin && a->stdin_taken) {
		source_fail(&error, "standard input can be read only once");
		file_refused(&opening, NULL, &error);
	} else if (room_for_source(a, path)) {
		a->stdin_taken |= is_stdin;
		source_open_file(
		    path, &(struct source_opening){&opening, file_found, file_refused, &a->stop});
	} else {
		opening.status = TP_UNREADABLE;
	}
	if (a->source_count > before && path_keep(a, path) != TP_OK) {
		opening.status = TP_NO_MEMORY;
	}
	return opening.status;
}

/* What decides in the kernel what comes to us learns where media is expected. */
static bool endpoints_tell(
    struct tp_analysis *a, const struct live_spec *spec, struct source *source)
{
	if (spec->kind != LIVE_XDP) {
		return true;
	}
	if (!a->endpoints) {
		a->endpoints = lift_endpoints_new();
	}
	if (a->endpoints) {
		source->ops->endpoints(source, a->endpoints);
	}
	return a->endpoints != NULL;
}

enum tp_status tp_open_live(
    struct tp_analysis *a, const struct tp_live *live, int channel, const char *vantage)
{
	struct source_error error = {0};
	struct source *source = NULL;
	struct live_spec spec;

	if (!room_for_source(a, live->source)) {
		return TP_NO_SOURCE;
	}
	if (live_spec_make(&spec, live, &error)) {
		source = live_source_open(&spec, channel, (uint16_t)a->source_count, &error);
	}
	if (!source) {
		problem_tell(a, live->source, &error);
		return TP_NO_SOURCE;
	}
	if (!endpoints_tell(a, &spec, source)) {
		source_close(source);
		return TP_NO_MEMORY;
	}
	a->live = true;
	return source_add(
	    a, source, live->source, live->source, vantage ? vantage : live_spec_vantage(&spec));
}

size_t tp_source_count(const struct tp_analysis *a)
{
	return a->source_count;
}

/* --- running --- */

void tp_stop(struct tp_analysis *a)
{
	atomic_store_explicit(&a->stop, true, memory_order_relaxed);
}

static void saver_tell(const struct tp_analysis *a)
{
	struct source_error error = {0};

	if (a->saver && saver_problem(a->saver, error.reason)) {
		problem_tell(a, a->saver_folder, &error);
	}
}

static void progress_tell(void *context)
{
	struct tp_analysis *a = context;
	struct tp_progress progress = {0};
	bool sized = true;

	if (a->live) {
		absence_tell(a);
		notice_clock(a);
		live_show(a);
	}
	for (unsigned i = 0; i < a->source_count; i++) {
		const struct source *source = a->sources[i];

		const struct run_progress *read = &a->run.progress[i];

		progress.packets += atomic_load_explicit(&read->packets, memory_order_relaxed);
		progress.bytes += atomic_load_explicit(
		    source->wait_fd < 0 ? &read->position : &read->octets, memory_order_relaxed);
		progress.bytes_total += source->size;
		sized &= source->size > 0;
	}
	if (!sized) {
		progress.bytes_total = 0;
	}
	notice_full(a);
	if (a->handlers.progress) {
		a->handlers.progress(a->handlers.context, &progress);
	}
	saver_tell(a);
}

static unsigned workers_choose(const struct tp_analysis *a)
{
	if (a->options.workers < 0) {
		return run_workers_usual(a->sources, a->source_count);
	}
	return a->options.workers < PIPELINE_WORKERS_MAX ? (unsigned)a->options.workers
							 : PIPELINE_WORKERS_MAX;
}

/* A vantage that the user called by the name of a side is on that side. */
static const char *declared_side(const struct tp_analysis *a, unsigned vantage)
{
	static const char *const sides[] = {"lan", "wan", "server"};

	for (size_t i = 0; a->vantage_named[vantage] && i < sizeof(sides) / sizeof(sides[0]); i++) {
		if (strcmp(a->vantages[vantage], sides[i]) == 0) {
			return sides[i];
		}
	}
	return NULL;
}

static void place_tell(void *context, const struct endpoint *at, bool expected)
{
	struct lift_endpoints *endpoints = context;

	if (expected) {
		lift_endpoints_add(endpoints, at->address.octets, at->port);
	} else {
		lift_endpoints_remove(endpoints, at->address.octets, at->port);
	}
}

/* The desk's thread: the one that reads tells it. */
static void on_full(void *context)
{
	struct tp_analysis *a = context;

	atomic_store_explicit(&a->full, true, memory_order_relaxed);
}

static struct desk *desk_make(struct tp_analysis *a, const struct memory_plan *plan, uint64_t key)
{
	struct desk_config config = {
	    .live = a->live,
	    .thorough = a->thorough,
	    .site = a->site,
	    .ladder = a->ladder,
	    .thresholds = a->thresholds,
	    .thresholds_renew = a->live ? threshold_renew : NULL,
	    .thresholds_context = a,
	    .plc = a->options.plc == TP_PLC_NONE ? CODEC_PLC_NONE : CODEC_PLC_G711,
	    .uplink_down_bps = a->options.uplink_down_bps,
	    .uplink_up_bps = a->options.uplink_up_bps,
	    .vantage_count = (uint16_t)a->vantage_count,
	    .capture_count = (uint16_t)a->source_count,
	    .call = a->handlers.call,
	    .call_context = a->handlers.context,
	    .live_figures = a->live ? live_board_calls : NULL,
	    .live_context = &a->board,
	    .place = a->endpoints ? place_tell : NULL,
	    .place_context = a->endpoints,
	    .full = a->live || a->options.max_memory ? on_full : NULL,
	    .full_context = a,
	    .limits =
		{
		    .calls = plan->calls,
		    .streams = plan->streams,
		    .endpoints = plan->endpoints,
		    .findings = MEMORY_FINDINGS,
		    .text_octets = plan->text_octets,
		},
	    .closing = a->saver ? saver_closing : NULL,
	    .closing_context = a->saver,
	};

	for (unsigned i = 0; i < a->vantage_count; i++) {
		config.vantages[i] = a->vantages[i];
		config.declared[i] = declared_side(a, i);
	}
	for (unsigned i = 0; i < a->source_count; i++) {
		config.captures[i] = a->names[i];
	}
	return desk_new(&config, key);
}

/* Of a live source, which counts what it could not hand over. */
static void drops_judge(const struct tp_analysis *a, uint16_t capture)
{
	struct source *source = a->sources[capture];
	int64_t last_ns = source->totals.last_time_ns;
	struct source_drops drops;
	struct media_dropped dropped = {.from_ns = last_ns,
	    .to_ns = last_ns,
	    .frame = source->frame,
	    .capture = capture,
	    .vantage = a->vantage_of[capture]};

	if (source->totals.packets > 0 && run_drops(&a->run, source, &drops)) {
		dropped.packets = drops.kernel + drops.interface + drops.ring + drops.worker;
		if (dropped.packets > 0) {
			capture_loss_end(a->desk, &dropped);
		}
	}
}

static enum tp_status sources_judge(const struct tp_analysis *a)
{
	enum tp_status status = TP_OK;

	for (unsigned i = 0; i < a->source_count; i++) {
		const struct source *source = a->sources[i];

		if (source->error.reason[0]) {
			problem_tell(a, a->names[i], &source->error);
			status = TP_UNREADABLE;
		}
		if (source->untimed) {
			desk_untimed(a->desk, (uint16_t)i);
		}
		drops_judge(a, (uint16_t)i);
	}
	return status;
}

/* What the user did not say of several files, they show as they begin. */
static bool points_watch(struct tp_analysis *a)
{
	bool named[MERGE_SOURCES_MAX];

	if (a->live || a->source_count < 2) {
		return true;
	}
	for (unsigned i = 0; i < a->source_count; i++) {
		named[i] = a->vantage_named[a->vantage_of[i]];
	}
	a->points = capture_points_new(&a->merge, a->run.vantages, named);
	return a->points != NULL;
}

/*
 * One reader for all: live sources are not waited for, pipes may wait for one another, and each
 * reader has tables of its own; and packets that are kept are kept in one order.
 */
static bool is_read_together(const struct tp_analysis *a)
{
	bool together = a->live || a->options.max_memory || a->saver;

	for (unsigned i = 0; i < a->source_count; i++) {
		together |= a->sources[i]->size == 0;
	}
	return together;
}

static bool saver_begin(const struct tp_analysis *a)
{
	const struct saver_run run = {
	    .key = a->key,
	    .waits = !a->live,
	    .capture_count = a->source_count,
	    .names = a->names,
	    .vantage_of = a->run.vantages,
	    .vantages = a->vantages,
	};

	return !a->saver || saver_start(a->saver, &run);
}

/* The desk has told of every call. */
static void saver_end(const struct tp_analysis *a)
{
	if (a->saver) {
		saver_finish(a->saver);
		saver_tell(a);
	}
}

static bool memory_suffices(const struct tp_analysis *a)
{
	struct source_error error;

	if (a->options.max_memory == 0 ||
	    a->options.max_memory >= tp_memory_least(a->options.workers)) {
		return true;
	}
	source_fail(&error, "at least %llu MiB are needed",
	    (unsigned long long)(tp_memory_least(a->options.workers) >> 20) + 1);
	problem_tell(a, "max_memory", &error);
	return false;
}

/* False where threads or memory are short. */
static bool analyse(struct tp_analysis *a)
{
	unsigned workers = workers_choose(a);
	struct memory_plan plan = tables_plan(&a->options, a->live, workers);
	struct run_config config = {
	    .workers = workers,
	    .limits = {.streams = plan.metered, .candidates = plan.metered},
	    .vantage_count = a->vantage_count,
	    .together = is_read_together(a),
	    .live = a->live,
	    .cores = {a->options.cores, a->options.core_count},
	    .saver = a->saver,
	    .stop = &a->stop,
	    .progress = progress_tell,
	    .context = a,
	};
	bool complete;

	/* Only against chosen collisions: without entropy the analysis is as good. */
	(void)getrandom(&a->key, sizeof(a->key), GRND_NONBLOCK);
	a->desk = desk_make(a, &plan, a->key);
	if (!a->desk) {
		return false;
	}
	memcpy(a->run.vantages, a->vantage_of, sizeof(a->vantage_of));
	if (!points_watch(a)) {
		return false;
	}
	config.key = a->key;
	config.points = a->points;
	if (!saver_begin(a) || !run_init(&a->run, &config, &run_stages, a->desk)) {
		return false;
	}
	if (a->live) {
		live_show_begin(a);
	}
	complete = run_until_end(&a->run, &a->merge);
	run_join(&a->run);
	saver_end(a);
	return complete;
}

enum tp_status tp_run(struct tp_analysis *a)
{
	const struct pin_cores cores = {a->options.cores, a->options.core_count};
	cpu_set_t before;
	bool complete;

	if (!memory_suffices(a)) {
		return TP_NO_MEMORY;
	}
	pin_begin(&cores, &before);
	complete = analyse(a);
	pin_end(&cores, &before);
	if (!complete) {
		return TP_NO_MEMORY;
	}
	memcpy(a->vantage_of, a->run.vantages, sizeof(a->vantage_of));
	progress_tell(a);
	a->ran = true;
	return sources_judge(a);
}

/* --- calls that are saved --- */

enum tp_status tp_save_bad(struct tp_analysis *a, const char *folder, uint64_t limit_octets)
{
	struct source_error error = {0};

	if (limit_octets < TP_SAVE_LIMIT_MIN) {
		source_fail(&error, "%d MiB are the least that may be given to saved calls",
		    (int)(TP_SAVE_LIMIT_MIN >> 20));
	} else if (!a->saver && !a->ran) {
		a->saver = saver_new(folder, limit_octets, &error);
		a->saver_folder = strdup(folder);
	}
	if (!a->saver || !a->saver_folder) {
		problem_tell(a, folder, &error);
		return TP_UNWRITTEN;
	}
	return TP_OK;
}

bool tp_saved_get(const struct tp_analysis *a, struct tp_saved *saved)
{
	*saved = (struct tp_saved){0};
	if (a->saver) {
		saver_totals(a->saver, saved);
	}
	return a->saver != NULL;
}

/* --- the packets of chosen calls --- */

enum tp_status tp_extract_to(struct tp_analysis *a, const char *path)
{
	struct source_error error = {0};

	extract_close(a->extract);
	a->extract = extract_open(path, &error);
	if (!a->extract) {
		problem_tell(a, path, &error);
		return TP_UNWRITTEN;
	}
	return TP_OK;
}

static bool extract_write(const struct tp_analysis *a, const struct extract_plan *plan,
    const char **fault, struct source_error *error)
{
	const struct extract_job job = {
	    .plan = plan,
	    .key = a->key,
	    .path_count = a->path_count,
	    .paths = a->paths,
	    .source_count = a->source_count,
	    .sources = a->sources,
	    .names = a->names,
	    .vantage_of = a->vantage_of,
	    .vantages = a->vantages,
	    .stop = &a->stop,
	    .progress = a->handlers.progress,
	    .context = a->handlers.context,
	};

	return extract_run(a->extract, &job, fault, error);
}

enum tp_status tp_extract(struct tp_analysis *a, tp_call_chooser *choose, void *context)
{
	struct source_error error = {0};
	const char *fault = NULL;
	struct extract_plan *plan;
	bool written;

	if (!a->ran || !a->extract) {
		source_fail(&error, "nothing was analysed, or no file was opened for it");
		problem_tell(a, "extract", &error);
		return TP_UNWRITTEN;
	}
	plan = extract_plan_new(a->desk, choose, context);
	if (!plan) {
		return TP_NO_MEMORY;
	}
	written = extract_write(a, plan, &fault, &error);
	if (!written) {
		problem_tell(a, fault ? fault : extract_path(a->extract), &error);
	}
	extract_plan_free(plan);
	extract_close(a->extract);
	a->extract = NULL;
	return written ? TP_OK : TP_UNWRITTEN;
}
