/* SPDX-License-Identifier: Apache-2.0 */
/* The level of G.711 and G.722 payloads, for signals whose level is known. */
#include "level.h"

#include <criterion/criterion.h>
#include <math.h>

#include "g722.h"
#include "guarded.h"

enum { PACKET = 160 };

static const double pi = 3.14159265358979323846;

static struct level measured(enum level_codec codec, const uint8_t *octets, size_t length)
{
	struct level level = {.dbov = 1};

	cr_assert(level_measure(&level, codec, guarded(octets, length)));
	cr_expect(level.dbov <= 0 && level.dbov >= LEVEL_SILENCE);
	return level;
}

/* --- G.711, coded by search: the code whose sample is nearest, by the tables of G.711 --- */

static int mu_law_sample(uint8_t code)
{
	int inverted = ~code & 0xff, segment = inverted >> 4 & 7;
	int magnitude = ((inverted & 15) * 2 + 33) * (1 << segment) - 33; /* of 14 bits */

	return 4 * (inverted & 0x80 ? -magnitude : magnitude);
}

static int a_law_sample(uint8_t code)
{
	int bits = code ^ 0x55, segment = bits >> 4 & 7, step = bits & 15;
	int magnitude = segment == 0 ? 2 * step + 1 : (2 * step + 33) * (1 << (segment - 1));

	return 8 * (bits & 0x80 ? magnitude : -magnitude); /* of 13 bits */
}

static uint8_t nearest(int (*sample)(uint8_t), double wanted)
{
	int best = 0;

	for (int code = 1; code < 256; code++) {
		if (fabs(sample((uint8_t)code) - wanted) < fabs(sample((uint8_t)best) - wanted)) {
			best = code;
		}
	}
	return (uint8_t)best;
}

/* A sine of this level: its amplitude is 3.01 dB above. */
static double tone(double dbov, double overload, double radians)
{
	return overload * sqrt(2) * pow(10, dbov / 20) * sin(radians);
}

static struct level g711_tone(enum level_codec codec, double dbov)
{
	uint8_t octets[8 * PACKET];

	for (size_t i = 0; i < sizeof(octets); i++) {
		octets[i] = nearest(codec == LEVEL_PCMU ? mu_law_sample : a_law_sample,
		    tone(dbov, 32768, 2 * pi * 1020 / 8000 * (double)i));
	}
	return measured(codec, octets, sizeof(octets));
}

Test(level, g711_tones)
{
	for (double dbov = -4; dbov >= -60; dbov -= 1) {
		struct level mu = g711_tone(LEVEL_PCMU, dbov), a = g711_tone(LEVEL_PCMA, dbov);

		/* Further down the laws' own steps are heard: 8 of 16 bits, and 16. */
		cr_expect_float_eq(mu.dbov, dbov, dbov > -58 ? 0.1 : 0.2, "%f: %f", dbov, mu.dbov);
		cr_expect_float_eq(a.dbov, dbov, dbov > -50 ? 0.1 : 0.6, "%f: %f", dbov, a.dbov);
		cr_expect(!mu.silent && !a.silent);
	}
	/* A full sine is clipped by either law, whose greatest samples are 32124 and 32256. */
	cr_expect_float_eq(g711_tone(LEVEL_PCMU, -3.01).dbov, -3.01, 0.1);
	cr_expect_float_eq(g711_tone(LEVEL_PCMA, -3.01).dbov, -3.01, 0.1);
}

/* Every code, by itself: the level is that of its sample. */
Test(level, g711_codes)
{
	for (int code = 0; code < 256; code++) {
		uint8_t octet = (uint8_t)code;
		struct level mu = measured(LEVEL_PCMU, &octet, 1);
		struct level a = measured(LEVEL_PCMA, &octet, 1);

		if (!mu.silent) {
			cr_expect_float_eq(
			    mu.dbov, 20 * log10(abs(mu_law_sample(octet)) / 32768.0), 1e-9);
		}
		if (!a.silent) {
			cr_expect_float_eq(
			    a.dbov, 20 * log10(abs(a_law_sample(octet)) / 32768.0), 1e-9);
		}
		cr_expect_eq(mu.silent, code == 0xff || code == 0x7f, "0x%02x", octet);
		cr_expect_eq(a.silent, code == 0xd5 || code == 0x55, "0x%02x", octet);
	}
}

Test(level, g711_silence)
{
	uint8_t octets[PACKET];
	struct level level;

	memset(octets, 0xff, sizeof(octets));
	level = measured(LEVEL_PCMU, octets, sizeof(octets));
	cr_expect(level.silent && level.dbov == LEVEL_SILENCE);
	memset(octets, 0x7f, sizeof(octets) / 2);
	cr_expect(measured(LEVEL_PCMU, octets, sizeof(octets)).silent);
	octets[PACKET - 1] = 0xfe; /* one sample of the next code */
	level = measured(LEVEL_PCMU, octets, sizeof(octets));
	cr_expect(!level.silent && level.dbov > LEVEL_SILENCE);

	memset(octets, 0xd5, sizeof(octets));
	level = measured(LEVEL_PCMA, octets, sizeof(octets));
	cr_expect(level.silent && level.dbov == LEVEL_SILENCE);
	octets[0] = 0xd4;
	cr_expect_not(measured(LEVEL_PCMA, octets, sizeof(octets)).silent);
	/* The other law's silence is loud. */
	memset(octets, 0xd5, sizeof(octets));
	cr_expect_not(measured(LEVEL_PCMU, octets, sizeof(octets)).silent);
}

