/* SPDX-License-Identifier: Apache-2.0 */
#include "astray.h"

#include "endpoint.h"

/* In the customer's network, or what stands for it outside. */
static bool is_customer(const struct endpoint_entry *entry)
{
	return entry->registers || entry->translated || entry->routes ||
	       address_is_unroutable(&entry->address);
}

static bool is_phone(const struct endpoint_entry *entry)
{
	return is_customer(entry) && !entry->serves;
}

/* Who calls, and was not seen to serve anybody, may be a phone on a public address. */
static bool is_platform(const struct endpoint_entry *entry)
{
	return !is_customer(entry) && (entry->serves || !entry->calls);
}

enum astray_ends astray_ends(
    struct desk *desk, const struct address *sender, const struct address *listener)
{
	const struct endpoint_entry *from = endpoint_entry(desk, sender);
	const struct endpoint_entry *to = endpoint_entry(desk, listener);

	if (!from || !to) {
		return ASTRAY_UNKNOWN;
	}
	if (is_platform(from) && is_phone(to)) {
		return ASTRAY_TO_PHONE;
	}
	return is_phone(from) && is_platform(to) ? ASTRAY_TO_PLATFORM : ASTRAY_UNKNOWN;
}

/* What sent the first packets must not have: it is at the listener's, or on the internet. */
static enum finding_side side_of_first(const struct latching *l)
{
	if (!l->earlier && l->astray->seldom->stray == POOL_NONE) {
		return SIDE_UNKNOWN;
	}
	return address_equal(&l->astray->dst.address, &l->own->src.address) ? SIDE_CUSTOMER_NETWORK
									    : SIDE_PROVIDER;
}

enum finding_side astray_side(struct desk *desk, const struct latching *l)
{
	switch (astray_ends(desk, &l->astray->src.address, &l->own->src.address)) {
	case ASTRAY_TO_PHONE:
		return l->fault == LATCH_WRONG ? side_of_first(l) : SIDE_PROVIDER;
	case ASTRAY_TO_PLATFORM:
		return astray_as_described(l) ? SIDE_PROVIDER : SIDE_UNKNOWN;
	default:
		return SIDE_UNKNOWN;
	}
}
