/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program that lifts packets out of the kernel (ebpf/), loaded.
 *
 * Data in:   the settings of the program. Data out: descriptors of it and of its maps.
 * Ownership: the caller's, who closes what lift_object_load() gave.
 * Threading: one thread at a time. Needs CAP_BPF and CAP_NET_ADMIN (before Linux 5.8: root).
 */
#ifndef TALKPATH_LIFT_OBJECT_H
#define TALKPATH_LIFT_OBJECT_H

#include "lift.h"
#include "source.h"

/* With which an XDP source is opened. */
#define LIFT_CAPABILITIES "cap_bpf,cap_net_admin,cap_net_raw,cap_ipc_lock"

struct lift_object {
	int program, sockets, ports, endpoints, counters;
	uint32_t processors; /* that `counters` has a value for each of */
};

/* False with *error; then nothing is open. */
bool lift_object_load(
    struct lift_object *out, const struct lift_settings *settings, struct source_error *error);
void lift_object_close(struct lift_object *object);

enum lift_mode { LIFT_NATIVE, LIFT_GENERIC };

/*
 * Where the packets of an interface arrive: in its driver, or else behind it. The descriptor is
 * what keeps the program there; -1 with *error. occupied: another program is there.
 */
int lift_object_attach(const struct lift_object *object, uint32_t ifindex, enum lift_mode *mode,
    bool *occupied, struct source_error *error);

#endif
