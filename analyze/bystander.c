/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: only plain headers are taken, Ethernet and IP without options, extensions
 * or fragments. Of the payload the first octet says what it may be (RFC 7983); what may be a SIP
 * message begins with a word, and of others few do: four octets tell. Whatever is in doubt is the
 * full decoder's, so nothing is decided here that it would decide otherwise.
 */
#include "bystander.h"

#include "flow.h"
#include "link.h"
#include "sip_name.h"
#include "stun.h"
#include "tcp.h"
#include "udptl.h"

enum octet_sense {
	WORD_BEGINS = 1, /* of a SIP start line, or of an empty line before it */
	WORD_GOES_ON = 2,
	LINE_ENDS = 4,
	UDP_VOICE = 8 /* RTP, RTCP, STUN, ZRTP */
};

enum {
	ETHERNET = 14,
	IPV4 = 20,
	IPV6 = 40,
	UDP = 8,
	TCP_MIN = 20,
	WORD = 4,            /* octets looked at of the first word */
	DTLS_VERSION = 0xfe, /* the first octet of it */
	DATAGRAM_MIN = 16    /* shorter ones may be keep-alives */
};

void bystanders_init(struct bystanders *b)
{
	for (unsigned i = 0; i < 256; i++) {
		char c = (char)i;
		bool word = sip_is_token((struct text){&c, 1});
		bool end = c == '\r' || c == '\n';

		b->octets[i] = (uint8_t)((word || end ? WORD_BEGINS : 0) |
					 (word || c == ' ' || c == '/' ? WORD_GOES_ON : 0) |
					 (end ? LINE_ENDS : 0) |
					 (i < 4 || i >> 2 == 4 || i >> 6 == 2 ? UDP_VOICE : 0));
	}
}

/* Could a SIP message begin so, or what a TCP connection is known by to carry something else? */
static inline bool may_be_message(const struct bystanders *b, const uint8_t *p)
{
	unsigned begins = b->octets[p[0]];
	unsigned goes_on = b->octets[p[1]] & b->octets[p[2]] & b->octets[p[3]];

	return begins & LINE_ENDS || (begins & WORD_BEGINS && goes_on & WORD_GOES_ON);
}

/* Where the payload of IP lies in a packet. */
struct plain {
	uint32_t at, end; /* as its header has it */
	uint32_t captured_end;
	uint8_t protocol;
	enum load_way way;
};

/* False where it takes more than this to see. */
static inline bool ip_plain(const struct packet *packet, struct plain *out)
{
	const uint8_t *ip = packet->data + ETHERNET;
	uint16_t ethertype = load_be16(packet->data + 12);

	if (ethertype == ETHERTYPE_IPV4 && ip[0] == 0x45 && !(load_be16(ip + 6) & 0x3fff)) {
		out->at = ETHERNET + IPV4;
		out->end = ETHERNET + (uint32_t)load_be16(ip + 2);
		out->protocol = ip[9];
		out->way = load_way_ipv4(ip + 12);
	} else if (ethertype == ETHERTYPE_IPV6 && ip[0] >> 4 == 6 && load_be16(ip + 4)) {
		struct address both[2];

		memcpy(both, ip + 8, sizeof(both));
		out->at = ETHERNET + IPV6;
		out->end = out->at + load_be16(ip + 4);
		out->protocol = ip[6];
		out->way = load_way(&both[0], &both[1]);
	} else {
		return false;
	}
	out->captured_end = out->end < packet->captured ? out->end : packet->captured;
	/* What ends before its own length says, without a snap length, is a defect. */
	return out->end <= packet->captured || packet->length > packet->captured;
}

/* A followed stream may want whatever it is. Of IPv4 the flow is looked up. */
static inline bool is_followed(
    const struct bystanders *b, const struct packet *packet, const struct plain *plain)
{
	const uint8_t *header = packet->data + plain->at;

	return !tcp_streams_idle(b->tcp) &&
	       (plain->at != ETHERNET + IPV4 ||
		   tcp_streams_may_want(b->tcp, load_be64(header - 8), load_be32(header),
		       b->vantages[packet->capture]));
}

static inline bool is_other_segment(
    const struct bystanders *b, const struct packet *packet, const struct plain *plain)
{
	const uint8_t *header = packet->data + plain->at;
	uint32_t length, payload;

	if (plain->at + TCP_MIN > plain->captured_end) {
		return false;
	}
	length = (uint32_t)(header[12] >> 4) * 4;
	payload = plain->at + length;
	if (header[13] & (TCP_SYN | TCP_RST) || length < TCP_MIN || payload > plain->captured_end ||
	    is_followed(b, packet, plain)) {
		return false;
	}
	return payload == plain->end || (payload + WORD <= plain->captured_end &&
					    !may_be_message(b, packet->data + payload));
}

static inline bool is_other_datagram(
    const struct bystanders *b, const struct packet *packet, const struct plain *plain)
{
	const uint8_t *p = packet->data + plain->at + UDP;
	struct bytes payload;
	uint32_t end;
	uint16_t sequence;

	if (plain->at + UDP + DATAGRAM_MIN > plain->captured_end) {
		return false;
	}
	end = plain->at + load_be16(p - UDP + 4);
	if (end < plain->at + UDP + DATAGRAM_MIN || end > plain->end ||
	    b->octets[p[0]] & UDP_VOICE || p[1] == DTLS_VERSION || may_be_message(b, p)) {
		return false;
	}
	end = end < plain->captured_end ? end : plain->captured_end;
	payload = (struct bytes){p, packet->data + end};
	return !channel_data_shape(payload) && !udptl_shape(payload, &sequence);
}

bool bystander_count(const struct bystanders *b, const struct packet *packet)
{
	uint64_t *counts = b->counts[packet->capture];
	struct plain plain;

	if (packet->link != LINK_ETHERNET || packet->captured < ETHERNET + IPV6 ||
	    !ip_plain(packet, &plain)) {
		return false;
	}
	if (plain.protocol == IP_PROTOCOL_TCP && is_other_segment(b, packet, &plain)) {
		counts[SKIPPED_TCP]++;
	} else if (plain.protocol == IP_PROTOCOL_UDP && is_other_datagram(b, packet, &plain)) {
		counts[SKIPPED_UDP]++;
	} else {
		return false;
	}
	b->load[packet->capture].other[plain.way] += packet->length;
	return true;
}
