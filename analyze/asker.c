/* SPDX-License-Identifier: Apache-2.0 */
#include "asker.h"

#include <stdlib.h>

#include "flow.h"
#include "lru.h"
#include "user_agent.h"

enum { AGENTS_KNOWN = 64 };

/* What a User-Agent was found to be: few names stand in many messages. */
struct known_agent {
	uint64_t hash; /* 0: none */
	enum asker_tool tool;
};

struct askers {
	struct pool pool;
	struct table index;
	struct lru idle[2]; /* whom nobody served, whom somebody did */
	struct known_agent agents[AGENTS_KNOWN];
};

struct askers *askers_new(void)
{
	struct askers *all = calloc(1, sizeof(*all));

	if (all &&
	    (!pool_init(&all->pool, sizeof(struct asker), ASKERS_MAX) ||
		!table_init(&all->index, ASKERS_MAX) || !lru_init(&all->idle[false], ASKERS_MAX) ||
		!lru_init(&all->idle[true], ASKERS_MAX))) {
		askers_free(all);
		return NULL;
	}
	return all;
}

void askers_free(struct askers *all)
{
	if (all) {
		pool_fini(&all->pool);
		table_fini(&all->index);
		lru_fini(&all->idle[false]);
		lru_fini(&all->idle[true]);
		free(all);
	}
}

/* --- what is kept of one besides --- */

static const size_t sketch_octets = ASKER_SKETCH_BITS / 8;

static size_t sample_octets(size_t length)
{
	return offsetof(struct asker_sample, target) + length + 1;
}

static void pieces_give(struct desk *desk, struct asker *a)
{
	struct asker_sketch *sketches[] = {&a->targets_seen, &a->hosts_seen};

	for (int i = 0; i < 2; i++) {
		if (sketches[i]->bits) {
			slab_give(&desk->slab, sketches[i]->bits, sketch_octets);
		}
	}
	if (a->agent) {
		slab_give(&desk->slab, a->agent, strlen(a->agent) + 1);
	}
	while (a->samples) {
		struct asker_sample *sample = a->samples;

		a->samples = sample->next;
		slab_give(&desk->slab, sample, sample_octets(sample->length));
	}
}

/* --- the table --- */

static struct asker *asker_at(const struct askers *all, uint32_t number)
{
	return pool_at(&all->pool, number);
}

static uint32_t asker_number(const struct askers *all, const struct asker *a)
{
	return (uint32_t)(a - (const struct asker *)all->pool.objects);
}

static uint64_t asker_hash(const struct desk *desk, uint16_t vantage, const struct address *address)
{
	return hash_endpoint(desk->key, &(struct endpoint){*address, vantage});
}

static struct asker *find(
    const struct desk *desk, uint64_t hash, uint16_t vantage, const struct address *address)
{
	const struct askers *all = desk->askers;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->index, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&all->index, &cursor)) {
		struct asker *a = asker_at(all, number);

		if (a->vantage == vantage && address_equal(&a->address, address)) {
			return a;
		}
	}
	return NULL;
}

static struct asker *asker_at_address(
    const struct desk *desk, uint16_t vantage, const struct address *address)
{
	return find(desk, asker_hash(desk, vantage, address), vantage, address);
}

const struct asker *asker_find(
    const struct desk *desk, uint16_t vantage, const struct address *address)
{
	return asker_at_address(desk, vantage, address);
}

static struct asker *of_list(const struct askers *all, bool served, uint32_t number)
{
	if (number == POOL_NONE && !served) {
		number = all->idle[true].oldest;
	}
	return number != POOL_NONE ? asker_at(all, number) : NULL;
}

struct asker *asker_first(const struct desk *desk)
{
	return of_list(desk->askers, false, desk->askers->idle[false].oldest);
}

struct asker *asker_next(const struct desk *desk, const struct asker *a)
{
	const struct askers *all = desk->askers;

	return of_list(all, a->served, all->idle[a->served].links[asker_number(all, a)].newer);
}

