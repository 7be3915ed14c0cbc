/* SPDX-License-Identifier: Apache-2.0 */
#include "loss_track.h"

static void run_close(struct loss_track *t)
{
	if (t->run > 0) {
		t->figures.runs++;
		t->figures.run_lengths[t->run < LOSS_RUNS ? t->run - 1 : LOSS_RUNS - 1]++;
		t->run = 0;
	}
}

static void cluster_close(struct loss_track *t)
{
	struct loss_figures *f = &t->figures;

	if (t->cluster_bad > 1) {
		f->bursts++;
		f->burst_packets += t->cluster_last - t->cluster_first + 1;
		f->burst_bad += t->cluster_bad;
		f->edges += t->cluster_first == t->first;
	} else {
		f->lone_bad += t->cluster_bad;
	}
	t->cluster_bad = 0;
}

static void second_close(struct loss_track *t)
{
	if (t->second_bad > 0) {
		t->figures.concealed_s++;
		t->figures.severe_s += t->second_bad * LOSS_SEVERE > t->packets_per_second;
		t->second_bad = 0;
	}
}

static void seconds_take(struct loss_track *t, uint32_t from, uint32_t count)
{
	while (t->packets_per_second > 0 && count > 0) {
		uint32_t position = from - t->first;
		uint32_t second = position / t->packets_per_second;
		uint32_t room = t->packets_per_second - position % t->packets_per_second;
		uint32_t taken = count < room ? count : room;

		if (second != t->second) {
			second_close(t);
			t->second = second;
		}
		t->second_bad += taken;
		from += taken;
		count -= taken;
	}
}

static void bad_take(struct loss_track *t, uint32_t from, uint32_t count)
{
	if (t->cluster_bad > 0 && from - t->cluster_last - 1 >= LOSS_GMIN) {
		cluster_close(t);
	}
	if (t->cluster_bad == 0) {
		t->cluster_first = from;
	}
	t->cluster_last = from + count - 1;
	t->cluster_bad += count;
	seconds_take(t, from, count);
}

void loss_track_begin(struct loss_track *track, uint32_t first, uint32_t packets_per_second)
{
	run_close(track);
	cluster_close(track);
	second_close(track);
	track->first = first;
	track->packets_per_second = packets_per_second;
}

void loss_track_lost(struct loss_track *track, uint32_t from, uint32_t count)
{
	if (track->run > 0 && from != track->run_last + 1) {
		run_close(track);
	}
	track->run += count;
	track->run_last = from + count - 1;
	bad_take(track, from, count);
}

void loss_track_discarded(struct loss_track *track, uint32_t number)
{
	bad_take(track, number, 1);
}

void loss_track_end(struct loss_track *track, uint32_t last)
{
	track->figures.edges += track->cluster_bad > 1 && track->cluster_last == last;
	run_close(track);
	cluster_close(track);
	second_close(track);
}
