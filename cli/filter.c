/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the expression is parsed once, by recursive descent, into nodes that
 * refer to one another by number; a call is judged by walking them.
 */
#include "filter.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "filter_field.h"

enum node_kind { NODE_COMPARE, NODE_EXISTS, NODE_AND, NODE_OR, NODE_NOT };

enum comparison { EQUAL, NOT_EQUAL, LESS, LESS_EQUAL, GREATER, GREATER_EQUAL, HOLDS, HOLDS_NOT };

struct node {
	enum node_kind kind;
	unsigned left, right;
	const struct filter_field *field;
	enum comparison comparison;
	struct filter_value value;
};

struct filter {
	char *text; /* the expression; values of nodes lie in it */
	unsigned count, root;
	struct node nodes[FILTER_NODES_MAX];
};

struct parser {
	struct filter *filter;
	char *at;
	unsigned depth;
	char *error; /* FILTER_ERROR_MAX; empty while all is well */
};

/* --- parsing --- */

__attribute__((format(printf, 2, 3))) static unsigned fail(
    struct parser *p, const char *format, ...)
{
	char what[120];
	va_list list;

	if (!p->error[0]) {
		va_start(list, format);
		(void)vsnprintf(what, sizeof(what), format, list);
		va_end(list);
		(void)snprintf(p->error, FILTER_ERROR_MAX, "%s at column %zu", what,
		    (size_t)(p->at - p->filter->text) + 1);
	}
	return 0;
}

static unsigned node_new(struct parser *p, const struct node *node)
{
	struct filter *f = p->filter;

	if (f->count == FILTER_NODES_MAX) {
		return fail(p, "more than %d comparisons", FILTER_NODES_MAX);
	}
	f->nodes[f->count] = *node;
	return f->count++;
}

static void blanks_skip(struct parser *p)
{
	p->at += strspn(p->at, " \t\n");
}

static size_t word_length(const char *at)
{
	return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789");
}

static bool word_take(struct parser *p, const char *word)
{
	blanks_skip(p);
	if (word_length(p->at) != strlen(word) || strncasecmp(p->at, word, strlen(word)) != 0) {
		return false;
	}
	p->at += strlen(word);
	return true;
}

static bool comparison_take(struct parser *p, enum comparison *out)
{
	static const struct {
		const char *sign;
		enum comparison comparison;
	} signs[] = {
	    {"==", EQUAL},
	    {"!=", NOT_EQUAL},
	    {"<=", LESS_EQUAL},
	    {">=", GREATER_EQUAL},
	    {"!~", HOLDS_NOT},
	    {"=", EQUAL},
	    {"<", LESS},
	    {">", GREATER},
	    {"~", HOLDS},
	};

	blanks_skip(p);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (strncmp(p->at, signs[i].sign, strlen(signs[i].sign)) == 0) {
			p->at += strlen(signs[i].sign);
			*out = signs[i].comparison;
			return true;
		}
	}
	return false;
}

/* Quoted, or up to a blank or parenthesis. The text is ended in place. */
static bool value_take(struct parser *p, char **value)
{
	char quote;
	size_t length;

	blanks_skip(p);
	quote = *p->at;
	if (quote == '"' || quote == '\'') {
		char *end = strchr(p->at + 1, quote);

		if (!end) {
			(void)fail(p, "a quote that is never closed");
			return false;
		}
		*value = p->at + 1;
		*end = '\0';
		p->at = end + 1;
		return true;
	}
	length = strcspn(p->at, " \t\n()");
	if (length == 0) {
		(void)fail(p, "a value is missing");
		return false;
	}
	*value = p->at;
	p->at += length;
	if (*p->at) {
		/* The character behind is needed yet: move the value one to the left instead. */
		memmove(*value - 1, *value, length);
		--*value;
		(*value)[length] = '\0';
	}
	return true;
}

static unsigned compare_parse(struct parser *p)
{
	struct node node = {.kind = NODE_EXISTS};
	char *value, *end;

	blanks_skip(p);
	node.field = filter_field(p->at, word_length(p->at));
	if (!node.field) {
		return fail(p, *p->at ? "\"%.*s\" is no field" : "a comparison is missing%.*s",
		    (int)word_length(p->at), p->at);
	}
	p->at += word_length(p->at);
	if (!comparison_take(p, &node.comparison)) {
		return node_new(p, &node);
	}
	node.kind = NODE_COMPARE;
	if (!value_take(p, &value)) {
		return 0;
	}
	node.value.text = value;
	node.value.number = strtod(value, &end);
	if (!node.field->is_text && (end == value || *end)) {
		return fail(
		    p, "\"%.40s\" is no number, which %s is, before", value, node.field->name);
	}
	return node_new(p, &node);
}

