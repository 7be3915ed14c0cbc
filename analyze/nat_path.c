/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_path.h"

#include <stdlib.h>

#include "flow.h"
#include "lru.h"
#include "nat_life.h"

enum { SIP_PORT = 5060 };

struct nat_paths {
	struct pool pool;
	struct table uas, flows, sources;
	struct lru idle;
};

struct nat_paths *nat_paths_new(uint32_t limit)
{
	struct nat_paths *all = calloc(1, sizeof(*all));

	if (all &&
	    !(pool_init(&all->pool, sizeof(struct nat_path), limit) &&
		table_init_dense(&all->uas, limit) && table_init_dense(&all->sources, limit) &&
		table_init_dense(&all->flows, (size_t)limit * 2) && lru_init(&all->idle, limit))) {
		nat_paths_free(all);
		return NULL;
	}
	return all;
}

void nat_paths_free(struct nat_paths *all)
{
	if (all) {
		pool_fini(&all->pool);
		table_fini(&all->uas);
		table_fini(&all->flows);
		table_fini(&all->sources);
		lru_fini(&all->idle);
		free(all);
	}
}

uint32_t nat_path_count(const struct desk *desk)
{
	return desk->nat_paths->pool.used;
}

struct nat_path *nat_path_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->nat_paths->pool, number);
}

static uint32_t number_of(const struct nat_paths *all, const struct nat_path *path)
{
	return (uint32_t)(path - (const struct nat_path *)all->pool.objects);
}

struct nat_request *nat_path_request(struct nat_path *path, unsigned n)
{
	unsigned kept = path->request_count < NAT_PATH_REQUESTS ? path->request_count
								: (unsigned)NAT_PATH_REQUESTS;

	return n < kept ? &path->requests[(path->request_count - kept + n) % NAT_PATH_REQUESTS]
			: NULL;
}

/* --- finding --- */

/* Sent-by and user: an AOR alone is shared by phones, an address by sites (RFC 1918). */
static uint64_t ua_hash(const struct desk *desk, const struct sip_message *m)
{
	return hash_text(
	    hash_text(desk->key ^ m->via.sent_by.port, m->via.sent_by.name), m->from.uri);
}

static uint64_t flow_hash(const struct desk *desk, uint16_t vantage, const struct endpoint *source,
    const struct endpoint *server)
{
	return hash_endpoint(hash_endpoint(desk->key ^ vantage, source), server);
}

static uint64_t source_hash(
    const struct desk *desk, uint16_t vantage, const struct endpoint *source)
{
	return hash_endpoint(desk->key ^ vantage, source);
}

/* The UA's path; its port may have changed, its address not: that would be another path. */
static struct nat_path *path_find(const struct desk *desk, uint64_t ua, const struct signal *signal)
{
	const struct nat_paths *all = desk->nat_paths;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->uas, &cursor, ua);

	for (; number != TABLE_NONE; number = table_next(&all->uas, &cursor)) {
		struct nat_path *p = nat_path_at(desk, number);

		if (p->ua == ua && p->vantage == signal->vantage &&
		    p->connected == (signal->transport != SIGNAL_UDP) &&
		    address_equal(&p->source.address, &signal->src.address) &&
		    endpoint_equal(&p->server, &signal->dst)) {
			return p;
		}
	}
	return NULL;
}

/* The first path of this UA to this server of which `suits` holds. */
static struct nat_path *path_alike(const struct desk *desk, const struct nat_path *path,
    bool (*suits)(const struct nat_path *path, const struct nat_path *other))
{
	const struct nat_paths *all = desk->nat_paths;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->uas, &cursor, path->ua);

	for (; number != TABLE_NONE; number = table_next(&all->uas, &cursor)) {
		struct nat_path *p = nat_path_at(desk, number);

		if (p->ua == path->ua && endpoint_equal(&p->server, &path->server) &&
		    suits(path, p)) {
			return p;
		}
	}
	return NULL;
}

