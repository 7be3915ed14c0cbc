/* SPDX-License-Identifier: Apache-2.0 */
#include "signs.h"

#include "detect.h"
#include "endpoint.h"
#include "trace.h"

static bool is_answer_inside(const struct manner *manner)
{
	struct hop hop = hop_of(manner);

	return sip_alg_lan_is_between(&hop.dst.address, &hop.src.address);
}

static unsigned signs_of_trace(const struct desk *desk, const struct trace *trace)
{
	const struct manner *manner = trace_manner(desk, trace);
	unsigned signs = trace_body(trace).first_alike ? SIGN_ALIKE : 0;

	if (manner->head.relayed || trace->cut) {
		return signs; /* not as a phone sent it, or not whole */
	}
	if (!trace->request) {
		return signs | (is_answer_inside(manner) ? SIGN_ANSWERED : 0);
	}
	return signs |
	       (manner->head.via_count == 1 && endpoint_hops(manner->head.ttl) > 0 ? SIGN_ROUTED
										   : 0);
}

unsigned signs_of(const struct desk *desk, const struct call *call)
{
	struct trace_walk walk = traces_of(desk, call);
	unsigned signs = 0;

	for (; walk.trace; trace_walk_on(desk, &walk)) {
		signs |= signs_of_trace(desk, walk.trace);
	}
	for (uint32_t number = call->traces.extras; number;) {
		const struct trace_extra *extra = slab_at(&desk->slab, number);

		signs |= extra->defects.count > 0 ? SIGN_DEFECT : 0;
		number = extra->next;
	}
	return signs;
}
