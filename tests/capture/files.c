/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files: formats, byte orders, resolutions, blocks, and what is wrong with bad ones.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "source.h"

/* A file in memory, built octet by octet. */
struct file {
	int fd;
	bool swapped;
	char path[64];
};

static struct file file_new(bool swapped)
{
	struct file f = {.fd = memfd_create("capture", 0), .swapped = swapped};

	cr_assert_geq(f.fd, 0);
	(void)snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static void put(const struct file *f, const void *data, size_t length)
{
	cr_assert_eq(write(f->fd, data, length), (ssize_t)length);
}

static void put32(const struct file *f, uint32_t value)
{
	value = f->swapped ? __builtin_bswap32(value) : value;
	put(f, &value, 4);
}

static void put16(const struct file *f, uint16_t value)
{
	value = f->swapped ? __builtin_bswap16(value) : value;
	put(f, &value, 2);
}

static void pcap_header(const struct file *f, uint32_t magic, uint32_t link)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, link);
}

static void pcap_record(
    const struct file *f, uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t length)
{
	static const uint8_t data[4096] = {1, 2, 3};

	put32(f, seconds);
	put32(f, fraction);
	put32(f, captured);
	put32(f, length);
	put(f, data, captured < sizeof(data) ? captured : sizeof(data));
}

static struct source *open_file(const struct file *f)
{
	struct source_error error = {0};
	struct source *source = source_open_file(f->path, 3, &error);

	cr_assert_not_null(source, "%s", error.reason);
	return source;
}

/* All packets of the file; how it ended. */
static unsigned read_all(struct source *source, struct packet *first, int *status)
{
	struct packet packets[PACKET_BURST];
	unsigned count = 0;
	int got;

	while ((got = source_read(source, packets)) > 0) {
		for (int i = 0; i < got; i++) {
			cr_assert_eq(packets[i].frame, ++count);
			cr_assert_eq(packets[i].capture, 3);
		}
		if (count == (unsigned)got && first) {
			*first = packets[0];
		}
	}
	*status = got;
	return count;
}

static void expect_refused(const struct file *f, const char *words)
{
	struct source_error error = {0};

	cr_assert_null(source_open_file(f->path, 0, &error));
	cr_expect_not_null(strstr(error.reason, words), "\"%s\" lacks \"%s\"", error.reason, words);
	(void)close(f->fd);
}

/* --- pcap --- */

Test(pcap, resolutions_and_byte_orders)
{
	static const struct {
		uint32_t magic;
		bool swapped;
		int64_t time_ns;
	} cases[] = {
	    {0xa1b2c3d4, false, 1700000000000123000},
	    {0xa1b2c3d4, true, 1700000000000123000},
	    {0xa1b23c4d, false, 1700000000000000123},
	    {0xa1b23c4d, true, 1700000000000000123},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = file_new(cases[i].swapped);
		struct packet first;
		struct source *source;
		int status;

		pcap_header(&f, cases[i].magic, 113);
		pcap_record(&f, 1700000000, 123, 60, 1500);
		pcap_record(&f, 1700000001, 123, 80, 80);
		source = open_file(&f);
		cr_expect_eq(read_all(source, &first, &status), 2);
		cr_expect_eq(status, SOURCE_END);
		cr_expect_eq(first.time_ns, cases[i].time_ns);
		cr_expect_eq(first.captured, 60);
		cr_expect_eq(first.length, 1500);
		cr_expect_eq(first.link, 113);
		cr_expect_eq(source->totals.snap_cut, 1);
		cr_expect_eq(source->totals.bytes, 1580);
		cr_expect_eq(
		    source->totals.last_time_ns - source->totals.first_time_ns, 1000000000);
		cr_expect(!source->truncated);
		source_close(source);
		(void)close(f.fd);
	}
}

/* The upper bits of the link type tell of frame check sequences. */
Test(pcap, link_type_with_fcs)
{
	struct file f = file_new(false);
	struct source *source;

	pcap_header(&f, 0xa1b2c3d4, 0x24000001);
	source = open_file(&f);
	cr_expect_eq(source->interfaces[0].link, 1);
	source_close(source);
	(void)close(f.fd);
}

Test(pcap, no_packets)
{
	struct file f = file_new(false);
	struct source *source;
	int status;

	pcap_header(&f, 0xa1b2c3d4, 1);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 0);
	cr_expect_eq(status, SOURCE_END);
	cr_expect(!source->truncated);
	source_close(source);
	(void)close(f.fd);
}

