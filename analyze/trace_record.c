/* SPDX-License-Identifier: Apache-2.0 */
#include "trace_record.h"

#define PUT(at, value) (memcpy(at, &(value), sizeof(value)), (at) + sizeof(value))
#define GET(at, value) (memcpy(&(value), at, sizeof(value)), (at) + sizeof(value))

static const uint8_t *kept_skip(const uint8_t *at, unsigned count)
{
	struct kept kept;

	while (count-- > 0) {
		at = kept_read(&kept, at);
	}
	return at;
}

/* --- manners --- */

/* How far back the manner before it is, and whether this one returns. */
uint8_t *manner_write(
    uint8_t *at, uint32_t position, const struct manner *manner, const struct manner_way *way)
{
	uint32_t back = manner->before ? position - manner->before : 0;

	at = varint_write(at, back << 1 | manner->returns);
	at = PUT(at, manner->head);
	memcpy(at, way, manner_way_octets(manner));
	return at + manner_way_octets(manner);
}

struct manner_way manner_way(
    const struct desk *desk, const struct call *call, const struct manner *manner)
{
	bool ipv6 = manner->head.ipv6;
	struct manner_way way, back;

	memcpy(&way, manner_way_kept(desk, call, manner), way_octets(ipv6));
	if (!manner->returns) {
		return way;
	}
	way_turn(&back, &way, ipv6);
	return back;
}

/* So many manners before that at a position. */
static uint32_t manner_before(
    const struct desk *desk, const struct call *call, uint32_t position, unsigned steps)
{
	while (steps-- > 0) {
		position = manner_at(desk, call, position).before;
	}
	return position;
}

static const uint8_t *manner_skip(const uint8_t *at)
{
	struct manner manner = manner_read(at, 0);

	return kept_skip(manner_facts(&manner), manner_listed(&manner.head));
}

struct hop hop_of(const struct manner_head *head, const struct manner_way *way)
{
	struct hop hop = {.vantage = head->vantage};

	hop.src.port = way->src_port;
	hop.dst.port = way->dst_port;
	if (head->ipv6) {
		memcpy(&hop.src.address, way->addresses, sizeof(hop.src.address));
		memcpy(&hop.dst.address, way->addresses + 4, sizeof(hop.dst.address));
	} else {
		hop.src.address = address_of_ipv4(way->addresses[0]);
		hop.dst.address = address_of_ipv4(way->addresses[1]);
	}
	return hop;
}

/* --- traces --- */

uint8_t *trace_write(uint8_t *at, const struct trace *trace, const struct call *call)
{
	at = PUT(at, trace->head);
	at = varint_write(at, varint_of_difference(call->first_ns, trace->time_ns));
	if (trace->head.has_ip_id) {
		at = PUT(at, trace->ip_id);
	}
	if (!trace->head.request) {
		at = PUT(at, trace->status);
	}
	if (trace->head.has_exchange) {
		at = PUT(at, trace->transaction);
		at = varint_write(at, trace->cseq);
	}
	if (trace->head.has_body) {
		at = varint_write(at, trace->body_octets);
		at = varint_write(at, trace->first_alike);
	}
	return at;
}

static const uint8_t *exchange_read(const uint8_t *at, struct trace *out)
{
	uint64_t number;

	at = GET(at, out->transaction);
	at = varint_read(&number, at);
	out->cseq = (uint32_t)number;
	return at;
}

static const uint8_t *body_read(const uint8_t *at, struct trace *out)
{
	uint64_t octets, alike;

	at = varint_read(&octets, at);
	at = varint_read(&alike, at);
	out->body_octets = (uint16_t)octets;
	out->first_alike = (uint16_t)alike;
	return at;
}

/* What stands before the description. */
static const uint8_t *trace_read(const uint8_t *at, const struct call *call, struct trace *out)
{
	uint64_t number;

	at = GET(at, out->head);
	at = varint_read(&number, at);
	out->time_ns = varint_difference_to(call->first_ns, number);
	out->ip_id = out->status = out->body_octets = out->first_alike = 0;
	if (out->head.has_ip_id) {
		at = GET(at, out->ip_id);
	}
	if (!out->head.request) {
		at = GET(at, out->status);
	}
	if (out->head.has_exchange) {
		at = exchange_read(at, out);
	}
	return out->head.has_body ? body_read(at, out) : at;
}

void trace_note_extra(const struct desk *desk, const struct call *call, struct trace *trace)
{
	trace->head.has_extra = true;
	memcpy(trace_octets(desk, call, trace->position), &trace->head, sizeof(trace->head));
}

/* --- walking --- */

static uint32_t position_of(const struct trace_walk *walk, const uint8_t *at)
{
	return walk->begin + (uint32_t)(at - (const uint8_t *)walk->sheet);
}

static void description_walk(struct trace_walk *walk)
{
	struct trace *trace = &walk->trace;

	trace->described = 0;
	if (trace->head.has_description) {
		trace->described = *walk->next;
		trace->facts = walk->next + 1;
		walk->next = kept_skip(trace->facts, trace->described);
	}
}

static void manner_walk(struct trace_walk *walk)
{
	struct trace *trace = &walk->trace;

	if (trace->head.has_manner) {
		walk->newest = position_of(walk, walk->next);
		walk->next = manner_skip(walk->next);
	}
	trace->manner = manner_before(walk->desk, walk->call, walk->newest, trace->head.manner);
}

void trace_walk_on(struct trace_walk *walk)
{
	/* A sheet is made for a trace: it has at least one. */
	if (walk->next == sheet_top(walk->sheet)) {
		walk->found = walk->sheet->next != 0;
		if (!walk->found) {
			return;
		}
		walk->begin += (uint32_t)sheet_octets(walk->sheet);
		walk->sheet = slab_at(&walk->desk->slab, walk->sheet->next);
		walk->next = sheet_first(walk->sheet);
	}
	walk->trace.position = position_of(walk, walk->next);
	walk->next = trace_read(walk->next, walk->call, &walk->trace);
	description_walk(walk);
	manner_walk(walk);
}

struct trace_walk traces_of(const struct desk *desk, const struct call *call)
{
	uint32_t first = call->traces.sheets.first;
	struct trace_walk walk; /* much of it is written by the first step */

	if (!first) {
		return (struct trace_walk){.desk = desk, .call = call};
	}
	walk.desk = desk;
	walk.call = call;
	walk.found = true;
	walk.sheet = slab_at(&desk->slab, first);
	walk.begin = SHEET_ELSEWHERE;
	walk.next = sheet_first(walk.sheet);
	walk.newest = 0;
	trace_walk_on(&walk);
	return walk;
}
