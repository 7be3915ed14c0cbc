/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a pick is a packet that may be the call's. Those of media are known by hash
 * and time; those of the rest are marked by a second look at them. What is chosen is sorted by
 * the orders that the packets had when they were captured, and written.
 */
#include "saved_call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "extract_marks.h"
#include "extract_writer.h"
#include "model.h"

enum {
	PICKS_FIRST = 1024,
	BREATHE_EVERY = 512,      /* packets */
	BURST_OCTETS = 256 << 10, /* of packets decoded at once, and one more */
	FILE_OVERHEAD = 64 << 10, /* of a file: its section, and interfaces of long names */
	PACKET_OVERHEAD = 32 + 4, /* of a packet in it, padded */
	COMMENT_MAX = 512
};

/* Captures of one vantage are merged by time, and come nearly so. */
static const int64_t disorder_ns = MEDIA_SECOND_NS;

struct pick {
	uint64_t at, order;
	uint32_t captured, frame;
	uint16_t capture;
	bool media, chosen;
};

struct picks {
	const struct saved_from *from;
	struct pick *list;
	size_t count, room;
	unsigned breath;
	bool failed; /* memory was short */
	uint8_t data[BURST_OCTETS + PACKET_MAX];
};

/* --- the call --- */

struct saved_call *saved_call_new(
    const struct desk *desk, const struct call *call, const char *codes)
{
	struct saved_call *c = calloc(1, sizeof(*c));
	const char *call_id = call->media_alone ? "" : call_name(call, NAME_CALL_ID);

	if (!c) {
		return NULL;
	}
	c->plan = extract_plan_of_call(desk, call);
	c->call_id = call_id[0] ? strdup(call_id) : NULL;
	c->time_ns = call->first_ns;
	(void)snprintf(c->codes, sizeof(c->codes), "%s", codes);
	if (!c->plan || (call_id[0] && !c->call_id)) {
		saved_call_free(c);
		return NULL;
	}
	return c;
}

void saved_call_free(struct saved_call *c)
{
	if (c) {
		extract_plan_free(c->plan);
		free(c->call_id);
		free(c);
	}
}

/* --- picking --- */

static void breathe(struct picks *p)
{
	if (++p->breath % BREATHE_EVERY == 0) {
		p->from->breathe(p->from->context);
	}
}

static void pick(struct picks *p, uint64_t at, const struct spool_record *record, bool media)
{
	if (p->count == p->room) {
		size_t room = p->room ? p->room * 2 : PICKS_FIRST;
		struct pick *list = p->failed ? NULL : realloc(p->list, room * sizeof(*list));

		if (!list) {
			p->failed = true;
			return;
		}
		p->list = list;
		p->room = room;
	}
	p->list[p->count++] = (struct pick){
	    .at = at,
	    .order = record->order,
	    .captured = record->captured,
	    .frame = record->frame,
	    .capture = record->capture,
	    .media = media,
	    .chosen = media,
	};
}

/* Packets of this hash and time, the newest first. */
static void pick_all(
    struct picks *p, struct spool *spool, bool media, const struct extract_media *wanted)
{
	uint64_t at = spool_last(spool, wanted->hash);
	struct spool_record record;

	while (!p->failed && spool_record(spool, at, &record) &&
	       record.time_ns >= wanted->from_ns - disorder_ns) {
		if (record.hash == wanted->hash && record.time_ns >= wanted->from_ns &&
		    record.time_ns <= wanted->to_ns) {
			pick(p, at, &record, media);
		}
		breathe(p);
		at = record.prev;
	}
}

static int by_order(const void *a, const void *b)
{
	uint64_t one = ((const struct pick *)a)->order, other = ((const struct pick *)b)->order;

	return (one > other) - (one < other);
}

/* By order; what was found under two streams' hashes is there once. */
static void picks_sort(struct picks *p)
{
	size_t kept = 0;

	if (p->count > 0) {
		qsort(p->list, p->count, sizeof(*p->list), by_order);
	}
	for (size_t i = 0; i < p->count; i++) {
		if (kept == 0 || p->list[kept - 1].order != p->list[i].order) {
			p->list[kept++] = p->list[i];
		}
	}
	p->count = kept;
}

/* --- a second look at what is no media --- */

static void ranges_of(const struct picks *p, struct extract_range ranges[INTAKE_CAPTURES_MAX])
{
	for (size_t i = 0; i < p->count; i++) {
		const struct pick *one = &p->list[i];
		struct extract_range *range = &ranges[one->capture];

		if (range->count == 0) {
			range->first = one->frame;
		}
		range->count = (uint64_t)(one->frame - range->first) + 1;
	}
}

/* False where it was written over meanwhile. */
static bool packet_get(
    const struct picks *p, const struct pick *one, uint8_t *room, struct packet *out)
{
	struct spool *spool = one->media ? p->from->media : p->from->signals;
	struct spool_record record;

	if (!spool_record(spool, one->at, &record) || !spool_data(spool, one->at, &record, room)) {
		return false;
	}
	*out = (struct packet){
	    .time_ns = record.time_ns,
	    .data = room,
	    .captured = record.captured,
	    .length = record.length,
	    .frame = record.frame,
	    .capture = record.capture,
	    .link = record.link,
	};
	return true;
}

