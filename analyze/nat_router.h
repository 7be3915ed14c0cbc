/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Routers by their outer addresses, and what the paths of the phones behind them tell together:
 * how long they remember a mapping, how sure that is, and which requests they did not let in.
 *
 * Data in:   the paths (nat_path.h). Data out: nat-timeout, inbound-unreachable.
 * Ownership: the caller's, for as long as one judgement lasts. Threading: the desk's thread.
 * Limits:    as many routers as there are paths.
 */
#ifndef TALKPATH_NAT_ROUTER_H
#define TALKPATH_NAT_ROUTER_H

#include "finding.h"
#include "nat_path.h"

struct nat_router {
	struct address address;
	struct nat_life lives[NAT_USES];
	const struct nat_path *dead_of[NAT_USES][NAT_PROOFS]; /* whose deaths these are */
	bool dropped;     /* a request was seen before the router and not behind it */
	uint32_t timeout; /* the detector's: a finding's id; 0: none that claims anything */
};

struct nat_routers {
	struct desk *desk;
	struct pool pool;
	struct table index; /* by address */
};

/*
 * Fold all paths into their routers, of which those are left out that forgot nothing and were asked
 * for nothing. False where memory is short.
 */
bool nat_routers_init(struct nat_routers *all, struct desk *desk);
void nat_routers_fini(struct nat_routers *all);

typedef void nat_router_visitor(
    struct nat_routers *all, struct nat_router *router, struct nat_path *path);

/* Each path of these routers. */
void nat_routers_each(struct nat_routers *all, nat_router_visitor *visit);

/* Of the address: what findings about the router are keyed by. */
uint64_t nat_router_key(const struct desk *desk, const struct address *address);

/* --- how long it remembers --- */

int64_t nat_life_alive_ns(const struct nat_life *life);
int64_t nat_life_dead_ns(const struct nat_life *life);

/* The shortest silence within which it forgot; a doubtful one only where nothing else is known. */
enum nat_proof nat_life_shortest(const struct nat_life *life);

/* It forgot sooner than it remembered. */
bool nat_life_is_contradictory(const struct nat_life *life);

double nat_router_sure(
    const struct desk *desk, const struct nat_router *router, const struct nat_life *life);

/* The use of which the most is known. */
enum nat_use nat_router_surest(const struct desk *desk, const struct nat_router *router);

/* --- requests that are not answered --- */

enum nat_fate {
	NAT_FATE_NONE,    /* answered, or too few packets to say, or no matter of the router's */
	NAT_FATE_DROPPED, /* seen outside and not inside */
	NAT_FATE_UNSEEN   /* seen outside; inside was not captured */
};

enum nat_fate nat_request_fate(
    const struct desk *desk, const struct nat_path *p, const struct nat_request *r);

/* The call that it belongs to, or NULL: none, or none any more. */
struct call *nat_request_call(const struct desk *desk, const struct nat_request *r);

/* Sent on after the UA had opened the same mapping again, and still not answered? */
bool nat_request_was_open(const struct nat_request *r);

/* Did the UA send something again before long? Otherwise it may have been away. */
bool nat_request_is_prompt(const struct desk *desk, const struct nat_request *r);

/* Is it something that this UA answers? */
bool nat_request_is_usual(struct nat_path *p, const struct nat_request *r);

#endif
