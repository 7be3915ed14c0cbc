/* SPDX-License-Identifier: Apache-2.0 */
/*
 * More comes live than can be measured: media is shed and counted, to the packet, wherever it is
 * that cannot keep up; messages all arrive, and the reader does not wait. Files are waited for.
 */
#include <arpa/inet.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reader.h"

enum {
	PACKETS = 300000,
	SIP_EVERY = 100,
	FLOWS = 16,
	FRAME_MAX = 512,
	KERNEL_DROPS = 7,
	CROWDED_FROM = PACKETS / 2,
	LINK_ETHERNET_NUMBER = 1
};

/* --- a source that always has a packet --- */

struct flood {
	struct source source;
	uint32_t sent;
	bool crowds; /* its buffer fills up on the way */
	uint8_t frames[PACKET_BURST][FRAME_MAX];
};

static void put16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static uint32_t datagram(
    uint8_t *frame, unsigned flow, unsigned port, const void *data, size_t octets)
{
	static const uint8_t head[34] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, 0, 0, 0,
	    0, 0x40, 0, 64, 17, 0, 0, 192, 0, 2, 1, 198, 51, 100, 1};

	memcpy(frame, head, sizeof(head));
	put16(frame + 16, (unsigned)(28 + octets));
	frame[29] = (uint8_t)(1 + flow);
	put16(frame + 34, port);
	put16(frame + 36, port);
	put16(frame + 38, (unsigned)(8 + octets));
	put16(frame + 40, 0);
	memcpy(frame + 42, data, octets);
	return (uint32_t)(42 + octets);
}

static uint32_t packet_make(uint8_t *frame, uint32_t number)
{
	static const char sip[] = "OPTIONS sip:a@192.0.2.1 SIP/2.0\r\n"
				  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1\r\n"
				  "From: <sip:a@192.0.2.1>;tag=1\r\nTo: <sip:b@192.0.2.2>\r\n"
				  "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n";
	uint8_t rtp[172] = {0x80};

	if (number % SIP_EVERY == 0) {
		return datagram(frame, 0, 5060, sip, sizeof(sip) - 1);
	}
	put16(rtp + 2, number / FLOWS & 0xffff);
	rtp[6] = (uint8_t)(number / FLOWS * 160 >> 8);
	rtp[7] = (uint8_t)(number / FLOWS * 160);
	rtp[11] = (uint8_t)(number % FLOWS);
	return datagram(frame, number % FLOWS, 20000, rtp, sizeof(rtp));
}

static int flood_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct flood *flood = (struct flood *)source;
	int count = 0;

	for (; count < PACKET_BURST && flood->sent < PACKETS; count++) {
		uint32_t number = ++flood->sent;
		uint32_t octets = packet_make(flood->frames[count], number);

		out[count] = (struct packet){.time_ns = (1700000000LL * 1000000 + number) * 1000,
		    .data = flood->frames[count],
		    .captured = octets,
		    .length = octets,
		    .frame = ++source->frame,
		    .link = LINK_ETHERNET_NUMBER};
	}
	source->crowded = flood->crowds && flood->sent > CROWDED_FROM;
	return count ? count : SOURCE_END;
}

static bool flood_drops(struct source *source, struct source_drops *out)
{
	(void)source;
	*out = (struct source_drops){.kernel = KERNEL_DROPS};
	return true;
}

static void flood_close(struct source *source)
{
	free(source);
}

static struct flood *flood_new(bool crowds)
{
	static const struct source_ops ops = {
	    .read = flood_read, .drops = flood_drops, .close = flood_close};
	struct flood *flood = calloc(1, sizeof(*flood));

	if (flood) {
		flood->source.ops = &ops;
		flood->source.wait_fd = -1;
		flood->crowds = crowds;
	}
	return flood;
}

/* --- who takes it --- */

struct tally {
	uint64_t messages, told, worked;
};

static atomic_uint_fast64_t worked;
static long block_ns; /* that a worker takes for each */

