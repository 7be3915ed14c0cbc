/* SPDX-License-Identifier: Apache-2.0 */
#include "registration.h"

#include <stdlib.h>

#include "flow.h"
#include "registration_state.h"

enum { SILENCE_REPEATS = 4 };

static const int64_t silence_ns = 7 * MEDIA_SECOND_NS;

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

/*
 * Whose registrations a message is about. Most are found by the address-of-record as it is
 * written, which is the same each time; what is written otherwise by the account that it means.
 */
struct subject {
	const struct sip_message *message;
	const struct endpoint *registrar;
	uint64_t written; /* written_hash() */
	uint16_t vantage;
};

static uint64_t written_hash(const struct desk *desk, uint16_t vantage, const struct sip_message *m,
    const struct endpoint *registrar)
{
	return hash_text(hash_endpoint(desk->key ^ vantage, registrar), m->to.uri);
}

static uint64_t account_of(const struct desk *desk, const struct subject *of)
{
	return aor_hash(desk->key ^ of->vantage, of->message);
}

/* contact: bare_uri(). */
static bool is_binding(const struct registration *r, struct text contact, uint64_t instance)
{
	if (instance && r->instance) {
		return instance == r->instance;
	}
	return compare_contacts(text_of(r->contact), contact) == CONTACT_SAME;
}

/* The device and, of one that registers over several paths, the path (RFC 5626 section 4.2). */
static uint64_t instance_of(const struct desk *desk, const struct sip_address *contact)
{
	return contact->instance.length
		   ? hash_text(desk->key ^ contact->reg_id.value, contact->instance)
		   : 0;
}

/* The first of the account at this registrar, however it was written, or the next; or NULL. */
static struct registration *of_account(const struct registrations *all, struct table_cursor *cursor,
    bool first, uint64_t account, const struct endpoint *registrar)
{
	uint32_t number = first ? table_first(&all->accounts, cursor, account)
				: table_next(&all->accounts, cursor);

	for (; number != TABLE_NONE; number = table_next(&all->accounts, cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->account == account && endpoint_equal(&r->registrar, registrar)) {
			return r;
		}
	}
	return NULL;
}

/* From here on it is found by how it is written now; without room for that, by its account. */
static void written_set(struct registrations *all, struct registration *r, uint64_t written)
{
	uint32_t number = registration_number(all, r);

	if (r->written != written) {
		table_remove(&all->bindings, r->written, number);
		r->written = written;
		(void)table_insert(&all->bindings, written, number);
	}
}

static struct registration *find_rewritten(
    struct desk *desk, const struct subject *of, struct text contact, uint64_t instance)
{
	struct registrations *all = desk->registrations;
	uint64_t account = account_of(desk, of);
	struct table_cursor cursor;
	struct registration *r = of_account(all, &cursor, true, account, of->registrar);

	while (r && !is_binding(r, contact, instance)) {
		r = of_account(all, &cursor, false, account, of->registrar);
	}
	if (r) {
		written_set(all, r, of->written);
	}
	return r;
}

static struct registration *find_binding(
    struct desk *desk, const struct subject *of, struct text contact, uint64_t instance)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->bindings, &cursor, of->written);

	for (; number != TABLE_NONE; number = table_next(&all->bindings, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->written == of->written && is_binding(r, contact, instance)) {
			return r;
		}
	}
	return find_rewritten(desk, of, contact, instance);
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
	table_remove(&all->bindings, r->written, number);
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
	r->flow = registration_flow(desk, r->vantage, source, &r->registrar);
	/* Where there is no room its keep-alives are not seen, and nothing else is lost. */
	(void)table_insert(&all->flows, r->flow, number);
}

static struct registration *registration_make(
    struct desk *desk, const struct subject *of, const struct signal *signal)
{
	struct registrations *all = desk->registrations;
	uint32_t number = number_take(desk);
	struct registration *r;

