/* SPDX-License-Identifier: Apache-2.0 */
#include "round_trip.h"

#include <stddef.h>
#include <stdlib.h>

/* The same packet captured twice; anything later is a clock that stands still. */
static const int64_t same_packet_ns = 100000000;
/* Longer is no path that voice is carried over, but a delay in wrong units. */
static const int64_t half_max_ns = 3000000000;
/*
 * Devices that count the delay in milliseconds claim 1000/65536 of what passed. A delay below
 * this share of a long time is not believed.
 */
static const int64_t long_ns = 500000000;
enum { DELAY_SHARE = 50 };

static const int64_t mark_ambiguous = INT64_MIN;

static int mark_find(const struct clock_marks *marks, uint32_t middle)
{
	for (int i = 0; i < MARKS_KEPT; i++) {
		if (marks->middle[i] == middle) {
			return i;
		}
	}
	return -1;
}

void clock_marks_add(struct clock_marks *marks, uint64_t ntp_time, int64_t time_ns)
{
	uint32_t middle = (uint32_t)(ntp_time >> 16);
	int known;

	if (middle == 0) {
		return; /* no clock; in an answer it stands for "none seen" */
	}
	known = mark_find(marks, middle);
	if (known >= 0) {
		if (marks->time_ns[known] != mark_ambiguous &&
		    llabs(time_ns - marks->time_ns[known]) > same_packet_ns) {
			marks->time_ns[known] = mark_ambiguous;
		}
		return;
	}
	marks->middle[marks->next] = middle;
	marks->time_ns[marks->next] = time_ns;
	marks->next = (uint8_t)((marks->next + 1) % MARKS_KEPT);
}

bool half_trip_of(const struct clock_marks *marks, uint32_t middle, uint32_t delay, int64_t time_ns,
    int64_t *half_ns)
{
	int known = middle ? mark_find(marks, middle) : -1;
	int64_t passed_ns, delay_ns = (int64_t)delay * 1000000000 / 65536;

	if (known < 0 || marks->time_ns[known] == mark_ambiguous || delay == 0) {
		return false;
	}
	passed_ns = time_ns - marks->time_ns[known];
	if (passed_ns > long_ns && delay_ns < passed_ns / DELAY_SHARE) {
		return false;
	}
	*half_ns = passed_ns - delay_ns;
	return llabs(*half_ns) <= half_max_ns;
}

void half_trip_add(struct half_trip *half, int64_t half_ns)
{
	if (half->stride == 0) {
		half->stride = 1;
	}
	if (half->seen++ % half->stride != 0) {
		return;
	}
	if (half->count == HALF_TRIP_SAMPLES) {
		/* Of those kept every second one: they stay spread evenly over the call. */
		for (size_t i = 0; i < HALF_TRIP_SAMPLES / 2; i++) {
			half->samples_us[i] = half->samples_us[i * 2];
		}
		half->count = HALF_TRIP_SAMPLES / 2;
		half->stride *= 2;
	}
	half->samples_us[half->count++] = (int32_t)(half_ns / 1000);
}

/* They are few, and mostly nearly in order. */
static void sort(const struct half_trip *half, int32_t sorted[HALF_TRIP_SAMPLES])
{
	for (unsigned i = 0; i < half->count; i++) {
		int32_t value = half->samples_us[i];
		unsigned at = i;

		for (; at > 0 && sorted[at - 1] > value; at--) {
			sorted[at] = sorted[at - 1];
		}
		sorted[at] = value;
	}
}

int64_t half_trip_most_ns(const struct half_trip *half)
{
	int32_t most_us = 0;

	for (unsigned i = 0; i < half->count; i++) {
		most_us = half->samples_us[i] > most_us ? half->samples_us[i] : most_us;
	}
	return (int64_t)most_us * 1000;
}

int64_t half_trip_spread_ns(const struct half_trip *half)
{
	int32_t sorted[HALF_TRIP_SAMPLES];
	unsigned quarter = half->count / 4;

	if (half->count == 0) {
		return 0;
	}
	sort(half, sorted);
	return ((int64_t)sorted[half->count - 1 - quarter] - sorted[quarter]) * 1000;
}

bool half_trip_median(const struct half_trip *half, int64_t *half_ns)
{
	int32_t sorted[HALF_TRIP_SAMPLES];
	int32_t low, high;
	unsigned negative = 0;

	if (half->count == 0) {
		return false;
	}
	sort(half, sorted);
	low = sorted[(half->count - 1) / 2];
	high = sorted[half->count / 2];
	while (negative < half->count && sorted[negative] < 0) {
		negative++;
	}
	*half_ns = ((int64_t)low + high) * 1000 / 2;
	return negative * 2 < half->count;
}