static void asker_forget(struct desk *desk, struct asker *a)
{
	struct askers *all = desk->askers;
	uint32_t number = asker_number(all, a);

	table_remove(&all->index, a->hash, number);
	lru_remove(&all->idle[a->served], number);
	pieces_give(desk, a);
	pool_give(&all->pool, number);
	/* Thousands who call at the same time are soon served, and nothing is kept of them. */
	pool_forget_idle(&all->pool);
}

static uint32_t number_take(struct desk *desk)
{
	struct askers *all = desk->askers;
	uint32_t number = pool_take(&all->pool);

	if (number == POOL_NONE) {
		bool served = all->idle[false].oldest == POOL_NONE;

		desk->evictions.askers++;
		asker_forget(desk, asker_at(all, all->idle[served].oldest));
		number = pool_take(&all->pool);
	}
	return number;
}

static struct asker *find_or_make(
    struct desk *desk, uint16_t vantage, const struct address *address)
{
	struct askers *all = desk->askers;
	uint64_t hash = asker_hash(desk, vantage, address);
	struct asker *a = find(desk, hash, vantage, address);
	uint32_t number;

	if (a) {
		lru_touch(&all->idle[a->served], asker_number(all, a));
		return a;
	}
	number = number_take(desk);
	if (!table_insert(&all->index, hash, number)) {
		pool_give(&all->pool, number);
		desk->evictions.askers++;
		return NULL;
	}
	lru_append(&all->idle[false], number);
	a = asker_at(all, number);
	a->hash = hash;
	a->vantage = vantage;
	a->address = *address;
	return a;
}

/* --- what is known of one --- */

static enum asker_tool tool_of(struct text agent)
{
	switch (user_agent_kind(agent)) {
	case USER_AGENT_SCANNER:
		return ASKER_TOOL_SCANNER;
	case USER_AGENT_DIALLER:
		return ASKER_TOOL_LIKELY;
	default:
		return ASKER_TOOL_NONE;
	}
}

static enum asker_tool tool_known(struct desk *desk, struct text agent)
{
	uint64_t hash = hash_text(desk->key, agent);
	struct known_agent *known = &desk->askers->agents[hash % AGENTS_KNOWN];

	if (known->hash != hash) {
		*known = (struct known_agent){hash, tool_of(agent)};
	}
	return known->tool;
}

bool asker_is_scanner(struct desk *desk, struct text user_agent)
{
	return tool_known(desk, user_agent) == ASKER_TOOL_SCANNER;
}

/* Of sketches: not drawn anew at each start, for what they count is told, and must not vary. */
static const uint64_t sketch_key = 1;

static void bit_set(uint64_t *bits, unsigned bit)
{
	bits[bit / 64] |= (uint64_t)1 << bit % 64;
}

/* True where the sketch had not seen it. */
static bool sketch_add(struct desk *desk, struct asker_sketch *sketch, uint64_t hash)
{
	unsigned bit = hash % ASKER_SKETCH_BITS;
	bool seen;

	if (sketch->first == 0 || sketch->first == bit + 1) {
		seen = sketch->first != 0;
		sketch->first = (uint16_t)(bit + 1);
		return !seen;
	}
	if (!sketch->bits) {
		sketch->bits = slab_take(&desk->slab, sketch_octets);
		if (!sketch->bits) {
			return false;
		}
		memset(sketch->bits, 0, sketch_octets);
	}
	seen = sketch->bits[bit / 64] >> bit % 64 & 1;
	bit_set(sketch->bits, bit);
	return !seen;
}

/* As much as is kept of a text. */
static struct text shortened(struct text text)
{
	return (struct text){
	    text.at, text.length < ASKER_TEXT_MAX - 1 ? text.length : ASKER_TEXT_MAX - 1};
}

static void text_put(char *out, struct text text)
{
	if (text.length > 0) {
		memcpy(out, text.at, text.length);
	}
	out[text.length] = '\0';
}

