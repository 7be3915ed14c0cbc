/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sequence numbers (RFC 3550 A.1, A.3): what is new, late, twice, or of a sequence begun anew;
 * and, once the window has moved past a number, whether it was lost.
 */
#include "meter_state.h"

struct meter_rare *meter_rare_of(
    struct meter *m, const struct meter_hot *s, struct meter_cold *cold)
{
	struct meter_rare *r = cold->rare;

	if (r) {
		return r;
	}
	r = cold->rare = pool_at(&m->rares, pool_take(&m->rares));
	r->losses.first = cold->lowest;
	playout_late_begin(&r->late, &cold->playout);
	r->restart_sequence = METER_FREE;
	if (cold->told) {
		/* Its packets are those that no finished run has claimed. */
		r->payloads = (struct meter_trait){{{0, s->traits & 0x7f}}, 1};
		r->dscps = (struct meter_trait){{{0, s->traits >> 8 & 0x3f}}, 1};
	}
	return r;
}

/* --- losses, once they are final --- */

/* Tell of discarded packets up to `until`, oldest first. */
static void discards_tell(const struct meter_cold *cold, uint32_t until)
{
	struct meter_rare *r = cold->rare;

	while (r->discards_low | r->discards_high) {
		uint64_t *word = r->discards_high ? &r->discards_high : &r->discards_low;
		unsigned bit = 63U - (unsigned)__builtin_clzll(*word);
		uint32_t number = r->discard_at - bit - (word == &r->discards_high ? 64 : 0);

		if ((int32_t)(number - until) > 0) {
			return;
		}
		*word &= ~(1ULL << bit);
		loss_track_discarded(&cold->rare->losses, number);
	}
}

void meter_discard(const struct meter_hot *s, const struct meter_cold *cold, uint32_t number)
{
	struct meter_rare *r = cold->rare;
	uint32_t behind = s->highest - number, moved = s->highest - r->discard_at;

	if (behind >= METER_WINDOW) {
		return;
	}
	discards_tell(cold, s->highest - METER_WINDOW);
	if (moved >= 64) {
		r->discards_high = moved < METER_WINDOW ? r->discards_low << (moved - 64) : 0;
		r->discards_low = 0;
	} else if (moved > 0) {
		r->discards_high = r->discards_high << moved | r->discards_low >> (64 - moved);
		r->discards_low <<= moved;
	}
	r->discard_at = s->highest;
	*(behind < 64 ? &r->discards_low : &r->discards_high) |= 1ULL << behind % 64;
}

static void lost_tell(const struct meter_cold *cold, uint32_t from, uint32_t count)
{
	discards_tell(cold, from);
	loss_track_lost(&cold->rare->losses, from, count);
}

/* The packets a bit set stands for were lost; bit 0 is `newest`, higher bits are older. */
static void missing_tell(const struct meter_cold *cold, uint64_t missing, uint32_t newest)
{
	while (missing) {
		unsigned bit = 63U - (unsigned)__builtin_clzll(missing);

		missing &= ~(1ULL << bit);
		lost_tell(cold, newest - bit, 1);
	}
}

/* The oldest `count` of a word's bits. */
static uint64_t oldest(unsigned count)
{
	return count == 0 ? 0 : UINT64_MAX << (64 - count);
}

static uint32_t packets_per_second(const struct meter_hot *s)
{
	return meter_step(s) ? meter_clock_rate(s) / meter_step(s) : 0;
}

/* As losses are counted by. The time between packets is not known from the first one on. */
static void losses_time(const struct meter_hot *s, struct meter_rare *rare)
{
	if (rare->losses.packets_per_second == 0) {
		rare->losses.packets_per_second = packets_per_second(s);
	}
}

void meter_window_falls(
    struct meter *m, const struct meter_hot *s, struct meter_cold *cold, unsigned by)
{
	unsigned high_bits = by < 64 ? by : 64, low_bits = by < METER_WINDOW ? by - high_bits : 64;
	uint64_t high = ~s->window_high & oldest(high_bits);
	uint64_t low = ~s->window_low & oldest(low_bits);

	if (cold->rare) {
		losses_time(s, cold->rare);
	}
	if (high == 0 && low == 0 && by <= METER_WINDOW) {
		return;
	}
	losses_time(s, meter_rare_of(m, s, cold));
	missing_tell(cold, high, s->highest - 64);
	missing_tell(cold, low, s->highest);
	if (by > METER_WINDOW) {
		lost_tell(cold, s->highest + 1, by - METER_WINDOW);
	}
}

