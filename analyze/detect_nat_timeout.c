/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nat-timeout and inbound-unreachable.
 *
 * Theory of operation: each path (nat_path.h) brackets how long its router remembers a mapping.
 * What the paths of one router tell is put together, and held against itself: a router that
 * forgot sooner than it was seen to remember proves nothing. A request from outside that is
 * never answered, by a UA that goes on sending, is the router's forgetting where its silence
 * fits the bracket, and otherwise unreachable for a reason of its own. Where the UA's own side
 * of the router was captured too, that shows whether the request came in: if it did, the phone
 * is to blame, and nothing is said.
 */
#include <stdio.h>

#include "detect.h"
#include "nat_router.h"
#include "registration.h"

/* --- saying it --- */

static double seconds(int64_t ns)
{
	return (double)ns / 1e9;
}

static void tell_alive(struct finding *f, const struct nat_life *life)
{
	if (life->alive.ns) {
		finding_evidence(f, &life->alive.mark,
		    "after %.1f s of silence a packet from outside still came through",
		    seconds(life->alive.ns));
	}
	if (life->kept.ns) {
		finding_evidence(f, &life->kept.mark,
		    "after %.1f s of silence the port outside was still the same",
		    seconds(life->kept.ns));
	}
}

static void tell_death(
    struct finding *f, enum nat_proof proof, const struct nat_death *d, const struct nat_path *p)
{
	char claimed[ENDPOINT_TEXT_MAX];

	switch (proof) {
	case NAT_MOVED:
	case NAT_DOUBTFUL:
		finding_evidence(f, &d->mark,
		    "after %.1f s of silence the phone shows from port %u outside, before that "
		    "from %u; its own Via names %s as ever",
		    seconds(d->ns), d->to_port, d->from_port,
		    endpoint_format(&p->claimed, claimed));
		break;
	case NAT_REOPENED:
		finding_evidence(f, &d->mark,
		    "after %.1f s of silence a request from outside is sent %u times without an "
		    "answer",
		    seconds(d->ns), d->sent);
		finding_evidence(f, &d->reopened,
		    "the phone sends something of its own; the request's next repetition is "
		    "answered at once");
		break;
	case NAT_UNHEARD:
	case NAT_PROOFS:
		finding_evidence(f, &d->mark,
		    "after %.1f s of silence a request from outside is sent %u times and never "
		    "answered, though the phone is there",
		    seconds(d->ns), d->sent);
		break;
	}
}

static void tell_keepalive(struct finding *f, const struct desk *desk, const struct nat_path *p)
{
	double interval_s = registration_keepalive_s(desk, p->vantage, &p->source, &p->server);

	if (interval_s > 0) {
		finding_evidence(
		    f, &p->last, "the phone's own keep-alive comes every %.0f s", interval_s);
	} else {
		finding_evidence(
		    f, &p->last, "no regular keep-alive of the phone was seen up to here");
	}
}

static void tell_doubt(struct finding *f, const struct nat_life *life)
{
	const struct nat_death *deaths = life->deaths;

	if (nat_life_is_contradictory(life)) {
		finding_against(f,
		    "the same router was seen to remember a mapping for %.1f s, which is longer",
		    seconds(nat_life_alive_ns(life)));
	}
	if (deaths[NAT_DOUBTFUL].count) {
		finding_against(f, "the phone registered under a new Call-ID: it may have been "
				   "restarted meanwhile, as by a power failure, which restarts the "
				   "router too");
	}
	if (deaths[NAT_MOVED].count == 1 && !deaths[NAT_REOPENED].count) {
		finding_against(
		    f, "a router that was restarted, once and just then, looks the same");
	}
	if (deaths[NAT_UNHEARD].count && !deaths[NAT_REOPENED].count) {
		finding_against(f, "a phone that was cut off from its own network for a moment "
				   "looks the same from outside");
	}
	if (f->confidence < FINDING_HINT) {
		f->would_settle = "a longer capture on the router's outside, with several silences "
				  "and the requests after them";
	}
}

