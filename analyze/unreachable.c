/* SPDX-License-Identifier: Apache-2.0 */
#include "unreachable.h"

#include "aside.h"
#include "call.h"
#include "icmp.h"
#include "ip.h"
#include "sighting.h"
#include "site.h"

enum {
	UNREACHABLES_MAX = 16,  /* of one call */
	SIGNALLING_SEARCH = 64, /* calls, the newest first */
	LASTING_COUNT = 3
};

static const int64_t lasting_ns = 3 * MEDIA_SECOND_NS;
/* Behind the last error: rate limits leave that much open. */
static const int64_t until_end_ns = 5 * MEDIA_SECOND_NS;

/* --- whose is it? --- */

static uint32_t call_by_place(
    struct desk *desk, const struct icmp_notice *n, const struct endpoint *dst)
{
	uint32_t place = place_find(desk, dst, false);
	uint32_t number = place != POOL_NONE ? place_at(desk, place)->newest_to : POOL_NONE;
	const struct site *site;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *s = stream_at(desk, number);

		if (s->vantage == n->vantage && s->call != POOL_NONE &&
		    address_equal(&s->src.address, &n->src.address)) {
			return s->call;
		}
		number = s->older_to;
	}
	site = site_for(desk, place, n->vantage, n->time_ns);
	return site ? site->call : POOL_NONE;
}

static bool is_about(const struct icmp_notice *n, uint16_t vantage, const struct endpoint *src,
    const struct endpoint *dst)
{
	return vantage == n->vantage && endpoint_equal(src, &n->src) &&
	       endpoint_equal(dst, &n->dst);
}

/*
 * Of the newest calls, and what was put aside, the one whose last message it is about.
 * *found_aside: it is about what was put aside, of which nobody will ask.
 */
static uint32_t call_by_signalling(
    const struct desk *desk, const struct icmp_notice *n, bool *found_aside)
{
	uint32_t number = desk->newest_call;
	const struct aside *aside = aside_newest(desk);

	for (int i = 0; i < SIGNALLING_SEARCH && (aside || number != POOL_NONE); i++) {
		const struct call *call = number != POOL_NONE ? call_at(desk, number) : NULL;

		if (aside && (!call || aside_birth(aside) > call->birth)) {
			const struct signal *last = aside_last(aside);

			*found_aside = is_about(n, last->vantage, &last->src, &last->dst);
			if (*found_aside) {
				return POOL_NONE;
			}
			aside = aside_older(desk, aside);
		} else {
			struct sighting_place at;

			if (sighting_place_newest(desk, call, &at) &&
			    is_about(n, at.vantage, &at.src, &at.dst)) {
				return number;
			}
			number = call->older;
		}
	}
	return POOL_NONE;
}

static uint32_t call_of(struct desk *desk, const struct icmp_notice *n, bool *aside)
{
	uint32_t number = POOL_NONE;

	if (n->dst.port == 0) {
		return POOL_NONE;
	}
	if (n->protocol == IP_PROTOCOL_UDP) {
		struct endpoint beside = {n->dst.address, (uint16_t)(n->dst.port - 1)};

		number = call_by_place(desk, n, &n->dst);
		if (number == POOL_NONE && n->dst.port % 2) { /* RTCP, RFC 3550 11 */
			number = call_by_place(desk, n, &beside);
		}
	}
	return number != POOL_NONE ? number : call_by_signalling(desk, n, aside);
}

/* --- noting --- */

static bool is_same(const struct unreachable *u, const struct icmp_notice *n)
{
	return u->vantage == n->vantage && u->protocol == n->protocol && u->type == n->type &&
	       u->code == n->code && endpoint_equal(&u->src, &n->src) &&
	       endpoint_equal(&u->dst, &n->dst) && address_equal(&u->from, &n->from);
}

static struct unreachable *find_or_make(struct call *call, const struct icmp_notice *n)
{
	unsigned count = 0;
	struct call_rare *rare;
	struct unreachable *u;

	for (u = call_rare(call)->unreachables; u; u = u->next) {
		if (is_same(u, n)) {
			return u;
		}
		count++;
	}
	rare = count < UNREACHABLES_MAX ? call_rare_make(call) : NULL;
	u = rare ? arena_take(&call->text, sizeof(*u)) : NULL;
	if (u) {
		*u = (struct unreachable){
		    .next = rare->unreachables,
		    .from = n->from,
		    .src = n->src,
		    .dst = n->dst,
		    .vantage = n->vantage,
		    .protocol = n->protocol,
		    .kind = n->kind,
		    .type = n->type,
		    .code = n->code,
		    .ipv6 = n->ipv6,
		    .first = {true, n->capture, n->frame, n->time_ns},
		};
		rare->unreachables = u;
	}
	return u;
}

void unreachable_note(struct desk *desk, const struct icmp_notice *n)
{
	bool aside = false;
	uint32_t number = call_of(desk, n, &aside);
	struct call *call = number != POOL_NONE ? call_at(desk, number) : NULL;
	struct unreachable *u = call && !call->closed ? find_or_make(call, n) : NULL;

	if (!u && !aside) {
		desk->counts[n->capture][SKIPPED_ICMP]++;
	}
	if (!u) {
		return;
	}
	u->count++;
	u->last = (struct mark){true, n->capture, n->frame, n->time_ns};
}

/* --- asking --- */

/* Of media, and for as long as that is seen: until_ns. */
static bool is_lasting(const struct call *call, const struct unreachable *u, int64_t until_ns)
{
	int64_t ended_ns, last_ns = u->last.time_ns;

	if (u->kind != ICMP_UNREACHABLE || u->protocol != IP_PROTOCOL_UDP ||
	    u->count < LASTING_COUNT) {
		return false;
	}
	if (call_has_ended(call, &ended_ns)) {
		until_ns = ended_ns < until_ns ? ended_ns : until_ns;
		last_ns = ended_ns < last_ns ? ended_ns : last_ns;
	}
	return last_ns - u->first.time_ns >= lasting_ns && until_ns - last_ns <= until_end_ns;
}

const struct unreachable *unreachable_of_stream(
    const struct call *call, const struct desk_stream *s)
{
	for (const struct unreachable *u = call_rare(call)->unreachables; u && s->measured;
	     u = u->next) {
		if (u->vantage == s->vantage && endpoint_equal(&u->dst, &s->dst) &&
		    endpoint_equal(&u->src, &s->src) &&
		    is_lasting(call, u, s->summary->last_time_ns)) {
			return u;
		}
	}
	return NULL;
}

const struct unreachable *unreachable_of_place(const struct call *call, const struct endpoint *at)
{
	for (const struct unreachable *u = call_rare(call)->unreachables; u; u = u->next) {
		if (endpoint_equal(&u->dst, at) && is_lasting(call, u, call->last_ns)) {
			return u;
		}
	}
	return NULL;
}
