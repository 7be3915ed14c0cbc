/* SPDX-License-Identifier: Apache-2.0 */
#include "pcapng_writer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum block_type { BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6 };
enum option_code {
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_IF_NAME = 2,
	OPTION_IF_DESCRIPTION = 3,
	OPTION_IF_TSRESOL = 9
};

enum { OPTION_TEXT_MAX = 4096 + 256 }; /* octets: a path, and a member of the archive there */

static const uint32_t byte_order_magic = 0x1a2b3c4d;

struct pcapng_writer {
	FILE *file;
	unsigned interfaces;
	int error; /* errno of the first failure */
};

/* Everything is written in this machine's byte order, as the magic says. */
static void put(struct pcapng_writer *w, const void *data, size_t octets)
{
	if (octets > 0 && !w->error && fwrite(data, 1, octets, w->file) != octets) {
		w->error = errno ? errno : EIO;
	}
}

static void put16(struct pcapng_writer *w, uint16_t value)
{
	put(w, &value, sizeof(value));
}

static void put32(struct pcapng_writer *w, uint32_t value)
{
	put(w, &value, sizeof(value));
}

static uint32_t padded(uint32_t octets)
{
	return (octets + 3) / 4 * 4;
}

static void put_padded(struct pcapng_writer *w, const void *data, uint32_t octets)
{
	static const uint8_t zeros[4];

	put(w, data, octets);
	put(w, zeros, padded(octets) - octets);
}

static uint32_t text_octets(const char *text)
{
	return (uint32_t)strnlen(text, OPTION_TEXT_MAX);
}

static void put_option(
    struct pcapng_writer *w, enum option_code code, const void *value, uint32_t octets)
{
	put16(w, (uint16_t)code);
	put16(w, (uint16_t)octets);
	put_padded(w, value, octets);
}

static void put_section(struct pcapng_writer *w, const char *comment)
{
	uint32_t octets = comment ? text_octets(comment) : 0;
	uint32_t length = 28 + (comment ? 4 + padded(octets) + 4 : 0);

	put32(w, BLOCK_SECTION);
	put32(w, length);
	put32(w, byte_order_magic);
	put16(w, 1); /* version 1.0 */
	put16(w, 0);
	put32(w, UINT32_MAX); /* section length: not given */
	put32(w, UINT32_MAX);
	if (comment) {
		put_option(w, OPTION_COMMENT, comment, octets);
		put_option(w, OPTION_END, NULL, 0);
	}
	put32(w, length);
}

struct pcapng_writer *pcapng_writer_on(FILE *file, const char *comment)
{
	struct pcapng_writer *w = calloc(1, sizeof(*w));

	if (!w) {
		(void)fclose(file);
		return NULL;
	}
	w->file = file;
	put_section(w, comment);
	return w;
}

struct pcapng_writer *pcapng_writer_open(const char *path)
{
	FILE *file = fopen(path, "wb");

	return file ? pcapng_writer_on(file, NULL) : NULL;
}

unsigned pcapng_writer_interface(
    struct pcapng_writer *w, uint16_t link, const char *name, const char *description)
{
	uint32_t name_octets = text_octets(name), description_octets = text_octets(description);
	const uint8_t nanoseconds = 9;
	uint32_t length = 20 + 4 + padded(name_octets) + 4 + padded(description_octets) + 4 +
			  padded(sizeof(nanoseconds)) + 4;

	put32(w, BLOCK_INTERFACE);
	put32(w, length);
	put16(w, link);
	put16(w, 0);
	put32(w, 0); /* no snap length: what was cut says so itself */
	put_option(w, OPTION_IF_NAME, name, name_octets);
	put_option(w, OPTION_IF_DESCRIPTION, description, description_octets);
	put_option(w, OPTION_IF_TSRESOL, &nanoseconds, sizeof(nanoseconds));
	put_option(w, OPTION_END, NULL, 0);
	put32(w, length);
	return w->interfaces++;
}

void pcapng_writer_packet(struct pcapng_writer *w, unsigned interface, const struct packet *packet)
{
	uint64_t time = (uint64_t)packet->time_ns;
	uint32_t length = 32 + padded(packet->captured);

	put32(w, BLOCK_PACKET);
	put32(w, length);
	put32(w, interface);
	put32(w, (uint32_t)(time >> 32));
	put32(w, (uint32_t)time);
	put32(w, packet->captured);
	put32(w, packet->length);
	put_padded(w, packet->data, packet->captured);
	put32(w, length);
}

bool pcapng_writer_close(struct pcapng_writer *w)
{
	int error = w->error;

	if (fclose(w->file) != 0 && !error) {
		error = errno;
	}
	free(w);
	errno = error;
	return error == 0;
}
