/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Births: from packets that merely look like RTP to streams.
 *
 * Theory of operation: much that is no RTP has the bits of it. A flow is believed when two of
 * its packets agree in SSRC and payload type and lie close together in sequence number and
 * timestamp; until then its packets wait in a candidate, so that none is lost to the count.
 * This is also the path that a flood of invented SSRCs takes. Candidates are bounded; which one
 * is given up is chosen by the newcomer's hash, because giving up the oldest would starve every
 * stream for life once more flows begin at once than there is room for. Streams make room by
 * ending the one that has been silent longest among a few. Each such loss is counted.
 */
#include "meter_state.h"

enum { VICTIM_SEARCH = 128 };

/* A stream is given up for another only if it has been silent for so long. */
static const int64_t victim_silence_ns = MEDIA_SECOND_NS;

static void unconfirmed_add(struct meter *m, const struct media_packet *p, uint32_t packets)
{
	m->counts[p->capture][SKIPPED_RTP_UNCONFIRMED] += packets;
}

/* --- the list of candidates, oldest first --- */

static struct meter_candidate *candidate_at(const struct meter *m, uint32_t number)
{
	return pool_at(&m->candidates, number);
}

static void candidate_append(struct meter *m, uint32_t number)
{
	struct meter_candidate *c = candidate_at(m, number);

	c->older = m->newest;
	c->newer = POOL_NONE;
	if (m->newest != POOL_NONE) {
		candidate_at(m, m->newest)->newer = number;
	} else {
		m->oldest = number;
	}
	m->newest = number;
}

static void candidate_forget(struct meter *m, uint32_t number)
{
	struct meter_candidate *c = candidate_at(m, number);

	if (c->older != POOL_NONE) {
		candidate_at(m, c->older)->newer = c->newer;
	} else {
		m->oldest = c->newer;
	}
	if (c->newer != POOL_NONE) {
		candidate_at(m, c->newer)->older = c->older;
	} else {
		m->newest = c->older;
	}
	table_remove(&m->candidate_index, c->held[0].hash, number);
	pool_give(&m->candidates, number);
}

static void candidate_drop(struct meter *m, uint32_t number)
{
	const struct meter_candidate *c = candidate_at(m, number);

	unconfirmed_add(m, &c->held[0], c->count);
	candidate_forget(m, number);
}

/* A packet and the slot behind it, as packets come. */
struct whole {
	struct media_packet packet;
	struct media_addresses addresses; /* of one over IPv6 */
};

static void held_copy(const struct meter_candidate *c, unsigned n, struct whole *out)
{
	out->packet = c->held[n];
	if (c->held[n].family == MEDIA_IPV6) {
		out->addresses = (struct media_addresses){c->addresses.src, c->addresses.dst, {0}};
	}
}

/* One packet makes no stream; but who answers to where packets come from may have followed it. */
static void stray_report(struct meter *m, const struct media_packet *p, const struct tick *tick,
    const struct record_sink *desk)
{
	static const uint64_t behind_packets = 1ULL << 62; /* and before what a tick sums up */
	const struct media_addresses addresses = media_addresses(p);
	struct media_stray *stray = desk->reserve(desk->context, sizeof(*stray));

	if (!stray) {
		m->losses.records_refused++;
		return;
	}
	*stray = (struct media_stray){
	    .record = {tick->order, behind_packets | p->order, sizeof(*stray), RECORD_MEDIA_STRAY},
	    .src = {addresses.src, media_src_port(p)},
	    .dst = {addresses.dst, media_dst_port(p)},
	    .time_ns = p->time_ns,
	    .ssrc = p->ssrc,
	    .frame = p->frame,
	    .vantage = p->vantage,
	    .capture = p->capture,
	};
}

void meter_candidates_expire(
    struct meter *m, const struct tick *tick, const struct record_sink *desk)
{
	while (m->oldest != POOL_NONE) {
		const struct meter_candidate *c = candidate_at(m, m->oldest);

		if (!tick->end && tick->time_ns - c->held[0].time_ns < METER_CANDIDATE_NS) {
			return;
		}
		if (c->count == 1) {
			struct whole first;

			held_copy(c, 0, &first);
			stray_report(m, &first.packet, tick, desk);
		}
		candidate_drop(m, m->oldest);
	}
}

