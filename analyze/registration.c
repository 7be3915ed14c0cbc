/* SPDX-License-Identifier: Apache-2.0 */
#include "registration.h"

#include <stdlib.h>

#include "flow.h"
#include "registration_state.h"

enum { SILENCE_REPEATS = 4 };

static const int64_t silence_ns = 7 * MEDIA_SECOND_NS;

/* RFC 8489 sections 5 and 18.2: method and class. */
static const uint16_t stun_binding_request = 0x0001, stun_binding_indication = 0x0011;

struct registrations *registrations_new(uint32_t limit)
{
	struct registrations *all = calloc(1, sizeof(*all));
	bool ready;

	if (!all) {
		return NULL;
	}
	all->oldest = all->newest = POOL_NONE;
	ready = pool_init(&all->pool, sizeof(struct registration), limit) &&
		table_init_dense(&all->bindings, limit) && table_init_dense(&all->flows, limit) &&
		table_init_dense(&all->accounts, limit);
	for (int proven = 0; proven < 2; proven++) {
		ready = ready && lru_init(&all->idle[proven], limit);
	}
	if (!ready) {
		registrations_free(all);
		return NULL;
	}
	return all;
}

void registrations_free(struct registrations *all)
{
	if (!all) {
		return;
	}
	for (uint32_t n = all->pool.objects ? all->oldest : POOL_NONE; n != POOL_NONE;
	     n = registration_at(all, n)->newer) {
		arena_free(&registration_at(all, n)->text);
	}
	pool_fini(&all->pool);
	table_fini(&all->bindings);
	table_fini(&all->flows);
	table_fini(&all->accounts);
	for (int proven = 0; proven < 2; proven++) {
		lru_fini(&all->idle[proven]);
	}
	free(all);
}

/* --- names --- */

static struct text shortened(struct text t)
{
	return (struct text){t.at, t.length < TEXT_KEPT ? t.length : TEXT_KEPT};
}

/* Strings that change often must not fill the arena: what is current is moved to a new one. */
static void texts_move(struct registration *r)
{
	struct arena old = r->text;
	const char **const texts[] = {
	    &r->aor, &r->contact, &r->user_agent, &r->reason, &r->refusal.reason};

	r->text = (struct arena){.limit = old.limit, .slab = old.slab};
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		*texts[i] = arena_text(&r->text, text_of(*texts[i]));
	}
	arena_free(&old);
}

static void text_set(struct registration *r, const char **at, struct text value)
{
	value = shortened(value);
	if (*at && text_equal(text_of(*at), value)) {
		return;
	}
	if (r->text.taken + (size_t)4 * TEXT_KEPT > r->text.limit) {
		texts_move(r);
	}
	*at = arena_text(&r->text, value);
}

/* The same of what others say, too. */
static void phrase_set(
    struct desk *desk, struct registration *r, const char **at, struct text value)
{
	const char *kept;

	if (text_equal(text_of(*at), shortened(value))) {
		return;
	}
	kept = phrase_keep(&desk->phrases, desk->key, shortened(value));
	if (kept) {
		*at = kept;
	} else {
		text_set(r, at, value);
	}
}

/* Of no more than TEXT_KEPT characters. */
static uint64_t hash_nocase(uint64_t hash, struct text t)
{
	char lower[TEXT_KEPT];

	for (size_t i = 0; i < t.length; i += 8) {
		uint64_t eight = text_lower_eight(text_eight(text_from(t, i)));

		memcpy(lower + i, &eight, sizeof(eight));
	}
	return hash_text(hash, (struct text){lower, t.length});
}

/* RFC 3261 10.3 and 19.1.4: the user as written, the host in any case; no parameters. */
static uint64_t aor_hash(uint64_t key, const struct sip_message *m)
{
	struct sip_uri aor = sip_uri_of(m, &m->to);

	if (!sip_uri_is_sound(&aor)) {
		return hash_text(key, m->to.uri);
	}
	return hash_nocase(hash_text(key, aor.user), shortened(aor.host.name));
}

/* sip:user@host:port of a URI, without its parameters. */
static struct text bare_uri(struct text uri)
{
	size_t at = text_find(uri, '@');
	size_t from = at < uri.length ? at : 0;
	struct text behind = text_from(uri, from);

	return (struct text){uri.at, from + text_find(behind, ';')};
}

