/* SPDX-License-Identifier: Apache-2.0 */
#include "absence.h"

#include <stdio.h>

#include "live_source.h"

static void tell(const struct tp_analysis *a, unsigned source, const char *text)
{
	if (a->handlers.problem) {
		a->handlers.problem(a->handlers.context,
		    &(struct tp_problem){.source = a->names[source], .reason = text});
	}
}

void absence_tell(struct tp_analysis *a)
{
	for (unsigned i = 0; i < a->source_count; i++) {
		const char *why = live_source_absence(a->sources[i]);
		char text[SOURCE_REASON_MAX + 64];

		if (!why == !a->absent[i]) {
			continue;
		}
		a->absent[i] = why != NULL;
		(void)snprintf(text, sizeof(text), "%s%s", why ? why : "is back",
		    why ? "; it is waited for" : "");
		tell(a, i, text);
	}
}
