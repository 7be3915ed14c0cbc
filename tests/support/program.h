/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running the program as a user does, and reading what it says.
 */
#ifndef TALKPATH_TEST_PROGRAM_H
#define TALKPATH_TEST_PROGRAM_H

#include <criterion/criterion.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
	int code;  /* exit code; 128 + signal where it was killed */
	char *out; /* standard output */
	char *err; /* standard error */
};

/* The path of a file in a folder of this process's own, the same for the same name. */
static inline const char *scratch(const char *name)
{
	static char paths[64][256];
	char folder[64], path[256];

	(void)snprintf(folder, sizeof(folder), "/tmp/talkpath-test-%d", (int)getpid());
	(void)mkdir(folder, 0700);
	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	for (int i = 0; i < 64; i++) {
		if (!paths[i][0]) {
			(void)snprintf(paths[i], sizeof(paths[i]), "%s", path);
		}
		if (strcmp(paths[i], path) == 0) {
			return paths[i];
		}
	}
	cr_assert_fail("too many scratch files");
	return NULL;
}

static inline void scratch_remove(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -rf /tmp/talkpath-test-%d", (int)getpid());
	cr_assert_eq(system(command), 0);
}

static inline char *slurp(const char *path)
{
	FILE *file = fopen(path, "rb");
	size_t room = 1 << 16, length = 0, got;
	char *text = malloc(room);

	cr_assert_not_null(file, "%s", path);
	while ((got = fread(text + length, 1, room - length - 1, file)) > 0) {
		length += got;
		if (room - length < 2) {
			text = realloc(text, room *= 2);
		}
	}
	text[length] = '\0';
	(void)fclose(file);
	return text;
}

static inline int code_of(int status)
{
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum { COMMAND_MAX = 8192 };

/* The line for a shell that starts the program, with its output in these files. */
static inline void command_write(char command[COMMAND_MAX], const char *arguments, va_list list,
    const char *out, const char *err)
{
	const char *program = getenv("TALKPATH_PROGRAM");
	int length;

	cr_assert_not_null(program, "TALKPATH_PROGRAM is not set: run the tests through ctest");
	length = snprintf(command, COMMAND_MAX, "exec %s ", program);
	length += vsnprintf(command + length, (size_t)(COMMAND_MAX - length), arguments, list);
	cr_assert_lt(length, COMMAND_MAX);
	length += snprintf(
	    command + length, (size_t)(COMMAND_MAX - length), " >%s 2>%s </dev/null", out, err);
	cr_assert_lt(length, COMMAND_MAX);
}

/* `talkpath ARGUMENTS`, words parted by blanks; nothing in them may need quoting. */
__attribute__((format(printf, 1, 2))) static inline struct outcome run(const char *arguments, ...)
{
	const char *out = scratch("stdout"), *err = scratch("stderr");
	char command[COMMAND_MAX];
	va_list list;

	va_start(list, arguments);
	command_write(command, arguments, list, out, err);
	va_end(list);
	return (struct outcome){code_of(system(command)), slurp(out), slurp(err)};
}

static inline void outcome_free(struct outcome *outcome)
{
	free(outcome->out);
	free(outcome->err);
}

static inline json_t *parse(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, 0, &error);

	cr_assert_not_null(json, "line %d: %s", error.line, error.text);
	return json;
}

/* The report of `talkpath analyze --format json ARGUMENTS`, which must succeed. */
__attribute__((format(printf, 1, 2))) static inline json_t *report_of(const char *arguments, ...)
{
	char line[6000];
	va_list list;
	struct outcome outcome;
	json_t *json;

	va_start(list, arguments);
	(void)vsnprintf(line, sizeof(line), arguments, list);
	va_end(list);
	outcome = run("analyze --format json %s", line);
	cr_assert_eq(outcome.code, 0, "%s: exit %d: %s", line, outcome.code, outcome.err);
	json = parse(outcome.out);
	outcome_free(&outcome);
	return json;
}

/* Member by a path like "calls.0.streams.1"; NULL where there is none. */
static inline json_t *at(const json_t *json, const char *path)
{
	char copy[256], *rest = copy, *part;
	json_t *here = (json_t *)(size_t)json;

	(void)snprintf(copy, sizeof(copy), "%s", path);
	while (here && (part = strsep(&rest, ".")) != NULL) {
		here = json_is_array(here) ? json_array_get(here, strtoul(part, NULL, 10))
					   : json_object_get(here, part);
	}
	return here;
}

static inline const char *text_at(const json_t *json, const char *path)
{
	const char *text = json_string_value(at(json, path));

	return text ? text : "(none)";
}

static inline double number_at(const json_t *json, const char *path)
{
	json_t *number = at(json, path);

	cr_assert(json_is_number(number), "%s is no number", path);
	return json_number_value(number);
}

static inline size_t length_at(const json_t *json, const char *path)
{
	return json_array_size(at(json, path));
}

#endif
