/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "alg_fingerprint.h"
#include "flow.h"
#include "sip_transaction.h"
#include "utf8.h"

enum {
	FORWARDS_INITIAL = 70,
	FORWARDS_HOPS = 11, /* counted down by no more than that, another initial value otherwise */
	TEXTS_MAX = 1024    /* octets of a user agent or an unknown method that are kept */
};

/* Of all octets, two words at a time. Nobody gains by messages that are alike: no key. */
static uint32_t hash_octets(const uint8_t *octets, size_t length)
{
	uint64_t a = length, b = flow_golden, words[2] = {0, 0};

	for (; length > sizeof(words); octets += sizeof(words), length -= sizeof(words)) {
		memcpy(words, octets, sizeof(words));
		a = (a ^ words[0]) * flow_golden;
		b = (b ^ words[1]) * flow_golden;
		a ^= a >> 32;
	}
	words[0] = words[1] = 0;
	memcpy(words, octets, length);
	return (
	    uint32_t)(flow_mix(a ^ words[0], flow_golden) ^ flow_mix(b ^ words[1], ~flow_golden));
}

/* --- hops --- */

static bool is_between(const struct hop *hop, const struct signal *signal, bool reversed)
{
	const struct endpoint *src = reversed ? &hop->dst : &hop->src;
	const struct endpoint *dst = reversed ? &hop->src : &hop->dst;

	return hop->vantage == signal->vantage && endpoint_equal(src, &signal->src) &&
	       endpoint_equal(dst, &signal->dst);
}

/* The number of the hop, made if need be; 0 where memory is short. */
static uint32_t hop_take(
    struct desk *desk, struct call *call, const struct signal *signal, bool *reversed)
{
	struct hop *hop;

	for (uint32_t number = call->traces.hops; number; number = hop->next) {
		hop = slab_at(&desk->slab, number);
		*reversed = !is_between(hop, signal, false);
		if (!*reversed || is_between(hop, signal, true)) {
			return number;
		}
	}
	hop = slab_take(&desk->slab, sizeof(*hop));
	if (!hop) {
		return 0;
	}
	*reversed = false;
	*hop = (struct hop){call->traces.hops, signal->vantage, signal->src, signal->dst};
	call->traces.hops = slab_number(&desk->slab, hop);
	return call->traces.hops;
}

/* --- the same message --- */

struct trace_extra *trace_extra(
    const struct desk *desk, const struct call *call, const struct trace *trace)
{
	uint32_t wanted = slab_number(&desk->slab, trace);

	for (uint32_t number = trace->has_extra ? call->traces.extras : 0; number;) {
		struct trace_extra *extra = slab_at(&desk->slab, number);

		if (extra->trace == wanted) {
			return extra;
		}
		number = extra->next;
	}
	return NULL;
}

/* What a message is told by, before it is kept. */
struct tracing {
	struct desk *desk;
	struct call *call;
	const struct message_keys *keys;
	const struct sip_message *m;
	const struct sdp *sdp;
	const struct signal *signal;
	struct facts facts;
	uint32_t octets_hash, hop;
	bool reversed;
	const struct trace *alike; /* the first of the same message, or NULL ... */
	uint16_t position;         /* ... and which one it is, from 1 */
};

static bool is_alike(const struct tracing *t, const struct trace *trace)
{
	return trace->identity == (uint32_t)t->keys->identity && trace->cseq == t->m->cseq &&
	       trace->status == t->m->status && trace->method == t->m->method &&
	       trace->request == t->m->request;
}

static uint32_t seen_bit(uint64_t identity)
{
	return 1U << ((uint32_t)identity >> 27);
}

static void alike_find(struct tracing *t)
{
	const struct trace *trace;

	if (!(t->call->traces.seen & seen_bit(t->keys->identity))) {
		return; /* as mostly: no trace has to be fetched for it */
	}
	for (uint32_t number = t->call->traces.first; number; number = trace->next) {
		trace = trace_at(t->desk, number);
		t->position++;
		if (is_alike(t, trace)) {
			t->alike = trace;
			return;
		}
	}
	t->position = 0;
}

