/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classic pcap format (draft-ietf-opsawg-pcap): a header of 24 octets, then records of
 * 16 octets and the packet. Micro- and nanoseconds, both byte orders.
 */
#include <stdlib.h>

#include "file_format.h"

enum { FILE_HEADER = 24, RECORD_HEADER = 16 };

struct pcap_file {
	struct source source;
	struct window window;
	bool swapped; /* written on a machine of the other byte order */
	uint32_t ns_per_fraction;
};

static uint32_t load32(const uint8_t *p, bool swapped)
{
	return swapped ? load_be32(p) : load_le32(p);
}

bool pcap_recognise(const uint8_t magic[4])
{
	uint32_t little = load_le32(magic), big = load_be32(magic);

	return little == (uint32_t)PCAP_MAGIC_MICRO || little == (uint32_t)PCAP_MAGIC_NANO ||
	       big == (uint32_t)PCAP_MAGIC_MICRO || big == (uint32_t)PCAP_MAGIC_NANO ||
	       little == (uint32_t)PCAP_MAGIC_MODIFIED || big == (uint32_t)PCAP_MAGIC_MODIFIED;
}

/*
 * As many whole records as are in view. A macro-free template: `swapped` is a constant in
 * each of its two callers. Returns the count; 0 means that the view holds no whole record, or
 * that the record at hand is longer than any packet.
 */
static inline int walk(struct pcap_file *file, struct packet out[PACKET_BURST], bool swapped)
{
	struct bytes view = file->window.view;
	uint32_t frame = file->source.frame;
	int count = 0;

	while (count < PACKET_BURST) {
		struct bytes record = view;
		const uint8_t *header = bytes_take(&record, RECORD_HEADER);
		uint32_t captured;

		if (!header) {
			break;
		}
		captured = load32(header + 8, swapped);
		if (captured > PACKET_MAX || captured > bytes_left(&record)) {
			break;
		}
		frame++;
		out[count++] = (struct packet){
		    .time_ns = (int64_t)load32(header, swapped) * 1000000000 +
			       (int64_t)load32(header + 4, swapped) * file->ns_per_fraction,
		    .data = record.at,
		    .captured = captured,
		    .length = load32(header + 12, swapped),
		    .frame = frame,
		    .capture = file->source.capture,
		    .link = file->source.interfaces[0].link,
		};
		view.at = record.at + captured;
		window_prefetch(&file->window, view.at);
	}
	file->window.view = view;
	file->source.frame = frame;
	return count;
}

/* The view is used up: nothing more, a cut record, or a damaged one. */
static int no_more_records(struct pcap_file *file)
{
	struct bytes record = file->window.view;
	uint64_t position = window_position(&file->window);
	const uint8_t *header = bytes_take(&record, RECORD_HEADER);
	uint32_t captured;

	if (bytes_left(&file->window.view) == 0) {
		return SOURCE_END;
	}
	if (!header) {
		file->source.truncated = true;
		return SOURCE_END;
	}
	captured = load32(header + 8, file->swapped);
	if (captured > PACKET_MAX) {
		return source_fail_at(&file->source.error, position,
		    "is damaged: the record of frame %u claims %u octets; what follows is lost",
		    file->source.frame + 1, captured);
	}
	file->source.truncated = true;
	return SOURCE_END;
}

static int burst(struct pcap_file *file, struct packet out[PACKET_BURST])
{
	return file->swapped ? walk(file, out, true) : walk(file, out, false);
}

static int pcap_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct pcap_file *file = (struct pcap_file *)source;
	struct window *window = &file->window;
	int count = burst(file, out);

	if (count == 0 && !window_is_last(window)) {
		if (!window_move(window, &source->error)) {
			return SOURCE_FAILED;
		}
		count = burst(file, out);
	}
	source->position = window_position(window);
	return count > 0 ? count : no_more_records(file);
}

static void pcap_close(struct source *source)
{
	struct pcap_file *file = (struct pcap_file *)source;

	window_close(&file->window);
	free(file);
}

struct source *pcap_open(const struct window *window, struct source_error *error)
{
	static const struct source_ops ops = {.read = pcap_read, .close = pcap_close};
	struct bytes view = window->view;
	const uint8_t *header = bytes_take(&view, FILE_HEADER);
	struct pcap_file *file;
	uint32_t magic;

	if (!header) {
		source_fail_at(error, bytes_left(&window->view),
		    "is cut short inside the pcap header of %d octets", FILE_HEADER);
		return NULL;
	}
	magic = load_le32(header);
	if (magic == (uint32_t)PCAP_MAGIC_MODIFIED ||
	    load_be32(header) == (uint32_t)PCAP_MAGIC_MODIFIED) {
		source_fail_at(error, 0,
		    "is in the old \"modified pcap\" format; convert it: editcap -F pcap IN OUT");
		return NULL;
	}
	file = calloc(1, sizeof(*file));
	if (!file) {
		source_fail(error, "out of memory");
		return NULL;
	}
	file->swapped = magic != (uint32_t)PCAP_MAGIC_MICRO && magic != (uint32_t)PCAP_MAGIC_NANO;
	magic = load32(header, file->swapped);
	file->ns_per_fraction = magic == (uint32_t)PCAP_MAGIC_NANO ? 1 : 1000;
	file->window = *window;
	file->window.view = view;
	file->source.ops = &ops;
	file->source.interface_count = 1;
	/* The upper bits hold the length of a frame check sequence. */
	file->source.interfaces[0].link = (uint16_t)load32(header + 20, file->swapped);
	file->source.interfaces[0].snap_length = load32(header + 16, file->swapped);
	return &file->source;
}
