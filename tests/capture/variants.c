/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What few writers write and readers must know: variants of pcap, and the corners of pcapng
 * (draft-ietf-opsawg-pcapng).
 */
#include "capture_file.h"

/* --- pcap --- */

static void file_header(const struct file *f, uint32_t magic, uint16_t major, uint16_t minor)
{
	put32(f, magic);
	put16(f, major);
	put16(f, minor);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, 1);
}

/* Two packets of 60 octets, 1500 on the wire, at 1700000000.000000123 s or microseconds. */
static void expect_two(struct file *f, int64_t time_ns)
{
	struct packet first;
	struct source *source = open_file(f);
	int status;

	cr_expect_eq(read_all(source, &first, &status), 2);
	cr_expect_eq(status, SOURCE_END);
	cr_expect(!source->truncated);
	cr_expect_eq(first.time_ns, time_ns, "%ld", (long)first.time_ns);
	cr_expect_eq(first.captured, 60);
	cr_expect_eq(first.length, 1500);
	cr_expect_eq(first.data[0], 1, "the data begin behind the whole header");
	source_close(source);
	(void)close(f->fd);
}

/* Kuznetzov's records: interface, protocol, packet type and padding behind the lengths. */
Test(variants, modified_records)
{
	for (int swapped = 0; swapped < 2; swapped++) {
		static const uint8_t data[60] = {1, 2, 3};
		struct file f = file_new(swapped);

		file_header(&f, 0xa1b2cd34, 2, 4);
		for (uint32_t i = 0; i < 2; i++) {
			put32(&f, 1700000000 + i);
			put32(&f, 123);
			put32(&f, 60);
			put32(&f, 1500);
			put32(&f, 2);
			put16(&f, 0x0800);
			put(&f, "\4\0", 2);
			put(&f, data, 60);
		}
		expect_two(&f, 1700000000000123000);
	}
}

Test(variants, modified_records_cut)
{
	for (off_t cut = 0; cut < 24 + 60; cut++) {
		static const uint8_t data[60];
		struct file f = file_new(false);
		struct source *source;
		int status;

		file_header(&f, 0xa1b2cd34, 2, 4);
		for (uint32_t i = 0; i < 2; i++) {
			put(&f, (uint32_t[6]){i, 0, 60, 60, 0, 0}, 24);
			put(&f, data, 60);
		}
		cr_assert_eq(ftruncate(f.fd, 24 + 84 + cut), 0);
		source = open_file(&f);
		cr_expect_eq(read_all(source, NULL, &status), 1);
		cr_expect_eq(source->truncated, cut > 0);
		source_close(source);
		(void)close(f.fd);
	}
}

/* Ixia's lcap: four octets more in the file header; 0x...ac counts nanoseconds. */
Test(variants, ixia_lcap)
{
	for (int i = 0; i < 4; i++) {
		struct file f = file_new(i % 2);

		file_header(&f, i < 2 ? 0x1c0001ac : 0x1c0001ab, 2, 4);
		put32(&f, 2 * 76);
		pcap_record(&f, 1700000000, 123, 60, 1500);
		pcap_record(&f, 1700000001, 123, 60, 1500);
		expect_two(&f, i < 2 ? 1700000000000000123 : 1700000000000123000);
	}
}

/* Before 2.3 the length on the wire came first; with 2.3 either, and the smaller is captured. */
Test(variants, lengths_in_the_old_order)
{
	static const struct {
		uint16_t major, minor;
		bool old_order;
	} cases[] = {{2, 2, true}, {2, 0, true}, {543, 0, true}, {2, 3, true}, {2, 3, false}};
	static const uint8_t data[60] = {1};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = file_new(i % 2);

		file_header(&f, 0xa1b2c3d4, cases[i].major, cases[i].minor);
		for (uint32_t k = 0; k < 2; k++) {
			put32(&f, 1700000000 + k);
			put32(&f, 123);
			put32(&f, cases[i].old_order ? 1500 : 60);
			put32(&f, cases[i].old_order ? 60 : 1500);
			put(&f, data, 60);
		}
		expect_two(&f, 1700000000000123000);
	}
}

