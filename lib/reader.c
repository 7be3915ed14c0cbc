/* SPDX-License-Identifier: Apache-2.0 */
#include "reader.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk.h"
#include "flow.h"

enum {
	LIVE_WAIT_MS = 100,
	SPARE_BLOCKS = 2 /* of a worker's ring: for ticks, which are not shed */
};

/* Live, the clock of idle interfaces follows the wall's, this far behind: packets may still be
 * on their way through the kernel's buffer. */
static const int64_t live_lag_ns = MEDIA_SECOND_NS;

static void *lane_room(void *lane, size_t octets)
{
	return lane_reserve(lane, octets);
}

static struct record_sink desk_of(const struct reader *reader)
{
	return (struct record_sink){
	    .reserve = lane_room, .context = strand_desk_lane(reader->strand)};
}

_Static_assert(
    (int)PIPELINE_WORKERS_MAX <= (int)MEDIA_METERS && (int)DESK_VANTAGES_MAX <= (int)MEDIA_METERS,
    "one reader's meters, or one of each vantage's reader");

struct reader *reader_open(const struct reader_config *config, struct pipeline *pipeline)
{
	struct reader *reader = aligned_alloc(_Alignof(struct reader), sizeof(*reader));
	bool complete;

	if (!reader) {
		return NULL;
	}
	memset(reader, 0, sizeof(*reader));
	reader->config = *config;
	merge_init(&reader->own);
	reader->merge = &reader->own;
	complete = intake_init(&reader->intake, config->key);
	if (complete && !config->alone) {
		intake_beside(&reader->intake, config->side, config->origin_ns);
	}
	if (complete && config->saver) {
		saver_watch(config->saver, &reader->intake);
	}
	for (unsigned i = 0; complete && i < config->fan; i++) {
		reader->meters[i] = meter_new(&config->limits, config->alone ? i : config->side);
		complete = reader->meters[i] != NULL;
	}
	if (complete) {
		reader->strand =
		    pipeline_open(pipeline, config->fan, (void *const *)reader->meters);
	}
	if (!reader->strand) {
		reader_free(reader);
		return NULL;
	}
	return reader;
}

void reader_free(struct reader *reader)
{
	if (!reader) {
		return;
	}
	for (unsigned i = 0; i < reader->config.fan; i++) {
		meter_free(reader->meters[i]);
	}
	intake_fini(&reader->intake);
	free(reader);
}

/* --- packets --- */

/* Among several workers: each flow has its own. */
static void media_deal(struct reader *reader, const struct media_packet *media, unsigned slots)
{
	const struct media_packet *end = media + slots;
	unsigned fan = strand_fan(reader->strand);

	for (const struct media_packet *p = media; p < end; p = media_next(p)) {
		size_t octets = media_slots(p) * sizeof(*p);
		unsigned worker = flow_hash_apart(reader->intake.key, p) >> 32 & 0xff;
		struct lane *lane = strand_worker_lane(reader->strand, worker % fan);
		struct media_packet *room;

		if (reader->config.live && !lane_has_room(lane, octets, SPARE_BLOCKS)) {
			overload_shed(&reader->overload, SHED_RING, p, p + 1);
			continue;
		}
		room = lane_reserve(lane, octets);
		if (room) {
			memcpy(room, p, octets);
		}
	}
}

/* Where a burst's media go: into the block of the only worker, or to be dealt out. */
static struct media_packet *media_room(struct reader *reader)
{
	struct media_packet *room = NULL;

	if (strand_fan(reader->strand) == 1) {
		room = lane_reserve(strand_worker_lane(reader->strand, 0), sizeof(reader->media));
	}
	return room ? room : reader->media;
}

/* So many slots of it are filled. Without memory for a block they are lost, and counted. */
static void media_pass(struct reader *reader, const struct media_packet *media, unsigned slots)
{
	if (media != reader->media) {
		lane_trim(strand_worker_lane(reader->strand, 0),
		    sizeof(reader->media) - slots * sizeof(*media));
	} else if (strand_fan(reader->strand) > 1) {
		media_deal(reader, media, slots);
	}
}

