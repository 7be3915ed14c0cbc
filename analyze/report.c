/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <math.h>
#include <stdlib.h>

#include "call.h"
#include "dialog.h"
#include "encryption.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "ladder.h"
#include "mapping.h"
#include "quality.h"
#include "report_course.h"
#include "report_far_end.h"

static const size_t scratch_octets = 64 << 20;

static double ms_of(int64_t ns)
{
	return (double)ns / 1e6;
}

static int64_t time_of(const struct mark *mark)
{
	return mark->set ? mark->time_ns : TP_NO_TIME;
}

static double ms_between(const struct mark *from, const struct mark *to)
{
	return from->set && to->set ? ms_of(to->time_ns - from->time_ns) : (double)NAN;
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* --- streams --- */

static const char *media_name(uint8_t kind)
{
	switch ((enum sdp_media_kind)kind) {
	case SDP_AUDIO:
		return "audio";
	case SDP_VIDEO:
		return "video";
	case SDP_FAX:
		return "fax";
	case SDP_OTHER:
		break;
	}
	return "other";
}

static void payloads_fill(struct arena *arena, const struct desk_stream *s, struct tp_stream *out)
{
	unsigned count = s->measured ? s->summary.payload_count : 0;
	struct tp_payload *list = arena_take(arena, sizeof(*list) * count);

	for (unsigned i = 0; list && i < count; i++) {
		const struct media_trait *trait = &s->summary.payloads[i];
		struct codec_use use = quality_codec(s, trait->value);

		list[i] = (struct tp_payload){
		    .payload_type =
			trait->value == MEDIA_TRAIT_OTHER ? TP_NO_COUNT : (int)trait->value,
		    .codec = use.codec,
		    .clock_rate_hz = use.clock_rate_hz,
		    .packets = trait->packets,
		};
		out->payload_count++;
	}
	out->payloads = list;
}

static void dscps_fill(struct arena *arena, const struct desk_stream *s, struct tp_stream *out)
{
	unsigned count = s->measured ? s->summary.dscp_count : 0;
	struct tp_dscp *list = arena_take(arena, sizeof(*list) * count);

	for (unsigned i = 0; list && i < count; i++) {
		const struct media_trait *trait = &s->summary.dscps[i];

		list[i] = (struct tp_dscp){
		    .value = trait->value == MEDIA_TRAIT_OTHER ? TP_NO_COUNT : (int)trait->value,
		    .packets = trait->packets,
		};
		out->dscp_count++;
	}
	out->dscps = list;
}

static void packet_time_fill(const struct desk_stream *s, struct tp_stream *out)
{
	if (s->summary.timestamp_step && out->clock_rate_hz) {
		out->packet_time_ms = 1000.0 * s->summary.timestamp_step / out->clock_rate_hz;
	}
}

/* Jitter holds where the clock it was measured with is the stream's, and packets have times. */
static void jitter_fill(const struct desk *desk, const struct desk_stream *s, struct tp_stream *out)
{
	const struct media_summary *m = &s->summary;

	if (!desk->untimed[s->capture]) {
		out->delta_max_ms = ms_of(m->delta_max_ns);
	}
	if (out->delay_measured) {
		out->jitter_mean_ms = (double)m->jitter_sum_ns / m->jitter_count / 1e6;
		out->jitter_max_ms = (double)m->jitter_max_ns / 1e6;
	}
}

static void quality_fill(
    const struct desk *desk, const struct desk_stream *s, struct tp_stream *out)
{
	struct quality q = quality_of(desk, s);

	if (!q.rated) {
		return;
	}
	out->mos = q.mos;
	out->r_factor = q.rating;
	out->mos_kind = q.kind;
	out->mos_version = q.version;
	out->mos_ie = q.ie;
	out->mos_bpl = q.bpl;
	out->mos_plc = q.plc;
	out->mos_delay_ms = q.delay_ms;
	out->mos_delay_source = isnan(q.delay_ms) ? "none" : "rtcp";
	out->mos_estimate = q.estimate;
}

static void figures_fill(const struct desk *desk, struct arena *arena, const struct desk_stream *s,
    struct tp_stream *out)
{
	const struct media_summary *m = &s->summary;

	out->last_time_ns = m->last_time_ns;
	out->last_frame = m->last_frame;
	out->packets = m->packets;
	out->bytes = m->octets;
	out->expected = m->expected;
	out->lost = m->lost;
	out->duplicates = m->duplicates;
	out->reordered = m->reordered;
	out->restarts = m->restarts;
	out->loss_pct = m->expected ? 100.0 * (double)m->lost / (double)m->expected : (double)NAN;
	out->ttl_min = m->ttl_min;
	out->ttl_max = m->ttl_max;
	if (s->udptl) {
		return;
	}
	if (out->clock_rate_hz == 0) {
		out->clock_rate_hz = m->clock_rate_hz; /* inferred */
	}
	packet_time_fill(s, out);
	report_course(desk, arena, s, out);
	jitter_fill(desk, s, out);
	quality_fill(desk, s, out);
}

static const char *endpoint_text(struct arena *arena, const struct endpoint *e)
{
	char text[ENDPOINT_TEXT_MAX];

	return e->port ? arena_text(arena, text_of(endpoint_format(e, text))) : NULL;
}

static void path_fill(
    struct desk *desk, struct arena *arena, const struct desk_stream *s, struct tp_stream *out)
{
	struct mapping_path path = mapping_path(desk, s);

	out->encrypted = path.secured || s->encryption == ENCRYPTION_SRTP ? 1
			 : s->encryption == ENCRYPTION_NONE               ? 0
									  : TP_NO_COUNT;
	out->ice = path.nominated ? "nominated" : path.checked ? "checked" : NULL;
	out->relayed = path.relayed;
	out->relay_server = endpoint_text(arena, &path.server);
	out->relay_peer = endpoint_text(arena, &path.peer);
	out->relay_channel = path.channel ? path.channel : TP_NO_COUNT;
}

static const char *id_text(struct arena *arena, char prefix, uint32_t id)
{
	return arena_format(arena, "%c%u", prefix, id);
}

static struct tp_stream stream_record(
    struct desk *desk, struct arena *arena, const struct desk_stream *s)
{
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];
	uint8_t payload_type = quality_payload_type(s);
	struct codec_use use = quality_codec(s, payload_type);
	struct tp_stream out = {
	    .id = id_text(arena, 's', s->id),
	    .call = s->call != POOL_NONE && call_at(desk, s->call)->kind == CALL_DIALOG
			? id_text(arena, 'c', call_at(desk, s->call)->id)
			: NULL,
	    .media = media_name(s->kind),
	    .vantage = desk->config.vantages[s->vantage],
	    .src = arena_text(arena, text_of(endpoint_format(&s->src, src))),
	    .dst = arena_text(arena, text_of(endpoint_format(&s->dst, dst))),
	    .ssrc = s->ssrc,
	    .codec = use.codec,
	    .payload_type = s->udptl ? TP_NO_COUNT : payload_type,
	    .udptl = s->udptl,
	    .clock_rate_hz = use.clock_rate_hz,
	    .first_time_ns = s->first_ns,
	    .last_time_ns = TP_NO_TIME,
	    .first_frame = s->first_frame,
	    .loss_pct = (double)NAN,
	    .jitter_mean_ms = (double)NAN,
	    .jitter_max_ms = (double)NAN,
	    .delta_max_ms = (double)NAN,
	    .packet_time_ms = (double)NAN,
	    .mos = (double)NAN,
	    .r_factor = (double)NAN,
	    .round_trip_ms = s->round_trip_ms > 0 ? s->round_trip_ms : (double)NAN,
	};

	report_course_unknown(&out);
	payloads_fill(arena, s, &out);
	dscps_fill(arena, s, &out);
	path_fill(desk, arena, s, &out);
	if (s->measured) {
		figures_fill(desk, arena, s, &out);
	}
	out.rtcp = report_rtcp(desk, arena, s, out.clock_mismatch ? 0 : out.clock_rate_hz);
	return out;
}

