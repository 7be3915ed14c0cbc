/* SPDX-License-Identifier: Apache-2.0 */
#include "mapping.h"

#include <stdlib.h>

#include "endpoint.h"
#include "flow.h"
#include "site.h"

enum entry_kind {
	ENTRY_LEARNED, /* a: an address outside */
	ENTRY_CHANNEL, /* a: client, b: server, number: channel */
	ENTRY_FLOW,    /* a, b: both ends, in a fixed order */
	ENTRY_STREAM   /* a: src, b: dst, number: SSRC; inside TURN's messages */
};

struct entry {
	uint64_t hash;
	uint32_t older, newer; /* in the order in which they were touched */
	/* the key */
	uint8_t kind; /* enum entry_kind */
	uint16_t vantage;
	uint32_t number;
	struct endpoint a, b;
	/* what is known */
	bool relayed; /* LEARNED: by TURN */
	bool secured, checked, nominated;
	uint16_t channel;        /* STREAM */
	uint8_t server_end;      /* STREAM: enum relay_end */
	struct endpoint client;  /* LEARNED */
	struct endpoint server;  /* LEARNED */
	struct endpoint peer;    /* CHANNEL, STREAM; port 0: not known */
	struct endpoint address; /* FLOW: what the relay lends; port 0: nothing */
	int64_t until_ns;        /* LEARNED */
};

struct mapping {
	struct pool entries;
	struct table index;
	uint32_t oldest, newest;
};

/* --- the table --- */

static struct entry *entry_at(const struct mapping *m, uint32_t number)
{
	return pool_at(&m->entries, number);
}

static void list_remove(struct mapping *m, const struct entry *e)
{
	if (e->older != POOL_NONE) {
		entry_at(m, e->older)->newer = e->newer;
	} else {
		m->oldest = e->newer;
	}
	if (e->newer != POOL_NONE) {
		entry_at(m, e->newer)->older = e->older;
	} else {
		m->newest = e->older;
	}
}

static void list_append(struct mapping *m, uint32_t number)
{
	struct entry *e = entry_at(m, number);

	e->older = m->newest;
	e->newer = POOL_NONE;
	if (m->newest != POOL_NONE) {
		entry_at(m, m->newest)->newer = number;
	} else {
		m->oldest = number;
	}
	m->newest = number;
}

static uint64_t key_hash(const struct desk *desk, const struct entry *key)
{
	uint64_t words[] = {hash_endpoint(desk->key, &key->a), hash_endpoint(desk->key, &key->b),
	    (uint64_t)key->number << 32 | (uint32_t)key->vantage << 8 | key->kind};

	return XXH3_64bits_withSeed(words, sizeof(words), desk->key);
}

static bool key_equal(const struct entry *a, const struct entry *b)
{
	return a->kind == b->kind && a->vantage == b->vantage && a->number == b->number &&
	       endpoint_equal(&a->a, &b->a) && endpoint_equal(&a->b, &b->b);
}

static struct entry *entry_find(const struct desk *desk, const struct entry *key)
{
	const struct mapping *m = desk->mapping;
	struct table_cursor cursor;
	uint32_t number;

	if (m->newest == POOL_NONE) {
		return NULL; /* as in most captures */
	}
	number = table_first(&m->index, &cursor, key_hash(desk, key));
	while (number != TABLE_NONE && !key_equal(entry_at(m, number), key)) {
		number = table_next(&m->index, &cursor);
	}
	return number != TABLE_NONE ? entry_at(m, number) : NULL;
}

static void oldest_forget(struct desk *desk)
{
	struct mapping *m = desk->mapping;
	uint32_t number = m->oldest;

	list_remove(m, entry_at(m, number));
	table_remove(&m->index, entry_at(m, number)->hash, number);
	pool_give(&m->entries, number);
	desk->evictions.mappings++;
}

/* Found or made, and the newest now; NULL where there is no room. */
static struct entry *entry_touch(struct desk *desk, const struct entry *key)
{
	struct mapping *m = desk->mapping;
	struct entry *e = entry_find(desk, key);
	uint32_t number;

	if (e) {
		number = (uint32_t)(e - (const struct entry *)m->entries.objects);
		list_remove(m, e);
		list_append(m, number);
		return e;
	}
	number = pool_take(&m->entries);
	if (number == POOL_NONE) {
		oldest_forget(desk);
		number = pool_take(&m->entries);
	}
	e = entry_at(m, number);
	*e = *key;
	e->hash = key_hash(desk, key);
	if (!table_insert(&m->index, e->hash, number)) {
		pool_give(&m->entries, number);
		desk->evictions.mappings++;
		return NULL;
	}
	list_append(m, number);
	return e;
}

struct mapping *mapping_new(uint32_t limit)
{
	struct mapping *m = calloc(1, sizeof(*m));

	if (!m) {
		return NULL;
	}
	m->oldest = m->newest = POOL_NONE;
	if (!pool_init(&m->entries, sizeof(struct entry), limit) ||
	    !table_init_dense(&m->index, limit)) {
		mapping_free(m);
		return NULL;
	}
	return m;
}

void mapping_free(struct mapping *mapping)
{
	if (mapping) {
		pool_fini(&mapping->entries);
		table_fini(&mapping->index);
		free(mapping);
	}
}

/* --- learning --- */

static struct entry learned_key(uint16_t vantage, const struct endpoint *address)
{
	return (struct entry){.kind = ENTRY_LEARNED, .vantage = vantage, .a = *address};
}

static struct entry flow_key(
    uint16_t vantage, const struct endpoint *one, const struct endpoint *other)
{
	int order = memcmp(one->address.octets, other->address.octets, 16);
	bool first = order < 0 || (order == 0 && one->port < other->port);

	return (struct entry){.kind = ENTRY_FLOW,
	    .vantage = vantage,
	    .a = first ? *one : *other,
	    .b = first ? *other : *one};
}

