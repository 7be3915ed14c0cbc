/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pcapng format (draft-ietf-opsawg-pcapng): blocks in sections; interface descriptions
 * give link type and time resolution; enhanced, simple and the obsolete packet blocks hold
 * packets; other blocks (name resolution, statistics, secrets, custom ones) are walked over by
 * their length, which may be greater than the window.
 */
#include <stdlib.h>

#include "file_format.h"
#include "wide.h"

enum block_type {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 2, /* obsolete */
	BLOCK_SIMPLE = 3,
	BLOCK_ENHANCED = 6
};

enum {
	BLOCK_HEADER = 8,
	BLOCK_TRAILER = 4, /* the length again */
	BLOCK_MAX = WINDOW_RECORD_MAX,
	OPTION_END = 0,
	OPTION_IF_NAME = 2,
	OPTION_IF_TSRESOL = 9,
	OPTION_IF_TSOFFSET = 14,
	OPTIONS_MAX = BLOCK_MAX / 4 /* an option has four octets at least */
};

static const uint32_t byte_order_magic = 0x1a2b3c4d;

/* How an interface counts time: ns = ticks * multiplier / divisor, from offset_s on. */
struct interface_clock {
	uint64_t multiplier, divisor;
	int64_t offset_s;
};

struct pcapng_file {
	struct source source;
	struct window window;
	bool swapped;
	unsigned section_base; /* first interface of the section at hand */
	int64_t last_time_ns;  /* for simple packet blocks, which carry no time */
	struct interface_clock clocks[SOURCE_INTERFACES_MAX];
};

bool pcapng_recognise(const uint8_t magic[4])
{
	return load_le32(magic) == PCAPNG_MAGIC; /* a palindrome */
}

static uint16_t load16(const struct pcapng_file *file, const uint8_t *p)
{
	return file->swapped ? load_be16(p) : load_le16(p);
}

static uint32_t load32(const struct pcapng_file *file, const uint8_t *p)
{
	return file->swapped ? load_be32(p) : load_le32(p);
}

static bool resolution_set(struct interface_clock *clock, uint8_t resolution)
{
	unsigned exponent = resolution & 0x7f;

	*clock = (struct interface_clock){1, 1, clock->offset_s};
	if (resolution & 0x80) { /* a negative power of two */
		clock->multiplier = 1000000000;
		clock->divisor = exponent < 63 ? 1ULL << exponent : 0;
		return clock->divisor != 0;
	}
	for (; exponent < 9; exponent++) {
		clock->multiplier *= 10;
	}
	for (; exponent > 9; exponent--) {
		if (clock->divisor > UINT64_MAX / 10) {
			return false;
		}
		clock->divisor *= 10;
	}
	return true;
}

static int64_t ticks_to_ns(const struct interface_clock *clock, uint64_t ticks)
{
	uint128_t since = (uint128_t)ticks * clock->multiplier / clock->divisor;
	int128_t ns = (int128_t)since + (int128_t)clock->offset_s * 1000000000;

	/* Times out of all bounds stand still there. */
	return ns > PACKET_TIME_MAX    ? PACKET_TIME_MAX
	       : ns < -PACKET_TIME_MAX ? -PACKET_TIME_MAX
				       : (int64_t)ns;
}

/* One option of an interface; false where the time stamps cannot be read with it. */
static bool interface_option(struct pcapng_file *file, uint16_t code, struct bytes value,
    struct source_interface *interface, struct interface_clock *clock)
{
	size_t length = bytes_left(&value);

