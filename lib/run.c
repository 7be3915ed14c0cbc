/* SPDX-License-Identifier: Apache-2.0 */
#include "run.h"

#include <string.h>
#include <time.h>
#include <unistd.h>

#include "flow.h"

enum {
	LIVE_WAIT_MS = 100,
	PROGRESS_EVERY = 1024 /* bursts */
};

/* Live, the clock of idle interfaces follows the wall's, this far behind: packets may still be
 * on their way through the kernel's buffer. */
static const int64_t live_lag_ns = MEDIA_SECOND_NS;

/* Smaller files are over before threads have started. */
static const uint64_t threads_from_octets = 64 << 20;

static void *lane_room(void *lane, size_t octets)
{
	return lane_reserve(lane, octets);
}

static struct record_sink sink_of(struct lane *lane)
{
	return (struct record_sink){.reserve = lane_room, .context = lane};
}

/* --- stages --- */

static void stage_work(void *worker, const struct block *block, struct lane *desk)
{
	struct meter *meter = worker;
	struct record_sink sink = sink_of(desk);

	meter_packets(meter, (const struct media_packet *)(const void *)block->data,
	    block->used / sizeof(struct media_packet), &sink);
	if (block->tick) {
		meter_tick(meter, &(struct tick){block->order, block->time_ns, block->end}, &sink);
	}
}

static void stage_record(void *desk, const struct record *record)
{
	desk_record(desk, record);
}

static void stage_tick(void *desk, const struct tick *tick)
{
	desk_tick(desk, tick);
}

unsigned run_workers_usual(struct source *const *sources, unsigned count)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t octets = 0;
	bool sized = true;

	for (unsigned i = 0; i < count; i++) {
		octets += sources[i]->size;
		sized &= sources[i]->size > 0;
	}
	if (cores < 2 || (sized && octets < threads_from_octets)) {
		return 0;
	}
	return cores > 9 ? 8 : (unsigned)cores - 1;
}

bool run_init(struct run *run, const struct run_config *config, struct desk *desk)
{
	static const struct pipeline_stages stages = {stage_work, stage_record, stage_tick};
	unsigned wanted = config->workers ? config->workers : 1;

	run->config = *config;
	run->desk = desk;
	for (run->meter_count = 0; run->meter_count < wanted; run->meter_count++) {
		run->meters[run->meter_count] = meter_new(&config->limits);
		if (!run->meters[run->meter_count]) {
			return false;
		}
	}
	run->pipeline = pipeline_new(&stages, config->workers, (void *const *)run->meters, desk);
	return run->pipeline != NULL;
}

/* --- the reader --- */

/* Among several workers: each flow has its own. */
static void media_deal(struct run *run, const struct media_packet *media, unsigned slots)
{
	const struct media_packet *end = media + slots;
	unsigned fan = pipeline_fan(run->pipeline);

	for (const struct media_packet *p = media; p < end; p = media_next(p)) {
		size_t octets = media_slots(p) * sizeof(*p);
		struct media_packet *room = lane_reserve(
		    pipeline_worker_lane(run->pipeline, flow_of_hash(p->hash) % fan), octets);

		if (room) {
			memcpy(room, p, octets);
		}
	}
}

/* Packets up to a tick; how many. */
static unsigned packets_take(
    struct run *run, const struct packet *packets, unsigned count, const struct record_sink *desk)
{
	bool single = pipeline_fan(run->pipeline) == 1;
	struct lane *lane = pipeline_worker_lane(run->pipeline, 0);
	struct media_packet *room = single ? lane_reserve(lane, sizeof(run->media)) : NULL;
	unsigned slots, taken;

	taken = intake_burst(&run->intake, packets, count, room ? room : run->media, &slots, desk);
	if (room) {
		lane_trim(lane, sizeof(run->media) - slots * sizeof(*room));
	} else if (!single) {
		media_deal(run, run->media, slots);
	}
	return taken;
}

static void burst_take(struct run *run, struct packet *packets, unsigned count)
{
	struct record_sink desk = sink_of(pipeline_desk_lane(run->pipeline));
	unsigned at = 0;

	if (run->config.points) {
		count = capture_points_filter(run->config.points, packets, count);
	}
	while (at < count) {
		at += packets_take(run, packets + at, count - at, &desk);
		if (at < count) {
			pipeline_tick(run->pipeline, &run->intake.tick);
		}
	}
}

static void wall_clock_take(struct run *run)
{
	struct record_sink desk = sink_of(pipeline_desk_lane(run->pipeline));
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	if (intake_idle(&run->intake,
		(int64_t)now.tv_sec * MEDIA_SECOND_NS + now.tv_nsec - live_lag_ns, &desk)) {
		pipeline_tick(run->pipeline, &run->intake.tick);
	}
}

void run_until_end(struct run *run, struct merge *merge)
{
	struct record_sink desk = sink_of(pipeline_desk_lane(run->pipeline));
	struct packet packets[PACKET_BURST];
	unsigned bursts = 0;
	struct tick end;
	int count = 0;

	while (!atomic_load_explicit(run->config.stop, memory_order_relaxed) &&
	       (count = merge_read(merge, packets)) != SOURCE_END) {
		if (count == SOURCE_IDLE) {
			merge_wait(merge, LIVE_WAIT_MS);
			wall_clock_take(run);
		} else {
			burst_take(run, packets, (unsigned)count);
		}
		if (run->config.progress &&
		    (count == SOURCE_IDLE || ++bursts % PROGRESS_EVERY == 0)) {
			run->config.progress(run->config.context);
		}
	}
	end = intake_end(&run->intake, &desk);
	pipeline_tick(run->pipeline, &end);
}

void run_join(struct run *run)
{
	pipeline_free(run->pipeline);
	run->pipeline = NULL;
}

void run_fini(struct run *run)
{
	for (unsigned i = 0; i < run->meter_count; i++) {
		meter_free(run->meters[i]);
	}
	run->meter_count = 0;
	intake_fini(&run->intake);
}