/* The same words at the same place. */
static struct trace *copy_of(const struct tracing *t)
{
	uint32_t number = t->alike ? slab_number(&t->desk->slab, t->alike) : 0;

	while (number) {
		struct trace *trace = trace_at(t->desk, number);

		if (trace->hop == t->hop && trace->reversed == t->reversed && is_alike(t, trace)) {
			struct facts facts = trace_facts(t->desk, trace);

			if (facts_equal(&facts, &t->facts)) {
				return trace;
			}
		}
		number = trace->next;
	}
	return NULL;
}

/*
 * A switch that mirrors several ports, and a capture on several interfaces, show one datagram more
 * than once: at once, and with the same identification (RFC 6864 4.1). Many senders give none.
 * Then a request is not sent again so soon, T1 being 500 ms (RFC 3261 17.1.1.1), and a response not
 * before its request was: a server that was late answers all of those together (17.2.1).
 */
static bool is_same_datagram(const struct tracing *t, const struct trace *trace, bool asked_again)
{
	const struct trace_extra *extra = trace_extra(t->desk, t->call, trace);
	uint16_t last_ip_id = extra ? extra->last_ip_id : trace->ip_id;
	int64_t elapsed = elapsed_ns(extra ? extra->last_ns : trace->time_ns, t->signal->time_ns);

	if (t->signal->transport != SIGNAL_UDP || trace->octets_hash != t->octets_hash ||
	    last_ip_id != t->signal->ip_id || elapsed <= -SIGNAL_COPY_NS ||
	    elapsed >= SIGNAL_COPY_NS) {
		return false;
	}
	return t->signal->ip_id != 0 || t->m->request || !asked_again;
}

/* --- keeping --- */

/*
 * Did another SIP element hand it on? By its own Via or Record-Route (RFC 3261 16.6), or by having
 * counted Max-Forwards down from the 70 that all begin with (8.1.1.6): some B2BUAs and SBCs let
 * all else through as it is.
 */
static bool was_relayed(const struct sip_message *m, const struct signal *signal)
{
	const struct sip_number *forwards = &m->routing.max_forwards;

	return signal->layers > 0 ||
	       (m->request && (m->via_count != 1 || m->routing.record_route_count > 0 ||
				  (forwards->given && forwards->value < FORWARDS_INITIAL &&
				      forwards->value > FORWARDS_INITIAL - FORWARDS_HOPS)));
}

static struct dissect_defects defects_of(const struct sip_message *m, const struct sdp *sdp)
{
	struct dissect_defects all = m->defects;

	for (unsigned i = 0; sdp && i < sdp->defects.count; i++) {
		dissect_defect(&all, (enum dissect_result)sdp->defects.list[i]);
	}
	return all;
}

/* Messages share the names that the call knows. 0: none, or one that it does not know. */
static uint8_t agent_of(const struct call *call, struct text user_agent)
{
	for (unsigned i = 0; user_agent.length > 0 && i < call->user_agent_count; i++) {
		if (text_equal(user_agent, text_of(call_user_agents(call)[i]))) {
			return (uint8_t)(i + 1);
		}
	}
	return 0;
}

static char *text_keep(char *at, struct text text, uint32_t *octets)
{
	char *end = text.length ? utf8_put(at, text) : at;

	if (text.length) {
		*end++ = '\0';
	}
	*octets = (uint32_t)(end - at);
	return end;
}

static struct text shortened(struct text text)
{
	return (struct text){text.at, text.length < TEXTS_MAX ? text.length : TEXTS_MAX};
}

/* Made if need be, with as much room for texts; NULL where memory is short. */
static struct trace_extra *extra_take(
    struct desk *desk, struct call *call, struct trace *trace, size_t texts)
{
	struct trace_extra *extra = trace_extra(desk, call, trace);
	size_t octets = sizeof(*extra) + texts;

	if (extra || !(extra = slab_take(&desk->slab, octets))) {
		return extra;
	}
	*extra = (struct trace_extra){
	    .next = call->traces.extras,
	    .trace = slab_number(&desk->slab, trace),
	    .last_ns = trace->time_ns,
	    .last_ip_id = trace->ip_id,
	    .content_length = trace->body_octets,
	    .body_octets = trace->body_octets,
	    .octets = (uint32_t)octets,
	};
	call->traces.extras = slab_number(&desk->slab, extra);
	trace->has_extra = true;
	return extra;
}

