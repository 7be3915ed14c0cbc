/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets as they lie in a file, one record behind the other. Whoever takes them goes from one to
 * the next: while one is looked at the next one's octets come, and in between nothing is written.
 *
 * Only what nearly every capture is comes so: classic pcap, written on a little-endian machine, its
 * record headers of the usual layout. All others are handed over as bursts of struct packet.
 *
 * Data in:   octets of a file, borrowed. Data out: packets, and what they add up to.
 * Limits:    a record that is not whole within `octets` ends the run.
 */
#ifndef TALKPATH_PACKET_RUN_H
#define TALKPATH_PACKET_RUN_H

#include "bytes.h"
#include "packet.h"

enum {
	PACKET_RUN_HEADER = 16,   /* seconds, fraction, octets captured and on the wire */
	PACKET_RUN_OCTETS = 65536 /* that one is long at most */
};

_Static_assert((int)PACKET_RUN_OCTETS <= (int)PACKET_MAX, "what it holds whole is no longer");

struct packet_run {
	struct bytes octets;     /* not yet passed */
	int64_t ns_per_fraction; /* of a time stamp */
	uint32_t frame;          /* number of the last packet passed */
	uint16_t capture, link;
	/* Of those that were passed: as struct source_totals. The times begin as the first one's.
	 */
	uint64_t bytes, snap_cut;
	int64_t first_time_ns, last_time_ns;
};

/* The next packet, which stays the next one; false where there is none. */
static inline bool packet_run_next(const struct packet_run *run, struct packet *out)
{
	const uint8_t *header = run->octets.at;
	size_t left = bytes_left(&run->octets);
	uint32_t captured;

	if (left < PACKET_RUN_HEADER ||
	    (captured = load_le32(header + 8)) > left - PACKET_RUN_HEADER) {
		return false;
	}
	*out = (struct packet){
	    .time_ns = (int64_t)load_le32(header) * 1000000000 +
		       (int64_t)load_le32(header + 4) * run->ns_per_fraction,
	    .data = header + PACKET_RUN_HEADER,
	    .captured = captured,
	    .length = load_le32(header + 12),
	    .frame = run->frame + 1,
	    .capture = run->capture,
	    .link = run->link,
	};
	return true;
}

static inline struct packet_run packet_run_begin(struct bytes octets, int64_t ns_per_fraction,
    uint32_t frames_before, uint16_t capture, uint16_t link)
{
	struct packet_run run = {
	    .octets = octets,
	    .ns_per_fraction = ns_per_fraction,
	    .frame = frames_before,
	    .capture = capture,
	    .link = link,
	};
	struct packet first = {0};

	(void)packet_run_next(&run, &first);
	run.first_time_ns = run.last_time_ns = first.time_ns;
	return run;
}

/* It is taken. */
static inline void packet_run_pass(struct packet_run *run, const struct packet *packet)
{
	run->octets.at = packet->data + packet->captured;
	run->frame = packet->frame;
	run->bytes += packet->length;
	run->snap_cut += packet->captured < packet->length;
	if (__builtin_expect(packet->time_ns >= run->last_time_ns, 1)) {
		run->last_time_ns = packet->time_ns;
	} else if (packet->time_ns < run->first_time_ns) {
		run->first_time_ns = packet->time_ns;
	}
}

#endif
