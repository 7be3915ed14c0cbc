/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Captures that are compressed or in archives: the same packets, whatever is around them; what
 * is there of one that is cut; and that a bomb costs time but no memory.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "capture_file.h"
#include "pack.h"

enum { PACKETS = 300 };

static const struct pack zip = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL};
static const struct pack tar = {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE, NULL};
static const struct pack tar_gz = {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP, NULL};

/* A pcap of PACKETS packets of 200 octets that do not compress well; first second: `begin`. */
struct image {
	size_t length;
	uint8_t octets[24 + PACKETS * 216];
};

static struct image *image_new(uint32_t begin)
{
	struct image *image = calloc(1, sizeof(*image));
	uint8_t *at = image->octets + 24;
	uint32_t random = 1;

	memcpy(image->octets, (uint32_t[6]){0xa1b2c3d4, 0x00040002, 0, 0, 65535, 1}, 24);
	for (uint32_t i = 0; i < PACKETS; i++) {
		memcpy(at, (uint32_t[4]){begin + i, 0, 200, 200}, 16);
		for (int k = 16; k < 216; k++) {
			random = random * 1664525 + 1013904223;
			at[k] = (uint8_t)(random >> 24 & 0x3f);
		}
		at += 216;
	}
	image->length = sizeof(image->octets);
	return image;
}

static struct file packed(const struct pack *how, const struct pack_member *members, size_t count)
{
	struct file f = file_new(false);

	pack(f.path, how, members, count);
	return f;
}

static struct file compressed(int filter, const void *data, size_t length)
{
	const struct pack how = {ARCHIVE_FORMAT_RAW, filter, NULL};
	const struct pack_member member = {"data", data, length, 0};

	return packed(&how, &member, 1);
}

/* --- all that a file holds --- */

enum { ALL_MAX = 80 };

struct all {
	unsigned found, refused, wanted;
	struct source *sources[ALL_MAX];
	char members[ALL_MAX][300];
	struct source_error error; /* of the last one refused */
	char refused_member[300];
};

static bool all_found(void *context, struct source *source, const char *member)
{
	struct all *all = context;

	cr_assert_lt(all->found, (unsigned)ALL_MAX);
	source->capture = 3;
	all->sources[all->found] = source;
	(void)snprintf(all->members[all->found++], 300, "%s", member ? member : "(none)");
	return !all->wanted || all->found < all->wanted;
}

static void all_refused(void *context, const char *member, const struct source_error *error)
{
	struct all *all = context;

	all->refused++;
	all->error = *error;
	(void)snprintf(all->refused_member, 300, "%s", member ? member : "(none)");
}

static struct all open_all(const char *path)
{
	struct all all = {0};
	const struct source_opening opening = {&all, all_found, all_refused, NULL};

	source_open_file(path, &opening);
	return all;
}

static void close_all(struct all *all)
{
	for (unsigned i = 0; i < all->found; i++) {
		source_close(all->sources[i]);
	}
}

/* Every packet of the source is the image's. */
static unsigned read_image(struct source *source, const struct image *image, int *status)
{
	struct packet packets[PACKET_BURST];
	const uint8_t *at = image->octets + 24;
	unsigned count = 0;

	while ((*status = source_read(source, packets)) > 0) {
		for (int i = 0; i < *status; i++, at += 216) {
			cr_assert_eq(packets[i].frame, ++count);
			cr_assert_eq(packets[i].captured, 200);
			cr_assert_eq(memcmp(packets[i].data, at + 16, 200), 0, "frame %u", count);
		}
	}
	return count;
}

static void expect_image(struct source *source, const struct image *image)
{
	int status;

	cr_expect_eq(read_image(source, image, &status), PACKETS);
	cr_expect_eq(status, SOURCE_END, "%s", source->error.reason);
	cr_expect(!source->truncated);
}

/* --- compressed --- */

Test(packed, the_same_packets)
{
	struct image *image = image_new(1);

	for (int i = 0; i < PACK_FILTERS; i++) {
		struct file f = compressed(pack_filters[i].filter, image->octets, image->length);
		struct source *source = open_file(&f);

		cr_expect_gt(source->size, 0, "the size of the file measures progress");
		expect_image(source, image);
		cr_expect_leq(source->position, source->size);
		source_close(source);
		(void)close(f.fd);
	}
	free(image);
}

