/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_layers.h"

#include "endpoint.h"
#include "flow.h"

static const struct finding_words double_words = {
    "Two routers translate one after the other, usually the customer's own behind the "
    "provider's. A port forwarded on the inner one leads nowhere, the shorter of two mapping "
    "timers decides when inbound calls fail, and a SIP ALG on either of them is enough to break "
    "calls.",
    "Set one of the two routers to \"bridge mode\" (\"modem mode\", \"IP passthrough\", \"access "
    "point mode\"), or connect the phones to the outer one. Until then keep SIP ALG off on both, "
    "and let the phones send keep-alives.",
    NULL,
};

static const struct finding_words carrier_words = {
    "The public address is shared with other customers, and the carrier's NAT is beyond reach: "
    "no port can be forwarded, its mapping timers cannot be raised, and the public address may "
    "change from one connection to the next.",
    "Ask the provider for a public IPv4 address, or use IPv6. Let the phones send keep-alives, "
    "and let the SIP provider latch on the source of media (symmetric RTP).",
    NULL,
};

struct finding *nat_layers_open(struct desk *desk, const struct address *middle)
{
	return finding_open(desk, nat_is_carrier(middle) ? "cgnat" : "double-nat", NULL,
	    hash_endpoint(desk->key, &(struct endpoint){*middle, 0}));
}

/* Carriers that do not use 100.64/10 (RFC 6598) mostly use 10/8. */
static bool may_be_carrier(const struct address *a)
{
	return address_is_ipv4(a) && a->octets[12] == 10;
}

void nat_layers_describe(struct finding *f, const struct desk *desk, uint16_t vantage,
    const struct address *inner, const struct address *middle)
{
	char inside[ADDRESS_TEXT_MAX], between[ADDRESS_TEXT_MAX];

	address_format(inner, inside);
	address_format(middle, between);
	if (!nat_is_carrier(middle)) {
		finding_describe(f, desk, vantage, &double_words,
		    "The phone %s is behind two NATs: its router's outer address %s is private, "
		    "too",
		    inside, between);
		if (may_be_carrier(middle)) {
			finding_blame(f, SIDE_UNKNOWN);
			finding_against(f,
			    "whose the outer router is stays open: a carrier may use 10.0.0.0/8 "
			    "between its customers and its own NAT");
		}
	} else if (address_equal(inner, middle)) {
		finding_describe(f, desk, vantage, &carrier_words,
		    "The phone %s is behind the carrier's NAT (CGNAT)", inside);
	} else {
		finding_describe(f, desk, vantage, &carrier_words,
		    "The phone %s is behind the carrier's NAT (CGNAT): its router's outer address "
		    "is %s",
		    inside, between);
	}
}

void nat_layers_seen_at(struct finding *f, const struct desk *desk, uint16_t vantage)
{
	const char *name = desk->config.vantages[vantage];

	f->vantage = arena_format(&f->text, "%s, %s", f->vantage, name);
}

void nat_layers_behind(struct desk *desk, const struct address *address)
{
	struct endpoint_entry *entry = endpoint_entry(desk, address);

	if (entry) {
		entry->translated_twice = true;
	}
}
