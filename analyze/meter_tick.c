/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: at a tick each stream that is due is told of, in the order of birth. None is
 * looked at before any can be due. Nobody asked for their states since their last packets, so each
 * is on its way to the cache before its turn. At the end of the input all are due, and none is
 * taken out by itself.
 */
#include "meter.h"
#include "meter_state.h"

enum {
	DUE_AHEAD = 16,     /* streams between the fetch of a state and its summary */
	SORT_MOVES = 8,     /* for each, beyond which they are not in order at all */
	FORGET_EVERY = 1024 /* of all that are told of at the end */
};

/* What a tick brings about comes after all packets before it. */
static const uint64_t behind_packets = 1ULL << 63;

/* True if the stream is due: *ended tells for what. */
static bool stream_is_due(struct meter *m, uint32_t number, const struct tick *tick, bool *ended)
{
	const struct meter_hot *s = meter_hot_at(m, number);
	int64_t last_ns, silence;
	bool quiet;

	if (s->place == METER_FREE) {
		return false;
	}
	*ended = tick->end;
	if (tick->end) {
		return true;
	}
	if (tick->time_ns - s->last_arrival_ns < MEDIA_QUIET_NS) {
		meter_due_note(m, s->last_arrival_ns + MEDIA_QUIET_NS);
		return false;
	}
	last_ns = meter_last_ns(m, number);
	silence = tick->time_ns - last_ns;
	quiet = silence >= MEDIA_QUIET_NS;
	*ended = silence >= MEDIA_IDLE_NS;
	meter_due_note(m, last_ns + (quiet ? MEDIA_IDLE_NS : MEDIA_QUIET_NS));
	return *ended || (quiet && !(s->traits & METER_QUIET));
}

static uint32_t due_number(uint32_t due)
{
	return due & ~METER_ENDED;
}

static uint64_t due_order(const struct meter *m, uint32_t due)
{
	return meter_cold_at(m, due_number(due))->order;
}

/* One goes before those of a greater order, in strides of `gap`. Returns how many these were. */
static size_t due_settle(const struct meter *m, size_t at, size_t gap)
{
	uint32_t one = m->due[at];
	uint64_t order = due_order(m, one);
	size_t moves = 0;

	for (; at >= gap && due_order(m, m->due[at - gap]) > order; at -= gap) {
		m->due[at] = m->due[at - gap];
		moves++;
	}
	m->due[at] = one;
	return moves;
}

/* Shell's sort. */
static void due_sort(const struct meter *m, size_t count)
{
	for (size_t gap = count; gap > 1;) {
		gap = gap < 5 ? 1 : gap * 4 / 9;
		for (size_t at = gap; at < count; at++) {
			(void)due_settle(m, at, gap);
		}
	}
}

/*
 * How many streams are due, in the order of birth, whichever worker has them: see pipeline.h. They
 * stand in the order of their second packets, which is nearly the same. None is looked at before
 * any can be due.
 */
static size_t due_find(struct meter *m, const struct tick *tick)
{
	size_t count = 0, moves = 0;
	bool sorted = true;

	if (!tick->end && tick->time_ns < m->due_ns) {
		return 0;
	}
	m->due_ns = INT64_MAX;
	for (uint32_t i = 0; i < m->hot.used; i++) {
		bool ended;

		if (tick->end && i + DUE_AHEAD < m->hot.used) {
			__builtin_prefetch(&meter_cold_at(m, i + DUE_AHEAD)->order);
		}
		if (stream_is_due(m, i, tick, &ended)) {
			m->due[count] = i | (ended ? METER_ENDED : 0);
			moves += sorted ? due_settle(m, count, 1) : 0;
			count++;
			sorted &= moves <= count * SORT_MOVES;
		}
	}
	if (!sorted) {
		due_sort(m, count);
	}
	return count;
}

/* Nobody asked for these states since their last packets: each on its way before its turn. */
__attribute__((always_inline)) static inline void due_fetch(
    const struct meter *m, size_t at, size_t count)
{
	if (at + DUE_AHEAD < count) {
		uint32_t number = due_number(m->due[at + DUE_AHEAD]);

		memory_fetch(meter_hot_at(m, number), sizeof(struct meter_hot));
		memory_fetch(meter_cold_at(m, number), sizeof(struct meter_cold));
	}
	if (at + DUE_AHEAD / 2 < count) {
		uint32_t due = m->due[at + DUE_AHEAD / 2];
		const struct meter_cold *cold = meter_cold_at(m, due_number(due));

		memory_fetch(cold->rare, sizeof(*cold->rare));
		if (due & METER_ENDED) {
			(void)table_prefetch(&m->streams, table_hash_kept(cold->hash));
		}
	}
}

/*
 * At the end: streams that were told of make room for what the desk makes of them. least: below it
 * are no others.
 */
static void told_forget(struct meter *m, uint32_t *least)
{
	while (*least < m->hot.used && meter_hot_at(m, *least)->place == METER_FREE) {
		++*least;
	}
	pool_forget_below(&m->hot, *least);
	pool_forget_below(&m->cold, *least);
}

/* All are told of for the last time, and none is taken out by itself. */
static void end_tell(struct meter *m, size_t count, uint64_t order, const struct record_sink *desk)
{
	uint32_t least = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t number = due_number(m->due[i]);

		due_fetch(m, i, count);
		meter_tell(m, number, order, behind_packets | due_order(m, number), true, desk);
		meter_hot_at(m, number)->place = METER_FREE;
		if ((i + 1) % FORGET_EVERY == 0) {
			told_forget(m, &least);
		}
	}
	/* The desk has them now, and needs the room. */
	table_clear(&m->streams);
	pool_clear(&m->hot);
	pool_clear(&m->cold);
	pool_clear(&m->rares);
	pool_clear(&m->candidates);
}

void meter_tick(struct meter *meter, const struct tick *tick, const struct record_sink *desk)
{
	size_t count;

	meter->now_ns = tick->time_ns;
	meter_candidates_expire(meter, tick, desk);
	count = due_find(meter, tick);
	if (tick->end) {
		end_tell(meter, count, tick->order, desk);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		uint32_t due = meter->due[i];

		due_fetch(meter, i, count);
		meter_summarise(meter, due_number(due), tick->order,
		    behind_packets | due_order(meter, due), due & METER_ENDED, desk);
	}
}
