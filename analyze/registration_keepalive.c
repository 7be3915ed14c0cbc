/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What keeps the path of a registration open, and how regularly.
 */
#include "registration_state.h"

/* RFC 8489 sections 5 and 18.2: method and class. */
static const uint16_t stun_binding_request = 0x0001, stun_binding_indication = 0x0011;

static void sample_add(struct keepalives *k, int64_t time_ns, enum keepalive_kind kind)
{
	int64_t interval_ns = elapsed_ns(k->last_ns, time_ns);

	/* Two at once are one: some phones send a pair, some captures show each twice. */
	if (k->seen && interval_ns > -MEDIA_SECOND_NS && interval_ns < MEDIA_SECOND_NS) {
		return;
	}
	if (k->seen && interval_ns > 0 && interval_ns / 1000000 < UINT32_MAX) {
		k->intervals_ms[k->count++ % REGISTRATION_INTERVALS_MAX] =
		    (uint32_t)(interval_ns / 1000000);
	}
	k->seen = true;
	k->kind = (uint8_t)kind;
	k->last_ns = time_ns;
}

void registration_keep(
    struct desk *desk, const struct signal *signal, uint64_t flow, enum keepalive_kind kind)
{
	const struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->flows, &cursor, flow);

	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->flow != flow) {
			continue;
		}
		if (registration_has_flow(r, signal->vantage, &signal->src, &signal->dst)) {
			sample_add(&r->keepalives[0], signal->time_ns, kind);
		}
		if (registration_has_flow(r, signal->vantage, &signal->dst, &signal->src)) {
			sample_add(&r->keepalives[1], signal->time_ns, kind);
		}
	}
}

const struct registration *registration_kept_alive(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar)
{
	const struct registrations *all = desk->registrations;
	uint64_t flow = registration_flow(desk, vantage, source, registrar);
	const struct registration *first = NULL;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->flows, &cursor, flow);

	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		const struct registration *r = registration_at(all, number);

		if (r->flow == flow && registration_has_flow(r, vantage, source, registrar) &&
		    r->keepalives[0].count >= KEEPALIVE_GAPS_MIN && (!first || r->id < first->id)) {
			first = r;
		}
	}
	return first;
}

void registration_keepalive(
    struct desk *desk, const struct signal *signal, enum keepalive_kind kind)
{
	registration_keep(desk, signal,
	    registration_flow(desk, signal->vantage, &signal->src, &signal->dst), kind);
}

void registration_datagram(struct desk *desk, const struct signal *signal)
{
	uint16_t type = signal->length > SIGNAL_KEEPALIVE_MAX ? load_be16(signal->octets) : 0;

	if (type == stun_binding_request || type == stun_binding_indication) {
		registration_keepalive(desk, signal, KEEPALIVE_STUN);
	} else if (signal->length <= SIGNAL_KEEPALIVE_MAX) {
		bool nul = signal->length == 0 || signal->octets[0] == '\0';

		registration_keepalive(desk, signal, nul ? KEEPALIVE_NUL : KEEPALIVE_CRLF);
	}
}
