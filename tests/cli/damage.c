/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad input: a clear line that names file, offset and reason, the documented exit code, and
 * nothing lost that was good.
 */
#include <fcntl.h>

#include "gen_calls.h"
#include "program.h"
#include "talkpath.h"

TestSuite(damage, .fini = scratch_remove, .timeout = 300);

static const char *capture(const char *name, enum gen_format format)
{
	static const struct gen_calls what = {
	    .seed = 9, .calls = 2, .seconds = 3, .spread_seconds = 1};
	const char *path = scratch(name);
	struct gen_truth *truths;
	struct gen_file file;

	cr_assert(gen_open(&file, path, format, GEN_ETHERNET, 262144));
	cr_assert(gen_calls(&file, &what, &truths));
	cr_assert(gen_close(&file));
	free(truths);
	return path;
}

static void write_file(const char *path, const void *data, size_t length)
{
	FILE *file = fopen(path, "wb");

	cr_assert_not_null(file);
	cr_assert_eq(fwrite(data, 1, length, file), length);
	cr_assert_eq(fclose(file), 0);
}

/* One line, that begins with the program and names the file. */
static void expect_line(const struct outcome *o, int code, const char *file, const char *words)
{
	const char *newline = strchr(o->err, '\n');

	cr_expect_eq(o->code, code, "exit %d: %s", o->code, o->err);
	cr_expect_eq(strncmp(o->err, "talkpath: ", 10), 0, "%s", o->err);
	cr_expect_not_null(strstr(o->err, file), "%s", o->err);
	cr_expect_not_null(strstr(o->err, words), "%s", o->err);
	cr_expect(newline && newline[1] == '\0', "more than one line: %s", o->err);
}

Test(damage, inputs_that_cannot_be_read)
{
	static const char text[] = "From: customer\nSubject: bad calls\n\nPlease help.\n";
	const char *empty = scratch("empty.pcap"), *letter = scratch("letter.txt");
	struct outcome o;

	write_file(empty, "", 0);
	write_file(letter, text, sizeof(text) - 1);
	o = run("analyze /nowhere/to.be.found.pcap");
	expect_line(&o, 3, "/nowhere/to.be.found.pcap", "No such file");
	cr_expect_str_eq(o.out, "", "nothing was readable: no report");
	outcome_free(&o);
	o = run("analyze /tmp");
	expect_line(&o, 3, "/tmp", "directory");
	outcome_free(&o);
	o = run("analyze %s", letter);
	expect_line(&o, 3, letter, "no capture");
	outcome_free(&o);
	o = run("analyze %s", empty);
	expect_line(&o, 3, empty, "empty");
	outcome_free(&o);
}

Test(damage, the_other_files_are_still_reported)
{
	const char *good = capture("good.pcap", GEN_PCAP_MICRO);
	struct outcome o = run("analyze --format json /nowhere.pcap %s", good);
	json_t *report;

	expect_line(&o, 3, "/nowhere.pcap", "No such file");
	report = parse(o.out);
	cr_expect_eq(length_at(report, "captures"), 1);
	cr_expect_eq(length_at(report, "calls"), 2);
	json_decref(report);
	outcome_free(&o);
}

Test(damage, cut_short)
{
	const char *path = capture("cut.pcap", GEN_PCAP_MICRO);
	struct outcome o;
	json_t *report;

	cr_assert_eq(truncate(path, 100000), 0);
	o = run("analyze --format json %s", path);
	cr_expect_eq(o.code, 0, "%s", o.err);
	cr_expect_str_eq(o.err, "");
	report = parse(o.out);
	cr_expect(json_is_true(at(report, "captures.0.truncated")));
	cr_expect_eq(length_at(report, "calls"), 2);
	cr_expect_gt(number_at(report, "streams.0.packets"), 50);
	json_decref(report);
	outcome_free(&o);
	o = run("analyze %s", path);
	cr_expect_not_null(strstr(o.out, "cut short"));
	outcome_free(&o);
}

