/* SPDX-License-Identifier: Apache-2.0 */
#include "selection.h"

#include <stdlib.h>
#include <string.h>

bool selection_has(const struct selection *s, const struct tp_call_report *report)
{
	if (s->call_id && strcmp(report->call->id, s->call_id) != 0 &&
	    (!report->call->call_id || strcmp(report->call->call_id, s->call_id) != 0)) {
		return false;
	}
	return !s->filter || filter_holds(s->filter, report);
}

/* "c12" is 12. */
static size_t number_of(const char *id)
{
	return strtoul(id + 1, NULL, 10);
}

static bool room_for(struct selection *s, size_t number)
{
	size_t words = s->words ? s->words : 16;
	uint64_t *chosen;

	while (words <= number / 64) {
		words *= 2;
	}
	if (words == s->words) {
		return true;
	}
	chosen = realloc(s->chosen, sizeof(*chosen) * words);
	if (!chosen) {
		return false;
	}
	memset(chosen + s->words, 0, sizeof(*chosen) * (words - s->words));
	s->chosen = chosen;
	s->words = words;
	return true;
}

struct making {
	struct selection *selection;
	bool failed;
};

static void choose(void *context, const struct tp_call_report *report)
{
	struct making *making = context;
	struct selection *s = making->selection;
	size_t number = number_of(report->call->id);

	if (!selection_has(s, report)) {
		return;
	}
	if (!room_for(s, number)) {
		making->failed = true;
		return;
	}
	s->chosen[number / 64] |= 1ULL << number % 64;
	s->count++;
}

bool selection_make(struct selection *s, struct tp_analysis *analysis)
{
	struct making making = {.selection = s};

	if (!selection_is_all(s)) {
		tp_each_report(analysis, choose, &making);
	}
	return !making.failed;
}

void selection_free(struct selection *s)
{
	free(s->chosen);
	s->chosen = NULL;
	s->words = 0;
}

static bool has_id(const struct selection *s, const char *id)
{
	size_t number;

	if (selection_is_all(s)) {
		return true;
	}
	if (!id) {
		return false;
	}
	number = number_of(id);
	return number / 64 < s->words && s->chosen[number / 64] >> number % 64 & 1;
}

bool selection_has_call(const struct selection *s, const struct tp_call *call)
{
	return has_id(s, call->id);
}

bool selection_has_stream(const struct selection *s, const struct tp_stream *stream)
{
	return has_id(s, stream->call);
}

bool selection_has_finding(const struct selection *s, const struct tp_finding *finding)
{
	if (selection_is_all(s)) {
		return true;
	}
	for (size_t i = 0; i < finding->call_count; i++) {
		if (has_id(s, finding->calls[i])) {
			return true;
		}
	}
	return false;
}
