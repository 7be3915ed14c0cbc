/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What STUN, TURN and ICE told: which address a client has outside, which one a relay lends it,
 * what a channel stands for, and what is known of the flows between them.
 *
 * Data in:   answered transactions (transaction.h), DTLS handshakes, and which streams were
 *            found inside TURN's messages.
 * Data out:  the local end of an address that a session description names; the path of a stream.
 * Threading: the desk's thread.
 * Limits:    as many entries as the desk keeps endpoints; the one that was not touched for the
 *            longest goes, and is counted. All is kept per vantage: each sees its own side of a
 * NAT.
 *
 * A port outside belongs to one client at a time: who learned it last has it. An allocation is
 * over when its lifetime is (RFC 8656 section 3.2), what Binding told after ten minutes.
 */
#ifndef TALKPATH_MAPPING_H
#define TALKPATH_MAPPING_H

#include "model.h"

/* How media travels, as far as it was seen. */
struct mapping_path {
	bool secured;            /* DTLS shook hands on the flow: its media is SRTP */
	bool checked, nominated; /* ICE connectivity checks on it succeeded; with USE-CANDIDATE */
	bool relayed;            /* by TURN */
	struct endpoint server;  /* with relayed; port 0: not known */
	struct endpoint peer;    /* whom the server relays to and from; port 0: not known */
	uint16_t channel;        /* 0: none */
};

/* NULL where memory is short. */
struct mapping *mapping_new(uint32_t limit);
void mapping_free(struct mapping *mapping);

/* The receiver of the answer learned that it has this address, mapped or relayed, outside. */
void mapping_learn(struct desk *desk, const struct signal *answer, const struct endpoint *address,
    bool relayed, int64_t lifetime_ns);

/* The allocation between receiver and sender of the answer lives on, or ends with lifetime 0. */
void mapping_refresh(struct desk *desk, const struct signal *answer, int64_t lifetime_ns);

/* A channel stands for a peer from now on. */
void mapping_channel(
    struct desk *desk, const struct signal *answer, uint16_t channel, const struct endpoint *peer);

/* A connectivity check between the two ends was answered. */
void mapping_check(struct desk *desk, const struct signal *answer, bool nominated);

void mapping_dtls(struct desk *desk, const struct signal *signal);
void mapping_relayed(struct desk *desk, const struct media_relayed *relayed);

/*
 * Which end of this vantage had the address outside at that time; NULL where none is known, or
 * the two are the same.
 */
const struct endpoint *mapping_local(
    struct desk *desk, uint16_t vantage, const struct endpoint *address, int64_t time_ns);

struct mapping_path mapping_path(struct desk *desk, const struct desk_stream *s);

#endif
