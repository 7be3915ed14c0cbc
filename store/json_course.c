/* SPDX-License-Identifier: Apache-2.0 */
#include "json_course.h"

#include "json_put.h"

static void burst_put(struct json *json, const struct tp_burst *b)
{
	json_put_object(json, "burst");
	json_put_count(json, "bursts", b->bursts);
	json_put_real(json, "burst_density_pct", b->burst_density_pct);
	json_put_real(json, "burst_duration_ms", b->burst_duration_ms);
	json_put_real(json, "gap_density_pct", b->gap_density_pct);
	json_put_real(json, "gap_duration_ms", b->gap_duration_ms);
	json_put_real(json, "burst_ratio", b->burst_ratio);
	json_close(json, '}');
}

static void loss_runs_put(struct json *json, const struct tp_stream *s)
{
	json_put_array(json, "loss_runs");
	for (int i = 0; i < TP_LOSS_RUNS; i++) {
		json_value_integer(json, (int64_t)s->loss_runs[i]);
	}
	json_close(json, ']');
}

static void buffer_put(struct json *json, const struct tp_jitter_buffer *b)
{
	json_put_text(json, "kind", b->kind);
	json_put_real(json, "delay_ms", b->delay_ms);
	json_put_count(json, "discarded", b->discarded);
	json_put_real(json, "discard_pct", b->discard_pct);
	json_close(json, '}');
}

static void late_put(struct json *json, const struct tp_stream *s)
{
	uint64_t packets = 0;

	for (size_t i = 0; i < s->late_count; i++) {
		packets += s->late[i].packets;
	}
	if (packets == 0) {
		return;
	}
	json_put_array(json, "late");
	for (size_t i = 0; i < s->late_count; i++) {
		json_open(json, '{');
		json_put_count(json, "from_ms", (uint64_t)s->late[i].from_ms);
		if (s->late[i].to_ms) {
			json_put_count(json, "to_ms", (uint64_t)s->late[i].to_ms);
		}
		json_put_count(json, "packets", s->late[i].packets);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void intervals_put(struct json *json, const struct tp_stream *s)
{
	json_put_real(json, "interval_s", s->interval_s);
	json_put_array(json, "intervals");
	for (size_t i = 0; i < s->interval_count; i++) {
		const struct tp_interval *from = &s->intervals[i];

		json_open(json, '{');
		json_put_time(json, "time", from->time_ns);
		json_put_count(json, "packets", from->packets);
		json_put_count(json, "lost", from->lost);
		json_put_real(json, "jitter_ms", from->jitter_ms);
		json_put_real(json, "mos", from->mos);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void digits_put(struct json *json, const struct tp_stream *s)
{
	json_put_array(json, "digits");
	for (size_t i = 0; i < s->digit_count; i++) {
		const char text[2] = {s->digits[i].character, '\0'};

		json_open(json, '{');
		json_put_time(json, "time", s->digits[i].time_ns);
		json_put_count(json, "frame", s->digits[i].frame);
		json_put_text(json, "digit", text);
		json_put_real(json, "duration_ms", s->digits[i].duration_ms);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void json_put_course(struct json *json, const struct tp_stream *s)
{
	json_put_bool(json, "clock_inferred", s->clock_inferred);
	json_put_bool(json, "clock_mismatch", s->clock_mismatch);
	json_put_real(json, "clock_skew_ppm", s->clock_skew_ppm);
	if (s->lost + s->fixed_buffer.discarded > 0) {
		burst_put(json, &s->burst);
		loss_runs_put(json, s);
	}
	json_put_number(json, "concealed_s", s->concealed_s);
	json_put_number(json, "severely_concealed_s", s->severely_concealed_s);
	if (s->delay_measured) {
		json_put_object(json, "jitter_buffer");
		buffer_put(json, &s->fixed_buffer);
		json_put_object(json, "jitter_buffer_adaptive");
		buffer_put(json, &s->adaptive_buffer);
		late_put(json, s);
	}
	json_put_real(json, "level_dbov", s->level_dbov);
	json_put_real(json, "silent_pct", s->silent_pct);
	if (s->digit_count) {
		digits_put(json, s);
	}
	intervals_put(json, s);
}
