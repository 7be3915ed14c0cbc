/* SPDX-License-Identifier: Apache-2.0 */
#include "reach.h"

#include <stdlib.h>

#include "flow.h"
#include "icmp.h"
#include "ip.h"
#include "lru.h"
#include "tcp.h"

struct reaches {
	struct pool pool;
	struct table index;
	struct lru idle;
	uint32_t turn;
};

/* Who asks whom, and by which packet. */
struct question {
	const struct address *client;
	const struct endpoint *server;
	uint16_t vantage;
	enum reach_kind kind;
	struct mark mark;
};

struct reaches *reaches_new(void)
{
	struct reaches *all = calloc(1, sizeof(*all));

	if (all &&
	    (!pool_init(&all->pool, sizeof(struct reach), REACHES_MAX) ||
		!table_init(&all->index, REACHES_MAX) || !lru_init(&all->idle, REACHES_MAX))) {
		reaches_free(all);
		return NULL;
	}
	return all;
}

void reaches_free(struct reaches *all)
{
	if (all) {
		pool_fini(&all->pool);
		table_fini(&all->index);
		lru_fini(&all->idle);
		free(all);
	}
}

/* --- the table --- */

static struct reach *reach_at(const struct reaches *all, uint32_t number)
{
	return number != POOL_NONE ? pool_at(&all->pool, number) : NULL;
}

static uint32_t reach_number(const struct reaches *all, const struct reach *r)
{
	return (uint32_t)(r - (const struct reach *)all->pool.objects);
}

struct reach *reach_first(const struct desk *desk)
{
	return reach_at(desk->reaches, desk->reaches->idle.oldest);
}

struct reach *reach_next(const struct desk *desk, const struct reach *r)
{
	const struct reaches *all = desk->reaches;

	return reach_at(all, all->idle.links[reach_number(all, r)].newer);
}

uint32_t reach_count(const struct desk *desk)
{
	return desk->reaches->pool.used;
}

struct reach *reach_turn(struct desk *desk)
{
	struct reaches *all = desk->reaches;

	all->turn = (all->turn + 1) % all->pool.used;
	return reach_at(all, all->turn);
}

static uint64_t hash_of(const struct desk *desk, enum reach_kind kind, uint16_t vantage,
    const struct address *client, const struct endpoint *server)
{
	const struct endpoint from = {*client, vantage};

	return hash_endpoint(hash_endpoint(desk->key ^ (uint64_t)kind, &from), server);
}

static uint64_t reach_hash(const struct desk *desk, const struct question *q)
{
	return hash_of(desk, q->kind, q->vantage, q->client, q->server);
}

static struct reach *find_hash(const struct desk *desk, const struct question *q, uint64_t hash)
{
	const struct reaches *all = desk->reaches;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->index, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&all->index, &cursor)) {
		struct reach *r = reach_at(all, number);

		if (r->vantage == q->vantage && r->kind == q->kind &&
		    address_equal(&r->client, q->client) && endpoint_equal(&r->server, q->server)) {
			return r;
		}
	}
	return NULL;
}

static struct reach *find(const struct desk *desk, const struct question *q)
{
	return find_hash(desk, q, reach_hash(desk, q));
}

const struct reach *reach_of_sip(const struct desk *desk, const struct address *client,
    const struct endpoint *server, uint16_t vantage)
{
	return find(desk, &(struct question){client, server, vantage, REACH_SIP, {0}});
}

static struct reach *make(struct desk *desk, const struct question *q, uint64_t hash)
{
	struct reaches *all = desk->reaches;
	uint32_t number = pool_take(&all->pool), oldest = all->idle.oldest;
	struct reach *r;

	if (number == POOL_NONE) {
		desk->evictions.reaches++;
		table_remove(&all->index, reach_at(all, oldest)->hash, oldest);
		lru_remove(&all->idle, oldest);
		pool_give(&all->pool, oldest);
		number = pool_take(&all->pool);
	}
	r = reach_at(all, number);
	r->hash = hash;
	r->client = *q->client;
	r->server = *q->server;
	r->vantage = q->vantage;
	r->kind = (uint8_t)q->kind;
	if (!table_insert(&all->index, r->hash, number)) {
		pool_give(&all->pool, number);
		desk->evictions.reaches++;
		return NULL;
	}
	lru_append(&all->idle, number);
	if (pool_count(&all->pool) == REACHES_MAX) {
		memory_fetch(reach_at(all, all->idle.oldest), sizeof(*r)); /* the next to go */
	}
	return r;
}

/* --- asked --- */

