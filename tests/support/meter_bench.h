/* SPDX-License-Identifier: Apache-2.0 */
/* A meter on the bench: one stream fed to it packet by packet. */
#ifndef TALKPATH_TEST_METER_BENCH_H
#define TALKPATH_TEST_METER_BENCH_H

#include "flow.h"
#include "meter.h"
#include "sink.h"

static const struct meter_limits roomy = {1024, 1024};

/* A stream under way, as its sender and the network make it. */
struct bench {
	struct meter *meter;
	struct kept kept;
	struct record_sink sink;
	struct media_packet next;
	struct media_addresses behind; /* of next, over IPv6 */
};

static inline struct bench bench_with(const struct meter_limits *limits)
{
	struct bench b = {.meter = meter_new(limits, 0)};

	cr_assert_not_null(b.meter);
	b.next = (struct media_packet){
	    .time_ns = 1000 * MEDIA_SECOND_NS,
	    .ports = 4000 << 16 | 5000,
	    .pair = flow_pair_ipv4(0x0a000001, 0x0a000002),
	    .ssrc = 0xabcd,
	    .sequence = 100,
	    .timestamp = 5000,
	    .octets = 160,
	    .dscp = 46,
	    .ttl = 64,
	};
	return b;
}

static inline struct bench bench(void)
{
	return bench_with(&roomy);
}

/* One packet as it is; the next one follows 20 ms later with the next number. */
static inline void feed(struct bench *b)
{
	b->sink = (struct record_sink){kept_room, &b->kept};
	b->next.order++;
	b->next.frame++;
	b->next.hash = flow_hash_media(1, &b->next);
	meter_packets(b->meter, &b->next, 1, &b->sink);
	b->next.sequence++;
	b->next.timestamp += 160;
	b->next.time_ns += 20000000;
}

static inline void feed_many(struct bench *b, unsigned count)
{
	while (count-- > 0) {
		feed(b);
	}
}

/* One packet of another number, without disturbing those that follow. */
static inline void feed_number(struct bench *b, uint16_t sequence)
{
	struct media_packet kept = b->next;

	b->next.timestamp += (uint32_t)(int16_t)(sequence - b->next.sequence) * 160;
	b->next.sequence = sequence;
	feed(b);
	kept.order = b->next.order;
	kept.frame = b->next.frame;
	kept.time_ns = b->next.time_ns;
	b->next = kept;
}

static inline void tick(struct bench *b, int64_t after_ns, bool end)
{
	b->sink = (struct record_sink){kept_room, &b->kept};
	meter_tick(b->meter,
	    &(struct tick){b->next.order, b->next.time_ns - 20000000 + after_ns, end}, &b->sink);
}

/* End the input; the last summary. */
static inline const struct media_summary *finish(struct bench *b)
{
	size_t count;

	tick(b, 0, true);
	count = kept_count(&b->kept, RECORD_MEDIA_SUMMARY);
	cr_assert_gt(count, 0, "no stream");
	return kept_at(&b->kept, RECORD_MEDIA_SUMMARY, count - 1);
}

/* Everything came, once and in order. */
static inline void expect_sound(const struct media_summary *s, uint32_t packets)
{
	cr_expect_eq(s->packets, packets, "packets %u", s->packets);
	cr_expect_eq(s->expected, packets);
	cr_expect_eq(s->lost, 0);
	cr_expect_eq(s->duplicates, 0);
	cr_expect_eq(s->reordered, 0);
}

static inline void bench_free(struct bench *b)
{
	kept_free(&b->kept);
	meter_free(b->meter);
}

#endif
