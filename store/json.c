/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <math.h>
#include <stdio.h>
#include <time.h>

#include "json_course.h"

static const int64_t second_ns = 1000000000;

const char *json_time_text(int64_t time_ns, char out[JSON_TIME_MAX])
{
	int64_t rest = (time_ns % second_ns + second_ns) % second_ns;
	/* Rounding down, without leaving the range as time_ns - rest would. */
	time_t seconds = (time_t)(time_ns / second_ns - (time_ns % second_ns < 0));
	struct tm tm;
	size_t length;

	out[0] = '\0';
	if (time_ns == TP_NO_TIME || !gmtime_r(&seconds, &tm)) {
		return out;
	}
	length = strftime(out, JSON_TIME_MAX, "%Y-%m-%dT%H:%M:%S", &tm);
	(void)snprintf(out + length, JSON_TIME_MAX - length, ".%09dZ", (int)rest);
	return out;
}

/* --- members that may not apply --- */

static void put_text(json_t *object, const char *key, const char *text)
{
	if (text) {
		json_object_set_new(object, key, json_string(text));
	}
}

static void put_count(json_t *object, const char *key, uint64_t count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

static void put_number(json_t *object, const char *key, int number)
{
	if (number != TP_NO_COUNT) {
		json_object_set_new(object, key, json_integer(number));
	}
}

/* To six decimals: a nanosecond where the unit is ms. */
static void put_real(json_t *object, const char *key, double value)
{
	if (isfinite(value)) {
		json_object_set_new(object, key, json_real(round(value * 1e6) / 1e6));
	}
}

/* Where it is expected to stand, even if nothing was measured. */
static void put_real_or_null(json_t *object, const char *key, double value)
{
	put_real(object, key, value);
	if (!isfinite(value)) {
		json_object_set_new(object, key, json_null());
	}
}

static void put_time(json_t *object, const char *key, int64_t time_ns)
{
	char text[JSON_TIME_MAX];

	if (time_ns != TP_NO_TIME) {
		put_text(object, key, json_time_text(time_ns, text));
	}
}

static void put_texts(json_t *object, const char *key, const char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(array, json_string(texts[i]));
	}
	json_object_set_new(object, key, array);
}

static void put_counts(json_t *object, const char *key, const struct tp_count *counts, size_t count)
{
	json_t *map = json_object();

	for (size_t i = 0; i < count; i++) {
		put_count(map, counts[i].name, counts[i].count);
	}
	json_object_set_new(object, key, map);
}

static void put_figures_named(json_t *object, const struct tp_figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		put_real(object, figures[i].name, figures[i].value);
		put_text(object, figures[i].name, figures[i].text);
	}
}

/* --- records --- */

json_t *json_of_capture(const struct tp_capture *c)
{
	json_t *out = json_object();
	json_t *interfaces = json_array();

	put_text(out, "file", c->file);
	put_text(out, "vantage", c->vantage);
	for (size_t i = 0; i < c->interface_count; i++) {
		json_t *interface = json_object();

		put_text(interface, "name", c->interfaces[i].name);
		put_text(interface, "link_type", c->interfaces[i].link_type);
		if (c->interfaces[i].snap_length) {
			put_count(interface, "snap_length", c->interfaces[i].snap_length);
		}
		json_array_append_new(interfaces, interface);
	}
	json_object_set_new(out, "interfaces", interfaces);
	put_count(out, "packets", c->packets);
	put_count(out, "bytes", c->bytes);
	put_time(out, "first_time", c->first_time_ns);
	put_time(out, "last_time", c->last_time_ns);
	json_object_set_new(out, "truncated", json_boolean(c->truncated));
	put_count(out, "snap_cut", c->snap_cut);
	put_count(out, "duplicates_removed", c->duplicates_removed);
	put_counts(out, "decoded", c->decoded, c->decoded_count);
	put_counts(out, "not_decoded", c->not_decoded, c->not_decoded_count);
	put_counts(out, "malformed", c->malformed, c->malformed_count);
	if (c->live) {
		put_counts(out, "dropped", c->dropped, c->dropped_count);
	}
	return out;
}

