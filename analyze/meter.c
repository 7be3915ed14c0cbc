/* SPDX-License-Identifier: Apache-2.0 */
#include "meter.h"

#include <stdlib.h>

#include "meter_state.h"
#include "payload_type.h"

enum {
	SLOTS_AHEAD = 64, /* that are fetched before they are read: the reader wrote them last */
	STAGE_AHEAD = 31, /* packets between the stages of one, while its memory is on its way */
	LAST_STAGE = 2 * STAGE_AHEAD,
	UNDER_WAY = 64 /* packets between the first stage and the last; a power of two */
};

_Static_assert(LAST_STAGE < UNDER_WAY, "none is overtaken");

/* Within so much of its begin most streams' first packets of an interval come. */
static const uint64_t turn_ns = 40000000;

/* Of IPv6 the pair was a hash. */
__attribute__((noinline, pure)) static bool addresses_equal(
    const struct meter *m, const struct meter_hot *s, const struct media_packet *p)
{
	const struct meter_addresses *a = &m->addresses[meter_number(m, s)];
	const struct media_addresses *own = media_behind(p);

	return address_equal(&a->src, &own->src) && address_equal(&a->dst, &own->dst);
}

/* In what the key of a packet and that of a stream differ, but for place and addresses. */
static inline uint64_t key_difference(const struct meter_hot *s, const struct media_packet *p)
{
	uint64_t own, other;

	memcpy(&own, &s->ports, sizeof(own));
	memcpy(&other, &p->ports, sizeof(other));
	return (s->pair ^ p->pair) | (own ^ other);
}

_Static_assert(offsetof(struct meter_hot, ssrc) == offsetof(struct meter_hot, ports) + 4 &&
		   offsetof(struct media_packet, ssrc) == offsetof(struct media_packet, ports) + 4,
    "ports and SSRC are one word");

static inline bool key_equal(
    const struct meter *m, const struct meter_hot *s, const struct media_packet *p)
{
	return key_difference(s, p) == 0 && (uint32_t)meter_difference(s, p) == 0 &&
	       (p->family != MEDIA_IPV6 || addresses_equal(m, s, p));
}

/* --- traits: payload type, DSCP, TTL --- */

/* The last place is for all values that find none of their own. */
static void trait_add(struct meter_trait *trait, uint8_t value, uint32_t packets)
{
	unsigned i = 0;

	if (packets == 0) {
		return;
	}
	while (i < trait->count && i < MEDIA_TRAITS - 1 && trait->values[i].value != value) {
		i++;
	}
	if (i == trait->count) {
		trait->values[i].value = i == MEDIA_TRAITS - 1 ? MEDIA_TRAIT_OTHER : value;
		trait->count++;
	}
	trait->values[i].packets += packets;
}

/* A run of a value ends: its packets are those that no finished run has claimed. */
static void trait_run_end(const struct meter_hot *s, struct meter_trait *trait, uint8_t value)
{
	uint32_t packets = s->packets;

	for (unsigned i = 0; i < trait->count; i++) {
		packets -= trait->values[i].packets;
	}
	trait_add(trait, value, packets);
}

static uint8_t payload_of(const struct meter_hot *s)
{
	return s->traits & 0x7f;
}

static uint8_t dscp_of(const struct meter_hot *s)
{
	return s->traits >> 8 & 0x3f;
}

/*
 * Of a dynamic type beside the own, only its timestamps tell whether it is an event (they stand
 * still, RFC 4733 2.5.1) or a codec that the sender went over to.
 */
static bool becomes_own(struct meter_rare *rare, const struct media_packet *p, bool follows)
{
	bool advances =
	    p->payload_type == rare->other_type && follows && p->timestamp != rare->other_timestamp;

	rare->other_type = p->payload_type;
	rare->other_timestamp = p->timestamp;
	rare->other_advances = advances ? (uint8_t)(rare->other_advances + 1) : 0;
	return rare->other_advances == METER_ADVANCES;
}

/*
 * Another payload type than the stream's own. False if such packets are left out of jitter:
 * comfort noise, events, and what may yet turn out to be either.
 */
