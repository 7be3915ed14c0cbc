/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, and what RTCP told of them. */
#include <stdio.h>

#include "json.h"
#include "json_course.h"
#include "json_put.h"

static json_t *payloads_of(const struct tp_stream *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->payload_count; i++) {
		json_t *payload = json_object();

		json_put_number(payload, "payload_type", s->payloads[i].payload_type);
		json_put_text(payload, "codec", s->payloads[i].codec);
		if (s->payloads[i].clock_rate_hz) {
			json_put_count(payload, "clock_rate_hz", s->payloads[i].clock_rate_hz);
		}
		json_put_count(payload, "packets", s->payloads[i].packets);
		json_array_append_new(array, payload);
	}
	return array;
}

static json_t *dscps_of(const struct tp_stream *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->dscp_count; i++) {
		json_t *dscp = json_object();

		json_put_number(dscp, "value", s->dscps[i].value);
		json_put_count(dscp, "packets", s->dscps[i].packets);
		json_array_append_new(array, dscp);
	}
	return array;
}

static void put_model(json_t *out, const struct tp_stream *s)
{
	json_t *model = json_object();

	json_put_text(out, "mos_kind", s->mos_kind);
	json_put_text(model, "version", s->mos_version);
	json_put_real(model, "ie", s->mos_ie);
	json_put_real(model, "bpl", s->mos_bpl);
	json_put_text(model, "plc", s->mos_plc);
	json_put_real(model, "delay_ms", s->mos_delay_ms);
	json_put_text(model, "delay_source", s->mos_delay_source);
	json_object_set_new(model, "estimate", json_boolean(s->mos_estimate));
	json_object_set_new(out, "mos_model", model);
}

static void put_figures(json_t *out, const struct tp_stream *s)
{
	json_put_count(out, "packets", s->packets);
	json_put_count(out, "bytes", s->bytes);
	json_put_count(out, "expected", s->expected);
	json_put_count(out, "lost", s->lost);
	json_put_real(out, "loss_pct", s->loss_pct);
	json_put_count(out, "duplicates", s->duplicates);
	json_put_count(out, "reordered", s->reordered);
	json_put_count(out, "restarts", s->restarts);
	json_put_real(out, "jitter_mean_ms", s->jitter_mean_ms);
	json_put_real(out, "jitter_max_ms", s->jitter_max_ms);
	json_put_real(out, "delta_max_ms", s->delta_max_ms);
	json_put_real(out, "packet_time_ms", s->packet_time_ms);
	json_put_real(out, "mos", s->mos);
	json_put_real(out, "r_factor", s->r_factor);
	if (s->mos_kind) {
		put_model(out, s);
	}
	json_put_course(out, s);
}

static json_t *relay_of(const struct tp_stream *s)
{
	json_t *relay = json_object();

	json_put_text(relay, "server", s->relay_server);
	json_put_text(relay, "peer", s->relay_peer);
	json_put_number(relay, "channel", s->relay_channel);
	return relay;
}

static void put_feedback(json_t *out, const struct tp_rtcp *r)
{
	json_t *feedback;

	if (r->nacks + r->picture_losses + r->full_intra_requests + r->other_feedback == 0) {
		return;
	}
	feedback = json_object();
	json_put_count(feedback, "nack", r->nacks);
	json_put_count(feedback, "pli", r->picture_losses);
	json_put_count(feedback, "fir", r->full_intra_requests);
	json_put_count(feedback, "other", r->other_feedback);
	json_object_set_new(out, "feedback", feedback);
}

static json_t *rtcp_of(const struct tp_rtcp *r)
{
	json_t *out = json_object();

	json_put_count(out, "reports", r->reports);
	json_put_real(out, "remote_loss_pct", r->remote_loss_pct);
	json_put_real(out, "fraction_lost_last_pct", r->fraction_lost_last_pct);
	json_put_real(out, "fraction_lost_mean_pct", r->fraction_lost_mean_pct);
	if (r->spans) {
		json_object_set_new(out, "cumulative_lost", json_integer(r->cumulative_lost));
	}
	if (r->counter_restarts) {
		json_put_count(out, "counter_restarts", r->counter_restarts);
	}
	json_put_real(out, "remote_jitter_ms", r->remote_jitter_ms);
	json_put_real(out, "remote_jitter_last_ms", r->remote_jitter_last_ms);
	json_put_real(out, "remote_jitter_max_ms", r->remote_jitter_max_ms);
	json_put_real(out, "half_round_trip_ms", r->half_round_trip_ms);
	json_put_text(out, "cname", r->cname);
	json_put_time(out, "bye", r->bye_ns);
	json_put_text(out, "bye_reason", r->bye_reason);
	put_feedback(out, r);
	if (r->xr_reports) {
		json_t *xr = json_object();

		json_put_count(xr, "reports", r->xr_reports);
		json_put_figures(xr, r->xr, r->xr_count);
		json_object_set_new(out, "xr", xr);
	}
	return out;
}

json_t *json_of_stream(const struct tp_stream *s)
{
	json_t *out = json_object();
	char ssrc[16];

	(void)snprintf(ssrc, sizeof(ssrc), "0x%08x", s->ssrc);
	json_put_text(out, "id", s->id);
	json_object_set_new(out, "call", s->call ? json_string(s->call) : json_null());
	json_put_text(out, "media", s->media);
	json_put_text(out, "vantage", s->vantage);
	json_put_text(out, "src", s->src);
	json_put_text(out, "dst", s->dst);
	json_put_text(out, "ssrc", ssrc);
	json_put_text(out, "codec", s->codec);
	json_put_number(out, "payload_type", s->payload_type);
	if (s->clock_rate_hz) {
		json_put_count(out, "clock_rate_hz", s->clock_rate_hz);
	}
	if (s->encrypted != TP_NO_COUNT) {
		json_object_set_new(out, "encrypted", json_boolean(s->encrypted));
	}
	if (s->relayed) {
		json_object_set_new(out, "relay", relay_of(s));
	}
	json_put_text(out, "ice", s->ice);
	json_object_set_new(out, "payloads", payloads_of(s));
	json_put_time(out, "first_time", s->first_time_ns);
	json_put_time(out, "last_time", s->last_time_ns);
	json_put_count(out, "first_frame", s->first_frame);
	if (s->last_time_ns != TP_NO_TIME) {
		json_put_count(out, "last_frame", s->last_frame);
		put_figures(out, s);
		json_put_count(out, "ttl_min", (uint64_t)s->ttl_min);
		json_put_count(out, "ttl_max", (uint64_t)s->ttl_max);
	}
	json_object_set_new(out, "dscp", dscps_of(s));
	json_put_real(out, "round_trip_ms", s->round_trip_ms);
	if (s->rtcp) {
		json_object_set_new(out, "rtcp", rtcp_of(s->rtcp));
	}
	return out;
}
