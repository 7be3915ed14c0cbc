/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints: the addresses that take part, what they are, and on which side of their NAT each
 * vantage sits. No rule about NAT may be scored without that side.
 *
 * Evidence, strongest first: the user's word (--vantage lan=...), the same message seen on both
 * sides, a response that tells what the far end saw (RFC 3581, RFC 8489), a source that is or is
 * not the address in the sender's own Via, Contact or session description, together with how
 * many routers lowered the TTL on the way here.
 *
 * "lan" and "wan" are the inside and the outside of the NAT that this address belongs to. In the
 * middle of two NATs the inner router's address is "wan": it stands for the phones behind it.
 */
#ifndef TALKPATH_ENDPOINT_H
#define TALKPATH_ENDPOINT_H

#include "message_keys.h"
#include "model.h"

enum endpoint_weight {
	WEIGHT_GUESS = 1, /* nothing speaks for either side */
	WEIGHT_VIA,
	WEIGHT_RECEIVED,
	WEIGHT_BOTH_SIDES,
	WEIGHT_DECLARED
};

/* The entry of an address, made if need be; NULL where there is no room. */
struct endpoint_entry *endpoint_entry(struct desk *desk, const struct address *address);

/* The same, where it was made already; or NULL. */
struct endpoint_entry *endpoint_known(struct desk *desk, const struct address *address);

/* The entry of an address, or NULL. */
const struct endpoint_entry *endpoint_find(const struct desk *desk, const struct address *address);

/*
 * Routers that lowered a TTL since its sender set it to 64, 128 or 255: 0 is a sender on the same
 * wire. Another initial value makes it too many, never too few.
 */
unsigned endpoint_hops(uint8_t ttl);

/* A packet went to it, and this vantage saw it; noted where the address is known. */
void endpoint_addressed(struct desk *desk, uint16_t vantage, const struct address *address);

/* Who sent a message and who got it, as its vantage knows them; NULL where there is no room. */
struct endpoint_ends {
	struct endpoint_entry *sender, *receiver;
	struct endpoint_view *of_sender, *of_receiver;
};

/* What an address is looked for by, and what will likely be found. */
struct endpoint_way {
	struct table_way index; /* bucket NULL: it is at hand */
	uint32_t number;        /* or POOL_NONE */
};

/* Of two; both are on their way to the cache. */
struct endpoint_ways {
	struct endpoint_way src, dst;
};

struct endpoint_ways endpoint_ways(
    const struct desk *desk, const struct address *src, const struct address *dst);
void endpoints_fetch(const struct desk *desk, struct endpoint_ways *ways);

/* Learn from a SIP message. ways: endpoint_ways(). sdp: its body, or NULL. */
struct endpoint_ends endpoint_message(struct desk *desk, const struct endpoint_ways *ways,
    const struct sip_message *message, const struct message_keys *keys, const struct sdp *sdp,
    const struct signal *signal);

/* What few have, made if need be; NULL where memory is short. */
struct endpoint_rare *endpoint_rare(struct desk *desk, struct endpoint_entry *entry);

/* What it was asked by STUN and answered; NULL: nothing. */
static inline const struct stun_tally *endpoint_stun(const struct endpoint_entry *entry)
{
	return entry->rare ? &entry->rare->stun : NULL;
}

/* The vantage sits on this side of the endpoint's NAT, unless something weightier said else. */
__attribute__((format(printf, 6, 7))) void endpoint_side(struct desk *desk,
    struct endpoint_entry *entry, uint16_t vantage, const char *side, enum endpoint_weight weight,
    const char *because, ...);

/* The entry is the outer address of a router, as seen from its outside by this vantage. */
__attribute__((format(printf, 5, 6))) void endpoint_router(struct desk *desk,
    struct endpoint_entry *entry, uint16_t vantage, enum endpoint_weight weight,
    const char *because, ...);

/* What comes from that address was seen to say what its sender wrote: no ALG. */
void endpoint_plain(struct desk *desk, struct endpoint_entry *entry, uint16_t vantage);

/*
 * An answer of STUN or TURN: which address the endpoint has outside, or was lent. It also tells
 * on which side of its NAT the vantage sits.
 */
void endpoint_learn(struct desk *desk, uint16_t vantage, const struct endpoint_mapping *mapping);

/* Did the endpoint learn by STUN that this is its address outside? Then it may say so itself. */
bool endpoint_knows(const struct endpoint_entry *entry, const struct address *outside);

/* "phone", "server", "media", "router", "other" */
const char *endpoint_role(const struct endpoint_entry *entry);

/* An answer came by which it may have learned its outer address. view: may be NULL. */
static inline void endpoint_told(struct endpoint_view *view, int64_t time_ns)
{
	if (view && !view->told) {
		view->told = true;
		view->told_ns = time_ns;
	}
}

/* How it named itself, in the order in which it did; how many there are. */
unsigned endpoint_user_agents(
    const struct endpoint_entry *entry, const char *out[ENDPOINT_AGENTS_MAX]);

/* Why it is taken to be on that side of its NAT; of a view with weight. */
const char *endpoint_because(
    const struct endpoint_entry *entry, const struct endpoint_view *view, struct arena *arena);

/* What is known of a vantage's side, or NULL; with weight 0 nothing but its TTLs. */
const struct endpoint_view *endpoint_view(const struct endpoint_entry *entry, uint16_t vantage);

/* The same, made if need be; NULL where memory is short. */
struct endpoint_view *endpoint_view_make(
    struct desk *desk, struct endpoint_entry *entry, uint16_t vantage);

#endif
