/* SPDX-License-Identifier: Apache-2.0 */
#include "one_way.h"
#include "talk_time.h"
#include "unreachable.h"

static const int64_t empty_reports_ns = 5 * MEDIA_SECOND_NS;
static const uint32_t heard_min = 25; /* packets: half a second, mostly */

/* --- lost beyond the capture point --- */

bool one_way_stands_still(const struct desk *desk, const struct receiver_reports *r)
{
	return r->blocks > 1 && r->last.time_ns - r->still.time_ns >=
				    threshold_ns(desk->config.thresholds.one_way_s);
}

/* The sender paused at a time of these reports: then their counter had to stand. */
static bool paused_since(const struct desk_stream *s, int64_t since_ns)
{
	for (unsigned i = 0; i < s->seldom->gap_count; i++) {
		if (s->seldom->gaps[i].to_ns > since_ns &&
		    s->seldom->gaps[i].from_ns < s->seldom->far->remote.last.time_ns) {
			return true;
		}
	}
	return s->seldom->gap_count == STREAM_GAPS_MAX;
}

bool one_way_nothing_arrives(
    const struct desk *desk, const struct desk_stream *s, double *confidence)
{
	int64_t one_way_ns = threshold_ns(desk->config.thresholds.one_way_s);
	const struct receiver_reports *r = &s->seldom->far->remote;

	if (!s->measured || r->last.time_ns > s->summary->last_time_ns + MEDIA_SECOND_NS) {
		return false;
	}
	*confidence = r->blocks ? 0.85 : 0.6;
	if (r->blocks) {
		return one_way_stands_still(desk, r) && !paused_since(s, r->still.time_ns);
	}
	return r->empty > 1 && r->last.time_ns - r->first.time_ns >= empty_reports_ns &&
	       r->first.time_ns - s->first_ns >= one_way_ns;
}

/* Which of its packets was the last to arrive, by the receiver's own reports; 0: none did. */
static uint32_t last_arrived(const struct desk_stream *s)
{
	uint16_t arrived =
	    (uint16_t)(s->seldom->far->remote.last_highest - s->opening.sequence + 1);

	return arrived <= s->summary->packets ? arrived : 0;
}

static void report_beyond(const struct inquiry *q, const struct desk_stream *s, double confidence)
{
	uint32_t arrived = s->seldom->far->remote.blocks ? last_arrived(s) : 0;
	bool later = arrived >= heard_min;
	const struct unheard unheard = {later ? ABSENCE_STOPPED : ABSENCE_WHOLE, q->view->o,
	    {s->seldom->far->remote.still.time_ns, s->seldom->far->remote.last.time_ns}};
	struct finding *f = one_way_open(
	    q, arrived ? &one_way_lost_later : &one_way_lost_beyond, &s->dst.address, &unheard);
	struct mark stream = stream_mark(s);

	if (!f) {
		return;
	}
	finding_rate(f, confidence, SEVERITY_CRITICAL);
	finding_stream(f, s);
	finding_time(f,
	    s->seldom->far->remote.blocks ? s->seldom->far->remote.still.time_ns
					  : s->seldom->far->remote.first.time_ns,
	    s->seldom->far->remote.last.time_ns);
	finding_evidence(f, &stream, "audio toward the %s passes here: SSRC 0x%08x, %u packets",
	    party_name(q->listener), s->ssrc, s->summary->packets);
	if (s->seldom->far->remote.blocks) {
		finding_evidence(f, &s->seldom->far->remote.still,
		    arrived
			? "its RTCP reports %u as the highest sequence number: packet %u of them"
			: "its RTCP reports %u as the highest sequence number",
		    s->seldom->far->remote.last_highest, arrived);
		finding_evidence(f, &s->seldom->far->remote.last,
		    "%.1f s later it still reports %u: nothing more arrived",
		    (double)(s->seldom->far->remote.last.time_ns -
			     s->seldom->far->remote.still.time_ns) /
			1e9,
		    s->seldom->far->remote.last_highest);
		finding_against(f,
		    "a device whose reports never move on, though it receives, looks "
		    "the same");
	} else {
		finding_evidence(f, &s->seldom->far->remote.last,
		    "its %u RTCP reports mention no stream received", s->seldom->far->remote.empty);
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
		if (s != refused && s->ssrc == refused->ssrc &&
		    (endpoint_equal(&s->src, &refused->src) ||
			endpoint_equal(&s->dst, &refused->dst))) {
			continue; /* the same packets on the other side of a NAT */
		}
		if (s->seldom->far->remote.blocks > 0 &&
		    !one_way_stands_still(q->desk, &s->seldom->far->remote)) {
			return true;
		}
		if (s->vantage == refused->vantage &&
		    !(endpoint_equal(&s->dst, &refused->dst) &&
			endpoint_equal(&s->src, &refused->src)) &&
		    (!s->measured ||
			s->summary->last_time_ns > u->first.time_ns + MEDIA_SECOND_NS)) {
			return true;
		}
	}
	return false;
}

static void report_refused(
    const struct inquiry *q, const struct desk_stream *s, const struct unreachable *u)
{
	bool later = u->first.time_ns > s->first_ns + MEDIA_SECOND_NS &&
		     u->first.time_ns > talk_established_ns(q->view->o) + MEDIA_SECOND_NS;
	const struct unheard unheard = {later ? ABSENCE_STOPPED : ABSENCE_WHOLE, q->view->o,
	    {u->first.time_ns, u->last.time_ns}};
	struct finding *f = one_way_open(q, &one_way_icmp, &s->dst.address, &unheard);
	struct mark stream = stream_mark(s);

	if (!f) {
		return;
	}
	finding_rate(f, 0.85, SEVERITY_CRITICAL);
	finding_stream(f, s);
	finding_time(f, u->first.time_ns, u->last.time_ns);
	finding_evidence(f, &stream, "audio toward the %s passes here: SSRC 0x%08x, %u packets",
	    party_name(q->listener), s->ssrc, s->summary->packets);
	one_way_tell_refusal(f, u);
	if (s->seldom->far->remote.blocks == 0) {
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
	if (one_way_nothing_arrives(q->desk, s, &confidence)) {
		report_beyond(q, s, confidence);
		return true;
	}
	return false;
}

void one_way_examine_beyond(const struct inquiry *q)
{
	if (!talk_always(q->view->o, q->line) || q->view->from_listener.count == 0) {
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
