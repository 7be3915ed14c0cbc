/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: offer and answer say since when media should flow both ways. At the
 * vantage nearest to a listener, a time of at least three seconds is sought at which the other
 * direction flows and the listener's does not. Then everything is asked that would make it
 * harmless, and only then what the cause is.
 *
 * Never one-way: before the answer; on hold, recvonly, or switched off; a sender that
 * suppresses silence (comfort noise, talkspurts, or RTCP that counts no more packets sent); a
 * pause after which the sequence numbers go on unbroken. A direction that merely begins late
 * is another matter. A tap that sees nothing at all toward the listener's host may be
 * one-sided: then it is a hint.
 */
#include "activity.h"
#include "detect.h"
#include "dialog.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "icmp.h"
#include "nearness.h"
#include "offer_answer.h"
#include "unreachable.h"

enum { TALKSPURTS_CONTINUOUS = 3 }; /* more marker bits: the sender suppresses silence */

static const int64_t empty_reports_ns = 5 * MEDIA_SECOND_NS;
static const int64_t packet_time_guess_ns = MEDIA_SECOND_NS / 50;
static const uint32_t sent_unseen_max = 50; /* packets: between an SR and the end of a stream */

/* How a direction is missing. */
enum absence { ABSENCE_NONE, ABSENCE_WHOLE, ABSENCE_STOPPED, ABSENCE_INTERRUPTED };

/* One vantage's view of whether `listener` hears the other party. */
struct view {
	const struct observation *o;
	unsigned line; /* which m= line */
	struct activity to_listener, from_listener;
	const struct agreement *agreement; /* of the time that counts */
	enum absence absence;
	struct interval alone; /* when only from_listener flowed */
	int rank;              /* how near to the listener: see nearness.h */
};

struct inquiry {
	struct desk *desk;
	struct call *call;
	enum party listener;
	unsigned line;               /* which m= line */
	const struct view *view;     /* the nearest to the listener */
	const struct view *upstream; /* another one, where the media was still there; or NULL */
};

/* --- is it absent? --- */

/* A capture that begins in the middle shows neither answer nor ACK. */
static int64_t established_ns(const struct observation *o)
{
	if (!o->answered.set) {
		return o->established.time_ns;
	}
	return o->acked.set ? o->acked.time_ns : o->answered.time_ns;
}

/* From the answer on; to the next agreement, the end, or the last that was seen of the call. */
static bool window_of(const struct view *v, unsigned index, struct interval *out)
{
	const struct observation *o = v->o;
	unsigned count;
	const struct agreement *a = &offer_answer_agreements(o, &count)[index];
	int64_t since_ns = established_ns(o);

	if (!o->established.set || !agreement_has_two_way_audio(a, v->line)) {
		return false;
	}
	out->from_ns = a->from_ns > since_ns ? a->from_ns : since_ns;
	if (index + 1 < count) {
		out->to_ns = a[1].from_ns;
	} else if (o->ended.set) {
		out->to_ns = o->ended.time_ns;
	} else {
		out->to_ns = INT64_MAX; /* bounded by the media that is there */
	}
	return out->from_ns < out->to_ns;
}

/* Do the sequence numbers skip about as many packets as the silence had room for? */
static bool was_loss(const struct desk_stream *s, const struct silence *silence)
{
	const struct media_summary *m = &s->summary;
	int64_t packet_ns = m->timestamp_step && m->clock_rate_hz
				? MEDIA_SECOND_NS * m->timestamp_step / m->clock_rate_hz
				: packet_time_guess_ns;

	return (int64_t)silence->missing * packet_ns * 2 >= silence->to_ns - silence->from_ns;
}

/* Were packets lost over that time, or did their sender pause? */
static bool was_lost(
    const struct desk *desk, const struct call *call, const struct view *v, enum party listener)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->vantage != v->o->vantage || s->toward != listener) {
			continue;
		}
		for (unsigned i = 0; i < s->gap_count; i++) {
			const struct silence *gap = &s->gaps[i];

			if (gap->from_ns <= v->alone.from_ns && gap->to_ns >= v->alone.to_ns) {
				return was_loss(s, gap);
			}
		}
	}
	return false;
}

