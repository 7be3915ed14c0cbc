/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "astray.h"
#include "dialog.h"
#include "endpoint.h"
#include "flow.h"
#include "icmp.h"
#include "one_way.h"
#include "sighting.h"
#include "talk_time.h"

/* --- how sure? --- */

static const double stranded = 0.6; /* a capture of signalling alone looks the same */
static const double guessed = 0.75; /* that nothing comes is certain, and why it does not is not */

/*
 * A packet that proves that this tap sees what comes from the sender toward the listener: from
 * the sender's own host, or, where the listener sits in a private network and the sender
 * outside, from any host outside, because all of that comes in by the same way. Between two
 * hosts of one network nothing but a packet of theirs proves it: media that was re-INVITEd past
 * the tap looks just so.
 */
static const struct sighting *toward_listener(const struct inquiry *q)
{
	const struct desk_stream *sent = q->view->from_listener.first;
	bool from_outside =
	    address_is_unroutable(&sent->src.address) && !address_is_unroutable(&sent->dst.address);

	for (const struct sighting *s = sightings_of(q->desk, q->call); s; s = s->next) {
		if (s->vantage == q->view->o->vantage &&
		    address_equal(&s->dst.address, &sent->src.address) &&
		    (address_equal(&s->src.address, &sent->dst.address) ||
			(from_outside && !address_is_unroutable(&s->src.address)))) {
			return s;
		}
	}
	return NULL;
}

/*
 * Announcements end, voice mail records without a word, and a muted phone may fall silent: that a
 * stream stops tells nothing, unless its sender goes on counting, or ICMP says what became of it.
 */
static double stopped_sure(const struct inquiry *q)
{
	const struct interval *alone = &q->view->alone;
	int64_t stopped_ns = threshold_ns(q->desk->config.thresholds.one_way_stopped_s);
	bool goes_on =
	    one_way_sender_reports(q->view, party_other(q->listener)) || one_way_refusal(q) != NULL;

	return goes_on && alone->to_ns - alone->from_ns >= stopped_ns ? 0.6 : 0.45;
}

static double confidence_of(const struct inquiry *q, const struct sighting **proof)
{
	double sure = q->view->absence == ABSENCE_STOPPED ? stopped_sure(q) : 0.9;

	*proof = toward_listener(q);
	if (q->upstream || one_way_is_held_back(q->desk, q->view)) {
		return 0.95;
	}
	return *proof || dialog_reports(q->view->o, party_other(q->listener))->reports > 0 ? sure
											   : 0.4;
}

/* --- saying it --- */

enum { WHEN_TEXT_MAX = 80 };

/* Of one call, when the listener hears nothing: the end of the headline. */
static const char *when_format(const struct unheard *u, char out[WHEN_TEXT_MAX])
{
	double after_s =
	    u->o ? (double)(u->span.from_ns - talk_established_ns(u->o)) / MEDIA_SECOND_NS : 0;

	out[0] = '\0';
	if (u->how == ABSENCE_STOPPED) {
		(void)snprintf(out, WHEN_TEXT_MAX, " from %.1f s after the answer on",
		    after_s > 0 ? after_s : 0);
	} else if (u->how == ABSENCE_INTERRUPTED) {
		(void)snprintf(out, WHEN_TEXT_MAX, " for %.1f s, from %.1f s after the answer on",
		    (double)(u->span.to_ns - u->span.from_ns) / MEDIA_SECOND_NS,
		    after_s > 0 ? after_s : 0);
	}
	return out;
}

/* The same of several calls. */
static const char *when_of_several(enum absence how)
{
	return how == ABSENCE_WHOLE     ? ""
	       : how == ABSENCE_STOPPED ? " any more after a while"
	       : how == ABSENCE_NONE    ? ", or not all the time"
					: " for a while";
}

static void headline(struct finding *f, const struct inquiry *q, const struct cause *cause,
    const struct address *listener, const char *when)
{
	char address[ADDRESS_TEXT_MAX];
	const char *uri = call_uri(q->call, q->listener);

	f->summary = arena_format(&f->text, "One-way audio: the %s (%s, %s) hears nothing%s%s%s",
	    party_name(q->listener), uri ? uri : "unknown", address_format(listener, address), when,
	    cause->perhaps ? "; " : "", cause->perhaps ? cause->perhaps : "");
}

