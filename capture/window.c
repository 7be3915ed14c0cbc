/* SPDX-License-Identifier: Apache-2.0 */
#include "window.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Moves of the trial: the first ones read, the next ones map; then the cheaper way. */
enum { TRIAL_READS = 16, TRIAL_MAPS = 2 };

/* Smaller files are over before a trial pays. */
static const uint64_t trial_from_octets = 64 << 20;

static bool regular_file(int fd, struct stat *status, struct source_error *error)
{
	if (fstat(fd, status) != 0) {
		source_fail(error, "%s", strerror(errno));
		return false;
	}
	if (S_ISDIR(status->st_mode)) {
		source_fail(error, "is a directory; name the capture files in it");
		return false;
	}
	if (!S_ISREG(status->st_mode)) {
		source_fail(error, "is not a regular file; save the capture to a file first");
		return false;
	}
	if (status->st_size == 0) {
		source_fail(error, "is empty; was the capture stopped before its first packet?");
		return false;
	}
	return true;
}

bool window_open(struct window *w, const char *path, struct source_error *error)
{
	struct stat status;

	*w = (struct window){.fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
	if (w->fd < 0) {
		source_fail(error, "%s", strerror(errno));
		return false;
	}
	if (!regular_file(w->fd, &status, error)) {
		(void)close(w->fd);
		return false;
	}
	w->size = (uint64_t)status.st_size;
	(void)posix_fadvise(w->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	if (!window_move(w, error)) {
		window_close(w);
		return false;
	}
	return true;
}

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
	(void)close(w->fd);
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
	w->prefetched = w->view.at;
}

/* Fill the buffer from `position` on. */
static bool window_read(struct window *w, uint64_t position, struct source_error *error)
{
	size_t filled = 0;

	window_unmap(w);
	if (!w->buffer && !(w->buffer = aligned_alloc(4096, WINDOW_READ))) {
		source_fail(error, "out of memory");
		return false;
	}
	while (filled < WINDOW_READ) {
		ssize_t got = pread(
		    w->fd, w->buffer + filled, WINDOW_READ - filled, (off_t)(position + filled));

		if (got < 0 && errno == EINTR) {
			continue;
		}
		if (got < 0) {
			source_fail_at(
			    error, position + filled, "cannot be read: %s", strerror(errno));
			return false;
		}
		if (got == 0) {
			w->size = position + filled; /* shorter than it was, or at its end */
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

/* Map from `position` on. */
static bool window_map(struct window *w, uint64_t position, struct source_error *error)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t offset = position & ~(page - 1);
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

	if (w->size < trial_from_octets || t->moves < TRIAL_READS) {
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
	uint64_t position = w->base ? window_position(w) : 0;
	struct window_trial *trial = &w->trial;
	bool on_trial = trial->moves < TRIAL_READS + TRIAL_MAPS;
	bool map = trial_choice(w);
	uint64_t before = on_trial ? thread_cpu_ns() : 0;
	bool moved = map ? window_map(w, position, error) : window_read(w, position, error);

	if (on_trial) {
		trial->moves++;
		*(map ? &trial->map_ns : &trial->read_ns) += thread_cpu_ns() - before;
		*(map ? &trial->map_octets : &trial->read_octets) += w->length;
	}
	return moved;
}
