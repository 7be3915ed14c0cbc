/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The source over DPDK's queues: what is earliest of all of them first.
 *
 * Nothing tells that packets have come but looking. A reader that found none sleeps on a timer, so
 * that neither an idle network nor one with a few calls takes a core; a burst meanwhile waits in
 * the adapter's queue, or in the ring behind a lcore.
 */
#include <errno.h>
#include <limits.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <rte_prefetch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "dpdk.h"
#include "dpdk_eal.h"
#include "dpdk_queue.h"

enum {
	LINK_ETHERNET = 1,
	DESCRIPTORS = 2048,  /* of a queue: at 10 million packets a second 0.2 ms */
	RING_PACKETS = 8192, /* between a lcore and the reader */
	POOL_CACHE = 256,
	MBUF_OCTETS = RTE_MBUF_DEFAULT_BUF_SIZE + sizeof(struct rte_mbuf) /* and their header */
};

/* Of a reader that found nothing: it polls itself, lcores do, or hardly anything comes. */
static const long pause_usual_ns = 100000, lcores_pause_ns = 1000000, quiet_pause_ns = 2500000;

/* Without 25 packets a second, for as long as this. */
static const int64_t silence_max_ns = 1000000000, silence_of_packet_ns = 40000000;

struct dpdk_source {
	struct source source;
	unsigned port_count, queue_count;
	struct dpdk_port ports[LIVE_QUEUES_MAX];
	struct dpdk_queue *queues[LIVE_QUEUES_MAX];
	struct rte_mempool *pool;
	bool has_lcores;
	int64_t silence_ns;                         /* slept, less what packets are worth */
	uint8_t whole[PACKET_BURST][DPDK_LONG_MAX]; /* of those that lie in several buffers */
};

/* --- reading --- */

/* Whose packet is the earliest; *until_ns: up to when the next ones are its, too. */
static struct dpdk_queue *turn_find(const struct dpdk_source *dpdk, int64_t *until_ns)
{
	struct dpdk_queue *found = NULL;
	int64_t found_ns = 0;

	*until_ns = INT64_MAX;
	for (unsigned i = 0; i < dpdk->queue_count; i++) {
		struct dpdk_queue *queue = dpdk->queues[i];
		int64_t time_ns;

		if (queue->next == queue->warm) {
			continue;
		}
		time_ns = dpdk_queue_time(queue);
		if (!found || time_ns < found_ns) {
			*until_ns = found ? found_ns : INT64_MAX;
			found = queue;
			found_ns = time_ns;
		} else if (time_ns < *until_ns) {
			*until_ns = time_ns;
		}
	}
	return found;
}

static void packet_fill(
    struct dpdk_source *dpdk, struct packet *out, struct rte_mbuf *mbuf, int64_t time_ns)
{
	out->time_ns = time_ns;
	out->data = rte_pktmbuf_mtod(mbuf, const uint8_t *);
	out->captured = rte_pktmbuf_data_len(mbuf);
	out->length = rte_pktmbuf_pkt_len(mbuf);
	out->frame = ++dpdk->source.frame;
	out->capture = dpdk->source.capture;
	out->link = LINK_ETHERNET;
}

static void packet_join(struct packet *out, struct rte_mbuf *mbuf, uint8_t whole[DPDK_LONG_MAX])
{
	out->captured = out->length < DPDK_LONG_MAX ? out->length : DPDK_LONG_MAX;
	out->data = rte_pktmbuf_read(mbuf, 0, out->captured, whole);
}

/* A queue's packets up to a time, as far as there is room; how many there are in `out` then. */
static unsigned turn_take(struct dpdk_source *dpdk, struct dpdk_queue *queue, int64_t until_ns,
    struct packet out[PACKET_BURST], unsigned count)
{
	do {
		struct rte_mbuf *mbuf = dpdk_queue_head(queue);

		packet_fill(dpdk, &out[count], mbuf, dpdk_queue_time(queue));
		if (mbuf->nb_segs > 1) {
			packet_join(&out[count], mbuf, dpdk->whole[count]);
		}
		count++;
		queue->next++;
	} while (count < PACKET_BURST && queue->next != queue->warm &&
		 dpdk_queue_time(queue) <= until_ns);
	return count;
}

/*
 * The descriptor that is waited for becomes readable when it is time to look again. With fewer
 * packets than a call has that need not be soon.
 */
static void pause_begin(struct dpdk_source *dpdk)
{
	bool quiet = dpdk->silence_ns >= silence_max_ns;
	long pause_ns = quiet              ? quiet_pause_ns
			: dpdk->has_lcores ? lcores_pause_ns
					   : pause_usual_ns;
	struct itimerspec pause = {.it_value.tv_nsec = pause_ns};

	dpdk->silence_ns += quiet ? 0 : pause_ns;
	(void)timerfd_settime(dpdk->source.wait_fd, 0, &pause, NULL);
}

