/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_transaction.h"

#include <stdlib.h>

#include "exchange.h"
#include "flow.h"
#include "lru.h"
#include "registration.h"
#include "sip_metrics.h"

enum { TOGETHER = 16 /* that end, one after the other */ };

/* RFC 3261 17.1.1.2, 17.1.2.2: Timers B and F are 64 * T1. */
static const int64_t timer_b_ns = 32 * MEDIA_SECOND_NS;
/* An INVITE that rings: Timer C is longer than three minutes (RFC 3261 16.6). */
static const int64_t timer_c_ns = 300 * MEDIA_SECOND_NS;
/* Retransmissions come 0.5, 1.5 and 3.5 s after the request; who stops sooner had an answer. */
static const int64_t persistent_ns = 3 * MEDIA_SECOND_NS;

struct sip_transactions {
	struct pool pool;
	struct table keys, identities, chains;
	struct lru leaders; /* of groups, and so of all */
	uint16_t vantages;
	int64_t clocks[DESK_VANTAGES_MAX]; /* the latest message at each */
};

/* --- set-up --- */

struct sip_transactions *sip_transactions_new(uint32_t limit, uint16_t vantages)
{
	struct sip_transactions *all = calloc(1, sizeof(*all));

	if (!all) {
		return NULL;
	}
	all->vantages = vantages;
	if (!pool_init(&all->pool, sizeof(struct sip_transaction), limit) ||
	    !table_init_dense(&all->keys, limit) || !table_init_dense(&all->identities, limit) ||
	    !table_init_dense(&all->chains, limit) || !lru_init(&all->leaders, limit)) {
		sip_transactions_free(all);
		return NULL;
	}
	for (unsigned i = 0; i < DESK_VANTAGES_MAX; i++) {
		all->clocks[i] = INT64_MIN;
	}
	return all;
}

void sip_transactions_free(struct sip_transactions *all)
{
	if (!all) {
		return;
	}
	pool_fini(&all->pool);
	table_fini(&all->keys);
	table_fini(&all->identities);
	table_fini(&all->chains);
	lru_fini(&all->leaders);
	free(all);
}

static struct sip_transaction *transaction_at(const struct sip_transactions *all, uint32_t number)
{
	return pool_at(&all->pool, number);
}

static uint32_t number_of(const struct sip_transactions *all, const struct sip_transaction *t)
{
	return (uint32_t)(t - (const struct sip_transaction *)all->pool.objects);
}

/* --- what identifies one --- */

/* RFC 3261 17.1.3, 17.2.3; before that RFC branches were not unique, and the rest must do. */
static uint64_t key_of(
    const struct sip_message *m, const struct message_keys *keys, const struct signal *signal)
{
	uint64_t numbers = (uint64_t)signal->vantage << 48 | (uint64_t)m->method << 32 | m->cseq;
	uint64_t hash = keys->branch;

	if (!text_starts(m->via.branch, TEXT("z9hG4bK"))) {
		hash = hash_join(hash_join(keys->call_id, keys->from_tag), keys->sent_by);
	}
	if (m->method == SIP_METHOD_OTHER) {
		hash = hash_text(hash, m->method_text);
	}
	return flow_mix(hash ^ numbers, flow_golden);
}

/* What else must be equal in a request sent again; a router may change it in the response. */
static uint32_t sender_of(const struct sip_message *m, const struct message_keys *keys)
{
	return (uint32_t)hash_join(keys->call_id ^ m->via.sent_by.port, keys->sent_by);
}

/* A proxy keeps Call-ID, From tag and CSeq; the call knows the names that routers gave it. */
static uint64_t identity_of(
    const struct sip_message *m, const struct message_keys *keys, uint64_t birth)
{
	uint64_t numbers = (uint64_t)m->method << 32 | m->cseq;

	return hash_join(
	    flow_mix(keys->from_tag ^ numbers, flow_golden), birth ? birth : keys->call_id);
}

