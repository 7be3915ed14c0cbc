/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: most messages come whole, in one segment, in order. They are framed where
 * they lie, and the flow remembers nothing but the next sequence number. Only what is left of a
 * segment, or comes out of order, is copied into a buffer. A hole that stays is skipped: reading
 * goes on at the next segment that begins like a message, never inside one, because bodies may
 * hold start lines too (message/sipfrag).
 */
#include "tcp_stream.h"

#include "flow.h"
#include "sip_stream.h"
#include "tcp.h"

/* Farther from what is expected a segment belongs to another connection with the same ports. */
static const int32_t stray_octets = 1 << 20;

struct tcp_flow {
	struct endpoint src, dst;
	uint16_t vantage;
	bool speaks; /* a message came out of it */
	bool lost;   /* looks for the beginning of a message */
	bool closed;
	uint32_t next;   /* sequence number of the first octet not consumed */
	uint32_t buffer; /* POOL_NONE: nothing waits */
	uint32_t older, newer;
	uint64_t hash;
	int64_t last_ns;
	struct sip_stream framing;
};

struct waiting {
	struct tcp_buffer octets;
	uint32_t flow;
	uint32_t older, newer;
	bool hole;       /* something is missing before what waits */
	bool acked;      /* and its receiver has it */
	int64_t last_ns; /* when it began to be missing, or when something came last */
};

_Static_assert(
    (int)TCP_WINDOW >= (int)SIP_STREAM_MESSAGE_MAX + 65536, "a segment behind the longest message");

static struct tcp_flow *flow_at(const struct tcp_streams *s, uint32_t number)
{
	return pool_at(&s->flows, number);
}

static struct waiting *waiting_at(const struct tcp_streams *s, uint32_t number)
{
	return pool_at(&s->buffers, number);
}

static uint32_t flow_number(const struct tcp_streams *s, const struct tcp_flow *flow)
{
	return (uint32_t)(flow - (const struct tcp_flow *)s->flows.objects);
}

bool tcp_streams_init(struct tcp_streams *s, uint64_t key, uint64_t (*counts)[DISSECT_RESULT_COUNT])
{
	*s = (struct tcp_streams){
	    .key = key,
	    .counts = counts,
	    .oldest = POOL_NONE,
	    .newest = POOL_NONE,
	    .waiting = POOL_NONE,
	    .last_in = POOL_NONE,
	};
	s->areas = memory_reserve((size_t)TCP_BUFFERS_MAX * TCP_AREA);
	s->foreign = memory_reserve(TCP_FOREIGN_SLOTS * sizeof(*s->foreign));
	return s->areas && s->foreign && table_init(&s->index, TCP_FLOWS_MAX) &&
	       pool_init(&s->flows, sizeof(struct tcp_flow), TCP_FLOWS_MAX) &&
	       pool_init(&s->buffers, sizeof(struct waiting), TCP_BUFFERS_MAX);
}

void tcp_streams_fini(struct tcp_streams *s)
{
	memory_release(s->areas, (size_t)TCP_BUFFERS_MAX * TCP_AREA);
	memory_release(s->foreign, TCP_FOREIGN_SLOTS * sizeof(*s->foreign));
	table_fini(&s->index);
	pool_fini(&s->flows);
	pool_fini(&s->buffers);
	*s = (struct tcp_streams){0};
}

static void count(
    const struct tcp_streams *s, uint16_t capture, enum dissect_result result, uint64_t n)
{
	s->counts[capture][result] += n;
}

/* --- buffers --- */

static void waiting_unlink(struct tcp_streams *s, uint32_t number)
{
	const struct waiting *w = waiting_at(s, number);

	if (w->older != POOL_NONE) {
		waiting_at(s, w->older)->newer = w->newer;
	} else {
		s->waiting = w->newer;
	}
	if (w->newer != POOL_NONE) {
		waiting_at(s, w->newer)->older = w->older;
	} else {
		s->last_in = w->older;
	}
}

static void waiting_append(struct tcp_streams *s, uint32_t number)
{
	struct waiting *w = waiting_at(s, number);

	w->newer = POOL_NONE;
	w->older = s->last_in;
	if (w->older != POOL_NONE) {
		waiting_at(s, w->older)->newer = number;
	} else {
		s->waiting = number;
	}
	s->last_in = number;
}

