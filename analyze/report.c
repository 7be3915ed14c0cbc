/* SPDX-License-Identifier: Apache-2.0 */
#include "report.h"

#include <math.h>
#include <stdio.h>

#include "call.h"
#include "dialog.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "ladder.h"
#include "legs.h"
#include "quality.h"
#include "report_far_end.h"
#include "report_stream.h"
#include "report_text.h"
#include "stream.h"

enum { RATED_AT_ONCE = 16 }; /* calls whose memory is asked for together */

static int64_t time_of(const struct mark *mark)
{
	return mark->set ? mark->time_ns : TP_NO_TIME;
}

static double ms_between(const struct mark *from, const struct mark *to)
{
	return from->set && to->set ? report_ms(to->time_ns - from->time_ns) : (double)NAN;
}

static const char *or_null(const char *text)
{
	return text && *text ? text : NULL;
}

/* --- calls --- */

/* 32 hexadecimal digits. */
static const char *id_text(struct arena *arena, uint64_t high, uint64_t low)
{
	static const char digits[] = "0123456789abcdef";
	char text[32];

	for (unsigned i = 0; i < 16; i++) {
		text[i] = digits[high >> (60 - 4 * i) & 15];
		text[16 + i] = digits[low >> (60 - 4 * i) & 15];
	}
	return arena_text(arena, (struct text){text, sizeof(text)});
}

static const char *record_id(
    const struct desk *desk, struct arena *arena, const struct call *call, int64_t started_ns)
{
	const struct text parts[] = {text_of(desk->config.site), text_of(call_id_of(call)),
	    text_of(call_name(call, NAME_FROM_TAG)), text_of(call->to_tag)};
	/* No key: the same call has the same id in every run and from every probe. */
	uint64_t high = (uint64_t)started_ns, low = ~high;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
		high = hash_lasting(high, parts[i]);
		low = hash_lasting(low, parts[i]);
	}
	return id_text(arena, high, low);
}

/* Those that are there: a call may outlive what it was found to suffer from. */
static const char *const *ids_of_findings(
    const struct desk *desk, struct arena *arena, const struct call *call, size_t *count)
{
	const char **ids = arena_take(arena, sizeof(*ids) * CALL_FINDINGS_MAX);

	*count = 0;
	for (unsigned i = 0; ids && i < call->finding_count; i++) {
		if (finding_of_id(desk, call_rare(call)->findings[i])) {
			ids[(*count)++] = report_id(arena, 'f', call_rare(call)->findings[i]);
		}
	}
	return ids;
}

static const char *const *ids_of_streams(
    const struct desk *desk, struct arena *arena, const struct call *call, size_t *count)
{
	const char **ids = arena_take(arena, sizeof(*ids) * call->stream_count);

	*count = 0;
	for (uint32_t n = call->first_stream; ids && n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		ids[(*count)++] = report_id(arena, 's', stream_at(desk, n)->id);
	}
	return ids;
}

static const char *const *ids_of(
    struct arena *arena, char prefix, const uint32_t *numbers, size_t count)
{
	const char **ids = arena_take(arena, sizeof(*ids) * count);

