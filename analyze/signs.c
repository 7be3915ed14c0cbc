/* SPDX-License-Identifier: Apache-2.0 */
#include "signs.h"

#include "detect.h"
#include "endpoint.h"
#include "trace.h"

static bool is_answer_inside(const struct desk *desk, const struct trace *trace)
{
	struct hop hop = trace_hop(desk, trace);

	return sip_alg_lan_is_between(&hop.dst.address, &hop.src.address);
}

static unsigned signs_of_trace(const struct desk *desk, const struct trace *trace)
{
	unsigned signs = trace->first_alike ? SIGN_ALIKE : 0;

	if (trace->relayed || trace->cut) {
		return signs; /* not as a phone sent it, or not whole */
	}
	if (!trace->request) {
		return signs | (is_answer_inside(desk, trace) ? SIGN_ANSWERED : 0);
	}
	return signs | (trace->via_count == 1 && endpoint_hops(trace->ttl) > 0 ? SIGN_ROUTED : 0);
}

unsigned signs_of(const struct desk *desk, const struct call *call)
{
	unsigned signs = 0;

	for (uint32_t number = call->traces.first; number;) {
		const struct trace *trace = trace_at(desk, number);

		signs |= signs_of_trace(desk, trace);
		number = trace->next;
	}
	for (uint32_t number = call->traces.extras; number;) {
		const struct trace_extra *extra = slab_at(&desk->slab, number);

		signs |= extra->defects.count > 0 ? SIGN_DEFECT : 0;
		number = extra->next;
	}
	return signs;
}
