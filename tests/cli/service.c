/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a live capture tells of itself: --status, --metrics, and systemd. Each test has a network
 * of its own, so ports are nobody else's.
 */
#include <signal.h>
#include <sys/prctl.h>
#include <sys/time.h>
#include <sys/un.h>

#include "loopback.h"

enum { METRICS_PORT = 9460, PATIENCE_MS = 20000, STEP_MS = 50 };

static pid_t capture;

/* `talkpath capture --source pcap:lo ARGUMENTS`, in the background; its errors in "errors". */
__attribute__((format(printf, 1, 2))) static void capture_start(const char *format, ...)
{
	char command[2048], arguments[1024];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(arguments, sizeof(arguments), format, list);
	va_end(list);
	(void)snprintf(command, sizeof(command),
	    "exec %s capture --source pcap:lo --no-progress --control %s %s >%s 2>%s </dev/null",
	    getenv("TALKPATH_PROGRAM"), scratch("control"), arguments, scratch("report"),
	    scratch("errors"));
	capture = fork();
	if (capture == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
}

static int capture_stop(void)
{
	int status = 0;

	cr_assert_eq(kill(capture, SIGTERM), 0);
	cr_assert_eq(waitpid(capture, &status, 0), capture);
	return code_of(status);
}

static struct outcome status_ask(const char *more)
{
	return run("capture --status --control %s %s", scratch("control"), more);
}

/* The status once `wanted` is above `least`. */
static json_t *status_await(const char *wanted, double least)
{
	for (int i = 0; i < PATIENCE_MS / STEP_MS; i++) {
		struct outcome o = status_ask("--format json");
		json_t *status = o.code == 0 ? parse(o.out) : NULL;
		json_t *number = status ? at(status, wanted) : NULL;

		outcome_free(&o);
		if (json_is_number(number) && json_number_value(number) > least) {
			return status;
		}
		json_decref(status);
		(void)usleep(STEP_MS * 1000);
	}
	cr_assert_fail("%s did not come: %s", wanted, slurp(scratch("errors")));
	return NULL;
}

/* All that comes for a request over HTTP; static. */
static const char *http(const char *request)
{
	static char text[1 << 16];
	struct sockaddr_in server = loopback_at(1, METRICS_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t length = 0;
	ssize_t got;

	cr_assert_eq(connect(fd, (struct sockaddr *)&server, sizeof(server)), 0);
	cr_assert_gt(send(fd, request, strlen(request), 0), 0);
	while ((got = recv(fd, text + length, sizeof(text) - 1 - length, 0)) > 0) {
		length += (size_t)got;
	}
	(void)close(fd);
	text[length] = '\0';
	return text;
}

#define HTTP_GET(path) http("GET " path " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")

static void expect_text(const char *text, const char *wanted)
{
	cr_expect_not_null(strstr(text, wanted), "\"%s\" is not in: %s", wanted, text);
}

TestSuite(service, .init = loopback_enter, .fini = scratch_remove, .timeout = 120);

static void expect_metrics(void)
{
	const char *text = HTTP_GET("/metrics");

	expect_text(text, "HTTP/1.1 200");
	expect_text(text, "\r\nContent-Type: text/plain; version=0.0.4");
	expect_text(text, "\ntalkpath_packets_total{source=\"pcap:lo\",vantage=\"lo\"} ");
	expect_text(text, "\ntalkpath_calls_active 1\n");
	expect_text(text, "\ntalkpath_source_up{source=\"pcap:lo\",vantage=\"lo\"} 1\n");
	expect_text(text, "\ntalkpath_healthy 1\n");
	expect_text(text, "\ntalkpath_saved_calls_total 0\n");
	text = HTTP_GET("/health");
	expect_text(text, "HTTP/1.1 200");
	expect_text(text, "\r\n\r\nok\n");
	expect_text(HTTP_GET("/"), "HTTP/1.1 404");
	expect_text(http("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
			 "Connection: close\r\n\r\nabcd"),
	    "HTTP/1.1 405");
}

Test(service, status_and_metrics)
{
	struct outcome o;
	json_t *status;

	capture_start("--metrics %d --site hall --save-bad %s", METRICS_PORT, scratch("bad"));
	json_decref(status_await("elapsed_s", 0));
	loopback_call("one");
	status = status_await("calls.active", 0);
	cr_expect_str_eq(text_at(status, "schema"), "talkpath-status/1");
	cr_expect_str_eq(text_at(status, "state"), "running");
	cr_expect_str_eq(text_at(status, "health"), "ok");
	cr_expect_str_eq(text_at(status, "site"), "hall");
	cr_expect_str_eq(text_at(status, "sources.0.source"), "pcap:lo");
	cr_expect_str_eq(text_at(status, "sources.0.state"), "reading");
	cr_expect(json_is_integer(at(status, "sources.0.dropped.kernel")));
	cr_expect_eq(number_at(status, "calls.answered"), 1);
	cr_expect_eq(number_at(status, "saved.calls"), 0);
	json_decref(status);
	json_decref(status_await("sources.0.packets", 1));
	expect_metrics();
	o = status_ask("");
	cr_expect_eq(o.code, 0);
	expect_text(o.out, "1 now (1 answered)");
	expect_text(o.out, "pcap:lo (lo)");
	cr_expect_null(strchr(o.out, '\033'), "no terminal, no colours");
	outcome_free(&o);
	cr_expect_eq(capture_stop(), 0);
	cr_expect_neq(access(scratch("control"), F_OK), 0, "the socket is gone");
}

static void capture_kill(void)
{
	cr_assert_eq(kill(capture, SIGKILL), 0);
	(void)waitpid(capture, NULL, 0);
}

/* Its child, which answers, ends too, but by itself. */
static void silence_await(void)
{
	int code = 0;

	for (int i = 0; i < PATIENCE_MS / STEP_MS && code != 3; i++) {
		struct outcome o = status_ask("");

		code = o.code;
		outcome_free(&o);
		(void)usleep(code == 3 ? 0 : STEP_MS * 1000);
	}
	cr_assert_eq(code, 3);
}

/* With what became of its records, and without its password. */
Test(service, stores)
{
	const char *text;
	json_t *status;

	capture_start("--metrics %d --store redis://me:sec@ret@127.0.0.1:1/2", METRICS_PORT);
	status = status_await("elapsed_s", 0);
	cr_expect_str_eq(text_at(status, "stores.0.store"), "redis://127.0.0.1:1/2");
	cr_expect_eq(number_at(status, "stores.0.lost"), 0);
	json_decref(status);
	text = HTTP_GET("/metrics");
	expect_text(text, "\ntalkpath_store_records_total{store=\"redis://127.0.0.1:1/2\","
			  "result=\"written\"} 0\n");
	cr_expect_null(strstr(text, "ret@"), "a password is nobody's business");
	capture_kill();
}

/* One that hangs before it has asked does not keep others waiting. */
Test(service, silent_client)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	capture_start("%s", "");
	json_decref(status_await("elapsed_s", 0));
	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", scratch("control"));
	cr_assert_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	json_decref(status_await("elapsed_s", 0));
	cr_expect_eq(capture_stop(), 0);
	(void)close(fd);
}

static void health_await(const char *wanted)
{
	char health[32] = "";

	for (int i = 0; i < PATIENCE_MS / STEP_MS && strcmp(health, wanted) != 0; i++) {
		json_t *status = status_await("elapsed_s", 0);

		(void)snprintf(health, sizeof(health), "%s", text_at(status, "health"));
		if (strcmp(wanted, "degraded") == 0 && strcmp(health, wanted) == 0) {
			cr_expect_str_eq(text_at(status, "sources.0.state"), "waiting");
			expect_text(
			    text_at(status, "health_why"), "pcap:lo: the interface is down");
		}
		json_decref(status);
		(void)usleep(STEP_MS * 1000);
	}
	cr_assert_str_eq(health, wanted);
}

Test(service, interface_down_and_up)
{
	capture_start("%s", "");
	health_await("ok");
	command("ip link set lo down");
	health_await("degraded");
	command("ip link set lo up");
	health_await("ok");
	cr_expect_eq(capture_stop(), 0);
}

/* All of it from a file. */
Test(service, configured)
{
	FILE *file = fopen(scratch("talkpath.yml"), "w");
	struct outcome o;
	json_t *status;

	cr_assert(file && fprintf(file,
			      "capture:\n  source: [pcap:lo]\n  control: %s\n  metrics: %d\n"
			      "  no-progress: true\n  site: hall\n",
			      scratch("control"), METRICS_PORT) > 0);
	cr_assert_eq(fclose(file), 0);
	capture_start("--config %s --site cellar", scratch("talkpath.yml"));
	status = status_await("elapsed_s", 0);
	cr_expect_str_eq(text_at(status, "site"), "cellar");
	cr_expect_eq(length_at(status, "sources"), 1, "those of the command line alone");
	json_decref(status);
	expect_text(HTTP_GET("/health"), "\r\n\r\nok\n");
	o = run("capture --status --config %s", scratch("talkpath.yml"));
	expect_text(o.out, "site cellar");
	outcome_free(&o);
	cr_expect_eq(capture_stop(), 0);
}

/* --- one socket, several captures --- */

Test(service, sockets)
{
	struct stat found;
	struct outcome o = status_ask("");

	cr_expect_eq(o.code, 3);
	expect_text(o.err, "no capture answers there");
	outcome_free(&o);
	capture_start("%s", "");
	json_decref(status_await("elapsed_s", 0));
	cr_assert_eq(stat(scratch("control"), &found), 0);
	cr_expect_eq(found.st_mode & 0777, 0600);
	o = run("capture --source pcap:lo --control %s", scratch("control"));
	cr_expect_eq(o.code, 5);
	expect_text(o.err, "another capture answers there");
	outcome_free(&o);
	/* What one that was killed leaves there is no obstacle. */
	capture_kill();
	silence_await();
	cr_expect_eq(access(scratch("control"), F_OK), 0);
	capture_start("%s", "");
	json_decref(status_await("elapsed_s", 0));
	cr_expect_eq(capture_stop(), 0);
}

Test(service, a_file_is_not_overwritten)
{
	FILE *file = fopen(scratch("control"), "w");
	struct outcome o;

	cr_assert(file && fputs("mine", file) >= 0 && fclose(file) == 0);
	o = run("capture --source pcap:lo --control %s", scratch("control"));
	cr_expect_eq(o.code, 5);
	cr_expect_str_eq(slurp(scratch("control")), "mine");
	outcome_free(&o);
}

Test(service, addresses)
{
	static const char *const wrong[] = {
	    "0", "65536", "x", ":9460", "::1:9460", "127.0.0.1:", "127.0.0.1:x", "[]:1", "9460 "};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct outcome o = run("capture --source pcap:lo --metrics '%s'", wrong[i]);

		cr_expect_eq(o.code, 2, "%s: %d", wrong[i], o.code);
		expect_text(o.err, "is not [HOST:]PORT");
		outcome_free(&o);
	}
}