static bool payload_switch(
    struct meter *m, uint32_t number, const struct media_packet *p, bool follows)
{
	struct meter_hot *s = meter_hot_at(m, number);
	struct meter_rare *rare = meter_rare_of(m, s, meter_cold_at(m, number));
	enum payload_role own = payload_types[payload_of(s)].role;
	enum payload_role other = payload_types[p->payload_type].role;

	if (other == ROLE_COMFORT_NOISE || (other == ROLE_DYNAMIC && own != ROLE_COMFORT_NOISE &&
					       !becomes_own(rare, p, follows))) {
		trait_add(&rare->payloads, p->payload_type, 1);
		return false;
	}
	trait_run_end(s, &rare->payloads, payload_of(s));
	meter_clock_begin(m, number, p);
	s->traits = (s->traits & ~0x7fU) | p->payload_type;
	return true;
}

static void network_traits(
    struct meter *m, struct meter_hot *s, struct meter_cold *cold, const struct media_packet *p)
{
	if (dscp_of(s) != p->dscp) {
		trait_run_end(s, &meter_rare_of(m, s, cold)->dscps, dscp_of(s));
	}
	if (p->ttl < cold->ttl_min) {
		cold->ttl_min = p->ttl;
	}
	if (p->ttl > cold->ttl_max) {
		cold->ttl_max = p->ttl;
	}
	s->traits = (s->traits & 0x7f) | (meter_traits(p) & ~0x7fU);
}

/* --- time between packets --- */

/*
 * The time between packets is what two successive ones agree on. The first one of a stream stands
 * with its hot state, so that the second one needs no more than that.
 */
static void step_take(struct meter *m, struct meter_hot *s, uint32_t step)
{
	struct meter_cold *cold;

	if (s->timestamp_step == (step | METER_STEP_ONCE)) {
		s->timestamp_step = step;
		return;
	}
	cold = meter_cold_of(m, s);
	if (step & METER_STEP_ONCE) {
		s->timestamp_step = meter_step(s); /* backwards is no step */
	} else if (step == cold->step_candidate) {
		s->timestamp_step = step;
	} else if (meter_step(s) == 0) {
		s->timestamp_step = step | METER_STEP_ONCE;
	}
	cold->step_candidate = step;
}

/* --- the two paths of a packet --- */

int64_t meter_last_ns(const struct meter *m, uint32_t number)
{
	int64_t last = meter_hot_at(m, number)->last_arrival_ns;
	const struct meter_rare *rare = meter_cold_at(m, number)->rare;

	return rare && rare->last_other_ns > last ? rare->last_other_ns : last;
}

static void gap_report(struct meter *m, uint32_t number, const struct media_packet *p,
    int64_t from_ns, const struct record_sink *desk)
{
	const struct meter_hot *s = meter_hot_at(m, number);
	uint16_t ahead = (uint16_t)(p->sequence - s->highest);
	struct media_gap *gap = desk->reserve(desk->context, sizeof(*gap));

	if (!gap) {
		m->losses.records_refused++;
		return;
	}
	*gap = (struct media_gap){
	    .record = {p->order, 1, sizeof(*gap), RECORD_MEDIA_GAP},
	    .stream = media_stream(m->source, number),
	    .from_ns = from_ns,
	    .to_ns = p->time_ns,
	    .missing = ahead > 0 && ahead < METER_DROPOUT_MAX ? ahead - 1U : 0,
	    .from_frame = s->last_frame,
	};
}

/* True if the packet cannot belong to what this state measured: too late, or after a pause
 * with sequence numbers that do not go on. */
static bool stream_is_over(
    const struct meter_hot *s, const struct media_packet *p, int64_t silence_ns)
{
	uint16_t ahead = (uint16_t)(p->sequence - s->highest);
	uint16_t behind = (uint16_t)(s->highest - p->sequence);

	return silence_ns >= MEDIA_IDLE_NS ||
	       (silence_ns >= MEDIA_QUIET_NS && ahead >= METER_DROPOUT_MAX &&
		   behind > METER_MISORDER_MAX);
}

/* The packet is counted here; true if jitter is to see it. */
static bool uncommon(
    struct meter *m, uint32_t number, const struct media_packet *p, int64_t silence_ns)
{
	struct meter_hot *s = meter_hot_at(m, number);
	struct meter_cold *cold = meter_cold_at(m, number);
	bool own_payload = true, follows = (uint16_t)(p->sequence - s->highest) == 1;
	enum standing standing;

