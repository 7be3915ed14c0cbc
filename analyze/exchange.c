/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <math.h>

#include "flow.h"
#include "lru.h"
#include "median.h"
#include "report.h"

struct code_count {
	uint16_t status; /* 0: all beyond the others */
	uint64_t count;
};

struct exchange {
	uint64_t hash;
	uint32_t id; /* from 1, by the order of their first transactions' ends */
	struct endpoint src, dst;
	uint16_t vantage;
	uint8_t method; /* enum sip_method */
	int64_t first_ns, last_ns;
	uint64_t requests, answered, failed, challenged, unanswered, undecided, retransmissions;
	unsigned code_count;
	struct code_count codes[EXCHANGE_CODES_MAX];
	int64_t time_max_ns;
	uint64_t time_count;
	uint32_t times_us[EXCHANGE_TIMES_MAX]; /* a ring of the last */
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

/* --- finding and making --- */

static bool matches(const struct exchange *e, const struct sip_transaction *t)
{
	return e->vantage == t->vantage && e->method == t->method &&
	       endpoint_equal(&e->src, &t->src) && endpoint_equal(&e->dst, &t->dst);
}

static uint32_t number_take(struct desk *desk)
{
	struct exchanges *all = desk->exchanges;
	uint32_t number = pool_take(&all->pool);
	uint32_t oldest = all->lru.oldest;

	if (number == POOL_NONE && oldest != POOL_NONE) {
		desk->evictions.exchanges++;
		table_remove(&all->index, exchange_at(all, oldest)->hash, oldest);
		lru_remove(&all->lru, oldest);
		pool_give(&all->pool, oldest);
		number = pool_take(&all->pool);
	}
	return number;
}

static struct exchange *exchange_for(struct desk *desk, const struct sip_transaction *t)
{
	struct exchanges *all = desk->exchanges;
	uint64_t hash = hash_endpoint(
	    hash_endpoint(desk->key ^ ((uint64_t)t->method << 16 | t->vantage), &t->src), &t->dst);
	struct table_cursor cursor;
	uint32_t number = table_first(&all->index, &cursor, hash);
	struct exchange *e;

	for (; number != TABLE_NONE; number = table_next(&all->index, &cursor)) {
		if (matches(exchange_at(all, number), t)) {
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
	e = exchange_at(all, number);
	*e = (struct exchange){
	    .hash = hash,
	    .id = ++all->born,
	    .src = t->src,
	    .dst = t->dst,
	    .vantage = t->vantage,
	    .method = t->method,
	    .first_ns = t->first.time_ns,
	    .last_ns = t->first.time_ns,
	};
	return e;
}

/* --- adding --- */

static void code_add(struct exchange *e, uint16_t status)
{
	unsigned i = 0;

	while (i < e->code_count && e->codes[i].status != status) {
		i++;
	}
	if (i == EXCHANGE_CODES_MAX) {
		i--; /* the last stands for all that did not fit */
		e->codes[i].status = 0;
	} else if (i == e->code_count) {
		e->codes[e->code_count++] = (struct code_count){.status = status};
	}
	e->codes[i].count++;
}

static void answer_add(struct exchange *e, const struct sip_transaction *t)
{
	int64_t time_ns = elapsed_ns(t->first.time_ns, t->final_ns);
	int64_t time_us = time_ns / 1000;

	e->answered++;
	if (sip_transaction_is_deferred(t)) {
		e->challenged++;
	} else {
		e->failed += t->status >= 300;
	}
	code_add(e, t->status);
	if (time_ns < 0) {
		return; /* the capture's clock stepped back */
	}
	e->times_us[e->time_count++ % EXCHANGE_TIMES_MAX] =
	    time_us < UINT32_MAX ? (uint32_t)time_us : UINT32_MAX;
	e->time_max_ns = time_ns > e->time_max_ns ? time_ns : e->time_max_ns;
}

void exchange_add(struct desk *desk, const struct sip_transaction *t)
{
	struct exchange *e = method_name(t->method) ? exchange_for(desk, t) : NULL;

	if (!e) {
		return;
	}
	e->requests++;
	e->retransmissions += t->retransmissions;
	e->first_ns = t->first.time_ns < e->first_ns ? t->first.time_ns : e->first_ns;
	e->last_ns = t->first.time_ns > e->last_ns ? t->first.time_ns : e->last_ns;
	switch (sip_transaction_outcome(desk, t)) {
	case SIP_TRANSACTION_ANSWERED:
		answer_add(e, t);
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
	size_t count =
	    e->time_count < EXCHANGE_TIMES_MAX ? (size_t)e->time_count : (size_t)EXCHANGE_TIMES_MAX;

	memcpy(sorted, e->times_us, count * sizeof(sorted[0]));
	return median(sorted, count) / 1e3;
}

static void exchange_visit(
    const struct desk *desk, const struct exchange *e, tp_exchange_visitor *visit, void *context)
{
	char id[16] = "x", src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	char names[EXCHANGE_CODES_MAX][8];
	struct tp_count codes[EXCHANGE_CODES_MAX];

	*text_put_number(id + 1, e->id) = '\0';
	for (unsigned i = 0; i < e->code_count; i++) {
		memcpy(names[i], "other", sizeof("other"));
		if (e->codes[i].status) {
			*text_put_number(names[i], e->codes[i].status) = '\0';
		}
		codes[i] = (struct tp_count){names[i], e->codes[i].count};
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
