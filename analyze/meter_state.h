/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A stream's state, for the meter's own files.
 */
#ifndef TALKPATH_METER_STATE_H
#define TALKPATH_METER_STATE_H

#include "clock_trial.h"
#include "loss_track.h"
#include "meter.h"
#include "packet_print.h"
#include "playout.h"
#include "pool.h"
#include "table.h"

enum {
	METER_CAPTURES_MAX = 64,
	METER_DROPOUT_MAX = 3000, /* RFC 3550 A.1 MAX_DROPOUT */
	METER_MISORDER_MAX = 100, /* RFC 3550 A.1 MAX_MISORDER */
	METER_WINDOW = 128,       /* sequence numbers remembered; above METER_MISORDER_MAX */
	METER_HELD = 3,           /* packets kept of a candidate; one may be sent three times */
	METER_NEAR = 100,         /* sequence distance of a stream's first two packets */
	METER_ADVANCES = 4 /* packets of another dynamic type in a row that make it the own */
};

_Static_assert(METER_WINDOW > METER_MISORDER_MAX, "every misordered packet is in the window");

/* Transit that changes by more is no jitter: the sender's timestamps started anew. */
static const int64_t METER_DISCONTINUITY_NS = 5 * MEDIA_SECOND_NS;
/* A candidate without a second packet for so long is dropped. */
static const int64_t METER_CANDIDATE_NS = 10 * MEDIA_SECOND_NS;

/*
 * All that a normal packet reads and writes. `traits` are those of the packet before
 * (meter_traits), with METER_WATCH where the next one must take the uncommon path whatever its
 * own are.
 */
struct meter_hot {
	/* the key, as media_packet has it */
	uint64_t pair;
	uint32_t ports;
	uint32_t ssrc;
	uint32_t place; /* meter_place(); METER_FREE: no stream lives here */
	uint32_t traits;
	/* sequence */
	uint64_t window_low, window_high; /* bit i: highest - i was received; 0 where it was not */
	uint32_t highest; /* extended; begins a cycle up, so that it can be undercut */
	uint32_t packets;
	int64_t last_arrival_ns; /* of the last packet that jitter saw */
	/* --- second line: jitter --- */
	uint32_t last_timestamp;
	uint32_t last_frame;
	uint64_t octets;
	uint64_t jitter_x16; /* J in 1/16 ns */
	uint64_t jitter_x16_sum;
	uint64_t jitter_x16_max;
	int64_t delta_max_ns;
	uint32_t ns_per_tick_x256; /* 0: clock unknown, no jitter */
	uint32_t jitter_count;
	uint32_t timestamp_step; /* read it by meter_step() */
	int32_t variation_low;   /* least of the interval at hand, in 1024 ns */
	int64_t variation_ns;    /* of the last packet: see playout.h */
} __attribute__((aligned(128)));

_Static_assert(sizeof(struct meter_hot) == 128, "exactly two cache lines");

static const uint32_t METER_FREE = UINT32_MAX;
static const uint32_t METER_WATCH = 1U << 31; /* in traits: take the uncommon path */
static const uint32_t METER_QUIET = 1U << 30; /* in traits: a summary was sent */

static const uint32_t METER_ENDED = 1U << 31;     /* in meter.due */
static const uint32_t METER_STEP_ONCE = 1U << 31; /* in timestamp_step: two packets said so */

/* A stream's totals when the interval at hand began; discarded packets stand in meter_rare. */
struct meter_interval {
	uint64_t jitter_x16_sum;
	int32_t number; /* begin, in units of MEDIA_INTERVAL_NS */
	uint32_t lost;  /* the lower half: between two of them it tells */
	uint32_t jitter_count, packets;
	uint32_t first_frame;
} __attribute__((packed, aligned(4)));

/* Levels of packets, in so far as they were taken. */
struct meter_levels {
	uint16_t count, silent;
	uint32_t sum; /* of the others, in -dBov */
};

