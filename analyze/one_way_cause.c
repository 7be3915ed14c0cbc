/* SPDX-License-Identifier: Apache-2.0 */
#include "astray.h"
#include "nearness.h"
#include "one_way.h"
#include "unreachable.h"

const struct cause one_way_filtered = {
    .name = "filtered",
    .why = "The audio is seen at one place on its way and not at the next: something between them "
	   "drops it.",
    .remedy = "Look between the two places that are named: a firewall rule for RTP, a wrong or "
	      "missing port forward, a NAT mapping that does not match.",
};

static const struct cause cause_sip_alg = {
    .name = "sip-alg",
    .why = "The router rewrote the media address in this call's SDP, and the audio does not come "
	   "back to it.",
    .remedy = "Switch the router's SIP ALG off (see the sip-alg finding), and call again.",
};

/* The cause is the likeliest one, and not proven. */
const struct cause one_way_unanswered = {
    .name = "unroutable-sdp",
    .why = "Both sides agreed to send and receive, and nothing comes to where the listener's own "
	   "audio comes from. Its session description names a private address: a platform that "
	   "sends there sends into the void. Whether it does, or sends nothing at all, is not seen "
	   "from here.",
    .remedy = "Ask the provider whether its platform answers to the source of the media (symmetric "
	      "RTP, \"NAT support\", \"comedia\"), and what it gets from the party behind it.",
    .would_settle = "a capture at the platform, to see whether and where to it sends its audio",
    .perhaps = "perhaps the audio is sent to the private address that the listener announces",
};

static const struct cause cause_stranded = {
    .name = "filtered",
    .why = "The listener's own audio reaches one capture point and not the next, and the platform "
	   "beyond sends nothing either: one that answers to where audio comes from (symmetric "
	   "RTP) waits for it.",
    .remedy = "Look between the two capture points: a firewall rule for RTP that goes out, a NAT "
	      "mapping that is not made.",
};

#define TO_PRIVATE_ADDRESS                                                              \
	"The other side sends its audio to the private address in the listener's SDP, " \
	"which cannot be reached from where it stands, instead of to where the "        \
	"listener's own audio comes from."

static const struct cause cause_private_target[ASTRAY_ENDS] = {
    [ASTRAY_UNKNOWN] = {.name = "unroutable-sdp",
	.why = TO_PRIVATE_ADDRESS,
	.remedy = "Let the listener announce its public address, or let the provider relay the "
		  "audio (\"media proxy\", \"NAT support\")."},
    [ASTRAY_TO_PHONE] = {.name = "unroutable-sdp",
	.why = TO_PRIVATE_ADDRESS,
	.remedy = "Let the provider's side answer to the source of the media (symmetric RTP, \"NAT "
		  "support\", \"comedia\"), or give the phone its public address (STUN).",
	.side = SIDE_PROVIDER},
    [ASTRAY_TO_PLATFORM] = {.name = "unroutable-sdp",
	.why = TO_PRIVATE_ADDRESS,
	.remedy =
	    "Let the listener, which is the platform, announce its public address in its session "
	    "descriptions (\"external address\", \"advertised address\", \"externip\").",
	.side = SIDE_PROVIDER},
};

#define TO_ANOTHER_PLACE                                                                \
	"sends its audio elsewhere than where the listener's own comes from, and that " \
	"place does not lead to the listener."

static const struct cause cause_no_latch[ASTRAY_ENDS] = {
    [ASTRAY_UNKNOWN] = {.name = "no-latch",
	.why = "The other side " TO_ANOTHER_PLACE,
	.remedy = "Let the provider relay the audio (\"media proxy\", \"NAT support\"), or the "
		  "listener announce the address and port that its audio comes from: see the "
		  "symmetric-media finding."},
    [ASTRAY_TO_PHONE] = {.name = "no-latch",
	.why = "The other side's platform " TO_ANOTHER_PLACE,
	.remedy = "Let the platform answer to the source of the media (symmetric RTP, \"NAT "
		  "support\", \"comedia\"): see the symmetric-media finding.",
	.side = SIDE_PROVIDER},
    [ASTRAY_TO_PLATFORM] = {.name = "no-latch",
	.why = "The other side " TO_ANOTHER_PLACE,
	.remedy = "Let the listener, which is the platform, announce the address and port that its "
		  "audio comes from: see the symmetric-media finding."},
};

const struct cause one_way_icmp = {
    .name = "icmp-unreachable",
    .why = "Whoever should deliver the audio answers with ICMP errors: it cannot reach the address "
	   "and port that the audio is sent to.",
    .remedy = "Look at the host that sends the ICMP errors: a port that nobody listens on, a "
	      "firewall rule that rejects, a route that is missing.",
};

static const char remedy_beyond[] =
    "Capture nearer to the listener; look at firewalls and NAT between here and there.";

const struct cause one_way_lost_beyond = {
    .name = "lost-beyond",
    .why = "The audio passes this capture point, but the listener's own RTCP reports say that none "
	   "of it arrives.",
    .remedy = remedy_beyond,
};

const struct cause one_way_lost_later = {
    .name = "lost-beyond",
    .why = "The audio passes this capture point and arrived at first; the listener's own RTCP "
	   "reports say that none of what came later does.",
    .remedy = remedy_beyond,
};

static const struct cause cause_unknown = {
    .name = "unknown",
    .why = "Both sides agreed to send and receive, one direction is there and the other is not.",
    .remedy =
	"Find out where the missing direction ends: capture on both sides of the router at once.",
    .would_settle = "a capture on both sides of the router at the same time, named with --vantage",
};

