/* SPDX-License-Identifier: Apache-2.0 */
#include "g722.h"

#include <stdbool.h>

/* Table 8: output of the 60-level inverse quantiser, for the low six bits of an octet (QQ6) */
static const int16_t quantiser6[64] = {-136, -136, -136, -136, -24808, -21904, -19008, -16704,
    -14984, -13512, -12280, -11192, -10232, -9360, -8576, -7856, -7192, -6576, -6000, -5456, -4944,
    -4464, -4008, -3576, -3168, -2776, -2400, -2032, -1688, -1360, -1040, -728, 24808, 21904, 19008,
    16704, 14984, 13512, 12280, 11192, 10232, 9360, 8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464,
    4008, 3576, 3168, 2776, 2400, 2032, 1688, 1360, 1040, 728, 432, 136, -432, -136};

/* Table 7: that of 15 levels, for the four bits that adapt the predictor (QQ4) */
static const int16_t quantiser4[16] = {0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456,
    12896, 8968, 6288, 4240, 2584, 1200, 0};

/* Table 11: what they add to the scale (WL by way of RL42) */
static const int16_t scale_steps[16] = {
    -60, 3042, 1198, 538, 334, 172, 58, -30, 3042, 1198, 538, 334, 172, 58, -30, -60};

/* Table 14: 2^(i/32) in 1/2048 (ILB) */
static const int16_t antilogs[32] = {2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489,
    2543, 2599, 2656, 2714, 2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520,
    3597, 3676, 3756, 3838, 3922, 4008};

static unsigned code6(uint8_t octet)
{
	return octet & 0x3fU;
}

static unsigned code4(uint8_t octet)
{
	return code6(octet) >> 2;
}

static int bounded(int value, int limit)
{
	return value > limit ? limit : value < -limit ? -limit : value;
}

/* The Recommendation's 16-bit saturation. */
static int saturated(int value)
{
	return value > INT16_MAX ? INT16_MAX : value < INT16_MIN ? INT16_MIN : value;
}

/* a * b in the fixed point of 15 bits, rounded down. */
static int scaled(int a, int b)
{
	return a * b >> 15;
}

static bool same_sign(int a, int b)
{
	return (a ^ b) >= 0;
}

/* SCALEL: from the logarithm to the factor */
static int factor(int scale)
{
	int shift = 8 - (scale >> 11), antilog = antilogs[scale >> 6 & 31];

	return (shift < 0 ? antilog << -shift : antilog >> shift) << 2;
}

int g722_scale_step(uint8_t octet)
{
	return scale_steps[code4(octet)];
}

/* LOGSCL: the scale leaks by 1/128 for each sample. */
static void scale_adapt(struct g722 *d, uint8_t octet)
{
	int scale = scaled(d->scale, 32512) + g722_scale_step(octet);

	d->scale = scale < 0 ? 0 : scale > G722_SCALE_MAX ? G722_SCALE_MAX : scale;
}

/* UPPOL2, UPPOL1: towards the signs on which successive samples agree */
static void poles_adapt(struct g722 *d, int partial)
{
	int gain = saturated(d->poles[0] * 4);
	int second = same_sign(partial, d->partial[0]) ? -gain : gain;
	int first = same_sign(partial, d->partial[0]) ? 192 : -192;

	second = (second > INT16_MAX ? INT16_MAX : second) >> 7;
	second += (same_sign(partial, d->partial[1]) ? 128 : -128) + scaled(d->poles[1], 32512);
	d->poles[1] = bounded(second, 12288);
	d->poles[0] = bounded(saturated(first + scaled(d->poles[0], 32640)), 15360 - d->poles[1]);
}

/* UPZERO, and DELAYA for the differences */
static void zeros_adapt(struct g722 *d, int step)
{
	int gain = step == 0 ? 0 : 128;

	for (int i = 0; i < G722_ZEROS; i++) {
		int towards = same_sign(d->steps[i], step) ? gain : -gain;

		d->zeros[i] = saturated(towards + scaled(d->zeros[i], 32640));
	}
	for (int i = G722_ZEROS - 1; i > 0; i--) {
		d->steps[i] = d->steps[i - 1];
	}
	d->steps[0] = step;
}

/* FILTEP, FILTEZ, PREDIC */
static void predict(struct g722 *d)
{
	int by_poles = 0;

	for (int i = 0; i < 2; i++) {
		by_poles += scaled(saturated(d->rebuilt[i] * 2), d->poles[i]);
	}
	d->by_zeros = 0;
	for (int i = 0; i < G722_ZEROS; i++) {
		d->by_zeros += scaled(saturated(d->steps[i] * 2), d->zeros[i]);
	}
	d->by_zeros = saturated(d->by_zeros);
	d->predicted = saturated(saturated(by_poles) + d->by_zeros);
}

int g722_sample(struct g722 *d, uint8_t octet)
{
	int scale_factor = factor(d->scale);
	int sample = d->predicted + scaled(scale_factor, quantiser6[code6(octet)]);
	int step = scaled(scale_factor, quantiser4[code4(octet)]);
	int rebuilt = saturated(d->predicted + step), partial = saturated(d->by_zeros + step);

	scale_adapt(d, octet);
	poles_adapt(d, partial);
	zeros_adapt(d, step);
	d->rebuilt[1] = d->rebuilt[0];
	d->rebuilt[0] = rebuilt;
	d->partial[1] = d->partial[0];
	d->partial[0] = partial;
	predict(d);
	return sample >= G722_SAMPLE_MAX ? G722_SAMPLE_MAX - 1 : bounded(sample, G722_SAMPLE_MAX);
}
