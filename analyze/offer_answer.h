/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offer and answer (RFC 3264, 6337): what the parties of a call agreed on, and since when.
 *
 * Data in:   the messages of a call as one vantage saw them, no retransmissions.
 * Data out:  agreements in order of time, each in force until the next; m= lines by position.
 * Ownership: all of it lives in the call's arena. Threading: the desk's thread.
 * Limits:    OFFERS_MAX offers at once; AGREEMENTS_MAX agreements. When one too many is made,
 *            two neighbours become one: such as say the same of directions, and failing that
 *            the two of the shortest time, of which nothing is known any more. So what is left
 *            never claims a direction that was not agreed; each loss is counted.
 */
#ifndef TALKPATH_OFFER_ANSWER_H
#define TALKPATH_OFFER_ANSWER_H

#include "model.h"

enum { OFFERS_MAX = 4, AGREEMENTS_MAX = 16 };

/* What one party's session description says of one m= line. */
struct description {
	uint8_t kind;      /* enum sdp_media_kind */
	uint8_t direction; /* enum sdp_direction */
	bool off;          /* port 0, or address 0.0.0.0 (RFC 3264 8.4) */
	bool literal;      /* `at` holds: the address is no host name */
	struct endpoint at;
};

/* The same line in the descriptions of both. */
struct agreed_line {
	bool flows[PARTIES]; /* toward that party */
	struct description sides[PARTIES];
};

struct agreement {
	int64_t from_ns;
	uint64_t dialog; /* hash of the callee's tag: forks agree apart (RFC 3261 12.1) */
	const struct mark *marks[PARTIES]; /* each one's description; with lines */
	const struct agreed_line *lines;
	uint32_t offer;     /* number of the offer that it answers */
	uint8_t line_count; /* 0: nothing is known of this time */
	bool final;         /* not by a provisional response, which a later one may correct */
};

/* An offer is named by its transaction: who asked, and by which CSeq. */
struct offer {
	struct agreed_line *lines; /* its own side alone, but of those that are agreed */
	const struct mark *mark;
	uint32_t number; /* from 1 */
	uint32_t cseq;
	uint8_t by, requester; /* enum party */
	uint8_t method;        /* enum sip_method */
	uint8_t line_count;
	bool within_dialog;
	bool in_response; /* the request carried none: RFC 3261 13.2.1 */
	bool agreed;      /* an agreement has its lines */
	bool closed;      /* refused, or answered where only one answer can come */
};

struct negotiation {
	struct offer *offers; /* list of arena_list(); once it is full, a ring */
	struct agreement *agreements;
	uint64_t dialog; /* the one that was answered with 2xx; 0: none yet */
	uint32_t offers_seen;
	uint8_t offer_count;
	uint8_t agreement_count, agreement_room; /* room: at most AGREEMENTS_MAX */
};

/* One message of the call. dialog: hash of the callee's tag, 0 without one. sdp: or NULL. */
struct negotiation_step {
	enum party sender;
	uint64_t dialog;
	const struct sip_message *message;
	const struct sdp *sdp;
	const struct signal *signal;
};

/* Take a message. False where an agreement was given up, or memory was short: count it. */
bool offer_answer_take(
    struct call *call, struct observation *o, const struct negotiation_step *step);

/* The agreements of an observation, in order; *count may be 0. */
const struct agreement *offer_answer_agreements(const struct observation *o, unsigned *count);

/* Of that m= line, or NULL where the agreement says nothing of it. */
static inline const struct agreed_line *agreement_line(const struct agreement *a, unsigned line)
{
	return line < a->line_count ? &a->lines[line] : NULL;
}

/* Should audio flow both ways by this m= line? */
bool agreement_has_two_way_audio(const struct agreement *a, unsigned line);

#endif