/* RFC 3261 22.2: a request is repeated with credentials under the same Call-ID and To. */
static uint64_t chain_of(
    const struct sip_message *m, const struct message_keys *keys, const struct signal *signal)
{
	struct endpoint from = {signal->src.address, 0};
	uint64_t hash = hash_endpoint(keys->call_id ^ signal->vantage, &from);

	return hash_text(hash ^ (uint64_t)m->method << 32 ^ m->via_count, m->to.uri);
}

/* --- the clock --- */

int64_t sip_transaction_clock(const struct desk *desk, uint16_t vantage)
{
	const struct sip_transactions *all = desk->sip_transactions;

	return all->vantages > 1 ? all->clocks[vantage] : desk->now_ns;
}

/* Of one that has no final response. */
enum sip_transaction_outcome sip_transaction_outcome_yet(
    const struct desk *desk, const struct sip_transaction *t)
{
	/* After a provisional response Timer B does not run; Timer F does (17.1.2.2). */
	bool rings = t->method == SIP_INVITE && t->proceeding;
	int64_t waited_ns = elapsed_ns(t->first_ns, sip_transaction_clock(desk, t->vantage));
	int64_t asked_ns = elapsed_ns(t->first_ns, sip_transaction_last_request(desk, t));

	if (rings || waited_ns < timer_b_ns) {
		return SIP_TRANSACTION_PENDING;
	}
	return t->reliable || asked_ns >= persistent_ns ? SIP_TRANSACTION_TIMED_OUT
							: SIP_TRANSACTION_UNSEEN;
}

/*
 * A transaction is kept by the desk's clock, in units of about a second, and a unit too long
 * rather than too short. Of a clock that steps by 70 years nothing is expected.
 */
static const unsigned clock_unit = 30; /* 2^30 ns */

static uint32_t clock_of(int64_t time_ns)
{
	return (uint32_t)((uint64_t)time_ns >> clock_unit);
}

static bool is_untouched(const struct desk *desk, const struct sip_transaction *t, int64_t for_ns)
{
	int32_t units = (int32_t)(clock_of(desk->now_ns) - t->touched);

	return units > (for_ns >> clock_unit) + 1;
}

/* True once the transaction can have no more messages (Timers D, H, J, K, and those above). */
static bool is_idle(const struct desk *desk, const struct sip_transaction *t)
{
	bool rings = t->method == SIP_INVITE && !t->status && t->proceeding;

	return is_untouched(desk, t, rings ? timer_c_ns : timer_b_ns);
}

/* --- groups --- */

const struct sip_transaction *sip_transaction_next(
    const struct desk *desk, const struct sip_transaction *t)
{
	return t->next != POOL_NONE ? transaction_at(desk->sip_transactions, t->next) : NULL;
}

static int64_t response_time(const struct sip_transaction *t)
{
	return t->status ? elapsed_ns(t->first_ns, t->final_ns) : 0;
}

static bool is_nearer(
    const struct desk *desk, const struct sip_transaction *a, const struct sip_transaction *b)
{
	enum sip_transaction_outcome of_a = sip_transaction_outcome(desk, a);
	enum sip_transaction_outcome of_b = sip_transaction_outcome(desk, b);
	bool a_known = of_a == SIP_TRANSACTION_ANSWERED || of_a == SIP_TRANSACTION_TIMED_OUT;
	bool b_known = of_b == SIP_TRANSACTION_ANSWERED || of_b == SIP_TRANSACTION_TIMED_OUT;

	if (a_known != b_known) {
		return a_known;
	}
	if (a->via_count != b->via_count) {
		return a->via_count < b->via_count;
	}
	if (a->ttl != b->ttl) {
		return a->ttl > b->ttl;
	}
	return response_time(a) > response_time(b);
}

const struct sip_transaction *sip_transaction_nearest(
    const struct desk *desk, const struct sip_transaction *leader)
{
	const struct sip_transaction *best = leader;

	if (leader->next == POOL_NONE) {
		return leader;
	}
	for (const struct sip_transaction *t = leader; t; t = sip_transaction_next(desk, t)) {
		if (is_nearer(desk, t, best)) {
			best = t;
		}
	}
	return best;
}

