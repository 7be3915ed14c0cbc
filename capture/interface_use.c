/* SPDX-License-Identifier: Apache-2.0 */
#include "interface_use.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/sockios.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"

struct asking {
	const char *name;
	struct interface_use *use;
	uint32_t master; /* its index; 0: none */
};

static const size_t link_octets = sizeof(struct ifinfomsg);

/* --- attributes --- */

static uint32_t number_of(const struct rtattr *attribute)
{
	uint32_t value = 0;

	if (attribute && RTA_PAYLOAD(attribute) >= sizeof(value)) {
		memcpy(&value, RTA_DATA(attribute), sizeof(value));
	}
	return value;
}

static bool is_text(const struct rtattr *attribute, const char *text)
{
	size_t octets = strlen(text) + 1;

	return attribute && RTA_PAYLOAD(attribute) >= octets &&
	       memcmp(RTA_DATA(attribute), text, octets) == 0;
}

static void name_take(const struct nlmsghdr *link, char name[IF_NAMESIZE])
{
	const struct rtattr *at = netlink_attribute(link, link_octets, IFLA_IFNAME);
	size_t octets = at ? RTA_PAYLOAD(at) : 0;

	if (octets > 0) {
		octets = octets < IF_NAMESIZE ? octets : IF_NAMESIZE;
		memcpy(name, RTA_DATA(at), octets);
		name[octets - 1] = '\0';
	}
}

/* An attribute within another one; NULL: it has none. */
static const struct rtattr *nested_find(const struct rtattr *in, unsigned short type)
{
	const uint8_t *at = in ? RTA_DATA(in) : NULL;
	size_t left = in ? RTA_PAYLOAD(in) : 0;

	while (left >= sizeof(struct rtattr)) {
		const struct rtattr *attribute = (const struct rtattr *)(const void *)at;
		size_t octets = RTA_ALIGN((size_t)attribute->rta_len);

		if (attribute->rta_len < sizeof(*attribute) || attribute->rta_len > left) {
			return NULL;
		}
		if (attribute->rta_type == type) {
			return attribute;
		}
		at += octets;
		left -= octets < left ? octets : left;
	}
	return NULL;
}

static bool has_program(const struct nlmsghdr *link)
{
	const struct rtattr *xdp = netlink_attribute(link, link_octets, IFLA_XDP);
	const struct rtattr *attached = nested_find(xdp, IFLA_XDP_ATTACHED);

	return attached && RTA_PAYLOAD(attached) > 0 &&
	       *(const uint8_t *)RTA_DATA(attached) != XDP_ATTACHED_NONE;
}

/* --- what the messages say --- */

static void own_take(void *context, const struct nlmsghdr *answer)
{
	const struct ifinfomsg *link = NLMSG_DATA(answer);
	struct asking *asking = context;

	if (is_text(netlink_attribute(answer, link_octets, IFLA_IFNAME), asking->name)) {
		asking->use->index = (uint32_t)link->ifi_index;
		asking->use->ethernet = link->ifi_type == ARPHRD_ETHER;
		asking->use->up = (link->ifi_flags & IFF_UP) != 0;
		asking->use->mtu = number_of(netlink_attribute(answer, link_octets, IFLA_MTU));
		asking->use->program = has_program(answer);
		asking->master = number_of(netlink_attribute(answer, link_octets, IFLA_MASTER));
	}
}

/* The other end of a veth names it as well, without lying upon it. */
static bool lies_upon(const struct asking *asking, const struct nlmsghdr *link)
{
	const struct rtattr *info = netlink_attribute(link, link_octets, IFLA_LINKINFO);

	return number_of(netlink_attribute(link, link_octets, IFLA_LINK)) == asking->use->index &&
	       !netlink_attribute(link, link_octets, IFLA_LINK_NETNSID) &&
	       !is_text(nested_find(info, IFLA_INFO_KIND), "veth");
}

static void other_take(void *context, const struct nlmsghdr *answer)
{
	const struct ifinfomsg *link = NLMSG_DATA(answer);
	struct asking *asking = context;
	uint32_t index = (uint32_t)link->ifi_index;

	if (index == asking->use->index) {
		return;
	}
	if (index == asking->master) {
		name_take(answer, asking->use->master);
	}
	if (lies_upon(asking, answer)) {
		name_take(answer, asking->use->upper);
	}
}

static void address_take(void *context, const struct nlmsghdr *answer)
{
	const struct ifaddrmsg *address = NLMSG_DATA(answer);
	struct asking *asking = context;
	bool by_itself = address->ifa_family == AF_INET6 && address->ifa_scope == RT_SCOPE_LINK;

	asking->use->addressed |= address->ifa_index == asking->use->index && !by_itself;
}

