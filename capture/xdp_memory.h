/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The memory that the kernel puts packets of XDP sockets in: made and given to the kernel by the
 * process that opens, which is allowed to lock it, and mapped by the one that reads.
 *
 * Ownership: descriptors and maps are the caller's. Threading: any.
 */
#ifndef TALKPATH_XDP_MEMORY_H
#define TALKPATH_XDP_MEMORY_H

#include <stddef.h>
#include <stdint.h>

#include "source.h"

/* Frames of each queue lie behind one another, and queues too. */
struct xdp_memory {
	uint32_t queues;
	uint32_t frames; /* of each: a power of two */
	uint32_t frame_octets;
};

static inline size_t xdp_memory_octets(const struct xdp_memory *memory)
{
	return (size_t)memory->queues * memory->frames * memory->frame_octets;
}

/*
 * Of so many AF_XDP sockets. Needs CAP_IPC_LOCK, or room within RLIMIT_MEMLOCK. The descriptor that
 * it is mapped by; -1 with *error.
 */
int xdp_memory_make(
    const struct xdp_memory *memory, const int *sockets, struct source_error *error);

/* NULL with *error. */
uint8_t *xdp_memory_map(const struct xdp_memory *memory, int fd, struct source_error *error);
void xdp_memory_unmap(const struct xdp_memory *memory, uint8_t *map);

#endif
