/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A configuration file of any content: it is applied, or each error is named with its place.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "config.h"
#include "fuzz.h"

static int file_of(const uint8_t *data, size_t size)
{
	int fd = memfd_create("configuration", MFD_CLOEXEC);

	require(fd >= 0 && write(fd, data, size) == (ssize_t)size);
	return fd;
}

/* Each line is "talkpath: FILE:LINE:COLUMN: what", and of printable characters. */
static void errors_check(const char *errors, size_t length, const char *path)
{
	size_t path_length = strlen(path);

	for (const char *line = errors; line < errors + length; line = strchr(line, '\n') + 1) {
		require(strncmp(line, "talkpath: ", 10) == 0);
		require(
		    strncmp(line + 10, path, path_length) == 0 && line[10 + path_length] == ':');
		require(strchr(line, '\n'));
	}
	for (size_t i = 0; i < length; i++) {
		require((unsigned char)errors[i] >= ' ' || errors[i] == '\n');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tp_analysis *analysis = tp_new(NULL, NULL);
	char path[32], *text = NULL;
	size_t length = 0;
	FILE *errors = open_memstream(&text, &length);
	int fd;
	bool applied;

	if (size > 1 << 14) {
		size = 1 << 14;
	}
	require(analysis && errors);
	fd = file_of(data, size);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	applied = config_apply(path, analysis, errors);
	require(fclose(errors) == 0);
	require(applied == (length == 0));
	errors_check(text, length, path);
	free(text);
	(void)close(fd);
	tp_free(analysis);
	return 0;
}