static bool suppresses_silence(const struct activity *a)
{
	return a->comfort_noise || a->talkspurts > TALKSPURTS_CONTINUOUS;
}

/* RTCP of the one who should be heard shows that he himself sends nothing. */
static bool sender_is_silent(const struct view *v, enum party sender)
{
	const struct sender_report *r = &v->o->rtcp[sender];

	if (r->reports == 0 || r->last.time_ns < v->alone.from_ns) {
		return false;
	}
	return !r->has_sent || r->last_sent <= v->to_listener.packets + sent_unseen_max;
}

static enum absence absence_of(
    const struct desk *desk, const struct call *call, const struct view *v, enum party listener)
{
	bool before = activity_before(&v->to_listener, v->alone.from_ns);
	bool after = activity_after(&v->to_listener, v->alone.to_ns);

	if (sender_is_silent(v, party_other(listener)) || v->to_listener.overflow) {
		return ABSENCE_NONE;
	}
	if (!before) {
		return after ? ABSENCE_NONE : ABSENCE_WHOLE; /* late is not one-way */
	}
	if (after) {
		return was_lost(desk, call, v, listener) ? ABSENCE_INTERRUPTED : ABSENCE_NONE;
	}
	return suppresses_silence(&v->to_listener) ? ABSENCE_NONE : ABSENCE_STOPPED;
}

static void view_examine(
    const struct desk *desk, const struct call *call, struct view *v, enum party listener)
{
	unsigned count;
	const struct agreement *agreements = offer_answer_agreements(v->o, &count);

	for (unsigned i = 0; i < count && v->absence == ABSENCE_NONE; i++) {
		struct interval window;

		if (window_of(v, i, &window) &&
		    activity_alone(&v->from_listener, &v->to_listener, &window, &v->alone) &&
		    v->alone.to_ns - v->alone.from_ns >=
			threshold_ns(desk->config.thresholds.one_way_s)) {
			v->agreement = &agreements[i];
			v->absence = absence_of(desk, call, v, listener);
		}
	}
}

/* --- how sure? --- */

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

	for (const struct sighting *s = q->call->sightings; s; s = s->next) {
		if (s->vantage == q->view->o->vantage &&
		    address_equal(&s->dst.address, &sent->src.address) &&
		    (address_equal(&s->src.address, &sent->dst.address) ||
			(from_outside && !address_is_unroutable(&s->src.address)))) {
			return s;
		}
	}
	return NULL;
}

static double confidence_of(const struct inquiry *q, const struct sighting **proof)
{
	const struct interval *alone = &q->view->alone;
	double sure = 0.9;

	if (q->view->absence == ABSENCE_STOPPED) {
		int64_t stopped_ns = threshold_ns(q->desk->config.thresholds.one_way_stopped_s);

		sure = alone->to_ns - alone->from_ns >= stopped_ns ? 0.6 : 0.45;
	}
	*proof = toward_listener(q);
	if (q->upstream) {
		return 0.95;
	}
	return *proof || q->view->o->rtcp[party_other(q->listener)].reports > 0 ? sure : 0.4;
}

/* --- why? --- */

struct cause {
	const char *name, *why, *remedy, *would_settle;
};

static const struct cause cause_filtered = {
    "filtered",
    "The audio reaches one capture point and not the next: something between them drops it.",
    "Look between the two capture points: a firewall rule for RTP, a wrong or missing port "
    "forward, a NAT mapping that does not match.",
    NULL,
};

static const struct cause cause_sip_alg = {
    "sip-alg",
    "The router rewrote the media address in this call's SDP, and the audio does not come back "
    "to it.",
    "Switch the router's SIP ALG off (see the sip-alg finding), and call again.",
    NULL,
};

static const struct cause cause_unroutable = {
    "unroutable-sdp",
    "The listener's SDP names an address that cannot be reached from where the other side "
    "stands, and the other side sends its audio there instead of to where the listener's own "
    "audio comes from.",
    "Let the provider's side answer to the source of the media (symmetric RTP, \"NAT support\", "
    "\"comedia\"), or give the phone its public address (STUN).",
    "a capture at the other side, to see where it sends its audio",
};

