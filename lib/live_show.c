/* SPDX-License-Identifier: Apache-2.0 */
#include "live_show.h"

#include "live_source.h"

void live_show_begin(struct tp_analysis *a)
{
	for (unsigned i = 0; i < a->source_count; i++) {
		live_board_name(&a->board, i, a->names[i], a->vantages[a->vantage_of[i]]);
	}
	live_board_begin(&a->board, a->source_count);
}

void live_show(struct tp_analysis *a)
{
	if (!live_board_is_due(&a->board)) {
		return;
	}
	for (unsigned i = 0; i < a->source_count; i++) {
		const struct source *source = a->sources[i];
		struct live_reading reading = {
		    .absence = live_source_absence(source),
		    .totals = source->totals,
		};

		reading.dropped_count = drops_collect(a, (uint16_t)i, reading.dropped);
		live_board_source(&a->board, i, &reading);
	}
	live_board_read(&a->board);
}

bool tp_live_get(struct tp_analysis *a, struct tp_live_figures *live)
{
	return live_board_get(&a->board, live);
}