Test(variants, unknown_versions)
{
	struct file f = file_new(false);

	file_header(&f, 0xa1b2c3d4, 1, 2);
	expect_refused(&f, "pcap version 1.2");
	f = file_new(true);
	file_header(&f, 0xa1b2c3d4, 3, 0);
	expect_refused(&f, "pcap version 3.0");
	f = file_new(false);
	file_header(&f, 0x1c0001ac, 2, 4);
	expect_refused(&f, "cut short inside the lcap header");
}

/* --- pcapng --- */

/* An interface description with these octets for options. */
static void interface_with(const struct file *f, const void *options, uint32_t length)
{
	put32(f, 1);
	put32(f, 20 + length);
	put16(f, 1);
	put16(f, 0);
	put32(f, 0);
	put(f, options, length);
	put32(f, 20 + length);
}

static void expect_packets(struct file *f, unsigned count, int64_t first_ns)
{
	struct packet first = {0};
	struct source *source = open_file(f);
	int status;

	cr_expect_eq(read_all(source, &first, &status), count);
	cr_expect_eq(status, SOURCE_END, "%s", source->error.reason);
	cr_expect(!source->truncated);
	cr_expect_eq(first.time_ns, first_ns, "%ld", (long)first.time_ns);
	source_close(source);
	(void)close(f->fd);
}

/* An option that reaches out of its block, and one without a value: the packets stay good. */
Test(blocks, broken_options)
{
	static const struct {
		uint8_t options[16];
		uint32_t length;
	} cases[] = {
	    {{2, 0, 200, 0, 'e', 't', 'h', '0'}, 8},             /* if_name, too long */
	    {{9, 0, 1, 0, 6, 0, 0, 0, 13, 0, 255, 255}, 12},     /* if_filter, behind if_tsresol */
	    {{2, 0, 0, 0, 9, 0, 1, 0, 6, 0, 0, 0}, 12},          /* no end of options */
	    {{0xbc, 0x0b, 3, 0, 1, 2, 3, 0, 9, 0, 1, 0, 6}, 16}, /* a custom option */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = file_new(false);

		section(&f);
		interface_with(&f, cases[i].options, cases[i].length);
		enhanced(&f, 0, 7, 60, 60);
		expect_packets(&f, 1, 7000);
	}
}

/* What time stamps mean must not be guessed. */
Test(blocks, unusable_time_resolution)
{
	static const uint8_t cases[][8] = {
	    {9, 0, 200, 0, 9},         /* cut off */
	    {9, 0, 2, 0, 9, 9},        /* of two octets */
	    {9, 0, 1, 0, 60},          /* 10^-60 s */
	    {9, 0, 1, 0, 0x80 | 64},   /* 2^-64 s */
	    {14, 0, 4, 0, 1, 0, 0, 0}, /* if_tsoffset of four octets */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = file_new(false);
		struct source *source;
		int status;

		section(&f);
		interface_with(&f, cases[i], 8);
		enhanced(&f, 0, 7, 60, 60);
		source = open_file(&f);
		cr_expect_eq(read_all(source, NULL, &status), 0, "case %zu", i);
		cr_expect_eq(status, SOURCE_FAILED);
		cr_expect_not_null(strstr(source->error.reason, "time resolution"));
		source_close(source);
		(void)close(f.fd);
	}
}

Test(blocks, resolution_behind_many_options)
{
	struct file f = file_new(false);
	static uint8_t options[300 * 4 + 8];

	for (size_t i = 0; i < 300; i++) {
		options[i * 4] = 1; /* comments without text */
	}
	memcpy(options + sizeof(options) - 8, "\11\0\1\0\11\0\0\0", 8);
	section(&f);
	interface_with(&f, options, sizeof(options));
	enhanced(&f, 0, 7, 60, 60);
	expect_packets(&f, 1, 7);
}

Test(blocks, negative_time_offset)
{
	struct file f = file_new(false);

	section(&f);
	interface(&f, 1, 0, 9, -5);
	enhanced(&f, 0, 7000000000, 60, 60);
	expect_packets(&f, 1, 2000000000);
}

/* Name resolution, statistics, journal, secrets, custom, and one of local use. */
Test(blocks, others_are_walked_over)
{
	static const uint32_t types[] = {4, 5, 9, 10, 0xbad, 0x40000bad, 0x80000001};
	struct file f = file_new(false);

	section(&f);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		block(&f, types[i], "sixteen octets..", 16);
	}
	interface(&f, 1, 0, 6, 0);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		block(&f, types[i], "", 0);
		enhanced(&f, 0, 7, 60, 60);
	}
	expect_packets(&f, sizeof(types) / sizeof(types[0]), 7000);
}

