/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include "utf8.h"

struct gathering {
	const struct facts *before;
	struct facts *out;
	unsigned count;
	bool lost;
	char *room, *room_end;
	/* the part at hand */
	struct part *part;
	unsigned part_count;
	char *end;                 /* of its facts, once it is known to differ */
	const struct part *shared; /* that of a message before */
	const char *same;          /* so far it is that one, up to here; NULL: it is another */
};

static inline uint64_t eight_at(const char *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof(eight));
	return eight;
}

static bool has_room(const struct gathering *g, size_t octets)
{
	return g->end <= g->room_end && octets <= (size_t)(g->room_end - g->end);
}

/* It differs from here on. */
static void part_differs(struct gathering *g)
{
	size_t octets = (size_t)(g->same - g->shared->facts);

	g->same = NULL;
	if (has_room(g, octets)) {
		memcpy(g->end, g->shared->facts, octets);
		g->end += octets;
	} else {
		g->lost = true;
		g->part_count = 0;
	}
}

/* Most values are some twenty octets, and equal: no function is called for them. */
static inline bool is_equal(const char *a, const char *b, size_t length)
{
	uint64_t differs = 0;

	if (length < sizeof(uint64_t)) {
		return text_eight((struct text){a, length}) == text_eight((struct text){b, length});
	}
	for (size_t i = 0; i + sizeof(uint64_t) < length; i += sizeof(uint64_t)) {
		differs |= eight_at(a + i) ^ eight_at(b + i);
	}
	length -= sizeof(uint64_t);
	return (differs | (eight_at(a + length) ^ eight_at(b + length))) == 0;
}

static inline bool is_as_before(
    const struct gathering *g, enum fact_field field, unsigned index, struct text value)
{
	const struct fact *fact = (const struct fact *)g->same;

	return g->same < g->shared->facts + g->shared->octets && fact->field == field &&
	       fact->index == (uint8_t)index && fact->length == value.length &&
	       is_equal(fact->value, value.at, value.length);
}

/* One that was not there before: it is written behind the others of the part. */
__attribute__((noinline)) static void fact_put(
    struct gathering *g, enum fact_field field, unsigned index, struct text value)
{
	struct fact *fact;
	char *end;

	if (g->same) {
		part_differs(g);
	}
	fact = (struct fact *)g->end;
	if (value.length > UINT16_MAX / UTF8_GROWTH ||
	    !has_room(g, sizeof(*fact) + value.length * UTF8_GROWTH + 1)) {
		g->lost = true;
		return;
	}
	end = utf8_put(fact->value, value);
	*end = '\0';
	fact->field = (uint8_t)field;
	fact->index = (uint8_t)index;
	fact->length = (uint16_t)(end - fact->value);
	g->part_count++;
	g->end = end + 1;
}

static inline void fact_add(
    struct gathering *g, enum fact_field field, unsigned index, struct text value)
{
	if (value.length == 0 || g->count == FACTS_MAX) {
		return;
	}
	g->count++;
	if (g->same && is_as_before(g, field, index, value)) {
		g->same = (const char *)fact_next((const struct fact *)g->same);
		g->part_count++;
		return;
	}
	fact_put(g, field, index, value);
}

static void part_begin(struct gathering *g, enum part_kind kind)
{
	g->shared = g->before[0].of[kind] ? g->before[0].of[kind] : g->before[1].of[kind];
	g->same = g->shared ? g->shared->facts : NULL;
	g->part = (struct part *)(void *)g->room;
	g->part_count = 0;
	g->end = g->part->facts;
}

static bool part_equal(const struct part *a, const struct part *b)
{
	return a == b || (a && b && a->octets == b->octets && a->count == b->count &&
			     memcmp(a->facts, b->facts, a->octets) == 0);
}