/* --- calls --- */

static const char *record_id(
    const struct desk *desk, struct arena *arena, const struct call *call, int64_t started_ns)
{
	const struct text parts[] = {text_of(desk->config.site), text_of(call->aliases[0]),
	    text_of(call->from_tag), text_of(call->to_tag)};
	/* No key: the same call has the same id in every run and from every probe. */
	uint64_t high = (uint64_t)started_ns, low = ~high;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		high = hash_text(high, parts[i]);
		low = hash_text(low, parts[i]);
	}
	return arena_format(
	    arena, "%016llx%016llx", (unsigned long long)high, (unsigned long long)low);
}

static const char *const *ids_of_streams(
    const struct desk *desk, struct arena *arena, const struct call *call, size_t *count)
{
	const char **ids = arena_take(arena, sizeof(*ids) * call->stream_count);

	*count = 0;
	for (uint32_t n = call->first_stream; ids && n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		ids[(*count)++] = id_text(arena, 's', stream_at(desk, n)->id);
	}
	return ids;
}

static const char *const *ids_of(
    struct arena *arena, char prefix, const uint32_t *numbers, size_t count)
{
	const char **ids = arena_take(arena, sizeof(*ids) * count);

	for (size_t i = 0; ids && i < count; i++) {
		ids[i] = id_text(arena, prefix, numbers[i]);
	}
	return ids;
}

