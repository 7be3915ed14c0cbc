/* SPDX-License-Identifier: Apache-2.0 */
#include "complaint.h"

#include <math.h>
#include <stdio.h>

#include "flow.h"

enum { FULL_EVIDENCE = 3 /* calls that are told of in full; of more, a line each */ };

/* Told again where what is worst has grown by so much. */
static const double worse_by = 1.2;

static const char *const codes[AILMENTS] = {
    [AILMENT_LOSS] = "high-loss",
    [AILMENT_JITTER] = "high-jitter",
};

/* --- words --- */

static const char *const whys[AILMENTS] = {
    [AILMENT_LOSS] = "Packets that never come are holes in the voice. Phones conceal single ones; "
		     "a few in a row "
		     "are heard as clicks, clipped syllables or missing words.",
    [AILMENT_JITTER] =
	"Packets that come too unevenly miss the moment at which they should be played. The phone "
	"throws them away, which sounds like loss, or it waits longer, which adds delay.",
};

static const char remedy_inside[] =
    "Look at the customer's own network: Wi-Fi, a switch port with errors or the wrong duplex "
    "mode, a VLAN without priority for voice. Compare with a phone wired straight to the router.";

static const char remedy_outside[] =
    "Look at the access line first: is it full at these times? Give voice priority on the router "
    "(\"QoS\", \"bandwidth management\"), a little below the line's real rate. If the line is idle "
    "and clean, pass times and addresses on to the internet or SIP provider.";

static const char remedy_both_ways[] =
    "Make sure first that the capture is good: no drops (tcpdump counts them when it ends), a "
    "mirror port that is not full, no other load on the machine. If it is, both ways of the line "
    "are bad.";

static const char remedy_between[] =
    "Look at what stands between the two places that are named: the router's queues and "
    "priorities, its load, the link itself.";

static const char remedy_local[] =
    "Look at the network between the two hosts: Wi-Fi, a switch port with errors or the wrong "
    "duplex mode, a VLAN without priority for voice, a VPN between two sites.";

static const char *const settles[] = {
    [PLACE_BEFORE] = NULL, /* settle_before() */
    [PLACE_AFTER] = "the same calls captured nearer to the listener at the same time, named with "
		    "--vantage: it says on which side they go bad",
    [PLACE_BETWEEN] = "the same calls captured once more at both points, by machines whose drop "
		      "counters and clocks are known to be good",
    [PLACE_BOTH_WAYS] = "the same calls captured at another point, or by another machine, at the "
			"same time, with its drop counters; or RTCP of the phones",
};

static const char *place_name(enum complaint_place place)
{
	static const char *const names[] = {
	    [PLACE_BEFORE] = "before-capture",
	    [PLACE_AFTER] = "after-capture",
	    [PLACE_BETWEEN] = "between-captures",
	    [PLACE_BOTH_WAYS] = "both-ways",
	};

	return names[place];
}

/* local: between private addresses. sure: that it is so; what is left to settle then is where. */
static struct finding_words words_of(
    enum ailment ailment, enum complaint_place place, enum finding_side side, bool local, bool sure)
{
	return (struct finding_words){
	    .why = whys[ailment],
	    .remedy = place == PLACE_BOTH_WAYS        ? remedy_both_ways
		      : place == PLACE_BETWEEN        ? remedy_between
		      : side == SIDE_CUSTOMER_NETWORK ? remedy_inside
		      : local                         ? remedy_local
						      : remedy_outside,
	    .would_settle = sure && place == PLACE_BETWEEN ? NULL : settles[place],
	};
}

/* --- on whose side? --- */

static bool is_outside(const struct address *end, const struct address *other)
{
	return !address_is_unroutable(end) && address_is_unroutable(other);
}

/* The end of a stream that the bad part of the way leads to. */
static enum finding_side side_of(const struct complaint *c)
{
	const struct desk_stream *s = c->heard->stream;
	const struct address *end = &s->src.address, *other = &s->dst.address;