static unsigned or_parse(struct parser *p);

static unsigned factor_parse(struct parser *p)
{
	unsigned inside;

	if (++p->depth > FILTER_DEPTH_MAX) {
		return fail(p, "more than %d nested", FILTER_DEPTH_MAX);
	}
	blanks_skip(p);
	if (word_take(p, "not")) {
		inside = factor_parse(p);
		inside = node_new(p, &(struct node){.kind = NODE_NOT, .left = inside});
	} else if (*p->at == '(') {
		p->at++;
		inside = or_parse(p);
		blanks_skip(p);
		if (*p->at != ')') {
			return fail(p, "\")\" is missing");
		}
		p->at++;
	} else {
		inside = compare_parse(p);
	}
	p->depth--;
	return inside;
}

static unsigned and_parse(struct parser *p)
{
	unsigned left = factor_parse(p);

	while (!p->error[0] && word_take(p, "and")) {
		unsigned right = factor_parse(p);

		left = node_new(p, &(struct node){.kind = NODE_AND, .left = left, .right = right});
	}
	return left;
}

static unsigned or_parse(struct parser *p)
{
	unsigned left = and_parse(p);

	while (!p->error[0] && word_take(p, "or")) {
		unsigned right = and_parse(p);

		left = node_new(p, &(struct node){.kind = NODE_OR, .left = left, .right = right});
	}
	return left;
}

struct filter *filter_new(const char *expression, char error[FILTER_ERROR_MAX])
{
	struct filter *filter = calloc(1, sizeof(*filter));
	struct parser parser = {.filter = filter, .error = error};

	error[0] = '\0';
	if (!filter || !(filter->text = strdup(expression))) {
		(void)snprintf(error, FILTER_ERROR_MAX, "out of memory");
		free(filter);
		return NULL;
	}
	parser.at = filter->text;
	filter->root = or_parse(&parser);
	blanks_skip(&parser);
	if (*parser.at) {
		(void)fail(&parser, "\"%.40s\" is not understood", parser.at);
	}
	if (error[0]) {
		filter_free(filter);
		return NULL;
	}
	return filter;
}

void filter_free(struct filter *filter)
{
	if (filter) {
		free(filter->text);
		free(filter);
	}
}

/* --- judging --- */

static bool order_holds(enum comparison comparison, int order)
{
	switch (comparison) {
	case LESS:
		return order < 0;
	case LESS_EQUAL:
		return order <= 0;
	case GREATER:
		return order > 0;
	case GREATER_EQUAL:
		return order >= 0;
	default:
		return order == 0;
	}
}

/* Of != and !~ what they negate. */
static bool value_matches(void *context, const struct filter_value *value)
{
	const struct node *node = context;
	bool part = node->comparison == HOLDS || node->comparison == HOLDS_NOT;
	char number[32];

	if (node->kind == NODE_EXISTS) {
		return true;
	}
	if (value->text) {
		return part ? strcasestr(value->text, node->value.text) != NULL
			    : order_holds(
				  node->comparison, strcasecmp(value->text, node->value.text));
	}
	if (part) {
		(void)snprintf(number, sizeof(number), "%g", value->number);
		return strstr(number, node->value.text) != NULL;
	}
	return order_holds(node->comparison,
	    (value->number > node->value.number) - (value->number < node->value.number));
}

static bool node_holds(
    const struct filter *filter, unsigned number, const struct tp_call_report *report)
{
	const struct node *node = &filter->nodes[number];
	bool any;

	switch (node->kind) {
	case NODE_AND:
		return node_holds(filter, node->left, report) &&
		       node_holds(filter, node->right, report);
	case NODE_OR:
		return node_holds(filter, node->left, report) ||
		       node_holds(filter, node->right, report);
	case NODE_NOT:
		return !node_holds(filter, node->left, report);
	case NODE_COMPARE:
	case NODE_EXISTS:
		break;
	}
	any = node->field->walk(report, value_matches, (void *)(size_t)node);
	return node->kind == NODE_COMPARE &&
		       (node->comparison == NOT_EQUAL || node->comparison == HOLDS_NOT)
		   ? !any
		   : any;
}

bool filter_holds(const struct filter *filter, const struct tp_call_report *report)
{
	return node_holds(filter, filter->root, report);
}