Test(pcap, cut_inside_a_record)
{
	static const off_t cuts[] = {24 + 76 + 1, 24 + 76 + 15, 24 + 76 + 16, 24 + 2 * 76 - 1};

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		struct file f = file_new(false);
		struct source *source;
		int status;

		pcap_header(&f, 0xa1b2c3d4, 1);
		pcap_record(&f, 1, 0, 60, 60);
		pcap_record(&f, 2, 0, 60, 60);
		cr_assert_eq(ftruncate(f.fd, cuts[i]), 0);
		source = open_file(&f);
		cr_expect_eq(read_all(source, NULL, &status), 1);
		cr_expect_eq(status, SOURCE_END);
		cr_expect(source->truncated);
		source_close(source);
		(void)close(f.fd);
	}
}

Test(pcap, damaged_record)
{
	struct file f = file_new(false);
	struct source *source;
	int status;

	pcap_header(&f, 0xa1b2c3d4, 1);
	pcap_record(&f, 1, 0, 60, 60);
	pcap_record(&f, 2, 0, 0x7fffffff, 60);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 1);
	cr_expect_eq(status, SOURCE_FAILED);
	cr_expect(source->error.has_offset);
	cr_expect_eq(source->error.offset, 24 + 76);
	cr_expect_not_null(strstr(source->error.reason, "frame 2"));
	source_close(source);
	(void)close(f.fd);
}

/* Records of every length up to the longest, across the borders of windows. */
Test(pcap, long_records)
{
	struct file f = file_new(false);
	struct source *source;
	static uint8_t data[PACKET_MAX];
	unsigned count = 0;
	int status;

	pcap_header(&f, 0xa1b2c3d4, 1);
	for (uint32_t length = 0; length <= PACKET_MAX; length += 4099, count++) {
		put32(&f, count);
		put32(&f, 0);
		put32(&f, length);
		put32(&f, length);
		put(&f, data, length);
	}
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), count);
	cr_expect_eq(status, SOURCE_END);
	cr_expect(!source->truncated);
	cr_expect_eq(source->position, source->size);
	source_close(source);
	(void)close(f.fd);
}

/* --- what is no capture --- */

Test(refused, other_files)
{
	struct file f = file_new(false);

	put(&f, "Dear support,\nthe call was bad.\n", 32);
	expect_refused(&f, "is no capture");
	f = file_new(false);
	expect_refused(&f, "is empty");
	f = file_new(false);
	put(&f, "\xd4\xc3\xb2", 3);
	expect_refused(&f, "cut short");
	f = file_new(false);
	put(&f, "\xd4\xc3\xb2\xa1\x02\0\x04\0", 8);
	expect_refused(&f, "cut short inside the pcap header");
	f = file_new(false);
	put(&f, "\x1f\x8b\x08\0", 4);
	expect_refused(&f, "gzip");
	f = file_new(false);
	put(&f, "\x28\xb5\x2f\xfd", 4);
	expect_refused(&f, "zstd");
	f = file_new(false);
	pcap_header(&f, 0xa1b2cd34, 1);
	expect_refused(&f, "modified pcap");
}

Test(refused, paths)
{
	struct source_error error = {0};

	cr_expect_null(source_open_file("/nowhere/at.all", 0, &error));
	cr_expect_str_eq(error.reason, "No such file or directory");
	cr_expect_null(source_open_file("/tmp", 0, &error));
	cr_expect_not_null(strstr(error.reason, "directory"));
	cr_expect_null(source_open_file("/dev/null", 0, &error));
	cr_expect_not_null(strstr(error.reason, "not a regular file"));
}

/* --- pcapng --- */

static void block(const struct file *f, uint32_t type, const void *body, uint32_t length)
{
	static const uint8_t zero[4];
	uint32_t padded = (length + 3) / 4 * 4;

	put32(f, type);
	put32(f, 12 + padded);
	put(f, body, length);
	put(f, zero, padded - length);
	put32(f, 12 + padded);
}

static void section(const struct file *f)
{
	put32(f, 0x0a0d0d0a);
	put32(f, 28);
	put32(f, 0x1a2b3c4d);
	put16(f, 1);
	put16(f, 0);
	put32(f, UINT32_MAX);
	put32(f, UINT32_MAX);
	put32(f, 28);
}

/* resolution: value of if_tsresol, or -1; offset_s: of if_tsoffset, or 0 */
static void interface(
    const struct file *f, uint16_t link, uint32_t snap_length, int resolution, int64_t offset_s)
{
	uint32_t options = (resolution >= 0 ? 8U : 0U) + (offset_s ? 12U : 0U) + 8 + 4;

	put32(f, 1);
	put32(f, 20 + options);
	put16(f, link);
	put16(f, 0);
	put32(f, snap_length);
	put16(f, 2);
	put16(f, 4);
	put(f, "eth7", 4);
	if (resolution >= 0) {
		put16(f, 9);
		put16(f, 1);
		put(f, (uint8_t[4]){(uint8_t)resolution}, 4);
	}
	if (offset_s) {
		put16(f, 14);
		put16(f, 8);
		cr_assert(!f->swapped);
		put(f, &offset_s, 8);
	}
	put32(f, 0);
	put32(f, 20 + options);
}

