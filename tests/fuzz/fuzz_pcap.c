/* SPDX-License-Identifier: Apache-2.0 */
/* Capture files, pcap and pcapng. Input: the file. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "frame.h"
#include "fuzz.h"
#include "open_one.h"
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

static void totals_check(const struct source *source, uint32_t frames, size_t size)
{
	require(source->frame == frames && source->totals.packets == frames);
	require(source->position <= size);
	require(source->interface_count <= SOURCE_INTERFACES_MAX);
	require(source->totals.snap_cut <= frames);
	require(frames == 0 || source->totals.first_time_ns <= source->totals.last_time_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct packet packets[PACKET_BURST];
	struct source_error error = {0};
	struct source *source = open_one(file_of(data, size), 7, &error);
	uint32_t frames = 0;
	uint64_t octets = 0;
	int count;

	if (!source) {
		require(error.reason[0] && (!error.has_offset || error.offset <= size));
		return 0;
	}
	while ((count = source_read(source, packets)) > 0) {
		require(count <= PACKET_BURST);
		for (int i = 0; i < count; i++) {
			packet_check(source, &packets[i], ++frames);
			octets += packets[i].captured;
		}
		require(octets + 12 * (uint64_t)frames <= size); /* no octet is given out twice */
		totals_check(source, frames, size);
	}
	require(count == SOURCE_END || count == SOURCE_FAILED);
	if (count == SOURCE_FAILED) {
		require(source->error.reason[0]);
		require(!source->error.has_offset || source->error.offset <= size);
	}
	totals_check(source, frames, size);
	source_close(source);
	return 0;
}
