/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_stun.h"

#include <stdlib.h>
#include <string.h>

#include "gen_octets.h"

static const uint8_t cookie[4] = {0x21, 0x12, 0xa4, 0x42};

void gen_stun_begin(struct gen_stun *m, enum gen_stun_type type, uint32_t id)
{
	memset(m, 0, sizeof(*m));
	put16(m->octets, (unsigned)type);
	memcpy(m->octets + 4, cookie, sizeof(cookie));
	memcpy(m->octets + 8, "generate", 8);
	put32(m->octets + 16, id);
	m->length = 20;
}

void gen_stun_add(struct gen_stun *m, unsigned type, const void *value, size_t length)
{
	size_t padded = (length + 3) / 4 * 4;

	if (m->length + 4 + padded > sizeof(m->octets)) {
		abort();
	}
	put16(m->octets + m->length, type);
	put16(m->octets + m->length + 2, (unsigned)length);
	if (length > 0) {
		memcpy(m->octets + m->length + 4, value, length);
	}
	m->length += 4 + padded;
	put16(m->octets + 2, (unsigned)m->length - 20);
}

void gen_stun_add32(struct gen_stun *m, unsigned type, uint32_t value)
{
	uint8_t octets[4];

	put32(octets, value);
	gen_stun_add(m, type, octets, sizeof(octets));
}

void gen_stun_address(struct gen_stun *m, unsigned type, const struct gen_end *end)
{
	bool xored = type == 0x0020 || type == 0x0016 || type == 0x0012;
	size_t length = end->ipv6 ? 16 : 4;
	uint8_t value[20] = {0, end->ipv6 ? 2 : 1};

	put16(value + 2, end->port);
	memcpy(value + 4, end->address, length);
	for (size_t i = 0; xored && i < length; i++) {
		value[4 + i] ^= m->octets[4 + i];
	}
	for (size_t i = 0; xored && i < 2; i++) {
		value[2 + i] ^= m->octets[4 + i];
	}
	gen_stun_add(m, type, value, 4 + length);
}

/* CRC-32 bit by bit, over the message with the length that it will have. */
void gen_stun_fingerprint(struct gen_stun *m)
{
	uint32_t crc = UINT32_MAX;

	put16(m->octets + 2, (unsigned)m->length - 20 + 8);
	for (size_t i = 0; i < m->length; i++) {
		crc ^= m->octets[i];
		for (int bit = 0; bit < 8; bit++) {
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320U : 0);
		}
	}
	gen_stun_add32(m, 0x8028, ~crc ^ 0x5354554e);
}

void gen_stun_put(struct gen_script *s, double at_s, struct gen_route route, struct gen_stun *m)
{
	gen_raw(s, at_s, route, m->octets, m->length);
}

static struct gen_route back(struct gen_route route)
{
	return (struct gen_route){route.dst, route.src, route.dscp, route.ttl};
}

void gen_binding(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    struct gen_end mapped)
{
	struct gen_stun m;

	gen_stun_begin(&m, GEN_BINDING, id);
	gen_stun_add(&m, 0x8022, "generate", 8);
	gen_stun_fingerprint(&m);
	gen_stun_put(s, at_s, to_server, &m);
	gen_stun_begin(&m, GEN_BINDING_SUCCESS, id);
	gen_stun_address(&m, 0x0020, &mapped);
	gen_stun_fingerprint(&m);
	gen_stun_put(s, at_s + 0.02, back(to_server), &m);
}

void gen_allocate(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    const struct gen_allocation *allocation)
{
	struct gen_stun m;

	gen_stun_begin(&m, GEN_ALLOCATE, id);
	gen_stun_add32(&m, 0x0019, 17U << 24);
	gen_stun_put(s, at_s, to_server, &m);
	gen_stun_begin(&m, GEN_ALLOCATE_ERROR, id);
	gen_stun_add(&m, 0x0009, "\0\0\4\1Unauthorized", 16);
	gen_stun_add(&m, 0x0014, "example.org", 11);
	gen_stun_add(&m, 0x0015, "nonce", 5);
	gen_stun_put(s, at_s + 0.02, back(to_server), &m);
	gen_stun_begin(&m, GEN_ALLOCATE, id + 1);
	gen_stun_add32(&m, 0x0019, 17U << 24);
	gen_stun_add(&m, 0x0006, "user", 4);
	gen_stun_put(s, at_s + 0.03, to_server, &m);
	gen_stun_begin(&m, GEN_ALLOCATE_SUCCESS, id + 1);
	gen_stun_address(&m, 0x0016, &allocation->relayed);
	gen_stun_address(&m, 0x0020, &allocation->mapped);
	gen_stun_add32(&m, 0x000d, allocation->lifetime_s);
	gen_stun_put(s, at_s + 0.05, back(to_server), &m);
}

