/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

static const struct {
	const char *name;
	enum dissect_class class;
} results[DISSECT_RESULT_COUNT] = {
#define DISSECT_ROW(value, class, name) [value] = {name, DISSECT_CLASS_##class},
    DISSECT_RESULTS(DISSECT_ROW)
#undef DISSECT_ROW
};

const char *dissect_result_name(enum dissect_result result)
{
	return results[result].name;
}

enum dissect_class dissect_result_class(enum dissect_result result)
{
	return results[result].class;
}
