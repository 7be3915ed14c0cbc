/* SPDX-License-Identifier: Apache-2.0 */
/* `capture` as two processes, on an interface of the test's own. */
#include <errno.h>
#include <stdlib.h>

#include "background.h"
#include "namespace.h"

TestSuite(capture, .fini = scratch_remove, .timeout = 60);

/* --- frames on the wire --- */

static unsigned frames_sent;

/* For so long, one every millisecond. */
static void frames_send(int fd, int ms)
{
	uint8_t frame[80] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5};

	for (int i = 0; i < ms; i++) {
		memcpy(frame + 14, &frames_sent, sizeof(frames_sent));
		frames_sent += send(fd, frame, sizeof(frame), 0) == (ssize_t)sizeof(frame);
		pause_ms(1);
	}
}

/* The child has given up its privileges: what there is to open is open. 0: it cannot be. */
static pid_t capture_begin(pid_t parent)
{
	for (int i = 0; i < 500 && status_line(parent, "State")[0] != 'Z'; i++) {
		pid_t child = background_child(parent);

		if (child > 0 && strcmp(status_line(child, "NoNewPrivs"), "1") == 0) {
			pause_ms(50);
			return child;
		}
		pause_ms(20);
	}
	return 0;
}

static pid_t capture_wait(pid_t parent)
{
	pid_t child = capture_begin(parent);

	cr_assert_gt(child, 0, "no capture: %s", slurp(scratch("background.err")));
	return child;
}

/* To be started in a namespace with the cable "wire" - "tap". */
static pid_t capture_start(const char *options)
{
	namespace_enter();
	namespace_cable("wire", "tap");
	return background("capture --source pcap:tap --no-progress --format json %s", options);
}

static json_t *report_end(pid_t capture)
{
	struct outcome o = background_end(capture);
	json_t *report;

	cr_assert_eq(o.code, 0, "exit %d: %s", o.code, o.err);
	report = parse(o.out);
	outcome_free(&o);
	return report;
}

/* --- who is who --- */

Test(capture, analyses_without_privileges)
{
	pid_t parent = capture_start(""), child = capture_wait(parent);
	struct outcome o;

	cr_expect_eq(strtoul(status_line(child, "CapEff"), NULL, 16), 0);
	cr_expect_eq(strtoul(status_line(child, "CapPrm"), NULL, 16), 0);
	cr_expect_neq(strtoul(status_line(child, "Uid"), NULL, 10), 0);
	cr_expect_eq(strtoul(status_line(parent, "Uid"), NULL, 10), 0);
	cr_assert_eq(kill(parent, SIGTERM), 0);
	o = background_end(parent);
	cr_expect_eq(o.code, 0, "exit %d: %s", o.code, o.err);
	outcome_free(&o);
}

/* --- how it ends --- */

Test(capture, ends_with_a_report)
{
	static const int signals[] = {SIGINT, SIGTERM};

	for (size_t i = 0; i < 2; i++) {
		pid_t parent = i == 0 ? capture_start("")
				      : background("capture --source pcap:tap --no-progress "
						   "--format json");
		int fd = frame_socket("wire");
		json_t *report;

		(void)capture_wait(parent);
		frames_sent = 0;
		frames_send(fd, 200);
		pause_ms(100);
		cr_assert_eq(kill(parent, signals[i]), 0);
		report = report_end(parent);
		cr_expect_eq(number_at(report, "captures.0.packets"), frames_sent);
		cr_expect_str_eq(text_at(report, "captures.0.file"), "pcap:tap");
		cr_expect_str_eq(text_at(report, "captures.0.vantage"), "tap");
		cr_expect_str_eq(text_at(report, "captures.0.timestamp_source"), "kernel");
		cr_expect_eq(number_at(report, "captures.0.dropped.kernel"), 0);
		cr_expect_eq(number_at(report, "captures.0.dropped.interface"), 0);
		json_decref(report);
		(void)close(fd);
	}
}

Test(capture, ends_by_itself)
{
	json_decref(report_end(capture_start("--duration 0.3")));
}

/* What a shell's Ctrl-C, or a supervisor, does: both processes are told, and the child twice. */
Test(capture, both_are_told_to_end)
{
	pid_t parent = capture_start(""), child = capture_wait(parent);

	cr_assert_eq(kill(child, SIGINT), 0);
	cr_assert_eq(kill(parent, SIGINT), 0);
	json_decref(report_end(parent));
}

Test(capture, killed)
{
	pid_t parent = capture_start(""), child = capture_wait(parent);
	struct outcome o;

	cr_assert_eq(kill(child, SIGKILL), 0);
	o = background_end(parent);
	cr_expect_eq(o.code, 5, "exit %d", o.code);
	cr_expect_not_null(strstr(o.err, "signal 9"), "%s", o.err);
	outcome_free(&o);
}

/* Nobody is left to open anything, or to tell it to end: it reports and ends. */
Test(capture, orphaned)
{
	pid_t parent = capture_start(""), child = capture_wait(parent);
	struct outcome o;

	cr_assert_eq(kill(parent, SIGKILL), 0);
	for (int i = 0; i < 100 && kill(child, 0) == 0; i++) {
		pause_ms(20);
	}
	cr_expect(kill(child, 0) != 0 && errno == ESRCH);
	o = background_end(parent);
	json_decref(parse(o.out));
	outcome_free(&o);
}

