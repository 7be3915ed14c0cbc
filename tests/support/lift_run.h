/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The program in the kernel, run over a packet with no interface (BPF_PROG_TEST_RUN): what it said,
 * what it left of the packet, and what it counted.
 */
#ifndef TALKPATH_TEST_LIFT_RUN_H
#define TALKPATH_TEST_LIFT_RUN_H

#include <bpf/bpf.h>
#include <criterion/criterion.h>
#include <linux/bpf.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lift.h"
#include "lift.skel.h"
#include "skip.h"

enum { LIFT_PROCESSORS_MAX = 1024, LIFT_FRAME_MAX = 4096 };

struct lifting {
	struct lift *object;
	int socket;
};

struct lifted {
	int verdict; /* XDP_PASS, XDP_REDIRECT */
	bool has_meta;
	struct lift_meta meta;
	uint32_t length; /* of the packet as it left */
	uint8_t at[LIFT_FRAME_MAX];
};

/* With a socket at the one queue that there is. Skips the test without privileges. */
static inline struct lifting lifting_begin(const struct lift_settings *settings)
{
	struct lifting l;
	uint32_t queue = 0;

	if (geteuid() != 0) {
		skip_without("needs root: it loads a program into the kernel");
	}
	l.object = lift__open();
	cr_assert(l.object);
	l.object->rodata->lift_settings = *settings;
	cr_assert_eq(lift__load(l.object), 0, "the verifier refuses the program");
	l.socket = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	cr_assert_geq(l.socket, 0, "no AF_XDP sockets here");
	cr_assert_eq(bpf_map__update_elem(l.object->maps.sockets, &queue, sizeof(queue), &l.socket,
			 sizeof(l.socket), BPF_ANY),
	    0);
	return l;
}

static inline void lifting_end(struct lifting *l)
{
	lift__destroy(l->object);
	(void)close(l->socket);
}

static inline struct lifted lifting_run(
    const struct lifting *l, const uint8_t *packet, uint32_t length)
{
	uint8_t out[LIFT_FRAME_MAX + 256];
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = length,
	    .data_out = out, .data_size_out = sizeof(out), .repeat = 1);
	struct lifted lifted = {0};
	uint32_t meta = sizeof(lifted.meta);

	cr_assert_eq(bpf_prog_test_run_opts(bpf_program__fd(l->object->progs.lift), &run), 0);
	lifted.verdict = (int)run.retval;
	lifted.has_meta = lifted.verdict == XDP_REDIRECT;
	meta = lifted.has_meta ? meta : 0;
	memcpy(&lifted.meta, out, meta);
	lifted.length = run.data_size_out - meta;
	memcpy(lifted.at, out + meta, lifted.length);
	return lifted;
}

static inline struct lift_counter lifting_counted(const struct lifting *l, uint32_t kind)
{
	struct lift_counter each[LIFT_PROCESSORS_MAX], sum = {0};
	int processors = libbpf_num_possible_cpus();

	cr_assert(processors > 0 && processors <= LIFT_PROCESSORS_MAX);
	cr_assert_eq(bpf_map__lookup_elem(l->object->maps.counters, &kind, sizeof(kind), each,
			 (size_t)processors * sizeof(each[0]), 0),
	    0);
	for (int i = 0; i < processors; i++) {
		sum.packets += each[i].packets;
		sum.octets += each[i].octets;
	}
	return sum;
}

static inline void lifting_expect(
    const struct lifting *l, const struct lift_endpoint *endpoint, bool expected)
{
	struct lift_ports ports;
	uint32_t zero = 0;

	cr_assert_eq(bpf_map__lookup_elem(
			 l->object->maps.ports, &zero, sizeof(zero), &ports, sizeof(ports), 0),
	    0);
	ports.octets[endpoint->port / 8] |= (uint8_t)(1 << endpoint->port % 8);
	cr_assert_eq(bpf_map__update_elem(l->object->maps.ports, &zero, sizeof(zero), &ports,
			 sizeof(ports), BPF_ANY),
	    0);
	if (expected) {
		cr_assert_eq(bpf_map__update_elem(l->object->maps.endpoints, endpoint,
				 sizeof(*endpoint), &zero, sizeof(zero), BPF_ANY),
		    0);
	}
}

static inline const char *lift_kind_name(uint32_t kind)
{
#define LIFT_KIND_NAME(kind, name) [kind] = (name),
	static const char *const names[] = {LIFT_KINDS(LIFT_KIND_NAME)};
#undef LIFT_KIND_NAME

	return kind < LIFT_KIND_COUNT ? names[kind] : "none";
}

#endif
