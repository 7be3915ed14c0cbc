/* SPDX-License-Identifier: Apache-2.0 */
#include "clock_trial.h"

#include <math.h>

static const int64_t span_min_ns = 100000000;
/* 44.1 and 48 kHz are 8.8 % apart; a drifting crystal is off by 0.01 %, jitter by a few. */
static const double tolerance = 0.04;

static uint32_t rate_snap(double rate_hz)
{
	static const uint32_t rates[] = {8000, 12000, 16000, 24000, 32000, 44100, 48000, 90000};

	for (unsigned i = 0; i < sizeof(rates) / sizeof(rates[0]); i++) {
		if (fabs(rate_hz / rates[i] - 1) <= tolerance) {
			return rates[i];
		}
	}
	return 0;
}

/* The slope of least squares through arrivals and timestamps, in units per second. */
static double slope_of(const struct clock_trial *trial)
{
	double x_mean = 0, y_mean = 0, xx = 0, xy = 0;
	const struct clock_sample *first = &trial->samples[0];

	for (uint32_t i = 0; i < trial->count; i++) {
		x_mean += (double)(trial->samples[i].time_ns - first->time_ns) / trial->count;
		y_mean += (double)(int32_t)(trial->samples[i].timestamp - first->timestamp) /
			  trial->count;
	}
	for (uint32_t i = 0; i < trial->count; i++) {
		double x = (double)(trial->samples[i].time_ns - first->time_ns) - x_mean;
		double y =
		    (double)(int32_t)(trial->samples[i].timestamp - first->timestamp) - y_mean;

		xx += x * x;
		xy += x * y;
	}
	return xx > 0 ? xy / xx * 1e9 : 0;
}

uint32_t clock_infer(const struct clock_trial *trial)
{
	if (trial->count < CLOCK_SAMPLES_MIN ||
	    trial->samples[trial->count - 1].time_ns - trial->samples[0].time_ns < span_min_ns) {
		return 0;
	}
	return rate_snap(slope_of(trial));
}