/* Nothing waits any more; the next octet expected is the one behind what was there. */
static void waiting_release(struct tcp_streams *s, struct tcp_flow *flow)
{
	const struct waiting *w = waiting_at(s, flow->buffer);

	flow->next += tcp_buffer_end(&w->octets);
	waiting_unlink(s, flow->buffer);
	pool_give(&s->buffers, flow->buffer);
	flow->buffer = POOL_NONE;
}

/* The first n octets that wait are given up. */
static void incomplete_count(const struct tcp_streams *s, const struct tcp_flow *flow, uint32_t n)
{
	const struct tcp_buffer *b = &waiting_at(s, flow->buffer)->octets;
	bool sip = flow->speaks || flow->framing.started;

	if (b->count > 0) {
		count(s, b->parts[0].origin.capture, sip ? SKIPPED_TCP_INCOMPLETE : SKIPPED_TCP,
		    tcp_buffer_parts(b, n));
	}
}

/* All that waits is given up. */
static void waiting_drop(struct tcp_streams *s, struct tcp_flow *flow)
{
	if (flow->buffer != POOL_NONE) {
		incomplete_count(s, flow, UINT32_MAX);
		waiting_release(s, flow);
	}
	flow->framing = (struct sip_stream){0};
	flow->lost = true;
}

static struct waiting *waiting_make(struct tcp_streams *s, struct tcp_flow *flow)
{
	struct waiting *w;

	if (pool_count(&s->buffers) == TCP_BUFFERS_MAX) {
		s->buffers_evicted++;
		waiting_drop(s, flow_at(s, waiting_at(s, s->waiting)->flow));
	}
	flow->buffer = pool_take(&s->buffers);
	w = waiting_at(s, flow->buffer);
	w->octets.area = s->areas + (size_t)flow->buffer * TCP_AREA;
	w->flow = flow_number(s, flow);
	waiting_append(s, flow->buffer);
	return w;
}

/* --- flows --- */

static void flow_unlink(struct tcp_streams *s, const struct tcp_flow *flow)
{
	if (flow->older != POOL_NONE) {
		flow_at(s, flow->older)->newer = flow->newer;
	} else {
		s->oldest = flow->newer;
	}
	if (flow->newer != POOL_NONE) {
		flow_at(s, flow->newer)->older = flow->older;
	} else {
		s->newest = flow->older;
	}
}

static void flow_append(struct tcp_streams *s, struct tcp_flow *flow)
{
	uint32_t number = flow_number(s, flow);

	flow->last_ns = s->now_ns;
	flow->newer = POOL_NONE;
	flow->older = s->newest;
	if (flow->older != POOL_NONE) {
		flow_at(s, flow->older)->newer = number;
	} else {
		s->oldest = number;
	}
	s->newest = number;
}

static void flow_forget(struct tcp_streams *s, struct tcp_flow *flow)
{
	uint32_t number = flow_number(s, flow);

	waiting_drop(s, flow);
	flow_unlink(s, flow);
	table_remove(&s->index, flow->hash, number);
	pool_give(&s->flows, number);
}

static uint64_t flow_hash(const struct tcp_streams *s, const struct tcp_segment *segment)
{
	const struct frame *f = segment->frame;

	return flow_hash_ipv4(s->key, flow_pair(s->key, &f->src.address, &f->dst.address),
	    flow_ports(f->src.port, f->dst.port), segment->vantage);
}

static struct tcp_flow *flow_find(
    const struct tcp_streams *s, uint64_t hash, const struct tcp_segment *segment)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&s->index, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&s->index, &cursor)) {
		struct tcp_flow *flow = flow_at(s, number);

		if (flow->vantage == segment->vantage &&
		    endpoint_equal(&flow->src, &segment->frame->src) &&
		    endpoint_equal(&flow->dst, &segment->frame->dst)) {
			return flow;
		}
	}
	return NULL;
}

/* NULL where the index has no room within reach. */
static struct tcp_flow *flow_make(
    struct tcp_streams *s, uint64_t hash, const struct tcp_segment *segment)
{
	struct tcp_flow *flow;
	uint32_t number;