/* Something happened to the stream. */
static void losses_settle(struct meter *m, const struct meter_hot *s, struct meter_cold *cold)
{
	meter_window_falls(m, s, cold, METER_WINDOW);
	discards_tell(cold, s->highest);
	loss_track_end(&cold->rare->losses, s->highest);
}

struct loss_figures meter_losses_so_far(
    struct meter *m, const struct meter_hot *s, const struct meter_cold *cold)
{
	struct meter_rare rare = {.losses = {.first = cold->lowest}};
	struct meter_cold copy = *cold;

	if (!cold->rare && (s->window_low & s->window_high) == UINT64_MAX) {
		return rare.losses.figures;
	}
	if (cold->rare) {
		rare = *cold->rare;
	}
	copy.rare = &rare;
	losses_settle(m, s, &copy);
	return rare.losses.figures;
}

/* --- the window --- */

static bool window_test_and_set(struct meter_hot *s, unsigned behind)
{
	uint64_t *word = behind < 64 ? &s->window_low : &s->window_high;
	uint64_t bit = 1ULL << behind % 64;
	bool was = *word & bit;

	*word |= bit;
	return was;
}

static void window_clear(struct meter_hot *s, unsigned behind)
{
	uint64_t *word = behind < 64 ? &s->window_low : &s->window_high;

	*word &= ~(1ULL << behind % 64);
}

/* A packet `behind` the highest: late, or a duplicate. */
static enum standing sequence_behind(
    struct meter_hot *s, struct meter_cold *cold, struct meter_rare *rare, unsigned behind)
{
	uint32_t extended = s->highest - behind;

	if (extended < cold->lowest) {
		/* Earlier than the first: what lies between the two has not been seen. */
		for (uint32_t missing = extended + 1; missing < cold->lowest; missing++) {
			window_clear(s, s->highest - missing);
		}
		cold->lowest = rare->losses.first = extended;
	} else if (window_test_and_set(s, behind)) {
		rare->duplicates++;
		return STANDING_DUPLICATE;
	}
	rare->reordered++;
	return STANDING_NEW;
}

void meter_sequence_begin(struct meter_hot *s, struct meter_cold *cold, uint16_t sequence)
{
	struct meter_rare *rare = cold->rare;

	s->highest = cold->lowest = 0x10000U + sequence;
	/* What came before the first packet is not missing: nobody knows of it. */
	s->window_low = s->window_high = UINT64_MAX;
	if (rare) {
		rare->restart_sequence = METER_FREE;
		rare->discards_low = rare->discards_high = 0;
		loss_track_begin(&rare->losses, s->highest, packets_per_second(s));
	}
}

/*
 * A jump too far to be loss or lateness (RFC 3550 A.1): held until the next packet tells
 * whether the sender began anew or this one strayed.
 */
static enum standing sequence_jump(
    struct meter *m, struct meter_hot *s, struct meter_cold *cold, const struct media_packet *p)
{
	struct meter_rare *rare = meter_rare_of(m, s, cold);

	if (p->sequence != rare->restart_sequence) {
		rare->restart_sequence = (uint16_t)(p->sequence + 1);
		rare->restart_timestamp = p->timestamp;
		rare->restart_arrival_ns = p->time_ns;
		rare->outliers++;
		return STANDING_OUTLIER;
	}
	losses_settle(m, s, cold);
	rare->expected_before += s->highest - cold->lowest + 1;
	rare->restarts++;
	rare->outliers--; /* the packet before this one belongs after all */
	meter_sequence_begin(s, cold, (uint16_t)(p->sequence - 1));
	s->highest++;
	meter_time_break(s, cold);
	s->last_arrival_ns = rare->restart_arrival_ns;
	s->last_timestamp = rare->restart_timestamp;
	return STANDING_RESTART;
}

enum standing meter_sequence_take(
    struct meter *m, struct meter_hot *s, struct meter_cold *cold, const struct media_packet *p)
{
	uint16_t ahead = (uint16_t)(p->sequence - s->highest);
	uint16_t behind = (uint16_t)(s->highest - p->sequence);

	if (ahead == 0) {
		meter_rare_of(m, s, cold)->duplicates++;
		return STANDING_DUPLICATE;
	}
	if (ahead < METER_DROPOUT_MAX) {
		meter_window_falls(m, s, cold, ahead);
		meter_window_shift(s, ahead);
		s->highest += ahead;
		if (cold->rare) {
			cold->rare->restart_sequence = METER_FREE;
		}
		return STANDING_NEW;
	}
	if (behind <= METER_MISORDER_MAX) {
		return sequence_behind(s, cold, meter_rare_of(m, s, cold), behind);
	}
	return sequence_jump(m, s, cold, p);
}
