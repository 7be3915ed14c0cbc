/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Traces: how the messages of a call are kept until it is closed. What a sender's messages have
 * in common is its manner and kept once, and so is each string: most messages take 32 to 40
 * octets more. sighting.h reads them.
 *
 * Ownership: all of it lies on sheets (sheet.h) and in pieces of desk.slab, named by their
 *            numbers; 0 is none.
 * Threading: the desk's thread.
 * Limits:    CALL_SIGHTINGS_MAX messages and SHEETS_OCTETS_MAX a call; what is beyond is counted
 *            as evicted. MANNERS_SEARCH_MAX of its manners are looked at for a message.
 */
#ifndef TALKPATH_TRACE_H
#define TALKPATH_TRACE_H

#include "facts.h"
#include "message_keys.h"
#include "pool.h"
#include "sheet.h"

enum { TRACE_ROOM = 512 << 10, MANNERS_SEARCH_MAX = 8 };

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

/*
 * What a fact is kept as, in 16 bits: its field, and where its value stands. What is further back
 * or one of several has KEPT_FAR there, and index and position behind it.
 */
struct kept {
	uint8_t field, index;
	uint32_t position;
};

enum { KEPT_FIELD_BITS = 4, KEPT_FAR = UINT16_MAX >> KEPT_FIELD_BITS, KEPT_UNITS_MAX = 3 };

_Static_assert(FACT_FIELDS <= 1 << KEPT_FIELD_BITS, "what it can say");

static inline bool kept_is_near(const struct kept *kept)
{
	return kept->index == 0 && kept->position < KEPT_FAR;
}

/* Behind it. */
static inline const uint16_t *kept_read(struct kept *out, const uint16_t *at)
{
	out->field = *at & ((1U << KEPT_FIELD_BITS) - 1);
	out->index = 0;
	out->position = *at++ >> KEPT_FIELD_BITS;
	if (out->position == KEPT_FAR) {
		out->index = (uint8_t)at[0];
		out->position = (uint32_t)(at[0] >> 8) << 16 | at[1];
		at += 2;
	}
	return at;
}

static inline uint16_t *kept_write(uint16_t *at, const struct kept *kept)
{
	bool near = kept_is_near(kept);

	*at++ = (uint16_t)(kept->field | (near ? kept->position : KEPT_FAR) << KEPT_FIELD_BITS);
	if (!near) {
		*at++ = (uint16_t)(kept->index | kept->position >> 16 << 8);
		*at++ = (uint16_t)kept->position;
	}
	return at;
}

/*
 * A call's own texts, of which messages say one or the end of it again: whole, and short enough
 * for a position below SHEET_ELSEWHERE.
 */
enum { OWN_FROM, OWN_TO, OWN_CALL_ID, OWN_TEXTS, OWN_TEXT_OCTETS = SHEET_ELSEWHERE / OWN_TEXTS };

static inline const char *own_text(const struct call *call, unsigned which)
{
	static const uint8_t names[] = {
	    [OWN_FROM] = NAME_FROM, [OWN_TO] = NAME_TO, [OWN_CALL_ID] = NAME_CALL_ID};

	return call_name(call, (enum call_name)names[which]);
}

/* The value that a kept fact names. */
static inline const char *kept_value(
    const struct desk *desk, const struct call *call, const struct kept *kept)
{
	return kept->position < SHEET_ELSEWHERE
		   ? own_text(call, kept->position / OWN_TEXT_OCTETS) +
			 kept->position % OWN_TEXT_OCTETS
		   : sheet_string(&desk->slab, &call->traces.sheets, kept->position);
}

/* Of a sender's messages: where they go, and all that they mostly have in common. */
struct manner_head {
	uint16_t vantage, src_port, dst_port;
	uint8_t capture, dscp, ttl, via_count, marks;
	uint8_t agent; /* position in call.user_agents, from 1; 0: none, or see the extra */
	uint8_t fact_count;
	bool ipv6 : 1, tcp : 1;
	bool relayed : 1, rport_asked : 1; /* as in a sighting */
	uint8_t unused : 4;                /* 0: heads are compared as octets */
};

_Static_assert(sizeof(struct manner_head) == 14, "without gaps");

struct manner {
	uint32_t next; /* of the call; the newest first */
	struct manner_head head;
	uint32_t words[]; /* addresses of source and destination; kept facts of the head */
};

enum { MANNER_ADDRESSES_MAX = 8 }; /* words */

static inline unsigned manner_addresses(const struct manner_head *head)
{
	return head->ipv6 ? MANNER_ADDRESSES_MAX : 2;
}

