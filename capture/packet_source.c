/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ring of a packet socket, read. A block belongs to the reader from the time that the kernel
 * marks it until its last packets' burst is over.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink.h"
#include "packet_socket.h"

enum {
	ETHERNET_ADDRESSES = 12, /* octets in front of a VLAN tag */
	SENDER_AT = 48           /* behind a packet's header: where it comes from */
};

_Static_assert(sizeof(struct tpacket3_hdr) <= SENDER_AT && SENDER_AT % TPACKET_ALIGNMENT == 0 &&
		   SENDER_AT - sizeof(struct tpacket3_hdr) < TPACKET_ALIGNMENT,
    "aligned as the kernel does");

_Static_assert(sizeof(((struct source_interface *)0)->name) == LIVE_INTERFACE_MAX, "copied");

struct packet_source {
	struct source source;
	int ring_fd, counters_fd;
	uint32_t ifindex;
	bool cooked;
	uint8_t *ring;
	uint32_t block_octets, blocks;
	uint32_t block;      /* the one to be read next, or being read */
	bool held;           /* it is being read */
	uint32_t left;       /* of its packets */
	const uint8_t *next; /* of these the first */
	int failure;         /* of the socket: errno, or 0 */
	struct source_drops drops;
	uint64_t interface_before; /* what the interface had dropped at the last look */
	bool interface_known;
};

/* --- blocks --- */

static struct tpacket_hdr_v1 *block_header(const struct packet_source *ps, uint32_t number)
{
	struct tpacket_block_desc *block = (void *)(ps->ring + (size_t)number * ps->block_octets);

	return &block->hdr.bh1;
}

static bool block_is_ours(const struct packet_source *ps, uint32_t number)
{
	const struct tpacket_hdr_v1 *header = block_header(ps, number);

	return __atomic_load_n(&header->block_status, __ATOMIC_ACQUIRE) & TP_STATUS_USER;
}

