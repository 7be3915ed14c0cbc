/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DPDK's environment: started once in a process, quietly.
 *
 * Data in:   "EAL arguments -- ports". Data out: the ports; on failure the first thing that DPDK
 *            complained of, and what to do about it.
 * Ownership: the EAL belongs to the process, and stays. Threading: the thread that opens sources.
 * Limits:    EAL_WORDS_MAX arguments.
 */
#ifndef TALKPATH_DPDK_EAL_H
#define TALKPATH_DPDK_EAL_H

#include <rte_ethdev.h>

#include "live.h"

enum { EAL_WORDS_MAX = 128 };

/* All that there are, in order, but those that belong to other ports. */
unsigned dpdk_eal_ports(uint16_t ports[RTE_MAX_ETHPORTS]);

/*
 * Start it, unless it was; give the ports that `text` names, or all. Whoever comes second, with
 * other ports, gives no arguments, or the same ones. How many ports; 0 with *error.
 */
unsigned dpdk_eal_start(
    const char *text, uint16_t ports[RTE_MAX_ETHPORTS], struct source_error *error);

#endif
