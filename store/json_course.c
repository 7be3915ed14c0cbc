/* SPDX-License-Identifier: Apache-2.0 */
#include "json_course.h"

#include <math.h>
#include <stdio.h>

#include "json_put.h"

static void burst_put(json_t *out, const struct tp_burst *b)
{
	json_t *burst = json_object();

	json_put_count(burst, "bursts", b->bursts);
	json_put_real(burst, "burst_density_pct", b->burst_density_pct);
	json_put_real(burst, "burst_duration_ms", b->burst_duration_ms);
	json_put_real(burst, "gap_density_pct", b->gap_density_pct);
	json_put_real(burst, "gap_duration_ms", b->gap_duration_ms);
	json_put_real(burst, "burst_ratio", b->burst_ratio);
	json_object_set_new(out, "burst", burst);
}

static void loss_runs_put(json_t *out, const struct tp_stream *s)
{
	json_t *runs = json_array();

	for (int i = 0; i < TP_LOSS_RUNS; i++) {
		json_array_append_new(runs, json_integer((json_int_t)s->loss_runs[i]));
	}
	json_object_set_new(out, "loss_runs", runs);
}

static void buffer_put(json_t *out, const char *key, const struct tp_jitter_buffer *b)
{
	json_t *buffer = json_object();

	json_put_text(buffer, "kind", b->kind);
	json_put_real(buffer, "delay_ms", b->delay_ms);
	json_put_count(buffer, "discarded", b->discarded);
	json_put_real(buffer, "discard_pct", b->discard_pct);
	json_object_set_new(out, key, buffer);
}

static void late_put(json_t *out, const struct tp_stream *s)
{
	uint64_t packets = 0;
	json_t *list;

	for (size_t i = 0; i < s->late_count; i++) {
		packets += s->late[i].packets;
	}
	if (packets == 0) {
		return;
	}
	list = json_array();
	for (size_t i = 0; i < s->late_count; i++) {
		json_t *late = json_object();

		json_put_count(late, "from_ms", (uint64_t)s->late[i].from_ms);
		if (s->late[i].to_ms) {
			json_put_count(late, "to_ms", (uint64_t)s->late[i].to_ms);
		}
		json_put_count(late, "packets", s->late[i].packets);
		json_array_append_new(list, late);
	}
	json_object_set_new(out, "late", list);
}

static void intervals_put(json_t *out, const struct tp_stream *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->interval_count; i++) {
		const struct tp_interval *from = &s->intervals[i];
		json_t *interval = json_object();

		json_put_time(interval, "time", from->time_ns);
		json_put_count(interval, "packets", from->packets);
		json_put_count(interval, "lost", from->lost);
		json_put_real(interval, "jitter_ms", from->jitter_ms);
		json_put_real(interval, "mos", from->mos);
		json_array_append_new(list, interval);
	}
	json_put_real(out, "interval_s", s->interval_s);
	json_object_set_new(out, "intervals", list);
}

static void digits_put(json_t *out, const struct tp_stream *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < s->digit_count; i++) {
		json_t *digit = json_object();
		const char text[2] = {s->digits[i].character, '\0'};

		json_put_time(digit, "time", s->digits[i].time_ns);
		json_put_count(digit, "frame", s->digits[i].frame);
		json_put_text(digit, "digit", text);
		json_put_real(digit, "duration_ms", s->digits[i].duration_ms);
		json_array_append_new(list, digit);
	}
	json_object_set_new(out, "digits", list);
}

void json_put_course(json_t *out, const struct tp_stream *s)
{
	json_object_set_new(out, "clock_inferred", json_boolean(s->clock_inferred));
	json_object_set_new(out, "clock_mismatch", json_boolean(s->clock_mismatch));
	json_put_real(out, "clock_skew_ppm", s->clock_skew_ppm);
	if (s->lost + s->fixed_buffer.discarded > 0) {
		burst_put(out, &s->burst);
		loss_runs_put(out, s);
	}
	json_put_number(out, "concealed_s", s->concealed_s);
	json_put_number(out, "severely_concealed_s", s->severely_concealed_s);
	if (s->delay_measured) {
		buffer_put(out, "jitter_buffer", &s->fixed_buffer);
		buffer_put(out, "jitter_buffer_adaptive", &s->adaptive_buffer);
		late_put(out, s);
	}
	json_put_real(out, "level_dbov", s->level_dbov);
	json_put_real(out, "silent_pct", s->silent_pct);
	if (s->digit_count) {
		digits_put(out, s);
	}
	intervals_put(out, s);
}