	if (silence_ns > s->delta_max_ns) {
		s->delta_max_ns = silence_ns;
	}
	if (payload_of(s) != p->payload_type) {
		own_payload = payload_switch(m, number, p, follows);
	} else if (cold->rare) {
		cold->rare->other_advances = 0;
	}
	network_traits(m, s, cold, p);
	s->packets++;
	standing = meter_sequence_take(m, s, cold, p);
	if (own_payload && standing != STANDING_DUPLICATE && standing != STANDING_OUTLIER) {
		return true;
	}
	/* Jitter goes on from the packet before; the next one must look here for its gap. */
	meter_rare_of(m, s, cold)->last_other_ns = p->time_ns;
	s->traits |= METER_WATCH;
	return false;
}

/* Counted, and over: true. Otherwise the packet goes on to jitter. */
static bool uncommon_path(
    struct meter *m, uint32_t number, const struct media_packet *p, const struct record_sink *desk)
{
	struct meter_hot *s = meter_hot_at(m, number);
	int64_t last_ns = meter_last_ns(m, number);
	int64_t silence_ns = p->time_ns - last_ns;

	if (p->fault) {
		m->counts[p->capture][p->fault]++; /* unusable to its receiver: as if lost */
		return true;
	}
	if (stream_is_over(s, p, silence_ns)) {
		meter_summarise(m, number, p->order, 0, true, desk);
		meter_unknown(m, p, desk);
		return true;
	}
	meter_interval_close(m, number, p, desk);
	if (silence_ns >= MEDIA_GAP_NS || s->traits & METER_QUIET) {
		gap_report(m, number, p, last_ns, desk);
	}
	if (!uncommon(m, number, p, silence_ns)) {
		s->octets += p->octets;
		s->last_frame = p->frame;
		if (p->print) {
			const struct meter_cold *cold = meter_cold_at(m, number);

			print_again(&cold->prints, cold->rare->passed, p, meter_origin_ns(cold));
		}
		return true;
	}
	return false;
}

/* A longer time between packets than ever; false where it is a gap. */
static bool delta_grows(struct meter_hot *s, int64_t delta)
{
	if (delta >= MEDIA_GAP_NS) {
		return false;
	}
	s->delta_max_ns = delta;
	return true;
}

/* A packet in its turn, of the own payload type. */
static void common_path(struct meter *m, struct meter_hot *s, const struct media_packet *p,
    const struct record_sink *desk)
{
	uint32_t step = p->timestamp - s->last_timestamp;

	if (meter_interval_is_over(m, s->last_arrival_ns)) {
		meter_interval_close(m, meter_number(m, s), p, desk);
	}
	if (!(s->window_high >> 63)) {
		meter_window_falls(m, s, meter_cold_of(m, s), 1);
	}
	meter_window_shift(s, 1);
	s->highest++;
	s->packets++;
	if (step != meter_step(s)) {
		step_take(m, s, step);
	}
}

/* A marker, or a sample of what it carries. */
static void sample_take(struct meter_cold *cold, const struct media_packet *p)
{
	cold->markers += p->marker;
	if (p->print != 0) {
		meter_level_take(&cold->levels, p->level);
		print_take(&cold->prints, p, meter_origin_ns(cold));
	}
}

/* No jitter yet. */
static void clockless(struct meter *m, struct meter_hot *s, const struct media_packet *p)
{
	s->last_arrival_ns = p->time_ns;
	s->last_timestamp = p->timestamp;
	meter_clock_try(m, meter_number(m, s), p);
}

void meter_account(
    struct meter *m, uint32_t number, const struct media_packet *p, const struct record_sink *desk)
{
	struct meter_hot *s = meter_hot_at(m, number);
	int64_t delta = p->time_ns - s->last_arrival_ns;

