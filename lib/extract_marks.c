/* SPDX-License-Identifier: Apache-2.0 */
#include "extract_marks.h"

#include <stdlib.h>

static void mark(struct extract_marks *marks, uint16_t capture, uint32_t frame)
{
	uint32_t at = frame - marks->ranges[capture].first;

	if (at < marks->ranges[capture].count) {
		marks->bits[capture][at / 64] |= 1ULL << at % 64;
	}
}

static void mark_all(struct extract_marks *marks, uint16_t capture, const struct frame_list *frames)
{
	for (unsigned i = 0; i < frames->count; i++) {
		mark(marks, capture, frames->at[i]);
	}
}

/* --- messages that hang together --- */

static void frames_of(const struct signal *s, struct frame_list *out)
{
	*out = (struct frame_list){.count = s->frame_count};
	for (unsigned i = 0; i < s->frame_count; i++) {
		out->at[i] = signal_frame(s, i);
	}
	if (s->frame_count == 0) {
		frame_list_add(out, s->frame);
	}
}

static void tail_note(struct extract_marks *marks, const struct signal *s)
{
	struct extract_tail *tail = &marks->tails[marks->tail_count % EXTRACT_TAILS];

	marks->tail_count++;
	tail->capture = s->capture;
	frames_of(s, &tail->frames);
}

/* What ends in the frame that a chosen message begins in, and what ends where that begins. */
static void tails_mark(struct extract_marks *marks, uint16_t capture, uint32_t first)
{
	uint64_t reach = marks->tail_count < EXTRACT_TAILS ? marks->tail_count : EXTRACT_TAILS;

	for (uint64_t i = 1; i <= reach; i++) {
		const struct extract_tail *t =
		    &marks->tails[(marks->tail_count - i) % EXTRACT_TAILS];

		if (t->capture == capture && t->frames.at[t->frames.count - 1] == first) {
			mark_all(marks, capture, &t->frames);
			first = t->frames.at[0];
		}
	}
}

/* --- records --- */

static void signal_mark(struct extract_marks *marks, const struct signal *s)
{
	struct frame_list frames;

	frames_of(s, &frames);
	mark_all(marks, s->capture, &frames);
	if (s->transport == SIGNAL_TCP) {
		tails_mark(marks, s->capture, frames.at[0]);
	}
}

static void record_take(struct extract_marks *marks)
{
	const struct record *record = marks->record;

	if (!marks->record_waits) {
		return;
	}
	marks->record_waits = false;
	if (extract_plan_has_record(marks->plan, record)) {
		if (record->kind == RECORD_ICMP) {
			const struct icmp_notice *n = (const struct icmp_notice *)record;

			mark(marks, n->capture, n->frame);
		} else {
			signal_mark(marks, (const struct signal *)record);
		}
	} else if (record->kind == RECORD_SIP) {
		const struct signal *s = (const struct signal *)record;

		if (s->transport == SIGNAL_TCP && s->frame_count > 1) {
			tail_note(marks, s);
		}
	}
}

/* The intake fills what it is given before it asks for more. */
static void *record_room(void *context, size_t octets)
{
	struct extract_marks *marks = context;

	record_take(marks);
	if (octets > EXTRACT_RECORD_OCTETS) {
		return NULL;
	}
	marks->record_waits = true;
	return marks->record;
}

static void pieces_take(
    void *context, const struct media_packet *media, const struct frame_list *frames)
{
	struct extract_marks *marks = context;

	if (extract_plan_has_media(marks->plan, media)) {
		mark_all(marks, media->capture, frames);
	}
}

/* --- packets --- */

void extract_marks_burst(struct extract_marks *marks, const struct packet *packets, unsigned count)
{
	struct media_packet media[MEDIA_SLOTS * PACKET_BURST];
	unsigned at = 0, slots;

	while (at < count) {
		at += intake_burst(
		    &marks->intake, packets + at, count - at, media, &slots, &marks->sink);
		for (const struct media_packet *p = media; p < media + slots; p = media_next(p)) {
			if (extract_plan_has_media(marks->plan, p)) {
				mark(marks, p->capture, p->frame);
			}
		}
		record_take(marks);
	}
}

void extract_marks_end(struct extract_marks *marks)
{
	(void)intake_end(&marks->intake, &marks->sink);
	record_take(marks);
}

struct extract_marks *extract_marks_new(const struct extract_plan *plan, uint64_t key,
    unsigned captures, const struct extract_range ranges[])
{
	struct extract_marks *marks = calloc(1, sizeof(*marks));

	if (!marks || !intake_init(&marks->intake, key)) {
		free(marks);
		return NULL;
	}
	marks->plan = plan;
	marks->sink = (struct record_sink){record_room, marks};
	marks->intake.media_pieces = pieces_take;
	marks->intake.media_pieces_context = marks;
	marks->record = malloc(EXTRACT_RECORD_OCTETS);
	for (unsigned i = 0; i < captures; i++) {
		marks->ranges[i] = ranges[i];
		marks->bits[i] = calloc(ranges[i].count / 64 + 1, sizeof(*marks->bits[i]));
		if (!marks->bits[i]) {
			extract_marks_free(marks);
			return NULL;
		}
	}
	if (!marks->record) {
		extract_marks_free(marks);
		return NULL;
	}
	return marks;
}

void extract_marks_free(struct extract_marks *marks)
{
	if (!marks) {
		return;
	}
	intake_fini(&marks->intake);
	free(marks->record);
	for (unsigned i = 0; i < INTAKE_CAPTURES_MAX; i++) {
		free(marks->bits[i]);
	}
	free(marks);
}
