/* SPDX-License-Identifier: Apache-2.0 */
#include "netlink.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ANSWER_OCTETS = 32 << 10 }; /* as much as the kernel sends at once */

/* A question's header is that of what is asked for; no other is longer. */
struct question {
	struct nlmsghdr header;
	struct ifinfomsg about;
};

int netlink_open(void)
{
	return socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
}

/* Further answers follow. */
static bool answers_visit(
    const uint8_t *octets, size_t left, netlink_visit *visit, void *context, bool *failed)
{
	bool more = false;

	while (left >= sizeof(struct nlmsghdr)) {
		const struct nlmsghdr *answer = (const struct nlmsghdr *)(const void *)octets;
		size_t whole = NLMSG_ALIGN(answer->nlmsg_len);

		if (answer->nlmsg_len < sizeof(*answer) || answer->nlmsg_len > left ||
		    answer->nlmsg_type == NLMSG_DONE) {
			return false;
		}
		if (answer->nlmsg_type == NLMSG_ERROR) {
			*failed = true;
			return false;
		}
		visit(context, answer);
		more = answer->nlmsg_flags & NLM_F_MULTI;
		octets += whole;
		left = whole < left ? left - whole : 0;
	}
	return more;
}

bool netlink_exchange(int fd, const struct nlmsghdr *question, netlink_visit *visit, void *context)
{
	_Alignas(struct nlmsghdr) uint8_t octets[ANSWER_OCTETS];
	bool more, failed = false;

	if (send(fd, question, question->nlmsg_len, 0) != (ssize_t)question->nlmsg_len) {
		return false;
	}
	do {
		/* The kernel has answered before send() returned. */
		ssize_t got = recv(fd, octets, sizeof(octets), MSG_DONTWAIT);

		failed = got <= 0;
		more = !failed && answers_visit(octets, (size_t)got, visit, context, &failed);
	} while (more);
	return !failed;
}

bool netlink_ask(int fd, uint16_t type, uint32_t ifindex, netlink_visit *visit, void *context)
{
	const struct question question = {
	    .header = {.nlmsg_len = sizeof(question),
		.nlmsg_type = type,
		.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | (ifindex ? 0 : NLM_F_DUMP))},
	    .about = {.ifi_index = (int)ifindex},
	};

	return netlink_exchange(fd, &question.header, visit, context);
}

const struct rtattr *netlink_attribute(
    const struct nlmsghdr *answer, size_t header_octets, uint16_t type)
{
	size_t at = NLMSG_ALIGN(NLMSG_HDRLEN + header_octets);
	const uint8_t *octets = (const uint8_t *)answer;

	while (at + sizeof(struct rtattr) <= answer->nlmsg_len) {
		const struct rtattr *attribute = (const struct rtattr *)(const void *)(octets + at);

		if (attribute->rta_len < sizeof(*attribute) ||
		    attribute->rta_len > answer->nlmsg_len - at) {
			return NULL;
		}
		if (attribute->rta_type == type) {
			return attribute;
		}
		at += RTA_ALIGN(attribute->rta_len);
	}
	return NULL;
}

/*
 * Packets that the adapter had no room for, and those that the driver or the kernel let go before
 * they came to a socket.
 */
static void drops_add(void *context, const struct nlmsghdr *answer)
{
	const struct rtattr *attribute =
	    netlink_attribute(answer, sizeof(struct ifinfomsg), IFLA_STATS64);
	struct rtnl_link_stats64 stats = {0};
	uint64_t *drops = context;

	/* Older and newer kernels know fewer and more figures. */
	if (attribute) {
		size_t octets = RTA_PAYLOAD(attribute);

		memcpy(
		    &stats, RTA_DATA(attribute), octets < sizeof(stats) ? octets : sizeof(stats));
		*drops += stats.rx_dropped + stats.rx_missed_errors;
	}
}

bool netlink_drops(int fd, uint32_t ifindex, uint64_t *drops)
{
	*drops = 0;
	return netlink_ask(fd, RTM_GETLINK, ifindex, drops_add, drops);
}