	meter_interval_follow(m, p->time_ns);
	meter_due_note(m, p->time_ns + MEDIA_QUIET_NS);
	if (meter_difference(s, p) == 0 && (uint16_t)(p->sequence - s->highest) == 1 &&
	    (delta <= s->delta_max_ns || delta_grows(s, delta))) {
		common_path(m, s, p, desk);
	} else if (uncommon_path(m, number, p, desk)) {
		return;
	}
	s->octets += p->octets;
	s->last_frame = p->frame;
	if (p->marker || p->print != 0) {
		sample_take(meter_cold_of(m, s), p);
	}
	if (s->ns_per_tick_x256 == 0) {
		clockless(m, s, p);
		return;
	}
	meter_jitter_step(
	    m, s, p->time_ns, p->timestamp, s->highest - (uint16_t)(s->highest - p->sequence));
}

/*
 * Is there nothing to do for the packet but to count it, and to take its sample? Then it belongs to
 * this stream, follows the packet before it in every respect, and nothing ends with it. All that is
 * compared is in the packet and the two lines of the state.
 */
static inline bool is_plain(
    const struct meter *m, const struct meter_hot *s, const struct media_packet *p)
{
	uint64_t unlike = key_difference(s, p) | meter_difference_marked(s, p);
	int64_t delta = p->time_ns - s->last_arrival_ns;
	uint32_t step = p->timestamp - s->last_timestamp;

	if (__builtin_expect(p->family == MEDIA_IPV6, 0) &&
	    (unlike != 0 || !addresses_equal(m, s, p))) {
		return false;
	}
	unlike |= step ^ s->timestamp_step;
	/* Time does not step back, so neither is before the interval at hand nor behind it. */
	return unlike == 0 && p->sequence == (uint16_t)(s->highest + 1) &&
	       (uint64_t)delta <= (uint64_t)s->delta_max_ns &&
	       !meter_interval_is_over(m, s->last_arrival_ns) && p->time_ns < m->interval_end_ns &&
	       s->ns_per_tick_x256 && (meter_window_is_full(s) || s->window_high >> 63);
}

/* The same as meter_account() of a packet that is_plain(). */
static inline void plain_take(struct meter *m, struct meter_hot *s, const struct media_packet *p)
{
	if (__builtin_expect(!meter_window_is_full(s), 0)) {
		meter_window_shift(s, 1);
	}
	s->highest++;
	s->packets++;
	s->octets += p->octets;
	s->last_frame = p->frame;
	if (__builtin_expect(p->print != 0, 0)) {
		sample_take(meter_cold_of(m, s), p);
	}
	meter_jitter_step(m, s, p->time_ns, p->timestamp, s->highest);
}

/* --- packets under way --- */

/* NULL where the packet belongs to none. */
static struct meter_hot *stream_find(const struct meter *m, const struct media_packet *p)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&m->streams, &cursor, p->hash);

	for (; number != TABLE_NONE; number = table_next(&m->streams, &cursor)) {
		struct meter_hot *s = meter_hot_at(m, number);

		if (key_equal(m, s, p)) {
			return s;
		}
	}
	return NULL;
}

/*
 * A packet of no stream is on its way: to the bucket of its candidate; and the one like it before
 * to that candidate, if there is one. Streams that begin come one after the other.
 */
static inline void candidate_prefetch(struct meter *m, const struct media_packet *p)
{
	const uint32_t *number = m->stranger ? table_likely(m->stranger, m->stranger_hash) : NULL;

	if (number) {
		memory_fetch(pool_at(&m->candidates, *number), sizeof(struct meter_candidate));
	}
	m->stranger = table_prefetch(&m->candidate_index, p->hash);
	m->stranger_hash = p->hash;
}

/*
 * The state of the packet's stream, most likely, on its way to the cache; where there is none,
 * that of a stream that no packet belongs to.
 */
static inline struct meter_hot *state_prefetch(
    struct meter *m, const struct table_bucket *bucket, const struct media_packet *p)
{
	const uint32_t *number = table_likely(bucket, p->hash);
	struct meter_hot *s;

	if (__builtin_expect(!number, 0)) {
		candidate_prefetch(m, p);
		return &m->nobody;
	}
	s = meter_hot_at(m, *number);
	__builtin_prefetch(s, 1, 3);
	__builtin_prefetch((const char *)s + 64, 1, 3);
	if (__builtin_expect(p->print != 0, 0)) {
		meter_sample_prefetch(meter_cold_at(m, *number));
	}
	if (__builtin_expect(meter_interval_age(m, p->time_ns) < turn_ns, 0)) {
		meter_interval_prefetch(meter_cold_at(m, *number));
	}
	return s;
}