/* Of what else is made anew nobody asks since when. */
static bool has_chain(enum sip_method method)
{
	return method == SIP_REGISTER || method == SIP_INVITE || method == SIP_BYE;
}

static void more_give(struct desk *desk, struct sip_transaction *t)
{
	if (t->more) {
		slab_give(&desk->slab, sip_transaction_more(desk, t),
		    sizeof(struct sip_transaction_more));
		t->more = 0;
	}
}

static void transaction_forget(struct desk *desk, uint32_t number)
{
	struct sip_transactions *all = desk->sip_transactions;
	struct sip_transaction *t = transaction_at(all, number);

	more_give(desk, t);
	table_remove(&all->keys, t->key, number);
	if (has_chain((enum sip_method)t->method)) {
		table_remove(&all->chains, table_hash_kept(t->chain), number);
	}
	if (t->leader == number) {
		table_remove(&all->identities, t->identity, number);
		lru_remove(&all->leaders, number);
	}
	pool_give(&all->pool, number);
}

/* To all who count what became of it. */
static void group_tell(struct desk *desk, uint32_t leader)
{
	const struct sip_transaction *first = transaction_at(desk->sip_transactions, leader);

	sip_metrics_add(desk, sip_transaction_nearest(desk, first));
	for (const struct sip_transaction *t = first; t; t = sip_transaction_next(desk, t)) {
		exchange_add(desk, t);
		registration_finished(desk, t);
	}
}

static void group_give(struct desk *desk, uint32_t leader)
{
	struct sip_transactions *all = desk->sip_transactions;

	for (uint32_t n = leader; n != POOL_NONE; n = transaction_at(all, n)->next) {
		more_give(desk, transaction_at(all, n));
	}
}

/* Hand the group on, and forget it. */
static void group_finish(struct desk *desk, uint32_t leader)
{
	struct sip_transactions *all = desk->sip_transactions;

	group_tell(desk, leader);
	for (uint32_t n = leader; n != POOL_NONE;) {
		uint32_t next = transaction_at(all, n)->next;

		transaction_forget(desk, n);
		n = next;
	}
}

/* By the desk's order of arrival; frames part what one moment brought. */
static bool is_newer(const struct sip_transaction *a, const struct sip_transaction *b)
{
	if (a->first_ns != b->first_ns) {
		return a->first_ns > b->first_ns;
	}
	return a->capture != b->capture ? a->capture > b->capture : a->frame > b->frame;
}

static bool is_between(
    const struct desk *desk, const struct sip_transaction *t, const struct signal *signal)
{
	return t->src_port == signal->src.port && t->dst_port == signal->dst.port &&
	       sip_transaction_is_src(desk, t, &signal->src.address) &&
	       sip_transaction_is_dst(desk, t, &signal->dst.address);
}

/*
 * The group that the request belongs to, or POOL_NONE. On the same path one that was answered
 * is over: what follows is made anew, by a client that does not count its requests.
 */
static uint32_t group_find(const struct desk *desk, uint64_t identity, const struct signal *signal)
{
	const struct sip_transactions *all = desk->sip_transactions;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->identities, &cursor, identity);
	uint32_t newest = POOL_NONE;

	/* In which order a table has them depends on its key: of several it is the newest. */
	for (; number != TABLE_NONE; number = table_next(&all->identities, &cursor)) {
		const struct sip_transaction *t = transaction_at(all, number);

		if (t->identity == identity &&
		    !(t->status && t->vantage == signal->vantage && is_between(desk, t, signal)) &&
		    (newest == POOL_NONE || is_newer(t, transaction_at(all, newest)))) {
			newest = number;
		}
	}
	return newest;
}

static bool group_join(struct desk *desk, uint32_t number, const struct signal *signal)
{
	struct sip_transactions *all = desk->sip_transactions;
	struct sip_transaction *t = transaction_at(all, number);
	uint32_t leader = group_find(desk, t->identity, signal);

	t->next = POOL_NONE;
	t->leader = leader != POOL_NONE ? leader : number;
	if (leader == POOL_NONE) {
		if (!table_insert(&all->identities, t->identity, number)) {
			return false;
		}
		lru_append(&all->leaders, number);
		return true;
	}
	t->next = transaction_at(all, leader)->next;
	transaction_at(all, leader)->next = number;
	if (t->vantage == transaction_at(all, leader)->vantage && t->method == SIP_BYE) {
		t->session_ns = transaction_at(all, leader)->session_ns;
	}
	return true;
}

