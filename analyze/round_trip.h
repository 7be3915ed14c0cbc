/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Round trips at a tap, from the time stamps that RTCP carries there and back.
 *
 * RFC 3550 6.4.1 lets the sender of an SR measure. At a capture point between the two, the same
 * sum over what is seen there gives the half between that point and the one that answers:
 * t(RR seen) - t(SR seen) - DLSR. Receivers do the same with RRT and DLRR (RFC 3611 4.4, 4.5).
 *
 * Only time stamps that were seen to pass here count. They are names, not times: endpoints'
 * clocks may stand anywhere, and the middle 32 bits may wrap. Half a trip is the median over
 * the call, which single wild clocks and late packets do not move. Samples that come out
 * negative take part; where half of them do, there is no answer.
 *
 * Ownership: the holder's. Threading: one thread.
 * Limits:    MARKS_KEPT recent time stamps, HALF_TRIP_SAMPLES samples spread over the call.
 */
#ifndef TALKPATH_ROUND_TRIP_H
#define TALKPATH_ROUND_TRIP_H

#include <stdbool.h>
#include <stdint.h>

enum { MARKS_KEPT = 8, HALF_TRIP_SAMPLES = 16 };

/* Time stamps of one clock, and when they passed here. */
struct clock_marks {
	uint8_t next;
	uint32_t middle[MARKS_KEPT]; /* of the 64 bits of NTP time; 0: free */
	int64_t time_ns[MARKS_KEPT];
};

struct half_trip {
	uint32_t seen, stride; /* one sample in `stride` is kept */
	uint8_t count;
	int32_t samples_us[HALF_TRIP_SAMPLES];
};

void clock_marks_add(struct clock_marks *marks, uint64_t ntp_time, int64_t time_ns);

/*
 * The half between here and who answers the time stamp `middle` at time_ns, having kept it for
 * `delay` (1/65536 s). False where the mark is not known, or the answer is no measurement.
 */
bool half_trip_of(const struct clock_marks *marks, uint32_t middle, uint32_t delay, int64_t time_ns,
    int64_t *half_ns);

void half_trip_add(struct half_trip *half, int64_t half_ns);

/* False where there is no sample, or half of them are negative. */
bool half_trip_median(const struct half_trip *half, int64_t *half_ns);

/* The greatest sample: no median is beyond it. 0 without any above it. */
int64_t half_trip_most_ns(const struct half_trip *half);

/* How far apart the middle half of the samples lies; 0 without any. */
int64_t half_trip_spread_ns(const struct half_trip *half);

#endif