static void agent_keep(struct desk *desk, struct asker *a, struct text agent)
{
	struct text kept = shortened(agent);

	if (a->agent) {
		slab_give(&desk->slab, a->agent, strlen(a->agent) + 1);
	}
	a->agent = slab_take(&desk->slab, kept.length + 1);
	if (a->agent) {
		text_put(a->agent, kept);
	}
}

static void sample_keep(struct desk *desk, struct asker *a, enum asker_method method,
    struct text target, const struct signal *signal)
{
	struct text kept = shortened(target);
	struct asker_sample *sample = slab_take(&desk->slab, sample_octets(kept.length));
	struct asker_sample **at = &a->samples;

	if (!sample) {
		return;
	}
	while (*at) {
		at = &(*at)->next;
	}
	*sample = (struct asker_sample){
	    .mark = signal_mark(signal),
	    .to = signal->dst.address,
	    .method = (uint8_t)method,
	    .length = (uint8_t)kept.length,
	};
	text_put(sample->target, kept);
	*at = sample;
	a->sample_count++;
}

static bool asker_method(const struct sip_message *m, enum asker_method *out)
{
	switch (m->method) {
	case SIP_INVITE:
		*out = ASKER_INVITE;
		return true;
	case SIP_REGISTER:
		*out = ASKER_REGISTER;
		return true;
	case SIP_OPTIONS:
		*out = ASKER_OPTIONS;
		return true;
	default:
		return false;
	}
}

/* What is asked for: of a REGISTER the account, else whom the request is to reach. */
static struct text target_of(const struct sip_message *m)
{
	struct sip_uri account;

	if (m->method != SIP_REGISTER) {
		return m->target.user.length ? m->target.user : m->request_uri;
	}
	account = sip_uri_of(m, &m->to);
	return sip_uri_is_sound(&account) ? account.user : m->to.uri;
}

/* True where the host was not asked before, as far as the sketch knows. */
static bool is_another(struct desk *desk, struct asker *a, const struct address *host)
{
	char octets[sizeof(*host) + sizeof(uint16_t)] = {0}; /* and no port */

	if (a->samples && address_equal(&a->samples->to, host)) {
		return false;
	}
	memcpy(octets, host->octets, sizeof(*host));
	return sketch_add(
	    desk, &a->hosts_seen, hash_lasting(sketch_key, (struct text){octets, sizeof(octets)}));
}

static void request_note(struct desk *desk, struct asker *a, enum asker_method method,
    const struct sip_message *m, const struct signal *signal)
{
	struct text target = target_of(m);
	enum asker_tool tool =
	    m->user_agent.length ? tool_known(desk, m->user_agent) : ASKER_TOOL_NONE;

	a->requests[method]++;
	a->credentials[method] += m->authentication.authorized;
	mark_once(&a->first, signal);
	a->last = signal_mark(signal);
	if (tool > a->tool) {
		a->tool = (uint8_t)tool;
		agent_keep(desk, a, m->user_agent);
	}
	a->hosts += is_another(desk, a, &signal->dst.address);
	if (!sketch_add(desk, &a->targets_seen, hash_lasting(sketch_key, target))) {
		return;
	}
	a->targets++;
	if (a->sample_count < ASKER_SAMPLES) {
		sample_keep(desk, a, method, target, signal);
	}
}

/* --- answers --- */

/* It is kept here where it scans, or where there is no room for it among the endpoints. */
static void serve_asker(struct desk *desk, uint16_t vantage, const struct address *address)
{
	struct askers *all = desk->askers;
	struct asker *a = find_or_make(desk, vantage, address);

	if (a && !a->served) {
		lru_remove(&all->idle[false], asker_number(all, a));
		lru_append(&all->idle[true], asker_number(all, a));
		a->served = true;
	}
}

static void serve(struct desk *desk, uint16_t vantage, const struct address *address)
{
	struct endpoint_entry *entry = endpoint_known(desk, address);
	struct endpoint_view *view = entry ? endpoint_view_make(desk, entry, vantage) : NULL;
	struct asker *a;

	if (!view || entry->scans) {
		serve_asker(desk, vantage, address);
	} else if (!view->served) {
		a = asker_at_address(desk, vantage, address);
		if (a) {
			asker_forget(desk, a);
		}
	}
	if (view) {
		view->served = true;
	}
}