static inline const uint16_t *manner_facts(const struct manner *manner)
{
	return (const uint16_t *)(manner->words + manner_addresses(&manner->head));
}

/* What a session description says. */
struct trace_description {
	uint16_t count;
	uint16_t facts[]; /* kept */
};

/* What responses have in common with their request. */
struct trace_exchange {
	uint32_t transaction; /* of struct message_keys */
	uint32_t cseq;
};

struct trace_body {
	uint16_t octets;      /* and the Content-Length, but for what an extra says */
	uint16_t first_alike; /* position of the first trace of the message, from 1; 0: this one */
};

struct trace {
	int64_t time_ns;
	uint32_t identity; /* of struct message_keys */
	uint32_t octets_hash;
	uint32_t frame;
	uint32_t manner;
	uint16_t words; /* of this and of what came to the sheet with it */
	uint16_t ip_id;
	uint16_t status : 10, method : 4;
	bool request : 1, whole : 1; /* as in a sighting */
	bool cut : 1, has_extra : 1;
	/* In this order they stand behind it: */
	bool has_exchange : 1;    /* struct trace_exchange; else it is that of the trace before */
	bool has_body : 1;        /* struct trace_body; else both are 0 */
	bool has_description : 1; /* struct trace_description */
} __attribute__((packed, aligned(SLAB_WORD)));

_Static_assert(sizeof(struct trace) == 32, "there are six of these a call");
_Static_assert(CALL_SIGHTINGS_MAX < 1 << 11, "what struct traces can count");
_Static_assert(DESK_CAPTURES_MAX <= UINT8_MAX, "what `capture` can say");
_Static_assert(SIP_MESSAGE < 16, "what `method` can say");

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

/* Between whom a message went, as which vantage saw it. */
struct hop {
	uint16_t vantage;
	struct endpoint src, dst;
};

static inline const struct manner *trace_manner(const struct desk *desk, const struct trace *trace)
{
	return slab_at(&desk->slab, trace->manner);
}

struct hop hop_of(const struct manner *manner);

/* What stands behind it. */
static inline uint32_t *trace_more(const struct trace *trace)
{
	return (uint32_t *)(uintptr_t)(trace + 1);
}

static inline struct trace_body trace_body(const struct trace *trace)
{
	struct trace_body body = {0, 0};

	if (trace->has_body) {
		memcpy(&body, trace_more(trace) + (trace->has_exchange ? 2 : 0), sizeof(body));
	}
	return body;
}

/* NULL: it has none, or one that says nothing of addresses. */
static inline const struct trace_description *trace_description(const struct trace *trace)
{
	unsigned at = (trace->has_exchange ? 2U : 0U) + trace->has_body;

	return trace->has_description ? (const void *)(trace_more(trace) + at) : NULL;
}

/* The traces of a call, one after the other; trace NULL: there is none any more. */
struct trace_walk {
	const struct sheet *sheet;
	struct trace *trace;
	struct trace_exchange exchange; /* of this trace */
};

static inline void trace_walk_to(const struct desk *desk, struct trace_walk *walk, uint32_t *at)
{
	const uint32_t *words = (const uint32_t *)(const void *)walk->sheet;

	/* A sheet is made for a trace: it has at least one. */
	if (at == words + walk->sheet->top) {
		if (!walk->sheet->next) {
			walk->trace = NULL;
			return;
		}
		walk->sheet = slab_at(&desk->slab, walk->sheet->next);
		at = sheet_first(walk->sheet);
	}
	walk->trace = (struct trace *)(void *)at;
	if (walk->trace->has_exchange) {
		memcpy(&walk->exchange, trace_more(walk->trace), sizeof(walk->exchange));
	}
}

static inline void trace_walk_on(const struct desk *desk, struct trace_walk *walk)
{
	trace_walk_to(desk, walk, (uint32_t *)(void *)walk->trace + walk->trace->words);
}

static inline struct trace_walk traces_from(const struct desk *desk, uint32_t sheet)
{
	struct trace_walk walk = {.sheet = slab_at(&desk->slab, sheet)};

	if (sheet) {
		trace_walk_to(desk, &walk, sheet_first(walk.sheet));
	}
	return walk;
}

static inline struct trace_walk traces_of(const struct desk *desk, const struct call *call)
{
	return traces_from(desk, call->traces.sheets.first);
}

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

/* Of the call's extras that of this trace, or NULL. */
struct trace_extra *trace_extra(
    const struct desk *desk, const struct call *call, const struct trace *trace);

#endif
