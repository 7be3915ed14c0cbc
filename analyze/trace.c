/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "alg_fingerprint.h"
#include "flow.h"
#include "signs.h"
#include "sip_transaction.h"
#include "utf8.h"

enum {
	FORWARDS_INITIAL = 70,
	FORWARDS_HOPS = 11, /* counted down by no more than that, another initial value otherwise */
	TEXTS_MAX = 1024    /* octets of a user agent or an unknown method that are kept */
};

static inline uint64_t hash_step(uint64_t lane, uint64_t word)
{
	uint64_t product = (lane ^ word) * flow_golden;

	return product << 29 | product >> 35; /* what is on top reaches all bits in the next step */
}

/* Of all octets, in four lanes. Nobody gains by messages that are alike: no key. */
static uint32_t hash_octets(const uint8_t *octets, size_t length)
{
	uint64_t a = length, b = flow_golden, c = flow_salt, d = 0, words[4];

	for (; length > sizeof(words); octets += sizeof(words), length -= sizeof(words)) {
		memcpy(words, octets, sizeof(words));
		a = hash_step(a, words[0]);
		b = hash_step(b, words[1]);
		c = hash_step(c, words[2]);
		d = hash_step(d, words[3]);
	}
	memset(words, 0, sizeof(words));
	memcpy(words, octets, length);
	a = flow_mix(a ^ words[0], hash_step(b, words[1]));
	c = flow_mix(c ^ words[2], hash_step(d, words[3]));
	return (uint32_t)flow_mix(a ^ flow_golden, c);
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
	struct text own[OWN_TEXTS]; /* the call's; none where it is too long */
	struct manner_head head;
	uint32_t addresses[MANNER_ADDRESSES_MAX];
	uint32_t octets_hash;
	uint32_t manner;            /* that of a message before; 0: a new one */
	uint32_t places[FACTS_MAX]; /* of new facts' values */
	struct sheet_strings strings;
	struct trace_walk alike; /* the first of the same message, or none ... */
	uint16_t position;       /* ... and which one it is, from 1 */
};

static bool is_alike(const struct tracing *t, const struct trace_walk *walk)
{
	const struct trace *trace = walk->trace;

	return trace->identity == (uint32_t)t->keys->identity &&
	       walk->exchange.cseq == t->m->cseq && trace->status == t->m->status &&
	       trace->method == t->m->method && trace->request == t->m->request;
}

static uint16_t seen_bit(uint64_t identity)
{
	return (uint16_t)(1U << ((uint32_t)identity >> 28));
}

static void alike_find(struct tracing *t)
{
	t->alike.trace = NULL;
	t->position = 0;
	if (!(t->call->traces.seen & seen_bit(t->keys->identity))) {
		return; /* as mostly: no trace has to be fetched for it */
	}
	for (t->alike = traces_of(t->desk, t->call); t->alike.trace;
	     trace_walk_on(t->desk, &t->alike)) {
		t->position++;
		if (is_alike(t, &t->alike)) {
			return;
		}
	}
	t->position = 0;
}

/* Mostly two words; no function is called for them. */
static bool is_same_way(const struct tracing *t, const struct manner *manner)
{
	uint32_t differs = 0;

	for (unsigned i = 0; i < manner_addresses(&t->head); i++) {
		differs |= manner->words[i] ^ t->addresses[i];
	}
	return differs == 0;
}

static bool is_same_place(const struct tracing *t, const struct manner *manner)
{
	const struct manner_head *a = &manner->head, *b = &t->head;

	return a->vantage == b->vantage && a->src_port == b->src_port &&
	       a->dst_port == b->dst_port && a->ipv6 == b->ipv6 && is_same_way(t, manner);
}

static bool is_same_head(const struct tracing *t, const struct manner *manner)
{
	return sheet_is_equal(
		   (const char *)&manner->head, (const char *)&t->head, sizeof(t->head)) &&
	       is_same_way(t, manner);
}

