/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intake: its short way agrees with the full decoder, also where packets come as a run, and
 * its clock makes ticks due by packet time alone.
 */
#include <dirent.h>
#include <sys/stat.h>

#include "data.h"
#include "gen_calls.h"
#include "gen_phones.h"
#include "intake.h"
#include "open_one.h"
#include "sink.h"

/* --- the decoders --- */

struct totals {
	uint64_t packets, media, shortcuts;
};

/* What an intake made of a packet. */
struct outcome {
	struct media_packet media[MEDIA_SLOTS];
	unsigned slots;
	struct kept kept;
};

typedef void take(struct intake *intake, const struct packet *packet, struct outcome *out);

static void take_burst(struct intake *intake, const struct packet *packet, struct outcome *out)
{
	struct record_sink sink = kept_sink(&out->kept);

	while (intake_burst(intake, packet, 1, out->media, &out->slots, &sink) == 0) {}
}

/* The packet as a record of a file. */
static void take_run(struct intake *intake, const struct packet *packet, struct outcome *out)
{
	static uint8_t record[PACKET_RUN_OCTETS];
	const uint32_t header[4] = {(uint32_t)(packet->time_ns / MEDIA_SECOND_NS),
	    (uint32_t)(packet->time_ns % MEDIA_SECOND_NS), packet->captured, packet->length};
	struct record_sink sink = kept_sink(&out->kept);
	struct packet_run run;

	if (packet->time_ns < 0 || packet->time_ns / MEDIA_SECOND_NS > UINT32_MAX ||
	    packet->captured > sizeof(record) - sizeof(header)) {
		take_burst(intake, packet, out); /* pcapng alone has such */
		return;
	}
	memcpy(record, header, sizeof(header));
	memcpy(record + sizeof(header), packet->data, packet->captured);
	run = packet_run_begin(bytes_of(record, sizeof(header) + packet->captured), 1,
	    packet->frame - 1, packet->capture, packet->link);
	do {
		out->slots = MEDIA_SLOTS;
	} while (!intake_run(intake, &run, out->media, &out->slots, &sink));
	cr_assert_eq(run.frame, packet->frame);
	cr_assert_eq(bytes_left(&run.octets), 0);
	cr_assert_eq(run.bytes, packet->length);
	cr_assert_eq(run.snap_cut, packet->captured < packet->length);
	cr_assert_eq(run.first_time_ns, packet->time_ns);
	cr_assert_eq(run.last_time_ns, packet->time_ns);
}

/* The same packet by three ways. */
enum { FULL, SHORT, RUN, WAYS };

static take *const ways[WAYS] = {take_burst, take_burst, take_run};

static void expect_same(
    const struct outcome *a, const struct outcome *b, const char *path, uint32_t frame)
{
	cr_assert_eq(a->slots, b->slots, "%s frame %u", path, frame);
	cr_assert(memcmp(a->media, b->media, a->slots * sizeof(a->media[0])) == 0, "%s frame %u",
	    path, frame);
	cr_assert_eq(a->kept.count, b->kept.count, "%s frame %u", path, frame);
	for (size_t i = 0; i < a->kept.count; i++) {
		const struct record *record = a->kept.records[i];

		cr_assert(memcmp(record, b->kept.records[i], record->octets) == 0, "%s frame %u",
		    path, frame);
	}
}

/* One packet through all; what each makes of it must be the same. */
static void compare_packet(struct intake intakes[WAYS], const struct packet *packet,
    const char *path, struct totals *totals)
{
	struct outcome outcomes[WAYS];

	for (unsigned way = 0; way < WAYS; way++) {
		/* Every octet must be set by each. */
		memset(outcomes[way].media, way ? 0xa5 : 0x5a, sizeof(outcomes[way].media));
		ways[way](&intakes[way], packet, &outcomes[way]);
	}
	for (unsigned way = SHORT; way < WAYS; way++) {
		expect_same(&outcomes[FULL], &outcomes[way], path, packet->frame);
	}
	for (unsigned way = 0; way < WAYS; way++) {
		kept_free(&outcomes[way].kept);
	}
	totals->packets++;
	totals->media += outcomes[FULL].slots > 0;
}

enum { DAMAGE_ROOM = 2048, DAMAGE_REACH = 128 };

/* Some of its first octets are others, and some octets are not captured. */
static struct packet damage(
    const struct packet *packet, uint8_t room[DAMAGE_ROOM], struct gen_random *r)
{
	static const uint8_t telling[8] = {'\r', '\n', 'S', 'G', '/', ' ', 0x80, 0x16};
	struct packet out = *packet;
	uint64_t dice = gen_random(r);
	uint32_t reach = packet->captured < DAMAGE_REACH ? packet->captured : DAMAGE_REACH;

	out.data = room;
	out.captured = packet->captured < DAMAGE_ROOM && dice & 32 ? packet->captured : reach;
	memcpy(room, packet->data, out.captured);
	if (out.captured > 0 && dice & 1 && dice & 64) {
		out.captured = (uint32_t)(gen_random(r) % out.captured);
	}
	reach = out.captured < reach ? out.captured : reach;
	for (unsigned i = 0; i < (dice >> 1 & 3) && reach > 12; i++) {
		uint32_t at = 12 + (uint32_t)(gen_random(r) % (reach - 12));

		room[at] = dice & 8 ? (uint8_t)gen_random(r) : telling[gen_random(r) % 8];
	}
	out.length = dice & 16 ? out.captured : packet->length;
	return out;
}

