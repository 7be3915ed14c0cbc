/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: latching.h says whether a peer's media goes astray; here it is said of who
 * sends it: mostly a platform, and then it is for that to follow. What the listener hears of it is
 * one-way-audio's.
 */
#include "astray.h"
#include "detect.h"
#include "finding.h"
#include "flow.h"
#include "latching.h"
#include "one_way.h"
#include "talk_time.h"

static const char remedy_latch[] =
    "Let the platform answer to the source of the media that it receives: symmetric RTP, \"NAT "
    "support\", \"comedia\", \"nat=yes\", \"force symmetric RTP\". Where the platform cannot, give "
    "the phone its public address and port (STUN), or forward its media ports.";

static const char remedy_latch_again[] =
    "Let the platform follow the media again: after a re-INVITE, and when packets come from "
    "another port for a while (\"latch again\", \"media handover\", no \"strict source\"). Keep "
    "the "
    "router's UDP timeout longer than any silence of the phone.";

struct latch_words {
	const char *cause, *does; /* does: of the sentence "the platform ... " */
	struct finding_words words;
};

static const struct latch_words latch_words[] = {
    [LATCH_NEVER] = {"no-latch", "keeps sending to the address in the session description",
	{"Behind NAT the address in the session description is not where the media comes from, "
	 "and nothing leads back there: the listener hears nothing.",
	    remedy_latch, NULL}},
    [LATCH_PRIVATE] = {"private-target", "sends to a private address that it cannot reach",
	{"A private address means nothing outside its own network: what is sent there from the "
	 "public Internet is dropped by the first router, and the listener hears nothing.",
	    remedy_latch, NULL}},
    [LATCH_WRONG] = {"wrong-latch", "sends to whoever sent the first packets",
	{"The first packets came from somewhere else, and the platform took that for the phone: "
	 "the phone's audio comes from another port, and the answer does not go there.",
	    "Find what sent the first packets, from where the audio goes to now, and stop it; let "
	    "the "
	    "platform latch on packets that the session description or a steady stream backs up, "
	    "and follow a later change.",
	    NULL}},
    [LATCH_STALE] = {"stale-latch", "keeps sending to where the media came from before",
	{"The listener's media has moved, by a re-INVITE or because its NAT mapping did, and the "
	 "platform stays with the old address: the listener hears nothing from then on.",
	    remedy_latch_again, NULL}},
};

/* Sent to where a platform asked to have it sent. */
static const struct finding_words announced_words = {
    "The platform's session description names a place that does not lead to it from where the "
    "other "
    "side stands: what is sent there is lost, and the platform hears nothing.",
    "Let the platform announce the public address and port that its own audio comes from in its "
    "session descriptions: \"external address\", \"advertised address\", \"externip\", "
    "\"ext-rtp-ip\".",
    NULL};

/* Two phones, or nobody knows what they are. */
static const struct finding_words between_words = {
    "The audio goes to a place that does not lead to the listener, and not to where the listener's "
    "own audio comes from: the listener hears nothing.",
    "Where neither side may change how it sends, let the provider relay the audio (\"media "
    "proxy\", "
    "\"media relay\", \"NAT support\"). Otherwise let the listener announce the public address and "
    "port that its own audio comes from, or let the other side answer to that (symmetric RTP, "
    "\"comedia\").",
    NULL};

static const char would_settle[] =
    "a capture on the listener's side of the router at the same time, named with --vantage: "
    "whether the audio arrives there";

static struct mark mark_at(const struct desk_stream *s, int64_t time_ns)
{
	struct mark mark = stream_mark(s);

	mark.time_ns = time_ns;
	return mark;
}

