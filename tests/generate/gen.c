/* SPDX-License-Identifier: Apache-2.0 */
#include "gen.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

enum { FRAME_MAX = 66000 };

uint64_t gen_random(struct gen_random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

double gen_random_unit(struct gen_random *r)
{
	return (double)(gen_random(r) >> 11) / 9007199254740992.0; /* 2^53 */
}

/* --- files --- */

static bool is_swapped(const struct gen_file *file)
{
	return file->format == GEN_PCAP_SWAPPED || file->format == GEN_PCAP_NANO_SWAPPED;
}

static bool is_nano(const struct gen_file *file)
{
	return file->format != GEN_PCAP_MICRO && file->format != GEN_PCAP_SWAPPED;
}

static void put(struct gen_file *file, const void *data, size_t length)
{
	if (fwrite(data, 1, length, file->out) != length) {
		file->failed = true;
	}
}

static void put32(struct gen_file *file, uint32_t value)
{
	if (is_swapped(file)) {
		value = __builtin_bswap32(value);
	}
	put(file, &value, sizeof(value));
}

static void put16(struct gen_file *file, uint16_t value)
{
	if (is_swapped(file)) {
		value = __builtin_bswap16(value);
	}
	put(file, &value, sizeof(value));
}

static uint16_t link_number(enum gen_link link)
{
	switch (link) {
	case GEN_SLL:
		return 113;
	case GEN_SLL2:
		return 276;
	case GEN_RAW:
		return 101;
	case GEN_ETHERNET:
	case GEN_VLAN:
	case GEN_QINQ:
		break;
	}
	return 1;
}

static void pcapng_head(struct gen_file *file)
{
	put32(file, 0x0a0d0d0a);
	put32(file, 28);
	put32(file, 0x1a2b3c4d);
	put16(file, 1);
	put16(file, 0);
	put32(file, UINT32_MAX);
	put32(file, UINT32_MAX);
	put32(file, 28);
	/* Interface description with if_tsresol 9 */
	put32(file, 1);
	put32(file, 32);
	put16(file, link_number(file->link));
	put16(file, 0);
	put32(file, file->snap_length);
	put16(file, 9);
	put16(file, 1);
	put(file, "\x09\0\0", 4);
	put32(file, 0);
	put32(file, 32);
}

static void pcap_head(struct gen_file *file)
{
	put32(file, is_nano(file) ? 0xa1b23c4d : 0xa1b2c3d4);
	put16(file, 2);
	put16(file, 4);
	put32(file, 0);
	put32(file, 0);
	put32(file, file->snap_length);
	put32(file, link_number(file->link));
}

bool gen_open(struct gen_file *file, const char *path, enum gen_format format, enum gen_link link,
    uint32_t snap_length)
{
	*file = (struct gen_file){
	    .out = fopen(path, "wb"),
	    .format = format,
	    .link = link,
	    .snap_length = snap_length,
	};
	if (!file->out) {
		return false;
	}
	(void)setvbuf(file->out, NULL, _IOFBF, 1 << 20);
	if (format == GEN_PCAPNG) {
		pcapng_head(file);
	} else {
		pcap_head(file);
	}
	return true;
}

bool gen_close(struct gen_file *file)
{
	return fclose(file->out) == 0 && !file->failed;
}

int64_t gen_time_kept(const struct gen_file *file, int64_t time_ns)
{
	return is_nano(file) ? time_ns : time_ns - time_ns % 1000;
}

static void frame_put(struct gen_file *file, int64_t time_ns, const uint8_t *frame, uint32_t length)
{
	uint32_t captured = length < file->snap_length ? length : file->snap_length;

	if (file->format == GEN_PCAPNG) {
		uint32_t padded = (captured + 3) / 4 * 4;

		put32(file, 6);
		put32(file, 32 + padded);
		put32(file, 0);
		put32(file, (uint32_t)((uint64_t)time_ns >> 32));
		put32(file, (uint32_t)time_ns);
		put32(file, captured);
		put32(file, length);
		put(file, frame, captured);
		put(file, "\0\0\0", padded - captured);
		put32(file, 32 + padded);
	} else {
		put32(file, (uint32_t)(time_ns / 1000000000));
		put32(file, (uint32_t)(time_ns % 1000000000 / (is_nano(file) ? 1 : 1000)));
		put32(file, captured);
		put32(file, length);
		put(file, frame, captured);
	}
	file->packets++;
}

void gen_frame(struct gen_file *file, int64_t time_ns, const void *frame, size_t length)
{
	frame_put(file, time_ns, frame, (uint32_t)length);
}

/* --- packets --- */

struct gen_end gen_end(const char *address, uint16_t port)
{
	struct gen_end end = {.port = port};

	if (inet_pton(AF_INET, address, end.address) == 1) {
		return end;
	}
	end.ipv6 = true;
	if (inet_pton(AF_INET6, address, end.address) != 1) {
		abort();
	}
	return end;
}

static uint8_t *be16(uint8_t *p, unsigned value)
{
	*p++ = (uint8_t)(value >> 8);
	*p++ = (uint8_t)value;
	return p;
}

static uint8_t *be32(uint8_t *p, uint32_t value)
{
	return be16(be16(p, value >> 16), value & 0xffff);
}

static uint8_t *link_header(uint8_t *p, enum gen_link link, bool ipv6)
{
	unsigned ethertype = ipv6 ? 0x86dd : 0x0800;

	switch (link) {
	case GEN_RAW:
		return p;
	case GEN_SLL:
		memset(p, 0, 14);
		return be16(p + 14, ethertype);
	case GEN_SLL2:
		p = be16(p, ethertype);
		memset(p, 0, 18);
		return p + 18;
	case GEN_ETHERNET:
	case GEN_VLAN:
	case GEN_QINQ:
		break;
	}
	memcpy(p, "\x02\0\0\0\0\x02\x02\0\0\0\0\x01", 12);
	p += 12;
	if (link == GEN_QINQ) {
		p = be16(be16(p, 0x88a8), 200);
	}
	if (link != GEN_ETHERNET) {
		p = be16(be16(p, 0x8100), 100);
	}
	return be16(p, ethertype);
}

static uint16_t checksum(const uint8_t *p, size_t length)
{
	uint32_t sum = 0;

	for (size_t i = 0; i < length; i += 2) {
		sum += (uint32_t)(p[i] << 8 | p[i + 1]);
	}
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~(sum + (sum >> 16));
}

static const struct gen_part whole = {0};

static uint8_t *ipv6_header(uint8_t *p, const struct gen_route *route, uint8_t protocol,
    size_t payload, const struct gen_part *part, bool more)
{
	p = be32(p, 6U << 28 | (uint32_t)route->dscp << 22);
	p = be16(p, (unsigned)payload + (part->to ? 8 : 0));
	*p++ = part->to ? 44 : protocol;
	*p++ = route->ttl;
	memcpy(p, route->src.address, 16);
	memcpy(p + 16, route->dst.address, 16);
	p += 32;
	if (part->to) {
		*p++ = protocol;
		*p++ = 0;
		p = be16(p, (unsigned)part->from | more);
		p = be32(p, part->id);
	}
	return p;
}

/* more: other parts of the payload follow this one of `payload` octets. */
static uint8_t *ip_header(uint8_t *p, const struct gen_route *route, uint8_t protocol,
    size_t payload, const struct gen_part *part, bool more)
{
	uint8_t *header = p;

	if (route->src.ipv6) {
		return ipv6_header(p, route, protocol, payload, part, more);
	}
	*p++ = 0x45;
	*p++ = (uint8_t)(route->dscp << 2);
	p = be16(p, (unsigned)payload + 20);
	p = be16(p, part->id & 0xffff);
	/* A whole one is not to be fragmented. */
	p = be16(p, part->to ? (unsigned)part->from / 8 | (more ? 0x2000U : 0U) : 0x4000U);
	*p++ = route->ttl;
	*p++ = protocol;
	p = be16(p, 0);
	memcpy(p, route->src.address, 4);
	memcpy(p + 4, route->dst.address, 4);
	be16(header + 10, checksum(header, 20));
	return p + 8;
}

static uint8_t *udp_header(uint8_t *p, const struct gen_route *route, size_t payload)
{
	p = be16(p, route->src.port);
	p = be16(p, route->dst.port);
	p = be16(p, (unsigned)payload + 8);
	return be16(p, 0); /* no checksum */
}

static uint8_t *headers(
    uint8_t *p, const struct gen_file *file, const struct gen_route *route, size_t payload)
{
	p = link_header(p, file->link, route->src.ipv6);
	p = ip_header(p, route, 17, payload + 8, &whole, false);
	return udp_header(p, route, payload);
}

/* An IP payload, or a part of it. */
static void ip_put(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    uint8_t protocol, const struct gen_part *part, const uint8_t *payload, size_t length)
{
	static uint8_t frame[FRAME_MAX];
	size_t to = part->to && part->to < length ? part->to : length;
	uint8_t *p = link_header(frame, file->link, route->src.ipv6);

	p = ip_header(p, route, protocol, to - part->from, part, to < length);
	memcpy(p, payload + part->from, to - part->from);
	frame_put(file, time_ns, frame, (uint32_t)(p - frame + (ptrdiff_t)(to - part->from)));
}

void gen_udp_part(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const struct gen_part *part, const void *payload, size_t length)
{
	static uint8_t datagram[FRAME_MAX];

	memcpy(udp_header(datagram, route, length), payload, length);
	ip_put(file, time_ns, route, 17, part, datagram, length + 8);
}

void gen_udp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const void *payload, size_t length)
{
	gen_udp_part(file, time_ns, route, &whole, payload, length);
}

