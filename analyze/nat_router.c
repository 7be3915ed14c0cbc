/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_router.h"

#include "flow.h"

/* No phone starts anew so soon. */
static const int64_t start_ns = 20 * MEDIA_SECOND_NS;

/* --- requests that are not answered --- */

/* Was the UA's own side captured all that time, and without this request? */
static enum nat_fate fate_inside(
    const struct desk *desk, const struct nat_path *p, const struct nat_request *r)
{
	struct nat_path *inside = nat_path_inside(desk, p);
	const struct nat_request *seen;

	if (!inside || inside->first.time_ns > r->first.time_ns ||
	    inside->last.time_ns < r->last.time_ns) {
		return NAT_FATE_UNSEEN;
	}
	for (unsigned i = 0; (seen = nat_path_request(inside, i)); i++) {
		if (seen->identity == r->identity) {
			return NAT_FATE_NONE; /* it got there: no matter of the router's */
		}
	}
	if (inside->request_count <= NAT_PATH_REQUESTS) {
		return NAT_FATE_DROPPED;
	}
	seen = nat_path_request(inside, 0);
	return seen && seen->first.time_ns < r->first.time_ns ? NAT_FATE_DROPPED : NAT_FATE_UNSEEN;
}

struct call *nat_request_call(const struct desk *desk, const struct nat_request *r)
{
	struct call *call = r->call != POOL_NONE ? call_at(desk, r->call) : NULL;

	return call && call->birth == r->birth ? call : NULL;
}

/* Meanwhile another branch of it was answered: this one may have gone where nobody is any more. */
static bool is_answered_elsewhere(
    const struct desk *desk, const struct nat_path *p, const struct nat_request *r)
{
	const struct call *call = nat_request_call(desk, r);

	for (const struct observation *o = call ? call->observations : NULL; o; o = o->next) {
		if (o->vantage == p->vantage && o->answered.set &&
		    elapsed_ns(r->first.time_ns, o->answered.time_ns) > 0) {
			return true;
		}
	}
	return false;
}

/* From the last that passed until the UA sent something. */
static int64_t absence_ns(const struct nat_request *r)
{
	return elapsed_ns(r->first.time_ns - r->silent_ns, r->reopened.time_ns);
}

bool nat_request_is_prompt(const struct desk *desk, const struct nat_request *r)
{
	return absence_ns(r) <= threshold_ns(desk->config.thresholds.nat_restart_s);
}

/* Phones need not answer everything; what this one answered before, and calls, they do. */
bool nat_request_is_usual(struct nat_path *p, const struct nat_request *r)
{
	const struct nat_request *other;

	if (r->method == SIP_INVITE) {
		return true;
	}
	for (unsigned i = 0; (other = nat_path_request(p, i)); i++) {
		if (other->method == r->method && other->answered.set) {
			return true;
		}
	}
	return false;
}

enum nat_fate nat_request_fate(
    const struct desk *desk, const struct nat_path *p, const struct nat_request *r)
{
	/* Started anew it was not there; but that takes time, and changes no port outside. */
	bool lives = r->reopened.set && (!r->restarted || (r->moved && absence_ns(r) < start_ns));
	enum nat_fate fate;

	if (p->place == NAT_PLACE_INSIDE || r->answered.set || !lives ||
	    r->sent < (uint32_t)desk->config.thresholds.inbound_unanswered) {
		return NAT_FATE_NONE;
	}
	fate = fate_inside(desk, p, r);
	return fate == NAT_FATE_UNSEEN && is_answered_elsewhere(desk, p, r) ? NAT_FATE_NONE : fate;
}

bool nat_request_was_open(const struct nat_request *r)
{
	return r->sent > r->sent_before && !r->moved && !r->to_former;
}

/* --- putting together --- */

static const struct address *router_address(const struct nat_path *p)
{
	if (p->place == NAT_PLACE_INSIDE) {
		return p->told_count ? &p->told[p->told_now].at.address : NULL;
	}
	return &p->source.address;
}

