/* SPDX-License-Identifier: Apache-2.0 */
/*
 * STUN and TURN in scripts: messages attribute by attribute, and media put into envelopes.
 */
#ifndef TALKPATH_GEN_STUN_H
#define TALKPATH_GEN_STUN_H

#include "gen_script.h"

enum { GEN_STUN_MAX = 2048 };

/* A message type is class and method as they stand in the first two octets. */
enum gen_stun_type {
	GEN_BINDING = 0x0001,
	GEN_BINDING_INDICATION = 0x0011,
	GEN_BINDING_SUCCESS = 0x0101,
	GEN_ALLOCATE = 0x0003,
	GEN_ALLOCATE_SUCCESS = 0x0103,
	GEN_ALLOCATE_ERROR = 0x0113,
	GEN_REFRESH = 0x0004,
	GEN_REFRESH_SUCCESS = 0x0104,
	GEN_CHANNEL_BIND = 0x0009,
	GEN_CHANNEL_BIND_SUCCESS = 0x0109,
	GEN_SEND = 0x0016,
	GEN_DATA = 0x0017
};

struct gen_stun {
	size_t length;
	uint8_t octets[GEN_STUN_MAX];
};

/* The transaction ID is made of `id`. */
void gen_stun_begin(struct gen_stun *m, enum gen_stun_type type, uint32_t id);
void gen_stun_add(struct gen_stun *m, unsigned type, const void *value, size_t length);
void gen_stun_add32(struct gen_stun *m, unsigned type, uint32_t value);
/* XORed where the type asks for it. */
void gen_stun_address(struct gen_stun *m, unsigned type, const struct gen_end *end);
void gen_stun_fingerprint(struct gen_stun *m);
void gen_stun_put(struct gen_script *s, double at_s, struct gen_route route, struct gen_stun *m);

/* Request and answer, 20 ms apart: `mapped` is what the server saw. */
void gen_binding(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    struct gen_end mapped);

struct gen_allocation {
	struct gen_end mapped, relayed;
	uint32_t lifetime_s;
};

/* Allocate, refused with 401 and repeated with credentials, then granted. */
void gen_allocate(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    const struct gen_allocation *allocation);
void gen_refresh(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    uint32_t lifetime_s);
void gen_channel_bind(struct gen_script *s, double at_s, struct gen_route to_server, uint32_t id,
    unsigned channel, struct gen_end peer);

/* A connectivity check (RFC 8445 section 7) and its answer. */
void gen_check(
    struct gen_script *s, double at_s, struct gen_route route, uint32_t id, bool nominate);

enum gen_envelope { GEN_CHANNEL, GEN_CHANNEL_PADDED, GEN_INDICATION_SEND, GEN_INDICATION_DATA };

struct gen_wrapping {
	enum gen_envelope envelope;
	unsigned channel;
	struct gen_end peer; /* of indications */
	struct gen_route route;
};

/* Every packet of `bare`, in an envelope, at the same times. */
void gen_wrap(struct gen_script *s, const struct gen_script *bare, const struct gen_wrapping *how);

#endif
