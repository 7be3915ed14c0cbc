/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/net_tstamp.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "adapter_clock.h"
#include "netlink.h"
#include "packet_filter.h"
#include "packet_socket.h"

enum { FRAME_OCTETS = 2048 }; /* TPACKET_V3 wants to hear of frames, and has none */

/* Types of interfaces that older headers lack. */
enum { HARDWARE_RAW_IP = 519 };

static bool is_any(const struct live_spec *spec)
{
	return strcmp(spec->interface, "any") == 0;
}

/* --- what the interface is --- */

static uint16_t link_of(unsigned short hardware)
{
	switch (hardware) {
	case ARPHRD_ETHER:
	case ARPHRD_LOOPBACK:
		return PACKET_LINK_ETHERNET;
	case ARPHRD_NONE:
	case HARDWARE_RAW_IP:
	case ARPHRD_TUNNEL:
	case ARPHRD_TUNNEL6:
	case ARPHRD_SIT:
		return PACKET_LINK_RAW;
	default:
		return PACKET_LINK_COOKED;
	}
}

static bool interface_look(int fd, const struct live_spec *spec, struct live_opened *out)
{
	struct ifreq ifr = {0};

	out->link = PACKET_LINK_COOKED;
	if (is_any(spec)) {
		return true;
	}
	if (strlen(spec->interface) >= sizeof(ifr.ifr_name)) {
		return live_refuse(out, "no interface has so long a name");
	}
	(void)strncpy(ifr.ifr_name, spec->interface, sizeof(ifr.ifr_name) - 1);
	if (ioctl(fd, SIOCGIFINDEX, &ifr) != 0) {
		return live_refuse_now(
		    out, "there is no such interface; see `talkpath capture --list`");
	}
	out->ifindex = (uint32_t)ifr.ifr_ifindex;
	if (ioctl(fd, SIOCGIFFLAGS, &ifr) != 0 || !(ifr.ifr_flags & IFF_UP)) {
		return live_refuse_now(
		    out, "the interface is down; bring it up: ip link set %s up", spec->interface);
	}
	if (ioctl(fd, SIOCGIFHWADDR, &ifr) == 0) {
		out->link = link_of(ifr.ifr_hwaddr.sa_family);
	}
	return true;
}

/* --- the socket --- */

static int socket_open(int type, struct live_opened *out)
{
	/* Without a protocol nothing arrives before it is bound. */
	int fd = socket(AF_PACKET, type | SOCK_CLOEXEC, 0);

	if (fd < 0 && (errno == EPERM || errno == EACCES)) {
		(void)live_refuse(out,
		    "not permitted; run as root, or give the program CAP_NET_RAW: "
		    "setcap cap_net_raw+ep talkpath");
	} else if (fd < 0) {
		(void)live_refuse(out, "the kernel gives no packet socket: %s", strerror(errno));
	}
	return fd;
}

static void stamps_choose(int fd, const struct live_spec *spec, struct live_opened *out)
{
	const int from_adapter = SOF_TIMESTAMPING_RAW_HARDWARE;
	struct adapter_clock clock;

	out->stamp = LIVE_STAMP_KERNEL;
	if (is_any(spec)) {
		return;
	}
	out->stamp_error_ns = adapter_delay_ns(fd, spec->interface);
	adapter_clock_look(fd, spec->interface, &clock);
	if (clock.stamps == ADAPTER_STAMPS_GOOD && adapter_clock_use(fd, spec->interface, &clock) &&
	    setsockopt(fd, SOL_PACKET, PACKET_TIMESTAMP, &from_adapter, sizeof(from_adapter)) ==
		0) {
		out->stamp = LIVE_STAMP_ADAPTER;
		out->stamp_error_ns = ADAPTER_APART_NS;
	}
}