void gen_refresh(
    struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id, uint32_t lifetime_s)
{
	struct gen_stun m;

	gen_stun_begin(&m, GEN_REFRESH, id);
	gen_stun_add32(&m, 0x000d, lifetime_s);
	gen_stun_put(s, at_s, to_server, &m);
	gen_stun_begin(&m, GEN_REFRESH_SUCCESS, id);
	gen_stun_add32(&m, 0x000d, lifetime_s);
	gen_stun_put(s, at_s + 0.02, back(to_server), &m);
}

void gen_channel_bind(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    unsigned channel, struct gen_end peer)
{
	struct gen_stun m;

	gen_stun_begin(&m, GEN_CHANNEL_BIND, id);
	gen_stun_add32(&m, 0x000c, (uint32_t)channel << 16);
	gen_stun_address(&m, 0x0012, &peer);
	gen_stun_put(s, at_s, to_server, &m);
	gen_stun_begin(&m, GEN_CHANNEL_BIND_SUCCESS, id);
	gen_stun_put(s, at_s + 0.02, back(to_server), &m);
}

void gen_check(
    struct gen_script *s, double at_s, struct gen_route route, uint32_t id, bool nominate)
{
	struct gen_stun m;

	gen_stun_begin(&m, GEN_BINDING, id);
	gen_stun_add(&m, 0x0006, "evtj:h6vY", 9);
	gen_stun_add32(&m, 0x0024, 0x6e0001ff);
	gen_stun_add(&m, 0x802a, "12345678", 8);
	if (nominate) {
		gen_stun_add(&m, 0x0025, NULL, 0);
	}
	gen_stun_fingerprint(&m);
	gen_stun_put(s, at_s, route, &m);
	gen_stun_begin(&m, GEN_BINDING_SUCCESS, id);
	gen_stun_address(&m, 0x0020, &route.src);
	gen_stun_fingerprint(&m);
	gen_stun_put(s, at_s + 0.02, back(route), &m);
}

/* --- envelopes --- */

static size_t channel_put(uint8_t *out, const struct gen_packet *p, const struct gen_wrapping *how)
{
	size_t length = p->length;

	put16(out, how->channel);
	put16(out + 2, (unsigned)length);
	memcpy(out + 4, p->payload, length);
	while (how->envelope == GEN_CHANNEL_PADDED && length % 4 != 0) {
		out[4 + length++] = 0;
	}
	return 4 + length;
}

void gen_wrap(struct gen_script *s, const struct gen_script *bare, const struct gen_wrapping *how)
{
	for (size_t i = 0; i < bare->count; i++) {
		const struct gen_packet *p = &bare->packets[i];
		uint8_t channel[GEN_STUN_MAX];
		struct gen_stun m;

		if (p->length > GEN_STUN_MAX - 64) {
			abort();
		}
		if (how->envelope == GEN_CHANNEL || how->envelope == GEN_CHANNEL_PADDED) {
			gen_raw(s, p->at_s, how->route, channel, channel_put(channel, p, how));
			continue;
		}
		gen_stun_begin(
		    &m, how->envelope == GEN_INDICATION_SEND ? GEN_SEND : GEN_DATA, (uint32_t)i);
		/* The order of the two is free: DATA first where the peer would. */
		if (how->envelope == GEN_INDICATION_SEND) {
			gen_stun_address(&m, 0x0012, &how->peer);
		}
		gen_stun_add(&m, 0x0013, p->payload, p->length);
		if (how->envelope == GEN_INDICATION_DATA) {
			gen_stun_address(&m, 0x0012, &how->peer);
		}
		gen_stun_put(s, p->at_s, how->route, &m);
	}
}