/* --- requests --- */

struct request {
	const struct call *call;
	const struct sip_message *message;
	const struct message_keys *keys;
	const struct signal *signal;
	uint64_t key, identity; /* of its transaction */
	uint32_t chain, sender;
};

static struct sip_transaction *find_request(const struct desk *desk, const struct request *r)
{
	const struct sip_transactions *all = desk->sip_transactions;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->keys, &cursor, r->key);

	for (; number != TABLE_NONE; number = table_next(&all->keys, &cursor)) {
		struct sip_transaction *t = transaction_at(all, number);

		if (t->key == r->key && t->sender == r->sender && is_between(desk, t, r->signal)) {
			return t;
		}
	}
	return NULL;
}

/* Is it that request, made anew? What one is known by besides is its To: see chain_of(). */
static bool is_in_chain(
    const struct desk *desk, const struct sip_transaction *t, const struct sip_transaction *next)
{
	struct endpoint from = sip_transaction_src(desk, next);

	return t->chain == next->chain && t->call_id == next->call_id &&
	       t->vantage == next->vantage && t->method == next->method &&
	       t->via_count == next->via_count && sip_transaction_is_src(desk, t, &from.address);
}

/* The newest of the chain; only that one is in the table. */
static struct sip_transaction *chain_find(
    const struct desk *desk, const struct sip_transaction *next)
{
	const struct sip_transactions *all = desk->sip_transactions;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->chains, &cursor, table_hash_kept(next->chain));

	while (number != TABLE_NONE && !is_in_chain(desk, transaction_at(all, number), next)) {
		number = table_next(&all->chains, &cursor);
	}
	return number != TABLE_NONE ? transaction_at(all, number) : NULL;
}

static void touch(struct desk *desk, struct sip_transaction *t, const struct signal *signal)
{
	struct sip_transactions *all = desk->sip_transactions;

	t->touched = clock_of(signal->time_ns > desk->now_ns ? signal->time_ns : desk->now_ns);
	transaction_at(all, t->leader)->touched = t->touched;
	lru_touch(&all->leaders, t->leader);
}

static uint32_t number_take(struct desk *desk)
{
	struct sip_transactions *all = desk->sip_transactions;
	uint32_t number = pool_take_unset(&all->pool);
	uint32_t oldest = all->leaders.oldest;

	if (number == POOL_NONE && oldest != POOL_NONE) {
		desk->evictions.sip_transactions += !is_idle(desk, transaction_at(all, oldest)) &&
						    !transaction_at(all, oldest)->status;
		group_finish(desk, oldest);
		number = pool_take_unset(&all->pool);
	}
	return number;
}

/*
 * When the session that a BYE ends was answered, as this vantage saw it. Of two BYEs that cross
 * the first one ends the session.
 */
static int64_t answered_at(const struct call *call, uint16_t vantage)
{
	for (const struct observation *o = call ? call->observations : NULL; o; o = o->next) {
		if (o->vantage == vantage && o->invite.set && o->answered.set && !o->bye) {
			return o->answered.time_ns;
		}
	}
	return SIP_TRANSACTION_NEVER;
}

static void chain_join(const struct desk *desk, uint32_t number)
{
	struct sip_transactions *all = desk->sip_transactions;
	struct sip_transaction *t = transaction_at(all, number);
	const struct sip_transaction *before;

	if (!has_chain((enum sip_method)t->method)) {
		return;
	}
	before = chain_find(desk, t);
	if (before && before->cseq < t->cseq && sip_transaction_is_deferred(before) &&
	    elapsed_ns(before->final_ns, t->first_ns) < timer_b_ns) {
		t->begun_ns = before->begun_ns;
		t->session_ns = t->method == SIP_BYE ? before->session_ns : t->session_ns;
		t->continues = true;
	}
	if (before) {
		table_remove(&all->chains, table_hash_kept(t->chain), number_of(all, before));
	}
	/* Where that fails, a chain is cut: its next request counts as the first. */
	(void)table_insert(&all->chains, table_hash_kept(t->chain), number);
}

