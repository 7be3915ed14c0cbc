/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rules of sip-alg share: one finding for each router, whatever rule it was found by.
 *
 * A rule says how sure it is and adds its own evidence. The finding is as sure as the surest of
 * them; below FINDING_HINT it says what would settle it.
 */
#ifndef TALKPATH_ALG_H
#define TALKPATH_ALG_H

#include "alg_fingerprint.h"
#include "finding.h"

/* Where a rule saw the router at work. */
struct alg_site {
	uint16_t inner, outer;         /* vantages; the same where one showed it */
	const struct address *phone;   /* inside, or as which the phones behind it show */
	const struct address *outside; /* the router's own; NULL: not known */
	bool both;                     /* the message was seen before and after it */
};

/* The router's finding, rated and in words; NULL where there is no room. */
struct finding *alg_claim(
    struct desk *desk, struct call *call, const struct alg_site *site, double confidence);

/*
 * Say in whose manner it rewrites, by which packet, and how it is switched off there. Once. sign:
 * what was seen of it; NULL: what alg_device_of() looks for.
 */
void alg_device_note(
    struct finding *f, enum alg_device device, const struct mark *mark, const char *sign);

/* The same host, with the same port or none: an address may be written in several ways. */
bool alg_host_equal(struct text a, struct text b);

/* Of two facts, the same: what is no host may differ in case. */
bool alg_value_equal(const char *a, const char *b);

/* The address (port 0: none written) in a fact such as "100@192.0.2.1:5060" or "x@192.0.2.1". */
bool alg_fact_endpoint(const char *value, struct endpoint *out);
bool alg_text_endpoint(struct text value, struct endpoint *out);

#endif