	if (pool_count(&s->flows) == TCP_FLOWS_MAX) {
		struct tcp_flow *oldest = flow_at(s, s->oldest);

		s->flows_evicted += oldest->speaks && !oldest->closed;
		flow_forget(s, oldest);
	}
	number = pool_take(&s->flows);
	flow = flow_at(s, number);
	*flow = (struct tcp_flow){
	    .src = segment->frame->src,
	    .dst = segment->frame->dst,
	    .vantage = segment->vantage,
	    .next = segment->frame->tcp_sequence,
	    .buffer = POOL_NONE,
	    .hash = hash,
	};
	if (!table_insert(&s->index, hash, number)) {
		s->flows_evicted++;
		pool_give(&s->flows, number);
		return NULL;
	}
	flow_append(s, flow);
	return flow;
}

/* --- connections that speak something else --- */

/* The same for both directions. */
static uint64_t connection_hash(const struct tcp_streams *s, const struct tcp_segment *segment)
{
	return hash_endpoint(s->key, &segment->frame->src) +
	       hash_endpoint(s->key, &segment->frame->dst) + segment->vantage;
}

static uint32_t *foreign_slot(const struct tcp_streams *s, uint64_t hash)
{
	return &s->foreign[hash % TCP_FOREIGN_SLOTS];
}

/* What carries other protocols' octets: HTTP, and WebSocket behind it, and MSRP (RFC 4975). */
static bool is_carrier(struct bytes in)
{
	static const char *const words[] = {
	    "HTTP", "GET ", "POST", "PUT ", "MSRP", "CONN", "PATC", "DELE"};

	for (size_t i = 0; bytes_left(&in) >= 4 && i < sizeof(words) / sizeof(words[0]); i++) {
		if (memcmp(in.at, words[i], 4) == 0) {
			return true;
		}
	}
	return false;
}

/* No flow, and this segment opens none. */
static void segment_refuse(struct tcp_streams *s, const struct tcp_segment *segment)
{
	if (is_carrier(segment->frame->payload)) {
		uint64_t hash = connection_hash(s, segment);

		*foreign_slot(s, hash) = (uint32_t)(hash >> 32);
	}
	count(s, segment->origin.capture, SKIPPED_TCP, 1);
}

static bool is_foreign(const struct tcp_streams *s, const struct tcp_segment *segment)
{
	uint64_t hash = connection_hash(s, segment);

	return *foreign_slot(s, hash) == (uint32_t)(hash >> 32);
}

/* --- messages --- */

/* cut: octets behind these were not captured. */
static void deliver(struct tcp_streams *s, const struct tcp_flow *flow,
    const struct tcp_origin *origin, struct bytes message, bool cut,
    const struct frame_list *frames)
{
	struct signal head = {
	    .time_ns = origin->time_ns,
	    .src = flow->src,
	    .dst = flow->dst,
	    .frame = origin->frame,
	    .capture = origin->capture,
	    .vantage = flow->vantage,
	    .dscp = origin->dscp,
	    .ttl = origin->ttl,
	    .cut = cut,
	    .transport = SIGNAL_TCP,
	};

	s->deliver(s->context, &head, message, frames);
}

/* Framing failed: not SIP at all, or SIP that says wrong things of its lengths. */
static void framing_bad(struct tcp_streams *s, struct tcp_flow *flow, uint16_t capture)
{
	if (flow->speaks || flow->framing.started) {
		count(s, capture, MALFORMED_SIP_STREAM, 1);
	} else if (flow->buffer == POOL_NONE) {
		count(s, capture, SKIPPED_TCP, 1);
	}
	waiting_drop(s, flow);
}

/*
 * Frame what lies in a segment that came in order; nothing waits. What is left begins a message,
 * and goes into a buffer.
 */
static enum sip_stream_result segment_frame(struct tcp_streams *s, struct tcp_flow *flow,
    const struct tcp_segment *segment, struct bytes *in)
{
	struct sip_stream_unit unit;
	enum sip_stream_result result;

	while ((result = sip_stream_next(&flow->framing, *in, &unit)) == SIP_STREAM_OK) {
		if (bytes_left(&unit.message) > 0) {
			flow->speaks = true;
			deliver(s, flow, &segment->origin, unit.message, false, segment->frames);
		} else if (unit.consumed == segment->frame->payload_length) {
			count(s, segment->origin.capture, SKIPPED_KEEPALIVE, 1);
			deliver(s, flow, &segment->origin, bytes_of(in->at, unit.consumed), false,
			    segment->frames);
		}
		flow->next += (uint32_t)unit.consumed;
		in->at += unit.consumed;
	}
	return result;
}

