/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog.h"
#include "flow.h"
#include "one_way.h"
#include "talk_time.h"

static const int64_t packet_time_guess_ns = MEDIA_SECOND_NS / 50;
static const uint32_t sent_unseen_max = 50; /* packets: between an SR and the end of a stream */

/* Do the sequence numbers skip about as many packets as the silence had room for? */
static bool was_loss(const struct desk_stream *s, const struct silence *silence)
{
	const struct stream_figures *m = s->summary;
	int64_t packet_ns = m->timestamp_step && m->clock_rate_hz
				? MEDIA_SECOND_NS * m->timestamp_step / m->clock_rate_hz
				: packet_time_guess_ns;

	return (int64_t)silence->missing * packet_ns * 2 >= silence->to_ns - silence->from_ns;
}

const struct silence *one_way_silence(const struct desk *desk, const struct call *call,
    const struct view *v, enum party listener, const struct desk_stream **of)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->vantage != v->o->vantage || s->toward != listener) {
			continue;
		}
		for (unsigned i = 0; i < s->seldom->gap_count; i++) {
			const struct silence *gap = &s->seldom->gaps[i];

			if (gap->from_ns <= v->alone.from_ns && gap->to_ns >= v->alone.to_ns) {
				*of = s;
				return gap;
			}
		}
	}
	return NULL;
}

/* Were packets lost over that time, or did their sender pause? */
static bool was_lost(
    const struct desk *desk, const struct call *call, const struct view *v, enum party listener)
{
	const struct desk_stream *s;
	const struct silence *silence = one_way_silence(desk, call, v, listener, &s);

	return silence && was_loss(s, silence);
}

bool one_way_sender_reports(const struct view *v, enum party sender)
{
	const struct sender_report *r = dialog_reports(v->o, sender);

	return r->reports > 0 && r->last.time_ns >= v->alone.from_ns;
}

/* RTCP of the one who should be heard shows that he himself sends nothing. */
static bool sender_is_silent(const struct view *v, enum party sender)
{
	const struct sender_report *r = dialog_reports(v->o, sender);

	if (!one_way_sender_reports(v, sender)) {
		return false;
	}
	return !r->has_sent || r->last_sent <= v->to_listener.packets + sent_unseen_max;
}

/*
 * Media comes to where the listener's own goes out, and no description explains it: a server that
 * sends from another address than it names. Or from just where the listener's own goes to, though
 * it is counted with another call: one call under two names, for a router changes Call-IDs.
 */
static bool is_heard_from_elsewhere(const struct desk *desk, const struct view *v)
{
	const struct desk_stream *own = v->from_listener.last;
	uint32_t number =
	    own->place_from != POOL_NONE ? place_at(desk, own->place_from)->newest_to : POOL_NONE;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *s = stream_at(desk, number);

		bool of_another_call = s->call != own->call && endpoint_equal(&s->src, &own->dst);

		if ((s->call == POOL_NONE || of_another_call) && s->vantage == v->o->vantage &&
		    s->first_ns < v->alone.to_ns &&
		    (!s->quiet || s->summary->last_time_ns > v->alone.from_ns)) {
			return true;
		}
		number = s->older_to;
	}
	return false;
}

/*
 * What counts as one party's audio goes to a place and comes from it as well: both directions,
 * told apart by descriptions that name somebody else's port.
 */
static bool is_both_directions(
    const struct desk *desk, const struct call *call, const struct view *v, enum party listener)
{
	const struct desk_stream *own = v->from_listener.first;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->vantage == v->o->vantage && s->toward != listener &&
		    endpoint_equal(&s->src, &own->dst) &&
		    address_equal(&s->dst.address, &own->src.address)) {
			return true;
		}
	}
	return false;
}

static enum absence absence_of(
    const struct desk *desk, const struct call *call, const struct view *v, enum party listener)
{
	bool before = activity_before(&v->to_listener, v->alone.from_ns);
	bool after = activity_after(&v->to_listener, v->alone.to_ns);

	if (sender_is_silent(v, party_other(listener)) || v->to_listener.overflow ||
	    is_heard_from_elsewhere(desk, v) || is_both_directions(desk, call, v, listener)) {
		return ABSENCE_NONE;
	}
	if (!before) {
		return after ? ABSENCE_NONE : ABSENCE_WHOLE; /* late is not one-way */
	}
	if (after) {
		return was_lost(desk, call, v, listener) ? ABSENCE_INTERRUPTED : ABSENCE_NONE;
	}
	return activity_suppresses_silence(&v->to_listener) ? ABSENCE_NONE : ABSENCE_STOPPED;
}

int64_t one_way_agreed_ns(const struct view *v)
{
	const struct activity nothing = {0};
	unsigned count;
	int64_t longest_ns = 0;

	(void)offer_answer_agreements(v->o, &count);
	for (unsigned i = 0; i < count; i++) {
		struct interval window, flows;

		if (talk_window(v->o, i, v->line, &window) &&
		    activity_alone(&v->to_listener, &nothing, &window, &flows) &&
		    flows.to_ns - flows.from_ns > longest_ns) {
			longest_ns = flows.to_ns - flows.from_ns;
		}
	}
	return longest_ns;
}

void one_way_view_examine(
    const struct desk *desk, const struct call *call, struct view *v, enum party listener)
{
	unsigned count;
	const struct agreement *agreements = offer_answer_agreements(v->o, &count);

	for (unsigned i = 0; i < count && v->absence == ABSENCE_NONE; i++) {
		struct interval window;

		if (talk_window(v->o, i, v->line, &window) &&
		    activity_alone(&v->from_listener, &v->to_listener, &window, &v->alone) &&
		    v->alone.to_ns - v->alone.from_ns >=
			threshold_ns(desk->config.thresholds.one_way_s)) {
			v->agreement = &agreements[i];
			v->absence = absence_of(desk, call, v, listener);
		}
	}
}

bool one_way_is_held_back(const struct desk *desk, const struct view *v)
{
	struct interval held;

	return activity_alone(&v->held_back, &v->to_listener, &v->alone, &held) &&
	       held.to_ns - held.from_ns >= threshold_ns(desk->config.thresholds.one_way_s);
}