/* Records of every length up to the longest, across the borders of many windows. */
Test(packed, longer_than_the_window)
{
	struct file plain = file_new(false);
	static uint8_t data[PACKET_MAX];
	uint8_t *whole;
	off_t length;

	pcap_header(&plain, 0xa1b2c3d4, 1);
	for (uint32_t n = 0, i = 0; n <= PACKET_MAX; n += 4099, i++) {
		memset(data, (int)i, n);
		put(&plain, (uint32_t[4]){i, 0, n, n}, 16);
		put(&plain, data, n);
	}
	length = lseek(plain.fd, 0, SEEK_END);
	whole = malloc((size_t)length);
	cr_assert_eq(pread(plain.fd, whole, (size_t)length, 0), length);
	for (int i = 0; i < PACK_FILTERS; i++) {
		struct file f = compressed(pack_filters[i].filter, whole, (size_t)length);
		struct source *source = open_file(&f);
		struct packet packets[PACKET_BURST];
		const uint8_t *at = whole + 24;
		int got;

		while ((got = source_read(source, packets)) > 0) {
			for (int k = 0; k < got; k++) {
				cr_assert_eq(
				    memcmp(packets[k].data, at + 16, packets[k].captured), 0);
				at += 16 + packets[k].captured;
			}
		}
		cr_expect_eq(got, SOURCE_END);
		cr_expect_eq(at - whole, length, "every packet came");
		source_close(source);
		(void)close(f.fd);
	}
	(void)close(plain.fd);
	free(whole);
}

/* Parallel compressors and `cat` write one stream behind the other; tapes are padded. */
Test(packed, streams_one_behind_the_other)
{
	struct image *image = image_new(1);

	for (int i = 0; i < PACK_FILTERS; i++) {
		struct file a = compressed(pack_filters[i].filter, image->octets, 30000);
		struct file b = compressed(
		    pack_filters[i].filter, image->octets + 30000, image->length - 30000);
		static const uint8_t zeros[512];
		uint8_t octets[65536];
		ssize_t got = pread(b.fd, octets, sizeof(octets), 0);
		struct source *source;

		cr_assert_gt(got, 0);
		(void)lseek(a.fd, 0, SEEK_END);
		put(&a, zeros, sizeof(zeros));
		put(&a, octets, (size_t)got);
		put(&a, "trailing garbage", 16);
		source = open_file(&a);
		expect_image(source, image);
		source_close(source);
		(void)close(a.fd);
		(void)close(b.fd);
	}
	free(image);
}

/*
 * Cut at every octet: every packet that was compressed wholly before the cut is there, or what
 * the decoder can know of it; less the earlier the cut; and it always says that it is cut.
 */
Test(packed, cut_at_each_octet)
{
	struct image *image = image_new(1);

	for (int i = 0; i < PACK_FILTERS; i++) {
		struct file f = compressed(pack_filters[i].filter, image->octets, 24 + 20 * 216);
		off_t length = lseek(f.fd, 0, SEEK_END);
		unsigned packets = 20, some = 0;

		for (off_t cut = length - 1; cut >= 0; cut--) {
			struct source_error error = {0};
			struct source *source;
			unsigned count = 0;
			int status;

			cr_assert_eq(ftruncate(f.fd, cut), 0);
			source = open_one(f.path, 3, &error);
			if (source) {
				count = read_image(source, image, &status);
				cr_expect_eq(status, SOURCE_END, "%s: %s", pack_filters[i].ending,
				    source->error.reason);
				cr_expect(source->truncated, "%s cut at %ld",
				    pack_filters[i].ending, (long)cut);
				source_close(source);
			} else {
				cr_expect_neq(error.reason[0], '\0');
			}
			cr_assert_leq(count, packets);
			packets = count;
			some += count > 0 && count < 20;
		}
		cr_expect_eq(packets, 0);
		/* bzip2 and xz may give a block at once or not at all */
		if (pack_filters[i].filter == ARCHIVE_FILTER_GZIP) {
			cr_expect_gt(some, (unsigned)length / 2, "what is before the cut is read");
		}
		(void)close(f.fd);
	}
	free(image);
}

