/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recordings that the project may use but not ship: tests over them are skipped, and counted
 * as skipped, where they are absent; with TALKPATH_DATA set they fail instead.
 */
#ifndef TALKPATH_TEST_DATA_H
#define TALKPATH_TEST_DATA_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The path of something in the data folder; the test ends here where that is absent. */
static inline const char *data_path(const char *name)
{
	static char path[4096];
	const char *given = getenv("TALKPATH_DATA"), *source = getenv("TALKPATH_SOURCE");

	if (given && *given) {
		(void)snprintf(path, sizeof(path), "%s/%s", given, name);
		cr_assert(
		    access(path, R_OK) == 0, "TALKPATH_DATA is set, and %s is not there", path);
		return path;
	}
	(void)snprintf(path, sizeof(path), "%s/../shared/data/%s", source ? source : ".", name);
	if (access(path, R_OK) != 0) {
		cr_skip_test("no recordings: set TALKPATH_DATA");
	}
	return path;
}

#endif