/* Frame what waits without a hole before it. */
static void waiting_frame(struct tcp_streams *s, struct tcp_flow *flow)
{
	struct waiting *w = waiting_at(s, flow->buffer);
	struct bytes in = tcp_buffer_ready(&w->octets);
	struct sip_stream_unit unit;
	enum sip_stream_result result;

	while ((result = sip_stream_next(&flow->framing, in, &unit)) == SIP_STREAM_OK) {
		if (bytes_left(&unit.message) > 0) {
			struct frame_list frames;
			struct tcp_origin origin =
			    tcp_buffer_origin(&w->octets, (uint32_t)unit.consumed, &frames);

			flow->speaks = true;
			deliver(s, flow, &origin, unit.message, false, &frames);
		}
		tcp_buffer_consume(&w->octets, (uint32_t)unit.consumed);
		flow->next += (uint32_t)unit.consumed;
		in.at += unit.consumed;
	}
	if (result == SIP_STREAM_BAD) {
		framing_bad(s, flow, w->octets.parts[0].origin.capture);
	} else if (w->octets.count == 0) {
		waiting_release(s, flow);
	}
}

/* Is there a hole now, and since when? */
static void hole_note(struct tcp_streams *s, struct tcp_flow *flow)
{
	struct waiting *w = waiting_at(s, flow->buffer);
	struct bytes ready = tcp_buffer_ready(&w->octets);
	bool hole = bytes_left(&ready) < tcp_buffer_end(&w->octets);

	if (!hole || !w->hole) {
		w->last_ns = s->now_ns;
		w->acked = false;
	}
	w->hole = hole;
	waiting_unlink(s, flow->buffer);
	waiting_append(s, flow->buffer);
}

/* The part behind the first hole; there is one. */
static const struct tcp_part *behind_hole(const struct tcp_buffer *b, uint32_t *missing)
{
	uint32_t at = 0;
	unsigned i = 0;

	while (i + 1 < b->count && b->parts[i].from <= at) {
		at = b->parts[i++].to;
	}
	*missing = b->parts[i].from - at;
	return &b->parts[i];
}

/* The other end acknowledges what is missing here: it was sent, arrived, and was not captured. */
static void acknowledgement_take(struct tcp_streams *s, const struct tcp_segment *segment)
{
	struct frame turned = {.src = segment->frame->dst, .dst = segment->frame->src};
	struct tcp_segment about = {.frame = &turned, .vantage = segment->vantage};
	const struct tcp_flow *flow = flow_find(s, flow_hash(s, &about), &about);
	struct waiting *w = flow && flow->buffer != POOL_NONE ? waiting_at(s, flow->buffer) : NULL;
	uint32_t missing;

	if (w && w->hole) {
		uint32_t end = flow->next + behind_hole(&w->octets, &missing)->from;
		int32_t beyond = (int32_t)(segment->frame->tcp_acknowledgement - end);

		w->acked |= beyond >= 0 && beyond < stray_octets;
	}
}

static void missed_tell(
    const struct tcp_streams *s, const struct tcp_flow *flow, const struct waiting *w)
{
	struct tcp_missed missed = {.src = flow->src, .dst = flow->dst, .vantage = flow->vantage};
	const struct tcp_part *behind = behind_hole(&w->octets, &missed.octets);

	missed.time_ns = behind->origin.time_ns;
	missed.frame = behind->origin.frame;
	missed.capture = behind->origin.capture;
	if (s->missed) {
		s->missed(s->context, &missed);
	}
}

/* What is missing will not come: go on where the next message begins. */
static void hole_skip(struct tcp_streams *s, struct tcp_flow *flow)
{
	struct waiting *w = waiting_at(s, flow->buffer);
	uint32_t to = tcp_buffer_resume(&w->octets);

	count(s, w->octets.parts[0].origin.capture, SKIPPED_TCP_GAP, 1);
	if (w->acked) {
		missed_tell(s, flow, w);
	}
	if (to == tcp_buffer_end(&w->octets)) {
		waiting_drop(s, flow);
		return;
	}
	incomplete_count(s, flow, to);
	tcp_buffer_consume(&w->octets, to);
	flow->next += to;
	flow->framing = (struct sip_stream){0};
	w->hole = false;
	waiting_frame(s, flow);
	if (flow->buffer != POOL_NONE) {
		hole_note(s, flow);
	}
}

