/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include "dtls.h"
#include "flow.h"
#include "frame.h"
#include "loudness.h"
#include "rtp.h"

enum {
	EVENT_OCTETS = 4,
	EVENT_LAST_DIGIT = 15,
	EVENT_SUB = 3, /* behind what the worker says of the same packet */
	RELAYED_SUB = 4,
	PAYLOAD_TYPE_DYNAMIC = 96
};

static const int64_t leap_suspect_ns = 10 * MEDIA_SECOND_NS;

void intake_init(struct intake *intake, uint64_t key)
{
	memset(intake, 0, sizeof(*intake)); /* too much for a copy of it on the stack */
	intake->key = intake->envelopes.key = key;
}

/* --- the clock --- */

static void clock_set(struct intake *intake, int64_t time_ns)
{
	struct intake_clock *clock = &intake->clock;

	clock->now_ns = time_ns;
	clock->next_tick_ns = time_ns - time_ns % MEDIA_SECOND_NS + MEDIA_SECOND_NS;
	clock->next_tick_order = intake->order + INTAKE_TICK_PACKETS;
	clock->leap_ns = 0;
	intake->keepalives = 0;
	intake->tick = (struct tick){.order = intake->order, .time_ns = time_ns};
}

/* True where the packet at hand makes a tick due, which must go before it. */
static bool clock_advance(struct intake *intake, int64_t time_ns)
{
	struct intake_clock *clock = &intake->clock;

	if (!clock->started) {
		clock->started = true;
		clock_set(intake, time_ns);
		return false;
	}
	if (time_ns >= clock->next_tick_ns) {
		bool leap = time_ns - clock->now_ns > leap_suspect_ns;

		if (!leap || (clock->leap_ns && time_ns - clock->leap_ns > -leap_suspect_ns &&
				 time_ns - clock->leap_ns < leap_suspect_ns)) {
			clock_set(intake, time_ns);
			return true;
		}
		clock->leap_ns = time_ns;
	}
	if (intake->order >= clock->next_tick_order) {
		clock_set(intake, clock->now_ns);
		return true;
	}
	return false;
}

static inline bool clock_is_due(const struct intake *intake, int64_t time_ns)
{
	return time_ns >= intake->clock.next_tick_ns ||
	       intake->order >= intake->clock.next_tick_order;
}

bool intake_idle(struct intake *intake, int64_t now_ns)
{
	if (!intake->clock.started || now_ns < intake->clock.next_tick_ns) {
		return false;
	}
	clock_set(intake, now_ns);
	return true;
}

struct tick intake_end(const struct intake *intake)
{
	return (struct tick){intake->order, intake->clock.now_ns, true};
}

/* --- media --- */

static void media_complete(const struct intake *intake, const struct packet *packet,
    struct media_packet *out, uint64_t flow)
{
	out->hash = flow_hash_ssrc(flow, out->ssrc);
	out->flow = (uint16_t)(flow >> 48);
	out->order = intake->order;
	out->time_ns = packet->time_ns;
	out->capture = packet->capture;
	out->frame = packet->frame;
}

static inline void level_take(struct media_packet *out, struct bytes payload)
{
	out->level = MEDIA_LEVEL_NONE;
	if (__builtin_expect(loudness_is_due(out->sequence), 0)) {
		out->level = loudness_of(out->payload_type, out->sequence, payload);
	}
}

/* A telephone event is four octets (RFC 4733 2.3), under a dynamic type. */
static inline bool is_event_shape(uint8_t payload_type, uint32_t octets)
{
	return octets == EVENT_OCTETS && payload_type >= PAYLOAD_TYPE_DYNAMIC;
}

/*
 * The short way for what nearly every packet of a voice capture is: Ethernet, IPv4 without
 * options or fragments, UDP, RTP without padding, extension or CSRC, captured whole. False
 * for everything else, which takes the full decoder; where both apply they agree.
 */