static json_t *mappings_of(const struct tp_endpoint *e)
{
	json_t *array = json_array();

	for (size_t i = 0; i < e->mapping_count; i++) {
		const struct tp_mapping *m = &e->mappings[i];
		json_t *item = json_object();

		put_text(item, "local", m->local);
		put_text(item, "address", m->address);
		put_text(item, "server", m->server);
		json_object_set_new(item, "relayed", json_boolean(m->relayed));
		put_text(item, "capture", m->capture);
		put_count(item, "frame", m->frame);
		put_time(item, "time", m->time_ns);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *stun_of(const struct tp_stun_server *s)
{
	json_t *out = json_object();

	put_count(out, "requests", s->requests);
	put_count(out, "retransmissions", s->retransmissions);
	put_count(out, "answers", s->answers);
	put_count(out, "errors", s->errors);
	put_count(out, "unanswered", s->unanswered);
	put_real(out, "round_trip_ms", s->round_trip_ms);
	return out;
}

json_t *json_of_endpoint(const struct tp_endpoint *e)
{
	json_t *out = json_object();
	json_t *vantages = json_array();

	put_text(out, "id", e->id);
	put_text(out, "address", e->address);
	put_text(out, "role", e->role);
	for (size_t i = 0; i < e->vantage_count; i++) {
		json_t *vantage = json_object();

		put_text(vantage, "vantage", e->vantages[i].vantage);
		put_text(vantage, "side", e->vantages[i].side);
		put_text(vantage, "because", e->vantages[i].because);
		json_array_append_new(vantages, vantage);
	}
	json_object_set_new(out, "vantage_of", vantages);
	put_texts(out, "user_agents", e->user_agents, e->user_agent_count);
	put_text(out, "nat", e->nat);
	if (e->mapping_count) {
		json_object_set_new(out, "mapped", mappings_of(e));
	}
	if (e->stun) {
		json_object_set_new(out, "stun", stun_of(e->stun));
	}
	return out;
}

static json_t *legs_of(const struct tp_call *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->leg_count; i++) {
		json_t *leg = json_object();

		put_text(leg, "call", c->legs[i].call);
		put_text(leg, "why", c->legs[i].why);
		put_real(leg, "confidence", c->legs[i].confidence);
		json_array_append_new(array, leg);
	}
	return array;
}

static void put_metrics(json_t *report, const char *key, const struct tp_voice_metrics *m)
{
	json_t *out;

	if (!m) {
		return;
	}
	out = json_object();
	put_texts(out, "streams", m->streams, m->stream_count);
	put_text(out, "start", m->start);
	put_text(out, "stop", m->stop);
	put_text(out, "codec", m->codec);
	put_figures_named(out, m->figures, m->figure_count);
	json_object_set_new(report, key, out);
}

static json_t *voice_report_of(const struct tp_voice_report *v)
{
	json_t *out = json_object();

	put_text(out, "kind", v->kind);
	put_text(out, "capture", v->capture);
	put_count(out, "frame", v->frame);
	put_time(out, "time", v->time_ns);
	put_text(out, "local_id", v->local_id);
	put_text(out, "remote_id", v->remote_id);
	put_text(out, "orig_id", v->orig_id);
	put_text(out, "local", v->local);
	put_text(out, "remote", v->remote);
	put_text(out, "alert_type", v->alert_type);
	put_text(out, "alert_severity", v->alert_severity);
	put_text(out, "alert_direction", v->alert_direction);
	put_metrics(out, "local_metrics", v->local_metrics);
	put_metrics(out, "remote_metrics", v->remote_metrics);
	return out;
}

static void put_voice_reports(json_t *call, const struct tp_call *c)
{
	json_t *array;

	if (c->voice_report_count == 0) {
		return;
	}
	array = json_array();
	for (size_t i = 0; i < c->voice_report_count; i++) {
		json_array_append_new(array, voice_report_of(&c->voice_reports[i]));
	}
	json_object_set_new(call, "voice_reports", array);
}

static json_t *ladder_of(const struct tp_call *c)
{
	json_t *array = json_array();

	for (size_t i = 0; i < c->ladder_count; i++) {
		json_t *step = json_object();

		put_time(step, "time", c->ladder[i].time_ns);
		put_text(step, "capture", c->ladder[i].capture);
		put_count(step, "frame", c->ladder[i].frame);
		put_text(step, "src", c->ladder[i].src);
		put_text(step, "dst", c->ladder[i].dst);
		put_text(step, "text", c->ladder[i].text);
		json_array_append_new(array, step);
	}
	return array;
}

json_t *json_of_call(const struct tp_call *c)
{
	json_t *out = json_object();

	put_text(out, "id", c->id);
	put_text(out, "record_id", c->record_id);
	put_text(out, "call_id", c->call_id);
	put_text(out, "signalling", c->signalling);
	put_text(out, "transport", c->transport);
	put_text(out, "from_uri", c->from_uri);
	put_text(out, "to_uri", c->to_uri);
	put_texts(out, "user_agents", c->user_agents, c->user_agent_count);
	put_text(out, "state", c->state);
	put_number(out, "status_code", c->status_code);
	put_time(out, "started", c->started_ns);
	put_time(out, "ringing", c->ringing_ns);
	put_time(out, "answered", c->answered_ns);
	put_time(out, "ended", c->ended_ns);
	put_real(out, "post_dial_delay_ms", c->post_dial_delay_ms);
	put_real(out, "setup_ms", c->setup_ms);
	put_real(out, "duration_ms", c->duration_ms);
	put_text(out, "ended_by", c->ended_by);
	put_count(out, "message_count", c->message_count);
	put_count(out, "retransmissions", c->retransmissions);
	json_object_set_new(out, "legs", legs_of(c));
	put_texts(out, "streams", c->streams, c->stream_count);
	put_real(out, "mos", c->mos);
	put_text(out, "mos_stream", c->mos_stream);
	put_real(out, "r_factor", c->r_factor);
	put_texts(out, "findings", c->findings, c->finding_count);
	put_voice_reports(out, c);
	if (c->ladder_count > 0) {
		json_object_set_new(out, "ladder", ladder_of(c));
	}
	return out;
}

static json_t *payloads_of(const struct tp_stream *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->payload_count; i++) {
		json_t *payload = json_object();

		put_number(payload, "payload_type", s->payloads[i].payload_type);
		put_text(payload, "codec", s->payloads[i].codec);
		if (s->payloads[i].clock_rate_hz) {
			put_count(payload, "clock_rate_hz", s->payloads[i].clock_rate_hz);
		}
		put_count(payload, "packets", s->payloads[i].packets);
		json_array_append_new(array, payload);
	}
	return array;
}