/* Damage is said with its place, and what was before it is kept. */
Test(packed, damaged)
{
	struct image *image = image_new(1);

	for (int i = 0; i < PACK_FILTERS; i++) {
		struct file f = compressed(pack_filters[i].filter, image->octets, image->length);
		off_t length = lseek(f.fd, 0, SEEK_END);
		struct source_error error = {0};
		struct source *source;
		uint8_t octets[64];
		int status;

		cr_assert_eq(pread(f.fd, octets, 64, length * 9 / 10), 64);
		for (int k = 0; k < 64; k++) {
			octets[k] ^= 0x5a;
		}
		cr_assert_eq(pwrite(f.fd, octets, 64, length * 9 / 10), 64);
		source = open_one(f.path, 3, &error);
		if (!source) { /* one block of all: nothing is good, or it never ends */
			cr_expect(strstr(error.reason, "is damaged") ||
				      strstr(error.reason, "is cut short"),
			    "%s: %s", pack_filters[i].ending, error.reason);
		} else {
			struct packet packets[PACKET_BURST];

			while ((status = source_read(source, packets)) > 0) {}
			if (pack_filters[i].filter == ARCHIVE_FILTER_ZSTD && status == SOURCE_END) {
				source_close(source); /* without a sum it may mean something */
				continue;
			}
			cr_expect_eq(status, SOURCE_FAILED, "%s", pack_filters[i].ending);
			cr_expect_not_null(strstr(source->error.reason, "is damaged"), "%s: %s",
			    pack_filters[i].ending, source->error.reason);
			cr_expect(source->error.has_offset);
			source_close(source);
		}
		(void)close(f.fd);
	}
	free(image);
}

/* Two octets of a sum at the end: gzip knows by it that something before is wrong. */
Test(packed, wrong_sum_of_gzip)
{
	struct image *image = image_new(1);
	struct file f = compressed(ARCHIVE_FILTER_GZIP, image->octets, image->length);
	off_t length = lseek(f.fd, 0, SEEK_END);
	struct source *source;
	int status;

	cr_assert_eq(pwrite(f.fd, "\0\1", 2, length - 8), 2);
	source = open_file(&f);
	cr_expect_eq(read_image(source, image, &status), PACKETS);
	cr_expect_eq(status, SOURCE_FAILED);
	cr_expect_not_null(strstr(source->error.reason, "incorrect data check"));
	source_close(source);
	(void)close(f.fd);
	free(image);
}

Test(packed, twice_and_what_is_no_capture)
{
	struct image *image = image_new(1);
	struct file once = compressed(ARCHIVE_FILTER_GZIP, image->octets, image->length);
	static uint8_t octets[100000];
	ssize_t length = pread(once.fd, octets, sizeof(octets), 0);
	struct file twice = compressed(ARCHIVE_FILTER_ZSTD, octets, (size_t)length);
	struct file letter = compressed(ARCHIVE_FILTER_GZIP, "Dear support,", 13);
	struct file nothing = compressed(ARCHIVE_FILTER_GZIP, "", 0);
	struct source *source = open_file(&twice);

	expect_image(source, image);
	source_close(source);
	(void)close(once.fd);
	(void)close(twice.fd);
	expect_refused(&letter, "what is in it is no capture");
	expect_refused(&nothing, "what is in it is empty");
	free(image);
}

/* --- archives --- */

Test(archive, members_are_sources)
{
	static const struct pack *const hows[] = {&zip, &tar, &tar_gz};
	struct image *image = image_new(1);
	const struct pack_member members[] = {
	    {"README.txt", "no capture", 10, 0},
	    {"day/first.pcap", image->octets, image->length, 0},
	    {"empty", "", 0, 0},
	    {"second", image->octets, image->length, 0},
	    {"Störung.pcap", image->octets, image->length, 0},
	};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		struct file f = packed(hows[i], members, 5);
		struct all all = open_all(f.path);

		cr_expect_eq(all.refused, 0, "%s", all.error.reason);
		cr_assert_eq(all.found, 3);
		cr_expect_str_eq(all.members[0], "day/first.pcap");
		cr_expect_str_eq(all.members[1], "second");
		cr_expect_str_eq(all.members[2], "Störung.pcap");
		for (int k = 2; k >= 0; k--) { /* they do not depend on each other */
			expect_image(all.sources[k], image);
		}
		close_all(&all);
		(void)close(f.fd);
	}
	free(image);
}

