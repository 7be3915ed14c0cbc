/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intake: its short way agrees with the full decoder, and its clock makes ticks due by
 * packet time alone.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "data.h"
#include "gen_calls.h"
#include "intake.h"
#include "open_one.h"
#include "sink.h"

/* --- the two decoders --- */

struct totals {
	uint64_t packets, media, shortcuts;
};

/* One packet through both; what each makes of it must be the same. */
static void compare_packet(struct intake *quick, struct intake *full, const struct packet *packet,
    const char *path, struct totals *totals)
{
	struct media_packet a[MEDIA_SLOTS], b[MEDIA_SLOTS];
	unsigned a_slots = 0, b_slots = 0;
	struct kept quick_kept, full_kept;
	struct record_sink quick_sink = kept_sink(&quick_kept), full_sink = kept_sink(&full_kept);

	/* Every octet must be set by both. */
	memset(a, 0xa5, sizeof(a));
	memset(b, 0x5a, sizeof(b));
	while (intake_burst(quick, packet, 1, a, &a_slots, &quick_sink) == 0) {}
	while (intake_burst(full, packet, 1, b, &b_slots, &full_sink) == 0) {}
	cr_assert_eq(a_slots, b_slots, "%s frame %u", path, packet->frame);
	cr_assert(memcmp(a, b, a_slots * sizeof(a[0])) == 0, "%s frame %u", path, packet->frame);
	cr_assert_eq(quick_kept.count, full_kept.count, "%s frame %u", path, packet->frame);
	for (size_t i = 0; i < quick_kept.count; i++) {
		cr_assert_eq(memcmp(quick_kept.records[i], full_kept.records[i],
				 quick_kept.records[i]->octets),
		    0, "%s frame %u", path, packet->frame);
	}
	kept_free(&quick_kept);
	kept_free(&full_kept);
	totals->packets++;
	totals->media += a_slots > 0;
}

/* Some octets of its headers and what follows them are others, and some are not captured. */
static struct packet damage(const struct packet *packet, uint8_t room[128], struct gen_random *r)
{
	static const uint8_t telling[8] = {'\r', '\n', 'S', 'G', '/', ' ', 0x80, 0x16};
	struct packet out = *packet;
	uint64_t dice = gen_random(r);

	out.data = room;
	out.captured = packet->captured < 128 ? packet->captured : 128;
	memcpy(room, packet->data, out.captured);
	if (out.captured > 0 && dice & 1) {
		out.captured = (uint32_t)(gen_random(r) % out.captured);
	}
	for (unsigned i = 0; i < (dice >> 1 & 3) && out.captured > 12; i++) {
		uint32_t at = 12 + (uint32_t)(gen_random(r) % (out.captured - 12));

		room[at] = dice & 8 ? (uint8_t)gen_random(r) : telling[gen_random(r) % 8];
	}
	out.length = dice & 16 ? out.captured : packet->length;
	return out;
}

/* Every packet of a file through both, as it is, or damaged in ways that `random` draws. */
static void compare_with(const char *path, struct totals *totals, struct gen_random *random)
{
	static struct intake quick, full;
	struct source_error error;
	struct source *source = open_one(path, 0, &error);
	struct packet packets[PACKET_BURST];
	uint8_t room[128];
	int count;

	if (!source) {
		return; /* some are damaged on purpose */
	}
	cr_assert(intake_init(&quick, 7));
	cr_assert(intake_init(&full, 7));
	full.full_decoder_only = true;
	while ((count = source_read(source, packets)) > 0) {
		for (int i = 0; i < count; i++) {
			struct packet packet =
			    random ? damage(&packets[i], room, random) : packets[i];

			compare_packet(&quick, &full, &packet, path, totals);
		}
	}
	cr_assert_eq(memcmp(quick.counts, full.counts, sizeof(quick.counts)), 0, "%s", path);
	cr_assert_eq(memcmp(quick.load, full.load, sizeof(quick.load)), 0, "%s", path);
	intake_fini(&quick);
	intake_fini(&full);
	source_close(source);
}