/* As its latching says; or as is usual for its cause. */
static void blame(struct finding *f, const struct inquiry *q, const struct cause *cause)
{
	if (q->astray && !text_equal(text_of(cause->name), TEXT("sip-alg"))) {
		finding_blame(f, astray_side(q->desk, q->astray));
	} else if (cause->side != SIDE_UNKNOWN) {
		finding_blame(f, cause->side);
	}
}

struct finding *one_way_open(const struct inquiry *q, const struct cause *cause,
    const struct address *listener, const struct unheard *unheard)
{
	struct endpoint key = {*listener, q->view->o->vantage};
	struct finding *f =
	    finding_open(q->desk, "one-way-audio", cause->name, hash_endpoint(q->desk->key, &key));
	uint64_t calls = f ? f->calls_total : 0;
	char when[WHEN_TEXT_MAX];

	if (!f) {
		return NULL;
	}
	finding_call(f, q->call);
	if (!f->summary) {
		headline(f, q, cause, listener, when_format(unheard, when));
		blame(f, q, cause);
		f->told[0] = unheard->how;
		f->vantage = q->desk->config.vantages[q->view->o->vantage];
		f->why = cause->why;
		f->remedy = cause->remedy;
		f->would_settle = cause->would_settle;
	} else if (f->calls_total > calls && (f->told[0] | unheard->how) != ABSENCE_WHOLE) {
		f->told[0] = f->told[0] == unheard->how ? f->told[0] : ABSENCE_NONE;
		headline(f, q, cause, listener, when_of_several((enum absence)f->told[0]));
	}
	finding_endpoint(f, listener);
	return f;
}

static void tell_agreement(struct finding *f, const struct inquiry *q)
{
	const struct agreement *a = q->view->agreement;
	const struct agreed_line *line = agreement_line(a, q->line);

	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct endpoint at = agreed_place(line, p);
		char text[ENDPOINT_TEXT_MAX];

		finding_evidence(f, agreement_mark(q->call, a, p),
		    "the %s's session description: %s, media to %s", party_name(p),
		    "send and receive",
		    line->sides[p].literal ? endpoint_format(&at, text) : "a host name");
	}
}

/* The last packet before the direction was missing. */
static void last_before(const struct inquiry *q, struct mark *mark)
{
	const struct desk_stream *s = q->view->to_listener.last;
	const struct silence *silence =
	    q->view->absence == ABSENCE_INTERRUPTED
		? one_way_silence(q->desk, q->call, q->view, q->listener, &s)
		: NULL;

	mark->capture = s->capture;
	mark->frame = silence ? silence->from_frame : s->summary->last_frame;
	mark->time_ns = silence ? silence->from_ns : s->summary->last_time_ns;
}

static void tell_absence(struct finding *f, const struct inquiry *q)
{
	const struct view *v = q->view;
	const struct desk_stream *sent = v->from_listener.first;
	struct mark since = {true, sent->capture, sent->first_frame, v->alone.from_ns};
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	double seconds = (double)(v->alone.to_ns - v->alone.from_ns) / 1e9;

	finding_evidence(f, &(struct mark){true, sent->capture, sent->first_frame, sent->first_ns},
	    "the %s's own audio flows: %s to %s, SSRC 0x%08x, %u packets", party_name(q->listener),
	    endpoint_format(&sent->src, src), endpoint_format(&sent->dst, dst), sent->ssrc,
	    sent->summary->packets);
	if (v->absence == ABSENCE_WHOLE) {
		finding_evidence(f, &since,
		    "toward the %s no RTP stream in the whole call; for %.1f s meanwhile the "
		    "other direction flowed",
		    party_name(q->listener), seconds);
	} else {
		last_before(q, &since);
		finding_evidence(f, &since, "toward the %s no RTP for %.1f s from here on%s",
		    party_name(q->listener), seconds,
		    v->absence == ABSENCE_STOPPED ? ", to the end"
						  : "; the sequence numbers of that time are lost");
	}
}

