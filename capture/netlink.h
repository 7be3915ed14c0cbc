/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions to the kernel about its interfaces (rtnetlink(7)).
 *
 * Data in:   a kind of question, RTM_GET..., about one interface or all.
 * Data out:  the kernel's answers, each to a visitor; the kernel is trusted, and its lengths are
 *            checked all the same.
 * Threading: one question at a time on a socket. Needs no privileges.
 */
#ifndef TALKPATH_NETLINK_H
#define TALKPATH_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A socket for questions about interfaces; -1 where there is none. */
int netlink_open(void);

typedef void netlink_visit(void *context, const struct nlmsghdr *answer);

/* ifindex: 0: all; only RTM_GETLINK knows of one. False where the kernel refuses. */
bool netlink_ask(int fd, uint16_t type, uint32_t ifindex, netlink_visit *visit, void *context);

/* The same of any other question, complete with its header, on a netlink socket of its kind. */
bool netlink_exchange(int fd, const struct nlmsghdr *question, netlink_visit *visit, void *context);

/* An attribute behind the answer's own header of so many octets; NULL: it has none. */
const struct rtattr *netlink_attribute(
    const struct nlmsghdr *answer, size_t header_octets, uint16_t type);

/* What an interface, or all (0), dropped before any socket saw it; false where unknown. */
bool netlink_drops(int fd, uint32_t ifindex, uint64_t *drops);

#endif
