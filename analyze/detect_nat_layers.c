/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double-nat and cgnat, seen from between the two NATs.
 *
 * Theory of operation: packets that come from a private address toward a public server, name
 * another private address, and were forwarded on their way here, have one NAT behind them; and
 * another one before them, because nobody can answer a private address. The answer shows it. So
 * does a server that sees a phone come from 100.64/10 (RFC 6598). That a phone itself has such an
 * address is a hint, unless something shows that it is the carrier's.
 *
 * Not two NATs: a host that announces the address of another interface, or of its VPN, which may
 * change: its packets have the TTL that senders begin with. A switch that routes: it lowers the TTL
 * and translates nothing. An overlay with addresses of 100.64/10 whose mapped address is the same.
 */
#include "detect.h"
#include "endpoint.h"
#include "nat_layers.h"
#include "nat_path.h"

enum { MIDDLES_MAX = 64, CLAIMS_MAX = 4 };

/* A private address that packets toward public servers come from, at one vantage. */
struct middle {
	uint16_t vantage;
	struct address address;
	const struct nat_path *path; /* the first */
	unsigned claim_count;
	const struct nat_path *claims[CLAIMS_MAX]; /* of UAs with different addresses */
	bool forwarded;                            /* by their TTL */
	bool routed;                               /* so were those that name it as their own */
	const struct nat_path *seen_inside;        /* one of them, before the inner NAT */
	const struct nat_path *told;               /* whose server sees it as public */
	const struct endpoint_mapping *mapped;     /* by STUN */
	const struct nat_path *seen_outside;
	uint32_t finding; /* id; 0: none */
};

struct middles {
	unsigned count;
	struct middle list[MIDDLES_MAX];
};

static const struct nat_told *told_public(const struct nat_path *p)
{
	for (unsigned i = 0; i < p->told_count; i++) {
		if (address_class(&p->told[i].at.address) == ADDRESS_PUBLIC) {
			return &p->told[i];
		}
	}
	return NULL;
}

/* From a private address that is not the one it names; or the phone itself is the carrier's. */
static bool is_between(const struct nat_path *p)
{
	if (p->place == NAT_PLACE_OUTSIDE) {
		return nat_is_lan(&p->claimed.address) &&
		       (nat_is_lan(&p->source.address) || nat_is_carrier(&p->source.address));
	}
	return p->place == NAT_PLACE_INSIDE && nat_is_carrier(&p->source.address);
}

static struct middle *middle_for(struct desk *desk, struct middles *all, struct nat_path *p)
{
	for (unsigned i = 0; i < all->count; i++) {
		struct middle *m = &all->list[i];

		if (m->vantage == p->vantage && address_equal(&m->address, &p->source.address)) {
			return m;
		}
	}
	if (all->count == MIDDLES_MAX) {
		desk->evictions.nat_paths += !p->unjudged;
		p->unjudged = true;
		return NULL;
	}
	all->list[all->count] =
	    (struct middle){.vantage = p->vantage, .address = p->source.address, .path = p};
	return &all->list[all->count++];
}

static void claim_add(struct middle *m, const struct nat_path *p)
{
	for (unsigned i = 0; i < m->claim_count; i++) {
		if (address_equal(&m->claims[i]->claimed.address, &p->claimed.address)) {
			return;
		}
	}
	if (m->claim_count < CLAIMS_MAX) {
		m->claims[m->claim_count++] = p;
	}
}

static const struct endpoint_mapping *mapped_public(struct desk *desk, const struct address *a)
{
	const struct endpoint_entry *entry = endpoint_entry(desk, a);

	for (unsigned i = 0; entry && i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->rare->mappings[i];

		if (!m->relayed && !m->check &&
		    address_class(&m->address.address) == ADDRESS_PUBLIC) {
			return m;
		}
	}
	return NULL;
}

static void middle_add(struct desk *desk, struct middle *m, const struct nat_path *p)
{
	const struct nat_path *inside = nat_path_inside(desk, p);
	const struct nat_path *outside = nat_path_outside(desk, p);

	claim_add(m, p);
	m->forwarded |= p->place == NAT_PLACE_OUTSIDE && nat_ttl_is_lowered(p->ttl);
	m->routed |= p->place == NAT_PLACE_INSIDE && nat_ttl_is_lowered(p->ttl);
	if (inside && inside != p && inside->ttl > p->ttl) {
		m->seen_inside = inside;
	}
	if (outside && outside != p) {
		m->seen_outside = outside;
	}
	if (told_public(p)) {
		m->told = p;
	}
	if (!m->mapped) {
		m->mapped = mapped_public(desk, &p->source.address);
	}
}

