/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: what the receiver of a stream had, and the capture has not, was lost by the
 * capture. Receivers report the packets that they miss (RFC 3550 6.4.1); where fewer are missing
 * there than here, over a time that the reports cover for certain, the difference passed here
 * unseen. Packets lost before the capture point are missing in both counts.
 *
 * A direction of which nothing at all is seen between two hosts, though the other one behaves as
 * if it had been answered, was not mirrored. Loss of both directions at one time alone may be the
 * network's, too: a hint.
 */
#include "detect.h"

#include <string.h>

#include "capture_loss.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "signs.h"
#include "sip_transaction.h"
#include "trace.h"

/* A packet that passed here so long before a report is in it: half a round trip, generously. */
static const int64_t report_lag_ns = MEDIA_SECOND_NS;
/* Live: so long after a call without a packet to its caller none will come. */
static const int64_t side_wait_ns = 600 * MEDIA_SECOND_NS;

enum {
	MISSED_SHARE = 3,
	BOTH_LOST_MIN = 10,
	MESSAGES_MIN = 3,
	STREAMS_COMPARED = 32 /* of the other direction, with each */
};

const struct finding_words capture_loss_words = {
    .why = "What the capture lost looks like loss on the network, and is none. Figures of these "
	   "seconds say nothing about the calls.",
    .remedy = "Mirror fewer ports to one, or one direction to each of two; use a mirror port as "
	      "fast as both directions together, a larger capture buffer, a capture filter for "
	      "voice, and a snap length only if octets are the bottleneck.",
};

/* What is missing here in the time that the receiver's reports cover for certain. */
struct own_loss {
	int64_t from_ns, to_ns; /* first and last bin with losses */
	int64_t lost, expected;
};

static struct own_loss own_loss_of(const struct desk_stream *s, int64_t from_ns, int64_t to_ns)
{
	struct own_loss own = {INT64_MAX, INT64_MIN, 0, 0};
	struct interval_bin bins[INTERVAL_BINS];
	int64_t length_ns;
	unsigned count = intervals_read(s->intervals, bins, &length_ns);

	for (unsigned i = 0; i < count; i++) {
		int64_t begin_ns = intervals_begin_ns(s->intervals) + i * length_ns;

		if (begin_ns < from_ns || begin_ns + length_ns > to_ns) {
			continue;
		}
		own.lost += bins[i].lost;
		own.expected += bins[i].packets + (int64_t)bins[i].lost;
		if (bins[i].lost > 0) {
			own.from_ns = begin_ns < own.from_ns ? begin_ns : own.from_ns;
			own.to_ns = begin_ns + length_ns;
		}
	}
	return own;
}

/* --- the receiver had it --- */

/* Packets that the receiver had and the capture has not; 0: none that are proven. */
static int64_t missed_of(const struct desk *desk, const struct desk_stream *s, struct own_loss *own)
{
	const struct receiver_reports *r = &s->seldom->far->remote;
	int64_t missed, least = (int64_t)desk->config.thresholds.capture_loss_packets;

	if (!s->measured || r->spans == 0 || r->restarts > 0 || s->summary->restarts > 0 ||
	    desk->untimed[s->capture]) {
		return 0;
	}
	*own = own_loss_of(s, r->first.time_ns, r->last.time_ns - report_lag_ns);
	/* The counters must be about these packets; and each duplicate hides one that is lost. */
	if (r->expected < own->expected) {
		return 0;
	}
	missed = own->lost - (r->lost > 0 ? r->lost : 0) - s->summary->duplicates;
	return missed >= least && missed * MISSED_SHARE >= own->lost ? missed : 0;
}

static struct finding *loss_open(struct desk *desk, const char *cause, uint16_t capture)
{
	const struct endpoint key = {.port = capture};

	return finding_open(desk, "capture-loss", cause, hash_endpoint(desk->key, &key));
}

static void spans_note(struct desk *desk, const struct desk_stream *s, const struct own_loss *own)
{
	struct interval_bin bins[INTERVAL_BINS];
	int64_t length_ns;
	unsigned count = intervals_read(s->intervals, bins, &length_ns);

	for (unsigned i = 0; i < count; i++) {
		int64_t begin_ns = intervals_begin_ns(s->intervals) + i * length_ns;

		if (bins[i].lost > 0 && begin_ns >= own->from_ns && begin_ns < own->to_ns) {
			capture_loss_note(desk, s->capture, begin_ns, begin_ns + length_ns - 1);
		}
	}
}