static void block_return(struct packet_source *ps)
{
	if (ps->held) {
		__atomic_store_n(
		    &block_header(ps, ps->block)->block_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
		ps->block = (ps->block + 1) % ps->blocks;
		ps->held = false;
	}
}

static bool block_take(struct packet_source *ps)
{
	const struct tpacket_hdr_v1 *header = block_header(ps, ps->block);

	ps->source.crowded = false;
	if (!block_is_ours(ps, ps->block)) {
		return false;
	}
	ps->source.crowded = block_is_ours(ps, (ps->block + ps->blocks / 2) % ps->blocks);
	ps->held = true;
	ps->left = header->num_pkts;
	ps->next = (const uint8_t *)header - offsetof(struct tpacket_block_desc, hdr) +
		   header->offset_to_first_pkt;
	return true;
}

/* --- packets --- */

static void be16_store(uint8_t *at, unsigned value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static unsigned tag_protocol(const struct tpacket3_hdr *header)
{
	const unsigned usual = 0x8100;

	return header->tp_status & TP_STATUS_VLAN_TPID_VALID ? header->hv1.tp_vlan_tpid : usual;
}

/* The tag goes between addresses and protocol; in front of the packet there is room. */
static uint8_t *tag_restore(const struct tpacket3_hdr *header, uint8_t *data)
{
	uint8_t *start = data - PACKET_VLAN_TAG;

	memmove(start, data, ETHERNET_ADDRESSES);
	be16_store(start + ETHERNET_ADDRESSES, tag_protocol(header));
	be16_store(start + ETHERNET_ADDRESSES + 2, header->hv1.tp_vlan_tci);
	return start;
}

/* LINKTYPE_LINUX_SLL2, which begins with the protocol; of a tagged packet that is the tag's. */
static uint8_t *cooked_header(
    const struct tpacket3_hdr *header, const struct sockaddr_ll *from, uint8_t *data, bool tagged)
{
	uint32_t ifindex = htonl((uint32_t)from->sll_ifindex);
	uint8_t *start = data - PACKET_COOKED_HEADER;
	unsigned protocol = ntohs(from->sll_protocol);

	if (tagged) {
		start -= PACKET_VLAN_TAG;
		be16_store(data - 2, protocol);
		be16_store(data - 4, header->hv1.tp_vlan_tci);
		protocol = tag_protocol(header);
	}
	be16_store(start, protocol);
	be16_store(start + 2, 0);
	memcpy(start + 4, &ifindex, sizeof(ifindex));
	be16_store(start + 8, from->sll_hatype);
	start[10] = from->sll_pkttype;
	start[11] = from->sll_halen;
	memcpy(start + 12, from->sll_addr, sizeof(from->sll_addr));
	return start;
}

/* What the loopback interface sends comes again as what it receives. */
static bool comes_again(const struct packet_source *ps, const struct sockaddr_ll *from)
{
	return ps->cooked && from->sll_pkttype == PACKET_OUTGOING &&
	       from->sll_ifindex == PACKET_LOOPBACK_INDEX;
}

/* The next packet of the block; how many that are: none or one. */
static int packet_take(struct packet_source *ps, struct packet *out)
{
	uint8_t *at = (uint8_t *)(uintptr_t)ps->next, *data, *start;
	const struct tpacket3_hdr *header = (const void *)at;
	const struct sockaddr_ll *from = (const void *)(at + SENDER_AT);
	bool tagged = header->tp_status & TP_STATUS_VLAN_VALID;
	uint32_t grown;

	ps->next += header->tp_next_offset;
	ps->left--;
	if (comes_again(ps, from)) {
		return 0;
	}
	start = data = at + header->tp_mac;
	if (ps->cooked) {
		start = cooked_header(header, from, data, tagged);
	} else if (tagged && header->tp_snaplen >= ETHERNET_ADDRESSES) {
		start = tag_restore(header, data);
	}
	grown = (uint32_t)(data - start);
	*out = (struct packet){
	    .time_ns = (int64_t)header->tp_sec * 1000000000 + header->tp_nsec,
	    .data = start,
	    .captured = header->tp_snaplen + grown,
	    .length = header->tp_len + grown,
	    .frame = ++ps->source.frame,
	    .capture = ps->source.capture,
	    .link = ps->source.interfaces[0].link,
	};
	return 1;
}

/* Nothing is there: because nothing came, or because the interface is gone. */
static int idle(struct packet_source *ps)
{
	struct pollfd last = {.fd = ps->ring_fd, .events = POLLIN};
	int code = ps->failure;
	socklen_t octets = sizeof(code);

	if (code == 0 &&
	    (getsockopt(ps->ring_fd, SOL_SOCKET, SO_ERROR, &code, &octets) != 0 || code == 0)) {
		return SOURCE_IDLE;
	}
	if (ps->failure == 0) {
		/* What came before lies in a block that the kernel has not handed over yet. */
		ps->failure = code;
		(void)poll(&last, 1, 2 * PACKET_RETIRE_MS);
		return SOURCE_IDLE;
	}
	if (code == ENETDOWN) {
		return source_fail(&ps->source.error,
		    "the interface went down, or is gone; bring it up: ip link set %s up",
		    ps->source.interfaces[0].name);
	}
	return source_fail(&ps->source.error, "%s", strerror(code));
}

static int packet_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct packet_source *ps = (struct packet_source *)source;
	int count = 0;

	/* A burst does not reach into the next block: this one would be kept from the kernel. */
	while (count == 0) {
		if (ps->left == 0) {
			block_return(ps);
			if (!block_take(ps)) {
				ps->source.crowded = false;
				return idle(ps);
			}
		}
		while (count < PACKET_BURST && ps->left > 0) {
			count += packet_take(ps, &out[count]);
		}
	}
	return count;
}

/* --- what was lost --- */

static void kernel_look(struct packet_source *ps)
{
	struct tpacket_stats_v3 stats = {0};
	socklen_t octets = sizeof(stats);

	/* They begin anew with each look. */
	if (getsockopt(ps->ring_fd, SOL_PACKET, PACKET_STATISTICS, &stats, &octets) == 0) {
		ps->drops.kernel += stats.tp_drops;
	}
}

/* The interface's own count goes on, or begins anew with its driver. */
static void interface_look(struct packet_source *ps)
{
	uint64_t now;

	if (ps->counters_fd < 0 || !netlink_drops(ps->counters_fd, ps->ifindex, &now)) {
		return;
	}
	if (ps->interface_known && now > ps->interface_before) {
		ps->drops.interface += now - ps->interface_before;
	}
	ps->interface_before = now;
	ps->interface_known = true;
}

static bool packet_drops(struct source *source, struct source_drops *out)
{
	struct packet_source *ps = (struct packet_source *)source;

	kernel_look(ps);
	interface_look(ps);
	*out = ps->drops;
	return true;
}

/* --- beginning and end --- */

static void packet_close(struct source *source)
{
	struct packet_source *ps = (struct packet_source *)source;

	if (ps->ring) {
		(void)munmap(ps->ring, (size_t)ps->blocks * ps->block_octets);
	}
	(void)close(ps->ring_fd);
	if (ps->counters_fd >= 0) {
		(void)close(ps->counters_fd);
	}
	free(ps);
}

static bool ring_map(struct packet_source *ps, struct source_error *error)
{
	void *ring = mmap(NULL, (size_t)ps->blocks * ps->block_octets, PROT_READ | PROT_WRITE,
	    MAP_SHARED, ps->ring_fd, 0);

	if (ring == MAP_FAILED) {
		source_fail(error, "the kernel's buffer cannot be mapped: %s", strerror(errno));
		return false;
	}
	ps->ring = ring;
	return true;
}

struct source *packet_source_new(const struct live_spec *spec, const struct live_opened *opened,
    const int fds[LIVE_FDS_MAX], uint16_t capture, struct source_error *error)
{
	static const struct source_ops ops = {
	    .read = packet_read,
	    .drops = packet_drops,
	    .close = packet_close,
	};
	struct packet_source *ps = calloc(1, sizeof(*ps));

	if (!ps) {
		for (uint32_t i = 0; i < opened->fd_count; i++) {
			(void)close(fds[i]);
		}
		source_fail(error, "out of memory");
		return NULL;
	}
	ps->source.ops = &ops;
	ps->source.capture = capture;
	ps->source.wait_fd = ps->ring_fd = fds[PACKET_FD_RING];
	ps->counters_fd = opened->fd_count == PACKET_FDS ? fds[PACKET_FD_COUNTERS] : -1;
	ps->ifindex = opened->ifindex;
	ps->cooked = opened->packet.cooked;
	ps->block_octets = opened->packet.block_octets;
	ps->blocks = opened->packet.blocks;
	ps->source.interface_count = 1;
	ps->source.interfaces[0] =
	    (struct source_interface){.link = opened->link, .snap_length = opened->snap_length};
	memcpy(ps->source.interfaces[0].name, spec->interface, LIVE_INTERFACE_MAX);
	if (!ring_map(ps, error)) {
		packet_close(&ps->source);
		return NULL;
	}
	interface_look(ps);
	return &ps->source;
}
