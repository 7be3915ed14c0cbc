/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to and fro between two ends, each a UDP datagram, or octets of one TCP connection.
 */
#ifndef TALKPATH_GEN_TALK_H
#define TALKPATH_GEN_TALK_H

#include "gen.h"

struct gen_talk {
	struct gen_route route; /* of who speaks first */
	bool tcp;
	uint32_t sequence[2]; /* of the next octet, of the first speaker and of the other */
};

/* The handshake, 40 us before time_ns; nothing over UDP. */
void gen_talk_open(struct gen_file *file, int64_t time_ns, struct gen_talk *talk);

void gen_talk_say(struct gen_file *file, int64_t time_ns, struct gen_talk *talk, bool back,
    const char *text, size_t length);

#endif
