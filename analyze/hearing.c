/* SPDX-License-Identifier: Apache-2.0 */
#include "hearing.h"

#include <math.h>
#include <stdio.h>

#include "nearness.h"

enum { STRETCH_SHARE = 2 }; /* a bin counts if it holds half of the packets it has time for */

/* Packets that fit into the time, generously: clocks differ, and the first one needs none. */
static uint64_t packets_within(const struct desk_stream *s, int64_t time_ns)
{
	const struct stream_figures *m = s->summary;
	int64_t packet_ns;

	if (m->timestamp_step == 0 || m->clock_rate_hz == 0) {
		return UINT64_MAX;
	}
	packet_ns = MEDIA_SECOND_NS * m->timestamp_step / m->clock_rate_hz;
	return packet_ns > 0 ? (uint64_t)(time_ns / packet_ns) + 2 : UINT64_MAX;
}

/*
 * Of so many lost beside so many that came, those that there was time to send. More came than that:
 * then the packet time is no guide.
 */
static uint64_t lost_within(uint64_t lost, uint64_t came, uint64_t room)
{
	if (came > room) {
		return lost;
	}
	return lost < room - came ? lost : room - came;
}

static uint64_t missing_in_silences(const struct desk_stream *s, int64_t from_ns, int64_t to_ns)
{
	uint64_t missing = 0;

	for (unsigned i = 0; i < s->seldom->gap_count; i++) {
		if (s->seldom->gaps[i].to_ns >= from_ns && s->seldom->gaps[i].to_ns < to_ns) {
			missing += s->seldom->gaps[i].missing;
		}
	}
	return missing;
}

/* Lost a few at a time: so many at least, where not every silence was kept. */
static uint64_t lost_in_short_runs(const struct stream_figures *m)
{
	uint64_t lost = 0;

	for (unsigned i = 0; i + 1 < LOSS_RUNS; i++) {
		lost += (uint64_t)m->rare->losses.run_lengths[i] * (i + 1);
	}
	return lost;
}

static void loss_take(const struct desk_stream *s, struct hearing *out)
{
	const struct stream_figures *m = s->summary;
	uint64_t silent = missing_in_silences(s, INT64_MIN, INT64_MAX);
	uint64_t came = m->expected - m->lost;
	uint64_t lost = m->lost > silent ? m->lost - silent : 0;

	if (s->seldom->gap_count == STREAM_GAPS_MAX && lost > lost_in_short_runs(m)) {
		lost = lost_in_short_runs(m);
	}
	out->lost = lost_within(lost, came, packets_within(s, m->last_time_ns - s->first_ns));
	out->expected = came + out->lost;
	out->loss_pct = 100.0 * (double)out->lost / (double)out->expected;
}

/*
 * Fewer packets than the time had room for, by a twentieth: silence suppression, or a sender that
 * stands still now and then.
 */
static bool has_pauses(const struct desk_stream *s)
{
	const struct stream_figures *m = s->summary;
	uint64_t room = packets_within(s, m->last_time_ns - s->first_ns);

	return room != UINT64_MAX && m->expected * 20 < room * 19;
}

static struct stretch stretch_of(const struct desk_stream *s, const struct interval_bin *bin,
    int64_t from_ns, int64_t to_ns, bool timed)
{
	uint64_t lost = bin->lost > 0 ? (uint64_t)bin->lost : 0;
	uint64_t silent = missing_in_silences(s, from_ns, to_ns);
	uint64_t room = packets_within(s, to_ns - from_ns);
	struct stretch out = {
	    .from_ns = from_ns > s->first_ns ? from_ns : s->first_ns,
	    .to_ns = to_ns < s->summary->last_time_ns ? to_ns : s->summary->last_time_ns,
	    .first_frame = bin->first_frame,
	    .packets = bin->packets,
	    .lost = lost_within(lost > silent ? lost - silent : 0, bin->packets, room),
	    .jitter_ms = timed && bin->jitter_count
			     ? (double)bin->jitter_sum_ns / bin->jitter_count / 1e6
			     : (double)NAN,
	};

	out.set = bin->first_frame && out.packets + out.lost > 0 &&
		  (room == UINT64_MAX || (out.packets + out.lost) * STRETCH_SHARE >= room);
	out.loss_pct = out.set ? 100.0 * (double)out.lost / (double)(out.packets + out.lost) : 0;
	return out;
}

