/* SPDX-License-Identifier: Apache-2.0 */
#include "interfaces.h"

#include <linux/capability.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { MODE_MASKS_OCTETS = 3 * INT8_MAX * 4 }; /* three masks, of words of four octets */

/* --- interfaces --- */

static struct ifreq request_of(const struct interface_facts *facts)
{
	struct ifreq request = {0};

	(void)snprintf(
	    request.ifr_name, sizeof(request.ifr_name), "%.*s", IFNAMSIZ - 1, facts->name);
	return request;
}

static void state_take(int fd, struct interface_facts *facts)
{
	struct ifreq request = request_of(facts);

	if (ioctl(fd, SIOCGIFFLAGS, &request) == 0) {
		facts->carrier = (request.ifr_flags & IFF_RUNNING) != 0;
	}
	if (ioctl(fd, SIOCGIFHWADDR, &request) == 0) {
		facts->ethernet = request.ifr_hwaddr.sa_family == ARPHRD_ETHER;
	}
}

static void driver_take(int fd, struct interface_facts *facts)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	struct ifreq request = request_of(facts);

	request.ifr_data = (void *)&info;
	if (ioctl(fd, SIOCETHTOOL, &request) == 0) {
		(void)snprintf(facts->driver, sizeof(facts->driver), "%s", info.driver);
		(void)snprintf(facts->bus, sizeof(facts->bus), "%s", info.bus_info);
	}
}

/* The kernel first tells how long its masks of modes are, and wants to hear it. */
static void speed_take(int fd, struct interface_facts *facts)
{
	_Alignas(struct ethtool_link_settings)
	    uint8_t octets[sizeof(struct ethtool_link_settings) + MODE_MASKS_OCTETS] = {0};
	struct ethtool_link_settings *link = (void *)octets;
	struct ifreq request = request_of(facts);

	request.ifr_data = (void *)link;
	link->cmd = ETHTOOL_GLINKSETTINGS;
	if (ioctl(fd, SIOCETHTOOL, &request) != 0 || link->link_mode_masks_nwords >= 0) {
		return;
	}
	link->link_mode_masks_nwords = (int8_t)-link->link_mode_masks_nwords;
	link->cmd = ETHTOOL_GLINKSETTINGS;
	if (ioctl(fd, SIOCETHTOOL, &request) == 0 && link->speed != (uint32_t)SPEED_UNKNOWN) {
		facts->speed_mbps = link->speed;
	}
}

static bool facts_read(int fd, const char *name, struct interface_facts *facts)
{
	struct source_error error;

	*facts = (struct interface_facts){0};
	(void)snprintf(facts->name, sizeof(facts->name), "%s", name);
	if (!interface_use_read(name, &facts->use, &error) || facts->use.index == 0) {
		return false;
	}
	state_take(fd, facts);
	driver_take(fd, facts);
	speed_take(fd, facts);
	adapter_clock_look(fd, name, &facts->clock);
	xdp_features_read(facts->use.index, &facts->xdp);
	return true;
}

unsigned interfaces_read(struct interface_facts out[INTERFACES_MAX])
{
	struct if_nameindex *names = if_nameindex();
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	unsigned count = 0;

	for (unsigned i = 0; names && names[i].if_index && count < INTERFACES_MAX; i++) {
		count += facts_read(fd, names[i].if_name, &out[count]);
	}
	if (fd >= 0) {
		(void)close(fd);
	}
	if (names) {
		if_freenameindex(names);
	}
	return count;
}

/* --- means --- */

static bool is_capable(unsigned capability)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct sets[_LINUX_CAPABILITY_U32S_3] = {0};

	return syscall(SYS_capget, &header, sets) == 0 &&
	       (sets[capability / 32].effective >> capability % 32 & 1) != 0;
}

static bool has_huge_pages(void)
{
	FILE *file = fopen("/proc/sys/vm/nr_hugepages", "re");
	int first = file ? fgetc(file) : EOF;

	if (file) {
		(void)fclose(file);
	}
	return first > '0' && first <= '9';
}

struct interface_means interface_means_read(void)
{
	bool all = is_capable(CAP_SYS_ADMIN);

	return (struct interface_means){
	    .may_packet = is_capable(CAP_NET_RAW),
	    .may_xdp = is_capable(CAP_NET_RAW) && is_capable(CAP_NET_ADMIN) &&
		       (all || is_capable(CAP_BPF)),
	    .huge_pages = has_huge_pages(),
	    .has_xdp = TALKPATH_HAS_XDP,
	    .has_dpdk = TALKPATH_HAS_DPDK,
	};
}
