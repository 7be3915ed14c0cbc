/* SPDX-License-Identifier: Apache-2.0 */
#include "file_format.h"

#include "decode.h"

/* A capture compressed twice happens; more layers are somebody's experiment. */
enum { LAYERS_MAX = 2 };

bool capture_recognise(const struct window *window)
{
	const struct bytes *head = &window->view;

	return bytes_left(head) >= 4 && (pcap_recognise(head->at) || pcapng_recognise(head->at));
}

struct source *capture_open(const struct window *window, struct source_error *error)
{
	struct source *source =
	    pcap_recognise(window->view.at) ? pcap_open(window, error) : pcapng_open(window, error);

	if (source) {
		source->wait_fd = -1;
		source->size = window->feed ? window->feed->size : window->size;
	}
	return source;
}

bool archive_recognise(const struct window *window)
{
	static const uint8_t zip[] = {'P', 'K', 3, 4}, empty_zip[] = {'P', 'K', 5, 6};
	enum { TAR_MAGIC_AT = 257 };
	const struct bytes *head = &window->view;
	size_t left = bytes_left(head);

	return (left >= 4 &&
		   (memcmp(head->at, zip, 4) == 0 || memcmp(head->at, empty_zip, 4) == 0)) ||
	       (left >= TAR_MAGIC_AT + 5 && memcmp(head->at + TAR_MAGIC_AT, "ustar", 5) == 0);
}

bool window_decode(struct window *window, struct source_error *error)
{
	for (int layer = 0; layer < LAYERS_MAX; layer++) {
		const struct codec *codec = codec_recognise(&window->view);
		struct feed *feed;

		if (!codec) {
			break;
		}
		feed = decode_new(window, codec, error);
		if (!feed || !window_open_feed(window, feed, error)) {
			return false;
		}
	}
	return true;
}
