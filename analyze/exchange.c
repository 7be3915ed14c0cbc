/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <math.h>

#include "flow.h"
#include "lru.h"
#include "median.h"
#include "report.h"

enum { CODES_FEW = 2, TIMES_FEW = 4, TIMES_GROWTH = 4 };

struct code_count {
	uint32_t count;
	uint16_t status; /* 0: all beyond the others */
};

struct exchange {
	uint64_t hash;
	uint32_t id; /* from 1, by the order of their first transactions' ends */
	struct endpoint src, dst;
	uint16_t vantage;
	uint8_t method; /* enum sip_method */
	uint8_t code_count;
	uint32_t requests, answered, failed, challenged, unanswered, undecided, retransmissions;
	int64_t first_ns, last_ns;
	int64_t time_max_ns;
	uint32_t time_count, time_room; /* ever; of the ring */
	struct code_count few_codes[CODES_FEW];
	uint32_t few_times_us[TIMES_FEW];
	/* Pieces of desk.slab, of those that have more; NULL: the above. */
	struct code_count *more_codes; /* EXCHANGE_CODES_MAX */
	uint32_t *more_times_us;       /* a ring of the last `time_room` */
};

struct exchanges {
	struct pool pool;
	struct table index;
	struct lru lru;
	uint32_t born;
};

struct exchanges *exchanges_new(void)
{
	struct exchanges *all = calloc(1, sizeof(*all));

	if (all && (!pool_init(&all->pool, sizeof(struct exchange), EXCHANGES_MAX) ||
		       !table_init_dense(&all->index, EXCHANGES_MAX) ||
		       !lru_init(&all->lru, EXCHANGES_MAX))) {
		exchanges_free(all);
		return NULL;
	}
	return all;
}

void exchanges_free(struct exchanges *all)
{
	if (all) {
		pool_fini(&all->pool);
		table_fini(&all->index);
		lru_fini(&all->lru);
		free(all);
	}
}

static struct exchange *exchange_at(const struct exchanges *all, uint32_t number)
{
	return pool_at(&all->pool, number);
}

static const char *method_name(uint8_t method)
{
	switch ((enum sip_method)method) {
	case SIP_OPTIONS:
		return "OPTIONS";
	case SIP_SUBSCRIBE:
		return "SUBSCRIBE";
	case SIP_NOTIFY:
		return "NOTIFY";
	case SIP_MESSAGE:
		return "MESSAGE";
	case SIP_PUBLISH:
		return "PUBLISH";
	default:
		return NULL;
	}
}

/* --- codes and times --- */

static const size_t codes_octets = sizeof(struct code_count) * EXCHANGE_CODES_MAX;

static const struct code_count *codes_of(const struct exchange *e)
{
	return e->more_codes ? e->more_codes : e->few_codes;
}

static const uint32_t *times_of(const struct exchange *e)
{
	return e->more_times_us ? e->more_times_us : e->few_times_us;
}

static void pieces_give(struct desk *desk, struct exchange *e)
{
	if (e->more_codes) {
		slab_give(&desk->slab, e->more_codes, codes_octets);
	}
	if (e->more_times_us) {
		slab_give(&desk->slab, e->more_times_us, sizeof(uint32_t) * e->time_room);
	}
}

/* A place for one code more, or NULL. */
static struct code_count *code_place(struct desk *desk, struct exchange *e)
{
	if (e->code_count == EXCHANGE_CODES_MAX) {
		return NULL;
	}
	if (!e->more_codes && e->code_count == CODES_FEW) {
		e->more_codes = slab_take(&desk->slab, codes_octets);
		if (!e->more_codes) {
			return NULL;
		}
		memcpy(e->more_codes, e->few_codes, sizeof(e->few_codes));
	}
	return (e->more_codes ? e->more_codes : e->few_codes) + e->code_count++;
}

static void code_add(struct desk *desk, struct exchange *e, uint16_t status)
{
	struct code_count *codes = e->more_codes ? e->more_codes : e->few_codes, *code;

	for (unsigned i = 0; i < e->code_count; i++) {
		if (codes[i].status == status) {
			codes[i].count++;
			return;
		}
	}
	code = code_place(desk, e);
	if (code) {
		*code = (struct code_count){1, status};
		return;
	}
	code = &codes[e->code_count - 1]; /* the last stands for all that did not fit */
	code->status = 0;
	code->count++;
}

