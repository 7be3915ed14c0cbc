/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: of each direction the copy nearest to the listener is held against the
 * thresholds. Where it is bad, the same stream (same SSRC) elsewhere says where it went bad:
 * nowhere good, then before it reached the first capture point; good upstream, then between the
 * two points. Where it is good here and the listener's own RTCP reports tell otherwise, it went
 * bad beyond.
 *
 * A gap in the sequence numbers proves that a packet is not in the capture, not that the
 * listener missed it: the capture may have lost it. What speaks for the network: the listener's
 * reports agree, or the other direction is whole at the same point and time. Where the reports
 * contradict, nothing is said; where both directions suffer and nobody reports, it is a hint.
 */
#include <math.h>

#include "capture_loss.h"
#include "complaint.h"
#include "detect.h"

enum {
	RTCP_REPORTS_MIN = 3,
	COPY_DIFFERS = 10 /* copies of a stream expect numbers that differ by less than a tenth */
};

/* A far end's jitter above it is no measurement: wrong units, or a clock that jumped. */
static const double far_jitter_max_ms = 400;

/* --- is it bad? --- */

static double overall(const struct hearing *h, enum ailment ailment)
{
	return ailment == AILMENT_LOSS ? h->loss_pct : h->jitter_ms;
}

static double in_stretch(const struct hearing *h, enum ailment ailment)
{
	if (ailment == AILMENT_LOSS) {
		return h->worst_loss.set ? h->worst_loss.loss_pct : (double)NAN;
	}
	return h->worst_jitter.set ? h->worst_jitter.jitter_ms : (double)NAN;
}

static double badness(const struct complaint *c, const struct hearing *h)
{
	if (c->late) {
		return h->discard_pct;
	}
	return c->stretch ? in_stretch(h, c->ailment) : overall(h, c->ailment);
}

static double warning_of(const struct desk *desk, enum ailment ailment)
{
	const struct thresholds *t = &desk->config.thresholds;

	return ailment == AILMENT_LOSS ? t->loss_warning_pct : t->jitter_warning_ms;
}

static bool is_bad_all_along(struct complaint *c)
{
	const struct thresholds *t = &c->direction->desk->config.thresholds;
	bool loss = c->ailment == AILMENT_LOSS;
	double value = overall(c->heard, c->ailment);

	c->stretch = false;
	c->value = value;
	if (value >= (loss ? t->loss_critical_pct : t->jitter_critical_ms)) {
		c->severity = SEVERITY_CRITICAL;
	}
	return value >= warning_of(c->direction->desk, c->ailment) &&
	       (!loss || (double)c->heard->lost >= t->loss_packets);
}

/* Where packets wait for one another in a queue, jitter by RFC 3550 comes out small. */
static bool is_bad_by_lateness(struct complaint *c)
{
	const struct thresholds *t = &c->direction->desk->config.thresholds;
	const struct hearing *h = c->heard;

	if (c->ailment != AILMENT_JITTER || !(h->discard_pct >= t->late_warning_pct) ||
	    !(h->jitter_ms * 3 >= t->jitter_warning_ms)) {
		return false;
	}
	c->late = true;
	c->value = h->discard_pct;
	if (h->discard_pct >= t->late_critical_pct) {
		c->severity = SEVERITY_CRITICAL;
	}
	return true;
}

static bool is_bad_in_stretch(struct complaint *c)
{
	const struct thresholds *t = &c->direction->desk->config.thresholds;
	bool loss = c->ailment == AILMENT_LOSS;

	c->stretch = true;
	c->value = in_stretch(c->heard, c->ailment);
	return c->value >= (loss ? t->loss_stretch_pct : t->jitter_critical_ms) &&
	       (!loss || (double)c->heard->worst_loss.lost >= t->loss_packets);
}

static bool is_bad(struct complaint *c, const struct hearing *h)
{
	c->heard = h;
	c->severity = SEVERITY_WARNING;
	return is_bad_all_along(c) || is_bad_by_lateness(c) || is_bad_in_stretch(c);
}

/* --- where? --- */