/* Not plain; or not of the stream that it looked like: born since, or the tag of another. */
__attribute__((noinline)) static void packet_examine(struct meter *m, struct meter_hot *likely,
    const struct media_packet *p, const struct record_sink *desk)
{
	struct meter_hot *s = key_equal(m, likely, p) ? likely : stream_find(m, p);

	if (s) {
		meter_account(m, meter_number(m, s), p, desk);
	} else {
		meter_unknown(m, p, desk);
	}
}

/*
 * Three stages, STAGE_AHEAD packets apart: fetch the bucket of the table, look up and fetch the
 * state, account. So what one stage has asked of memory the next one finds, and memory is at
 * work all the time.
 */
void meter_packets(struct meter *meter, const struct media_packet *slots, size_t count,
    const struct record_sink *desk)
{
	const struct media_packet *p = slots, *end = slots + count;
	const struct media_packet *packets[UNDER_WAY];
	const struct table_bucket *buckets[UNDER_WAY];
	struct meter_hot *likely[UNDER_WAY];
	size_t arrived = 0;

	for (size_t now = 0; p < end || now != arrived + LAST_STAGE; now++) {
		size_t second = now - STAGE_AHEAD, third = now - LAST_STAGE;

		if (p < end) {
			/* Where one ends stands in it: without this each would be waited for. */
			__builtin_prefetch(p + SLOTS_AHEAD);
			packets[now % UNDER_WAY] = p;
			buckets[now % UNDER_WAY] = table_prefetch(&meter->streams, p->hash);
			arrived++;
			p = media_next(p);
		}
		/* Below 0 both are great. */
		if (second < arrived) {
			unsigned at = second % UNDER_WAY;

			likely[at] = state_prefetch(meter, buckets[at], packets[at]);
		}
		if (third < arrived) {
			unsigned at = third % UNDER_WAY;

			if (__builtin_expect(is_plain(meter, likely[at], packets[at]), 1)) {
				plain_take(meter, likely[at], packets[at]);
			} else {
				packet_examine(meter, likely[at], packets[at], desk);
			}
		}
	}
}

/* --- ends --- */

/* What a stream has that something happened to; the summary is zeroed. */
static void summary_fill_rare(
    const struct meter_hot *s, struct meter_rare *rare, struct media_summary *out)
{
	trait_run_end(s, &rare->payloads, payload_of(s));
	trait_run_end(s, &rare->dscps, dscp_of(s));
	out->payload_count = rare->payloads.count;
	out->dscp_count = rare->dscps.count;
	memcpy(out->payloads, rare->payloads.values, sizeof(out->payloads));
	memcpy(out->dscps, rare->dscps.values, sizeof(out->dscps));
	out->duplicates = rare->duplicates;
	out->reordered = rare->reordered;
	out->restarts = rare->restarts;
	out->outliers = rare->outliers;
	memcpy(out->passed, rare->passed, sizeof(out->passed));
}

static void summary_fill(
    struct meter *m, const struct meter_hot *s, struct meter_cold *cold, struct media_summary *out)
{
	out->last_frame = s->last_frame;
	out->octets = s->octets;
	out->packets = s->packets;
	out->markers = cold->markers;
	out->expected = meter_expected(s, cold);
	out->lost = (uint64_t)meter_lost(s, cold);
	out->clock_rate_hz = meter_clock_rate(s);
	out->clock_inferred =
	    s->ns_per_tick_x256 != 0 && payload_types[payload_of(s)].clock_rate_hz == 0;
	out->timestamp_step = meter_step(s) ? meter_step(s) : cold->step_candidate;
	out->jitter_sum_ns = s->jitter_x16_sum / 16;
	out->jitter_max_ns = s->jitter_x16_max / 16;
	out->jitter_count = s->jitter_count;
	out->delta_max_ns = s->delta_max_ns;
	out->ttl_min = cold->ttl_min;
	out->ttl_max = cold->ttl_max;
	out->level_count = cold->levels.count;
	out->silent_count = cold->levels.silent;
	out->level_sum = cold->levels.sum;
	out->print_count = cold->prints.count;
	for (unsigned i = 0; i < cold->prints.count; i++) {
		out->prints[i] = print_read(&cold->prints.at[i], meter_origin_ns(cold));
	}
	out->losses = meter_losses_so_far(m, s, cold);
	out->playout = playout_figures(&cold->playout, meter_late(cold));
	out->interval = meter_interval_so_far(s, cold);
	if (cold->rare) {
		summary_fill_rare(s, cold->rare, out);
		return;
	}
	out->payload_count = out->dscp_count = 1;
	out->payloads[0] = (struct media_trait){s->packets, payload_of(s)};
	out->dscps[0] = (struct media_trait){s->packets, dscp_of(s)};
	cold->told = true;
}