static void enhanced(
    const struct file *f, uint32_t number, uint64_t ticks, uint32_t captured, uint32_t length)
{
	static const uint8_t data[256];

	put32(f, 6);
	put32(f, 32 + (captured + 3) / 4 * 4);
	put32(f, number);
	put32(f, (uint32_t)(ticks >> 32));
	put32(f, (uint32_t)ticks);
	put32(f, captured);
	put32(f, length);
	put(f, data, (captured + 3) / 4 * 4);
	put32(f, 32 + (captured + 3) / 4 * 4);
}

Test(pcapng, time_resolutions)
{
	static const struct {
		int resolution;
		int64_t offset_s;
		uint64_t ticks;
		int64_t time_ns;
	} cases[] = {
	    {-1, 0, 1700000000000123, 1700000000000123000}, /* microseconds */
	    {6, 0, 1700000000000123, 1700000000000123000},
	    {9, 0, 1700000000000000123, 1700000000000000123},
	    {3, 0, 1700000000123, 1700000000123000000},
	    {0, 0, 1700000000, 1700000000000000000},
	    {12, 0, 1700000000000000123ULL, 1700000000000000}, /* picoseconds */
	    {0x80 | 10, 0, 1700000000ULL << 10 | 512, 1700000000500000000},
	    {6, 1700000000, 123, 1700000000000123000},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = file_new(false);
		struct packet first;
		struct source *source;
		int status;

		section(&f);
		interface(&f, 1, 0, cases[i].resolution, cases[i].offset_s);
		enhanced(&f, 0, cases[i].ticks, 61, 70);
		source = open_file(&f);
		cr_expect_eq(read_all(source, &first, &status), 1);
		cr_expect_eq(status, SOURCE_END);
		cr_expect_eq(
		    first.time_ns, cases[i].time_ns, "case %zu: %ld", i, (long)first.time_ns);
		cr_expect_eq(first.captured, 61);
		cr_expect_str_eq(source->interfaces[0].name, "eth7");
		source_close(source);
		(void)close(f.fd);
	}
}

/* A second section begins its interfaces anew, and may have the other byte order. */
Test(pcapng, sections_and_interfaces)
{
	struct file f = file_new(false);
	struct packet packets[PACKET_BURST];
	struct source *source;

	section(&f);
	interface(&f, 1, 0, 9, 0);
	interface(&f, 113, 0, 9, 0);
	enhanced(&f, 1, 1000, 60, 60);
	enhanced(&f, 0, 2000, 60, 60);
	f.swapped = true;
	section(&f);
	interface(&f, 101, 0, 9, 0);
	enhanced(&f, 0, 3000, 60, 60);
	source = open_file(&f);
	cr_assert_eq(source_read(source, packets), 3);
	cr_expect_eq(packets[0].link, 113);
	cr_expect_eq(packets[1].link, 1);
	cr_expect_eq(packets[2].link, 101);
	cr_expect_eq(packets[2].time_ns, 3000);
	cr_expect_eq(source->interface_count, 3);
	cr_expect_eq(source_read(source, packets), SOURCE_END);
	source_close(source);
	(void)close(f.fd);
}

/* Simple packet blocks have no time; the snap length bounds them. */
Test(pcapng, simple_blocks)
{
	struct file f = file_new(false);
	struct packet first;
	struct source *source;
	uint8_t body[4 + 100] = {0};
	int status;

	section(&f);
	interface(&f, 1, 100, 6, 0);
	body[0] = 200;
	block(&f, 3, body, sizeof(body));
	source = open_file(&f);
	cr_expect_eq(read_all(source, &first, &status), 1);
	cr_expect_eq(first.captured, 100);
	cr_expect_eq(first.length, 200);
	cr_expect(source->untimed);
	source_close(source);
	(void)close(f.fd);
}

Test(pcapng, obsolete_and_unknown_blocks)
{
	struct file f = file_new(false);
	struct packet first;
	struct source *source;
	uint8_t body[20 + 60] = {0};
	int status;

	section(&f);
	interface(&f, 1, 0, 6, 0);
	block(&f, 0x0bad, "whatever this is", 16);
	body[8] = 7;   /* ticks */
	body[12] = 60; /* captured */
	body[16] = 60; /* length */
	block(&f, 2, body, sizeof(body));
	block(&f, 5, "statistics", 10);
	source = open_file(&f);
	cr_expect_eq(read_all(source, &first, &status), 1);
	cr_expect_eq(status, SOURCE_END);
	cr_expect_eq(first.time_ns, 7000);
	source_close(source);
	(void)close(f.fd);
}

