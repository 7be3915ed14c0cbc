/* SPDX-License-Identifier: Apache-2.0 */
#include "json.h"

#include <stdio.h>
#include <time.h>

#include "json_put.h"

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

json_t *json_of_capture(const struct tp_capture *c)
{
	json_t *out = json_object();
	json_t *interfaces = json_array();

	json_put_text(out, "file", c->file);
	json_put_text(out, "vantage", c->vantage);
	for (size_t i = 0; i < c->interface_count; i++) {
		json_t *interface = json_object();

		json_put_text(interface, "name", c->interfaces[i].name);
		json_put_text(interface, "link_type", c->interfaces[i].link_type);
		if (c->interfaces[i].snap_length) {
			json_put_count(interface, "snap_length", c->interfaces[i].snap_length);
		}
		json_array_append_new(interfaces, interface);
	}
	json_object_set_new(out, "interfaces", interfaces);
	json_put_count(out, "packets", c->packets);
	json_put_count(out, "bytes", c->bytes);
	json_put_time(out, "first_time", c->first_time_ns);
	json_put_time(out, "last_time", c->last_time_ns);
	json_object_set_new(out, "truncated", json_boolean(c->truncated));
	json_put_count(out, "snap_cut", c->snap_cut);
	json_put_count(out, "duplicates_removed", c->duplicates_removed);
	if (c->clock_aligned) {
		json_object_set_new(out, "clock_offset_ns", json_integer(c->clock_offset_ns));
		json_object_set_new(out, "clock_error_ns",
		    c->clock_error_ns < 0 ? json_null() : json_integer(c->clock_error_ns));
	}
	json_put_counts(out, "decoded", c->decoded, c->decoded_count);
	json_put_counts(out, "not_decoded", c->not_decoded, c->not_decoded_count);
	json_put_counts(out, "malformed", c->malformed, c->malformed_count);
	if (c->live) {
		json_put_counts(out, "dropped", c->dropped, c->dropped_count);
	}
	return out;
}

