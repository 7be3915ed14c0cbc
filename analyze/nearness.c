/* SPDX-License-Identifier: Apache-2.0 */
#include "nearness.h"

#include "endpoint.h"

/* Does the vantage sit inside the NAT of one of the party's addresses of media? */
static bool is_inside(
    struct desk *desk, const struct call *call, uint16_t vantage, enum party party)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);
		const struct address *own = s->toward == party ? &s->dst.address : &s->src.address;
		const struct endpoint_entry *entry = endpoint_entry(desk, own);
		const struct endpoint_view *view = entry ? endpoint_view(entry, vantage) : NULL;

		/* A capture that is named "lan" says so of everybody who is seen there. */
		if (view && text_equal(text_of(view->side), TEXT("lan")) &&
		    (address_is_unroutable(own) || entry->translated)) {
			return true;
		}
	}
	return false;
}

int nearness(struct desk *desk, const struct call *call, uint16_t vantage, enum party party)
{
	bool near_party = is_inside(desk, call, vantage, party);
	bool near_other = is_inside(desk, call, vantage, party_other(party));

	return near_party == near_other ? 1 : near_party ? 2 : 0;
}

int nearness_rank(struct desk *desk, const struct call *call, uint16_t vantage, enum party party)
{
	return desk->config.vantage_count < 2 ? 0 : nearness(desk, call, vantage, party);
}