static bool same_stream(const struct meter_candidate *c, const struct media_packet *p)
{
	const struct media_packet *a = &c->held[0];
	const struct media_addresses *own = media_behind(p);

	if (a->pair != p->pair || a->ports != p->ports || a->ssrc != p->ssrc ||
	    meter_place(a) != meter_place(p)) {
		return false;
	}
	return p->family != MEDIA_IPV6 || (address_equal(&c->addresses.src, &own->src) &&
					      address_equal(&c->addresses.dst, &own->dst));
}

static uint32_t candidate_find(const struct meter *m, const struct media_packet *p)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&m->candidate_index, &cursor, p->hash);

	while (number != TABLE_NONE && !same_stream(candidate_at(m, number), p)) {
		number = table_next(&m->candidate_index, &cursor);
	}
	return number;
}

static void candidate_new(struct meter *m, const struct media_packet *p)
{
	uint32_t number = pool_take(&m->candidates);
	struct meter_candidate *c;

	if (number == POOL_NONE) {
		m->losses.candidates_evicted++;
		candidate_drop(m, (uint32_t)(p->hash >> 32) % m->candidates.limit);
		number = pool_take(&m->candidates);
	}
	c = candidate_at(m, number);
	c->held[c->count++] = *p;
	if (p->family == MEDIA_IPV6) {
		const struct media_addresses *own = media_behind(p);

		c->addresses = (struct meter_addresses){own->src, own->dst};
	}
	if (!table_insert(&m->candidate_index, p->hash, number)) {
		m->losses.candidates_evicted++;
		unconfirmed_add(m, p, 1);
		pool_give(&m->candidates, number);
		return;
	}
	candidate_append(m, number);
}

/* --- births --- */

/* Do two packets look like neighbours in one stream? */
static bool neighbours(const struct media_packet *a, const struct media_packet *b)
{
	int16_t sequence = (int16_t)(b->sequence - a->sequence);
	int32_t timestamp = (int32_t)(b->timestamp - a->timestamp);

	if (a->payload_type != b->payload_type || sequence == 0 || sequence > METER_NEAR ||
	    sequence < -METER_NEAR) {
		return false;
	}
	/* Timestamps go the way of the numbers, or stand still within a video frame or an event. */
	return timestamp > -(1 << 24) && timestamp < 1 << 24 &&
	       (timestamp == 0 || (timestamp > 0) == (sequence > 0));
}

/* Room for a stream: a free state, or that of the longest silent among a few. */
static uint32_t state_take(
    struct meter *m, const struct media_packet *p, const struct record_sink *desk)
{
	uint32_t victim = POOL_NONE;
	int64_t victim_ns = p->time_ns - victim_silence_ns;

	if (pool_count(&m->hot) == m->hot.limit) {
		for (int i = 0; i < VICTIM_SEARCH; i++) {
			int64_t last_ns;

			m->hand = (m->hand + 1) % m->hot.limit;
			last_ns = meter_last_ns(m, m->hand);
			if (last_ns <= victim_ns) {
				victim_ns = last_ns;
				victim = m->hand;
			}
		}
		if (victim == POOL_NONE) {
			m->losses.streams_refused++;
			return POOL_NONE;
		}
		m->losses.streams_evicted++;
		meter_summarise(m, victim, p->order, 0, true, desk);
	}
	(void)pool_take(&m->cold);
	return pool_take(&m->hot); /* both pools give out the same numbers */
}

static void state_init(struct meter *m, uint32_t number, const struct media_packet *first)
{
	struct meter_hot *s = meter_hot_at(m, number);
	struct meter_cold *cold = meter_cold_at(m, number);

	meter_interval_follow(m, first->time_ns);
	meter_due_note(m, first->time_ns + MEDIA_QUIET_NS);
	s->pair = first->pair;
	s->ports = first->ports;
	s->ssrc = first->ssrc;
	s->place = meter_place(first);
	s->traits = meter_traits(first);
	s->last_arrival_ns = first->time_ns;
	s->last_timestamp = first->timestamp;
	s->last_frame = first->frame;
	s->octets = first->octets;
	s->packets = 1;
	*cold = (struct meter_cold){
	    .hash = table_hash_keep(first->hash),
	    .order = first->order,
	    .markers = first->marker,
	    .ttl_min = first->ttl,
	    .ttl_max = first->ttl,
	    .trial = POOL_NONE,
	    .interval = {.number = m->interval, .first_frame = first->frame},
	    .first_interval = m->interval,
	};
	if (first->family == MEDIA_IPV6) {
		const struct media_addresses *own = media_behind(first);

		m->addresses[number] = (struct meter_addresses){own->src, own->dst};
	}
	meter_sequence_begin(s, cold, first->sequence);
	meter_time_break(s, cold);
	meter_clock_begin(m, number, first);
	meter_clock_try(m, number, first);
	meter_level_take(&cold->levels, first->level);
	print_begin(&cold->prints);
	if (first->print) {
		print_take(&cold->prints, first, meter_origin_ns(cold));
	}
}

