/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every recording is analysed, without threads and with two workers: in time, without a crash or
 * a sanitizer's complaint, and with the same bytes as the answer.
 */
#include "data.h"
#include "program.h"

TestSuite(recordings_all, .fini = scratch_remove, .timeout = 500);

enum { LIMIT_S = 20 };

/* As run() does, but ended after LIMIT_S: `timeout` then exits with 124. */
static struct outcome run_limited(const char *file, int workers)
{
	const char *out = scratch("stdout"), *err = scratch("stderr");
	char command[8192];

	(void)snprintf(command, sizeof(command),
	    "exec timeout %d %s analyze --format json --workers %d %s >%s 2>%s </dev/null", LIMIT_S,
	    getenv("TALKPATH_PROGRAM"), workers, file, out, err);
	return (struct outcome){code_of(system(command)), slurp(out), slurp(err)};
}

/* All are read: none is so damaged that exit code 3 would be right. */
static void expect_sound(const char *file, int workers, const struct outcome *o)
{
	cr_expect_eq(
	    o->code, 0, "%s, %d workers: exit %d: %.4000s", file, workers, o->code, o->err);
	cr_expect_null(strstr(o->err, "runtime error"), "%s: %.4000s", file, o->err);
}

Test(recordings_all, analysed_alike_with_and_without_threads)
{
	char *manifest = slurp(data_path("captures/MANIFEST.tsv")), *rest = manifest, *line;
	size_t files = 0;

	(void)strsep(&rest, "\n"); /* its head */
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		const char *file = data_path(strsep(&line, "\t"));
		struct outcome alone = run_limited(file, 0), both = run_limited(file, 2);

		expect_sound(file, 0, &alone);
		expect_sound(file, 2, &both);
		cr_expect_str_eq(alone.out, both.out, "%s", file);
		outcome_free(&alone);
		outcome_free(&both);
		files++;
	}
	cr_expect_geq(files, 200, "%zu captures", files);
	free(manifest);
}