static const struct finding_words timeout_words = {
    "While the mapping is forgotten nothing from outside reaches the phone: calls to it ring "
    "nowhere or go to voice mail, until the phone itself sends something.",
    NULL,
    NULL,
};

static void timeout_describe(
    struct finding *f, const struct desk *desk, const struct nat_router *router, enum nat_use use)
{
	const struct nat_life *life = &router->lives[use];
	const struct nat_path *p = router->dead_of[use][nat_life_shortest(life)];
	char address[ADDRESS_TEXT_MAX], alive[64] = "";

	if (nat_life_alive_ns(life) && !nat_life_is_contradictory(life)) {
		(void)snprintf(
		    alive, sizeof(alive), "alive at %.1f s, ", seconds(nat_life_alive_ns(life)));
	}
	finding_describe(f, desk, p->vantage, &timeout_words,
	    "The router %s forgets the phone when its SIP falls silent%s: %sdead at %.1f s",
	    address_format(&router->address, address),
	    use == NAT_ONE_WAY ? " without having been answered" : "", alive,
	    seconds(nat_life_dead_ns(life)));
	f->remedy = arena_format(&f->text,
	    "Let the phone send a keep-alive (\"NAT keep-alive\", \"UDP keep-alive\") well within "
	    "%.1f s, or raise the router's \"UDP timeout\" (\"UDP session timeout\", \"NAT "
	    "timeout\") to 300 s; TCP or TLS toward the provider avoids it.",
	    seconds(nat_life_dead_ns(life)));
	tell_alive(f, life);
	for (int i = 0; i < NAT_PROOFS; i++) {
		if (life->deaths[i].count) {
			tell_death(f, (enum nat_proof)i, &life->deaths[i], router->dead_of[use][i]);
		}
	}
	tell_keepalive(f, desk, p);
	tell_doubt(f, life);
}

/* A closer bracket is known than the one that the finding names, or one of another use. */
static bool is_told_anew(const struct finding *f, const struct nat_life *life, enum nat_use use)
{
	return f->told[0] != (int64_t)use || nat_life_dead_ns(life) < f->told[1] ||
	       nat_life_alive_ns(life) > f->told[2];
}

static void timeout_report(struct desk *desk, struct nat_router *router)
{
	enum nat_use use = nat_router_surest(desk, router);
	const struct nat_life *life = &router->lives[use];
	const struct nat_death *dead = &life->deaths[nat_life_shortest(life)];
	struct finding *f;
	double sure;

	if (dead->count == 0) {
		return;
	}
	f = finding_open(desk, "nat-timeout", NULL, nat_router_key(desk, &router->address));
	if (!f) {
		return;
	}
	sure = nat_router_sure(desk, router, life);
	if (!finding_is_new(f) && is_told_anew(f, life, use)) {
		finding_renew(f);
		f->confidence = 0; /* what contradicts itself by now is less sure than it was */
	}
	finding_rate(f, sure, SEVERITY_WARNING);
	if (finding_is_new(f)) {
		timeout_describe(f, desk, router, use);
		f->told[0] = (int64_t)use;
		f->told[1] = nat_life_dead_ns(life);
		f->told[2] = nat_life_alive_ns(life);
	}
	finding_endpoint(f, &router->dead_of[use][nat_life_shortest(life)]->claimed.address);
	finding_endpoint(f, &router->dead_of[use][nat_life_shortest(life)]->source.address);
	finding_time(f, dead->mark.time_ns - dead->ns, dead->mark.time_ns);
	router->timeout = sure >= FINDING_HINT ? f->id : 0;
}

/* --- requests that did not get through --- */

static void request_attach(
    struct desk *desk, struct finding *f, const struct nat_path *p, struct nat_request *r)
{
	struct call *call = nat_request_call(desk, r);

