/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: of each direction of a call's audio the place is taken where it is seen
 * first, so that a mark that a router here takes away (dscp-remark) is not held against whoever
 * sends. A direction that carries none at all beside one that is marked as voice is told, and
 * nobody is blamed: another mark is a choice, and no mark may be what is left of one.
 */
#include "detect.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "marks.h"
#include "twin.h"

static const struct finding_words unmarked_words = {
    "One direction of the calls is marked as voice and the other one carries no mark: on a busy "
    "line routers delay and drop it with all other traffic, and one side hears the other badly. "
    "Whether the sender does not mark or the way clears it is not visible here.",
    "Ask whoever sends this direction (the provider, or whoever runs the phones) to mark voice "
    "with DSCP EF (46); until then let the router of the site recognise voice by the addresses and "
    "ports of the provider.",
    "a capture nearer to the sender of the unmarked direction",
};

/* The audio toward one party where it is seen first on its way: the stream of the most packets. */
static const struct desk_stream *first_seen(
    const struct desk *desk, const struct call *call, uint8_t toward, uint8_t line)
{
	const struct desk_stream *best = NULL;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);
		struct twin_path path;

		if (s->toward != toward || s->line != line || s->kind != SDP_AUDIO || s->udptl ||
		    !s->measured || (best && s->summary->packets <= best->summary->packets)) {
			continue;
		}
		twin_path(desk, s, &path);
		if (path.own == 0) {
			best = s;
		}
	}
	return best;
}

static uint64_t unmarked_key(const struct desk *desk, const struct desk_stream *s)
{
	struct endpoint key = {.port = s->vantage};

	/* A site's phones share their way; of two public ends each has its own. */
	if (address_is_unroutable(&s->dst.address)) {
		key.address.octets[0] = 1;
	} else if (address_is_unroutable(&s->src.address)) {
		key.address.octets[0] = 2;
	} else {
		key.address = s->dst.address;
	}
	return hash_endpoint(desk->key, &key);
}

static void unmarked_tell(struct finding *f, const struct desk_stream *s, uint8_t dscp)
{
	struct mark mark = stream_mark(s);
	char text[DSCP_TEXT_MAX], src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	finding_evidence(f, &mark, "%s to %s, SSRC 0x%08x: DSCP %s on %u of %u packets",
	    endpoint_format(&s->src, src), endpoint_format(&s->dst, dst), s->ssrc,
	    dscp_format(dscp, text), marks_packets(s, dscp), s->summary->packets);
	finding_stream(f, s);
	finding_time(f, s->first_ns, s->summary->last_time_ns);
}

/*
 * From the provider's side to a site's. Phones that do not mark, and are answered by a platform
 * that does, have no fault that hurts here; nor have two hosts of one network.
 */
static bool goes_to_site(struct desk *desk, const struct desk_stream *s)
{
	const struct endpoint_entry *from = endpoint_entry(desk, &s->src.address);
	const struct endpoint_entry *to = endpoint_entry(desk, &s->dst.address);

	if (address_is_unroutable(&s->src.address) || !from || !to) {
		return false;
	}
	return address_is_unroutable(&s->dst.address) ||
	       ((to->registers || to->calls || to->routes) && !to->serves && !from->registers &&
		   !from->routes);
}

static void directions_compare(struct desk *desk, struct call *call, const struct desk_stream *bare,
    const struct desk_stream *marked)
{
	const struct thresholds *t = &desk->config.thresholds;
	char address[ADDRESS_TEXT_MAX];
	uint8_t out, in;
	struct finding *f;
	bool suffers;

	if (bare->summary->packets < t->dscp_packets ||
	    marked->summary->packets < t->dscp_packets ||
	    !marks_mostly(bare, t->dscp_share_pct, &in) || in != DSCP_DEFAULT ||
	    !marks_mostly(marked, t->dscp_share_pct, &out) ||
	    (out != DSCP_EF && out != DSCP_VOICE_ADMIT) || !goes_to_site(desk, bare)) {
		return;
	}
	f = finding_open(desk, "dscp-unmarked", NULL, unmarked_key(desk, bare));
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, bare->vantage, &unmarked_words,
		    "Voice from %s comes without a priority mark to %s, while the other direction "
		    "is marked EF",
		    address_format(&bare->src.address, address),
		    desk->config.vantages[bare->vantage]);
	}
	suffers = 100.0 * (double)bare->summary->lost >=
		  t->dscp_unmarked_loss_pct * (double)bare->summary->expected;
	finding_rate(f, 0.9, suffers ? SEVERITY_WARNING : SEVERITY_INFO);
	unmarked_tell(f, marked, out);
	unmarked_tell(f, bare, in);
	finding_call(f, call);
	finding_endpoint(f, &bare->src.address);
}

void detect_dscp_unmarked(struct desk *desk, struct call *call)
{
	unsigned lines = 0;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		lines = stream_at(desk, n)->line >= lines ? stream_at(desk, n)->line + 1U : lines;
	}
	for (unsigned line = 0; line < lines; line++) {
		const struct desk_stream *a = first_seen(desk, call, PARTY_CALLER, (uint8_t)line);
		const struct desk_stream *b = first_seen(desk, call, PARTY_CALLEE, (uint8_t)line);

		if (a && b) {
			directions_compare(desk, call, a, b);
			directions_compare(desk, call, b, a);
		}
	}
}
