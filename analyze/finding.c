/* SPDX-License-Identifier: Apache-2.0 */
#include "finding.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "call.h"
#include "flow.h"

/* A sound copy may be three times as long: see arena_text(). */
enum { TEXT_MAX = 600, SUMMARY_ROOM = TEXT_MAX * 3 };

/* --- the pool --- */

static struct finding *finding_at(const struct desk *desk, uint32_t number)
{
	return number != POOL_NONE ? pool_at(&desk->findings, number) : NULL;
}

static uint32_t number_of(const struct desk *desk, const struct finding *f)
{
	return (uint32_t)(f - (const struct finding *)desk->findings.objects);
}

/* Ids come one after the other: they need no key, but to be spread. */
static uint64_t id_hash(uint32_t id)
{
	return flow_hash_ssrc(0, id);
}

struct finding *finding_of_id(const struct desk *desk, uint32_t id)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->finding_ids, &cursor, id_hash(id));

	for (; number != TABLE_NONE; number = table_next(&desk->finding_ids, &cursor)) {
		if (finding_at(desk, number)->id == id) {
			return finding_at(desk, number);
		}
	}
	return NULL;
}

struct finding *finding_first(const struct desk *desk)
{
	return finding_at(desk, desk->oldest_finding);
}

struct finding *finding_next(const struct desk *desk, const struct finding *f)
{
	return finding_at(desk, f->newer);
}

static void order_append(struct desk *desk, uint32_t number)
{
	struct finding *f = finding_at(desk, number);

	f->older = desk->newest_finding;
	f->newer = POOL_NONE;
	if (f->older != POOL_NONE) {
		finding_at(desk, f->older)->newer = number;
	} else {
		desk->oldest_finding = number;
	}
	desk->newest_finding = number;
}

static void order_remove(struct desk *desk, const struct finding *f)
{
	if (f->older != POOL_NONE) {
		finding_at(desk, f->older)->newer = f->newer;
	} else {
		desk->oldest_finding = f->newer;
	}
	if (f->newer != POOL_NONE) {
		finding_at(desk, f->newer)->older = f->older;
	} else {
		desk->newest_finding = f->older;
	}
}

static void forget(struct desk *desk, uint32_t number)
{
	struct finding *f = finding_at(desk, number);

	table_remove(&desk->finding_index, f->key, number);
	table_remove(&desk->finding_ids, id_hash(f->id), number);
	lru_remove(&desk->findings_used, number);
	order_remove(desk, f);
	arena_free(&f->text);
	pool_give(&desk->findings, number);
}

/* Live, the one used longest ago gives way. */
static uint32_t number_take(struct desk *desk)
{
	uint32_t number = pool_take(&desk->findings);

	if (number == POOL_NONE) {
		desk->evictions.findings++;
		if (desk->config.live && desk->findings_used.oldest != POOL_NONE) {
			forget(desk, desk->findings_used.oldest);
			number = pool_take(&desk->findings);
		}
	}
	return number;
}

static struct finding *make(struct desk *desk, uint64_t hash)
{
	uint32_t number = number_take(desk), id = desk->findings_born + 1;
	struct finding *f;

	if (number == POOL_NONE) {
		return NULL;
	}
	if (!table_insert(&desk->finding_index, hash, number)) {
		desk->evictions.findings++;
		pool_give(&desk->findings, number);
		return NULL;
	}
	if (!table_insert(&desk->finding_ids, id_hash(id), number)) {
		desk->evictions.findings++;
		table_remove(&desk->finding_index, hash, number);
		pool_give(&desk->findings, number);
		return NULL;
	}
	desk->findings_born = id;
	lru_append(&desk->findings_used, number);
	f = finding_at(desk, number);
	f->id = id;
	f->key = hash;
	order_append(desk, number);
	return f;
}

struct finding *finding_open(struct desk *desk, const char *code, const char *cause, uint64_t key)
{
	uint64_t hash = hash_text(key ^ desk->key, text_of(code)) ^
			(cause ? hash_text(desk->key, text_of(cause)) : 0);
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->finding_index, &cursor, hash);
	struct finding *f;

	for (; number != TABLE_NONE; number = table_next(&desk->finding_index, &cursor)) {
		f = finding_at(desk, number);
		if (f->key == hash) {
			lru_touch(&desk->findings_used, number_of(desk, f));
			return f;
		}
	}
	f = make(desk, hash);
	if (!f) {
		return NULL;
	}
	f->code = code;
	f->cause = cause;
	f->side = finding_side_usual(code, cause);
	f->first_ns = INT64_MAX;
	f->last_ns = INT64_MIN;
	return f;
}

/* --- what it says --- */

void finding_renew(struct finding *f)
{
	arena_free(&f->text);
	f->summary = f->would_settle = f->room = NULL;
	f->evidence_count = f->change_count = f->against_count = 0;
}

/* What changes with every phone of thousands must not fill the arena. */
static void summary_replace(struct finding *f, const char *text)
{
	struct arena scratch = {0};

	if (!f->room) {
		f->room = arena_take(&f->text, SUMMARY_ROOM);
	}
	if (f->room) {
		(void)snprintf(f->room, SUMMARY_ROOM, "%s", arena_text(&scratch, text_of(text)));
		f->summary = f->room;
	}
	arena_free(&scratch);
}

void finding_describe(struct finding *f, const struct desk *desk, uint16_t vantage,
    const struct finding_words *words, const char *summary, ...)
{
	char text[TEXT_MAX];
	va_list arguments;

	va_start(arguments, summary);
	(void)vsnprintf(text, sizeof(text), summary, arguments);
	va_end(arguments);
	if (!f->summary) {
		f->summary = arena_text(&f->text, text_of(text));
	} else if (strcmp(f->summary, text) != 0) {
		summary_replace(f, text);
	}
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
	struct call_rare *rare;
	uint32_t *list;

	if (call->kind != CALL_DIALOG) {
		return;
	}
	for (unsigned i = 0; i < call->finding_count; i++) {
		if (call_rare(call)->findings[i] == f->id) {
			return;
		}
	}
	rare = call_rare_make(call);
	list = rare ? arena_list(&call->text, rare->findings, call->finding_count, sizeof(*list))
		    : NULL;
	if (!list || call->finding_count == CALL_FINDINGS_MAX) {
		return; /* where it is not noted, it would be counted with each review */
	}
	rare->findings = list;
	list[call->finding_count++] = f->id;
	f->calls_total++;
	if (f->call_count < FINDING_LIST_MAX) {
		f->calls[f->call_count++] = call->id;
	}
}

const struct finding *finding_of_call(
    const struct desk *desk, const struct call *call, const char *code)
{
	for (unsigned i = 0; i < call->finding_count; i++) {
		const struct finding *f = finding_of_id(desk, call_rare(call)->findings[i]);

		if (f && strcmp(f->code, code) == 0) {
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
	for (unsigned i = 0; i < f->evidence_count; i++) {
		const struct finding_evidence *e = &f->evidence[i];

		if (e->mark.capture == mark->capture && e->mark.frame == mark->frame &&
		    text_equal(text_of(e->text), text_of(text))) {
			return; /* said already, of another call */
		}
	}
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