static void reports_tell(struct desk *desk, struct call *call, const struct desk_stream *s)
{
	const struct receiver_reports *r = &s->seldom->far->remote;
	struct own_loss own;
	int64_t missed = missed_of(desk, s, &own);
	bool counts = r->lost > 0 || r->fraction_sum > 0;
	struct finding *f;

	if (missed == 0) {
		return;
	}
	spans_note(desk, s, &own);
	f = loss_open(desk, "rtcp", s->capture);
	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_describe(f, desk, s->vantage, &capture_loss_words,
		    "The capture %s misses packets that their receivers had",
		    desk->config.captures[s->capture]);
	}
	if (!counts) {
		finding_against(f,
		    "the receiver of stream %u reports no loss at all; a few "
		    "devices never do",
		    s->id);
	}
	finding_rate(f, counts ? 0.9 : 0.8, SEVERITY_WARNING);
	finding_evidence(f, &r->last,
	    "RTCP of the receiver of stream %u: %lld of %lld packets lost since frame %u; here "
	    "%lld "
	    "of %lld are missing in less than that time, so %lld at least passed unseen",
	    s->id, (long long)r->lost, (long long)r->expected, r->first.frame, (long long)own.lost,
	    (long long)own.expected, (long long)missed);
	finding_endpoint(f, &s->src.address);
	finding_endpoint(f, &s->dst.address);
	finding_stream(f, s);
	finding_call(f, call);
	finding_time(f, own.from_ns, own.to_ns);
}

/* --- both directions at once --- */

/* Of all losses of the stream, those of this time. */
static bool loses_then_alone(const struct desk_stream *s, int64_t from_ns, int64_t to_ns)
{
	struct own_loss then = own_loss_of(s, from_ns, to_ns);

	return then.lost >= BOTH_LOST_MIN && then.lost == (int64_t)s->summary->lost;
}

/* The only interval of a stream with losses. */
static bool only_interval(const struct desk_stream *s, int64_t *from_ns, int64_t *to_ns)
{
	struct own_loss own = own_loss_of(s, INT64_MIN, INT64_MAX);
	struct interval_bin bins[INTERVAL_BINS];

	if (own.lost < BOTH_LOST_MIN || intervals_read(s->intervals, bins, to_ns) < MESSAGES_MIN ||
	    own.to_ns - own.from_ns != *to_ns) {
		return false;
	}
	*from_ns = own.from_ns;
	*to_ns = own.to_ns;
	return true;
}

static void both_tell(struct desk *desk, struct call *call, const struct desk_stream *s,
    const struct desk_stream *other, int64_t from_ns, int64_t to_ns)
{
	struct finding_words words = capture_loss_words;
	struct finding *f = loss_open(desk, "both-directions", s->capture);
	struct mark mark = {true, s->capture, s->first_frame, from_ns};

	if (!f) {
		return;
	}
	words.would_settle = "a second capture of the same calls at another place, or RTCP reports "
			     "of the phones: what arrived there was lost by the capture alone";
	if (finding_is_new(f)) {
		finding_describe(f, desk, s->vantage, &words,
		    "Both directions of a call lost packets at one time: the capture %s may have "
		    "missed them, or the network lost them",
		    desk->config.captures[s->capture]);
		finding_against(f, "a short outage of the line loses both directions, too");
	}
	finding_rate(f, 0.4, SEVERITY_INFO);
	finding_evidence(f, &mark,
	    "streams %u and %u lost packets in these %lld s and at no other "
	    "time",
	    s->id, other->id, (long long)((to_ns - from_ns) / MEDIA_SECOND_NS));
	finding_stream(f, s);
	finding_stream(f, other);
	finding_call(f, call);
	finding_time(f, from_ns, to_ns);
}

static void both_judge(struct desk *desk, struct call *call, const struct desk_stream *s)
{
	int64_t from_ns, to_ns;
	unsigned compared = 0;

	if (s->toward != PARTY_CALLEE || !s->measured || !only_interval(s, &from_ns, &to_ns) ||
	    capture_lost(desk, s->capture, from_ns, to_ns)) {
		return;
	}
	for (uint32_t n = call->first_stream; n != POOL_NONE && compared < STREAMS_COMPARED;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *other = stream_at(desk, n);

		if (other->toward != PARTY_CALLER || other->capture != s->capture ||
		    !other->measured || other->summary->lost == 0) {
			continue;
		}
		compared++;
		if (loses_then_alone(other, from_ns, to_ns)) {
			both_tell(desk, call, s, other, from_ns, to_ns);
			return;
		}
	}
}

