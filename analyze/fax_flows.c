/* SPDX-License-Identifier: Apache-2.0 */
#include "fax_flows.h"

#include "flow.h"
#include "pool.h"
#include "udptl.h"

/* Numbers go up by one (T.38 9.1); a packet may come twice, late, or after some that were lost. */
enum { LATE_MAX = 100, LOST_MAX = 3000 };

static const int64_t candidate_ns = 10 * MEDIA_SECOND_NS;

struct fax_flow {
	uint64_t hash; /* 0: free */
	struct fax_notice notice;
	int64_t told_ns;
	uint16_t highest; /* sequence number */
	bool real;        /* two packets bore each other out */
};

bool fax_flows_init(struct fax_flows *all, uint64_t key, uint64_t (*counts)[DISSECT_RESULT_COUNT])
{
	all->key = key;
	all->counts = counts;
	all->flows = memory_reserve(sizeof(*all->flows) * FAX_FLOWS);
	return all->flows != NULL;
}

void fax_flows_fini(struct fax_flows *all)
{
	if (all->flows) {
		memory_release(all->flows, sizeof(*all->flows) * FAX_FLOWS);
		all->flows = NULL;
	}
}

static void tell(struct fax_flows *all, struct fax_flow *flow, int64_t now_ns)
{
	all->deliver(all->context, &flow->notice);
	flow->notice.fresh = 0;
	flow->told_ns = now_ns;
}

static void end(struct fax_flows *all, struct fax_flow *flow)
{
	if (flow->real) {
		flow->notice.quiet = flow->notice.ended = true;
		tell(all, flow, flow->notice.last_time_ns);
	} else {
		all->counts[flow->notice.capture][SKIPPED_UDP] += flow->notice.packets;
	}
	flow->hash = 0;
	all->used--;
}

static bool is_flow_of(const struct fax_flow *flow, uint64_t hash, const struct frame *frame)
{
	return flow->hash == hash && endpoint_equal(&flow->notice.src, &frame->src) &&
	       endpoint_equal(&flow->notice.dst, &frame->dst);
}

/* The flow's slot, or one that is free or can best be spared. */
static struct fax_flow *slot_for(struct fax_flows *all, uint64_t hash, const struct frame *frame)
{
	struct fax_flow *victim = NULL;

	for (unsigned i = 0; i < FAX_FLOWS_REACH; i++) {
		struct fax_flow *flow = &all->flows[(hash + i) % FAX_FLOWS];

		if (is_flow_of(flow, hash, frame)) {
			return flow;
		}
		if (!victim || (victim->hash && (!flow->hash || flow->notice.last_time_ns <
								    victim->notice.last_time_ns))) {
			victim = flow;
		}
	}
	return victim;
}

static void begin(struct fax_flows *all, struct fax_flow *flow, uint64_t hash,
    const struct frame *frame, const struct packet *packet, uint16_t vantage)
{
	all->used++;
	*flow = (struct fax_flow){
	    .hash = hash,
	    .notice =
		{
		    .stream = media_stream(MEDIA_METERS + vantage, (uint32_t)(flow - all->flows)),
		    .src = frame->src,
		    .dst = frame->dst,
		    .vantage = vantage,
		    .capture = packet->capture,
		    .first_time_ns = packet->time_ns,
		    .first_frame = packet->frame,
		    .ttl_min = frame->ttl,
		    .ttl_max = frame->ttl,
		},
	};
}

static void note(struct fax_notice *notice, const struct frame *frame, const struct packet *packet)
{
	if (packet->time_ns > notice->last_time_ns || notice->packets == 0) {
		notice->last_time_ns = packet->time_ns;
	}
	notice->last_frame = packet->frame;
	notice->packets++;
	notice->fresh++;
	notice->octets += bytes_left(&frame->payload);
	notice->ttl_min = frame->ttl < notice->ttl_min ? frame->ttl : notice->ttl_min;
	notice->ttl_max = frame->ttl > notice->ttl_max ? frame->ttl : notice->ttl_max;
	notice->quiet = false;
}

bool fax_flows_take(
    struct fax_flows *all, const struct frame *frame, const struct packet *packet, uint16_t vantage)
{
	uint64_t hash;
	uint16_t sequence;
	struct fax_flow *flow;
	int step;

	if (!udptl_shape(frame->payload, &sequence)) {
		return false;
	}
	hash =
	    flow_hash_ipv4(all->key, flow_pair(all->key, &frame->src.address, &frame->dst.address),
		flow_ports(frame->src.port, frame->dst.port), vantage);
	hash |= hash == 0;
	flow = slot_for(all, hash, frame);
	step = (int16_t)(uint16_t)(sequence - flow->highest);
	/* A number far off begins another fax; one that is not the next bears nothing out. */
	if (flow->hash && (!is_flow_of(flow, hash, frame) || step < -LATE_MAX ||
			      step > (flow->real ? LOST_MAX : 1))) {
		all->evicted += flow->real && !is_flow_of(flow, hash, frame);
		end(all, flow);
	}
	if (!flow->hash) {
		begin(all, flow, hash, frame, packet, vantage);
		flow->highest = sequence;
		step = 0;
	}
	note(&flow->notice, frame, packet);
	flow->highest = step > 0 ? sequence : flow->highest;
	if (!flow->real && step == 1) {
		flow->real = true;
		tell(all, flow, packet->time_ns);
	}
	return true;
}

static void expire(struct fax_flows *all, struct fax_flow *flow, int64_t now_ns)
{
	int64_t silent_ns = now_ns - flow->notice.last_time_ns;

	if (now_ns == INT64_MAX || silent_ns >= (flow->real ? MEDIA_IDLE_NS : candidate_ns)) {
		end(all, flow);
	} else if (flow->real && silent_ns >= MEDIA_QUIET_NS && !flow->notice.quiet) {
		flow->notice.quiet = true;
		tell(all, flow, now_ns);
	} else if (flow->real && flow->notice.fresh &&
		   now_ns - flow->told_ns >= MEDIA_INTERVAL_NS) {
		tell(all, flow, now_ns);
	}
}

void fax_flows_expire(struct fax_flows *all, int64_t now_ns)
{
	for (unsigned i = 0; i < FAX_FLOWS && all->used > 0; i++) {
		if (all->flows[i].hash) {
			expire(all, &all->flows[i], now_ns);
		}
	}
}