/* The same packets, seen elsewhere on their way. */
static bool is_copy(const struct hearing *a, const struct hearing *b)
{
	uint64_t less = a->stream->summary->expected, more = b->stream->summary->expected;

	if (less > more) {
		less = b->stream->summary->expected;
		more = a->stream->summary->expected;
	}
	return a->stream->ssrc == b->stream->ssrc && (more - less) * COPY_DIFFERS <= more;
}

/* Routers take from the TTL: of two copies, the one with more is nearer to the sender. */
static int order_by_ttl(const struct hearing *a, const struct hearing *b)
{
	return (int)b->stream->summary->ttl_max - (int)a->stream->summary->ttl_max;
}

static void locate(struct complaint *c)
{
	const struct direction *d = c->direction;
	int bad_rank = d->nearest, good_rank = -1;

	c->place = PLACE_BEFORE;
	c->first_bad = c->heard;
	for (unsigned i = 0; i < d->count; i++) {
		const struct hearing *h = &d->copies[i];

		if (h == c->heard || !is_copy(h, c->heard)) {
			continue;
		}
		if (badness(c, h) * 2 >= c->value) {
			if (d->ranks[i] < bad_rank ||
			    (d->ranks[i] == bad_rank && order_by_ttl(h, c->first_bad) < 0)) {
				bad_rank = d->ranks[i];
				c->first_bad = h;
			}
		} else if (d->ranks[i] > good_rank) {
			good_rank = d->ranks[i];
			c->last_good = h;
		}
	}
	if (c->last_good) {
		int order = order_by_ttl(c->last_good, c->first_bad);

		c->place = PLACE_BETWEEN;
		c->order_known = good_rank < bad_rank || (good_rank == bad_rank && order < 0);
	}
}

/* Bad at one point and good further on: the packets were there, and that capture missed them. */
static bool is_refuted(const struct complaint *c)
{
	const struct direction *d = c->direction;

	for (unsigned i = 0; i < d->count; i++) {
		const struct hearing *h = &d->copies[i];

		if (h != c->heard && is_copy(h, c->heard) && badness(c, h) * 2 < c->value &&
		    d->ranks[i] == d->nearest && order_by_ttl(c->heard, h) < 0) {
			return true;
		}
	}
	return false;
}

/* --- how sure? --- */

/* Loss that the receiver reports over the spans between its reports; NAN where it does not. */
static double far_loss_pct(const struct desk_stream *s)
{
	const struct receiver_reports *r = &s->seldom->far->remote;

	if (r->blocks < RTCP_REPORTS_MIN || r->expected <= 0 ||
	    (uint64_t)r->expected * 2 < s->summary->expected) {
		return (double)NAN;
	}
	return 100.0 * (double)r->lost / (double)r->expected;
}

static double far_jitter_ms(const struct desk_stream *s)
{
	const struct receiver_reports *r = &s->seldom->far->remote;
	double ms;

	if (r->blocks < RTCP_REPORTS_MIN || s->summary->clock_rate_hz == 0) {
		return (double)NAN;
	}
	ms = 1000.0 * (double)r->jitter_sum / r->blocks / s->summary->clock_rate_hz;
	return ms <= far_jitter_max_ms ? ms : (double)NAN;
}

static double far_value(const struct hearing *h, enum ailment ailment)
{
	return ailment == AILMENT_LOSS ? far_loss_pct(h->stream) : far_jitter_ms(h->stream);
}

/* The worst of the other direction at this vantage, over the same kind of time. */
static void other_way_examine(struct complaint *c, const struct direction *other)
{
	c->other_way = (double)NAN;
	for (unsigned i = 0; i < other->count; i++) {
		const struct hearing *h = &other->copies[i];
		double value = badness(c, h);

		if (h->stream->vantage == c->heard->stream->vantage && !isnan(value) &&
		    (isnan(c->other_way) || value > c->other_way)) {
			c->other_way = value;
			c->other_worst = h;
		}
	}
}

/* The receiver's own reports tell the same. */
static bool is_confirmed(const struct complaint *c)
{
	return !c->stretch && !c->late && c->far * 2 >= c->value;
}

/* The other direction is whole at the same point: a capture that fails does so both ways. */
static bool is_whole_other_way(const struct complaint *c)
{
	return c->other_way * WHOLE_SHARE <= c->value;
}