static bool needs_extra(const struct tracing *t, const struct trace *trace)
{
	const struct sip_message *m = t->m;

	return m->defects.count > 0 || (t->sdp && t->sdp->defects.count > 0) ||
	       m->method == SIP_METHOD_OTHER || (m->user_agent.length > 0 && trace->agent == 0) ||
	       !m->content_length.given || m->content_length.value != m->body_octets ||
	       m->body_octets > UINT16_MAX;
}

static void extra_make(const struct tracing *t, struct trace *trace)
{
	const struct sip_message *m = t->m;
	struct text name = m->method == SIP_METHOD_OTHER ? shortened(m->method_text) : TEXT_NONE;
	struct text agent = trace->agent == 0 ? shortened(m->user_agent) : TEXT_NONE;
	struct trace_extra *extra =
	    extra_take(t->desk, t->call, trace, utf8_length(name) + utf8_length(agent) + 2);
	char *end;

	if (!extra) {
		return;
	}
	extra->content_length =
	    m->content_length.given ? m->content_length.value : CONTENT_LENGTH_NONE;
	extra->body_octets = (uint32_t)m->body_octets;
	extra->defects = defects_of(m, t->sdp);
	end = text_keep(extra->texts, name, &extra->name_octets);
	(void)text_keep(end, agent, &extra->agent_octets);
}

static void trace_make(const struct tracing *t, struct trace *out)
{
	const struct sip_message *m = t->m;
	const struct signal *signal = t->signal;

	*out = (struct trace){
	    .identity = (uint32_t)t->keys->identity,
	    .transaction = (uint32_t)t->keys->transaction,
	    .octets_hash = t->octets_hash,
	    .time_ns = signal->time_ns,
	    .hop = t->hop,
	    .frame = signal->frame,
	    .cseq = m->cseq,
	    .status = m->status,
	    .ip_id = signal->ip_id,
	    .first_alike = t->position,
	    .body_octets = (uint16_t)m->body_octets,
	    .capture = (uint8_t)signal->capture,
	    .method = (uint8_t)m->method,
	    .dscp = signal->dscp,
	    .ttl = signal->ttl,
	    .via_count = (uint8_t)(m->via_count < UINT8_MAX ? m->via_count : UINT8_MAX),
	    .marks = (uint8_t)alg_marks(m),
	    .agent = agent_of(t->call, m->user_agent),
	    .whole = !signal->cut && m->defects.count == 0,
	    .cut = signal->cut,
	    .request = m->request,
	    .relayed = was_relayed(m, signal),
	    .rport_asked = m->via.rport_asked,
	    .reversed = t->reversed,
	    .tcp = signal->transport == SIGNAL_TCP,
	};
}

static bool is_new(const struct part *part, const char *room)
{
	return (const char *)part >= room && (const char *)part < room + TRACE_ROOM;
}

static size_t words_octets(size_t octets)
{
	return (octets + SLAB_WORD - 1) / SLAB_WORD * SLAB_WORD;
}

/* The trace itself, its list of parts, and those of them that are new. */
static size_t trace_octets(const struct tracing *t, const char *room)
{
	size_t octets = sizeof(struct trace);

	for (unsigned kind = 0; kind < PART_KINDS; kind++) {
		const struct part *part = t->facts.of[kind];

		octets += part ? sizeof(uint32_t) : 0;
		octets += part && is_new(part, room) ? words_octets(part_octets(part)) : 0;
	}
	return octets;
}

static void parts_keep(const struct tracing *t, struct trace *trace, const char *room)
{
	uint32_t *parts = trace->parts;
	char *end;

	for (unsigned kind = 0; kind < PART_KINDS; kind++) {
		parts += t->facts.of[kind] != NULL;
	}
	end = (char *)parts;
	parts = trace->parts;
	for (unsigned kind = 0; kind < PART_KINDS; kind++) {
		const struct part *part = t->facts.of[kind];

		if (!part) {
			continue;
		}
		trace->kinds |= (uint8_t)(1U << kind);
		if (is_new(part, room)) {
			part = memcpy(end, part, part_octets(part));
			end += words_octets(part_octets(part));
		}
		*parts++ = slab_number(&t->desk->slab, part);
	}
}