/* The kernel's buffer of a source fills up. */
static bool is_crowded(const struct merge *merge)
{
	for (unsigned i = 0; i < merge->count; i++) {
		if (merge->inputs[i]->source->crowded) {
			return true;
		}
	}
	return false;
}

/* May the media of a burst go on? Files wait; what comes live does not. */
static enum shed shed_now(const struct reader *reader)
{
	if (!reader->config.live) {
		return SHED_NOT;
	}
	if (strand_is_ahead(reader->strand, 2) || is_crowded(reader->merge)) {
		return SHED_WORKER;
	}
	if (strand_fan(reader->strand) == 1 && !lane_has_room(strand_worker_lane(reader->strand, 0),
						   sizeof(reader->media), SPARE_BLOCKS)) {
		return SHED_RING;
	}
	return SHED_NOT;
}

/* Packets up to a tick; how many. */
static unsigned packets_take(struct reader *reader, const struct packet *packets, unsigned count,
    const struct record_sink *desk)
{
	enum shed shed = shed_now(reader);
	struct media_packet *media = shed ? reader->media : media_room(reader);
	unsigned slots, taken;

	taken = intake_burst(&reader->intake, packets, count, media, &slots, desk);
	if (reader->config.saver) {
		saver_take(reader->config.saver, &reader->intake, packets, taken, media, slots,
		    shed != SHED_NOT);
	}
	if (shed) {
		overload_shed(&reader->overload, shed, media, media + slots);
	} else {
		media_pass(reader, media, slots);
	}
	reader->packets += taken;
	if (slots > 0 && reader->config.live) {
		live_clock_busy(&reader->clock);
	}
	return taken;
}

/* The desk is told of a tick; and, before it, of what was not measured until then. */
static void tick_give(struct reader *reader, const struct record_sink *desk)
{
	if (reader->config.live) {
		overload_tell(
		    &reader->overload, reader->merge, &reader->clock, &reader->intake, desk);
	}
	strand_tick(reader->strand, &reader->intake.tick, reader->packets);
}

static void vantages_take(struct reader *reader)
{
	memcpy(reader->intake.vantages, reader->config.vantages, sizeof(reader->intake.vantages));
}

/* True where the desk was told of a tick. */
static bool burst_take(struct reader *reader, struct packet *packets, unsigned count)
{
	struct record_sink desk = desk_of(reader);
	bool ticked = false;
	unsigned at = 0;

	if (reader->config.points) {
		/* Captures begin on the way, where one reader has all of them. */
		vantages_take(reader);
		count = capture_points_filter(reader->config.points, packets, count);
	}
	while (at < count) {
		at += packets_take(reader, packets + at, count - at, &desk);
		if (at < count) {
			tick_give(reader, &desk);
			ticked = true;
		}
	}
	return ticked;
}

/* Nobody has to look at its packets before the intake does. */
static bool goes_straight(const struct reader *reader, const struct source *source)
{
	const struct capture_points *points = reader->config.points;

	return !reader->config.saver &&
	       (!points ||
		   (!reader->config.alone && !capture_points_compares(points, source->capture)));
}

/*
 * Straight from the file, where nobody looks at its packets before. False where there was nothing;
 * *ticked: the desk was told of a tick.
 */
static bool run_take(struct reader *reader, bool *ticked)
{
	struct source *source = merge_sole(reader->merge);
	struct record_sink desk = desk_of(reader);
	unsigned slots = MEDIA_SLOTS * PACKET_BURST;
	struct media_packet *media;
	struct packet_run run;
	uint32_t before;

	if (!source || !goes_straight(reader, source) || !source_run_begin(source, &run)) {
		return false;
	}
	before = run.frame;
	media = media_room(reader);
	*ticked = !intake_run(&reader->intake, &run, media, &slots, &desk);
	media_pass(reader, media, slots);
	source_run_end(source, &run);
	reader->packets += run.frame - before;
	if (*ticked) {
		strand_tick(reader->strand, &reader->intake.tick, reader->packets);
	}
	return *ticked || run.frame != before;
}