static struct entry channel_key(uint16_t vantage, const struct endpoint *client,
    const struct endpoint *server, uint16_t channel)
{
	return (struct entry){.kind = ENTRY_CHANNEL,
	    .vantage = vantage,
	    .number = channel,
	    .a = *client,
	    .b = *server};
}

static struct entry *flow_touch(struct desk *desk, const struct signal *signal)
{
	struct entry key = flow_key(signal->vantage, &signal->src, &signal->dst);

	return entry_touch(desk, &key);
}

void mapping_learn(struct desk *desk, const struct signal *answer, const struct endpoint *address,
    bool relayed, int64_t lifetime_ns)
{
	struct entry key = learned_key(answer->vantage, address);
	struct entry *e, *flow = relayed ? flow_touch(desk, answer) : NULL;

	if (flow) {
		flow->address = *address;
	}
	e = entry_touch(desk, &key);
	if (!e) {
		return;
	}
	e->relayed = relayed;
	e->client = answer->dst;
	e->server = answer->src;
	e->until_ns = answer->time_ns + lifetime_ns;
	if (!endpoint_equal(address, &e->client)) {
		site_alias(desk, address, &e->client, answer->vantage, answer->time_ns);
	}
}

void mapping_refresh(struct desk *desk, const struct signal *answer, int64_t lifetime_ns)
{
	struct entry key = flow_key(answer->vantage, &answer->src, &answer->dst);
	const struct entry *flow = entry_find(desk, &key);
	struct entry *e;

	if (!flow || flow->address.port == 0) {
		return;
	}
	key = learned_key(answer->vantage, &flow->address);
	e = entry_find(desk, &key);
	/* Lent to somebody else meanwhile? */
	if (e && endpoint_equal(&e->client, &answer->dst)) {
		e->until_ns = answer->time_ns + lifetime_ns;
	}
}

void mapping_channel(
    struct desk *desk, const struct signal *answer, uint16_t channel, const struct endpoint *peer)
{
	struct entry key = channel_key(answer->vantage, &answer->dst, &answer->src, channel);
	struct entry *e = entry_touch(desk, &key);

	if (e) {
		e->peer = *peer;
	}
}

void mapping_check(struct desk *desk, const struct signal *answer, bool nominated)
{
	struct entry *e = flow_touch(desk, answer);

	if (e) {
		e->checked = true;
		e->nominated |= nominated;
	}
}

void mapping_dtls(struct desk *desk, const struct signal *signal)
{
	struct entry *e = flow_touch(desk, signal);

	if (e) {
		e->secured = true;
	}
}

void mapping_relayed(struct desk *desk, const struct media_relayed *r)
{
	struct entry key = {.kind = ENTRY_STREAM,
	    .vantage = r->vantage,
	    .number = r->ssrc,
	    .a = r->src,
	    .b = r->dst};
	struct entry *e = entry_touch(desk, &key);

	if (e) {
		e->channel = r->channel;
		e->server_end = r->server;
		e->peer = r->peer;
	}
}

/* --- looking up --- */

const struct endpoint *mapping_local(
    struct desk *desk, uint16_t vantage, const struct endpoint *address, int64_t time_ns)
{
	struct entry key = learned_key(vantage, address);
	const struct entry *e = entry_find(desk, &key);

	return e && time_ns <= e->until_ns && !endpoint_equal(&e->client, address) ? &e->client
										   : NULL;
}

/* Inside TURN's messages: which end relays, and to whom. */
static void path_inside(
    struct desk *desk, const struct desk_stream *s, const struct entry *e, struct mapping_path *out)
{
	struct entry keys[] = {channel_key(s->vantage, &s->dst, &s->src, e->channel),
	    channel_key(s->vantage, &s->src, &s->dst, e->channel)};

	out->relayed = true;
	out->channel = e->channel;
	out->peer = e->peer;
	if (e->server_end != RELAY_END_UNKNOWN) {
		out->server = e->server_end == RELAY_END_SRC ? s->src : s->dst;
	}
	for (int i = 0; e->channel && i < 2; i++) {
		const struct entry *channel = entry_find(desk, &keys[i]);

		if (channel) {
			out->server = channel->b;
			out->peer = channel->peer;
			return;
		}
	}
}

/* Between relay and peer: one end is an address that a client was lent. */
static void path_beyond(struct desk *desk, const struct desk_stream *s, struct mapping_path *out)
{
	const struct endpoint *ends[] = {&s->src, &s->dst};

	for (int i = 0; i < 2; i++) {
		struct entry key = learned_key(s->vantage, ends[i]);
		const struct entry *e = entry_find(desk, &key);

		if (e && e->relayed && s->first_ns <= e->until_ns) {
			out->relayed = true;
			out->server = e->server;
			out->peer = *ends[1 - i];
			return;
		}
	}
}

struct mapping_path mapping_path(struct desk *desk, const struct desk_stream *s)
{
	struct mapping_path path = {0};
	struct entry key;
	const struct entry *e;

	if (desk->mapping->newest == POOL_NONE) {
		return path;
	}
	key = flow_key(s->vantage, &s->src, &s->dst);
	e = entry_find(desk, &key);
	if (e) {
		path.secured = e->secured;
		path.checked = e->checked;
		path.nominated = e->nominated;
	}
	key = (struct entry){.kind = ENTRY_STREAM,
	    .vantage = s->vantage,
	    .number = s->ssrc,
	    .a = s->src,
	    .b = s->dst};
	e = entry_find(desk, &key);
	if (e) {
		path_inside(desk, s, e, &path);
	} else {
		path_beyond(desk, s, &path);
	}
	return path;
}
