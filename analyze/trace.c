/* SPDX-License-Identifier: Apache-2.0 */
#include "trace.h"

#include "alg_fingerprint.h"
#include "flow.h"
#include "signs.h"
#include "sip_plain.h"
#include "sip_transaction.h"
#include "utf8.h"

enum {
	FORWARDS_INITIAL = 70,
	FORWARDS_HOPS = 11, /* counted down by no more than that, another initial value otherwise */
	TEXTS_MAX = 1024    /* octets of a user agent or an unknown method that are kept */
};

/* Fletcher's checksum of words. */
struct sums {
	uint64_t first, second;
};

enum { SUMS_OCTETS = 32 };

static inline void sums_add(struct sums *sums, const uint8_t octets[SUMS_OCTETS])
{
	uint64_t a, b, c, d;

	memcpy(&a, octets, sizeof(a));
	memcpy(&b, octets + 8, sizeof(b));
	memcpy(&c, octets + 16, sizeof(c));
	memcpy(&d, octets + 24, sizeof(d));
	sums->second += sums->first += a;
	sums->second += sums->first += b;
	sums->second += sums->first += c;
	sums->second += sums->first += d;
}

/* Of all octets. Nobody gains by messages that are alike: no key. */
static uint32_t hash_octets(const uint8_t *octets, size_t length)
{
	struct sums sums = {length, 0};
	uint8_t rest[SUMS_OCTETS] = {0};

	for (; length > SUMS_OCTETS; octets += SUMS_OCTETS, length -= SUMS_OCTETS) {
		sums_add(&sums, octets);
	}
	memcpy(rest, octets, length);
	sums_add(&sums, rest);
	return (uint32_t)flow_mix(sums.first ^ flow_golden, sums.second ^ flow_salt);
}

/* --- the same message --- */

struct trace_extra *trace_extra(
    const struct desk *desk, const struct call *call, const struct trace *trace)
{
	for (uint32_t number = trace->head.has_extra ? call->traces.extras : 0; number;) {
		struct trace_extra *extra = slab_at(&desk->slab, number);

		if (extra->trace == trace->position) {
			return extra;
		}
		number = extra->next;
	}
	return NULL;
}

static uint16_t trace_status(const struct sip_message *m)
{
	return m->request ? 0 : m->status & 1023U;
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
	struct text names[CALL_NAMES]; /* the call's */
	struct manner manner;          /* the message's own ... */
	struct manner_way way, back;   /* ... where it goes, and the way back */
	unsigned manners_between;      /* that was met so many before the newest; else it is new */
	bool manner_is_new;
	uint32_t octets_hash;
	uint32_t places[FACTS_MAX]; /* of new facts' values */
	struct sheet_strings strings;
	struct trace_walk alike; /* the first of the same message, or none ... */
	uint16_t first_alike;    /* ... and which one it is, from 1 */
};

static bool is_alike(const struct tracing *t, const struct trace *trace)
{
	return trace->head.identity == (uint32_t)t->keys->identity && trace->cseq == t->m->cseq &&
	       trace->status == trace_status(t->m) && trace->head.method == t->m->method &&
	       trace->head.request == t->m->request;
}

/* Two of the bits in struct traces. */
static uint16_t seen_bits(uint64_t identity)
{
	return (uint16_t)(1U << ((uint32_t)identity >> 28) | 1U << ((uint32_t)identity >> 24 & 15));
}

static void alike_find(struct tracing *t)
{
	t->alike.found = false;
	t->first_alike = 0;
	if (seen_bits(t->keys->identity) & ~t->call->traces.seen) {
		return; /* as mostly: no trace has to be fetched for it */
	}
	for (t->alike = traces_of(t->desk, t->call); t->alike.found; trace_walk_on(&t->alike)) {
		t->first_alike++;
		if (is_alike(t, &t->alike.trace)) {
			return;
		}
	}
	t->first_alike = 0;
}

static bool is_same_way(const struct tracing *t, const struct manner *manner)
{
	return sheet_is_equal((const char *)manner_way_kept(t->desk, t->call, manner),
	    (const char *)(manner->returns ? &t->back : &t->way), way_octets(manner->head.ipv6));
}

static bool is_same_place(const struct tracing *t, const struct manner *manner)
{
	const struct manner_head *a = &manner->head, *b = &t->manner.head;

	return a->vantage == b->vantage && a->ipv6 == b->ipv6 && is_same_way(t, manner);
}

