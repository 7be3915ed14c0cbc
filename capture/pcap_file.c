/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The classic pcap format (draft-ietf-opsawg-pcap): a header of 24 octets, then records of
 * 16 octets and the packet. Micro- and nanoseconds, both byte orders.
 *
 * Variants, as libpcap and Wireshark read them: Kuznetzov's, whose record headers have eight
 * octets more (interface, protocol, packet type); Ixia's "lcap", whose file header has four
 * more (the length of all records); and versions before 2.4, which give the two lengths in the
 * other order (2.3: in either).
 */
#include <stdlib.h>

#include "file_format.h"

enum { FILE_HEADER = 24, IXIA_EXTRA = 4, MODIFIED_RECORD_HEADER = 24 };

/* The order of a record's two lengths. */
enum lengths { LENGTHS_CAPTURED_FIRST, LENGTHS_WIRE_FIRST, LENGTHS_SMALLER_IS_CAPTURED };

/* How records are laid out. */
struct layout {
	uint32_t header;
	enum lengths lengths;
};

struct pcap_file {
	struct source source;
	struct window window;
	bool swapped; /* written on a machine of the other byte order */
	bool runs;    /* its records are those of a struct packet_run */
	struct layout layout;
	uint32_t ns_per_fraction;
};

static uint32_t load32(const uint8_t *p, bool swapped)
{
	return swapped ? load_be32(p) : load_le32(p);
}

static bool magic_known(uint32_t magic)
{
	return magic == (uint32_t)PCAP_MAGIC_MICRO || magic == (uint32_t)PCAP_MAGIC_NANO ||
	       magic == (uint32_t)PCAP_MAGIC_MODIFIED || magic == PCAP_MAGIC_IXIA_MICRO ||
	       magic == PCAP_MAGIC_IXIA_NANO;
}

bool pcap_recognise(const uint8_t magic[4])
{
	return magic_known(load_le32(magic)) || magic_known(load_be32(magic));
}

struct lengths_pair {
	uint32_t captured, wire;
};

static inline struct lengths_pair lengths_load(
    const uint8_t *header, bool swapped, enum lengths order)
{
	uint32_t first = load32(header + 8, swapped), second = load32(header + 12, swapped);

	if (order == LENGTHS_WIRE_FIRST ||
	    (order == LENGTHS_SMALLER_IS_CAPTURED && first > second)) {
		return (struct lengths_pair){second, first};
	}
	return (struct lengths_pair){first, second};
}

/* What is in view, without end. */
static struct packet_run run_of(const struct pcap_file *file)
{
	return packet_run_begin(file->window.view, file->ns_per_fraction, file->source.frame,
	    file->source.capture, file->source.interfaces[0].link);
}

static void run_took(struct pcap_file *file, const struct packet_run *run)
{
	file->window.view.at = run->octets.at;
	file->source.frame = run->frame;
}

/*
 * As many whole records as a burst may have. Returns the count; 0 means that the view holds no
 * whole record, or that the record at hand is longer than any packet.
 */
static int walk_run(struct pcap_file *file, struct packet out[PACKET_BURST])
{
	struct packet_run run = run_of(file);
	const uint8_t *until = run.octets.at + WINDOW_BURST;
	int count = 0;

	while (count < PACKET_BURST && run.octets.at < until &&
	       packet_run_next(&run, &out[count]) && out[count].captured <= PACKET_MAX) {
		packet_run_pass(&run, &out[count++]);
	}
	run_took(file, &run);
	return count;
}

/* The same of other layouts. */
static int walk(struct pcap_file *file, struct packet out[PACKET_BURST])
{
	const struct layout *layout = &file->layout;
	struct bytes view = file->window.view;
	const uint8_t *until = view.at + WINDOW_BURST;
	const bool swapped = file->swapped;
	int count = 0;

	while (count < PACKET_BURST && view.at < until) {
		struct bytes record = view;
		const uint8_t *header = bytes_take(&record, layout->header);
		struct lengths_pair length;

		if (!header) {
			break;
		}
		length = lengths_load(header, swapped, layout->lengths);
		if (length.captured > PACKET_MAX || length.captured > bytes_left(&record)) {
			break;
		}
		out[count++] = (struct packet){
		    .time_ns = (int64_t)load32(header, swapped) * 1000000000 +
			       (int64_t)load32(header + 4, swapped) * file->ns_per_fraction,
		    .data = record.at,
		    .captured = length.captured,
		    .length = length.wire,
		    .frame = ++file->source.frame,
		    .capture = file->source.capture,
		    .link = file->source.interfaces[0].link,
		};
		view.at = record.at + length.captured;
	}
	file->window.view = view;
	return count;
}

