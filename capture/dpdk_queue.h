/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of a DPDK port: polled by its reader, or by a lcore that passes packets on through a
 * ring.
 *
 * Time stamps are the adapter's where it makes any, else the time of the poll that found a packet.
 * How late that may be is measured: the time since the queue was empty.
 *
 * Data in:   packets of the adapter, in its memory. Data out: the same, with their times.
 * Ownership: a packet handed over is valid until the next dpdk_queue_fill().
 * Threading: the reader's; a lcore's own part is told in the struct.
 */
#ifndef TALKPATH_DPDK_QUEUE_H
#define TALKPATH_DPDK_QUEUE_H

#include <rte_mbuf.h>
#include <rte_mbuf_dyn.h>
#include <rte_ring.h>
#include <stdatomic.h>

#include "dpdk_clock.h"
#include "dpdk_port.h"
#include "packet.h"

struct dpdk_stamp_field {
	size_t offset; /* in an mbuf */
	uint64_t flag; /* it was filled by the driver */
};

/*
 * Packets lie in a ring, from `freed` on: handed over, warm, fetched, found. They wait for memory
 * twice, for the buffer's header and for what it holds, and the one tells where the other is. So
 * with every call of dpdk_queue_fill() they go one step: while a burst is looked at what the next
 * one holds is on its way, and the headers of the one after it.
 */
enum { DPDK_HELD = 4 * PACKET_BURST };

struct dpdk_queue {
	/* What the one who polls writes; what the reader writes is at the end, on other lines. */
	int64_t burst_ns;             /* when the last burst was found */
	int64_t read_ns;              /* when the adapter's counter was read last */
	uint64_t since, since_next;   /* TSC; what is found now came after `since` */
	atomic_uint_fast64_t late;    /* ticks of the TSC; the latest that a stamp may have been */
	atomic_uint_fast64_t refused; /* packets that the ring had no room for */
	struct dpdk_clock clock;
	unsigned full, depth; /* full polls since `since_next`, and those of a full queue */
	struct rte_mbuf *mbufs[DPDK_HELD];
	/* Settled before it runs. */
	struct dpdk_stamp_field field;
	struct rte_ring *ring; /* NULL: the reader polls */
	unsigned lcore;
	enum dpdk_stamps stamps;
	uint16_t port, number;
	bool stamped; /* each packet carries its time in the field */
	atomic_bool stop;
	int64_t times_ns[DPDK_HELD];
	uint32_t freed, next, warm, fetched, found; /* count up for ever */
};

struct dpdk_queue_config {
	const struct dpdk_port *port;
	uint16_t number;
	bool has_lcore;
	unsigned lcore, ring_packets;
};

/* A lcore begins to poll it. */
bool dpdk_queue_init(
    struct dpdk_queue *queue, const struct dpdk_queue_config *config, struct source_error *error);
void dpdk_queue_fini(struct dpdk_queue *queue);

/* The adapter, or its driver, makes the stamps. */
static inline bool dpdk_queue_is_driven(const struct dpdk_queue *queue)
{
	return queue->stamps != DPDK_STAMPS_NONE;
}

/* How late a stamp of the polls was at most; 0 where they make none. */
uint64_t dpdk_queue_late_ns(const struct dpdk_queue *queue);

/* More than half of what waits for the reader, in the ring or the adapter, is taken. */
bool dpdk_queue_is_crowded(const struct dpdk_queue *queue);

/* Give back what was handed over, and look for more; the packets from `next` to `warm` are at hand.
 */
void dpdk_queue_fill(struct dpdk_queue *queue);

/* The next packet, and its time; there must be one. */
static inline struct rte_mbuf *dpdk_queue_head(const struct dpdk_queue *queue)
{
	return queue->mbufs[queue->next % DPDK_HELD];
}

static inline int64_t dpdk_queue_time(const struct dpdk_queue *queue)
{
	return queue->times_ns[queue->next % DPDK_HELD];
}

#endif
