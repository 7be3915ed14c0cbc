/* SPDX-License-Identifier: Apache-2.0 */
/*
 * double-nat and cgnat, by one message seen at several places.
 *
 * Theory of operation: a NAT changes one end of a packet and nothing in its text, so one message
 * whose one end has three addresses has passed two. Which of them is the phone's own, its Via
 * names, or else the TTL tells. Where only the two ends were captured, the inner router's SIP
 * ALG may have written the address in the middle into the Via.
 */
#include "detect.h"
#include "endpoint.h"
#include "nat_layers.h"
#include "sighting.h"

enum { CHAIN_MAX = 8 };

struct chain {
	bool from_ua; /* the message was sent by the one behind the NATs, not to it */
	bool by_ua;   /* it is a request of that one, or the answer to one */
	unsigned count;
	const struct sighting *links[CHAIN_MAX + 1]; /* one for each address, then NULL */
	const struct sighting *innermost;            /* nearest to the UA; NULL: not known */
	bool named;                                  /* by its own Via */
};

static const struct endpoint *own_end(const struct chain *c, const struct sighting *s)
{
	return c->from_ua ? &s->src : &s->dst;
}

static const struct endpoint *other_end(const struct chain *c, const struct sighting *s)
{
	return c->from_ua ? &s->dst : &s->src;
}

/* The host of the message's Via, where it is a literal address; with or without a port. */
static bool sent_by(const struct sighting *s, struct address *out)
{
	struct text value = text_of(fact_value(s, FACT_VIA_SENT_BY));
	struct sip_host host;

	return sip_host_parse(&host, value) && address_parse(out, host.name);
}

static bool chain_has(const struct chain *c, const struct address *a)
{
	for (const struct sighting *const *link = c->links; *link; link++) {
		if (address_equal(&own_end(c, *link)->address, a)) {
			return true;
		}
	}
	return false;
}

static void chain_add(struct chain *c, const struct sighting *s)
{
	const struct address *own = &own_end(c, s)->address;
	struct address via;

	if (c->count == CHAIN_MAX || chain_has(c, own)) {
		return;
	}
	c->links[c->count++] = s;
	if (c->by_ua && !c->innermost && address_is_unroutable(own) && sent_by(s, &via) &&
	    address_equal(&via, own)) {
		c->innermost = s;
		c->named = true;
	}
}

/* A UA may name an address that it learned; then it is nearest where fewest routers were passed. */
static void innermost_by_ttl(struct chain *c)
{
	const struct sighting *best = NULL;
	bool single = true;

	for (const struct sighting *const *link = c->links; *link; link++) {
		const struct sighting *s = *link;

		if (!best || (c->from_ua ? s->ttl > best->ttl : s->ttl < best->ttl)) {
			best = s;
			single = true;
		} else if (s->ttl == best->ttl) {
			single = false;
		}
	}
	if (single && best && address_is_unroutable(&own_end(c, best)->address)) {
		c->innermost = best;
	}
}

/* The same message with the server's end unchanged, wherever it was seen. */
static void chain_collect(struct chain *c, const struct sighting *first, bool by_ua)
{
	bool request = fact_value(first, FACT_REQUEST_URI);

	*c = (struct chain){.from_ua = request == by_ua, .by_ua = by_ua};
	for (const struct sighting *s = first; s; s = s->next_alike) {
		if (endpoint_equal(other_end(c, s), other_end(c, first))) {
			chain_add(c, s);
		}
	}
	if (!c->innermost) {
		innermost_by_ttl(c);
	}
}

static const struct sighting *link_of_class(const struct chain *c, bool public)
{
	for (const struct sighting *const *link = c->links; *link; link++) {
		const struct address *own = &own_end(c, *link)->address;

		if (*link != c->innermost && address_is_unroutable(own) != public) {
			return *link;
		}
	}
	return NULL;
}

