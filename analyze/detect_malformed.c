/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: most of what is wrong with SIP messages is put up with by everybody. Here
 * count only defects by which a receiver cannot use the message: it does not find its end or its
 * body, cannot answer it, or does not learn where media is to go.
 *
 * Never judged: what the capture cut short; senders that never took part in a call or
 * registration, which are scanners as a rule; proxies, which hand on what others wrote; a message
 * that was sound at another place, which its router damaged (sip-alg).
 */
#include "detect.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "sighting.h"
#include "user_agent.h"

#define MALFORMED_SEEN 0.9

enum { EVIDENCE_EACH = 6 };

static const struct finding_words words = {
    "A receiver that cannot find the end of a message, its body, where to send the answer or "
    "where to send the media answers with 400 or 488, or not at all: calls and registrations of "
    "this device fail, with one provider or after one update and not with another.",
    "Update the device's firmware. If it stays, send the frames named here to its maker. Where a "
    "router with SIP ALG is on the way, switch that off first: some damage messages.",
    NULL,
};

/* What it means for the receiver; NULL: it can be lived with. */
static const char *effect_of(uint8_t defect)
{
	switch ((enum dissect_result)defect) {
	case MALFORMED_SIP_VIA:
		return "the topmost Via is missing or unreadable: nobody knows where to answer";
	case MALFORMED_SIP_NO_PARTY:
		return "From or To is missing";
	case MALFORMED_SIP_CSEQ_METHOD:
		return "CSeq names another method than the request";
	case MALFORMED_SIP_CONTENT_LENGTH:
		return "Content-Length is no number";
	case MALFORMED_SIP_BODY_SHORT:
		return "the body is shorter than Content-Length says";
	case MALFORMED_SIP_UNTERMINATED:
		return "the headers do not end";
	case MALFORMED_SIP_BOUNDARY:
		return "the parts of the body cannot be told apart";
	case MALFORMED_SDP_CONNECTION:
		return "a c= line of the session description is unreadable";
	case MALFORMED_SDP_MEDIA:
		return "an m= line of the session description is unreadable";
	default:
		return NULL;
	}
}

/* The message went out sound, or arrived so: its sender is not to blame. */
static bool was_sound_elsewhere(const struct sighting *s, uint8_t defect)
{
	for (const struct sighting *t = s->first_alike; t; t = t->next_alike) {
		if (!t->cut && !memchr(t->defects.list, defect, t->defects.count)) {
			return true;
		}
	}
	return false;
}

static bool is_judged(struct desk *desk, const struct sighting *s)
{
	const struct endpoint_entry *sender;

	if (s->defects.count == 0 || s->defects.count == DISSECT_DEFECTS_MAX || s->relayed ||
	    s->cut || user_agent_kind(text_of(s->user_agent)) >= USER_AGENT_DIALLER) {
		return false;
	}
	sender = endpoint_entry(desk, &s->src.address);
	return sender && sender->accepted && !sender->forwards;
}

/* Was it refused, by a response that says so? */
static const struct sighting *refusal_of(
    const struct desk *desk, const struct call *call, const struct sighting *s)
{
	for (const struct sighting *t = sightings_of(desk, call); s->request && t; t = t->next) {
		if (!t->request && t->transaction == s->transaction && t->vantage == s->vantage &&
		    (t->status == 400 || t->status == 488 || t->status == 606)) {
			return t;
		}
	}
	return NULL;
}

static void report(struct desk *desk, struct call *call, const struct sighting *s,
    const char *effect, uint8_t defect)
{
	struct endpoint sender = {s->src.address, 0};
	const struct sighting *refusal = refusal_of(desk, call, s);
	struct finding *f =
	    finding_open(desk, "malformed-sip", NULL, hash_endpoint(desk->key, &sender));
	struct mark mark = sighting_mark(s);
	char text[ADDRESS_TEXT_MAX];

	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, s->vantage, &words,
		    "%s%s%s sends SIP messages that receivers cannot use: %s",
		    address_format(&s->src.address, text), s->user_agent ? ", " : "",
		    s->user_agent ? s->user_agent : "", effect);
		finding_against(f, "a router on the way may have damaged them: a capture beside "
				   "the sender tells");
	}
	finding_rate(f, MALFORMED_SEEN, refusal ? SEVERITY_WARNING : SEVERITY_INFO);
	if (f->evidence_count < EVIDENCE_EACH) {
		finding_evidence(f, &mark, "%s: %s (%s)", s->name, effect,
		    dissect_result_name((enum dissect_result)defect));
	}
	if (refusal && f->evidence_count < EVIDENCE_EACH) {
		finding_evidence(f,
		    &(struct mark){true, refusal->capture, refusal->frame, refusal->time_ns},
		    "it is refused: %s", refusal->name);
	}
	finding_call(f, call);
	finding_endpoint(f, &s->src.address);
	finding_time(f, s->time_ns, s->time_ns);
}

void detect_malformed(struct desk *desk, struct call *call)
{
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		if (!is_judged(desk, s)) {
			continue;
		}
		for (unsigned i = 0; i < s->defects.count; i++) {
			const char *effect = effect_of(s->defects.list[i]);

			if (effect && !was_sound_elsewhere(s, s->defects.list[i])) {
				report(desk, call, s, effect, s->defects.list[i]);
				break;
			}
		}
	}
}
