/* SPDX-License-Identifier: Apache-2.0 */
#include "dpdk_queue.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_lcore.h>
#include <rte_pause.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t second_ns = 1000000000;
static const int64_t first_base_ns = 20000000; /* that a counter's speed is measured over first */
static const int64_t nap_ns = 2500000;         /* of a lcore, when nothing has come for a second */

static int64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	(void)clock_gettime(clock, &now);
	return now.tv_sec * second_ns + now.tv_nsec;
}

/* --- stamps --- */

static rte_mbuf_timestamp_t *stamp_of(const struct dpdk_queue *queue, struct rte_mbuf *mbuf)
{
	return RTE_MBUF_DYNFIELD(mbuf, queue->field.offset, rte_mbuf_timestamp_t *);
}

static void counter_read(struct dpdk_queue *queue)
{
	struct dpdk_reading reading;
	int64_t before_ns = clock_ns(CLOCK_MONOTONIC);

	if (rte_eth_read_clock(queue->port, &reading.ticks) == 0) {
		reading.utc_ns = clock_ns(CLOCK_REALTIME);
		reading.monotonic_ns = clock_ns(CLOCK_MONOTONIC);
		/* It was read between these two. */
		reading.utc_ns -= (reading.monotonic_ns - before_ns) / 2;
		reading.monotonic_ns -= (reading.monotonic_ns - before_ns) / 2;
		dpdk_clock_read(&queue->clock, &reading);
	}
	queue->read_ns = queue->burst_ns;
}

static int64_t driver_stamp_utc_ns(const struct dpdk_queue *queue, uint64_t stamp)
{
	return queue->stamps == DPDK_STAMPS_UTC_US ? (int64_t)stamp * 1000
						   : dpdk_clock_utc_ns(&queue->clock, stamp);
}

/* The driver's stamp becomes UTC, where it made one; else the burst's takes its place. */
static void stamp_all(struct dpdk_queue *queue, struct rte_mbuf *const *mbufs, unsigned count)
{
	int64_t since_ns = queue->burst_ns - queue->read_ns;

	if (queue->stamps == DPDK_STAMPS_TICKS && (since_ns > second_ns || since_ns < 0)) {
		counter_read(queue);
	}
	for (unsigned i = 0; i < count; i++) {
		rte_mbuf_timestamp_t *stamp = stamp_of(queue, mbufs[i]);
		bool driven = queue->stamps != DPDK_STAMPS_NONE &&
			      (mbufs[i]->ol_flags & queue->field.flag) != 0;

		*stamp = (uint64_t)(driven ? driver_stamp_utc_ns(queue, *stamp) : queue->burst_ns);
	}
}

/* So many packets found may have been all that a poll gives: some drivers give no more. */
enum { POLL_FULL = 32 };

/* What is found from now on was not there before `since`. */
static void since_move(struct dpdk_queue *queue, unsigned count, uint64_t now)
{
	if (count < POLL_FULL) {
		queue->since = queue->since_next = now;
		queue->full = 0;
	} else if (++queue->full >= queue->depth) {
		/* All that lay there at since_next was taken meanwhile. */
		queue->since = queue->since_next;
		queue->since_next = now;
		queue->full = 0;
	}
}

static void lateness_note(struct dpdk_queue *queue, uint64_t now)
{
	uint64_t late = now - queue->since;

	if (late > atomic_load_explicit(&queue->late, memory_order_relaxed)) {
		atomic_store_explicit(&queue->late, late, memory_order_relaxed);
	}
}

uint64_t dpdk_queue_late_ns(const struct dpdk_queue *queue)
{
	double ticks = (double)atomic_load_explicit(&queue->late, memory_order_relaxed);

	return dpdk_queue_is_driven(queue) ? 0 : (uint64_t)(ticks * 1e9 / (double)rte_get_tsc_hz());
}

/* --- polling --- */

static unsigned poll_queue(struct dpdk_queue *queue, struct rte_mbuf **mbufs)
{
	uint64_t begun = rte_rdtsc();
	unsigned count = rte_eth_rx_burst(queue->port, queue->number, mbufs, PACKET_BURST);

	if (count > 0) {
		queue->burst_ns = clock_ns(CLOCK_REALTIME);
		lateness_note(queue, rte_rdtsc());
		if (queue->stamped) {
			stamp_all(queue, mbufs, count);
		}
	}
	since_move(queue, count, begun);
	return count;
}

/* What finds no room is given up, and counted: whoever waited here would lose it in the adapter. */
static void pass_on(struct dpdk_queue *queue, struct rte_mbuf **mbufs, unsigned count)
{
	unsigned passed = rte_ring_sp_enqueue_burst(queue->ring, (void **)mbufs, count, NULL);

	if (passed < count) {
		rte_pktmbuf_free_bulk(mbufs + passed, count - passed);
		atomic_store_explicit(&queue->refused,
		    atomic_load_explicit(&queue->refused, memory_order_relaxed) + count - passed,
		    memory_order_relaxed);
	}
}

static int lcore_run(void *context)
{
	struct dpdk_queue *queue = context;
	struct rte_mbuf *mbufs[PACKET_BURST];
	uint64_t second = rte_get_tsc_hz(), last = rte_rdtsc();

	while (!atomic_load_explicit(&queue->stop, memory_order_relaxed)) {
		unsigned count = poll_queue(queue, mbufs);

		if (count > 0) {
			pass_on(queue, mbufs, count);
			last = rte_rdtsc();
		} else if (rte_rdtsc() - last > second) {
			(void)nanosleep(&(struct timespec){.tv_nsec = nap_ns}, NULL);
		} else {
			rte_pause();
		}
	}
	return 0;
}

