/* SPDX-License-Identifier: Apache-2.0 */
#include "status_socket.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "json_put.h"
#include "status_json.h"
#include "status_table.h"

enum { REQUEST_MAX = 64, BACKLOG = 8, WIDTH_MIN = 40, WIDTH_MAX = 400, ANSWER_MAX = 1 << 20 };

static int fail(char error[STATUS_ERROR_MAX], const char *what, const char *advice)
{
	(void)snprintf(
	    error, STATUS_ERROR_MAX, "%s%s%s", what, advice ? "; " : "", advice ? advice : "");
	return -1;
}

static bool address_fill(struct sockaddr_un *address, const char *path)
{
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof(address->sun_path)) {
		return false;
	}
	(void)snprintf(address->sun_path, sizeof(address->sun_path), "%s", path);
	return true;
}

static int stream_socket(void)
{
	return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int connect_to(const struct sockaddr_un *address)
{
	int fd = stream_socket();

	if (fd >= 0 && connect(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		int reason = errno;

		(void)close(fd);
		errno = reason;
		return -1;
	}
	return fd;
}

/* --- the capture's side --- */

/* Nobody answers there any more. */
static bool is_stale(const struct sockaddr_un *address)
{
	struct stat found;
	int fd;

	if (lstat(address->sun_path, &found) != 0 || !S_ISSOCK(found.st_mode)) {
		return false;
	}
	fd = connect_to(address);
	if (fd >= 0) {
		(void)close(fd);
	}
	return fd < 0 && errno == ECONNREFUSED;
}

void status_socket_sweep(const char *path)
{
	struct sockaddr_un address;

	if (address_fill(&address, path) && is_stale(&address)) {
		(void)unlink(path);
	}
}

int status_socket_open(const char *path, char error[STATUS_ERROR_MAX])
{
	struct sockaddr_un address;
	mode_t mask;
	int fd, status;

	if (!address_fill(&address, path)) {
		return fail(error, "the path is too long for a socket", "give a shorter --control");
	}
	status_socket_sweep(path);
	fd = stream_socket();
	/* Who was on the telephone with whom is nobody else's business. */
	mask = umask(0177);
	status = fd >= 0 ? bind(fd, (const struct sockaddr *)&address, sizeof(address)) : -1;
	(void)umask(mask);
	if (status == 0 && listen(fd, BACKLOG) == 0) {
		return fd;
	}
	(void)fail(error, strerror(errno),
	    errno == EADDRINUSE ? "another capture answers there; give this one its own --control"
				: "give another --control PATH, or --control none");
	if (fd >= 0) {
		(void)close(fd);
	}
	return -1;
}

static bool request_read(int fd, char request[REQUEST_MAX])
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	ssize_t length = poll(&ready, 1, STATUS_PATIENCE_MS) == 1
			     ? recv(fd, request, REQUEST_MAX - 1, MSG_DONTWAIT)
			     : -1;

	if (length <= 0) {
		return false;
	}
	request[length] = '\0';
	request[strcspn(request, "\r\n")] = '\0';
	return true;
}

static char *table_text(const struct service_figures *figures, const char *request, size_t *length)
{
	struct term term = {.colour = strstr(request, " colour") != NULL};
	unsigned long width = strtoul(request, NULL, 10);
	char *text = NULL;

	term.width = (unsigned)(width < WIDTH_MIN   ? WIDTH_MIN
				: width > WIDTH_MAX ? WIDTH_MAX
						    : width);
	term.out = open_memstream(&text, length);
	if (term.out) {
		status_table(figures, &term);
		(void)fclose(term.out);
	}
	return text;
}

static char *json_text(const struct service_figures *figures, size_t *length)
{
	struct json json;
	char *text = NULL;

	if (json_new(&json)) {
		status_json(&json, figures);
		text = json_take(&json);
	}
	*length = text ? strlen(text) : 0;
	return text;
}

void status_socket_answer(int listener, const struct service_figures *figures)
{
	int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	char request[REQUEST_MAX];
	char *text = NULL;
	size_t length = 0;

	if (fd < 0) {
		return;
	}
	if (request_read(fd, request)) {
		text = strncmp(request, "text ", 5) == 0 ? table_text(figures, request + 5, &length)
							 : json_text(figures, &length);
	}
	/* A socket that nothing was sent through has room for all of it: nobody is waited for. */
	if (text) {
		(void)send(fd, text, length, MSG_DONTWAIT | MSG_NOSIGNAL);
	}
	free(text);
	(void)close(fd);
}

/* --- the other side --- */

static char *answer_read(int fd, size_t *length)
{
	char *text = malloc(ANSWER_MAX);
	ssize_t got = 0;

	*length = 0;
	while (text && *length < ANSWER_MAX &&
	       (got = recv(fd, text + *length, ANSWER_MAX - *length, 0)) > 0) {
		*length += (size_t)got;
	}
	if (got < 0 || *length == 0) {
		free(text);
		return NULL;
	}
	return text;
}

char *status_socket_ask(
    const char *path, const char *request, size_t *length, char error[STATUS_ERROR_MAX])
{
	struct sockaddr_un address;
	char *answer = NULL;
	int fd = -1;

	*length = 0;
	if (!address_fill(&address, path)) {
		(void)fail(error, "the path is too long for a socket", NULL);
		return NULL;
	}
	fd = connect_to(&address);
	if (fd < 0) {
		(void)fail(error, strerror(errno),
		    errno == EACCES
			? "ask as the user who started the capture, such as root"
			: "no capture answers there; --control PATH names another socket");
		return NULL;
	}
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) > 0) {
		answer = answer_read(fd, length);
	}
	if (!answer) {
		(void)fail(error, "the capture gave no answer", NULL);
	}
	(void)close(fd);
	return answer;
}
