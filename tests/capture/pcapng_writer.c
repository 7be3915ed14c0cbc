/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written is read back: by this project's own reader, and octet by octet.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "open_one.h"
#include "pcapng_writer.h"

enum { LINK_OF_ETHERNET = 1, LINK_OF_SLL2 = 276, OCTETS_MAX = 1 << 20 };

static char path[64];

static void path_make(void)
{
	(void)snprintf(path, sizeof(path), "/tmp/talkpath-writer-%d.pcapng", (int)getpid());
}

static void path_remove(void)
{
	(void)unlink(path);
}

TestSuite(pcapng_writer, .init = path_make, .fini = path_remove);

static struct packet packet_of(int64_t time_ns, uint32_t captured, uint32_t length)
{
	static uint8_t octets[PACKET_MAX];

	for (uint32_t i = 0; i < captured; i++) {
		octets[i] = (uint8_t)(i * 7 + captured);
	}
	return (struct packet){
	    .time_ns = time_ns, .data = octets, .captured = captured, .length = length};
}

/* Everything in the file, in one go. */
static unsigned read_back(struct packet out[PACKET_BURST], struct source **source)
{
	struct source_error error = {0};
	int count;

	*source = open_one(path, 0, &error);
	cr_assert_not_null(*source, "%s", error.reason);
	count = source_read(*source, out);
	return count > 0 ? (unsigned)count : 0;
}

/* Times to the nanosecond, lengths of every padding, cut packets, link types: all as they were. */
Test(pcapng_writer, is_read_back_as_it_was)
{
	static const int64_t times[] = {0, 1, 999999999, 1700000000123456789, 4102444800000000001};
	struct pcapng_writer *w = pcapng_writer_open(path);
	struct packet out[PACKET_BURST];
	struct source *source;
	unsigned wire, cooked;

	cr_assert_not_null(w);
	wire = pcapng_writer_interface(w, LINK_OF_ETHERNET, "lan", "a.zip!lan.pcap");
	cooked = pcapng_writer_interface(w, LINK_OF_SLL2, "wan", "wan.pcap");
	for (unsigned i = 0; i < 10; i++) {
		struct packet p = packet_of(times[i % 5], 60 + i, i % 2 ? 1500 : 60 + i);

		pcapng_writer_packet(w, i % 3 ? wire : cooked, &p);
	}
	cr_assert(pcapng_writer_close(w));
	cr_assert_eq(read_back(out, &source), 10);
	for (unsigned i = 0; i < 10; i++) {
		struct packet p = packet_of(times[i % 5], 60 + i, 0);

		cr_expect_eq(out[i].time_ns, times[i % 5], "packet %u", i);
		cr_expect_eq(out[i].captured, 60 + i, "packet %u", i);
		cr_expect_eq(out[i].length, i % 2 ? 1500 : 60 + i, "packet %u", i);
		cr_expect_eq(out[i].link, i % 3 ? LINK_OF_ETHERNET : LINK_OF_SLL2, "packet %u", i);
		cr_expect_eq(memcmp(out[i].data, p.data, p.captured), 0, "packet %u", i);
	}
	cr_expect_str_eq(source->interfaces[0].name, "lan");
	cr_expect_str_eq(source->interfaces[1].name, "wan");
	cr_expect_eq(source->totals.snap_cut, 5);
	cr_expect_not(source->truncated);
	source_close(source);
}

Test(pcapng_writer, longest_and_empty_packets)
{
	static const uint32_t lengths[] = {0, 1, PACKET_MAX};

	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		struct pcapng_writer *w = pcapng_writer_open(path);
		struct packet p = packet_of(7, lengths[i], lengths[i]), out[PACKET_BURST];
		struct source *source;

		cr_assert_not_null(w);
		pcapng_writer_packet(w, pcapng_writer_interface(w, 1, "", ""), &p);
		cr_assert(pcapng_writer_close(w));
		cr_assert_eq(read_back(out, &source), 1, "%u octets", lengths[i]);
		cr_expect_eq(out[0].captured, lengths[i]);
		cr_expect_eq(memcmp(out[0].data, p.data, p.captured), 0);
		source_close(source);
	}
}

Test(pcapng_writer, without_packets)
{
	struct pcapng_writer *w = pcapng_writer_open(path);
	struct packet out[PACKET_BURST];
	struct source *source;

	cr_assert_not_null(w);
	(void)pcapng_writer_interface(w, LINK_OF_ETHERNET, "lan", "lan.pcap");
	cr_assert(pcapng_writer_close(w));
	cr_assert_eq(read_back(out, &source), 0);
	cr_expect_eq(source->interface_count, 1);
	cr_expect_str_eq(source->error.reason, "");
	cr_expect_not(source->truncated);
	source_close(source);
}

/* Every block says its length twice, in units of four (section 3.1 of the draft). */
Test(pcapng_writer, blocks_are_sound)
{
	static const uint32_t types[] = {0x0a0d0d0a, 1, 6};
	static uint8_t octets[OCTETS_MAX];
	struct pcapng_writer *w = pcapng_writer_open(path);
	struct packet p = packet_of(5, 61, 61);
	size_t length, offset = 0;
	FILE *file;

	cr_assert_not_null(w);
	pcapng_writer_packet(w, pcapng_writer_interface(w, 1, "l", "lan.pcap"), &p);
	cr_assert(pcapng_writer_close(w));
	file = fopen(path, "rb");
	cr_assert_not_null(file);
	length = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	for (size_t i = 0; i < 3; i++) {
		uint32_t type, first, last;

		cr_assert_leq(offset + 12, length);
		memcpy(&type, octets + offset, 4);
		memcpy(&first, octets + offset + 4, 4);
		cr_expect_eq(type, types[i]);
		cr_assert_eq(first % 4, 0);
		cr_assert_leq(offset + first, length);
		memcpy(&last, octets + offset + first - 4, 4);
		cr_expect_eq(first, last);
		offset += first;
	}
	cr_expect_eq(offset, length);
}

Test(pcapng_writer, says_what_it_could_not_write)
{
	struct packet p = packet_of(5, PACKET_MAX, PACKET_MAX);
	struct pcapng_writer *w;

	cr_expect_null(pcapng_writer_open("/nowhere/x.pcapng"));
	cr_expect_eq(errno, ENOENT);
	w = pcapng_writer_open("/dev/full");
	cr_assert_not_null(w);
	(void)pcapng_writer_interface(w, 1, "lan", "lan.pcap");
	pcapng_writer_packet(w, 0, &p);
	cr_expect_not(pcapng_writer_close(w));
	cr_expect_eq(errno, ENOSPC);
}