/* --- the reader's side --- */

static void release(struct dpdk_queue *queue, uint32_t until)
{
	while (queue->freed != until) {
		uint32_t at = queue->freed % DPDK_HELD, count = until - queue->freed;

		count = count < DPDK_HELD - at ? count : DPDK_HELD - at;
		rte_pktmbuf_free_bulk(queue->mbufs + at, count);
		queue->freed += count;
	}
}

/* As many as may be: drivers that work in groups give nothing where less is wanted. */
static void find(struct dpdk_queue *queue)
{
	struct rte_mbuf *mbufs[PACKET_BURST];
	unsigned count;

	if (queue->found - queue->freed > DPDK_HELD - PACKET_BURST) {
		return;
	}
	count = queue->ring
		    ? rte_ring_sc_dequeue_burst(queue->ring, (void **)mbufs, PACKET_BURST, NULL)
		    : poll_queue(queue, mbufs);
	for (unsigned i = 0; i < count; i++) {
		uint32_t at = queue->found++ % DPDK_HELD;

		rte_mbuf_prefetch_part1(mbufs[i]);
		rte_mbuf_prefetch_part2(mbufs[i]);
		queue->mbufs[at] = mbufs[i];
		if (!queue->stamped) {
			queue->times_ns[at] = queue->burst_ns;
		}
	}
}

static void fetch(struct dpdk_queue *queue, uint32_t until)
{
	for (; queue->fetched != until; queue->fetched++) {
		uint32_t at = queue->fetched % DPDK_HELD;

		rte_prefetch0(rte_pktmbuf_mtod(queue->mbufs[at], const void *));
		if (queue->stamped) {
			queue->times_ns[at] = (int64_t)*stamp_of(queue, queue->mbufs[at]);
		}
	}
}

void dpdk_queue_fill(struct dpdk_queue *queue)
{
	release(queue, queue->next);
	queue->warm = queue->fetched;
	fetch(queue, queue->found);
	find(queue);
	/* Nothing waits for what comes later. */
	if (queue->warm == queue->next) {
		queue->warm = queue->fetched;
		fetch(queue, queue->found);
	}
	if (queue->warm == queue->next) {
		queue->warm = queue->fetched;
	}
}

bool dpdk_queue_is_crowded(const struct dpdk_queue *queue)
{
	int waiting;

	if (queue->ring) {
		return rte_ring_count(queue->ring) > rte_ring_get_capacity(queue->ring) / 2;
	}
	/* Not every driver knows; where polls are not full, little waits. */
	waiting = queue->full > 0 ? rte_eth_rx_queue_count(queue->port, queue->number) : 0;
	return waiting > (int)(queue->depth * POLL_FULL / 2);
}

/* --- set-up --- */

static bool ring_make(struct dpdk_queue *queue, unsigned packets, struct source_error *error)
{
	char name[RTE_RING_NAMESIZE];

	(void)snprintf(name, sizeof(name), "talkpath-%u-%u", queue->port, queue->number);
	queue->ring = rte_ring_create(
	    name, packets, (int)rte_socket_id(), RING_F_SP_ENQ | RING_F_SC_DEQ | RING_F_EXACT_SZ);
	if (!queue->ring) {
		source_fail(error,
		    "DPDK has no memory for a ring of %u packets; lower --buffer, or "
		    "give it more (-m)",
		    packets);
	}
	return queue->ring != NULL;
}

static bool field_find(struct dpdk_stamp_field *field)
{
	int offset = 0;
	bool found = rte_mbuf_dyn_rx_timestamp_register(&offset, &field->flag) == 0;

	field->offset = (size_t)offset;
	return found;
}

/* The counter's speed, roughly: it gets better every second. */
static void counter_begin(struct dpdk_queue *queue)
{
	counter_read(queue);
	(void)nanosleep(&(struct timespec){.tv_nsec = first_base_ns}, NULL);
	counter_read(queue);
}

bool dpdk_queue_init(
    struct dpdk_queue *queue, const struct dpdk_queue_config *config, struct source_error *error)
{
	memset(queue, 0, sizeof(*queue));
	queue->port = config->port->id;
	queue->number = config->number;
	queue->stamps = config->port->stamps;
	queue->stamped = config->has_lcore || queue->stamps != DPDK_STAMPS_NONE;
	queue->depth = config->port->descriptors / POLL_FULL + 1;
	queue->since = queue->since_next = rte_rdtsc();
	queue->lcore = config->lcore;
	if (queue->stamped && !field_find(&queue->field)) {
		source_fail(error, "DPDK's packets have no room for a time stamp");
		return false;
	}
	if (queue->stamps == DPDK_STAMPS_TICKS) {
		counter_begin(queue);
	}
	if (!config->has_lcore) {
		return true;
	}
	if (!ring_make(queue, config->ring_packets, error)) {
		return false;
	}
	if (rte_eal_remote_launch(lcore_run, queue, queue->lcore) != 0) {
		source_fail(error, "lcore %u of DPDK is at work already", queue->lcore);
		rte_ring_free(queue->ring);
		queue->ring = NULL;
		return false;
	}
	return true;
}

void dpdk_queue_fini(struct dpdk_queue *queue)
{
	if (queue->ring) {
		atomic_store_explicit(&queue->stop, true, memory_order_relaxed);
		(void)rte_eal_wait_lcore(queue->lcore);
	}
	do {
		release(queue, queue->found);
		find(queue);
	} while (queue->ring && queue->freed != queue->found);
	release(queue, queue->found);
	rte_ring_free(queue->ring);
	queue->ring = NULL;
}
