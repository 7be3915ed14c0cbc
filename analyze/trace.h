/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: how the messages of a call are kept until it is closed. What a message repeats of those
 * before it is named and not kept again, so most take some 70 octets. sighting.h reads them.
 *
 * Ownership: all of it lies in pieces of desk.slab, named by their numbers; 0 is none.
 * Threading: the desk's thread.
 * Limits:    CALL_SIGHTINGS_MAX messages and CALL_TRACES_OCTETS a call; what is beyond is counted
 *            as evicted.
 */
#ifndef TALKPATH_TRACE_H
#define TALKPATH_TRACE_H

#include "facts.h"
#include "message_keys.h"
#include "pool.h"

enum { TRACE_UNIT = 8, TRACE_ROOM = CALL_TRACES_OCTETS };

enum sighting_kind {
	SIGHTING_NEW,
	SIGHTING_AGAIN, /* sent again: a retransmission, seen at the same place before */
	SIGHTING_COPY   /* sent once and captured twice */
};

/* Keep the message as seen. sdp: its body, or NULL. asked_again: its request was sent again. */
enum sighting_kind trace_add(struct desk *desk, struct call *call, const struct message_keys *keys,
    const struct sip_message *message, const struct sdp *sdp, const struct signal *signal,
    bool asked_again);

/* The call has none any more. Their memory is given back, if anybody is yet to need it. */
void traces_forget(struct desk *desk, struct call *call);

/* --- how they are kept --- */

/* Between whom, as which vantage sees it; a message may go either way. */
struct hop {
	uint32_t next;
	uint16_t vantage;
	struct endpoint src, dst;
};

struct trace {
	uint32_t next;
	uint32_t identity, transaction; /* of struct message_keys */
	uint32_t octets_hash;
	int64_t time_ns;
	uint32_t hop;
	uint32_t frame, cseq;
	uint16_t octets; /* of this, in units of TRACE_UNIT */
	uint16_t status;
	uint16_t ip_id;
	uint16_t first_alike; /* its position, from 1; 0: this one */
	uint16_t body_octets; /* and the Content-Length, but for what an extra says */
	uint8_t capture, method, dscp, ttl, via_count, marks;
	uint8_t agent; /* position in call.user_agents, from 1; 0: none, or see its extra */
	bool whole : 1, cut : 1, request : 1, relayed : 1, rport_asked : 1; /* as in a sighting */
	bool reversed : 1; /* from the hop's dst to its src */
	bool tcp : 1;
	bool has_extra : 1;
	uint8_t kinds;    /* bit by enum part_kind: of which kinds it has parts */
	uint32_t parts[]; /* these; behind them those that are new */
};

_Static_assert(sizeof(struct trace) == 56, "there are six of these a call");
_Static_assert(CALL_TRACES_OCTETS / TRACE_UNIT - 1 <= UINT16_MAX, "what `octets` can say");
_Static_assert(CALL_SIGHTINGS_MAX <= UINT16_MAX, "what `first_alike` can say");
_Static_assert(DESK_CAPTURES_MAX <= UINT8_MAX, "what `capture` can say");
_Static_assert(PART_KINDS <= 8, "what `kinds` can say");

/* What few messages have: one that was sent again, malformed, of an unknown method, ... */
struct trace_extra {
	uint32_t next;
	uint32_t trace;
	int64_t last_ns; /* when it was last sent */
	uint32_t copies;
	uint32_t content_length, body_octets;
	uint16_t last_ip_id;
	struct dissect_defects defects;
	uint32_t octets;                    /* of this */
	uint32_t name_octets, agent_octets; /* with their NULs; 0: see the trace */
	char texts[];                       /* name, user agent */
};

static inline struct trace *trace_at(const struct desk *desk, uint32_t number)
{
	return slab_at(&desk->slab, number);
}

/* Between whom it went. */
static inline struct hop trace_hop(const struct desk *desk, const struct trace *trace)
{
	const struct hop *hop = slab_at(&desk->slab, trace->hop);

	return (struct hop){
	    .vantage = hop->vantage,
	    .src = trace->reversed ? hop->dst : hop->src,
	    .dst = trace->reversed ? hop->src : hop->dst,
	};
}

/*
 * A message of the call will be kept soon: what it is compared with comes to the cache. Inline:
 * see memory_fetch().
 */
__attribute__((always_inline)) static inline void traces_fetch(
    const struct desk *desk, const struct call *call)
{
	memory_fetch(slab_at(&desk->slab, call->traces.hops), sizeof(struct hop));
	memory_fetch(slab_at(&desk->slab, call->traces.newest), sizeof(struct trace) * 2);
	/* With most of the parts. */
	memory_fetch(slab_at(&desk->slab, call->traces.first), sizeof(struct trace) * 6);
}

/* Its parts, by kind. */
static inline struct facts trace_facts(const struct desk *desk, const struct trace *trace)
{
	struct facts facts;
	const uint32_t *next = trace->parts;

	for (unsigned kind = 0; kind < PART_KINDS; kind++) {
		bool has = trace->kinds >> kind & 1;

		facts.of[kind] = has ? slab_at(&desk->slab, *next++) : NULL;
	}
	return facts;
}

/* Of the call's extras that of this trace, or NULL. */
struct trace_extra *trace_extra(
    const struct desk *desk, const struct call *call, const struct trace *trace);

#endif