/* The values of a trait, as finished runs of packets had them. */
struct meter_trait {
	struct media_trait values[MEDIA_TRAITS];
	uint8_t count;
};

/*
 * What a stream has that something happened to: packets lost, late or twice, a second payload type
 * or DSCP, a sequence that may begin anew.
 */
struct meter_rare {
	struct meter_trait payloads, dscps;
	uint8_t other_type, other_advances; /* of a dynamic type beside the own */
	uint32_t other_timestamp;
	uint32_t duplicates, reordered, restarts, outliers;
	uint32_t restart_sequence; /* that would confirm a restart; METER_FREE: none awaited */
	uint32_t restart_timestamp;
	int64_t restart_arrival_ns;
	uint64_t expected_before; /* of the sequences before a restart */
	int64_t last_other_ns;    /* of the last packet that jitter did not see; 0: none */
	/* Packets that the fixed jitter buffer discarded: bit i is number discard_at - i. */
	uint64_t discards_low, discards_high;
	uint32_t discard_at;
	uint32_t discarded_before; /* the interval at hand */
	struct loss_track losses;
	struct playout_late late;
	struct media_print passed[2]; /* print_again() */
};

/*
 * What is touched at birth, at events, once an interval and at the end. What time counts from is
 * meter_origin_ns().
 */
struct meter_cold {
	/* once an interval */
	uint64_t order;          /* of the first packet */
	struct meter_rare *rare; /* NULL: nothing happened yet */
	struct playout playout;
	struct meter_interval interval;
	/* of samples */
	uint32_t markers;
	struct meter_levels levels;
	int32_t first_interval; /* in which it began: a number as meter_interval has it */
	/* seldom */
	uint32_t lowest; /* extended, of the sequence at hand */
	uint32_t step_candidate;
	uint32_t trial; /* that is to find the clock; POOL_NONE: none */
	uint8_t ttl_min, ttl_max;
	bool told; /* a summary was sent before there was meter_rare */
	/* of samples; of few of them the prints */
	struct print_set prints;
	/* at the end */
	uint32_t hash; /* table_hash_keep() */
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct meter_cold) == 192, "three cache lines");
_Static_assert(offsetof(struct meter_cold, interval) / 64 == 1, "an interval ends in two lines");
_Static_assert(offsetof(struct meter_cold, prints.at) == 128,
    "a sample that leaves no print touches one line");

/* Addresses of IPv4 stand in the key. */
struct meter_addresses {
	struct address src, dst;
};

/* A flow that looks like RTP. Its identity is in held[0], and its addresses if it is of IPv6. */
struct meter_candidate {
	struct media_packet held[METER_HELD];
	struct meter_addresses addresses;
	uint32_t count;
	uint32_t older, newer; /* candidates in the order of their birth */
};

_Static_assert(sizeof(struct meter_candidate) == 256, "four cache lines");

struct meter {
	struct meter_hot nobody;           /* no packet's stream */
	unsigned source;                   /* as media_stream() has it */
	struct pool hot, cold;             /* streams: the same numbers in both, */
	struct meter_addresses *addresses; /* and here, of those over IPv6 */
	struct table streams;
	struct pool trials, rares;                  /* of streams that need them */
	int64_t interval_begin_ns, interval_end_ns; /* of the last packet's interval */
	int32_t interval;                           /* its number */
	struct pool candidates;
	struct table candidate_index;
	uint32_t oldest, newest;             /* candidates; POOL_NONE: none */
	const struct table_bucket *stranger; /* of the last packet without a stream; NULL: none */
	uint64_t stranger_hash;
	uint32_t hand;  /* where the search for a victim goes on */
	int64_t now_ns; /* of the last tick */
	int64_t due_ns; /* no stream is due before */
	struct meter_losses losses;
	uint64_t counts[METER_CAPTURES_MAX][DISSECT_RESULT_COUNT];
	uint32_t *due; /* streams to summarise at a tick, with METER_ENDED: room for all */
	size_t due_octets, addresses_octets;
};