/* --- SIGHUP, and interfaces that go and come --- */

Test(capture, opened_anew)
{
	pid_t parent = capture_start("");
	int fd = frame_socket("wire");
	json_t *report;

	(void)capture_wait(parent);
	for (int i = 0; i < 3; i++) {
		frames_send(fd, 200);
		cr_assert_eq(kill(parent, SIGHUP), 0);
		frames_send(fd, 300);
	}
	pause_ms(1200);
	cr_assert_eq(kill(parent, SIGTERM), 0);
	report = report_end(parent);
	cr_expect_eq(number_at(report, "captures.0.packets"), frames_sent, "of %u", frames_sent);
	json_decref(report);
}

Test(capture, interface_goes_and_comes)
{
	pid_t parent = capture_start("");
	int fd = frame_socket("wire");
	json_t *report;
	char *told;

	(void)capture_wait(parent);
	frames_send(fd, 100);
	pause_ms(200);
	command("ip link set tap down");
	pause_ms(300);
	command("ip link set tap up");
	pause_ms(1500);
	frames_send(fd, 100);
	pause_ms(200);
	(void)close(fd);
	command("ip link del tap");
	pause_ms(300);
	namespace_cable("wire", "tap");
	pause_ms(1500);
	fd = frame_socket("wire");
	frames_send(fd, 100);
	pause_ms(200);
	cr_assert_eq(kill(parent, SIGTERM), 0);
	report = report_end(parent);
	cr_expect_eq(number_at(report, "captures.0.packets"), frames_sent, "of %u", frames_sent);
	cr_expect_eq(length_at(report, "findings"), 1);
	cr_expect_str_eq(text_at(report, "findings.0.cause"), "interface-away");
	json_decref(report);
	told = slurp(scratch("background.err"));
	cr_expect_not_null(strstr(told, "pcap:tap: the interface"), "%s", told);
	cr_expect_not_null(strstr(told, "pcap:tap: is back"), "%s", told);
	free(told);
}

/* --- the configuration --- */

static void file_write(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0 && chmod(path, 0600) == 0);
}

/* Wait until it has said something. */
static void expect_told(const char *what)
{
	bool told = false;

	for (int i = 0; i < 100 && !told; i++) {
		char *text = slurp(scratch("background.err"));

		told = strstr(text, what) != NULL;
		free(text);
		pause_ms(20);
	}
	cr_expect(told, "nothing of: %s", what);
}

Test(capture, reads_its_configuration_again)
{
	const char *path = scratch("talkpath.yaml");
	char options[300];
	pid_t parent;

	file_write(path, "thresholds:\n  loss_warning_pct: 2\n");
	(void)snprintf(options, sizeof(options), "--config %s", path);
	parent = capture_start(options);
	(void)capture_wait(parent);
	file_write(path, "thresholds:\n  loss_warning_pct: 3\n");
	cr_assert_eq(kill(parent, SIGHUP), 0);
	expect_told("was read again");
	file_write(path, "thresholds:\n  no_such_name: 3\n");
	cr_assert_eq(kill(parent, SIGHUP), 0);
	expect_told(":2:3: \"no_such_name\" is no threshold");
	expect_told("goes on to hold");
	cr_assert_eq(unlink(path), 0);
	cr_assert_eq(kill(parent, SIGHUP), 0);
	expect_told("No such file");
	cr_assert_eq(kill(parent, SIGTERM), 0);
	json_decref(report_end(parent));
}

/* There cannot be two programs on an interface: one goes before the other comes. */
Test(capture, opened_anew_where_there_is_one)
{
	pid_t parent;

	if (!TALKPATH_HAS_XDP) {
		skip_without("it is built without xdp: sources");
	}
	namespace_enter();
	namespace_cable("wire", "tap");
	parent = background("capture --source xdp:tap --no-progress --format json");
	(void)capture_wait(parent);
	cr_assert_eq(kill(parent, SIGHUP), 0);
	expect_told("xdp:tap: it is opened anew");
	expect_told("xdp:tap: is back");
	cr_assert_eq(kill(parent, SIGTERM), 0);
	json_decref(report_end(parent));
}

/* --- what cannot start --- */

static void expect_refusal(const char *options, const char *what)
{
	struct outcome o = run("capture --duration 1 %s", options);

	cr_expect_eq(o.code, 5, "%s: exit %d", options, o.code);
	cr_expect_not_null(strstr(o.err, what), "%s: %s", options, o.err);
	outcome_free(&o);
}

Test(capture, cannot_start)
{
	namespace_enter();
	namespace_cable("wire", "tap");
	command("ip link set wire down");
	expect_refusal("--source pcap:nosuch0", "no such interface");
	expect_refusal("--source pcap:wire", "ip link set wire up");
	expect_refusal("--source pcap:tap --filter-bpf udpp", "udpp");
	expect_refusal("--source pcap:tap --user no-such-user", "--user");
}

Test(capture, usage)
{
	static const char *const wrong[] = {"--source eth0",
	    "--source pcap:", "--source pcap:lo --buffer 1", "--source pcap:lo --buffer 64X",
	    "--source xdp:lo --filter-bpf udp"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome o = run("capture --duration 1 %s", wrong[i]);

		cr_expect_eq(o.code, 2, "%s: exit %d", wrong[i], o.code);
		outcome_free(&o);
	}
}