void gen_tcp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const struct gen_segment *segment, const struct gen_part *part, const void *payload,
    size_t length)
{
	static uint8_t data[FRAME_MAX];
	uint8_t *p = be16(be16(data, route->src.port), route->dst.port);

	p = be32(be32(p, segment->sequence), 1);
	*p++ = 0x50; /* 20 octets */
	*p++ = segment->flags;
	p = be32(be16(p, 0xffff), 0);
	if (length > 0) {
		memcpy(p, payload, length);
	}
	ip_put(file, time_ns, route, 6, part, data, length + 20);
}

void gen_icmp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const void *message, size_t length)
{
	ip_put(file, time_ns, route, route->src.ipv6 ? 58 : 1, &whole, message, length);
}

size_t gen_quote(const struct gen_route *route, size_t length, uint8_t out[48])
{
	uint8_t *p = ip_header(out, route, 17, length + 8, &whole, false);

	return (size_t)(udp_header(p, route, length) - out);
}

size_t gen_rtp_octets(const struct gen_rtp *rtp, uint8_t *out)
{
	uint8_t *p = out;

	*p++ = 0x80;
	*p++ = (uint8_t)(rtp->marker << 7 | rtp->payload_type);
	p = be16(p, rtp->sequence);
	p = be32(p, rtp->timestamp);
	p = be32(p, rtp->ssrc);
	/* Something that moves, so that no two packets are alike. */
	memset(p, 0x55 ^ (rtp->sequence & 0x7f), rtp->octets);
	return 12U + rtp->octets;
}

void gen_rtp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const struct gen_rtp *rtp)
{
	uint8_t frame[2048];
	uint8_t *p = headers(frame, file, route, 12U + rtp->octets);

	p += gen_rtp_octets(rtp, p);
	frame_put(file, time_ns, frame, (uint32_t)(p - frame));
}