static bool is_same_host(const struct sip_uri *a, const struct sip_uri *b)
{
	return text_equal_nocase(a->scheme, b->scheme) && text_equal(a->user, b->user) &&
	       text_equal_nocase(a->host.name, b->host.name);
}

enum contact_likeness { CONTACT_OTHER, CONTACT_OTHER_PORT, CONTACT_SAME };

static enum contact_likeness compare_contacts(struct text a, struct text b)
{
	struct sip_uri x, y;

	if (text_equal(a, b)) {
		return CONTACT_SAME; /* as mostly */
	}
	if (sip_uri_parse(&x, a) != DISSECT_OK || sip_uri_parse(&y, b) != DISSECT_OK ||
	    x.host.name.length == 0) {
		return CONTACT_OTHER;
	}
	if (!is_same_host(&x, &y)) {
		return CONTACT_OTHER;
	}
	return x.host.port == y.host.port ? CONTACT_SAME : CONTACT_OTHER_PORT;
}

/* --- finding --- */

static uint64_t binding_hash(const struct desk *desk, uint16_t vantage, const struct sip_message *m,
    const struct endpoint *registrar)
{
	return aor_hash(hash_endpoint(desk->key ^ vantage, registrar), m);
}

/* The same either way: a packet of either end is looked up once. */
static uint64_t flow_hash(const struct desk *desk, uint16_t vantage, const struct endpoint *source,
    const struct endpoint *registrar)
{
	uint64_t key = desk->key ^ vantage;

	return flow_mix(
	    hash_endpoint(key, source) + hash_endpoint(key, registrar), key ^ flow_golden);
}

static bool has_flow(const struct registration *r, uint16_t vantage, const struct endpoint *source,
    const struct endpoint *registrar)
{
	return r->vantage == vantage && endpoint_equal(&r->source, source) &&
	       endpoint_equal(&r->registrar, registrar);
}

static bool is_binding(
    const struct registration *r, const struct sip_address *contact, uint64_t instance)
{
	if (instance && r->instance) {
		return instance == r->instance;
	}
	return compare_contacts(text_of(r->contact), shortened(bare_uri(contact->uri))) ==
	       CONTACT_SAME;
}

/* The device and, of one that registers over several paths, the path (RFC 5626 section 4.2). */
static uint64_t instance_of(const struct desk *desk, const struct sip_address *contact)
{
	return contact->instance.length
		   ? hash_text(desk->key ^ contact->reg_id.value, contact->instance)
		   : 0;
}

static struct registration *find_binding(
    struct desk *desk, uint64_t hash, const struct sip_address *contact, uint64_t instance)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->bindings, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&all->bindings, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->hash == hash && is_binding(r, contact, instance)) {
			return r;
		}
	}
	return NULL;
}

/* --- making and forgetting --- */

static void order_append(struct registrations *all, uint32_t number)
{
	struct registration *r = registration_at(all, number);

	r->older = all->newest;
	r->newer = POOL_NONE;
	if (all->newest != POOL_NONE) {
		registration_at(all, all->newest)->newer = number;
	} else {
		all->oldest = number;
	}
	all->newest = number;
}

static void registration_forget(struct registrations *all, uint32_t number)
{
	struct registration *r = registration_at(all, number);

	if (r->older != POOL_NONE) {
		registration_at(all, r->older)->newer = r->newer;
	} else {
		all->oldest = r->newer;
	}
	if (r->newer != POOL_NONE) {
		registration_at(all, r->newer)->older = r->older;
	} else {
		all->newest = r->older;
	}
	table_remove(&all->bindings, r->hash, number);
	table_remove(&all->flows, r->flow, number);
	table_remove(&all->accounts, r->account, number);
	lru_remove(&all->idle[r->proven], number);
	arena_free(&r->text);
	pool_give(&all->pool, number);
}

static uint32_t number_take(struct desk *desk)
{
	struct registrations *all = desk->registrations;
	bool rich = desk->slab.held + ARENA_LIMIT <= desk->slab.limit;
	uint32_t number = rich ? pool_take(&all->pool) : POOL_NONE;
	uint32_t victim = all->idle[false].oldest;

	if (victim == POOL_NONE) {
		victim = all->idle[true].oldest;
	}
	if (number == POOL_NONE && victim != POOL_NONE) {
		desk->evictions.registrations++;
		registration_forget(all, victim);
		number = pool_take(&all->pool);
	}
	return number;
}

