/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream in time: its clock, delay variation, and intervals of five seconds.
 */
#include <string.h>

#include "meter_state.h"
#include "payload_type.h"

static const int64_t leap_min_ns = 200000000;

static uint32_t ns_per_tick_x256(uint32_t clock_rate_hz)
{
	return clock_rate_hz ? (uint32_t)(256ULL * MEDIA_SECOND_NS / clock_rate_hz) : 0;
}

/* --- the clock --- */

static void trial_end(struct meter *m, struct meter_cold *cold)
{
	if (cold->trial != POOL_NONE) {
		pool_give(&m->trials, cold->trial);
		cold->trial = POOL_NONE;
	}
}

static void clock_set(struct meter_hot *s, struct meter_cold *cold, uint32_t clock_rate_hz)
{
	s->ns_per_tick_x256 = ns_per_tick_x256(clock_rate_hz);
	if (cold->rare) {
		cold->rare->losses.packets_per_second = 0; /* until the step is known */
	}
}

void meter_clock_begin(struct meter *m, uint32_t number, const struct media_packet *p)
{
	struct meter_hot *s = meter_hot_at(m, number);
	struct meter_cold *cold = meter_cold_at(m, number);
	const struct payload_type *type = &payload_types[p->payload_type];

	trial_end(m, cold);
	s->timestamp_step = cold->step_candidate = 0;
	if (type->clock_rate_hz == 0 || type->clock_rate_hz != meter_clock_rate(s)) {
		/* Timestamps of the two cannot be compared. */
		clock_set(s, cold, type->clock_rate_hz);
		meter_time_break(s, cold);
		s->last_arrival_ns = p->time_ns;
		s->last_timestamp = p->timestamp;
	}
	if (type->clock_rate_hz == 0) {
		cold->trial = pool_take(&m->trials);
		if (cold->trial == POOL_NONE) {
			m->losses.trials_refused++;
		}
	}
}

void meter_clock_try(struct meter *m, uint32_t number, const struct media_packet *p)
{
	const struct meter_hot *s = meter_hot_at(m, number);
	const struct meter_cold *cold = meter_cold_at(m, number);
	struct clock_trial *trial;

	if (cold->trial == POOL_NONE) {
		return;
	}
	trial = pool_at(&m->trials, cold->trial);
	trial->samples[trial->count++] = (struct clock_sample){
	    .time_ns = p->time_ns,
	    .timestamp = p->timestamp,
	    .number = s->highest - (uint16_t)(s->highest - p->sequence),
	};
	if (trial->count == CLOCK_SAMPLES) {
		meter_clock_settle(m, number);
	}
}

void meter_clock_settle(struct meter *m, uint32_t number)
{
	struct meter_hot *s = meter_hot_at(m, number);
	struct meter_cold *cold = meter_cold_at(m, number);
	const struct clock_trial *trial;
	uint32_t clock_rate_hz;

	if (cold->trial == POOL_NONE) {
		return;
	}
	trial = pool_at(&m->trials, cold->trial);
	clock_rate_hz = clock_infer(trial);
	if (clock_rate_hz) {
		clock_set(s, cold, clock_rate_hz);
		s->last_arrival_ns = trial->samples[0].time_ns;
		s->last_timestamp = trial->samples[0].timestamp;
		for (uint32_t i = 1; i < trial->count; i++) {
			const struct clock_sample *sample = &trial->samples[i];

			meter_jitter_step(m, s, sample->time_ns, sample->timestamp, sample->number);
		}
	}
	trial_end(m, cold);
}

void meter_time_break(struct meter_hot *s, struct meter_cold *cold)
{
	s->variation_ns = 0;
	s->variation_low = INT32_MAX;
	playout_begin(&cold->playout, meter_late(cold));
}

/*
 * Did the sender set its timestamps anew (after hold, or another source behind a gateway)? Then
 * the transit changed by what the timestamp leapt, and a receiver would follow it. A packet
 * held up on its way has the timestamp that follows from the one before.
 */
static bool is_senders_leap(
    const struct meter_hot *s, uint32_t extended, int64_t change_ns, int32_t ticks)
{
	int64_t leap = (((int64_t)ticks - meter_step(s)) * s->ns_per_tick_x256) >> 8;
	int64_t rest = change_ns + leap;

	leap = leap < 0 ? -leap : leap;
	rest = rest < 0 ? -rest : rest;
	return extended == s->highest && leap >= leap_min_ns && rest < leap / 2;
}

