/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One packet as a source hands it over: borrowed, valid until the next read of its source.
 */
#ifndef TALKPATH_PACKET_H
#define TALKPATH_PACKET_H

#include <stdint.h>

enum {
	PACKET_BURST = 64, /* packets handed over at once */
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

#endif