static const struct cause cause_icmp = {
    "icmp-unreachable",
    "Whoever should deliver the audio answers with ICMP errors: it cannot reach the address and "
    "port that the audio is sent to.",
    "Look at the host that sends the ICMP errors: a port that nobody listens on, a firewall rule "
    "that rejects, a route that is missing.",
    NULL,
};

static const struct cause cause_lost_beyond = {
    "lost-beyond",
    "The audio passes this capture point, but the listener's own RTCP reports say that none of "
    "it arrives.",
    "Capture nearer to the listener; look at firewalls and NAT between here and there.",
    NULL,
};

static const struct cause cause_unknown = {
    "unknown",
    "Both sides agreed to send and receive, one direction is there and the other is not.",
    "Find out where the missing direction ends: capture on both sides of the router at once.",
    "a capture on both sides of the router at the same time, named with --vantage",
};

/* The sip-alg finding of this call that changed a session description, if there is one. */
static const struct finding *alg_on_media(const struct inquiry *q)
{
	for (unsigned i = 0; i < q->call->finding_count; i++) {
		const struct finding *f = finding_at(q->desk, q->call->findings[i] - 1);

		if (!text_equal(text_of(f->code), TEXT("sip-alg"))) {
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

/*
 * What the listener said of itself, as it was seen beyond its own network: inside it, the
 * private address in the description of any phone behind NAT means nothing. NULL where no
 * vantage saw it from there.
 */
static const struct description *listener_description(const struct inquiry *q)
{
	const struct description *d = NULL;
	int lowest = 2;

	for (const struct observation *o = q->call->observations; o; o = o->next) {
		int rank = nearness(q->desk, q->call, o->vantage, q->listener);
		unsigned count;
		const struct agreement *a = offer_answer_agreements(o, &count);

		if (rank < lowest && count > 0 && agreement_line(a, q->line)) {
			lowest = rank;
			d = &agreement_line(a, q->line)->sides[q->listener];
		}
	}
	return d;
}

static bool is_unroutable(const struct inquiry *q)
{
	const struct description *listener = listener_description(q);
	const struct desk_stream *sent = q->view->from_listener.first;

	return q->view->absence == ABSENCE_WHOLE && listener && listener->literal &&
	       address_is_unroutable(&listener->at.address) &&
	       !address_is_unroutable(&sent->dst.address);
}

/*
 * ICMP about the flow toward the listener, where that was seen before it went missing, or about
 * the place that the listener asked to have it sent to.
 */
static const struct unreachable *refused_toward_listener(const struct inquiry *q)
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
				u = unreachable_of_place(q->call, &line->sides[q->listener].at);
			}
		}
	}
	return u;
}

static const struct cause *cause_of(const struct inquiry *q)
{
	const struct unreachable *refused = refused_toward_listener(q);

	if (q->upstream) {
		return refused ? &cause_icmp : &cause_filtered;
	}
	if (is_unroutable(q)) { /* which says more than ICMP about it */
		return &cause_unroutable;
	}
	if (refused) {
		return &cause_icmp;
	}
	return alg_on_media(q) ? &cause_sip_alg : &cause_unknown;
}

/* --- saying it --- */

static const char *party_name(enum party party)
{
	return party == PARTY_CALLER ? "caller" : "callee";
}

static struct mark mark_of_stream(const struct desk_stream *s)
{
	return (struct mark){true, s->capture, s->first_frame, s->first_ns};
}

static struct finding *open_for(
    const struct inquiry *q, const struct cause *cause, const struct address *listener)
{
	struct endpoint key = {*listener, q->view->o->vantage};
	struct finding *f =
	    finding_open(q->desk, "one-way-audio", cause->name, hash_endpoint(q->desk->key, &key));
	char address[ADDRESS_TEXT_MAX];
	const char *uri = q->listener == PARTY_CALLER ? q->call->from_uri : q->call->to_uri;

	if (!f) {
		return NULL;
	}
	if (!f->summary) {
		f->summary = arena_format(&f->text, "One-way audio: the %s (%s, %s) hears nothing",
		    party_name(q->listener), uri ? uri : "unknown",
		    address_format(listener, address));
		f->vantage = q->desk->config.vantages[q->view->o->vantage];
		f->why = cause->why;
		f->remedy = cause->remedy;
		f->would_settle = cause->would_settle;
	}
	finding_call(f, q->call);
	finding_endpoint(f, listener);
	return f;
}