void meter_variation(struct meter *m, struct meter_hot *s, struct meter_cold *cold,
    uint32_t extended, int64_t change_ns, int32_t ticks)
{
	struct playout_late *late;

	if (is_senders_leap(s, extended, change_ns, ticks)) {
		meter_time_break(s, cold);
		return;
	}
	if (s->variation_ns < 0) {
		playout_early(&cold->playout, &s->variation_ns);
		s->variation_low = 0; /* nothing of this interval was faster */
		return;
	}
	late = &meter_rare_of(m, s, cold)->late;
	if (playout_take(late, s->variation_ns)) {
		meter_discard(s, cold, extended);
		if (playout_discard(
			&cold->playout, late, extended, s->last_arrival_ns, &s->variation_ns)) {
			s->variation_low = INT32_MAX; /* what came before is behind it */
		}
	}
}

/* --- intervals --- */

void meter_interval_turn(struct meter *m, int64_t time_ns)
{
	int64_t behind = time_ns % MEDIA_INTERVAL_NS;

	m->interval_begin_ns = time_ns - behind - (behind < 0 ? MEDIA_INTERVAL_NS : 0);
	m->interval_end_ns = m->interval_begin_ns < INT64_MAX - MEDIA_INTERVAL_NS
				 ? m->interval_begin_ns + MEDIA_INTERVAL_NS
				 : INT64_MAX;
	m->interval = (int32_t)(m->interval_begin_ns / MEDIA_INTERVAL_NS);
}

struct media_interval meter_interval_so_far(
    const struct meter_hot *s, const struct meter_cold *cold)
{
	const struct meter_interval *begun = &cold->interval;
	const struct meter_rare *rare = cold->rare;

	return (struct media_interval){
	    .begin_ns = begun->number * MEDIA_INTERVAL_NS,
	    .lost = (int32_t)((uint32_t)meter_lost(s, cold) - begun->lost),
	    .jitter_sum_ns = (s->jitter_x16_sum - begun->jitter_x16_sum) / 16,
	    .jitter_count = s->jitter_count - begun->jitter_count,
	    .packets = s->packets - begun->packets,
	    .discarded = rare ? rare->late.figures.fixed_discarded - rare->discarded_before : 0,
	    .first_frame = begun->first_frame,
	};
}

static void interval_begin(
    const struct meter_hot *s, struct meter_cold *cold, int32_t number, uint32_t frame)
{
	cold->interval = (struct meter_interval){
	    .jitter_x16_sum = s->jitter_x16_sum,
	    .number = number,
	    .lost = (uint32_t)meter_lost(s, cold),
	    .jitter_count = s->jitter_count,
	    .packets = s->packets,
	    .first_frame = frame,
	};
	if (cold->rare) {
		cold->rare->discarded_before = cold->rare->late.figures.fixed_discarded;
	}
}

static void playout_turn(struct meter_hot *s, struct meter_cold *cold)
{
	int64_t at_ns = cold->interval.number * MEDIA_INTERVAL_NS - meter_origin_ns(cold);
	double at_s = (double)at_ns / (double)MEDIA_SECOND_NS;

	if (s->variation_low != INT32_MAX) {
		playout_interval(&cold->playout, meter_late(cold), at_s,
		    (int64_t)s->variation_low << 10, &s->variation_ns);
		s->variation_low = INT32_MAX;
	}
}

void meter_interval_close(
    struct meter *m, uint32_t number, const struct media_packet *p, const struct record_sink *desk)
{
	struct meter_hot *s = meter_hot_at(m, number);
	struct meter_cold *cold = meter_cold_at(m, number);
	struct media_interval_record *record;

	if (cold->interval.number >= m->interval) {
		return;
	}
	record = desk->reserve(desk->context, sizeof(*record));
	if (record) {
		*record = (struct media_interval_record){
		    .record = {p->order, 2, sizeof(*record), RECORD_MEDIA_INTERVAL},
		    .stream = media_stream(m->source, number),
		    .interval = meter_interval_so_far(s, cold),
		};
	} else {
		m->losses.records_refused++;
	}
	playout_turn(s, cold);
	interval_begin(s, cold, m->interval, p->frame);
}