static json_t *dscps_of(const struct tp_stream *s)
{
	json_t *array = json_array();

	for (size_t i = 0; i < s->dscp_count; i++) {
		json_t *dscp = json_object();

		put_number(dscp, "value", s->dscps[i].value);
		put_count(dscp, "packets", s->dscps[i].packets);
		json_array_append_new(array, dscp);
	}
	return array;
}

static void put_model(json_t *out, const struct tp_stream *s)
{
	json_t *model = json_object();

	put_text(out, "mos_kind", s->mos_kind);
	put_text(model, "version", s->mos_version);
	put_real(model, "ie", s->mos_ie);
	put_real(model, "bpl", s->mos_bpl);
	put_text(model, "plc", s->mos_plc);
	put_real(model, "delay_ms", s->mos_delay_ms);
	put_text(model, "delay_source", s->mos_delay_source);
	json_object_set_new(model, "estimate", json_boolean(s->mos_estimate));
	json_object_set_new(out, "mos_model", model);
}

static void put_figures(json_t *out, const struct tp_stream *s)
{
	put_count(out, "packets", s->packets);
	put_count(out, "bytes", s->bytes);
	if (s->udptl) {
		return;
	}
	put_count(out, "expected", s->expected);
	put_count(out, "lost", s->lost);
	put_real(out, "loss_pct", s->loss_pct);
	put_count(out, "duplicates", s->duplicates);
	put_count(out, "reordered", s->reordered);
	put_count(out, "restarts", s->restarts);
	put_real(out, "jitter_mean_ms", s->jitter_mean_ms);
	put_real(out, "jitter_max_ms", s->jitter_max_ms);
	put_real(out, "delta_max_ms", s->delta_max_ms);
	put_real(out, "packet_time_ms", s->packet_time_ms);
	put_real(out, "mos", s->mos);
	put_real(out, "r_factor", s->r_factor);
	if (s->mos_kind) {
		put_model(out, s);
	}
	json_put_course(out, s);
}

