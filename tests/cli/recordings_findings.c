/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is found in the recordings of others, and nothing else: recordings_findings.tsv has a line
 * for each finding, with what the packets show that it rests on. Every finding there was looked at
 * in the packets.
 *
 * The five codes that blame somebody's router or platform may be claimed of a recording that is
 * listed as a negative (proxies, B2BUAs and NAT whose addresses differ for good reasons) only where
 * the line's reason begins with "proven:".
 */
#include "data.h"
#include "program.h"

TestSuite(recordings_findings, .fini = scratch_remove, .timeout = 300);

enum column { FILES, CODE, CAUSE, GRADE, AFFECTED, REASON, COLUMNS };
enum manifest { MANIFEST_FILE, MANIFEST_GOOD_FOR = 6, MANIFEST_COLUMNS = 8 };

enum { LINES_MAX = 256 };

static struct {
	char *cells[COLUMNS];
	bool found;
} expected[LINES_MAX];
static size_t expected_count;

static unsigned split(char *line, char *cells[], unsigned room)
{
	unsigned count = 0;
	char *cell;

	while (count < room && (cell = strsep(&line, "\t")) != NULL) {
		cells[count++] = cell;
	}
	return count;
}

/* Its text stays: the cells point into it. */
static void expected_read(void)
{
	char path[4096], *rest, *line;

	(void)snprintf(
	    path, sizeof(path), "%s/tests/cli/recordings_findings.tsv", getenv("TALKPATH_SOURCE"));
	rest = slurp(path);
	while ((line = strsep(&rest, "\n")) != NULL) {
		if (!*line || *line == '#') {
			continue;
		}
		cr_assert_lt(expected_count, LINES_MAX);
		cr_assert_eq(split(line, expected[expected_count].cells, COLUMNS), COLUMNS,
		    "line of %s", line);
		expected_count++;
	}
}

static const char *grade_of(const json_t *finding)
{
	double confidence = number_at(finding, "confidence");

	return confidence >= 0.8 ? "proof" : confidence >= 0.5 ? "strong" : "hint";
}

static bool is_cell(size_t line, enum column column, const char *text)
{
	return strcmp(expected[line].cells[column], text) == 0;
}

/* Takes one line for one finding. */
static bool expected_take(const char *files, const json_t *f)
{
	const char *cause = at(f, "cause") ? text_at(f, "cause") : "-";

	for (size_t i = 0; i < expected_count; i++) {
		if (!expected[i].found && is_cell(i, FILES, files) &&
		    is_cell(i, CODE, text_at(f, "code")) && is_cell(i, CAUSE, cause) &&
		    is_cell(i, GRADE, grade_of(f)) &&
		    is_cell(i, AFFECTED, text_at(f, "endpoints.0"))) {
			expected[i].found = true;
			return true;
		}
	}
	return false;
}

/* `files`: as they stand in the table; `paths`: as the program finds them. */
static void expect_findings(const char *files, const char *paths)
{
	json_t *report = report_of("%s", paths), *f;
	size_t i;

	json_array_foreach(at(report, "findings"), i, f)
	{
		cr_expect(expected_take(files, f), "%s: not in the table: %s (%s), %s, %s: %s",
		    files, text_at(f, "code"), text_at(f, "cause"), grade_of(f),
		    text_at(f, "endpoints.0"), text_at(f, "summary"));
	}
	json_decref(report);
}

static void expect_none_missing(bool pairs)
{
	for (size_t i = 0; i < expected_count; i++) {
		bool pair = strstr(expected[i].cells[FILES], " + ") != NULL;

		cr_expect(pair != pairs || expected[i].found || is_cell(i, CODE, "-"),
		    "%s: %s is missing", expected[i].cells[FILES], expected[i].cells[CODE]);
	}
}

Test(recordings_findings, each_alone)
{
	char *rest = slurp(data_path("captures/MANIFEST.tsv")), *line;
	size_t files = 0;

	expected_read();
	(void)strsep(&rest, "\n"); /* its head */
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		const char *file = strsep(&line, "\t");

		expect_findings(file + strlen("captures/"), data_path(file));
		files++;
	}
	cr_expect_geq(files, 200, "%zu captures", files);
	expect_none_missing(false);
}

/* Captures of one call from one place or several, analysed together. */
Test(recordings_findings, of_one_call_together)
{
	size_t together = 0;

	expected_read();
	for (size_t i = 0; i < expected_count; i++) {
		char copy[1024], paths[4096] = "", *rest = copy, *file;

		(void)snprintf(copy, sizeof(copy), "%s", expected[i].cells[FILES]);
		if (!strstr(copy, " + ") ||
		    (i > 0 && is_cell(i - 1, FILES, expected[i].cells[FILES]))) {
			continue;
		}
		while ((file = strsep(&rest, "+")) != NULL) {
			char name[512];

			file += *file == ' ';
			(void)snprintf(
			    name, sizeof(name), "captures/%.*s", (int)strcspn(file, " "), file);
			(void)snprintf(paths + strlen(paths), sizeof(paths) - strlen(paths), " %s",
			    data_path(name));
		}
		expect_findings(expected[i].cells[FILES], paths);
		together++;
	}
	cr_expect_geq(together, 5);
	expect_none_missing(true);
}

static bool is_one_of_the_five(const char *code)
{
	static const char *const five[] = {
	    "sip-alg", "double-nat", "one-way-audio", "dscp-remark", "symmetric-media"};

	for (size_t i = 0; i < sizeof(five) / sizeof(five[0]); i++) {
		if (strcmp(code, five[i]) == 0) {
			return true;
		}
	}
	return false;
}

static bool is_negative(const char *good_for)
{
	return strstr(good_for, "proxy/B2BUA/NAT") || strstr(good_for, "NAT via/contact");
}

Test(recordings_findings, nothing_claimed_of_negatives_unless_proven)
{
	char *rest = slurp(data_path("captures/MANIFEST.tsv")), *line;
	size_t negatives = 0;

	expected_read();
	while ((line = strsep(&rest, "\n")) != NULL && *line) {
		char *cells[MANIFEST_COLUMNS];

		cr_assert_eq(split(line, cells, MANIFEST_COLUMNS), MANIFEST_COLUMNS);
		if (!is_negative(cells[MANIFEST_GOOD_FOR])) {
			continue;
		}
		negatives++;
		for (size_t i = 0; i < expected_count; i++) {
			cr_expect(!is_cell(i, FILES, cells[MANIFEST_FILE] + strlen("captures/")) ||
				      !is_one_of_the_five(expected[i].cells[CODE]) ||
				      is_cell(i, GRADE, "hint") ||
				      strncmp(expected[i].cells[REASON], "proven:", 7) == 0,
			    "%s: %s", expected[i].cells[FILES], expected[i].cells[CODE]);
		}
	}
	cr_expect_geq(negatives, 30, "%zu negatives", negatives);
}
