/* SPDX-License-Identifier: Apache-2.0 */
#include "status.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "status_socket.h"
#include "term.h"

const char *status_path(const struct options *o, char out[STATUS_PATH_MAX])
{
	const char *own = getenv("XDG_RUNTIME_DIR");

	if (o->control) {
		return strcmp(o->control, "none") != 0 ? o->control : NULL;
	}
	if (geteuid() != 0 && own && *own) {
		(void)snprintf(out, STATUS_PATH_MAX, "%s/talkpath.sock", own);
	} else {
		(void)snprintf(out, STATUS_PATH_MAX, "/run/talkpath.sock");
	}
	return out;
}

static void request_make(const struct options *o, bool watch, char out[64])
{
	struct term term;

	term_init(&term, stdout);
	if (o->format == FORMAT_JSON) {
		(void)snprintf(out, 64, "json\n");
	} else {
		(void)snprintf(
		    out, 64, "text %u%s\n", term.width, watch && term.colour ? " colour" : "");
	}
}

/* False where nobody answered, and why has been said. */
static bool show_once(const char *path, const char *request, bool watch, bool *answered)
{
	char error[STATUS_ERROR_MAX];
	size_t length;
	char *text = status_socket_ask(path, request, &length, error);

	if (!text) {
		struct term term;

		term_init(&term, stderr);
		(void)fputs("talkpath: ", stderr);
		term_put_foreign(&term, path);
		(void)fprintf(stderr, ": %s\n", *answered ? "the capture has ended" : error);
		return false;
	}
	*answered = true;
	if (watch) {
		(void)fputs("\033[H\033[J", stdout);
	}
	(void)fwrite(text, 1, length, stdout);
	if (text[length - 1] != '\n') {
		(void)fputc('\n', stdout);
	}
	free(text);
	return true;
}

enum exit_code status_show(const struct options *o)
{
	char usual[STATUS_PATH_MAX], request[64];
	const char *path = status_path(o, usual);
	bool watch = o->format != FORMAT_JSON && isatty(STDOUT_FILENO);
	bool answered = false, shown;

	if (!path || (o->format != FORMAT_JSON && o->format != FORMAT_TEXT)) {
		(void)fputs("talkpath: --status needs a socket, and shows text or json\n", stderr);
		return EXIT_USAGE;
	}
	do {
		request_make(o, watch, request);
		shown = show_once(path, request, watch, &answered);
		if (fflush(stdout) != 0) {
			(void)fprintf(stderr, "talkpath: standard output: %s\n", strerror(errno));
			return EXIT_UNWRITTEN;
		}
	} while (watch && shown && sleep(1) == 0);
	return answered ? EXIT_ANALYSED : EXIT_UNREADABLE;
}