static json_t *relay_of(const struct tp_stream *s)
{
	json_t *relay = json_object();

	put_text(relay, "server", s->relay_server);
	put_text(relay, "peer", s->relay_peer);
	put_number(relay, "channel", s->relay_channel);
	return relay;
}

static void put_feedback(json_t *out, const struct tp_rtcp *r)
{
	json_t *feedback;

	if (r->nacks + r->picture_losses + r->full_intra_requests + r->other_feedback == 0) {
		return;
	}
	feedback = json_object();
	put_count(feedback, "nack", r->nacks);
	put_count(feedback, "pli", r->picture_losses);
	put_count(feedback, "fir", r->full_intra_requests);
	put_count(feedback, "other", r->other_feedback);
	json_object_set_new(out, "feedback", feedback);
}

static json_t *rtcp_of(const struct tp_rtcp *r)
{
	json_t *out = json_object();

	put_count(out, "reports", r->reports);
	put_real(out, "remote_loss_pct", r->remote_loss_pct);
	put_real(out, "fraction_lost_last_pct", r->fraction_lost_last_pct);
	put_real(out, "fraction_lost_mean_pct", r->fraction_lost_mean_pct);
	if (r->spans) {
		json_object_set_new(out, "cumulative_lost", json_integer(r->cumulative_lost));
	}
	if (r->counter_restarts) {
		put_count(out, "counter_restarts", r->counter_restarts);
	}
	put_real(out, "remote_jitter_ms", r->remote_jitter_ms);
	put_real(out, "remote_jitter_last_ms", r->remote_jitter_last_ms);
	put_real(out, "remote_jitter_max_ms", r->remote_jitter_max_ms);
	put_real(out, "half_round_trip_ms", r->half_round_trip_ms);
	put_text(out, "cname", r->cname);
	put_time(out, "bye", r->bye_ns);
	put_text(out, "bye_reason", r->bye_reason);
	put_feedback(out, r);
	if (r->xr_reports) {
		json_t *xr = json_object();

		put_count(xr, "reports", r->xr_reports);
		put_figures_named(xr, r->xr, r->xr_count);
		json_object_set_new(out, "xr", xr);
	}
	return out;
}

json_t *json_of_stream(const struct tp_stream *s)
{
	json_t *out = json_object();
	char ssrc[16];

	(void)snprintf(ssrc, sizeof(ssrc), "0x%08x", s->ssrc);
	put_text(out, "id", s->id);
	json_object_set_new(out, "call", s->call ? json_string(s->call) : json_null());
	put_text(out, "media", s->media);
	put_text(out, "vantage", s->vantage);
	put_text(out, "src", s->src);
	put_text(out, "dst", s->dst);
	put_text(out, "ssrc", s->udptl ? NULL : ssrc);
	put_text(out, "codec", s->codec);
	put_number(out, "payload_type", s->payload_type);
	if (s->clock_rate_hz) {
		put_count(out, "clock_rate_hz", s->clock_rate_hz);
	}
	if (s->encrypted != TP_NO_COUNT) {
		json_object_set_new(out, "encrypted", json_boolean(s->encrypted));
	}
	if (s->relayed) {
		json_object_set_new(out, "relay", relay_of(s));
	}
	put_text(out, "ice", s->ice);
	json_object_set_new(out, "payloads", payloads_of(s));
	put_time(out, "first_time", s->first_time_ns);
	put_time(out, "last_time", s->last_time_ns);
	put_count(out, "first_frame", s->first_frame);
	if (s->last_time_ns != TP_NO_TIME) {
		put_count(out, "last_frame", s->last_frame);
		put_figures(out, s);
		put_count(out, "ttl_min", (uint64_t)s->ttl_min);
		put_count(out, "ttl_max", (uint64_t)s->ttl_max);
	}
	json_object_set_new(out, "dscp", dscps_of(s));
	put_real(out, "round_trip_ms", s->round_trip_ms);
	if (s->rtcp) {
		json_object_set_new(out, "rtcp", rtcp_of(s->rtcp));
	}
	return out;
}