/* False where there is no room for it. */
static bool trace_keep(struct tracing *t, const char *room, bool all_facts)
{
	struct traces *traces = &t->call->traces;
	struct slab *slab = &t->desk->slab;
	size_t octets = trace_octets(t, room);
	struct trace *trace = NULL;

	if (t->hop && traces->count < CALL_SIGHTINGS_MAX &&
	    traces->octets + octets <= CALL_TRACES_OCTETS - TRACE_UNIT) {
		trace = slab_take(slab, octets);
	}
	if (!trace) {
		return false;
	}
	trace_make(t, trace);
	trace->whole &= all_facts;
	trace->octets = (uint16_t)((octets + TRACE_UNIT - 1) / TRACE_UNIT);
	parts_keep(t, trace, room);
	if (needs_extra(t, trace)) {
		extra_make(t, trace);
	}
	if (traces->newest) {
		trace_at(t->desk, traces->newest)->next = slab_number(slab, trace);
	} else {
		traces->first = slab_number(slab, trace);
	}
	traces->newest = slab_number(slab, trace);
	traces->seen |= seen_bit(t->keys->identity);
	traces->octets += (uint32_t)octets;
	traces->count++;
	return true;
}

/*
 * Two messages that have much in common with this one, the likelier before the other: it is alike,
 * or the newest; the first.
 */
static void before_find(const struct tracing *t, struct facts before[2])
{
	const struct traces *traces = &t->call->traces;
	const struct trace *near = t->alike ? t->alike : trace_at(t->desk, traces->newest);
	unsigned at;

	if (!traces->first) {
		memset(before, 0, sizeof(before[0]) * 2);
		return;
	}
	at = near->request != t->m->request; /* a request says what another one does */
	before[at] = trace_facts(t->desk, near);
	before[!at] = trace_facts(t->desk, trace_at(t->desk, traces->first));
}

enum sighting_kind trace_add(struct desk *desk, struct call *call, const struct message_keys *keys,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal,
    bool asked_again)
{
	struct tracing t = {
	    .desk = desk, .call = call, .keys = keys, .m = m, .sdp = sdp, .signal = signal};
	struct facts before[2];
	struct trace_extra *extra;
	struct trace *copy;
	bool all_facts;

	t.octets_hash = hash_octets(signal->octets, signal->length);
	t.hop = hop_take(desk, call, signal, &t.reversed);
	alike_find(&t);
	before_find(&t, before);
	all_facts = facts_gather(&t.facts, before, desk->trace_room, TRACE_ROOM, m, sdp);
	copy = copy_of(&t);
	if (!copy) {
		desk->evictions.sightings += !trace_keep(&t, desk->trace_room, all_facts);
		return SIGHTING_NEW;
	}
	if (is_same_datagram(&t, copy, asked_again)) {
		return SIGHTING_COPY;
	}
	extra = extra_take(desk, call, copy, 0);
	if (extra) {
		extra->last_ns = signal->time_ns;
		extra->last_ip_id = signal->ip_id;
		extra->copies++;
	}
	return SIGHTING_AGAIN;
}

void traces_forget(struct desk *desk, struct call *call)
{
	struct slab *slab = &desk->slab;
	uint32_t number, next;

	for (number = call->traces.first; number; number = next) {
		struct trace *trace = slab_at(slab, number);

		next = trace->next;
		slab_give(slab, trace, (size_t)trace->octets * TRACE_UNIT);
	}
	for (number = call->traces.extras; number; number = next) {
		struct trace_extra *extra = slab_at(slab, number);

		next = extra->next;
		slab_give(slab, extra, extra->octets);
	}
	for (number = call->traces.hops; number; number = next) {
		struct hop *hop = slab_at(slab, number);

		next = hop->next;
		slab_give(slab, hop, sizeof(*hop));
	}
	call->traces = (struct traces){0};
}
