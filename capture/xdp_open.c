/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The privileged half of an XDP source: is it harmless to take packets there, a socket for each
 * queue, and the program that chooses. It sees no packet.
 *
 * The program stays where it is for as long as a descriptor is open that the reading process has:
 * when that ends, however it ends, the interface is as it was.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "interface_use.h"
#include "lift_object.h"
#include "live_kinds.h"
#include "netlink.h"
#include "xdp_fds.h"

enum {
	FRAME_OCTETS = 2048, /* of the kernel's memory for one packet */
	FRAME_OCTETS_LONG = 4096,
	FRAME_HEADROOM = 256,     /* that the kernel keeps in front of each */
	LINK_OCTETS = 14 + 2 * 4, /* a header of Ethernet with two tags */
	FRAMES_MIN = 256,
	FRAMES_USUAL = 16384,
	FRAMES_MAX = 1 << 20
};

_Static_assert((int)LIFT_QUEUES_MAX == (int)LIVE_QUEUES_MAX, "a socket for each");

/* Of its name, twice. */
#define OCCUPIED                                                                                  \
	"another XDP program is attached to it; take it off: ip link set %s xdp off; or capture " \
	"with pcap:%s"

/* --- whether --- */

static bool interface_judge(
    const struct live_spec *spec, struct interface_use *use, struct live_opened *out)
{
	struct source_error error = {0};
	char reason[SOURCE_REASON_MAX];

	if (!interface_use_read(spec->interface, use, &error)) {
		return live_refuse(out, "%s", error.reason);
	}
	if (use->index == 0) {
		return live_refuse_now(
		    out, "there is no such interface; see `talkpath capture --list`");
	}
	if (!use->ethernet) {
		return live_refuse(
		    out, "it is no Ethernet interface; capture with pcap:%s", spec->interface);
	}
	if (!spec->mirror_port && interface_use_refusal(spec->interface, use, reason)) {
		return live_refuse(out, "%s", reason);
	}
	if (use->program) {
		return live_refuse_now(out, OCCUPIED, spec->interface, spec->interface);
	}
	if (!use->up) {
		return live_refuse_now(
		    out, "the interface is down; bring it up: ip link set %s up", spec->interface);
	}
	if (use->queues > LIVE_QUEUES_MAX) {
		return live_refuse(out,
		    "it has %u queues, and %d can be read; lower them: ethtool -L %s combined %d",
		    (unsigned)use->queues, LIVE_QUEUES_MAX, spec->interface, LIVE_QUEUES_MAX);
	}
	if (use->mtu + LINK_OCTETS + FRAME_HEADROOM > FRAME_OCTETS_LONG) {
		return live_refuse(out,
		    "packets of %u octets do not fit; lower the MTU: ip link set %s mtu %d; or "
		    "capture with pcap:%s",
		    (unsigned)use->mtu, spec->interface,
		    FRAME_OCTETS_LONG - FRAME_HEADROOM - LINK_OCTETS, spec->interface);
	}
	return true;
}

/* --- what is handed over --- */

struct opening {
	const struct live_spec *spec;
	struct live_opened *out;
	int *fds;
};

static void fd_add(const struct opening *opening, int fd)
{
	opening->fds[opening->out->fd_count++] = fd;
}

static void all_close(const struct opening *opening)
{
	for (uint32_t i = 0; i < opening->out->fd_count; i++) {
		(void)close(opening->fds[i]);
	}
}

static bool sockets_make(const struct opening *opening, struct source_error *error)
{
	for (uint32_t i = 0; i < opening->out->xdp.queues; i++) {
		int fd = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);

		if (fd < 0 && errno == EAFNOSUPPORT) {
			source_fail(error,
			    "this kernel has no AF_XDP sockets; capture with pcap:%s",
			    opening->spec->interface);
			return false;
		}
		if (fd < 0) {
			source_fail(error,
			    "not permitted; run as root, or give the program what it needs: "
			    "setcap " LIFT_CAPABILITIES "+ep talkpath; or capture with pcap:%s",
			    opening->spec->interface);
			return false;
		}
		fd_add(opening, fd);
	}
	return true;
}

