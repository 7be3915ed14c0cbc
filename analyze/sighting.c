/* SPDX-License-Identifier: Apache-2.0 */
#include "sighting.h"

#include "alg_fingerprint.h"
#include "flow.h"
#include "sip_transaction.h"

enum {
	FACTS_MAX = 64,
	NAME_OCTETS = 16, /* "200 to INVITE"; most are no longer */
	FORWARDS_INITIAL = 70,
	FORWARDS_HOPS = 11 /* counted down by no more than that, another initial value otherwise */
};

/* A fact while its value still lies in the message. */
struct loose_fact {
	uint8_t field, index;
	struct text value;
	char number[8];            /* where the value was no text */
	const struct fact *before; /* of the message before: the same; NULL: there was none */
};

struct gathering {
	unsigned count;
	struct loose_fact facts[FACTS_MAX];
};

const char *fact_field_name(enum fact_field field)
{
	static const char *const names[FACT_FIELDS] = {
	    [FACT_REQUEST_URI] = "Request-URI",
	    [FACT_VIA_SENT_BY] = "Via sent-by",
	    [FACT_VIA_RECEIVED] = "Via received",
	    [FACT_VIA_RPORT] = "Via rport",
	    [FACT_VIA_MADDR] = "Via maddr",
	    [FACT_CONTACT] = "Contact",
	    [FACT_FROM] = "From",
	    [FACT_TO] = "To",
	    [FACT_CALL_ID] = "Call-ID",
	    [FACT_SDP_ORIGIN] = "SDP o=",
	    [FACT_SDP_CONNECTION] = "SDP c=",
	    [FACT_SDP_MEDIA_CONNECTION] = "SDP media c=",
	    [FACT_SDP_PORT] = "SDP m= port",
	    [FACT_SDP_RTCP] = "SDP a=rtcp",
	    [FACT_SDP_CANDIDATE] = "SDP a=candidate",
	    [FACT_INSTANCE] = "+sip.instance",
	};

	return names[field];
}

const char *fact_value(const struct sighting *s, enum fact_field field)
{
	for (unsigned i = 0; i < s->fact_count; i++) {
		if (s->facts[i]->field == field) {
			return s->facts[i]->value;
		}
	}
	return NULL;
}

/* Of a request and the responses to it, at one hop: RFC 3261 17.1.3. */
static uint64_t transaction_of(const struct desk *desk, const struct sip_message *m)
{
	struct text branch = m->via.branch.length ? m->via.branch : m->call_id;

	return hash_text(hash_text(desk->key ^ m->cseq, branch), m->method_text);
}

uint64_t sighting_identity(
    const struct desk *desk, const struct sip_message *m, const struct message_keys *keys)
{
	uint64_t status = m->request ? 0U : m->status;
	uint64_t numbers = (uint64_t)m->method << 48 | status << 32 | m->cseq;
	/* Before RFC 3261 branches were not unique; then the Call-ID must do. */
	uint64_t hash = m->via.branch.length ? keys->branch : keys->call_id;

	hash = hash_join(flow_mix(hash ^ numbers, flow_golden), keys->from_tag);
	if (m->to.tag.length) {
		hash = hash_join(hash, hash_text(desk->key, m->to.tag));
	}
	return m->method == SIP_METHOD_OTHER ? hash_text(hash, m->method_text) : hash;
}

static struct loose_fact *fact_add(
    struct gathering *g, enum fact_field field, unsigned index, struct text value)
{
	if (value.length == 0 || g->count == FACTS_MAX) {
		return NULL;
	}
	g->facts[g->count] = (struct loose_fact){
	    .field = (uint8_t)field,
	    .index = (uint8_t)index,
	    .value = value,
	};
	return &g->facts[g->count++];
}

static void fact_port(struct gathering *g, enum fact_field field, unsigned index, uint16_t port)
{
	struct loose_fact *fact = fact_add(g, field, index, TEXT("0"));

	if (fact) {
		fact->value.at = fact->number;
		fact->value.length = (size_t)(text_put_number(fact->number, port) - fact->number);
	}
}