static bool is_inside(const struct nat_path *path, const struct nat_path *other)
{
	(void)path;
	return other->place == NAT_PLACE_INSIDE;
}

static bool is_outside(const struct nat_path *path, const struct nat_path *other)
{
	(void)path;
	return other->place == NAT_PLACE_OUTSIDE && !address_is_unroutable(&other->source.address);
}

/* The same phone, not another one that is called alike: its registration goes on. */
static bool is_moved(const struct nat_path *path, const struct nat_path *other)
{
	return other != path && other->vantage == path->vantage &&
	       other->place == NAT_PLACE_OUTSIDE && path->place == NAT_PLACE_OUTSIDE &&
	       path->register_call && other->register_call == path->register_call &&
	       !address_is_unroutable(&other->source.address) &&
	       !address_is_unroutable(&path->source.address);
}

static bool is_elsewhere(const struct nat_path *path, const struct nat_path *other)
{
	return is_moved(path, other) && elapsed_ns(path->first.time_ns, other->first.time_ns) > 0;
}

/* Since the path's last packet. */
static bool was_elsewhere(const struct nat_path *path, const struct nat_path *other)
{
	return is_moved(path, other) && elapsed_ns(path->last.time_ns, other->last.time_ns) > 0;
}

struct nat_path *nat_path_inside(const struct desk *desk, const struct nat_path *path)
{
	return path_alike(desk, path, is_inside);
}

struct nat_path *nat_path_outside(const struct desk *desk, const struct nat_path *path)
{
	return path_alike(desk, path, is_outside);
}

struct nat_path *nat_path_elsewhere(const struct desk *desk, const struct nat_path *path)
{
	return path_alike(desk, path, is_elsewhere);
}

const struct nat_path *nat_path_of_source(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct nat_path *path)
{
	const struct nat_paths *all = desk->nat_paths;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->sources, &cursor, source_hash(desk, vantage, source));
	bool passed = path == NULL;

	for (; number != TABLE_NONE; number = table_next(&all->sources, &cursor)) {
		const struct nat_path *p = nat_path_at(desk, number);

		if (p->vantage != vantage || !endpoint_equal(&p->source, source)) {
			continue;
		}
		if (passed) {
			return p;
		}
		passed = p == path;
	}
	return NULL;
}

/* --- making and forgetting --- */

static void path_forget(struct desk *desk, uint32_t number)
{
	struct nat_paths *all = desk->nat_paths;
	struct nat_path *p = nat_path_at(desk, number);

	table_remove(&all->uas, p->ua, number);
	table_remove(&all->flows, p->flow, number);
	if (p->former.port) {
		table_remove(&all->flows, p->former_flow, number);
	}
	table_remove(&all->sources, source_hash(desk, p->vantage, &p->source), number);
	lru_remove(&all->idle, number);
	p->known = false;
	pool_give(&all->pool, number);
}

/* Where there is no room in a table the path is not found by that way, and nothing else is lost. */
static void source_enter(struct desk *desk, struct nat_path *p, const struct endpoint *source)
{
	struct nat_paths *all = desk->nat_paths;
	uint32_t number = number_of(all, p);

	p->source = *source;
	p->flow = flow_hash(desk, p->vantage, source, &p->server);
	(void)table_insert(&all->flows, p->flow, number);
	(void)table_insert(&all->sources, source_hash(desk, p->vantage, source), number);
}

static void source_change(struct desk *desk, struct nat_path *p, const struct endpoint *source)
{
	struct nat_paths *all = desk->nat_paths;
	uint32_t number = number_of(all, p);

	if (p->former.port) {
		table_remove(&all->flows, p->former_flow, number);
	}
	p->former = p->source;
	p->former_flow = p->flow;
	table_remove(&all->sources, source_hash(desk, p->vantage, &p->source), number);
	source_enter(desk, p, source);
}