/* The same, where no router between a private network and the internet is known of. */
static const struct cause cause_unknown_inside = {
    .name = "unknown",
    .why = "Both sides agreed to send and receive, one direction is there and the other is not.",
    .remedy = "Find out where the missing direction ends: capture at the port of the party that is "
	      "not heard and at the listener's at the same time. Look there at mute, microphone, a "
	      "firewall on the machine, and at the address that the audio is sent to.",
    .would_settle = "captures at the ports of both parties at the same time, named with --vantage",
};

/* The sip-alg finding of this call that changed a session description, if there is one. */
static const struct finding *alg_on_media(const struct inquiry *q)
{
	for (unsigned i = 0; i < q->call->finding_count; i++) {
		const struct finding *f = finding_of_id(q->desk, call_rare(q->call)->findings[i]);

		if (!f || !text_equal(text_of(f->code), TEXT("sip-alg"))) {
			continue;
		}
		for (unsigned c = 0; c < f->change_count; c++) {
			if (text_starts(text_of(f->changes[c].field), TEXT("SDP"))) {
				return f;
			}
		}
	}
	return NULL;
}

/* Does the vantage see the listener's media outside of its NAT, perhaps inside as well? */
static bool sees_outside(const struct inquiry *q, const struct observation *o)
{
	if (nearness(q->desk, q->call, o->vantage, q->listener) < 2) {
		return true;
	}
	for (uint32_t n = q->call->first_stream; n != POOL_NONE;
	     n = stream_at(q->desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(q->desk, n);

		if (s->vantage == o->vantage && s->toward != q->listener &&
		    !address_is_unroutable(&s->src.address)) {
			return true;
		}
	}
	return false;
}

/*
 * What the listener said of itself, as it was seen beyond its own network: inside it, the
 * private address in the description of any phone behind NAT means nothing. NULL where no
 * vantage saw it from there.
 */
static const struct agreed_line *listener_description(const struct inquiry *q)
{
	const struct agreed_line *line = NULL;
	int lowest = 2;

	for (const struct observation *o = q->call->observations; o; o = o->next) {
		int rank = nearness(q->desk, q->call, o->vantage, q->listener);
		unsigned count;
		const struct agreement *a = offer_answer_agreements(o, &count);

		rank = rank == 2 && sees_outside(q, o) ? 1 : rank;
		if (rank < lowest && count > 0 && agreement_line(a, q->line)) {
			lowest = rank;
			line = agreement_line(a, q->line);
		}
	}
	return line;
}

/* The only place that the listener named is a private one, and it was named outside. */
static bool is_unroutable(const struct inquiry *q)
{
	const struct agreed_line *line = listener_description(q);
	const struct desk_stream *sent = q->view->from_listener.first;

	struct endpoint at;

	if (q->view->absence != ABSENCE_WHOLE || !line || !line->sides[q->listener].literal) {
		return false;
	}
	at = agreed_place(line, q->listener);
	return address_is_unroutable(&at.address) && !address_is_unroutable(&sent->dst.address);
}

const struct unreachable *one_way_refusal(const struct inquiry *q)
{
	const struct unreachable *u = NULL;

	if (q->upstream) {
		u = unreachable_of_stream(q->call, q->upstream->to_listener.first);
	}
	for (const struct observation *o = q->call->observations; o && !u; o = o->next) {
		unsigned count;
		const struct agreement *agreements = offer_answer_agreements(o, &count);

		for (unsigned i = 0; i < count && !u; i++) {
			const struct agreed_line *line = agreement_line(&agreements[i], q->line);

			if (line && line->sides[q->listener].literal) {
				struct endpoint at = agreed_place(line, q->listener);

				u = unreachable_of_place(q->call, &at);
			}
		}
	}
	return u;
}

const struct cause *one_way_cause_astray(const struct inquiry *q)
{
	enum astray_ends ends;

	if (alg_on_media(q)) {
		return &cause_sip_alg;
	}
	ends = astray_ends(q->desk, &q->astray->astray->src.address, &q->astray->own->src.address);
	return q->astray->fault == LATCH_PRIVATE ? &cause_private_target[ends]
						 : &cause_no_latch[ends];
}

static const struct cause *private_target(const struct inquiry *q)
{
	const struct desk_stream *sent = q->view->from_listener.first;

	return &cause_private_target[astray_ends(q->desk, &sent->dst.address, &sent->src.address)];
}

/* Both ends have private addresses: a router with NAT need not be in between. */
static bool is_inside(const struct desk_stream *s)
{
	return address_is_unroutable(&s->src.address) && address_is_unroutable(&s->dst.address);
}

const struct cause *one_way_cause(const struct inquiry *q)
{
	const struct unreachable *refused = one_way_refusal(q);

	if (q->astray) {
		return one_way_cause_astray(q);
	}
	if (q->upstream || one_way_is_held_back(q->desk, q->view)) {
		return refused ? &one_way_icmp : &one_way_filtered;
	}
	if (q->beyond) {
		return &cause_stranded;
	}
	if (refused) { /* by ICMP, which quotes what was sent there */
		return is_unroutable(q) ? private_target(q) : &one_way_icmp;
	}
	if (is_unroutable(q)) {
		return &one_way_unanswered;
	}
	if (alg_on_media(q)) {
		return &cause_sip_alg;
	}
	return is_inside(q->view->from_listener.first) ? &cause_unknown_inside : &cause_unknown;
}