static json_t *mappings_of(const struct tp_endpoint *e)
{
	json_t *array = json_array();

	for (size_t i = 0; i < e->mapping_count; i++) {
		const struct tp_mapping *m = &e->mappings[i];
		json_t *item = json_object();

		json_put_text(item, "local", m->local);
		json_put_text(item, "address", m->address);
		json_put_text(item, "server", m->server);
		json_object_set_new(item, "relayed", json_boolean(m->relayed));
		json_put_text(item, "capture", m->capture);
		json_put_count(item, "frame", m->frame);
		json_put_time(item, "time", m->time_ns);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *stun_of(const struct tp_stun_server *s)
{
	json_t *out = json_object();

	json_put_count(out, "requests", s->requests);
	json_put_count(out, "retransmissions", s->retransmissions);
	json_put_count(out, "answers", s->answers);
	json_put_count(out, "errors", s->errors);
	json_put_count(out, "unanswered", s->unanswered);
	json_put_real(out, "round_trip_ms", s->round_trip_ms);
	return out;
}

json_t *json_of_endpoint(const struct tp_endpoint *e)
{
	json_t *out = json_object();
	json_t *vantages = json_array();

	json_put_text(out, "id", e->id);
	json_put_text(out, "address", e->address);
	json_put_text(out, "role", e->role);
	for (size_t i = 0; i < e->vantage_count; i++) {
		json_t *vantage = json_object();

		json_put_text(vantage, "vantage", e->vantages[i].vantage);
		json_put_text(vantage, "side", e->vantages[i].side);
		json_put_text(vantage, "because", e->vantages[i].because);
		json_array_append_new(vantages, vantage);
	}
	json_object_set_new(out, "vantage_of", vantages);
	json_put_texts(out, "user_agents", e->user_agents, e->user_agent_count);
	json_put_text(out, "nat", e->nat);
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

		json_put_text(leg, "call", c->legs[i].call);
		json_put_text(leg, "why", c->legs[i].why);
		json_put_real(leg, "confidence", c->legs[i].confidence);
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
	json_put_texts(out, "streams", m->streams, m->stream_count);
	json_put_text(out, "start", m->start);
	json_put_text(out, "stop", m->stop);
	json_put_text(out, "codec", m->codec);
	json_put_figures(out, m->figures, m->figure_count);
	json_object_set_new(report, key, out);
}

static json_t *voice_report_of(const struct tp_voice_report *v)
{
	json_t *out = json_object();

	json_put_text(out, "kind", v->kind);
	json_put_text(out, "capture", v->capture);
	json_put_count(out, "frame", v->frame);
	json_put_time(out, "time", v->time_ns);
	json_put_text(out, "local_id", v->local_id);
	json_put_text(out, "remote_id", v->remote_id);
	json_put_text(out, "orig_id", v->orig_id);
	json_put_text(out, "local", v->local);
	json_put_text(out, "remote", v->remote);
	json_put_text(out, "alert_type", v->alert_type);
	json_put_text(out, "alert_severity", v->alert_severity);
	json_put_text(out, "alert_direction", v->alert_direction);
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

		json_put_time(step, "time", c->ladder[i].time_ns);
		json_put_text(step, "capture", c->ladder[i].capture);
		json_put_count(step, "frame", c->ladder[i].frame);
		json_put_text(step, "src", c->ladder[i].src);
		json_put_text(step, "dst", c->ladder[i].dst);
		json_put_text(step, "text", c->ladder[i].text);
		json_array_append_new(array, step);
	}
	return array;
}

json_t *json_of_call(const struct tp_call *c)
{
	json_t *out = json_object();

	json_put_text(out, "id", c->id);
	json_put_text(out, "record_id", c->record_id);
	json_put_text(out, "call_id", c->call_id);
	json_put_text(out, "signalling", c->signalling);
	json_put_text(out, "transport", c->transport);
	json_put_text(out, "from_uri", c->from_uri);
	json_put_text(out, "to_uri", c->to_uri);
	json_put_texts(out, "user_agents", c->user_agents, c->user_agent_count);
	json_put_text(out, "state", c->state);
	json_put_number(out, "status_code", c->status_code);
	json_put_time(out, "started", c->started_ns);
	json_put_time(out, "ringing", c->ringing_ns);
	json_put_time(out, "answered", c->answered_ns);
	json_put_time(out, "ended", c->ended_ns);
	json_put_real(out, "post_dial_delay_ms", c->post_dial_delay_ms);
	json_put_real(out, "setup_ms", c->setup_ms);
	json_put_real(out, "duration_ms", c->duration_ms);
	json_put_text(out, "ended_by", c->ended_by);
	json_put_count(out, "message_count", c->message_count);
	json_put_count(out, "retransmissions", c->retransmissions);
	json_object_set_new(out, "legs", legs_of(c));
	json_put_texts(out, "streams", c->streams, c->stream_count);
	json_put_real(out, "mos", c->mos);
	json_put_text(out, "mos_stream", c->mos_stream);
	json_put_real(out, "r_factor", c->r_factor);
	json_put_texts(out, "findings", c->findings, c->finding_count);
	put_voice_reports(out, c);
	if (c->ladder_count > 0) {
		json_object_set_new(out, "ladder", ladder_of(c));
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

		json_put_text(item, "capture", f->evidence[i].capture);
		json_put_count(item, "frame", f->evidence[i].frame);
		put_frames(item, &f->evidence[i]);
		json_put_time(item, "time", f->evidence[i].time_ns);
		json_put_text(item, "text", f->evidence[i].text);
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

		json_put_text(item, "message", c->message);
		json_put_text(item, "field", c->field);
		json_put_text(item, "before", c->before);
		json_put_text(item, "after", c->after);
		json_put_text(item, "capture_before", c->capture_before);
		json_put_count(item, "frame_before", c->frame_before);
		json_put_text(item, "capture_after", c->capture_after);
		json_put_count(item, "frame_after", c->frame_after);
		json_array_append_new(array, item);
	}
	return array;
}

static json_t *against_of(const struct tp_finding *f)
{
	json_t *array = json_array();

	for (size_t i = 0; i < f->against_count; i++) {
		json_t *item = json_object();

		json_put_text(item, "text", f->against[i]);
		json_array_append_new(array, item);
	}
	return array;
}

json_t *json_of_finding(const struct tp_finding *f)
{
	json_t *out = json_object();

	json_put_text(out, "id", f->id);
	json_put_text(out, "code", f->code);
	json_put_text(out, "cause", f->cause);
	json_put_text(out, "severity", f->severity);
	json_put_real(out, "confidence", f->confidence);
	json_put_texts(out, "calls", f->calls, f->call_count);
	json_put_count(out, "calls_total", f->calls_total);
	json_put_texts(out, "streams", f->streams, f->stream_count);
	json_put_texts(out, "endpoints", f->endpoints, f->endpoint_count);
	json_put_text(out, "vantage", f->vantage);
	json_put_time(out, "first_time", f->first_time_ns);
	json_put_time(out, "last_time", f->last_time_ns);
	json_put_text(out, "side", f->side);
	json_put_text(out, "summary", f->summary);
	json_put_text(out, "why", f->why);
	json_put_text(out, "remedy", f->remedy);
	json_object_set_new(out, "evidence", evidence_of(f));
	if (f->change_count) {
		json_object_set_new(out, "changes", changes_of(f));
	}
	json_object_set_new(out, "against", against_of(f));
	json_put_text(out, "would_settle", f->would_settle);
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
	json_put_text(out, "schema", "talkpath/1");
	json_put_text(out, "id", report->call->record_id);
	json_object_set_new(out, "streams", streams);
	json_object_set_new(out, "findings", findings);
	return out;
}
