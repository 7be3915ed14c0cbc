/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-stages: where the time of a packet goes.
 *
 * One capture goes through the analyzer's own modules again and again, each time a stage further,
 * in one thread; what a stage takes is the difference to the one before it in the same round.
 * Medians over rounds, processor time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "median.h"
#include "pin.h"
#include "run.h"

enum { STREAMS = 1 << 20 };

struct stage {
	const char *name;
	int64_t (*run)(const char *path); /* packets, where it counts them; below 0: failed */
	double ns[ROUNDS_MAX];            /* per packet */
};

/* --- reading --- */

static bool source_found(void *merge, struct source *source, const char *member)
{
	(void)member;
	return merge_add(merge, source);
}

static void source_refused(void *merge, const char *member, const struct source_error *error)
{
	(void)merge;
	(void)member;
	(void)fprintf(stderr, "talkpath-stages: %s\n", error->reason);
}

static bool merge_open(struct merge *merge, const char *path)
{
	const struct source_opening opening = {merge, source_found, source_refused, NULL};

	merge_init(merge);
	source_open_file(path, &opening);
	return merge->count > 0;
}

/* As the intake goes through it, but does nothing else. */
static int64_t run_walk(struct source *source)
{
	struct packet_run run;
	struct packet packet;
	int64_t packets = 0;

	if (!source || !source_run_begin(source, &run)) {
		return 0;
	}
	while (packets < PACKET_BURST && packet_run_next(&run, &packet)) {
		packet_fetch_ahead(&packet);
		packet_run_pass(&run, &packet);
		packets++;
	}
	source_run_end(source, &run);
	return packets;
}

static int64_t walk(const char *path)
{
	struct packet burst[PACKET_BURST];
	struct merge merge = {0};
	int64_t packets = 0, passed;
	int count;

	if (!merge_open(&merge, path)) {
		return -1;
	}
	do {
		while ((passed = run_walk(merge_sole(&merge))) > 0) {
			packets += passed;
		}
		count = merge_read(&merge, burst);
		packets += count > 0 ? count : 0;
		for (int i = 0; i < count; i++) {
			packet_fetch_ahead(&burst[i]);
		}
	} while (count >= 0);
	merge_fini(&merge);
	return packets;
}

/* --- reader and worker, with nobody behind them --- */

static void work_nothing(void *meter, const struct block *block, struct lane *desk)
{
	(void)meter;
	(void)block;
	(void)desk;
}

static void *lane_room(void *lane, size_t octets)
{
	return lane_reserve(lane, octets);
}

static void work_measure(void *meter, const struct block *block, struct lane *desk)
{
	struct record_sink sink = {lane_room, desk};

	meter_packets(meter, (const struct media_packet *)(const void *)block->data,
	    block->used / sizeof(struct media_packet), &sink);
	if (block->closed) {
		meter_tick(meter, &block->tick, &sink);
	}
}

static void record_nothing(void *desk, const struct record *record)
{
	(void)desk;
	(void)record;
}

static void tick_nothing(void *desk, const struct tick *tick)
{
	(void)desk;
	(void)tick;
}

static int64_t run_with(const char *path, const struct pipeline_stages *stages)
{
	static const atomic_bool never;
	const struct run_config config = {
	    .key = 1, .limits = {STREAMS, STREAMS}, .vantage_count = 1, .stop = &never};
	struct run *run = calloc(1, sizeof(*run));
	struct merge merge = {0};
	bool ready = run && merge_open(&merge, path);

	if (ready && run_init(run, &config, stages, NULL)) {
		ready = run_until_end(run, &merge);
		run_join(run);
		run_fini(run);
		merge_fini(&merge);
	}
	free(run);
	return ready ? 0 : -1;
}

static int64_t decode(const char *path)
{
	static const struct pipeline_stages stages = {
	    work_nothing, NULL, record_nothing, tick_nothing};

	return run_with(path, &stages);
}