static bool is_same_head(const struct tracing *t, const struct manner *manner)
{
	return sheet_is_equal((const char *)&manner->head, (const char *)&t->manner.head,
		   sizeof(manner->head)) &&
	       is_same_way(t, manner);
}

/* None where it is too long. */
static struct text own_of(const struct tracing *t, unsigned which)
{
	struct text text = t->names[own_name(which)];

	return text.length < OWN_TEXT_OCTETS ? text : TEXT_NONE;
}

/* Of a value that is known to be one of these. */
static uint32_t own_position(const struct tracing *t, const struct value *value)
{
	switch (value->field) {
	case FACT_FROM:
		return OWN_FROM * OWN_TEXT_OCTETS + sip_place_begin(t->m->from.uri.at);
	case FACT_TO:
		return OWN_TO * OWN_TEXT_OCTETS + sip_place_begin(t->m->to.uri.at);
	default:
		return OWN_CALL_ID * OWN_TEXT_OCTETS;
	}
}

static bool is_own(const struct tracing *t, uint32_t position, struct text text)
{
	struct text own = own_of(t, position / OWN_TEXT_OCTETS);
	size_t offset = position % OWN_TEXT_OCTETS;

	return own.length == offset + text.length &&
	       sheet_is_equal(own.at + offset, text.at, text.length);
}

static bool is_value(const struct tracing *t, const struct kept *kept, const struct value *value)
{
	uint32_t position = kept->position;

	if (fact_is_port(value->field)) {
		return position == value->port;
	}
	if (value->known && position == own_position(t, value)) {
		return true;
	}
	if (position < SHEET_ELSEWHERE) {
		return is_own(t, position, value->text);
	}
	return sheet_string_is(&t->desk->slab, &t->call->traces.sheets, position, value->text);
}

/* Are these values what is kept? */
static bool are_kept(
    const struct tracing *t, const struct value *values, const uint8_t *at, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const struct value *v = &values[i];
		struct kept kept;

		at = kept_read(&kept, at);
		if (kept.field != v->field || kept.index != v->index || !is_value(t, &kept, v)) {
			return false;
		}
	}
	return true;
}

/* The last facts of a head. */
static bool are_own(const struct tracing *t)
{
	const struct value *values = t->facts.values + t->facts.head - OWN_TEXTS;

	for (unsigned i = 0; i < OWN_TEXTS; i++) {
		if (values[i].field != own_field(i) ||
		    !text_is(values[i].text, own_value(t->call, i))) {
			return false;
		}
	}
	return true;
}

static bool says_head(const struct tracing *t, const struct manner *manner)
{
	return manner->head.fact_count == t->facts.head &&
	       are_kept(t, t->facts.values, manner_facts(manner), manner_listed(&manner->head)) &&
	       (!manner->head.own || t->manner.head.own || are_own(t));
}

static bool says_description(const struct tracing *t, const struct trace *trace)
{
	unsigned count = t->facts.count - t->facts.head;

	return trace->described == count &&
	       are_kept(t, t->facts.values + t->facts.head, trace->facts, count);
}

/* The same words at the same place. */
static bool copy_find(const struct tracing *t, struct trace *copy)
{
	for (struct trace_walk walk = t->alike; walk.found; trace_walk_on(&walk)) {
		struct manner manner;

		if (!is_alike(t, &walk.trace)) {
			continue;
		}
		manner = trace_manner(&walk);
		if (is_same_place(t, &manner) && says_head(t, &manner) &&
		    says_description(t, &walk.trace)) {
			*copy = walk.trace;
			return true;
		}
	}
	return false;
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

	if (t->signal->transport != SIGNAL_UDP || trace->head.octets_hash != t->octets_hash ||
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
	    .trace = trace->position,
	    .last_ns = trace->time_ns,
	    .last_ip_id = trace->ip_id,
	    .content_length = trace->body_octets,
	    .body_octets = trace->body_octets,
	    .octets = (uint32_t)octets,
	};
	call->traces.extras = slab_number(&desk->slab, extra);
	trace_note_extra(desk, call, trace);
	return extra;
}

static bool needs_extra(const struct tracing *t)
{
	const struct sip_message *m = t->m;

	return m->defects.count > 0 || (t->sdp && t->sdp->defects.count > 0) ||
	       m->method == SIP_METHOD_OTHER ||
	       (m->user_agent.length > 0 && t->manner.head.agent == 0) ||
	       !m->content_length.given || m->content_length.value != m->body_octets ||
	       m->body_octets > UINT16_MAX;
}

