/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HUGE_PAGE_OCTETS = 2 << 20 };

/* What a call to the kernel was for, and what to do where it fails. */
static bool refused(struct source_error *error, const char *what)
{
	const char *advice = "";

	switch (errno) {
	case ENOBUFS:
	case EPERM:
		advice = "; memory may not be locked: raise RLIMIT_MEMLOCK (ulimit -l unlimited), "
			 "or lower --buffer";
		break;
	case EBUSY:
		advice = "; another program has this queue";
		break;
	case ENOMEM:
		advice = "; lower --buffer";
		break;
	default:
		break;
	}
	source_fail(error, "%s: %s%s", what, strerror(errno), advice);
	return false;
}

static size_t memory_octets(const struct xdp_memory *memory)
{
	return (size_t)memory->frames * memory->frame_octets;
}

/* Large pages where there are any: the kernel and we go through all of it again and again. */
static uint8_t *memory_map(size_t octets)
{
	const int flags = MAP_PRIVATE | MAP_ANONYMOUS;
	void *at = MAP_FAILED;

	if (octets % HUGE_PAGE_OCTETS == 0) {
		at = mmap(NULL, octets, PROT_READ | PROT_WRITE, flags | MAP_HUGETLB, -1, 0);
	}
	if (at == MAP_FAILED) {
		at = mmap(NULL, octets, PROT_READ | PROT_WRITE, flags, -1, 0);
	}
	return at == MAP_FAILED ? NULL : at;
}

static bool memory_register(struct xdp_socket *xdp, struct source_error *error)
{
	size_t octets = memory_octets(&xdp->memory);
	struct xdp_umem_reg region = {.chunk_size = xdp->memory.frame_octets};

	xdp->frames = memory_map(octets);
	if (!xdp->frames) {
		return refused(error, "memory for packets");
	}
	region.addr = (uint64_t)(uintptr_t)xdp->frames;
	region.len = octets;
	return setsockopt(xdp->fd, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)) == 0 ||
	       refused(error, "memory for packets");
}

static bool rings_make(const struct xdp_socket *xdp, struct source_error *error)
{
	static const int rings[] = {XDP_UMEM_FILL_RING, XDP_UMEM_COMPLETION_RING, XDP_RX_RING};
	uint32_t least = 2; /* of what is never sent */

	for (size_t i = 0; i < sizeof(rings) / sizeof(rings[0]); i++) {
		const uint32_t *size =
		    rings[i] == XDP_UMEM_COMPLETION_RING ? &least : &xdp->memory.frames;

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

static bool rings_map(struct xdp_socket *xdp, struct source_error *error)
{
	struct xdp_mmap_offsets offsets;
	socklen_t octets = sizeof(offsets);
	uint32_t frames = xdp->memory.frames;

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
	return bind(xdp->fd, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
	       refused(error, "a socket for a queue");
}

static void frames_offer(struct xdp_socket *xdp)
{
	for (uint32_t i = 0; i < xdp->memory.frames; i++) {
		xdp_socket_give(xdp, (uint64_t)i * xdp->memory.frame_octets);
	}
	xdp_socket_refill(xdp);
}

bool xdp_socket_open(struct xdp_socket *xdp, int fd, const struct xdp_memory *memory,
    const struct xdp_place *place, struct source_error *error)
{
	*xdp = (struct xdp_socket){.fd = fd, .memory = *memory};
	if (!memory_register(xdp, error) || !rings_make(xdp, error) || !rings_map(xdp, error)) {
		xdp_socket_close(xdp);
		return false;
	}
	frames_offer(xdp);
	if (!place_bind(xdp, place, error)) {
		xdp_socket_close(xdp);
		return false;
	}
	return true;
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
	if (xdp->frames) {
		(void)munmap(xdp->frames, memory_octets(&xdp->memory));
		xdp->frames = NULL;
	}
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