static bool media_shortcut(
    const struct intake *intake, const struct packet *packet, struct media_packet *out)
{
	const uint8_t *p = packet->data;
	uint32_t total, src, dst;

	if (packet->captured < 14 + 20 + 8 + RTP_HEADER_LENGTH || packet->link != LINK_ETHERNET) {
		return false;
	}
	total = load_be16(p + 16);
	if (load_be16(p + 12) != ETHERTYPE_IPV4 || p[14] != 0x45 ||
	    (load_be16(p + 20) & 0x3fff) != 0 || p[23] != 17 || p[42] != 0x80 ||
	    total != load_be16(p + 38) + 20U || total < 20 + 8 + RTP_HEADER_LENGTH ||
	    14 + total > packet->captured || !rtp_shape(p[42], p[43])) {
		return false;
	}
	src = load_be32(p + 26);
	dst = load_be32(p + 30);
	out->src = address_of_ipv4(src);
	out->dst = address_of_ipv4(dst);
	out->src_port = load_be16(p + 34);
	out->dst_port = load_be16(p + 36);
	out->dscp = p[15] >> 2;
	out->ttl = p[22];
	out->flags = p[43] & 0x80 ? MEDIA_MARKER : 0;
	out->payload_type = p[43] & 0x7f;
	out->sequence = load_be16(p + 44);
	out->timestamp = load_be32(p + 46);
	out->ssrc = load_be32(p + 50);
	out->octets = (uint16_t)(total - 20 - 8 - RTP_HEADER_LENGTH);
	if (is_event_shape(out->payload_type, out->octets)) {
		return false;
	}
	out->vantage = intake->vantages[packet->capture];
	out->pair = flow_pair_ipv4(src, dst);
	out->fault = DISSECT_OK;
	level_take(out, bytes_of(p + 54, out->octets));
	media_complete(intake, packet, out,
	    flow_hash_ipv4(intake->key, out->pair, out->src_port, out->dst_port, out->vantage));
	return true;
}

static void media_from_frame(const struct intake *intake, const struct packet *packet,
    const struct frame *frame, const struct rtp *rtp, struct media_packet *out)
{
	*out = (struct media_packet){
	    .src = frame->src.address,
	    .dst = frame->dst.address,
	    .src_port = frame->src.port,
	    .dst_port = frame->dst.port,
	    .dscp = frame->dscp,
	    .ttl = frame->ttl,
	    .payload_type = rtp->payload_type,
	    .sequence = rtp->sequence,
	    .timestamp = rtp->timestamp,
	    .ssrc = rtp->ssrc,
	    .octets = rtp->payload_octets,
	    .vantage = intake->vantages[packet->capture],
	    .pair = flow_pair(intake->key, &frame->src.address, &frame->dst.address),
	    .flags = (uint8_t)((rtp->marker ? MEDIA_MARKER : 0) |
			       (address_is_ipv4(&frame->src.address) ? 0 : MEDIA_IPV6)),
	};
	level_take(out, rtp->payload);
	media_complete(intake, packet, out,
	    flow_hash_ipv4(intake->key, out->pair, out->src_port, out->dst_port, out->vantage));
}

static void event_put(struct intake *intake, const struct packet *packet, const struct frame *frame,
    const struct rtp *rtp, const struct record_sink *desk)
{
	const uint8_t *payload = rtp->payload.at;
	struct media_event *event;

	if (bytes_left(&rtp->payload) != EVENT_OCTETS || payload[0] > EVENT_LAST_DIGIT) {
		return;
	}
	event = desk->reserve(desk->context, sizeof(*event));
	if (!event) {
		intake->signals_refused++;
		return;
	}
	*event = (struct media_event){
	    .record = {intake->order, EVENT_SUB, sizeof(*event), RECORD_MEDIA_EVENT},
	    .time_ns = packet->time_ns,
	    .src = frame->src,
	    .dst = frame->dst,
	    .ssrc = rtp->ssrc,
	    .timestamp = rtp->timestamp,
	    .frame = packet->frame,
	    .vantage = intake->vantages[packet->capture],
	    .capture = packet->capture,
	    .duration = load_be16(payload + 2),
	    .payload_type = rtp->payload_type,
	    .event = payload[0],
	};
}

/* --- signalling --- */

static void signal_put(struct intake *intake, const struct packet *packet,
    const struct frame *frame, uint8_t layers, enum record_kind kind,
    const struct record_sink *desk)
{
	size_t length = kind == RECORD_DTLS ? 0 : bytes_left(&frame->payload);
	size_t octets = (sizeof(struct signal) + length + 7) / 8 * 8;
	struct signal *signal = desk->reserve(desk->context, octets);

	if (!signal) {
		intake->signals_refused++;
		return;
	}
	*signal = (struct signal){
	    .record = {.order = intake->order, .octets = (uint32_t)octets, .kind = kind},
	    .time_ns = packet->time_ns,
	    .src = frame->src,
	    .dst = frame->dst,
	    .frame = packet->frame,
	    .capture = packet->capture,
	    .vantage = intake->vantages[packet->capture],
	    .dscp = frame->dscp,
	    .ttl = frame->ttl,
	    .cut = bytes_left(&frame->payload) < frame->payload_length,
	    .layers = layers,
	    .length = (uint32_t)length,
	};
	memcpy(signal->octets, frame->payload.at, length);
}