static void silence_end(struct dpdk_source *dpdk, unsigned packets)
{
	int64_t worth_ns = packets * silence_of_packet_ns;

	dpdk->silence_ns -= worth_ns < dpdk->silence_ns ? worth_ns : dpdk->silence_ns;
}

/* Of an adapter's stamps nobody knows how late they are. */
static void stamps_judge(struct dpdk_source *dpdk)
{
	for (unsigned i = 0; i < dpdk->queue_count; i++) {
		uint64_t late_ns = dpdk_queue_late_ns(dpdk->queues[i]);

		if (late_ns > dpdk->source.stamp_error_ns) {
			dpdk->source.stamp_error_ns =
			    late_ns < UINT32_MAX ? (uint32_t)late_ns : UINT32_MAX;
		}
	}
}

static int dpdk_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct dpdk_source *dpdk = (struct dpdk_source *)source;
	struct dpdk_queue *queue;
	unsigned count = 0;
	int64_t until_ns;

	source->crowded = false;
	for (unsigned i = 0; i < dpdk->queue_count; i++) {
		dpdk_queue_fill(dpdk->queues[i]);
		source->crowded |= dpdk_queue_is_crowded(dpdk->queues[i]);
	}
	stamps_judge(dpdk);
	while (count < PACKET_BURST && (queue = turn_find(dpdk, &until_ns)) != NULL) {
		count = turn_take(dpdk, queue, until_ns, out, count);
		if (queue->next == queue->warm) {
			break; /* its next packets may be earlier than those of the others */
		}
	}
	if (count == 0) {
		pause_begin(dpdk);
		return SOURCE_IDLE;
	}
	silence_end(dpdk, count);
	return (int)count;
}

static bool dpdk_drops(struct source *source, struct source_drops *out)
{
	const struct dpdk_source *dpdk = (const struct dpdk_source *)source;
	bool known = true;

	*out = (struct source_drops){0};
	for (unsigned i = 0; i < dpdk->port_count; i++) {
		known &= dpdk_port_drops(&dpdk->ports[i], out);
	}
	for (unsigned i = 0; i < dpdk->queue_count; i++) {
		out->kernel +=
		    atomic_load_explicit(&dpdk->queues[i]->refused, memory_order_relaxed);
	}
	return known;
}

static void dpdk_close(struct source *source)
{
	struct dpdk_source *dpdk = (struct dpdk_source *)source;

	for (unsigned i = 0; i < dpdk->queue_count; i++) {
		dpdk_queue_fini(dpdk->queues[i]);
		rte_free(dpdk->queues[i]);
	}
	for (unsigned i = 0; i < dpdk->port_count; i++) {
		dpdk_port_close(&dpdk->ports[i]);
	}
	rte_mempool_free(dpdk->pool);
	if (source->wait_fd >= 0) {
		(void)close(source->wait_fd);
	}
	free(dpdk);
}

/* --- set-up --- */

/* Worker lcores are dealt out to all ports that there are; with fewer than ports, none is. */
static unsigned lcores_each(void)
{
	unsigned workers = rte_lcore_count() - 1, ports = rte_eth_dev_count_avail();

	return ports > 0 ? workers / ports : 0;
}

/* The first of a port's. */
static unsigned lcore_first(uint16_t port)
{
	unsigned skip = 0, lcore = rte_get_next_lcore(UINT_MAX, 1, 0);
	uint16_t ports[RTE_MAX_ETHPORTS];

	for (unsigned i = dpdk_eal_ports(ports); i-- > 0;) {
		skip += ports[i] < port ? lcores_each() : 0;
	}
	while (skip-- > 0) {
		lcore = rte_get_next_lcore(lcore, 1, 0);
	}
	return lcore;
}