uint64_t nat_router_key(const struct desk *desk, const struct address *address)
{
	return hash_endpoint(desk->key, &(struct endpoint){*address, 0});
}

/* The path's router, if there is something to be told of it. */
static struct nat_router *router_of(const struct nat_routers *all, const struct nat_path *p)
{
	const struct address *address = p->known ? router_address(p) : NULL;
	struct table_cursor cursor;
	uint32_t number;

	if (!address) {
		return NULL;
	}
	number = table_first(&all->index, &cursor, nat_router_key(all->desk, address));
	for (; number != TABLE_NONE; number = table_next(&all->index, &cursor)) {
		struct nat_router *router = pool_at(&all->pool, number);

		if (address_equal(&router->address, address)) {
			return router;
		}
	}
	return NULL;
}

/* It forgot, or let something in or not: what else is known of it may be needed. */
static bool is_telling(const struct nat_path *p)
{
	unsigned deaths = 0;

	for (int use = 0; use < NAT_USES; use++) {
		for (int proof = 0; proof < NAT_PROOFS; proof++) {
			deaths += p->lives[use].deaths[proof].count > 0;
		}
	}
	return deaths > 0 || p->request_count > 0;
}

static void router_make(struct nat_routers *all, const struct nat_path *p)
{
	const struct address *address = p->known && is_telling(p) ? router_address(p) : NULL;
	uint32_t number;

	if (!address || router_of(all, p)) {
		return;
	}
	number = pool_take(&all->pool);
	if (number == POOL_NONE ||
	    !table_insert(&all->index, nat_router_key(all->desk, address), number)) {
		all->desk->evictions.nat_paths++;
		return;
	}
	((struct nat_router *)pool_at(&all->pool, number))->address = *address;
}

static void silence_fold(struct nat_silence *into, const struct nat_silence *from)
{
	if (from->ns > into->ns) {
		*into = *from;
	}
}

/* A router that was restarted once forgot all its phones at once: what counts is one phone's. */
static void dead_fold(struct nat_router *router, enum nat_use use, enum nat_proof proof,
    const struct nat_death *death, const struct nat_path *p)
{
	struct nat_death *into = &router->lives[use].deaths[proof];
	uint32_t most = into->count > death->count ? into->count : death->count;

	if (death->ns == 0) {
		return;
	}
	if (nat_death_fold(into, death)) {
		router->dead_of[use][proof] = p;
	}
	into->count = most;
}

static void path_fold(struct nat_routers *all, struct nat_router *router, struct nat_path *p)
{
	(void)all;
	for (int use = 0; use < NAT_USES; use++) {
		const struct nat_life *of = &p->lives[use];

		silence_fold(&router->lives[use].alive, &of->alive);
		for (int proof = 0; proof < NAT_PROOFS; proof++) {
			bool moves = proof == NAT_MOVED || proof == NAT_DOUBTFUL;

			if (!(p->erratic && moves)) {
				dead_fold(router, (enum nat_use)use, (enum nat_proof)proof,
				    &of->deaths[proof], p);
			}
		}
		/* A router that keeps ports gives the same one again: it must have changed once. */
		if (of->deaths[NAT_MOVED].count && !p->erratic) {
			silence_fold(&router->lives[use].kept, &of->kept);
		}
	}
}

/* A request that was never answered tells of the mapping only if a shorter silence did no harm. */
static void unheard_fold(struct nat_routers *all, struct nat_router *router, struct nat_path *p)
{
	const struct desk *desk = all->desk;
	struct nat_request *r;

	for (unsigned i = 0; (r = nat_path_request(p, i)); i++) {
		enum nat_fate fate = nat_request_fate(desk, p, r);
		const struct nat_life *life = &router->lives[r->use];
		bool worked = life->alive.ns > 0 && life->alive.ns < r->silent_ns;

		if (fate == NAT_FATE_NONE || r->to_former || nat_request_was_open(r) || !worked ||
		    !nat_request_is_prompt(desk, r) || !nat_request_is_usual(p, r) ||
		    r->silent_ns < threshold_ns(desk->config.thresholds.nat_silence_s)) {
			continue;
		}
		router->dropped |= fate == NAT_FATE_DROPPED;
		dead_fold(router, r->use, NAT_UNHEARD,
		    &(struct nat_death){
			.ns = r->silent_ns,
			.count = 1,
			.mark = r->first,
			.sent = r->sent,
		    },
		    p);
	}
}

