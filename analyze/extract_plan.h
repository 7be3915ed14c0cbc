/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which packets concern chosen calls: asked of each packet that is decoded once more.
 *
 * Data in:   the desk after the analysis, and who chooses among its calls.
 * Data out:  yes or no, for media packets and for records.
 * Ownership: extract_plan_free() frees it; the desk is not needed after extract_plan_new().
 * Threading: read-only once made.
 * Limits:    none; memory grows with the chosen calls and their streams.
 *
 * SIP is known by its Call-ID, under each name that a router gave it, and a voice quality report
 * that was attached to the call by its frame. Media is known by addresses, SSRC and vantage;
 * RTCP, DTLS and STUN by the two ends of a stream. Where ports were changed on the way, RTCP is
 * known by an SSRC that no other call has between the same hosts. A request to a STUN or TURN
 * server, and its answer, is known by an end of a stream that asked. ICMP errors are those that
 * the call was told of. All but SIP only around the time of the stream: ports are used again.
 */
#ifndef TALKPATH_EXTRACT_PLAN_H
#define TALKPATH_EXTRACT_PLAN_H

#include "media.h"
#include "talkpath.h"

struct desk;
struct call;
struct extract_plan;

/* Packets of media, by the hash that the intake gives them. */
struct extract_media {
	uint64_t hash;
	int64_t from_ns, first_ns, to_ns; /* first: when it began, as far as is known */
};

/* choose: NULL for all calls. NULL where memory is short. */
struct extract_plan *extract_plan_new(struct desk *desk, tp_call_chooser *choose, void *context);

/* Of one call, while the analysis goes on. */
struct extract_plan *extract_plan_of_call(const struct desk *desk, const struct call *call);
void extract_plan_free(struct extract_plan *plan);

/* Of a plan of one call: its media, and when the first packet of it all may have been. */
const struct extract_media *extract_plan_media(const struct extract_plan *plan, size_t *count);
int64_t extract_plan_from_ns(const struct extract_plan *plan);

/* The intake must have had the desk's key. */
bool extract_plan_has_media(const struct extract_plan *plan, const struct media_packet *media);
bool extract_plan_has_record(const struct extract_plan *plan, const struct record *record);

#endif
