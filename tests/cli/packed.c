/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compressed and archived captures, pipes and many files, as a user gives them: the report is
 * that of the plain file, but for the name.
 */
#include <sys/stat.h>

#include "gen_calls.h"
#include "pack.h"
#include "program.h"

TestSuite(packed, .fini = scratch_remove, .timeout = 300);

static const char *capture(const char *name, enum gen_format format, uint64_t seed)
{
	const struct gen_calls what = {
	    .seed = seed, .calls = 2, .seconds = 3, .spread_seconds = 1, .loss_pct = 2};
	const char *path = scratch(name);
	struct gen_truth *truths;
	struct gen_file file;

	cr_assert(gen_open(&file, path, format, GEN_ETHERNET, 262144));
	cr_assert(gen_calls(&file, &what, &truths));
	cr_assert(gen_close(&file));
	free(truths);
	return path;
}

static char *read_whole(const char *path, size_t *length)
{
	struct stat status;

	cr_assert_eq(stat(path, &status), 0);
	*length = (size_t)status.st_size;
	return slurp(path);
}

/* `text` with every `from` replaced: names, which are all that may differ. */
static char *renamed(const char *text, const char *from, const char *to)
{
	size_t room = strlen(text) * 2 + 4096, at = 0;
	char *out = malloc(room);
	const char *hit;

	for (; (hit = strstr(text, from)) != NULL; text = hit + strlen(from)) {
		at += (size_t)snprintf(out + at, room - at, "%.*s%s", (int)(hit - text), text, to);
		cr_assert_lt(at, room);
	}
	(void)snprintf(out + at, room - at, "%s", text);
	return out;
}

/* The report of `line` is `expected`, with `name` for PLAIN. */
static void expect_report(
    const char *expected, const char *plain, const char *name, const char *line)
{
	struct outcome o = run("%s", line);
	char *text = renamed(expected, plain, name);

	cr_expect_eq(o.code, 0, "%s: exit %d: %s", line, o.code, o.err);
	cr_expect_str_eq(o.err, "");
	cr_expect(strcmp(o.out, text) == 0, "%s: another report than of the plain file", line);
	free(text);
	outcome_free(&o);
}

Test(packed, reports_are_byte_identical)
{
	static const enum gen_format formats[] = {GEN_PCAP_MICRO, GEN_PCAPNG};

	for (int k = 0; k < 2; k++) {
		const char *plain = capture("plain", formats[k], 7);
		struct outcome o = run("analyze --format json %s", plain);
		char line[600], name[300], *data;
		size_t length;

		cr_assert_eq(o.code, 0, "%s", o.err);
		data = read_whole(plain, &length);
		for (int i = 0; i < PACK_FILTERS; i++) {
			(void)snprintf(name, sizeof(name), "%s.%s", plain, pack_filters[i].ending);
			pack_one(name, pack_filters[i].filter, data, length);
			(void)snprintf(line, sizeof(line), "analyze --format json %s", name);
			expect_report(o.out, plain, name, line);
			(void)snprintf(
			    line, sizeof(line), "analyze --workers 2 --format json %s", name);
			expect_report(o.out, plain, name, line);
		}
		free(data);
		outcome_free(&o);
	}
}

Test(packed, archives_give_the_same)
{
	static const struct pack hows[] = {
	    {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL},
	    {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_NONE, NULL},
	    {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_GZIP, NULL},
	    {ARCHIVE_FORMAT_TAR_PAX_RESTRICTED, ARCHIVE_FILTER_ZSTD, NULL},
	};
	const char *a = capture("a.pcap", GEN_PCAP_MICRO, 7);
	const char *b = capture("b.pcap", GEN_PCAPNG, 8), *archive = scratch("archive");
	struct outcome two = run("analyze --format json %s %s", a, b);
	struct outcome named = run("analyze --format json --vantage lan=%s --vantage lan=%s", a, b);
	size_t a_length, b_length;
	char *a_data = read_whole(a, &a_length), *b_data = read_whole(b, &b_length);
	const struct pack_member members[] = {{"notes.txt", "from the customer", 17, 0},
	    {"a.pcap", a_data, a_length, 0}, {"b.pcap", b_data, b_length, 0}};

	for (size_t i = 0; i < sizeof(hows) / sizeof(hows[0]); i++) {
		char folder[300], member[300], line[600];

		pack(archive, &hows[i], members, 3);
		(void)snprintf(folder, sizeof(folder), "%.*s", (int)(strlen(a) - 6), a);
		(void)snprintf(member, sizeof(member), "%s!", archive);
		(void)snprintf(line, sizeof(line), "analyze --format json %s", archive);
		expect_report(two.out, folder, member, line);
		(void)snprintf(
		    line, sizeof(line), "analyze --format json --vantage lan=%s", archive);
		expect_report(named.out, folder, member, line);
	}
	free(a_data);
	free(b_data);
	outcome_free(&two);
	outcome_free(&named);
}

