/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How traces are kept: as octets, a record for each message and one after the other on the sheets
 * of its call. A record names its sender's manner, which is all that its messages have in common
 * mostly; that stands in the first of them. Facts name their values by position, see kept_value().
 *
 * Data in:   what trace.c found of a message. Data out: the same.
 * Ownership: sheets are the call's. Threading: the desk's thread.
 * Limits:    those of sheets; of the call's manners the newest MANNERS_SEARCH_MAX can be named.
 */
#ifndef TALKPATH_TRACE_RECORD_H
#define TALKPATH_TRACE_RECORD_H

#include "facts.h"
#include "pool.h"
#include "sheet.h"
#include "varint.h"

/* --- values --- */

/*
 * A call's own texts, of which messages say one or the end of it again: whole, and short enough
 * for a position below SHEET_ELSEWHERE. In this order they are facts of most messages.
 */
enum { OWN_FROM, OWN_TO, OWN_CALL_ID, OWN_TEXTS, OWN_TEXT_OCTETS = SHEET_ELSEWHERE / OWN_TEXTS };

static inline enum call_name own_name(unsigned which)
{
	return which == OWN_FROM ? NAME_FROM : which == OWN_TO ? NAME_TO : NAME_CALL_ID;
}

/* From there on; nothing where the call has lost it, for want of room. */
static inline const char *own_text(const struct call *call, unsigned which, unsigned offset)
{
	const char *text = call_name(call, own_name(which));

	return offset < strlen(text) ? text + offset : "";
}

static inline uint8_t own_field(unsigned which)
{
	return which == OWN_FROM ? FACT_FROM : which == OWN_TO ? FACT_TO : FACT_CALL_ID;
}

/* The value of the fact. Of a URI: where it is known to be a scheme and a place alone. */
static inline const char *own_value(const struct call *call, unsigned which)
{
	const char *text = own_text(call, which, 0);

	return which == OWN_CALL_ID || *text == '\0' ? text : text + sip_place_begin(text);
}

/* What a fact is kept as: a port's value is its position. */
struct kept {
	uint8_t field, index;
	uint32_t position;
};

/* The value of one that is no port. */
static inline const char *kept_value(
    const struct desk *desk, const struct call *call, const struct kept *kept)
{
	return kept->position < SHEET_ELSEWHERE
		   ? own_text(
			 call, kept->position / OWN_TEXT_OCTETS, kept->position % OWN_TEXT_OCTETS)
		   : sheet_at_position(&desk->slab, &call->traces.sheets, kept->position);
}

/*
 * Field and position in 16 bits. What is further back or one of several has KEPT_FAR there, and
 * index and position behind it. A port has its index there, and itself behind it.
 */
enum { KEPT_FIELD_BITS = 4, KEPT_FAR = UINT16_MAX >> KEPT_FIELD_BITS, KEPT_UNITS_MAX = 3 };

_Static_assert(FACT_FIELDS <= 1 << KEPT_FIELD_BITS, "what it can say");

/* Behind it. */
static inline const uint8_t *kept_read(struct kept *out, const uint8_t *at)
{
	uint16_t units[KEPT_UNITS_MAX];
	uint32_t position;

	memcpy(units, at, sizeof(units[0]));
	out->field = units[0] & ((1U << KEPT_FIELD_BITS) - 1);
	position = units[0] >> KEPT_FIELD_BITS;
	if (fact_is_port(out->field)) {
		out->index = (uint8_t)position;
		memcpy(units, at + 2, sizeof(units[0]));
		out->position = units[0];
		return at + 4;
	}
	if (position != KEPT_FAR) {
		out->index = 0;
		out->position = position;
		return at + 2;
	}
	memcpy(units, at, sizeof(units));
	out->index = (uint8_t)units[1];
	out->position = (uint32_t)(units[1] >> 8) << 16 | units[2];
	return at + sizeof(units);
}

static inline bool kept_is_near(const struct kept *kept)
{
	return kept->index == 0 && kept->position < KEPT_FAR;
}

