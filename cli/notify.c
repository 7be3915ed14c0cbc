/* SPDX-License-Identifier: Apache-2.0 */
#include "notify.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

/* A path, or "@" and a name in the abstract space of unix(7). */
static socklen_t address_fill(struct sockaddr_un *address, const char *name)
{
	size_t length = strlen(name);

	if (length < 2 || length >= sizeof(address->sun_path) || (*name != '/' && *name != '@')) {
		return 0;
	}
	*address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(address->sun_path, name, length);
	if (*name == '@') {
		address->sun_path[0] = '\0';
	}
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
}

static uint64_t watchdog_of(const char *text)
{
	return text ? strtoull(text, NULL, 10) : 0;
}

void notify_open(struct notify *notify)
{
	const char *name = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address;
	socklen_t length = name ? address_fill(&address, name) : 0;

	*notify = (struct notify){.fd = -1};
	if (length == 0) {
		return;
	}
	notify->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (notify->fd >= 0 &&
	    connect(notify->fd, (const struct sockaddr *)&address, length) != 0) {
		notify_close(notify);
	}
	notify->watchdog_us = notify->fd >= 0 ? watchdog_of(getenv("WATCHDOG_USEC")) : 0;
}

void notify_close(struct notify *notify)
{
	if (notify->fd >= 0) {
		(void)close(notify->fd);
	}
	notify->fd = -1;
}

void notify_send(const struct notify *notify, const char *lines)
{
	if (notify->fd >= 0) {
		(void)send(notify->fd, lines, strlen(lines), MSG_NOSIGNAL);
	}
}
