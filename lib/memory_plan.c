/* SPDX-License-Identifier: Apache-2.0 */
#include "memory_plan.h"

/* Octets, each a little more than tests/lib/memory_plan.c finds. */
enum {
	CALL_OCTETS = 4400,
	STREAM_OCTETS = 5500,  /* at the desk */
	METERED_OCTETS = 2200, /* in a meter */
	ENDPOINT_OCTETS = 480,
	TEXT_OCTETS = 4096, /* of a call and whom it concerns */
	TEXT_SPREAD = 2,    /* pieces that were given back may lie too far apart to be used again */
	/* of a call */
	STREAMS = 4,
	ENDPOINTS = 2,
	/* Flows go to workers by chance: so many quarters of an equal share are room enough. */
	SHARE_QUARTERS = 6,
	CALLS_MOST = 1 << 20
};

/* Fragments and TCP streams (140 MiB, where somebody attacks with these), findings, the program. */
static const uint64_t fixed_octets = (uint64_t)224 << 20;
/* A worker's rings. */
static const uint64_t meter_octets = (uint64_t)4 << 20;

static uint32_t metered(uint32_t calls, unsigned meters)
{
	uint32_t streams = calls * STREAMS;

	return meters < 2 ? streams : streams / meters * SHARE_QUARTERS / 4;
}

static uint64_t fixed(unsigned meters)
{
	return fixed_octets + meters * meter_octets;
}

/* Of so many calls at once. */
static uint64_t octets_of(uint32_t calls, unsigned meters)
{
	uint64_t each = CALL_OCTETS + STREAMS * STREAM_OCTETS + ENDPOINTS * ENDPOINT_OCTETS +
			TEXT_OCTETS * TEXT_SPREAD;

	return calls * each + (uint64_t)metered(calls, meters) * meters * METERED_OCTETS;
}

uint64_t memory_plan_least(unsigned meters)
{
	return fixed(meters) + octets_of(MEMORY_CALLS_LEAST, meters);
}

struct memory_plan memory_plan_make(uint64_t octets, unsigned meters)
{
	uint64_t least = octets_of(MEMORY_CALLS_LEAST, meters);
	uint64_t calls = (octets - fixed(meters)) / (least / MEMORY_CALLS_LEAST + 1);
	uint32_t count;

	count = calls < CALLS_MOST ? (uint32_t)calls : CALLS_MOST;
	return (struct memory_plan){
	    .calls = count,
	    .endpoints = count * ENDPOINTS,
	    .streams = count * STREAMS,
	    .metered = metered(count, meters),
	    .text_octets = (size_t)count * TEXT_OCTETS,
	};
}
