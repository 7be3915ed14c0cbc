/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_agenda.h"

#include <stdlib.h>

static void heap_down(struct gen_agenda *agenda)
{
	struct gen_actor *heap = agenda->heap;
	size_t i = 0;

	for (;;) {
		size_t least = i;
		struct gen_actor swap;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < agenda->count;
		     child++) {
			if (heap[child].next_ns < heap[least].next_ns) {
				least = child;
			}
		}
		if (least == i) {
			return;
		}
		swap = heap[i];
		heap[i] = heap[least];
		heap[least] = swap;
		i = least;
	}
}

void gen_agenda_add(struct gen_agenda *agenda, struct gen_actor actor)
{
	size_t i = agenda->count++;

	if (i == agenda->room) {
		agenda->room = agenda->room ? 2 * agenda->room : 1024;
		agenda->heap = realloc(agenda->heap, agenda->room * sizeof(*agenda->heap));
		if (!agenda->heap) {
			abort();
		}
	}
	while (i > 0 && agenda->heap[(i - 1) / 2].next_ns > actor.next_ns) {
		agenda->heap[i] = agenda->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	agenda->heap[i] = actor;
}

void gen_agenda_run(struct gen_agenda *agenda)
{
	while (agenda->count > 0) {
		struct gen_actor *first = &agenda->heap[0];

		if (!first->act(first->self, &first->next_ns)) {
			*first = agenda->heap[--agenda->count];
		}
		heap_down(agenda);
	}
	free(agenda->heap);
	*agenda = (struct gen_agenda){0};
}