/* What the queues and rings hold when they are full, and what is on its way. */
static bool pool_make(struct dpdk_source *dpdk, const struct dpdk_queue_config *queue,
    unsigned queues, struct source_error *error)
{
	unsigned each = DESCRIPTORS + DPDK_HELD + PACKET_BURST + POOL_CACHE * 2 +
			(queue->has_lcore ? queue->ring_packets : 0);
	char name[RTE_MEMPOOL_NAMESIZE];

	(void)snprintf(name, sizeof(name), "talkpath-%u", dpdk->source.capture);
	dpdk->pool = rte_pktmbuf_pool_create(
	    name, each * queues, POOL_CACHE, 0, RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	if (!dpdk->pool) {
		source_fail(error,
		    "DPDK has no memory for %u packets, %u MiB; lower --buffer, or give "
		    "it more (-m MEGABYTES, vm.nr_hugepages)",
		    each * queues, (unsigned)((uint64_t)each * queues * MBUF_OCTETS >> 20));
	}
	return dpdk->pool != NULL;
}

static bool queues_open(
    struct dpdk_source *dpdk, struct dpdk_queue_config config, struct source_error *error)
{
	for (uint16_t i = 0; i < config.port->queues; i++) {
		struct dpdk_queue *queue = rte_zmalloc(NULL, sizeof(*queue), RTE_CACHE_LINE_SIZE);

		config.number = i;
		if (!queue || !dpdk_queue_init(queue, &config, error)) {
			rte_free(queue);
			return false;
		}
		dpdk->queues[dpdk->queue_count++] = queue;
		if (!dpdk_queue_is_driven(queue)) {
			dpdk->source.stamps = "burst";
		}
		config.lcore = rte_get_next_lcore(config.lcore, 1, 0);
	}
	return true;
}

_Static_assert(sizeof(((struct source_interface *)0)->name) == RTE_ETH_NAME_MAX_LEN, "whole names");

static void interface_note(struct source *source, const char name[RTE_ETH_NAME_MAX_LEN])
{
	struct source_interface *interface = &source->interfaces[source->interface_count++];

	interface->link = LINK_ETHERNET;
	interface->snap_length = DPDK_LONG_MAX;
	memcpy(interface->name, name, sizeof(interface->name));
}

static bool port_add(struct dpdk_source *dpdk, uint16_t id, struct dpdk_queue_config queue,
    struct source_error *error)
{
	struct dpdk_port *port = &dpdk->ports[dpdk->port_count];
	const struct dpdk_port_config config = {
	    .queues = dpdk_port_queues(id, queue.has_lcore ? lcores_each() : 1),
	    .descriptors = DESCRIPTORS,
	    .pool = dpdk->pool,
	};

	if (dpdk->queue_count + config.queues > LIVE_QUEUES_MAX) {
		source_fail(
		    error, "more than %d queues; give DPDK fewer lcores (-l)", LIVE_QUEUES_MAX);
		return false;
	}
	if (!dpdk_port_open(port, id, &config, error)) {
		return false;
	}
	dpdk->port_count++;
	interface_note(&dpdk->source, port->name);
	queue.port = port;
	queue.lcore = queue.has_lcore ? lcore_first(id) : 0;
	return queues_open(dpdk, queue, error);
}

static bool ports_open(struct dpdk_source *dpdk, const struct live_spec *spec,
    const uint16_t *ports, unsigned count, struct source_error *error)
{
	unsigned each = lcores_each(), queues = 0;
	const struct dpdk_queue_config queue = {
	    .has_lcore = each > 0,
	    .ring_packets =
		spec->buffer_octets > 0 ? spec->buffer_octets / MBUF_OCTETS + 1 : RING_PACKETS,
	};

	dpdk->has_lcores = queue.has_lcore;
	for (unsigned i = 0; i < count; i++) {
		queues += dpdk_port_queues(ports[i], each > 0 ? each : 1);
	}
	if (!pool_make(dpdk, &queue, queues, error)) {
		return false;
	}
	for (unsigned i = 0; i < count; i++) {
		if (!port_add(dpdk, ports[i], queue, error)) {
			return false;
		}
	}
	return true;
}

static struct dpdk_source *source_make(uint16_t capture)
{
	static const struct source_ops ops = {
	    .read = dpdk_read, .drops = dpdk_drops, .close = dpdk_close};
	struct dpdk_source *dpdk = calloc(1, sizeof(*dpdk));

	if (dpdk) {
		dpdk->source.ops = &ops;
		dpdk->source.capture = capture;
		dpdk->source.scattered = true;
		dpdk->source.stamps = "adapter";
		dpdk->source.wait_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	}
	return dpdk;
}

__attribute__((visibility("default"))) live_source_new talkpath_dpdk_source_new;

struct source *talkpath_dpdk_source_new(const struct live_spec *spec,
    const struct live_opened *opened, const int fds[LIVE_FDS_MAX], uint16_t capture,
    struct source_error *error)
{
	uint16_t ports[RTE_MAX_ETHPORTS];
	unsigned count = dpdk_eal_start(spec->text, ports, error);
	struct dpdk_source *dpdk;

	(void)opened;
	(void)fds;
	if (count == 0) {
		return NULL;
	}
	dpdk = source_make(capture);
	if (!dpdk || dpdk->source.wait_fd < 0) {
		source_fail(error, "%s", dpdk ? strerror(errno) : "out of memory");
		free(dpdk);
		return NULL;
	}
	if (!ports_open(dpdk, spec, ports, count, error)) {
		dpdk_close(&dpdk->source);
		return NULL;
	}
	return &dpdk->source;
}
