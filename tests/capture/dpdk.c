/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source over DPDK's virtual devices: rings that the test fills, recordings, a device without
 * end. Each test is a process, and so has an EAL of its own.
 */
#include <criterion/criterion.h>
#include <poll.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "dpdk.h"
#include "live_kinds.h"
#include "open_one.h"
#include "skip.h"

/* Without huge pages, and without any adapter of this machine. */
#define SMALL " --no-huge -m 128 --no-pci "

/* Lcores as threads on one core: what is tested are queues and rings. */
#define ONE   "--lcores 0@0" SMALL
#define TWO   "--lcores 0@0,1@0" SMALL
#define THREE "--lcores 0@0,1@0,2@0" SMALL

/* As in an analysis, each source has a number of its own. */
static uint16_t next_capture = 3;

static struct source *try_open(const char *text, uint32_t buffer, struct source_error *error)
{
	struct live_spec spec = {.kind = LIVE_DPDK, .buffer_octets = buffer};
	int fds[LIVE_FDS_MAX];
	struct live_opened opened;

	(void)snprintf(spec.text, sizeof(spec.text), "%s", text);
	cr_assert(dpdk_open(&spec, &opened, fds));
	cr_assert_eq(opened.fd_count, 0);
	*error = (struct source_error){0};
	return dpdk_source_new(&spec, &opened, fds, next_capture++, error);
}

static struct source *open_with(const char *text, uint32_t buffer)
{
	struct source_error error;
	struct source *source = try_open(text, buffer, &error);

	cr_assert_not_null(source, "%s: %s", text, error.reason);
	return source;
}

static void expect_refused(const char *text, const char *words)
{
	struct source_error error;

	cr_assert_null(try_open(text, 0, &error));
	cr_expect_not_null(
	    strstr(error.reason, words), "%s: \"%s\" lacks \"%s\"", text, error.reason, words);
}

/* --- what is refused, and how --- */

Test(dpdk, unknown_option)
{
	expect_refused(ONE "--nonsense", "nonsense");
}

Test(dpdk, asks_for_help)
{
	expect_refused("--help", "doc.dpdk.org");
}

Test(dpdk, unknown_device)
{
	expect_refused(ONE "--vdev=net_nonsense0", "net_nonsense0");
}

Test(dpdk, no_port)
{
	expect_refused(ONE, "--vdev");
}

Test(dpdk, recording_that_is_not_there)
{
	expect_refused(ONE "--vdev=net_pcap0,rx_pcap=/nonsense.pcap", "/nonsense.pcap");
}

Test(dpdk, unknown_port)
{
	expect_refused(ONE "--vdev=net_ring0 -- net_ring1", "net_ring1");
	/* It was started nevertheless. */
	expect_refused("-- 1", "\"1\"");
	expect_refused("-- 99999999999999999999", "99999999999999999999");
	source_close(open_with("-- 0", 0));
}

Test(dpdk, other_arguments_the_second_time)
{
	source_close(open_with(ONE "--vdev=net_ring0", 0));
	expect_refused(ONE "--vdev=net_ring1", "starts once");
}

static bool has_huge_pages(void)
{
	char line[128];
	unsigned long pages = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	cr_assert_not_null(file);
	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, "HugePages_Total:", 16) == 0) {
			pages = strtoul(line + 16, NULL, 10);
		}
	}
	(void)fclose(file);
	return pages > 0;
}

Test(dpdk, no_huge_pages)
{
	if (has_huge_pages()) {
		skip_without("this machine has huge pages: sysctl vm.nr_hugepages=0");
	}
	expect_refused("--lcores 0@0 --no-pci", "vm.nr_hugepages");
}

Test(dpdk, too_little_memory)
{
	expect_refused("--lcores 0@0 --no-huge -m 4 --no-pci --vdev=net_ring0", "-m");
}

/* --- recordings: the driver gives the times --- */

enum { PATIENCE = 10000 /* ms */ };

static unsigned read_burst(struct source *source, struct packet packets[PACKET_BURST])
{
	int got = source_read(source, packets);

	cr_assert(got >= 0 || got == SOURCE_END, "%s", source->error.reason);
	return got > 0 ? (unsigned)got : 0;
}