/*
 * The address between the two NATs: seen, or written into the Via by the inner router's ALG,
 * which writes its own outer address.
 */
static double middle_of(const struct chain *c, struct address *middle)
{
	const struct sighting *between = link_of_class(c, false);
	const struct sighting *outer = link_of_class(c, true);

	if (!outer || !address_is_ipv4(&own_end(c, outer)->address) ||
	    address_is_unroutable(&other_end(c, outer)->address)) {
		return 0;
	}
	if (between) {
		*middle = own_end(c, between)->address;
		return 0.97;
	}
	return c->named && outer->whole && sent_by(outer, middle) && !chain_has(c, middle) &&
		       (nat_is_lan(middle) || nat_is_carrier(middle))
		   ? 0.75
		   : 0;
}

/* Of those at its vantage. */
static bool is_first_at(const struct chain *c, const struct sighting *const *link)
{
	for (const struct sighting *const *earlier = c->links; earlier != link; earlier++) {
		if ((*earlier)->vantage == (*link)->vantage) {
			return false;
		}
	}
	return true;
}

static void chain_tell(
    struct finding *f, const struct desk *desk, const struct chain *c, const struct address *middle)
{
	char at[ENDPOINT_TEXT_MAX];

	for (const struct sighting *const *link = c->links; *link; link++) {
		const struct sighting *s = *link;
		struct mark mark = sighting_mark(s);

		if (s->vantage != c->innermost->vantage && is_first_at(c, link)) {
			nat_layers_seen_at(f, desk, s->vantage);
		}
		finding_evidence(f, &mark, "at %s the same %s is seen %s %s",
		    desk->config.vantages[s->vantage], s->name, c->from_ua ? "from" : "to",
		    endpoint_format(own_end(c, s), at));
		finding_time(f, s->time_ns, s->time_ns);
	}
	if (!chain_has(c, middle)) {
		const struct sighting *outer = link_of_class(c, true);
		struct mark mark = sighting_mark(outer);

		finding_evidence(f, &mark,
		    "its Via names %s by then, which a SIP ALG wrote: neither the phone's address "
		    "nor the one that it comes from",
		    fact_value(outer, FACT_VIA_SENT_BY));
		finding_against(f, "a broken SIP ALG may write any address");
	}
}

static void chain_report(struct desk *desk, struct call *call, const struct chain *c,
    const struct address *middle, double sure)
{
	const struct address *inner = &own_end(c, c->innermost)->address;
	struct finding *f = nat_layers_open(desk, middle);

	if (!f) {
		return;
	}
	finding_rate(f, sure, SEVERITY_WARNING);
	if (finding_is_new(f)) {
		nat_layers_describe(f, desk, c->innermost->vantage, inner, middle);
		chain_tell(f, desk, c, middle);
	}
	finding_call(f, call);
	finding_endpoint(f, inner);
	nat_layers_behind(desk, inner);
}

/* A server may be behind two NATs as well; what registers is a phone. */
static bool is_phone(struct desk *desk, const struct chain *c)
{
	const struct endpoint_entry *entry =
	    endpoint_entry(desk, &own_end(c, c->innermost)->address);

	return entry && entry->registers;
}

static bool chain_judge(
    struct desk *desk, struct call *call, const struct sighting *first, bool by_ua)
{
	struct address middle;
	struct chain chain;
	double sure;

	chain_collect(&chain, first, by_ua);
	if (!chain.innermost || chain.count < 2) {
		return false;
	}
	sure = middle_of(&chain, &middle);
	if (sure == 0 || !(by_ua || is_phone(desk, &chain))) {
		return false;
	}
	chain_report(desk, call, &chain, &middle, sure);
	return true;
}

void detect_nat_chain(struct desk *desk, struct call *call)
{
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		if (s->next_alike &&
		    (chain_judge(desk, call, s, true) || chain_judge(desk, call, s, false))) {
			return;
		}
	}
}