static int64_t clock_ns(clockid_t which)
{
	struct timespec now;

	(void)clock_gettime(which, &now);
	return now.tv_sec * MEDIA_SECOND_NS + now.tv_nsec;
}

static void clocks_look(struct reader *reader)
{
	if (reader->config.live) {
		live_clock_look(&reader->clock, clock_ns(CLOCK_REALTIME), clock_ns(CLOCK_BOOTTIME));
	}
}

static void wall_clock_take(struct reader *reader)
{
	struct record_sink desk = desk_of(reader);
	int64_t now_ns;

	clocks_look(reader);
	now_ns = reader->config.live ? live_clock_now(&reader->clock) : clock_ns(CLOCK_REALTIME);
	if (intake_idle(&reader->intake, now_ns - live_lag_ns, &desk)) {
		tick_give(reader, &desk);
	}
}

/* --- phases --- */

/*
 * The desk knows how far this one has come. So it does of all that no thread has, and never waits
 * for one of these where the thread with the one that is furthest behind waits for the desk.
 */
static void progress_tell(struct reader *reader, bool park)
{
	const struct tick tick = {.order = reader->intake.order - 1, .bare = true, .park = park};

	if (!reader->config.alone) {
		strand_tick(reader->strand, &tick, reader->packets);
	}
}

static bool is_scattered(const struct merge *merge)
{
	bool any = false;

	for (unsigned i = 0; i < merge->count; i++) {
		any |= merge->inputs[i]->source->scattered;
	}
	return any;
}

void reader_begin(struct reader *reader, int64_t until_ns, uint64_t behind)
{
	reader->state = READER_READS;
	if (!reader->config.alone) {
		reader->own.until_ns = until_ns;
		intake_follow(&reader->intake, behind);
		progress_tell(reader, false);
	}
	vantages_take(reader);
	reader->intake.scattered = is_scattered(reader->merge);
}

void reader_end(struct reader *reader)
{
	struct record_sink desk = desk_of(reader);
	struct tick end = intake_end(&reader->intake, &desk);

	strand_tick(reader->strand, &end, reader->packets);
	reader->state = READER_ENDED;
}

/* There is nothing more; or not in this phase. */
static void reader_finish(struct reader *reader)
{
	if (reader->config.alone || reader->own.until_ns == INT64_MAX) {
		reader_end(reader);
	} else {
		progress_tell(reader, true);
		reader->state = READER_PARKED;
	}
}

/* False where there is nothing more for now; *ticked: the desk was told of a tick. */
static bool read_some(struct reader *reader, bool *ticked)
{
	struct packet packets[PACKET_BURST];
	int count;

	if (run_take(reader, ticked)) {
		return true;
	}
	clocks_look(reader);
	count = merge_read(reader->merge, packets);
	if (count > 0) {
		if (reader->config.live) {
			live_clock_correct(&reader->clock, packets, (unsigned)count);
		}
		*ticked = burst_take(reader, packets, (unsigned)count);
		return true;
	}
	if (count == SOURCE_IDLE) {
		merge_wait(reader->merge, LIVE_WAIT_MS);
		wall_clock_take(reader);
	} else {
		reader_finish(reader);
	}
	return false;
}

void reader_step(struct reader *reader)
{
	bool ticked = false;

	for (unsigned i = 0; i < READER_STEP_BURSTS; i++) {
		if (atomic_load_explicit(reader->config.stop, memory_order_relaxed)) {
			reader_end(reader);
			return;
		}
		if (!read_some(reader, &ticked)) {
			return;
		}
		if (ticked && strand_is_ahead(reader->strand, 1)) {
			break;
		}
	}
	progress_tell(reader, false);
}

uint64_t reader_octets_left(const struct reader *reader)
{
	uint64_t left = 0;

	for (unsigned i = 0; i < reader->merge->count; i++) {
		const struct source *source = reader->merge->inputs[i]->source;

		left += source->size > source->position ? source->size - source->position : 0;
	}
	return left;
}
