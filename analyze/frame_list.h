/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The frames that something was put together from: ascending, each once.
 *
 * Limits: FRAME_LIST_MAX; where there were more, the first ones and the last.
 */
#ifndef TALKPATH_FRAME_LIST_H
#define TALKPATH_FRAME_LIST_H

#include <stdint.h>
#include <string.h>

enum { FRAME_LIST_MAX = 32 };

struct frame_list {
	unsigned count;
	uint32_t at[FRAME_LIST_MAX];
};

static inline void frame_list_add(struct frame_list *list, uint32_t frame)
{
	unsigned i = list->count;

	while (i > 0 && list->at[i - 1] > frame) {
		i--;
	}
	if (i > 0 && list->at[i - 1] == frame) {
		return;
	}
	if (list->count < FRAME_LIST_MAX) {
		list->count++;
	} else if (i == FRAME_LIST_MAX) {
		i--; /* the newest last one takes the place of the last */
	}
	memmove(&list->at[i + 1], &list->at[i], (list->count - i - 1) * sizeof(list->at[0]));
	list->at[i] = frame;
}

#endif