static void part_end(struct gathering *g, enum part_kind kind)
{
	static const size_t alignment = _Alignof(struct part);

	g->out->of[kind] = NULL;
	if (g->same && g->part_count == g->shared->count) {
		g->out->of[kind] = g->shared;
		return;
	}
	if (g->same && g->part_count > 0) {
		part_differs(g);
	}
	if (g->part_count == 0) {
		return;
	}
	g->part->octets = (uint32_t)(g->end - g->part->facts) & 0xffffff;
	g->part->count = g->part_count & 0xff;
	for (unsigned i = 0; i < 2; i++) {
		if (part_equal(g->before[i].of[kind], g->part)) {
			g->out->of[kind] = g->before[i].of[kind];
			return;
		}
	}
	g->out->of[kind] = g->part;
	g->room += (part_octets(g->part) + alignment - 1) / alignment * alignment;
}

/* --- what the facts are --- */

static void fact_port(struct gathering *g, enum fact_field field, unsigned index, uint16_t port)
{
	char digits[TEXT_NUMBER_MAX];

	fact_add(g, field, index,
	    (struct text){digits, (size_t)(text_put_number(digits, port) - digits)});
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
	fact_add(g, field, index, host);
}

static void fact_address(struct gathering *g, enum fact_field field, unsigned index,
    const struct sip_message *m, const struct sip_address *address)
{
	struct sip_uri uri = sip_uri_of(m, address);

	fact_uri(g, field, index, &uri);
}

static void via_facts(struct gathering *g, const struct sip_message *m)
{
	part_begin(g, PART_VIA);
	if (m->via.sent_by.name.length) {
		fact_add(g, FACT_VIA_SENT_BY, 0, host_text(&m->via.sent_by));
	}
	fact_add(g, FACT_VIA_RECEIVED, 0, m->via.received);
	if (m->via.rport) {
		fact_port(g, FACT_VIA_RPORT, 0, m->via.rport);
	}
	fact_add(g, FACT_VIA_MADDR, 0, m->via.maddr);
	part_end(g, PART_VIA);
}

static void sip_facts(struct gathering *g, const struct sip_message *m)
{
	part_begin(g, PART_TARGET);
	if (m->request) {
		fact_uri(g, FACT_REQUEST_URI, 0, &m->target);
	}
	part_end(g, PART_TARGET);
	via_facts(g, m);
	part_begin(g, PART_CONTACTS);
	for (unsigned i = 0; i < m->contact_count; i++) {
		fact_address(g, FACT_CONTACT, i, m, &m->contacts[i]);
		fact_add(g, FACT_INSTANCE, i, m->contacts[i].instance);
	}
	part_end(g, PART_CONTACTS);
	part_begin(g, PART_NAMES);
	fact_address(g, FACT_FROM, 0, m, &m->from);
	fact_address(g, FACT_TO, 0, m, &m->to);
	fact_add(g, FACT_CALL_ID, 0, m->call_id);
	part_end(g, PART_NAMES);
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

	fact_add(g, FACT_SDP_ORIGIN, 0, sdp->origin);
	fact_add(g, FACT_SDP_CONNECTION, 0, sdp->connection);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		if (media->connection.at != sdp->connection.at) {
			fact_add(g, FACT_SDP_MEDIA_CONNECTION, i, media->connection);
		}
		fact_port(g, FACT_SDP_PORT, i, media->port);
		fact_add(g, FACT_SDP_RTCP, i, media->rtcp);
		for (unsigned c = 0; c < media->candidate_count; c++) {
			fact_add(g, FACT_SDP_CANDIDATE, candidates++,
			    candidate_address(media->candidates[c]));
		}
	}
}

bool facts_gather(struct facts *out, const struct facts before[2], char *room, size_t room_octets,
    const struct sip_message *m, const struct sdp *sdp)
{
	struct gathering g = {.before = before, .out = out};

	g.room = room;
	g.room_end = room + room_octets;
	sip_facts(&g, m);
	out->of[PART_DESCRIPTION] = NULL;
	if (sdp) {
		part_begin(&g, PART_DESCRIPTION);
		sdp_facts(&g, sdp);
		part_end(&g, PART_DESCRIPTION);
	}
	return !g.lost;
}

bool facts_equal(const struct facts *a, const struct facts *b)
{
	for (unsigned kind = 0; kind < PART_KINDS; kind++) {
		if (!part_equal(a->of[kind], b->of[kind])) {
			return false;
		}
	}
	return true;
}