static bool is_seen_as_public(const struct middle *m)
{
	return m->told || m->mapped || m->seen_outside;
}

/* Two phones at the same time; one of them alone may announce one address after the other. */
static bool is_of_several(const struct middle *m)
{
	for (unsigned i = 1; i < m->claim_count; i++) {
		for (unsigned k = 0; k < i; k++) {
			const struct nat_path *a = m->claims[i], *b = m->claims[k];

			if (a->account != b->account && a->first.time_ns <= b->last.time_ns &&
			    b->first.time_ns <= a->last.time_ns) {
				return true;
			}
		}
	}
	return false;
}

static double middle_sure(const struct middle *m)
{
	bool carrier = nat_is_carrier(&m->address);
	bool beyond = is_seen_as_public(m);

	if (m->path->place == NAT_PLACE_INSIDE) {
		/*
		 * On the carrier's network where a router stands between, or private addresses
		 * behind it; else an overlay's host has such an address, too.
		 */
		return !beyond ? 0 : m->routed || m->forwarded ? 0.9 : 0.4;
	}
	if (!m->forwarded) {
		return 0; /* a host may announce another of its addresses */
	}
	if (m->seen_inside) {
		return beyond ? 0.95 : 0.75;
	}
	if (is_of_several(m) || carrier) {
		return beyond ? 0.9 : 0.7;
	}
	return 0.6;
}

static void middle_tell(struct finding *f, const struct desk *desk, const struct middle *m)
{
	char source[ENDPOINT_TEXT_MAX], other[ENDPOINT_TEXT_MAX];

	for (unsigned i = 0; i < m->claim_count; i++) {
		const struct nat_path *p = m->claims[i];

		finding_evidence(f, &p->first,
		    "its packets come from %s with a TTL of %u, and its own Via names %s",
		    endpoint_format(&p->source, source), p->ttl,
		    endpoint_format(&p->claimed, other));
	}
	if (m->seen_inside) {
		finding_evidence(f, &m->seen_inside->first,
		    "at %s the same phone's packets come from %s, with a TTL of %u",
		    desk->config.vantages[m->seen_inside->vantage],
		    endpoint_format(&m->seen_inside->source, source), m->seen_inside->ttl);
	}
	if (m->told) {
		finding_evidence(f, &told_public(m->told)->first,
		    "the server sees it as %s (received, rport)",
		    endpoint_format(&told_public(m->told)->at, source));
	}
	if (m->mapped) {
		finding_evidence(f, &m->mapped->proof, "a STUN server sees it as %s",
		    endpoint_format(&m->mapped->address, source));
	}
	if (m->seen_outside) {
		finding_evidence(f, &m->seen_outside->first,
		    "at %s the same phone's packets come from %s",
		    desk->config.vantages[m->seen_outside->vantage],
		    endpoint_format(&m->seen_outside->source, source));
	}
}

static void middle_doubt(struct finding *f, const struct middle *m)
{
	if (m->path->place == NAT_PLACE_OUTSIDE && !is_of_several(m) && !m->seen_inside) {
		finding_against(f, "a host that announces the address of another interface or of "
				   "a VPN, behind a switch that routes, looks the same");
		f->would_settle = "a capture in the phone's own network at the same time, named "
				  "with --vantage";
	}
	if (f->confidence < FINDING_HINT) {
		finding_against(f, "hosts of an overlay network (Tailscale, WARP) and containers "
				   "have such addresses, too, behind any router");
		f->would_settle = "the address that the router shows for its Internet connection "
				  "(\"WAN IP\"): in 100.64.0.0/10 or not";
	}
	if (!is_seen_as_public(m)) {
		finding_against(f, "no answer shows the public address behind it");
	}
}

