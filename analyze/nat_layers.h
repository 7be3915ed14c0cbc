/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What double-nat and cgnat are told as, whichever way they were found.
 *
 * Where the address between the two NATs is of 100.64/10 (RFC 6598), the second one is the
 * carrier's: that is cgnat, and no double-nat besides.
 */
#ifndef TALKPATH_NAT_LAYERS_H
#define TALKPATH_NAT_LAYERS_H

#include "finding.h"

static inline bool nat_is_carrier(const struct address *a)
{
	return address_class(a) == ADDRESS_SHARED;
}

static inline bool nat_is_lan(const struct address *a)
{
	return address_class(a) == ADDRESS_PRIVATE;
}

/* The finding about the NAT beyond this address, of which vantages share one; or NULL. */
struct finding *nat_layers_open(struct desk *desk, const struct address *middle);

void nat_layers_describe(struct finding *f, const struct desk *desk, uint16_t vantage,
    const struct address *inner, const struct address *middle);

/* Another vantage proves it as well. */
void nat_layers_seen_at(struct finding *f, const struct desk *desk, uint16_t vantage);

/* Whoever has this address here is behind two NATs. */
void nat_layers_behind(struct desk *desk, const struct address *address);

#endif
