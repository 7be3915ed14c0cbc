/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical bound: walk a pcap file and touch the headers of each packet, as fast as memory
 * gives them. The file is mapped in populated windows and every cache line prefetched 8 KiB ahead
 * of the walk; Ethernet, IPv4, UDP and RTP headers are read and added up, and nothing is concluded.
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	FILE_HEADER = 24,
	RECORD_HEADER = 16,
	WINDOW = 16 << 20,
	LINE = 64,
	AHEAD = 8192,
	ETHERNET = 14,
	IPV4 = 20,
	UDP = 8,
	RTP = 12
};

struct window {
	int fd;
	uint64_t size, offset; /* of the file; of the mapping in it */
	uint8_t *base;
	size_t length;
};

struct sum {
	uint64_t packets, octets, headers;
};

/* Map from `position` on. */
static bool window_move(struct window *w, uint64_t position)
{
	const uint64_t page = 4096;

	if (w->base) {
		(void)munmap(w->base, w->length);
	}
	w->offset = position - position % page;
	w->length = w->size - w->offset < WINDOW ? (size_t)(w->size - w->offset) : WINDOW;
	w->base =
	    mmap(NULL, w->length, PROT_READ, MAP_SHARED | MAP_POPULATE, w->fd, (off_t)w->offset);
	return w->base != MAP_FAILED;
}

static uint32_t load32(const uint8_t *p)
{
	uint32_t value;

	memcpy(&value, p, sizeof(value));
	return value;
}

static void touch(struct sum *sum, const uint8_t *record, uint32_t captured)
{
	const uint8_t *frame = record + RECORD_HEADER;

	sum->packets++;
	sum->octets += captured;
	if (captured >= ETHERNET + IPV4 + UDP + RTP) {
		sum->headers += load32(record) + load32(frame + 12) + load32(frame + 26) +
				load32(frame + 30) + load32(frame + 34) + load32(frame + 42) +
				load32(frame + 46) + load32(frame + 50);
	}
}

/* The records of one window; returns the position in the file behind the last whole one. */
static uint64_t walk(const struct window *w, uint64_t position, struct sum *sum)
{
	const uint8_t *at = w->base + (position - w->offset), *end = w->base + w->length;
	const uint8_t *prefetched = at;

	while (end - at >= RECORD_HEADER) {
		uint32_t captured = load32(at + 8);

		for (; prefetched < at + AHEAD; prefetched += LINE) {
			__builtin_prefetch(prefetched, 0, 0);
		}
		if (captured > (size_t)(end - at) - RECORD_HEADER) {
			break;
		}
		touch(sum, at, captured);
		at += RECORD_HEADER + captured;
	}
	return w->offset + (uint64_t)(at - w->base);
}

int main(int argc, char **argv)
{
	struct window w = {.fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1};
	uint64_t position = FILE_HEADER, before = 0;
	struct sum sum = {0};
	struct stat status;

	if (w.fd < 0 || fstat(w.fd, &status) != 0 || status.st_size < FILE_HEADER) {
		(void)fprintf(stderr, "Usage: talkpath-touch-loop CAPTURE (pcap, of this machine's "
				      "byte order)\n");
		return 2;
	}
	w.size = (uint64_t)status.st_size;
	while (position < w.size && position > before) {
		before = position;
		if (!window_move(&w, position)) {
			perror(argv[1]);
			return EXIT_FAILURE;
		}
		position = walk(&w, position, &sum);
	}
	(void)printf("%llu packets, %llu octets, sum %llx\n", (unsigned long long)sum.packets,
	    (unsigned long long)sum.octets, (unsigned long long)sum.headers);
	return EXIT_SUCCESS;
}
