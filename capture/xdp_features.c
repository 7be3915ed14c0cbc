/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_features.h"

#include <linux/genetlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

/* linux/netdev.h, which older systems lack */
enum {
	NETDEV_DEV_GET = 1,
	NETDEV_IFINDEX = 1,
	NETDEV_XDP_FEATURES = 3,
	XDP_BASIC = 1 << 0,
	XDP_REDIRECT_OUT = 1 << 1,
	XDP_ZERO_COPY = 1 << 3
};

enum { ATTRIBUTE_MAX = 16 }; /* octets of the one that a question has */

struct question {
	struct nlmsghdr header;
	struct genlmsghdr about;
	struct rtattr attribute;
	uint8_t value[ATTRIBUTE_MAX];
};

static struct question question_make(
    uint16_t family, uint8_t command, uint16_t type, const void *value, size_t octets)
{
	struct question question = {
	    .header = {.nlmsg_type = family, .nlmsg_flags = NLM_F_REQUEST},
	    .about = {.cmd = command, .version = 1},
	    .attribute = {.rta_len = (uint16_t)RTA_LENGTH(octets), .rta_type = type},
	};

	question.header.nlmsg_len = (uint32_t)NLMSG_LENGTH(GENL_HDRLEN + RTA_SPACE(octets));
	memcpy(question.value, value, octets);
	return question;
}

static void value_take(const struct nlmsghdr *answer, uint16_t type, void *out, size_t octets)
{
	const struct rtattr *attribute = netlink_attribute(answer, GENL_HDRLEN, type);

	if (attribute && RTA_PAYLOAD(attribute) == octets) {
		memcpy(out, RTA_DATA(attribute), octets);
	}
}

static void family_take(void *family, const struct nlmsghdr *answer)
{
	value_take(answer, CTRL_ATTR_FAMILY_ID, family, sizeof(uint16_t));
}

static void features_take(void *features, const struct nlmsghdr *answer)
{
	value_take(answer, NETDEV_XDP_FEATURES, features, sizeof(uint64_t));
}

void xdp_features_read(uint32_t ifindex, struct xdp_features *out)
{
	struct question question = question_make(
	    GENL_ID_CTRL, CTRL_CMD_GETFAMILY, CTRL_ATTR_FAMILY_NAME, "netdev", sizeof("netdev"));
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	uint64_t features = 0;
	uint16_t family = 0;

	*out = (struct xdp_features){0};
	if (fd < 0) {
		return;
	}
	if (netlink_exchange(fd, &question.header, family_take, &family) && family) {
		question = question_make(
		    family, NETDEV_DEV_GET, NETDEV_IFINDEX, &ifindex, sizeof(ifindex));
		out->known = netlink_exchange(fd, &question.header, features_take, &features);
	}
	(void)close(fd);
	out->native = (features & XDP_BASIC) && (features & XDP_REDIRECT_OUT);
	out->zero_copy = out->native && (features & XDP_ZERO_COPY);
}
