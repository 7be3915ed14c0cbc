/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "flow.h"

enum { TEXT_MAX = 600 };

struct finding *finding_open(struct desk *desk, const char *code, const char *cause, uint64_t key)
{
	uint64_t hash = hash_text(key ^ desk->key, text_of(code)) ^
			(cause ? hash_text(desk->key, text_of(cause)) : 0);
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->finding_index, &cursor, hash);
	struct finding *f;

	for (; number != TABLE_NONE; number = table_next(&desk->finding_index, &cursor)) {
		if (finding_at(desk, number)->key == hash) {
			return finding_at(desk, number);
		}
	}
	number = pool_take(&desk->findings);
	if (number == POOL_NONE || !table_insert(&desk->finding_index, hash, number)) {
		if (number != POOL_NONE) {
			pool_give(&desk->findings, number);
		}
		desk->evictions.findings++;
		return NULL;
	}
	f = finding_at(desk, number);
	f->id = number + 1;
	f->key = hash;
	f->code = code;
	f->cause = cause;
	f->side = finding_side_usual(code, cause);
	f->first_ns = INT64_MAX;
	f->last_ns = INT64_MIN;
	return f;
}

void finding_describe(struct finding *f, const struct desk *desk, uint16_t vantage,
    const struct finding_words *words, const char *summary, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, summary);
	(void)vsnprintf(text, sizeof(text), summary, arguments);
	va_end(arguments);
	f->summary = arena_text(&f->text, text_of(text));
	f->vantage = desk->config.vantages[vantage];
	f->why = words->why;
	f->remedy = words->remedy;
	f->would_settle = words->would_settle;
}

void finding_rate(struct finding *f, double confidence, enum finding_severity severity)
{
	f->confidence = confidence > f->confidence ? confidence : f->confidence;
	f->severity = severity > f->severity ? severity : f->severity;
	if (f->confidence < FINDING_HINT) {
		f->severity = SEVERITY_INFO;
	}
}

static void moment_take(struct finding *f, int64_t time_ns)
{
	f->first_ns = time_ns < f->first_ns ? time_ns : f->first_ns;
	f->last_ns = time_ns > f->last_ns ? time_ns : f->last_ns;
}

void finding_time(struct finding *f, int64_t one_ns, int64_t other_ns)
{
	moment_take(f, one_ns);
	moment_take(f, other_ns);
}

void finding_call(struct finding *f, struct call *call)
{
	if (call->kind != CALL_DIALOG) {
		return;
	}
	for (unsigned i = 0; i < call->finding_count; i++) {
		if (call->findings[i] == f->id) {
			return;
		}
	}
	f->calls_total++;
	if (f->call_count < FINDING_LIST_MAX) {
		f->calls[f->call_count++] = call->id;
	}
	if (call->finding_count < CALL_FINDINGS_MAX) {
		call->findings[call->finding_count++] = f->id;
	}
}

const struct finding *finding_of_call(
    const struct desk *desk, const struct call *call, const char *code)
{
	for (unsigned i = 0; i < call->finding_count; i++) {
		const struct finding *f = finding_at(desk, call->findings[i] - 1);

		if (strcmp(f->code, code) == 0) {
			return f;
		}
	}
	return NULL;
}

void finding_stream(struct finding *f, const struct desk_stream *stream)
{
	for (unsigned i = 0; i < f->stream_count; i++) {
		if (f->streams[i] == stream->id) {
			return;
		}
	}
	if (f->stream_count < FINDING_LIST_MAX) {
		f->streams[f->stream_count++] = stream->id;
	}
}

void finding_endpoint(struct finding *f, const struct address *address)
{
	for (unsigned i = 0; i < f->endpoint_count; i++) {
		if (address_equal(&f->endpoints[i], address)) {
			return;
		}
	}
	if (f->endpoint_count < FINDING_ENDPOINTS_MAX) {
		f->endpoints[f->endpoint_count++] = *address;
	}
}

void finding_evidence(struct finding *f, const struct mark *mark, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	if (f->evidence_count == FINDING_EVIDENCE_MAX) {
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	f->evidence[f->evidence_count++] =
	    (struct finding_evidence){*mark, arena_text(&f->text, text_of(text))};
}

void finding_against(struct finding *f, const char *format, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	if (f->against_count == FINDING_AGAINST_MAX) {
		return;
	}
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	for (unsigned i = 0; i < f->against_count; i++) {
		if (text_equal(text_of(f->against[i]), text_of(text))) {
			return; /* said already, of another call */
		}
	}
	f->against[f->against_count++] = arena_text(&f->text, text_of(text));
}

static const char *keep(struct finding *f, const char *text)
{
	return text ? arena_text(&f->text, text_of(text)) : NULL;
}

void finding_change(struct finding *f, const struct finding_change *change)
{
	if (f->change_count == FINDING_CHANGES_MAX) {
		return;
	}
	f->changes[f->change_count++] = (struct finding_change){
	    .message = keep(f, change->message),
	    .field = change->field,
	    .before = keep(f, change->before),
	    .after = keep(f, change->after),
	    .mark_before = change->mark_before,
	    .mark_after = change->mark_after,
	};
}