/* A record that claims too much: what was before it is reported, and the exit code tells. */
Test(damage, damaged_in_the_middle)
{
	const char *path = capture("damaged.pcap", GEN_PCAP_MICRO);
	static const uint8_t nonsense[16] = {
	    1, 0, 0, 0, 1, 0, 0, 0, 255, 255, 255, 255, 0, 0, 0, 0};
	size_t length;
	char *whole = slurp(path);
	FILE *file = fopen(path, "r+b");
	struct outcome o;
	json_t *report;
	uint32_t captured;

	/* the record after the first hundred */
	length = 24;
	for (int i = 0; i < 100; i++) {
		memcpy(&captured, whole + length + 8, 4);
		length += 16 + captured;
	}
	cr_assert_eq(fseek(file, (long)length, SEEK_SET), 0);
	cr_assert_eq(fwrite(nonsense, 1, 16, file), 16);
	cr_assert_eq(fclose(file), 0);
	o = run("analyze --format json %s", path);
	expect_line(&o, 3, path, "damaged");
	cr_expect_not_null(strstr(o.err, "frame 101"));
	report = parse(o.out);
	cr_expect_eq(number_at(report, "captures.0.packets"), 100);
	json_decref(report);
	outcome_free(&o);
	free(whole);
}

/* --- cut at each of the first 2,000 octets, in this process: sanitizers watch --- */

struct seen {
	int problems;
	uint64_t packets;
	bool truncated;
};

static void on_problem(void *context, const struct tp_problem *problem)
{
	struct seen *seen = context;

	seen->problems++;
	cr_expect_gt(strlen(problem->reason), 5);
	cr_expect_null(strchr(problem->reason, '\n'));
}

static void on_capture(void *context, const struct tp_capture *capture)
{
	struct seen *seen = context;

	seen->packets = capture->packets;
	seen->truncated = capture->truncated;
}

static struct seen analyse(const char *path)
{
	struct seen seen = {0};
	struct tp_options options = {.max_calls = 64, .max_streams = 64};
	struct tp_handlers handlers = {.context = &seen, .problem = on_problem};
	struct tp_analysis *analysis = tp_new(&options, &handlers);
	enum tp_status opened = tp_open_file(analysis, path, NULL);

	if (opened == TP_OK) {
		cr_expect_eq(tp_run(analysis), TP_OK);
		tp_each_capture(analysis, on_capture, &seen);
		cr_expect_eq(seen.problems, 0);
	} else {
		cr_expect_eq(seen.problems, 1, "one line for what cannot be read");
	}
	tp_free(analysis);
	return seen;
}

static void cut_everywhere(enum gen_format format)
{
	const char *path = capture("every.pcap", format);
	uint64_t packets = UINT64_MAX;

	for (off_t length = 2000; length >= 0; length--) {
		struct seen seen;

		cr_assert_eq(truncate(path, length), 0);
		seen = analyse(path);
		cr_assert_leq(seen.packets, packets, "at %ld", (long)length);
		packets = seen.packets;
	}
	cr_expect_eq(packets, 0);
}

Test(damage, pcap_cut_at_each_octet)
{
	cut_everywhere(GEN_PCAP_MICRO);
}

Test(damage, pcapng_cut_at_each_octet)
{
	cut_everywhere(GEN_PCAPNG);
}

/* The same through the program, at a few places, for the exit codes. */
Test(damage, exit_codes_of_cuts)
{
	static const off_t cuts[] = {1, 3, 4, 23, 24, 25, 39, 40, 41, 500, 1999};
	const char *path = capture("some.pcap", GEN_PCAP_MICRO);
	char *whole = slurp(path);

	for (size_t i = 0; i < sizeof(cuts) / sizeof(cuts[0]); i++) {
		const char *cut = scratch("some-cut.pcap");
		struct outcome o;

		write_file(cut, whole, (size_t)cuts[i]);
		o = run("analyze %s", cut);
		cr_expect_eq(
		    o.code, cuts[i] < 24 ? 3 : 0, "cut at %ld: exit %d", (long)cuts[i], o.code);
		outcome_free(&o);
	}
	free(whole);
}

