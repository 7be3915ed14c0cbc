/* SPDX-License-Identifier: Apache-2.0 */
#include "live_board.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

static const int64_t second_ns = 1000000000;

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * second_ns + now.tv_nsec;
}

void live_board_init(struct live_board *board)
{
	(void)pthread_mutex_init(&board->lock, NULL);
	board->memory_fd = -1;
}

void live_board_fini(struct live_board *board)
{
	if (board->memory_fd >= 0) {
		(void)close(board->memory_fd);
	}
	(void)pthread_mutex_destroy(&board->lock);
}

void live_board_name(
    struct live_board *board, unsigned source, const char *name, const char *vantage)
{
	struct tp_live_source *out = &board->figures.sources[source];

	(void)snprintf(out->name, sizeof(out->name), "%s", name);
	(void)snprintf(out->vantage, sizeof(out->vantage), "%s", vantage);
	out->last_time_ns = TP_NO_TIME;
	out->packets_per_s = out->bits_per_s = (double)NAN;
}

void live_board_begin(struct live_board *board, unsigned sources)
{
	board->memory_fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	(void)pthread_mutex_lock(&board->lock);
	board->figures.source_count = sources;
	board->figures.calls.time_ns = TP_NO_TIME;
	board->begun_ns = board->read_ns = now_ns();
	(void)pthread_mutex_unlock(&board->lock);
}

/* --- the sources' thread --- */

bool live_board_is_due(const struct live_board *board)
{
	return now_ns() >= board->due_ns;
}

static void pace_take(struct live_board *board, unsigned source, const struct source_totals *totals)
{
	struct live_pace *paces = board->paces[source];
	struct live_pace now = {now_ns(), totals->packets, totals->bytes};
	unsigned taken = board->samples;
	const struct live_pace *then =
	    &paces[taken < LIVE_PACE_SAMPLES ? 0 : taken % LIVE_PACE_SAMPLES];
	struct tp_live_source *out = &board->figures.sources[source];

	if (taken > 0) {
		double elapsed_s = (double)(now.time_ns - then->time_ns) / 1e9;

		out->packets_per_s = (double)(now.packets - then->packets) / elapsed_s;
		out->bits_per_s = 8.0 * (double)(now.bytes - then->bytes) / elapsed_s;
	}
	paces[taken % LIVE_PACE_SAMPLES] = now;
}

void live_board_source(
    struct live_board *board, unsigned source, const struct live_reading *reading)
{
	struct tp_live_source *out = &board->figures.sources[source];

	(void)pthread_mutex_lock(&board->lock);
	pace_take(board, source, &reading->totals);
	(void)snprintf(
	    out->absence, sizeof(out->absence), "%s", reading->absence ? reading->absence : "");
	out->packets = reading->totals.packets;
	out->bytes = reading->totals.bytes;
	out->last_time_ns = reading->totals.packets ? reading->totals.last_time_ns : TP_NO_TIME;
	out->dropped_count = reading->dropped_count;
	for (size_t i = 0; i < reading->dropped_count; i++) {
		out->dropped[i] = reading->dropped[i];
	}
	(void)pthread_mutex_unlock(&board->lock);
}

void live_board_read(struct live_board *board)
{
	board->samples++;
	(void)pthread_mutex_lock(&board->lock);
	board->read_ns = now_ns();
	board->due_ns = board->read_ns + second_ns;
	(void)pthread_mutex_unlock(&board->lock);
}

/* --- the desk's thread --- */

void live_board_calls(void *context, const struct tp_live_calls *calls)
{
	struct live_board *board = context;

	(void)pthread_mutex_lock(&board->lock);
	board->figures.calls = *calls;
	board->told_ns = now_ns();
	(void)pthread_mutex_unlock(&board->lock);
}

/* --- any --- */

/* Pages in use are the second number there (proc(5)). */
static uint64_t memory_resident(int fd)
{
	char text[128];
	ssize_t length = fd >= 0 ? pread(fd, text, sizeof(text) - 1, 0) : -1;
	char *second;

	if (length <= 0) {
		return 0;
	}
	text[length] = '\0';
	(void)strtoull(text, &second, 10);
	return strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static uint64_t memory_peak(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? (uint64_t)usage.ru_maxrss * 1024 : 0;
}

static double seconds_since(int64_t then_ns)
{
	return then_ns ? (double)(now_ns() - then_ns) / 1e9 : (double)NAN;
}

bool live_board_get(struct live_board *board, struct tp_live_figures *out)
{
	bool begun;

	(void)pthread_mutex_lock(&board->lock);
	begun = board->begun_ns != 0;
	if (begun) {
		*out = board->figures;
		out->elapsed_s = seconds_since(board->begun_ns);
		out->read_age_s = seconds_since(board->read_ns);
		out->desk_age_s = seconds_since(board->told_ns);
	}
	(void)pthread_mutex_unlock(&board->lock);
	if (begun) {
		out->memory_bytes = memory_resident(board->memory_fd);
		out->memory_peak_bytes = memory_peak();
	}
	return begun;
}
