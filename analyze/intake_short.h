/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The intake's short way for plain RTP, which nearly all packets of a voice capture are: one branch
 * tells it, and its fields are read where they must lie. The full decoder makes the same of it.
 *
 * Data in:   a packet. Data out: a slot of media; octets added to the load of the link.
 * Ownership: none. Threading: the intake's.
 */
#ifndef TALKPATH_INTAKE_SHORT_H
#define TALKPATH_INTAKE_SHORT_H

#include "flow.h"
#include "intake.h"
#include "link.h"
#include "packet_print.h"
#include "rtp.h"
#include "short_datagram.h"

/* In two loops, whose registers it shares. */
#define SHORT_INLINE __attribute__((always_inline))

enum { EVENT_OCTETS = 4, PAYLOAD_TYPE_DYNAMIC = 96 };

/* A telephone event is four octets (RFC 4733 2.3), under a dynamic type. */
static inline bool intake_is_event(uint8_t payload_type, uint32_t octets)
{
	return octets == EVENT_OCTETS && payload_type >= PAYLOAD_TYPE_DYNAMIC;
}

/* What the short way needs besides the packet: it stays in registers. */
struct shortcut {
	struct flow_seed seed;
	uint64_t *octets;  /* of voice, by enum load_way */
	uint64_t traits;   /* of media_packet, as far as the capture tells */
	uint32_t captured; /* octets of a packet at least */
	uint16_t capture, link;
};

static inline struct shortcut shortcut_of(struct intake *intake, uint16_t capture, uint16_t link)
{
	bool none = intake->full_decoder_only || link != LINK_ETHERNET;

	return (struct shortcut){
	    .seed = flow_seed(intake->key, intake->vantages[capture]),
	    .octets = intake->load[capture].voice,
	    .traits =
		(uint8_t)intake->vantages[capture] | MEDIA_IPV4 << 8 | (uint64_t)capture << 16,
	    .captured = none ? UINT32_MAX : SHORT_PAYLOAD,
	    .capture = capture,
	    .link = link,
	};
}

/*
 * Is it what nearly every packet of a voice capture is: Ethernet, IPv4 without options or
 * fragments, UDP, RTP without padding, extension or CSRC, captured whole, and more than a telephone
 * event has?
 */
SHORT_INLINE static inline bool short_fits(const struct shortcut *s, const struct packet *packet)
{
	const uint8_t *p = packet->data;
	uint32_t total;

	if (packet->captured < s->captured || !short_is_datagram(p) || p[SHORT_RTP] != 0x80 ||
	    !rtp_shape(0x80, p[SHORT_RTP + 1])) {
		return false;
	}
	total = load_be16(p + SHORT_IP + 2);
	return total == load_be16(p + SHORT_UDP + 4) + 20U &&
	       total > SHORT_PAYLOAD - SHORT_IP + EVENT_OCTETS &&
	       SHORT_IP + total <= packet->captured;
}

/* A sample of its payload: few need it, so it reads again what the others need not keep. */
void intake_short_sample(struct media_packet *out, const uint8_t *packet);

/*
 * The short way for what short_fits(). The full decoder makes the same of it. What short_fits() has
 * read is taken first; after that each field is written as it is read, because there are not
 * registers enough to keep them.
 */
SHORT_INLINE static inline void short_take(
    const struct shortcut *s, const struct packet *packet, uint64_t order, struct media_packet *out)
{
	const uint8_t *p = packet->data, *rtp = p + SHORT_RTP;
	uint8_t second = rtp[1];
	uint64_t pair;
	uint32_t ports, ssrc;

	out->octets = (uint16_t)(load_be16(p + SHORT_IP + 2) - (SHORT_PAYLOAD - SHORT_IP));
	media_set_traits(out, s->traits);
	out->marker = second >= 0x80;
	out->payload_type = second & 0x7f;
	out->dscp = p[SHORT_IP + 1] >> 2;
	out->ttl = p[SHORT_IP + 8];
	out->time_ns = packet->time_ns;
	out->order = order;
	out->frame = packet->frame;
	out->timestamp = load_be32(rtp + 4);
	out->sequence = load_be16(rtp + 2);
	out->level = MEDIA_LEVEL_NONE;
	out->print = 0;
	s->octets[load_way_ipv4(p + SHORT_IP + 12)] += packet->length;
	out->pair = pair = load_be64(p + SHORT_IP + 12);
	out->ports = ports = load_be32(p + SHORT_UDP);
	out->ssrc = ssrc = load_be32(rtp + 8);
	out->hash = flow_hash_stream(s->seed, pair, ports, ssrc);
	/* The lower octet of the sequence number tells. */
	if (__builtin_expect(print_is_due(rtp[3]), 0)) {
		intake_short_sample(out, p);
	}
}

#endif