/* Each octet of a small capture set to each of a few values: never a crash. */
Test(damage, octets_flipped)
{
	const char *path = capture("flip.pcap", GEN_PCAP_MICRO);
	int fd = open(path, O_RDWR);

	cr_assert_geq(fd, 0);
	cr_assert_eq(ftruncate(fd, 4000), 0);
	for (off_t at = 0; at < 4000; at += 3) {
		uint8_t was, is;

		cr_assert_eq(pread(fd, &was, 1, at), 1);
		is = (uint8_t)(at % 2 ? ~was : was ^ 0x80);
		cr_assert_eq(pwrite(fd, &is, 1, at), 1);
		{
			struct tp_options options = {.max_calls = 64, .max_streams = 64};
			struct tp_analysis *analysis = tp_new(&options, NULL);

			if (tp_open_file(analysis, path, NULL) == TP_OK) {
				(void)tp_run(analysis);
			}
			tp_free(analysis);
		}
		cr_assert_eq(pwrite(fd, &was, 1, at), 1);
	}
	(void)close(fd);
}

/* --- the command line --- */

Test(damage, usage)
{
	static const char *const wrong[] = {"", "analyse x.pcap", "analyze",
	    "analyze --format xml x", "analyze --plc some x", "analyze --workers -1 x",
	    "analyze --workers 9999 x", "analyze --vantage lan x", "analyze --no-such-option x",
	    "analyze --store mysql://x /dev/null", "capture", "capture --source eth0",
	    "capture --source pcap:lo --duration 0", "capture file.pcap",
	    "analyze --max-calls 0 x"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome o = run("%s", wrong[i]);

		cr_expect_eq(o.code, 2, "%s: exit %d", wrong[i], o.code);
		cr_expect_gt(strlen(o.err), 10);
		outcome_free(&o);
	}
}

Test(damage, help)
{
	static const char *const asks[] = {
	    "help", "--help", "analyze --help", "capture -h", "help analyze", "version"};

	for (size_t i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
		struct outcome o = run("%s", asks[i]);

		cr_expect_eq(o.code, 0);
		cr_expect_gt(strlen(o.out), 10);
		cr_expect_str_eq(o.err, "");
		outcome_free(&o);
	}
}

Test(damage, output_that_cannot_be_written)
{
	const char *good = capture("good.pcap", GEN_PCAP_MICRO);
	struct outcome o = run("analyze -o /nowhere/report.txt %s", good);

	expect_line(&o, 4, "/nowhere/report.txt", "No such file");
	outcome_free(&o);
	o = run("analyze --format json -o /dev/full %s", good);
	expect_line(&o, 4, "/dev/full", "No space left");
	outcome_free(&o);
}

Test(damage, live_capture_that_cannot_start)
{
	struct outcome o = run("capture --source pcap:nosuchif0 --duration 1");

	cr_expect_eq(o.code, 5, "exit %d", o.code);
	cr_expect_not_null(strstr(o.err, "pcap:nosuchif0"));
	outcome_free(&o);
}

Test(damage, fail_on)
{
	const char *good = capture("good.pcap", GEN_PCAP_MICRO);
	struct outcome o = run("analyze --fail-on warning %s", good);

	cr_expect_eq(o.code, 0);
	outcome_free(&o);
}

/* A display name may hold what drives a terminal. */
Test(damage, terminal_escapes_in_names)
{
	const char *path = capture("names.pcap", GEN_PCAP_MICRO);
	char *whole = slurp(path);
	FILE *file = fopen(path, "r+b");
	struct outcome o;
	json_t *report;
	char *from;

	/* "From: <sip:1000@..." of the first INVITE */
	from = memmem(whole, 2000, "From: <sip:1000@", 16);
	cr_assert_not_null(from);
	cr_assert_eq(fseek(file, (long)(from - whole) + 11, SEEK_SET), 0);
	cr_assert_eq(fwrite("\x1b[2J", 1, 4, file), 4);
	cr_assert_eq(fclose(file), 0);
	o = run("analyze %s", path);
	cr_expect_eq(o.code, 0);
	cr_expect_null(strchr(o.out, '\x1b'));
	cr_expect_not_null(strstr(o.out, "<U+001B>[2J"));
	outcome_free(&o);
	o = run("analyze --format json %s", path);
	cr_expect_null(strchr(o.out, '\x1b'));
	report = parse(o.out);
	cr_expect_not_null(strchr(text_at(report, "calls.0.from_uri"), '\x1b'));
	json_decref(report);
	outcome_free(&o);
	free(whole);
}
