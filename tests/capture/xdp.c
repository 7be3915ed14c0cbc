/* SPDX-License-Identifier: Apache-2.0 */
/*
 * XDP sources, both halves: media sent on one end of a cable is read at the other, or counted; the
 * rest goes its way; and an interface that somebody uses is left alone.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <time.h>

#include "bpf_map.h"
#include "lift.h"
#include "lift_endpoints.h"
#include "lift_frames.h"
#include "live_kinds.h"
#include "live_reading.h"
#include "namespace.h"
#include "xdp_fds.h"

enum {
	ETHERNET = 14,
	IPV4 = 20,
	UDP = 8,
	RTP = 12,
	PAYLOAD = 160,
	FRAME = ETHERNET + IPV4 + UDP + RTP + PAYLOAD,
	PORT_MEDIA = 16384,
	PORT_TIME = 123
};

/* --- frames --- */

static void be16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* G.711 to PORT_MEDIA; to any other port it is of no use to anybody here. */
static void frame_make(uint8_t frame[FRAME], unsigned port, unsigned sequence)
{
	uint8_t *at = frame;

	memset(frame, 0, FRAME);
	at[0] = 2;
	at[6] = 4;
	be16(at + 12, 0x0800);
	at += ETHERNET;
	at[0] = 0x45;
	be16(at + 2, FRAME - ETHERNET);
	at[8] = 64;
	at[9] = 17;
	at[12] = at[16] = 10;
	at[19] = 1;
	at += IPV4;
	be16(at, PORT_MEDIA);
	be16(at + 2, port);
	be16(at + 4, UDP + RTP + PAYLOAD);
	at += UDP;
	at[0] = port == PORT_MEDIA ? 0x80 : 0x23;
	be16(at + 2, sequence);
	be16(at + 6, sequence * PAYLOAD);
	at[11] = 7;
	memset(at + RTP, 0xd5, PAYLOAD);
}

static void frames_send(const char *interface, unsigned port, unsigned count)
{
	int fd = frame_socket(interface);
	uint8_t frame[FRAME];

	for (unsigned i = 0; i < count; i++) {
		frame_make(frame, port, i);
		cr_assert(send(fd, frame, FRAME, 0) == FRAME);
	}
	(void)close(fd);
}

/* --- both halves --- */

static struct live_spec spec_of(const char *interface)
{
	struct live_spec spec = {.kind = LIVE_XDP};

	(void)snprintf(spec.interface, sizeof(spec.interface), "%s", interface);
	return spec;
}

static struct source *source_with(const struct live_spec *spec, int fds[LIVE_FDS_MAX])
{
	struct source_error error = {0};
	struct live_opened opened;
	struct source *source;

	cr_assert(xdp_open(spec, &opened, fds), "%s", opened.reason);
	cr_assert(opened.ok && opened.fd_count == opened.xdp.queues + XDP_FDS);
	source = xdp_source_new(spec, &opened, fds, 3, &error);
	cr_assert(source != NULL, "%s", error.reason);
	return source;
}

static struct source *source_at(const char *interface)
{
	struct live_spec spec = spec_of(interface);
	int fds[LIVE_FDS_MAX];

	return source_with(&spec, fds);
}

static struct live_opened refused(const char *interface)
{
	struct live_spec spec = spec_of(interface);
	struct live_opened opened;
	int fds[LIVE_FDS_MAX];

	cr_assert(!xdp_open(&spec, &opened, fds), "%s", interface);
	cr_assert(!opened.ok && opened.fd_count == 0);
	return opened;
}

static uint64_t dropped(struct source *source)
{
	struct source_drops drops;

	cr_assert(source->ops->drops(source, &drops));
	return drops.kernel + drops.interface;
}

/* What goes on to the host. */
static unsigned passed(int fd)
{
	uint8_t frame[FRAME];
	unsigned count = 0;

	while (recv(fd, frame, sizeof(frame), MSG_DONTWAIT) > 0) {
		count++;
	}
	return count;
}