/* Host and port as they are written: an implicit port made explicit is a change. */
static struct text host_text(const struct sip_host *host)
{
	size_t length = host->name.length;

	if (host->port) {
		while (!text_is_digit(host->name.at[length])) {
			length++;
		}
		while (text_is_digit(host->name.at[length])) {
			length++;
		}
	}
	return (struct text){host->name.at, length};
}

/* user@host:port of a URI, without scheme, password and parameters. */
static void fact_uri(
    struct gathering *g, enum fact_field field, unsigned index, const struct sip_uri *uri)
{
	struct text host;

	if (uri->host.name.length == 0) {
		return;
	}
	host = host_text(&uri->host);
	if (uri->user.length) {
		host = (struct text){uri->user.at, (size_t)(host.at + host.length - uri->user.at)};
	}
	(void)fact_add(g, field, index, host);
}

static void sip_facts(struct gathering *g, const struct sip_message *m)
{
	if (m->request) {
		fact_uri(g, FACT_REQUEST_URI, 0, &m->target);
	}
	if (m->via.sent_by.name.length) {
		(void)fact_add(g, FACT_VIA_SENT_BY, 0, host_text(&m->via.sent_by));
	}
	(void)fact_add(g, FACT_VIA_RECEIVED, 0, m->via.received);
	if (m->via.rport) {
		fact_port(g, FACT_VIA_RPORT, 0, m->via.rport);
	}
	(void)fact_add(g, FACT_VIA_MADDR, 0, m->via.maddr);
	for (unsigned i = 0; i < m->contact_count; i++) {
		fact_uri(g, FACT_CONTACT, i, &m->contacts[i].parts);
		(void)fact_add(g, FACT_INSTANCE, i, m->contacts[i].instance);
	}
	fact_uri(g, FACT_FROM, 0, &m->from.parts);
	fact_uri(g, FACT_TO, 0, &m->to.parts);
	(void)fact_add(g, FACT_CALL_ID, 0, m->call_id);
}

/* "1 1 UDP 2130706431 192.0.2.1 4000 typ host": address and port are what routers rewrite. */
static struct text candidate_address(struct text candidate)
{
	struct text address, port;

	for (int i = 0; i < 4; i++) {
		(void)text_word(&candidate);
	}
	address = text_word(&candidate);
	port = text_word(&candidate);
	return port.length ? (struct text){address.at, (size_t)(port.at + port.length - address.at)}
			   : TEXT_NONE;
}

static void sdp_facts(struct gathering *g, const struct sdp *sdp)
{
	unsigned candidates = 0;

	(void)fact_add(g, FACT_SDP_ORIGIN, 0, sdp->origin);
	(void)fact_add(g, FACT_SDP_CONNECTION, 0, sdp->connection);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		if (media->connection.at != sdp->connection.at) {
			(void)fact_add(g, FACT_SDP_MEDIA_CONNECTION, i, media->connection);
		}
		fact_port(g, FACT_SDP_PORT, i, media->port);
		(void)fact_add(g, FACT_SDP_RTCP, i, media->rtcp);
		for (unsigned c = 0; c < media->candidate_count; c++) {
			(void)fact_add(g, FACT_SDP_CANDIDATE, candidates++,
			    candidate_address(media->candidates[c]));
		}
	}
}

static uint64_t facts_hash(const struct desk *desk, const struct gathering *g)
{
	uint64_t hash = desk->key;

	for (unsigned i = 0; i < g->count; i++) {
		const struct loose_fact *fact = &g->facts[i];

		hash = hash_text(hash ^ (uint64_t)(fact->field << 8 | fact->index), fact->value);
	}
	return hash;
}

/* --- the same message --- */

bool sighting_same_place(const struct sighting *a, const struct sighting *b)
{
	return a->vantage == b->vantage && endpoint_equal(&a->src, &b->src) &&
	       endpoint_equal(&a->dst, &b->dst);
}

