/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where a peer sends its media, against where the listener's own comes from.
 *
 * Symmetric RTP (RFC 4961) answers to the source of what comes in, and a platform that serves
 * phones behind NAT has to (RFC 7362): the address in a session description may lead nowhere.
 * What is sought is a time at which both were to be heard, the listener's audio comes to the very
 * socket that sends the peer's, and the peer's goes somewhere else.
 *
 * Data in:   a call's streams, what was agreed, ICMP, RTCP. Data out: the fault, if it is one.
 * Ownership: borrows from the desk, until the call is closed. Threading: the desk's thread.
 *
 * Never a fault: RTP from a port that no description names, when the peer follows it; a host
 * in a private network that sends from one port and listens on another; ICE, which picks its own
 * pairs; a relay's first packets, before anything came that it could follow; whatever the
 * listener's own RTCP says arrives, or another vantage sees arriving.
 */
#ifndef TALKPATH_LATCHING_H
#define TALKPATH_LATCHING_H

#include "activity.h"

enum latch_fault {
	LATCH_SOUND,
	LATCH_NEVER,   /* to the session description's address for good */
	LATCH_PRIVATE, /* the same, where that cannot be reached from outside */
	LATCH_WRONG,   /* to whoever sent the first packets */
	LATCH_STALE    /* to where the listener's media came from before */
};

/* By what it is known that what goes astray does not arrive; best last. */
enum latch_proof {
	LATCH_PROOF_NONE,    /* not known: a hint */
	LATCH_PROOF_UNNAMED, /* nobody ever named that place, nor was heard from there */
	LATCH_PROOF_STRAY,   /* the same, but for one packet that came first */
	LATCH_PROOF_MOVED,   /* the listener itself has left that place */
	LATCH_PROOF_RTCP,    /* its reports receive nothing */
	LATCH_PROOF_CLASS,   /* no route leads there */
	LATCH_PROOF_ICMP,    /* refused */
	LATCH_PROOF_ABSENT,  /* nearer to the listener it is not there */
	LATCH_PROOFS
};

struct latching {
	enum latch_fault fault;
	enum latch_proof proof;
	const struct observation *o;
	const struct desk_stream *astray;  /* of the peer */
	const struct desk_stream *own;     /* of the listener, to where that comes from */
	const struct desk_stream *earlier; /* WRONG, STALE: from where the peer sends to; or NULL */
	const struct unreachable *refused; /* with ICMP */
	uint16_t absent_at;                /* with ABSENT: a vantage */
	struct interval span;
	bool heard; /* before it, the listener was sent audio to where its own came from */
};

/* Of what the listener should hear by that m= line; the best proven of all vantages. */
bool latching_examine(struct desk *desk, const struct call *call, enum party listener,
    unsigned line, struct latching *out);

/* Below FINDING_HINT where nothing proves that it does not arrive. */
double latching_confidence(const struct latching *l);

/* What speaks against it: static words, or NULL. */
const char *latching_doubt(const struct latching *l);

#endif
