/* SPDX-License-Identifier: Apache-2.0 */
#include "pin.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ = 1 << 20 };

/* Out of the page cache, and in again in order. */
static bool read_anew(int fd)
{
	char *buffer = malloc(READ);
	ssize_t got = -1;

	if (!buffer || fsync(fd) != 0 || posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0) {
		free(buffer);
		return false;
	}
	do {
		got = read(fd, buffer, READ);
	} while (got > 0);
	free(buffer);
	return got == 0;
}

bool pin(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat status;
	void *memory;

	if (fd < 0 || fstat(fd, &status) != 0 || !read_anew(fd)) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return false;
	}
	memory = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	(void)close(fd);
	if (memory == MAP_FAILED || mlock(memory, (size_t)status.st_size) != 0) {
		(void)fprintf(stderr,
		    "note: %s is not locked in memory (%s); the disk may be measured\n", path,
		    strerror(errno));
	}
	return true;
}
