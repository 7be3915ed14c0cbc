/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `talkpath` at work beside the test.
 */
#ifndef TALKPATH_TEST_BACKGROUND_H
#define TALKPATH_TEST_BACKGROUND_H

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>

#include "program.h"

static inline void pause_ms(int ms)
{
	(void)poll(NULL, 0, ms);
}

/* `talkpath ARGUMENTS`, words parted by blanks, until background_end(). */
__attribute__((format(printf, 1, 2))) static inline pid_t background(const char *arguments, ...)
{
	const char *out = scratch("background.out"), *err = scratch("background.err");
	char command[COMMAND_MAX];
	va_list list;
	pid_t child;

	va_start(list, arguments);
	command_write(command, arguments, list, out, err);
	va_end(list);
	child = fork();
	if (child == 0) {
		/* A test that fails leaves nothing behind. */
		(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
		(void)execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	return child;
}

/* What came of it. */
static inline struct outcome background_end(pid_t child)
{
	int status;

	cr_assert_eq(waitpid(child, &status, 0), child);
	return (struct outcome){
	    code_of(status), slurp(scratch("background.out")), slurp(scratch("background.err"))};
}

/* The process that it started; 0: none yet. */
static inline pid_t background_child(pid_t parent)
{
	char path[64], text[32] = "";
	FILE *file;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	file = fopen(path, "r");
	if (file) {
		(void)!fgets(text, sizeof(text), file);
		(void)fclose(file);
	}
	return (pid_t)strtol(text, NULL, 10);
}

/* A line of /proc/PID/status, behind its name; "" where there is none. */
static inline const char *status_line(pid_t pid, const char *name)
{
	static char line[256];
	char path[64];
	FILE *file;
	bool found = false;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && !found && fgets(line, sizeof(line), file)) {
		found = strncmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
	}
	if (file) {
		(void)fclose(file);
	}
	line[strcspn(line, "\n")] = '\0';
	return found ? line + strlen(name) + 2 : "";
}

#endif