static void compare(const char *path, struct totals *totals)
{
	compare_with(path, totals, NULL);
}

Test(decoders, agree_on_generated_calls)
{
	static const struct gen_calls what = {.seed = 3, .calls = 5, .seconds = 5, .loss_pct = 1};
	struct totals totals = {0};
	struct gen_truth *truths;
	struct gen_file file;
	char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/talkpath-intake-%d.pcap", (int)getpid());
	for (enum gen_link link = GEN_ETHERNET; link <= GEN_RAW; link++) {
		cr_assert(gen_open(&file, path, GEN_PCAP_NANO, link, 262144));
		cr_assert(gen_calls(&file, &what, &truths));
		cr_assert(gen_close(&file));
		free(truths);
		compare(path, &totals);
	}
	(void)unlink(path);
	cr_expect_gt(totals.media, 10000);
}

Test(decoders, agree_on_an_office)
{
	static const struct gen_calls what = {
	    .seed = 5, .calls = 4, .seconds = 4, .other_pct = 90, .tcp = true};
	struct gen_random random = {7};
	struct totals totals = {0};
	struct gen_truth *truths;
	struct gen_file file;
	char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/talkpath-office-%d.pcap", (int)getpid());
	cr_assert(gen_open(&file, path, GEN_PCAP_NANO, GEN_ETHERNET, 262144));
	cr_assert(gen_calls(&file, &what, &truths));
	cr_assert(gen_close(&file));
	free(truths);
	compare(path, &totals);
	for (int round = 0; round < 5; round++) {
		compare_with(path, &totals, &random);
	}
	(void)unlink(path);
	cr_expect_gt(totals.packets, 50000);
}

static void compare_folder(const char *path, struct totals *totals)
{
	DIR *folder = opendir(path);
	const struct dirent *entry;

	cr_assert_not_null(folder, "%s", path);
	while ((entry = readdir(folder)) != NULL) {
		char name[4096];
		struct stat status;

		(void)snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		if (entry->d_name[0] == '.' || stat(name, &status) != 0) {
			continue;
		}
		if (S_ISDIR(status.st_mode)) {
			compare_folder(name, totals);
		} else {
			compare(name, totals);
		}
	}
	(void)closedir(folder);
}

Test(decoders, agree_on_recordings, .timeout = 300)
{
	struct totals totals = {0};

	compare_folder(data_path("captures"), &totals);
	cr_expect_gt(totals.packets, 50000);
	cr_expect_gt(totals.media, 20000);
}

/* --- the clock --- */

/* Where only the clock matters. */
static void *no_room(void *context, size_t octets)
{
	(void)context;
	(void)octets;
	return NULL;
}

static const struct record_sink nowhere = {no_room, NULL};

static unsigned feed(struct intake *intake, int64_t time_ns)
{
	static const uint8_t data[60];
	struct packet packet = {.time_ns = time_ns, .data = data, .captured = 60, .length = 60};
	struct media_packet media[MEDIA_SLOTS];
	unsigned count, ticks = 0;

	packet.link = 1;
	while (intake_burst(intake, &packet, 1, media, &count, &nowhere) == 0) {
		ticks++;
	}
	return ticks;
}

static const int64_t second = MEDIA_SECOND_NS;

Test(clock, ticks_at_full_seconds)
{
	static struct intake intake;

	cr_assert(intake_init(&intake, 1));
	cr_expect_eq(feed(&intake, 100 * second + 500), 0, "the first packet starts it");
	cr_expect_eq(feed(&intake, 100 * second + 999999999), 0);
	cr_expect_eq(feed(&intake, 101 * second), 1);
	cr_expect_eq(intake.tick.time_ns, 101 * second);
	cr_expect_eq(intake.tick.order, 2, "everything before the packet that made it due");
	cr_expect_eq(feed(&intake, 101 * second + 1), 0);
	cr_expect_eq(feed(&intake, 99 * second), 0, "time that steps back moves nothing");
	cr_expect_eq(feed(&intake, 105 * second), 1, "one tick for several seconds");
}