	if (code == OPTION_IF_NAME) {
		length = length < sizeof(interface->name) ? length : sizeof(interface->name) - 1;
		while (length < bytes_left(&value) && length > 0 &&
		       (value.at[length] & 0xc0) == 0x80) { /* not inside a character */
			length--;
		}
		memset(interface->name, 0, sizeof(interface->name));
		memcpy(interface->name, value.at, length);
	} else if (code == OPTION_IF_TSRESOL) {
		return length == 1 && resolution_set(clock, *value.at);
	} else if (code == OPTION_IF_TSOFFSET) {
		uint64_t seconds;

		if (length != 8) {
			return false;
		}
		seconds = load_be64(value.at);
		seconds = file->swapped ? seconds : __builtin_bswap64(seconds);
		clock->offset_s = (int64_t)seconds;
	}
	return true;
}

/*
 * What is wrong behind the options that matter does not make the packets worse: a list that is
 * broken off counts as far as it goes.
 */
static bool interface_options(struct pcapng_file *file, struct bytes options,
    struct source_interface *interface, struct interface_clock *clock)
{
	for (int i = 0; i < OPTIONS_MAX; i++) {
		const uint8_t *header = bytes_take(&options, 4);
		struct bytes value;
		uint16_t code, length;

		if (!header || (code = load16(file, header)) == OPTION_END) {
			return true;
		}
		length = load16(file, header + 2);
		if (!bytes_child(&options, length, &value)) {
			return code != OPTION_IF_TSRESOL && code != OPTION_IF_TSOFFSET;
		}
		(void)bytes_skip(&options, (4U - length % 4U) % 4U);
		if (!interface_option(file, code, value, interface, clock)) {
			return false;
		}
	}
	return true;
}

static const char *interface_block(struct pcapng_file *file, struct bytes body)
{
	unsigned index = file->source.interface_count;
	const uint8_t *fixed = bytes_take(&body, 8);

	if (!fixed) {
		return "an interface description block is too short";
	}
	if (index == SOURCE_INTERFACES_MAX) {
		return "it describes more than 256 interfaces";
	}
	file->source.interfaces[index] = (struct source_interface){
	    .link = load16(file, fixed),
	    .snap_length = load32(file, fixed + 4),
	};
	file->clocks[index] = (struct interface_clock){1000, 1, 0}; /* microseconds */
	if (!interface_options(file, body, &file->source.interfaces[index], &file->clocks[index])) {
		return "an interface description block gives no usable time resolution";
	}
	file->source.interface_count++;
	return NULL;
}

static const char *section_block(struct pcapng_file *file, struct bytes body)
{
	const uint8_t *fixed = bytes_take(&body, 8);

	if (!fixed || load16(file, fixed + 4) != 1) {
		return "a section header block is not of version 1";
	}
	file->section_base = file->source.interface_count;
	return NULL;
}

static const char *packet_fill(struct pcapng_file *file, struct packet *out, uint32_t interface,
    struct bytes data, uint32_t captured, uint32_t length)
{
	uint32_t index = file->section_base + interface;

	if (interface >= file->source.interface_count - file->section_base) {
		return "a packet block names an interface that was not described";
	}
	if (captured > PACKET_MAX || captured > bytes_left(&data)) {
		return "a packet block is shorter than its packet";
	}
	*out = (struct packet){
	    .data = data.at,
	    .captured = captured,
	    .length = length,
	    .frame = ++file->source.frame,
	    .capture = file->source.capture,
	    .link = file->source.interfaces[index].link,
	};
	return NULL;
}

/* Enhanced and obsolete packet blocks differ in how wide the interface number is. */
static const char *timed_block(
    struct pcapng_file *file, struct bytes body, bool obsolete, struct packet *out)
{
	const uint8_t *fixed = bytes_take(&body, 20);
	uint32_t interface;
	uint64_t ticks;
	const char *fault;

	if (!fixed) {
		return "a packet block is too short";
	}
	interface = obsolete ? load16(file, fixed) : load32(file, fixed);
	fault = packet_fill(
	    file, out, interface, body, load32(file, fixed + 12), load32(file, fixed + 16));
	if (fault) {
		return fault;
	}
	ticks = (uint64_t)load32(file, fixed + 4) << 32 | load32(file, fixed + 8);
	out->time_ns = ticks_to_ns(&file->clocks[file->section_base + interface], ticks);
	file->last_time_ns = out->time_ns;
	return NULL;
}

