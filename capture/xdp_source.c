/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: the half of an XDP source that reads. Each queue has a socket with memory of
 * its own; packets are handed over where they lie, and their frames go back to the kernel with the
 * next read. Several queues are read in the order of their packets' stamps, as far as packets are
 * there: a flow is on one queue, but a call's signalling and its media need not be.
 *
 * Once a socket stands in the map of the program, it lifts: that comes last.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bpf_map.h"
#include "interface_use.h"
#include "lift.h"
#include "lift_endpoints.h"
#include "live_kinds.h"
#include "utc_clock.h"
#include "xdp_fds.h"
#include "xdp_socket.h"

enum { LINE = 64, LINKTYPE_RAW = 101 /* it begins with IP */ };

_Static_assert(sizeof(((struct source_interface *)NULL)->name) == LIVE_INTERFACE_MAX, "one copy");

struct xdp_queue {
	struct xdp_socket socket;
	uint32_t waiting;              /* that were there when it was last looked */
	uint32_t held;                 /* handed over by the last read */
	uint64_t frames[PACKET_BURST]; /* of those */
};

struct xdp_source {
	struct source source;
	struct utc_clock clock;
	struct lift_endpoints *endpoints; /* NULL: nobody tells */
	int fds[XDP_FDS];
	int epoll; /* of several queues; -1: there is one */
	uint32_t ifindex;
	uint64_t missed, missed_before; /* by the adapter: since this began, and its own count */
	uint32_t processors;
	struct lift_counter *counters; /* room for one kind's, of each processor */
	struct xdp_memory memory;
	uint8_t *map; /* of it */
	uint32_t queue_count;
	struct xdp_queue queues[];
};

/* --- reading --- */

static struct lift_meta meta_of(const uint8_t *data)
{
	struct lift_meta meta;

	memcpy(&meta, data - sizeof(meta), sizeof(meta));
	return meta;
}

static void held_give(struct xdp_queue *queue)
{
	if (queue->held == 0) {
		return;
	}
	for (uint32_t i = 0; i < queue->held; i++) {
		xdp_socket_give(&queue->socket, queue->frames[i]);
	}
	queue->held = 0;
	xdp_socket_refill(&queue->socket);
}

/* Headers, and what stands in front of them, of packets that another core has written. */
static void ahead_fetch(const struct xdp_queue *queue)
{
	uint32_t count = queue->waiting < PACKET_BURST ? queue->waiting : PACKET_BURST;

	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *at =
		    xdp_socket_frame(&queue->socket, xdp_socket_peek(&queue->socket, i));

		__builtin_prefetch(at - sizeof(struct lift_meta));
		__builtin_prefetch(at);
		__builtin_prefetch(at + LINE);
	}
}

static int64_t head_ns(const struct xdp_queue *queue)
{
	const struct xdp_desc *desc = xdp_socket_peek(&queue->socket, 0);

	return (int64_t)meta_of(xdp_socket_frame(&queue->socket, desc)).time_ns;
}

/* Of what was tunnelled the inner packet: the program has found it already. */
static inline struct packet packet_of(
    struct xdp_source *xdp, const uint8_t *data, uint32_t captured, const struct lift_meta *meta)
{
	bool tunnelled = meta->flags & LIFT_TUNNELLED;
	uint32_t outer = tunnelled ? meta->network : 0;

	return (struct packet){
	    .time_ns = utc_of_monotonic(&xdp->clock, (int64_t)meta->time_ns),
	    .data = data + outer,
	    .captured = captured - outer,
	    .length = meta->length - outer,
	    .frame = ++xdp->source.frame,
	    .capture = xdp->source.capture,
	    .link = tunnelled ? LINKTYPE_RAW : xdp->source.interfaces[0].link,
	};
}

/* The packets of one queue that were stamped until then. How many are in `out` then. */
static int queue_take(struct xdp_source *xdp, struct xdp_queue *queue, int64_t until_ns,
    struct packet out[PACKET_BURST], int count)
{
	uint32_t taken = 0;

	while (count < PACKET_BURST && taken < queue->waiting) {
		const struct xdp_desc *desc = xdp_socket_peek(&queue->socket, taken);
		const uint8_t *data = xdp_socket_frame(&queue->socket, desc);
		struct lift_meta meta = meta_of(data);

		if ((int64_t)meta.time_ns > until_ns) {
			break;
		}
		queue->frames[queue->held++] = desc->addr;
		out[count++] = packet_of(xdp, data, desc->len, &meta);
		taken++;
	}
	queue->waiting -= taken;
	xdp_socket_take(&queue->socket, taken);
	return count;
}

/* The queue whose first packet is the oldest; NULL: there is none. Until when it is its turn. */
static struct xdp_queue *turn_find(struct xdp_source *xdp, int64_t *until_ns)
{
	struct xdp_queue *first = NULL;
	int64_t least_ns = INT64_MAX;

