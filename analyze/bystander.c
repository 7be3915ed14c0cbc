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

/*
 * Could a SIP message begin so, or what a TCP connection is known by to carry something else? The
 * first octet is as good as random where something encrypted begins: so nothing branches on it.
 */
static inline bool may_be_message(const struct bystanders *b, const uint8_t *p)
{
	unsigned begins = b->octets[p[0]];
	unsigned goes_on = b->octets[p[1]] & b->octets[p[2]] & b->octets[p[3]];

	return (begins & LINE_ENDS) | (begins & WORD_BEGINS & goes_on / WORD_GOES_ON);
}

/* Where the payload of IP lies in a packet. Small enough for registers. */
struct plain {
	uint32_t at, end; /* as its header has it; at 0: it takes more than this to see */
	uint8_t protocol, way;
};

static inline struct plain ipv4_plain(const uint8_t *packet)
{
	const uint8_t *ip = packet + ETHERNET;

	if (ip[0] != 0x45 || load_be16(ip + 6) & 0x3fff) {
		return (struct plain){0};
	}
	return (struct plain){
	    .at = ETHERNET + IPV4,
	    .end = ETHERNET + (uint32_t)load_be16(ip + 2),
	    .protocol = ip[9],
	    .way = (uint8_t)load_way_ipv4(ip + 12),
	};
}

__attribute__((noinline)) static struct plain ipv6_plain(const uint8_t *packet)
{
	const uint8_t *ip = packet + ETHERNET;
	struct address both[2];

	if (ip[0] >> 4 != 6 || !load_be16(ip + 4)) {
		return (struct plain){0};
	}
	memcpy(both, ip + 8, sizeof(both));
	return (struct plain){
	    .at = ETHERNET + IPV6,
	    .end = ETHERNET + IPV6 + (uint32_t)load_be16(ip + 4),
	    .protocol = ip[6],
	    .way = (uint8_t)load_way(&both[0], &both[1]),
	};
}

static inline struct plain ip_plain(const uint8_t *packet)
{
	uint16_t ethertype = load_be16(packet + 12);

	if (ethertype == ETHERTYPE_IPV4) {
		return ipv4_plain(packet);
	}
	return ethertype == ETHERTYPE_IPV6 ? ipv6_plain(packet) : (struct plain){0};
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

/* `end`: of the payload of IP, as far as it was captured. */
static inline bool is_other_segment(const struct bystanders *b, const struct packet *packet,
    const struct plain *plain, uint32_t end)
{
	const uint8_t *header = packet->data + plain->at;
	uint32_t length, payload;

	if (plain->at + TCP_MIN > end) {
		return false;
	}
	length = (uint32_t)(header[12] >> 4) * 4;
	payload = plain->at + length;
	if (header[13] & (TCP_SYN | TCP_RST) || length < TCP_MIN || payload > end ||
	    is_followed(b, packet, plain)) {
		return false;
	}
	return payload == plain->end ||
	       (payload + WORD <= end && !may_be_message(b, packet->data + payload));
}

/* Neither of these is told by its first octets alone. */
__attribute__((noinline)) static bool may_be_channel_or_fax(const uint8_t *p, const uint8_t *end)
{
	struct bytes payload = {p, end};
	uint16_t sequence;

	return channel_data_shape(payload) || udptl_shape(payload, &sequence);
}

/* The same of UDP. */
static inline bool is_other_datagram(const struct bystanders *b, const struct packet *packet,
    const struct plain *plain, uint32_t end)
{
	const uint8_t *p = packet->data + plain->at + UDP;
	uint32_t own_end;

	if (plain->at + UDP + DATAGRAM_MIN > end) {
		return false;
	}
	own_end = plain->at + load_be16(p - UDP + 4);
	if (own_end < plain->at + UDP + DATAGRAM_MIN || own_end > plain->end ||
	    b->octets[p[0]] & UDP_VOICE || p[1] == DTLS_VERSION || may_be_message(b, p)) {
		return false;
	}
	return !may_be_channel_or_fax(p, packet->data + (own_end < end ? own_end : end));
}

bool bystander_count(const struct bystanders *b, const struct packet *packet)
{
	uint64_t *counts = b->counts[packet->capture];
	struct plain plain;
	uint32_t end;

	if (packet->link != LINK_ETHERNET || packet->captured < ETHERNET + IPV6) {
		return false;
	}
	plain = ip_plain(packet->data);
	end = plain.end < packet->captured ? plain.end : packet->captured;
	/* What ends before its own length says, without a snap length, is a defect. */
	if (!plain.at || (plain.end > packet->captured && packet->length <= packet->captured)) {
		return false;
	}
	if (plain.protocol == IP_PROTOCOL_TCP && is_other_segment(b, packet, &plain, end)) {
		counts[SKIPPED_TCP]++;
	} else if (plain.protocol == IP_PROTOCOL_UDP && is_other_datagram(b, packet, &plain, end)) {
		counts[SKIPPED_UDP]++;
	} else {
		return false;
	}
	b->load[packet->capture].other[plain.way] += packet->length;
	return true;
}
