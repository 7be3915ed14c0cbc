/* SPDX-License-Identifier: Apache-2.0 */
#include "filter_field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "json.h"

/* --- values that may be absent --- */

static bool number(filter_visit *visit, void *context, double value)
{
	return isfinite(value) && visit(context, &(struct filter_value){NULL, value});
}

static bool text(filter_visit *visit, void *context, const char *value)
{
	return value && visit(context, &(struct filter_value){value, 0});
}

static bool time_text(filter_visit *visit, void *context, int64_t time_ns)
{
	char out[JSON_TIME_MAX];

	return time_ns != TP_NO_TIME && text(visit, context, json_time_text(time_ns, out));
}

/* --- of the call --- */

#define OF_CALL(name, take, member)                                             \
	static bool walk_##name(                                                \
	    const struct tp_call_report *r, filter_visit *visit, void *context) \
	{                                                                       \
		return take(visit, context, r->call->member);                   \
	}

OF_CALL(id, text, id)
OF_CALL(call_id, text, call_id)
OF_CALL(signalling, text, signalling)
OF_CALL(from, text, from_uri)
OF_CALL(to, text, to_uri)
OF_CALL(state, text, state)
OF_CALL(ended_by, text, ended_by)
OF_CALL(started, time_text, started_ns)
OF_CALL(answered, time_text, answered_ns)
OF_CALL(ended, time_text, ended_ns)
OF_CALL(mos, number, mos)
OF_CALL(r_factor, number, r_factor)
OF_CALL(pdd, number, post_dial_delay_ms)
OF_CALL(setup, number, setup_ms)

static bool walk_status(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	int status = r->call->status_code;

	return number(visit, context, status == TP_NO_COUNT ? (double)NAN : status);
}

static bool walk_duration(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	return number(visit, context, r->call->duration_ms / 1000);
}

static bool walk_messages(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	return number(visit, context, (double)r->call->message_count);
}

static bool walk_retransmissions(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	return number(visit, context, (double)r->call->retransmissions);
}

static bool walk_streams(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	return number(visit, context, (double)r->stream_count);
}

static bool walk_user_agent(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	for (size_t i = 0; i < r->call->user_agent_count; i++) {
		if (text(visit, context, r->call->user_agents[i])) {
			return true;
		}
	}
	return false;
}

/* --- of its streams --- */

#define OF_STREAMS(name, take, expression)                                      \
	static bool walk_##name(                                                \
	    const struct tp_call_report *r, filter_visit *visit, void *context) \
	{                                                                       \
		for (size_t i = 0; i < r->stream_count; i++) {                  \
			const struct tp_stream *s = &r->streams[i];             \
                                                                                \
			if (take(visit, context, expression)) {                 \
				return true;                                    \
			}                                                       \
		}                                                               \
		return false;                                                   \
	}

OF_STREAMS(loss, number, s->loss_pct)
OF_STREAMS(lost, number, s->udptl ? (double)NAN : (double)s->lost)
OF_STREAMS(packets, number, (double)s->packets)
OF_STREAMS(jitter, number, s->jitter_mean_ms)
OF_STREAMS(jitter_max, number, s->jitter_max_ms)
OF_STREAMS(delta_max, number, s->delta_max_ms)
OF_STREAMS(stream_mos, number, s->mos)
OF_STREAMS(codec, text, s->codec)
OF_STREAMS(media, text, s->media)
OF_STREAMS(src, text, s->src)
OF_STREAMS(dst, text, s->dst)
OF_STREAMS(vantage, text, s->vantage)

static bool walk_address(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	return walk_src(r, visit, context) || walk_dst(r, visit, context);
}

static bool walk_ssrc(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	for (size_t i = 0; i < r->stream_count; i++) {
		char out[16];

		(void)snprintf(out, sizeof(out), "0x%08x", r->streams[i].ssrc);
		if (!r->streams[i].udptl && text(visit, context, out)) {
			return true;
		}
	}
	return false;
}

static bool walk_dscp(const struct tp_call_report *r, filter_visit *visit, void *context)
{
	for (size_t i = 0; i < r->stream_count; i++) {
		for (size_t k = 0; k < r->streams[i].dscp_count; k++) {
			if (number(visit, context, r->streams[i].dscps[k].value)) {
				return true;
			}
		}
	}
	return false;
}

/* --- of its findings --- */

#define OF_FINDINGS(name, take, member)                                         \
	static bool walk_##name(                                                \
	    const struct tp_call_report *r, filter_visit *visit, void *context) \
	{                                                                       \
		for (size_t i = 0; i < r->finding_count; i++) {                 \
			if (take(visit, context, r->findings[i].member)) {      \
				return true;                                    \
			}                                                       \
		}                                                               \
		return false;                                                   \
	}

OF_FINDINGS(finding, text, code)
OF_FINDINGS(cause, text, cause)
OF_FINDINGS(severity, text, severity)
OF_FINDINGS(confidence, number, confidence)

static const struct filter_field fields[] = {
    {"id", true, walk_id},
    {"call_id", true, walk_call_id},
    {"signalling", true, walk_signalling},
    {"from", true, walk_from},
    {"from_uri", true, walk_from},
    {"to", true, walk_to},
    {"to_uri", true, walk_to},
    {"state", true, walk_state},
    {"status", false, walk_status},
    {"status_code", false, walk_status},
    {"ended_by", true, walk_ended_by},
    {"started", true, walk_started},
    {"answered", true, walk_answered},
    {"ended", true, walk_ended},
    {"duration_s", false, walk_duration},
    {"post_dial_delay_ms", false, walk_pdd},
    {"setup_ms", false, walk_setup},
    {"messages", false, walk_messages},
    {"retransmissions", false, walk_retransmissions},
    {"user_agent", true, walk_user_agent},
    {"mos", false, walk_mos},
    {"r_factor", false, walk_r_factor},
    {"streams", false, walk_streams},
    {"stream_mos", false, walk_stream_mos},
    {"loss_pct", false, walk_loss},
    {"lost", false, walk_lost},
    {"packets", false, walk_packets},
    {"jitter_ms", false, walk_jitter},
    {"jitter_mean_ms", false, walk_jitter},
    {"jitter_max_ms", false, walk_jitter_max},
    {"delta_max_ms", false, walk_delta_max},
    {"codec", true, walk_codec},
    {"media", true, walk_media},
    {"address", true, walk_address},
    {"src", true, walk_src},
    {"dst", true, walk_dst},
    {"ssrc", true, walk_ssrc},
    {"dscp", false, walk_dscp},
    {"vantage", true, walk_vantage},
    {"finding", true, walk_finding},
    {"findings", true, walk_finding},
    {"cause", true, walk_cause},
    {"severity", true, walk_severity},
    {"confidence", false, walk_confidence},
};

const struct filter_field *filter_field(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strlen(fields[i].name) == length &&
		    strncmp(fields[i].name, name, length) == 0) {
			return &fields[i];
		}
	}
	return NULL;
}
