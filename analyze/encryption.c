/* SPDX-License-Identifier: Apache-2.0 */
#include "encryption.h"

#include "sdp_candidate.h"

/* Is media of that kind among what a place is for? */
static bool is_for(const struct desk *desk, const struct site *site, uint8_t kind)
{
	const struct payload_list *types = types_at(desk, site->types);

	if (site->kind == kind) {
		return true;
	}
	for (unsigned i = 0; types && i < types->count; i++) {
		if (types->maps[i].kind == kind) {
			return true;
		}
	}
	return false;
}

/* The least and the most that a party's descriptions of one kind of media say. */
struct range {
	bool known;
	uint8_t least, most; /* enum sdp_srtp */
};

static struct range range_of(
    const struct desk *desk, const struct call *call, enum party party, uint8_t kind)
{
	struct range range = {.least = UINT8_MAX};

	for (uint32_t n = call->first_site; n != POOL_NONE; n = site_at(desk, n)->next_of_call) {
		const struct site *site = site_at(desk, n);

		if (site->party != party || !is_for(desk, site, kind)) {
			continue;
		}
		range.known = true;
		range.least = site->srtp < range.least ? site->srtp : range.least;
		range.most = site->srtp > range.most ? site->srtp : range.most;
	}
	return range;
}

static enum encryption judge(struct range a, struct range b)
{
	if (!a.known && !b.known) {
		return ENCRYPTION_UNKNOWN;
	}
	if (!a.known || !b.known) {
		struct range one = a.known ? a : b;

		return one.least == SDP_SRTP   ? ENCRYPTION_SRTP
		       : one.most == SDP_PLAIN ? ENCRYPTION_NONE
					       : ENCRYPTION_UNKNOWN;
	}
	if (a.least >= SDP_SRTP_OFFERED && b.least >= SDP_SRTP_OFFERED) {
		return ENCRYPTION_SRTP;
	}
	/* One that offers keys beside a plain profile, and one that does not take them up. */
	if (a.most < SDP_SRTP && b.most < SDP_SRTP &&
	    (a.most == SDP_PLAIN || b.most == SDP_PLAIN)) {
		return ENCRYPTION_NONE;
	}
	return ENCRYPTION_UNKNOWN;
}

void encryption_judge(struct desk *desk, const struct call *call)
{
	const struct desk_stream *before = NULL;
	enum encryption encryption = ENCRYPTION_UNKNOWN;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		struct desk_stream *s = stream_at(desk, n);

		if (!before || before->kind != s->kind) {
			encryption = judge(range_of(desk, call, PARTY_CALLER, s->kind),
			    range_of(desk, call, PARTY_CALLEE, s->kind));
		}
		s->encryption = encryption & 3U;
		before = s;
	}
}