/* --- one segment of a flow --- */

/* The octets of a segment that are new; ahead: how far behind the first one expected. */
struct arrival {
	struct bytes octets;
	uint32_t ahead;
	bool begins;
	bool cut; /* the snap length took some behind them */
};

static void arrival_wait(struct tcp_streams *s, struct tcp_flow *flow,
    const struct tcp_segment *segment, const struct arrival *a)
{
	struct tcp_part part = {.from = a->ahead, .begins = a->begins, .origin = segment->origin};
	struct waiting *w =
	    flow->buffer == POOL_NONE ? waiting_make(s, flow) : waiting_at(s, flow->buffer);

	switch (tcp_buffer_add(&w->octets, &part, a->octets)) {
	case TCP_BUFFER_OLD:
		count(s, segment->origin.capture, SKIPPED_TCP_RETRANSMISSION, 1);
		return;
	case TCP_BUFFER_FULL:
		count(s, segment->origin.capture, SKIPPED_TCP_GAP, 1);
		count(s, segment->origin.capture, SKIPPED_TCP_INCOMPLETE, 1);
		waiting_drop(s, flow);
		return;
	case TCP_BUFFER_ADDED:
		break;
	}
	waiting_frame(s, flow);
	if (flow->buffer != POOL_NONE) {
		hole_note(s, flow);
	}
}

/* Octets behind these were not captured: the message they belong to is handed on as it is. */
static void arrival_cut(struct tcp_streams *s, struct tcp_flow *flow,
    const struct tcp_segment *segment, struct bytes rest)
{
	if (flow->framing.started) {
		deliver(s, flow, &segment->origin, rest, true, segment->frames);
	} else {
		count(s, segment->origin.capture, SKIPPED_CUT, 1);
	}
	waiting_drop(s, flow);
}

static void arrival_take(struct tcp_streams *s, struct tcp_flow *flow,
    const struct tcp_segment *segment, const struct arrival *a)
{
	uint32_t end = segment->frame->tcp_sequence + segment->frame->payload_length;
	struct arrival rest = *a;

	if (flow->buffer == POOL_NONE && a->ahead == 0) {
		enum sip_stream_result result = segment_frame(s, flow, segment, &rest.octets);

		if (result == SIP_STREAM_BAD) {
			framing_bad(s, flow, segment->origin.capture);
			flow->next = end;
			return;
		}
		if (a->cut) {
			arrival_cut(s, flow, segment, rest.octets);
			flow->next = end;
			return;
		}
		if (bytes_left(&rest.octets) == 0) {
			return;
		}
		rest.begins = true;
	} else if (a->cut) {
		count(s, segment->origin.capture, SKIPPED_CUT, 1);
		waiting_drop(s, flow);
		flow->next = end;
		return;
	}
	arrival_wait(s, flow, segment, &rest);
}

/* Where nothing is known of what comes before, only the beginning of a message is taken. */
static bool find_back(struct tcp_streams *s, struct tcp_flow *flow,
    const struct tcp_segment *segment, enum sip_stream_result start)
{
	uint32_t sequence = segment->frame->tcp_sequence;

	if (start == SIP_STREAM_BAD) {
		flow->next = sequence + segment->frame->payload_length;
		count(s, segment->origin.capture,
		    flow->speaks ? SKIPPED_TCP_INCOMPLETE : SKIPPED_TCP, 1);
		return false;
	}
	flow->next = sequence;
	flow->lost = false;
	return true;
}

static void segment_take(
    struct tcp_streams *s, struct tcp_flow *flow, const struct tcp_segment *segment)
{
	const struct frame *f = segment->frame;
	enum sip_stream_result start = sip_stream_start(f->payload);
	int32_t ahead = (int32_t)(f->tcp_sequence - flow->next);
	struct arrival a = {
	    .octets = f->payload,
	    .begins = start != SIP_STREAM_BAD,
	    .cut = bytes_left(&f->payload) < f->payload_length,
	};