/* Made if need be; NULL where memory is short. */
static struct sip_transaction_more *more_make(
    struct desk *desk, struct sip_transaction *t, const struct signal *request)
{
	struct sip_transaction_more *more = sip_transaction_more(desk, t);

	if (!more) {
		more = slab_take(&desk->slab, sizeof(*more));
		if (more) {
			*more = (struct sip_transaction_more){
			    request->src.address, request->dst.address, t->first_ns, 0};
			t->more = slab_number(&desk->slab, more);
		}
	}
	return more;
}

static void transaction_fill(struct sip_transaction *t, const struct request *r)
{
	const struct sip_message *m = r->message;
	const struct signal *signal = r->signal;

	*t = (struct sip_transaction){
	    .key = r->key,
	    .identity = r->identity,
	    .first_ns = signal->time_ns,
	    .begun_ns = signal->time_ns,
	    .final_ns = SIP_TRANSACTION_NEVER,
	    .session_ns = m->method == SIP_BYE ? answered_at(r->call, signal->vantage)
					       : SIP_TRANSACTION_NEVER,
	    .frame = signal->frame,
	    .chain = r->chain,
	    .sender = r->sender,
	    .call_id = (uint32_t)r->keys->call_id,
	    .cseq = m->cseq,
	    .src = address_last_four(&signal->src.address),
	    .dst = address_last_four(&signal->dst.address),
	    .src_port = signal->src.port,
	    .dst_port = signal->dst.port,
	    .wide =
		!address_is_ipv4(&signal->src.address) || !address_is_ipv4(&signal->dst.address),
	    .vantage = (uint8_t)signal->vantage,
	    .capture = (uint8_t)signal->capture,
	    .via_count = m->via_count < UINT8_MAX ? (uint8_t)m->via_count : UINT8_MAX,
	    .method = (uint8_t)m->method,
	    .ttl = signal->ttl,
	    .reliable = signal->transport != SIGNAL_UDP ||
			!text_equal_nocase(m->via.transport, TEXT("UDP")),
	    .in_dialog = m->to.tag.length > 0,
	};
}

static struct sip_transaction *transaction_begin(struct desk *desk, const struct request *r)
{
	struct sip_transactions *all = desk->sip_transactions;
	uint32_t number = number_take(desk);
	struct sip_transaction *t;

	if (number == POOL_NONE) {
		desk->evictions.sip_transactions++;
		return NULL;
	}
	t = transaction_at(all, number);
	transaction_fill(t, r);
	if ((t->wide && !more_make(desk, t, r->signal)) ||
	    !table_insert(&all->keys, t->key, number) || !group_join(desk, number, r->signal)) {
		desk->evictions.sip_transactions++;
		more_give(desk, t);
		table_remove(&all->keys, t->key, number);
		pool_give(&all->pool, number);
		return NULL;
	}
	chain_join(desk, number);
	touch(desk, t, r->signal);
	return t;
}

static void request_again(struct desk *desk, struct sip_transaction *t, const struct signal *signal)
{
	int64_t last_ns = sip_transaction_last_request(desk, t);
	struct sip_transaction_more *more;

	/* No timer sends it again over a reliable transport (RFC 3261 17.1.1.2). */
	if (signal->transport != SIGNAL_UDP ||
	    elapsed_ns(last_ns, signal->time_ns) < SIGNAL_COPY_NS) {
		return;
	}
	more = more_make(desk, t, signal);
	if (more) {
		more->retransmissions++;
		more->last_request_ns = signal->time_ns;
	}
}

static struct sip_transaction_step request_take(struct desk *desk, const struct request *r)
{
	const struct signal *signal = r->signal;
	struct sip_transaction *t;