static int host_socket(const char *interface)
{
	const struct sockaddr_ll address = {
	    .sll_family = AF_PACKET,
	    .sll_protocol = htons(ETH_P_IP),
	    .sll_ifindex = (int)if_nametoindex(interface),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	cr_assert(bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0);
	return fd;
}

/* --- packets --- */

Test(xdp, media_is_lifted_with_its_time_and_the_rest_passes)
{
	struct packet packets[PACKET_BURST];
	struct source *source;
	int64_t before_ns;
	int host;

	namespace_enter();
	namespace_cable("far", "near");
	host = host_socket("near");
	source = source_at("near");
	before_ns = now_ns();
	frames_send("far", PORT_MEDIA, 10);
	frames_send("far", PORT_TIME, 7);
	cr_assert_eq(burst(source, packets), 10);
	for (unsigned i = 0; i < 10; i++) {
		const uint8_t *rtp = packets[i].data + ETHERNET + IPV4 + UDP;

		cr_assert_eq(rtp[3], i);
		cr_assert_eq(packets[i].captured, FRAME);
		cr_assert_eq(packets[i].length, FRAME);
		cr_assert_eq(packets[i].frame, i + 1);
		cr_assert_eq(packets[i].capture, 3);
		cr_assert_eq(packets[i].link, 1);
		cr_assert(packets[i].time_ns >= before_ns - 1000, "%u", i);
		cr_assert(packets[i].time_ns <= now_ns(), "%u", i);
		before_ns = packets[i].time_ns;
	}
	cr_assert_eq(read_all(source), 0);
	cr_assert_eq(passed(host), 7);
	cr_assert_eq(dropped(source), 0);
	source_close(source);
	/* It leaves the interface as it was. */
	frames_send("far", PORT_MEDIA, 5);
	cr_assert_eq(passed(host), 5);
}

Test(xdp, tunnels_are_open)
{
	struct frame_part tunnelled = frame_of("ethernet ipv4 udp vxlan ethernet tag ipv4 udp rtp");
	size_t length = tunnelled.octets.length;
	struct packet packets[PACKET_BURST];
	struct source *source;
	int fd;

	namespace_enter();
	namespace_cable("far", "near");
	source = source_at("near");
	fd = frame_socket("far");
	cr_assert_eq(send(fd, tunnelled.octets.at, length, 0), (ssize_t)length);
	cr_assert_eq(burst(source, packets), 1);
	cr_assert_eq(packets[0].link, 101);
	cr_assert_eq(packets[0].captured, length - tunnelled.network);
	cr_assert_eq(packets[0].length, length - tunnelled.network);
	cr_assert_eq(
	    memcmp(packets[0].data, tunnelled.octets.at + tunnelled.network, packets[0].captured),
	    0);
	(void)close(fd);
	source_close(source);
}

Test(xdp, behind_a_driver_that_is_not_able_to_it_is_the_same)
{
	struct live_spec spec = spec_of("near");
	struct source_error error = {0};
	struct packet packets[PACKET_BURST];
	struct live_opened opened;
	struct source *source;
	int fds[LIVE_FDS_MAX], host;

	namespace_enter();
	namespace_cable("far", "near");
	command("ip link set far mtu 9000"); /* then a veth refuses to */
	host = host_socket("near");
	cr_assert(xdp_open(&spec, &opened, fds), "%s", opened.reason);
	cr_assert(opened.xdp.generic);
	source = xdp_source_new(&spec, &opened, fds, 3, &error);
	cr_assert_not_null(source, "%s", error.reason);
	frames_send("far", PORT_MEDIA, 10);
	frames_send("far", PORT_TIME, 7);
	cr_assert_eq(burst(source, packets), 10);
	cr_assert_eq(packets[9].captured, FRAME);
	cr_assert(packets[9].time_ns <= now_ns() && packets[9].time_ns > packets[0].time_ns);
	cr_assert_eq(read_all(source), 0);
	cr_assert_eq(passed(host), 7);
	cr_assert_eq(dropped(source), 0);
	source_close(source);
}

Test(xdp, frames_are_used_again)
{
	struct live_spec spec = spec_of("near");
	struct source *source;
	int fds[LIVE_FDS_MAX];

	namespace_enter();
	namespace_cable("far", "near");
	spec.buffer_octets = 1; /* as few as can be: 256 */
	source = source_with(&spec, fds);
	for (int i = 0; i < 10; i++) {
		frames_send("far", PORT_MEDIA, 200);
		cr_assert_eq(read_all(source), 200);
	}
	cr_assert_eq(dropped(source), 0);
	source_close(source);
}

Test(xdp, what_is_not_read_is_counted)
{
	struct packet packets[PACKET_BURST];
	struct live_spec spec = spec_of("near");
	struct source *source;
	uint64_t read;
	int fds[LIVE_FDS_MAX];

	namespace_enter();
	namespace_cable("far", "near");
	spec.buffer_octets = 1;
	source = source_with(&spec, fds);
	frames_send("far", PORT_MEDIA, 1000);
	/* The kernel takes them off the wire when it has time. */
	for (unsigned ms = 0; ms < 2000 && dropped(source) < 1000 - 256; ms++) {
		(void)usleep(1000);
	}
	cr_assert_eq(source_read(source, packets), PACKET_BURST);
	cr_assert(source->crowded);
	read = PACKET_BURST + read_all(source);
	cr_assert(!source->crowded);
	cr_assert_eq(read, 256);
	cr_assert_eq(read + dropped(source), 1000);
	source_close(source);
}

Test(xdp, several_queues_are_one_source_in_the_order_of_time)
{
	struct packet packets[PACKET_BURST];
	struct source *source;
	int64_t last_ns = 0;
	unsigned read = 0;
	int count;

	namespace_enter();
	command(
	    "ip link add far numtxqueues 4 numrxqueues 4 type veth peer name near numtxqueues 4 "
	    "numrxqueues 4");
	command("ip link set far up && ip link set near up");
	source = source_at("near");
	for (unsigned i = 0; i < 20; i++) {
		frames_send("far", PORT_MEDIA, 50);
	}
	while ((count = burst(source, packets)) > 0) {
		for (int i = 0; i < count; i++) {
			cr_assert(packets[i].time_ns >= last_ns);
			last_ns = packets[i].time_ns;
		}
		read += (unsigned)count;
	}
	cr_assert_eq(read, 1000);
	source_close(source);
}

Test(xdp, media_endpoints_come_to_the_program_and_go)
{
	static const uint8_t address[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};
	struct lift_endpoint key = {.port = PORT_MEDIA};
	struct lift_endpoints *endpoints = lift_endpoints_new();
	struct live_spec spec = spec_of("near");
	struct lift_ports ports;
	struct source *source;
	uint32_t wanted, zero = 0;
	int fds[LIVE_FDS_MAX], *maps = fds + 1;

	namespace_enter();
	namespace_cable("far", "near");
	memcpy(key.address, address, sizeof(address));
	lift_endpoints_add(endpoints, address, PORT_MEDIA);
	source = source_with(&spec, fds);
	cr_assert(!bpf_map_get(maps[XDP_FD_ENDPOINTS], &key, &wanted));
	source->ops->endpoints(source, endpoints);
	cr_assert(bpf_map_get(maps[XDP_FD_ENDPOINTS], &key, &wanted));
	cr_assert(bpf_map_get(maps[XDP_FD_PORTS], &zero, &ports));
	cr_assert_eq(ports.octets[PORT_MEDIA / 8], 1);
	key.port = PORT_MEDIA + 2;
	lift_endpoints_add(endpoints, address, PORT_MEDIA + 2);
	cr_assert(bpf_map_get(maps[XDP_FD_ENDPOINTS], &key, &wanted));
	lift_endpoints_remove(endpoints, address, PORT_MEDIA + 2);
	cr_assert(!bpf_map_get(maps[XDP_FD_ENDPOINTS], &key, &wanted));
	cr_assert(bpf_map_get(maps[XDP_FD_PORTS], &zero, &ports));
	cr_assert_eq(ports.octets[PORT_MEDIA / 8], 1);
	source_close(source);
	lift_endpoints_remove(endpoints, address, PORT_MEDIA);
	lift_endpoints_free(endpoints);
}

Test(xdp, of_media_only_what_is_expected_comes_where_that_is_wanted)
{
	static const uint8_t address[16] = {[10] = 0xff, 0xff, 10, 0, 0, 1};
	struct lift_endpoints *endpoints = lift_endpoints_new();
	struct live_spec spec = spec_of("near");
	struct source *source;
	int fds[LIVE_FDS_MAX], host;

	namespace_enter();
	namespace_cable("far", "near");
	host = host_socket("near");
	spec.known_media = true;
	source = source_with(&spec, fds);
	source->ops->endpoints(source, endpoints);
	frames_send("far", PORT_MEDIA, 5);
	cr_assert_eq(read_all(source), 0);
	cr_assert_eq(passed(host), 5);
	lift_endpoints_add(endpoints, address, PORT_MEDIA);
	frames_send("far", PORT_MEDIA, 5);
	cr_assert_eq(read_all(source), 5);
	lift_endpoints_remove(endpoints, address, PORT_MEDIA);
	frames_send("far", PORT_MEDIA, 5);
	cr_assert_eq(read_all(source), 0);
	source_close(source);
	lift_endpoints_free(endpoints);
}

Test(xdp, media_is_cut_where_that_is_wanted)
{
	struct live_spec spec = spec_of("near");
	struct packet packets[PACKET_BURST];
	struct source *source;
	int fds[LIVE_FDS_MAX];

	namespace_enter();
	namespace_cable("far", "near");
	spec.media_octets = 8;
	source = source_with(&spec, fds);
	frames_send("far", PORT_MEDIA, 10);
	cr_assert_eq(burst(source, packets), 10);
	for (int i = 0; i < 10; i++) {
		cr_assert_eq(packets[i].length, FRAME);
		cr_assert_eq(packets[i].captured, i == 0 ? FRAME : FRAME - PAYLOAD + 8, "%d", i);
	}
	source_close(source);
}

/* Whoever gives up privileges is closed to others, to a sanitizer as well. */
static void is_watched_again(void)
{
	(void)prctl(PR_SET_DUMPABLE, 1);
}

Test(xdp, reading_needs_no_privileges)
{
	struct live_spec spec = spec_of("near");
	struct source_error error = {0};
	const struct rlimit none = {0};
	struct live_opened opened;
	struct source *source;
	int fds[LIVE_FDS_MAX];

	namespace_enter();
	namespace_cable("far", "near");
	cr_assert(xdp_open(&spec, &opened, fds), "%s", opened.reason);
	frames_send("far", PORT_MEDIA, 1);
	cr_assert_eq(setrlimit(RLIMIT_MEMLOCK, &none), 0);
	cr_assert_eq(seteuid(65534), 0);
	source = xdp_source_new(&spec, &opened, fds, 0, &error);
	cr_assert_not_null(source, "%s", error.reason);
	cr_assert_eq(seteuid(0), 0);
	frames_send("far", PORT_MEDIA, 5);
	cr_assert_eq(seteuid(65534), 0);
	cr_assert_eq(read_all(source), 5);
	/* Nobody took the first one: it went on, and was counted. */
	cr_assert_eq(dropped(source), 1);
	source_close(source);
	cr_assert_eq(seteuid(0), 0);
	is_watched_again();
}

/* --- interfaces --- */

static void fails_with(struct source *source, const char *what)
{
	struct packet packets[PACKET_BURST];

	cr_assert_eq(burst(source, packets), SOURCE_FAILED);
	cr_assert_not_null(strstr(source->error.reason, what), "%s", source->error.reason);
	source_close(source);
}

Test(xdp, an_interface_that_goes_down_or_away_is_told_of)
{
	struct live_opened opened;
	struct source *source;

	namespace_enter();
	namespace_cable("far", "near");
	source = source_at("near");
	command("ip link set near down");
	fails_with(source, "ip link set near up");
	opened = refused("near");
	cr_assert(opened.retry);
	cr_assert_not_null(strstr(opened.reason, "ip link set near up"), "%s", opened.reason);
	command("ip link set near up");
	source = source_at("near");
	frames_send("far", PORT_MEDIA, 3);
	cr_assert_eq(read_all(source), 3);
	command("ip link delete near");
	fails_with(source, "gone");
	opened = refused("near");
	cr_assert(opened.retry);
	cr_assert_not_null(strstr(opened.reason, "capture --list"), "%s", opened.reason);
}

Test(xdp, there_is_one_program_at_an_interface)
{
	struct live_opened opened;
	struct source *source;

	namespace_enter();
	namespace_cable("far", "near");
	source = source_at("near");
	opened = refused("near");
	cr_assert(opened.retry);
	cr_assert_not_null(strstr(opened.reason, "xdp off"), "%s", opened.reason);
	source_close(source);
	source_close(source_at("near"));
}

static void refused_as(const char *interface, const char *why)
{
	struct live_spec spec = spec_of(interface);
	struct live_opened opened = refused(interface);
	int fds[LIVE_FDS_MAX];

	cr_assert(!opened.retry);
	cr_assert_not_null(strstr(opened.reason, why), "%s", opened.reason);
	cr_assert_not_null(strstr(opened.reason, "--mirror-port"), "%s", opened.reason);
	spec.mirror_port = true;
	source_close(source_with(&spec, fds));
}

Test(xdp, what_is_no_ethernet_is_refused)
{
	struct live_opened opened;

	namespace_enter();
	command("ip link set lo up");
	opened = refused("lo");
	cr_assert(!opened.retry);
	cr_assert_not_null(strstr(opened.reason, "pcap:lo"), "%s", opened.reason);
}

Test(xdp, an_interface_with_an_address_is_left_alone)
{
	namespace_enter();
	namespace_cable("far", "near");
	command("ip address add 192.0.2.1/24 dev near");
	refused_as("near", "has an address");
}

Test(xdp, an_interface_with_an_ipv6_address_is_left_alone)
{
	namespace_enter();
	namespace_cable("far", "near");
	command("sysctl -qw net.ipv6.conf.near.disable_ipv6=0");
	source_close(source_at("near")); /* its own link-local address is no use */
	command("ip address add 2001:db8::1/64 dev near nodad");
	refused_as("near", "has an address");
}

Test(xdp, an_interface_with_a_route_is_left_alone)
{
	namespace_enter();
	namespace_cable("far", "near");
	command("ip route add 198.51.100.0/24 dev near table 7");
	refused_as("near", "has a route");
}

Test(xdp, a_port_of_a_bridge_is_left_alone)
{
	namespace_enter();
	namespace_cable("far", "near");
	command("ip link add bridge type bridge && ip link set near master bridge");
	refused_as("near", "is a port of bridge");
}

Test(xdp, what_another_interface_lies_upon_is_left_alone)
{
	namespace_enter();
	namespace_cable("far", "near");
	command("ip link add upper link near type macvlan");
	refused_as("near", "carries upper");
}

Test(xdp, without_privileges_it_says_what_is_needed)
{
	struct live_opened opened;

	namespace_enter();
	namespace_cable("far", "near");
	cr_assert_eq(setresuid(65534, 65534, 65534), 0);
	is_watched_again();
	opened = refused("near");
	cr_assert_not_null(strstr(opened.reason, "root"), "%s", opened.reason);
}
