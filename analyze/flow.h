/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed hashes of flows, by xxHash (XXH3).
 *
 * The key is drawn at the start, so that a sender cannot choose addresses that collide. Two
 * vantages may see the same flow: the vantage is part of it.
 */
#ifndef TALKPATH_FLOW_H
#define TALKPATH_FLOW_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "address.h"
#include "wide.h"

/* Of a flow over IPv4; addresses as address_ipv4() gives them. */
static inline uint64_t flow_hash_ipv4(
    uint64_t key, uint64_t pair, uint16_t src_port, uint16_t dst_port, uint16_t vantage)
{
	uint64_t words[2] = {pair, (uint64_t)vantage << 32 | (uint32_t)src_port << 16 | dst_port};

	return XXH3_64bits_withSeed(words, sizeof(words), key);
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

/* Streams of one flow differ in SSRC. The product folds all bits into all others. */
static inline uint64_t flow_hash_ssrc(uint64_t flow, uint32_t ssrc)
{
	uint128_t product =
	    (uint128_t)(flow ^ ssrc) * 0x9e3779b97f4a7c15U; /* 2^64 / golden ratio */

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t hash_endpoint(uint64_t key, const struct endpoint *e)
{
	uint8_t octets[18];

	memcpy(octets, e->address.octets, 16);
	memcpy(octets + 16, &e->port, 2);
	return XXH3_64bits_withSeed(octets, sizeof(octets), key);
}

static inline uint64_t hash_text(uint64_t key, struct text text)
{
	return XXH3_64bits_withSeed(text.at, text.length, key);
}

#endif