/* As large as the kernel gives it. */
static bool ring_make(int fd, const struct live_spec *spec, struct live_opened *out)
{
	uint32_t wanted = spec->buffer_octets ? spec->buffer_octets : PACKET_BUFFER_USUAL;
	uint32_t blocks = wanted / PACKET_BLOCK_OCTETS;
	struct tpacket_req3 request = {
	    .tp_block_size = PACKET_BLOCK_OCTETS,
	    .tp_frame_size = FRAME_OCTETS,
	    .tp_retire_blk_tov = PACKET_RETIRE_MS,
	};

	if (blocks < PACKET_BLOCKS_MIN) {
		blocks = PACKET_BLOCKS_MIN;
	}
	for (; blocks >= PACKET_BLOCKS_MIN; blocks /= 2) {
		request.tp_block_nr = blocks;
		request.tp_frame_nr = blocks * (PACKET_BLOCK_OCTETS / FRAME_OCTETS);
		if (setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &request, sizeof(request)) == 0) {
			out->packet.block_octets = PACKET_BLOCK_OCTETS;
			out->packet.blocks = blocks;
			return true;
		}
		if (errno != ENOMEM) {
			break;
		}
	}
	return live_refuse_now(
	    out, "no memory for the kernel's buffer: %s; give it less: --buffer", strerror(errno));
}

static bool ring_open(int fd, const struct live_spec *spec, struct live_opened *out)
{
	const int version = TPACKET_V3, on = 1;
	/* In front of a packet there is room for what is put back. */
	const int reserve =
	    PACKET_VLAN_TAG + (out->link == PACKET_LINK_COOKED ? PACKET_COOKED_HEADER : 0);

	if (setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_RESERVE, &reserve, sizeof(reserve)) != 0) {
		return live_refuse(out, "the kernel has no TPACKET_V3: %s", strerror(errno));
	}
	if (out->ifindex == PACKET_LOOPBACK_INDEX) {
		/* What is sent there comes again as what is received. */
		(void)setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on));
	}
	stamps_choose(fd, spec, out);
	return ring_make(fd, spec, out);
}

static bool filter_set(int fd, const struct live_spec *spec, struct live_opened *out)
{
	const char *interface = out->link == PACKET_LINK_ETHERNET ? spec->interface : NULL;
	struct source_error error;

	return !spec->text[0] || packet_filter_attach(fd, spec->text, interface, &error) ||
	       live_refuse(out, "%s", error.reason);
}

/* From now on packets arrive: also those for other hosts. */
static bool interface_join(int fd, const struct live_spec *spec, struct live_opened *out)
{
	const struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_ALL),
	    .sll_ifindex = (int)out->ifindex,
	};
	const struct packet_mreq all = {
	    .mr_ifindex = (int)out->ifindex, .mr_type = PACKET_MR_PROMISC};

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		return live_refuse_now(out, "%s: %s", spec->interface, strerror(errno));
	}
	return is_any(spec) ||
	       setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &all, sizeof(all)) == 0 ||
	       live_refuse_now(
		   out, "%s cannot be made promiscuous: %s", spec->interface, strerror(errno));
}

bool packet_open(const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])
{
	int probe, fd = -1;

	*out = (struct live_opened){.snap_length = PACKET_MAX};
	probe = socket_open(SOCK_RAW, out);
	if (probe < 0) {
		return false;
	}
	if (interface_look(probe, spec, out)) {
		out->packet.cooked = out->link == PACKET_LINK_COOKED;
		fd = socket_open(out->packet.cooked ? SOCK_DGRAM : SOCK_RAW, out);
	}
	(void)close(probe);
	if (fd < 0) {
		return false;
	}
	if (!ring_open(fd, spec, out) || !filter_set(fd, spec, out) ||
	    !interface_join(fd, spec, out)) {
		(void)close(fd);
		return false;
	}
	fds[PACKET_FD_RING] = fd;
	fds[PACKET_FD_COUNTERS] = netlink_open();
	out->fd_count = fds[PACKET_FD_COUNTERS] < 0 ? PACKET_FDS - 1 : PACKET_FDS;
	out->ok = true;
	return true;
}