/* Whoever polls may be without a core for long, where others are at work. */
static unsigned read_next(struct source *source, struct packet packets[PACKET_BURST])
{
	unsigned count = 0;

	for (unsigned i = 0; i < PATIENCE && count == 0; i++) {
		count = read_burst(source, packets);
		(void)usleep(count == 0 ? 1000 : 0);
	}
	cr_assert_gt(count, 0, "nothing came for long");
	return count;
}

static void expect_same(const struct packet *live, const struct packet *file)
{
	uint32_t captured = file->captured < DPDK_LONG_MAX ? file->captured : DPDK_LONG_MAX;

	cr_expect_eq(live->time_ns / 1000, file->time_ns / 1000);
	cr_expect_eq(live->frame, file->frame);
	cr_expect_eq(live->capture, 3);
	cr_expect_eq(live->link, file->link);
	cr_expect_eq(live->captured, captured);
	cr_expect_arr_eq(live->data, file->data, captured);
}

static void expect_as_in_file(const char *arguments)
{
	char text[LIVE_TEXT_MAX], path[512];
	struct packet live[PACKET_BURST], file[PACKET_BURST];
	struct source_error error = {0};
	struct source *source, *reference;
	unsigned compared = 0, count = 0, at = 0, next, have;

	(void)snprintf(
	    path, sizeof(path), "%s/pcaps/double-nat/lan.pcap", getenv("TALKPATH_SOURCE"));
	(void)snprintf(text, sizeof(text), "%s--vdev=net_pcap0,rx_pcap=%s", arguments, path);
	source = open_with(text, 0);
	reference = open_one(path, 3, &error);
	cr_assert_not_null(reference);
	while ((have = read_burst(reference, file)) > 0) {
		for (next = 0; next < have; next++, compared++) {
			if (at == count) {
				count = read_next(source, live);
				at = 0;
			}
			expect_same(&live[at++], &file[next]);
		}
	}
	cr_expect_eq(at, count, "more than the file holds");
	cr_expect_eq(source_read(source, live), SOURCE_IDLE);
	cr_expect_gt(compared, 500);
	cr_expect_str_eq(source->stamps, "adapter");
	cr_expect_eq(source->totals.packets, reference->totals.packets);
	cr_expect_eq(source->totals.bytes, reference->totals.bytes);
	source_close(source);
	source_close(reference);
}

Test(dpdk, recording)
{
	expect_as_in_file(ONE);
}

Test(dpdk, recording_through_a_lcore)
{
	expect_as_in_file(TWO);
}

/* --- rings that the test fills --- */

enum { FRAME = 214 };

struct feed {
	struct rte_mempool *pool;
	uint32_t number; /* of the next packet, in its first octets */
};

static struct feed feed_new(unsigned packets)
{
	struct feed feed = {.pool = rte_pktmbuf_pool_create("feed", packets, 0, 0,
				RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id())};

	cr_assert_not_null(feed.pool);
	return feed;
}

static struct rte_mbuf *frame_make(struct feed *feed)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(feed->pool);
	char *data;

	cr_assert_not_null(mbuf);
	data = rte_pktmbuf_append(mbuf, FRAME);
	memset(data, 0, FRAME);
	memcpy(data, &feed->number, sizeof(feed->number));
	feed->number++;
	return mbuf;
}

/* Into the ring that is both ends of a queue of net_ring0. */
static void feed_frames(struct feed *feed, unsigned queue, unsigned count)
{
	char name[RTE_RING_NAMESIZE];
	struct rte_ring *ring;

	(void)snprintf(name, sizeof(name), "ETH_RXTX%u_net_ring0", queue);
	ring = rte_ring_lookup(name);
	cr_assert_not_null(ring);
	for (unsigned i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = frame_make(feed);

		while (rte_ring_enqueue(ring, mbuf) != 0) {
			(void)usleep(100);
		}
	}
}

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static uint32_t number_of(const struct packet *packet)
{
	uint32_t number;

	memcpy(&number, packet->data, sizeof(number));
	return number;
}

