/* SPDX-License-Identifier: Apache-2.0 */
#include "config.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <yaml.h>

#include "term.h"

enum { CONFIG_PLACE_MAX = 4096 + 64 };

struct config {
	const char *path;
	struct tp_analysis *analysis; /* NULL: options are wanted */
	const char *command;
	config_option_taker *take;
	void *context;
	int fd; /* where it is open; -1: it is not */
	struct term errors;
	yaml_document_t document;
	bool wrong;
};

__attribute__((format(printf, 3, 4))) static void complain(
    struct config *c, const yaml_mark_t *mark, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	c->wrong = true;
	(void)fputs("talkpath: ", c->errors.out);
	term_put_foreign(&c->errors, c->path);
	(void)fprintf(c->errors.out, ":%zu:%zu: ", mark->line + 1, mark->column + 1);
	term_put_foreign(&c->errors, text);
	(void)fputc('\n', c->errors.out);
}

static const char *scalar_text(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE ? (const char *)node->data.scalar.value : NULL;
}

/* --- thresholds --- */

struct threshold_search {
	const char *name;
	bool found;
	struct tp_threshold threshold;
	char all[2048]; /* every name, for who gets one wrong */
};

static void threshold_visit(void *context, const struct tp_threshold *threshold)
{
	struct threshold_search *search = context;
	size_t length = strlen(search->all);

	(void)snprintf(search->all + length, sizeof(search->all) - length, "%s%s",
	    length ? ", " : "", threshold->name);
	if (strcmp(threshold->name, search->name) == 0) {
		search->found = true;
		search->threshold = *threshold;
	}
}

static bool number_of(const char *text, double *value)
{
	char *end;

	errno = 0;
	*value = text ? strtod(text, &end) : (double)NAN;
	return text && *text && *end == '\0' && errno == 0 && isfinite(*value);
}

static void threshold_take(struct config *c, const yaml_node_t *key, const yaml_node_t *value)
{
	struct threshold_search search = {.name = scalar_text(key)};
	double number;

	if (!search.name) {
		complain(c, &key->start_mark, "the name of a threshold is expected");
		return;
	}
	tp_each_threshold(threshold_visit, &search);
	if (!search.found) {
		complain(c, &key->start_mark, "\"%.100s\" is no threshold; there are: %s",
		    search.name, search.all);
	} else if (!number_of(scalar_text(value), &number) ||
		   !tp_threshold_set(c->analysis, search.name, number)) {
		complain(c, &value->start_mark, "%s: \"%.100s\" is no number from %g to %g",
		    search.name, scalar_text(value) ? scalar_text(value) : "...",
		    search.threshold.least, search.threshold.most);
	}
}

/* --- options --- */

static void value_take(struct config *c, const char *name, const yaml_node_t *value)
{
	const char *text = scalar_text(value);
	char place[CONFIG_PLACE_MAX];

	if (!text) {
		complain(c, &value->start_mark, "%.100s: a value is expected, or a list of values",
		    name);
		return;
	}
	(void)snprintf(place, sizeof(place), "%s:%zu:%zu", c->path, value->start_mark.line + 1,
	    value->start_mark.column + 1);
	c->wrong |= !c->take(c->context, name, text, place);
}

static void option_take(struct config *c, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *name = scalar_text(key);

	if (!name) {
		complain(c, &key->start_mark, "the name of an option is expected");
		return;
	}
	if (value->type != YAML_SEQUENCE_NODE) {
		value_take(c, name, value);
		return;
	}
	for (const yaml_node_item_t *item = value->data.sequence.items.start;
	     item < value->data.sequence.items.top; item++) {
		value_take(c, name, yaml_document_get_node(&c->document, *item));
	}
}

/* --- the file --- */

typedef void pair_taker(struct config *c, const yaml_node_t *key, const yaml_node_t *value);