unsigned sighting_places(const struct sighting *s, const struct sighting *out[SIGHTING_PLACES_MAX])
{
	unsigned count = 0;

	for (s = s->first_alike; s && count < SIGHTING_PLACES_MAX; s = s->next_alike) {
		if (s->first_here) {
			out[count++] = s;
		}
	}
	return count;
}

static struct sighting *first_alike(const struct call *call, uint64_t identity)
{
	struct sighting *s = call->sightings;

	while (s && s->identity != identity) {
		s = s->next;
	}
	return s;
}

/* Behind the others of its message, of which `first` is the first; NULL: it is. */
static void alike_append(struct sighting *s, struct sighting *first)
{
	s->first_alike = first ? first : s;
	s->first_here = true;
	for (; first; first = first->next_alike) {
		s->first_here &= !sighting_same_place(first, s);
		if (!first->next_alike) {
			first->next_alike = s;
			return;
		}
	}
}

static bool is_here(const struct sighting *s, const struct signal *signal)
{
	return s->vantage == signal->vantage && endpoint_equal(&s->src, &signal->src) &&
	       endpoint_equal(&s->dst, &signal->dst);
}

/* The same words at the same place. */
static struct sighting *copy_of(
    struct sighting *first, uint64_t content, const struct signal *signal)
{
	while (first && !(first->content == content && is_here(first, signal))) {
		first = first->next_alike;
	}
	return first;
}

/* --- keeping --- */

static const char *message_name(struct arena *arena, const struct sip_message *m)
{
	char name[32] = "200 to SUBSCRIBE";
	size_t length = m->method_text.length;

	if (m->request) {
		return arena_text(arena, m->method_text);
	}
	if (m->method == SIP_METHOD_OTHER) {
		return arena_format(arena, "%u to %.*s", m->status, (int)length, m->method_text.at);
	}
	(void)text_put_number(name, m->status); /* three digits, as in the form */
	memcpy(name + 7, m->method_text.at, length);
	return arena_text(arena, (struct text){name, 7 + length});
}

/* That of the sighting before, where it is the same: most of a dialog's are. NULL: it is not. */
static const struct fact *fact_before(const struct sighting *before, const struct loose_fact *fact)
{
	for (unsigned i = 0; before && i < before->fact_count; i++) {
		const struct fact *same = before->facts[i];

		if (same->field == fact->field && same->index == fact->index) {
			return text_equal(text_of(same->value), fact->value) ? same : NULL;
		}
	}
	return NULL;
}

static const struct fact *fact_keep(struct call *call, const struct loose_fact *loose)
{
	char *room = arena_text_behind(&call->work, offsetof(struct fact, value), loose->value);
	struct fact *fact = (struct fact *)room;

	if (fact) {
		fact->field = loose->field;
		fact->index = loose->index;
	}
	return fact;
}

/* Room for a sighting, its facts and their texts. */
static struct sighting *sighting_room(struct call *call, struct gathering *g)
{
	size_t octets = sizeof(struct sighting) + sizeof(struct fact *) * g->count,
	       texts = NAME_OCTETS;

	for (unsigned i = 0; i < g->count; i++) {
		struct loose_fact *fact = &g->facts[i];

		fact->before = fact_before(call->newest_sighting, fact);
		texts += fact->before ? 0 : offsetof(struct fact, value) + fact->value.length + 1;
	}
	if (call->sighting_count == CALL_SIGHTINGS_MAX) {
		return NULL;
	}
	arena_expect(&call->work, octets + texts);
	return arena_take(&call->work, octets);
}

/* False where memory is short: then what is absent says nothing. */
static bool facts_keep(struct call *call, struct sighting *s, const struct gathering *g)
{
	for (unsigned i = 0; i < g->count; i++) {
		const struct loose_fact *loose = &g->facts[i];
		const struct fact *fact = loose->before ? loose->before : fact_keep(call, loose);

		if (fact) {
			s->facts[s->fact_count++] = fact;
		}
	}
	return s->fact_count == g->count;
}

