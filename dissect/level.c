/* SPDX-License-Identifier: Apache-2.0 */
#include "level.h"

#include <math.h>

#include "g722.h"

/* --- G.711: squares of the samples that codes stand for, in 16 bits, whatever their sign --- */

#define MU_SAMPLE(c) (((((~(c)&0x0fU) << 3) + 132U) << (~(c) >> 4 & 7U)) - 132U)
#define MU(c)        (MU_SAMPLE(c) * MU_SAMPLE(c))

/* The even bits of A-law codes are inverted; the segment 0 is as steep as 1. */
#define A_SEGMENT(c) (((c) ^ 0x55U) >> 4 & 7U)
#define A_STEP(c)    ((((c) ^ 0x55U) & 0x0fU) << 4)
#define A_SAMPLE(c)                        \
	(A_SEGMENT(c) == 0 ? A_STEP(c) + 8 \
			   : (A_STEP(c) + 264) << (A_SEGMENT(c) - (A_SEGMENT(c) > 0)))
#define A(c) (A_SAMPLE(c) * A_SAMPLE(c))

#define ROW(law, c)                                                                               \
	law((c) + 0U), law((c) + 1U), law((c) + 2U), law((c) + 3U), law((c) + 4U), law((c) + 5U), \
	    law((c) + 6U), law((c) + 7U), law((c) + 8U), law((c) + 9U), law((c) + 10U),           \
	    law((c) + 11U), law((c) + 12U), law((c) + 13U), law((c) + 14U), law((c) + 15U)
#define TABLE(law)                                                                           \
	ROW(law, 0x00U), ROW(law, 0x10U), ROW(law, 0x20U), ROW(law, 0x30U), ROW(law, 0x40U), \
	    ROW(law, 0x50U), ROW(law, 0x60U), ROW(law, 0x70U)
#define BOTH_SIGNS(law) TABLE(law), TABLE(law)

/* Of both signs: so each octet costs a load and an addition. Four of them fit in 32 bits. */
static const uint32_t squares[][256] = {
    [LEVEL_PCMU] = {BOTH_SIGNS(MU)},
    [LEVEL_PCMA] = {BOTH_SIGNS(A)},
};

/* The code of the least magnitude: 0, or in A-law, which has no 0, half a step. */
static const uint8_t idle[] = {[LEVEL_PCMU] = 0x7f, [LEVEL_PCMA] = 0x55};

/*
 * G.722 has no code for silence: the encoder wanders among the least steps of the lower sub-band,
 * while the higher one stays at its first code, the upper two bits set. In 19 of 20 packets at rest
 * the scale stays below this; a tone of -65 dBov lifts it above.
 */
enum { G722_HIGH_REST = 0xc0, G722_SCALE_REST = 2000 };

/* Mean square relative to that of a square wave at overload. */
static double dbov_of(double mean_square, double overload)
{
	double dbov = 10 * log10(mean_square / (overload * overload));

	/* Of nothing it is minus infinity. */
	return dbov > 0 ? 0 : dbov > LEVEL_SILENCE ? dbov : LEVEL_SILENCE;
}

static void g711(struct level *out, enum level_codec codec, struct bytes payload)
{
	size_t count = bytes_left(&payload);
	const uint32_t *square = squares[codec];
	const uint8_t *at = payload.at;
	uint64_t sum = 0;

	for (; payload.end - at >= 4; at += 4) {
		sum += square[at[0]] + square[at[1]] + square[at[2]] + square[at[3]];
	}
	for (; at < payload.end; at++) {
		sum += square[*at];
	}
	/* No code is less than the idle one, so this sum has nothing else in it. */
	out->silent = sum == count * square[idle[codec]];
	out->dbov = out->silent ? LEVEL_SILENCE : dbov_of((double)sum / (double)count, 32768);
}

/*
 * Where the codes of a packet hold the quantiser's scale: it leaks by 1/128 for each sample and is
 * fed by the codes alone, so for a steady signal their mean tells.
 */
static int scale_guess(struct bytes payload)
{
	int64_t steps = 0;

	for (const uint8_t *at = payload.at; at < payload.end; at++) {
		steps += g722_scale_step(*at);
	}
	steps = steps * 128 / (int64_t)bytes_left(&payload);
	return steps < 0 ? 0 : steps > G722_SCALE_MAX ? G722_SCALE_MAX : (int)steps;
}

/*
 * The decoder's state before this packet is not known. One pass over it lets the predictor settle;
 * of a second one the later half is measured.
 */
static void g722(struct level *out, struct bytes payload)
{
	int scale = scale_guess(payload);
	struct g722 decoder = {.scale = scale};
	const uint8_t *half = payload.at + bytes_left(&payload) / 2;
	uint64_t sum = 0;
	uint8_t common = 0xff;

	for (const uint8_t *at = payload.at; at < payload.end; at++) {
		common &= *at;
		(void)g722_sample(&decoder, *at);
	}
	for (const uint8_t *at = payload.at; at < payload.end; at++) {
		int sample = g722_sample(&decoder, *at);

		sum += at < half ? 0 : (uint64_t)(sample * sample);
	}
	out->dbov = dbov_of((double)sum / (double)(payload.end - half), G722_SAMPLE_MAX);
	out->silent = scale < G722_SCALE_REST && (common & G722_HIGH_REST) == G722_HIGH_REST;
	out->dbov = out->silent ? LEVEL_SILENCE : out->dbov;
}

bool level_measure(struct level *out, enum level_codec codec, struct bytes payload)
{
	if (bytes_left(&payload) > LEVEL_OCTETS_MAX) {
		payload.end = payload.at + LEVEL_OCTETS_MAX;
	}
	if (bytes_left(&payload) == 0) {
		return false;
	}
	if (codec == LEVEL_G722) {
		g722(out, payload);
	} else {
		g711(out, codec, payload);
	}
	return true;
}
