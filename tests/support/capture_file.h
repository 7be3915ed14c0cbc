/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files built octet by octet, in memory, and what a source reads of them. */
#ifndef TALKPATH_TEST_CAPTURE_FILE_H
#define TALKPATH_TEST_CAPTURE_FILE_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "open_one.h"

/* A file in memory, built octet by octet. */
struct file {
	int fd;
	bool swapped;
	char path[64];
};

static inline struct file file_new(bool swapped)
{
	struct file f = {.fd = memfd_create("capture", 0), .swapped = swapped};

	cr_assert_geq(f.fd, 0);
	(void)snprintf(f.path, sizeof(f.path), "/proc/self/fd/%d", f.fd);
	return f;
}

static inline void put(const struct file *f, const void *data, size_t length)
{
	cr_assert_eq(write(f->fd, data, length), (ssize_t)length);
}

static inline void put32(const struct file *f, uint32_t value)
{
	value = f->swapped ? __builtin_bswap32(value) : value;
	put(f, &value, 4);
}

static inline void put16(const struct file *f, uint16_t value)
{
	value = f->swapped ? __builtin_bswap16(value) : value;
	put(f, &value, 2);
}

static inline void pcap_header(const struct file *f, uint32_t magic, uint32_t link)
{
	put32(f, magic);
	put16(f, 2);
	put16(f, 4);
	put32(f, 0);
	put32(f, 0);
	put32(f, 65535);
	put32(f, link);
}

static inline void pcap_record(
    const struct file *f, uint32_t seconds, uint32_t fraction, uint32_t captured, uint32_t length)
{
	static const uint8_t data[4096] = {1, 2, 3};

	put32(f, seconds);
	put32(f, fraction);
	put32(f, captured);
	put32(f, length);
	put(f, data, captured < sizeof(data) ? captured : sizeof(data));
}

static inline struct source *open_file(const struct file *f)
{
	struct source_error error = {0};
	struct source *source = open_one(f->path, 3, &error);

	cr_assert_not_null(source, "%s", error.reason);
	return source;
}

/* All packets of the file; how it ended. */
static inline unsigned read_all(struct source *source, struct packet *first, int *status)
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

static inline void expect_refused(const struct file *f, const char *words)
{
	struct source_error error = {0};

	cr_assert_null(open_one(f->path, 0, &error));
	cr_expect_not_null(strstr(error.reason, words), "\"%s\" lacks \"%s\"", error.reason, words);
	(void)close(f->fd);
}

/* --- pcapng --- */

static inline void block(const struct file *f, uint32_t type, const void *body, uint32_t length)
{
	static const uint8_t zero[4];
	uint32_t padded = (length + 3) / 4 * 4;

	put32(f, type);
	put32(f, 12 + padded);
	put(f, body, length);
	put(f, zero, padded - length);
	put32(f, 12 + padded);
}

static inline void section(const struct file *f)
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
static inline void interface(
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

static inline void enhanced(
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

#endif
