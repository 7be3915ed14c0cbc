/* SPDX-License-Identifier: Apache-2.0 */
#include "interfaces.h"

#include <stdio.h>

#include "json_put.h"
#include "talkpath.h"
#include "term.h"

/* "  yes  xdp:eth0        native, with a copy" */
enum { SOURCE_COLUMNS = 14, TEXT_COLUMN = 2 + 3 + 2 + SOURCE_COLUMNS + 2 };

/* --- text --- */

static void rate_print(uint64_t bps, FILE *out)
{
	const uint64_t giga = 1000000000, mega = 1000000;

	if (bps >= giga) {
		(void)fprintf(out, ", %g Gbit/s", (double)bps / (double)giga);
	} else if (bps > 0) {
		(void)fprintf(out, ", %g Mbit/s", (double)bps / (double)mega);
	}
}

static void state_print(const struct tp_live_interface *interface, FILE *out)
{
	(void)fputs(!interface->up       ? "down"
		    : interface->carrier ? "up"
					 : "up, but nothing is connected",
	    out);
	rate_print(interface->speed_bps, out);
	if (interface->queues > 1) {
		(void)fprintf(out, ", %u queues", interface->queues);
	}
	if (interface->driver) {
		(void)fprintf(out, ", %s", interface->driver);
	}
	if (interface->bus) {
		(void)fprintf(out, " at %s", interface->bus);
	}
	if (interface->addressed) {
		(void)fputs(", has addresses or routes", out);
	}
	(void)fprintf(out, "; time stamps: %s", interface->time_stamps);
}

static void text_visit(void *context, const struct tp_live_interface *interface)
{
	const struct term *term = context;

	term_put(term, STYLE_BOLD, interface->name);
	(void)fputs("  ", term->out);
	state_print(interface, term->out);
	(void)fputc('\n', term->out);
	for (size_t i = 0; i < interface->choice_count; i++) {
		const struct tp_live_choice *choice = &interface->choices[i];

		int column = fprintf(term->out, "  ");

		term_put(term, choice->possible ? STYLE_GREEN : STYLE_DIM,
		    choice->possible ? "yes" : "no ");
		column += 3 + fprintf(term->out, "  %-*s  ", SOURCE_COLUMNS, choice->source);
		term_put_wrapped_from(term, TEXT_COLUMN, (unsigned)column, choice->text);
	}
	(void)fputc('\n', term->out);
}

/* --- JSON --- */

static void json_visit(void *context, const struct tp_live_interface *interface)
{
	struct json *json = context;

	json_open(json, '{');
	json_put_text(json, "name", interface->name);
	json_put_bool(json, "up", interface->up);
	json_put_bool(json, "carrier", interface->carrier);
	json_put_bool(json, "addressed", interface->addressed);
	if (interface->speed_bps > 0) {
		json_put_count(json, "speed_bps", interface->speed_bps);
	}
	if (interface->queues > 0) {
		json_put_count(json, "queues", interface->queues);
	}
	json_put_text(json, "driver", interface->driver);
	json_put_text(json, "bus", interface->bus);
	json_put_text(json, "time_stamps", interface->time_stamps);
	json_put_array(json, "sources");
	for (size_t i = 0; i < interface->choice_count; i++) {
		json_open(json, '{');
		json_put_text(json, "source", interface->choices[i].source);
		json_put_bool(json, "possible", interface->choices[i].possible);
		json_put_text(json, "text", interface->choices[i].text);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
}

static enum tp_status json_list(FILE *out)
{
	char buffer[JSON_BUFFER_MIN];
	enum tp_status status;
	struct json json;

	json_to_file(&json, out, buffer, sizeof(buffer));
	json_open(&json, '{');
	json_put_text(&json, "schema", "talkpath/1");
	json_put_array(&json, "interfaces");
	status = tp_each_live_interface(json_visit, &json);
	json_close(&json, ']');
	json_close(&json, '}');
	json_break(&json);
	json_flush(&json);
	return status;
}

enum exit_code interfaces_list(const struct options *options)
{
	enum tp_status status;
	struct term term;

	if (options->format == FORMAT_JSON) {
		status = json_list(stdout);
	} else {
		term_init(&term, stdout);
		status = tp_each_live_interface(text_visit, &term);
	}
	if (status != TP_OK) {
		(void)fputs("talkpath: the interfaces cannot be listed: out of memory\n", stderr);
		return EXIT_NO_CAPTURE;
	}
	return fflush(stdout) == 0 && !ferror(stdout) ? EXIT_ANALYSED : EXIT_UNWRITTEN;
}