	t = find_request(desk, r);
	if (t && elapsed_ns(sip_transaction_last_request(desk, t), signal->time_ns) >= timer_b_ns) {
		group_finish(desk, t->leader); /* the branch is used anew */
		t = NULL;
	}
	if (t) {
		request_again(desk, t, signal);
		touch(desk, t, signal);
		return (struct sip_transaction_step){SIP_TRANSACTION_AGAIN, t};
	}
	t = transaction_begin(desk, r);
	return (struct sip_transaction_step){t ? SIP_TRANSACTION_BEGAN : SIP_TRANSACTION_NONE, t};
}

/* --- responses --- */

/*
 * How well the response's way fits the request's, backwards; 0: not at all. A router may
 * change the Call-ID, a server may answer from another address; not both at once.
 */
static int fit(const struct desk *desk, const struct sip_transaction *t,
    const struct signal *signal, uint32_t call_id)
{
	bool to_client = sip_transaction_is_src(desk, t, &signal->dst.address);
	bool from_server = sip_transaction_is_dst(desk, t, &signal->src.address);

	if (!(to_client && from_server) && t->call_id != call_id) {
		return 0;
	}
	return 2 * (to_client + from_server) + (to_client && t->src_port == signal->dst.port) +
	       (from_server && t->dst_port == signal->src.port);
}

static struct sip_transaction *find_response(const struct desk *desk, uint64_t key,
    const struct message_keys *keys, const struct signal *signal)
{
	const struct sip_transactions *all = desk->sip_transactions;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->keys, &cursor, key);
	struct sip_transaction *best = NULL;
	int best_fit = 0;

	for (; number != TABLE_NONE; number = table_next(&all->keys, &cursor)) {
		struct sip_transaction *t = transaction_at(all, number);

		int how_well = t->key == key ? fit(desk, t, signal, (uint32_t)keys->call_id) : 0;

		if (how_well > best_fit) {
			best = t;
			best_fit = how_well;
		}
	}
	return best;
}

static enum sip_transaction_event provisional_take(
    struct sip_transaction *t, const struct sip_message *m, const struct signal *signal)
{
	if (t->status) {
		return SIP_TRANSACTION_AGAIN; /* overtaken by the final one */
	}
	t->proceeding = true;
	if (t->method == SIP_INVITE && m->status > 100 && t->session_ns == SIP_TRANSACTION_NEVER) {
		t->session_ns = signal->time_ns;
	}
	return SIP_TRANSACTION_PROVISIONAL;
}

static enum sip_transaction_event final_take(
    struct sip_transaction *t, const struct sip_message *m, const struct signal *signal)
{
	if (t->status) {
		return SIP_TRANSACTION_AGAIN;
	}
	t->status = m->status;
	t->final_ns = signal->time_ns;
	return SIP_TRANSACTION_FINAL;
}

static struct sip_transaction_step response_take(struct desk *desk, uint64_t key,
    const struct sip_message *m, const struct message_keys *keys, const struct signal *signal)
{
	struct sip_transaction *t = find_response(desk, key, keys, signal);
	struct sip_transaction_step step = {SIP_TRANSACTION_NONE, t};

	if (t) {
		step.event =
		    m->status < 200 ? provisional_take(t, m, signal) : final_take(t, m, signal);
		touch(desk, t, signal);
	}
	return step;
}

struct sip_transaction_way sip_transaction_way(const struct desk *desk, const struct sip_message *m,
    const struct message_keys *keys, const struct signal *signal)
{
	const struct sip_transactions *all = desk->sip_transactions;
	struct sip_transaction_way way = {
	    .key = table_way(&all->keys, key_of(m, keys, signal)),
	};

	if (m->request && has_chain(m->method)) {
		way.chain = table_hash_keep(chain_of(m, keys, signal));
		(void)table_prefetch(&all->chains, table_hash_kept(way.chain));
	}
	return way;
}

void sip_transaction_fetch(const struct desk *desk, const struct sip_transaction_way *way,
    uint64_t birth, const struct sip_message *m, const struct message_keys *keys)
{
	const struct sip_transactions *all = desk->sip_transactions;
	uint32_t number = table_way_likely(way->key);

	if (number != TABLE_NONE) {
		memory_fetch(transaction_at(all, number), sizeof(struct sip_transaction));
	} else if (m->request && birth) {
		(void)table_prefetch(&all->identities, identity_of(m, keys, birth));
	}
}

