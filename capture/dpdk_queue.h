/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A queue of a DPDK port: polled by its reader, or by a lcore that passes packets on through a
 * ring.
 *
 * Time stamps are the adapter's where it makes any, else the time of the poll that found a packet.
 * How late that may be is measured: the time since the queue was empty.
 *
 * Data in:   packets of the adapter, in its memory. Data out: the same, with their times.
 * Ownership: a packet is the reader's once it was taken, who frees it. dpdk_queue_fini() frees what
 *            was not.
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

struct dpdk_queue {
	/* The reader's. */
	unsigned next, count; /* packets handed on, and at hand */
	struct rte_mbuf *mbufs[PACKET_BURST];
	/* Both's, settled before it runs. */
	uint16_t port, number, interface;
	bool stamped; /* each packet carries its time in the field */
	enum dpdk_stamps stamps;
	struct dpdk_stamp_field field;
	struct rte_ring *ring; /* NULL: the reader polls */
	unsigned lcore;
	atomic_bool stop;
	/* The one's who polls. */
	_Alignas(64) int64_t burst_ns; /* when the last burst was found */
	int64_t read_ns;               /* when the adapter's counter was read last */
	uint64_t since, since_next;    /* TSC; what is found now came after `since` */
	unsigned full, depth; /* full polls since `since_next`, and those of a full queue */
	struct dpdk_clock clock;
	atomic_uint_fast64_t late;    /* ticks of the TSC; the latest that a stamp may have been */
	atomic_uint_fast64_t refused; /* packets that the ring had no room for */
};

struct dpdk_queue_config {
	const struct dpdk_port *port;
	uint16_t number, interface;
	bool has_lcore;
	unsigned lcore, ring_packets;
};

/* A lcore begins to poll it. */
bool dpdk_queue_init(
    struct dpdk_queue *queue, const struct dpdk_queue_config *config, struct source_error *error);
void dpdk_queue_fini(struct dpdk_queue *queue);

/* How late a stamp was, at most, against the packet: of those that the poll made. */
uint64_t dpdk_queue_late_ns(const struct dpdk_queue *queue);

/* Where nothing is at hand: what has come since. False where that is nothing. */
bool dpdk_queue_fill(struct dpdk_queue *queue);

/* The time of the next packet; there must be one. */
static inline int64_t dpdk_queue_time(const struct dpdk_queue *queue)
{
	if (!queue->stamped) {
		return queue->burst_ns;
	}
	return (int64_t)*RTE_MBUF_DYNFIELD(
	    queue->mbufs[queue->next], queue->field.offset, rte_mbuf_timestamp_t *);
}

#endif
