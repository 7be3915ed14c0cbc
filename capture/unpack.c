/* SPDX-License-Identifier: Apache-2.0 */
#include "unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

#include "library.h"

/* clang-format off */
#define ARCHIVE_FUNCTIONS(F) \
	F(archive_set_error) F(archive_filter_bytes) F(archive_error_string) \
	F(archive_read_data_block) F(archive_read_free) F(archive_entry_pathname_utf8) \
	F(archive_entry_filetype) F(archive_entry_hardlink) \
	F(archive_entry_is_data_encrypted) F(archive_read_next_header) \
	F(archive_entry_size_is_set) F(archive_entry_size) F(archive_read_new) \
	F(archive_read_support_format_tar) F(archive_read_support_format_zip) \
	F(archive_read_set_callback_data) F(archive_read_set_read_callback) \
	F(archive_read_set_seek_callback) F(archive_read_set_skip_callback) \
	F(archive_read_open1)
/* clang-format on */

struct archive_library {
	ARCHIVE_FUNCTIONS(LIBRARY_MEMBER)
};

struct unpack {
	struct feed feed; /* of the member at hand */
	struct window input;
	struct archive_library lib;
	struct archive *archive; /* NULL where it could not be begun */
	locale_t utf8;           /* names are converted to it; 0 where the system has none */
	/* The member's octets that libarchive has given out last, and where they belong. */
	const uint8_t *block;
	size_t block_left;
	uint64_t gap; /* zeros before them: a hole in a sparse file */
	bool member_over;
};

/* --- the archive, read through the window --- */

static la_ssize_t input_read(struct archive *archive, void *context, const void **out)
{
	struct unpack *unpack = context;
	struct window *input = &unpack->input;
	struct source_error error = {0};
	size_t length;

	if (bytes_left(&input->view) == 0 && (!input->base || !window_is_last(input)) &&
	    !window_move(input, &error)) {
		unpack->lib.archive_set_error(archive, ENOMEM, "%s", error.reason);
		return ARCHIVE_FATAL;
	}
	length = bytes_left(&input->view);
	if (length == 0 && input->fault.reason[0]) {
		unpack->lib.archive_set_error(archive, EIO, "%s", input->fault.reason);
		return ARCHIVE_FATAL;
	}
	*out = input->view.at;
	input->view.at = input->view.end;
	return (la_ssize_t)length;
}

static la_int64_t input_seek(struct archive *archive, void *context, la_int64_t offset, int whence)
{
	struct unpack *unpack = context;
	struct window *input = &unpack->input;
	int64_t from = whence == SEEK_SET   ? 0
		       : whence == SEEK_CUR ? (int64_t)window_position(input)
					    : (int64_t)input->size;

	(void)archive;
	if (offset < -from || offset > INT64_MAX - from) {
		return ARCHIVE_FATAL;
	}
	window_seek(input, (uint64_t)(from + offset));
	return from + offset;
}

static la_int64_t input_skip(struct archive *archive, void *context, la_int64_t octets)
{
	struct unpack *unpack = context;
	uint64_t position = window_position(&unpack->input);
	uint64_t left = position < unpack->input.size ? unpack->input.size - position : 0;

	(void)archive;
	octets = (uint64_t)octets < left ? octets : (la_int64_t)left;
	window_seek(&unpack->input, position + (uint64_t)octets);
	return octets;
}

/* --- what went wrong --- */

/* With nothing left to read, what is wrong is that something is missing. */
static bool input_over(struct unpack *unpack)
{
	const struct window *input = &unpack->input;

	return input->size == (uint64_t)unpack->lib.archive_filter_bytes(unpack->archive, -1) ||
	       (input->feed && input->feed->cut);
}

static enum unpack_step fault_of(struct unpack *unpack, struct source_error *error)
{
	const char *why = unpack->lib.archive_error_string(unpack->archive);
	const struct window *input = &unpack->input;

