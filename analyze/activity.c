/* SPDX-License-Identifier: Apache-2.0 */
#include "activity.h"

#include "payload_type.h"

enum { TALKSPURTS_CONTINUOUS = 3 };

/* Insert in order, joining what touches. */
static void interval_add(struct activity *a, int64_t from_ns, int64_t to_ns)
{
	unsigned at = 0, end;

	while (at < a->count && a->intervals[at].to_ns + MEDIA_GAP_NS <= from_ns) {
		at++;
	}
	end = at;
	while (end < a->count && a->intervals[end].from_ns < to_ns + MEDIA_GAP_NS) {
		from_ns = a->intervals[end].from_ns < from_ns ? a->intervals[end].from_ns : from_ns;
		to_ns = a->intervals[end].to_ns > to_ns ? a->intervals[end].to_ns : to_ns;
		end++;
	}
	if (end == at) {
		if (a->count == ACTIVITY_INTERVALS_MAX) {
			a->overflow = true;
			return;
		}
		memmove(&a->intervals[at + 1], &a->intervals[at],
		    sizeof(a->intervals[0]) * (a->count - at));
		a->count++;
	} else {
		memmove(&a->intervals[at + 1], &a->intervals[end],
		    sizeof(a->intervals[0]) * (a->count - end));
		a->count -= end - at - 1;
	}
	a->intervals[at] = (struct interval){from_ns, to_ns};
}

static bool has_comfort_noise(const struct desk_stream *s)
{
	for (unsigned i = 0; i < s->summary->payload_count; i++) {
		uint8_t type = figures_payloads(s->summary)[i].value;

		if (type < PAYLOAD_TYPES && payload_types[type].role == ROLE_COMFORT_NOISE) {
			return true;
		}
	}
	return false;
}

static void stream_add(const struct desk *desk, struct activity *a, const struct desk_stream *s)
{
	int64_t from_ns = s->first_ns;
	int64_t last_ns = s->measured && s->quiet ? s->summary->last_time_ns : desk->now_ns;

	for (unsigned i = 0; i < s->seldom->gap_count; i++) {
		interval_add(a, from_ns, s->seldom->gaps[i].from_ns);
		from_ns = s->seldom->gaps[i].to_ns;
	}
	if (s->seldom->gap_count == STREAM_GAPS_MAX) {
		a->overflow = true;
	}
	interval_add(a, from_ns, last_ns > from_ns ? last_ns : from_ns);
	if (!a->first || s->first_ns < a->first->first_ns) {
		a->first = s;
	}
	if (!a->last || s->first_ns > a->last->first_ns) {
		a->last = s;
	}
	a->packets += s->measured ? s->summary->packets : 1;
	a->talkspurts += s->summary->markers;
	a->comfort_noise |= has_comfort_noise(s);
}

void activity_collect(const struct desk *desk, const struct call *call, uint16_t vantage,
    unsigned line, enum party toward, struct activity *out)
{
	*out = (struct activity){0};
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->vantage == vantage && s->toward == toward && s->kind == SDP_AUDIO &&
		    s->line == line) {
			stream_add(desk, out, s);
		}
	}
}

void activity_part(const struct desk *desk, const struct call *call,
    const struct crossings *crossings, unsigned line, enum party toward, struct activity *arrived,
    struct activity *ahead)
{
	*arrived = *ahead = (struct activity){0};
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->vantage == crossings->vantage && s->toward == toward &&
		    s->kind == SDP_AUDIO && s->line == line) {
			stream_add(
			    desk, crossing_is_ahead(desk, call, crossings, s) ? ahead : arrived, s);
		}
	}
}

/* Keep the longer one. */
static void longer(struct interval *best, int64_t from_ns, int64_t to_ns)
{
	if (to_ns - from_ns > best->to_ns - best->from_ns) {
		*best = (struct interval){from_ns, to_ns};
	}
}

/* What of [from, to) lies in one interval of `present`. */
static void overlap(
    const struct activity *present, int64_t from_ns, int64_t to_ns, struct interval *best)
{
	for (unsigned i = 0; i < present->count; i++) {
		const struct interval *p = &present->intervals[i];

		longer(best, p->from_ns > from_ns ? p->from_ns : from_ns,
		    p->to_ns < to_ns ? p->to_ns : to_ns);
	}
}

bool activity_alone(const struct activity *present, const struct activity *absent,
    const struct interval *window, struct interval *out)
{
	int64_t from_ns = window->from_ns;

	*out = (struct interval){0, 0};
	for (unsigned i = 0; i < absent->count && from_ns < window->to_ns; i++) {
		const struct interval *a = &absent->intervals[i];

		if (a->to_ns <= from_ns) {
			continue;
		}
		if (a->from_ns > from_ns) {
			overlap(present, from_ns,
			    a->from_ns < window->to_ns ? a->from_ns : window->to_ns, out);
		}
		from_ns = a->to_ns;
	}
	if (from_ns < window->to_ns) {
		overlap(present, from_ns, window->to_ns, out);
	}
	return out->to_ns > out->from_ns;
}

bool activity_suppresses_silence(const struct activity *activity)
{
	return activity->comfort_noise || activity->talkspurts > TALKSPURTS_CONTINUOUS;
}

bool activity_before(const struct activity *activity, int64_t time_ns)
{
	return activity->count > 0 && activity->intervals[0].from_ns < time_ns;
}

bool activity_after(const struct activity *activity, int64_t time_ns)
{
	return activity->count > 0 && activity->intervals[activity->count - 1].to_ns > time_ns;
}