/* The sender may have sent nothing: its sequence numbers, its RTCP, ICMP, another place know more.
 */
static bool may_be_silent(const struct inquiry *q)
{
	return q->view->absence != ABSENCE_INTERRUPTED && !q->upstream && !q->beyond &&
	       !one_way_refusal(q) && !one_way_is_held_back(q->desk, q->view) &&
	       !one_way_sender_reports(q->view, party_other(q->listener));
}

static void tell_doubt(struct finding *f, const struct inquiry *q, const struct cause *cause,
    const struct sighting *proof)
{
	if (proof) {
		struct mark mark = sighting_mark(proof);

		finding_evidence(f, &mark, "the capture does see packets toward the %s: %s",
		    party_name(q->listener), proof->name);
	} else if (f->confidence < FINDING_HINT) {
		finding_against(f,
		    "no SIP message or RTCP report from the other party's host to the %s's is in "
		    "the "
		    "capture: media that takes another way, or a mirror port that copies one "
		    "direction only, looks the same",
		    party_name(q->listener));
		f->would_settle = "a capture at the listener's own port, both directions mirrored";
	}
	if (cause == &one_way_unanswered) {
		finding_against(f, "%s", one_way_unanswered_doubt);
	} else if (may_be_silent(q)) {
		finding_against(f, "%s",
		    q->view->absence == ABSENCE_STOPPED
			? "a sender that stops sending, by mute or by silence suppression without "
			  "comfort noise, or because it now records, looks the same"
			: "a party that sends nothing of its own, muted or only recording, looks "
			  "the same");
	}
	if (f->confidence < FINDING_HINT && !f->would_settle) {
		f->would_settle = "a capture at the sender of the missing audio at the same time: "
				  "whether it stopped sending";
	}
}

void one_way_tell_refusal(struct finding *f, const struct unreachable *u)
{
	char from[ADDRESS_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	const char *name = icmp_name(u->ipv6, u->type, u->code);

	finding_evidence(f, &u->first, "ICMP from %s: %s, about RTP to %s",
	    address_format(&u->from, from), name, endpoint_format(&u->dst, dst));
	if (u->count > 1) {
		finding_evidence(f, &u->last, "the last of %u such errors, %.1f s later", u->count,
		    (double)(u->last.time_ns - u->first.time_ns) / 1e9);
	}
	finding_endpoint(f, &u->from);
}

/* A vantage that has the call's messages and no media. */
static void tell_void(struct finding *f, const struct inquiry *q, const struct observation *o)
{
	const char *name = q->desk->config.vantages[o->vantage];

	finding_evidence(
	    f, &o->answered, "at %s the same call is seen, and no RTP stream of either side", name);
	finding_against(f, "a capture at %s of signalling alone looks the same", name);
}

/* What translates addresses between two capture points is the site's router. */
static enum finding_side side_between(const struct observation *a, const struct observation *b)
{
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct endpoint x = observed_party(a, p), y = observed_party(b, p);

		if (!endpoint_equal(&x, &y)) {
			return SIDE_CUSTOMER_NETWORK;
		}
	}
	return SIDE_UNKNOWN;
}

/* Before the router, in the same capture or at another one. */
static void tell_where_it_is(struct finding *f, const struct inquiry *q)
{
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	const struct activity *there = q->upstream ? &q->upstream->to_listener
				       : one_way_is_held_back(q->desk, q->view)
					   ? &q->view->held_back
					   : NULL;
	struct mark mark;

	if (!there) {
		return;
	}
	mark = stream_mark(there->first);
	finding_stream(f, there->first);
	if (text_equal(text_of(f->cause), text_of(one_way_filtered.name))) {
		finding_blame(f,
		    q->upstream ? side_between(q->view->o, q->upstream->o) : SIDE_CUSTOMER_NETWORK);
	}
	if (q->upstream) {
		finding_evidence(f, &mark,
		    "at %s the same direction is there: SSRC 0x%08x, %u packets",
		    q->desk->config.vantages[there->first->vantage], there->first->ssrc,
		    there->first->summary->packets);
	} else {
		finding_evidence(f, &mark,
		    "on the other side of the router the same direction is there, and does not "
		    "come through: %s to %s, SSRC 0x%08x, %u packets",
		    endpoint_format(&there->first->src, src),
		    endpoint_format(&there->first->dst, dst), there->first->ssrc,
		    there->first->summary->packets);
	}
}

