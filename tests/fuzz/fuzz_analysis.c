/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole packets through everything: intake, meter, desk, detectors, and each form of the report.
 *
 * The input is a story in short, so that calls of many seconds fit into few octets. An octet of
 * steering, then records:
 *
 *     2 octets   tens of milliseconds since the record before
 *     1 octet    the capture that saw it
 *     1 octet    how often it is sent on, 20 ms apart, as the RTP packets that follow it
 *     2 octets   length
 *     an IP packet
 *
 * What must be true of any finding: it has its words, is a hint or is none, and names packets and
 * calls that are there.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "analysis.h"
#include "fuzz.h"
#include "output.h"

enum {
	CAPTURES = 3,
	PACKETS_MAX = 2048,
	RECORD_OCTETS = 6,
	STEER_CAPTURES = 3, /* so many more than one, up to CAPTURES */
	STEER_NAMED = 4,    /* lan, wan, server: on these sides */
	STEER_LIVE = 8,     /* calls are closed and forgotten as time goes by */
	STEER_CROWDED = 16, /* room for a few calls and streams */
	STEER_UPLINK = 32,  /* the rate of the line is known */
	LINKTYPE_RAW = 101
};

/* RTP in UDP in IPv4, without options. */
enum { RTP_AT = 28, RTP_OCTETS = 12 };

static const uint32_t start_s = 1767268800;

struct sent {
	uint64_t time_ms;
	const uint8_t *octets;
	uint16_t length;
	uint8_t capture, again; /* again: the so-manieth packet behind the first */
};

struct story {
	unsigned count;
	struct sent packets[PACKETS_MAX];
};

static bool record_take(struct story *story, struct bytes *in, uint64_t *time_ms)
{
	const uint8_t *head = bytes_take(in, RECORD_OCTETS);
	uint16_t length = head ? (uint16_t)(head[4] << 8 | head[5]) : 0;
	const uint8_t *octets = head ? bytes_take(in, length) : NULL;

	if (!octets) {
		return false;
	}
	*time_ms += (uint64_t)(head[0] << 8 | head[1]) * 10;
	for (unsigned again = 0; again <= head[3]; again++) {
		if (story->count == PACKETS_MAX) {
			return false;
		}
		story->packets[story->count++] = (struct sent){
		    *time_ms + again * 20ULL, octets, length, head[2] % CAPTURES, (uint8_t)again};
	}
	return true;
}

/* In order of time; of one moment as they stand in the input. */
static int by_time(const void *left, const void *right)
{
	const struct sent *a = left, *b = right;

	if (a->time_ms != b->time_ms) {
		return a->time_ms < b->time_ms ? -1 : 1;
	}
	return a->octets != b->octets ? (a->octets < b->octets ? -1 : 1)
				      : (int)a->again - (int)b->again;
}

static void story_read(struct story *story, struct bytes in)
{
	uint64_t time_ms = 0;

	story->count = 0;
	while (record_take(story, &in, &time_ms)) {}
	qsort(story->packets, story->count, sizeof(story->packets[0]), by_time);
}

/* --- captures --- */

static void number_add(uint8_t *at, unsigned octets, uint32_t add)
{
	for (unsigned i = octets; i-- > 0; add >>= 8) {
		add += at[i];
		at[i] = (uint8_t)add;
	}
}

/* The same packet, or one that comes later in its stream. */
static void packet_write(FILE *out, const struct sent *p)
{
	static uint8_t octets[UINT16_MAX];
	uint32_t head[4] = {start_s + (uint32_t)(p->time_ms / 1000),
	    (uint32_t)(p->time_ms % 1000) * 1000, p->length, p->length};

	memcpy(octets, p->octets, p->length);
	if (p->again > 0 && p->length >= RTP_AT + RTP_OCTETS) {
		number_add(octets + RTP_AT + 2, 2, p->again);
		number_add(octets + RTP_AT + 4, 4, p->again * 160U);
	}
	require(fwrite(head, sizeof(head), 1, out) == 1);
	require(fwrite(octets, 1, p->length, out) == p->length);
}

/* A file without a name. */
static int capture_write(const struct story *story, unsigned capture)
{
	static const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, LINKTYPE_RAW};
	int fd = memfd_create("capture", MFD_CLOEXEC);
	FILE *out = fdopen(dup(fd), "wb");

	require(out && fwrite(head, sizeof(head), 1, out) == 1);
	for (unsigned i = 0; i < story->count; i++) {
		if (story->packets[i].capture == capture) {
			packet_write(out, &story->packets[i]);
		}
	}
	require(fclose(out) == 0);
	return fd;
}