/*
 * A switch that mirrors several ports, and a capture on several interfaces, show one datagram more
 * than once: at once, and with the same identification (RFC 6864 4.1). Many senders give none.
 * Then a request is not sent again so soon, T1 being 500 ms (RFC 3261 17.1.1.1), and a response not
 * before its request was: a server that was late answers all of those together (17.2.1).
 */
static bool is_same_datagram(const struct sighting *s, uint32_t octets_hash,
    const struct signal *signal, bool request, bool asked_again)
{
	int64_t elapsed = elapsed_ns(s->last_ns, signal->time_ns);

	if (signal->transport != SIGNAL_UDP || s->octets_hash != octets_hash ||
	    s->last_ip_id != signal->ip_id || elapsed <= -SIGNAL_COPY_NS ||
	    elapsed >= SIGNAL_COPY_NS) {
		return false;
	}
	return signal->ip_id != 0 || request || !asked_again;
}

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

/* Messages share the names that the call knows. */
static const char *user_agent_keep(struct call *call, struct text user_agent)
{
	if (user_agent.length == 0) {
		return NULL;
	}
	for (unsigned i = 0; i < call->user_agent_count; i++) {
		if (text_equal(user_agent, text_of(call->user_agents[i]))) {
			return call->user_agents[i];
		}
	}
	return arena_text(&call->work, user_agent);
}

/* What is kept of the message besides its facts. */
static struct sighting sighting_make(const struct desk *desk, struct call *call,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal)
{
	return (struct sighting){
	    .transaction = transaction_of(desk, m),
	    .time_ns = signal->time_ns,
	    .last_ns = signal->time_ns,
	    .last_ip_id = signal->ip_id,
	    .src = signal->src,
	    .dst = signal->dst,
	    .frame = signal->frame,
	    .capture = signal->capture,
	    .vantage = signal->vantage,
	    .whole = !signal->cut && m->defects.count == 0,
	    .cut = signal->cut,
	    .request = m->request,
	    .relayed = was_relayed(m, signal),
	    .rport_asked = m->via.rport_asked,
	    .dscp = signal->dscp,
	    .ttl = signal->ttl,
	    .transport = signal->transport,
	    .via_count = (uint8_t)(m->via_count < UINT8_MAX ? m->via_count : UINT8_MAX),
	    .method = (uint8_t)m->method,
	    .cseq = m->cseq,
	    .status = m->status,
	    .marks = (uint16_t)alg_marks(m),
	    .content_length =
		m->content_length.given ? m->content_length.value : CONTENT_LENGTH_NONE,
	    .body_octets = (uint32_t)m->body_octets,
	    .defects = defects_of(m, sdp),
	    .name = message_name(&call->work, m),
	    .user_agent = user_agent_keep(call, m->user_agent),
	};
}

enum sighting_kind sighting_add(struct desk *desk, struct call *call, uint64_t identity,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal,
    bool asked_again)
{
	struct gathering g;
	struct sighting *first = first_alike(call, identity), *s;
	uint64_t content;
	uint32_t octets_hash = (uint32_t)XXH3_64bits(signal->octets, signal->length);

	g.count = 0;
	sip_facts(&g, m);
	if (sdp) {
		sdp_facts(&g, sdp);
	}
	content = facts_hash(desk, &g);
	s = copy_of(first, content, signal);
	if (s) {
		if (is_same_datagram(s, octets_hash, signal, m->request, asked_again)) {
			return SIGHTING_COPY;
		}
		s->last_ns = signal->time_ns;
		s->last_ip_id = signal->ip_id;
		s->copies++;
		return SIGHTING_AGAIN;
	}
	s = sighting_room(call, &g);
	if (!s) {
		desk->evictions.sightings++;
		return SIGHTING_NEW;
	}
	*s = sighting_make(desk, call, m, sdp, signal);
	s->identity = identity;
	s->content = content;
	s->octets_hash = octets_hash;
	s->whole &= facts_keep(call, s, &g);
	alike_append(s, first);
	if (call->newest_sighting) {
		call->newest_sighting->next = s;
	} else {
		call->sightings = s;
	}
	call->newest_sighting = s;
	call->sighting_count++;
	return SIGHTING_NEW;
}