/* As many as a burst has room for. How many were passed. */
static size_t burst_mark(struct picks *p, size_t from, struct extract_marks *marks)
{
	struct packet packets[PACKET_BURST];
	unsigned count = 0;
	size_t octets = 0, i = from;

	for (; i < p->count && count < PACKET_BURST && octets < BURST_OCTETS; i++) {
		if (packet_get(p, &p->list[i], p->data + octets, &packets[count])) {
			octets += packets[count++].captured;
		}
		breathe(p);
	}
	if (count > 0) {
		extract_marks_burst(marks, packets, count);
	}
	return i - from;
}

static void signals_choose(struct picks *p, const struct extract_plan *plan)
{
	struct extract_range ranges[INTAKE_CAPTURES_MAX] = {{0}};
	struct extract_marks *marks;

	ranges_of(p, ranges);
	marks = extract_marks_new(plan, p->from->key, p->from->capture_count, ranges);
	if (!marks) {
		p->failed = true;
		return;
	}
	for (unsigned i = 0; i < p->from->capture_count; i++) {
		marks->intake.vantages[i] = p->from->vantage_of[i];
	}
	for (size_t at = 0; at < p->count;) {
		at += burst_mark(p, at, marks);
	}
	extract_marks_end(marks);
	for (size_t i = 0; i < p->count; i++) {
		p->list[i].chosen = extract_marks_has(marks, p->list[i].capture, p->list[i].frame);
	}
	extract_marks_free(marks);
}

/* --- writing --- */

static uint64_t octets_of(const struct picks *p)
{
	uint64_t octets = FILE_OVERHEAD;

	for (size_t i = 0; i < p->count; i++) {
		octets += p->list[i].chosen ? PACKET_OVERHEAD + p->list[i].captured : 0;
	}
	return octets;
}

static bool is_any_chosen(const struct picks *p)
{
	for (size_t i = 0; i < p->count; i++) {
		if (p->list[i].chosen) {
			return true;
		}
	}
	return false;
}

static bool packets_write(struct picks *p, struct pcapng_writer *file)
{
	struct extract_writer *writer = calloc(1, sizeof(*writer));
	struct packet packet;

	if (!writer) {
		(void)pcapng_writer_close(file);
		errno = ENOMEM;
		return false;
	}
	writer->file = file;
	writer->names = p->from->names;
	writer->vantage_of = p->from->vantage_of;
	writer->vantages = p->from->vantages;
	for (size_t i = 0; i < p->count; i++) {
		if (p->list[i].chosen && packet_get(p, &p->list[i], p->data, &packet)) {
			extract_writer_packet(writer, &packet);
		}
		breathe(p);
	}
	free(writer);
	return pcapng_writer_close(file);
}

static bool file_write(
    struct picks *p, const struct saved_call *call, bool cut, struct saved_files *files)
{
	char comment[COMMENT_MAX];
	struct pcapng_writer *writer;
	FILE *file;

	if (!saved_files_make_room(files, octets_of(p))) {
		errno = EFBIG;
		return false;
	}
	file = saved_files_begin(files, call->time_ns, call->call_id);
	if (!file) {
		return false;
	}
	(void)snprintf(comment, sizeof(comment), "talkpath: %s; Call-ID %s%s", call->codes,
	    call->call_id ? call->call_id : "unknown",
	    cut ? "; packets of its beginning are not there" : "");
	writer = pcapng_writer_on(file, comment);
	if (!writer || !packets_write(p, writer)) {
		int error = writer ? errno : ENOMEM;

		saved_files_abandon(files);
		errno = error;
		return false;
	}
	return saved_files_commit(files);
}

/* Something of its time is in neither spool any more. */
static bool is_cut(const struct saved_call *call, const struct saved_from *from)
{
	int64_t media_ns = spool_since_ns(from->media);
	const struct extract_media *media;
	bool cut = spool_since_ns(from->signals) > call->time_ns;
	size_t count;

	media = extract_plan_media(call->plan, &count);
	for (size_t i = 0; i < count; i++) {
		cut |= media_ns > media[i].first_ns;
	}
	return cut;
}

static enum saved_outcome outcome_of(bool written, bool cut)
{
	if (!written) {
		return SAVED_FAILED;
	}
	return cut ? SAVED_CUT : SAVED_WHOLE;
}

enum saved_outcome saved_call_write(
    const struct saved_call *call, const struct saved_from *from, struct saved_files *files)
{
	const struct extract_media all = {
	    .from_ns = extract_plan_from_ns(call->plan), .to_ns = INT64_MAX};
	const struct extract_media *media;
	struct picks *p = malloc(sizeof(*p));
	enum saved_outcome outcome;
	size_t count;
	bool cut;

	if (!p) {
		errno = ENOMEM;
		return SAVED_FAILED;
	}
	memset(p, 0, offsetof(struct picks, data));
	p->from = from;
	pick_all(p, from->signals, false, &all);
	picks_sort(p);
	signals_choose(p, call->plan);
	media = extract_plan_media(call->plan, &count);
	for (size_t i = 0; i < count; i++) {
		pick_all(p, from->media, true, &media[i]);
	}
	picks_sort(p);
	cut = is_cut(call, from);
	errno = ENOMEM;
	outcome = p->failed          ? SAVED_FAILED
		  : is_any_chosen(p) ? outcome_of(file_write(p, call, cut, files), cut)
				     : SAVED_NONE;
	free(p->list);
	free(p);
	return outcome;
}
