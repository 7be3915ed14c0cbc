/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frames written as what lies in them: frame_of("ethernet tag ipv4 udp rtp"). Each word is put in
 * front of what is to its right, and names it in its own header: types, protocols, lengths, ports.
 */
#ifndef TALKPATH_TEST_LIFT_FRAMES_H
#define TALKPATH_TEST_LIFT_FRAMES_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "octets.h"

enum { FRAME_PORT_FROM = 16384, FRAME_PORT_TO = 5004, FRAME_WORDS_MAX = 16 };

/* What is there so far, and what the header in front is to call it. */
struct frame_part {
	struct octets octets;
	unsigned ethertype, protocol, port;
	bool has_ip;
	unsigned network; /* octets before the innermost IP header */
};

struct frame_word {
	const char *name;
	void (*put)(struct frame_part *part, const struct frame_word *word);
	const char *hex; /* of what is put in front, or of all of it */
	unsigned number; /* the EtherType, protocol or port that it is known by; or flags */
};

static inline void part_prepend(struct frame_part *part, const char *hex)
{
	struct octets all = octets(hex);

	if (all.length + part->octets.length > OCTETS_MAX) {
		abort();
	}
	memcpy(all.at + all.length, part->octets.at, part->octets.length);
	part->network += part->has_ip ? (unsigned)all.length : 0;
	all.length += part->octets.length;
	part->octets = all;
}

static inline void part_set16(struct frame_part *part, size_t at, size_t value)
{
	part->octets.at[at] = (uint8_t)(value >> 8);
	part->octets.at[at + 1] = (uint8_t)value;
}

static inline void payload_put(struct frame_part *part, const struct frame_word *word)
{
	part->octets = octets(word->hex);
	part->port = word->number;
}

static inline void ethernet_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->ethertype;

	part_prepend(part, word->hex);
	part_set16(part, 12, inside);
	part->ethertype = 0x6558;
}

static inline void tag_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->ethertype;

	part_prepend(part, "2007 0000");
	part_set16(part, 2, inside);
	part->ethertype = word->number;
}

static inline void ipv4_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->protocol;

	part_prepend(part, word->hex);
	part_set16(part, 2, part->octets.length);
	part->octets.at[9] = (uint8_t)inside;
	part->ethertype = 0x0800;
	part->protocol = 4;
	part->has_ip = true;
}

static inline void ipv6_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->protocol;
	size_t length = part->octets.length;

	part_prepend(part, word->hex);
	part_set16(part, 4, length);
	part->octets.at[6] = (uint8_t)inside;
	part->ethertype = 0x86dd;
	part->protocol = 41;
	part->has_ip = true;
}

static inline void extension_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->protocol;

	part_prepend(part, word->hex);
	part->octets.at[0] = (uint8_t)inside;
	part->protocol = word->number;
}

static inline void udp_put(struct frame_part *part, const struct frame_word *word)
{
	part_prepend(part, word->hex);
	part_set16(part, 2, part->port ? part->port : FRAME_PORT_TO);
	part_set16(part, 4, part->octets.length);
	part->protocol = 17;
}

static inline void tcp_put(struct frame_part *part, const struct frame_word *word)
{
	part_prepend(part, word->hex);
	part_set16(part, 2, part->port ? part->port : FRAME_PORT_TO);
	part->octets.at[13] = (uint8_t)word->number;
	part->protocol = 6;
}

static inline void gre_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->ethertype;

	part_prepend(part, word->hex);
	part_set16(part, 2, inside);
	part->protocol = 47;
}

static inline void pppoe_put(struct frame_part *part, const struct frame_word *word)
{
	unsigned inside = part->ethertype;

	part_prepend(part, word->hex);
	part_set16(part, 6, inside == 0x0800 ? 0x0021 : inside == 0x86dd ? 0x0057 : 0xc021);
	part->ethertype = 0x8864;
}

/* In front of an Ethernet frame, known to GRE by an EtherType and to UDP by a port. */
static inline void tunnel_put(struct frame_part *part, const struct frame_word *word)
{
	part_prepend(part, word->hex);
	part->ethertype = part->port = word->number;
}

/* What IP carries of no port. */
static inline void protocol_put(struct frame_part *part, const struct frame_word *word)
{
	part->octets = octets(word->hex);
	part->protocol = word->number;
}

/* What is no IP. */
static inline void other_put(struct frame_part *part, const struct frame_word *word)
{
	part->octets = octets(word->hex);
	part->ethertype = word->number;
}

