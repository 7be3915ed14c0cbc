/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one source of an interface to another one, without a packet missed or seen twice.
 *
 * Both are open for a while. The old one is read until what it gives was captured after the new one
 * was there, or until it has been silent for longer than the kernel gathers packets. Whatever it
 * gave is also in the new one, up to the packet that it gave last: what the new one has up to that
 * one is left out.
 *
 * Limits: packets of one interface that several processors take at the same moment may change
 *         places; of a packet that is the same to the octet within HANDOVER_NEAR_NS one may be
 * lost.
 */
#ifndef TALKPATH_HANDOVER_H
#define TALKPATH_HANDOVER_H

#include <stdbool.h>

#include "packet.h"

enum {
	HANDOVER_OCTETS = 128,
	HANDOVER_SILENT_MS = 500,
	HANDOVER_NEAR_NS = 1000000 /* two stamps of one packet are closer than this */
};

struct handover {
	int64_t from_ns; /* both are open since then, by packet time */
	bool has_last;
	struct packet last; /* that the old source gave; its octets: */
	uint32_t kept;
	uint8_t octets[HANDOVER_OCTETS];
};

/* The source gave these: of any that may be followed by another one. */
void handover_note(struct handover *handover, const struct packet *packets, int count);

/* The new source is there. */
void handover_begin(struct handover *handover, int64_t now_ns);

/* The old one gave all that the new one may not have. */
bool handover_is_due(const struct handover *handover);

/*
 * The new one gave these: leave out what the old one has given. How many are left. *done: nothing
 * that follows is to be left out.
 */
int handover_take(const struct handover *handover, struct packet *packets, int count, bool *done);

#endif
