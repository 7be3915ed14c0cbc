/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a call takes of memory: anonymous pages, not those of the capture.
 */
#include "gen_calls.h"
#include "program.h"

TestSuite(footprint, .fini = scratch_remove, .timeout = 300);

enum {
	FEW = 500,
	MANY = 2500,
	/* With its streams and its phone, see docs/architecture.md: 20,000 of them in 60 MiB. */
	CALL_OCTETS_MAX = (60 << 20) / 20000,
	ROUNDS = 3
};

static const char *capture_of(uint32_t calls)
{
	const struct gen_calls what = {
	    .seed = 5, .calls = calls, .seconds = 1, .spread_seconds = 1};
	const char *path = scratch(calls == FEW ? "few.pcap" : "many.pcap");
	struct gen_truth *truths = NULL;
	struct gen_file file;

	cr_assert(gen_open(&file, path, GEN_PCAP_MICRO, GEN_ETHERNET, 262144));
	cr_assert(gen_calls(&file, &what, &truths));
	cr_assert(gen_close(&file));
	free(truths);
	return path;
}

/* Octets; 0 once the program has ended. */
static size_t anonymous_now(pid_t pid)
{
	char path[64], line[256];
	size_t kib = 0;
	FILE *status;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	status = fopen(path, "r");
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "RssAnon:", 8) == 0) {
			kib = strtoul(line + 8, NULL, 10);
		}
	}
	if (status) {
		(void)fclose(status);
	}
	return kib * 1024;
}

static size_t anonymous_peak(const char *format, const char *capture)
{
	const char *program = getenv("TALKPATH_PROGRAM");
	size_t peak = 0;
	int status;
	pid_t pid;

	cr_assert_not_null(program, "TALKPATH_PROGRAM is not set: run the tests through ctest");
	pid = fork();
	if (pid == 0) {
		(void)dup2(open("/dev/null", O_WRONLY), STDOUT_FILENO);
		(void)execl(program, program, "analyze", "--workers", "0", "--format", format,
		    capture, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, WNOHANG) == 0) {
		size_t now = anonymous_now(pid);

		peak = now > peak ? now : peak;
		(void)usleep(500);
	}
	cr_assert_eq(code_of(status), 0);
	return peak;
}

/* When a table doubles depends on the key of its hashes: it is the least of a few runs. */
static size_t least_peak(const char *format, const char *capture)
{
	size_t least = SIZE_MAX;

	for (unsigned i = 0; i < ROUNDS; i++) {
		size_t peak = anonymous_peak(format, capture);

		least = peak < least ? peak : least;
	}
	return least;
}

Test(footprint, of_a_call)
{
	static const char *const formats[] = {"text", "json"};
	const char *few = capture_of(FEW), *many = capture_of(MANY);

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		size_t small = least_peak(formats[i], few), large = least_peak(formats[i], many);

		cr_expect_gt(large, small);
		cr_expect_leq((large - small) / (MANY - FEW), CALL_OCTETS_MAX,
		    "%s: %zu octets a call", formats[i], (large - small) / (MANY - FEW));
	}
}
