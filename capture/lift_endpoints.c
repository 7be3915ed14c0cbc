/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a table of slots, each endpoint in the first free one behind the place that
 * its hash gives. Where one is taken out those behind it move up, so that every search ends at a
 * free slot. No more than half of the slots are used.
 */
#include "lift_endpoints.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "bpf_map.h"
#include "lift.h"
#include "wide.h"

enum { SLOTS = LIFT_ENDPOINTS_MAX * 2 };

struct slot {
	struct lift_endpoint endpoint;
	uint32_t wanted; /* so often; 0: the slot is free */
};

struct listener {
	struct lift_maps maps;
	struct lift_ports *ports; /* NULL: nobody */
};

struct lift_endpoints {
	pthread_mutex_t lock;
	uint64_t key;
	struct lift_endpoints_state state;
	struct listener listeners[LIFT_LISTENERS_MAX];
	uint32_t at_port[LIFT_PORTS]; /* endpoints with that port */
	struct slot slots[SLOTS];
};

struct lift_endpoints *lift_endpoints_new(void)
{
	struct lift_endpoints *all = calloc(1, sizeof(*all));

	if (!all || pthread_mutex_init(&all->lock, NULL) != 0) {
		free(all);
		return NULL;
	}
	(void)getrandom(&all->key, sizeof(all->key), GRND_NONBLOCK);
	return all;
}

void lift_endpoints_free(struct lift_endpoints *all)
{
	if (all) {
		(void)pthread_mutex_destroy(&all->lock);
		free(all);
	}
}

/* --- slots --- */

static struct lift_endpoint endpoint_of(const uint8_t address[16], uint16_t port)
{
	struct lift_endpoint endpoint = {.port = port};

	memcpy(endpoint.address, address, sizeof(endpoint.address));
	return endpoint;
}

