/* SPDX-License-Identifier: Apache-2.0 */
#include "frames.h"

#include "flow.h"
#include "pool.h"

struct frames_kept {
	uint16_t capture;
	uint32_t frame;
	struct frame_list list;
};

bool frames_init(struct frames *frames)
{
	frames->kept = memory_reserve(sizeof(*frames->kept) * FRAMES_KEPT_MAX);
	return frames->kept && table_init(&frames->index, FRAMES_KEPT_MAX);
}

void frames_fini(struct frames *frames)
{
	memory_release(frames->kept, sizeof(*frames->kept) * FRAMES_KEPT_MAX);
	table_fini(&frames->index);
	*frames = (struct frames){0};
}

/* Nobody chooses frame numbers to collide: no key. */
static uint64_t hash_of(uint16_t capture, uint32_t frame)
{
	uint64_t number = (uint64_t)capture << 32 | frame;

	return XXH3_64bits(&number, sizeof(number));
}

static uint32_t number_of(const struct frames *frames, uint16_t capture, uint32_t frame)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&frames->index, &cursor, hash_of(capture, frame));

	while (number != TABLE_NONE &&
	       (frames->kept[number].frame != frame || frames->kept[number].capture != capture)) {
		number = table_next(&frames->index, &cursor);
	}
	return number;
}

void frames_note(struct frames *frames, const struct signal *signal)
{
	uint32_t number;
	struct frames_kept *kept;

	if (signal->frame_count == 0) {
		return;
	}
	number = number_of(frames, signal->capture, signal->frame);
	if (number == TABLE_NONE) {
		number = (uint32_t)(frames->used % FRAMES_KEPT_MAX);
		kept = &frames->kept[number];
		if (frames->used++ >= FRAMES_KEPT_MAX) {
			table_remove(&frames->index, hash_of(kept->capture, kept->frame), number);
		}
		*kept = (struct frames_kept){signal->capture, signal->frame, {0}};
		(void)table_insert(&frames->index, hash_of(signal->capture, signal->frame), number);
	}
	kept = &frames->kept[number];
	for (unsigned i = 0; i < signal->frame_count; i++) {
		frame_list_add(&kept->list, signal_frame(signal, i));
	}
}

const struct frame_list *frames_find(const struct frames *frames, uint16_t capture, uint32_t frame)
{
	uint32_t number = number_of(frames, capture, frame);

	return number != TABLE_NONE ? &frames->kept[number].list : NULL;
}
