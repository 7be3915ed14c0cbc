/* SPDX-License-Identifier: Apache-2.0 */
#include "metrics.h"

#include <errno.h>
#include <microhttpd.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "library.h"
#include "metrics_text.h"

enum { BACKLOG = 16, REQUEST_OCTETS_MAX = 16 << 10 };

/* clang-format off */
#define MHD_FUNCTIONS(F) \
	F(MHD_start_daemon) F(MHD_stop_daemon) F(MHD_run) F(MHD_get_daemon_info) \
	F(MHD_create_response_from_buffer) F(MHD_add_response_header) F(MHD_queue_response) \
	F(MHD_destroy_response)
/* clang-format on */

struct mhd_library {
	MHD_FUNCTIONS(LIBRARY_MEMBER)
};

struct metrics {
	struct mhd_library lib;
	struct MHD_Daemon *daemon;
	int fd;
	const struct service_figures *figures; /* while there is work */
};

/* --- the address --- */

static bool port_take(const char *text, char out[METRICS_PORT_MAX])
{
	size_t digits = strspn(text, "0123456789");
	long port = strtol(text, NULL, 10);

	if (digits == 0 || digits > 5 || text[digits] || port < 1 || port > 65535) {
		return false;
	}
	(void)snprintf(out, METRICS_PORT_MAX, "%ld", port);
	return true;
}

bool metrics_address(const char *text, struct metrics_address *out)
{
	const char *colon = strrchr(text, ':');
	size_t length = colon ? (size_t)(colon - text) : 0;
	const char *host = text;

	if (!colon) {
		(void)snprintf(out->host, sizeof(out->host), "127.0.0.1");
		return port_take(text, out->port);
	}
	if (length > 1 && text[0] == '[' && text[length - 1] == ']') {
		host = text + 1;
		length -= 2;
	} else if (memchr(text, ':', length)) {
		return false; /* an IPv6 address without brackets */
	}
	if (length == 0 || length >= sizeof(out->host)) {
		return false;
	}
	(void)snprintf(out->host, sizeof(out->host), "%.*s", (int)length, host);
	return port_take(colon + 1, out->port);
}

static int listen_at(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int yes = 1;

	if (fd < 0) {
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	if (bind(fd, at->ai_addr, at->ai_addrlen) != 0 || listen(fd, BACKLOG) != 0) {
		int reason = errno;

		(void)close(fd);
		errno = reason;
		return -1;
	}
	return fd;
}

static int listener_open(const struct metrics_address *address, char error[METRICS_ERROR_MAX])
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
	struct addrinfo *found = NULL;
	int status = getaddrinfo(address->host, address->port, &hints, &found);
	int fd;

	if (status != 0) {
		(void)snprintf(error, METRICS_ERROR_MAX, "%s", gai_strerror(status));
		return -1;
	}
	fd = listen_at(found);
	if (fd < 0) {
		(void)snprintf(
		    error, METRICS_ERROR_MAX, "%s; give another [HOST:]PORT", strerror(errno));
	}
	freeaddrinfo(found);
	return fd;
}

/* --- answers --- */

static char *metrics_body(const struct service_figures *figures, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);

	if (out) {
		metrics_text(figures, out);
		(void)fclose(out);
	}
	return text;
}

static char *health_body(const struct service_figures *figures, size_t *length, unsigned *status)
{
	char why[SERVICE_WHY_MAX], *text = NULL;
	enum service_health health = service_health(figures, why);
	int written =
	    asprintf(&text, "%s%s%s\n", service_health_name(health), why[0] ? ": " : "", why);

	*length = written > 0 ? (size_t)written : 0;
	*status = health == HEALTH_STALLED ? MHD_HTTP_SERVICE_UNAVAILABLE : MHD_HTTP_OK;
	return written > 0 ? text : NULL;
}

static char *plain_body(const char *words, size_t *length)
{
	*length = strlen(words);
	return strdup(words);
}

