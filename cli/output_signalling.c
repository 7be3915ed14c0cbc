/* SPDX-License-Identifier: Apache-2.0 */
#include "output_signalling.h"

#include <math.h>
#include <string.h>

enum { REGISTRATIONS_SHOWN = 40, EXCHANGES_SHOWN = 20 };

struct section {
	const struct term *term;
	const char *title, *columns;
	size_t wanted, shown, limit;
	bool troubled; /* of the pass under way: those with a problem, or the others */
};

static void put(const struct section *s, const char *text)
{
	(void)fputs(text, s->term->out);
}

/* True while there is room for one more; the first one brings the heading. */
static bool begin_row(struct section *s)
{
	s->wanted++;
	if (s->shown == s->limit) {
		return false;
	}
	if (s->shown++ == 0) {
		put(s, "\n");
		term_put(s->term, STYLE_BOLD, s->title);
		put(s, "\n");
		term_put(s->term, STYLE_DIM, s->columns);
		put(s, "\n");
	}
	return true;
}

static void end_section(const struct section *s)
{
	if (s->wanted > s->shown) {
		(void)fprintf(s->term->out, "... and %zu more: --format json has all\n",
		    s->wanted - s->shown);
	}
}

/* --- registrations --- */

static bool is_troubled(const struct tp_registration *r)
{
	return strcmp(r->state, "failed") == 0 || strcmp(r->state, "expired") == 0 ||
	       r->mapping_changes > 0;
}

static void registration_notes(const struct section *s, const struct tp_registration *r)
{
	if (strcmp(r->state, "failed") == 0 && r->reason) {
		put(s, "  ");
		if (r->status_code != TP_NO_COUNT) {
			(void)fprintf(s->term->out, "%d ", r->status_code);
		}
		term_put_foreign(s->term, r->reason);
	}
	if (r->mapping_changes > 0) {
		(void)fprintf(s->term->out, "  NAT mapping changed %llu time%s",
		    (unsigned long long)r->mapping_changes, r->mapping_changes == 1 ? "" : "s");
	}
	if (isfinite(r->keepalive_interval_s)) {
		(void)fprintf(s->term->out, "  keep-alive every %.0f s (%s by %s)",
		    r->keepalive_interval_s, r->keepalive_kind, r->keepalive_from);
	}
}

static void show_registration(void *context, const struct tp_registration *r)
{
	struct section *s = context;

	if (is_troubled(r) != s->troubled || !begin_row(s)) {
		return;
	}
	(void)fprintf(s->term->out, "%-6s ", r->id);
	term_put(s->term, s->troubled ? STYLE_YELLOW : STYLE_PLAIN, r->state);
	(void)fprintf(s->term->out, "%*s ", (int)(12 - strlen(r->state)), "");
	if (r->expires_s != TP_NO_COUNT) {
		(void)fprintf(s->term->out, "%7lld  ", (long long)r->expires_s);
	} else {
		put(s, "      -  ");
	}
	term_put_foreign(s->term, r->aor);
	(void)fprintf(s->term->out, "  %s -> %s", r->source, r->registrar);
	registration_notes(s, r);
	put(s, "\n");
}

static void registrations(struct tp_analysis *analysis, const struct term *term)
{
	struct section s = {
	    .term = term,
	    .title = "REGISTRATIONS",
	    .columns = "id     state        expires  address-of-record  from -> registrar",
	    .limit = REGISTRATIONS_SHOWN,
	};

	s.troubled = true;
	tp_each_registration(analysis, show_registration, &s);
	s.troubled = false;
	tp_each_registration(analysis, show_registration, &s);
	end_section(&s);
}

/* --- other requests --- */

static void show_exchange(void *context, const struct tp_exchange *e)
{
	struct section *s = context;

	if (e->failed + e->unanswered == 0 || !begin_row(s)) {
		return;
	}
	(void)fprintf(s->term->out, "%-10s %8llu %8llu %10llu  %s -> %s ", e->method,
	    (unsigned long long)e->requests, (unsigned long long)e->failed,
	    (unsigned long long)e->unanswered, e->src, e->dst);
	for (size_t i = 0; i < e->code_count; i++) {
		(void)fprintf(s->term->out, " %s:%llu", e->codes[i].name,
		    (unsigned long long)e->codes[i].count);
	}
	put(s, "\n");
}

static void exchanges(struct tp_analysis *analysis, const struct term *term)
{
	struct section s = {
	    .term = term,
	    .title = "OTHER REQUESTS THAT FAILED",
	    .columns = "method     requests   failed unanswered  from -> to  codes",
	    .limit = EXCHANGES_SHOWN,
	};

	tp_each_exchange(analysis, show_exchange, &s);
	end_section(&s);
}

void output_signalling(struct tp_analysis *analysis, const struct term *term)
{
	registrations(analysis, term);
	exchanges(analysis, term);
}