/* Both halves of a product of 128 bits: each bit of it depends on all of both. */
static uint64_t mix(uint64_t a, uint64_t b)
{
	uint128_t product = (uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

/* Senders choose addresses: the key keeps them from choosing slots. */
static uint32_t slot_first(const struct lift_endpoints *all, const struct lift_endpoint *endpoint)
{
	const uint64_t golden = 0x9e3779b97f4a7c15;
	uint64_t halves[2];

	memcpy(halves, endpoint->address, sizeof(halves));
	return (uint32_t)mix(mix(halves[0] ^ all->key, halves[1] ^ golden) ^ endpoint->port,
		   golden ^ all->key) %
	       SLOTS;
}

/* Where it is, or the free slot where it would be. */
static uint32_t slot_find(const struct lift_endpoints *all, const struct lift_endpoint *endpoint)
{
	uint32_t at = slot_first(all, endpoint);

	while (all->slots[at].wanted > 0 &&
	       memcmp(&all->slots[at].endpoint, endpoint, sizeof(*endpoint)) != 0) {
		at = (at + 1) % SLOTS;
	}
	return at;
}

static void slot_free(struct lift_endpoints *all, uint32_t at)
{
	for (uint32_t next = (at + 1) % SLOTS; all->slots[next].wanted > 0;
	     next = (next + 1) % SLOTS) {
		uint32_t first = slot_first(all, &all->slots[next].endpoint);

		/* It may not stand before its first place, seen from where that is. */
		if ((next - first) % SLOTS >= (next - at) % SLOTS) {
			all->slots[at] = all->slots[next];
			at = next;
		}
	}
	all->slots[at].wanted = 0;
}

/* --- maps --- */

static void port_set(struct lift_ports *ports, uint64_t port, bool set)
{
	uint8_t bit = (uint8_t)(1U << port % 8);

	if (set) {
		__atomic_fetch_or(&ports->octets[port / 8], bit, __ATOMIC_RELAXED);
	} else {
		__atomic_fetch_and(&ports->octets[port / 8], (uint8_t)~bit, __ATOMIC_RELAXED);
	}
}

/* The port comes first and goes last: it says whether it is worth while to look. */
static void listener_tell(
    const struct lift_endpoints *all, const struct listener *to, const struct slot *slot)
{
	uint32_t port = (uint32_t)slot->endpoint.port;
	const uint32_t *at_port = &all->at_port[port];

	if (slot->wanted > 0) {
		port_set(to->ports, port, true);
		(void)bpf_map_put(to->maps.endpoints, &slot->endpoint, &slot->wanted);
	} else {
		(void)bpf_map_remove(to->maps.endpoints, &slot->endpoint);
		port_set(to->ports, port, *at_port > 0);
	}
}

static void tell(const struct lift_endpoints *all, const struct slot *slot)
{
	for (unsigned i = 0; i < LIFT_LISTENERS_MAX; i++) {
		if (all->listeners[i].ports) {
			listener_tell(all, &all->listeners[i], slot);
		}
	}
}

bool lift_endpoints_join(struct lift_endpoints *all, const struct lift_maps *maps)
{
	struct lift_ports *ports =
	    mmap(NULL, sizeof(*ports), PROT_READ | PROT_WRITE, MAP_SHARED, maps->ports, 0);
	struct listener *free_one = NULL;

	if (ports == MAP_FAILED) {
		return false;
	}
	(void)pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; i < LIFT_LISTENERS_MAX && !free_one; i++) {
		free_one = all->listeners[i].ports ? NULL : &all->listeners[i];
	}
	if (free_one) {
		*free_one = (struct listener){*maps, ports};
	} else {
		(void)munmap(ports, sizeof(*ports));
	}
	for (uint32_t i = 0; free_one && i < SLOTS; i++) {
		if (all->slots[i].wanted > 0) {
			listener_tell(all, free_one, &all->slots[i]);
		}
	}
	(void)pthread_mutex_unlock(&all->lock);
	return free_one != NULL;
}

void lift_endpoints_leave(struct lift_endpoints *all, const struct lift_maps *maps)
{
	(void)pthread_mutex_lock(&all->lock);
	for (unsigned i = 0; i < LIFT_LISTENERS_MAX; i++) {
		struct listener *listener = &all->listeners[i];

		if (listener->ports && listener->maps.endpoints == maps->endpoints) {
			(void)munmap(listener->ports, sizeof(*listener->ports));
			listener->ports = NULL;
		}
	}
	(void)pthread_mutex_unlock(&all->lock);
}

/* --- endpoints --- */

void lift_endpoints_add(struct lift_endpoints *all, const uint8_t address[16], uint16_t port)
{
	struct lift_endpoint endpoint = endpoint_of(address, port);
	struct slot *slot;

	(void)pthread_mutex_lock(&all->lock);
	slot = &all->slots[slot_find(all, &endpoint)];
	if (slot->wanted > 0) {
		slot->wanted++;
	} else if (all->state.count == LIFT_ENDPOINTS_MAX) {
		all->state.refused++;
	} else {
		*slot = (struct slot){endpoint, 1};
		all->state.count++;
		all->at_port[port]++;
		tell(all, slot);
	}
	(void)pthread_mutex_unlock(&all->lock);
}

void lift_endpoints_remove(struct lift_endpoints *all, const uint8_t address[16], uint16_t port)
{
	struct lift_endpoint endpoint = endpoint_of(address, port);
	uint32_t at;

	(void)pthread_mutex_lock(&all->lock);
	at = slot_find(all, &endpoint);
	if (all->slots[at].wanted == 1) {
		all->state.count--;
		all->at_port[port]--;
		tell(all, &(struct slot){endpoint, 0});
		slot_free(all, at);
	} else if (all->slots[at].wanted > 1) {
		all->slots[at].wanted--;
	}
	(void)pthread_mutex_unlock(&all->lock);
}

struct lift_endpoints_state lift_endpoints_state(struct lift_endpoints *all)
{
	struct lift_endpoints_state state;

	(void)pthread_mutex_lock(&all->lock);
	state = all->state;
	(void)pthread_mutex_unlock(&all->lock);
	return state;
}
