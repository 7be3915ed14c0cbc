/* SPDX-License-Identifier: Apache-2.0 */
#include "dpdk_port.h"

#include <rte_errno.h>
#include <stdio.h>
#include <string.h>

uint16_t dpdk_port_queues(uint16_t id, unsigned wanted)
{
	struct rte_eth_dev_info info;

	if (rte_eth_dev_info_get(id, &info) != 0 || info.max_rx_queues == 0) {
		return 1;
	}
	return (uint16_t)(wanted < info.max_rx_queues ? wanted : info.max_rx_queues);
}

/*
 * One key of which each half octet repeats: both directions of a flow have one queue (Woo and Park,
 * "Scalable TCP Session Monitoring with Symmetric Receive-side Scaling").
 */
static void rss_set(struct rte_eth_conf *conf, const struct rte_eth_dev_info *info)
{
	static uint8_t key[64];
	const uint64_t wanted = RTE_ETH_RSS_IP | RTE_ETH_RSS_UDP | RTE_ETH_RSS_TCP;

	if ((info->flow_type_rss_offloads & wanted) == 0) {
		return;
	}
	for (size_t i = 0; i < sizeof(key); i++) {
		key[i] = i % 2 == 0 ? 0x6d : 0x5a;
	}
	conf->rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
	conf->rx_adv_conf.rss_conf.rss_hf = info->flow_type_rss_offloads & wanted;
	if (info->hash_key_size > 0 && info->hash_key_size <= sizeof(key)) {
		conf->rx_adv_conf.rss_conf.rss_key = key;
		conf->rx_adv_conf.rss_conf.rss_key_len = info->hash_key_size;
	}
}

/* Stamps of the adapter are of use only where its counter can be read. */
static bool has_counter(uint16_t id)
{
	uint64_t ticks;

	return rte_eth_read_clock(id, &ticks) == 0;
}

static int configure(
    struct dpdk_port *port, const struct rte_eth_dev_info *info, const struct dpdk_port_config *c)
{
	struct rte_eth_conf conf = {0};
	uint16_t sending = 0;
	int status;

	conf.rxmode.offloads =
	    info->rx_offload_capa & (RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_TIMESTAMP);
	if (port->queues > 1) {
		rss_set(&conf, info);
	}
	status = rte_eth_dev_configure(port->id, port->queues, 0, &conf);
	if (status == 0) {
		status = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &port->descriptors, &sending);
	}
	for (uint16_t i = 0; status == 0 && i < port->queues; i++) {
		status = rte_eth_rx_queue_setup(port->id, i, port->descriptors,
		    (unsigned)rte_eth_dev_socket_id(port->id), NULL, c->pool);
	}
	return status == 0 ? rte_eth_dev_start(port->id) : status;
}

static enum dpdk_stamps stamps_of(const struct dpdk_port *port, const struct rte_eth_dev_info *info)
{
	if (strcmp(info->driver_name, "net_pcap") == 0) {
		return DPDK_STAMPS_UTC_US;
	}
	return (info->rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) && has_counter(port->id)
		   ? DPDK_STAMPS_TICKS
		   : DPDK_STAMPS_NONE;
}

bool dpdk_port_open(struct dpdk_port *port, uint16_t id, const struct dpdk_port_config *config,
    struct source_error *error)
{
	struct rte_eth_dev_info info;
	int status;

	*port = (struct dpdk_port){
	    .id = id, .queues = config->queues, .descriptors = config->descriptors};
	(void)rte_eth_dev_get_name_by_port(id, port->name);
	status = rte_eth_dev_info_get(id, &info);
	if (status == 0) {
		status = configure(port, &info, config);
	}
	if (status != 0) {
		source_fail(error, "port %s: DPDK cannot set it up: %s", port->name,
		    status == -EBUSY ? "another source has it" : rte_strerror(-status));
		return false;
	}
	port->stamps = stamps_of(port, &info);
	/* Where the driver knows neither, it hands over all that comes. */
	(void)rte_eth_promiscuous_enable(id);
	(void)rte_eth_allmulticast_enable(id);
	(void)rte_eth_stats_reset(id);
	return true;
}

bool dpdk_port_drops(const struct dpdk_port *port, struct source_drops *drops)
{
	struct rte_eth_stats stats;

	if (rte_eth_stats_get(port->id, &stats) != 0) {
		return false;
	}
	drops->interface += stats.imissed + stats.ierrors;
	drops->kernel += stats.rx_nombuf;
	return true;
}

void dpdk_port_close(const struct dpdk_port *port)
{
	(void)rte_eth_dev_stop(port->id);
}