static void tell_agreement(struct finding *f, const struct inquiry *q)
{
	const struct agreement *a = q->view->agreement;
	const struct agreed_line *line = agreement_line(a, q->line);

	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		char text[ENDPOINT_TEXT_MAX];

		finding_evidence(f, &a->marks[p], "the %s's session description: %s, media to %s",
		    party_name(p), "send and receive",
		    line->sides[p].literal ? endpoint_format(&line->sides[p].at, text)
					   : "a host name");
	}
}

static void tell_absence(struct finding *f, const struct inquiry *q)
{
	const struct view *v = q->view;
	const struct desk_stream *sent = v->from_listener.first;
	struct mark since = {true, sent->capture, sent->first_frame, v->alone.from_ns};
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	double seconds = (double)(v->alone.to_ns - v->alone.from_ns) / 1e9;

	finding_evidence(f, &(struct mark){true, sent->capture, sent->first_frame, sent->first_ns},
	    "the %s's own audio flows: %s to %s, SSRC 0x%08x, %llu packets",
	    party_name(q->listener), endpoint_format(&sent->src, src),
	    endpoint_format(&sent->dst, dst), sent->ssrc,
	    (unsigned long long)v->from_listener.packets);
	if (v->absence == ABSENCE_WHOLE) {
		finding_evidence(f, &since,
		    "toward the %s not one RTP packet in the whole call; for %.1f s meanwhile the "
		    "other direction flowed",
		    party_name(q->listener), seconds);
	} else {
		const struct desk_stream *last = v->to_listener.last;

		since.capture = last->capture;
		since.frame = last->summary.last_frame;
		finding_evidence(f, &since, "toward the %s no RTP for %.1f s from here on%s",
		    party_name(q->listener), seconds,
		    v->absence == ABSENCE_STOPPED ? ", to the end"
						  : "; the sequence numbers of that time are lost");
	}
}

static void tell_doubt(struct finding *f, const struct inquiry *q, const struct cause *cause,
    const struct sighting *proof)
{
	if (proof) {
		struct mark mark = {true, proof->capture, proof->frame, proof->time_ns};

		finding_evidence(f, &mark, "the capture does see packets toward the %s: %s",
		    party_name(q->listener), proof->name);
	} else if (f->confidence < FINDING_HINT) {
		finding_against(f,
		    "the capture holds no packet from the other party's host to the %s's: media "
		    "that "
		    "takes another way, or a mirror port that copies one direction only, looks the "
		    "same",
		    party_name(q->listener));
		f->would_settle = "a capture at the listener's own port, both directions mirrored";
	}
	if (cause == &cause_unroutable) {
		finding_against(f,
		    "audio that is sent to the right place and dropped before this capture point "
		    "looks the same");
	}
	if (q->view->absence == ABSENCE_STOPPED) {
		finding_against(f, "a sender that stops sending, by mute or by silence suppression "
				   "without comfort noise, looks the same");
	}
}

static void tell_refusal(struct finding *f, const struct unreachable *u)
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

static void report_absence(const struct inquiry *q)
{
	const struct desk_stream *sent = q->view->from_listener.first;
	const struct cause *cause = cause_of(q);
	const struct unreachable *refused = refused_toward_listener(q);
	const struct sighting *proof;
	double confidence = confidence_of(q, &proof);
	struct finding *f = open_for(q, cause, &sent->src.address);
	bool first;

	if (!f) {
		return;
	}
	first = f->confidence == 0;
	finding_rate(f, confidence, SEVERITY_CRITICAL);
	finding_stream(f, sent);
	finding_time(f, q->view->alone.from_ns, q->view->alone.to_ns);
	tell_agreement(f, q);
	tell_absence(f, q);
	if (refused) {
		tell_refusal(f, refused);
	}
	if (first) {
		tell_doubt(f, q, cause, proof);
	}
	if (q->upstream) {
		const struct desk_stream *s = q->upstream->to_listener.first;
		struct mark mark = mark_of_stream(s);

		finding_stream(f, s);
		finding_evidence(f, &mark,
		    "at %s the same direction is there: SSRC 0x%08x, %llu packets",
		    q->desk->config.vantages[s->vantage], s->ssrc,
		    (unsigned long long)q->upstream->to_listener.packets);
	}
}