/* --- one side of a mirror --- */

/* Does the caller send everything of the call that this vantage saw, an ACK of the answer too? */
static bool caller_is_alone(
    const struct desk *desk, const struct call *call, const struct observation *o)
{
	struct endpoint caller = observed_party(o, PARTY_CALLER);
	struct trace_walk walk = traces_of(desk, call);
	unsigned count = 0;
	bool acknowledges = false;

	for (; walk.found; trace_walk_on(&walk)) {
		const struct trace_head *head = &walk.trace.head;
		struct manner manner = trace_manner(&walk);
		struct hop hop = trace_hop(&walk, &manner);

		if (hop.vantage != o->vantage) {
			continue;
		}
		if (!address_equal(&hop.src.address, &caller.address) ||
		    address_equal(&hop.dst.address, &caller.address)) {
			return false;
		}
		acknowledges |= head->request && head->method == SIP_ACK;
		count++;
	}
	return acknowledges && count >= MESSAGES_MIN;
}

/* As nearly all are that were seen at one place: none of their messages has to be looked at. */
static bool is_two_sided(const struct desk *desk, const struct call *call)
{
	return !desk->config.thorough && call->traces.signs & SIGN_RETURNED &&
	       !call->observations->next;
}

/* Another call, or whatever else goes to the host, refutes it: also what comes later. */
static void side_note(struct desk *desk, const struct call *call, struct observation *o)
{
	o->one_sided = o->invite.set && !is_two_sided(desk, call) && caller_is_alone(desk, call, o);
	desk->one_sided += o->one_sided;
}

static void side_judge(struct desk *desk, struct call *call, const struct observation *o)
{
	struct endpoint caller = observed_party(o, PARTY_CALLER);
	const struct endpoint_entry *entry = endpoint_find(desk, &caller.address);
	const struct endpoint_view *view = entry ? endpoint_view(entry, o->vantage) : NULL;
	uint16_t capture = o->invite.capture;
	char host[ADDRESS_TEXT_MAX];
	struct finding *f;

	if (!view || view->addressed) {
		return;
	}
	f = loss_open(desk, "one-sided", capture);
	if (!f) {
		return;
	}
	address_format(&caller.address, host);
	if (finding_is_new(f)) {
		finding_describe(f, desk, o->vantage, &capture_loss_words,
		    "The capture %s shows one direction only: nothing that goes to %s",
		    desk->config.captures[capture], host);
	}
	finding_rate(f, 0.9, SEVERITY_WARNING);
	finding_evidence(f, &o->invite,
	    "INVITE of %s: it acknowledges an answer later on that is not in the capture, nor is "
	    "any other packet to it",
	    host);
	finding_endpoint(f, &caller.address);
	finding_call(f, call);
	finding_time(f, call->first_ns, call->last_ns);
}

/* How many of the call wait on. */
static uint32_t sides_judge(struct desk *desk, struct call *call)
{
	bool due = desk->ended || elapsed_ns(call->last_ns, desk->now_ns) >= side_wait_ns;
	uint32_t waiting = 0;

	for (struct observation *o = call->observations; o; o = o->next) {
		if (o->one_sided && due) {
			o->one_sided = false;
			side_judge(desk, call, o);
		}
		waiting += o->one_sided;
	}
	return waiting;
}

void detect_sides(struct desk *desk)
{
	uint32_t waiting = 0;

	if (desk->one_sided == 0) {
		return;
	}
	for (uint32_t n = desk->oldest_call; n != POOL_NONE; n = call_at(desk, n)->newer) {
		waiting += sides_judge(desk, call_at(desk, n));
	}
	desk->one_sided = waiting;
}

void detect_capture_loss(struct desk *desk, struct call *call)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		reports_tell(desk, call, stream_at(desk, n));
	}
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		both_judge(desk, call, stream_at(desk, n));
	}
	for (struct observation *o = call->observations; o; o = o->next) {
		side_note(desk, call, o);
	}
}
