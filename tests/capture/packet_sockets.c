/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packet sockets, both halves: what is sent on one end of a cable is read at the other, or counted.
 */
#include <criterion/criterion.h>
#include <linux/if_tun.h>
#include <poll.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>

#include "live_reading.h"
#include "namespace.h"
#include "packet_socket.h"
#include "skip.h"

enum { ETHERNET = 14, IPV4 = 20, UDP = 8, HEADERS = ETHERNET + IPV4 + UDP, FRAME_MAX = 2048 };

/* --- frames --- */

static void be16(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Of UDP to a port, with a number in its last octets; `tags` in front of IP. Its length. */
static size_t frame_make(
    uint8_t frame[FRAME_MAX], unsigned port, unsigned payload, uint32_t number, unsigned tags)
{
	size_t at = ETHERNET - 2;

	memset(frame, 0, FRAME_MAX);
	memset(frame, 0xff, 6);
	frame[6] = 2;
	for (unsigned i = 0; i < tags; i++, at += 4) {
		be16(frame + at, i + 1 < tags ? 0x88a8 : 0x8100);
		be16(frame + at + 2, 7 + i);
	}
	be16(frame + at, 0x0800);
	at += 2;
	frame[at] = 0x45;
	be16(frame + at + 2, IPV4 + UDP + payload);
	frame[at + 8] = 64;
	frame[at + 9] = 17;
	frame[at + 12] = frame[at + 16] = 10;
	at += IPV4;
	be16(frame + at, 5060);
	be16(frame + at + 2, port);
	be16(frame + at + 4, UDP + payload);
	at += UDP + payload;
	memcpy(frame + at - sizeof(number), &number, sizeof(number));
	return at;
}

static void frame_send(int fd, unsigned port, unsigned payload, uint32_t number, unsigned tags)
{
	uint8_t frame[FRAME_MAX];
	size_t octets = frame_make(frame, port, payload, number, tags);

	cr_assert(send(fd, frame, octets, 0) == (ssize_t)octets);
}

/* --- both halves --- */

static struct live_spec spec_of(const char *interface, const char *filter)
{
	struct live_spec spec = {.kind = LIVE_PACKET};

	(void)snprintf(spec.interface, sizeof(spec.interface), "%s", interface);
	(void)snprintf(spec.text, sizeof(spec.text), "%s", filter);
	return spec;
}

static struct source *opened_with(const struct live_spec *spec)
{
	struct source_error error = {0};
	struct live_opened opened;
	struct source *source;
	int fds[LIVE_FDS_MAX];

	cr_assert(packet_open(spec, &opened, fds), "%s", opened.reason);
	cr_assert(opened.ok && opened.fd_count == PACKET_FDS);
	source = packet_source_new(spec, &opened, fds, 3, &error);
	cr_assert(source != NULL, "%s", error.reason);
	return source;
}

static struct source *opened(const char *interface, const char *filter)
{
	struct live_spec spec = spec_of(interface, filter);

	return opened_with(&spec);
}

static struct live_opened refused(const char *interface, const char *filter)
{
	struct live_spec spec = spec_of(interface, filter);
	struct live_opened opened;
	int fds[LIVE_FDS_MAX];

	cr_assert(!packet_open(&spec, &opened, fds));
	cr_assert(!opened.ok && opened.fd_count == 0);
	return opened;
}

/* --- packets --- */

Test(packet_sockets, packets_are_as_they_were_sent)
{
	enum { SENT = 1000 };
	struct packet packets[PACKET_BURST];
	int64_t last_ns;
	struct source *source;
	uint32_t number = 0;
	int fd, count;

	namespace_enter();
	namespace_cable("one", "other");
	source = opened("other", "");
	cr_assert(source->interfaces[0].link == PACKET_LINK_ETHERNET);
	cr_assert_str_eq(source->interfaces[0].name, "other");
	fd = frame_socket("one");
	last_ns = now_ns();
	for (uint32_t i = 0; i < SENT; i++) {
		frame_send(fd, 4000, 4 + i, i, 0);
	}
	while ((count = burst(source, packets)) > 0) {
		for (int i = 0; i < count; i++, number++) {
			uint8_t frame[FRAME_MAX];
			size_t octets = frame_make(frame, 4000, 4 + number, number, 0);

			cr_assert(packets[i].frame == number + 1 && packets[i].capture == 3);
			cr_assert(packets[i].captured == octets && packets[i].length == octets);
			cr_assert_arr_eq(packets[i].data, frame, octets);
			cr_assert(packets[i].time_ns >= last_ns);
			last_ns = packets[i].time_ns;
		}
	}
	cr_assert(number == SENT, "%u", number);
	cr_assert(last_ns <= now_ns() && source->totals.packets == SENT);
	source_close(source);
}

Test(packet_sockets, a_vlan_tag_is_put_back)
{
	struct packet packets[PACKET_BURST];
	struct source *source;
	int fd;

	namespace_enter();
	namespace_cable("one", "other");
	source = opened("other", "");
	fd = frame_socket("one");
	for (unsigned tags = 1; tags <= 2; tags++) {
		uint8_t frame[FRAME_MAX];
		size_t octets = frame_make(frame, 5060, 100, 1, tags);

		frame_send(fd, 5060, 100, 1, tags);
		cr_assert(burst(source, packets) == 1);
		cr_assert(packets[0].captured == octets && packets[0].length == octets);
		cr_assert_arr_eq(packets[0].data, frame, octets);
	}
	source_close(source);
}

/* Protocol, then what else is in LINKTYPE_LINUX_SLL2, then perhaps a tag, then IP. */
Test(packet_sockets, any_has_a_cooked_header)
{
	struct packet packets[PACKET_BURST];
	struct source *source;
	uint8_t frame[FRAME_MAX];
	unsigned index;
	int fd;

	namespace_enter();
	namespace_cable("one", "other");
	command("ip link set one arp off");
	source = opened("any", "");
	cr_assert(source->interfaces[0].link == PACKET_LINK_COOKED);
	fd = frame_socket("one");
	frame_send(fd, 5060, 100, 9, 1);
	/* It leaves by one and comes in by the other. */
	cr_assert(burst(source, packets) == 2);
	for (unsigned i = 0; i < 2; i++) {
		const uint8_t *at = packets[i].data;

		cr_assert(packets[i].length == 20 + 4 + IPV4 + UDP + 100);
		cr_assert(at[0] == 0x81 && at[1] == 0x00);
		cr_assert(at[8] == 0 && at[9] == 1 && at[11] == 6 && at[12] == 2);
		cr_assert(at[20] == 0 && at[21] == 7 && at[22] == 0x08 && at[23] == 0x00);
		(void)frame_make(frame, 5060, 100, 9, 0);
		cr_assert_arr_eq(at + 24, frame + ETHERNET, IPV4 + UDP + 100);
	}
	index = if_nametoindex("one");
	cr_assert(packets[0].data[7] == index && packets[0].data[10] == PACKET_OUTGOING);
	cr_assert(packets[1].data[7] == if_nametoindex("other"));
	cr_assert(packets[1].data[10] == PACKET_BROADCAST);
	source_close(source);
}

/* A tunnel's interface: what is written to the descriptor comes in there. */
static int tunnel_open(const char *name)
{
	struct ifreq ifr = {.ifr_flags = IFF_TUN | IFF_NO_PI};
	int fd = open("/dev/net/tun", O_RDWR);

	if (fd < 0) {
		skip_without("no /dev/net/tun");
	}
	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", name);
	cr_assert(ioctl(fd, TUNSETIFF, &ifr) == 0);
	command("ip link set %s up", name);
	return fd;
}

Test(packet_sockets, packets_of_a_tunnel_begin_with_ip)
{
	struct packet packets[PACKET_BURST];
	uint8_t frame[FRAME_MAX];
	size_t octets = frame_make(frame, 5060, 100, 1, 0) - ETHERNET;
	struct source *source;
	int fd;

	namespace_enter();
	fd = tunnel_open("tunnel");
	source = opened("tunnel", "udp dst port 5060");
	cr_assert(source->interfaces[0].link == PACKET_LINK_RAW);
	cr_assert(write(fd, frame + ETHERNET, octets) == (ssize_t)octets);
	(void)frame_make(frame, 5061, 100, 1, 0);
	cr_assert(write(fd, frame + ETHERNET, octets) == (ssize_t)octets);
	(void)frame_make(frame, 5060, 100, 1, 0);
	cr_assert(burst(source, packets) == 1);
	cr_assert(packets[0].captured == octets && packets[0].length == octets);
	cr_assert_arr_eq(packets[0].data, frame + ETHERNET, octets);
	cr_assert(burst(source, packets) == SOURCE_IDLE);
	source_close(source);
}

/* A datagram of 60,000 octets to the host itself. */
static void datagram_send(void)
{
	static const uint8_t octets[60000];
	const struct sockaddr_in to = {
	    .sin_family = AF_INET, .sin_port = htons(9), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	cr_assert(sendto(fd, octets, sizeof(octets), 0, (const struct sockaddr *)&to, sizeof(to)) ==
		  (ssize_t)sizeof(octets));
	(void)close(fd);
}

Test(packet_sockets, loopback_gives_each_packet_once_and_whole)
{
	static const char *const interfaces[] = {"lo", "any"};
	struct packet packets[PACKET_BURST];

	namespace_enter();
	command("ip link set lo up");
	for (unsigned i = 0; i < 2; i++) {
		struct source *source = opened(interfaces[i], "udp and dst port 9");

		datagram_send();
		cr_assert(burst(source, packets) == 1);
		cr_assert(packets[0].captured == packets[0].length);
		cr_assert(packets[0].length >= 60000);
		cr_assert(burst(source, packets) == SOURCE_IDLE);
		source_close(source);
	}
}

/* --- filters --- */

Test(packet_sockets, the_kernel_filters)
{
	static const struct {
		const char *interface, *filter;
		unsigned expected;
	} cases[] = {
	    {"other", "", 30},
	    {"other", "udp dst port 4000", 20}, /* with a tag beside it or without */
	    {"other", "vlan 7", 10},
	    {"other", "vlan 8", 0},
	    {"other", "vlan 7 and udp dst port 4000", 10},
	    {"other", "tcp", 0},
	    {"any", "udp dst port 4000", 40},
	    {"any", "ip6", 0},
	};

	namespace_enter();
	namespace_cable("one", "other");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct source *source = opened(cases[i].interface, cases[i].filter);
		int fd = frame_socket("one");
		uint64_t read;

		for (uint32_t n = 0; n < 10; n++) {
			frame_send(fd, 4000, 100, n, 0);
			frame_send(fd, 4000, 100, n, 1);
			frame_send(fd, 5000, 100, n, 0);
		}
		read = read_all(source);
		cr_assert(read == cases[i].expected, "%s: %lu", cases[i].filter, read);
		source_close(source);
		(void)close(fd);
	}
}

Test(packet_sockets, a_wrong_filter_is_named)
{
	struct live_opened opened;

	namespace_enter();
	namespace_cable("one", "other");
	opened = refused("other", "udp prot 5060");
	cr_assert(!opened.retry);
	cr_assert(strstr(opened.reason, "\"udp prot 5060\""), "%s", opened.reason);
	opened = refused("any", "ether host 1");
	cr_assert(!opened.retry && strstr(opened.reason, "filter"), "%s", opened.reason);
}

/* --- what is lost is counted --- */

Test(packet_sockets, sent_is_read_and_dropped)
{
	enum { SENT = 5000 };
	struct live_spec spec = spec_of("other", "");
	struct packet packets[PACKET_BURST];
	struct source_drops drops;
	struct source *source;
	uint64_t read;
	int fd;

	namespace_enter();
	namespace_cable("one", "other");
	spec.buffer_octets = 1;
	source = opened_with(&spec);
	fd = frame_socket("one");
	for (uint32_t i = 0; i < SENT; i++) {
		frame_send(fd, 4000, 1000, i, 0);
	}
	cr_assert(burst(source, packets) > 0 && source->crowded);
	read = source->totals.packets + read_all(source);
	cr_assert(!source->crowded);
	cr_assert(source->ops->drops(source, &drops));
	cr_assert(drops.kernel > 0 && drops.interface == 0);
	cr_assert(read + drops.kernel == SENT, "%lu + %lu", read, drops.kernel);
	/* The ring is free again. */
	frame_send(fd, 4000, 1000, 0, 0);
	cr_assert(read_all(source) == 1);
	cr_assert(source->ops->drops(source, &drops) && read + drops.kernel == SENT);
	source_close(source);
}

Test(packet_sockets, what_the_interface_drops_is_counted)
{
	uint8_t frame[1000] = {[0] = 2, [6] = 2, [12] = 8};
	struct source_drops drops;
	struct source *source;
	int fd;

	namespace_enter();
	namespace_cable("one", "other");
	command("ip link set other mtu 500");
	fd = frame_socket("one");
	/* What is too long for it comes to nobody, and the sender hears of it. */
	cr_assert(send(fd, frame, sizeof(frame), 0) < 0); /* before the capture */
	source = opened("other", "");
	for (uint32_t i = 0; i < 7; i++) {
		cr_assert(send(fd, frame, sizeof(frame), 0) < 0);
	}
	frame_send(fd, 4000, 100, 0, 0);
	cr_assert(read_all(source) == 1);
	cr_assert(source->ops->drops(source, &drops));
	cr_assert(drops.kernel == 0 && drops.interface == 7, "%lu", drops.interface);
	source_close(source);
}

/* --- interfaces that are not there, or go --- */

Test(packet_sockets, what_is_missing_is_said)
{
	struct live_opened opened;

	namespace_enter();
	command("ip link add one type veth peer name other");
	opened = refused("three", "");
	cr_assert(opened.retry && strstr(opened.reason, "no such interface"), "%s", opened.reason);
	opened = refused("other", "");
	cr_assert(
	    opened.retry && strstr(opened.reason, "ip link set other up"), "%s", opened.reason);
	cr_assert(setuid(65534) == 0);
	opened = refused("other", "");
	cr_assert(!opened.retry && strstr(opened.reason, "CAP_NET_RAW"), "%s", opened.reason);
}

static void set_down(int fd, const char *interface)
{
	struct ifreq ifr = {0};

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", interface);
	cr_assert(ioctl(fd, SIOCSIFFLAGS, &ifr) == 0);
}

/* What came last lies in a block that is not full when the reader hears of the end. */
Test(packet_sockets, an_interface_that_goes_down_fails_after_its_packets)
{
	struct packet packets[PACKET_BURST];
	struct source *source;
	int fd, count;

	namespace_enter();
	namespace_cable("one", "other");
	source = opened("other", "");
	fd = frame_socket("one");
	frame_send(fd, 4000, 100, 1, 0);
	set_down(fd, "other");
	do {
		count = source_read(source, packets);
	} while (count == SOURCE_IDLE);
	cr_assert(count == 1);
	cr_assert(burst(source, packets) == SOURCE_FAILED);
	cr_assert(strstr(source->error.reason, "went down"), "%s", source->error.reason);
	source_close(source);
}

Test(packet_sockets, an_interface_that_is_deleted_fails)
{
	struct packet packets[PACKET_BURST];
	struct source *source;

	namespace_enter();
	namespace_cable("one", "other");
	source = opened("other", "");
	command("ip link delete one");
	cr_assert(burst(source, packets) == SOURCE_FAILED);
	cr_assert(strstr(source->error.reason, "is gone"), "%s", source->error.reason);
	source_close(source);
}