static void flow_set(struct desk *desk, struct registration *r, const struct endpoint *source)
{
	struct registrations *all = desk->registrations;
	uint32_t number = registration_number(all, r);

	if (r->flow && endpoint_equal(&r->source, source)) {
		return;
	}
	table_remove(&all->flows, r->flow, number);
	r->source = *source;
	r->flow = flow_hash(desk, r->vantage, source, &r->registrar);
	/* Where there is no room its keep-alives are not seen, and nothing else is lost. */
	(void)table_insert(&all->flows, r->flow, number);
}

static struct registration *registration_make(struct desk *desk, uint64_t hash,
    const struct sip_message *m, const struct endpoint *registrar, const struct signal *signal)
{
	struct registrations *all = desk->registrations;
	uint32_t number = number_take(desk);
	struct registration *r;

	if (number == POOL_NONE || !table_insert(&all->bindings, hash, number)) {
		if (number != POOL_NONE) {
			pool_give(&all->pool, number);
		}
		desk->evictions.registrations++;
		return NULL;
	}
	r = registration_at(all, number);
	r->hash = hash;
	r->account = aor_hash(desk->key ^ signal->vantage, m);
	r->vantage = signal->vantage;
	r->registrar = *registrar;
	r->text = (struct arena){.limit = TEXT_OCTETS, .slab = &desk->slab};
	r->first_ns = r->last_ns = signal->time_ns;
	r->granted_ns = INT64_MIN;
	r->aor = r->contact = r->user_agent = r->reason = r->refusal.reason = "";
	text_set(r, &r->aor, bare_uri(m->to.uri));
	order_append(all, number);
	lru_append(&all->idle[false], number);
	/* Of an account with more contacts than find room, some are not compared with the others.
	 */
	(void)table_insert(&all->accounts, r->account, number);
	r->id = ++all->born;
	return r;
}

static void touch(struct registrations *all, struct registration *r, const struct signal *signal)
{
	lru_touch(&all->idle[r->proven], registration_number(all, r));
	r->last_ns = signal->time_ns > r->last_ns ? signal->time_ns : r->last_ns;
}

/* --- requests --- */

/* A phone that starts again has a new Call-ID (10.2), and often a new port. */
static void supersede(struct desk *desk, const struct registration *newcomer)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->bindings, &cursor, newcomer->hash);

	for (; number != TABLE_NONE; number = table_next(&all->bindings, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r != newcomer && r->hash == newcomer->hash && r->call_id != newcomer->call_id &&
		    address_equal(&r->source.address, &newcomer->source.address) &&
		    compare_contacts(text_of(r->contact), text_of(newcomer->contact)) ==
			CONTACT_OTHER_PORT) {
			r->superseded = true;
		}
	}
}

static void request_note(struct desk *desk, struct registration *r, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction *t, const struct sip_number *expires)
{
	r->call_id = t->call_id;
	r->cseq = m->cseq;
	r->pending = true;
	r->removing = expires->given && expires->value == 0;
	r->authorized = m->authentication.authorized;
	r->request = signal_mark(signal);
	r->asked = *expires;
	r->relayed = m->via_count > 1;
	r->superseded = false;
	r->transport = signal->transport;
	flow_set(desk, r, &signal->src);
	if (m->user_agent.length) {
		phrase_set(desk, r, &r->user_agent, m->user_agent);
	}
	touch(desk->registrations, r, signal);
}

static void contact_note(struct desk *desk, uint64_t hash, const struct sip_message *m,
    const struct sip_address *contact, const struct signal *signal, const struct sip_transaction *t)
{
	uint64_t instance = instance_of(desk, contact);
	struct registration *r = find_binding(desk, hash, contact, instance);
	const struct sip_number *expires =
	    contact->expires.given ? &contact->expires : &m->timers.expires;
	struct text uri = shortened(bare_uri(contact->uri));
	bool is_new = !r;

	if (is_new) {
		r = registration_make(desk, hash, m, &signal->dst, signal);
	}
	if (!r) {
		return;
	}
	r->instance = instance;
	if (!text_equal(text_of(r->contact), uri)) {
		r->mapped_known = false;
		text_set(r, &r->contact, uri);
	}
	request_note(desk, r, m, signal, t, expires);
	if (is_new) {
		supersede(desk, r);
	}
}