/* --- lost beyond the capture point --- */

/* The listener's own reports: nothing of a stream that flows here reaches it. */
static bool nothing_arrives(
    const struct inquiry *q, const struct desk_stream *s, double *confidence)
{
	int64_t one_way_ns = threshold_ns(q->desk->config.thresholds.one_way_s);
	const struct receiver_reports *r = &s->far->remote;

	if (!s->measured || r->last.time_ns > s->summary.last_time_ns + MEDIA_SECOND_NS) {
		return false;
	}
	*confidence = r->blocks ? 0.85 : 0.6;
	if (r->blocks) {
		return r->blocks > 1 && r->first_highest == r->last_highest &&
		       r->last.time_ns - r->first.time_ns >= one_way_ns;
	}
	return r->empty > 1 && r->last.time_ns - r->first.time_ns >= empty_reports_ns &&
	       r->first.time_ns - s->first_ns >= one_way_ns;
}

static bool always_both_ways(const struct observation *o, unsigned line)
{
	unsigned count;
	const struct agreement *agreements = offer_answer_agreements(o, &count);

	for (unsigned i = 0; i < count; i++) {
		if (!agreement_has_two_way_audio(&agreements[i], line)) {
			return false;
		}
	}
	return count > 0 && o->answered.set;
}

static void report_beyond(const struct inquiry *q, const struct desk_stream *s, double confidence)
{
	struct finding *f = open_for(q, &cause_lost_beyond, &s->dst.address);
	struct mark stream = mark_of_stream(s);

	if (!f) {
		return;
	}
	finding_rate(f, confidence, SEVERITY_CRITICAL);
	finding_stream(f, s);
	finding_time(f, s->far->remote.first.time_ns, s->far->remote.last.time_ns);
	finding_evidence(f, &stream, "audio toward the %s passes here: SSRC 0x%08x, %u packets",
	    party_name(q->listener), s->ssrc, s->summary.packets);
	if (s->far->remote.blocks) {
		finding_evidence(f, &s->far->remote.first,
		    "its RTCP reports %u as the highest sequence number",
		    s->far->remote.first_highest);
		finding_evidence(f, &s->far->remote.last,
		    "%.1f s later it still reports %u: nothing arrived",
		    (double)(s->far->remote.last.time_ns - s->far->remote.first.time_ns) / 1e9,
		    s->far->remote.last_highest);
	} else {
		finding_evidence(f, &s->far->remote.last,
		    "its %u RTCP reports mention no stream received", s->far->remote.empty);
		finding_against(f, "some devices never fill in reception reports");
	}
}

/* --- refused beyond the capture point --- */

