/* SPDX-License-Identifier: Apache-2.0 */
#include "talk_time.h"

#include "dialog.h"
#include "offer_answer.h"

int64_t talk_established_ns(const struct observation *o)
{
	if (!o->answered.set) {
		return dialog_established(o)->time_ns;
	}
	return o->acked.set ? o->acked.time_ns : o->answered.time_ns;
}

bool talk_window(const struct observation *o, unsigned index, unsigned line, struct interval *out)
{
	unsigned count;
	const struct agreement *a = &offer_answer_agreements(o, &count)[index];
	int64_t since_ns = talk_established_ns(o);

	if (!dialog_established(o)->set || !agreement_has_two_way_audio(a, line)) {
		return false;
	}
	out->from_ns = a->from_ns > since_ns ? a->from_ns : since_ns;
	if (index + 1 < count) {
		out->to_ns = a[1].from_ns;
	} else if (o->ended.set) {
		out->to_ns = o->ended.time_ns;
	} else {
		out->to_ns = INT64_MAX;
	}
	return out->from_ns < out->to_ns;
}

bool talk_always(const struct observation *o, unsigned line)
{
	unsigned count;
	const struct agreement *agreements = offer_answer_agreements(o, &count);

	for (unsigned i = 0; i < count; i++) {
		if (!agreement_has_two_way_audio(&agreements[i], line)) {
			return false;
		}
	}
	return count > 0 && o->answered.set;
}

unsigned talk_lines(const struct call *call)
{
	unsigned lines = 0;

	for (const struct observation *o = call->observations; o; o = o->next) {
		unsigned count;
		const struct agreement *a = offer_answer_agreements(o, &count);

		for (unsigned i = 0; i < count; i++) {
			lines = a[i].line_count > lines ? a[i].line_count : lines;
		}
	}
	return lines;
}