static void put_frames(json_t *out, const struct tp_evidence *e)
{
	json_t *array;

	if (e->frame_count == 0) {
		return;
	}
	array = json_array();
	for (size_t i = 0; i < e->frame_count; i++) {
		json_array_append_new(array, json_integer(e->frames[i]));
	}
	json_object_set_new(out, "frames", array);
}

static json_t *evidence_of(const struct tp_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->evidence_count; i++) {
		json_t *item = json_object();

		put_text(item, "capture", f->evidence[i].capture);
		put_count(item, "frame", f->evidence[i].frame);
		put_frames(item, &f->evidence[i]);
		put_time(item, "time", f->evidence[i].time_ns);
		put_text(item, "text", f->evidence[i].text);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *changes_of(const struct tp_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->change_count; i++) {
		const struct tp_change *c = &f->changes[i];
		json_t *item = json_object();

		put_text(item, "message", c->message);
		put_text(item, "field", c->field);
		put_text(item, "before", c->before);
		put_text(item, "after", c->after);
		put_text(item, "capture_before", c->capture_before);
		put_count(item, "frame_before", c->frame_before);
		put_text(item, "capture_after", c->capture_after);
		put_count(item, "frame_after", c->frame_after);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *against_of(const struct tp_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->against_count; i++) {
		json_t *item = json_object();

		put_text(item, "text", f->against[i]);
		json_array_append_new(array, item);
	}
	return array;
}

json_t *json_of_finding(const struct tp_finding *f)
{
	json_t *out = json_object();

	put_text(out, "id", f->id);
	put_text(out, "code", f->code);
	put_text(out, "cause", f->cause);
	put_text(out, "severity", f->severity);
	put_real(out, "confidence", f->confidence);
	put_texts(out, "calls", f->calls, f->call_count);
	put_count(out, "calls_total", f->calls_total);
	put_texts(out, "streams", f->streams, f->stream_count);
	put_texts(out, "endpoints", f->endpoints, f->endpoint_count);
	put_text(out, "vantage", f->vantage);
	put_time(out, "first_time", f->first_time_ns);
	put_time(out, "last_time", f->last_time_ns);
	put_text(out, "summary", f->summary);
	put_text(out, "why", f->why);
	put_text(out, "remedy", f->remedy);
	json_object_set_new(out, "evidence", evidence_of(f));
	if (f->change_count) {
		json_object_set_new(out, "changes", changes_of(f));
	}
	json_object_set_new(out, "against", against_of(f));
	put_text(out, "would_settle", f->would_settle);
	return out;
}

json_t *json_of_registration(const struct tp_registration *r)
{
	json_t *out = json_object();

	put_text(out, "id", r->id);
	put_text(out, "vantage", r->vantage);
	put_text(out, "aor", r->aor);
	put_text(out, "contact", r->contact);
	put_text(out, "source", r->source);
	put_text(out, "registrar", r->registrar);
	put_text(out, "transport", r->transport);
	put_text(out, "user_agent", r->user_agent);
	put_text(out, "state", r->state);
	put_number(out, "status_code", r->status_code);
	put_text(out, "reason", r->reason);
	put_text(out, "nat", r->nat);
	put_time(out, "first_time", r->first_time_ns);
	put_time(out, "last_time", r->last_time_ns);
	if (r->expires_s != TP_NO_COUNT) {
		put_count(out, "expires_s", (uint64_t)r->expires_s);
	}
	put_count(out, "refreshes", r->refreshes);
	put_count(out, "challenges", r->challenges);
	put_count(out, "failures", r->failures);
	put_count(out, "mapping_changes", r->mapping_changes);
	put_real(out, "keepalive_interval_s", r->keepalive_interval_s);
	put_text(out, "keepalive_kind", r->keepalive_kind);
	put_text(out, "keepalive_from", r->keepalive_from);
	put_texts(out, "findings", r->findings, r->finding_count);
	return out;
}

json_t *json_of_exchange(const struct tp_exchange *e)
{
	json_t *out = json_object();

	put_text(out, "id", e->id);
	put_text(out, "vantage", e->vantage);
	put_text(out, "src", e->src);
	put_text(out, "dst", e->dst);
	put_text(out, "method", e->method);
	put_time(out, "first_time", e->first_time_ns);
	put_time(out, "last_time", e->last_time_ns);
	put_count(out, "requests", e->requests);
	put_count(out, "answered", e->answered);
	put_count(out, "challenged", e->challenged);
	put_count(out, "failed", e->failed);
	put_count(out, "unanswered", e->unanswered);
	put_count(out, "undecided", e->undecided);
	put_count(out, "retransmissions", e->retransmissions);
	put_counts(out, "codes", e->codes, e->code_count);
	put_real(out, "response_median_ms", e->response_median_ms);
	put_real(out, "response_max_ms", e->response_max_ms);
	return out;
}

/* A delay as mean; its greatest value and number beside it. */
static void put_delay(json_t *object, const char *name, const struct tp_sip_delay *delay)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "%s_ms", name);
	put_real_or_null(object, key, delay->mean_ms);
	(void)snprintf(key, sizeof(key), "%s_max_ms", name);
	put_real(object, key, delay->max_ms);
	(void)snprintf(key, sizeof(key), "%s_count", name);
	put_count(object, key, delay->count);
}