#define FRAME_IPV4_ENDS "0a000001 0a000002"
#define FRAME_IPV6_ENDS "20010db8000000000000000000000001 20010db8000000000000000000000002"
#define FRAME_VOICE     "d5d5d5d5 55d5d5d5 d5d5d5d5 d5d5d5d5 d5d5d5d5 55d5d5d5 d5d5d5d5 d5d5d5d5"
#define FRAME_NAME      "0377777707 6578616d706c6503636f6d00 0001 0001"

static const struct frame_word frame_words[] = {
    {"ethernet", ethernet_put, "020000000002 020000000001 0000", 0},
    {"tag", tag_put, NULL, 0x8100},
    {"qinq", tag_put, NULL, 0x88a8},
    {"qinq-old", tag_put, NULL, 0x9100},
    {"arp", other_put, "0001 0800 0604 0001 020000000001 0a000001 000000000000 0a000002", 0x0806},
    {"lldp", other_put, "0207 04020000000001 0403 0503 0602 0078 0000", 0x88cc},
    /* IP */
    {"ipv4", ipv4_put, "45b8 0000 1234 4000 40 00 0000" FRAME_IPV4_ENDS, 0},
    {"ipv4-options", ipv4_put, "46b8 0000 1234 4000 40 00 0000" FRAME_IPV4_ENDS "94040000", 0},
    {"ipv4-first", ipv4_put, "4500 0000 1234 2000 40 00 0000" FRAME_IPV4_ENDS, 0},
    {"ipv4-later", ipv4_put, "4500 0000 1234 00b9 40 00 0000" FRAME_IPV4_ENDS, 0},
    {"ipv4-short", ipv4_put, "4400 0000 1234 0000 40 00 0000" FRAME_IPV4_ENDS, 0},
    {"ipv6", ipv6_put, "6b80 0000 0000 00 40" FRAME_IPV6_ENDS, 0},
    {"hop", extension_put, "00 00 050200000100", 0},
    {"routing", extension_put, "00 02 0401 00000000 20010db8000000000000000000000003", 43},
    {"options", extension_put, "00 01 01040000 0000 0000 0000 0000 0000", 60},
    {"atomic", extension_put, "00 00 0000 00001234", 44},
    {"first", extension_put, "00 00 0001 00001234", 44},
    {"later", extension_put, "00 00 05a8 00001234", 44},
    {"icmp", protocol_put, "0303 0000 00000000 4500001c123440004011 0000" FRAME_IPV4_ENDS, 1},
    {"icmp6", protocol_put, "0104 0000 00000000 6000000000081140" FRAME_IPV6_ENDS, 58},
    {"esp", protocol_put, "00001000 00000001 80000000 00000000 00000000 00000000", 50},
    {"pptp", protocol_put, "3081 880b 0010 0001 00000001 ff03 0021" FRAME_IPV4_ENDS, 47},
    /* tunnels */
    {"pppoe", pppoe_put, "1100 0001 0000 0000", 0},
    {"gre", gre_put, "0000 0000", 0},
    {"gre-key", gre_put, "2000 0000 0000002a", 0},
    {"gre-numbered", gre_put, "1000 0000 00000001", 0},
    {"gre-all", gre_put, "b000 0000 00000000 0000002a 00000001", 0},
    {"gre-routed", gre_put, "4000 0000 00000000 00000000", 0},
    {"erspan-1", tunnel_put, "", 0x88be},
    {"erspan-2", tunnel_put, "1007 0064 00000000", 0x88be},
    {"erspan-3", tunnel_put, "2007 0064 00000000 0000 0000", 0x22eb},
    {"erspan-3-option", tunnel_put, "2007 0064 00000000 0000 0001 0000000000000000", 0x22eb},
    {"vxlan", tunnel_put, "08000000 00002a00", 4789},
    {"gtp", tunnel_put, "30 ff 0000 00000001", 2152},
    {"gtp-numbered", tunnel_put, "32 ff 0000 00000001 0001 00 00", 2152},
    {"gtp-extended", tunnel_put, "34 ff 0000 00000001 0000 00 85 01 1001 00", 2152},
    {"gtp-echo", payload_put, "32 01 0004 00000000 0001 0000", 2152},
    /* UDP and TCP */
    {"udp", udp_put, "4000 0000 0000 0000", 0},
    {"tcp", tcp_put, "4000 0000 00000001 00000001 5010 ffff 0000 0000", 0x18},
    {"tcp-options", tcp_put,
	"4000 0000 00000001 00000001 8010 ffff 0000 0000 0101080a 00000001 00000001", 0x18},
    {"tcp-syn", tcp_put, "4000 0000 00000001 00000000 5010 ffff 0000 0000", 0x02},
    {"tcp-rst", tcp_put, "4000 0000 00000001 00000000 5010 ffff 0000 0000", 0x04},
    /* their payloads */
    {"rtp", payload_put, "8008 0001 000000a0 11223344" FRAME_VOICE FRAME_VOICE, 0},
    {"rtp-sample", payload_put, "8008 0040 000000a0 11223344" FRAME_VOICE FRAME_VOICE, 0},
    {"rtp-sources", payload_put,
	"8208 0001 000000a0 11223344 00000001 00000002" FRAME_VOICE FRAME_VOICE, 0},
    {"rtp-extension", payload_put,
	"9008 0001 000000a0 11223344 bede 0002 1000000000000000" FRAME_VOICE FRAME_VOICE, 0},
    {"rtp-empty", payload_put, "8008 0001 000000a0 11223344", 0},
    {"rtp-event", payload_put, "80e5 0001 000000a0 11223344 010a00a0", 0},
    {"rtcp", payload_put, "80c8 0006 11223344 e0000000 00000000 000000a0 00000001 000000a0", 5005},
    {"rtcp-wrong", payload_put, "81c9 ffff 11223344 00000000", 5005},
    {"rtcp-feedback", payload_put, "81ce 0002 11223344 55667788", 5005},
    {"sip-request", payload_put,
	"494e56495445207369703a62406578616d706c652e636f6d205349502f322e300d0a", 5060},
    {"sip-status", payload_put, "5349502f322e3020323030204f4b0d0a5669613a20", 5060},
    {"sip-elsewhere", payload_put, "41434b207369703a6240636f6d205349502f322e300d0a", 32000},
    {"sip-blank-lines", payload_put, "0d0a0d0a 42594520 7369703a6240636f6d205349502f322e300d0a",
	5060},
    {"sip-rest", payload_put, "436f6e74656e742d547970653a206170706c69636174696f6e2f736470", 5060},
    {"crlf", payload_put, "0d0a0d0a", 5060},
    {"nul", payload_put, "00", 5060},
    {"nothing", payload_put, "", 5060},
    {"stun", payload_put, "0001 0008 2112a442 000102030405060708090a0b 8022 0004 74657374", 3478},
    {"stun-classic", payload_put, "0001 0008 00112233445566778899aabbccddeeff 0003 0004 00000000",
	3478},
    {"channel", payload_put, "4001 0010 8008 0001 000000a0 11223344 d5d5d5d5", 3478},
    {"dtls", payload_put, "16 feff 0000 000000000000 0010 01 000004 0000 000000 000004 fefd0000",
	0},
    {"dtls-data", payload_put, "17 fefd 0001 000000000001 0010 00112233445566778899aabbccddeeff",
	0},
    {"dns", payload_put, "1234 0100 0001 0000 0000 0000" FRAME_NAME, 53},
    {"dns-like-rtp", payload_put, "8008 0100 0001 0000 0000 0000" FRAME_NAME, 53},
    {"dhcp", payload_put, "01010600 12345678 00000000 00000000 00000000 00000000", 67},
    {"dhcp6", payload_put, "01123456 0001000e 000100011234567802000000 0001", 547},
    {"fax", payload_put, "0001 0b c0 01 80 00 00 06 ffffffffffff 00 00", 4321},
    {"quic", payload_put, "c3000000 01 08 0011223344556677 08 8899aabbccddeeff 00 4460", 443},
    {"wireguard", payload_put,
	"04000000 01020304 0500000000000000 00112233445566778899aabbccddeeff", 51820},
    {"text", payload_put, "3c3133343e3120323032362d31312d323220686f737420", 514},
    {"http", payload_put, "474554202f20485454502f312e310d0a486f73743a2061", 80},
    {"tls", payload_put, "17 0303 0010 00112233445566778899aabbccddeeff", 443},
    {"sip-begins", payload_put, "52454749 53544552 207369703a61205349502f322e300d0a", 5060},
    {"to-sip", payload_put, "", 5060},
    {"to-web", payload_put, "", 443},
};

static inline const struct frame_word *frame_word_of(const char *name, size_t length)
{
	for (size_t i = 0; i < sizeof(frame_words) / sizeof(frame_words[0]); i++) {
		if (strlen(frame_words[i].name) == length &&
		    strncmp(frame_words[i].name, name, length) == 0) {
			return &frame_words[i];
		}
	}
	(void)fprintf(stderr, "\"%.*s\" lies in no frame\n", (int)length, name);
	abort();
}

/* The words from right to left; their last is a payload. */
static inline struct frame_part frame_of(const char *words)
{
	struct frame_part part = {0};
	const char *end = words + strlen(words);

	while (end > words) {
		const char *begin = end;
		const struct frame_word *word;

		while (begin > words && begin[-1] != ' ') {
			begin--;
		}
		word = frame_word_of(begin, (size_t)(end - begin));
		word->put(&part, word);
		end = begin > words ? begin - 1 : begin;
	}
	return part;
}

#endif
