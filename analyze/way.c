/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: addresses do not lie. Of a translated end the private form is inside, that
 * of a carrier's NAT (RFC 6598) outside of it, the public one outside of both. Where two forms are
 * of one class, each router on the way has lowered the TTL. Only where that too is the same does
 * the order in one capture decide; clocks of two captures do not.
 */
#include "way.h"

/* How far out an address is. */
static int depth_of(const struct address *a)
{
	switch (address_class(a)) {
	case ADDRESS_PUBLIC:
		return 2;
	case ADDRESS_SHARED:
	case ADDRESS_TRANSITION:
		return 1;
	default:
		return 0;
	}
}

static enum way_order order_by(int64_t first, int64_t second)
{
	return second > first ? WAY_AFTER : second < first ? WAY_BEFORE : WAY_UNKNOWN;
}

static enum way_order order_of(
    enum way_end translated, const struct way_point *a, const struct way_point *b)
{
	enum way_order order = WAY_UNKNOWN;

	/* A source is taken outward, a destination inward. */
	if (translated == WAY_SRC) {
		order = order_by(depth_of(&a->src.address), depth_of(&b->src.address));
	} else if (translated == WAY_DST) {
		order = order_by(depth_of(&b->dst.address), depth_of(&a->dst.address));
	}
	if (order == WAY_UNKNOWN && a->ttl && b->ttl) {
		order = order_by(b->ttl, a->ttl);
	}
	if (order == WAY_UNKNOWN && a->capture == b->capture) {
		order = order_by(a->time_ns, b->time_ns);
	}
	return order;
}

bool way_between(struct way *out, const struct way_point *first, const struct way_point *second)
{
	bool src = !endpoint_equal(&first->src, &second->src);
	bool dst = !endpoint_equal(&first->dst, &second->dst);

	/* One host's two ports are two flows. */
	if ((src && dst) || (src && address_equal(&first->src.address, &second->src.address)) ||
	    (dst && address_equal(&first->dst.address, &second->dst.address))) {
		return false;
	}
	out->translated = src ? WAY_SRC : dst ? WAY_DST : WAY_NONE;
	out->order = order_of(out->translated, first, second);
	return true;
}

struct way_point way_point_of_message(const struct sighting *s)
{
	return (struct way_point){s->src, s->dst, s->capture, s->ttl, s->time_ns};
}
