/* SPDX-License-Identifier: Apache-2.0 */
/* The privileged half of pcap: a packet socket, bound to its interface. */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "live_kinds.h"

enum { BUFFER_OCTETS = 32 << 20, LINK_ETHERNET = 1 };

static bool is_up(int fd, const char *interface)
{
	struct ifreq request = {0};

	memcpy(request.ifr_name, interface, strnlen(interface, IFNAMSIZ - 1));
	return ioctl(fd, SIOCGIFFLAGS, &request) == 0 && (request.ifr_flags & IFF_UP);
}

static bool settings_make(int fd, const struct live_spec *spec, unsigned ifindex)
{
	int buffer = spec->buffer_octets ? (int)spec->buffer_octets : BUFFER_OCTETS, on = 1;
	struct packet_mreq promiscuous = {.mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC};
	struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)ifindex,
	};

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
	(void)setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &promiscuous, sizeof(promiscuous));
	return setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on)) == 0 &&
	       bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
}

bool packet_open(const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])
{
	unsigned ifindex = if_nametoindex(spec->interface);
	int fd;

	if (ifindex == 0) {
		return live_refuse_now(out, "there is no such interface; see `ip link`");
	}
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0) {
		return live_refuse(out,
		    "not permitted; run as root, or give the program CAP_NET_RAW: "
		    "setcap cap_net_raw+ep talkpath");
	}
	if (!is_up(fd, spec->interface)) {
		(void)close(fd);
		return live_refuse_now(
		    out, "the interface is down; bring it up: ip link set %s up", spec->interface);
	}
	if (!settings_make(fd, spec, ifindex)) {
		(void)live_refuse(out, "%s", strerror(errno));
		(void)close(fd);
		return false;
	}
	*out = (struct live_opened){
	    .ok = true,
	    .fd_count = 1,
	    .link = LINK_ETHERNET,
	    .stamp = LIVE_STAMP_KERNEL,
	    .snap_length = 65535,
	    .ifindex = ifindex,
	};
	fds[0] = fd;
	return true;
}