/* Its numbers may be given out again. */
static void stream_forget(struct meter *m, uint32_t number)
{
	struct meter_cold *cold = meter_cold_at(m, number);

	table_remove(&m->streams, table_hash_kept(cold->hash), number);
	meter_hot_at(m, number)->place = METER_FREE;
	if (cold->rare) {
		pool_give(&m->rares, pool_number(&m->rares, cold->rare));
	}
	pool_give(&m->hot, number);
	pool_give(&m->cold, number);
}

void meter_tell(struct meter *m, uint32_t number, uint64_t order, uint64_t sub, bool ended,
    const struct record_sink *desk)
{
	struct media_summary *summary;

	meter_clock_settle(m, number);
	summary = desk->reserve(desk->context, sizeof(*summary));
	if (!summary) {
		m->losses.records_refused++;
		return;
	}
	*summary = (struct media_summary){
	    .record = {order, sub, sizeof(*summary), RECORD_MEDIA_SUMMARY},
	    .stream = media_stream(m->source, number),
	    .ended = ended,
	    .last_time_ns = meter_last_ns(m, number),
	};
	summary_fill(m, meter_hot_at(m, number), meter_cold_at(m, number), summary);
}

void meter_summarise(struct meter *m, uint32_t number, uint64_t order, uint64_t sub, bool ended,
    const struct record_sink *desk)
{
	meter_tell(m, number, order, sub, ended, desk);
	if (ended) {
		stream_forget(m, number);
	} else {
		meter_hot_at(m, number)->traits |= METER_QUIET;
	}
}

/* --- set-up --- */

struct meter *meter_new(const struct meter_limits *limits, unsigned source)
{
	struct meter *m = aligned_alloc(_Alignof(struct meter), sizeof(*m));

	if (!m) {
		return NULL;
	}
	memset(m, 0, sizeof(*m));
	m->source = source;
	m->oldest = m->newest = POOL_NONE;
	m->nobody.place = METER_FREE;
	m->due_ns = INT64_MAX;
	m->due_octets = sizeof(m->due[0]) * limits->streams;
	m->due = memory_reserve(m->due_octets);
	m->addresses_octets = sizeof(m->addresses[0]) * limits->streams;
	m->addresses = memory_reserve(m->addresses_octets);
	if (!m->due || !m->addresses ||
	    !pool_init(&m->hot, sizeof(struct meter_hot), limits->streams) ||
	    !pool_init(&m->cold, sizeof(struct meter_cold), limits->streams) ||
	    !table_init(&m->streams, limits->streams) ||
	    !pool_init(&m->trials, sizeof(struct clock_trial), limits->streams) ||
	    !pool_init(&m->rares, sizeof(struct meter_rare), limits->streams) ||
	    !pool_init(&m->candidates, sizeof(struct meter_candidate), limits->candidates) ||
	    !table_init(&m->candidate_index, limits->candidates)) {
		meter_free(m);
		return NULL;
	}
	table_prefer_large(&m->streams);
	return m;
}

void meter_free(struct meter *meter)
{
	if (!meter) {
		return;
	}
	memory_release(meter->due, meter->due_octets);
	memory_release(meter->addresses, meter->addresses_octets);
	pool_fini(&meter->hot);
	pool_fini(&meter->cold);
	table_fini(&meter->streams);
	pool_fini(&meter->trials);
	pool_fini(&meter->rares);
	pool_fini(&meter->candidates);
	table_fini(&meter->candidate_index);
	free(meter);
}

const struct meter_losses *meter_losses(const struct meter *meter)
{
	return &meter->losses;
}

const uint64_t *meter_counts(const struct meter *meter, uint16_t capture)
{
	return meter->counts[capture];
}