/* Has a key before this one the same name? */
static bool is_repeated(struct config *c, const yaml_node_t *mapping, const yaml_node_pair_t *pair)
{
	const char *name = scalar_text(yaml_document_get_node(&c->document, pair->key));

	for (const yaml_node_pair_t *p = mapping->data.mapping.pairs.start; name && p < pair; p++) {
		const char *other = scalar_text(yaml_document_get_node(&c->document, p->key));

		if (other && strcmp(name, other) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_empty(const yaml_node_t *node)
{
	const char *text = scalar_text(node);

	return text && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       (*text == '\0' || strcmp(text, "null") == 0 || strcmp(text, "~") == 0);
}

static void each_pair(struct config *c, const yaml_node_t *node, const char *what, pair_taker *take)
{
	if (is_empty(node)) {
		return;
	}
	if (node->type != YAML_MAPPING_NODE) {
		complain(
		    c, &node->start_mark, "%s: \"name: value\" is expected, a line each", what);
		return;
	}
	for (const yaml_node_pair_t *p = node->data.mapping.pairs.start;
	     p < node->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(&c->document, p->key);
		const yaml_node_t *value = yaml_document_get_node(&c->document, p->value);

		if (is_repeated(c, node, p)) {
			complain(
			    c, &key->start_mark, "\"%.100s\" is there twice", scalar_text(key));
		} else {
			take(c, key, value);
		}
	}
}

static void section_take(struct config *c, const yaml_node_t *key, const yaml_node_t *value)
{
	const char *name = scalar_text(key);

	if (name && strcmp(name, "thresholds") == 0) {
		if (c->analysis) {
			each_pair(c, value, name, threshold_take);
		}
	} else if (name && (strcmp(name, "capture") == 0 || strcmp(name, "analyze") == 0)) {
		if (c->command && strcmp(name, c->command) == 0) {
			each_pair(c, value, name, option_take);
		}
	} else if (c->analysis) { /* once is enough */
		complain(c, &key->start_mark,
		    "\"%.100s\" is no section; there are: thresholds, capture, analyze",
		    name ? name : "...");
	}
}

static void document_take(struct config *c, yaml_parser_t *parser)
{
	const yaml_node_t *root;

	if (!yaml_parser_load(parser, &c->document)) {
		complain(c, &parser->problem_mark, "no YAML: %s",
		    parser->problem ? parser->problem : "out of memory");
		return;
	}
	root = yaml_document_get_root_node(&c->document);
	if (root) {
		each_pair(c, root, "the file", section_take);
	}
	yaml_document_delete(&c->document);
}

static FILE *file_open(const struct config *c)
{
	int fd = c->fd < 0 ? -1 : dup(c->fd);

	if (c->fd < 0) {
		return fopen(c->path, "rb");
	}
	if (fd < 0 || lseek(fd, 0, SEEK_SET) != 0) {
		return NULL;
	}
	return fdopen(fd, "rb");
}

/* The whole file, for free(); NULL and why on `errors` otherwise. */
static unsigned char *file_read(struct config *c, size_t *length)
{
	unsigned char *octets = malloc(CONFIG_OCTETS_MAX + 1);
	FILE *file = octets ? file_open(c) : NULL;
	const char *reason = NULL;

	if (!file) {
		reason = strerror(errno);
	} else {
		*length = fread(octets, 1, CONFIG_OCTETS_MAX + 1, file);
		if (ferror(file)) {
			reason = strerror(errno);
		} else if (*length > CONFIG_OCTETS_MAX) {
			reason = "is no configuration: longer than 1 MiB";
		}
		(void)fclose(file);
	}
	if (!reason) {
		return octets;
	}
	(void)fputs("talkpath: ", c->errors.out);
	term_put_foreign(&c->errors, c->path);
	(void)fprintf(c->errors.out, ": %s\n", reason);
	free(octets);
	return NULL;
}

static bool file_take(struct config *c, FILE *errors)
{
	yaml_parser_t parser;
	unsigned char *octets;
	size_t length = 0;

	term_init(&c->errors, errors);
	octets = file_read(c, &length);
	if (!octets) {
		return false;
	}
	if (yaml_parser_initialize(&parser)) {
		yaml_parser_set_input_string(&parser, octets, length);
		document_take(c, &parser);
		yaml_parser_delete(&parser);
	} else {
		c->wrong = true;
	}
	free(octets);
	return !c->wrong;
}

bool config_apply(const char *path, struct tp_analysis *analysis, FILE *errors)
{
	struct config c = {.path = path, .fd = -1, .analysis = analysis};

	return file_take(&c, errors);
}

bool config_options(
    const char *path, const char *command, config_option_taker *take, void *context, FILE *errors)
{
	struct config c = {
	    .path = path, .fd = -1, .command = command, .take = take, .context = context};

	return file_take(&c, errors);
}

struct renewal {
	struct tp_analysis *from, *to;
};

static void threshold_copy(void *context, const struct tp_threshold *t)
{
	const struct renewal *renewal = context;

	(void)tp_threshold_set(renewal->to, t->name, tp_threshold_get(renewal->from, t->name));
}

bool config_renew(const char *path, int fd, struct tp_analysis *analysis, FILE *errors)
{
	struct renewal renewal = {tp_new(NULL, NULL), analysis};
	struct config c = {.path = path, .fd = fd, .analysis = renewal.from};
	bool right = renewal.from && file_take(&c, errors);

	if (right) {
		tp_each_threshold(threshold_copy, &renewal);
	}
	tp_free(renewal.from);
	return right;
}

/* --- help --- */

/* Names end in their unit, where they have one. */
static const char *unit_of(const char *name)
{
	static const char *const units[][2] = {
	    {"_ms", "ms"},
	    {"_s", "s"},
	    {"_pct", "%"},
	    {"_bps", "bit/s"},
	    {"_packets", "packets"},
	};
	size_t length = strlen(name);

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t suffix = strlen(units[i][0]);

		if (length > suffix && strcmp(name + length - suffix, units[i][0]) == 0) {
			return units[i][1];
		}
	}
	return "";
}

enum { NAME_COLUMNS = 24, MEANING_AT = 56 };

static void help_row(void *context, const struct tp_threshold *t)
{
	const struct term *term = context;
	char bounds[64];

	(void)snprintf(bounds, sizeof(bounds), "%.7g..%.7g", t->least, t->most);
	(void)fprintf(term->out, "  %-*s %8g %-8s %-12s ", NAME_COLUMNS, t->name, t->usual,
	    unit_of(t->name), bounds);
	term_put_wrapped(term, MEANING_AT + 3, t->about);
}

void config_help_thresholds(FILE *out)
{
	struct term term;

	term_init(&term, out);
	(void)fputs("From when on something counts as wrong. --config FILE changes it:\n\n"
		    "  thresholds:\n    loss_warning_pct: 2\n\n",
	    out);
	(void)fprintf(out, "  %-*s %8s %-8s %-12s %s\n", NAME_COLUMNS, "name", "default", "unit",
	    "bounds", "meaning");
	tp_each_threshold(help_row, &term);
}
