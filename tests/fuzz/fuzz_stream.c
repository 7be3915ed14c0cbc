/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same capture as a file and as a feed that comes in pieces: the same packets, the same
 * end. The input is small and the window is not, so what the first octet says is put before
 * the records: then the border of the window lies somewhere in them.
 *
 * Input: two octets of steering, then the capture.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "file_format.h"
#include "fuzz.h"

enum { IMAGE_MAX = WINDOW_READ + (1 << 16), FILLER = 128 * 1024 };

static uint8_t image[IMAGE_MAX];

/* A feed of the image, in pieces that end anywhere. */
struct pieces {
	struct feed feed;
	size_t length, piece;
};

static ssize_t pieces_pull(
    struct feed *feed, uint8_t *into, size_t room, struct source_error *error)
{
	struct pieces *pieces = (struct pieces *)feed;
	size_t left = pieces->length - (size_t)feed->position;
	size_t n = left < room ? left : room;

	(void)error;
	if (feed->position + pieces->piece >= WINDOW_READ - 4096) {
		n = n < pieces->piece ? n : pieces->piece;
	}
	if (n > 0) {
		memcpy(into, image + feed->position, n);
	}
	feed->position += n;
	return (ssize_t)n;
}

static void pieces_close(struct feed *feed)
{
	(void)feed;
}

/* Records without meaning between the header and what follows: nearly a window of them. */
static size_t image_build(const uint8_t *data, size_t size, size_t before_border)
{
	bool ng = size >= 4 && pcapng_recognise(data);
	size_t head = ng ? 0 : 24, at = 0, filler;
	size_t until = WINDOW_READ - before_border;

	if (size < head) {
		head = size;
	}
	memcpy(image, data, head);
	at = head;
	if (ng) { /* a section of its own, and blocks that nobody knows */
		memcpy(image, (uint32_t[7]){0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, 0, 28}, 28);
		at = 28;
	}
	while (until - at >= 32) {
		uint32_t header[4];

		filler = until - at < FILLER ? (until - at) & ~(size_t)3 : FILLER;
		memset(header, 0, sizeof(header));
		if (ng) {
			header[0] = 0xbad;
			header[1] = (uint32_t)filler;
			memcpy(image + at, header, 8);
			memcpy(image + at + filler - 4, &header[1], 4);
		} else {
			header[2] = header[3] = (uint32_t)(filler - 16);
			memcpy(image + at, header, 16);
		}
		at += filler;
	}
	memcpy(image + at, data + head, size - head);
	return at + size - head;
}

struct digest {
	uint64_t sum;
	uint32_t packets;
	int status;
	bool truncated, untimed;
	char reason[SOURCE_REASON_MAX];
};

static struct digest digest_of(struct window *window)
{
	static struct packet packets[PACKET_BURST];
	struct source_error error = {0};
	struct source *source;
	struct digest digest = {.sum = 14695981039346656037U};
	int count;

	source = capture_recognise(window) ? capture_open(window, &error) : NULL;
	if (!source) {
		window_close(window);
		(void)snprintf(digest.reason, sizeof(digest.reason), "%s", error.reason);
		return digest;
	}
	while ((count = source_read(source, packets)) > 0) {
		for (int i = 0; i < count; i++) {
			const struct packet *p = &packets[i];

			digest.sum = (digest.sum ^ (uint64_t)p->time_ns ^ p->length ^ p->link) *
				     1099511628211U;
			/* of fillers, some octets */
			for (uint32_t k = 0; k<p->captured; k += p->captured> 4096 ? 509 : 1) {
				digest.sum = (digest.sum ^ p->data[k]) * 1099511628211U;
			}
			require(p->frame == ++digest.packets);
		}
	}
	digest.status = count;
	digest.truncated = source->truncated;
	digest.untimed = source->untimed;
	(void)snprintf(digest.reason, sizeof(digest.reason), "%s", source->error.reason);
	source_close(source);
	return digest;
}

static int image_file(size_t length)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("capture", MFD_CLOEXEC);
	}
	require(fd >= 0 && ftruncate(fd, (off_t)length) == 0);
	require(pwrite(fd, image, length, 0) == (ssize_t)length);
	return dup(fd); /* the window closes it */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct feed_ops ops = {.pull = pieces_pull, .close = pieces_close};
	struct source_error error = {0};
	struct digest whole, parts;
	struct pieces pieces;
	struct window window;
	size_t length;

	if (size < 3 || size > 1 << 15) {
		return 0;
	}
	length = image_build(data + 2, size - 2, (size_t)data[0] * 4 + 32);
	require(window_open_file(&window, image_file(length), length, &error));
	whole = digest_of(&window);
	pieces = (struct pieces){{.ops = &ops}, length, (size_t)data[1] * 97 + 1};
	require(window_open_feed(&window, &pieces.feed, &error));
	parts = digest_of(&window);
	require(whole.sum == parts.sum && whole.packets == parts.packets);
	require(whole.status == parts.status && whole.truncated == parts.truncated);
	require(whole.untimed == parts.untimed && strcmp(whole.reason, parts.reason) == 0);
	return 0;
}