static inline struct meter_hot *meter_hot_at(const struct meter *m, uint32_t number)
{
	return (struct meter_hot *)m->hot.objects + number;
}

static inline struct meter_cold *meter_cold_at(const struct meter *m, uint32_t number)
{
	return (struct meter_cold *)m->cold.objects + number;
}

/* For writing; there is one for each stream. */
struct meter_rare *meter_rare_of(
    struct meter *m, const struct meter_hot *s, struct meter_cold *cold);

static inline struct playout_late *meter_late(const struct meter_cold *cold)
{
	return cold->rare ? &cold->rare->late : NULL;
}

static inline uint32_t meter_number(const struct meter *m, const struct meter_hot *s)
{
	return (uint32_t)(s - (const struct meter_hot *)m->hot.objects);
}

static inline struct meter_cold *meter_cold_of(const struct meter *m, const struct meter_hot *s)
{
	return meter_cold_at(m, meter_number(m, s));
}

/* What a sample is written to. */
static inline void meter_sample_prefetch(const struct meter_cold *cold)
{
	__builtin_prefetch(&cold->markers, 1, 3);
}

/* What the end of an interval reads and writes. */
static inline void meter_interval_prefetch(const struct meter_cold *cold)
{
	__builtin_prefetch(cold, 1, 3);
	__builtin_prefetch(&cold->interval, 1, 3);
}

/* The begin of the interval in which the stream began. */
static inline int64_t meter_origin_ns(const struct meter_cold *cold)
{
	return cold->first_interval * MEDIA_INTERVAL_NS;
}

/* Payload type, DSCP, TTL and fault, in this order from the lowest octet up. */
static inline uint32_t meter_traits(const struct media_packet *p)
{
	uint32_t traits;

	memcpy(&traits, &p->payload_type, sizeof(traits));
	return traits;
}

_Static_assert(
    offsetof(struct media_packet, fault) == offsetof(struct media_packet, payload_type) + 3,
    "the traits are one word");
_Static_assert(MALFORMED_RTP_EXTENSION < 64, "a fault leaves the bits of METER_WATCH free");

/* The vantage and the address family in one word of the key. */
static inline uint32_t meter_place(const struct media_packet *p)
{
	return (uint32_t)p->vantage | (uint32_t)p->family << 8;
}

/* The place, the lower half, and the traits of a packet in which they differ from a stream's. */
static inline uint64_t meter_difference_in(
    const struct meter_hot *s, const struct media_packet *p, uint64_t mask)
{
	uint64_t own, other;

	memcpy(&own, &s->place, sizeof(own));
	memcpy(&other, &p->vantage, sizeof(other));
	return own ^ (other & mask);
}

/* Without capture and marker. */
static inline uint64_t meter_difference(const struct meter_hot *s, const struct media_packet *p)
{
	return meter_difference_in(s, p, 0xffffffff0000ffff);
}

/* Without the capture: a marker is a difference. */
static inline uint64_t meter_difference_marked(
    const struct meter_hot *s, const struct media_packet *p)
{
	return meter_difference_in(s, p, 0xffffffffff00ffff);
}

_Static_assert(
    offsetof(struct meter_hot, traits) == offsetof(struct meter_hot, place) + 4 &&
	offsetof(struct media_packet, payload_type) == offsetof(struct media_packet, vantage) + 4,
    "place and traits are one word");
_Static_assert(
    offsetof(struct media_packet, marker) == offsetof(struct media_packet, vantage) + 3 &&
	offsetof(struct media_packet, capture) == offsetof(struct media_packet, vantage) + 2,
    "the masks leave them out");

/* --- sequence numbers: meter_sequence.c --- */

/* What a packet's sequence number says of it. */
enum standing { STANDING_NEW, STANDING_DUPLICATE, STANDING_OUTLIER, STANDING_RESTART };

/* A state's sequence numbers begin with this one. */
void meter_sequence_begin(struct meter_hot *s, struct meter_cold *cold, uint16_t sequence);

