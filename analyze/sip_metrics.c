/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_metrics.h"

#include <math.h>
#include <stdlib.h>

#include "endpoint.h"
#include "flow.h"
#include "report.h"

/* RFC 3261 17.1.2.2: Timer F, 64 * T1. */
static const int64_t timer_f_ns = 32 * MEDIA_SECOND_NS;

/* No request waits that long, and no session lasts: a clock that jumps. */
static const int64_t delay_max_ns = 3600 * MEDIA_SECOND_NS;
static const int64_t session_max_ns = 30LL * 24 * 3600 * MEDIA_SECOND_NS;

struct tally {
	uint64_t count, sum_us;
	int64_t max_ns;
};

/* Of all, or of one server. */
struct figures {
	struct tally rrd, srd, srd_failed, sdd, sdd_failed, sdt;
	uint64_t registers, registers_deferred, registers_failed;
	uint64_t invites, invites_deferred;
	uint64_t established, effective, ineffective, ended, completed;
};

struct server {
	struct endpoint at;
	struct figures figures;
};

struct sip_metrics {
	struct figures total;
	struct pool servers;
	struct table index;
	struct server *last; /* that was looked for: there are few; NULL: none yet */
};

struct sip_metrics *sip_metrics_new(void)
{
	struct sip_metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics && (!pool_init(&metrics->servers, sizeof(struct server), SIP_SERVERS_MAX) ||
			   !table_init(&metrics->index, SIP_SERVERS_MAX))) {
		sip_metrics_free(metrics);
		return NULL;
	}
	return metrics;
}

void sip_metrics_free(struct sip_metrics *metrics)
{
	if (metrics) {
		pool_fini(&metrics->servers);
		table_fini(&metrics->index);
		free(metrics);
	}
}

static void tally_add(struct tally *tally, int64_t from_ns, int64_t to_ns, int64_t limit_ns)
{
	int64_t ns = elapsed_ns(from_ns, to_ns);

	/* Where the capture's clock steps back there is no duration. */
	if (ns >= 0 && ns <= limit_ns) {
		tally->count++;
		tally->sum_us += (uint64_t)ns / 1000;
		tally->max_ns = ns > tally->max_ns ? ns : tally->max_ns;
	}
}

static void delay_add(struct tally *tally, int64_t from_ns, int64_t to_ns)
{
	tally_add(tally, from_ns, to_ns, delay_max_ns);
}

/* --- requests --- */

/*
 * RRD (4.1): from the first REGISTER, through an expected challenge, to the 200; of successful
 * ones alone. IRA (4.2): a final 4XX but 401, 402 and 407, a 5XX or 6XX, or Timer F.
 */
static void register_add(
    struct figures *f, const struct sip_transaction *t, enum sip_transaction_outcome outcome)
{
	bool failed = outcome == SIP_TRANSACTION_TIMED_OUT || t->status >= 300;

	f->registers++;
	if (sip_transaction_is_deferred(t)) {
		f->registers_deferred++;
		return;
	}
	f->registers_failed += failed;
	if (!failed) {
		delay_add(&f->rrd, t->begun_ns, t->final_ns);
	}
}

/*
 * SRD (4.3): from the first INVITE to the first response that tells of its state: a provisional
 * one other than 100, or the 200 (4.3.1); where the session fails, or that failure (4.3.2).
 */
static void request_delay(struct figures *f, const struct sip_transaction *t)
{
	int64_t told_ns = t->session_ns != SIP_TRANSACTION_NEVER ? t->session_ns : t->final_ns;

	if (told_ns != SIP_TRANSACTION_NEVER) {
		delay_add(t->status < 300 ? &f->srd : &f->srd_failed, t->begun_ns, told_ns);
	}
}

/* SEER (4.7): what shows the effect of the person called. */
static bool is_effective(uint16_t status)
{
	return status == 480 || status == 486 || status == 600 || status == 603;
}

/* ISA (4.8): what shows overload or a failure downstream. */
static bool is_ineffective(uint16_t status)
{
	return status == 408 || status == 500 || status == 503 || status == 504;
}

static void invite_add(
    struct figures *f, const struct sip_transaction *t, enum sip_transaction_outcome outcome)
{
	/* RFC 3261 8.1.3.1: a client takes a timeout for a 408. */
	uint16_t status = outcome == SIP_TRANSACTION_TIMED_OUT ? 408 : t->status;

	f->invites++;
	if (sip_transaction_is_deferred(t)) {
		f->invites_deferred++;
		return;
	}
	f->established += status < 300;
	f->effective += status < 300 || is_effective(status);
	f->ineffective += is_ineffective(status);
	request_delay(f, t);
}

/*
 * SDD (4.4): from the BYE to its 2XX; other answers apart; a BYE never answered is left out.
 * SDT (4.5): from the 200 to the INVITE to the BYE (4.5.1), or, where that is never answered,
 * to Timer F (4.5.2). SCR (4.9): a session has completed unless its end met no response.
 */
static void bye_add(
    struct figures *f, const struct sip_transaction *t, enum sip_transaction_outcome outcome)
{
	bool timed_out = outcome == SIP_TRANSACTION_TIMED_OUT;

	if (sip_transaction_is_deferred(t)) {
		return;
	}
	if (!timed_out) {
		delay_add(t->status < 300 ? &f->sdd : &f->sdd_failed, t->begun_ns, t->final_ns);
	}
	if (t->session_ns == SIP_TRANSACTION_NEVER) {
		return; /* begun before the capture */
	}
	tally_add(
	    &f->sdt, t->session_ns, t->begun_ns + (timed_out ? timer_f_ns : 0), session_max_ns);
	f->ended++;
	f->completed += !timed_out && t->status != 408;
}

