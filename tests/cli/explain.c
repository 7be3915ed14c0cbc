/* SPDX-License-Identifier: Apache-2.0 */
/* talkpath explain, and that every code which a detector opens is explained. */
#include <dirent.h>

#include "program.h"

TestSuite(explain, .fini = scratch_remove, .timeout = 60);

Test(explain, a_code)
{
	struct outcome o = run("explain sip-alg");

	cr_expect_eq(o.code, 0);
	cr_expect_eq(strncmp(o.out, "sip-alg\n\nWhat it means. A router", 31), 0, "%s", o.out);
	cr_expect_not_null(strstr(o.out, "\n  - a phone behind a plain NAT"));
	cr_expect_null(strstr(o.out, "**"), "no marks of Markdown");
	cr_expect_null(strstr(o.out, "`"));
	cr_expect_null(strstr(o.out, "one-way-audio\n"), "its own section alone");
	cr_expect_null(strchr(o.out, '\033'), "no colour where there is no terminal");
	for (char *line = strtok(o.out, "\n"); line; line = strtok(NULL, "\n")) {
		cr_expect_leq(strlen(line), 100, "%s", line);
	}
	outcome_free(&o);
}

/* Cells are told with the heads of their columns, where there are several. */
Test(explain, tables)
{
	struct outcome o = run("explain port-blocked");

	cr_expect_not_null(strstr(o.out, "Confidence: 0.9"), "%s", o.out);
	cr_expect_null(strstr(o.out, "as in the table"));
	outcome_free(&o);
	o = run("explain sip-alg");
	cr_expect_null(strchr(o.out, '*'), "%s", o.out);
	outcome_free(&o);
}

Test(explain, a_topic_of_help_that_there_is_not)
{
	struct outcome o = run("help bogus");

	cr_expect_eq(o.code, 2);
	cr_expect_not_null(strstr(o.err, "analyze, capture, filter, thresholds"), "%s", o.err);
	outcome_free(&o);
	o = run("help");
	cr_expect_eq(o.code, 0);
	outcome_free(&o);
}

Test(explain, all_codes)
{
	struct outcome o = run("explain");

	cr_expect_eq(o.code, 0);
	cr_expect_not_null(strstr(o.out, "sip-alg "));
	cr_expect_not_null(strstr(o.out, "\nhigh-loss "));
	cr_expect_null(strstr(o.out, "Thresholds"), "headings that are no codes");
	outcome_free(&o);
}

/* Whoever knows one section finds his way in each. */
static void expect_shape(const char *code)
{
	static const char *const parts[] = {"\nWhat it means.", "\nHow it is proven.", "\nCauses.",
	    "\nNot taken for it", "\nRemedy.", "\nLimits."};
	struct outcome o = run("explain %s", code);
	const char *at = o.out;

	for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]) && at; i++) {
		at = strstr(at, parts[i]);
		cr_expect_not_null(
		    at, "%s: \"%s\" is missing, or not in its place", code, parts[i] + 1);
	}
	outcome_free(&o);
}

Test(explain, one_shape)
{
	struct outcome o = run("explain");
	unsigned count = 0;

	for (char *line = strtok(o.out, "\n"); line; line = strtok(NULL, "\n")) {
		size_t length = strspn(line, "abcdefghijklmnopqrstuvwxyz-");

		if (length > 0 && line[length] == ' ' && line[length + 1] == ' ') {
			line[length] = '\0';
			expect_shape(line);
			count++;
		}
	}
	cr_expect_eq(count, 26, "%u codes", count);
	outcome_free(&o);
}

Test(explain, no_code)
{
	static const char *const wrong[] = {
	    "nothing", "Thresholds", "sip-al", "sip-algs", "-", "one two"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome o = run("explain %s", wrong[i]);

		cr_expect_eq(o.code, 2, "%s", wrong[i]);
		cr_expect_str_empty(o.out);
		outcome_free(&o);
	}
}

/* Each literal behind finding_open( in a source file. */
static unsigned check_codes(const char *source)
{
	unsigned count = 0;

	for (const char *at = source; (at = strstr(at, "finding_open(")) != NULL; at++) {
		const char *end = strchr(at, ';'), *quote = strchr(at, '"');
		char code[64];
		struct outcome o;

		if (!end || !quote || quote > end) {
			continue;
		}
		(void)snprintf(
		    code, sizeof(code), "%.*s", (int)strcspn(quote + 1, "\""), quote + 1);
		o = run("explain %s", code);
		cr_expect_eq(o.code, 0, "docs/detection.md has no section \"## %s\"", code);
		outcome_free(&o);
		count++;
	}
	return count;
}

Test(explain, every_code_that_is_opened)
{
	const char *root = getenv("TALKPATH_SOURCE");
	char folder[4096], path[8192];
	struct dirent *entry;
	unsigned count = 0;
	DIR *dir;

	(void)snprintf(folder, sizeof(folder), "%s/analyze", root ? root : ".");
	dir = opendir(folder);
	cr_assert_not_null(dir, "%s", folder);
	while ((entry = readdir(dir)) != NULL) {
		char *source;

		if (!strstr(entry->d_name, ".c")) {
			continue;
		}
		(void)snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		source = slurp(path);
		count += check_codes(source);
		free(source);
	}
	(void)closedir(dir);
	cr_expect_gt(count, 2);
}