static void relayed_put(struct intake *intake, const struct packet *packet,
    const struct frame *frame, const struct envelope *envelope, uint32_t ssrc,
    const struct record_sink *desk)
{
	uint16_t vantage = intake->vantages[packet->capture];
	struct media_relayed *relayed;

	if (!envelope_is_new(&intake->envelopes, frame, vantage, packet->time_ns, envelope, ssrc)) {
		return;
	}
	relayed = desk->reserve(desk->context, sizeof(*relayed));
	if (!relayed) {
		intake->signals_refused++;
		return;
	}
	*relayed = (struct media_relayed){
	    .record = {intake->order, RELAYED_SUB, sizeof(*relayed), RECORD_MEDIA_RELAYED},
	    .src = frame->src,
	    .dst = frame->dst,
	    .peer = envelope->peer,
	    .ssrc = ssrc,
	    .vantage = vantage,
	    .channel = envelope->channel,
	    .server = envelope->server,
	};
}

/* True where *out was filled. */
static bool payload_take(struct intake *intake, const struct packet *packet, struct frame *frame,
    struct media_packet *out, const struct record_sink *desk)
{
	enum dissect_result result = DISSECT_OK;
	struct envelope envelope;
	struct rtp rtp;

	switch (envelope_open(&intake->envelopes, frame, intake->vantages[packet->capture],
	    packet->time_ns, &envelope, &result)) {
	case PAYLOAD_RTP:
		result = rtp_parse(&rtp, frame->payload, frame->payload_length);
		if (result != DISSECT_OK) {
			rtp = (struct rtp){.ssrc = load_be32(frame->payload.at + 8)};
		} else if (is_event_shape(rtp.payload_type, rtp.payload_octets)) {
			event_put(intake, packet, frame, &rtp, desk);
		}
		if (envelope.layers && result == DISSECT_OK) {
			relayed_put(intake, packet, frame, &envelope, rtp.ssrc, desk);
		}
		media_from_frame(intake, packet, frame, &rtp, out);
		out->fault = (uint8_t)result; /* whether that was RTP, its worker knows */
		return true;
	case PAYLOAD_RTCP:
		signal_put(intake, packet, frame, envelope.layers, RECORD_RTCP, desk);
		return false;
	case PAYLOAD_SIP:
		signal_put(intake, packet, frame, envelope.layers, RECORD_SIP, desk);
		return false;
	case PAYLOAD_STUN:
		signal_put(intake, packet, frame, envelope.layers, RECORD_STUN, desk);
		return false;
	case PAYLOAD_CHANNEL_DATA:
	case PAYLOAD_OTHER:
		break;
	}
	if (result == SKIPPED_KEEPALIVE && intake->keepalives++ < INTAKE_KEEPALIVES_MAX) {
		signal_put(intake, packet, frame, envelope.layers, RECORD_KEEPALIVE, desk);
	}
	if (result == SKIPPED_DTLS && dtls_is_handshake(frame->payload)) {
		signal_put(intake, packet, frame, envelope.layers, RECORD_DTLS, desk);
	}
	intake->counts[packet->capture][result]++;
	return false;
}

/* The full decoder. True where *out was filled. */
static bool packet_take(struct intake *intake, const struct packet *packet,
    struct media_packet *out, const struct record_sink *desk)
{
	struct frame frame;
	enum dissect_result result = frame_parse(
	    &frame, packet->link, bytes_of(packet->data, packet->captured), packet->length);

	if (result != DISSECT_OK) {
		intake->counts[packet->capture][result]++;
		return false;
	}
	/* Not without its defect being counted, but used as far as it goes. */
	intake->counts[packet->capture][frame.defect] += frame.defect != DISSECT_OK;
	return payload_take(intake, packet, &frame, out, desk);
}

unsigned intake_burst(struct intake *intake, const struct packet *packets, unsigned count,
    struct media_packet *media, unsigned *media_count, const struct record_sink *desk)
{
	unsigned taken, filled = 0;

	for (taken = 0; taken < count; taken++) {
		const struct packet *packet = &packets[taken];

		if (__builtin_expect(clock_is_due(intake, packet->time_ns), 0) &&
		    clock_advance(intake, packet->time_ns)) {
			break;
		}
		intake->order++;
		if ((!intake->full_decoder_only &&
			media_shortcut(intake, packet, &media[filled])) ||
		    packet_take(intake, packet, &media[filled], desk)) {
			filled++;
		}
	}
	*media_count = filled;
	return taken;
}