	if (input->fault.reason[0]) {
		*error = input->fault;
		return UNPACK_DAMAGED;
	}
	/* Where octets that it needs are not there, libarchive fails without a word. */
	if (!why || input_over(unpack) || strcasestr(why, "truncated")) {
		return UNPACK_CUT;
	}
	source_fail_at(error, (uint64_t)unpack->lib.archive_filter_bytes(unpack->archive, -1),
	    "is damaged: %s", why ? why : "no valid archive");
	return UNPACK_DAMAGED;
}

/* --- octets of a member --- */

/* The next block; 0 where there is one, 1 at the end of the member, -1 with *error. */
static int block_next(struct unpack *unpack, uint64_t position, struct source_error *error)
{
	const void *block = NULL;
	size_t length = 0;
	la_int64_t offset = 0;
	int result = unpack->lib.archive_read_data_block(unpack->archive, &block, &length, &offset);

	if (result == ARCHIVE_EOF) {
		return 1;
	}
	if (result < ARCHIVE_OK) {
		unpack->member_over = true;
		unpack->feed.cut = fault_of(unpack, error) == UNPACK_CUT;
	}
	if (length > 0) { /* also where only what follows them, or their sum, is wrong */
		unpack->block = block;
		unpack->block_left = length;
		unpack->gap = (uint64_t)offset > position ? (uint64_t)offset - position : 0;
	}
	return 0;
}

static size_t block_copy(struct unpack *unpack, uint8_t *into, size_t room)
{
	size_t zeros = unpack->gap < room ? (size_t)unpack->gap : room;
	size_t octets = unpack->block_left < room - zeros ? unpack->block_left : room - zeros;

	memset(into, 0, zeros);
	if (octets > 0) {
		memcpy(into + zeros, unpack->block, octets);
	}
	unpack->gap -= zeros;
	unpack->block += octets;
	unpack->block_left -= octets;
	return zeros + octets;
}

static ssize_t unpack_pull(
    struct feed *feed, uint8_t *into, size_t room, struct source_error *error)
{
	struct unpack *unpack = (struct unpack *)feed;
	size_t filled = 0;

	while (filled < room) {
		if (unpack->gap > 0 || unpack->block_left > 0) {
			filled += block_copy(unpack, into + filled, room - filled);
		} else if (unpack->member_over) {
			break;
		} else if (block_next(unpack, feed->position + filled, error) != 0) {
			unpack->member_over = true;
		}
	}
	feed->position += filled;
	return filled == 0 && error->reason[0] ? -1 : (ssize_t)filled;
}

static void unpack_free(struct feed *feed)
{
	struct unpack *unpack = (struct unpack *)feed;

	if (unpack->archive) {
		(void)unpack->lib.archive_read_free(unpack->archive);
	}
	if (unpack->utf8) {
		freelocale(unpack->utf8);
	}
	window_close(&unpack->input);
	free(unpack);
}

void unpack_close(struct unpack *unpack)
{
	unpack->feed.held = false;
	feed_close(&unpack->feed);
}

struct feed *unpack_feed(struct unpack *unpack)
{
	return &unpack->feed;
}

/* --- members --- */

static void name_take(const char *name, char out[UNPACK_NAME_MAX + 1])
{
	static const char mark[] = "...";
	size_t length = strlen(name);

	*out = '\0';
	if (length > UNPACK_NAME_MAX) {
		name += length - (UNPACK_NAME_MAX - (sizeof(mark) - 1));
		while (((uint8_t)*name & 0xc0) == 0x80) { /* not from inside a character */
			name++;
		}
		memcpy(out, mark, sizeof(mark));
	}
	memcpy(out + strlen(out), name, strlen(name) + 1);
}

