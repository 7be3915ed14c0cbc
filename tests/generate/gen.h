/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A seeded generator of captures, independent of the analyzer: it shares no code with it, so
 * that the truth it writes can be held against what the analyzer finds.
 *
 * gen.h        writing packets: link layers, IP, UDP, RTP; pcap and pcapng
 * gen_calls.h  many two-way calls with impairments, and their truth
 */
#ifndef TALKPATH_GEN_H
#define TALKPATH_GEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* --- random numbers: the same from a seed everywhere (splitmix64) --- */

struct gen_random {
	uint64_t state;
};

uint64_t gen_random(struct gen_random *r);
/* 0 <= x < 1 */
double gen_random_unit(struct gen_random *r);

/* --- files --- */

enum gen_format {
	GEN_PCAP_MICRO,
	GEN_PCAP_NANO,
	GEN_PCAP_SWAPPED, /* microseconds, the other byte order */
	GEN_PCAP_NANO_SWAPPED,
	GEN_PCAPNG /* nanoseconds, enhanced packet blocks */
};

enum gen_link { GEN_ETHERNET, GEN_VLAN, GEN_QINQ, GEN_SLL, GEN_SLL2, GEN_RAW };

struct gen_file {
	FILE *out;
	enum gen_format format;
	enum gen_link link;
	uint32_t snap_length; /* octets kept of each packet */
	uint64_t packets;
	bool failed;
};

bool gen_open(struct gen_file *file, const char *path, enum gen_format format, enum gen_link link,
    uint32_t snap_length);
/* False if anything could not be written. */
bool gen_close(struct gen_file *file);

/* A time as the file's format keeps it, in ns. */
int64_t gen_time_kept(const struct gen_file *file, int64_t time_ns);

/* --- packets --- */

/* An IPv4 or IPv6 address and a port. */
struct gen_end {
	bool ipv6;
	uint8_t address[16]; /* the first four octets for IPv4 */
	uint16_t port;
};

/* From text: "192.0.2.1", "2001:db8::1". Aborts on anything else: it is a literal in a test. */
struct gen_end gen_end(const char *address, uint16_t port);

struct gen_route {
	struct gen_end src, dst;
	uint8_t dscp, ttl;
};

void gen_udp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const void *payload, size_t length);

/* A part of an IP payload, as a fragment; offsets are multiples of 8. */
struct gen_part {
	uint32_t id;
	size_t from, to; /* to 0: no fragment, but the whole */
};

struct gen_segment {
	uint32_t sequence;
	uint8_t flags; /* FIN 1, SYN 2, RST 4, ACK 16 */
};

void gen_udp_part(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const struct gen_part *part, const void *payload, size_t length);
void gen_tcp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const struct gen_segment *segment, const struct gen_part *part, const void *payload,
    size_t length);

/* An ICMP or ICMPv6 message, type and code first; its checksum is left as it is. */
void gen_icmp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const void *message, size_t length);

/* The first octets of a UDP packet of that route, as a router quotes them: IP and UDP header. */
size_t gen_quote(const struct gen_route *route, size_t length, uint8_t out[48]);

struct gen_rtp {
	uint8_t payload_type;
	bool marker;
	uint16_t sequence;
	uint32_t timestamp;
	uint32_t ssrc;
	uint16_t octets; /* of payload */
};

void gen_rtp(struct gen_file *file, int64_t time_ns, const struct gen_route *route,
    const struct gen_rtp *rtp);

/* The RTP packet alone: 12 + rtp->octets octets. */
size_t gen_rtp_octets(const struct gen_rtp *rtp, uint8_t *out);

/* A frame as it is, with the file's link header already in it. */
void gen_frame(struct gen_file *file, int64_t time_ns, const void *frame, size_t length);

#endif