/* A file rotated by a logger is compressed, and then somebody packs the folder. */
Test(archive, members_that_are_compressed)
{
	struct image *image = image_new(1);
	struct file gz = compressed(ARCHIVE_FILTER_GZIP, image->octets, image->length);
	struct file text = compressed(ARCHIVE_FILTER_GZIP, "some log", 8);
	static uint8_t octets[100000], log[1000];
	const struct pack_member members[] = {
	    {"log.gz", log, (size_t)pread(text.fd, log, sizeof(log), 0), 0},
	    {"a.pcap.gz", octets, (size_t)pread(gz.fd, octets, sizeof(octets), 0), 0},
	    {"false.gz", "\x1f\x8b\x08 nothing of the kind", 24, 0},
	};
	struct file f = packed(&zip, members, 3);
	struct all all = open_all(f.path);

	cr_expect_eq(all.refused, 0, "%s", all.error.reason);
	cr_assert_eq(all.found, 1);
	cr_expect_str_eq(all.members[0], "a.pcap.gz");
	expect_image(all.sources[0], image);
	close_all(&all);
	(void)close(f.fd);
	free(image);
}

static void expect_archive_refused(
    const struct file *f, unsigned refused, const char *member, const char *words)
{
	struct all all = open_all(f->path);

	cr_expect_eq(all.refused, refused);
	cr_expect_str_eq(all.refused_member, member);
	cr_expect_not_null(strstr(all.error.reason, words), "%s", all.error.reason);
	close_all(&all);
	(void)close(f->fd);
}

Test(archive, none_is_a_capture)
{
	struct image *image = image_new(1);
	const struct pack_member inner = {"a.pcap", image->octets, image->length, 0};
	struct file nested = packed(&zip, &inner, 1);
	static uint8_t octets[100000];
	const struct pack_member members[] = {
	    {"README", "no capture", 10, 0},
	    {"more.zip", octets, (size_t)pread(nested.fd, octets, sizeof(octets), 0), 0},
	    {"cut.pcap", image->octets, 20, 0},
	};
	struct file f = packed(&tar, members, 1);

	expect_archive_refused(&f, 1, "(none)", "holds no capture");
	f = packed(&zip, members, 2);
	expect_archive_refused(&f, 1, "(none)", "an archive in the archive, more.zip");
	f = packed(&zip, members + 2, 1);
	expect_archive_refused(&f, 1, "cut.pcap", "cut short inside the pcap header");
	f = packed(&zip, members, 0);
	expect_archive_refused(&f, 1, "(none)", "holds no capture");
	(void)close(nested.fd);
	free(image);
}

Test(archive, encrypted)
{
	static const struct pack locked = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "secret"};
	struct image *image = image_new(1);
	const struct pack_member member = {"a.pcap", image->octets, image->length, 0};
	struct file f = packed(&locked, &member, 1);

	expect_archive_refused(&f, 1, "a.pcap", "is encrypted");
	free(image);
}

Test(archive, enough_is_enough)
{
	struct image *image = image_new(1);
	struct pack_member members[5];
	struct all all = {.wanted = 2};
	const struct source_opening opening = {&all, all_found, all_refused, NULL};
	struct file f;

	for (int i = 0; i < 5; i++) {
		members[i] = (struct pack_member){"x.pcap", image->octets, image->length, 0};
	}
	f = packed(&tar, members, 5);
	source_open_file(f.path, &opening);
	cr_expect_eq(all.found, 2);
	cr_expect_eq(all.refused, 0);
	close_all(&all);
	(void)close(f.fd);
	free(image);
}

/*
 * Cut at many places: the first member is whole or says that it is cut; and where the cut is
 * in none of the captures, the archive itself is refused for it.
 */
Test(archive, cut)
{
	static const struct pack *const hows[] = {&zip, &tar, &tar_gz};
	struct image *image = image_new(1);
	const struct pack_member members[] = {
	    {"a.pcap", image->octets, 24 + 20 * 216, 0},
	    {"b.pcap", image->octets, 24 + 20 * 216, 0},
	};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		struct file f = packed(hows[i], members, 2);
		off_t length = lseek(f.fd, 0, SEEK_END);
		unsigned before = 40;

		for (off_t cut = length - 1; cut > 0; cut -= 7) {
			struct all all;
			unsigned packets = 0;
			bool told;

			cr_assert_eq(ftruncate(f.fd, cut), 0);
			all = open_all(f.path);
			told = all.refused > 0;
			for (unsigned k = 0; k < all.found; k++) {
				int status;

				packets += read_image(all.sources[k], image, &status);
				cr_expect_eq(status, SOURCE_END, "%zu cut at %ld: %s", i, (long)cut,
				    all.sources[k]->error.reason);
				told |= all.sources[k]->truncated;
			}
			cr_expect(told || packets == 40,
			    "%zu cut at %ld of %ld: %u found, %u packets", i, (long)cut,
			    (long)length, all.found, packets);
			cr_expect_leq(packets, before, "%zu cut at %ld", i, (long)cut);
			before = packets;
			close_all(&all);
		}
		(void)close(f.fd);
	}
	free(image);
}