void one_way_report_absence(const struct inquiry *q)
{
	const struct desk_stream *sent = q->view->from_listener.first;
	const struct cause *cause = one_way_cause(q);
	const struct unreachable *refused = one_way_refusal(q);
	const struct sighting *proof;
	double confidence = confidence_of(q, &proof);
	const struct unheard unheard = {q->view->absence, q->view->o, q->view->alone};
	struct finding *f = one_way_open(q, cause, &sent->src.address, &unheard);
	bool first;

	if (!f) {
		return;
	}
	first = f->confidence == 0;
	if (cause == &one_way_unanswered) {
		confidence = confidence < guessed ? confidence : guessed;
	}
	finding_rate(f, confidence, SEVERITY_CRITICAL);
	finding_stream(f, sent);
	finding_time(f, q->view->alone.from_ns, q->view->alone.to_ns);
	tell_agreement(f, q);
	tell_absence(f, q);
	if (refused) {
		one_way_tell_refusal(f, refused);
	}
	if (first) {
		tell_doubt(f, q, cause, proof);
	}
	if (q->beyond) {
		tell_void(f, q, q->beyond->o);
		finding_blame(f, side_between(q->view->o, q->beyond->o));
	}
	tell_where_it_is(f, q);
	if (cause == &one_way_unanswered && confidence >= FINDING_HINT) {
		one_way_hint_unanswered(q);
	}
}

void one_way_report_stranded(const struct inquiry *q)
{
	const struct desk_stream *s = q->upstream->to_listener.first;
	const struct observation *o = q->view->o;
	struct endpoint host = observed_party(o, q->listener);
	const struct unheard unheard = {.how = ABSENCE_WHOLE};
	struct finding *f = one_way_open(q, &one_way_filtered, &host.address, &unheard);
	struct mark mark = stream_mark(s);
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	if (!f) {
		return;
	}
	finding_rate(f, stranded, SEVERITY_CRITICAL);
	finding_blame(f, side_between(o, q->upstream->o));
	finding_stream(f, s);
	finding_time(f, s->first_ns, s->summary->last_time_ns);
	finding_evidence(f, &mark,
	    "at %s audio toward the %s flows: %s to %s, SSRC 0x%08x, %u packets",
	    q->desk->config.vantages[s->vantage], party_name(q->listener),
	    endpoint_format(&s->src, src), endpoint_format(&s->dst, dst), s->ssrc,
	    s->summary->packets);
	tell_void(f, q, o);
}

void one_way_report_astray(const struct inquiry *q)
{
	const struct latching *l = q->astray;
	const char *doubt = latching_doubt(l);
	const struct unheard unheard = {l->heard ? ABSENCE_STOPPED : ABSENCE_WHOLE, l->o, l->span};
	struct finding *f =
	    one_way_open(q, one_way_cause_astray(q), &l->own->src.address, &unheard);
	struct mark own, astray;
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	if (!f) {
		return;
	}
	own = stream_mark(l->own);
	astray = stream_mark(l->astray);
	finding_rate(f, latching_confidence(l), SEVERITY_CRITICAL);
	finding_stream(f, l->astray);
	finding_stream(f, l->own);
	finding_time(f, l->span.from_ns, l->span.to_ns);
	finding_evidence(f, &own, "the %s's own audio comes from %s", party_name(q->listener),
	    endpoint_format(&l->own->src, src));
	finding_evidence(f, &astray, "the audio for the %s goes from %s to %s",
	    party_name(q->listener), endpoint_format(&l->astray->src, src),
	    endpoint_format(&l->astray->dst, dst));
	if (l->refused) {
		one_way_tell_refusal(f, l->refused);
	}
	if (doubt && f->against_count == 0) {
		finding_against(f, "%s", doubt);
	}
}