Test(clock, a_leap_needs_a_second_witness)
{
	static struct intake intake;

	cr_assert(intake_init(&intake, 1));
	(void)feed(&intake, 100 * second);
	cr_expect_eq(feed(&intake, 4000000000 * second), 0, "one wild stamp is not believed");
	cr_expect_eq(feed(&intake, 101 * second), 1, "and does not stop the clock");
	cr_expect_eq(feed(&intake, 5000 * second), 0);
	cr_expect_eq(feed(&intake, 5000 * second + 1), 1, "two are");
	cr_expect_eq(intake.tick.time_ns, 5000 * second + 1);
}

Test(clock, ticks_by_number)
{
	static struct intake intake;
	unsigned ticks = 0;

	cr_assert(intake_init(&intake, 1));
	for (int i = 0; i < 3 * INTAKE_TICK_PACKETS + 10; i++) {
		ticks += feed(&intake, 100 * second);
	}
	cr_expect_eq(ticks, 3);
}

Test(clock, idle)
{
	static struct intake intake;

	cr_assert(intake_init(&intake, 1));
	cr_expect(!intake_idle(&intake, 100 * second, &nowhere), "nothing has begun");
	(void)feed(&intake, 100 * second);
	cr_expect(!intake_idle(&intake, 100 * second + 5, &nowhere));
	cr_expect(intake_idle(&intake, 107 * second, &nowhere));
	cr_expect_eq(intake.tick.time_ns, 107 * second);
	cr_expect_eq(feed(&intake, 106 * second), 0);
}

/* --- orders of several intakes --- */

static uint64_t order_after(struct intake *intake, int64_t time_ns)
{
	(void)feed(intake, time_ns);
	return intake->order;
}

/* As of one merge: by time, then by intake, and with one time each takes its turn as a whole. */
Test(order, beside_others)
{
	static struct intake one, other;
	uint64_t earlier, later;

	cr_assert(intake_init(&one, 1));
	cr_assert(intake_init(&other, 1));
	intake_beside(&one, 0, 100 * second);
	intake_beside(&other, 1, 100 * second);
	earlier = order_after(&one, 100 * second);
	cr_expect_gt(order_after(&other, 100 * second), earlier);
	cr_expect_lt(order_after(&one, 100 * second), other.order, "the same time");
	later = order_after(&other, 100 * second + 1000);
	cr_expect_lt(order_after(&one, 100 * second + 999), later);
	cr_expect_lt(order_after(&one, 100 * second + 1), later, "time that steps back");
	cr_expect_lt(order_after(&one, 0), later, "or before all began");
	cr_expect_gt(order_after(&one, 100 * second + 2000), later);
}

/* However many there are at one time: no two packets have one order. */
Test(order, is_never_given_twice)
{
	static struct intake one, other;
	uint64_t before = 0;

	cr_assert(intake_init(&one, 1));
	cr_assert(intake_init(&other, 1));
	intake_beside(&one, 0, 0);
	intake_beside(&other, 63, 0);
	for (unsigned i = 0; i < 5000; i++) {
		uint64_t order = order_after(&one, second);
		uint64_t beside = order_after(&other, second);

		cr_assert_gt(order, before);
		cr_assert_eq(order >> INTAKE_TURN_BITS & 63, 0);
		cr_assert_eq(beside >> INTAKE_TURN_BITS & 63, 63);
		before = order;
	}
	intake_follow(&one, other.order);
	cr_expect_gt(one.order, other.order);
	cr_expect_gt(order_after(&one, second), one.order - 1);
}

/* The end comes behind everything, and is one for all. */
Test(order, end_of_several)
{
	static struct intake one, other;
	struct tick a, b;

	cr_assert(intake_init(&one, 1));
	cr_assert(intake_init(&other, 1));
	intake_beside(&one, 0, 0);
	intake_beside(&other, 1, 0);
	(void)order_after(&one, INT64_MAX);
	(void)order_after(&other, second);
	a = intake_end(&one, &nowhere);
	b = intake_end(&other, &nowhere);
	cr_expect_eq(a.order, b.order);
	cr_expect(one.order < a.order && other.order < b.order);
}