static void call_quality(
    struct desk *desk, struct arena *arena, const struct call *call, struct tp_call *out)
{
	struct quality q = {0};
	const struct desk_stream *s = quality_of_call(desk, call, &q);

	out->mos = s ? q.mos : (double)NAN;
	out->r_factor = s ? q.rating : (double)NAN;
	out->mos_stream = s ? id_text(arena, 's', s->id) : NULL;
}

static void legs_fill(struct arena *arena, const struct call *call, struct tp_call *out)
{
	struct tp_leg *list = arena_take(arena, sizeof(*list) * call->leg_count);

	for (unsigned i = 0; list && i < call->leg_count; i++) {
		const struct leg *leg = &call->legs[i];

		list[i] =
		    (struct tp_leg){id_text(arena, 'c', leg->call), leg->why, leg->confidence};
		out->leg_count++;
	}
	out->legs = list;
}

/* What is known of a call by its media alone. */
static void media_times_fill(const struct call *call, struct tp_call *out)
{
	out->started_ns = call->first_ns;
	if (text_equal(text_of(out->state), TEXT("completed"))) {
		out->ended_ns = call->last_ns;
		out->duration_ms = ms_of(call->last_ns - call->first_ns);
	}
}

static struct tp_call call_record(struct desk *desk, struct arena *arena, const struct call *call)
{
	static const struct observation nothing;
	const struct observation *o = dialog_primary(call);
	const char *state = call_state(call, desk->now_ns);
	const struct mark *rang;
	struct tp_call out;

	if (!o) {
		o = &nothing;
	}
	rang = o->ringing.set ? &o->ringing : &o->answered;
	out = (struct tp_call){
	    .id = id_text(arena, 'c', call->id),
	    .record_id =
		record_id(desk, arena, call, o->invite.set ? o->invite.time_ns : call->first_ns),
	    .call_id = call->aliases[0],
	    .signalling = call->media_alone ? "none" : "sip",
	    .transport = call->media_alone               ? NULL
			 : call->transport == SIGNAL_TCP ? "tcp"
							 : "udp",
	    .from_uri = or_null(call->from_uri),
	    .to_uri = or_null(call->to_uri),
	    .user_agents = call->user_agents,
	    .user_agent_count = call->user_agent_count,
	    .state = state,
	    .status_code = o->status ? (int)o->status : TP_NO_COUNT,
	    .started_ns = time_of(&o->invite),
	    .ringing_ns = time_of(&o->ringing),
	    .answered_ns = time_of(&o->answered),
	    .ended_ns = time_of(&o->ended),
	    .post_dial_delay_ms = ms_between(&o->invite, rang),
	    .setup_ms = ms_between(&o->invite, &o->answered),
	    .duration_ms = ms_between(&o->answered, &o->ended),
	    .ended_by = call_ended_by(call, state),
	    .message_count = o->messages,
	    .retransmissions = o->retransmissions,
	    .findings = ids_of(arena, 'f', call->findings, call->finding_count),
	    .finding_count = call->finding_count,
	};
	out.ladder = ladder_build(desk, arena, call, &out.ladder_count);
	out.streams = ids_of_streams(desk, arena, call, &out.stream_count);
	if (call->media_alone) {
		media_times_fill(call, &out);
	}
	legs_fill(arena, call, &out);
	out.voice_reports = report_voice(desk, arena, call, &out.voice_report_count);
	call_quality(desk, arena, call, &out);
	return out;
}

/* --- findings --- */

static const char *severity_name(enum finding_severity severity)
{
	static const char *const names[] = {
	    [SEVERITY_INFO] = "info",
	    [SEVERITY_WARNING] = "warning",
	    [SEVERITY_CRITICAL] = "critical",
	};

	return names[severity];
}