struct sip_transaction_step sip_transaction_take(struct desk *desk,
    const struct sip_transaction_way *way, const struct call *call, uint64_t birth,
    const struct sip_message *m, const struct message_keys *keys, const struct signal *signal)
{
	struct sip_transactions *all = desk->sip_transactions;
	int64_t *clock = &all->clocks[signal->vantage];
	struct request r = {.call = call, .message = m, .keys = keys, .signal = signal};

	*clock = signal->time_ns > *clock ? signal->time_ns : *clock;
	if (!m->request) {
		return response_take(desk, way->key.hash, m, keys, signal);
	}
	if (m->method == SIP_ACK) {
		return (struct sip_transaction_step){SIP_TRANSACTION_NONE, NULL};
	}
	r.key = way->key.hash;
	r.identity = identity_of(m, keys, birth);
	(void)table_prefetch(&all->identities, r.identity); /* most begin one */
	r.chain = way->chain;
	r.sender = sender_of(m, keys);
	return request_take(desk, &r);
}

/* --- the end --- */

/* So many of the oldest leaders as there is room for, on their way to the cache; the next one. */
__attribute__((always_inline)) static inline uint32_t oldest_fetch(
    const struct sip_transactions *all, uint32_t number, uint32_t batch[TOGETHER], unsigned *count)
{
	for (*count = 0; *count < TOGETHER && number != POOL_NONE; ++*count) {
		memory_fetch(transaction_at(all, number), sizeof(struct sip_transaction));
		batch[*count] = number;
		number = all->leaders.links[number].newer;
	}
	return number;
}

/* Where group_finish() will look. */
__attribute__((always_inline)) static inline void ways_fetch(
    const struct desk *desk, const struct sip_transaction *t)
{
	const struct sip_transactions *all = desk->sip_transactions;

	(void)table_prefetch(&all->keys, t->key);
	(void)table_prefetch(&all->identities, t->identity);
	if (has_chain((enum sip_method)t->method)) {
		(void)table_prefetch(&all->chains, table_hash_kept(t->chain));
	}
	exchange_fetch(desk, t);
}

/* Nobody has looked at them for long: what is needed of several is asked of memory together. */
void sip_transaction_expire(struct desk *desk)
{
	const struct sip_transactions *all = desk->sip_transactions;
	uint32_t batch[TOGETHER], next = all->leaders.oldest;
	unsigned count;

	do {
		next = oldest_fetch(all, next, batch, &count);
		for (unsigned i = 0; i < count; i++) {
			ways_fetch(desk, transaction_at(all, batch[i]));
		}
		/* Those that ring wait longer than the others, and stand between them. */
		for (unsigned i = 0; i < count; i++) {
			const struct sip_transaction *t = transaction_at(all, batch[i]);

			if (!is_untouched(desk, t, timer_b_ns)) {
				return;
			}
			if (is_idle(desk, t)) {
				group_finish(desk, batch[i]);
			}
		}
	} while (next != POOL_NONE);
}

/* The input is over: all are told of, and then the tables emptied as a whole. */
void sip_transaction_finish(struct desk *desk)
{
	struct sip_transactions *all = desk->sip_transactions;
	uint32_t batch[TOGETHER], next = all->leaders.oldest;
	unsigned count;

	do {
		next = oldest_fetch(all, next, batch, &count);
		for (unsigned i = 0; i < count; i++) {
			exchange_fetch(desk, transaction_at(all, batch[i]));
		}
		for (unsigned i = 0; i < count; i++) {
			group_tell(desk, batch[i]);
			group_give(desk, batch[i]);
		}
	} while (next != POOL_NONE);
	table_clear(&all->keys);
	table_clear(&all->identities);
	table_clear(&all->chains);
	pool_clear(&all->pool);
	all->leaders.oldest = all->leaders.newest = POOL_NONE;
}
