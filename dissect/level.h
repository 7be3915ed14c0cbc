/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How loud a packet of speech is, without decoding it into samples for anybody to hear.
 *
 * Data in:   the payload of a G.711 or G.722 packet, as far as it was captured.
 * Data out:  the level of its samples in dBov (ITU-T G.100.1; RFC 6464 section 3): relative to a
 *            square wave at the overload point, so a full sine has -3.01; and whether it is
 *            digital silence.
 * Limits:    LEVEL_OCTETS_MAX octets of a payload are looked at.
 *
 * G.711 is exact: a table of squares. G.722 is an estimate, because a decoder needs the packets
 * before this one: its lower sub-band (0 to 4 kHz, where nearly all of speech is) is decoded from
 * a state guessed from the packet itself. tests/dissect/level.c bounds the error.
 */
#ifndef TALKPATH_LEVEL_H
#define TALKPATH_LEVEL_H

#include "bytes.h"

enum level_codec { LEVEL_PCMU, LEVEL_PCMA, LEVEL_G722 };

enum { LEVEL_OCTETS_MAX = 1920 }; /* 240 ms */

/* RFC 6464: what digital silence is given as. */
#define LEVEL_SILENCE (-127.0)

struct level {
	double dbov; /* LEVEL_SILENCE to 0 */
	bool silent; /* nothing but the codec's own zero; of G.722, nothing above about -65 dBov */
};

/* False where there is no octet. */
bool level_measure(struct level *out, enum level_codec codec, struct bytes payload);

#endif
