/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Golden captures: the whole report, octet by octet.
 *
 * A case is a folder of tests/golden/ with `arguments` (of `talkpath analyze --format json`,
 * run from the project's folder) and `expected.json`. After a wanted change
 * TALKPATH_GOLDEN=write writes the expected reports anew.
 */
#include <dirent.h>

#include "program.h"

TestSuite(golden, .fini = scratch_remove, .timeout = 120);

/* Where two texts part: the line number, and the line of the first text. */
static size_t first_difference(const char *a, const char *b, char line[200])
{
	size_t number = 1, begin = 0, i = 0;

	while (a[i] && a[i] == b[i]) {
		if (a[i] == '\n') {
			number++;
			begin = i + 1;
		}
		i++;
	}
	(void)snprintf(line, 200, "%.*s", (int)strcspn(a + i, "\n") + 60,
	    a + (i - begin > 60 ? i - 60 : begin));
	return number;
}

static void check(const char *folder, const char *name)
{
	char path[4096], line[200];
	char *arguments, *expected;
	const char *write = getenv("TALKPATH_GOLDEN");
	struct outcome o;

	(void)snprintf(path, sizeof(path), "%s/%s/arguments", folder, name);
	arguments = slurp(path);
	arguments[strcspn(arguments, "\n")] = '\0';
	o = run("analyze --format json %s", arguments);
	cr_assert_eq(o.code, 0, "%s: exit %d: %s", name, o.code, o.err);
	(void)snprintf(path, sizeof(path), "%s/%s/expected.json", folder, name);
	if (write && strcmp(write, "write") == 0) {
		FILE *file = fopen(path, "w");

		cr_assert(file && fputs(o.out, file) >= 0 && fclose(file) == 0, "%s", path);
	}
	expected = slurp(path);
	if (strcmp(o.out, expected) != 0) {
		size_t number = first_difference(o.out, expected, line);

		cr_expect_fail("%s, line %zu: ...%s", name, number, line);
	}
	free(expected);
	free(arguments);
	outcome_free(&o);
}

Test(golden, reports)
{
	const char *source = getenv("TALKPATH_SOURCE");
	const struct dirent *entry;
	unsigned count = 0;
	DIR *folder;

	cr_assert_not_null(source);
	cr_assert_eq(chdir(source), 0);
	folder = opendir("tests/golden");
	cr_assert_not_null(folder);
	while ((entry = readdir(folder)) != NULL) {
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.') {
			check("tests/golden", entry->d_name);
			count++;
		}
	}
	(void)closedir(folder);
	cr_expect_geq(count, 8);
}