/* Each octet of an archive changed, a few at a time: nothing but results. */
Test(archive, octets_flipped)
{
	static const struct pack *const hows[] = {&zip, &tar, &tar_gz};
	struct image *image = image_new(1);
	const struct pack_member members[] = {
	    {"a.pcap", image->octets, 24 + 5 * 216, 0}, {"b.pcap", image->octets, 24 + 216, 0}};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		struct file f = packed(hows[i], members, 2);
		off_t length = lseek(f.fd, 0, SEEK_END);

		for (off_t at = 0; at < length; at++) {
			uint8_t was, is;
			struct all all;

			cr_assert_eq(pread(f.fd, &was, 1, at), 1);
			is = (uint8_t)~was;
			cr_assert_eq(pwrite(f.fd, &is, 1, at), 1);
			all = open_all(f.path);
			for (unsigned k = 0; k < all.found; k++) {
				struct packet packets[PACKET_BURST];

				while (source_read(all.sources[k], packets) > 0) {}
			}
			close_all(&all);
			cr_assert_eq(pwrite(f.fd, &was, 1, at), 1);
		}
		(void)close(f.fd);
	}
	free(image);
}

/* --- bombs --- */

/* Against 64 MiB that reading it may take. */
static const size_t bomb_octets = (size_t)128 << 20;

/* What this process has taken, beyond what it had before. */
static long peak_mib(void)
{
	struct rusage usage;

	(void)getrusage(RUSAGE_SELF, &usage);
	return usage.ru_maxrss / 1024;
}

/* Zeros, alone and in archives; behind a pcapng section, one block that claims them all. */
Test(bomb, costs_no_memory)
{
	static const uint32_t section_and_block[] = {
	    0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28, 10 /* secrets */, 128 << 20};
	static const struct pack raw_gz = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_GZIP, NULL};
	static const struct pack raw_zst = {ARCHIVE_FORMAT_RAW, ARCHIVE_FILTER_ZSTD, NULL};
	struct image *image = image_new(1);
	const struct pack_member zeros = {"zeros", "", 0, bomb_octets};
	const struct pack_member ng = {"ng", section_and_block, 36, bomb_octets - 8};
	const struct pack_member both[] = {zeros, {"a.pcap", image->octets, image->length, 0}};
	struct file zeros_gz = packed(&raw_gz, &zeros, 1), ng_zst = packed(&raw_zst, &ng, 1);
	struct file both_zip = packed(&zip, both, 2), both_tar_gz = packed(&tar_gz, both, 2);
	long before = peak_mib();
	struct all all;
	int status;
	struct source *source;

	expect_refused(&zeros_gz, "is no capture");
	source = open_file(&ng_zst);
	cr_expect_eq(read_all(source, NULL, &status), 0);
	cr_expect_eq(status, SOURCE_END);
	cr_expect(!source->truncated);
	source_close(source);
	all = open_all(both_zip.path);
	cr_assert_eq(all.found, 1);
	expect_image(all.sources[0], image);
	close_all(&all);
	all = open_all(both_tar_gz.path);
	cr_assert_eq(all.found, 1);
	expect_image(all.sources[0], image);
	close_all(&all);
	cr_expect_lt(peak_mib() - before, 64, "it took %ld MiB", peak_mib() - before);
	free(image);
}

/* --- pipes --- */

/* Whoever writes a file into a pipe, in pieces that end anywhere. */
struct writer {
	pthread_t thread;
	const struct file *from;
	const char *fifo; /* opened late; NULL: end is there */
	int end;
};

static void *writer_run(void *context)
{
	struct writer *writer = context;
	uint8_t octets[777];
	ssize_t got;

	if (writer->fifo) {
		(void)usleep(100000);
		writer->end = open(writer->fifo, O_WRONLY);
	}
	for (off_t at = 0; (got = pread(writer->from->fd, octets, sizeof(octets), at)) > 0;
	     at += got) {
		if (write(writer->end, octets, (size_t)got) != got) {
			break;
		}
	}
	(void)close(writer->end);
	return NULL;
}

/* The file as standard input, through a pipe. */
static void writer_begin(struct writer *writer, const struct file *from)
{
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	(void)close(ends[0]);
	*writer = (struct writer){.from = from, .end = ends[1]};
	cr_assert_eq(pthread_create(&writer->thread, NULL, writer_run, writer), 0);
}

