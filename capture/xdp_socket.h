/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One AF_XDP socket that receives: the ring by which the kernel gets empty frames, and the one by
 * which they come back with packets.
 *
 * Data in:   a socket that was created elsewhere and has its memory (xdp_memory.h); the rest needs
 *            no privileges.
 * Data out:  descriptors (struct xdp_desc) of packets; xdp_socket_frame() is where they lie. Each
 *            is given back once, in any order.
 * Ownership: xdp_socket_open() takes the descriptor over, xdp_socket_close() closes it; the memory
 *            is the caller's.
 * Threading: one thread.
 *
 * libxdp before 1.4 cannot take a socket from elsewhere.
 */
#ifndef TALKPATH_XDP_SOCKET_H
#define TALKPATH_XDP_SOCKET_H

#include <linux/if_xdp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source.h"

struct xdp_ring {
	uint32_t *producer, *consumer, *flags; /* shared with the kernel */
	void *entries;
	uint32_t mask;
	uint32_t at; /* ours: the next to be filled, or taken */
	void *map;
	size_t octets;
};

struct xdp_socket {
	int fd;
	const uint8_t *frames;
	struct xdp_ring fill, received;
};

struct xdp_place {
	uint32_t ifindex, queue; /* where it is bound to */
	bool copy;               /* the driver cannot receive into our memory, whatever it says */
	const uint8_t *frames;
	uint32_t frame_count, frame_octets;
};

/* False with *error; the descriptor is closed then, too. */
bool xdp_socket_open(
    struct xdp_socket *xdp, int fd, const struct xdp_place *place, struct source_error *error);
void xdp_socket_close(struct xdp_socket *xdp);

/* Packets that have come; xdp_socket_take() gives the first, which must be there. */
static inline uint32_t xdp_socket_waiting(const struct xdp_socket *xdp)
{
	return __atomic_load_n(xdp->received.producer, __ATOMIC_ACQUIRE) - xdp->received.at;
}

static inline const struct xdp_desc *xdp_socket_peek(const struct xdp_socket *xdp, uint32_t ahead)
{
	const struct xdp_desc *descs = xdp->received.entries;

	return &descs[(xdp->received.at + ahead) & xdp->received.mask];
}

static inline const uint8_t *xdp_socket_frame(
    const struct xdp_socket *xdp, const struct xdp_desc *desc)
{
	return xdp->frames + desc->addr;
}

/* So many of those peeked at are taken: the kernel may use their places in the ring again. */
static inline void xdp_socket_take(struct xdp_socket *xdp, uint32_t count)
{
	xdp->received.at += count;
	__atomic_store_n(xdp->received.consumer, xdp->received.at, __ATOMIC_RELEASE);
}

/* A frame is free again; the kernel learns of it by xdp_socket_refill(). */
static inline void xdp_socket_give(struct xdp_socket *xdp, uint64_t address)
{
	uint64_t *addresses = xdp->fill.entries;

	/* There is a place for every frame: it never waits for one. */
	addresses[xdp->fill.at++ & xdp->fill.mask] = address;
}

static inline void xdp_socket_refill(struct xdp_socket *xdp)
{
	__atomic_store_n(xdp->fill.producer, xdp->fill.at, __ATOMIC_RELEASE);
}

/* The driver has stopped for want of frames, or none came: it is told to go on. */
static inline bool xdp_socket_needs_wakeup(const struct xdp_socket *xdp)
{
	return __atomic_load_n(xdp->fill.flags, __ATOMIC_RELAXED) & XDP_RING_NEED_WAKEUP;
}

/* Wakes the driver. False where the interface is down or gone; errno says which. */
bool xdp_socket_wake(const struct xdp_socket *xdp);

/* Packets that were lifted and did not come. */
uint64_t xdp_socket_dropped(const struct xdp_socket *xdp);

#endif
