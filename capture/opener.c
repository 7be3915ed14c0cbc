/* SPDX-License-Identifier: Apache-2.0 */
#include "opener.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live_kinds.h"

/* Room for the descriptors beside a message, aligned as their header. */
union fd_room {
	struct cmsghdr header;
	char octets[CMSG_SPACE(sizeof(int) * LIVE_FDS_MAX)];
};

/* What the reader sends: that it asks is all there is to tell. */
static const uint8_t question = 1;

void opener_drop(const struct live_opened *opened, const int fds[LIVE_FDS_MAX])
{
	for (uint32_t i = 0; i < opened->fd_count; i++) {
		(void)close(fds[i]);
	}
}

/* --- the opener's end --- */

/* fds: NULL where there are none. */
static void tell(int channel, struct live_opened *opened, const int fds[LIVE_FDS_MAX])
{
	union fd_room room = {0};
	size_t octets = sizeof(int) * opened->fd_count;
	struct iovec part = {opened, sizeof(*opened)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fds && opened->fd_count > 0) {
		message.msg_control = room.octets;
		message.msg_controllen = CMSG_SPACE(octets);
		room.header = (struct cmsghdr){
		    .cmsg_len = CMSG_LEN(octets),
		    .cmsg_level = SOL_SOCKET,
		    .cmsg_type = SCM_RIGHTS,
		};
		memcpy(CMSG_DATA(&room.header), fds, octets);
	}
	/* A reader that takes nothing does not keep the opener from other work. */
	(void)sendmsg(channel, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

/* Open it, and tell what came of it. */
static void open_and_tell(int channel, const struct live_spec *spec)
{
	struct live_opened opened = {0};
	int fds[LIVE_FDS_MAX];

	if (!live_kind_of(spec)->open(spec, &opened, fds)) {
		opened.ok = false;
		opened.fd_count = 0;
	}
	tell(channel, &opened, fds);
	opener_drop(&opened, fds);
}

void opener_offer(int channel, const struct live_spec *spec)
{
	struct live_opened opened;

	switch (live_kind_of(spec)->again) {
	case LIVE_AGAIN_BESIDE:
		open_and_tell(channel, spec);
		break;
	case LIVE_AGAIN_AFTER:
		(void)live_refuse_now(&opened, "it is opened anew");
		tell(channel, &opened, NULL);
		break;
	case LIVE_AGAIN_NEVER:
		break;
	}
}

bool opener_answer(int channel, const struct live_spec *spec)
{
	uint8_t asked;
	ssize_t got = recv(channel, &asked, sizeof(asked), MSG_DONTWAIT);

	if (got > 0) {
		open_and_tell(channel, spec);
		return true;
	}
	return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/* --- the reader's end --- */

bool opener_ask(int channel)
{
	return send(channel, &question, sizeof(question), MSG_DONTWAIT | MSG_NOSIGNAL) > 0;
}

/* The descriptors beside a message; how many. */
static uint32_t fds_take(struct msghdr *message, int fds[LIVE_FDS_MAX])
{
	const struct cmsghdr *header = CMSG_FIRSTHDR(message);
	size_t octets;

	if (!header || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
		return 0;
	}
	octets = header->cmsg_len - CMSG_LEN(0);
	memcpy(fds, CMSG_DATA(header), octets);
	return (uint32_t)(octets / sizeof(int));
}

enum opener_news opener_take(
    int channel, int timeout_ms, struct live_opened *opened, int fds[LIVE_FDS_MAX])
{
	struct pollfd ready = {.fd = channel, .events = POLLIN};
	union fd_room room;
	struct iovec part = {opened, sizeof(*opened)};
	struct msghdr message = {
	    .msg_iov = &part,
	    .msg_iovlen = 1,
	    .msg_control = room.octets,
	    .msg_controllen = sizeof(room.octets),
	};
	uint32_t told;
	ssize_t got;

	if (timeout_ms != 0) {
		(void)poll(&ready, 1, timeout_ms);
	}
	got = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	if (got < 0) {
		return errno == EAGAIN || errno == EINTR ? OPENER_SILENT : OPENER_GONE;
	}
	if (got != (ssize_t)sizeof(*opened)) {
		return OPENER_GONE;
	}
	told = opened->fd_count;
	opened->fd_count = fds_take(&message, fds);
	if (opened->fd_count != told) {
		/* The limit on open files: see `ulimit -n`. */
		opener_drop(opened, fds);
		(void)live_refuse_now(
		    opened, "too many open files; raise the limit: ulimit -n 1024");
	}
	return OPENER_TOLD;
}