static const char *simple_block(struct pcapng_file *file, struct bytes body, struct packet *out)
{
	const uint8_t *fixed = bytes_take(&body, 4);
	uint32_t captured, limit;
	const char *fault;

	if (!fixed || file->section_base == file->source.interface_count) {
		return "a simple packet block has no interface";
	}
	captured = load32(file, fixed);
	limit = file->source.interfaces[file->section_base].snap_length;
	if (limit && captured > limit) {
		captured = limit;
	}
	fault = packet_fill(file, out, 0, body, captured, load32(file, fixed));
	out->time_ns = file->last_time_ns;
	file->source.untimed = true;
	return fault;
}

/* What to do with one block; NULL, or what is wrong with it. *is_packet says *out was filled. */
static const char *block_parse(
    struct pcapng_file *file, uint32_t type, struct bytes body, struct packet *out, bool *is_packet)
{
	*is_packet = type == BLOCK_ENHANCED || type == BLOCK_SIMPLE || type == BLOCK_PACKET;
	switch (type) {
	case BLOCK_ENHANCED:
		return timed_block(file, body, false, out);
	case BLOCK_PACKET:
		return timed_block(file, body, true, out);
	case BLOCK_SIMPLE:
		return simple_block(file, body, out);
	case BLOCK_INTERFACE:
		return interface_block(file, body);
	case BLOCK_SECTION:
		return section_block(file, body);
	default:
		return NULL;
	}
}

enum block_state { BLOCK_OK, BLOCK_CUT, BLOCK_LONG, BLOCK_BAD_LENGTH, BLOCK_BAD_ORDER };

static bool block_matters(uint32_t type)
{
	return type == BLOCK_ENHANCED || type == BLOCK_PACKET || type == BLOCK_SIMPLE ||
	       type == BLOCK_INTERFACE || type == BLOCK_SECTION;
}

/*
 * The octets of the block behind `header` that are not its header, from the length it gives.
 * Some writers leave the padding out of that length though it is there (Wireshark and libpcap
 * know of it): where the length repeated behind the padding is the same, that is so.
 */
static uint32_t block_rest(
    const struct pcapng_file *file, const struct bytes *behind, uint32_t length)
{
	uint32_t rest = ((length + 3) & ~3U) - BLOCK_HEADER;

	if (length % 4 == 0 || (rest > bytes_left(behind) && !window_is_last(&file->window))) {
		return rest;
	}
	if (rest > bytes_left(behind)) {
		return 0;
	}
	return load32(file, behind->at + rest - BLOCK_TRAILER) == length ? rest : 0;
}

/* The next block's type and body; the view moves behind it only with BLOCK_OK. */
static enum block_state block_take(struct pcapng_file *file, uint32_t *type, struct bytes *body)
{
	struct bytes view = file->window.view;
	const uint8_t *header = bytes_take(&view, BLOCK_HEADER);
	uint32_t length, rest;

	if (!header) {
		return BLOCK_CUT;
	}
	*type = load32(file, header);
	if (load_le32(header) == PCAPNG_MAGIC) { /* a section may change the byte order */
		if (bytes_left(&view) < 4) {
			return BLOCK_CUT;
		}
		file->swapped = load_le32(view.at) != byte_order_magic;
		if (load32(file, view.at) != byte_order_magic) {
			return BLOCK_BAD_ORDER;
		}
	}
	length = load32(file, header + 4);
	if (length > BLOCK_MAX && length % 4 == 0 && !block_matters(*type)) {
		return BLOCK_LONG;
	}
	if (length < BLOCK_HEADER + BLOCK_TRAILER || length > BLOCK_MAX) {
		return BLOCK_BAD_LENGTH;
	}
	rest = block_rest(file, &view, length);
	if (rest == 0) {
		return BLOCK_BAD_LENGTH;
	}
	if (!bytes_child(&view, rest - BLOCK_TRAILER, body) || !bytes_skip(&view, BLOCK_TRAILER)) {
		return BLOCK_CUT;
	}
	file->window.view = view;
	return BLOCK_OK;
}