static void extra_make(const struct tracing *t, struct trace *trace)
{
	const struct sip_message *m = t->m;
	struct text name = m->method == SIP_METHOD_OTHER ? shortened(m->method_text) : TEXT_NONE;
	struct text agent = t->manner.head.agent == 0 ? shortened(m->user_agent) : TEXT_NONE;
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

static void facts_count(struct tracing *t)
{
	const struct value *end = t->facts.values + t->facts.head;

	t->manner.head.fact_count = (uint8_t)t->facts.head;
	t->manner.head.own =
	    t->facts.head >= OWN_TEXTS && end[-3].known && end[-2].known && end[-1].known;
}

static void manner_make(struct tracing *t)
{
	const struct sip_message *m = t->m;
	const struct signal *signal = t->signal;
	const struct address *src = &signal->src.address, *dst = &signal->dst.address;

	t->manner.head = (struct manner_head){
	    .vantage = signal->vantage,
	    .capture = (uint8_t)signal->capture,
	    .dscp = signal->dscp,
	    .ttl = signal->ttl,
	    .via_count = (uint8_t)(m->via_count < UINT8_MAX ? m->via_count : UINT8_MAX),
	    .marks = (uint8_t)alg_marks(m, t->sdp),
	    .agent = agent_of(t->call, m->user_agent),
	    .ipv6 = !address_is_ipv4(src) || !address_is_ipv4(dst),
	    .tcp = signal->transport == SIGNAL_TCP,
	    .relayed = was_relayed(m, signal),
	    .rport_asked = m->via.rport_asked,
	};
	t->way.src_port = signal->src.port;
	t->way.dst_port = signal->dst.port;
	facts_count(t);
	if (t->manner.head.ipv6) {
		memcpy(t->way.addresses, src, sizeof(*src));
		memcpy(t->way.addresses + 4, dst, sizeof(*dst));
	} else {
		t->way.addresses[0] = address_ipv4(src);
		t->way.addresses[1] = address_ipv4(dst);
	}
	way_turn(&t->back, &t->way, t->manner.head.ipv6);
}

/* Which of the call's latest manners it is. */
static void manner_find(struct tracing *t)
{
	uint32_t position = t->call->traces.manners;

	for (t->manners_between = 0; t->manners_between < MANNERS_SEARCH_MAX && position;
	     t->manners_between++) {
		struct manner manner = manner_at(t->desk, t->call, position);

		if (is_same_head(t, &manner) && says_head(t, &manner)) {
			t->manner_is_new = false;
			return;
		}
		position = manner.before;
	}
	t->manner_is_new = true;
}

/* Of the facts that are kept with this message the first one. */
static unsigned new_begin(const struct tracing *t)
{
	return t->manner_is_new ? 0 : t->facts.head;
}

static inline void place_find(struct tracing *t, unsigned i)
{
	const struct value *value = &t->facts.values[i];

	t->places[i] = fact_is_port(value->field) ? value->port
		       : value->known             ? own_position(t, value)
						  : sheet_string_place(&t->strings, value->text);
}

/*
 * Where the values of new facts stand, or will. The head's from the last to the first, so that a
 * Via finds its host in the Contact; of a description the other way round: c= finds its address
 * in o=. Octets that are needed.
 */
static size_t places_find(struct tracing *t)
{
	unsigned begin = new_begin(t);

	t->strings.octets = 0;
	if (begin == t->facts.count) {
		return 0;
	}
	t->strings.count = 0;
	for (unsigned i = 0; i < OWN_TEXTS; i++) {
		sheet_string_elsewhere(&t->strings, own_of(t, i), i * OWN_TEXT_OCTETS);
	}
	sheet_strings_read(&t->desk->slab, &t->call->traces.sheets, &t->strings);
	for (unsigned i = manner_listed(&t->manner.head); i-- > begin;) {
		place_find(t, i);
	}
	for (unsigned i = t->facts.head; i < t->facts.count; i++) {
		place_find(t, i);
	}
	return t->strings.octets;
}

/* From value `first` on. strings: where those begin that are new. */
static uint8_t *facts_keep(
    const struct tracing *t, uint32_t strings, unsigned first, unsigned end, uint8_t *at)
{
	for (unsigned i = first; i < end; i++) {
		const struct value *v = &t->facts.values[i];
		struct kept kept = {v->field, v->index, sheet_position(t->places[i], strings)};

		at = kept_write(at, &kept);
	}
	return at;
}

/* So many octets these take, at most: where pending strings will stand is not known yet. */
static size_t facts_octets(const struct tracing *t, unsigned first, unsigned end)
{
	bool near =
	    t->call->traces.sheets.octets < KEPT_FAR / 4 && t->strings.octets < KEPT_FAR / 4;
	size_t octets = 0;

	for (unsigned i = first; i < end; i++) {
		const struct value *v = &t->facts.values[i];

		octets += near && v->index == 0 && !fact_is_port(v->field)
			      ? sizeof(uint16_t)
			      : KEPT_UNITS_MAX * sizeof(uint16_t);
	}
	return octets;
}

/* --- traces --- */

/*
 * A new manner: is its way that of the one before it, the other way round? SIGN_RETURNED where it
 * goes back at least between the two hosts.
 */
static unsigned manner_turn(struct tracing *t)
{
	const uint32_t *back = t->back.addresses;
	bool ipv6 = t->manner.head.ipv6;
	struct manner_way way;
	struct manner before;

	t->manner.before = t->call->traces.manners;
	t->manner.returns = false;
	if (!t->manner.before) {
		return 0;
	}
	before = manner_at(t->desk, t->call, t->manner.before);
	if (before.head.ipv6 != ipv6) {
		return 0;
	}
	way = manner_way(t->desk, t->call, &before);
	t->manner.returns = !before.returns && way_is(&way, &t->back, ipv6);
	return !ipv6 && before.head.vantage == t->manner.head.vantage &&
		       way.addresses[0] == back[0] && way.addresses[1] == back[1]
		   ? SIGN_RETURNED
		   : 0;
}

static void trace_make(const struct tracing *t, struct trace *trace)
{
	const struct sip_message *m = t->m;
	const struct signal *signal = t->signal;
	const struct traces *traces = &t->call->traces;

	trace->time_ns = signal->time_ns;
	trace->ip_id = signal->ip_id;
	trace->status = trace_status(m);
	trace->transaction = (uint32_t)t->keys->transaction;
	trace->cseq = m->cseq;
	trace->body_octets = (uint16_t)m->body_octets;
	trace->first_alike = t->first_alike;
	trace->head = (struct trace_head){
	    .identity = (uint32_t)t->keys->identity,
	    .octets_hash = t->octets_hash,
	    .frame = signal->frame,
	    .method = m->method & 15U,
	    .request = m->request,
	    .whole = !signal->cut && m->defects.count == 0 && !t->facts.lost,
	    .cut = signal->cut,
	    .manner = t->manner_is_new ? 0 : t->manners_between & 7U,
	    .has_ip_id = signal->ip_id != 0,
	    .has_exchange = traces->count == 0 || traces->exchange != trace->transaction,
	    .has_body = trace->body_octets != 0 || t->first_alike != 0,
	    .has_description = t->facts.count > t->facts.head,
	    .has_manner = t->manner_is_new,
	};
}

/* On the sheet, which has room for it. */
static void trace_put(struct tracing *t, struct sheet *sheet, const uint8_t *fixed,
    size_t fixed_octets, struct trace *trace)
{
	struct traces *traces = &t->call->traces;
	uint32_t begin = SHEET_ELSEWHERE + traces->sheets.octets - (uint32_t)sheet_octets(sheet);
	uint32_t strings = t->strings.octets > 0
			       ? sheet_strings_keep(&t->desk->slab, &traces->sheets, &t->strings)
			       : 0;
	uint8_t *octets = (uint8_t *)sheet, *at = octets + sheet->top;

	trace->position = begin + sheet->top;
	traces->exchange = trace->transaction;
	memcpy(at, fixed, fixed_octets);
	at += fixed_octets;
	if (trace->head.has_description) {
		*at++ = (uint8_t)(t->facts.count - t->facts.head);
		at = facts_keep(t, strings, t->facts.head, t->facts.count, at);
	}
	if (trace->head.has_manner) {
		uint32_t position = begin + (uint32_t)(at - octets);

		at = manner_write(at, position, &t->manner, &t->way);
		at = facts_keep(t, strings, 0, manner_listed(&t->manner.head), at);
		traces->manners = position & SHEET_POSITION_MAX;
	}
	sheet->top = (uint16_t)(at - octets);
}

/* False where there is no room for it. */
static bool trace_keep(struct tracing *t)
{
	struct traces *traces = &t->call->traces;
	struct sheet *sheet = NULL;
	struct trace trace;
	uint8_t fixed[TRACE_OCTETS_MAX];
	size_t fixed_octets, octets;
	unsigned returned = 0;

	manner_make(t);
	manner_find(t);
	if (!facts_are_plain(&t->facts, new_begin(t)) &&
	    facts_clean(&t->facts, t->desk->trace_room, TRACE_ROOM)) {
		facts_count(t);
		manner_find(t);
	}
	trace_make(t, &trace);
	fixed_octets = (size_t)(trace_write(fixed, &trace, t->call) - fixed);
	octets = fixed_octets + trace.head.has_description + places_find(t) +
		 facts_octets(t, t->facts.head, t->facts.count);
	if (t->manner_is_new) {
		returned = manner_turn(t);
		octets +=
		    manner_octets(&t->manner) + facts_octets(t, 0, manner_listed(&t->manner.head));
	}
	if (traces->count < CALL_SIGHTINGS_MAX) {
		sheet = sheet_with_room(&t->desk->slab, &traces->sheets, octets);
	}
	if (!sheet) {
		return false;
	}
	trace_put(t, sheet, fixed, fixed_octets, &trace);
	traces->seen |= seen_bits(t->keys->identity);
	traces->signs |= SIGNS & (returned | signs_of(t->m, t->sdp, t->signal,
						 t->manner.head.relayed, t->alike.found));
	traces->count++;
	if (needs_extra(t)) {
		extra_make(t, &trace);
	}
	return true;
}

/* Does the message say this name of the call again? Mostly: no function is called for it. */
static inline bool is_name(const struct tracing *t, enum call_name name, struct text text)
{
	struct text own = t->names[name];

	return own.length == text.length && own.length > 0 &&
	       sheet_is_equal(own.at, text.at, own.length);
}

/* Is a URI of the message, which is the call's too, user@host:port alone behind its scheme? */
static bool is_place(const struct tracing *t, enum call_name name, struct text uri)
{
	struct text place;

	return is_name(t, name, uri) && sip_plain_place(&place, uri, t->m->end) &&
	       place.length > 0 && place.at == uri.at + sip_place_begin(uri.at) &&
	       place.at + place.length == uri.at + uri.length;
}

/* What the message says, and what of it are the call's own texts. */
static void facts_read(struct tracing *t)
{
	struct traces *traces = &t->call->traces;
	const struct sip_message *m = t->m;
	struct facts_known known;

	call_names(t->call, t->names);
	if (traces->count == 0) {
		traces->from_is_place = is_place(t, NAME_FROM, m->from.uri);
		traces->to_is_place = is_place(t, NAME_TO, m->to.uri);
	}
	known.from = traces->from_is_place && is_name(t, NAME_FROM, m->from.uri);
	known.to = traces->to_is_place && is_name(t, NAME_TO, m->to.uri);
	known.call_id = m->call_id.length < OWN_TEXT_OCTETS && is_name(t, NAME_CALL_ID, m->call_id);
	facts_gather(&t->facts, m, t->sdp, &known);
}

enum sighting_kind trace_add(struct desk *desk, struct call *call, const struct message_keys *keys,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal,
    bool asked_again)
{
	struct tracing t; /* much of it is written only where it is needed */
	struct trace_extra *extra;
	struct trace copy;
	bool again = false;

	t.desk = desk;
	t.call = call;
	t.keys = keys;
	t.m = m;
	t.sdp = sdp;
	t.signal = signal;
	t.octets_hash = hash_octets(signal->octets, signal->length);
	facts_read(&t);
	alike_find(&t);
	if (t.alike.found) {
		(void)facts_clean(&t.facts, desk->trace_room, TRACE_ROOM);
		manner_make(&t);
		again = copy_find(&t, &copy);
	}
	if (!again) {
		desk->evictions.sightings += !trace_keep(&t);
		return SIGHTING_NEW;
	}
	if (is_same_datagram(&t, &copy, asked_again)) {
		return SIGHTING_COPY;
	}
	extra = extra_take(desk, call, &copy, 0);
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