/* Secrets of a long session can be longer than any packet, and than the window. */
Test(blocks, longer_than_the_window)
{
	static uint8_t secrets[5 << 20];
	struct file f = file_new(false);
	struct source *source;
	int status;

	section(&f);
	interface(&f, 1, 0, 6, 0);
	enhanced(&f, 0, 7, 60, 60);
	block(&f, 10, secrets, sizeof(secrets));
	enhanced(&f, 0, 8, 60, 60);
	expect_packets(&f, 2, 7000);

	f = file_new(false);
	section(&f);
	interface(&f, 1, 0, 6, 0);
	enhanced(&f, 0, 7, 60, 60);
	block(&f, 10, secrets, sizeof(secrets));
	cr_assert_eq(ftruncate(f.fd, 4 << 20), 0);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 1);
	cr_expect_eq(status, SOURCE_END);
	cr_expect(source->truncated);
	source_close(source);
	(void)close(f.fd);
}

/* Lengths without the padding that is there nevertheless: known of some writers. */
Test(blocks, length_without_padding)
{
	for (int trailer_is_wrong = 0; trailer_is_wrong < 2; trailer_is_wrong++) {
		struct file f = file_new(false);
		static const uint8_t data[64];
		struct source *source;
		int status;

		section(&f);
		interface(&f, 1, 0, 6, 0);
		put(&f, (uint32_t[7]){6, 32 + 61, 0, 0, 7, 61, 61}, 28);
		put(&f, data, 64);
		put32(&f, trailer_is_wrong ? 0 : 32 + 61);
		enhanced(&f, 0, 8, 60, 60);
		source = open_file(&f);
		cr_expect_eq(read_all(source, NULL, &status), trailer_is_wrong ? 0 : 2);
		cr_expect_eq(status, trailer_is_wrong ? SOURCE_FAILED : SOURCE_END);
		source_close(source);
		(void)close(f.fd);
	}
}

/* A block that ends with the file too early, at every octet. */
Test(blocks, cut_at_each_octet)
{
	struct file whole = file_new(false);
	off_t length;

	section(&whole);
	interface(&whole, 1, 0, 6, 0);
	length = lseek(whole.fd, 0, SEEK_CUR);
	(void)close(whole.fd);
	for (off_t cut = 0; cut < 92; cut++) {
		struct file f = file_new(false);
		struct source *source;
		int status;

		section(&f);
		interface(&f, 1, 0, 6, 0);
		enhanced(&f, 0, 7, 60, 60);
		cr_assert_eq(ftruncate(f.fd, length + cut), 0);
		source = open_file(&f);
		cr_expect_eq(read_all(source, NULL, &status), 0);
		cr_expect_eq(status, SOURCE_END);
		cr_expect_eq(source->truncated, cut > 0);
		source_close(source);
		(void)close(f.fd);
	}
}

/* Three sections, the middle one of the other byte order, each with interfaces of its own. */
Test(blocks, sections_that_change_the_byte_order)
{
	struct file f = file_new(false);
	struct packet packets[PACKET_BURST];
	struct source *source;

	for (int i = 0; i < 3; i++) {
		f.swapped = i == 1;
		section(&f);
		interface(&f, (uint16_t)(100 + i), 0, i == 1 ? 9 : 6, 0);
		enhanced(&f, 0, 1000, 60, 60);
	}
	source = open_file(&f);
	cr_assert_eq(source_read(source, packets), 3);
	for (int i = 0; i < 3; i++) {
		cr_expect_eq(packets[i].link, 100 + i);
		cr_expect_eq(packets[i].time_ns, i == 1 ? 1000 : 1000000);
	}
	source_close(source);
	(void)close(f.fd);
}

/* An interface of an earlier section is none of this one's. */
Test(blocks, interfaces_end_with_their_section)
{
	struct file f = file_new(false);
	struct source *source;
	int status;

	section(&f);
	interface(&f, 1, 0, 6, 0);
	enhanced(&f, 0, 7, 60, 60);
	section(&f);
	enhanced(&f, 0, 8, 60, 60);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 1);
	cr_expect_eq(status, SOURCE_FAILED);
	cr_expect_not_null(strstr(source->error.reason, "was not described"));
	source_close(source);
	(void)close(f.fd);
}