static uint32_t random_next(uint32_t *state)
{
	*state = *state * 1103515245 + 12345;
	return *state >> 16;
}

/* White noise of uniform amplitude is 4.77 dB below its peak. */
Test(level, g711_noise)
{
	uint8_t octets[8 * PACKET];
	uint32_t state = 1;

	for (size_t i = 0; i < sizeof(octets); i++) {
		octets[i] =
		    nearest(mu_law_sample, 3276.8 * (random_next(&state) % 20001 / 10000.0 - 1));
	}
	cr_expect_float_eq(measured(LEVEL_PCMU, octets, sizeof(octets)).dbov, -24.77, 0.3);
}

/* --- G.722 --- */

/* What spandsp's decoder makes of the same octets, at 8 kHz: every fiftieth sample. */
Test(level, g722_decoder)
{
	static const int expected[] = {
	    135,
	    -1375,
	    -481,
	    2052,
	    3871,
	    -951,
	    -525,
	    -454,
	    -1150,
	    -1156,
	    -9474,
	    -16384,
	    16383,
	    16383,
	    16383,
	    -15021,
	    -4634,
	    -2435,
	    -1736,
	    -1277,
	    16383,
	    -7233,
	    16383,
	    16383,
	    16383,
	    -15203,
	    -6470,
	    -2439,
	    -1685,
	    -1138,
	    -16384,
	    -16384,
	    -16384,
	    -9341,
	    -16384,
	    -16384,
	    -5567,
	    -2127,
	    -1687,
	    -1323,
	};
	struct g722 decoder = {0};
	uint32_t state = 1;

	for (int i = 0; i < 2000; i++) {
		uint8_t octet = (uint8_t)random_next(&state);
		int sample;

		if (i / 250 % 2) {
			octet = 0xd8 | (octet & 7);
		}
		sample = g722_sample(&decoder, octet);
		if (i % 50 == 49) {
			cr_expect_eq(sample, expected[i / 50], "%d: %d", i, sample);
		}
	}
}

/* The code after which the decoder is nearest to the sample: an encoder of the lower sub-band. */
static uint8_t g722_encode(struct g722 *state, double sample, uint8_t high)
{
	double nearest_by = INFINITY;
	struct g722 after = *state;
	uint8_t best = 0;

	for (uint8_t code = 4; code < 64; code++) { /* below 4 is not sent */
		struct g722 trial = *state;
		double by = fabs(g722_sample(&trial, high | code) - sample);

		if (by < nearest_by) {
			nearest_by = by;
			after = trial;
			best = high | code;
		}
	}
	*state = after;
	return best;
}

/* The greatest and the mean deviation over a second, a packet at a time; the first ones settle. */
static void g722_deviation(
    double (*signal)(double dbov, int i), double dbov, double *worst, double *mean)
{
	struct g722 state = {0};
	int i = 0, packets = 0;

	*worst = *mean = 0;
	for (int packet = 0; packet < 50; packet++) {
		uint8_t octets[PACKET];
		double energy = 0, off;

		for (int k = 0; k < PACKET; k++, i++) {
			double sample = signal(dbov, i);

			energy += sample * sample;
			octets[k] = g722_encode(&state, sample, 0x80);
		}
		if (packet < 5) {
			continue;
		}
		off = measured(LEVEL_G722, octets, sizeof(octets)).dbov -
		      10 * log10(energy / PACKET / G722_SAMPLE_MAX / G722_SAMPLE_MAX);
		*worst = fmax(*worst, fabs(off));
		*mean += off;
		packets++;
	}
	*mean /= packets;
}

/* Noise with the slope of speech: every sample leans on the one before. */
static double speechlike(double dbov, int i)
{
	static uint32_t state;
	static double before;

	state = i == 0 ? 1 : state;
	before = 0.7 * before + random_next(&state) % 20001 / 10000.0 - 1;
	return before / sqrt(1 / 3.0 / (1 - 0.49)) * G722_SAMPLE_MAX * pow(10, dbov / 20);
}

static double tone_1000_hz(double dbov, int i)
{
	return tone(dbov, G722_SAMPLE_MAX, 2 * pi / 8 * i + 0.1);
}

/*
 * The decoder starts each packet from a guess. Of noise like speech a packet is at most 10 dB off
 * and the mean 4; of a pure tone, which the predictor knows best, 17 and 15.
 */
