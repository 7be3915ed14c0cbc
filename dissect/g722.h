/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The decoder of G.722's lower sub-band (ITU-T G.722 (09/2012) clause 6.2, at 64 kbit/s): one
 * sample of 8 kHz for each octet.
 *
 * Ownership: the caller's struct, all zero but for `scale`, is a decoder at rest. Its arithmetic
 *            is bounded for any octets.
 */
#ifndef TALKPATH_G722_H
#define TALKPATH_G722_H

#include <stdint.h>

enum {
	G722_SCALE_MAX = 18432,  /* of the logarithmic scale factor */
	G722_SAMPLE_MAX = 16384, /* overload of the sub-band */
	G722_ZEROS = 6
};

/* Names of the Recommendation, clause 6.2.1, in brackets. */
struct g722 {
	int scale;               /* logarithm of the quantiser's scale factor (NBL) */
	int poles[2];            /* of the predictor (AL1, AL2) */
	int zeros[G722_ZEROS];   /* (BL1..BL6) */
	int rebuilt[2];          /* the last samples (RLT1, RLT2) */
	int partial[2];          /* without the poles' share (PLT1, PLT2) */
	int steps[G722_ZEROS];   /* the last differences (DLT1..DLT6) */
	int predicted, by_zeros; /* the next sample (SL), and the zeros' share of it (SZL) */
};

/* What one octet adds to the scale in the long run. */
int g722_scale_step(uint8_t octet);

/* The next sample, from -G722_SAMPLE_MAX to one below G722_SAMPLE_MAX. */
int g722_sample(struct g722 *decoder, uint8_t octet);

#endif
