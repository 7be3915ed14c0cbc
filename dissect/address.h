/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IP addresses and endpoints (address and port) as one type for both families.
 *
 * An IPv4 address is held in its IPv4-mapped form, ::ffff:a.b.c.d (RFC 4291 2.5.5.2), so that
 * comparing, hashing and storing need not ask for the family.
 */
#ifndef TALKPATH_ADDRESS_H
#define TALKPATH_ADDRESS_H

#include "bytes.h"
#include "text.h"

struct address {
	uint8_t octets[16];
};

struct endpoint {
	struct address address;
	uint16_t port;
};

enum address_class {
	ADDRESS_PUBLIC,       /* documentation networks too */
	ADDRESS_PRIVATE,      /* RFC 1918 */
	ADDRESS_SHARED,       /* 100.64/10, RFC 6598 */
	ADDRESS_LINK_LOCAL,   /* 169.254/16, fe80::/10 */
	ADDRESS_LOOPBACK,     /* 127/8, ::1 */
	ADDRESS_TRANSITION,   /* 192.0.0.0/29, RFC 7335 (464XLAT, DS-Lite) */
	ADDRESS_MULTICAST,    /* 224/4, ff00::/8 */
	ADDRESS_UNIQUE_LOCAL, /* fc00::/7, RFC 4193 */
	ADDRESS_UNSPECIFIED   /* 0.0.0.0, :: */
};

enum {
	ADDRESS_TEXT_MAX = 46, /* characters of an address and its NUL */
	ENDPOINT_TEXT_MAX = 56 /* of "[address]:port" and its NUL */
};

static inline bool address_is_ipv4(const struct address *a)
{
	uint64_t high;
	uint32_t middle;

	memcpy(&high, a->octets, sizeof(high));
	memcpy(&middle, a->octets + 8, sizeof(middle));
	return high == 0 && middle == 0xffff0000U;
}

/* The IPv4 address in host order; only for what address_is_ipv4 accepts. */
static inline uint32_t address_ipv4(const struct address *a)
{
	return load_be32(a->octets + 12);
}

/* All that sets two IPv4 addresses apart, as it lies in memory; and the IPv4 address with it. */
static inline uint32_t address_last_four(const struct address *a)
{
	uint32_t last;

	memcpy(&last, a->octets + 12, sizeof(last));
	return last;
}

static inline struct address address_of_last_four(uint32_t last)
{
	struct address a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}};

	memcpy(a.octets + 12, &last, sizeof(last));
	return a;
}

static inline struct address address_of_ipv4(uint32_t host_order)
{
	return address_of_last_four(__builtin_bswap32(host_order));
}

static inline bool address_equal(const struct address *a, const struct address *b)
{
	uint64_t x[2], y[2];

	memcpy(x, a->octets, sizeof(x));
	memcpy(y, b->octets, sizeof(y));
	return ((x[0] ^ y[0]) | (x[1] ^ y[1])) == 0;
}

static inline bool endpoint_equal(const struct endpoint *a, const struct endpoint *b)
{
	return a->port == b->port && address_equal(&a->address, &b->address);
}

enum address_class address_class(const struct address *a);

/* "private", "public", ...: the word for a message. */
const char *address_class_name(enum address_class class);

/* True for classes that the public Internet cannot route a reply to. */
bool address_is_unroutable(const struct address *a);

/* A literal IPv4 or IPv6 address, the latter with or without brackets; false for host names. */
bool address_parse(struct address *out, struct text text);

/* Writes a NUL-terminated text (RFC 5952 for IPv6) and returns it. */
const char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX]);
const char *endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX]);

#endif