	*until_ns = INT64_MAX;
	for (uint32_t i = 0; i < xdp->queue_count; i++) {
		struct xdp_queue *queue = &xdp->queues[i];
		int64_t time_ns;

		if (queue->waiting == 0) {
			continue;
		}
		time_ns = head_ns(queue);
		if (time_ns < least_ns) {
			*until_ns = least_ns;
			least_ns = time_ns;
			first = queue;
		} else if (time_ns < *until_ns) {
			*until_ns = time_ns;
		}
	}
	return first;
}

/* Drivers that sleep are woken; whether all interfaces are there shows with it. */
static bool queues_wake(struct xdp_source *xdp, bool idle)
{
	for (uint32_t i = 0; i < xdp->queue_count; i++) {
		const struct xdp_socket *socket = &xdp->queues[i].socket;

		if ((idle || xdp_socket_needs_wakeup(socket)) && !xdp_socket_wake(socket)) {
			return false;
		}
	}
	return true;
}

static int interface_fail(struct xdp_source *xdp)
{
	if (errno == ENETDOWN) {
		return source_fail(&xdp->source.error,
		    "the interface is down; bring it up: ip link set %s up",
		    xdp->source.interfaces[0].name);
	}
	return source_fail(&xdp->source.error, "the interface is gone");
}

static bool queues_look(struct xdp_source *xdp)
{
	bool any = false, crowded = false;

	for (uint32_t i = 0; i < xdp->queue_count; i++) {
		struct xdp_queue *queue = &xdp->queues[i];

		held_give(queue);
		queue->waiting = xdp_socket_waiting(&queue->socket);
		ahead_fetch(queue);
		any |= queue->waiting > 0;
		crowded |= queue->waiting > xdp->memory.frames / 2;
	}
	xdp->source.crowded = crowded;
	return any;
}

static int xdp_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct xdp_source *xdp = (struct xdp_source *)source;
	bool any = queues_look(xdp);
	struct xdp_queue *queue;
	int64_t until_ns = INT64_MAX;
	int count = 0;

	if (!queues_wake(xdp, !any)) {
		return interface_fail(xdp);
	}
	if (xdp->queue_count == 1) {
		return queue_take(xdp, &xdp->queues[0], until_ns, out, 0);
	}
	while (count < PACKET_BURST && (queue = turn_find(xdp, &until_ns)) != NULL) {
		count = queue_take(xdp, queue, until_ns, out, count);
	}
	return count;
}

_Static_assert(SOURCE_IDLE == 0, "where no packet came");

/* --- what did not come --- */

static uint64_t counter_packets(struct xdp_source *xdp, uint32_t kind)
{
	uint64_t packets = 0;

	if (bpf_map_get(xdp->fds[XDP_FD_COUNTERS], &kind, xdp->counters)) {
		for (uint32_t i = 0; i < xdp->processors; i++) {
			packets += xdp->counters[i].packets;
		}
	}
	return packets;
}

/* The adapter's own count goes on, or begins anew with its driver. */
static void interface_look(struct xdp_source *xdp)
{
	uint64_t now;

	if (interface_missed(xdp->fds[XDP_FD_STATISTICS], xdp->ifindex, &now)) {
		xdp->missed += now > xdp->missed_before ? now - xdp->missed_before : 0;
		xdp->missed_before = now;
	}
}

static bool xdp_drops(struct source *source, struct source_drops *out)
{
	struct xdp_source *xdp = (struct xdp_source *)source;

	interface_look(xdp);
	*out = (struct source_drops){
	    .interface = xdp->missed,
	    .kernel = counter_packets(xdp, LIFT_NO_SOCKET) + counter_packets(xdp, LIFT_NO_ROOM),
	};
	for (uint32_t i = 0; i < xdp->queue_count; i++) {
		out->kernel += xdp_socket_dropped(&xdp->queues[i].socket);
	}
	return true;
}

/* --- where media is expected --- */

static struct lift_maps maps_of(const struct xdp_source *xdp)
{
	return (struct lift_maps){xdp->fds[XDP_FD_ENDPOINTS], xdp->fds[XDP_FD_PORTS]};
}

static void xdp_endpoints(struct source *source, struct lift_endpoints *endpoints)
{
	struct xdp_source *xdp = (struct xdp_source *)source;
	struct lift_maps maps = maps_of(xdp);

	if (lift_endpoints_join(endpoints, &maps)) {
		xdp->endpoints = endpoints;
	}
}

/* --- opening and closing --- */

static void xdp_close(struct source *source)
{
	struct xdp_source *xdp = (struct xdp_source *)source;
	struct lift_maps maps = maps_of(xdp);

	if (xdp->endpoints) {
		lift_endpoints_leave(xdp->endpoints, &maps);
	}
	for (unsigned i = 0; i < XDP_FDS; i++) {
		(void)close(xdp->fds[i]);
	}
	for (uint32_t i = 0; i < xdp->queue_count; i++) {
		xdp_socket_close(&xdp->queues[i].socket);
	}
	if (xdp->epoll >= 0) {
		(void)close(xdp->epoll);
	}
	if (xdp->map) {
		xdp_memory_unmap(&xdp->memory, xdp->map);
	}
	free(xdp->counters);
	free(xdp);
}