static void tell_streams(
    const struct desk *desk, struct finding *f, const struct latching *l, enum party listener)
{
	const struct desk_stream *own = l->own, *astray = l->astray;
	struct mark from = stream_mark(own), to = stream_mark(astray);
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	finding_evidence(f, &from,
	    "the %s's own audio comes from %s to %s, SSRC 0x%08x, %u packets", party_name(listener),
	    endpoint_format(&own->src, src), endpoint_format(&own->dst, dst), own->ssrc,
	    own->summary->packets);
	finding_evidence(f, &to,
	    "from that very port %s audio goes to %s instead, SSRC 0x%08x, %u packets; for %.1f s "
	    "both flow so",
	    endpoint_format(&astray->src, src), endpoint_format(&astray->dst, dst), astray->ssrc,
	    astray->summary->packets, (double)(l->span.to_ns - l->span.from_ns) / 1e9);
	if (l->fault == LATCH_WRONG && !l->earlier && astray->seldom->stray != POOL_NONE) {
		const struct stray *stray = pool_at(&desk->strays, astray->seldom->stray);

		finding_evidence(f, &stray->mark,
		    "one packet came first, from %s, SSRC 0x%08x: nothing else comes from there",
		    endpoint_format(&astray->dst, src), stray->ssrc);
	}
	if (l->earlier) {
		struct mark last = mark_at(l->earlier, l->earlier->summary->last_time_ns);

		last.frame = l->earlier->summary->last_frame;
		finding_evidence(f, &last,
		    "the last of %u packets from %s, SSRC 0x%08x: from then on it is not there",
		    l->earlier->summary->packets, endpoint_format(&l->earlier->src, src),
		    l->earlier->ssrc);
	}
}

/* That it does not arrive. */
static void tell_proof(
    struct finding *f, const struct desk *desk, const struct latching *l, enum party listener)
{
	const struct receiver_reports *r = &l->astray->seldom->far->remote;
	struct mark mark = stream_mark(l->astray);

	switch (l->proof) {
	case LATCH_PROOF_ABSENT:
		finding_evidence(f, &mark,
		    "on the %s's side of the router, at %s, it is not there meanwhile",
		    party_name(listener), desk->config.vantages[l->absent_at]);
		return;
	case LATCH_PROOF_ICMP:
		one_way_tell_refusal(f, l->refused);
		return;
	case LATCH_PROOF_RTCP:
		finding_evidence(f, &r->last, "the %s's own RTCP reports say that nothing arrives",
		    party_name(listener));
		return;
	default:
		return;
	}
}

static void tell_doubt(struct finding *f, const struct latching *l)
{
	const char *doubt = latching_doubt(l);

	if (doubt) {
		finding_against(f, "%s", doubt);
	}
	if (l->proof == LATCH_PROOF_NONE) {
		f->would_settle = would_settle;
	}
}

static const struct finding_words *words_of(struct desk *desk, const struct latching *l)
{
	switch (astray_ends(desk, &l->astray->src.address, &l->own->src.address)) {
	case ASTRAY_TO_PHONE:
		return &latch_words[l->fault].words;
	case ASTRAY_TO_PLATFORM:
		return astray_as_described(l) ? &announced_words : &between_words;
	default:
		return &between_words;
	}
}

static void report(
    struct desk *desk, struct call *call, enum party listener, const struct latching *l)
{
	const struct latch_words *w = &latch_words[l->fault];
	struct endpoint key = {l->astray->src.address, l->o->vantage};
	struct finding *f =
	    finding_open(desk, "symmetric-media", w->cause, hash_endpoint(desk->key, &key));
	char platform[ADDRESS_TEXT_MAX];
	bool first;

	if (!f) {
		return;
	}
	first = finding_is_new(f);
	if (first) {
		finding_blame(f, astray_side(desk, l));
		finding_describe(f, desk, l->o->vantage, words_of(desk, l),
		    "Symmetric media: %s %s, not to where the other side's audio comes from",
		    address_format(&l->astray->src.address, platform), w->does);
	}
	finding_rate(f, latching_confidence(l), SEVERITY_CRITICAL);
	finding_call(f, call);
	finding_stream(f, l->astray);
	finding_stream(f, l->own);
	finding_endpoint(f, &l->astray->src.address);
	finding_endpoint(f, &l->own->src.address);
	finding_time(f, l->span.from_ns, l->span.to_ns);
	tell_streams(desk, f, l, listener);
	tell_proof(f, desk, l, listener);
	if (first) {
		tell_doubt(f, l);
	}
}

void detect_symmetric(struct desk *desk, struct call *call)
{
	unsigned lines = talk_lines(call);

	for (unsigned line = 0; line < lines; line++) {
		for (enum party listener = PARTY_CALLER; listener < PARTIES; listener++) {
			struct latching l;

			if (latching_examine(desk, call, listener, line, &l)) {
				report(desk, call, listener, &l);
			}
		}
	}
}