/* Full, and never gone round: with more room the ring goes on behind what is in it. */
static void times_grow(struct desk *desk, struct exchange *e)
{
	uint32_t room = e->time_room * TIMES_GROWTH;
	uint32_t *times = slab_take(&desk->slab, sizeof(*times) * room);

	if (!times) {
		return;
	}
	memcpy(times, times_of(e), sizeof(*times) * e->time_room);
	if (e->more_times_us) {
		slab_give(&desk->slab, e->more_times_us, sizeof(*times) * e->time_room);
	}
	e->more_times_us = times;
	e->time_room = room;
}

static void time_add(struct desk *desk, struct exchange *e, int64_t time_ns)
{
	int64_t time_us = time_ns / 1000;
	uint32_t *times;

	if (e->time_count == e->time_room && e->time_room < EXCHANGE_TIMES_MAX) {
		times_grow(desk, e);
	}
	times = e->more_times_us ? e->more_times_us : e->few_times_us;
	times[e->time_count++ % e->time_room] =
	    time_us < UINT32_MAX ? (uint32_t)time_us : UINT32_MAX;
	e->time_max_ns = time_ns > e->time_max_ns ? time_ns : e->time_max_ns;
}

/* --- finding and making --- */

static bool matches(
    const struct desk *desk, const struct exchange *e, const struct sip_transaction *t)
{
	return e->vantage == t->vantage && e->method == t->method && e->src.port == t->src_port &&
	       e->dst.port == t->dst_port && sip_transaction_is_src(desk, t, &e->src.address) &&
	       sip_transaction_is_dst(desk, t, &e->dst.address);
}

static uint32_t number_take(struct desk *desk)
{
	struct exchanges *all = desk->exchanges;
	uint32_t number = pool_take(&all->pool);
	uint32_t oldest = all->lru.oldest;

	if (number == POOL_NONE && oldest != POOL_NONE) {
		desk->evictions.exchanges++;
		table_remove(&all->index, exchange_at(all, oldest)->hash, oldest);
		pieces_give(desk, exchange_at(all, oldest));
		lru_remove(&all->lru, oldest);
		pool_give(&all->pool, oldest);
		number = pool_take(&all->pool);
	}
	return number;
}

static uint64_t exchange_hash(const struct desk *desk, const struct sip_transaction *t)
{
	uint64_t key = desk->key ^ t->method;

	if (t->wide) {
		struct endpoint src = sip_transaction_src(desk, t);
		struct endpoint dst = sip_transaction_dst(desk, t);

		return hash_endpoint(hash_endpoint(key ^ (uint64_t)t->vantage << 8, &src), &dst);
	}
	return flow_hash_ipv4(
	    key, flow_pair_ipv4(t->src, t->dst), flow_ports(t->src_port, t->dst_port), t->vantage);
}

void exchange_fetch(const struct desk *desk, const struct sip_transaction *t)
{
	if (method_name(t->method)) {
		(void)table_prefetch(&desk->exchanges->index, exchange_hash(desk, t));
	}
}

static struct exchange *exchange_for(struct desk *desk, const struct sip_transaction *t)
{
	struct exchanges *all = desk->exchanges;
	uint64_t hash = exchange_hash(desk, t);
	struct table_cursor cursor;
	uint32_t number = table_first(&all->index, &cursor, hash);
	struct exchange *e;

	for (; number != TABLE_NONE; number = table_next(&all->index, &cursor)) {
		if (matches(desk, exchange_at(all, number), t)) {
			lru_touch(&all->lru, number);
			return exchange_at(all, number);
		}
	}
	number = number_take(desk);
	if (number == POOL_NONE || !table_insert(&all->index, hash, number)) {
		if (number != POOL_NONE) {
			pool_give(&all->pool, number);
		}
		desk->evictions.exchanges++;
		return NULL;
	}
	lru_append(&all->lru, number);
	if (pool_count(&all->pool) == EXCHANGES_MAX) {
		memory_fetch(exchange_at(all, all->lru.oldest), sizeof(*e)); /* the next to go */
	}
	e = exchange_at(all, number);
	*e = (struct exchange){
	    .hash = hash,
	    .id = ++all->born,
	    .src = sip_transaction_src(desk, t),
	    .dst = sip_transaction_dst(desk, t),
	    .vantage = t->vantage,
	    .method = t->method,
	    .first_ns = t->first_ns,
	    .last_ns = t->first_ns,
	    .time_room = TIMES_FEW,
	};
	return e;
}