/* True where it was answered: then it can be reached, and that is all that is asked here. */
static bool ask(struct desk *desk, const struct question *q, uint64_t hash)
{
	struct reach *r = find_hash(desk, q, hash);

	if (!r) {
		r = make(desk, q, hash);
	} else {
		lru_touch(&desk->reaches->idle, reach_number(desk->reaches, r));
	}
	if (!r || r->answers > 0) {
		return r != NULL;
	}
	/* One packet, captured on its way in and on its way out. */
	if (r->asked > 0 && q->mark.time_ns - r->last.time_ns < SIGNAL_COPY_NS) {
		return false;
	}
	r->asked++;
	r->last = q->mark;
	if (!r->first.set) {
		r->first = q->mark;
	}
	return false;
}

/* True where the question is known. */
static bool answer(const struct desk *desk, const struct question *q, uint64_t hash)
{
	struct reach *r = find_hash(desk, q, hash);

	if (r && r->answers++ == 0) {
		r->answer = q->mark;
	}
	return r != NULL;
}

static struct question question_of(const struct signal *request, enum reach_kind kind)
{
	return (struct question){
	    &request->src.address, &request->dst, request->vantage, kind, signal_mark(request)};
}

static struct question answered_by(const struct signal *response, enum reach_kind kind)
{
	return (struct question){
	    &response->dst.address, &response->src, response->vantage, kind, signal_mark(response)};
}

static bool is_plain_udp(const struct signal *signal)
{
	return signal->transport == SIGNAL_UDP && signal->layers == 0;
}

void reach_stun_ask(struct desk *desk, const struct signal *request)
{
	struct question q = question_of(request, REACH_STUN);

	if (is_plain_udp(request)) {
		(void)ask(desk, &q, reach_hash(desk, &q));
	}
}

void reach_stun_answer(struct desk *desk, const struct signal *response)
{
	struct question q = answered_by(response, REACH_STUN);

	if (is_plain_udp(response)) {
		(void)answer(desk, &q, reach_hash(desk, &q));
	}
}

/*
 * Nearly all SIP is between two of whom one has answered the other before, and nothing follows
 * from it. That is noted at both ends: a server has thousands of phones, but a phone one server.
 */
void reach_sip(struct desk *desk, const struct sip_message *m, const struct signal *signal,
    const struct endpoint_ends *ends)
{
	struct endpoint_view *client = m->request ? ends->of_sender : ends->of_receiver;
	struct endpoint_entry *server = m->request ? ends->receiver : ends->sender;
	struct question q;
	uint64_t hash;
	uint32_t pair;

	if (!is_plain_udp(signal) || (m->request && m->to.tag.length)) {
		return;
	}
	hash = hash_of(desk, REACH_SIP, signal->vantage,
	    m->request ? &signal->src.address : &signal->dst.address,
	    m->request ? &signal->dst : &signal->src);
	pair = (uint32_t)(hash >> 24) | 1;
	if ((server && server->answers == pair) || (client && client->answered == pair)) {
		return;
	}
	q = m->request ? question_of(signal, REACH_SIP) : answered_by(signal, REACH_SIP);
	if (!(m->request ? ask(desk, &q, hash) : answer(desk, &q, hash))) {
		return;
	}
	if (client) {
		client->answered = pair;
	}
	if (server) {
		server->answers = pair;
	}
}

void reach_handshake(struct desk *desk, const struct tcp_handshake *h)
{
	const struct mark mark = {true, h->capture, h->frame, h->time_ns};
	const struct question forth = {&h->src.address, &h->dst, h->vantage, REACH_TCP, mark};
	const struct question back = {&h->dst.address, &h->src, h->vantage, REACH_TCP, mark};
	struct reach *r;

	if ((h->flags & (TCP_SYN | TCP_ACK)) == TCP_SYN) {
		(void)ask(desk, &forth, reach_hash(desk, &forth));
	} else if (h->flags & TCP_SYN) {
		(void)answer(desk, &back, reach_hash(desk, &back));
	} else if ((r = find(desk, &back)) && r->answers == 0) {
		r->reset = r->resets++ ? r->reset : mark;
	}
}

void reach_icmp(struct desk *desk, const struct icmp_notice *n)
{
	const struct question q = {&n->src.address, &n->dst, n->vantage,
	    n->protocol == IP_PROTOCOL_TCP ? REACH_TCP : REACH_SIP,
	    {true, n->capture, n->frame, n->time_ns}};
	struct question stun = q;
	struct reach *r;

	if (n->kind != ICMP_UNREACHABLE || n->dst.port == 0) {
		return;
	}
	stun.kind = REACH_STUN;
	r = find(desk, &q);
	if (!r && n->protocol == IP_PROTOCOL_UDP) {
		r = find(desk, &stun);
	}
	if (!r || r->answers > 0) {
		return;
	}
	if (r->errors++ == 0) {
		r->error = q.mark;
		r->icmp_type = n->type;
		r->icmp_code = n->code;
		r->icmp_ipv6 = n->ipv6;
		r->icmp_from = n->from;
	}
}
