/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Moves of the trial: the first ones read, the next ones map; then the cheaper way. */
enum { TRIAL_READS = 16, TRIAL_MAPS = 2 };

/* Smaller files are over before a trial pays. */
static const uint64_t trial_from_octets = 64 << 20;

static void window_unmap(struct window *w)
{
	if (w->mapped) {
		(void)munmap(w->base, w->length);
		w->mapped = false;
		w->base = NULL;
	}
}

void window_close(struct window *w)
{
	window_unmap(w);
	free(w->buffer);
	if (w->feed) {
		feed_close(w->feed);
	} else {
		(void)close(w->fd);
	}
}

/* The first octets into view: without any there is nothing to look at. */
static bool window_begin(struct window *w, struct source_error *error)
{
	bool begun = window_move(w, error);

	if (begun && bytes_left(&w->view) == 0) {
		*error = w->fault;
		begun = false;
	}
	if (begun) {
		return true;
	}
	if (error->reason[0] == '\0' && w->feed && w->feed->cut) {
		source_fail(error, "is cut short before its first octet of content");
	}
	window_close(w);
	return false;
}

bool window_open_file(struct window *w, int fd, uint64_t size, struct source_error *error)
{
	*w = (struct window){.fd = fd, .size = size};
	(void)posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	return window_begin(w, error);
}

bool window_open_feed(struct window *w, struct feed *feed, struct source_error *error)
{
	*w = (struct window){.fd = -1, .feed = feed, .size = UINT64_MAX};
	return window_begin(w, error);
}

bool window_again(const struct window *w, struct window *out, struct source_error *error)
{
	struct feed *feed;
	int fd;

	if (w->feed) {
		feed = w->feed->ops->again ? w->feed->ops->again(w->feed, error) : NULL;
		return feed && window_open_feed(out, feed, error);
	}
	fd = fcntl(w->fd, F_DUPFD_CLOEXEC, 0);
	if (fd < 0) {
		source_fail(error, "%s", strerror(errno));
		return false;
	}
	return window_open_file(out, fd, w->size, error);
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void view_set(struct window *w, uint64_t position)
{
	w->view = (struct bytes){w->base + (position - w->offset), w->base + w->length};
}

/* Octets of the file at `position`, or of the feed; as feed_ops.pull. */
static ssize_t window_pull(struct window *w, uint64_t position, uint8_t *into, size_t room)
{
	ssize_t got;

	if (w->feed) {
		return w->feed->ops->pull(w->feed, into, room, &w->fault);
	}
	do {
		got = pread(w->fd, into, room, (off_t)position);
	} while (got < 0 && errno == EINTR);
	if (got < 0) {
		source_fail_at(&w->fault, position, "cannot be read: %s", strerror(errno));
	}
	return got;
}

/* True while the feed may have more. */
static bool window_flows(const struct window *w)
{
	return !w->feed || w->size == UINT64_MAX;
}

/* Fill the buffer from `position` on; what a feed gave and is not consumed stays. */
static bool window_read(struct window *w, uint64_t position, struct source_error *error)
{
	size_t filled = w->feed ? bytes_left(&w->view) : 0;

	window_unmap(w);
	if (!w->buffer && !(w->buffer = aligned_alloc(4096, WINDOW_READ))) {
		source_fail(error, "out of memory");
		return false;
	}
	if (filled > 0) {
		memmove(w->buffer, w->view.at, filled);
	}
	while (filled < WINDOW_READ && window_flows(w)) {
		ssize_t got =
		    window_pull(w, position + filled, w->buffer + filled, WINDOW_READ - filled);

		if (got <= 0) {
			w->size = position + filled; /* its end, perhaps earlier than it was */
			break;
		}
		filled += (size_t)got;
	}
	w->base = w->buffer;
	w->offset = position;
	w->length = filled;
	view_set(w, position);
	return true;
}

/* Map from `position` on, and what shares its folio: each folio is mapped as a whole. */
static bool window_map(struct window *w, uint64_t position, struct source_error *error)
{
	uint64_t offset = position - position % WINDOW_FOLIO;
	struct stat status;
	size_t length;
	void *base;

	window_unmap(w);
	/* A file that shrank meanwhile must not be touched beyond its new end. */
	if (fstat(w->fd, &status) != 0 || (uint64_t)status.st_size <= position) {
		return window_read(w, position, error);
	}
	w->size = (uint64_t)status.st_size < w->size ? (uint64_t)status.st_size : w->size;
	length = w->size - offset < WINDOW_MAP ? (size_t)(w->size - offset) : WINDOW_MAP;
	base = mmap(NULL, length, PROT_READ, MAP_PRIVATE | MAP_POPULATE, w->fd, (off_t)offset);
	if (base == MAP_FAILED) {
		return window_read(w, position, error);
	}
	w->base = base;
	w->offset = offset;
	w->length = length;
	w->mapped = true;
	view_set(w, position);
	return true;
}

/* True if the next move is to map. */
static bool trial_choice(const struct window *w)
{
	const struct window_trial *t = &w->trial;

	if (w->feed || w->size < trial_from_octets || t->moves < TRIAL_READS) {
		return false;
	}
	if (t->moves < TRIAL_READS + TRIAL_MAPS) {
		return true;
	}
	return (double)t->map_ns * (double)t->read_octets <
	       (double)t->read_ns * (double)t->map_octets;
}

bool window_move(struct window *w, struct source_error *error)
{
	uint64_t position = w->base ? window_position(w) : w->offset;
	struct window_trial *trial = &w->trial;
	bool on_trial = trial->moves < TRIAL_READS + TRIAL_MAPS;
	bool map = trial_choice(w);
	uint64_t before = on_trial ? thread_cpu_ns() : 0;
	bool moved = map ? window_map(w, position, error) : window_read(w, position, error);

	if (on_trial) {
		trial->moves++;
		*(map ? &trial->map_ns : &trial->read_ns) += thread_cpu_ns() - before;
		*(map ? &trial->map_octets : &trial->read_octets) += bytes_left(&w->view);
	}
	return moved;
}

void window_seek(struct window *w, uint64_t position)
{
	if (w->base && position >= w->offset && position <= w->offset + w->length) {
		view_set(w, position);
		return;
	}
	window_unmap(w);
	w->base = NULL;
	w->offset = position;
	w->length = 0;
	w->view = (struct bytes){0};
}

bool window_skip(struct window *w, uint64_t n, struct source_error *error)
{
	while (n > bytes_left(&w->view)) {
		if (window_is_last(w)) {
			return false;
		}
		if (!w->feed) {
			window_seek(w, window_position(w) + n);
			return w->offset <= w->size && window_move(w, error);
		}
		n -= bytes_left(&w->view);
		w->view.at = w->view.end;
		if (!window_move(w, error)) {
			return false;
		}
	}
	return bytes_skip(&w->view, (size_t)n);
}

int window_finish(const struct window *w, struct source *source)
{
	if (w->fault.reason[0]) {
		source->error = w->fault;
		return SOURCE_FAILED;
	}
	if (bytes_left(&w->view) > 0 || (w->feed && w->feed->cut)) {
		source->truncated = true;
	}
	return SOURCE_END;
}
