/* SPDX-License-Identifier: Apache-2.0 */
#include "voice_notes.h"

#include "call.h"
#include "flow.h"
#include "stream.h"

/* --- which call? --- */

static bool has_ssrc(const struct voice_endpoint *e, uint32_t ssrc)
{
	for (unsigned i = 0; i < e->ssrc_count; i++) {
		if (e->ssrcs[i] == ssrc) {
			return true;
		}
	}
	return false;
}

static unsigned suits(
    const struct voice_endpoint *from, const struct voice_endpoint *to, const struct desk_stream *s)
{
	bool ssrc = has_ssrc(from, s->ssrc);
	bool src = from->literal && endpoint_equal(&from->at, &s->src);
	bool dst = to->literal && endpoint_equal(&to->at, &s->dst);

	if (!ssrc && from->ssrc_count > 0) {
		return 0;
	}
	return ssrc || (src && dst) ? 4U * ssrc + src + dst : 0;
}

/* The call of a stream with this SSRC, of those between ends that the report names. */
static struct call *call_by_ssrc(
    struct desk *desk, const struct voice_report *report, uint32_t ssrc, uint16_t vantage)
{
	struct table_cursor cursor;
	uint32_t number = stream_of_ssrc(desk, &cursor, ssrc, vantage);

	for (; number != TABLE_NONE; number = table_next(&desk->ssrc_index, &cursor)) {
		const struct desk_stream *s = stream_at(desk, number);

		if (s->call != POOL_NONE && suits(&report->remote, &report->local, s) > 4) {
			return call_at(desk, s->call);
		}
	}
	return NULL;
}

static struct call *call_by_stream(struct desk *desk, const struct voice_report *report)
{
	for (unsigned i = 0; i < report->remote.ssrc_count; i++) {
		for (uint16_t vantage = 0; vantage < desk->config.vantage_count; vantage++) {
			struct call *call =
			    call_by_ssrc(desk, report, report->remote.ssrcs[i], vantage);

			if (call) {
				return call;
			}
		}
	}
	return NULL;
}

static struct call *call_of(struct desk *desk, const struct voice_report *report)
{
	struct call *call = call_by_id(desk, report->call_id);

	if (!call || call->kind != CALL_DIALOG) {
		call = call_by_id(desk, report->dialog_call_id);
	}
	if (!call || call->kind != CALL_DIALOG) {
		call = call_by_stream(desk, report);
	}
	return call && call->kind == CALL_DIALOG ? call : NULL;
}

/* --- keeping --- */

static const char *keep(struct call *call, struct text text)
{
	if (text.length > VOICE_NOTE_TEXT_MAX) {
		text.length = VOICE_NOTE_TEXT_MAX;
	}
	return text.length ? arena_text(&call->text, text) : NULL;
}

static struct voice_figures voice_figures_keep(struct call *call, const struct voice_metrics *m)
{
	struct voice_figures out = {.present = m->present, .set = m->set};

	memcpy(out.thousandths, m->thousandths, sizeof(out.thousandths));
	out.codec = keep(call, m->codec);
	out.start = keep(call, m->start);
	out.stop = keep(call, m->stop);
	return out;
}

/* True where the report is new, and one more of its kind may be kept. */
static bool is_wanted(
    struct desk *desk, const struct call *call, uint64_t content, enum voice_report_kind kind)
{
	unsigned sessions = 0, others = 0;
	bool room;

	for (const struct voice_note *n = call_rare(call)->voice_notes; n; n = n->next) {
		if (n->content == content) {
			return false;
		}
		sessions += n->kind == VOICE_REPORT_SESSION;
		others += n->kind != VOICE_REPORT_SESSION;
	}
	room = kind == VOICE_REPORT_SESSION ? sessions < VOICE_NOTES_SESSIONS
					    : others < VOICE_NOTES_OTHERS;
	desk->evictions.voice_reports += !room;
	return room;
}

static void note_add(struct desk *desk, struct call *call, const struct voice_report *report,
    uint64_t content, const struct signal *signal)
{
	struct call_rare *rare = call_rare_make(call);
	struct voice_note *note = rare ? arena_take(&call->text, sizeof(*note)) : NULL, **at;

	if (!note) {
		desk->evictions.voice_reports++;
		return;
	}
	*note = (struct voice_note){
	    .content = content,
	    .kind = report->kind,
	    .local_id = keep(call, report->local_id),
	    .remote_id = keep(call, report->remote_id),
	    .orig_id = keep(call, report->orig_id),
	    .alert_type = keep(call, report->alert_type),
	    .alert_severity = keep(call, report->alert_severity),
	    .alert_direction = keep(call, report->alert_direction),
	    .local = report->local,
	    .remote = report->remote,
	    .received = voice_figures_keep(call, &report->received),
	    .sent = voice_figures_keep(call, &report->sent),
	};
	mark_once(&note->mark, signal);
	at = &rare->voice_notes;
	while (*at) {
		at = &(*at)->next;
	}
	*at = note;
}

__attribute__((noinline)) static void report_take(
    struct desk *desk, struct bytes body, const struct signal *signal)
{
	struct voice_report report;
	struct call *call;
	uint64_t content;
	enum dissect_result result = voice_report_parse(&report, body);

	if (result != DISSECT_OK) {
		desk->counts[signal->capture][result] += !signal->cut;
		return;
	}
	desk_defects(desk, signal, &report.defects);
	call = call_of(desk, &report);
	if (!call) {
		desk->counts[signal->capture][SKIPPED_VOICE_REPORT]++;
		return;
	}
	/* A challenge (RFC 3261 22.2) and several vantages bring the same body again. */
	content = XXH3_64bits_withSeed(body.at, bytes_left(&body), desk->key);
	if (is_wanted(desk, call, content, report.kind)) {
		note_add(desk, call, &report, content, signal);
	}
}

void voice_notes_take(struct desk *desk, const struct sip_message *m, const struct signal *signal)
{
	struct bytes body;

	if (m->request && (m->method == SIP_PUBLISH || m->method == SIP_NOTIFY) &&
	    sip_body_find(m, TEXT("application/vq-rtcpxr"), &body)) {
		report_take(desk, body, signal);
	}
}

unsigned voice_note_suits(const struct voice_note *note, bool received, const struct desk_stream *s)
{
	return received ? suits(&note->remote, &note->local, s)
			: suits(&note->local, &note->remote, s);
}
