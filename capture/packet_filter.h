/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF expressions ("udp and net 10.0.0.0/8"), compiled by libpcap and run by the kernel.
 *
 * Data in:  an expression as tcpdump takes it. Data out: a filter on a socket that is not bound
 *           yet; whoever reads from the socket cannot take it off.
 */
#ifndef TALKPATH_PACKET_FILTER_H
#define TALKPATH_PACKET_FILTER_H

#include "source.h"

/*
 * interface: an Ethernet one; NULL: packets begin with their IP header. False with *error, where
 * the expression is wrong or the filter is refused.
 */
bool packet_filter_attach(
    int fd, const char *expression, const char *interface, struct source_error *error);

#endif