/* A call of somebody who is behind one of them. */
static void call_attach(struct desk *desk, const struct middles *all, struct call *call)
{
	for (const struct observation *o = call->observations; o; o = o->next) {
		struct endpoint caller = observed_party(o, PARTY_CALLER);
		struct endpoint callee = observed_party(o, PARTY_CALLEE);

		for (unsigned i = 0; o->invite.set && i < all->count; i++) {
			const struct middle *m = &all->list[i];
			struct finding *f = NULL;

			if (m->finding && o->vantage == m->vantage &&
			    (address_equal(&caller.address, &m->address) ||
				address_equal(&callee.address, &m->address))) {
				f = finding_of_id(desk, m->finding);
			}
			if (f) {
				finding_call(f, call);
			}
		}
	}
}

static void middle_report(struct desk *desk, struct middle *m)
{
	double sure = middle_sure(m);
	struct finding *f = sure > 0 ? nat_layers_open(desk, &m->address) : NULL;

	if (!f) {
		return;
	}
	finding_rate(f, sure, SEVERITY_WARNING);
	if (finding_is_new(f)) {
		nat_layers_describe(f, desk, m->vantage, &m->path->claimed.address, &m->address);
		if (m->seen_inside && m->seen_inside->vantage != m->vantage) {
			nat_layers_seen_at(f, desk, m->seen_inside->vantage);
		}
		if (m->seen_outside && m->seen_outside->vantage != m->vantage) {
			nat_layers_seen_at(f, desk, m->seen_outside->vantage);
		}
		middle_tell(f, desk, m);
		middle_doubt(f, m);
	}
	for (unsigned i = 0; i < m->claim_count; i++) {
		finding_endpoint(f, &m->claims[i]->claimed.address);
		finding_time(f, m->claims[i]->first.time_ns, m->claims[i]->last.time_ns);
	}
	m->finding = f->id;
	if (m->path->place == NAT_PLACE_OUTSIDE) {
		nat_layers_behind(
		    desk, m->seen_inside ? &m->seen_inside->source.address : &m->address);
	}
}

/* --- told an address of the carrier's --- */

static void told_carrier(struct desk *desk, const struct address *phone,
    const struct endpoint *told, const struct mark *mark, uint16_t vantage)
{
	struct finding *f;
	char text[ENDPOINT_TEXT_MAX];

	if (!nat_is_carrier(&told->address) || !nat_is_lan(phone) ||
	    !(f = nat_layers_open(desk, &told->address))) {
		return;
	}
	finding_rate(f, 0.7, SEVERITY_WARNING);
	if (finding_is_new(f)) {
		nat_layers_describe(f, desk, vantage, phone, &told->address);
		finding_evidence(
		    f, mark, "the server sees the phone as %s", endpoint_format(told, text));
		finding_against(f, "the public address behind it was not seen");
	}
	finding_endpoint(f, phone);
	finding_time(f, mark->time_ns, mark->time_ns);
}

static void told_by_stun(struct desk *desk, const struct endpoint_entry *entry)
{
	for (unsigned i = 0; i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->rare->mappings[i];

		if (!m->relayed && !m->check && !address_is_unroutable(&m->server.address)) {
			told_carrier(desk, &m->local.address, &m->address, &m->proof, m->vantage);
		}
	}
}

void detect_nat_layers(struct desk *desk)
{
	struct middles all = {0};
	bool found = false;

	for (uint32_t i = 0; i < nat_path_count(desk); i++) {
		struct nat_path *p = nat_path_at(desk, i);
		struct middle *m = p->known && is_between(p) ? middle_for(desk, &all, p) : NULL;

		if (m) {
			middle_add(desk, m, p);
		}
		for (unsigned t = 0; p->known && t < p->told_count; t++) {
			told_carrier(desk, &p->claimed.address, &p->told[t].at, &p->told[t].first,
			    p->vantage);
		}
	}
	for (unsigned i = 0; i < all.count; i++) {
		middle_report(desk, &all.list[i]);
		found |= all.list[i].finding != 0;
	}
	for (uint32_t n = desk->oldest_call; found && n != POOL_NONE; n = call_at(desk, n)->newer) {
		call_attach(desk, &all, call_at(desk, n));
	}
	for (uint32_t i = 0; i < desk->endpoints.used; i++) {
		const struct endpoint_entry *entry = pool_at(&desk->endpoints, i);

		if (entry->known) {
			told_by_stun(desk, entry);
		}
	}
}
