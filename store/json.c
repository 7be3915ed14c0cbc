/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include "json_put.h"

void json_of_capture(struct json *json, const struct tp_capture *c)
{
	json_put_text(json, "file", c->file);
	json_put_text(json, "vantage", c->vantage);
	json_put_array(json, "interfaces");
	for (size_t i = 0; i < c->interface_count; i++) {
		json_open(json, '{');
		json_put_text(json, "name", c->interfaces[i].name);
		json_put_text(json, "link_type", c->interfaces[i].link_type);
		if (c->interfaces[i].snap_length) {
			json_put_count(json, "snap_length", c->interfaces[i].snap_length);
		}
		json_close(json, '}');
	}
	json_close(json, ']');
	json_put_count(json, "packets", c->packets);
	json_put_count(json, "bytes", c->bytes);
	json_put_time(json, "first_time", c->first_time_ns);
	json_put_time(json, "last_time", c->last_time_ns);
	json_put_bool(json, "truncated", c->truncated);
	json_put_count(json, "snap_cut", c->snap_cut);
	json_put_count(json, "duplicates_removed", c->duplicates_removed);
	if (c->clock_aligned) {
		json_put_integer(json, "clock_offset_ns", c->clock_offset_ns);
		if (c->clock_error_ns < 0) {
			json_put_null(json, "clock_error_ns");
		} else {
			json_put_integer(json, "clock_error_ns", c->clock_error_ns);
		}
	}
	json_put_text(json, "timestamp_source", c->timestamp_source);
	if (c->timestamp_error_ns > 0) {
		json_put_count(json, "timestamp_error_ns", c->timestamp_error_ns);
	}
	json_put_counts(json, "decoded", c->decoded, c->decoded_count);
	json_put_counts(json, "not_decoded", c->not_decoded, c->not_decoded_count);
	json_put_counts(json, "malformed", c->malformed, c->malformed_count);
	if (c->live) {
		json_put_counts(json, "dropped", c->dropped, c->dropped_count);
	}
}

