/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "file_format.h"
#include "pipe_feed.h"

static const char empty_reason[] = "is empty; was the capture stopped before its first packet?";

/* --- the octets --- */

/* Through a descriptor whose octets come once; -1 stays -1. */
static bool open_pipe(
    struct window *w, int fd, const struct source_opening *opening, struct source_error *error)
{
	struct feed *feed = pipe_feed_new(fd, opening->stop, error);

	return feed && window_open_feed(w, feed, error);
}

/* Takes over the descriptor. */
static bool open_descriptor(
    struct window *w, int fd, const struct source_opening *opening, struct source_error *error)
{
	struct stat status;

	if (fstat(fd, &status) != 0) {
		source_fail(error, "%s", strerror(errno));
	} else if (S_ISREG(status.st_mode) && lseek(fd, 0, SEEK_CUR) == 0) {
		return window_open_file(w, fd, (uint64_t)status.st_size, error);
	} else if (S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode) ||
		   S_ISSOCK(status.st_mode)) {
		return open_pipe(w, fd, opening, error);
	} else if (S_ISDIR(status.st_mode)) {
		source_fail(error, "is a directory; name the capture files in it");
	} else if (isatty(fd)) {
		source_fail(error, "is a terminal; give it a capture: tcpdump -w - | talkpath "
				   "analyze -");
	} else {
		source_fail(
		    error, "is neither a file nor a pipe; save the capture to a file first");
	}
	(void)close(fd);
	return false;
}

/* "-" is standard input. O_NONBLOCK: opening a FIFO does not wait for its writer. */
static bool open_path(struct window *w, const char *path, const struct source_opening *opening,
    struct source_error *error)
{
	int fd = strcmp(path, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0)
					: open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0) {
		source_fail(error, "%s", strerror(errno));
		return false;
	}
	return open_descriptor(w, fd, opening, error);
}

/* --- what they are --- */

/* Say what the file seems to be instead, so that the user knows what to do. */
static void refuse_content(const struct bytes *head, bool compressed, struct source_error *error)
{
	static const struct {
		uint8_t length;
		uint8_t magic[6];
		const char *reason;
	} known[] = {
	    {6, {'7', 'z', 0xbc, 0xaf, 0x27, 0x1c}, "is a 7-Zip archive; unpack it first"},
	    {4, {'R', 'a', 'r', '!'}, "is a RAR archive; unpack it first"},
	    {2, {0x1f, 0x9d}, "is compressed by compress; decompress it first"},
	    {2, {0x1f, 0x8b}, "is compressed by gzip in a way that is not known"},
	    {5, {0x5d, 0, 0, 0x80, 0}, "is compressed by lzma; decompress it first"},
	    {4, {0x02, 0x21, 0x4c, 0x18}, "is in lz4's legacy format; decompress it first"},
	    {5, {'s', 'n', 'o', 'o', 'p'},
		"is a snoop capture; convert it: editcap -F pcapng IN OUT"},
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (bytes_left(head) >= known[i].length &&
		    memcmp(head->at, known[i].magic, known[i].length) == 0) {
			source_fail_at(error, 0, "%s", known[i].reason);
			return;
		}
	}
	if (bytes_left(head) < 4) {
		source_fail_at(
		    error, bytes_left(head), "is cut short inside its first four octets");
	} else if (compressed) {
		source_fail_at(error, 0, "is compressed, and what is in it is no capture");
	} else {
		source_fail_at(error, 0,
		    "is no capture: it begins with neither a pcap nor a pcapng magic number");
	}
}

void source_open_file(const char *path, const struct source_opening *opening)
{
	struct source_error error = {0};
	struct window window;
	struct source *source = NULL;
	const struct feed *bare;

	if (!open_path(&window, path, opening, &error)) {
		if (error.reason[0] == '\0') {
			source_fail(&error, "%s", empty_reason);
		}
		opening->refused(opening->context, NULL, &error);
		return;
	}
	bare = window.feed;
	if (!window_decode(&window, &error)) {
		if (error.reason[0] == '\0') {
			source_fail(&error, "is compressed, and what is in it is empty");
		}
		opening->refused(opening->context, NULL, &error);
		return;
	}
	/* First: a packet in a capture may hold what marks an archive, where that is looked for. */
	if (capture_recognise(&window)) {
		source = capture_open(&window, &error);
	} else if (archive_recognise(&window)) {
		archive_open(&window, opening);
		return;
	} else {
		refuse_content(&window.view, window.feed != bare, &error);
	}
	if (source) {
		(void)opening->found(opening->context, source, NULL);
		return;
	}
	window_close(&window);
	opening->refused(opening->context, NULL, &error);
}