	if (ahead < -stray_octets || ahead > stray_octets) {
		waiting_drop(s, flow);
		ahead = 0;
	}
	if (ahead < 0 && f->payload_length <= (uint32_t)-ahead) {
		count(s, segment->origin.capture, SKIPPED_TCP_RETRANSMISSION, 1);
		return;
	}
	if (flow->lost) {
		/* What began before may hold a message that was handed on already. */
		if (!find_back(s, flow, segment, ahead < 0 ? SIP_STREAM_BAD : start)) {
			return;
		}
		ahead = 0;
	}
	if (ahead < 0) {
		size_t old = (uint32_t)-ahead;

		a.octets.at += old < bytes_left(&a.octets) ? old : bytes_left(&a.octets);
		a.begins = false;
		ahead = 0;
	}
	a.ahead = (uint32_t)ahead;
	arrival_take(s, flow, segment, &a);
}

/* A new connection; a late copy of the SYN of the one at hand is none. */
static void syn_take(struct tcp_streams *s, struct tcp_flow *flow, uint32_t sequence)
{
	int32_t ahead = (int32_t)(sequence + 1 - flow->next);

	if (ahead <= 0 && ahead > -stray_octets) {
		return;
	}
	waiting_drop(s, flow);
	flow->next = sequence + 1;
	flow->lost = flow->closed = false;
}

void tcp_streams_take(struct tcp_streams *s, const struct tcp_segment *segment)
{
	const struct frame *f = segment->frame;
	uint64_t hash = 0;
	struct tcp_flow *flow = NULL;

	if (s->waiting != POOL_NONE && f->tcp_flags & TCP_ACK) {
		acknowledgement_take(s, segment);
	}
	if (!tcp_streams_idle(s)) {
		hash = flow_hash(s, segment);
		flow = flow_find(s, hash, segment);
	}
	if (f->tcp_flags & TCP_SYN) {
		*foreign_slot(s, connection_hash(s, segment)) = 0;
		if (flow) {
			syn_take(s, flow, f->tcp_sequence);
		}
	}
	if (flow) {
		flow->closed |= f->tcp_flags & (TCP_FIN | TCP_RST);
		flow_unlink(s, flow);
		flow_append(s, flow);
	}
	if (f->payload_length == 0 || f->tcp_flags & (TCP_SYN | TCP_RST)) {
		count(s, segment->origin.capture, SKIPPED_TCP, 1);
		return;
	}
	if (!flow) {
		if (sip_stream_start(f->payload) == SIP_STREAM_BAD) {
			segment_refuse(s, segment);
			return;
		}
		flow = is_foreign(s, segment)
			   ? NULL
			   : flow_make(s, hash ? hash : flow_hash(s, segment), segment);
		if (!flow) {
			count(s, segment->origin.capture, SKIPPED_TCP, 1);
			return;
		}
	}
	segment_take(s, flow, segment);
}

/* While octets wait, an acknowledgement of the other direction tells of them too. */
bool tcp_streams_may_want(
    const struct tcp_streams *s, uint64_t pair, uint32_t ports, uint16_t vantage)
{
	struct table_cursor cursor;

	return s->waiting != POOL_NONE ||
	       table_first(&s->index, &cursor, flow_hash_ipv4(s->key, pair, ports, vantage)) !=
		   TABLE_NONE;
}

/* --- time --- */

static void rest_give_up(struct tcp_streams *s, uint32_t number)
{
	struct tcp_flow *flow = flow_at(s, waiting_at(s, number)->flow);

	if (waiting_at(s, number)->hole) {
		hole_skip(s, flow);
	} else {
		waiting_drop(s, flow);
	}
}

void tcp_streams_expire(struct tcp_streams *s)
{
	uint32_t number = s->waiting;

	while (number != POOL_NONE) {
		const struct waiting *w = waiting_at(s, number);
		uint32_t next = w->newer;

		if (s->now_ns - w->last_ns > (w->hole ? TCP_GAP_NS : TCP_REST_NS)) {
			rest_give_up(s, number);
		}
		number = next;
	}
	while (s->oldest != POOL_NONE && s->now_ns - flow_at(s, s->oldest)->last_ns > TCP_IDLE_NS) {
		flow_forget(s, flow_at(s, s->oldest));
	}
}

void tcp_streams_end(struct tcp_streams *s)
{
	while (s->waiting != POOL_NONE) {
		rest_give_up(s, s->waiting);
	}
}