static double confidence_here(const struct complaint *c)
{
	if (c->ailment == AILMENT_JITTER && c->heard->pauses) {
		return 0.45;
	}
	if (c->place == PLACE_BETWEEN && !c->order_known) {
		return 0.45;
	}
	if (is_confirmed(c)) {
		return 0.95;
	}
	return is_whole_other_way(c) ? 0.85 : 0.45;
}

/* --- one direction --- */

/* The capture is known to have lost packets then, or may have: capture-loss says so. */
static bool is_captures_fault(const struct complaint *c)
{
	const struct desk_stream *s = c->heard->stream;
	const struct desk *desk = c->direction->desk;

	return c->ailment == AILMENT_LOSS && !is_confirmed(c) &&
	       (finding_of_call(desk, c->direction->call, "capture-loss") ||
		   capture_lost(desk, s->capture, s->first_ns, s->summary->last_time_ns));
}

static void examine_here(struct complaint *c, const struct direction *other)
{
	locate(c);
	c->far = far_value(c->heard, c->ailment);
	other_way_examine(c, other);
	if (is_refuted(c) || (c->ailment == AILMENT_LOSS && !c->stretch && c->far * 3 < c->value)) {
		return; /* the listener had them: it is the capture that lost them */
	}
	if (is_captures_fault(c)) {
		return;
	}
	if (c->place == PLACE_BEFORE && !isnan(c->other_way) && !is_confirmed(c) &&
	    !is_whole_other_way(c)) {
		c->place = PLACE_BOTH_WAYS;
	}
	complaint_report(c, confidence_here(c));
}

/* Good here, and the listener's reports tell otherwise. */
static void examine_beyond(struct complaint *c, const struct hearing *h)
{
	double here = overall(h, c->ailment), warning = warning_of(c->direction->desk, c->ailment);
	const struct thresholds *t = &c->direction->desk->config.thresholds;
	bool loss = c->ailment == AILMENT_LOSS;
	double critical = loss ? t->loss_critical_pct : t->jitter_critical_ms;

	c->far = far_value(h, c->ailment);
	c->heard = c->first_bad = h;
	c->place = PLACE_AFTER;
	c->stretch = false;
	c->other_way = (double)NAN;
	c->value = c->far;
	if (!(c->far - here >= warning) || (loss && (double)h->stream->seldom->far->remote.lost <
							t->loss_packets + (double)h->lost)) {
		return;
	}
	/* What is uneven here already, at times or a little, may be all that the receiver sees. */
	if (!loss && (h->pauses || here * 3 > c->far || h->discard_pct >= 2 ||
			 in_stretch(h, c->ailment) > warning)) {
		return;
	}
	c->severity = c->far >= critical ? SEVERITY_CRITICAL : SEVERITY_WARNING;
	complaint_report(c, loss ? 0.85 : 0.45);
}

/* Is it the worst of the copies of its stream that are nearest to the listener? */
static bool is_heard(const struct direction *d, unsigned index, enum ailment ailment)
{
	double value = overall(&d->copies[index], ailment);

	if (d->ranks[index] != d->nearest) {
		return false;
	}
	for (unsigned i = 0; i < d->count; i++) {
		double other = overall(&d->copies[i], ailment);

		if (i != index && d->ranks[i] == d->nearest &&
		    is_copy(&d->copies[i], &d->copies[index]) &&
		    (other > value || (!(other < value) && i < index))) {
			return false;
		}
	}
	return true;
}

static void examine(const struct direction *d, const struct direction *other, enum ailment ailment)
{
	for (unsigned i = 0; i < d->count; i++) {
		struct complaint c = {.ailment = ailment, .direction = d};

		if (!is_heard(d, i, ailment)) {
			continue;
		}
		if (is_bad(&c, &d->copies[i])) {
			examine_here(&c, other);
		} else {
			c = (struct complaint){.ailment = ailment, .direction = d};
			examine_beyond(&c, &d->copies[i]);
		}
	}
}

void detect_quality(struct desk *desk, struct call *call)
{
	struct direction directions[PARTIES];

	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		(void)direction_collect(desk, call, p, &directions[p]);
	}
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		examine(&directions[p], &directions[party_other(p)], AILMENT_LOSS);
		examine(&directions[p], &directions[party_other(p)], AILMENT_JITTER);
	}
}
