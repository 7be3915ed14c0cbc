/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else an office's network carries: downloads and web pages over TCP, QUIC, DNS and other
 * UDP, ICMP, ARP, from many hosts at once. In packets: half of it full TCP segments, a quarter
 * their acknowledgements, a sixth QUIC.
 */
#ifndef TALKPATH_GEN_OFFICE_H
#define TALKPATH_GEN_OFFICE_H

#include "gen.h"
#include "gen_agenda.h"

struct gen_office {
	uint64_t seed;
	int64_t from_ns, to_ns;
	uint64_t packets; /* about so many */
};

struct gen_office_flows;

/* Flows that act until to_ns; free them when the agenda has run. */
struct gen_office_flows *gen_office_add(
    struct gen_agenda *agenda, struct gen_file *file, const struct gen_office *what);
void gen_office_free(struct gen_office_flows *flows);

#endif