/* Of the descriptors, sockets of queues that were not opened. */
static void sockets_close(const struct live_opened *opened, const int *fds, uint32_t from)
{
	for (uint32_t i = from; i < opened->xdp.queues; i++) {
		(void)close(fds[i]);
	}
}

static bool queues_open(struct xdp_source *xdp, const struct live_opened *opened, const int *fds,
    struct source_error *error)
{
	const struct xdp_memory *memory = &xdp->memory;
	size_t octets = (size_t)memory->frames * memory->frame_octets;

	xdp->map = xdp_memory_map(memory, xdp->fds[XDP_FD_MEMORY], error);
	if (!xdp->map) {
		sockets_close(opened, fds, 0);
		return false;
	}
	for (uint32_t i = 0; i < memory->queues; i++) {
		const struct xdp_place place = {
		    .ifindex = opened->ifindex,
		    .queue = i,
		    .copy = opened->xdp.generic,
		    .frames = xdp->map + i * octets,
		    .frame_count = memory->frames,
		    .frame_octets = memory->frame_octets,
		};

		if (!xdp_socket_open(&xdp->queues[i].socket, fds[i], &place, error)) {
			sockets_close(opened, fds, i + 1);
			return false;
		}
		xdp->queue_count++;
	}
	return true;
}

/* What becomes readable when packets come, on any queue. */
static bool wait_make(struct xdp_source *xdp)
{
	xdp->source.wait_fd = xdp->queues[0].socket.fd;
	if (xdp->queue_count == 1) {
		return true;
	}
	xdp->source.wait_fd = xdp->epoll = epoll_create1(EPOLL_CLOEXEC);
	for (uint32_t i = 0; xdp->epoll >= 0 && i < xdp->queue_count; i++) {
		struct epoll_event event = {.events = EPOLLIN};

		if (epoll_ctl(xdp->epoll, EPOLL_CTL_ADD, xdp->queues[i].socket.fd, &event) != 0) {
			return false;
		}
	}
	return xdp->epoll >= 0;
}

static bool lifting_begin(const struct xdp_source *xdp)
{
	for (uint32_t i = 0; i < xdp->queue_count; i++) {
		if (!bpf_map_put(xdp->fds[XDP_FD_SOCKETS], &i, &xdp->queues[i].socket.fd)) {
			return false;
		}
	}
	return true;
}

static bool xdp_begin(struct xdp_source *xdp, const struct live_opened *opened, const int *fds,
    struct source_error *error)
{
	xdp->processors = opened->xdp.processors;
	xdp->counters = calloc(xdp->processors, sizeof(*xdp->counters));
	if (!xdp->counters) {
		source_fail(error, "out of memory");
		sockets_close(opened, fds, 0);
		return false;
	}
	if (!queues_open(xdp, opened, fds, error)) {
		return false;
	}
	if (!wait_make(xdp) || !lifting_begin(xdp)) {
		source_fail(error, "the program cannot be given its sockets: %s", strerror(errno));
		return false;
	}
	return true;
}

struct source *xdp_source_new(const struct live_spec *spec, const struct live_opened *opened,
    const int fds[LIVE_FDS_MAX], uint16_t capture, struct source_error *error)
{
	static const struct source_ops ops = {
	    .read = xdp_read,
	    .drops = xdp_drops,
	    .endpoints = xdp_endpoints,
	    .close = xdp_close,
	};
	uint32_t queues = opened->xdp.queues;
	struct xdp_source *xdp = calloc(1, sizeof(*xdp) + queues * sizeof(xdp->queues[0]));

	if (!xdp) {
		for (uint32_t i = 0; i < opened->fd_count; i++) {
			(void)close(fds[i]);
		}
		source_fail(error, "out of memory");
		return NULL;
	}
	xdp->epoll = -1;
	memcpy(xdp->fds, fds + queues, sizeof(xdp->fds));
	xdp->ifindex = opened->ifindex;
	xdp->memory = xdp_memory_of(opened);
	(void)interface_missed(xdp->fds[XDP_FD_STATISTICS], xdp->ifindex, &xdp->missed_before);
	xdp->source.ops = &ops;
	xdp->source.capture = capture;
	xdp->source.interface_count = 1;
	xdp->source.interfaces[0] =
	    (struct source_interface){.link = opened->link, .snap_length = opened->snap_length};
	memcpy(xdp->source.interfaces[0].name, spec->interface, sizeof(spec->interface));
	if (!xdp_begin(xdp, opened, fds, error)) {
		xdp_close(&xdp->source);
		return NULL;
	}
	return &xdp->source;
}
