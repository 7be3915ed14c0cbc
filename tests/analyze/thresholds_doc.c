/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of thresholds in docs/detection.md is that of the code. After a wanted change
 * TALKPATH_GOLDEN=write writes it anew.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "thresholds.h"

static const char begin_mark[] = "<!-- table: thresholds -->\n", end_mark[] = "<!-- end -->";

static const char *document_path(void)
{
	static char path[4096];
	const char *source = getenv("TALKPATH_SOURCE");

	(void)snprintf(path, sizeof(path), "%s/docs/detection.md", source ? source : ".");
	return path;
}

static const char *document_read(void)
{
	static char text[1 << 18];
	FILE *file = fopen(document_path(), "r");
	size_t length;

	cr_assert_not_null(file, "%s", document_path());
	length = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	cr_assert_lt(length, sizeof(text) - 1);
	text[length] = '\0';
	return text;
}

static const char *table_make(void)
{
	static char out[1 << 15];
	size_t length = (size_t)snprintf(
	    out, sizeof(out), "| Name | Default | Bounds | Meaning |\n|---|---|---|---|\n");

	for (size_t i = 0; i < threshold_count; i++) {
		const struct threshold *t = &threshold_list[i];

		length += (size_t)snprintf(out + length, sizeof(out) - length,
		    "| `%s` | %.7g | %.7g to %.7g | %s |\n", t->name, t->usual, t->least, t->most,
		    t->about);
		cr_assert_lt(length, sizeof(out));
	}
	return out;
}

Test(thresholds_doc, table)
{
	const char *golden = getenv("TALKPATH_GOLDEN"), *table = table_make();
	const char *text = document_read(), *from = strstr(text, begin_mark), *to;

	cr_assert_not_null(from);
	from += sizeof(begin_mark) - 1;
	to = strstr(from, end_mark);
	cr_assert_not_null(to);
	if (golden && strcmp(golden, "write") == 0) {
		FILE *file = fopen(document_path(), "w");

		cr_assert_not_null(file);
		(void)fprintf(file, "%.*s%s%s", (int)(from - text), text, table, to);
		cr_assert_eq(fclose(file), 0);
		return;
	}
	cr_expect((size_t)(to - from) == strlen(table) && memcmp(from, table, strlen(table)) == 0,
	    "docs/detection.md:\n%.*s\nis now\n%s", (int)(to - from), from, table);
}

Test(thresholds, defaults_are_within_their_bounds)
{
	struct thresholds t = thresholds_default;

	for (size_t i = 0; i < threshold_count; i++) {
		const struct threshold *one = &threshold_list[i];

		cr_expect(threshold_set(&t, one->name, one->usual), "%s", one->name);
		cr_expect(threshold_set(&t, one->name, one->least), "%s", one->name);
		cr_expect(threshold_set(&t, one->name, one->most), "%s", one->name);
		cr_expect_not(threshold_set(&t, one->name, one->least - 0.001), "%s", one->name);
		cr_expect_not(threshold_set(&t, one->name, one->most + 1), "%s", one->name);
	}
	cr_expect_not(threshold_set(&t, "nothing", 1));
	cr_expect(threshold_set(&t, "loss_warning_pct", 7));
	cr_expect_eq(t.loss_warning_pct, 7);
}