static inline uint8_t *kept_write(uint8_t *at, const struct kept *kept)
{
	uint16_t units[KEPT_UNITS_MAX];

	if (fact_is_port(kept->field)) {
		units[0] = (uint16_t)(kept->field | kept->index << KEPT_FIELD_BITS);
		units[1] = (uint16_t)kept->position;
		memcpy(at, units, 4);
		return at + 4;
	}
	if (kept_is_near(kept)) {
		units[0] = (uint16_t)(kept->field | kept->position << KEPT_FIELD_BITS);
		memcpy(at, units, 2);
		return at + 2;
	}
	units[0] = (uint16_t)(kept->field | KEPT_FAR << KEPT_FIELD_BITS);
	units[1] = (uint16_t)(kept->index | kept->position >> 16 << 8);
	units[2] = (uint16_t)kept->position;
	memcpy(at, units, sizeof(units));
	return at + sizeof(units);
}

/* --- manners --- */

/* Of a sender's messages all that they mostly have in common, beside where they go. */
struct manner_head {
	uint16_t vantage;
	uint8_t capture, dscp, ttl, via_count, marks;
	uint8_t agent; /* position in call.user_agents, from 1; 0: none, or see the extra */
	uint8_t fact_count;
	bool ipv6 : 1, tcp : 1;
	bool relayed : 1, rport_asked : 1; /* as in a sighting */
	bool own : 1;       /* the last facts are the call's own texts, and not kept */
	uint8_t unused : 3; /* 0: heads are compared as octets */
};

_Static_assert(sizeof(struct manner_head) == 10, "without gaps");

/* Facts that are kept. */
static inline unsigned manner_listed(const struct manner_head *head)
{
	return head->fact_count - (head->own ? OWN_TEXTS : 0U);
}

/* Where they go; of IPv4 a word each. */
struct manner_way {
	uint16_t src_port, dst_port;
	uint32_t addresses[8]; /* source and destination */
};

static inline unsigned way_words(bool ipv6)
{
	return ipv6 ? 8 : 2;
}

static inline size_t way_octets(bool ipv6)
{
	return offsetof(struct manner_way, addresses) + way_words(ipv6) * sizeof(uint32_t);
}

static inline bool way_is(const struct manner_way *a, const struct manner_way *b, bool ipv6)
{
	uint32_t differs = (uint32_t)(a->src_port ^ b->src_port) | (a->dst_port ^ b->dst_port);

	for (unsigned i = 0; i < way_words(ipv6); i++) {
		differs |= a->addresses[i] ^ b->addresses[i];
	}
	return differs == 0;
}

/* The other way round. */
static inline void way_turn(struct manner_way *out, const struct manner_way *way, bool ipv6)
{
	unsigned half = way_words(ipv6) / 2;

	out->src_port = way->dst_port;
	out->dst_port = way->src_port;
	for (unsigned i = 0; i < half; i++) {
		out->addresses[i] = way->addresses[half + i];
		out->addresses[half + i] = way->addresses[i];
	}
}

struct manner {
	uint32_t before; /* position of the call's manner before it; 0: there is none */
	bool returns;    /* its way is the way back of that, and not kept */
	struct manner_head head;
	const uint8_t *behind; /* its head: its way, its facts */
};

enum { MANNERS_SEARCH_MAX = 8, MANNER_BACK_OCTETS = 3 };

_Static_assert(SHEET_POSITION_BITS + 1 <= MANNER_BACK_OCTETS * VARINT_BITS, "how far back");

/* What stands at a position. */
static inline uint8_t *trace_octets(
    const struct desk *desk, const struct call *call, uint32_t position)
{
	return (uint8_t *)sheet_at_position(&desk->slab, &call->traces.sheets, position);
}

static inline struct manner manner_read(const uint8_t *at, uint32_t position)
{
	struct manner manner;
	uint64_t back;

	at = varint_read(&back, at);
	manner.returns = back & 1;
	manner.before = back >> 1 ? position - (uint32_t)(back >> 1) : 0;
	memcpy(&manner.head, at, sizeof(manner.head));
	manner.behind = at + sizeof(manner.head);
	return manner;
}

/* That at a position. */
static inline struct manner manner_at(
    const struct desk *desk, const struct call *call, uint32_t position)
{
	return manner_read(trace_octets(desk, call, position), position);
}