/* "Contact: *" with "Expires: 0" takes back all of them (RFC 3261 10.2.2). */
static void wildcard_note(struct desk *desk, uint64_t hash, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction *t)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->bindings, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&all->bindings, &cursor)) {
		if (registration_at(all, number)->hash == hash) {
			request_note(desk, registration_at(all, number), m, signal, t,
			    &(struct sip_number){true, 0});
		}
	}
}

static void request_take(struct desk *desk, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction *t)
{
	uint64_t hash = binding_hash(desk, signal->vantage, m, &signal->dst);

	for (unsigned i = 0; i < m->contact_count; i++) {
		if (text_equal(m->contacts[i].uri, TEXT("*"))) {
			wildcard_note(desk, hash, m, signal, t);
		} else if (m->contacts[i].uri.length) {
			contact_note(desk, hash, m, &m->contacts[i], signal, t);
		}
	}
}

/* --- responses --- */

/* What the registrar says for how long it holds (10.3 step 8); what was asked for otherwise. */
static struct sip_number granted(const struct registration *r, const struct sip_message *m)
{
	const struct sip_number *own = NULL;

	for (unsigned i = 0; i < m->contact_count; i++) {
		struct text uri = shortened(bare_uri(m->contacts[i].uri));

		if (compare_contacts(text_of(r->contact), uri) == CONTACT_SAME) {
			own = &m->contacts[i].expires;
		}
	}
	if (!own && m->contact_count == 1) {
		own = &m->contacts[0].expires; /* rewritten by a registrar or SBC */
	}
	if (own && own->given) {
		return *own;
	}
	if (m->timers.expires.given) {
		return m->timers.expires;
	}
	/* Among several contacts with their own times, ours cannot be told. */
	if (m->contact_count > 1 && !own) {
		return (struct sip_number){0};
	}
	return r->asked;
}

/* Where the registrar saw the request come from: as it says (RFC 3581), or as is seen here. */
static bool mapped_source(
    const struct sip_message *m, const struct sip_transaction *t, struct endpoint *mapped)
{
	struct text told = m->via.received.length ? m->via.received : m->via.sent_by.name;

	*mapped = t->src;
	if ((!m->via.received.length && !m->via.rport) || !address_parse(&mapped->address, told)) {
		mapped->address = t->src.address;
		return false;
	}
	mapped->port = m->via.rport;
	return true;
}

/*
 * A mapping has changed where the same phone, not started again, comes from elsewhere. What
 * lies behind a proxy is not seen.
 */
static void mapping_note(
    struct registration *r, const struct sip_message *m, const struct sip_transaction *t)
{
	struct endpoint mapped;
	bool told = mapped_source(m, t, &mapped);

	if (r->relayed) {
		return;
	}
	if (r->mapped_known && r->mapped_told == told && r->mapped_call == r->call_id &&
	    !endpoint_equal(&r->mapped, &mapped)) {
		r->mapping_changes++;
	}
	r->mapped = mapped;
	r->mapped_told = told;
	r->mapped_call = r->call_id;
	r->mapped_known = true;
}

static void success_note(struct desk *desk, struct registration *r, const struct sip_message *m,
    const struct signal *signal)
{
	struct registrations *all = desk->registrations;
	struct sip_number expires = granted(r, m);

	if (r->removing || (expires.given && expires.value == 0)) {
		r->outcome = OUTCOME_REMOVED;
		r->granted_ns = INT64_MIN;
		r->expires = (struct sip_number){0};
		return;
	}
	r->refreshes += r->granted_ns != INT64_MIN;
	r->refusals = 0;
	r->refusal = (struct registration_refusal){.reason = ""};
	r->outcome = OUTCOME_REGISTERED;
	r->granted_ns = signal->time_ns;
	r->expires = expires;
	if (!r->proven) {
		lru_remove(&all->idle[false], registration_number(all, r));
		lru_append(&all->idle[true], registration_number(all, r));
		r->proven = true;
	}
}

/* Some registrars say so in words, and not by "stale=true" (RFC 7616 3.3). */
static bool is_about_nonce(const struct sip_message *m)
{
	const struct text nonce = TEXT("nonce");

	for (size_t i = 0; i + nonce.length <= m->reason.length; i++) {
		if (text_equal_nocase((struct text){m->reason.at + i, nonce.length}, nonce)) {
			return true;
		}
	}
	return false;
}

