/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-dpdk-pipeline: what a packet costs behind a DPDK driver, against what it costs out of a
 * file.
 *
 * One capture of RTP is analysed as a file, and out of a ring of DPDK (net_ring) that was filled
 * before: all of it lies in memory, as the file does, and in no cache. The clock is the capture's:
 * whoever asks for the time gets that of the packet at hand. What the driver takes, polls and
 * giving buffers back, is measured alone and taken off.
 */
#include <dlfcn.h>
#include <poll.h>
#include <rte_eth_ring.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_ring.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "live_kinds.h"
#include "median.h"
#include "pin.h"
#include "source.h"
#include "talkpath.h"

enum { PACKETS_MAX = 500000, DATA_ROOM = RTE_PKTMBUF_HEADROOM + 640 };

/* The capture, as it goes into the ring. */
static struct {
	size_t count;
	struct packet *packets;
	struct rte_ring *ring;
	struct rte_mempool *pool;
	struct tp_analysis *analysis; /* stopped at the end */
} feed;

static double cpu_ns(void)
{
	struct timespec now;

	(void)syscall(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

/* --- the ring --- */

static bool packet_feed(const struct packet *packet)
{
	struct rte_mbuf *mbuf = rte_pktmbuf_alloc(feed.pool);

	if (!mbuf) {
		return false;
	}
	memcpy(
	    rte_pktmbuf_append(mbuf, (uint16_t)packet->captured), packet->data, packet->captured);
	if (rte_ring_sp_enqueue(feed.ring, mbuf) != 0) {
		rte_pktmbuf_free(mbuf);
		return false;
	}
	return true;
}

static bool ring_fill(void)
{
	for (size_t i = 0; i < feed.count; i++) {
		if (!packet_feed(&feed.packets[i])) {
			return false;
		}
	}
	return true;
}

/* --- what stands in place of the C library's --- */

int poll(struct pollfd *fds, nfds_t nfds, int timeout)
{
	(void)fds;
	(void)nfds;
	(void)timeout;
	if (feed.analysis && rte_ring_empty(feed.ring)) {
		tp_stop(feed.analysis);
	}
	return 0;
}

static int (*real_clock)(clockid_t clock, struct timespec *now);

static bool real_clock_find(void)
{
	void *function = dlsym(RTLD_NEXT, "clock_gettime");

	memcpy(&real_clock, &function, sizeof(function));
	return function != NULL;
}

/* The real one is asked too: that belongs to the price. */
int clock_gettime(clockid_t clock_id, struct timespec *tp)
{
	int status = real_clock ? real_clock(clock_id, tp) : -1;

	if (clock_id == CLOCK_REALTIME && feed.analysis) {
		size_t taken = feed.count - rte_ring_count(feed.ring);
		int64_t time_ns = feed.packets[taken > 0 ? taken - 1 : 0].time_ns;

		tp->tv_sec = time_ns / 1000000000;
		tp->tv_nsec = time_ns % 1000000000;
	}
	return status;
}

/* --- the capture in memory --- */

static bool capture_add(const struct packet *packet)
{
	static size_t room;
	uint8_t *data;

	if (feed.count == room) {
		room = room ? room * 2 : 1 << 16;
		feed.packets = realloc(feed.packets, room * sizeof(*feed.packets));
	}
	data = feed.packets ? malloc(packet->captured) : NULL;
	if (!data) {
		return false;
	}
	memcpy(data, packet->data, packet->captured);
	feed.packets[feed.count] = *packet;
	feed.packets[feed.count++].data = data;
	return true;
}

static bool source_take(void *context, struct source *source, const char *member)
{
	struct packet burst[PACKET_BURST];
	int count;

	(void)context;
	(void)member;
	while ((count = source_read(source, burst)) > 0) {
		for (int i = 0; i < count; i++) {
			if (!capture_add(&burst[i])) {
				return false;
			}
		}
	}
	source_close(source);
	return true;
}

static void source_refused(void *context, const char *member, const struct source_error *error)
{
	(void)context;
	(void)member;
	(void)fprintf(stderr, "talkpath-dpdk-pipeline: %s\n", error->reason);
}

/* --- what is measured: ns per packet; functions of their own, for profilers --- */

__attribute__((noinline)) static double offline(const char *path)
{
	struct tp_analysis *a = tp_new(&(struct tp_options){.workers = 0}, NULL);
	bool opened = a && tp_open_file(a, path, NULL) == TP_OK;
	double begun_ns = cpu_ns(), took_ns;

	opened = opened && tp_run(a) == TP_OK;
	took_ns = cpu_ns() - begun_ns;
	tp_free(a);
	return opened ? took_ns / (double)feed.count : -1;
}

__attribute__((noinline)) static double behind_driver(const char *source)
{
	struct tp_analysis *a = tp_new(&(struct tp_options){.workers = 0}, NULL);
	bool opened = a && tp_open_live(a, &(struct tp_live){.source = source}, -1, NULL) == TP_OK;
	double begun_ns, took_ns;

	opened = opened && ring_fill();
	feed.analysis = a;
	begun_ns = cpu_ns();
	opened = opened && tp_run(a) == TP_OK;
	took_ns = cpu_ns() - begun_ns;
	feed.analysis = NULL;
	tp_free(a);
	return opened ? took_ns / (double)feed.count : -1;
}

/* Polls, and buffers given back; nobody looks at a packet. */
__attribute__((noinline)) static double driver(uint16_t port)
{
	struct rte_mbuf *mbufs[PACKET_BURST];
	double begun_ns, took_ns;
	uint16_t count;

	/* The source has stopped it. */
	if (rte_eth_dev_start(port) != 0 || !ring_fill()) {
		return -1;
	}
	begun_ns = cpu_ns();
	while ((count = rte_eth_rx_burst(port, 0, mbufs, PACKET_BURST)) > 0) {
		rte_pktmbuf_free_bulk(mbufs, count);
	}
	took_ns = cpu_ns() - begun_ns;
	(void)rte_eth_dev_stop(port);
	return took_ns / (double)feed.count;
}

/* --- set-up --- */

/* The module starts DPDK: with a port that nobody uses. */
static bool dpdk_start(const char *arguments)
{
	struct live_spec spec = {.kind = LIVE_DPDK};
	struct live_opened opened = {.ok = 1};
	struct source_error error = {0};
	struct source *source;

	(void)snprintf(spec.text, sizeof(spec.text), "--no-pci --vdev=net_ring0 %s", arguments);
	source = dpdk_source_new(&spec, &opened, NULL, 0, &error);
	if (!source) {
		(void)fprintf(stderr, "talkpath-dpdk-pipeline: %s\n", error.reason);
		return false;
	}
	source_close(source);
	return true;
}

/* A port whose queue is a ring of our own; below 0 where there is no memory. */
static int port_make(void)
{
	feed.ring = rte_ring_create("feed", PACKETS_MAX, (int)rte_socket_id(),
	    RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	feed.pool =
	    rte_pktmbuf_pool_create("feed", PACKETS_MAX, 0, 0, DATA_ROOM, (int)rte_socket_id());
	return feed.ring && feed.pool ? rte_eth_from_ring(feed.ring) : -1;
}

static bool rounds_run(const char *path, uint16_t port, int rounds)
{
	static double files[ROUNDS_MAX], drivers[ROUNDS_MAX], pipelines[ROUNDS_MAX],
	    ratios[ROUNDS_MAX];
	char source[64];

	(void)snprintf(source, sizeof(source), "dpdk:-- %u", port);
	/* Round -1 is the warm-up. */
	for (int i = -1; i < rounds; i++) {
		double file = offline(path), live = behind_driver(source), polls;

		polls = driver(port);
		if (file < 0 || live < 0 || polls < 0) {
			return false;
		}
		if (i >= 0) {
			files[i] = file;
			drivers[i] = polls;
			pipelines[i] = live - polls;
			ratios[i] = pipelines[i] / file;
		}
	}
	(void)printf(
	    "%zu packets, medians of %d rounds, ns per packet: file %.1f, driver %.1f, behind "
	    "it %.1f; ratio %.2f\n",
	    feed.count, rounds, median_of(files, rounds), median_of(drivers, rounds),
	    median_of(pipelines, rounds), median_of(ratios, rounds));
	return true;
}

int main(int argc, char **argv)
{
	const struct source_opening opening = {NULL, source_take, source_refused, NULL};
	int rounds = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0, port;

	if (rounds < 1 || rounds > ROUNDS_MAX) {
		(void)fprintf(
		    stderr, "Usage: talkpath-dpdk-pipeline CAPTURE ROUNDS EAL-ARGUMENTS\n");
		return 2;
	}
	if (!pin(argv[1]) || !real_clock_find() || !dpdk_start(argv[3])) {
		return EXIT_FAILURE;
	}
	source_open_file(argv[1], &opening);
	if (feed.count > PACKETS_MAX) {
		(void)fprintf(stderr, "talkpath-dpdk-pipeline: at most %d packets\n", PACKETS_MAX);
		return EXIT_FAILURE;
	}
	port = port_make();
	return feed.count > 0 && port >= 0 && rounds_run(argv[1], (uint16_t)port, rounds)
		   ? EXIT_SUCCESS
		   : EXIT_FAILURE;
}