static void put_ratios(json_t *out, const struct tp_sip_metrics *m)
{
	put_real_or_null(out, "ira_pct", m->ira_pct);
	put_real_or_null(out, "ser_pct", m->ser_pct);
	put_real_or_null(out, "seer_pct", m->seer_pct);
	put_real_or_null(out, "isa_pct", m->isa_pct);
	put_real_or_null(out, "scr_pct", m->scr_pct);
	put_count(out, "registers", m->registers);
	put_count(out, "registers_deferred", m->registers_deferred);
	put_count(out, "registers_failed", m->registers_failed);
	put_count(out, "invites", m->invites);
	put_count(out, "invites_deferred", m->invites_deferred);
	put_count(out, "sessions_established", m->established);
	put_count(out, "sessions_effective", m->effective);
	put_count(out, "sessions_ineffective", m->ineffective);
	put_count(out, "sessions_ended", m->ended);
	put_count(out, "sessions_completed", m->completed);
}

json_t *json_of_sip(const struct tp_sip_metrics *m, const char *server)
{
	json_t *out = json_object();

	put_text(out, "server", server);
	put_delay(out, "rrd", &m->rrd);
	put_delay(out, "srd", &m->srd);
	put_delay(out, "srd_failed", &m->srd_failed);
	put_delay(out, "sdd", &m->sdd);
	put_delay(out, "sdd_failed", &m->sdd_failed);
	put_real_or_null(out, "sdt_s", m->sdt.mean_ms / 1000);
	put_real(out, "sdt_max_s", m->sdt.max_ms / 1000);
	put_count(out, "sdt_count", m->sdt.count);
	put_ratios(out, m);
	return out;
}

json_t *json_of_report(const struct tp_call_report *report)
{
	json_t *out = json_of_call(report->call);
	json_t *streams = json_array(), *findings = json_array();

	for (size_t i = 0; i < report->stream_count; i++) {
		json_array_append_new(streams, json_of_stream(&report->streams[i]));
	}
	for (size_t i = 0; i < report->finding_count; i++) {
		json_array_append_new(findings, json_of_finding(&report->findings[i]));
	}
	put_text(out, "schema", "talkpath/1");
	put_text(out, "id", report->call->record_id);
	json_object_set_new(out, "streams", streams);
	json_object_set_new(out, "findings", findings);
	return out;
}
