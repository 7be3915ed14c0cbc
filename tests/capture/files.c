/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files: formats, byte orders, resolutions, blocks, and what is wrong with bad ones.
 */
#include "capture_file.h"

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

/* What marks a tar archive, in the middle of the first packet. */
Test(pcap, holds_what_marks_an_archive)
{
	struct file f = file_new(false);
	struct source *source;
	int status;

	pcap_header(&f, 0xa1b2c3d4, 1);
	pcap_record(&f, 1700000000, 0, 400, 400);
	cr_assert_eq(pwrite(f.fd, "ustar", 5, 257), 5);
	source = open_file(&f);
	cr_expect_eq(read_all(source, NULL, &status), 1);
	cr_expect_eq(status, SOURCE_END);
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
	expect_refused(&f, "cut short before its first octet of content");
	f = file_new(false);
	put(&f, "7z\xbc\xaf\x27\x1c\0\x04", 8);
	expect_refused(&f, "7-Zip");
}

Test(refused, paths)
{
	struct source_error error = {0};

	cr_expect_null(open_one("/nowhere/at.all", 0, &error));
	cr_expect_str_eq(error.reason, "No such file or directory");
	cr_expect_null(open_one("/tmp", 0, &error));
	cr_expect_not_null(strstr(error.reason, "directory"));
	cr_expect_null(open_one("/dev/null", 0, &error));
	cr_expect_not_null(strstr(error.reason, "neither a file nor a pipe"));
}

/* --- pcapng --- */

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
	    /* Beyond all bounds; two such times can still be subtracted. */
	    {0, 0, UINT64_MAX, PACKET_TIME_MAX},
	    {9, 0, UINT64_MAX, PACKET_TIME_MAX},
	    {6, INT64_MAX, 123, PACKET_TIME_MAX},
	    {6, INT64_MIN, 123, -PACKET_TIME_MAX},
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
	struct source *source = open_one(path, 3, &error);
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
