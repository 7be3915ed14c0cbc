/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed hashes of flows; of longer things by xxHash (XXH3).
 *
 * The key is drawn at the start, so that a sender cannot choose addresses that collide. Two
 * vantages may see the same flow: the vantage is part of it.
 */
#ifndef TALKPATH_FLOW_H
#define TALKPATH_FLOW_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "address.h"
#include "media.h"
#include "wide.h"

/* The product of both, folded: each bit of it depends on all of theirs. */
static inline uint64_t flow_mix(uint64_t a, uint64_t b)
{
	uint128_t product = (uint128_t)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static const uint64_t flow_golden = 0x9e3779b97f4a7c15U; /* 2^64 / golden ratio */

/* What goes into the hash of every flow of a vantage. */
struct flow_seed {
	uint64_t pair, place;
};

static inline struct flow_seed flow_seed(uint64_t key, uint16_t vantage)
{
	return (struct flow_seed){
	    key, ((uint64_t)vantage << 32) ^ (key >> 32 | key << 32) ^ flow_golden};
}

/*
 * Of a flow over IPv4; addresses as address_ipv4() gives them. Both words are keyed, so that
 * none can be made zero on purpose. One product of two numbers that differ in few bits from the
 * next ones would not be even enough for a table.
 */
static inline uint64_t flow_hash_seeded(struct flow_seed seed, uint64_t pair, uint32_t ports)
{
	return flow_mix(flow_mix(pair ^ seed.pair, ports ^ seed.place), flow_golden);
}

static inline uint64_t flow_hash_ipv4(uint64_t key, uint64_t pair, uint32_t ports, uint16_t vantage)
{
	return flow_hash_seeded(flow_seed(key, vantage), pair, ports);
}

static inline uint32_t flow_ports(uint16_t src, uint16_t dst)
{
	return (uint32_t)src << 16 | dst;
}

static inline uint64_t flow_pair_ipv4(uint32_t src, uint32_t dst)
{
	return (uint64_t)src << 32 | dst;
}

/* IPv6 addresses do not fit in 64 bits: a hash of them stands in, and equality is checked. */
static inline uint64_t flow_pair(uint64_t key, const struct address *src, const struct address *dst)
{
	struct address both[2] = {*src, *dst};

	if (address_is_ipv4(src) && address_is_ipv4(dst)) {
		return flow_pair_ipv4(address_ipv4(src), address_ipv4(dst));
	}
	return XXH3_64bits_withSeed(both, sizeof(both), key);
}

/* Streams of one flow differ in SSRC. */
static inline uint64_t flow_hash_ssrc(uint64_t flow, uint32_t ssrc)
{
	return flow_mix(flow ^ ssrc, flow_golden);
}

/* Of a stream over IPv4. The product for its SSRC makes even what that of its flow left uneven. */
static inline uint64_t flow_hash_stream(
    struct flow_seed seed, uint64_t pair, uint32_t ports, uint32_t ssrc)
{
	return flow_hash_ssrc(flow_mix(pair ^ seed.pair, ports ^ seed.place), ssrc);
}

/* All streams of a flow have it in common. */
static inline uint64_t flow_hash_apart(uint64_t key, const struct media_packet *p)
{
	return flow_hash_seeded(flow_seed(key, p->vantage), p->pair, p->ports);
}

static inline uint64_t flow_hash_media(uint64_t key, const struct media_packet *p)
{
	return flow_hash_stream(flow_seed(key, p->vantage), p->pair, p->ports, p->ssrc);
}

/* No pattern: where half of a text is nothing, and the key is a poor one, it stands for both. */
static const uint64_t flow_salt = 0x243f6a8885a308d3U; /* pi */

static inline uint64_t hash_endpoint(uint64_t key, const struct endpoint *e)
{
	uint64_t words[2];

	memcpy(words, e->address.octets, sizeof(words));
	return flow_mix(
	    flow_mix(words[0] ^ key ^ flow_salt, words[1] ^ (key >> 32 | key << 32) ^ flow_golden) ^
		e->port,
	    flow_golden);
}

static inline uint64_t hash_text(uint64_t key, struct text text)
{
	return XXH3_64bits_withSeed(text.at, text.length, key);
}

#endif