Test(service, port_in_use)
{
	struct sockaddr_in here = loopback_at(1, METRICS_PORT);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct outcome o;

	cr_assert_eq(bind(fd, (struct sockaddr *)&here, sizeof(here)), 0);
	cr_assert_eq(listen(fd, 1), 0);
	o = run("capture --source pcap:lo --control none --metrics %d", METRICS_PORT);
	cr_expect_eq(o.code, 5);
	expect_text(o.err, "--metrics 9460: Address already in use");
	outcome_free(&o);
	(void)close(fd);
}

/* --- systemd --- */

/* The next notice that holds `wanted`. */
static void notice_await(int fd, const char *wanted)
{
	char text[1024];
	ssize_t length;

	do {
		length = recv(fd, text, sizeof(text) - 1, 0);
		cr_assert_gt(length, 0, "no notice with %s", wanted);
		text[length] = '\0';
	} while (!strstr(text, wanted));
}

Test(service, systemd)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const struct timeval patience = {.tv_sec = PATIENCE_MS / 1000};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", scratch("notify"));
	cr_assert_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setenv("NOTIFY_SOCKET", scratch("notify"), 1);
	(void)setenv("WATCHDOG_USEC", "200000", 1);
	capture_start("%s", "");
	notice_await(fd, "READY=1\n");
	notice_await(fd, "WATCHDOG=1\nSTATUS=ok; 0 calls, 0 streams");
	notice_await(fd, "WATCHDOG=1\n");
	cr_assert_eq(kill(capture, SIGTERM), 0);
	notice_await(fd, "STOPPING=1\n");
	(void)waitpid(capture, NULL, 0);
	(void)close(fd);
}