/* 423 asks for a longer interval: no failure if the phone then gives one. */
static void refusal_note(struct desk *desk, struct registration *r, const struct sip_message *m)
{
	struct registration_refusal *last = &r->refusal;
	bool alike =
	    last->status == m->status && text_equal(text_of(last->reason), text_of(r->reason));

	last->alike = alike ? last->alike + 1 : 1;
	last->status = m->status;
	last->authorized = r->authorized;
	last->request = r->request;
	last->answer = r->answer;
	phrase_set(desk, r, &last->reason, text_of(r->reason));
	r->failures += m->status != 423;
	r->refusals += m->status != 423;
}

static void response_note(struct desk *desk, struct registration *r, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction *t)
{
	r->pending = false;
	r->status = m->status;
	r->answer = signal_mark(signal);
	r->unanswered = r->sent_in_vain = 0;
	phrase_set(desk, r, &r->reason, m->reason);
	mapping_note(r, m, t);
	touch(desk->registrations, r, signal);
	if (m->status < 300) {
		success_note(desk, r, m, signal);
	} else if (m->status < 400) {
		r->outcome = OUTCOME_REDIRECTED;
	} else if (sip_transaction_is_deferred(t)) {
		bool refused = t->rounds > 0 && !sip_is_stale(m) && !is_about_nonce(m);

		/* It begins with a challenge; another one refuses the credentials. */
		r->challenges++;
		r->outcome = refused ? OUTCOME_REFUSED : OUTCOME_CHALLENGED;
	} else {
		r->outcome = OUTCOME_REFUSED;
	}
	if (r->outcome == OUTCOME_REFUSED) {
		refusal_note(desk, r, m);
	}
}

static void response_take(struct desk *desk, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction *t)
{
	struct registrations *all = desk->registrations;
	uint64_t hash = binding_hash(desk, t->vantage, m, &t->dst);
	struct table_cursor cursor;
	uint32_t number = table_first(&all->bindings, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&all->bindings, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->hash == hash && r->pending && r->call_id == t->call_id &&
		    r->cseq == t->cseq) {
			response_note(desk, r, m, signal, t);
		}
	}
}

/* A 200 whose request came before the capture: its Contacts are bindings (10.3 step 8). */
static void late_take(struct desk *desk, const struct sip_message *m, const struct signal *signal)
{
	uint64_t hash = binding_hash(desk, signal->vantage, m, &signal->src);
	const struct sip_address *contact = &m->contacts[0];
	uint64_t instance;
	struct registration *r;

	if (m->status >= 300 || m->contact_count != 1 || contact->uri.length == 0) {
		return; /* of several it cannot be told whose the answer is */
	}
	instance = instance_of(desk, contact);
	if (find_binding(desk, hash, contact, instance)) {
		return;
	}
	r = registration_make(desk, hash, m, &signal->src, signal);
	if (!r) {
		return;
	}
	r->instance = instance;
	r->status = m->status;
	r->relayed = m->via_count > 1;
	text_set(r, &r->contact, bare_uri(contact->uri));
	phrase_set(desk, r, &r->reason, m->reason);
	flow_set(desk, r, &signal->dst);
	success_note(desk, r, m, signal);
}

void registration_take(struct desk *desk, const struct sip_message *m, const struct signal *signal,
    const struct sip_transaction_step *step)
{
	if (m->request && m->method == SIP_OPTIONS && step->event == SIP_TRANSACTION_BEGAN) {
		registration_keepalive(desk, signal, KEEPALIVE_OPTIONS);
	}
	if (m->method != SIP_REGISTER) {
		return;
	}
	if (m->request && step->event == SIP_TRANSACTION_BEGAN) {
		request_take(desk, m, signal, step->transaction);
	} else if (!m->request && step->event == SIP_TRANSACTION_FINAL) {
		response_take(desk, m, signal, step->transaction);
	} else if (!m->request && step->event == SIP_TRANSACTION_NONE && m->status >= 200) {
		late_take(desk, m, signal);
	}
}

