/* SPDX-License-Identifier: Apache-2.0 */
#include "file_format.h"

/* Say what the file seems to be instead, so that the user knows what to do. */
static void refuse_content(const struct bytes *head, struct source_error *error)
{
	static const struct {
		uint8_t length;
		uint8_t magic[4];
		const char *reason;
	} known[] = {
	    {2, {0x1f, 0x8b}, "is compressed by gzip; decompress it first"},
	    {4, {0x28, 0xb5, 0x2f, 0xfd}, "is compressed by zstd; decompress it first"},
	    {4, {0xfd, 0x37, 0x7a, 0x58}, "is compressed by xz; decompress it first"},
	    {3, {0x42, 0x5a, 0x68}, "is compressed by bzip2; decompress it first"},
	    {4, {0x04, 0x22, 0x4d, 0x18}, "is compressed by lz4; decompress it first"},
	    {4, {0x50, 0x4b, 0x03, 0x04}, "is a zip archive; unpack it first"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (bytes_left(head) >= known[i].length &&
		    memcmp(head->at, known[i].magic, known[i].length) == 0) {
			source_fail_at(error, 0, "%s", known[i].reason);
			return;
		}
	}
	source_fail_at(
	    error, 0, "is no capture: it begins with neither a pcap nor a pcapng magic number");
}

static struct source *open_by_magic(const struct window *window, struct source_error *error)
{
	const struct bytes *head = &window->view;

	if (bytes_left(head) < 4) {
		source_fail_at(
		    error, bytes_left(head), "is cut short inside its first four octets");
		return NULL;
	}
	if (pcap_recognise(head->at)) {
		return pcap_open(window, error);
	}
	if (pcapng_recognise(head->at)) {
		return pcapng_open(window, error);
	}
	refuse_content(head, error);
	return NULL;
}

struct source *source_open_file(const char *path, uint16_t capture, struct source_error *error)
{
	struct window window;
	struct source *source;

	if (!window_open(&window, path, error)) {
		return NULL;
	}
	source = open_by_magic(&window, error);
	if (!source) {
		window_close(&window);
		return NULL;
	}
	source->capture = capture;
	source->wait_fd = -1;
	source->size = window.size;
	return source;
}
