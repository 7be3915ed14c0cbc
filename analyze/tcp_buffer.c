/* SPDX-License-Identifier: Apache-2.0 */
#include "tcp_buffer.h"

/* The number of parts that touch one another from offset 0 on. */
static unsigned ready_parts(const struct tcp_buffer *b)
{
	uint32_t at = 0;
	unsigned i = 0;

	while (i < b->count && b->parts[i].from == at) {
		at = b->parts[i++].to;
	}
	return i;
}

struct bytes tcp_buffer_ready(const struct tcp_buffer *b)
{
	unsigned ready = ready_parts(b);

	return bytes_of(b->area + b->start, ready ? b->parts[ready - 1].to : 0);
}

uint32_t tcp_buffer_end(const struct tcp_buffer *b)
{
	return b->count ? b->parts[b->count - 1].to : 0;
}

/* Join two parts that touch, to make room for one more. False where none do. */
static bool parts_join(struct tcp_buffer *b)
{
	for (unsigned i = 0; i + 1 < b->count; i++) {
		struct tcp_part *one = &b->parts[i], *next = one + 1;

		if (one->to == next->from && !next->begins) {
			one->to = next->to;
			if (next->origin.frame > one->origin.frame) {
				one->origin = next->origin;
			}
			b->count--;
			memmove(next, next + 1, (b->count - i - 1) * sizeof(*next));
			return true;
		}
	}
	return false;
}

static bool part_insert(struct tcp_buffer *b, const struct tcp_part *part)
{
	unsigned i;

	if (b->count == TCP_PARTS_MAX && !parts_join(b)) {
		return false;
	}
	for (i = b->count; i > 0 && b->parts[i - 1].from > part->from; i--) {
		b->parts[i] = b->parts[i - 1];
	}
	b->parts[i] = *part;
	b->count++;
	return true;
}

/* The first stretch of [from, end) that no part covers; false where there is none. */
static bool gap_find(const struct tcp_buffer *b, uint32_t from, uint32_t end, struct tcp_part *gap)
{
	unsigned i = 0;

	while (i < b->count && b->parts[i].to <= from) {
		i++;
	}
	while (i < b->count && b->parts[i].from <= from) {
		from = b->parts[i++].to;
	}
	gap->from = from;
	gap->to = i < b->count && b->parts[i].from < end ? b->parts[i].from : end;
	return from < end;
}

/* Room for the whole window behind `start`. */
static void area_compact(struct tcp_buffer *b)
{
	if (b->start + TCP_WINDOW > TCP_AREA) {
		memmove(b->area, b->area + b->start, tcp_buffer_end(b));
		b->start = 0;
	}
}

enum tcp_buffer_result tcp_buffer_add(
    struct tcp_buffer *b, const struct tcp_part *part, struct bytes octets)
{
	enum tcp_buffer_result result = TCP_BUFFER_OLD;
	struct tcp_part piece = *part;
	uint32_t at = part->from, end;

	if (part->from > TCP_WINDOW || bytes_left(&octets) > TCP_WINDOW - part->from) {
		return TCP_BUFFER_FULL;
	}
	end = part->from + (uint32_t)bytes_left(&octets);
	area_compact(b);
	while (gap_find(b, at, end, &piece)) {
		piece.begins = part->begins && piece.from == part->from;
		if (!part_insert(b, &piece)) {
			return TCP_BUFFER_FULL;
		}
		memcpy(b->area + b->start + piece.from, octets.at + (piece.from - part->from),
		    piece.to - piece.from);
		at = piece.to;
		result = TCP_BUFFER_ADDED;
	}
	return result;
}

void tcp_buffer_consume(struct tcp_buffer *b, uint32_t n)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < b->count; i++) {
		struct tcp_part part = b->parts[i];

		if (part.to > n) {
			part.begins &= part.from >= n;
			part.from = part.from > n ? part.from - n : 0;
			part.to -= n;
			b->parts[kept++] = part;
		}
	}
	b->count = kept;
	b->start += n;
}

struct tcp_origin tcp_buffer_origin(
    const struct tcp_buffer *b, uint32_t n, struct frame_list *frames)
{
	struct tcp_origin last = b->parts[0].origin;

	frames->count = 0;
	for (unsigned i = 0; i < b->count && b->parts[i].from < n; i++) {
		const struct tcp_origin *o = &b->parts[i].origin;

		if (o->capture == last.capture ? o->frame > last.frame
					       : o->time_ns > last.time_ns) {
			last = *o;
		}
	}
	for (unsigned i = 0; i < b->count && b->parts[i].from < n; i++) {
		if (b->parts[i].origin.capture == last.capture) {
			frame_list_add(frames, b->parts[i].origin.frame);
		}
	}
	return last;
}

uint32_t tcp_buffer_resume(const struct tcp_buffer *b)
{
	for (unsigned i = ready_parts(b); i < b->count; i++) {
		if (b->parts[i].begins) {
			return b->parts[i].from;
		}
	}
	return tcp_buffer_end(b);
}

unsigned tcp_buffer_parts(const struct tcp_buffer *b, uint32_t n)
{
	unsigned count = 0;

	while (count < b->count && b->parts[count].from < n) {
		count++;
	}
	return count;
}