/* Nothing that it asks for, or is told, makes it a stranger. */
static bool is_no_stranger(const struct endpoint_entry *entry, const struct endpoint_view *view)
{
	return view && view->served && !entry->scans;
}

bool asker_was_served(const struct desk *desk, uint16_t vantage, const struct address *address)
{
	const struct endpoint_entry *entry = endpoint_find(desk, address);
	const struct endpoint_view *view = entry ? endpoint_view(entry, vantage) : NULL;
	const struct asker *a = asker_find(desk, vantage, address);

	return (view && view->served) || (a && a->served);
}

static void refusal_note(struct asker *a, uint16_t status)
{
	unsigned i = 0;

	while (i < ASKER_CODES && a->codes[i] && a->codes[i] != status) {
		i++;
	}
	if (i < ASKER_CODES) {
		a->codes[i] = status;
		a->code_counts[i]++;
	}
}

static void answer_note(const struct desk *desk, const struct sip_transaction *t, bool accepted)
{
	const struct endpoint src = sip_transaction_src(desk, t);
	struct asker *a = asker_at_address(desk, t->vantage, &src.address);

	if (a) {
		a->answered++;
		a->accepted += accepted;
		a->challenged += t->status == 401 || t->status == 407;
		if (t->status >= 300) {
			refusal_note(a, t->status);
		}
	}
}

static void answer_take(
    struct desk *desk, enum asker_method method, const struct sip_transaction *t)
{
	const struct endpoint src = sip_transaction_src(desk, t);
	const struct endpoint dst = sip_transaction_dst(desk, t);
	bool accepted = t->status < 300 && method != ASKER_OPTIONS;

	answer_note(desk, t, accepted);
	if (accepted) {
		serve(desk, t->vantage, &src.address);
		serve(desk, t->vantage, &dst.address);
	}
}

/* Who ends a call had one, or changes it: also where the capture lacks what answered it. */
static bool is_served(const struct sip_message *m)
{
	return m->request && m->to.tag.length > 0 &&
	       (m->method == SIP_BYE || m->method == SIP_INVITE);
}

/* So it is of most messages, once a phone has registered: nothing follows from them. */
static bool is_among_known(const struct desk *desk, const struct sip_message *m,
    const struct signal *signal, const struct endpoint_ends *ends, const struct sip_transaction *t)
{
	if (!is_no_stranger(ends->sender, ends->of_sender)) {
		return false;
	}
	return m->request || !t ||
	       (is_no_stranger(ends->receiver, ends->of_receiver) &&
		   sip_transaction_is_src(desk, t, &signal->dst.address) &&
		   sip_transaction_is_dst(desk, t, &signal->src.address));
}

__attribute__((noinline)) static void stranger_take(struct desk *desk, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction_step *step)
{
	enum asker_method method;
	struct asker *a;

	if (is_served(m) && asker_find(desk, signal->vantage, &signal->src.address)) {
		serve(desk, signal->vantage, &signal->src.address);
	}
	if (!asker_method(m, &method)) {
		return;
	}
	if (step->event == SIP_TRANSACTION_FINAL) {
		answer_take(desk, method, step->transaction);
		return;
	}
	/* Within a dialog nobody knocks. */
	if (step->event != SIP_TRANSACTION_BEGAN || m->to.tag.length) {
		return;
	}
	a = find_or_make(desk, signal->vantage, &signal->src.address);
	if (a) {
		request_note(desk, a, method, m, signal);
	}
}

void asker_take(struct desk *desk, const struct sip_message *m, const struct signal *signal,
    const struct endpoint_ends *ends, const struct sip_transaction_step *step)
{
	if (!is_among_known(desk, m, signal, ends, step->transaction)) {
		stranger_take(desk, m, signal, step);
	}
}