static void put_mappings(struct json *json, const struct tp_endpoint *e)
{
	json_put_array(json, "mapped");
	for (size_t i = 0; i < e->mapping_count; i++) {
		const struct tp_mapping *m = &e->mappings[i];
		json_open(json, '{');
		json_put_text(json, "local", m->local);
		json_put_text(json, "address", m->address);
		json_put_text(json, "server", m->server);
		json_put_bool(json, "relayed", m->relayed);
		json_put_text(json, "capture", m->capture);
		json_put_count(json, "frame", m->frame);
		json_put_time(json, "time", m->time_ns);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_stun(struct json *json, const struct tp_stun_server *s)
{
	json_put_object(json, "stun");
	json_put_count(json, "requests", s->requests);
	json_put_count(json, "retransmissions", s->retransmissions);
	json_put_count(json, "answers", s->answers);
	json_put_count(json, "errors", s->errors);
	json_put_count(json, "unanswered", s->unanswered);
	json_put_real(json, "round_trip_ms", s->round_trip_ms);
	json_close(json, '}');
}

void json_of_endpoint(struct json *json, const struct tp_endpoint *e)
{
	json_put_text(json, "id", e->id);
	json_put_text(json, "address", e->address);
	json_put_text(json, "role", e->role);
	json_put_array(json, "vantage_of");
	for (size_t i = 0; i < e->vantage_count; i++) {
		json_open(json, '{');
		json_put_text(json, "vantage", e->vantages[i].vantage);
		json_put_text(json, "side", e->vantages[i].side);
		json_put_text(json, "because", e->vantages[i].because);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_put_texts(json, "user_agents", e->user_agents, e->user_agent_count);
	json_put_text(json, "nat", e->nat);
	if (e->mapping_count) {
		put_mappings(json, e);
	}
	if (e->stun) {
		put_stun(json, e->stun);
	}
}

static void put_legs(struct json *json, const struct tp_call *c)
{
	json_put_array(json, "legs");
	for (size_t i = 0; i < c->leg_count; i++) {
		json_open(json, '{');
		json_put_text(json, "call", c->legs[i].call);
		json_put_text(json, "why", c->legs[i].why);
		json_put_real(json, "confidence", c->legs[i].confidence);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_metrics(struct json *json, const struct tp_voice_metrics *m)
{
	json_put_texts(json, "streams", m->streams, m->stream_count);
	json_put_text(json, "start", m->start);
	json_put_text(json, "stop", m->stop);
	json_put_text(json, "codec", m->codec);
	json_put_figures(json, m->figures, m->figure_count);
	json_close(json, '}');
}

static void put_voice_report(struct json *json, const struct tp_voice_report *v)
{
	json_open(json, '{');
	json_put_text(json, "kind", v->kind);
	json_put_text(json, "capture", v->capture);
	json_put_count(json, "frame", v->frame);
	json_put_time(json, "time", v->time_ns);
	json_put_text(json, "local_id", v->local_id);
	json_put_text(json, "remote_id", v->remote_id);
	json_put_text(json, "orig_id", v->orig_id);
	json_put_text(json, "local", v->local);
	json_put_text(json, "remote", v->remote);
	json_put_text(json, "alert_type", v->alert_type);
	json_put_text(json, "alert_severity", v->alert_severity);
	json_put_text(json, "alert_direction", v->alert_direction);
	if (v->local_metrics) {
		json_put_object(json, "local_metrics");
		put_metrics(json, v->local_metrics);
	}
	if (v->remote_metrics) {
		json_put_object(json, "remote_metrics");
		put_metrics(json, v->remote_metrics);
	}
	json_close(json, '}');
}

static void put_voice_reports(struct json *json, const struct tp_call *c)
{
	if (c->voice_report_count == 0) {
		return;
	}
	json_put_array(json, "voice_reports");
	for (size_t i = 0; i < c->voice_report_count; i++) {
		put_voice_report(json, &c->voice_reports[i]);
	}
	json_close(json, ']');
}

static void put_ladder(struct json *json, const struct tp_call *c)
{
	json_put_array(json, "ladder");
	for (size_t i = 0; i < c->ladder_count; i++) {
		json_open(json, '{');
		json_put_time(json, "time", c->ladder[i].time_ns);
		json_put_text(json, "capture", c->ladder[i].capture);
		json_put_count(json, "frame", c->ladder[i].frame);
		json_put_text(json, "src", c->ladder[i].src);
		json_put_text(json, "dst", c->ladder[i].dst);
		json_put_text(json, "text", c->ladder[i].text);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_frames(struct json *json, const struct tp_evidence *e)
{
	if (e->frame_count == 0) {
		return;
	}
	json_put_array(json, "frames");
	for (size_t i = 0; i < e->frame_count; i++) {
		json_value_integer(json, (int64_t)e->frames[i]);
	}
	json_close(json, ']');
}

static void put_evidence(struct json *json, const struct tp_finding *f)
{
	json_put_array(json, "evidence");
	for (size_t i = 0; i < f->evidence_count; i++) {
		json_open(json, '{');
		json_put_text(json, "capture", f->evidence[i].capture);
		json_put_count(json, "frame", f->evidence[i].frame);
		put_frames(json, &f->evidence[i]);
		json_put_time(json, "time", f->evidence[i].time_ns);
		json_put_text(json, "text", f->evidence[i].text);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_changes(struct json *json, const struct tp_finding *f)
{
	json_put_array(json, "changes");
	for (size_t i = 0; i < f->change_count; i++) {
		const struct tp_change *c = &f->changes[i];
		json_open(json, '{');
		json_put_text(json, "message", c->message);
		json_put_text(json, "field", c->field);
		json_put_text(json, "before", c->before);
		json_put_text(json, "after", c->after);
		json_put_text(json, "capture_before", c->capture_before);
		json_put_count(json, "frame_before", c->frame_before);
		json_put_text(json, "capture_after", c->capture_after);
		json_put_count(json, "frame_after", c->frame_after);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_against(struct json *json, const struct tp_finding *f)
{
	json_put_array(json, "against");
	for (size_t i = 0; i < f->against_count; i++) {
		json_open(json, '{');
		json_put_text(json, "text", f->against[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

void json_of_finding(struct json *json, const struct tp_finding *f)
{
	json_put_text(json, "id", f->id);
	json_put_text(json, "code", f->code);
	json_put_text(json, "cause", f->cause);
	json_put_text(json, "severity", f->severity);
	json_put_real(json, "confidence", f->confidence);
	json_put_texts(json, "calls", f->calls, f->call_count);
	json_put_count(json, "calls_total", f->calls_total);
	json_put_texts(json, "streams", f->streams, f->stream_count);
	json_put_texts(json, "endpoints", f->endpoints, f->endpoint_count);
	json_put_text(json, "vantage", f->vantage);
	json_put_time(json, "first_time", f->first_time_ns);
	json_put_time(json, "last_time", f->last_time_ns);
	json_put_text(json, "side", f->side);
	json_put_text(json, "summary", f->summary);
	json_put_text(json, "why", f->why);
	json_put_text(json, "remedy", f->remedy);
	put_evidence(json, f);
	if (f->change_count) {
		put_changes(json, f);
	}
	put_against(json, f);
	json_put_text(json, "would_settle", f->would_settle);
}

/* --- calls --- */

static void put_streams(struct json *json, const struct tp_call_report *report)
{
	json_put_array(json, "streams");
	for (size_t i = 0; i < report->stream_count; i++) {
		json_open(json, '{');
		json_of_stream(json, &report->streams[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void put_findings(struct json *json, const struct tp_call_report *report)
{
	json_put_array(json, "findings");
	for (size_t i = 0; i < report->finding_count; i++) {
		json_open(json, '{');
		json_of_finding(json, &report->findings[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* report: what a call that stands alone has in it, instead of names of it; or NULL. */
static void call_members(
    struct json *json, const struct tp_call *c, const struct tp_call_report *report)
{
	json_put_text(json, "id", report ? c->record_id : c->id);
	json_put_text(json, "record_id", c->record_id);
	json_put_text(json, "call_id", c->call_id);
	json_put_text(json, "signalling", c->signalling);
	json_put_text(json, "transport", c->transport);
	json_put_text(json, "from_uri", c->from_uri);
	json_put_text(json, "to_uri", c->to_uri);
	json_put_texts(json, "user_agents", c->user_agents, c->user_agent_count);
	json_put_text(json, "state", c->state);
	json_put_number(json, "status_code", c->status_code);
	json_put_time(json, "started", c->started_ns);
	json_put_time(json, "ringing", c->ringing_ns);
	json_put_time(json, "answered", c->answered_ns);
	json_put_time(json, "ended", c->ended_ns);
	json_put_real(json, "post_dial_delay_ms", c->post_dial_delay_ms);
	json_put_real(json, "setup_ms", c->setup_ms);
	json_put_real(json, "duration_ms", c->duration_ms);
	json_put_text(json, "ended_by", c->ended_by);
	json_put_count(json, "message_count", c->message_count);
	json_put_count(json, "retransmissions", c->retransmissions);
	put_legs(json, c);
	if (report) {
		put_streams(json, report);
	} else {
		json_put_texts(json, "streams", c->streams, c->stream_count);
	}
	json_put_real(json, "mos", c->mos);
	json_put_text(json, "mos_stream", c->mos_stream);
	json_put_real(json, "r_factor", c->r_factor);
	if (report) {
		put_findings(json, report);
	} else {
		json_put_texts(json, "findings", c->findings, c->finding_count);
	}
	put_voice_reports(json, c);
	if (c->ladder_count > 0) {
		put_ladder(json, c);
	}
}

void json_of_call(struct json *json, const struct tp_call *c)
{
	call_members(json, c, NULL);
}

void json_of_report(struct json *json, const struct tp_call_report *report)
{
	call_members(json, report->call, report);
	json_put_text(json, "schema", "talkpath/1");
}