Test(pipe, standard_input)
{
	struct image *image = image_new(1);
	struct file plain = file_new(false);
	struct file gz = compressed(ARCHIVE_FILTER_GZIP, image->octets, image->length);
	const struct file *const files[] = {&plain, &gz};

	put(&plain, image->octets, image->length);
	for (int i = 0; i < 2; i++) {
		struct source_error error = {0};
		struct source *source;
		struct writer writer;

		writer_begin(&writer, files[i]);
		source = open_one("-", 3, &error);
		cr_assert_not_null(source, "%s", error.reason);
		cr_expect_eq(source->size, 0, "nobody knows how much will come");
		expect_image(source, image);
		cr_expect_gt(source->position, 0);
		source_close(source);
		(void)pthread_join(writer.thread, NULL);
	}
	free(image);
}

/* `< file` is a file: it can be mapped, and an archive in it is read. */
Test(pipe, standard_input_from_a_file)
{
	struct image *image = image_new(1);
	const struct pack_member member = {"a.pcap", image->octets, image->length, 0};
	struct file f = packed(&zip, &member, 1);
	int fd = open(f.path, O_RDONLY);
	struct all all;

	cr_assert_eq(dup2(fd, STDIN_FILENO), STDIN_FILENO);
	all = open_all("-");
	cr_assert_eq(all.found, 1);
	expect_image(all.sources[0], image);
	close_all(&all);
	(void)close(f.fd);
	free(image);
}

Test(pipe, what_cannot_come_through)
{
	struct image *image = image_new(1);
	const struct pack_member member = {"a.pcap", image->octets, image->length, 0};
	struct file f = packed(&tar_gz, &member, 1), nothing = file_new(false);
	struct source_error error = {0};
	struct writer writer;

	writer_begin(&writer, &f);
	cr_expect_null(open_one("-", 3, &error));
	cr_expect_not_null(strstr(error.reason, "save it to a file first"), "%s", error.reason);
	(void)pthread_join(writer.thread, NULL);
	writer_begin(&writer, &nothing);
	error = (struct source_error){0};
	cr_expect_null(open_one("-", 3, &error));
	cr_expect_not_null(strstr(error.reason, "is empty"), "%s", error.reason);
	(void)pthread_join(writer.thread, NULL);
	(void)close(f.fd);
	(void)close(nothing.fd);
	free(image);
}

/* A FIFO is opened before its writer comes. */
Test(pipe, fifo)
{
	struct image *image = image_new(1);
	struct file f = file_new(false);
	char path[64];
	struct writer writer = {.from = &f, .fifo = path};
	struct source_error error = {0};
	struct source *source;

	put(&f, image->octets, image->length);
	(void)snprintf(path, sizeof(path), "/tmp/talkpath-fifo-%d", (int)getpid());
	cr_assert_eq(mkfifo(path, 0600), 0);
	cr_assert_eq(pthread_create(&writer.thread, NULL, writer_run, &writer), 0);
	source = open_one(path, 3, &error);
	(void)unlink(path);
	cr_assert_not_null(source, "%s", error.reason);
	expect_image(source, image);
	source_close(source);
	(void)pthread_join(writer.thread, NULL);
	(void)close(f.fd);
	free(image);
}

static atomic_bool stop;

static void on_alarm(int number)
{
	(void)number;
	atomic_store(&stop, true);
}

/* Whoever is asked to stop does not wait for a pipe in which nothing comes. */
Test(pipe, stopped)
{
	struct image *image = image_new(1);
	struct source_error error = {0};
	struct opened opened = {.error = &error};
	const struct source_opening opening = {&opened, opened_first, opened_nothing, &stop};
	struct packet packets[PACKET_BURST];
	int ends[2];

	cr_assert_eq(pipe(ends), 0);
	cr_assert_eq(dup2(ends[0], STDIN_FILENO), STDIN_FILENO);
	cr_assert_eq(write(ends[1], image->octets, 24 + 216), 24 + 216);
	(void)signal(SIGALRM, on_alarm);
	(void)alarm(1);
	source_open_file("-", &opening); /* the other end stays open */
	cr_assert_not_null(opened.source, "%s", error.reason);
	cr_expect_eq(source_read(opened.source, packets), 1, "what came is read");
	cr_expect_eq(source_read(opened.source, packets), SOURCE_END);
	source_close(opened.source);
	free(image);
}
