/* SPDX-License-Identifier: Apache-2.0 */
/* Streams, and what RTCP told of them. */
#include "json.h"
#include "json_course.h"
#include "json_put.h"

static void put_payloads(struct json *json, const struct tp_stream *s)
{
	json_put_array(json, "payloads");
	for (size_t i = 0; i < s->payload_count; i++) {
		json_open(json, '{');
		json_put_number(json, "payload_type", s->payloads[i].payload_type);
		json_put_text(json, "codec", s->payloads[i].codec);
		if (s->payloads[i].clock_rate_hz) {
			json_put_count(json, "clock_rate_hz", s->payloads[i].clock_rate_hz);
		}
		json_put_count(json, "packets", s->payloads[i].packets);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_dscps(struct json *json, const struct tp_stream *s)
{
	json_put_array(json, "dscp");
	for (size_t i = 0; i < s->dscp_count; i++) {
		json_open(json, '{');
		json_put_number(json, "value", s->dscps[i].value);
		json_put_count(json, "packets", s->dscps[i].packets);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_model(struct json *json, const struct tp_stream *s)
{
	json_put_text(json, "mos_kind", s->mos_kind);
	json_put_object(json, "mos_model");
	json_put_text(json, "version", s->mos_version);
	json_put_real(json, "ie", s->mos_ie);
	json_put_real(json, "bpl", s->mos_bpl);
	json_put_text(json, "plc", s->mos_plc);
	json_put_real(json, "delay_ms", s->mos_delay_ms);
	json_put_text(json, "delay_source", s->mos_delay_source);
	json_put_bool(json, "estimate", s->mos_estimate);
	json_close(json, '}');
}

static void put_figures(struct json *json, const struct tp_stream *s)
{
	json_put_count(json, "packets", s->packets);
	json_put_count(json, "bytes", s->bytes);
	if (s->udptl) {
		return;
	}
	json_put_count(json, "expected", s->expected);
	json_put_count(json, "lost", s->lost);
	json_put_real(json, "loss_pct", s->loss_pct);
	json_put_count(json, "duplicates", s->duplicates);
	json_put_count(json, "reordered", s->reordered);
	json_put_count(json, "restarts", s->restarts);
	json_put_real(json, "jitter_mean_ms", s->jitter_mean_ms);
	json_put_real(json, "jitter_max_ms", s->jitter_max_ms);
	json_put_real(json, "delta_max_ms", s->delta_max_ms);
	json_put_real(json, "packet_time_ms", s->packet_time_ms);
	json_put_real(json, "mos", s->mos);
	json_put_real(json, "r_factor", s->r_factor);
	if (s->mos_kind) {
		put_model(json, s);
	}
	json_put_course(json, s);
}

static void put_relay(struct json *json, const struct tp_stream *s)
{
	json_put_object(json, "relay");
	json_put_text(json, "server", s->relay_server);
	json_put_text(json, "peer", s->relay_peer);
	json_put_number(json, "channel", s->relay_channel);
	json_close(json, '}');
}

static void put_feedback(struct json *json, const struct tp_rtcp *r)
{
	if (r->nacks + r->picture_losses + r->full_intra_requests + r->other_feedback == 0) {
		return;
	}
	json_put_object(json, "feedback");
	json_put_count(json, "nack", r->nacks);
	json_put_count(json, "pli", r->picture_losses);
	json_put_count(json, "fir", r->full_intra_requests);
	json_put_count(json, "other", r->other_feedback);
	json_close(json, '}');
}

static void put_rtcp(struct json *json, const struct tp_rtcp *r)
{
	json_put_object(json, "rtcp");
	json_put_count(json, "reports", r->reports);
	json_put_real(json, "remote_loss_pct", r->remote_loss_pct);
	json_put_real(json, "fraction_lost_last_pct", r->fraction_lost_last_pct);
	json_put_real(json, "fraction_lost_mean_pct", r->fraction_lost_mean_pct);
	if (r->spans) {
		json_put_integer(json, "cumulative_lost", r->cumulative_lost);
	}
	if (r->counter_restarts) {
		json_put_count(json, "counter_restarts", r->counter_restarts);
	}
	json_put_real(json, "remote_jitter_ms", r->remote_jitter_ms);
	json_put_real(json, "remote_jitter_last_ms", r->remote_jitter_last_ms);
	json_put_real(json, "remote_jitter_max_ms", r->remote_jitter_max_ms);
	json_put_real(json, "half_round_trip_ms", r->half_round_trip_ms);
	json_put_text(json, "cname", r->cname);
	json_put_time(json, "bye", r->bye_ns);
	json_put_text(json, "bye_reason", r->bye_reason);
	put_feedback(json, r);
	if (r->xr_reports) {
		json_put_object(json, "xr");
		json_put_count(json, "reports", r->xr_reports);
		json_put_figures(json, r->xr, r->xr_count);
		json_close(json, '}');
	}
	json_close(json, '}');
}

static void put_ssrc(struct json *json, uint32_t ssrc)
{
	static const char digits[] = "0123456789abcdef";
	char text[] = "0x00000000";

	for (unsigned i = 0; i < 8; i++) {
		text[2 + i] = digits[ssrc >> (28 - 4 * i) & 15];
	}
	json_put_text(json, "ssrc", text);
}

void json_of_stream(struct json *json, const struct tp_stream *s)
{
	json_put_text(json, "id", s->id);
	if (s->call) {
		json_put_text(json, "call", s->call);
	} else {
		json_put_null(json, "call");
	}
	json_put_text(json, "media", s->media);
	json_put_text(json, "vantage", s->vantage);
	json_put_text(json, "src", s->src);
	json_put_text(json, "dst", s->dst);
	if (!s->udptl) {
		put_ssrc(json, s->ssrc);
	}
	json_put_text(json, "codec", s->codec);
	json_put_number(json, "payload_type", s->payload_type);
	if (s->clock_rate_hz) {
		json_put_count(json, "clock_rate_hz", s->clock_rate_hz);
	}
	if (s->encrypted != TP_NO_COUNT) {
		json_put_bool(json, "encrypted", s->encrypted);
	}
	if (s->relayed) {
		put_relay(json, s);
	}
	json_put_text(json, "ice", s->ice);
	put_payloads(json, s);
	json_put_time(json, "first_time", s->first_time_ns);
	json_put_time(json, "last_time", s->last_time_ns);
	json_put_count(json, "first_frame", s->first_frame);
	if (s->last_time_ns != TP_NO_TIME) {
		json_put_count(json, "last_frame", s->last_frame);
		put_figures(json, s);
		json_put_count(json, "ttl_min", (uint64_t)s->ttl_min);
		json_put_count(json, "ttl_max", (uint64_t)s->ttl_max);
	}
	put_dscps(json, s);
	json_put_real(json, "round_trip_ms", s->round_trip_ms);
	if (s->rtcp) {
		put_rtcp(json, s->rtcp);
	}
}