static const char *const *addresses_of(struct arena *arena, const struct finding *f)
{
	const char **list = arena_take(arena, sizeof(*list) * f->endpoint_count);

	for (unsigned i = 0; list && i < f->endpoint_count; i++) {
		char text[ADDRESS_TEXT_MAX];

		list[i] = arena_text(arena, text_of(address_format(&f->endpoints[i], text)));
	}
	return list;
}

static const struct tp_evidence *evidence_of(
    const struct desk *desk, struct arena *arena, const struct finding *f)
{
	struct tp_evidence *list = arena_take(arena, sizeof(*list) * f->evidence_count);

	for (unsigned i = 0; list && i < f->evidence_count; i++) {
		const struct mark *mark = &f->evidence[i].mark;
		const struct frame_list *frames =
		    frames_find(&desk->frames, mark->capture, mark->frame);

		list[i] = (struct tp_evidence){
		    .capture = desk->config.captures[mark->capture],
		    .frame = mark->frame,
		    .frames = frames ? frames->at : NULL,
		    .frame_count = frames ? frames->count : 0,
		    .time_ns = mark->time_ns,
		    .text = f->evidence[i].text,
		};
	}
	return list;
}

static const struct tp_change *changes_of(
    const struct desk *desk, struct arena *arena, const struct finding *f)
{
	struct tp_change *list = arena_take(arena, sizeof(*list) * f->change_count);

	for (unsigned i = 0; list && i < f->change_count; i++) {
		const struct finding_change *c = &f->changes[i];

		list[i] = (struct tp_change){
		    .message = c->message,
		    .field = c->field,
		    .before = c->before,
		    .after = c->after,
		    .capture_before = desk->config.captures[c->mark_before.capture],
		    .capture_after = desk->config.captures[c->mark_after.capture],
		    .frame_before = c->mark_before.frame,
		    .frame_after = c->mark_after.frame,
		};
	}
	return list;
}

static struct tp_finding finding_record(
    const struct desk *desk, struct arena *arena, const struct finding *f)
{
	return (struct tp_finding){
	    .id = id_text(arena, 'f', f->id),
	    .code = f->code,
	    .cause = f->cause,
	    .severity = severity_name(f->severity),
	    .confidence = f->confidence,
	    .calls = ids_of(arena, 'c', f->calls, f->call_count),
	    .call_count = f->call_count,
	    .calls_total = f->calls_total,
	    .streams = ids_of(arena, 's', f->streams, f->stream_count),
	    .stream_count = f->stream_count,
	    .endpoints = addresses_of(arena, f),
	    .endpoint_count = f->endpoint_count,
	    .vantage = f->vantage,
	    .first_time_ns = f->first_ns,
	    .last_time_ns = f->last_ns,
	    .summary = f->summary,
	    .why = f->why,
	    .remedy = f->remedy,
	    .evidence = evidence_of(desk, arena, f),
	    .evidence_count = f->evidence_count,
	    .changes = changes_of(desk, arena, f),
	    .change_count = f->change_count,
	    .against = f->against,
	    .against_count = f->against_count,
	    .would_settle = f->would_settle,
	};
}

/* --- one call, when it is closed --- */

static void report_visit(
    struct desk *desk, const struct call *call, tp_report_visitor *visit, void *context)
{
	struct arena arena = {.limit = scratch_octets};
	struct tp_call record = call_record(desk, &arena, call);
	struct tp_stream *streams = arena_take(&arena, sizeof(*streams) * call->stream_count);
	struct tp_finding *findings = arena_take(&arena, sizeof(*findings) * call->finding_count);
	struct tp_call_report report = {&record, streams, 0, findings, 0};

	for (uint32_t n = call->first_stream; streams && n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		streams[report.stream_count++] = stream_record(desk, &arena, stream_at(desk, n));
	}
	for (unsigned i = 0; findings && i < call->finding_count; i++) {
		const struct finding *f = finding_at(desk, call->findings[i] - 1);

		findings[report.finding_count++] = finding_record(desk, &arena, f);
	}
	visit(context, &report);
	arena_free(&arena);
}

void report_call(struct desk *desk, const struct call *call)
{
	report_visit(desk, call, desk->config.call, desk->config.call_context);
}

/* --- everything, at the end --- */

void report_each_call(struct desk *desk, tp_call_visitor *visit, void *context)
{
	for (uint32_t n = desk->oldest_call; n != POOL_NONE; n = call_at(desk, n)->newer) {
		struct arena arena = {.limit = scratch_octets};
		struct tp_call record = call_record(desk, &arena, call_at(desk, n));

		visit(context, &record);
		arena_free(&arena);
	}
}

