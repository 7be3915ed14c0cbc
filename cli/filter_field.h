/* SPDX-License-Identifier: Apache-2.0 */
/* The fields that a filter knows, and their values in a call. */
#ifndef TALKPATH_FILTER_FIELD_H
#define TALKPATH_FILTER_FIELD_H

#include <stdbool.h>
#include <stddef.h>

#include "talkpath.h"

/* One value of a field: a number (text NULL), or text. */
struct filter_value {
	const char *text;
	double number;
};

/* Called for each value; true ends the walk. */
typedef bool filter_visit(void *context, const struct filter_value *value);

struct filter_field {
	const char *name;
	bool is_text;
	bool (*walk)(const struct tp_call_report *report, filter_visit *visit, void *context);
};

/* NULL where there is none of that name. */
const struct filter_field *filter_field(const char *name, size_t length);

#endif
