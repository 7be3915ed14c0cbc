/* SPDX-License-Identifier: Apache-2.0 */
#include "tables.h"

#include "pipeline.h"

enum {
	DEFAULT_CALLS_OFFLINE = 1 << 20, /* reserved, not touched, until they are there */
	DEFAULT_CALLS_LIVE = 1 << 15,
	DEFAULT_STREAMS = 1 << 18,
	DEFAULT_ENDPOINTS_LIVE = 1 << 16,
	WORKERS_USUAL_MAX = 2,
};

/* What is kept of messages: a flood must not take the machine's memory. */
static const size_t text_octets_live = (size_t)512 << 20;
static const size_t text_octets_offline = (size_t)8 << 30;

static uint32_t lower(uint32_t planned, uint32_t wanted)
{
	return wanted && wanted < planned ? wanted : planned;
}

struct memory_plan tables_plan(const struct tp_options *o, bool live, unsigned workers)
{
	uint32_t streams = o->max_streams ? o->max_streams : DEFAULT_STREAMS;
	uint32_t calls = o->max_calls ? o->max_calls
			 : live       ? DEFAULT_CALLS_LIVE
				      : DEFAULT_CALLS_OFFLINE;
	struct memory_plan plan;

	if (o->max_memory) {
		plan = memory_plan_make(o->max_memory, workers ? workers : 1);
		plan.calls = lower(plan.calls, o->max_calls);
		plan.streams = lower(plan.streams, o->max_streams);
		plan.metered = lower(plan.metered, o->max_streams);
		return plan;
	}
	/* Streams that have ended stay with the desk for the report; the meters free theirs. */
	return (struct memory_plan){
	    .calls = calls,
	    .streams = live ? streams : streams * 8,
	    .metered = streams,
	    .endpoints = live ? DEFAULT_ENDPOINTS_LIVE : streams * 2,
	    .text_octets = live ? text_octets_live : text_octets_offline,
	};
}

uint64_t tp_memory_least(int workers)
{
	unsigned meters = workers < 0 ? WORKERS_USUAL_MAX : workers == 0 ? 1 : (unsigned)workers;

	return memory_plan_least(meters < PIPELINE_WORKERS_MAX ? meters : PIPELINE_WORKERS_MAX);
}