/* More than a window of blocks without one packet. */
Test(pcapng, long_way_to_the_first_packet)
{
	struct file f = file_new(false);
	static const uint8_t padding[4096];
	struct source *source;
	int status;

	section(&f);
	interface(&f, 1, 0, 6, 0);
	for (int i = 0; i < 1000; i++) {
		block(&f, 0x0bad, padding, sizeof(padding));
	}
	enhanced(&f, 0, 1, 60, 60);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 1);
	cr_expect_eq(status, SOURCE_END);
	source_close(source);
	(void)close(f.fd);
}

Test(pcapng, damage)
{
	static const struct {
		uint32_t interface, captured;
		const char *words;
	} cases[] = {
	    {5, 60, "an interface that was not described"},
	    {0, 61000, "shorter than its packet"},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct file f = file_new(false);
		uint32_t body[5 + 15] = {cases[i].interface, 0, 1, cases[i].captured, 60};
		struct source *source;
		int status;

		section(&f);
		interface(&f, 1, 0, 6, 0);
		enhanced(&f, 0, 1, 60, 60);
		block(&f, 6, body, sizeof(body));
		source = open_file(&f);
		cr_expect_eq(read_all(source, NULL, &status), 1, "what was before is kept");
		cr_expect_eq(status, SOURCE_FAILED);
		cr_expect_not_null(
		    strstr(source->error.reason, cases[i].words), "%s", source->error.reason);
		cr_expect_eq(source->error.offset, 28 + 40 + 92);
		source_close(source);
		(void)close(f.fd);
	}
}

Test(pcapng, impossible_length)
{
	struct file f = file_new(false);
	struct source *source;
	int status;

	section(&f);
	interface(&f, 1, 0, 6, 0);
	put32(&f, 6);
	put32(&f, 13);
	put32(&f, 0);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 0);
	cr_expect_eq(status, SOURCE_FAILED);
	cr_expect_not_null(strstr(source->error.reason, "impossible block length"));
	source_close(source);
	(void)close(f.fd);
}

/* --- mapped or read: the same packets --- */

static uint64_t digest(const char *path, unsigned *count)
{
	struct source_error error = {0};
	struct source *source = source_open_file(path, 3, &error);
	struct packet packets[PACKET_BURST];
	uint64_t sum = 14695981039346656037U;
	int got;

	cr_assert_not_null(source, "%s", error.reason);
	while ((got = source_read(source, packets)) > 0) {
		for (int i = 0; i < got; i++) {
			sum = (sum ^ (uint64_t)packets[i].time_ns ^ packets[i].captured) *
			      1099511628211U;
			for (uint32_t k = 0; k < packets[i].captured; k += 16) {
				sum = (sum ^ packets[i].data[k]) * 1099511628211U;
			}
			++*count;
		}
	}
	cr_assert_eq(got, SOURCE_END);
	source_close(source);
	return sum;
}

/* A file big enough for the trial goes through both ways; cut below it, through one. */
Test(window, mapping_and_reading_agree)
{
	struct file f = file_new(false);
	static uint8_t record[16 + 1200];
	unsigned whole = 0, head = 0, again = 0;
	const unsigned records = (65 << 20) / sizeof(record);

	pcap_header(&f, 0xa1b2c3d4, 1);
	for (unsigned i = 0; i < records; i++) {
		uint32_t header[4] = {i, 0, 1200, 1200};

		memcpy(record, header, sizeof(header));
		memset(record + 16, (int)(i * 31), 1200);
		put(&f, record, sizeof(record));
	}
	(void)digest(f.path, &whole);
	cr_expect_eq(whole, records);
	/* Twice the same, though what the trial chooses may differ. */
	cr_expect_eq(digest(f.path, &again), digest(f.path, &again));
	cr_assert_eq(ftruncate(f.fd, 24 + (off_t)sizeof(record) * 1000), 0);
	(void)digest(f.path, &head);
	cr_expect_eq(head, 1000);
	(void)close(f.fd);
}

/* A file that is cut while it is read ends early, and says so. */
Test(window, file_shrinks_while_it_is_read)
{
	struct file f = file_new(false);
	static uint8_t record[16 + 1200];
	struct packet packets[PACKET_BURST];
	struct source *source;
	unsigned count = 0;
	int got;

	pcap_header(&f, 0xa1b2c3d4, 1);
	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t header[4] = {i, 0, 1200, 1200};

		memcpy(record, header, sizeof(header));
		put(&f, record, sizeof(record));
	}
	source = open_file(&f);
	cr_assert_eq(ftruncate(f.fd, 24 + (off_t)sizeof(record) * 5000 + 7), 0);
	while ((got = source_read(source, packets)) > 0) {
		count += (unsigned)got;
	}
	cr_expect_eq(got, SOURCE_END);
	cr_expect_eq(count, 5000);
	cr_expect(source->truncated);
	source_close(source);
	(void)close(f.fd);
}
