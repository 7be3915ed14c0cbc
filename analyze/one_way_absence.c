/* SPDX-License-Identifier: Apache-2.0 */
#include "one_way.h"

enum { TALKSPURTS_CONTINUOUS = 3 }; /* more marker bits: the sender suppresses silence */

static const int64_t packet_time_guess_ns = MEDIA_SECOND_NS / 50;
static const uint32_t sent_unseen_max = 50; /* packets: between an SR and the end of a stream */

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

void one_way_view_examine(
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
