/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nothing comes back to where the listener's audio comes from, and the only place that its
 * description names is private. Healthy calls look so, too, up to the missing audio: platforms for
 * phones behind NAT answer to the source. So it may be that this one does not (RFC 4961, RFC 7362).
 * What it sends to a private address is not to be seen at the listener's end of the way, and what
 * it does not send is not either: from there this is a hint.
 */
#include "flow.h"
#include "one_way.h"

static const double unanswered_confidence = 0.4;

const char one_way_unanswered_doubt[] =
    "the party behind the platform may send nothing, or its audio may be dropped before this "
    "capture point";

static const struct finding_words words = {
    "Behind NAT the address in the session description leads nowhere: the listener hears nothing "
    "unless the platform answers to where the listener's audio comes from.",
    "Let the platform answer to the source of the media that it receives: symmetric RTP, \"NAT "
    "support\", \"comedia\", \"nat=yes\", \"force symmetric RTP\".",
    "a capture at the platform: whether the audio reaches it, and whether and where to it sends",
};

/* As it was seen beyond the listener's NAT, where there is such a capture. */
static const struct desk_stream *outermost(const struct inquiry *q)
{
	const struct desk_stream *own = q->view->from_listener.first;

	for (uint32_t n = q->call->first_stream; n != POOL_NONE;
	     n = stream_at(q->desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(q->desk, n);

		if (s->toward != q->listener && s->kind == SDP_AUDIO && s->line == q->line &&
		    !address_is_unroutable(&s->src.address)) {
			return s;
		}
	}
	return own;
}

void one_way_hint_unanswered(const struct inquiry *q)
{
	const struct desk_stream *own = outermost(q);
	const struct endpoint key = {own->dst.address, own->vantage};
	struct finding *f = finding_open(
	    q->desk, "symmetric-media", "never-starts", hash_endpoint(q->desk->key, &key));
	struct mark mark = stream_mark(own);
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	bool first = f && finding_is_new(f);

	if (!f) {
		return;
	}
	if (first) {
		finding_describe(f, q->desk, own->vantage, &words,
		    "Symmetric media: %s does not answer to where the other side's audio "
		    "comes from",
		    address_format(&own->dst.address, dst));
	}
	finding_rate(f, unanswered_confidence, SEVERITY_INFO);
	finding_call(f, q->call);
	finding_stream(f, own);
	finding_endpoint(f, &own->dst.address);
	finding_endpoint(f, &own->src.address);
	finding_time(f, q->view->alone.from_ns, q->view->alone.to_ns);
	finding_evidence(f, &mark, "audio goes to it: %s to %s, SSRC 0x%08x, %u packets",
	    endpoint_format(&own->src, src), endpoint_format(&own->dst, dst), own->ssrc,
	    own->summary->packets);
	finding_evidence(f, agreement_mark(q->call, q->view->agreement, q->listener),
	    "the %s's session description names a private address, and nothing comes to %s",
	    party_name(q->listener), src);
	if (first) {
		finding_against(f, "%s", one_way_unanswered_doubt);
	}
}