/* A packet socket that gets nothing, and for which the adapter lets every packet in. */
static int promiscuous_make(uint32_t ifindex)
{
	const struct packet_mreq wanted = {
	    .mr_ifindex = (int)ifindex, .mr_type = PACKET_MR_PROMISC};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd >= 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, &wanted, sizeof(wanted)) != 0) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

static uint32_t frames_of(const struct live_spec *spec, uint32_t queues, uint32_t frame_octets)
{
	uint32_t wanted =
	    spec->buffer_octets ? spec->buffer_octets / queues / frame_octets : FRAMES_USUAL;
	uint32_t frames = FRAMES_MIN;

	while (frames < FRAMES_MAX && frames * 2 <= wanted) {
		frames *= 2;
	}
	return frames;
}

static void shape_set(const struct opening *opening, const struct interface_use *use)
{
	bool fits = use->mtu + LINK_OCTETS + FRAME_HEADROOM <= FRAME_OCTETS;
	uint32_t octets = fits ? FRAME_OCTETS : FRAME_OCTETS_LONG;

	*opening->out = (struct live_opened){
	    .link = 1, /* LINKTYPE_ETHERNET */
	    .stamp = LIVE_STAMP_PROGRAM,
	    .snap_length = octets - FRAME_HEADROOM,
	    .ifindex = use->index,
	    .xdp = {.queues = use->queues, .frame_octets = octets},
	};
	opening->out->xdp.frames = frames_of(opening->spec, use->queues, octets);
}

static bool memory_make(const struct opening *opening, struct source_error *error)
{
	const struct xdp_memory memory = xdp_memory_of(opening->out);
	int fd = xdp_memory_make(&memory, opening->fds, error);

	if (fd >= 0) {
		fd_add(opening, fd);
	}
	return fd >= 0;
}

static bool program_attach(
    const struct opening *opening, const struct lift_object *object, struct source_error *error)
{
	const char *interface = opening->spec->interface;
	enum lift_mode mode;
	bool occupied;
	int link;

	link = lift_object_attach(object, opening->out->ifindex, &mode, &occupied, error);
	if (occupied) {
		opening->out->retry = true;
		source_fail(error, OCCUPIED, interface, interface);
	}
	if (link >= 0) {
		opening->out->xdp.generic = mode == LIFT_GENERIC;
		fd_add(opening, link);
	}
	return link >= 0;
}

static bool program_make(const struct opening *opening, struct source_error *error)
{
	const struct lift_settings settings = {
	    .media_octets = opening->spec->media_octets,
	    .known_media_only = opening->spec->known_media,
	};
	struct lift_object object;

	if (!lift_object_load(&object, &settings, error)) {
		return false;
	}
	if (!program_attach(opening, &object, error)) {
		lift_object_close(&object);
		return false;
	}
	opening->out->xdp.processors = object.processors;
	fd_add(opening, object.sockets);
	fd_add(opening, object.ports);
	fd_add(opening, object.endpoints);
	fd_add(opening, object.counters);
	(void)close(object.program); /* held where it is attached */
	return true;
}

static bool extras_make(const struct opening *opening, struct source_error *error)
{
	int promiscuous = promiscuous_make(opening->out->ifindex), statistics;

	if (promiscuous < 0) {
		source_fail(error, "it does not become promiscuous: %s", strerror(errno));
		return false;
	}
	fd_add(opening, promiscuous);
	statistics = netlink_open();
	if (statistics < 0) {
		source_fail(error, "%s; raise the limit: ulimit -n 1024", strerror(errno));
		return false;
	}
	fd_add(opening, statistics);
	return true;
}

/* In the order of enum xdp_fd; until the program is attached nothing touches the interface. */
static bool hand_over(const struct opening *opening, struct source_error *error)
{
	return sockets_make(opening, error) && memory_make(opening, error) &&
	       program_make(opening, error) && extras_make(opening, error);
}

bool xdp_open(const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])
{
	struct opening opening = {.spec = spec, .out = out};
	struct source_error error = {0};
	struct interface_use use;

	opening.fds = fds;
	if (!interface_judge(spec, &use, out)) {
		return false;
	}
	shape_set(&opening, &use);
	if (!hand_over(&opening, &error)) {
		all_close(&opening);
		return out->retry ? live_refuse_now(out, "%s", error.reason)
				  : live_refuse(out, "%s", error.reason);
	}
	out->ok = true;
	return true;
}
