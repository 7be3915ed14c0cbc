/* SPDX-License-Identifier: Apache-2.0 */
#include "xdp_memory.h"

#include <errno.h>
#include <linux/if_xdp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGE_PAGE_OCTETS = 2 << 20 };

static int memory_fail(struct source_error *error)
{
	const char *advice =
	    errno == ENOBUFS || errno == EPERM
		? "raise the limit (ulimit -l unlimited), give the program cap_ipc_lock, or lower "
		  "--buffer"
		: "lower --buffer";

	source_fail(error, "memory for packets: %s; %s", strerror(errno), advice);
	return -1;
}

static uint8_t *map_of(int fd, size_t octets)
{
	void *at = mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return at == MAP_FAILED ? NULL : at;
}

/* A file without a name, and where it lies for now. */
static int file_make(size_t octets, unsigned flags, uint8_t **map)
{
	int fd = memfd_create("talkpath-xdp", MFD_CLOEXEC | flags);

	*map = fd >= 0 && ftruncate(fd, (off_t)octets) == 0 ? map_of(fd, octets) : NULL;
	if (fd >= 0 && !*map) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/* The kernel keeps the pages, whoever maps them. */
static bool queue_register(
    const struct xdp_memory *memory, int socket, const uint8_t *map, uint32_t queue)
{
	size_t octets = (size_t)memory->frames * memory->frame_octets;
	struct xdp_umem_reg region = {
	    .addr = (uint64_t)(uintptr_t)(map + queue * octets),
	    .len = octets,
	    .chunk_size = memory->frame_octets,
	};

	return setsockopt(socket, SOL_XDP, XDP_UMEM_REG, &region, sizeof(region)) == 0;
}

int xdp_memory_make(const struct xdp_memory *memory, const int *sockets, struct source_error *error)
{
	size_t octets = xdp_memory_octets(memory);
	bool registered = true;
	uint8_t *map;
	int fd = -1;

	/* Large pages where there are any: all of it is gone through again and again. */
	if (octets % LARGE_PAGE_OCTETS == 0) {
		fd = file_make(octets, MFD_HUGETLB, &map);
	}
	if (fd < 0) {
		fd = file_make(octets, 0, &map);
	}
	if (fd < 0) {
		return memory_fail(error);
	}
	for (uint32_t i = 0; registered && i < memory->queues; i++) {
		registered = queue_register(memory, sockets[i], map, i);
	}
	if (!registered) {
		(void)memory_fail(error);
		(void)close(fd);
		fd = -1;
	}
	(void)munmap(map, octets);
	return fd;
}

uint8_t *xdp_memory_map(const struct xdp_memory *memory, int fd, struct source_error *error)
{
	uint8_t *map = map_of(fd, xdp_memory_octets(memory));

	if (!map) {
		(void)memory_fail(error);
	}
	return map;
}

void xdp_memory_unmap(const struct xdp_memory *memory, uint8_t *map)
{
	(void)munmap(map, xdp_memory_octets(memory));
}