/* Does the listener get audio another way: by other ports, or by its own reports? */
static bool arrives_anyway(
    const struct inquiry *q, const struct desk_stream *refused, const struct unreachable *u)
{
	for (uint32_t n = q->call->first_stream; n != POOL_NONE;
	     n = stream_at(q->desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(q->desk, n);

		if (s->toward != q->listener || s->kind != SDP_AUDIO || s->line != q->line) {
			continue;
		}
		if (s->far->remote.blocks == 1 ||
		    s->far->remote.first_highest != s->far->remote.last_highest) {
			return true;
		}
		if (s->vantage == refused->vantage &&
		    !(endpoint_equal(&s->dst, &refused->dst) &&
			endpoint_equal(&s->src, &refused->src)) &&
		    (!s->measured ||
			s->summary.last_time_ns > u->first.time_ns + MEDIA_SECOND_NS)) {
			return true;
		}
	}
	return false;
}

static void report_refused(
    const struct inquiry *q, const struct desk_stream *s, const struct unreachable *u)
{
	struct finding *f = open_for(q, &cause_icmp, &s->dst.address);
	struct mark stream = mark_of_stream(s);

	if (!f) {
		return;
	}
	finding_rate(f, 0.85, SEVERITY_CRITICAL);
	finding_stream(f, s);
	finding_time(f, u->first.time_ns, u->last.time_ns);
	finding_evidence(f, &stream, "audio toward the %s passes here: SSRC 0x%08x, %u packets",
	    party_name(q->listener), s->ssrc, s->summary.packets);
	tell_refusal(f, u);
	if (s->far->remote.blocks == 0) {
		finding_against(f, "no RTCP of the listener confirms that nothing arrives");
	}
}

/* --- a stream that passes, and does not arrive --- */

static bool examine_stream(const struct inquiry *q, const struct desk_stream *s)
{
	const struct unreachable *u = unreachable_of_stream(q->call, s);
	double confidence;

	if (u && !arrives_anyway(q, s, u)) {
		report_refused(q, s, u);
		return true;
	}
	if (nothing_arrives(q, s, &confidence)) {
		report_beyond(q, s, confidence);
		return true;
	}
	return false;
}

static void examine_beyond(const struct inquiry *q)
{
	if (!always_both_ways(q->view->o, q->line) || q->view->from_listener.count == 0) {
		return;
	}
	for (uint32_t n = q->call->first_stream; n != POOL_NONE;
	     n = stream_at(q->desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(q->desk, n);

		if (s->vantage == q->view->o->vantage && s->toward == q->listener &&
		    s->kind == SDP_AUDIO && s->line == q->line && examine_stream(q, s)) {
			return;
		}
	}
}

/* --- one listener --- */

static unsigned views_collect(struct desk *desk, const struct call *call, enum party listener,
    unsigned line, struct view *views)
{
	unsigned count = 0;

	for (const struct observation *o = call->observations; o; o = o->next) {
		struct view *v = &views[count++];

		*v = (struct view){.o = o, .line = line};
		activity_collect(desk, call, o->vantage, line, listener, &v->to_listener);
		activity_collect(
		    desk, call, o->vantage, line, party_other(listener), &v->from_listener);
		v->rank = nearness(desk, call, o->vantage, listener);
		view_examine(desk, call, v, listener);
	}
	return count;
}

/* The nearest to the listener; among equals one at which a direction is absent. */
static const struct view *nearest(const struct view *views, unsigned count)
{
	const struct view *best = NULL;

	for (unsigned i = 0; i < count; i++) {
		const struct view *v = &views[i];

		if (!best || v->rank > best->rank ||
		    (v->rank == best->rank && best->absence == ABSENCE_NONE && v->absence)) {
			best = v;
		}
	}
	return best;
}

static void examine(
    struct desk *desk, struct call *call, enum party listener, unsigned line, struct view *views)
{
	unsigned count = views_collect(desk, call, listener, line, views);
	struct inquiry q = {desk, call, listener, line, nearest(views, count), NULL};

	if (!q.view) {
		return;
	}
	if (q.view->absence == ABSENCE_NONE) {
		examine_beyond(&q);
		return;
	}
	for (unsigned i = 0; i < count && !q.upstream; i++) {
		if (views[i].rank <= q.view->rank && &views[i] != q.view &&
		    views[i].absence == ABSENCE_NONE && views[i].to_listener.count > 0) {
			q.upstream = &views[i];
		}
	}
	report_absence(&q);
}

/* Above the highest m= line that anything was agreed of. */
static unsigned lines_of(const struct call *call, unsigned *observations)
{
	unsigned lines = 0;

	for (const struct observation *o = call->observations; o; o = o->next) {
		unsigned count;
		const struct agreement *a = offer_answer_agreements(o, &count);

		++*observations;
		for (unsigned i = 0; i < count; i++) {
			lines = a[i].line_count > lines ? a[i].line_count : lines;
		}
	}
	return lines;
}

void detect_one_way(struct desk *desk, struct call *call)
{
	unsigned observations = 0;
	unsigned lines = lines_of(call, &observations);
	struct view *views = arena_take(&call->work, sizeof(*views) * observations);

	for (unsigned line = 0; views && line < lines; line++) {
		for (enum party listener = PARTY_CALLER; listener < PARTIES; listener++) {
			examine(desk, call, listener, line, views);
		}
	}
}
