/* SPDX-License-Identifier: Apache-2.0 */
#include "stun_transaction.h"

#include <stdlib.h>

#include "endpoint.h"
#include "flow.h"
#include "mapping.h"
#include "reach.h"
#include "stun.h"

/* Rc 7, RTO 500 ms: given up after 39.5 s (RFC 8489 section 6.2.1). */
static const int64_t given_up_ns = 40 * MEDIA_SECOND_NS;
/* A NAT may forget a mapping sooner; its port is then hardly another client's so soon. */
static const int64_t mapped_ns = 600 * MEDIA_SECOND_NS;

struct stun_transaction {
	uint64_t hash;
	uint32_t newer; /* in the order of birth */
	uint8_t id[STUN_ID_LENGTH];
	struct endpoint client, server;
	struct endpoint peer; /* ChannelBind */
	struct mark asked;    /* first */
	uint16_t vantage;
	uint16_t method;
	uint16_t channel; /* ChannelBind */
	bool check;       /* of ICE; not counted for a server */
	bool nominates;
	bool repeated;
	bool answered;
};

struct stun_transactions {
	struct pool pool;
	struct table index;
	uint32_t oldest, newest;
	struct stun_tally unowned; /* of checks, which no server answers */
};

struct stun_transactions *stun_transactions_new(uint32_t limit)
{
	struct stun_transactions *all = calloc(1, sizeof(*all));

	if (!all) {
		return NULL;
	}
	all->oldest = all->newest = POOL_NONE;
	if (!pool_init(&all->pool, sizeof(struct stun_transaction), limit) ||
	    !table_init(&all->index, limit)) {
		stun_transactions_free(all);
		return NULL;
	}
	return all;
}

void stun_transactions_free(struct stun_transactions *transactions)
{
	if (transactions) {
		pool_fini(&transactions->pool);
		table_fini(&transactions->index);
		free(transactions);
	}
}

/* --- the table --- */

static struct stun_transaction *transaction_at(const struct stun_transactions *all, uint32_t number)
{
	return pool_at(&all->pool, number);
}

static uint64_t transaction_hash(const struct desk *desk, const struct stun *m, uint16_t vantage,
    const struct endpoint *client, const struct endpoint *server)
{
	uint64_t words[] = {load_be64(m->id), load_be64(m->id + 8),
	    hash_endpoint(desk->key, client), hash_endpoint(desk->key, server), vantage};

	return XXH3_64bits_withSeed(words, sizeof(words), desk->key);
}

static struct stun_transaction *stun_transaction_find(const struct desk *desk, const struct stun *m,
    uint16_t vantage, const struct endpoint *client, const struct endpoint *server)
{
	const struct stun_transactions *all = desk->stun_transactions;
	struct table_cursor cursor;
	uint32_t number =
	    table_first(&all->index, &cursor, transaction_hash(desk, m, vantage, client, server));

	for (; number != TABLE_NONE; number = table_next(&all->index, &cursor)) {
		struct stun_transaction *t = transaction_at(all, number);

		if (memcmp(t->id, m->id, sizeof(t->id)) == 0 && t->vantage == vantage &&
		    endpoint_equal(&t->client, client) && endpoint_equal(&t->server, server)) {
			return t;
		}
	}
	return NULL;
}

static struct stun_tally *tally_of(struct desk *desk, const struct stun_transaction *t)
{
	struct endpoint_entry *server = t->check ? NULL : endpoint_entry(desk, &t->server.address);
	struct endpoint_rare *rare = server ? endpoint_rare(desk, server) : NULL;

	return rare ? &rare->stun : &desk->stun_transactions->unowned;
}

static void oldest_close(struct desk *desk)
{
	struct stun_transactions *all = desk->stun_transactions;
	uint32_t number = all->oldest;
	const struct stun_transaction *t = transaction_at(all, number);

	if (!t->answered) {
		tally_of(desk, t)->unanswered++;
	}
	all->oldest = t->newer;
	if (all->oldest == POOL_NONE) {
		all->newest = POOL_NONE;
	}
	table_remove(&all->index, t->hash, number);
	pool_give(&all->pool, number);
}

void stun_transaction_expire(struct desk *desk, bool end)
{
	const struct stun_transactions *all = desk->stun_transactions;

	while (all->oldest != POOL_NONE &&
	       (end ||
		   desk->now_ns - transaction_at(all, all->oldest)->asked.time_ns >= given_up_ns)) {
		oldest_close(desk);
	}
}

static struct stun_transaction *stun_transaction_new(struct desk *desk, uint64_t hash)
{
	struct stun_transactions *all = desk->stun_transactions;
	uint32_t number = pool_take(&all->pool);
	struct stun_transaction *t;

	if (number == POOL_NONE) {
		desk->evictions.stun_transactions++;
		oldest_close(desk);
		number = pool_take(&all->pool);
	}
	if (!table_insert(&all->index, hash, number)) {
		desk->evictions.stun_transactions++;
		pool_give(&all->pool, number);
		return NULL;
	}
	t = transaction_at(all, number);
	t->hash = hash;
	t->newer = POOL_NONE;
	if (all->newest != POOL_NONE) {
		transaction_at(all, all->newest)->newer = number;
	} else {
		all->oldest = number;
	}
	all->newest = number;
	return t;
}

/* --- messages --- */