static enum nat_place place_of(const struct endpoint *claimed, const struct endpoint *source)
{
	if (!address_is_unroutable(&claimed->address)) {
		return NAT_PLACE_OPEN;
	}
	return address_equal(&claimed->address, &source->address) ? NAT_PLACE_INSIDE
								  : NAT_PLACE_OUTSIDE;
}

static struct nat_path *path_make(
    struct desk *desk, uint64_t ua, const struct endpoint *claimed, const struct signal *signal)
{
	struct nat_paths *all = desk->nat_paths;
	uint32_t number = pool_take(&all->pool);
	struct nat_path *p;

	if (number == POOL_NONE) {
		desk->evictions.nat_paths++;
		path_forget(desk, all->idle.oldest);
		number = pool_take(&all->pool);
	}
	if (!table_insert(&all->uas, ua, number)) {
		desk->evictions.nat_paths++;
		pool_give(&all->pool, number);
		return NULL;
	}
	p = nat_path_at(desk, number);
	p->known = true;
	p->ua = ua;
	p->vantage = signal->vantage;
	p->server = signal->dst;
	p->claimed = *claimed;
	p->connected = signal->transport != SIGNAL_UDP;
	p->place = (uint8_t)place_of(claimed, &signal->src);
	p->first = signal_mark(signal);
	p->any_ns = p->passed_ns = signal->time_ns;
	lru_append(&all->idle, number);
	source_enter(desk, p, &signal->src);
	return p;
}

/* --- messages --- */

/*
 * A UA, as far as NAT concerns it: it registers, or names a private address toward a public
 * server. A server's own requests are neither.
 */
static bool is_of_ua(
    const struct sip_message *m, const struct signal *signal, struct endpoint *claimed)
{
	if (!m->request || m->via_count != 1 || address_is_unroutable(&signal->dst.address) ||
	    !address_parse(&claimed->address, m->via.sent_by.name)) {
		return false;
	}
	claimed->port = m->via.sent_by.port ? m->via.sent_by.port : (uint16_t)SIP_PORT;
	return m->method == SIP_REGISTER || address_is_unroutable(&claimed->address);
}

/*
 * From another port than before: is it the same UA? It is who registers there, and each connection
 * has a port of its own. Others may all be called anonymous, behind one address of a carrier.
 */
static bool has_moved(const struct nat_path *p, const struct sip_message *m)
{
	return p->register_call || p->connected || m->method == SIP_REGISTER;
}

/* Of the one Contact (RFC 5626 4.1); 0: none. */
static uint64_t instance_hash(const struct desk *desk, const struct sip_message *m)
{
	return m->contact_count == 1 && m->contacts[0].instance.length
		   ? hash_text(desk->key, m->contacts[0].instance)
		   : 0;
}

/*
 * A REGISTER under another Call-ID: the UA was started anew (RFC 3261 10.2). Of another instance:
 * it is another UA, or was set up anew.
 */
static void register_note(const struct desk *desk, struct nat_path *p, const struct sip_message *m)
{
	uint64_t call_id, instance;

	if (m->method != SIP_REGISTER) {
		return;
	}
	call_id = hash_text(desk->key, m->call_id);
	instance = instance_hash(desk, m);
	p->restarted = p->register_call && p->register_call != call_id;
	p->restarted |= instance && p->register_instance && p->register_instance != instance;
	p->register_call = call_id;
	p->register_instance = instance ? instance : p->register_instance;
}

/* Before the path's packets are taken. */
static void return_note(
    const struct desk *desk, struct nat_path *p, const struct sip_message *m, int64_t time_ns)
{
	if (m->method == SIP_REGISTER && p->last.set && path_alike(desk, p, was_elsewhere)) {
		nat_return_note(&p->back, elapsed_ns(p->last.time_ns, time_ns));
	}
}

