/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Endpoints of media as they are told to programs in the kernel: against a plain list of them, and
 * at their limit.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bpf_map.h"
#include "lift.h"
#include "lift_endpoints.h"
#include "skip.h"

enum { HOSTS = 16, PORTS = 16, STEPS = 20000 };

/* A map as the program has it; the test ends here where there may be none. */
static int map_make(uint32_t type, uint32_t key, uint32_t value, uint32_t entries, uint32_t flags)
{
	union bpf_attr attributes;
	long fd;

	memset(&attributes, 0, sizeof(attributes));
	attributes.map_type = type;
	attributes.key_size = key;
	attributes.value_size = value;
	attributes.max_entries = entries;
	attributes.map_flags = flags;
	fd = syscall(SYS_bpf, BPF_MAP_CREATE, &attributes, sizeof(attributes));
	if (fd < 0) {
		skip_without("no maps in the kernel: run as root");
	}
	return (int)fd;
}

static struct lift_maps maps_make(void)
{
	return (struct lift_maps){
	    .endpoints =
		map_make(BPF_MAP_TYPE_HASH, sizeof(struct lift_endpoint), 4, LIFT_ENDPOINTS_MAX, 0),
	    .ports = map_make(BPF_MAP_TYPE_ARRAY, 4, sizeof(struct lift_ports), 1, BPF_F_MMAPABLE),
	};
}

static struct lift_endpoint endpoint_at(unsigned host, unsigned port)
{
	return (struct lift_endpoint){
	    .address = {[10] = 0xff, 0xff, 10, 0, (uint8_t)(host >> 8), (uint8_t)host},
	    .port = port,
	};
}

static bool is_told(const struct lift_maps *maps, const struct lift_endpoint *endpoint)
{
	uint32_t value;

	return bpf_map_get(maps->endpoints, endpoint, &value);
}

static bool is_port_told(const struct lift_maps *maps, unsigned port)
{
	struct lift_ports ports;
	uint32_t zero = 0;

	cr_assert(bpf_map_get(maps->ports, &zero, &ports));
	return ports.octets[port / 8] >> port % 8 & 1;
}

static void maps_agree(const struct lift_maps *maps, const unsigned wanted[HOSTS][PORTS])
{
	for (unsigned port = 0; port < PORTS; port++) {
		bool any = false;

		for (unsigned host = 0; host < HOSTS; host++) {
			struct lift_endpoint endpoint = endpoint_at(host, port);

			cr_assert_eq(
			    is_told(maps, &endpoint), wanted[host][port] > 0, "%u:%u", host, port);
			any |= wanted[host][port] > 0;
		}
		cr_assert_eq(is_port_told(maps, port), any, "%u", port);
	}
}

Test(lift_endpoints, the_program_knows_those_that_are_wanted_and_no_others)
{
	struct lift_maps early = maps_make(), late = maps_make();
	struct lift_endpoints *all = lift_endpoints_new();
	unsigned wanted[HOSTS][PORTS] = {0}, random = 1;

	cr_assert(lift_endpoints_join(all, &early));
	for (unsigned step = 0; step < STEPS; step++) {
		struct lift_endpoint endpoint;
		unsigned host, port;

		random = random * 1664525 + 1013904223;
		host = random >> 24 & (HOSTS - 1);
		port = random >> 20 & (PORTS - 1);
		endpoint = endpoint_at(host, port);
		if (random >> 16 & 1 && wanted[host][port] < 3) {
			wanted[host][port]++;
			lift_endpoints_add(all, endpoint.address, (uint16_t)port);
		} else if (wanted[host][port] > 0) {
			wanted[host][port]--;
			lift_endpoints_remove(all, endpoint.address, (uint16_t)port);
		}
	}
	maps_agree(&early, wanted);
	cr_assert(lift_endpoints_join(all, &late));
	maps_agree(&late, wanted);
	lift_endpoints_leave(all, &early);
	for (unsigned host = 0; host < HOSTS; host++) {
		struct lift_endpoint endpoint = endpoint_at(host, 3);

		for (; wanted[host][3] > 0; wanted[host][3]--) {
			lift_endpoints_remove(all, endpoint.address, 3);
		}
	}
	maps_agree(&late, wanted);
	lift_endpoints_free(all);
}

Test(lift_endpoints, more_than_there_is_room_for_are_counted)
{
	struct lift_endpoints *all = lift_endpoints_new();
	struct lift_endpoint endpoint;

	for (unsigned i = 0; i < LIFT_ENDPOINTS_MAX + 5; i++) {
		endpoint = endpoint_at(i & 0xff, i >> 8);
		endpoint.address[0] = (uint8_t)(i >> 16);
		lift_endpoints_add(all, endpoint.address, (uint16_t)endpoint.port);
	}
	cr_assert_eq(lift_endpoints_state(all).count, LIFT_ENDPOINTS_MAX);
	cr_assert_eq(lift_endpoints_state(all).refused, 5);
	/* Those that were refused are taken back by whoever added them. */
	for (unsigned i = 0; i < LIFT_ENDPOINTS_MAX + 5; i++) {
		endpoint = endpoint_at(i & 0xff, i >> 8);
		endpoint.address[0] = (uint8_t)(i >> 16);
		lift_endpoints_remove(all, endpoint.address, (uint16_t)endpoint.port);
	}
	cr_assert_eq(lift_endpoints_state(all).count, 0);
	lift_endpoints_free(all);
}

Test(lift_endpoints, maps_that_are_none_are_refused)
{
	const struct lift_maps none = {-1, -1};
	struct lift_endpoints *all = lift_endpoints_new();

	cr_assert(!lift_endpoints_join(all, &none));
	lift_endpoints_free(all);
}
