/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: how the messages of a call are kept until it is closed. What a sender's messages have
 * in common is its manner and kept once, and so is each string: most messages take some 25 octets
 * more (trace_record.h). sighting.h reads them.
 *
 * Ownership: all of it lies on sheets (sheet.h) and in pieces of desk.slab.
 * Threading: the desk's thread.
 * Limits:    CALL_SIGHTINGS_MAX messages and SHEETS_OCTETS_MAX a call; what is beyond is counted
 *            as evicted. MANNERS_SEARCH_MAX of its manners are looked at for a message.
 */
#ifndef TALKPATH_TRACE_H
#define TALKPATH_TRACE_H

#include "message_keys.h"
#include "trace_record.h"

enum { TRACE_ROOM = 512 << 10 };

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

/* What few messages have: one that was sent again, malformed, of an unknown method, ... */
struct trace_extra {
	uint32_t next;   /* its number in the slab; 0: there is none */
	uint32_t trace;  /* its position */
	int64_t last_ns; /* when it was last sent */
	uint32_t copies;
	uint32_t content_length, body_octets;
	uint16_t last_ip_id;
	struct dissect_defects defects;
	uint32_t octets;                    /* of this */
	uint32_t name_octets, agent_octets; /* with their NULs; 0: see the trace */
	char texts[];                       /* name, user agent */
};

/* Of the call's extras that of this trace, or NULL. */
struct trace_extra *trace_extra(
    const struct desk *desk, const struct call *call, const struct trace *trace);

/*
 * A message of the call will be kept soon: what it is compared with comes to the cache, and where
 * it will stand. Inline: see memory_fetch().
 */
__attribute__((always_inline)) static inline void traces_fetch(
    const struct desk *desk, const struct call *call)
{
	memory_fetch(slab_at(&desk->slab, call->traces.sheets.first), SHEET_FETCH);
	memory_fetch(slab_at(&desk->slab, call->traces.sheets.newest), SHEET_FETCH);
}

#endif
