/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was lost, in the order of sequence numbers: runs, bursts and gaps, concealed seconds.
 *
 * Data in:   the numbers of packets that never came, and of packets that came too late to be
 *            played, each once its fate is final, in rising order.
 * Data out:  struct loss_figures.
 * Threading: one thread. Limits: none; a loss costs constant time, a packet that came nothing.
 *
 * Bursts and gaps are those of RFC 3611 4.7.2: a burst begins and ends with a packet lost or
 * discarded and holds no LOSS_GMIN packets in a row that were neither. A lone one is part of
 * the gap.
 */
#ifndef TALKPATH_LOSS_TRACK_H
#define TALKPATH_LOSS_TRACK_H

#include <stdbool.h>
#include <stdint.h>

enum {
	LOSS_GMIN = 16,  /* RFC 3611 4.7.2 */
	LOSS_RUNS = 10,  /* lengths of runs told apart; the last stands for longer ones too */
	LOSS_SEVERE = 20 /* a second is severely concealed above one packet in so many */
};

struct loss_figures {
	uint32_t runs; /* of packets lost in a row */
	uint32_t run_lengths[LOSS_RUNS];
	uint32_t bursts;
	uint32_t burst_packets; /* expected within bursts */
	uint32_t burst_bad;     /* lost or discarded within bursts */
	uint32_t lone_bad;      /* lost or discarded outside them */
	uint32_t edges;         /* bursts that begin with the first packet or end with the last */
	uint32_t concealed_s;   /* seconds of media with anything to conceal */
	uint32_t severe_s;      /* seconds of which more than 5 % was concealed */
};

struct loss_track {
	struct loss_figures figures;
	uint32_t first; /* number that the stream began with */
	uint32_t run, run_last;
	uint32_t cluster_first, cluster_last, cluster_bad;
	uint32_t second, second_bad; /* second_bad 0: none begun */
	uint32_t packets_per_second; /* 0: unknown, seconds are not counted */
};

/* From number `first` on. */
void loss_track_begin(struct loss_track *track, uint32_t first, uint32_t packets_per_second);

void loss_track_lost(struct loss_track *track, uint32_t from, uint32_t count);
void loss_track_discarded(struct loss_track *track, uint32_t number);

/* Nothing more will come; the last packet had this number. */
void loss_track_end(struct loss_track *track, uint32_t last);

#endif
