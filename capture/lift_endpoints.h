/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where calls have their media, told to the programs in the kernel that lift it (ebpf/lift.h).
 *
 * Data in:   endpoints, as session descriptions name them and as calls end. Data out: the maps of
 *            every program that listens; one that comes later is told all that there is.
 * Ownership: whoever listens keeps its descriptors open until it has left.
 * Threading: any; calls of several threads wait for one another.
 * Limits:    LIFT_ENDPOINTS_MAX endpoints, others are refused and counted;
 *            LIFT_LISTENERS_MAX programs.
 */
#ifndef TALKPATH_LIFT_ENDPOINTS_H
#define TALKPATH_LIFT_ENDPOINTS_H

#include <stdbool.h>
#include <stdint.h>

enum { LIFT_LISTENERS_MAX = 64 };

struct lift_endpoints;

/* Descriptors of a program's maps. */
struct lift_maps {
	int endpoints, ports;
};

/* NULL where memory is short. */
struct lift_endpoints *lift_endpoints_new(void);
void lift_endpoints_free(struct lift_endpoints *all);

/* Somebody expects media there; as often as that is so it must be taken back. */
void lift_endpoints_add(struct lift_endpoints *all, const uint8_t address[16], uint16_t port);
void lift_endpoints_remove(struct lift_endpoints *all, const uint8_t address[16], uint16_t port);

/* False where the maps cannot be used, or there are too many. */
bool lift_endpoints_join(struct lift_endpoints *all, const struct lift_maps *maps);
void lift_endpoints_leave(struct lift_endpoints *all, const struct lift_maps *maps);

struct lift_endpoints_state {
	uint32_t count;
	uint64_t refused; /* there was no room */
};

struct lift_endpoints_state lift_endpoints_state(struct lift_endpoints *all);

#endif
