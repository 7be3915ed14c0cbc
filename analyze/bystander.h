/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bystanders: packets of TCP and UDP that are neither voice nor its signalling, told by a few of
 * their octets. In an office they are nearly all there is, and the full decoder would take ten
 * times as long to count them.
 *
 * Data in:   packets.
 * Data out:  counts, under the name that the full decoder would count them under, where that is all
 *            that it would do; of everything else that it is to be asked.
 * Ownership: borrows what belongs to the intake.
 * Threading: one thread.
 */
#ifndef TALKPATH_BYSTANDER_H
#define TALKPATH_BYSTANDER_H

#include "load.h"
#include "packet.h"
#include "result.h"
#include "tcp_stream.h"

struct bystanders {
	const struct tcp_streams *tcp; /* that are followed */
	const uint16_t *vantages;      /* of each capture, as what follows */
	struct load_counter *load;
	uint64_t (*counts)[DISSECT_RESULT_COUNT];
	uint8_t octets[256]; /* what each may be the beginning of: enum octet_sense */
};

/* What `octets` says; the rest is the caller's to set. */
void bystanders_init(struct bystanders *b);

/* True where the packet is counted; otherwise the full decoder is to be asked. */
bool bystander_count(const struct bystanders *b, const struct packet *packet);

#endif
