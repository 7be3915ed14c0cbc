/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sightings: each SIP message as each vantage saw it, reduced to the addresses in it.
 *
 * The same message seen at two places, one hop apart, has the same identity: topmost Via
 * branch, CSeq, method or status, tags. A proxy adds a Via, an SBC or B2BUA makes a new branch
 * and new tags, so they never share one with what they received (RFC 3261 16.6, 8.1.1.7). What
 * differs between two sightings of one identity was changed by something that is no SIP
 * element.
 *
 * While the call goes on they are kept as traces (trace.h). Who wants to look at them opens the
 * call: then all of them are there, until another call is opened.
 */
#ifndef TALKPATH_SIGHTING_H
#define TALKPATH_SIGHTING_H

#include "model.h"

/* NULL where memory is short. */
struct sightings *sightings_new(void);
void sightings_free(struct sightings *sightings);

/*
 * The first sighting of the call, or NULL; the others are behind it. They are valid until another
 * call is opened, what they point to as long as the call has its traces.
 */
const struct sighting *sightings_of(const struct desk *desk, const struct call *call);

/* Where a message was seen. */
struct sighting_place {
	uint16_t vantage;
	struct endpoint src, dst;
};

/* That of the call's first message or its newest one; false where there is none. */
bool sighting_place_first(
    const struct desk *desk, const struct call *call, struct sighting_place *out);
bool sighting_place_newest(
    const struct desk *desk, const struct call *call, struct sighting_place *out);

/* One vantage, between the same two ends. */
bool sighting_same_place(const struct sighting *a, const struct sighting *b);

/* Do both say the same of addresses? */
bool sighting_says_the_same(const struct sighting *a, const struct sighting *b);

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