static void work(void *worker, const struct block *block, struct lane *desk)
{
	const struct timespec pause = {.tv_nsec = block_ns};

	(void)worker;
	(void)desk;
	atomic_fetch_add(&worked, block->used / sizeof(struct media_packet));
	(void)nanosleep(&pause, NULL);
}

static void take(void *desk, const struct record *record)
{
	struct tally *tally = desk;

	tally->messages += record->kind == RECORD_SIP;
	if (record->kind == RECORD_DROPPED) {
		const struct media_dropped *dropped = (const struct media_dropped *)record;

		tally->told = dropped->packets > tally->told ? dropped->packets : tally->told;
	}
}

static void tick(void *desk, const struct tick *t)
{
	(void)desk;
	(void)t;
}

struct scene {
	const char *name;
	bool live, crowds;
	unsigned fan;
	long block_ns;
};

static struct source_drops read_all(const struct scene *scene, struct tally *tally)
{
	static const struct pipeline_stages stages = {work, NULL, take, tick};
	static const uint16_t vantages[MERGE_SOURCES_MAX];
	atomic_bool stop = false;
	struct reader_config config = {
	    .key = 7,
	    .fan = scene->fan,
	    .limits = {64, 64},
	    .vantages = vantages,
	    .alone = true,
	    .live = scene->live,
	    .stop = &stop,
	};
	struct source_drops drops = {0};
	struct pipeline *pipeline = pipeline_new(&stages, PIPELINE_DESK_THREAD, tally);
	struct reader *reader = pipeline ? reader_open(&config, pipeline) : NULL;
	struct flood *flood = flood_new(scene->crowds);

	if (!reader || !flood || !merge_add(reader->merge, &flood->source) ||
	    !strand_share(reader->strand, true)) {
		return drops;
	}
	pipeline_phase(pipeline);
	reader_begin(reader, INT64_MAX, 0);
	while (reader->state == READER_READS) {
		strand_hold(reader->strand);
		reader_step(reader);
	}
	overload_drops(&reader->overload, 0, &drops);
	pipeline_free(pipeline);
	merge_fini(reader->merge);
	reader_free(reader);
	return drops;
}

/* Nothing is missing that was not counted. */
static bool is_kept(const struct scene *scene)
{
	struct tally tally = {0};
	struct source_drops drops;
	uint64_t media = PACKETS - PACKETS / SIP_EVERY, shed;
	bool sheds = scene->crowds || scene->block_ns > 0;
	bool good;

	atomic_store(&worked, 0);
	block_ns = scene->block_ns;
	drops = read_all(scene, &tally);
	shed = drops.ring + drops.worker;
	good = tally.messages == PACKETS / SIP_EVERY && atomic_load(&worked) + shed == media &&
	       (shed > 0) == (sheds && scene->live) && (drops.worker > 0 || !scene->crowds) &&
	       (!scene->live || (tally.told >= KERNEL_DROPS && tally.told <= shed + KERNEL_DROPS));
	if (!good) {
		(void)fprintf(stderr,
		    "%s: %llu messages, %llu of %llu packets measured, %llu and %llu shed, %llu "
		    "told\n",
		    scene->name, (unsigned long long)tally.messages,
		    (unsigned long long)atomic_load(&worked), (unsigned long long)media,
		    (unsigned long long)drops.ring, (unsigned long long)drops.worker,
		    (unsigned long long)tally.told);
	}
	return good;
}

int main(void)
{
	static const struct scene scenes[] = {
	    {"one slow worker", .live = true, .fan = 1, .block_ns = 20000000},
	    {"three slow workers", .live = true, .fan = 3, .block_ns = 20000000},
	    {"a buffer that fills up", .live = true, .crowds = true, .fan = 1},
	    {"a file", .live = false, .fan = 1, .block_ns = 100000},
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
		good &= is_kept(&scenes[i]);
	}
	return good ? 0 : 1;
}
