/* SPDX-License-Identifier: Apache-2.0 */
/* Opening files, for tests that look at one source each. */
#ifndef TALKPATH_TEST_OPEN_ONE_H
#define TALKPATH_TEST_OPEN_ONE_H

#include "source.h"

struct opened {
	struct source *source;
	struct source_error *error;
};

static inline bool opened_first(void *context, struct source *source, const char *member)
{
	(void)member;
	((struct opened *)context)->source = source;
	return false;
}

static inline void opened_nothing(
    void *context, const char *member, const struct source_error *error)
{
	(void)member;
	*((struct opened *)context)->error = *error;
}

/* The first capture in a file; NULL with *error. */
static inline struct source *open_one(
    const char *path, uint16_t capture, struct source_error *error)
{
	struct opened opened = {.error = error};
	const struct source_opening opening = {&opened, opened_first, opened_nothing, NULL};

	source_open_file(path, &opening);
	if (opened.source) {
		opened.source->capture = capture;
	}
	return opened.source;
}

#endif
