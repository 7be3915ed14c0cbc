/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sightings: each SIP message as each vantage saw it, reduced to the addresses in it.
 *
 * The same message seen at two places, one hop apart, has the same identity: topmost Via
 * branch, CSeq, method or status, tags. A proxy adds a Via, an SBC or B2BUA makes a new branch
 * and new tags, so they never share one with what they received (RFC 3261 16.6, 8.1.1.7). What
 * differs between two sightings of one identity was changed by something that is no SIP
 * element.
 */
#ifndef TALKPATH_SIGHTING_H
#define TALKPATH_SIGHTING_H

#include "message_keys.h"
#include "model.h"

/* Hash of what makes a message the same at another vantage; the Call-ID is no part of it. */
uint64_t sighting_identity(
    const struct desk *desk, const struct sip_message *message, const struct message_keys *keys);

enum sighting_kind {
	SIGHTING_NEW,
	SIGHTING_AGAIN, /* sent again: a retransmission, seen at the same place before */
	SIGHTING_COPY   /* sent once and captured twice */
};

/* Keep the message as seen. identity: sighting_identity(). sdp: its body, or NULL. asked_again: its
 * request was sent again. */
enum sighting_kind sighting_add(struct desk *desk, struct call *call, uint64_t identity,
    const struct sip_message *message, const struct sdp *sdp, const struct signal *signal,
    bool asked_again);

/* One vantage, between the same two ends. */
bool sighting_same_place(const struct sighting *a, const struct sighting *b);

enum { SIGHTING_PLACES_MAX = 8 };

/*
 * The places at which the message of a sighting was seen, in the order in which it was there: of
 * each the first sighting. No message that is true passes more than SIGHTING_PLACES_MAX; what
 * shows at more is left out.
 */
unsigned sighting_places(
    const struct sighting *sighting, const struct sighting *out[SIGHTING_PLACES_MAX]);

/* The first value of a field, or NULL. */
const char *fact_value(const struct sighting *sighting, enum fact_field field);

/* "Via sent-by", "Contact", ...: the name of a field for people. */
const char *fact_field_name(enum fact_field field);

#endif
