/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A DPDK port set up to listen: promiscuous, spread over its queues by RSS, and without a queue to
 * send with.
 *
 * Data in:   its number. Data out: queues to poll; what it dropped.
 * Ownership: dpdk_port_open() starts it, dpdk_port_close() stops it. Threading: one thread.
 */
#ifndef TALKPATH_DPDK_PORT_H
#define TALKPATH_DPDK_PORT_H

#include <rte_ethdev.h>

#include "source.h"

/* What the driver writes beside a packet. */
enum dpdk_stamps {
	DPDK_STAMPS_NONE,
	DPDK_STAMPS_TICKS, /* of the adapter's counter */
	DPDK_STAMPS_UTC_US /* net_pcap: the recording's, or the kernel's */
};

struct dpdk_port {
	uint16_t id, queues, descriptors; /* descriptors of each queue */
	enum dpdk_stamps stamps;
	char name[RTE_ETH_NAME_MAX_LEN];
};

struct dpdk_port_config {
	uint16_t queues, descriptors; /* wanted; descriptors of each */
	struct rte_mempool *pool;
};

/* Queues that it can have, at most `wanted`. */
uint16_t dpdk_port_queues(uint16_t id, unsigned wanted);

bool dpdk_port_open(struct dpdk_port *port, uint16_t id, const struct dpdk_port_config *config,
    struct source_error *error);

/* Adds to `drops` what it could not hand over since it was opened. */
bool dpdk_port_drops(const struct dpdk_port *port, struct source_drops *drops);

void dpdk_port_close(const struct dpdk_port *port);

#endif