/* Its way, or that which it returns. */
static inline const uint8_t *manner_way_kept(
    const struct desk *desk, const struct call *call, const struct manner *manner)
{
	return manner->returns ? manner_at(desk, call, manner->before).behind : manner->behind;
}

struct manner_way manner_way(
    const struct desk *desk, const struct call *call, const struct manner *manner);

/* Octets of a way that is kept. */
static inline size_t manner_way_octets(const struct manner *manner)
{
	return manner->returns ? 0 : way_octets(manner->head.ipv6);
}

/* Kept. */
static inline const uint8_t *manner_facts(const struct manner *manner)
{
	return manner->behind + manner_way_octets(manner);
}

/* All but its facts, which come behind it. */
uint8_t *manner_write(
    uint8_t *at, uint32_t position, const struct manner *manner, const struct manner_way *way);

/* So many octets at most. */
static inline size_t manner_octets(const struct manner *manner)
{
	return MANNER_BACK_OCTETS + sizeof(manner->head) + manner_way_octets(manner);
}

/* Between whom a message went, as which vantage saw it. */
struct hop {
	uint16_t vantage;
	struct endpoint src, dst;
};

struct hop hop_of(const struct manner_head *head, const struct manner_way *way);

/* --- traces --- */

struct trace_head {
	uint32_t identity; /* of struct message_keys */
	uint32_t octets_hash;
	uint32_t frame;
	uint16_t method : 4;
	bool request : 1, whole : 1, cut : 1; /* as in a sighting */
	bool has_extra : 1;
	uint8_t manner : 3; /* so many before the newest */
	/* In this order they stand behind the time: */
	bool has_ip_id : 1;
	bool has_exchange : 1; /* else it is that of the trace before */
	bool has_body : 1;
	bool has_description : 1; /* one that says something of addresses */
	bool has_manner : 1;      /* a new one */
} __attribute__((packed));

_Static_assert(sizeof(struct trace_head) == 14, "there are six of these a call");
_Static_assert(CALL_SIGHTINGS_MAX < 1 << 11, "what struct traces can count");
_Static_assert(DESK_CAPTURES_MAX <= UINT8_MAX, "what `capture` can say");
_Static_assert(SIP_MESSAGE < 16, "what `method` can say");
_Static_assert(MANNERS_SEARCH_MAX <= 8, "what `manner` can say");

struct trace {
	struct trace_head head;
	uint32_t position;
	int64_t time_ns;
	uint16_t ip_id;
	uint16_t status;            /* of a response */
	uint32_t transaction, cseq; /* transaction: of struct message_keys */
	uint16_t body_octets;       /* and the Content-Length, but for what an extra says */
	uint16_t first_alike; /* position of the first trace of the message, from 1; 0: this one */
	uint8_t described;    /* facts of the description */
	const uint8_t *facts; /* kept */
	uint32_t manner;      /* its position */
};

/* With a time, two half words, an exchange and a body. */
enum { TRACE_OCTETS_MAX = sizeof(struct trace_head) + VARINT_OCTETS_MAX + 4 + 9 + 6 };

/* All that stands before the description; at most TRACE_OCTETS_MAX. */
uint8_t *trace_write(uint8_t *at, const struct trace *trace, const struct call *call);

/* A record is there for good; that it has an extra is noted later. */
void trace_note_extra(const struct desk *desk, const struct call *call, struct trace *trace);

/* The traces of a call, one after the other, while one is found. */
struct trace_walk {
	const struct desk *desk;
	const struct call *call;
	const struct sheet *sheet;
	uint32_t begin;      /* position of the sheet */
	const uint8_t *next; /* where the next record stands */
	uint32_t newest;     /* of the manners so far; its position */
	bool found;
	struct trace trace;
};

struct trace_walk traces_of(const struct desk *desk, const struct call *call);
void trace_walk_on(struct trace_walk *walk);

static inline struct manner trace_manner(const struct trace_walk *walk)
{
	return manner_at(walk->desk, walk->call, walk->trace.manner);
}

static inline struct hop trace_hop(const struct trace_walk *walk, const struct manner *manner)
{
	struct manner_way way = manner_way(walk->desk, walk->call, manner);

	return hop_of(&manner->head, &way);
}

#endif