static void ua_take(struct desk *desk, const struct sip_message *m, const struct signal *signal)
{
	struct endpoint claimed;
	struct nat_path *p;
	uint64_t ua;

	if (!is_of_ua(m, signal, &claimed)) {
		return;
	}
	ua = ua_hash(desk, m);
	p = path_find(desk, ua, signal);
	if (!p) {
		p = path_make(desk, ua, &claimed, signal);
	}
	if (!p) {
		return;
	}
	if (p->source.port != signal->src.port && !has_moved(p, m)) {
		return;
	}
	p->account = hash_text(desk->key, m->from.uri);
	register_note(desk, p, m);
	return_note(desk, p, m, signal->time_ns);
	if (p->source.port != signal->src.port) {
		nat_life_sent(desk, p, NULL, signal);
		if (p->place != NAT_PLACE_INSIDE) {
			source_change(desk, p, &signal->src);
		}
	}
}

/* The n-th path that has this flow; bounded by the reach of the table. */
static struct nat_path *flow_next(
    const struct desk *desk, struct table_cursor *cursor, bool first, uint64_t flow)
{
	const struct nat_paths *all = desk->nat_paths;
	uint32_t number =
	    first ? table_first(&all->flows, cursor, flow) : table_next(&all->flows, cursor);

	for (; number != TABLE_NONE; number = table_next(&all->flows, cursor)) {
		struct nat_path *p = nat_path_at(desk, number);

		if (p->flow == flow || (p->former.port && p->former_flow == flow)) {
			return p;
		}
	}
	return NULL;
}

static void sent_take(
    struct desk *desk, const struct signal *signal, const struct sip_transaction *answers)
{
	uint64_t flow = flow_hash(desk, signal->vantage, &signal->src, &signal->dst);
	struct table_cursor cursor;
	struct nat_path *p = flow_next(desk, &cursor, true, flow);

	for (; p; p = flow_next(desk, &cursor, false, flow)) {
		struct nat_request *r = answers ? nat_life_request(p, answers->key) : NULL;

		if (p->flow != flow) {
			continue;
		}
		if (r) {
			nat_life_answered(desk, p, r, signal);
		}
		nat_life_sent(desk, p, r, signal);
		lru_touch(&desk->nat_paths->idle, number_of(desk->nat_paths, p));
	}
}

static bool is_request_from_outside(const struct sip_message *m, const struct sip_transaction *t)
{
	return m && m->request && t && m->method != SIP_CANCEL && m->method != SIP_ACK;
}

static void came_take(struct desk *desk, const struct call *call, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction *t)
{
	uint64_t flow = flow_hash(desk, signal->vantage, &signal->dst, &signal->src);
	struct table_cursor cursor;
	struct nat_path *p = flow_next(desk, &cursor, true, flow);

	for (; p; p = flow_next(desk, &cursor, false, flow)) {
		if (!p->connected && is_request_from_outside(m, t)) {
			nat_life_asked(desk, p, call, t, signal);
		}
		if (p->flow != flow) {
			continue;
		}
		/* Another account of the same phone may have been registered anew before this one.
		 */
		if (m && !m->request && ua_hash(desk, m) == p->ua) {
			nat_life_told(desk, p, m, signal);
		}
		nat_life_came(desk, p, signal);
	}
}

void nat_path_message(struct desk *desk, const struct call *call, const struct sip_message *m,
    const struct signal *signal, const struct sip_transaction_step *step)
{
	if (signal->layers > 0) {
		return;
	}
	ua_take(desk, m, signal);
	if (desk->nat_paths->flows.count == 0) {
		return;
	}
	sent_take(desk, signal, m->request ? NULL : step->transaction);
	came_take(desk, call, m, signal, step->transaction);
}

void nat_path_datagram(struct desk *desk, const struct signal *signal)
{
	if (signal->layers == 0) {
		sent_take(desk, signal, NULL);
		came_take(desk, NULL, NULL, signal, NULL);
	}
}