/* --- how sure? --- */

int64_t nat_life_alive_ns(const struct nat_life *life)
{
	return life->alive.ns > life->kept.ns ? life->alive.ns : life->kept.ns;
}

/* The shortest silence within which it was forgotten; doubtful ones only where nothing else is. */
enum nat_proof nat_life_shortest(const struct nat_life *life)
{
	enum nat_proof best = NAT_DOUBTFUL;

	for (int proof = 0; proof < NAT_DOUBTFUL; proof++) {
		int64_t ns = life->deaths[proof].ns;

		if (ns && (best == NAT_DOUBTFUL || ns < life->deaths[best].ns)) {
			best = (enum nat_proof)proof;
		}
	}
	return best;
}

int64_t nat_life_dead_ns(const struct nat_life *life)
{
	return life->deaths[nat_life_shortest(life)].ns;
}

bool nat_life_is_contradictory(const struct nat_life *life)
{
	return nat_life_alive_ns(life) >= nat_life_dead_ns(life);
}

static double moved_sure(const struct desk *desk, const struct nat_death *moved)
{
	if (moved->count > 1) {
		return 0.85;
	}
	return moved->ns <= threshold_ns(desk->config.thresholds.nat_restart_s) ? 0.7 : 0.45;
}

double nat_router_sure(
    const struct desk *desk, const struct nat_router *router, const struct nat_life *life)
{
	const struct nat_death *deaths = life->deaths;
	bool moved = deaths[NAT_MOVED].count > 0;
	double sure = deaths[NAT_DOUBTFUL].count ? 0.45 : 0;

	if (moved) {
		sure = moved_sure(desk, &deaths[NAT_MOVED]);
	}
	if (deaths[NAT_UNHEARD].count && sure < 0.9) {
		sure = router->dropped ? 0.9 : sure < 0.7 ? 0.65 : sure;
	}
	if (deaths[NAT_REOPENED].count) {
		sure = moved || router->dropped ? 0.95 : 0.85;
	}
	return nat_life_is_contradictory(life) && sure > 0.4 ? 0.4 : sure;
}

enum nat_use nat_router_surest(const struct desk *desk, const struct nat_router *router)
{
	return nat_router_sure(desk, router, &router->lives[NAT_REPLIED]) >=
		       nat_router_sure(desk, router, &router->lives[NAT_ONE_WAY])
		   ? NAT_REPLIED
		   : NAT_ONE_WAY;
}

/* --- all of them --- */

void nat_routers_each(struct nat_routers *all, nat_router_visitor *visit)
{
	for (uint32_t i = 0; all->pool.used > 0 && i < nat_path_count(all->desk); i++) {
		struct nat_path *p = nat_path_at(all->desk, i);
		struct nat_router *router = router_of(all, p);

		if (router) {
			visit(all, router, p);
		}
	}
}

bool nat_routers_init(struct nat_routers *all, struct desk *desk)
{
	uint32_t limit = nat_path_count(desk) + 1; /* a path has one router at most */

	*all = (struct nat_routers){.desk = desk};
	if (!pool_init(&all->pool, sizeof(struct nat_router), limit) ||
	    !table_init(&all->index, limit)) {
		nat_routers_fini(all);
		return false;
	}
	for (uint32_t i = 0; i < nat_path_count(desk); i++) {
		router_make(all, nat_path_at(desk, i));
	}
	nat_routers_each(all, path_fold);
	nat_routers_each(all, unheard_fold);
	return true;
}

void nat_routers_fini(struct nat_routers *all)
{
	pool_fini(&all->pool);
	table_fini(&all->index);
}
