/* SPDX-License-Identifier: Apache-2.0 */
/* The short way of a packet through the meter, and the full one: both leave the same behind. */
#include "meter_bench.h"
#include "meter_state.h"

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 20240607;

	state = state * 6364136223846793005U + 1442695040888963407U;
	return (uint32_t)(state >> 33) % limit;
}

/* A packet in many: something happens to it, or to those after it. */
static void disturb(struct bench *b)
{
	struct media_packet *p = &b->next;

	p->marker = random_below(50) == 0;
	p->print = random_below(64) == 0 ? random_below(1 << 24) & 0xffffff : 0;
	p->level = p->print ? (uint8_t)(1 + random_below(100)) : 0;
	p->octets = (uint16_t)(160 + (random_below(40) == 0));
	p->time_ns += random_below(8) == 0 ? random_below(90000000) : 0;
	switch (random_below(400)) {
	case 0:
		p->sequence = (uint16_t)(p->sequence + random_below(200));
		break;
	case 1:
		p->sequence = (uint16_t)(p->sequence - random_below(200));
		break;
	case 2:
		p->sequence = (uint16_t)(p->sequence + 5000);
		break;
	case 3:
		p->timestamp += 160 * random_below(50);
		break;
	case 4:
		p->timestamp -= 16000;
		break;
	case 5:
		p->time_ns += random_below(7) * MEDIA_SECOND_NS;
		break;
	case 6:
		p->time_ns -= MEDIA_SECOND_NS;
		break;
	case 7:
		p->dscp ^= 46;
		break;
	case 8:
		p->ttl ^= 1;
		break;
	case 9:
		p->payload_type = p->payload_type ? 0 : 8;
		break;
	case 10:
		p->payload_type = p->payload_type ? 0 : 101;
		break;
	default:
		break;
	}
}

/* Both were zeroed before they were written: what lies between their members is equal too. */
static bool equal(const void *a, const void *b, size_t octets)
{
	return memcmp(a, b, octets) == 0;
}

/* All but where the rare part lies, and that itself. */
static void expect_same(const struct meter *a, const struct meter *b)
{
	struct meter_cold one = *meter_cold_at(a, 0), other = *meter_cold_at(b, 0);

	cr_assert(equal(meter_hot_at(a, 0), meter_hot_at(b, 0), sizeof(struct meter_hot)));
	cr_assert_eq(!one.rare, !other.rare);
	if (one.rare) {
		cr_assert(equal(one.rare, other.rare, sizeof(*one.rare)));
	}
	one.rare = other.rare = NULL;
	cr_assert(equal(&one, &other, sizeof(one)));
}

static bool lives(const struct meter *m)
{
	return m->hot.used > 0 && meter_hot_at(m, 0)->place != METER_FREE;
}

static void agree(uint8_t payload_type, uint8_t family)
{
	struct bench shortly = bench(), fully = bench();
	unsigned compared = 0;

	shortly.next.payload_type = payload_type;
	shortly.next.family = family;
	shortly.behind = (struct media_addresses){.src.octets = {1}, .dst.octets = {2}};
	for (unsigned i = 0; i < 20000; i++) {
		fully.next = shortly.next;
		fully.behind = shortly.behind;
		feed(&shortly);
		if (!lives(fully.meter)) {
			feed(&fully);
		} else {
			fully.next.order++;
			fully.next.frame++;
			fully.next.hash = flow_hash_media(1, &fully.next);
			fully.sink = (struct record_sink){kept_room, &fully.kept};
			meter_account(fully.meter, 0, &fully.next, &fully.sink);
		}
		cr_assert_eq(lives(shortly.meter), lives(fully.meter));
		if (lives(fully.meter)) {
			expect_same(shortly.meter, fully.meter);
			compared++;
		}
		disturb(&shortly);
	}
	cr_expect_gt(compared, 15000);
	cr_expect_eq(shortly.kept.count, fully.kept.count);
	bench_free(&shortly);
	bench_free(&fully);
}

Test(meter_ways, agree_over_ipv4)
{
	agree(0, MEDIA_IPV4);
}

Test(meter_ways, agree_over_ipv6)
{
	agree(8, MEDIA_IPV6);
}

Test(meter_ways, agree_where_the_clock_is_inferred)
{
	agree(111, MEDIA_IPV4);
}