static void request_add(
    struct figures *f, const struct sip_transaction *t, enum sip_transaction_outcome outcome)
{
	if (t->method == SIP_REGISTER) {
		register_add(f, t, outcome);
	} else if (t->method == SIP_INVITE) {
		invite_add(f, t, outcome);
	} else {
		bye_add(f, t, outcome);
	}
}

/* --- servers --- */

/* The figures of whom the request went to; NULL where that is a phone, or one too many. */
static struct figures *figures_of(struct desk *desk, const struct endpoint *at)
{
	struct sip_metrics *metrics = desk->sip_metrics;
	struct table_cursor cursor;
	struct server *server;
	uint64_t hash;
	uint32_t number;

	if (metrics->last && endpoint_equal(&metrics->last->at, at)) {
		return &metrics->last->figures;
	}
	hash = hash_endpoint(desk->key, at);
	number = table_first(&metrics->index, &cursor, hash);
	for (; number != TABLE_NONE; number = table_next(&metrics->index, &cursor)) {
		server = pool_at(&metrics->servers, number);
		if (endpoint_equal(&server->at, at)) {
			metrics->last = server;
			return &server->figures;
		}
	}
	number = pool_take(&metrics->servers);
	if (number == POOL_NONE || !table_insert(&metrics->index, hash, number)) {
		if (number != POOL_NONE) {
			pool_give(&metrics->servers, number);
		}
		desk->evictions.sip_servers++;
		return NULL;
	}
	server = pool_at(&metrics->servers, number);
	server->at = *at;
	return &server->figures;
}

static bool is_phone(struct desk *desk, const struct address *address)
{
	const struct endpoint_entry *entry = endpoint_entry(desk, address);

	return entry && entry->registers && !entry->serves;
}

void sip_metrics_add(struct desk *desk, const struct sip_transaction *t)
{
	enum sip_transaction_outcome outcome = sip_transaction_outcome(desk, t);
	bool counts = t->method == SIP_REGISTER || t->method == SIP_BYE ||
		      (t->method == SIP_INVITE && !t->in_dialog);
	struct figures *server;
	struct endpoint dst;

	if (!counts || outcome == SIP_TRANSACTION_PENDING || outcome == SIP_TRANSACTION_UNSEEN) {
		return;
	}
	request_add(&desk->sip_metrics->total, t, outcome);
	dst = sip_transaction_dst(desk, t);
	server = is_phone(desk, &dst.address) ? NULL : figures_of(desk, &dst);
	if (server) {
		request_add(server, t, outcome);
	}
}

/* --- results --- */

static double mean_ms(const struct tally *tally)
{
	return tally->count ? (double)tally->sum_us / (double)tally->count / 1e3 : (double)NAN;
}

static struct tp_sip_delay delay_of(const struct tally *tally)
{
	return (struct tp_sip_delay){
	    .count = tally->count,
	    .mean_ms = mean_ms(tally),
	    .max_ms = tally->count ? (double)tally->max_ns / 1e6 : (double)NAN,
	};
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : (double)NAN;
}

/*
 * A request that is challenged or redirected and made anew is one request (4.6: "INVITE
 * requests resulting in a 3XX, 401, 402, and 407 response" are taken off). Of sessions still
 * going on nobody knows whether they will complete.
 */
static void metrics_fill(const struct figures *f, struct tp_sip_metrics *out)
{
	uint64_t sessions = f->invites - f->invites_deferred;
	uint64_t open = f->established > f->ended ? f->established - f->ended : 0;

	*out = (struct tp_sip_metrics){
	    .rrd = delay_of(&f->rrd),
	    .srd = delay_of(&f->srd),
	    .srd_failed = delay_of(&f->srd_failed),
	    .sdd = delay_of(&f->sdd),
	    .sdd_failed = delay_of(&f->sdd_failed),
	    .sdt = delay_of(&f->sdt),
	    .ira_pct = percent(f->registers_failed, f->registers - f->registers_deferred),
	    .ser_pct = percent(f->established, sessions),
	    .seer_pct = percent(f->effective, sessions),
	    .isa_pct = percent(f->ineffective, sessions),
	    .scr_pct = percent(f->completed, sessions - open),
	    .registers = f->registers,
	    .registers_deferred = f->registers_deferred,
	    .registers_failed = f->registers_failed,
	    .invites = f->invites,
	    .invites_deferred = f->invites_deferred,
	    .established = f->established,
	    .effective = f->effective,
	    .ineffective = f->ineffective,
	    .ended = f->ended,
	    .completed = f->completed,
	};
}

void report_sip_metrics(const struct desk *desk, struct tp_sip_metrics *metrics)
{
	metrics_fill(&desk->sip_metrics->total, metrics);
}

void report_each_sip_server(const struct desk *desk, tp_sip_server_visitor *visit, void *context)
{
	const struct pool *servers = &desk->sip_metrics->servers;

	for (uint32_t i = 0; i < servers->used; i++) {
		const struct server *server = pool_at(servers, i);
		struct tp_sip_metrics metrics;
		char at[ENDPOINT_TEXT_MAX];

		metrics_fill(&server->figures, &metrics);
		visit(context, endpoint_format(&server->at, at), &metrics);
	}
}
