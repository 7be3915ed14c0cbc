/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Maps of programs in the kernel, by descriptors that were opened elsewhere: what a process without
 * privileges may do with them (Linux 5.19; before that unless kernel.unprivileged_bpf_disabled).
 *
 * Threading: any.
 */
#ifndef TALKPATH_BPF_MAP_H
#define TALKPATH_BPF_MAP_H

#include <stdbool.h>
#include <stdint.h>

bool bpf_map_put(int fd, const void *key, const void *value);
bool bpf_map_remove(int fd, const void *key);

/* Of a map with a value for each processor: all of them, each in a multiple of 8 octets. */
bool bpf_map_get(int fd, const void *key, void *value);

#endif