/* --- adding --- */

static void answer_add(struct desk *desk, struct exchange *e, const struct sip_transaction *t)
{
	int64_t time_ns = elapsed_ns(t->first_ns, t->final_ns);

	e->answered++;
	if (sip_transaction_is_deferred(t)) {
		e->challenged++;
	} else {
		e->failed += t->status >= 300;
	}
	code_add(desk, e, t->status);
	if (time_ns >= 0) { /* else the capture's clock stepped back */
		time_add(desk, e, time_ns);
	}
}

void exchange_add(struct desk *desk, const struct sip_transaction *t)
{
	struct exchange *e = method_name(t->method) ? exchange_for(desk, t) : NULL;

	if (!e) {
		return;
	}
	e->requests++;
	e->retransmissions += sip_transaction_retransmissions(desk, t);
	e->first_ns = t->first_ns < e->first_ns ? t->first_ns : e->first_ns;
	e->last_ns = t->first_ns > e->last_ns ? t->first_ns : e->last_ns;
	switch (sip_transaction_outcome(desk, t)) {
	case SIP_TRANSACTION_ANSWERED:
		answer_add(desk, e, t);
		break;
	case SIP_TRANSACTION_TIMED_OUT:
	case SIP_TRANSACTION_UNSEEN:
		e->unanswered++;
		break;
	case SIP_TRANSACTION_PENDING:
		e->undecided++;
		break;
	}
}

/* --- results --- */

static double median_ms(const struct exchange *e)
{
	uint32_t sorted[EXCHANGE_TIMES_MAX];
	size_t count = e->time_count < e->time_room ? e->time_count : e->time_room;

	memcpy(sorted, times_of(e), count * sizeof(sorted[0]));
	return median(sorted, count) / 1e3;
}

static void exchange_visit(
    const struct desk *desk, const struct exchange *e, tp_exchange_visitor *visit, void *context)
{
	char id[16] = "x", src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	char names[EXCHANGE_CODES_MAX][8];
	struct tp_count codes[EXCHANGE_CODES_MAX];
	const struct code_count *counted = codes_of(e);

	*text_put_number(id + 1, e->id) = '\0';
	for (unsigned i = 0; i < e->code_count; i++) {
		memcpy(names[i], "other", sizeof("other"));
		if (counted[i].status) {
			*text_put_number(names[i], counted[i].status) = '\0';
		}
		codes[i] = (struct tp_count){names[i], counted[i].count};
	}
	visit(context,
	    &(struct tp_exchange){
		.id = id,
		.vantage = desk->config.vantages[e->vantage],
		.src = endpoint_format(&e->src, src),
		.dst = endpoint_format(&e->dst, dst),
		.method = method_name(e->method),
		.first_time_ns = e->first_ns,
		.last_time_ns = e->last_ns,
		.requests = e->requests,
		.answered = e->answered,
		.challenged = e->challenged,
		.failed = e->failed,
		.unanswered = e->unanswered,
		.undecided = e->undecided,
		.retransmissions = e->retransmissions,
		.codes = codes,
		.code_count = e->code_count,
		.response_median_ms = median_ms(e),
		.response_max_ms = e->time_count ? (double)e->time_max_ns / 1e6 : (double)NAN,
	    });
}

void report_each_exchange(const struct desk *desk, tp_exchange_visitor *visit, void *context)
{
	const struct exchanges *all = desk->exchanges;

	for (uint32_t n = all->lru.oldest; n != POOL_NONE; n = all->lru.links[n].newer) {
		exchange_visit(desk, exchange_at(all, n), visit, context);
	}
}
