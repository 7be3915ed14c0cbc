/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The worker's half: RTP streams measured packet by packet (RFC 3550 A.1, A.3, A.8).
 *
 * Data in:   media_packets of the flows that belong to this worker, in order; ticks.
 * Data out:  media_began, media_stray, media_gap and media_summary records.
 * Threading: one thread per meter. Nothing is needed from signalling, nothing is locked.
 * Limits:    as given to meter_new(), all memory reserved there: metering allocates nothing.
 *
 * What makes it fast: packets go through in stages, each prefetching for the next; what
 * a normal packet touches of its stream is two cache lines (struct meter_hot); all that is
 * rare (a gap, a duplicate, another payload type) is an event outside the common path; and
 * nothing is divided.
 *
 * The files: meter.c the way of a packet, meter_birth.c how streams begin, meter_sequence.c and
 * meter_time.c what sequence numbers and time stamps say.
 *
 * A stream is born when two packets of one flow and SSRC have sequence numbers close to each
 * other (RFC 3550 A.1); until then its packets are held as a candidate, and then counted.
 */
#ifndef TALKPATH_METER_H
#define TALKPATH_METER_H

#include "media.h"
#include "record.h"
#include "result.h"

struct meter;

struct meter_limits {
	uint32_t streams;    /* measured at once */
	uint32_t candidates; /* flows with packets that look like RTP, not yet believed */
};

/* What was given up for want of room, and what was seen but never became a stream. */
struct meter_losses {
	uint64_t streams_evicted; /* ended early to make room */
	uint64_t streams_refused; /* no room at all */
	uint64_t candidates_evicted;
	uint64_t trials_refused;  /* no room to infer a clock */
	uint64_t records_refused; /* the desk's lane had no memory */
};

/* source: its own, below MEDIA_METERS. NULL where the address space is short. */
struct meter *meter_new(const struct meter_limits *limits, unsigned source);
void meter_free(struct meter *meter);

/* slots: packets, each with its addresses behind it where they are of IPv6; count: of slots. */
void meter_packets(struct meter *meter, const struct media_packet *slots, size_t count,
    const struct record_sink *desk);

/* Summaries of streams that fell quiet or ended by now; of all of them at tick->end. */
void meter_tick(struct meter *meter, const struct tick *tick, const struct record_sink *desk);

const struct meter_losses *meter_losses(const struct meter *meter);

/* What was counted of a capture, by enum dissect_result: packets that looked like RTP and never
 * became a stream, and malformed ones of streams. */
const uint64_t *meter_counts(const struct meter *meter, uint16_t capture);

#endif
