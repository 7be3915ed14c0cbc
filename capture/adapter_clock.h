/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Time stamps that the adapter takes as a packet arrives.
 *
 * They are taken where they tell UTC: the adapter stamps every packet, nobody else has set it up
 * otherwise, and its clock runs with the system's, as phc2sys keeps it. A packet without such a
 * stamp has the kernel's, and both must be one time.
 *
 * Data in:   the name of an interface. Data out: what it offers, and its clock's offset.
 * Threading: any. To look changes nothing.
 */
#ifndef TALKPATH_ADAPTER_CLOCK_H
#define TALKPATH_ADAPTER_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum adapter_stamps {
	ADAPTER_STAMPS_NONE,  /* it does not stamp every packet */
	ADAPTER_STAMPS_TAKEN, /* somebody has it stamp others */
	ADAPTER_STAMPS_APART, /* its clock is not the system's */
	ADAPTER_STAMPS_GOOD
};

enum { ADAPTER_APART_NS = 1000000 }; /* farther than that its clock is another one */

struct adapter_clock {
	enum adapter_stamps stamps;
	bool on;           /* it stamps every packet already */
	int64_t offset_ns; /* its clock less the system's; with APART and GOOD */
};

/* fd: any socket. */
void adapter_clock_look(int fd, const char *interface, struct adapter_clock *out);

/* Have it stamp every packet that comes: needs CAP_NET_ADMIN, and outlives this process. */
bool adapter_clock_use(int fd, const char *interface, const struct adapter_clock *clock);

/* How long the adapter may wait before it tells of a packet; 0 where it does not say. */
uint32_t adapter_delay_ns(int fd, const char *interface);

#endif
