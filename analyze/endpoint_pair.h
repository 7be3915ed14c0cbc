/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two endpoints that belong together, of which there are many: in 13 octets those of IPv4, as
 * nearly all are; of another kind the addresses stand in an arena.
 *
 * Ownership: the arena's. Threading: one thread.
 */
#ifndef TALKPATH_ENDPOINT_PAIR_H
#define TALKPATH_ENDPOINT_PAIR_H

#include "address.h"
#include "arena.h"

struct endpoint_pair {
	union {
		uint32_t ipv4[2];
		struct address *wide; /* both */
	};
	uint16_t ports[2];
	bool is_wide;
} __attribute__((packed));

/* Of one that was not set it is 0.0.0.0 and port 0. */
static inline struct endpoint pair_get(const struct endpoint_pair *pair, unsigned which)
{
	struct endpoint e = {.port = pair->ports[which]};

	e.address = pair->is_wide ? pair->wide[which] : address_of_ipv4(pair->ipv4[which]);
	return e;
}

static inline bool pair_widen(struct endpoint_pair *pair, struct arena *arena)
{
	struct address *wide = arena_take(arena, sizeof(*wide) * 2);

	if (!wide) {
		return false;
	}
	for (unsigned i = 0; i < 2; i++) {
		wide[i] = address_of_ipv4(pair->ipv4[i]);
	}
	pair->wide = wide;
	pair->is_wide = true;
	return true;
}

/* False where there is no memory; then nothing is changed. */
static inline bool pair_set(
    struct endpoint_pair *pair, struct arena *arena, unsigned which, const struct endpoint *e)
{
	bool ipv4 = address_is_ipv4(&e->address);

	if (!ipv4 && !pair->is_wide && !pair_widen(pair, arena)) {
		return false;
	}
	if (pair->is_wide) {
		pair->wide[which] = e->address;
	} else {
		pair->ipv4[which] = address_ipv4(&e->address);
	}
	pair->ports[which] = e->port;
	return true;
}

#endif