static void member_describe(
    const struct unpack *unpack, struct archive_entry *entry, struct unpack_member *out)
{
	const char *name = unpack->lib.archive_entry_pathname_utf8(entry);

	name_take(name && *name ? name : "(unnamed)", out->name);
	out->is_file = unpack->lib.archive_entry_filetype(entry) == AE_IFREG &&
		       !unpack->lib.archive_entry_hardlink(entry);
	out->encrypted = unpack->lib.archive_entry_is_data_encrypted(entry) > 0;
}

/* libarchive converts names to the thread's locale: "C" would lose what is not ASCII. */
static int header_next(
    struct unpack *unpack, struct archive_entry **entry, struct unpack_member *member)
{
	locale_t before = unpack->utf8 ? uselocale(unpack->utf8) : (locale_t)0;
	int result;

	do {
		result = unpack->lib.archive_read_next_header(unpack->archive, entry);
	} while (result == ARCHIVE_RETRY);
	if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
		member_describe(unpack, *entry, member);
	}
	if (before) {
		(void)uselocale(before);
	}
	return result;
}

enum unpack_step unpack_next(
    struct unpack *unpack, struct unpack_member *member, struct source_error *error)
{
	struct archive_entry *entry = NULL;
	int result = header_next(unpack, &entry, member);

	if (result == ARCHIVE_EOF) {
		/* A tar file cut between members ends as if that were its end. */
		return unpack->input.fault.reason[0] ||
			       (unpack->input.feed && unpack->input.feed->cut)
			   ? fault_of(unpack, error)
			   : UNPACK_END;
	}
	if (result != ARCHIVE_OK && result != ARCHIVE_WARN) {
		return fault_of(unpack, error);
	}
	unpack->feed.position = 0;
	unpack->feed.size = unpack->lib.archive_entry_size_is_set(entry)
				? (uint64_t)unpack->lib.archive_entry_size(entry)
				: 0;
	unpack->feed.cut = false;
	unpack->block_left = 0;
	unpack->gap = 0;
	unpack->member_over = false;
	return UNPACK_MEMBER;
}

/* Only what is documented to be read: every further format is more code for hostile input. */
static bool archive_begin(struct unpack *unpack)
{
	struct archive *archive = unpack->archive = unpack->lib.archive_read_new();

	if (!archive || unpack->lib.archive_read_support_format_tar(archive) != ARCHIVE_OK ||
	    unpack->lib.archive_read_support_format_zip(archive) < ARCHIVE_WARN ||
	    unpack->lib.archive_read_set_callback_data(archive, unpack) != ARCHIVE_OK ||
	    unpack->lib.archive_read_set_read_callback(archive, input_read) != ARCHIVE_OK) {
		return false;
	}
	if (!unpack->input.feed) {
		(void)unpack->lib.archive_read_set_seek_callback(archive, input_seek);
		(void)unpack->lib.archive_read_set_skip_callback(archive, input_skip);
	}
	return unpack->lib.archive_read_open1(archive) == ARCHIVE_OK;
}

struct unpack *unpack_open(const struct window *input, struct source_error *error)
{
	static const struct feed_ops ops = {.pull = unpack_pull, .close = unpack_free};
	struct unpack *unpack = calloc(1, sizeof(*unpack));

	if (!unpack) {
		struct window unused = *input;

		source_fail(error, "out of memory");
		window_close(&unused);
		return NULL;
	}
	unpack->feed.ops = &ops;
	unpack->input = *input;
	unpack->utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
	if (!library_load(
		&unpack->lib, TALKPATH_ARCHIVE_SONAME, ARCHIVE_FUNCTIONS(LIBRARY_NAME) "")) {
		source_fail(error, "cannot be unpacked: there is no " TALKPATH_ARCHIVE_SONAME);
		unpack_close(unpack);
		return NULL;
	}
	if (!archive_begin(unpack)) {
		source_fail(error, "cannot be unpacked: %s",
		    unpack->archive ? unpack->lib.archive_error_string(unpack->archive)
				    : "out of memory");
		unpack_close(unpack);
		return NULL;
	}
	return unpack;
}