	if (number == POOL_NONE || !table_insert(&all->bindings, of->written, number)) {
		if (number != POOL_NONE) {
			pool_give(&all->pool, number);
		}
		desk->evictions.registrations++;
		return NULL;
	}
	r = registration_at(all, number);
	r->written = of->written;
	r->account = account_of(desk, of);
	r->vantage = of->vantage;
	r->registrar = *of->registrar;
	r->text = (struct arena){.limit = TEXT_OCTETS, .slab = &desk->slab};
	r->first_ns = r->last_ns = signal->time_ns;
	r->granted_ns = INT64_MIN;
	r->aor = r->contact = r->user_agent = r->reason = r->refusal.reason = "";
	text_set(r, &r->aor, bare_uri(of->message->to.uri));
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
static void supersede(const struct registrations *all, const struct registration *newcomer)
{
	const struct endpoint *registrar = &newcomer->registrar;
	struct table_cursor cursor;
	struct registration *r = of_account(all, &cursor, true, newcomer->account, registrar);

	for (; r; r = of_account(all, &cursor, false, newcomer->account, registrar)) {
		if (r != newcomer && r->call_id != newcomer->call_id &&
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

static void contact_note(struct desk *desk, const struct subject *of,
    const struct sip_address *contact, const struct signal *signal, const struct sip_transaction *t)
{
	const struct sip_message *m = of->message;
	uint64_t instance = instance_of(desk, contact);
	struct text uri = shortened(bare_uri(contact->uri));
	struct registration *r = find_binding(desk, of, uri, instance);
	const struct sip_number *expires =
	    contact->expires.given ? &contact->expires : &m->timers.expires;
	bool is_new = !r;

	if (is_new) {
		r = registration_make(desk, of, signal);
	}
	if (!r) {
		return;
	}
	r->instance = instance;
	if (!text_is(uri, r->contact)) {
		r->mapped_known = false;
		text_set(r, &r->contact, uri);
	}
	request_note(desk, r, m, signal, t, expires);
	if (is_new) {
		supersede(desk->registrations, r);
	}
}

/* "Contact: *" with "Expires: 0" takes back all of them (RFC 3261 10.2.2). */
static void wildcard_note(struct desk *desk, const struct subject *of, const struct signal *signal,
    const struct sip_transaction *t)
{
	struct registrations *all = desk->registrations;
	uint64_t account = account_of(desk, of);
	struct table_cursor cursor;
	struct registration *r = of_account(all, &cursor, true, account, of->registrar);

	for (; r; r = of_account(all, &cursor, false, account, of->registrar)) {
		written_set(all, r, of->written);
		request_note(desk, r, of->message, signal, t, &(struct sip_number){true, 0});
	}
}

static void request_take(struct desk *desk, const struct subject *of, const struct signal *signal,
    const struct sip_transaction *t)
{
	const struct sip_message *m = of->message;

	for (unsigned i = 0; i < m->contact_count; i++) {
		if (text_equal(m->contacts[i].uri, TEXT("*"))) {
			wildcard_note(desk, of, signal, t);
		} else if (m->contacts[i].uri.length) {
			contact_note(desk, of, &m->contacts[i], signal, t);
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

/* What the registrar says of where the request came from (RFC 3581). */
static struct text told_of(const struct sip_message *m)
{
	return m->via.received.length ? m->via.received : m->via.sent_by.name;
}

/* Where the registrar saw the request come from: as it says, or as is seen here. */
static bool mapped_source(
    const struct sip_message *m, const struct endpoint *seen, struct endpoint *mapped)
{
	*mapped = *seen;
	if ((!m->via.received.length && !m->via.rport) ||
	    !address_parse(&mapped->address, told_of(m))) {
		mapped->address = seen->address;
		return false;
	}
	mapped->port = m->via.rport;
	return true;
}

/*
 * A mapping has changed where the same phone, not started again, comes from elsewhere. What
 * lies behind a proxy is not seen.
 */
static void mapping_note(const struct desk *desk, struct registration *r,
    const struct sip_message *m, const struct sip_transaction *t)
{
	uint64_t from = (uint64_t)t->src << 32 | flow_ports(t->src_port, m->via.rport);
	uint64_t key = desk->key ^ flow_mix(from, flow_golden) ^ !m->via.received.length;
	uint32_t mapped_by = (uint32_t)hash_text(key, told_of(m));
	struct endpoint src, mapped;
	bool told;

	if (r->relayed || (r->mapped_known && !t->wide && r->mapped_by == mapped_by &&
			      r->mapped_call == r->call_id)) {
		return; /* as mostly: it is as it was told before */
	}
	src = sip_transaction_src(desk, t);
	told = mapped_source(m, &src, &mapped);
	if (r->mapped_known && r->mapped_told == told && r->mapped_call == r->call_id &&
	    !endpoint_equal(&r->mapped, &mapped)) {
		r->mapping_changes++;
	}
	r->mapped = mapped;
	r->mapped_by = mapped_by;
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
	if (r->refusal.status) {
		r->refusal = (struct registration_refusal){.reason = ""};
	}
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
	mapping_note(desk, r, m, t);
	touch(desk->registrations, r, signal);
	if (m->status < 300) {
		success_note(desk, r, m, signal);
	} else if (m->status < 400) {
		r->outcome = OUTCOME_REDIRECTED;
	} else if (sip_transaction_is_deferred(t)) {
		bool refused = t->continues && !sip_is_stale(m) && !is_about_nonce(m);

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

static bool is_asked(const struct registration *r, const struct sip_transaction *t)
{
	return r->pending && r->call_id == t->call_id && r->cseq == t->cseq;
}

/* To one whose account the request wrote otherwise. */
static void response_rewritten(struct desk *desk, const struct subject *of,
    const struct signal *signal, const struct sip_transaction *t)
{
	const struct registrations *all = desk->registrations;
	uint64_t account = account_of(desk, of);
	struct table_cursor cursor;
	struct registration *r = of_account(all, &cursor, true, account, of->registrar);

	for (; r; r = of_account(all, &cursor, false, account, of->registrar)) {
		if (is_asked(r, t)) {
			response_note(desk, r, of->message, signal, t);
		}
	}
}

static void response_take(struct desk *desk, const struct subject *of, const struct signal *signal,
    const struct sip_transaction *t)
{
	const struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->bindings, &cursor, of->written);
	bool any = false;

	for (; number != TABLE_NONE; number = table_next(&all->bindings, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->written == of->written && is_asked(r, t)) {
			response_note(desk, r, of->message, signal, t);
			any = true;
		}
	}
	if (!any) {
		response_rewritten(desk, of, signal, t);
	}
}

/* A 200 whose request came before the capture: its Contacts are bindings (10.3 step 8). */
static void late_take(struct desk *desk, const struct subject *of, const struct signal *signal)
{
	const struct sip_message *m = of->message;
	const struct sip_address *contact = &m->contacts[0];
	struct text uri;
	uint64_t instance;
	struct registration *r;

	if (m->status >= 300 || m->contact_count != 1 || contact->uri.length == 0) {
		return; /* of several it cannot be told whose the answer is */
	}
	uri = bare_uri(contact->uri);
	instance = instance_of(desk, contact);
	if (find_binding(desk, of, shortened(uri), instance)) {
		return;
	}
	r = registration_make(desk, of, signal);
	if (!r) {
		return;
	}
	r->instance = instance;
	r->status = m->status;
	r->relayed = m->via_count > 1;
	text_set(r, &r->contact, uri);
	phrase_set(desk, r, &r->reason, m->reason);
	flow_set(desk, r, &signal->dst);
	success_note(desk, r, m, signal);
}

/* --- messages --- */

struct table_way registration_way(
    const struct desk *desk, const struct sip_message *m, const struct signal *signal)
{
	const struct registrations *all = desk->registrations;
	const struct endpoint *registrar = m->request ? &signal->dst : &signal->src;

	if (m->method == SIP_REGISTER) {
		return table_way(&all->bindings, written_hash(desk, signal->vantage, m, registrar));
	}
	if (m->request && m->method == SIP_OPTIONS) {
		return table_way(&all->flows,
		    registration_flow(desk, signal->vantage, &signal->src, &signal->dst));
	}
	return (struct table_way){NULL, 0};
}

void registration_fetch(const struct desk *desk, struct table_way way)
{
	uint32_t number = way.bucket ? table_way_likely(way) : TABLE_NONE;

	if (number != TABLE_NONE) {
		memory_fetch(registration_at(desk->registrations, number),
		    offsetof(struct registration, failures));
	}
}

__attribute__((noinline)) static void register_take(struct desk *desk, const struct sip_message *m,
    const struct signal *signal, uint64_t written, const struct sip_transaction_step *step)
{
	const struct sip_transaction *t = step->transaction;
	struct endpoint asked;
	struct subject of = {m, m->request ? &signal->dst : &signal->src, written, signal->vantage};

	if (m->request && step->event == SIP_TRANSACTION_BEGAN) {
		request_take(desk, &of, signal, t);
	} else if (!m->request && step->event == SIP_TRANSACTION_FINAL) {
		if (t->dst_port != signal->src.port ||
		    !sip_transaction_is_dst(desk, t, &signal->src.address)) {
			asked = sip_transaction_dst(desk, t);
			of.registrar = &asked;
			of.written = written_hash(desk, t->vantage, m, &asked);
		}
		response_take(desk, &of, signal, t);
	} else if (!m->request && step->event == SIP_TRANSACTION_NONE && m->status >= 200) {
		late_take(desk, &of, signal);
	}
}

void registration_take(struct desk *desk, const struct sip_message *m, const struct signal *signal,
    struct table_way way, const struct sip_transaction_step *step)
{
	if (m->method == SIP_REGISTER) {
		register_take(desk, m, signal, way.hash, step);
	} else if (m->method == SIP_OPTIONS && m->request && step->event == SIP_TRANSACTION_BEGAN) {
		registration_keep(desk, signal, way.hash, KEEPALIVE_OPTIONS);
	}
}

/* It gave up, or would not have gone on so long had it been answered: Timer E (17.1.2.2). */
static bool is_in_vain(const struct desk *desk, const struct sip_transaction *t)
{
	if (t->status || t->proceeding) {
		return false;
	}
	return sip_transaction_outcome(desk, t) == SIP_TRANSACTION_TIMED_OUT ||
	       (sip_transaction_retransmissions(desk, t) >= SILENCE_REPEATS &&
		   elapsed_ns(t->first_ns, sip_transaction_last_request(desk, t)) >= silence_ns);
}

/* A phone may have gone on to its next request by the time that one counts as unanswered. */
static void silence_note(
    const struct desk *desk, struct registration *r, const struct sip_transaction *t)
{
	if (r->answer.set && r->answer.time_ns >= t->first_ns) {
		return;
	}
	if (r->unanswered++ == 0) {
		r->silence = (struct mark){true, t->capture, t->frame, t->first_ns};
	}
	r->sent_in_vain += sip_transaction_retransmissions(desk, t) + 1;
	r->silent_ns = sip_transaction_last_request(desk, t);
}

void registration_finished(struct desk *desk, const struct sip_transaction *t)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number;
	struct endpoint src, dst;
	uint64_t flow;
	bool timed_out;

	if (t->method != SIP_REGISTER || !is_in_vain(desk, t)) {
		return;
	}
	src = sip_transaction_src(desk, t);
	dst = sip_transaction_dst(desk, t);
	flow = registration_flow(desk, t->vantage, &src, &dst);
	timed_out = sip_transaction_outcome(desk, t) == SIP_TRANSACTION_TIMED_OUT;
	number = table_first(&all->flows, &cursor, flow);
	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->flow != flow || !registration_has_flow(r, t->vantage, &src, &dst)) {
			continue;
		}
		silence_note(desk, r, t);
		if (timed_out && is_asked(r, t)) {
			r->pending = false;
			r->status = 0;
			r->outcome = OUTCOME_UNANSWERED;
			r->failures++;
		}
	}
}
