/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What a call to the kernel was for, and what to do where it fails. */
static bool refused(struct source_error *error, const char *what)
{
	source_fail(error, "%s: %s%s", what, strerror(errno),
	    errno == EBUSY    ? "; another program has this queue"
	    : errno == ENOMEM ? "; lower --buffer"
			      : "");
	return false;
}

static bool rings_make(
    const struct xdp_socket *xdp, const struct xdp_place *place, struct source_error *error)
{
	static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING};
	uint32_t least = 2; /* of what is never sent */

	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		const uint32_t *size =
		    rings[i] == XDP_UMEM_COMPLETION_RING ? &least : &place->frame_count;

		if (setsockopt(xdp->fd, SOL_XDP, rings[i], size, sizeof(*size)) != 0) {
			return refused(error, "rings of packets");
		}
	}
	return true;
}

static bool ring_map(struct xdp_ring *ring, int fd, off_t which,
    const struct xdp_ring_offset *offsets, size_t entries_octets, uint32_t entries)
{
	uint8_t *map;

	ring->octets = offsets->desc + entries_octets;
	map =
	    mmap(NULL, ring->octets, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE, fd, which);
	if (map == MAP_FAILED) {
		return false;
	}
	ring->map = map;
	ring->producer = (uint32_t *)(void *)(map + offsets->producer);
	ring->consumer = (uint32_t *)(void *)(map + offsets->consumer);
	ring->flags = (uint32_t *)(void *)(map + offsets->flags);
	ring->entries = map + offsets->desc;
	ring->mask = entries - 1;
	ring->at = 0;
	return true;
}

static bool rings_map(
    struct xdp_socket *xdp, const struct xdp_place *place, struct source_error *error)
{
	struct xdp_mmap_offsets offsets;
	socklen_t octets = sizeof(offsets);
	uint32_t frames = place->frame_count;

	if (getsockopt(xdp->fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &octets) != 0 ||
	    octets != sizeof(offsets) ||
	    !ring_map(&xdp->fill, xdp->fd, (off_t)XDP_UMEM_PGOFF_FILL_RING, &offsets.fr,
		frames * sizeof(uint64_t), frames) ||
	    !ring_map(&xdp->received, xdp->fd, XDP_PGOFF_RX_RING, &offsets.rx,
		frames * sizeof(struct xdp_desc), frames)) {
		return refused(error, "rings of packets");
	}
	return true;
}

/* Whoever had the queue before may have closed it: the kernel gives it back when it has time. */
static bool bind_soon(int fd, const struct sockaddr_xdp *address)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	unsigned tries = 50;

	while (bind(fd, (const struct sockaddr *)address, sizeof(*address)) != 0) {
		if (errno != EBUSY || --tries == 0) {
			return false;
		}
		(void)nanosleep(&pause, NULL);
	}
	return true;
}

static bool place_bind(
    const struct xdp_socket *xdp, const struct xdp_place *place, struct source_error *error)
{
	struct sockaddr_xdp address = {
	    .sxdp_family = AF_XDP,
	    .sxdp_flags = XDP_USE_NEED_WAKEUP,
	    .sxdp_ifindex = place->ifindex,
	    .sxdp_queue_id = place->queue,
	};

	address.sxdp_flags |= (uint16_t)(place->copy ? XDP_COPY : 0);
	return bind_soon(xdp->fd, &address) || refused(error, "a socket for a queue");
}

static void frames_offer(struct xdp_socket *xdp, const struct xdp_place *place)
{
	for (uint32_t i = 0; i < place->frame_count; i++) {
		xdp_socket_give(xdp, (uint64_t)i * place->frame_octets);
	}
	xdp_socket_refill(xdp);
}

bool xdp_socket_open(
    struct xdp_socket *xdp, int fd, const struct xdp_place *place, struct source_error *error)
{
	bool ready;

	*xdp = (struct xdp_socket){.fd = fd, .frames = place->frames};
	ready = rings_make(xdp, place, error) && rings_map(xdp, place, error);
	if (ready) {
		frames_offer(xdp, place);
		ready = place_bind(xdp, place, error);
	}
	if (!ready) {
		xdp_socket_close(xdp);
	}
	return ready;
}

static void ring_unmap(struct xdp_ring *ring)
{
	if (ring->map) {
		(void)munmap(ring->map, ring->octets);
		ring->map = NULL;
	}
}

void xdp_socket_close(struct xdp_socket *xdp)
{
	ring_unmap(&xdp->fill);
	ring_unmap(&xdp->received);
	(void)close(xdp->fd);
	xdp->fd = -1;
}

bool xdp_socket_wake(const struct xdp_socket *xdp)
{
	return recvfrom(xdp->fd, NULL, 0, MSG_DONTWAIT, NULL, NULL) >= 0 ||
	       (errno != ENETDOWN && errno != ENXIO && errno != EBADF);
}

uint64_t xdp_socket_dropped(const struct xdp_socket *xdp)
{
	struct xdp_statistics statistics = {0};
	socklen_t octets = sizeof(statistics);

	/* A packet for which no frame is left counts among rx_dropped, too. */
	(void)getsockopt(xdp->fd, SOL_XDP, XDP_STATISTICS, &statistics, &octets);
	return statistics.rx_dropped + statistics.rx_ring_full;
}