void report_each_report(struct desk *desk, tp_report_visitor *visit, void *context)
{
	for (uint32_t n = desk->oldest_call; n != POOL_NONE; n = call_at(desk, n)->newer) {
		report_visit(desk, call_at(desk, n), visit, context);
	}
}

void report_each_stream(struct desk *desk, tp_stream_visitor *visit, void *context)
{
	for (uint32_t n = desk->oldest_stream; n != POOL_NONE; n = stream_at(desk, n)->newer) {
		struct arena arena = {.limit = scratch_octets};
		struct tp_stream record = stream_record(desk, &arena, stream_at(desk, n));

		visit(context, &record);
		arena_free(&arena);
	}
}

void report_each_finding(struct desk *desk, tp_finding_visitor *visit, void *context)
{
	for (uint32_t i = 0; i < desk->findings.used; i++) {
		struct arena arena = {.limit = scratch_octets};
		struct tp_finding record = finding_record(desk, &arena, finding_at(desk, i));

		visit(context, &record);
		arena_free(&arena);
	}
}

static const char *nat_of(const struct endpoint_entry *entry)
{
	if (entry->translated) {
		return "behind-nat";
	}
	if (entry->untranslated) {
		return "none";
	}
	return "unknown";
}

static void mappings_fill(const struct desk *desk, struct arena *arena,
    const struct endpoint_entry *entry, struct tp_endpoint *out)
{
	struct tp_mapping *list = arena_take(arena, sizeof(*list) * entry->mapping_count);

	for (unsigned i = 0; list && i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->mappings[i];

		list[i] = (struct tp_mapping){
		    .local = endpoint_text(arena, &m->local),
		    .address = endpoint_text(arena, &m->address),
		    .server = endpoint_text(arena, &m->server),
		    .relayed = m->relayed,
		    .capture = desk->config.captures[m->proof.capture],
		    .frame = m->proof.frame,
		    .time_ns = m->proof.time_ns,
		};
		out->mapping_count++;
	}
	out->mappings = list;
}

static const struct tp_stun_server *stun_of(struct arena *arena, const struct endpoint_entry *entry)
{
	const struct stun_tally *t = &entry->stun;
	struct tp_stun_server *out = t->requests ? arena_take(arena, sizeof(*out)) : NULL;

	if (out) {
		*out = (struct tp_stun_server){
		    .requests = t->requests,
		    .retransmissions = t->retransmissions,
		    .answers = t->answers,
		    .errors = t->errors,
		    .unanswered = t->unanswered,
		    .round_trip_ms =
			t->round_trips ? ms_of(t->round_trip_sum_ns) / t->round_trips : (double)NAN,
		};
	}
	return out;
}

static struct tp_endpoint endpoint_record(
    const struct desk *desk, struct arena *arena, uint32_t number)
{
	const struct endpoint_entry *entry = pool_at(&desk->endpoints, number);
	struct tp_endpoint_vantage *views;
	char text[ADDRESS_TEXT_MAX];
	struct tp_endpoint out = {
	    .id = id_text(arena, 'e', number + 1),
	    .address = arena_text(arena, text_of(address_format(&entry->address, text))),
	    .role = endpoint_role(entry),
	    .user_agents = entry->user_agents,
	    .user_agent_count = entry->user_agent_count,
	    .nat = nat_of(entry),
	    .stun = stun_of(arena, entry),
	};

	mappings_fill(desk, arena, entry, &out);
	for (const struct endpoint_view *v = entry->views; v; v = v->next) {
		out.vantage_count++;
	}
	views = arena_take(arena, sizeof(*views) * out.vantage_count);
	out.vantages = views;
	for (const struct endpoint_view *v = entry->views; views && v; v = v->next) {
		*views++ = (struct tp_endpoint_vantage){
		    .vantage = desk->config.vantages[v->vantage],
		    .side = v->side,
		    .because = v->because,
		};
	}
	return out;
}

void report_each_endpoint(struct desk *desk, tp_endpoint_visitor *visit, void *context)
{
	for (uint32_t i = 0; i < desk->endpoints.used; i++) {
		struct arena arena = {.limit = scratch_octets};
		struct tp_endpoint record = endpoint_record(desk, &arena, i);

		visit(context, &record);
		arena_free(&arena);
	}
}