	if (c->place == PLACE_AFTER) {
		end = &s->dst.address;
		other = &s->src.address;
	}
	if (c->place == PLACE_BETWEEN) {
		const struct desk_stream *before = c->last_good->stream;
		const struct desk_stream *after = c->first_bad->stream;
		bool translated = !address_equal(&before->src.address, &after->src.address) ||
				  !address_equal(&before->dst.address, &after->dst.address);

		return translated ? SIDE_CUSTOMER_NETWORK : SIDE_PATH;
	}
	if (c->place == PLACE_BOTH_WAYS) {
		return SIDE_UNKNOWN;
	}
	if (is_outside(other, end)) {
		return SIDE_CUSTOMER_NETWORK;
	}
	return is_outside(end, other) ? SIDE_PATH : SIDE_UNKNOWN;
}

/*
 * What makes two of them one: the end that the bad part leads to. All that is outside comes and
 * goes by the same line.
 */
static uint64_t key_of(const struct complaint *c)
{
	const struct desk_stream *s = c->first_bad->stream;
	const struct address *end = c->place == PLACE_AFTER ? &s->dst.address : &s->src.address;
	const struct address *other = c->place == PLACE_AFTER ? &s->src.address : &s->dst.address;
	struct endpoint key = {.port = s->vantage};

	if (c->place == PLACE_BOTH_WAYS) {
		key.address.octets[2] = 1;
	} else if (c->place == PLACE_BETWEEN) {
		key.address.octets[0] = is_outside(&s->src.address, &s->dst.address);
		key.address.octets[1] = (uint8_t)(c->last_good->stream->vantage + 1);
	} else if (!is_outside(end, other)) {
		key.address = *end;
	}
	return hash_endpoint(c->direction->desk->key, &key);
}

/* --- saying it --- */

static const char *vantage_of(const struct complaint *c, const struct hearing *h)
{
	return c->direction->desk->config.vantages[h->stream->vantage];
}

/* Two capture points, or two places that one of them sees: both ports of a router. */
static void between_text(const struct complaint *c, char out[300])
{
	const struct desk_stream *before = c->last_good->stream, *after = c->first_bad->stream;
	char in[ADDRESS_TEXT_MAX], on[ADDRESS_TEXT_MAX];

	if (before->vantage != after->vantage) {
		(void)snprintf(out, 300, "between the capture points %.100s and %.100s",
		    vantage_of(c, c->last_good), vantage_of(c, c->first_bad));
	} else {
		(void)snprintf(out, 300,
		    "between its arrival at %s and its way on to %s, both seen at %.100s",
		    address_format(&before->dst.address, in),
		    address_format(&after->dst.address, on), vantage_of(c, c->first_bad));
	}
}

/* "between the capture points lan and wan" */
static const char *place_text(const struct complaint *c, char out[300])
{
	const struct desk_stream *s = c->first_bad->stream;
	char address[ADDRESS_TEXT_MAX];

	switch (c->place) {
	case PLACE_BEFORE:
		(void)snprintf(out, 300,
		    "before the capture point %.100s, at %s or on the way from it",
		    vantage_of(c, c->first_bad), address_format(&s->src.address, address));
		break;
	case PLACE_AFTER:
		(void)snprintf(out, 300, "beyond the capture point %.100s, on the way to %s",
		    vantage_of(c, c->first_bad), address_format(&s->dst.address, address));
		break;
	case PLACE_BETWEEN:
		between_text(c, out);
		break;
	case PLACE_BOTH_WAYS:
		(void)snprintf(out, 300,
		    "before the capture point %.100s, and the other direction is as bad there: "
		    "either the line is, both ways, or the capture is",
		    vantage_of(c, c->first_bad));
		break;
	}
	return out;
}

/* A capture still nearer to the sender than those that are there. */
static void settle_before(struct finding *f, const struct complaint *c)
{
	const struct desk_stream *s = c->first_bad->stream;

	f->would_settle = arena_format(&f->text,
	    "the same calls captured farther toward the sender than %s at the same time%s, named "
	    "with --vantage: it says on which side they go bad",
	    vantage_of(c, c->first_bad),
	    is_outside(&s->src.address, &s->dst.address) ? " (outside the router, say)" : "");
}