static void stretches_take(const struct desk_stream *s, bool timed, struct hearing *out)
{
	const struct intervals *intervals = s->intervals;
	struct interval_bin bins[INTERVAL_BINS];
	int64_t length_ns;
	unsigned count = intervals_read(intervals, bins, &length_ns);
	int64_t begin_ns = intervals_begin_ns(intervals);

	for (unsigned i = 0; i < count; i++) {
		int64_t from_ns = begin_ns + (int64_t)i * length_ns;
		struct stretch stretch =
		    stretch_of(s, &bins[i], from_ns, from_ns + length_ns, timed);

		if (!stretch.set) {
			continue;
		}
		if (!out->worst_loss.set || stretch.loss_pct > out->worst_loss.loss_pct) {
			out->worst_loss = stretch;
		}
		if (!isnan(stretch.jitter_ms) &&
		    (!out->worst_jitter.set || stretch.jitter_ms > out->worst_jitter.jitter_ms)) {
			out->worst_jitter = stretch;
		}
	}
}

/*
 * Jitter that is nearly the same all along is how the sender paces its packets (two at once, say),
 * or a clock that was guessed wrong: networks are not that regular.
 */
static bool is_pace(const struct stream_figures *m)
{
	return m->jitter_count > 0 &&
	       m->jitter_sum_ns / m->jitter_count * 10 >= m->jitter_max_ns * 9;
}

bool hearing_take(const struct desk *desk, const struct desk_stream *s, struct hearing *out)
{
	const struct stream_figures *m = s->summary;
	bool timed;

	if (!s->measured || s->udptl || s->kind != SDP_AUDIO || m->expected <= m->lost ||
	    (double)(m->expected - m->lost) < desk->config.thresholds.quality_packets ||
	    desk->untimed[s->capture]) {
		return false;
	}
	timed = quality_delay_is_measured(desk, s);
	*out = (struct hearing){
	    .stream = s,
	    .jitter_ms = timed ? (double)m->jitter_sum_ns / m->jitter_count / 1e6 : (double)NAN,
	    .pauses = has_pauses(s),
	    .discard_pct =
		timed ? 100.0 * m->rare->playout.fixed_discarded / (double)m->packets : (double)NAN,
	    .adaptive_discard_pct =
		timed ? 100.0 * m->rare->playout.adaptive_discarded / (double)m->packets
		      : (double)NAN,
	};
	loss_take(s, out);
	stretches_take(s, timed, out);
	if (is_pace(m)) {
		out->jitter_ms = out->discard_pct = (double)NAN;
		out->worst_jitter.set = false;
	}
	return true;
}

/* --- one direction of a call --- */

bool direction_collect(
    struct desk *desk, struct call *call, enum party listener, struct direction *out)
{
	out->desk = desk;
	out->call = call;
	out->listener = listener;
	out->count = 0;
	out->nearest = 0;
	for (uint32_t n = call->first_stream; n != POOL_NONE && out->count < DIRECTION_COPIES_MAX;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (s->toward == listener && hearing_take(desk, s, &out->copies[out->count])) {
			int rank = nearness_rank(desk, call, s->vantage, listener);

			out->ranks[out->count++] = rank;
			out->nearest = rank > out->nearest ? rank : out->nearest;
		}
	}
	return out->count > 0;
}

const char *listener_text(
    const struct direction *d, const struct desk_stream *s, char out[LISTENER_TEXT_MAX])
{
	const char *uri = call_uri(d->call, d->listener);
	char address[ADDRESS_TEXT_MAX];

	address_format(&s->dst.address, address);
	if (!uri || !*uri) {
		(void)snprintf(out, LISTENER_TEXT_MAX, "%s", address);
	} else {
		(void)snprintf(out, LISTENER_TEXT_MAX, "the %s (%.200s, %s)",
		    d->listener == PARTY_CALLER ? "caller" : "callee", uri, address);
	}
	return out;
}
