/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet as a source hands it over: borrowed, valid until the next read of its source.
 */
#ifndef TALKPATH_PACKET_H
#define TALKPATH_PACKET_H

#include <stdint.h>

enum {
	PACKET_BURST = 64,   /* packets handed over at once */
	PACKET_AHEAD = 8192, /* octets; measured, docs/performance.md */
	PACKET_MAX =
	    256 * 1024 /* octets; a longer record is no packet (libpcap: MAXIMUM_SNAPLEN) */
};

/* Times lie within so many ns of 1970, 146 years: two may be subtracted without a thought. */
static const int64_t PACKET_TIME_MAX = INT64_MAX / 2;

struct packet {
	int64_t time_ns;     /* UTC, since 1970 */
	const uint8_t *data; /* the link-layer header and what follows */
	uint32_t captured;   /* octets at data */
	uint32_t length;     /* octets on the wire */
	uint32_t frame;      /* 1-based number within its capture */
	uint16_t capture;    /* which capture, in the order they were opened */
	uint16_t link;       /* LINKTYPE_ number of tcpdump.org/linktypes.html */
};

/*
 * Packets of a file lie behind one another, and each one's address depends on the length of the one
 * before: without this the walk would wait for memory at every packet. Whoever goes through packets
 * calls it for each, before looking at it: as much is fetched as it is long, PACKET_AHEAD behind
 * it, and comes while it is looked at. What lies there need not be a packet, nor exist.
 *
 * Always inline: a function that does nothing else counts as one that does nothing.
 */
__attribute__((always_inline)) static inline void packet_fetch_ahead(const struct packet *packet)
{
	enum { RECORD_HEADER = 32 }; /* of pcapng; of pcap it is half of that */
	const uint8_t *at = packet->data + PACKET_AHEAD;
	const uint8_t *end = at + packet->captured + RECORD_HEADER;

	do {
		__builtin_prefetch(at, 0, 0);
		__builtin_prefetch(at + 64, 0, 0);
		__builtin_prefetch(at + 128, 0, 0);
		__builtin_prefetch(at + 192, 0, 0);
		at += 256;
	} while (at < end);
}

#endif