/* Packets of one call are extracted from whatever the capture came in. */
Test(packed, extracted)
{
	static const struct pack zip = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL};
	const char *files[] = {
	    capture("plain.pcap", GEN_PCAP_MICRO, 7), scratch("plain.gz"), scratch("plain.zip")};
	struct pack_member members[] = {{"notes.txt", "none", 4, 0}, {"a/plain.pcap", NULL, 0, 0}};
	const char *part = scratch("part.pcapng");
	json_t *wanted = NULL;

	members[1].data = read_whole(files[0], &members[1].length);
	pack_one(files[1], ARCHIVE_FILTER_GZIP, members[1].data, members[1].length);
	pack(files[2], &zip, members, 2);
	for (int i = 0; i < 3; i++) {
		struct outcome o = run("analyze --call-id c2 --extract %s %s", part, files[i]);
		json_t *report;

		cr_assert_eq(o.code, 0, "%s: %s", files[i], o.err);
		outcome_free(&o);
		report = report_of("%s", part);
		cr_expect_eq(length_at(report, "calls"), 1);
		cr_expect_eq(length_at(report, "streams"), 2);
		cr_expect_str_eq(text_at(report, "captures.0.interfaces.0.name"), "plain");
		if (wanted) {
			cr_expect(json_equal(at(report, "calls"), at(wanted, "calls")));
			cr_expect(json_equal(at(report, "streams"), at(wanted, "streams")));
			json_decref(report);
		} else {
			wanted = report;
		}
	}
	json_decref(wanted);
	free((void *)(size_t)members[1].data);
}

/* Members out of the order of time: they are merged, as files are. */
Test(packed, members_out_of_order)
{
	static const struct pack how = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL};
	const char *whole = capture("whole.pcap", GEN_PCAP_MICRO, 7), *archive = scratch("halves");
	struct outcome o = run("analyze --format json --vantage x=%s", whole);
	json_t *report = parse(o.out), *halves;
	size_t length, half = 24;
	char *data = read_whole(whole, &length), *late;
	struct pack_member members[2];

	while (half < length / 2) {
		uint32_t captured;

		memcpy(&captured, data + half + 8, 4);
		half += 16 + captured;
	}
	late = malloc(24 + length - half);
	memcpy(late, data, 24);
	memcpy(late + 24, data + half, length - half);
	members[0] = (struct pack_member){"late.pcap", late, 24 + length - half, 0};
	members[1] = (struct pack_member){"early.pcap", data, half, 0};
	pack(archive, &how, members, 2);
	halves = report_of("--vantage x=%s", archive);
	cr_expect_eq(length_at(halves, "captures"), 2);
	cr_expect_eq(length_at(halves, "calls"), length_at(report, "calls"));
	cr_expect_eq(length_at(halves, "streams"), length_at(report, "streams"));
	for (size_t i = 0; i < length_at(report, "streams"); i++) {
		static const char *const fields[] = {
		    "packets", "lost", "reordered", "jitter_mean_ms", "mos"};

		for (size_t k = 0; k < sizeof(fields) / sizeof(fields[0]); k++) {
			char path[64];

			(void)snprintf(path, sizeof(path), "streams.%zu.%s", i, fields[k]);
			cr_expect(json_equal(at(report, path), at(halves, path)), "%s", path);
		}
	}
	json_decref(report);
	json_decref(halves);
	outcome_free(&o);
	free(data);
	free(late);
}

Test(packed, standard_input)
{
	const char *plain = capture("plain.pcap", GEN_PCAP_MICRO, 7),
		   *gz = scratch("plain.pcap.gz");
	struct outcome o = run("analyze --format json --vantage stdin=%s", plain);
	const char *program = getenv("TALKPATH_PROGRAM"), *out = scratch("out.json");
	char command[1024], *expected = renamed(o.out, plain, "-"), *data, *text;
	const char *const files[] = {plain, gz};
	size_t length;

	data = read_whole(plain, &length);
	pack_one(gz, ARCHIVE_FILTER_GZIP, data, length);
	for (int i = 0; i < 2; i++) {
		(void)snprintf(command, sizeof(command), "cat %s | %s analyze --format json - >%s",
		    files[i], program, out);
		cr_assert_eq(code_of(system(command)), 0);
		text = slurp(out);
		cr_expect_str_eq(text, expected);
		free(text);
	}
	outcome_free(&o);
	o = run("analyze - -"); /* of /dev/null, which is no pipe */
	cr_expect_eq(o.code, 3);
	cr_expect_not_null(strstr(o.err, "talkpath: -: "), "%s", o.err);
	cr_expect_not_null(strstr(o.err, "only once"), "%s", o.err);
	outcome_free(&o);
	free(expected);
	free(data);
}

static void expect_line(const struct outcome *o, int code, const char *file, const char *words)
{
	const char *newline = strchr(o->err, '\n');

	cr_expect_eq(o->code, code, "exit %d: %s", o->code, o->err);
	cr_expect_not_null(strstr(o->err, file), "%s", o->err);
	cr_expect_not_null(strstr(o->err, words), "%s", o->err);
	cr_expect(newline && newline[1] == '\0', "more than one line: %s", o->err);
}