/* --- what must be true --- */

struct totals {
	uint64_t calls, packets[CAPTURES];
	char names[CAPTURES][32];
	unsigned captures;
};

static void call_count(void *context, const struct tp_call *call)
{
	struct totals *totals = context;

	(void)call;
	totals->calls++;
}

static void capture_count(void *context, const struct tp_capture *capture)
{
	struct totals *totals = context;

	(void)snprintf(
	    totals->names[totals->captures], sizeof(totals->names[0]), "%s", capture->file);
	totals->packets[totals->captures++] = capture->packets;
}

static void evidence_check(const struct totals *totals, const struct tp_evidence *e)
{
	unsigned i = 0;

	require(e->text && *e->text && e->capture);
	while (i < totals->captures && strcmp(totals->names[i], e->capture) != 0) {
		i++;
	}
	require(i < totals->captures && e->frame >= 1 && e->frame <= totals->packets[i]);
}

static void finding_check(void *context, const struct tp_finding *f)
{
	const struct totals *totals = context;
	bool hint = f->confidence < 0.5;

	require(f->confidence > 0 && f->confidence <= 1);
	require(f->summary && *f->summary && f->why && *f->why && f->remedy && *f->remedy);
	require(f->vantage && *f->vantage && f->side);
	require(!hint || (strcmp(f->severity, "info") == 0 && f->would_settle));
	require(f->first_time_ns <= f->last_time_ns && f->evidence_count > 0);
	require(f->calls_total >= f->call_count && f->endpoint_count <= 16);
	for (size_t i = 0; i < f->evidence_count; i++) {
		evidence_check(totals, &f->evidence[i]);
	}
}

static void report_write(struct tp_analysis *analysis, FILE *out)
{
	static void (*const outputs[])(struct tp_analysis *, const struct selection *, FILE *) = {
	    output_text, output_json, output_ndjson, output_csv};
	struct selection selection = {.call_id = NULL};

	require(selection_make(&selection, analysis));
	for (size_t i = 0; i < sizeof(outputs) / sizeof(outputs[0]); i++) {
		outputs[i](analysis, &selection, out);
	}
	selection_free(&selection);
}

/* --- one analysis --- */

/* Of descriptors that stay open meanwhile each capture has its own name. */
static unsigned captures_open(struct tp_analysis *analysis, const struct story *story,
    uint8_t steer, int descriptors[CAPTURES])
{
	static const char *const sides[CAPTURES] = {"lan", "wan", "server"};
	unsigned count = 1 + (steer & STEER_CAPTURES) % CAPTURES;

	for (unsigned i = 0; i < count; i++) {
		char path[32];

		descriptors[i] = capture_write(story, i);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", descriptors[i]);
		require(
		    tp_open_file(analysis, path, steer & STEER_NAMED ? sides[i] : NULL) == TP_OK);
	}
	analysis->live = steer & STEER_LIVE;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct story story;
	static FILE *nowhere;
	struct bytes in = bytes_of(data, size);
	uint8_t steer = fuzz_octet(&in);
	bool crowded = steer & STEER_CROWDED;
	const struct tp_options options = {
	    .max_calls = crowded ? 4 : 256,
	    .max_streams = crowded ? 8 : 512,
	    .uplink_down_bps = steer & STEER_UPLINK ? 100000 : 0,
	    .uplink_up_bps = steer & STEER_UPLINK ? 100000 : 0,
	    .ladder = "",
	};
	struct tp_analysis *analysis = tp_new(&options, NULL);
	struct totals totals = {0};
	int descriptors[CAPTURES];
	unsigned captures;

	nowhere = nowhere ? nowhere : fopen("/dev/null", "w");
	require(analysis && nowhere);
	story_read(&story, in);
	captures = captures_open(analysis, &story, steer, descriptors);
	require(tp_run(analysis) == TP_OK);
	tp_each_capture(analysis, capture_count, &totals);
	tp_each_call(analysis, call_count, &totals);
	tp_each_finding(analysis, finding_check, &totals);
	report_write(analysis, nowhere);
	tp_free(analysis);
	while (captures > 0) {
		(void)close(descriptors[--captures]);
	}
	return 0;
}