/* The view is used up: nothing more, a cut record, or a damaged one. */
static int no_more_records(struct pcap_file *file)
{
	struct bytes record = file->window.view;
	uint64_t position = window_position(&file->window);
	const uint8_t *header = bytes_take(&record, file->layout.header);
	uint32_t captured =
	    header ? lengths_load(header, file->swapped, file->layout.lengths).captured : 0;

	if (captured > PACKET_MAX) {
		return source_fail_at(&file->source.error, position,
		    "is damaged: the record of frame %u claims %u octets; what follows is lost",
		    file->source.frame + 1, captured);
	}
	return window_finish(&file->window, &file->source);
}

static int burst(struct pcap_file *file, struct packet out[PACKET_BURST])
{
	return file->runs ? walk_run(file, out) : walk(file, out);
}

static bool pcap_run_begin(struct source *source, struct packet_run *run)
{
	struct pcap_file *file = (struct pcap_file *)source;

	*run = run_of(file);
	if (bytes_left(&run->octets) > PACKET_RUN_OCTETS) {
		run->octets.end = run->octets.at + PACKET_RUN_OCTETS;
	}
	return file->runs;
}

static void pcap_run_end(struct source *source, const struct packet_run *run)
{
	struct pcap_file *file = (struct pcap_file *)source;

	run_took(file, run);
	source->position = window_progress(&file->window);
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
	source->position = window_progress(window);
	return count > 0 ? count : no_more_records(file);
}

static void pcap_close(struct source *source)
{
	struct pcap_file *file = (struct pcap_file *)source;

	window_close(&file->window);
	free(file);
}

/* Versions 2.0 to 2.4, and 543.0, which is DG/UX's. False where nothing is known of it. */
static bool version_take(struct pcap_file *file, unsigned major, unsigned minor)
{
	file->layout.lengths = LENGTHS_CAPTURED_FIRST;
	if ((major == 2 && minor < 3) || (major == 543 && minor == 0)) {
		file->layout.lengths = LENGTHS_WIRE_FIRST;
	} else if (major == 2 && minor == 3) {
		file->layout.lengths = LENGTHS_SMALLER_IS_CAPTURED;
	}
	return major == 2 || (major == 543 && minor == 0);
}

/* The file header; the view moves behind it. */
static bool header_take(struct pcap_file *file, struct source_error *error)
{
	struct bytes *view = &file->window.view;
	size_t length = bytes_left(view);
	const uint8_t *header = bytes_take(view, FILE_HEADER);
	struct source_interface *interface = &file->source.interfaces[0];
	uint32_t magic, version;

	if (!header) {
		source_fail_at(
		    error, length, "is cut short inside the pcap header of %d octets", FILE_HEADER);
		return false;
	}
	file->swapped = !magic_known(load_le32(header));
	magic = load32(header, file->swapped);
	version = load32(header + 4, file->swapped); /* minor and major, as the order has them */
	if (file->swapped) {
		version = version << 16 | version >> 16;
	}
	if (!version_take(file, version & 0xffff, version >> 16)) {
		source_fail_at(error, 4,
		    "is of pcap version %u.%u, which is not known; convert it: editcap IN OUT",
		    version & 0xffff, version >> 16);
		return false;
	}
	file->layout.header =
	    magic == (uint32_t)PCAP_MAGIC_MODIFIED ? MODIFIED_RECORD_HEADER : PACKET_RUN_HEADER;
	file->runs = !file->swapped && file->layout.header == PACKET_RUN_HEADER &&
		     file->layout.lengths == LENGTHS_CAPTURED_FIRST;
	file->ns_per_fraction =
	    magic == (uint32_t)PCAP_MAGIC_NANO || magic == PCAP_MAGIC_IXIA_NANO ? 1 : 1000;
	/* The upper bits hold the length of a frame check sequence. */
	interface->link = (uint16_t)load32(header + 20, file->swapped);
	interface->snap_length = load32(header + 16, file->swapped);
	if ((magic == PCAP_MAGIC_IXIA_MICRO || magic == PCAP_MAGIC_IXIA_NANO) &&
	    !bytes_skip(view, IXIA_EXTRA)) {
		source_fail_at(error, length, "is cut short inside the lcap header");
		return false;
	}
	return true;
}

struct source *pcap_open(const struct window *window, struct source_error *error)
{
	static const struct source_ops ops = {.read = pcap_read,
	    .run_begin = pcap_run_begin,
	    .run_end = pcap_run_end,
	    .close = pcap_close};
	struct pcap_file *file = calloc(1, sizeof(*file));

	if (!file) {
		source_fail(error, "out of memory");
		return NULL;
	}
	file->window = *window;
	if (!header_take(file, error)) {
		free(file);
		return NULL;
	}
	file->source.ops = &ops;
	file->source.interface_count = 1;
	return &file->source;
}
