/* SPDX-License-Identifier: Apache-2.0 */
#include "notices.h"

#include <math.h>

static void tell(const struct tp_analysis *a, const char *what, const struct source_error *error)
{
	if (a->handlers.problem) {
		a->handlers.problem(a->handlers.context,
		    &(struct tp_problem){.source = what, .reason = error->reason});
	}
}

void notice_full(struct tp_analysis *a)
{
	struct source_error error;

	if (atomic_exchange_explicit(&a->full, false, memory_order_relaxed)) {
		source_fail(&error,
		    "tables are full; what could best be spared is given up, and counted as "
		    "evictions; raise %s",
		    a->options.max_memory ? "--max-memory" : "--max-calls or --max-streams");
		tell(a, "memory", &error);
	}
}

/* A live analysis has one reader. */
void notice_clock(struct tp_analysis *a)
{
	struct live_clock *clock = a->run.reader_count > 0 ? &a->run.readers[0]->clock : NULL;
	struct source_error error;

	if (clock && clock->told_ns) {
		source_fail(&error, "it was set %s by %.1f s; %s",
		    clock->told_ns > 0 ? "forward" : "back",
		    fabs((double)clock->told_ns) / MEDIA_SECOND_NS,
		    clock->told_ns > 0
			? "times are told as before until no media has come for a while"
			: "times are told as before until the capture is started anew");
		tell(a, "clock", &error);
		clock->told_ns = 0;
	}
}