static int no_more_blocks(struct pcapng_file *file, enum block_state state)
{
	uint64_t position = window_position(&file->window);

	switch (state) {
	case BLOCK_BAD_LENGTH:
		return source_fail_at(&file->source.error, position,
		    "is damaged: impossible block length; what follows is lost");
	case BLOCK_BAD_ORDER:
		return source_fail_at(&file->source.error, position,
		    "is damaged: unknown byte-order magic; what follows is lost");
	case BLOCK_LONG:
	case BLOCK_CUT:
	case BLOCK_OK:
		break;
	}
	return window_finish(&file->window, &file->source);
}

/* The view has no whole block: move it on. False where there is nothing to move on to. */
static bool blocks_more(struct pcapng_file *file, enum block_state state)
{
	struct window *window = &file->window;

	if (state == BLOCK_LONG) {
		uint32_t length = load32(file, window->view.at + 4);
		bool skipped = window_skip(window, length, &file->source.error);

		file->source.truncated |= !skipped;
		return skipped;
	}
	return state == BLOCK_CUT && !window_is_last(window) &&
	       window_move(window, &file->source.error);
}

/* Packets of the blocks in view. *state says why it stopped short of a burst. */
static int blocks_walk(
    struct pcapng_file *file, struct packet out[PACKET_BURST], enum block_state *state)
{
	uint64_t until = window_position(&file->window) + WINDOW_BURST;
	int count = 0;

	while (count < PACKET_BURST && window_position(&file->window) < until) {
		uint64_t position = window_position(&file->window);
		uint32_t type;
		struct bytes body;
		bool is_packet;
		const char *fault;

		*state = block_take(file, &type, &body);
		if (*state != BLOCK_OK) {
			break;
		}
		fault = block_parse(file, type, body, &out[count], &is_packet);
		if (fault) {
			source_fail_at(&file->source.error, position, "is damaged: %s", fault);
			break;
		}
		count += is_packet;
	}
	return count;
}

static int pcapng_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct pcapng_file *file = (struct pcapng_file *)source;
	enum block_state state = BLOCK_OK;
	int count = 0;

	/* More than one round only where a window holds no whole packet. */
	while (count == 0 && source->error.reason[0] == '\0') {
		count = blocks_walk(file, out, &state);
		source->position = window_progress(&file->window);
		if (count == 0 && state != BLOCK_OK && !blocks_more(file, state)) {
			return source->error.reason[0] ? SOURCE_FAILED
						       : no_more_blocks(file, state);
		}
	}
	return count > 0 ? count : SOURCE_FAILED;
}

static void pcapng_close(struct source *source)
{
	struct pcapng_file *file = (struct pcapng_file *)source;

	window_close(&file->window);
	free(file);
}

struct source *pcapng_open(const struct window *window, struct source_error *error)
{
	static const struct source_ops ops = {.read = pcapng_read, .close = pcapng_close};
	struct pcapng_file *file = calloc(1, sizeof(*file));
	uint32_t type;
	struct bytes body;
	enum block_state state;

	if (!file) {
		source_fail(error, "out of memory");
		return NULL;
	}
	file->window = *window;
	file->source.ops = &ops;
	state = block_take(file, &type, &body);
	if (state != BLOCK_OK) {
		source_fail_at(error, state == BLOCK_CUT ? bytes_left(&window->view) : 0,
		    state == BLOCK_CUT ? "is cut short inside the pcapng section header"
				       : "is damaged: its pcapng section header makes no sense");
		free(file);
		return NULL;
	}
	file->window.view = window->view; /* read it again, as any other block */
	return &file->source;
}