enum standing meter_sequence_take(
    struct meter *m, struct meter_hot *s, struct meter_cold *cold, const struct media_packet *p);

/* The window is about to move on by so many: what falls out of it unreceived is lost. */
void meter_window_falls(
    struct meter *m, const struct meter_hot *s, struct meter_cold *cold, unsigned by);

/* The fixed jitter buffer had no use for the packet of this number. */
void meter_discard(const struct meter_hot *s, const struct meter_cold *cold, uint32_t number);

/* All losses, as if nothing came any more. */
struct loss_figures meter_losses_so_far(
    struct meter *m, const struct meter_hot *s, const struct meter_cold *cold);

static inline uint64_t meter_expected(const struct meter_hot *s, const struct meter_cold *cold)
{
	uint64_t before = cold->rare ? cold->rare->expected_before : 0;

	return before + (s->highest - cold->lowest + 1);
}

static inline int64_t meter_lost(const struct meter_hot *s, const struct meter_cold *cold)
{
	uint32_t apart = cold->rare ? cold->rare->duplicates + cold->rare->outliers : 0;

	return (int64_t)meter_expected(s, cold) - (int64_t)(s->packets - apart);
}

/* Everything was received as far back as is remembered: so it is when the next one comes. */
static inline bool meter_window_is_full(const struct meter_hot *s)
{
	return (s->window_high & s->window_low) == UINT64_MAX;
}

static inline void meter_window_shift(struct meter_hot *s, unsigned by)
{
	if (by < 64) {
		s->window_high = s->window_high << by | s->window_low >> (64 - by);
		s->window_low = s->window_low << by | 1;
	} else if (by < METER_WINDOW) {
		s->window_high = by == 64 ? s->window_low : s->window_low << (by - 64);
		s->window_low = 1;
	} else {
		s->window_high = 0;
		s->window_low = 1;
	}
}

/* --- time: meter_time.c --- */

/* Units of the clock from packet to packet; 0: unknown. Three packets in a row agree on it. */
static inline uint32_t meter_step(const struct meter_hot *s)
{
	return s->timestamp_step & METER_STEP_ONCE ? 0 : s->timestamp_step;
}

/* In Hz; 0: unknown. What is lost by the division does not make another clock of any in use. */
static inline uint32_t meter_clock_rate(const struct meter_hot *s)
{
	uint32_t tick = s->ns_per_tick_x256;

	return tick ? (uint32_t)((256ULL * MEDIA_SECOND_NS + tick / 2) / tick) : 0;
}

/* The own payload type, from now on; its timestamps begin with the packet at hand. */
void meter_clock_begin(struct meter *m, uint32_t number, const struct media_packet *p);

/* A packet of a stream whose clock is not known. */
void meter_clock_try(struct meter *m, uint32_t number, const struct media_packet *p);

/* Decide with what there is. */
void meter_clock_settle(struct meter *m, uint32_t number);

/* Nothing compares with the timestamps before: jitter and delay variation go on from here. */
void meter_time_break(struct meter_hot *s, struct meter_cold *cold);

/*
 * The delay variation of packet `extended` is below 0, or worth a look: its transit changed by
 * change_ns, and its timestamp moved on by `ticks`.
 */
void meter_variation(struct meter *m, struct meter_hot *s, struct meter_cold *cold,
    uint32_t extended, int64_t change_ns, int32_t ticks);

/* The interval of this time is the one at hand, for all streams. */
void meter_interval_turn(struct meter *m, int64_t time_ns);

/* Report the stream's interval, if it is not that of this time. */
void meter_interval_close(
    struct meter *m, uint32_t number, const struct media_packet *p, const struct record_sink *desk);

/* The figures of the interval at hand. */
struct media_interval meter_interval_so_far(
    const struct meter_hot *s, const struct meter_cold *cold);

static inline bool meter_interval_is_over(const struct meter *m, int64_t last_ns)
{
	return last_ns < m->interval_begin_ns;
}