static char *body_of(
    const struct metrics *m, const char *path, const char *method, size_t *length, unsigned *status)
{
	*status = MHD_HTTP_OK;
	if (strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0) {
		*status = MHD_HTTP_METHOD_NOT_ALLOWED;
		return plain_body("GET alone is understood\n", length);
	}
	if (strcmp(path, "/metrics") == 0) {
		return metrics_body(m->figures, length);
	}
	if (strcmp(path, "/health") == 0) {
		return health_body(m->figures, length, status);
	}
	*status = MHD_HTTP_NOT_FOUND;
	return plain_body("there are /metrics and /health\n", length);
}

static enum MHD_Result answer(void *context, struct MHD_Connection *connection, const char *path,
    const char *method, const char *version, const char *upload, size_t *upload_size, void **state)
{
	struct metrics *m = context;
	struct MHD_Response *response;
	enum MHD_Result result;
	unsigned status;
	size_t length;
	char *body;

	(void)version;
	(void)upload;
	if (!*state) { /* the headers alone are there */
		*state = m;
		return MHD_YES;
	}
	if (*upload_size > 0) { /* nobody wants it */
		*upload_size = 0;
		return MHD_YES;
	}
	body = body_of(m, path, method, &length, &status);
	response = body
		       ? m->lib.MHD_create_response_from_buffer(length, body, MHD_RESPMEM_MUST_FREE)
		       : NULL;
	if (!response) {
		free(body);
		return MHD_NO;
	}
	(void)m->lib.MHD_add_response_header(
	    response, MHD_HTTP_HEADER_CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
	result = m->lib.MHD_queue_response(connection, status, response);
	m->lib.MHD_destroy_response(response);
	return result;
}

/* --- open and close --- */

static bool daemon_start(struct metrics *m)
{
	/* No thread: it is run by the caller's. */
	m->daemon = m->lib.MHD_start_daemon(MHD_USE_EPOLL, 0, NULL, NULL, answer, m,
	    MHD_OPTION_LISTEN_SOCKET, m->fd, MHD_OPTION_CONNECTION_LIMIT,
	    (unsigned)METRICS_CONNECTIONS, MHD_OPTION_CONNECTION_TIMEOUT,
	    (unsigned)METRICS_PATIENCE_S, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
	    (size_t)REQUEST_OCTETS_MAX, MHD_OPTION_END);
	return m->daemon != NULL;
}

struct metrics *metrics_open(const struct metrics_address *address, char error[METRICS_ERROR_MAX])
{
	struct metrics *m = calloc(1, sizeof(*m));

	if (!m) {
		(void)snprintf(error, METRICS_ERROR_MAX, "out of memory");
		return NULL;
	}
	if (!library_load(&m->lib, TALKPATH_MICROHTTPD_SONAME, MHD_FUNCTIONS(LIBRARY_NAME) "")) {
		(void)snprintf(error, METRICS_ERROR_MAX,
		    "there is no " TALKPATH_MICROHTTPD_SONAME
		    "; install it: apt-get install libmicrohttpd12");
		free(m);
		return NULL;
	}
	m->fd = listener_open(address, error);
	if (m->fd >= 0 && !daemon_start(m)) {
		(void)snprintf(error, METRICS_ERROR_MAX, "libmicrohttpd did not start");
		(void)close(m->fd);
		m->fd = -1;
	}
	if (m->fd < 0) {
		free(m);
		return NULL;
	}
	return m;
}

int metrics_fd(const struct metrics *m)
{
	const union MHD_DaemonInfo *info =
	    m->lib.MHD_get_daemon_info(m->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info ? info->epoll_fd : -1;
}

void metrics_work(struct metrics *m, const struct service_figures *figures)
{
	m->figures = figures;
	(void)m->lib.MHD_run(m->daemon);
	m->figures = NULL;
}

void metrics_close(struct metrics *m)
{
	if (m) {
		m->lib.MHD_stop_daemon(m->daemon); /* closes the listener, too */
		free(m);
	}
}