Test(level, g722_error)
{
	double worst, mean;

	for (double dbov = -10; dbov >= -60; dbov -= 10) {
		g722_deviation(speechlike, dbov, &worst, &mean);
		cr_expect(
		    worst < 10 && fabs(mean) < 4, "noise of %f: %f, mean %f", dbov, worst, mean);
		g722_deviation(tone_1000_hz, dbov, &worst, &mean);
		cr_expect(
		    worst < 17 && fabs(mean) < 15, "tone of %f: %f, mean %f", dbov, worst, mean);
	}
}

/* An encoder at rest: how spandsp's begins a packet a second after its input fell silent. */
static const uint8_t at_rest[] = {0xf8, 0xf8, 0xf5, 0xf5, 0xf8, 0xfa, 0xd9, 0xf5, 0xf5, 0xf8, 0xfb,
    0xde, 0xf3, 0xfb, 0xf8, 0xf8, 0xfa, 0xde, 0xf8, 0xf5, 0xf5, 0xf8, 0xfa, 0xde, 0xf8, 0xfa, 0xf8,
    0xf3, 0xfa, 0xfa, 0xdc, 0xfa, 0xde, 0xf1, 0xf3, 0xfb, 0xfb, 0xdc, 0xfb, 0xd9, 0xf4, 0xf4, 0xf6,
    0xfb, 0xdf, 0xf4, 0xdc, 0xdf, 0xf4, 0xf2, 0xf9, 0xfb, 0xfb, 0xdc, 0xdf, 0xf4, 0xf6, 0xdf, 0xf2,
    0xf9, 0xdf, 0xdf, 0xf8, 0xf8, 0xfb, 0xf8, 0xf4, 0xfb, 0xdf, 0xf6, 0xdf, 0xf6, 0xfb, 0xf8, 0xf8,
    0xdf, 0xf5, 0xfb, 0xf8, 0xf5, 0xf8, 0xf8, 0xfa, 0xfa, 0xf8, 0xf8, 0xfa, 0xfa, 0xfa, 0xfa};

Test(level, g722_silence)
{
	uint8_t octets[PACKET];
	struct g722 state = {0};
	struct level level;

	memset(octets, 0xfa, sizeof(octets));
	memcpy(octets, at_rest, sizeof(at_rest));
	level = measured(LEVEL_G722, octets, sizeof(octets));
	cr_expect(level.silent && level.dbov == LEVEL_SILENCE);
	memset(octets, 0xfa, sizeof(octets));
	cr_expect(measured(LEVEL_G722, octets, sizeof(octets)).silent);
	memset(octets, 0xff, sizeof(octets));
	cr_expect(measured(LEVEL_G722, octets, sizeof(octets)).silent);

	/* Something in the upper band, or a low level in the lower one, is no silence. */
	memset(octets, 0xfa, sizeof(octets));
	octets[3] = 0x7a;
	cr_expect_not(measured(LEVEL_G722, octets, sizeof(octets)).silent);
	for (int i = 0; i < PACKET; i++) {
		octets[i] = g722_encode(&state, speechlike(-40, i), 0xc0);
	}
	cr_expect_not(measured(LEVEL_G722, octets, sizeof(octets)).silent);
}

/* --- any length, any octets --- */

Test(level, nothing)
{
	struct level level;

	for (int codec = LEVEL_PCMU; codec <= LEVEL_G722; codec++) {
		cr_expect_not(level_measure(&level, (enum level_codec)codec, guarded("", 0)));
	}
}

/* Every truncation, against an inaccessible page at either end. */
Test(level, every_length)
{
	uint8_t octets[2 * LEVEL_OCTETS_MAX];
	uint32_t state = 7;

	for (size_t i = 0; i < sizeof(octets); i++) {
		octets[i] = (uint8_t)random_next(&state);
	}
	for (size_t length = 1; length <= sizeof(octets); length += length < 400 ? 1 : 97) {
		for (int codec = LEVEL_PCMU; codec <= LEVEL_G722; codec++) {
			struct level level;

			(void)measured((enum level_codec)codec, octets, length);
			cr_expect(level_measure(
			    &level, (enum level_codec)codec, guarded_front(octets, length)));
		}
	}
}

/* A huge payload costs no more than the first part of it. */
Test(level, only_so_much_is_looked_at)
{
	uint8_t octets[LEVEL_OCTETS_MAX + 1];

	memset(octets, 0xff, sizeof(octets));
	octets[LEVEL_OCTETS_MAX] = 0;
	cr_expect(measured(LEVEL_PCMU, octets, sizeof(octets)).silent);
	octets[LEVEL_OCTETS_MAX - 1] = 0;
	cr_expect_not(measured(LEVEL_PCMU, octets, sizeof(octets)).silent);
}

/* Codes that drive the decoder to its bounds overflow nothing. It looks at six bits of each. */
Test(level, extremes)
{
	uint8_t octets[LEVEL_OCTETS_MAX];

	for (int code = 0; code < 64; code++) {
		for (int other = 0; other < 256; other += 15) {
			for (size_t i = 0; i < sizeof(octets); i++) {
				octets[i] = (uint8_t)(i & 1 ? code : other);
			}
			(void)measured(LEVEL_G722, octets, sizeof(octets));
		}
	}
}