static bool is_own(const struct tracing *t, uint32_t position, struct text text)
{
	struct text own = text_from(
	    t->own[position / OWN_TEXT_OCTETS], position % OWN_TEXT_OCTETS);

	return own.length == text.length && sheet_is_equal(own.at, text.at, text.length);
}

static bool is_value(const struct tracing *t, uint32_t position, struct text text)
{
	const struct sheets *sheets = &t->call->traces.sheets;
	const struct sheet *first = slab_at(&t->desk->slab, sheets->first);

	if (position < SHEET_ELSEWHERE) {
		return is_own(t, position, text);
	}
	if (position - SHEET_ELSEWHERE < sheet_octets(first)) { /* as mostly */
		return sheet_has(first, position - SHEET_ELSEWHERE, text);
	}
	return sheet_string_is(&t->desk->slab, sheets, position, text);
}

/* Are these values what is kept? */
static bool are_kept(
    const struct tracing *t, const struct value *values, const uint16_t *at, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct value *v = &values[i];
		struct kept kept;

		at = kept_read(&kept, at);
		if (kept.field != v->field || kept.index != v->index ||
		    !is_value(t, kept.position, v->text)) {
			return false;
		}
	}
	return true;
}

static bool says_head(const struct tracing *t, const struct manner *manner)
{
	return manner->head.fact_count == t->facts.head &&
	       are_kept(t, t->facts.values, manner_facts(manner), t->facts.head);
}

static bool says_description(const struct tracing *t, const struct trace_description *description)
{
	unsigned count = t->facts.count - t->facts.head;

	return (description ? description->count : 0) == count &&
	       are_kept(t, t->facts.values + t->facts.head, description ? description->facts : NULL,
		   count);
}

/* The same words at the same place. */
static struct trace *copy_of(const struct tracing *t)
{
	for (struct trace_walk walk = t->alike; walk.trace; trace_walk_on(t->desk, &walk)) {
		const struct manner *manner = trace_manner(t->desk, walk.trace);

		if (is_alike(t, &walk) && is_same_place(t, manner) && says_head(t, manner) &&
		    says_description(t, trace_description(walk.trace))) {
			return walk.trace;
		}
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
	    .content_length = trace_body(trace).octets,
	    .body_octets = trace_body(trace).octets,
	    .octets = (uint32_t)octets,
	};
	call->traces.extras = slab_number(&desk->slab, extra);
	trace->has_extra = true;
	return extra;
}

static bool needs_extra(const struct tracing *t)
{
	const struct sip_message *m = t->m;

	return m->defects.count > 0 || (t->sdp && t->sdp->defects.count > 0) ||
	       m->method == SIP_METHOD_OTHER || (m->user_agent.length > 0 && t->head.agent == 0) ||
	       !m->content_length.given || m->content_length.value != m->body_octets ||
	       m->body_octets > UINT16_MAX;
}