/* One line that names file and member, and what was readable is reported. */
Test(packed, errors_name_the_member)
{
	static const struct pack zip = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL};
	static const struct pack locked = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, "secret"};
	static const char damaged[24 + 16] =
	    "\xd4\xc3\xb2\xa1\2\0\4\0\0\0\0\0\0\0\0\0\xff\xff\0\0\1\0\0\0"
	    "\1\0\0\0\1\0\0\0\xff\xff\xff\x7f\0\0\0\0";
	const char *good = capture("good.pcap", GEN_PCAP_MICRO, 7), *archive = scratch("x.zip");
	size_t length;
	char *data = read_whole(good, &length);
	const struct pack_member members[] = {{"damaged.pcap", damaged, sizeof(damaged), 0},
	    {"good.pcap", data, length, 0}, {"letter.txt", "hello", 5, 0}};
	struct outcome o;
	json_t *report;

	pack(archive, &zip, members, 3);
	o = run("analyze --format json %s", archive);
	expect_line(&o, 3, "x.zip!damaged.pcap: is damaged: the record of frame 1", "at octet 24");
	report = parse(o.out);
	cr_expect_eq(length_at(report, "captures"), 2);
	cr_expect_eq(length_at(report, "calls"), 2);
	json_decref(report);
	outcome_free(&o);
	pack(archive, &zip, members + 2, 1);
	o = run("analyze %s %s", archive, good);
	expect_line(&o, 3, "x.zip", "holds no capture");
	cr_expect_gt(strlen(o.out), 100);
	outcome_free(&o);
	pack(archive, &locked, members + 1, 1);
	o = run("analyze %s", archive);
	expect_line(&o, 3, "x.zip!good.pcap", "is encrypted");
	cr_expect_str_eq(o.out, "");
	outcome_free(&o);
	free(data);
}

Test(packed, compressed_and_cut_short)
{
	const char *plain = capture("plain.pcap", GEN_PCAP_MICRO, 7), *gz = scratch("cut.pcap.gz");
	size_t length;
	char *data = read_whole(plain, &length);
	double before = 1e9;

	for (int tenths = 9; tenths >= 5; tenths -= 2) {
		struct stat status;
		json_t *report;

		pack_one(gz, ARCHIVE_FILTER_GZIP, data, length);
		cr_assert_eq(stat(gz, &status), 0);
		cr_assert_eq(truncate(gz, status.st_size * tenths / 10), 0);
		report = report_of("%s", gz);
		cr_expect(json_is_true(at(report, "captures.0.truncated")));
		cr_expect_gt(number_at(report, "captures.0.packets"), 100);
		cr_expect_lt(number_at(report, "captures.0.packets"), before);
		before = number_at(report, "captures.0.packets");
		json_decref(report);
	}
	free(data);
}

/* As many files as there may be, some of them without a packet; and one too many. */
Test(packed, many_files)
{
	const char *good = capture("good.pcap", GEN_PCAP_MICRO, 7), *none = scratch("none.pcap");
	char line[6000] = "";
	size_t length;
	char *data = read_whole(good, &length);
	FILE *file = fopen(none, "wb");
	struct outcome o;
	json_t *report;

	cr_assert_eq(fwrite(data, 1, 24, file), 24);
	cr_assert_eq(fclose(file), 0);
	for (int i = 0; i < 63; i++) {
		(void)snprintf(line + strlen(line), sizeof(line) - strlen(line), " %s", none);
	}
	report = report_of("--vantage x=%s %s", good, line);
	cr_expect_eq(length_at(report, "captures"), 64);
	cr_expect_eq(length_at(report, "calls"), 2);
	json_decref(report);
	o = run("analyze %s %s %s", good, line, none);
	cr_expect_eq(o.code, 2);
	cr_expect_not_null(strstr(o.err, "more than 64 captures at once"));
	cr_expect_not_null(strstr(o.err, "mergecap"), "it says what to do");
	outcome_free(&o);
	free(data);
}

Test(packed, too_many_members)
{
	static const struct pack zip = {ARCHIVE_FORMAT_ZIP, ARCHIVE_FILTER_NONE, NULL};
	const char *good = capture("good.pcap", GEN_PCAP_MICRO, 7), *archive = scratch("many.zip");
	size_t length;
	char *data = read_whole(good, &length);
	struct pack_member members[66];
	struct outcome o;
	json_t *report;

	for (int i = 0; i < 66; i++) {
		members[i] = (struct pack_member){"m.pcap", data, i == 0 ? length : 24, 0};
	}
	pack(archive, &zip, members, 66);
	o = run("analyze --format json --vantage x=%s", archive);
	expect_line(&o, 3, "many.zip!m.pcap", "more than 64 captures");
	report = parse(o.out);
	cr_expect_eq(length_at(report, "captures"), 64);
	cr_expect_eq(length_at(report, "calls"), 2);
	json_decref(report);
	outcome_free(&o);
	free(data);
}
