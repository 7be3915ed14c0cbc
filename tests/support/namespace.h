/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network of the test's own: what it does to interfaces there nobody else sees, and it is gone
 * with the test's process.
 */
#ifndef TALKPATH_TEST_NAMESPACE_H
#define TALKPATH_TEST_NAMESPACE_H

#include <arpa/inet.h>
#include <criterion/criterion.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "skip.h"

/* ip(8) and its like. */
__attribute__((format(printf, 1, 2))) static inline void command(const char *format, ...)
{
	char line[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	cr_assert(system(line) == 0, "%s", line);
}

/* The test ends here where it may not have one. */
static inline void namespace_enter(void)
{
	int fd;

	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0) {
		skip_without("no network namespace: run as root");
	}
	/* Interfaces say nothing of their own accord. */
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY);
	if (fd >= 0) {
		(void)!write(fd, "1", 1);
		(void)close(fd);
	}
}

/* Two interfaces and a cable. */
static inline void namespace_cable(const char *one, const char *other)
{
	command("ip link add %s type veth peer name %s", one, other);
	command("ip link set %s up && ip link set %s up", one, other);
}

/* For frames that leave by an interface. */
static inline int frame_socket(const char *interface)
{
	const struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	cr_assert(fd >= 0 && address.sll_ifindex > 0);
	cr_assert(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

#endif