static void birth_report(struct meter *m, uint32_t number, const struct media_packet *first,
    uint64_t order, const struct record_sink *desk)
{
	const struct media_addresses addresses = media_addresses(first);
	struct media_began *began = desk->reserve(desk->context, sizeof(*began));

	if (!began) {
		m->losses.records_refused++;
		return;
	}
	*began = (struct media_began){
	    .record = {order, 0, sizeof(*began), RECORD_MEDIA_BEGAN},
	    .stream = media_stream(m->source, number),
	    .src = {addresses.src, media_src_port(first)},
	    .dst = {addresses.dst, media_dst_port(first)},
	    .ssrc = first->ssrc,
	    .vantage = first->vantage,
	    .capture = first->capture,
	    .first_time_ns = first->time_ns,
	    .first_frame = first->frame,
	    .payload_type = first->payload_type,
	    .opening = {first->timestamp, first->sequence, first->dscp, first->ttl},
	};
}

/* p confirms the candidate that these were held of: they are counted from the first, p last. */
static void birth(struct meter *m, const struct whole *held, uint32_t count,
    const struct media_packet *p, const struct record_sink *desk)
{
	uint32_t number = POOL_NONE;

	for (uint32_t i = 0; i < count; i++) {
		if (!neighbours(&held[i].packet, p) && number == POOL_NONE) {
			unconfirmed_add(m, p, 1); /* of something else, before it began */
			continue;
		}
		if (number != POOL_NONE) {
			meter_account(m, number, &held[i].packet, desk);
			continue;
		}
		number = state_take(m, p, desk);
		if (number == POOL_NONE) {
			unconfirmed_add(m, p, count - i + 1);
			return;
		}
		state_init(m, number, &held[i].packet);
		if (!table_insert(&m->streams, p->hash, number)) {
			m->losses.streams_refused++;
			unconfirmed_add(m, p, count - i + 1);
			meter_hot_at(m, number)->place = METER_FREE;
			pool_give(&m->hot, number);
			pool_give(&m->cold, number);
			return;
		}
		birth_report(m, number, &held[i].packet, p->order, desk);
	}
	meter_account(m, number, p, desk);
}

/* The candidate gives up its place before its stream begins, in which a packet may need one. */
static void candidate_confirm(
    struct meter *m, uint32_t number, const struct media_packet *p, const struct record_sink *desk)
{
	const struct meter_candidate *c = candidate_at(m, number);
	struct whole held[METER_HELD];
	uint32_t count = c->count;

	for (uint32_t i = 0; i < count; i++) {
		held_copy(c, i, &held[i]);
	}
	candidate_forget(m, number);
	birth(m, held, count, p, desk);
}

void meter_unknown(struct meter *m, const struct media_packet *p, const struct record_sink *desk)
{
	struct meter_candidate *c;
	uint32_t number;

	if (p->fault) {
		m->counts[p->capture][SKIPPED_UDP]++; /* nothing says that it was RTP at all */
		return;
	}
	number = candidate_find(m, p);
	if (number == TABLE_NONE) {
		candidate_new(m, p);
		return;
	}
	c = candidate_at(m, number);
	for (uint32_t i = 0; i < c->count; i++) {
		if (neighbours(&c->held[i], p)) {
			candidate_confirm(m, number, p, desk);
			return;
		}
	}
	if (c->count == METER_HELD) {
		unconfirmed_add(m, p, 1);
		memmove(&c->held[0], &c->held[1], sizeof(c->held[0]) * (METER_HELD - 1));
		c->count--;
	}
	c->held[c->count++] = *p;
}
