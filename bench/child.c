/* SPDX-License-Identifier: Apache-2.0 */
#include "child.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WATCH_MS = 2, LINE = 4096 };

static double now_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static double seconds(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* RssAnon of /proc/PID/status; 0 where the process is over. */
static double anonymous_mib(pid_t pid)
{
	char line[LINE];
	double mib = 0;
	FILE *status;

	(void)snprintf(line, sizeof(line), "/proc/%d/status", (int)pid);
	status = fopen(line, "r");
	while (status && fgets(line, sizeof(line), status)) {
		if (strncmp(line, "RssAnon:", 8) == 0) {
			mib = strtod(line + 8, NULL) / 1024;
		}
	}
	if (status) {
		(void)fclose(status);
	}
	return mib;
}

static void watch_until_end(pid_t pid, struct child_cost *out)
{
	struct pollfd over = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};

	while (over.fd >= 0 && poll(&over, 1, WATCH_MS) == 0) {
		double mib = anonymous_mib(pid);

		out->anonymous_mib = mib > out->anonymous_mib ? mib : out->anonymous_mib;
	}
	if (over.fd >= 0) {
		(void)close(over.fd);
	}
}

bool child_run(const char *command, bool watch, struct child_cost *out)
{
	double begun = now_s();
	struct rusage usage;
	int status;
	pid_t pid = fork();

	*out = (struct child_cost){0};
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid > 0 && watch) {
		watch_until_end(pid, out);
	}
	if (pid < 0 || wait4(pid, &status, 0, &usage) != pid || status != 0) {
		(void)fprintf(stderr, "failed: %s\n", command);
		return false;
	}
	out->wall_s = now_s() - begun;
	out->cpu_s = seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	return true;
}
