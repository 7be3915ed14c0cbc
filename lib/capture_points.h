/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which captures were made at one point, where the user did not say; and what two captures of one
 * point both hold.
 *
 * Theory of operation: a vantage is part of the key of streams, so it is decided when a capture
 * begins, from its first packets and from what the others hold at that time. Two things make it
 * the same point as that of another unnamed capture:
 *
 *   it overlaps   both hold the very same packets, octet for octet, with the very same time stamp:
 *                 each was stamped once. In the flows that they share none may be missing from
 *                 either, as far as both were looked at.
 *   it goes on    the other one has just ended, and the same hosts send the same way, from the
 *                 same hardware address to the same one, with the same TTL: the capture was
 *                 rotated. A host of which any of these differs speaks against it, and so
 *                 does a third capture that goes on there already.
 *
 * Translated or routed packets, those of another VLAN or clock, meet neither: a router between two
 * points shows in addresses, TTL or hardware addresses. When in doubt each has a vantage of its
 * own, which costs little; two points taken for one would cost the truth.
 *
 * Packets that two captures of one vantage hold, of one time stamp, are taken once and counted.
 *
 * Data in:   sources as they begin (merge_watch), then all packets in the order of the merge.
 * Data out:  the vantage of each capture, before its first packet is handed on.
 * Ownership: the caller's. Threading: one thread while sources begin; then each vantage's reader
 *            filters its own.
 * Limits:    the enums; one capture alone costs nothing.
 */
#ifndef TALKPATH_CAPTURE_POINTS_H
#define TALKPATH_CAPTURE_POINTS_H

#include "address.h"
#include "merge.h"

enum {
	CAPTURE_WAYS_MAX = 64,    /* of one capture, that are remembered */
	CAPTURE_COPIES_MAX = 4096 /* packets remembered, for a microsecond */
};

/* From one host to another, as it shows on the wire. */
struct capture_way {
	struct address src, dst;
	uint16_t vlan, link;
	uint8_t ttl_min, ttl_max;
	uint8_t hardware[12]; /* destination and source; Ethernet */
};

/* What a capture holds at its beginning, and at its end. */
struct capture_look {
	bool begun;
	unsigned way_count;
	struct capture_way ways[CAPTURE_WAYS_MAX];
};

struct capture_copy {
	uint64_t print;
	int64_t time_ns;
	uint16_t capture;
};

struct capture_points {
	uint16_t *vantages;                /* by capture; decided here */
	bool named[MERGE_SOURCES_MAX];     /* by the user: not to be decided */
	bool one_clock[MERGE_SOURCES_MAX]; /* it shares packets with another of its vantage */
	bool overlaps;                     /* two captures of one vantage go on at once */
	uint64_t removed[MERGE_SOURCES_MAX];
	struct capture_look looks[MERGE_SOURCES_MAX];
	/* By vantage, each for the thread that reads it; NULL: no two of its captures go on at
	 * once. */
	struct capture_copy *copies[MERGE_SOURCES_MAX];
};

/*
 * vantages: of each source of the merge, borrowed; named: whether the user gave it. NULL where
 * memory is short.
 */
struct capture_points *capture_points_new(
    struct merge *merge, uint16_t *vantages, const bool *named);

void capture_points_free(struct capture_points *points);

/* True where a packet of that capture may be one that another one of its vantage holds too. */
bool capture_points_compares(const struct capture_points *points, uint16_t capture);

/* Take out what another capture of the same vantage has handed on. How many packets are left. */
unsigned capture_points_filter(
    struct capture_points *points, struct packet *packets, unsigned count);

/* They share packets, and time stamps with them: their clock is one. */
static inline bool capture_points_one_clock(
    const struct capture_points *points, uint16_t a, uint16_t b)
{
	return points->one_clock[a] && points->one_clock[b] &&
	       points->vantages[a] == points->vantages[b];
}

#endif
