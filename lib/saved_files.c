/* SPDX-License-Identifier: Apache-2.0 */
#include "saved_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { STAMP = 16, CALL_ID_MAX = 96, TWINS_MAX = 1000, PART_MAX = SAVED_NAME_MAX + 8 };

static const char suffix[] = ".pcapng", part_suffix[] = ".pcapng.part";

struct saved_file {
	char *name;
	uint64_t octets;
};

struct saved_files {
	int folder;
	uint64_t limit, octets, removed;
	size_t count, room;
	struct saved_file *list;   /* by name, so by time: the oldest first */
	char name[SAVED_NAME_MAX]; /* of the one being written */
};

/* --- names --- */

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), octets = strlen(end);

	return length > octets && strcmp(name + length - octets, end) == 0;
}

/* 20221122T085300Z-...: nothing else in the folder is ever removed. */
static bool is_ours(const char *name)
{
	static const char form[] = "ddddddddTddddddZ-";

	for (size_t i = 0; form[i]; i++) {
		bool digit = name[i] >= '0' && name[i] <= '9';

		if (form[i] == 'd' ? !digit : name[i] != form[i]) {
			return false;
		}
	}
	return true;
}

/* Anything can be in a Call-ID. */
static void call_id_put(char out[CALL_ID_MAX + 1], const char *call_id)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._-";
	size_t length = strnlen(call_id, CALL_ID_MAX);

	for (size_t i = 0; i < length; i++) {
		out[i] = call_id[i];
		if (!strchr(plain, out[i])) {
			out[i] = '_';
		}
	}
	out[length] = '\0';
}

static void name_make(char out[SAVED_NAME_MAX], int64_t time_ns, const char *call_id, unsigned twin)
{
	char stamp[STAMP + 1] = "", id[CALL_ID_MAX + 1], number[12] = "";
	time_t seconds = (time_t)(time_ns / 1000000000);
	struct tm utc;

	if (!gmtime_r(&seconds, &utc) ||
	    strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", &utc) == 0) {
		(void)snprintf(stamp, sizeof(stamp), "19700101T000000Z");
	}
	call_id_put(id, call_id ? call_id : "no-call-id");
	if (twin > 0) {
		(void)snprintf(number, sizeof(number), "-%u", twin + 1);
	}
	(void)snprintf(out, SAVED_NAME_MAX, "%s-%s%s%s", stamp, id, number, suffix);
}

static const char *part_name(const struct saved_files *f, char out[PART_MAX])
{
	(void)snprintf(out, PART_MAX, "%s.part", f->name);
	return out;
}

/* --- the list --- */

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct saved_file *)a)->name, ((const struct saved_file *)b)->name);
}

static bool list_add(struct saved_files *f, const char *name, uint64_t octets)
{
	if (f->count == f->room) {
		size_t room = f->room ? f->room * 2 : 64;
		struct saved_file *list = realloc(f->list, room * sizeof(*list));

		if (!list) {
			return false;
		}
		f->list = list;
		f->room = room;
	}
	f->list[f->count].name = strdup(name);
	if (!f->list[f->count].name) {
		return false;
	}
	f->list[f->count++].octets = octets;
	f->octets += octets;
	return true;
}

/* Calls end in about the order in which they began. */
static void list_sort_last(struct saved_files *f)
{
	struct saved_file last = f->list[f->count - 1];
	size_t at = f->count - 1;

	for (; at > 0 && by_name(&last, &f->list[at - 1]) < 0; at--) {
		f->list[at] = f->list[at - 1];
	}
	f->list[at] = last;
}

static void oldest_remove(struct saved_files *f)
{
	(void)unlinkat(f->folder, f->list[0].name, 0); /* the user may have been faster */
	f->octets -= f->list[0].octets;
	free(f->list[0].name);
	memmove(f->list, f->list + 1, --f->count * sizeof(*f->list));
	f->removed++;
}

bool saved_files_make_room(struct saved_files *f, uint64_t octets)
{
	while (f->count > 0 && (f->octets + octets > f->limit || f->count >= SAVED_FILES_MAX)) {
		oldest_remove(f);
	}
	return octets <= f->limit;
}

/* --- the folder --- */

static bool folder_read(struct saved_files *f, DIR *stream)
{
	struct dirent *entry;
	struct stat status;

	while ((entry = readdir(stream)) != NULL) {
		if (!is_ours(entry->d_name)) {
			continue;
		}
		if (ends_in(entry->d_name, part_suffix)) {
			(void)unlinkat(f->folder, entry->d_name, 0);
		} else if (ends_in(entry->d_name, suffix) &&
			   fstatat(f->folder, entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
			   S_ISREG(status.st_mode) &&
			   !list_add(f, entry->d_name, (uint64_t)status.st_size)) {
			return false;
		}
	}
	if (f->count > 0) {
		qsort(f->list, f->count, sizeof(*f->list), by_name);
	}
	return true;
}

struct saved_files *saved_files_open(int folder, uint64_t limit_octets)
{
	struct saved_files *f = calloc(1, sizeof(*f));
	int fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd >= 0 ? fdopendir(fd) : NULL;
	bool read = false;

	if (f && stream) {
		f->folder = folder;
		f->limit = limit_octets;
		read = folder_read(f, stream);
	}
	if (stream) {
		(void)closedir(stream);
	} else if (fd >= 0) {
		(void)close(fd);
	}
	if (!read) {
		saved_files_close(f);
		return NULL;
	}
	(void)saved_files_make_room(f, 0);
	return f;
}

void saved_files_close(struct saved_files *f)
{
	if (!f) {
		return;
	}
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].name);
	}
	free(f->list);
	free(f);
}

/* --- a file --- */

FILE *saved_files_begin(struct saved_files *f, int64_t time_ns, const char *call_id)
{
	char part[PART_MAX];
	FILE *file;
	int fd;

	/* Two calls of one Call-ID and second. */
	for (unsigned twin = 0; twin < TWINS_MAX; twin++) {
		name_make(f->name, time_ns, call_id, twin);
		if (faccessat(f->folder, f->name, F_OK, AT_SYMLINK_NOFOLLOW) != 0) {
			break;
		}
	}
	fd = openat(f->folder, part_name(f, part),
	    O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (fd < 0) {
		return NULL;
	}
	file = fdopen(fd, "wb");
	if (!file) {
		(void)close(fd);
		saved_files_abandon(f);
	}
	return file;
}

bool saved_files_commit(struct saved_files *f)
{
	char part[PART_MAX];
	struct stat status;

	if (fstatat(f->folder, part_name(f, part), &status, AT_SYMLINK_NOFOLLOW) != 0 ||
	    renameat(f->folder, part, f->folder, f->name) != 0) {
		int error = errno;

		saved_files_abandon(f);
		errno = error;
		return false;
	}
	if (list_add(f, f->name, (uint64_t)status.st_size)) {
		list_sort_last(f);
	}
	return true;
}

void saved_files_abandon(struct saved_files *f)
{
	char part[PART_MAX];

	(void)unlinkat(f->folder, part_name(f, part), 0);
}

size_t saved_files_count(const struct saved_files *f)
{
	return f->count;
}

uint64_t saved_files_octets(const struct saved_files *f)
{
	return f->octets;
}

uint64_t saved_files_removed(const struct saved_files *f)
{
	return f->removed;
}
