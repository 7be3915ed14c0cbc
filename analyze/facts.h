/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a message says of addresses, as facts: names of fields, and values as they stand there;
 * ports are numbers.
 *
 * Data in:   a message and its session description.
 * Data out:  what it says, borrowed from the message.
 * Ownership: the caller's. Threading: any.
 * Limits:    FACTS_MAX facts; a value of FACT_OCTETS_MAX octets or more is lost.
 */
#ifndef TALKPATH_FACTS_H
#define TALKPATH_FACTS_H

#include "model.h"
#include "utf8.h"

enum { FACTS_MAX = 64, FACT_OCTETS_MAX = UINT16_MAX / UTF8_GROWTH };

struct value {
	struct text text; /* none of a port */
	uint16_t port;
	bool known;    /* see struct facts_known */
	uint8_t field; /* enum fact_field */
	uint8_t index; /* among several: Contact 0, 1, ...; media 0, 1, ... */
};

/* The head's, in the order in which they are read, and those of the description behind them. */
struct facts {
	unsigned head, count;
	bool lost;  /* not all of them are here */
	bool clean; /* facts_clean() was called */
	struct value values[FACTS_MAX];
};

static inline bool fact_is_port(uint8_t field)
{
	return field == FACT_SDP_PORT || field == FACT_VIA_RPORT;
}

/* Of the message, what the caller has seen before. */
struct facts_known {
	unsigned from, to; /* where user@host:port stands in the URI, to its end; 0: not known */
	bool call_id;
};

void facts_gather(struct facts *out, const struct sip_message *message, const struct sdp *sdp,
    const struct facts_known *known);

/* Are those from `begin` on valid UTF-8 at a glance? */
static inline bool facts_are_plain(const struct facts *facts, unsigned begin)
{
	while (begin < facts->count && utf8_is_plain(facts->values[begin].text)) {
		begin++;
	}
	return begin == facts->count;
}

/*
 * What is no valid UTF-8 becomes it, in the room; false where nothing changed. What does not fit is
 * left out, and lost.
 */
bool facts_clean(struct facts *facts, char *room, size_t room_octets);

#endif