static void describe(struct finding *f, const struct complaint *c, double confidence)
{
	const struct endpoint *src = &c->heard->stream->src, *dst = &c->heard->stream->dst;
	const struct finding_words words = words_of(c->ailment, c->place, f->side,
	    address_is_unroutable(&src->address) && address_is_unroutable(&dst->address),
	    confidence >= 0.8);
	char listener[LISTENER_TEXT_MAX], place[300];

	if (!finding_is_new(f) && c->value < f->worst * worse_by) {
		return;
	}
	f->worst = c->value;
	listener_text(c->direction, c->heard->stream, listener);
	place_text(c, place);
	if (c->ailment == AILMENT_LOSS) {
		finding_describe(f, c->direction->desk, c->heard->stream->vantage, &words,
		    "Packet loss: %.1f %% of the audio to %s is lost%s %s", c->value, listener,
		    c->stretch ? " in the worst seconds," : "", place);
	} else if (c->late) {
		finding_describe(f, c->direction->desk, c->heard->stream->vantage, &words,
		    "High jitter: %.1f %% of the packets to %s come too late for a jitter buffer "
		    "of 60 ms; it arises %s",
		    c->value, listener, place);
	} else {
		finding_describe(f, c->direction->desk, c->heard->stream->vantage, &words,
		    "High jitter: the packets to %s come unevenly, by %.1f ms %s; it arises %s",
		    listener, c->value, c->stretch ? "in the worst seconds" : "on average", place);
	}
	if (c->place == PLACE_BEFORE) {
		settle_before(f, c);
	}
}

static void tell_stream(struct finding *f, const struct complaint *c, const struct hearing *h)
{
	const struct desk_stream *s = h->stream;
	struct mark mark = stream_mark(s);
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	endpoint_format(&s->src, src);
	endpoint_format(&s->dst, dst);
	if (c->ailment == AILMENT_LOSS) {
		finding_evidence(f, &mark,
		    "at %.100s, %s to %s, SSRC 0x%08x: %llu of %llu packets are missing (%.2f %%)",
		    vantage_of(c, h), src, dst, s->ssrc, (unsigned long long)h->lost,
		    (unsigned long long)h->expected, h->loss_pct);
	} else {
		finding_evidence(f, &mark,
		    "at %.100s, %s to %s, SSRC 0x%08x: jitter %.1f ms on average, %.1f ms at most; "
		    "%.1f %% of %u packets too late for a buffer of 60 ms",
		    vantage_of(c, h), src, dst, s->ssrc, h->jitter_ms,
		    (double)s->summary->jitter_max_ns / 1e6, h->discard_pct, s->summary->packets);
	}
}

static void tell_stretch(struct finding *f, const struct complaint *c)
{
	const struct stretch *t =
	    c->ailment == AILMENT_LOSS ? &c->heard->worst_loss : &c->heard->worst_jitter;
	struct mark mark = {true, c->heard->stream->capture, t->first_frame, t->from_ns};
	double seconds = (double)(t->to_ns - t->from_ns) / 1e9;

	if (!t->set) {
		return;
	}
	if (c->ailment == AILMENT_LOSS) {
		finding_evidence(f, &mark,
		    "worst from here on: of %.0f s %llu of %llu packets are missing (%.1f %%)",
		    seconds, (unsigned long long)t->lost,
		    (unsigned long long)t->packets + (unsigned long long)t->lost, t->loss_pct);
	} else {
		finding_evidence(f, &mark, "worst from here on: jitter %.1f ms over %.0f s",
		    t->jitter_ms, seconds);
	}
}

static void tell_far(struct finding *f, const struct complaint *c, const struct hearing *h)
{
	const struct receiver_reports *r = &h->stream->seldom->far->remote;

	if (isnan(c->far)) {
		return;
	}
	if (c->ailment == AILMENT_LOSS) {
		finding_evidence(f, &r->last,
		    "the receiver's %u RTCP reports: %lld of %lld packets lost (%.2f %%)",
		    r->blocks, (long long)r->lost, (long long)r->expected, c->far);
	} else {
		finding_evidence(f, &r->last,
		    "the receiver's %u RTCP reports: jitter %.1f ms on average", r->blocks, c->far);
	}
}

