/* SPDX-License-Identifier: Apache-2.0 */
#include "ladder.h"

#include <string.h>

enum {
	COLUMNS_MAX = 8, /* addresses drawn; steps of further ones are listed */
	COLUMN_WIDTH = 14,
	LINE_MAX = COLUMNS_MAX * COLUMN_WIDTH + 2
};

/* An address of the ladder: its text goes up to `length`, without the port. */
struct column {
	const char *text;
	size_t length;
};

struct ladder {
	const struct term *term;
	const struct tp_call *call;
	unsigned count;
	struct column columns[COLUMNS_MAX];
	bool several_captures;
};

/* "192.0.2.1:5060" and "[2001:db8::1]:5060" up to the colon of the port. */
static size_t address_length(const char *end)
{
	const char *colon = strrchr(end, ':');

	return colon ? (size_t)(colon - end) : strlen(end);
}

/* COLUMNS_MAX where there is no column left. */
static unsigned column_of(struct ladder *l, const char *end)
{
	size_t length = address_length(end);
	unsigned i = 0;

	while (i < l->count &&
	       (l->columns[i].length != length || strncmp(l->columns[i].text, end, length) != 0)) {
		i++;
	}
	if (i == l->count && i < COLUMNS_MAX) {
		l->columns[l->count++] = (struct column){end, length};
	}
	return i;
}

static void columns_find(struct ladder *l)
{
	for (size_t i = 0; i < l->call->ladder_count; i++) {
		const struct tp_step *step = &l->call->ladder[i];

		(void)column_of(l, step->src);
		(void)column_of(l, step->dst);
		l->several_captures |= strcmp(step->capture, l->call->ladder[0].capture) != 0;
	}
}

static size_t column(unsigned i)
{
	return (size_t)i * COLUMN_WIDTH;
}

static void legend(const struct ladder *l)
{
	char lines[LINE_MAX];

	(void)fputs("  ", l->term->out);
	for (unsigned i = 0; i < l->count; i++) {
		(void)fprintf(l->term->out, "%s%c %.*s", i ? "   " : "", 'A' + (int)i,
		    (int)l->columns[i].length, l->columns[i].text);
	}
	memset(lines, ' ', sizeof(lines));
	for (unsigned i = 0; i < l->count; i++) {
		lines[column(i)] = (char)('A' + i);
	}
	(void)fprintf(l->term->out, "\n\n   seconds  %-18s%.*s\n", "frame",
	    (int)column(l->count - 1) + 1, lines);
}

/* The life lines, with an arrow from one to the other. */
static void arrow(const struct ladder *l, unsigned from, unsigned to, char fill, char *line)
{
	size_t low = column(from < to ? from : to), high = column(from < to ? to : from);

	memset(line, ' ', LINE_MAX);
	for (unsigned i = 0; i < l->count; i++) {
		line[column(i)] = '|';
	}
	if (low != high) {
		memset(line + low + 1, fill, high - low - 1);
		line[from < to ? high - 1 : low + 1] = from < to ? '>' : '<';
	}
	line[column(l->count - 1) + 1] = '\0';
}

static void step_draw(struct ladder *l, const struct tp_step *step)
{
	unsigned from = column_of(l, step->src), to = column_of(l, step->dst);
	double at_s = (double)(step->time_ns - l->call->ladder[0].time_ns) / 1e9;
	char line[LINE_MAX], where[64];

	if (l->several_captures) {
		(void)snprintf(
		    where, sizeof(where), "%.10s %u", term_file_name(step->capture), step->frame);
	} else {
		(void)snprintf(where, sizeof(where), "%u", step->frame);
	}
	(void)fprintf(l->term->out, "%10.3f  ", at_s);
	term_put_foreign(l->term, where);
	(void)fprintf(l->term->out, "%*s", strlen(where) < 18 ? (int)(18 - strlen(where)) : 1, "");
	if (from < COLUMNS_MAX && to < COLUMNS_MAX) {
		arrow(l, from, to, step->kind == TP_STEP_SIP ? '-' : '=', line);
		(void)fprintf(l->term->out, "%s  ", line);
	} else {
		(void)fprintf(l->term->out, "%s -> %s  ", step->src, step->dst);
	}
	term_put_foreign(l->term, step->text);
	(void)fputc('\n', l->term->out);
}

void ladder_draw(const struct term *term, const struct tp_call *call)
{
	struct ladder ladder = {.term = term, .call = call};

	if (call->ladder_count == 0) {
		return;
	}
	columns_find(&ladder);
	legend(&ladder);
	for (size_t i = 0; i < call->ladder_count; i++) {
		step_draw(&ladder, &call->ladder[i]);
	}
}