Test(dpdk, ring)
{
	struct source *source = open_with(ONE "--vdev=net_ring0", 0);
	struct feed feed = feed_new(1023);
	struct packet packets[PACKET_BURST];
	struct source_drops drops;
	uint32_t seen = 0;

	cr_expect_str_eq(source->interfaces[0].name, "net_ring0");
	for (unsigned round = 0; round < 100; round++) {
		int64_t before_ns = now_ns();
		unsigned left = round + 1, count;

		feed_frames(&feed, 0, left);
		for (; left > 0; left -= count) {
			count = read_burst(source, packets);
			cr_assert_gt(count, 0);
			for (unsigned i = 0; i < count; i++) {
				cr_expect_eq(number_of(&packets[i]), seen++);
				cr_expect_eq(packets[i].frame, seen);
				cr_expect_eq(packets[i].captured, FRAME);
				cr_expect_eq(packets[i].length, FRAME);
				cr_expect_geq(packets[i].time_ns, before_ns);
				cr_expect_leq(packets[i].time_ns, now_ns());
			}
		}
		cr_expect_eq(source_read(source, packets), SOURCE_IDLE);
	}
	cr_assert(source->ops->drops(source, &drops));
	cr_expect_eq(drops.kernel + drops.interface, 0);
	source_close(source);
	cr_expect_eq(rte_mempool_avail_count(feed.pool), 1023, "buffers were not given back");
}

Test(dpdk, frame_in_several_buffers)
{
	static const unsigned parts[] = {1500, 1900, 100, 700};
	struct source *source = open_with(ONE "--vdev=net_ring0", 0);
	struct feed feed = feed_new(63);
	struct rte_mbuf *first = NULL;
	struct packet packets[PACKET_BURST];
	unsigned at = 0;

	for (unsigned i = 0; i < 4; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(feed.pool);

		memset(rte_pktmbuf_append(mbuf, (uint16_t)parts[i]), (int)i + 1, parts[i]);
		cr_assert(!first || rte_pktmbuf_chain(first, mbuf) == 0);
		first = first ? first : mbuf;
	}
	feed_frames(&feed, 0, 1);
	cr_assert_eq(rte_ring_enqueue(rte_ring_lookup("ETH_RXTX0_net_ring0"), first), 0);
	feed_frames(&feed, 0, 1);
	cr_assert_eq(read_burst(source, packets), 3);
	cr_expect_eq(packets[1].length, 4200);
	cr_assert_eq(packets[1].captured, 4200);
	for (unsigned i = 0; i < 4; at += parts[i++]) {
		cr_expect_eq(packets[1].data[at], i + 1);
		cr_expect_eq(packets[1].data[at + parts[i] - 1], i + 1);
	}
	cr_expect_eq(number_of(&packets[2]), 1);
	source_close(source);
	cr_expect_eq(rte_mempool_avail_count(feed.pool), 63);
}

/* Stamps are not before their packets came, and not later than is told. */
static void expect_stamps(const char *arguments)
{
	struct source *source = open_with(arguments, 0);
	struct feed feed = feed_new(63);
	struct packet packets[PACKET_BURST];
	int64_t fed_ns[2], late_ns = 0;

	cr_expect_str_eq(source->stamps, "burst");
	for (unsigned i = 0; i < 100; i++) {
		struct pollfd fd = {.fd = source->wait_fd, .events = POLLIN};
		unsigned count;

		fed_ns[0] = now_ns();
		feed_frames(&feed, 0, 1);
		fed_ns[1] = now_ns();
		while ((count = read_burst(source, packets)) == 0) {
			(void)poll(&fd, 1, 1000);
		}
		cr_assert_eq(count, 1);
		cr_expect_geq(packets[0].time_ns, fed_ns[0]);
		late_ns = packets[0].time_ns - fed_ns[1] > late_ns ? packets[0].time_ns - fed_ns[1]
								   : late_ns;
	}
	cr_expect_gt(source->stamp_error_ns, 0);
	cr_expect_leq(late_ns, (int64_t)source->stamp_error_ns + 5000, "%ld ns late, %lu told",
	    (long)late_ns, (unsigned long)source->stamp_error_ns);
	source_close(source);
}

Test(dpdk, stamps)
{
	expect_stamps(ONE "--vdev=net_ring0");
}

Test(dpdk, stamps_of_a_lcore)
{
	expect_stamps(TWO "--vdev=net_ring0");
}