/* Since the interval at hand began; very great before. */
static inline uint64_t meter_interval_age(const struct meter *m, int64_t time_ns)
{
	return (uint64_t)time_ns - (uint64_t)m->interval_begin_ns;
}

static inline bool meter_interval_has(const struct meter *m, int64_t time_ns)
{
	return time_ns >= m->interval_begin_ns && time_ns < m->interval_end_ns;
}

static inline void meter_interval_follow(struct meter *m, int64_t time_ns)
{
	if (!meter_interval_has(m, time_ns)) {
		meter_interval_turn(m, time_ns);
	}
}

/* One value of jitter (RFC 3550 A.8) and of delay variation. */
static inline void meter_jitter_step(
    struct meter *m, struct meter_hot *s, int64_t time_ns, uint32_t timestamp, uint32_t extended)
{
	int64_t arrival = time_ns - s->last_arrival_ns;
	int32_t ticks = (int32_t)(timestamp - s->last_timestamp);
	int64_t change = /* of transit: D of RFC 3550 6.4.1 */
	    arrival - ((int64_t)ticks * s->ns_per_tick_x256 >> 8);
	uint64_t size = (uint64_t)(change < 0 ? -change : change);
	int32_t low;

	s->last_arrival_ns = time_ns;
	s->last_timestamp = timestamp;
	if (__builtin_expect(size >= (uint64_t)METER_DISCONTINUITY_NS, 0)) {
		meter_time_break(s, meter_cold_of(m, s));
		return;
	}
	s->jitter_x16 += size - ((s->jitter_x16 + 8) >> 4);
	s->jitter_x16_sum += s->jitter_x16;
	if (s->jitter_x16 > s->jitter_x16_max) {
		s->jitter_x16_max = s->jitter_x16;
	}
	s->jitter_count++;
	s->variation_ns += change;
	if (__builtin_expect((uint64_t)s->variation_ns >= (uint64_t)PLAYOUT_WATCH_NS, 0)) {
		meter_variation(m, s, meter_cold_of(m, s), extended, change, ticks);
	}
	low = (int32_t)(s->variation_ns >> 10);
	if (low < s->variation_low) {
		s->variation_low = low;
	}
}

/* --- streams --- */

/* After each day or so what was before counts half. */
static inline void meter_level_take(struct meter_levels *l, uint8_t level)
{
	if (level == MEDIA_LEVEL_NONE) {
		return;
	}
	if (l->count == UINT16_MAX) {
		*l = (struct meter_levels){l->count / 2, l->silent / 2, l->sum / 2};
	}
	l->count++;
	if (level == MEDIA_LEVEL_SILENT) {
		l->silent++;
	} else {
		l->sum += level - MEDIA_LEVEL_FULL;
	}
}

/* A stream may be due then, and not before; where it goes on in its usual way, later. */
static inline void meter_due_note(struct meter *m, int64_t time_ns)
{
	if (time_ns < m->due_ns) {
		m->due_ns = time_ns;
	}
}

/* Count a packet of a living stream. */
void meter_account(
    struct meter *m, uint32_t number, const struct media_packet *p, const struct record_sink *desk);

/* A packet of no known stream: hold it, or let it give birth to one. */
void meter_unknown(struct meter *m, const struct media_packet *p, const struct record_sink *desk);

/* Drop candidates that were not confirmed in time; all of them at the end. */
void meter_candidates_expire(
    struct meter *m, const struct tick *tick, const struct record_sink *desk);

/* Send the summary of a stream. */
void meter_tell(struct meter *m, uint32_t number, uint64_t order, uint64_t sub, bool ended,
    const struct record_sink *desk);

/* Send a stream's figures; with `ended` it is forgotten too. */
void meter_summarise(struct meter *m, uint32_t number, uint64_t order, uint64_t sub, bool ended,
    const struct record_sink *desk);

/* Time of the last packet of any kind. */
int64_t meter_last_ns(const struct meter *m, uint32_t number);

#endif