static void request_take(struct desk *desk, const struct stun *m, const struct signal *signal)
{
	struct stun_transaction *t =
	    stun_transaction_find(desk, m, signal->vantage, &signal->src, &signal->dst);

	/* Connectivity checks of ICE go to many places, most of which cannot answer. */
	if (!stun_has(m, STUN_PRIORITY)) {
		reach_stun_ask(desk, signal);
	}
	if (t) {
		t->repeated = true;
		tally_of(desk, t)->retransmissions++;
		return;
	}
	t = stun_transaction_new(
	    desk, transaction_hash(desk, m, signal->vantage, &signal->src, &signal->dst));
	if (!t) {
		return;
	}
	memcpy(t->id, m->id, sizeof(t->id));
	t->client = signal->src;
	t->server = signal->dst;
	t->vantage = signal->vantage;
	t->method = m->method;
	t->check = stun_has(m, STUN_PRIORITY);
	t->nominates = stun_has(m, STUN_USE_CANDIDATE);
	t->channel = stun_has(m, STUN_CHANNEL_NUMBER) ? m->channel : 0;
	t->peer = m->peer_count ? m->peers[0] : (struct endpoint){0};
	mark_once(&t->asked, signal);
	tally_of(desk, t)->requests++;
}

static void address_learn(struct desk *desk, const struct stun_transaction *t,
    const struct signal *answer, const struct endpoint *address, bool relayed, int64_t lifetime_ns)
{
	const struct endpoint_mapping mapping = {
	    .local = answer->dst,
	    .address = *address,
	    .server = answer->src,
	    .vantage = answer->vantage,
	    .relayed = relayed,
	    .check = t->check,
	    .ttl = answer->ttl,
	    .proof = {true, answer->capture, answer->frame, answer->time_ns},
	};

	if (address->port == 0) {
		return;
	}
	mapping_learn(desk, answer, address, relayed, lifetime_ns);
	endpoint_learn(desk, answer->vantage, &mapping);
}

static void success_take(struct desk *desk, const struct stun_transaction *t, const struct stun *m,
    const struct signal *answer)
{
	int64_t lifetime_ns = stun_has(m, STUN_LIFETIME)
				  ? (int64_t)m->lifetime_s * MEDIA_SECOND_NS
				  : mapped_ns; /* also the default of RFC 8656 section 3.2 */
	const struct endpoint *mapped = stun_mapped(m);

	if (mapped && (t->method == STUN_BINDING || t->method == TURN_ALLOCATE)) {
		address_learn(desk, t, answer, mapped, false, mapped_ns);
	}
	if (t->method == TURN_ALLOCATE && stun_has(m, STUN_XOR_RELAYED_ADDRESS)) {
		address_learn(
		    desk, t, answer, &m->addresses[STUN_XOR_RELAYED_ADDRESS], true, lifetime_ns);
	} else if (t->method == TURN_REFRESH) {
		mapping_refresh(desk, answer, lifetime_ns);
	} else if (t->method == TURN_CHANNEL_BIND && t->channel && t->peer.port) {
		mapping_channel(desk, answer, t->channel, &t->peer);
	}
	if (t->check) {
		mapping_check(desk, answer, t->nominates);
	}
}

/* Answered twice, perhaps not alike: what is told of a mapping then is not to be trusted. */
static void again_take(struct desk *desk, const struct stun_transaction *t, const struct stun *m,
    const struct signal *answer)
{
	const struct endpoint *mapped = m->class == STUN_SUCCESS ? stun_mapped(m) : NULL;

	if (mapped && (t->method == STUN_BINDING || t->method == TURN_ALLOCATE)) {
		address_learn(desk, t, answer, mapped, false, mapped_ns);
	}
}

static void answer_take(struct desk *desk, const struct stun *m, const struct signal *signal)
{
	struct stun_transaction *t =
	    stun_transaction_find(desk, m, signal->vantage, &signal->dst, &signal->src);
	struct stun_tally *tally;

	if (!t || t->method != m->method) {
		return;
	}
	if (t->answered) {
		again_take(desk, t, m, signal);
		return;
	}
	t->answered = true;
	reach_stun_answer(desk, signal);
	tally = tally_of(desk, t);
	tally->errors += m->class == STUN_ERROR;
	tally->answers += m->class == STUN_SUCCESS;
	if (!t->repeated && signal->time_ns >= t->asked.time_ns) {
		tally->round_trips++;
		tally->round_trip_sum_ns += signal->time_ns - t->asked.time_ns;
	}
	if (m->class == STUN_SUCCESS) {
		success_take(desk, t, m, signal);
	}
}

void stun_transaction_take(struct desk *desk, const struct signal *signal)
{
	struct stun m;
	enum dissect_result result = stun_parse(
	    &m, bytes_of(signal->octets, signal->length), signal->length + (size_t)signal->cut);

	if (result != DISSECT_OK) {
		desk->counts[signal->capture][result] += !signal->cut;
		return;
	}
	for (unsigned i = 0; i < m.defects.count && !signal->cut; i++) {
		desk->counts[signal->capture][m.defects.list[i]]++;
	}
	/* Behind a relay the ends of the flow are not those that ask and answer. */
	if (signal->layers > 0) {
		return;
	}
	switch (m.class) {
	case STUN_REQUEST:
		request_take(desk, &m, signal);
		break;
	case STUN_SUCCESS:
	case STUN_ERROR:
		answer_take(desk, &m, signal);
		break;
	case STUN_INDICATION:
		break;
	}
}
