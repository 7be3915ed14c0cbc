/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clock of a payload type that only signalling could name, inferred from its packets.
 *
 * A worker knows nothing of signalling. It holds the first arrivals and timestamps of such a
 * stream, finds by how many units a second the timestamps grow, and takes the rate among those
 * in use that is nearest. Timestamps that stand still are those of events (RFC 4733 2.5.1).
 */
#ifndef TALKPATH_CLOCK_TRIAL_H
#define TALKPATH_CLOCK_TRIAL_H

#include <stdint.h>

enum {
	CLOCK_SAMPLES = 64,
	CLOCK_SAMPLES_MIN = 10 /* fewer say nothing */
};

struct clock_sample {
	int64_t time_ns;
	uint32_t timestamp;
	uint32_t number; /* extended sequence number */
};

struct clock_trial {
	uint32_t count;
	struct clock_sample samples[CLOCK_SAMPLES];
};

/* In Hz: 8, 12, 16, 24, 32, 44.1, 48 or 90 thousand; 0 where no such clock explains them. */
uint32_t clock_infer(const struct clock_trial *trial);

#endif
