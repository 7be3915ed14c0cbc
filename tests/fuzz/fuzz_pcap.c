/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Capture files: pcap and pcapng, plain, compressed, and in archives. Input: the file.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame.h"
#include "fuzz.h"
#include "source.h"
#include "within.h"

/* The input as a file, the same one each time: making one costs more than reading it. */
static const char *file_of(const uint8_t *data, size_t size)
{
	static char path[32];
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("capture", MFD_CLOEXEC);
		(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	}
	require(fd >= 0 && ftruncate(fd, 0) == 0);
	require(pwrite(fd, data, size, 0) == (ssize_t)size);
	return path;
}

static bool interface_has(const struct source *source, uint16_t link)
{
	for (unsigned i = 0; i < source->interface_count; i++) {
		if (source->interfaces[i].link == link) {
			return true;
		}
	}
	return false;
}

/* Every octet of a packet can be read, which AddressSanitizer or the kernel would deny. */
static void packet_check(const struct source *source, const struct packet *packet, uint32_t frame)
{
	struct bytes in = bytes_of(packet->data, packet->captured);
	struct frame parsed;
	unsigned sum = 0;

	require(packet->captured <= PACKET_MAX);
	require(packet->frame == frame && packet->capture == 7);
	require(interface_has(source, packet->link));
	for (uint32_t i = 0; i < packet->captured; i++) {
		sum += packet->data[i];
	}
	require(sum <= 255U * PACKET_MAX);
	if (frame_parse(&parsed, packet->link, in, packet->length) == DISSECT_OK) {
		require(frame_within(in, &parsed));
	}
}

static void totals_check(const struct source *source, uint32_t frames)
{
	require(source->frame == frames && source->totals.packets == frames);
	require(source->size == 0 || source->position <= source->size);
	require(source->interface_count <= SOURCE_INTERFACES_MAX);
	require(source->totals.snap_cut <= frames);
	require(frames == 0 || source->totals.first_time_ns <= source->totals.last_time_ns);
}

/* plain_size: octets of the capture, or UINT64_MAX where it was decoded from something */
static void source_drain(struct source *source, uint64_t plain_size)
{
	static struct packet packets[PACKET_BURST];
	uint32_t frames = 0;
	uint64_t octets = 0;
	int count;

	while ((count = source_read(source, packets)) > 0) {
		require(count <= PACKET_BURST);
		for (int i = 0; i < count; i++) {
			packet_check(source, &packets[i], ++frames);
			octets += packets[i].captured;
		}
		/* no octet is given out twice */
		require(octets + 12 * (uint64_t)frames <= plain_size);
		totals_check(source, frames);
	}
	require(count == SOURCE_END || count == SOURCE_FAILED);
	if (count == SOURCE_FAILED) {
		require(source->error.reason[0]);
		require(!source->error.has_offset || source->error.offset <= plain_size);
	}
	totals_check(source, frames);
	source_close(source);
}

enum { SOURCES_MAX = 16 };

struct found {
	unsigned count, refused;
	bool archive;
	struct source *sources[SOURCES_MAX];
};

static bool take(void *context, struct source *source, const char *member)
{
	struct found *found = context;

	require(!member || (*member && strlen(member) < 300));
	source->capture = 7;
	found->sources[found->count++] = source;
	found->archive |= member != NULL;
	return found->count < SOURCES_MAX;
}

static void refuse(void *context, const char *member, const struct source_error *error)
{
	(void)member;
	require(error->reason[0] && !strchr(error->reason, '\n'));
	((struct found *)context)->refused++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct found found = {0};
	const struct source_opening opening = {&found, take, refuse, NULL};
	bool plain = size >= 4 && (data[0] == 0x0a || data[0] == 0xd4 || data[0] == 0xa1 ||
				      data[0] == 0x4d || data[0] == 0x34);

	source_open_file(file_of(data, size), &opening);
	require(found.count + found.refused > 0);
	require(!plain || found.count + found.refused == 1);
	for (unsigned i = found.count; i > 0; i--) {
		source_drain(found.sources[i - 1], plain ? size : UINT64_MAX);
	}
	return 0;
}