static const char *unit_of(const struct complaint *c)
{
	return c->ailment == AILMENT_LOSS ? "% lost" : c->late ? "% too late" : "ms of jitter";
}

/* A capture that fails does so both ways. */
static void tell_whole_other_way(struct finding *f, const struct complaint *c)
{
	const struct desk_stream *s = c->other_worst ? c->other_worst->stream : NULL;
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	struct mark mark;

	if (!s || !(c->other_way * WHOLE_SHARE <= c->value)) {
		return;
	}
	mark = stream_mark(s);
	finding_evidence(f, &mark,
	    "at %s the other direction is sound: %s to %s, SSRC 0x%08x: %.1f %s%s",
	    vantage_of(c, c->other_worst), endpoint_format(&s->src, src),
	    endpoint_format(&s->dst, dst), s->ssrc, c->other_way, unit_of(c),
	    c->stretch ? " in its worst seconds" : "");
}

static void tell_other_way(struct finding *f, const struct complaint *c)
{
	if (isnan(c->other_way)) {
		finding_against(f, "the other direction of the call is missing or too short to "
				   "compare with: if the "
				   "capture itself fails, it looks the same");
	} else {
		finding_against(f,
		    "the other direction has %.1f %s at the same point: either both ways are bad, "
		    "or the capture itself is (drops, its clock)",
		    c->other_way, unit_of(c));
	}
}

static void tell_doubt(struct finding *f, const struct complaint *c)
{
	if (c->place == PLACE_BOTH_WAYS || (c->place != PLACE_AFTER && isnan(c->other_way))) {
		tell_other_way(f, c);
	}
	if (c->place != PLACE_BOTH_WAYS && c->place != PLACE_AFTER && isnan(c->far)) {
		finding_against(
		    f, "the receiver's own RTCP reports do not confirm it: there are none");
	}
	if (c->ailment == AILMENT_JITTER && c->heard->pauses) {
		finding_against(f, "the sender pauses (silence suppression, or it stalls): time "
				   "stamps that stand still "
				   "meanwhile look like jitter");
	}
	if (c->place == PLACE_BETWEEN && !c->order_known) {
		finding_against(f, "which of the two points comes first on the way is not known");
	}
	if (c->place == PLACE_AFTER) {
		finding_against(
		    f, c->ailment == AILMENT_LOSS
			   ? "some phones count packets that came too late for their buffer as lost"
			   : "the receiver's own figure; some devices report it in wrong units");
	}
}

void complaint_report(const struct complaint *c, double confidence)
{
	struct finding *f =
	    finding_open(c->direction->desk, codes[c->ailment], place_name(c->place), key_of(c));
	const struct stretch *t =
	    c->ailment == AILMENT_LOSS ? &c->heard->worst_loss : &c->heard->worst_jitter;
	const struct desk_stream *s = c->heard->stream;

	if (!f) {
		return;
	}
	if (finding_is_new(f)) {
		finding_blame(f, side_of(c));
	}
	describe(f, c, confidence);
	finding_rate(f, confidence, c->severity);
	finding_call(f, c->direction->call);
	finding_stream(f, s);
	finding_endpoint(f, &s->dst.address);
	finding_endpoint(f, &s->src.address);
	finding_time(f, c->stretch ? t->from_ns : s->first_ns,
	    c->stretch ? t->to_ns : s->summary->last_time_ns);
	tell_stream(f, c, c->heard);
	if (f->calls_total > FULL_EVIDENCE) {
		return;
	}
	if (c->place != PLACE_AFTER) {
		tell_stretch(f, c);
	}
	if (c->first_bad != c->heard) {
		tell_stream(f, c, c->first_bad);
		finding_stream(f, c->first_bad->stream);
	}
	if (c->last_good) {
		tell_stream(f, c, c->last_good);
		finding_stream(f, c->last_good->stream);
	}
	tell_far(f, c, c->heard);
	tell_whole_other_way(f, c);
	if (f->calls_total <= 1) {
		tell_doubt(f, c);
	}
}