	r->told = true;
	if (call) {
		finding_call(f, call);
	}
	finding_endpoint(f, &p->claimed.address);
	finding_endpoint(f, &p->source.address);
	finding_time(f, r->first.time_ns, r->last.time_ns);
}

static const char *method_of(const struct nat_request *r)
{
	switch ((enum sip_method)r->method) {
	case SIP_INVITE:
		return "INVITE";
	case SIP_OPTIONS:
		return "OPTIONS";
	case SIP_NOTIFY:
		return "NOTIFY";
	default:
		return "request";
	}
}

static const struct finding_words unreachable_words = {
    "Calls to the phone ring nowhere or go to voice mail, while the phone itself can call and "
    "shows as registered.",
    "Look at the router in front of the phone: a firewall that lets in answers only (\"SIP "
    "filtering\", \"SPI\", \"address restricted\"), a SIP ALG that lost its state, a mapping "
    "that it gave up. A keep-alive of the phone every 15 to 30 s helps where it is the mapping.",
    NULL,
};

static void unreachable_report(struct desk *desk, const struct nat_router *router,
    struct nat_path *p, struct nat_request *r, enum nat_fate fate)
{
	struct finding *f =
	    finding_open(desk, "inbound-unreachable", NULL, nat_router_key(desk, &router->address));
	bool sure = p->registered && nat_request_is_usual(p, r) && nat_request_is_prompt(desk, r);
	char source[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX];

	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, p->vantage, &unreachable_words,
		    "Requests from the server %s do not reach the phone behind %s, which is there",
		    endpoint_format(&p->server, server), endpoint_format(&p->source, source));
	}
	finding_rate(f, fate == NAT_FATE_DROPPED ? 0.9 : sure ? 0.6 : 0.4, SEVERITY_CRITICAL);
	finding_evidence(f, &r->first, "%s from outside to %s, sent %u times and never answered",
	    method_of(r), endpoint_format(&p->source, source), r->sent);
	if (fate == NAT_FATE_DROPPED) {
		const struct nat_path *inside = nat_path_inside(desk, p);

		finding_evidence(f, &inside->last,
		    "at %s, inside, the same phone is seen all that time, and none of these %s",
		    desk->config.vantages[inside->vantage], "requests");
	}
	finding_evidence(f, &r->reopened, "the phone sends on by itself");
	request_attach(desk, f, p, r);
	if (f->confidence < FINDING_HINT) {
		f->would_settle = "a capture on both sides of the router at once, named with "
				  "--vantage";
	} else {
		f->would_settle = NULL;
	}
}

static void requests_report(struct nat_routers *all, struct nat_router *router, struct nat_path *p)
{
	struct desk *desk = all->desk;
	struct nat_request *r;

	for (unsigned i = 0; (r = nat_path_request(p, i)); i++) {
		struct finding *timeout = finding_of_id(desk, router->timeout);
		enum nat_fate fate = nat_request_fate(desk, p, r);
		bool delayed = r->answered.set && r->reopened.set && r->sent > 1 &&
			       p->place != NAT_PLACE_INSIDE;

		if (r->told || (fate == NAT_FATE_NONE && !delayed)) {
			continue;
		}
		if (timeout && (delayed || !nat_request_was_open(r))) {
			struct call *call = nat_request_call(desk, r);

			request_attach(desk, timeout, p, r);
			if (call && call->kind == CALL_DIALOG && fate != NAT_FATE_NONE) {
				finding_rate(timeout, 0, SEVERITY_CRITICAL);
			}
		} else if (fate != NAT_FATE_NONE && !r->to_former) {
			unreachable_report(desk, router, p, r, fate);
		}
	}
}

void detect_nat_timeout(struct desk *desk)
{
	struct nat_routers routers;

	if (!nat_routers_init(&routers, desk)) {
		return;
	}
	for (uint32_t i = 0; i < routers.pool.used; i++) {
		timeout_report(desk, pool_at(&routers.pool, i));
	}
	nat_routers_each(&routers, requests_report);
	nat_routers_fini(&routers);
}