/* It gave up, or would not have gone on so long had it been answered: Timer E (17.1.2.2). */
static bool is_in_vain(const struct desk *desk, const struct sip_transaction *t)
{
	if (t->status || t->proceeding) {
		return false;
	}
	return sip_transaction_outcome(desk, t) == SIP_TRANSACTION_TIMED_OUT ||
	       (t->retransmissions >= SILENCE_REPEATS &&
		   elapsed_ns(t->first.time_ns, t->last_request_ns) >= silence_ns);
}

/* A phone may have gone on to its next request by the time that one counts as unanswered. */
static void silence_note(struct registration *r, const struct sip_transaction *t)
{
	if (r->answer.set && r->answer.time_ns >= t->first.time_ns) {
		return;
	}
	if (r->unanswered++ == 0) {
		r->silence = t->first;
	}
	r->sent_in_vain += t->retransmissions + 1;
	r->silent_ns = t->last_request_ns;
}

void registration_finished(struct desk *desk, const struct sip_transaction *t)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number;
	uint64_t flow;
	bool timed_out;

	if (t->method != SIP_REGISTER || !is_in_vain(desk, t)) {
		return;
	}
	flow = flow_hash(desk, t->vantage, &t->src, &t->dst);
	timed_out = sip_transaction_outcome(desk, t) == SIP_TRANSACTION_TIMED_OUT;
	number = table_first(&all->flows, &cursor, flow);
	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->flow != flow || !has_flow(r, t->vantage, &t->src, &t->dst)) {
			continue;
		}
		silence_note(r, t);
		if (timed_out && r->pending && r->call_id == t->call_id && r->cseq == t->cseq) {
			r->pending = false;
			r->status = 0;
			r->outcome = OUTCOME_UNANSWERED;
			r->failures++;
		}
	}
}

/* --- keep-alives --- */

static void sample_add(struct keepalives *k, int64_t time_ns, enum keepalive_kind kind)
{
	int64_t interval_ns = elapsed_ns(k->last_ns, time_ns);

	/* Two at once are one: some phones send a pair, some captures show each twice. */
	if (k->seen && interval_ns > -MEDIA_SECOND_NS && interval_ns < MEDIA_SECOND_NS) {
		return;
	}
	if (k->seen && interval_ns > 0 && interval_ns / 1000000 < UINT32_MAX) {
		k->intervals_ms[k->count++ % REGISTRATION_INTERVALS_MAX] =
		    (uint32_t)(interval_ns / 1000000);
	}
	k->seen = true;
	k->kind = (uint8_t)kind;
	k->last_ns = time_ns;
}

const struct registration *registration_kept_alive(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar)
{
	const struct registrations *all = desk->registrations;
	uint64_t flow = flow_hash(desk, vantage, source, registrar);
	const struct registration *first = NULL;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->flows, &cursor, flow);

	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		const struct registration *r = registration_at(all, number);

		if (r->flow == flow && has_flow(r, vantage, source, registrar) &&
		    r->keepalives[0].count >= KEEPALIVE_GAPS_MIN && (!first || r->id < first->id)) {
			first = r;
		}
	}
	return first;
}

void registration_keepalive(
    struct desk *desk, const struct signal *signal, enum keepalive_kind kind)
{
	const struct registrations *all = desk->registrations;
	uint64_t flow = flow_hash(desk, signal->vantage, &signal->src, &signal->dst);
	struct table_cursor cursor;
	uint32_t number = table_first(&all->flows, &cursor, flow);

	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->flow != flow) {
			continue;
		}
		if (has_flow(r, signal->vantage, &signal->src, &signal->dst)) {
			sample_add(&r->keepalives[0], signal->time_ns, kind);
		}
		if (has_flow(r, signal->vantage, &signal->dst, &signal->src)) {
			sample_add(&r->keepalives[1], signal->time_ns, kind);
		}
	}
}

void registration_datagram(struct desk *desk, const struct signal *signal)
{
	uint16_t type = signal->length > SIGNAL_KEEPALIVE_MAX ? load_be16(signal->octets) : 0;

	if (type == stun_binding_request || type == stun_binding_indication) {
		registration_keepalive(desk, signal, KEEPALIVE_STUN);
	} else if (signal->length <= SIGNAL_KEEPALIVE_MAX) {
		bool nul = signal->length == 0 || signal->octets[0] == '\0';

		registration_keepalive(desk, signal, nul ? KEEPALIVE_NUL : KEEPALIVE_CRLF);
	}
}
