/* SPDX-License-Identifier: Apache-2.0 */
#include "thresholds.h"

#include <math.h>
#include <string.h>

#define THRESHOLD_ROW(name, value, least, most, about) \
	{#name, about, value, least, most, offsetof(struct thresholds, name)},
const struct threshold threshold_list[] = {THRESHOLDS(THRESHOLD_ROW)};
#undef THRESHOLD_ROW

const size_t threshold_count = sizeof(threshold_list) / sizeof(threshold_list[0]);

bool threshold_set(struct thresholds *thresholds, const char *name, double value)
{
	for (size_t i = 0; i < threshold_count; i++) {
		const struct threshold *t = &threshold_list[i];

		if (strcmp(t->name, name) == 0 && value >= t->least && value <= t->most) {
			memcpy((char *)thresholds + t->offset, &value, sizeof(value));
			return true;
		}
	}
	return false;
}

double threshold_get(const struct thresholds *thresholds, const char *name)
{
	double value = NAN;

	for (size_t i = 0; i < threshold_count; i++) {
		const struct threshold *t = &threshold_list[i];

		if (strcmp(t->name, name) == 0) {
			memcpy(&value, (const char *)thresholds + t->offset, sizeof(value));
		}
	}
	return value;
}