	for (size_t i = 0; ids && i < count; i++) {
		ids[i] = report_id(arena, prefix, numbers[i]);
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
	out->mos_stream = s ? report_id(arena, 's', s->id) : NULL;
}

static void legs_fill(struct arena *arena, const struct call *call, struct tp_call *out)
{
	struct tp_leg *list = arena_take(arena, sizeof(*list) * call->leg_count);

	for (unsigned i = 0; list && i < call->leg_count; i++) {
		const struct leg *leg = &call_rare(call)->legs[i];

		list[i] = (struct tp_leg){
		    report_id(arena, 'c', leg->call), leg_why(leg), leg_confidence(leg)};
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
		out->duration_ms = report_ms(call->last_ns - call->first_ns);
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
	    .id = report_id(arena, 'c', call->id),
	    .record_id =
		record_id(desk, arena, call, o->invite.set ? o->invite.time_ns : call->first_ns),
	    .call_id = call_id_of(call),
	    .signalling = call->media_alone ? "none" : "sip",
	    .transport = call->media_alone               ? NULL
			 : call->transport == SIGNAL_TCP ? "tcp"
							 : "udp",
	    .from_uri = or_null(call_uri(call, PARTY_CALLER)),
	    .to_uri = or_null(call_uri(call, PARTY_CALLEE)),
	    .user_agents = call->user_agent_count > 0 ? call_user_agents(call) : NULL,
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
	};
	out.findings = ids_of_findings(desk, arena, call, &out.finding_count);
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

/* "One-way audio: ..." is a claim: of a hint it becomes "Perhaps one-way audio: ...". */
static const char *summary_of(struct arena *arena, const struct finding *f)
{
	static const char *const claims[] = {
	    "One-way audio: ", "Symmetric media: ", "Packet loss: ", "High jitter: "};

	for (size_t i = 0; f->confidence < FINDING_HINT && i < sizeof(claims) / sizeof(claims[0]);
	     i++) {
		if (text_starts(text_of(f->summary), text_of(claims[i]))) {
			return arena_format(
			    arena, "Perhaps %c%s", text_lower(f->summary[0]), f->summary + 1);
		}
	}
	return f->summary;
}

static struct tp_finding finding_record(
    const struct desk *desk, struct arena *arena, const struct finding *f)
{
	return (struct tp_finding){
	    .id = report_id(arena, 'f', f->id),
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
	    .summary = summary_of(arena, f),
	    .why = f->why,
	    .remedy = f->remedy,
	    .evidence = evidence_of(desk, arena, f),
	    .evidence_count = f->evidence_count,
	    .changes = changes_of(desk, arena, f),
	    .change_count = f->change_count,
	    .against = f->against,
	    .against_count = f->against_count,
	    .would_settle = f->would_settle,
	    .side = finding_side_name(f->side),
	};
}

/* --- one call, when it is closed --- */

static void report_visit(
    struct desk *desk, const struct call *call, tp_report_visitor *visit, void *context)
{
	struct arena arena = {.limit = REPORT_SCRATCH_OCTETS};
	struct tp_call record = call_record(desk, &arena, call);
	struct tp_stream *streams = arena_take(&arena, sizeof(*streams) * call->stream_count);
	struct tp_finding *findings = arena_take(&arena, sizeof(*findings) * call->finding_count);
	struct tp_call_report report = {&record, streams, 0, findings, 0};

	for (uint32_t n = call->first_stream; streams && n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		streams[report.stream_count++] = report_stream(desk, &arena, stream_at(desk, n));
	}
	for (unsigned i = 0; findings && i < call->finding_count; i++) {
		const struct finding *f = finding_of_id(desk, call_rare(call)->findings[i]);

		if (f) {
			findings[report.finding_count++] = finding_record(desk, &arena, f);
		}
	}
	visit(context, &report);
	arena_free(&arena);
}

void report_call(struct desk *desk, const struct call *call)
{
	report_visit(desk, call, desk->config.call, desk->config.call_context);
}

/* --- everything, at the end --- */

void report_first_calls(struct desk *desk, size_t limit, tp_call_visitor *visit, void *context)
{
	struct arena arena = {.limit = REPORT_SCRATCH_OCTETS};
	uint32_t n = desk->oldest_call;

	for (size_t i = 0; i < limit && n != POOL_NONE; i++, n = call_at(desk, n)->newer) {
		struct tp_call record;

		arena_expect(&arena, REPORT_USUAL_OCTETS);
		record = call_record(desk, &arena, call_at(desk, n));
		visit(context, &record);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

void report_each_report(struct desk *desk, tp_report_visitor *visit, void *context)
{
	for (uint32_t n = desk->oldest_call; n != POOL_NONE; n = call_at(desk, n)->newer) {
		report_visit(desk, call_at(desk, n), visit, context);
	}
}

void report_first_streams(struct desk *desk, size_t limit, tp_stream_visitor *visit, void *context)
{
	struct arena arena = {.limit = REPORT_SCRATCH_OCTETS};
	uint32_t n = desk->oldest_stream;

	for (size_t i = 0; i < limit && n != POOL_NONE; i++, n = stream_at(desk, n)->newer) {
		struct tp_stream record;

		arena_expect(&arena, REPORT_USUAL_OCTETS);
		record = report_stream(desk, &arena, stream_at(desk, n));
		visit(context, &record);
		arena_reset(&arena);
	}
	arena_free(&arena);
}

static void totals_rate(
    struct desk *desk, const struct call *call, double poor_mos, struct tp_totals *out)
{
	struct quality q;
	const struct desk_stream *s = quality_of_call(desk, call, &q);

	if (!s) {
		return;
	}
	if (s->summary->packets < desk->config.thresholds.quality_packets) {
		out->scanty_calls++;
		if (s->summary->packets > out->scanty_packets) {
			out->scanty_packets = s->summary->packets;
		}
		return;
	}
	out->rated_calls++;
	out->poor_calls += q.mos < poor_mos;
	if (!(q.mos >= out->worst_mos)) {
		char listener[ENDPOINT_TEXT_MAX];

		out->worst_mos = q.mos;
		(void)snprintf(out->worst_call, sizeof(out->worst_call), "c%u", call->id);
		(void)snprintf(out->worst_listener, sizeof(out->worst_listener), "%s",
		    endpoint_format(&s->dst, listener));
	}
}

/* The next calls in the order of birth, and what their rating looks at on its way. */
static unsigned calls_next(
    const struct desk *desk, uint32_t *next, struct call *calls[RATED_AT_ONCE])
{
	unsigned count = 0;

	for (; *next != POOL_NONE && count < RATED_AT_ONCE; *next = calls[count++]->newer) {
		/* Born one after the other they mostly stand so, too. */
		memory_fetch(call_at(desk, *next + RATED_AT_ONCE), sizeof(struct call));
		calls[count] = call_at(desk, *next);
	}
	for (unsigned i = 0; i < count; i++) {
		streams_fetch(desk, calls[i]);
	}
	for (unsigned i = 0; i < count; i++) {
		streams_fetch_rest(desk, calls[i]);
	}
	return count;
}

void report_totals(struct desk *desk, double poor_mos, struct tp_totals *out)
{
	uint32_t next = desk->oldest_call;
	struct call *calls[RATED_AT_ONCE];

	*out = (struct tp_totals){.worst_mos = (double)NAN, .streams = pool_count(&desk->streams)};
	while (next != POOL_NONE) {
		unsigned count = calls_next(desk, &next, calls);

		for (unsigned i = 0; i < count; i++) {
			totals_rate(desk, calls[i], poor_mos, out);
		}
		out->calls += count;
	}
}

void report_each_finding(struct desk *desk, tp_finding_visitor *visit, void *context)
{
	for (struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		struct arena arena = {.limit = REPORT_SCRATCH_OCTETS};
		struct tp_finding record = finding_record(desk, &arena, f);

		visit(context, &record);
		arena_free(&arena);
	}
}
