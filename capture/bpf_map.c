/* SPDX-License-Identifier: Apache-2.0 */
#include "bpf_map.h"

#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool element(enum bpf_cmd command, int fd, const void *key, const void *value)
{
	union bpf_attr attributes;

	memset(&attributes, 0, sizeof(attributes)); /* gaps between its members, too */
	attributes.map_fd = (uint32_t)fd;
	attributes.key = (uint64_t)(uintptr_t)key;
	attributes.value = (uint64_t)(uintptr_t)value;
	attributes.flags = command == BPF_MAP_UPDATE_ELEM ? BPF_ANY : 0;
	return syscall(SYS_bpf, command, &attributes, sizeof(attributes)) == 0;
}

bool bpf_map_put(int fd, const void *key, const void *value)
{
	return element(BPF_MAP_UPDATE_ELEM, fd, key, value);
}

bool bpf_map_remove(int fd, const void *key)
{
	return element(BPF_MAP_DELETE_ELEM, fd, key, NULL);
}

bool bpf_map_get(int fd, const void *key, void *value)
{
	return element(BPF_MAP_LOOKUP_ELEM, fd, key, value);
}