/* fe80::/10, ff00::/8 */
static bool is_given_by_itself(const struct nlmsghdr *answer)
{
	const struct rtmsg *route = NLMSG_DATA(answer);
	const struct rtattr *to = netlink_attribute(answer, sizeof(*route), RTA_DST);
	const uint8_t *octets = to ? RTA_DATA(to) : NULL;

	return route->rtm_family == AF_INET6 && to && RTA_PAYLOAD(to) == 16 &&
	       (octets[0] == 0xff || (octets[0] == 0xfe && (octets[1] & 0xc0) == 0x80));
}

/* By several ways at once. */
static bool goes_out_among(const struct rtattr *several, uint32_t index)
{
	const uint8_t *at = several ? RTA_DATA(several) : NULL;
	size_t left = several ? RTA_PAYLOAD(several) : 0;

	while (left >= sizeof(struct rtnexthop)) {
		const struct rtnexthop *hop = (const struct rtnexthop *)(const void *)at;
		size_t octets = NLMSG_ALIGN((size_t)hop->rtnh_len);

		if (hop->rtnh_len < sizeof(*hop) || hop->rtnh_len > left) {
			return false;
		}
		if ((uint32_t)hop->rtnh_ifindex == index) {
			return true;
		}
		at += octets;
		left -= octets < left ? octets : left;
	}
	return false;
}

static void route_take(void *context, const struct nlmsghdr *answer)
{
	const size_t octets = sizeof(struct rtmsg);
	struct asking *asking = context;
	uint32_t index = asking->use->index;

	if ((number_of(netlink_attribute(answer, octets, RTA_OIF)) == index ||
		goes_out_among(netlink_attribute(answer, octets, RTA_MULTIPATH), index)) &&
	    !is_given_by_itself(answer)) {
		asking->use->routed = true;
	}
}

/* --- asking --- */

static void queues_take(const char *name, struct interface_use *use)
{
	struct ethtool_channels channels = {.cmd = ETHTOOL_GCHANNELS};
	struct ifreq request = {.ifr_data = (void *)&channels};
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	use->queues = 1;
	(void)snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (fd >= 0 && ioctl(fd, SIOCETHTOOL, &request) == 0 &&
	    channels.rx_count + channels.combined_count > 0) {
		use->queues = channels.rx_count + channels.combined_count;
	}
	if (fd >= 0) {
		(void)close(fd);
	}
}

static bool all_asked(int fd, struct asking *asking)
{
	return netlink_ask(fd, RTM_GETLINK, 0, own_take, asking) &&
	       (asking->use->index == 0 ||
		   (netlink_ask(fd, RTM_GETLINK, 0, other_take, asking) &&
		       netlink_ask(fd, RTM_GETADDR, 0, address_take, asking) &&
		       netlink_ask(fd, RTM_GETROUTE, 0, route_take, asking)));
}

bool interface_use_read(const char *name, struct interface_use *out, struct source_error *error)
{
	struct asking asking = {.name = name, .use = out};
	int fd = netlink_open();
	bool known;

	*out = (struct interface_use){0};
	known = fd >= 0 && all_asked(fd, &asking);
	if (!known) {
		source_fail(error, "the kernel does not tell what %s is used for: %s", name,
		    strerror(errno));
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	if (known && out->index != 0) {
		queues_take(name, out);
	}
	return known;
}

static void missed_take(void *context, const struct nlmsghdr *answer)
{
	const struct rtattr *attribute = netlink_attribute(answer, link_octets, IFLA_STATS64);
	struct rtnl_link_stats64 stats = {0};
	uint64_t *packets = context;

	/* Older and newer kernels know fewer and more figures. */
	if (attribute) {
		size_t octets = RTA_PAYLOAD(attribute);

		memcpy(
		    &stats, RTA_DATA(attribute), octets < sizeof(stats) ? octets : sizeof(stats));
		*packets = stats.rx_missed_errors;
	}
}

bool interface_missed(int socket, uint32_t ifindex, uint64_t *packets)
{
	*packets = 0;
	return netlink_ask(socket, RTM_GETLINK, ifindex, missed_take, packets);
}

/* --- judging --- */

bool interface_use_refusal(
    const char *name, const struct interface_use *use, char reason[SOURCE_REASON_MAX])
{
	char what[3 * IF_NAMESIZE] = "";

	if (use->master[0]) {
		(void)snprintf(what, sizeof(what), "is a port of %s", use->master);
	} else if (use->upper[0]) {
		(void)snprintf(what, sizeof(what), "carries %s", use->upper);
	} else if (use->addressed) {
		(void)snprintf(what, sizeof(what), "has an address");
	} else if (use->routed) {
		(void)snprintf(what, sizeof(what), "has a route");
	}
	if (!what[0]) {
		return false;
	}
	(void)snprintf(reason, SOURCE_REASON_MAX,
	    "%s %s, and xdp: takes packets away from whoever uses it; capture with pcap:%s, or "
	    "add --mirror-port if nobody needs them",
	    name, what, name);
	return true;
}