/* Every packet of a file through all, as it is, or damaged in ways that `random` draws. */
static void compare_with(const char *path, struct totals *totals, struct gen_random *random)
{
	static struct intake intakes[WAYS];
	struct source_error error;
	struct source *source = open_one(path, 0, &error);
	struct packet packets[PACKET_BURST];
	uint8_t room[DAMAGE_ROOM];
	int count;

	if (!source) {
		return; /* some are damaged on purpose */
	}
	for (unsigned way = 0; way < WAYS; way++) {
		cr_assert(intake_init(&intakes[way], 7));
	}
	intakes[FULL].full_decoder_only = true;
	while ((count = source_read(source, packets)) > 0) {
		for (int i = 0; i < count; i++) {
			struct packet packet =
			    random ? damage(&packets[i], room, random) : packets[i];

			compare_packet(intakes, &packet, path, totals);
		}
	}
	for (unsigned way = SHORT; way < WAYS; way++) {
		const struct intake *own = &intakes[way], *full = &intakes[FULL];

		cr_assert_eq(memcmp(own->counts, full->counts, sizeof(own->counts)), 0, "%s", path);
		cr_assert_eq(memcmp(own->load, full->load, sizeof(own->load)), 0, "%s", path);
	}
	for (unsigned way = 0; way < WAYS; way++) {
		intake_fini(&intakes[way]);
	}
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

/* Next to nothing in them: of four octets they may be telephone events, and samples are taken. */
Test(decoders, agree_on_few_octets)
{
	static const uint8_t types[] = {0, 0x80, 18, 101, 0xe5};
	const struct gen_route route = {
	    gen_end("192.168.1.2", 4000), gen_end("203.0.113.9", 5000), 46, 63};
	uint8_t packet[12 + 9] = {0x80, [11] = 1};
	struct totals totals = {0};
	struct gen_file file;
	char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/talkpath-few-%d.pcap", (int)getpid());
	cr_assert(gen_open(&file, path, GEN_PCAP_NANO, GEN_ETHERNET, 262144));
	for (unsigned i = 0; i < 128 * sizeof(types); i++) {
		packet[1] = types[i % sizeof(types)];
		packet[3] = (uint8_t)(i / sizeof(types));
		for (size_t octets = 0; octets <= 9; octets++) {
			gen_udp(&file, MEDIA_SECOND_NS + i, &route, packet, 12 + octets);
		}
	}
	cr_assert(gen_close(&file));
	compare(path, &totals);
	(void)unlink(path);
	cr_expect_eq(totals.media, 128 * sizeof(types) * 10);
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

/* SIP in datagrams. */
Test(decoders, agree_on_messages)
{
	static const struct gen_phones what = {.seed = 9, .phones = 50, .messages = 3000};
	struct gen_random random = {11};
	struct gen_phones_truth truth;
	struct totals totals = {0};
	struct gen_file file;
	char path[64];

	(void)snprintf(path, sizeof(path), "/tmp/talkpath-messages-%d.pcap", (int)getpid());
	cr_assert(gen_open(&file, path, GEN_PCAP_NANO, GEN_ETHERNET, 262144));
	cr_assert(gen_phones(&file, &what, &truth));
	cr_assert(gen_close(&file));
	compare(path, &totals);
	for (int round = 0; round < 5; round++) {
		compare_with(path, &totals, &random);
	}
	(void)unlink(path);
	cr_expect_gt(totals.packets, 15000);
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

/* The last record alone. */
static void *one_room(void *context, size_t octets)
{
	cr_assert_leq(octets, 256);
	return context;
}

/* How many of so many keep-alives, all at one time, become records. */
static unsigned keepalives_feed(struct intake *intake, int64_t time_ns, unsigned count)
{
	static const uint8_t data[60] = {[12] = 8,
	    [14] = 0x45,
	    [17] = 32,
	    [23] = 17,
	    [34] = 1,
	    [36] = 1,
	    [39] = 12,
	    [42] = '\r',
	    '\n',
	    '\r',
	    '\n'};
	static uint64_t room[32];
	struct record *record = (struct record *)room;
	struct record_sink sink = {one_room, room};
	struct packet packet = {
	    .time_ns = time_ns, .data = data, .captured = 60, .length = 60, .link = 1};
	struct media_packet media[MEDIA_SLOTS];
	unsigned slots, records = 0;

	for (unsigned i = 0; i < count; i++) {
		record->kind = RECORD_SIP;
		while (intake_burst(intake, &packet, 1, media, &slots, &sink) == 0) {}
		records += record->kind == RECORD_KEEPALIVE;
	}
	return records;
}

/* Also where their own records make ticks due. */
Test(clock, keepalives_are_limited)
{
	static struct intake intake;

	cr_assert(intake_init(&intake, 1));
	cr_expect_eq(keepalives_feed(&intake, 100 * second, 3 * INTAKE_KEEPALIVES_MAX),
	    INTAKE_KEEPALIVES_MAX);
	cr_expect_neq(intake.tick.order, 0, "there was one");
	cr_expect_eq(keepalives_feed(&intake, 101 * second, 10), 10);
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