/* Without a packet the reader sleeps, but not for long. */
Test(dpdk, idle)
{
	struct source *source = open_with(ONE "--vdev=net_ring0", 0);
	struct packet packets[PACKET_BURST];
	int64_t begun_ns = now_ns();

	for (unsigned i = 0; i < 100; i++) {
		struct pollfd fd = {.fd = source->wait_fd, .events = POLLIN};

		cr_assert_eq(source_read(source, packets), SOURCE_IDLE);
		cr_assert_eq(poll(&fd, 1, 1000), 1);
	}
	cr_expect_geq(now_ns() - begun_ns, 100 * 100000);
	source_close(source);
}

static unsigned read_to_end(struct source *source, int64_t *last_ns)
{
	struct packet packets[PACKET_BURST];
	unsigned seen = 0, count;

	for (unsigned idle = 0; idle < 100; idle += count == 0) {
		count = read_burst(source, packets);
		for (unsigned i = 0; i < count; i++) {
			cr_expect_geq(packets[i].time_ns, *last_ns, "not the earliest first");
			*last_ns = packets[i].time_ns;
		}
		seen += count;
		(void)usleep(count == 0 ? 100 : 0);
	}
	return seen;
}

/* Packets that a lcore has passed on. */
static unsigned waiting(unsigned queue)
{
	char name[RTE_RING_NAMESIZE];

	(void)snprintf(name, sizeof(name), "talkpath-0-%u", queue);
	return rte_ring_count(rte_ring_lookup(name));
}

/* Each queue has a lcore; what all of them found is told in the order of time. */
Test(dpdk, queues)
{
	struct source *source = open_with(THREE "--vdev=net_ring0", 0);
	struct feed feed = feed_new(4095);
	const unsigned total = 30 * 50 + 30 * 29 / 2;
	int64_t last_ns = 0;

	for (unsigned i = 0; i < 30; i++) {
		feed_frames(&feed, i % 2, 50 + i);
		(void)usleep(i % 3 == 0 ? 1000 : 0);
	}
	for (unsigned i = 0; i < PATIENCE && waiting(0) + waiting(1) < total; i++) {
		(void)usleep(1000);
	}
	cr_expect_eq(read_to_end(source, &last_ns), total);
	source_close(source);
	cr_expect_eq(rte_mempool_avail_count(feed.pool), 4095);
}

/* A ring too small, and a reader that does not come: all that is not read is counted. */
Test(dpdk, drops)
{
	struct source *source = open_with(TWO "--vdev=net_ring0", 1 << 20);
	struct feed feed = feed_new(4095);
	struct packet packets[PACKET_BURST];
	struct source_drops drops;
	int64_t last_ns = 0;
	unsigned read;

	feed_frames(&feed, 0, 3000);
	for (unsigned i = 0; i < PATIENCE; i++) {
		cr_assert(source->ops->drops(source, &drops));
		if (waiting(0) + drops.kernel >= 3000) {
			break;
		}
		(void)usleep(1000);
	}
	read = read_burst(source, packets);
	cr_expect(source->crowded);
	read += read_to_end(source, &last_ns);
	cr_expect(!source->crowded);
	cr_assert(source->ops->drops(source, &drops));
	cr_expect_gt(drops.kernel, 2000);
	cr_expect_eq(read + drops.kernel, 3000, "%u read, %lu dropped", read, drops.kernel);
	source_close(source);
	cr_expect_eq(rte_mempool_avail_count(feed.pool), 4095);
}

/* As after a reload; and two sources, each with its port. */
Test(dpdk, opened_anew)
{
	const char *all = ONE "--vdev=net_ring0 --vdev=net_null0";
	struct source *null, *ring;
	struct packet packets[PACKET_BURST];

	for (unsigned i = 0; i < 3; i++) {
		struct source *both = open_with(all, 0);

		cr_expect_eq(both->interface_count, 2);
		cr_expect_eq(read_burst(both, packets), PACKET_BURST);
		source_close(both);
	}
	null = open_with(ONE "--vdev=net_ring0 --vdev=net_null0 -- net_null0", 0);
	expect_refused("-- 1", "another source has it");
	ring = open_with("-- 0", 0);
	cr_expect_eq(source_read(ring, packets), SOURCE_IDLE);
	cr_expect_eq(read_burst(null, packets), PACKET_BURST);
	cr_expect_eq(packets[0].length, 64);
	source_close(null);
	source_close(ring);
}
