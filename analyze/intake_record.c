/* SPDX-License-Identifier: Apache-2.0 */
#include "intake_record.h"

void *intake_record_begin(struct intake *intake, enum record_kind kind, size_t length)
{
	size_t octets = (length + 7) / 8 * 8;
	struct record *record = intake->desk->reserve(intake->desk->context, octets);

	if (!record) {
		intake->signals_refused++;
		return NULL;
	}
	intake->record_octets += (uint32_t)octets;
	if (intake->record_octets > INTAKE_TICK_OCTETS) {
		intake->clock.next_tick_order = intake->order;
	}
	memset((uint8_t *)record + octets - 8, 0, 8);
	*record = (struct record){.order = intake->order, .octets = (uint32_t)octets, .kind = kind};
	/* Apart from those of workers, whose numbers of one order begin at 1. */
	record->sub = intake->subs ? UINT64_MAX / 2 + intake->subs : 0;
	intake->subs++;
	return record;
}

void *intake_record_room(struct intake *intake, enum record_kind kind, size_t length)
{
	struct record *record = intake_record_begin(intake, kind, length);

	if (record) {
		memset(record + 1, 0, record->octets - sizeof(*record));
	}
	return record;
}

void intake_signal_put(struct intake *intake, enum record_kind kind, const struct signal *head,
    struct bytes octets, const struct frame_list *frames)
{
	unsigned frame_count = frames && frames->count > 1 ? frames->count : 0;
	size_t length = bytes_left(&octets), more = frame_count * sizeof(frames->at[0]);
	struct signal *signal = intake_record_begin(intake, kind, sizeof(*signal) + length + more);
	struct record record;

	if (!signal) {
		return;
	}
	record = signal->record;
	*signal = *head;
	signal->record = record;
	signal->frame_count = (uint8_t)frame_count;
	signal->length = (uint32_t)length;
	memcpy(signal->octets, octets.at, length);
	if (frame_count > 0) {
		memcpy(signal->octets + length, frames->at, more);
	}
}
