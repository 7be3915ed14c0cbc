/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large tables may be, so that all of them full take no more than so many octets.
 *
 * Tables are reserved at the start and touched as they fill, so what they take when everything is
 * full, under whatever flood, is known beforehand: fixed room, and so much for each entry. Entries
 * are given out as calls need them that two capture points see: four streams, two endpoints.
 *
 * Data in: octets, and how many meters share them. Data out: sizes of tables.
 */
#ifndef TALKPATH_MEMORY_PLAN_H
#define TALKPATH_MEMORY_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	MEMORY_FINDINGS = 4096,
	MEMORY_CALLS_LEAST = 1024 /* with fewer it is not worth while */
};

struct memory_plan {
	uint32_t calls, endpoints;
	uint32_t streams; /* at the desk */
	uint32_t metered; /* of each meter */
	size_t text_octets;
};

/* The least that can be planned with. meters: 1 or more. */
uint64_t memory_plan_least(unsigned meters);

/* At least that much, please. */
struct memory_plan memory_plan_make(uint64_t octets, unsigned meters);

#endif