static void extra_make(const struct tracing *t, struct trace *trace)
{
	const struct sip_message *m = t->m;
	struct text name = m->method == SIP_METHOD_OTHER ? shortened(m->method_text) : TEXT_NONE;
	struct text agent = t->head.agent == 0 ? shortened(m->user_agent) : TEXT_NONE;
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

/* --- manners --- */

struct hop hop_of(const struct manner *manner)
{
	struct hop hop = {.vantage = manner->head.vantage};

	hop.src.port = manner->head.src_port;
	hop.dst.port = manner->head.dst_port;
	if (manner->head.ipv6) {
		memcpy(&hop.src.address, manner->words, sizeof(hop.src.address));
		memcpy(&hop.dst.address, manner->words + 4, sizeof(hop.dst.address));
	} else {
		hop.src.address = address_of_ipv4(manner->words[0]);
		hop.dst.address = address_of_ipv4(manner->words[1]);
	}
	return hop;
}

static void head_make(struct tracing *t)
{
	const struct sip_message *m = t->m;
	const struct signal *signal = t->signal;
	const struct address *src = &signal->src.address, *dst = &signal->dst.address;

	t->head = (struct manner_head){
	    .vantage = signal->vantage,
	    .src_port = signal->src.port,
	    .dst_port = signal->dst.port,
	    .capture = (uint8_t)signal->capture,
	    .dscp = signal->dscp,
	    .ttl = signal->ttl,
	    .via_count = (uint8_t)(m->via_count < UINT8_MAX ? m->via_count : UINT8_MAX),
	    .marks = (uint8_t)alg_marks(m, t->sdp),
	    .agent = agent_of(t->call, m->user_agent),
	    .fact_count = (uint8_t)t->facts.head,
	    .ipv6 = !address_is_ipv4(src) || !address_is_ipv4(dst),
	    .tcp = signal->transport == SIGNAL_TCP,
	    .relayed = was_relayed(m, signal),
	    .rport_asked = m->via.rport_asked,
	};
	if (t->head.ipv6) {
		memcpy(t->addresses, src, sizeof(*src));
		memcpy(t->addresses + 4, dst, sizeof(*dst));
	} else {
		t->addresses[0] = address_ipv4(src);
		t->addresses[1] = address_ipv4(dst);
	}
}

/* Which of the call's latest manners it is. */
static void manner_find(struct tracing *t)
{
	uint32_t number = t->call->traces.manners;

	t->manner = 0;
	for (unsigned i = 0; i < MANNERS_SEARCH_MAX && number; i++) {
		const struct manner *manner = slab_at(&t->desk->slab, number);

		if (is_same_head(t, manner) && says_head(t, manner)) {
			t->manner = number;
			break;
		}
		number = manner->next;
	}
}

/* Of the facts that are kept with this message the first one. */
static unsigned new_begin(const struct tracing *t)
{
	return t->manner ? t->facts.head : 0;
}

/*
 * Where the values of new facts stand, or will. The head's from the last to the first, so that a
 * Via finds its host in the Contact; of a description the other way round: c= finds its address
 * in o=. Octets that are needed.
 */
static size_t places_find(struct tracing *t)
{
	if (new_begin(t) == t->facts.count) {
		return 0;
	}
	t->strings.count = 0;
	for (unsigned i = 0; i < OWN_TEXTS; i++) {
		sheet_string_elsewhere(&t->strings, t->own[i], i * OWN_TEXT_OCTETS);
	}
	sheet_strings_read(&t->desk->slab, &t->call->traces.sheets, &t->strings);
	for (unsigned i = t->facts.head; i-- > new_begin(t);) {
		t->places[i] = sheet_string_place(&t->strings, t->facts.values[i].text);
	}
	for (unsigned i = t->facts.head; i < t->facts.count; i++) {
		t->places[i] = sheet_string_place(&t->strings, t->facts.values[i].text);
	}
	return t->strings.octets;
}

/* From value `first` on. strings: where those begin that are new. */
static void facts_keep(
    const struct tracing *t, uint32_t strings, unsigned first, unsigned count, uint16_t *out)
{
	for (unsigned i = first; i < first + count; i++) {
		const struct value *v = &t->facts.values[i];
		struct kept kept = {v->field, v->index, sheet_position(t->places[i], strings)};

		out = kept_write(out, &kept);
	}
}

/* So many units they take, at most: where pending strings will stand is not known yet. */
static unsigned facts_units(const struct tracing *t, unsigned first, unsigned count)
{
	bool near =
	    t->call->traces.sheets.octets < KEPT_FAR / 4 && t->strings.octets < KEPT_FAR / 4;
	unsigned units = count * (near ? 1 : KEPT_UNITS_MAX);

	for (unsigned i = first; near && i < first + count; i++) {
		units += t->facts.values[i].index ? KEPT_UNITS_MAX - 1 : 0;
	}
	return units;
}

/* Does the message go where one at the same place came from, and the other way round? */
static bool is_return(const struct tracing *t, const struct manner *before)
{
	return before->head.vantage == t->head.vantage && !before->head.ipv6 && !t->head.ipv6 &&
	       before->words[0] == t->addresses[1] && before->words[1] == t->addresses[0];
}

static void manner_keep(struct tracing *t, uint32_t strings, uint32_t *record)
{
	struct manner *manner = (struct manner *)(void *)record;
	struct traces *traces = &t->call->traces;
	unsigned addresses = manner_addresses(&t->head);

	if (traces->manners && is_return(t, slab_at(&t->desk->slab, traces->manners))) {
		traces->signs |= SIGN_RETURNED;
	}
	manner->next = traces->manners;
	manner->head = t->head;
	memcpy(manner->words, t->addresses, addresses * sizeof(manner->words[0]));
	t->manner = traces->manners = slab_number(&t->desk->slab, record);
	facts_keep(t, strings, 0, t->facts.head, (uint16_t *)(manner->words + addresses));
}

static void description_keep(const struct tracing *t, uint32_t strings, uint32_t *record)
{
	struct trace_description *description = (struct trace_description *)(void *)record;

	description->count = (uint16_t)(t->facts.count - t->facts.head);
	facts_keep(t, strings, t->facts.head, description->count, description->facts);
}

/* --- traces --- */

/* What comes to the sheet behind the trace itself, in words: see struct trace; a new manner. */
struct shape {
	unsigned exchange, body, description, manner;
};

static unsigned words_of(size_t octets)
{
	return (unsigned)((octets + sizeof(uint32_t) - 1) / sizeof(uint32_t));
}

static struct shape shape_of(const struct tracing *t)
{
	const struct traces *traces = &t->call->traces;
	const struct trace_exchange *before = slab_at(&t->desk->slab, traces->exchange);
	unsigned head = t->facts.head, described = t->facts.count - head;
	bool same = traces->count > 0 && before->cseq == t->m->cseq &&
		    before->transaction == (uint32_t)t->keys->transaction;
	struct shape shape = {
	    .exchange = same ? 0 : 2,
	    .body = (uint16_t)t->m->body_octets != 0 || t->position != 0,
	};

	if (!t->manner) {
		shape.manner = words_of(sizeof(struct manner)) + manner_addresses(&t->head) +
			       words_of(facts_units(t, 0, head) * sizeof(uint16_t));
	}
	if (described > 0) {
		shape.description = words_of(sizeof(struct trace_description) +
					     facts_units(t, head, described) * sizeof(uint16_t));
	}
	return shape;
}

static struct trace trace_make(const struct tracing *t, const struct shape *shape)
{
	const struct sip_message *m = t->m;
	const struct signal *signal = t->signal;

	return (struct trace){
	    .time_ns = signal->time_ns,
	    .identity = (uint32_t)t->keys->identity,
	    .octets_hash = t->octets_hash,
	    .frame = signal->frame,
	    .words = (uint16_t)(sizeof(struct trace) / sizeof(uint32_t) + shape->exchange +
				shape->body + shape->description + shape->manner),
	    .ip_id = signal->ip_id,
	    .status = m->status & 1023U,
	    .method = m->method & 15U,
	    .request = m->request,
	    .whole = !signal->cut && m->defects.count == 0 && !t->facts.lost,
	    .cut = signal->cut,
	    .has_exchange = shape->exchange > 0,
	    .has_body = shape->body > 0,
	    .has_description = shape->description > 0,
	};
}

/* On the sheet, which has room for it. */
static struct trace *trace_put(
    struct tracing *t, struct sheet *sheet, const struct shape *shape, const struct trace *trace)
{
	const struct slab *slab = &t->desk->slab;
	uint32_t strings = 0, *record = sheet_record(sheet, trace->words);
	struct trace *out = (struct trace *)(void *)record;

	*out = *trace;
	record = trace_more(out);
	if (shape->exchange) {
		struct trace_exchange exchange = {(uint32_t)t->keys->transaction, t->m->cseq};

		t->call->traces.exchange = slab_number(slab, record);
		memcpy(record, &exchange, sizeof(exchange));
		record += shape->exchange;
	}
	if (shape->body) {
		struct trace_body body = {(uint16_t)t->m->body_octets, t->position};

		memcpy(record, &body, sizeof(body));
		record += shape->body;
	}
	if (shape->description || shape->manner) {
		strings = sheet_strings_keep(slab, &t->call->traces.sheets, &t->strings);
	}
	if (shape->description) {
		description_keep(t, strings, record);
		record += shape->description;
	}
	if (shape->manner) {
		manner_keep(t, strings, record);
	}
	out->manner = t->manner;
	return out;
}

/* False where there is no room for it. */
static bool trace_keep(struct tracing *t)
{
	struct traces *traces = &t->call->traces;
	struct sheet *sheet = NULL;
	struct shape shape;
	struct trace trace, *kept;
	size_t strings;

	head_make(t);
	manner_find(t);
	if (!facts_are_plain(&t->facts, new_begin(t)) &&
	    facts_clean(&t->facts, t->desk->trace_room, TRACE_ROOM)) {
		t->head.fact_count = (uint8_t)t->facts.head;
		manner_find(t);
	}
	strings = places_find(t);
	shape = shape_of(t);
	trace = trace_make(t, &shape);
	if (traces->count < CALL_SIGHTINGS_MAX) {
		sheet = sheet_with_room(
		    &t->desk->slab, &traces->sheets, trace.words * sizeof(uint32_t) + strings);
	}
	if (!sheet) {
		return false;
	}
	kept = trace_put(t, sheet, &shape, &trace);
	traces->seen |= seen_bit(t->keys->identity);
	traces->signs |=
	    SIGNS & signs_of(t->m, t->sdp, t->signal, t->head.relayed, t->alike.trace != NULL);
	traces->count++;
	if (needs_extra(t)) {
		extra_make(t, kept);
	}
	return true;
}

static void own_read(struct tracing *t)
{
	for (unsigned i = 0; i < OWN_TEXTS; i++) {
		struct text text = text_of(own_text(t->call, i));

		t->own[i] = text.length < OWN_TEXT_OCTETS ? text : TEXT_NONE;
	}
}

enum sighting_kind trace_add(struct desk *desk, struct call *call, const struct message_keys *keys,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal,
    bool asked_again)
{
	struct tracing t; /* much of it is written only where it is needed */
	struct trace_extra *extra;
	struct trace *copy = NULL;

	t.desk = desk;
	t.call = call;
	t.keys = keys;
	t.m = m;
	t.sdp = sdp;
	t.signal = signal;
	own_read(&t);
	t.octets_hash = hash_octets(signal->octets, signal->length);
	facts_gather(&t.facts, m, sdp);
	alike_find(&t);
	if (t.alike.trace) {
		(void)facts_clean(&t.facts, desk->trace_room, TRACE_ROOM);
		head_make(&t);
		copy = copy_of(&t);
	}
	if (!copy) {
		desk->evictions.sightings += !trace_keep(&t);
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

static void traces_give(struct desk *desk, struct call *call)
{
	struct slab *slab = &desk->slab;

	sheets_forget(slab, &call->traces.sheets);
	for (uint32_t number = call->traces.extras; number;) {
		struct trace_extra *extra = slab_at(slab, number);
		uint32_t next = extra->next;

		slab_give(slab, extra, extra->octets);
		number = next;
	}
}

void traces_forget(struct desk *desk, struct call *call)
{
	if (!desk->ended || slab_is_scarce(&desk->slab)) {
		traces_give(desk, call);
	}
	call->traces = (struct traces){0};
}