static int64_t measure(const char *path)
{
	static const struct pipeline_stages stages = {
	    work_measure, NULL, record_nothing, tick_nothing};

	return run_with(path, &stages);
}

/* --- the whole library --- */

static void capture_nothing(void *context, const struct tp_capture *capture)
{
	(void)context;
	(void)capture;
}

static void report_nothing(void *context, const struct tp_call_report *report)
{
	(void)context;
	(void)report;
}

static void registration_nothing(void *context, const struct tp_registration *registration)
{
	(void)context;
	(void)registration;
}

static int64_t analyse_and(const char *path, bool report)
{
	struct tp_analysis *a = tp_new(&(struct tp_options){.workers = 0}, NULL);
	bool done = a && tp_open_file(a, path, NULL) == TP_OK && tp_run(a) == TP_OK;

	if (done && report) {
		tp_each_capture(a, capture_nothing, NULL);
		tp_each_report(a, report_nothing, NULL);
		tp_each_registration(a, registration_nothing, NULL);
	}
	tp_free(a);
	return done ? 0 : -1;
}

static int64_t analyse(const char *path)
{
	return analyse_and(path, false);
}

static int64_t report(const char *path)
{
	return analyse_and(path, true);
}

/* --- the table --- */

static double cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* Round -1 is the warm-up, in which packets are counted. */
static bool stage_run(struct stage *stage, const char *path, int round, uint64_t *packets)
{
	double begun = cpu_ns();
	int64_t counted = stage->run(path);

	if (counted < 0) {
		return false;
	}
	if (round >= 0) {
		stage->ns[round] = (cpu_ns() - begun) / (double)*packets;
	} else if (counted > 0) {
		*packets = (uint64_t)counted;
	}
	return true;
}

static void print(const struct stage *stages, size_t count, int rounds, bool markdown)
{
	static double more[ROUNDS_MAX];

	(void)printf(markdown ? "\n| stage | ns per packet | all so far |\n|---|---|---|\n"
			      : "%-44s %14s %11s\n",
	    "", "ns per packet", "all so far");
	for (size_t i = 0; i < count; i++) {
		for (int round = 0; round < rounds; round++) {
			double before = i > 0 ? stages[i - 1].ns[round] : 0;

			more[round] = stages[i].ns[round] - before;
		}
		(void)printf(markdown ? "| %s | %.1f | %.1f |\n" : "%-44s %14.1f %11.1f\n",
		    stages[i].name, median_of(more, rounds), median_of(stages[i].ns, rounds));
	}
}

int main(int argc, char **argv)
{
	static struct stage stages[] = {
	    {.name = "file and walk", .run = walk},
	    {.name = "intake: decode, tell apart, hash", .run = decode},
	    {.name = "meter: look up and measure", .run = measure},
	    {.name = "desk: calls, messages, intervals, findings", .run = analyse},
	    {.name = "report", .run = report},
	};
	enum { STAGES = sizeof(stages) / sizeof(stages[0]) };
	bool markdown = argc == 4 && strcmp(argv[3], "--markdown") == 0;
	int rounds = argc >= 3 ? (int)strtol(argv[2], NULL, 10) : 0;
	uint64_t packets = 0;

	if (rounds < 1 || rounds > ROUNDS_MAX || argc > 4 || (argc == 4 && !markdown)) {
		(void)fprintf(stderr, "Usage: talkpath-stages CAPTURE ROUNDS [--markdown]\n");
		return 2;
	}
	if (!pin(argv[1])) {
		return EXIT_FAILURE;
	}
	for (int round = -1; round < rounds; round++) {
		for (size_t i = 0; i < STAGES; i++) {
			if (!stage_run(&stages[i], argv[1], round, &packets)) {
				(void)fprintf(stderr, "%s failed\n", stages[i].name);
				return EXIT_FAILURE;
			}
		}
	}
	print(stages, STAGES, rounds, markdown);
	return EXIT_SUCCESS;
}
