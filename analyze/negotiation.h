/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of offers and answers, within the observation: see offer_answer.h.
 *
 * Ownership: lists and lines live in the call's arena. Marks are named by their number in its
 *            slab: one of the observation's own, or a copy.
 */
#ifndef TALKPATH_NEGOTIATION_H
#define TALKPATH_NEGOTIATION_H

#include "endpoint_pair.h"

enum party { PARTY_CALLER, PARTY_CALLEE, PARTIES };

static inline enum party party_other(enum party party)
{
	return party == PARTY_CALLER ? PARTY_CALLEE : PARTY_CALLER;
}

/* What one party's session description says of one m= line. */
struct description {
	uint8_t kind : 2;      /* enum sdp_media_kind */
	uint8_t direction : 2; /* enum sdp_direction */
	bool off : 1;          /* port 0, or address 0.0.0.0 (RFC 3264 8.4) */
	bool literal : 1;      /* the address is no host name */
	bool flows : 1;        /* toward that party, as both agreed */
};

/* The same line in the descriptions of both. */
struct agreed_line {
	struct endpoint_pair places; /* by party; of a host name the port alone */
	struct description sides[PARTIES];
};

struct agreement {
	int64_t from_ns;
	const struct agreed_line *lines;
	uint32_t dialog;         /* hash of the callee's tag: forks agree apart (RFC 3261 12.1) */
	uint32_t marks[PARTIES]; /* each one's description; with lines: see agreement_mark() */
	uint16_t offer;          /* number of the offer that it answers */
	uint8_t line_count;      /* 0: nothing is known of this time */
	bool final;              /* not by a provisional response, which a later one may correct */
};

/* An offer is named by its transaction: who asked, and by which CSeq. */
struct offer {
	struct agreed_line *lines; /* its own side alone, but of those that are agreed */
	uint32_t mark;
	uint32_t cseq;
	uint16_t number; /* from 1 */
	uint8_t line_count;
	uint8_t by : 1, requester : 1; /* enum party */
	uint8_t method : 4;            /* enum sip_method */
	bool within_dialog : 1;
	bool in_response : 1; /* the request carried none: RFC 3261 13.2.1 */
	bool agreed : 1;      /* an agreement has its lines */
	bool closed : 1;      /* refused, or answered where only one answer can come */
};

/* Most calls agree once: the only offer and the only agreement stand here. */
struct negotiation {
	union {
		struct agreement agreement;
		struct agreement *agreements; /* where there was room for more */
	};
	union {
		struct offer offer;
		struct offer *offers; /* list of arena_list(); once it is full, a ring */
	};
	uint32_t dialog; /* the one that was answered with 2xx; 0: none yet */
	uint16_t offers_seen;
	uint16_t offer_count : 3;
	uint16_t agreement_count : 5, agreement_room : 5; /* room: at most AGREEMENTS_MAX */
	bool begun : 1;                                   /* there was a description */
};

_Static_assert(sizeof(struct endpoint_pair) == 13 && sizeof(struct agreed_line) == 15 &&
		   sizeof(struct negotiation) == 64,
    "there is one of each a call");

#endif
