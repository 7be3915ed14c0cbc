/* SPDX-License-Identifier: Apache-2.0 */
/* One row per call (RFC 4180), safe to open in a spreadsheet. */
#include <math.h>
#include <string.h>

#include "json.h"
#include "output.h"

static const char header[] =
    "id,call_id,signalling,from_uri,to_uri,state,status_code,started,answered,ended,duration_ms,"
    "setup_ms,ended_by,mos,loss_pct,jitter_mean_ms,codec,findings\r\n";

/* What a spreadsheet would run as a formula (OWASP, CSV injection). */
static bool runs_as_formula(const char *text)
{
	return *text && strchr("=+-@\t\r", *text);
}

static void put_text(FILE *out, const char *text)
{
	if (!text) {
		return;
	}
	if (!runs_as_formula(text) && !strpbrk(text, "\",\r\n")) {
		(void)fputs(text, out);
		return;
	}
	(void)fputc('"', out);
	if (runs_as_formula(text)) {
		(void)fputc('\'', out);
	}
	for (; *text; text++) {
		if (*text == '"') {
			(void)fputc('"', out);
		}
		(void)fputc(*text, out);
	}
	(void)fputc('"', out);
}

static void put_real(FILE *out, double value)
{
	if (isfinite(value)) {
		(void)fprintf(out, "%.10g", round(value * 1e6) / 1e6);
	}
}

static void put_time(FILE *out, int64_t time_ns)
{
	char text[JSON_TIME_MAX];

	(void)fputs(json_time_text(time_ns, text), out);
}

/* The stream that the row's figures are of: that of the MOS, or the one with the worst loss. */
static const struct tp_stream *stream_of(const struct tp_call_report *r)
{
	const struct tp_stream *worst = NULL;

	for (size_t i = 0; i < r->stream_count; i++) {
		const struct tp_stream *s = &r->streams[i];

		if (r->call->mos_stream && strcmp(s->id, r->call->mos_stream) == 0) {
			return s;
		}
		if (!worst || isnan(worst->loss_pct) || s->loss_pct > worst->loss_pct) {
			worst = s;
		}
	}
	return worst;
}

static void put_findings(FILE *out, const struct tp_call_report *r)
{
	for (size_t i = 0; i < r->finding_count; i++) {
		(void)fprintf(out, "%s%s", i ? ";" : "", r->findings[i].code);
	}
}

static void comma(FILE *out)
{
	(void)fputc(',', out);
}

static void put_who(FILE *out, const struct tp_call *c)
{
	const char *const texts[] = {
	    c->id, c->call_id, c->signalling, c->from_uri, c->to_uri, c->state};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		put_text(out, texts[i]);
		comma(out);
	}
	if (c->status_code != TP_NO_COUNT) {
		(void)fprintf(out, "%d", c->status_code);
	}
	comma(out);
}

static void put_when(FILE *out, const struct tp_call *c)
{
	const int64_t times_ns[] = {c->started_ns, c->answered_ns, c->ended_ns};

	for (size_t i = 0; i < sizeof(times_ns) / sizeof(times_ns[0]); i++) {
		put_time(out, times_ns[i]);
		comma(out);
	}
	put_real(out, c->duration_ms);
	comma(out);
	put_real(out, c->setup_ms);
	comma(out);
	put_text(out, c->ended_by);
	comma(out);
}

static void put_how(FILE *out, const struct tp_call_report *r)
{
	const struct tp_stream *s = stream_of(r);

	put_real(out, r->call->mos);
	comma(out);
	put_real(out, s ? s->loss_pct : (double)NAN);
	comma(out);
	put_real(out, s ? s->jitter_mean_ms : (double)NAN);
	comma(out);
	put_text(out, s ? s->codec : NULL);
	comma(out);
	put_findings(out, r);
}

struct rows {
	const struct selection *selection;
	FILE *out;
};

static void put_row(void *context, const struct tp_call_report *report)
{
	const struct rows *rows = context;

	if (selection_has_call(rows->selection, report->call)) {
		put_who(rows->out, report->call);
		put_when(rows->out, report->call);
		put_how(rows->out, report);
		(void)fputs("\r\n", rows->out);
	}
}

void output_csv(struct tp_analysis *analysis, const struct selection *selection, FILE *out)
{
	struct rows rows = {selection, out};

	(void)fputs(header, out);
	tp_each_report(analysis, put_row, &rows);
}
