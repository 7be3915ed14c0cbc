/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests that need more of a machine than it may have: privileges, namespaces, a driver. They are
 * skipped and counted there; but not where TALKPATH_DATA is set, which says that everything has
 * to run: a check that nobody misses when it does not run is none.
 */
#ifndef TALKPATH_TEST_SKIP_H
#define TALKPATH_TEST_SKIP_H

#include <criterion/criterion.h>
#include <stdlib.h>

static inline bool skip_is_allowed(void)
{
	const char *data = getenv("TALKPATH_DATA");

	return !data || !*data;
}

/* The test ends here. Words are those of cr_skip_test(). */
#define skip_without(...)                                  \
	do {                                               \
		cr_assert(skip_is_allowed(), __VA_ARGS__); \
		cr_skip_test(__VA_ARGS__);                 \
	} while (0)

#endif
