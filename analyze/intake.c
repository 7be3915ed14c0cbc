/* SPDX-License-Identifier: Apache-2.0 */
#include "intake.h"

#include "dtls.h"
#include "flow.h"
#include "frame.h"
#include "icmp.h"
#include "intake_clock.h"
#include "intake_record.h"
#include "intake_short.h"
#include "loudness.h"
#include "rtp.h"
#include "tcp.h"

enum {
	EVENT_LAST_DIGIT = 15,
	EVENT_SUB = 3, /* behind what the worker says of the same packet */
	RELAYED_SUB = 4,
	SLOTS_AHEAD = 64 /* that are fetched before they are written: the worker had them last */
};

static void tcp_message_put(void *context, const struct signal *head, struct bytes message,
    const struct frame_list *frames);
static void fax_put(void *context, const struct fax_notice *notice);
static void missed_put(void *context, const struct tcp_missed *missed);

bool intake_init(struct intake *intake, uint64_t key)
{
	memset(intake, 0, sizeof(*intake)); /* too much for a copy of it on the stack */
	intake->key = intake->envelopes.key = key;
	if (!fragments_init(&intake->fragments, key, intake->counts) ||
	    !tcp_streams_init(&intake->tcp, key, intake->counts) ||
	    !fax_flows_init(&intake->fax, key, intake->counts)) {
		intake_fini(intake);
		return false;
	}
	intake->bystanders = (struct bystanders){
	    .tcp = &intake->tcp,
	    .vantages = intake->vantages,
	    .load = intake->load,
	    .counts = intake->counts,
	};
	bystanders_init(&intake->bystanders);
	intake->tcp.deliver = tcp_message_put;
	intake->tcp.missed = missed_put;
	intake->fax.deliver = fax_put;
	intake->tcp.context = intake->fax.context = intake;
	return true;
}

void intake_fini(struct intake *intake)
{
	fragments_fini(&intake->fragments);
	tcp_streams_fini(&intake->tcp);
	fax_flows_fini(&intake->fax);
}

/* --- ticks --- */

/* From which time on, and after which packet, a tick is due. */
struct intake_due {
	int64_t time_ns;
	uint64_t order;
};

static inline struct intake_due due_when(const struct intake *intake)
{
	return (struct intake_due){intake->clock.next_tick_ns, intake->clock.next_tick_order};
}

/* What follows is no longer caused by the last packet, and comes behind all that was. */
static void packet_end(struct intake *intake, const struct record_sink *desk)
{
	intake->desk = desk;
	intake->subs += intake->subs == 0;
}

/* What passed since the last tick. */
static void load_put(struct intake *intake)
{
	static const struct load_counter nothing;

	for (unsigned capture = 0; capture < INTAKE_CAPTURES_MAX; capture++) {
		struct load_counter *load = &intake->load[capture];
		struct load_notice *out;

		if (memcmp(load, &nothing, sizeof(nothing)) == 0) {
			continue;
		}
		out = intake_record_room(intake, RECORD_LOAD, sizeof(*out));
		if (out) {
			out->second_ns = intake->load_second_ns;
			out->octets = *load;
			out->capture = (uint16_t)capture;
		}
		*load = nothing;
	}
	intake->load_second_ns = intake_second_of(intake->clock.now_ns);
}

/* What was waited for until now, before the tick that says so. */
static void waiting_expire(struct intake *intake, const struct record_sink *desk)
{
	packet_end(intake, desk);
	intake->tcp.now_ns = intake->clock.now_ns;
	fragments_expire(&intake->fragments, intake->clock.now_ns);
	tcp_streams_expire(&intake->tcp);
	fax_flows_expire(&intake->fax, intake->clock.now_ns);
	load_put(intake);
}

bool intake_idle(struct intake *intake, int64_t now_ns, const struct record_sink *desk)
{
	if (!intake->clock.started || now_ns < intake->clock.next_tick_ns) {
		return false;
	}
	intake_clock_set(intake, now_ns, intake->order);
	waiting_expire(intake, desk);
	return true;
}

struct tick intake_end(struct intake *intake, const struct record_sink *desk)
{
	/* Side by side none has ended before the others: their last records share one order. */
	uint64_t end = intake->order;

	if (intake->beside) {
		intake_follow(intake, INTAKE_ORDER_END);
		end = INTAKE_ORDER_END + (2ULL << INTAKE_ORDER_SHIFT);
	}
	packet_end(intake, desk);
	fragments_expire(&intake->fragments, INT64_MAX);
	tcp_streams_end(&intake->tcp);
	fax_flows_expire(&intake->fax, INT64_MAX);
	load_put(intake);
	return (struct tick){.order = end, .time_ns = intake->clock.now_ns, .end = true};
}

/* --- media --- */

/* Of one packet in 64: how loud it is, and what it is known by at another place. */
static void sample_take(struct media_packet *out, struct bytes payload)
{
	out->level = loudness_of(out->payload_type, out->sequence, payload);
	out->print = print_of(payload) & 0xffffff;
}

__attribute__((noinline)) void intake_short_sample(struct media_packet *out, const uint8_t *packet)
{
	sample_take(out, bytes_of(packet + SHORT_PAYLOAD, out->octets));
}

/* Fills one slot, or two. */
static void media_from_frame(const struct intake *intake, const struct packet *packet,
    const struct frame *frame, const struct rtp *rtp, struct media_packet *out)
{
	bool ipv4 = address_is_ipv4(&frame->src.address) && address_is_ipv4(&frame->dst.address);

	*out = (struct media_packet){
	    .pair = flow_pair(intake->key, &frame->src.address, &frame->dst.address),
	    .ports = (uint32_t)frame->src.port << 16 | frame->dst.port,
	    .ssrc = rtp->ssrc,
	    .vantage = (uint8_t)intake->vantages[packet->capture],
	    .family = ipv4 ? MEDIA_IPV4 : MEDIA_IPV6,
	    .capture = (uint8_t)packet->capture,
	    .marker = rtp->marker,
	    .payload_type = rtp->payload_type,
	    .dscp = frame->dscp,
	    .ttl = frame->ttl,
	    .time_ns = packet->time_ns,
	    .order = intake->order,
	    .frame = packet->frame,
	    .timestamp = rtp->timestamp,
	    .sequence = rtp->sequence,
	    .octets = rtp->payload_octets,
	    .level = MEDIA_LEVEL_NONE,
	};
	out->hash = flow_hash_media(intake->key, out);
	if (!ipv4) {
		*media_behind(out) =
		    (struct media_addresses){.src = frame->src.address, .dst = frame->dst.address};
	}
	if (print_is_due(out->sequence)) {
		sample_take(out, rtp->payload);
	}
}

static void event_put(struct intake *intake, const struct packet *packet, const struct frame *frame,
    const struct rtp *rtp)
{
	const uint8_t *payload = rtp->payload.at;
	struct media_event *event;

	if (bytes_left(&rtp->payload) != EVENT_OCTETS || payload[0] > EVENT_LAST_DIGIT) {
		return;
	}
	event = intake->desk->reserve(intake->desk->context, sizeof(*event));
	if (!event) {
		intake->signals_refused++;
		return;
	}
	intake->subs++;
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

/* --- records for the desk --- */

static void datagram_put(struct intake *intake, enum record_kind kind, const struct packet *packet,
    const struct frame *frame, uint8_t layers, const struct frame_list *frames)
{
	struct bytes octets = frame->payload;
	struct signal head = {
	    .time_ns = packet->time_ns,
	    .src = frame->src,
	    .dst = frame->dst,
	    .frame = packet->frame,
	    .capture = packet->capture,
	    .vantage = intake->vantages[packet->capture],
	    .ip_id = frame->id,
	    .dscp = frame->dscp,
	    .ttl = frame->ttl,
	    .cut = bytes_left(&frame->payload) < frame->payload_length,
	    .layers = layers,
	    .transport = SIGNAL_UDP,
	};

	if (kind == RECORD_DTLS) {
		octets.end = octets.at;
	}
	intake_signal_put(intake, kind, &head, octets, frames);
}

static void tcp_message_put(
    void *context, const struct signal *head, struct bytes message, const struct frame_list *frames)
{
	struct intake *intake = context;

	if (*message.at != '\r' && *message.at != '\n') {
		intake_signal_put(intake, RECORD_SIP, head, message, frames);
	} else if (intake->keepalives++ < INTAKE_KEEPALIVES_MAX) {
		if (bytes_left(&message) > SIGNAL_KEEPALIVE_MAX) {
			message.end = message.at + SIGNAL_KEEPALIVE_MAX;
		}
		intake_signal_put(intake, RECORD_KEEPALIVE, head, message, frames);
	}
}

static void fax_put(void *context, const struct fax_notice *notice)
{
	struct fax_notice *out = intake_record_room(context, RECORD_FAX, sizeof(*out));

	if (out) {
		struct record record = out->record;

		*out = *notice;
		out->record = record;
	}
}

static void missed_put(void *context, const struct tcp_missed *missed)
{
	struct tcp_missed *out = intake_record_room(context, RECORD_TCP_MISSED, sizeof(*out));

	if (out) {
		struct record record = out->record;

		*out = *missed;
		out->record = record;
	}
}

void intake_dropped(
    struct intake *intake, const struct media_dropped *dropped, const struct record_sink *desk)
{
	struct media_dropped *out;

	packet_end(intake, desk);
	out = intake_record_room(intake, RECORD_DROPPED, sizeof(*out));
	if (out) {
		struct record record = out->record;

		*out = *dropped;
		out->record = record;
		out->vantage = intake->vantages[dropped->capture];
	}
}

static enum dissect_result icmp_put(
    struct intake *intake, const struct packet *packet, const struct frame *frame)
{
	bool ipv6 = frame->protocol == IP_PROTOCOL_ICMPV6;
	bool cut = bytes_left(&frame->payload) < frame->payload_length;
	struct icmp icmp;
	struct icmp_notice *notice;
	enum dissect_result result =
	    ipv6 ? icmpv6_parse(&icmp, frame->payload) : icmp_parse(&icmp, frame->payload);

	if (result != DISSECT_OK) {
		return cut && result != SKIPPED_ICMP ? SKIPPED_CUT : result;
	}
	notice = intake_record_room(intake, RECORD_ICMP, sizeof(*notice));
	if (notice) {
		struct record record = notice->record;

		*notice = (struct icmp_notice){
		    .record = record,
		    .time_ns = packet->time_ns,
		    .from = frame->src.address,
		    .src = icmp.src,
		    .dst = icmp.dst,
		    .frame = packet->frame,
		    .capture = packet->capture,
		    .vantage = intake->vantages[packet->capture],
		    .next_hop_mtu = icmp.next_hop_mtu,
		    .protocol = icmp.protocol,
		    .kind = (uint8_t)icmp.kind,
		    .type = icmp.type,
		    .code = icmp.code,
		    .ipv6 = ipv6,
		};
	}
	return DISSECT_OK;
}

static void relayed_put(struct intake *intake, const struct packet *packet,
    const struct frame *frame, const struct envelope *envelope, uint32_t ssrc)
{
	uint16_t vantage = intake->vantages[packet->capture];
	struct media_relayed *relayed;

	if (!envelope_is_new(&intake->envelopes, frame, vantage, packet->time_ns, envelope, ssrc)) {
		return;
	}
	relayed = intake->desk->reserve(intake->desk->context, sizeof(*relayed));
	if (!relayed) {
		intake->signals_refused++;
		return;
	}
	intake->subs++;
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

/* --- the full decoder --- */

/* A UDP payload. True where *out was filled. */
static bool datagram_take(struct intake *intake, const struct packet *packet, struct frame *frame,
    const struct frame_list *frames, struct media_packet *out)
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
		} else if (intake_is_event(rtp.payload_type, rtp.payload_octets)) {
			event_put(intake, packet, frame, &rtp);
		}
		if (envelope.layers && result == DISSECT_OK) {
			relayed_put(intake, packet, frame, &envelope, rtp.ssrc);
		}
		media_from_frame(intake, packet, frame, &rtp, out);
		out->fault = (uint8_t)result; /* whether that was RTP, its worker knows */
		return true;
	case PAYLOAD_RTCP:
		datagram_put(intake, RECORD_RTCP, packet, frame, envelope.layers, frames);
		return false;
	case PAYLOAD_SIP:
		datagram_put(intake, RECORD_SIP, packet, frame, envelope.layers, frames);
		return false;
	case PAYLOAD_STUN:
		datagram_put(intake, RECORD_STUN, packet, frame, envelope.layers, frames);
		return false;
	case PAYLOAD_CHANNEL_DATA:
	case PAYLOAD_OTHER:
		break;
	}
	if (result == SKIPPED_UDP && !envelope.layers &&
	    fax_flows_take(&intake->fax, frame, packet, intake->vantages[packet->capture])) {
		return false; /* counted with its flow */
	}
	if (result == SKIPPED_KEEPALIVE && intake->keepalives++ < INTAKE_KEEPALIVES_MAX) {
		datagram_put(intake, RECORD_KEEPALIVE, packet, frame, envelope.layers, frames);
	}
	if (result == SKIPPED_DTLS && dtls_is_handshake(frame->payload)) {
		datagram_put(intake, RECORD_DTLS, packet, frame, envelope.layers, frames);
	}
	intake->counts[packet->capture][result]++;
	return false;
}

/* The one place where a port tells anything: which of all the SYNs are worth a record. */
static bool is_port_of_voice(uint16_t port)
{
	return port == 5060 || port == 5061 || port == 3478 || port == 5349;
}

static void handshake_put(
    struct intake *intake, const struct packet *packet, const struct frame *frame)
{
	bool forth = is_port_of_voice(frame->dst.port), back = is_port_of_voice(frame->src.port);
	struct tcp_handshake *out;

	if (!(frame->tcp_flags & (TCP_SYN | TCP_RST)) || !(forth || back) ||
	    intake->handshakes++ >= INTAKE_HANDSHAKES_MAX) {
		return;
	}
	out = intake_record_room(intake, RECORD_TCP_HANDSHAKE, sizeof(*out));
	if (out) {
		struct record record = out->record;

		*out = (struct tcp_handshake){
		    .record = record,
		    .time_ns = packet->time_ns,
		    .src = frame->src,
		    .dst = frame->dst,
		    .frame = packet->frame,
		    .capture = packet->capture,
		    .vantage = intake->vantages[packet->capture],
		    .flags = frame->tcp_flags,
		};
	}
}

static void segment_take(struct intake *intake, const struct packet *packet,
    const struct frame *frame, const struct frame_list *frames)
{
	struct tcp_segment segment = {
	    .frame = frame,
	    .origin = {packet->time_ns, packet->frame, packet->capture, frame->dscp, frame->ttl},
	    .vantage = intake->vantages[packet->capture],
	    .frames = frames,
	};

	handshake_put(intake, packet, frame);
	intake->tcp.now_ns = intake->clock.now_ns;
	tcp_streams_take(&intake->tcp, &segment);
}

/* A whole IP payload, from one frame or from several. True where *out was filled. */
static bool frame_take(struct intake *intake, const struct packet *packet, struct frame *frame,
    const struct frame_list *frames, struct media_packet *out)
{
	if (frame->protocol == IP_PROTOCOL_UDP) {
		return datagram_take(intake, packet, frame, frames, out);
	}
	if (frame->protocol == IP_PROTOCOL_TCP) {
		segment_take(intake, packet, frame, frames);
	} else {
		enum dissect_result result = icmp_put(intake, packet, frame);

		intake->counts[packet->capture][result] += result != DISSECT_OK;
	}
	return false;
}

/* A fragment; its datagram, where it is the last one missing. True where *out was filled. */
static bool fragment_take(struct intake *intake, const struct packet *packet, struct frame *frame,
    struct media_packet *out)
{
	struct fragments_whole whole;
	enum dissect_result result;

	if (!fragments_take(&intake->fragments, frame, packet->capture, packet->frame,
		intake->clock.now_ns, &whole)) {
		return false;
	}
	result = frame_reassembled(frame, whole.protocol, whole.payload);
	if (result != DISSECT_OK) {
		intake->counts[packet->capture][result]++;
		return false;
	}
	if (!frame_take(intake, packet, frame, whole.frames, out)) {
		return false;
	}
	if (intake->media_pieces) {
		intake->media_pieces(intake->media_pieces_context, out, whole.frames);
	}
	return true;
}

/* True where *out was filled. Not inline: most that come near it are bystanders. */
__attribute__((noinline)) static bool packet_take(
    struct intake *intake, const struct packet *packet, struct media_packet *out)
{
	struct load_counter *load = &intake->load[packet->capture];
	struct frame frame;
	enum load_way way;
	bool filled;
	enum dissect_result result = frame_parse(
	    &frame, packet->link, bytes_of(packet->data, packet->captured), packet->length);

	if (result != DISSECT_OK) {
		load->other[LOAD_OUTSIDE] += packet->length;
		intake->counts[packet->capture][result]++;
		return false;
	}
	/* Not without its defect being counted, but used as far as it goes. */
	intake->counts[packet->capture][frame.defect] += frame.defect != DISSECT_OK;
	way = load_way(&frame.src.address, &frame.dst.address);
	filled = frame.fragment.set ? fragment_take(intake, packet, &frame, out)
				    : frame_take(intake, packet, &frame, NULL, out);
	*(filled ? &load->voice[way] : &load->other[way]) += packet->length;
	return filled;
}

/*
 * What no short way takes, or the one that only counts. How many slots it filled. Not inline: it
 * would take the registers of the loops.
 */
__attribute__((noinline)) static unsigned other_take(
    struct intake *intake, const struct packet *packet, struct media_packet *out)
{
	if (!intake->full_decoder_only &&
	    (intake_message_take(intake, packet) || bystander_count(&intake->bystanders, packet))) {
		return 0;
	}
	return packet_take(intake, packet, out) ? media_slots(out) : 0;
}

/* --- one packet after the other --- */

/* What goes along with them: it stays in registers, as the packet does. */
struct pass {
	struct shortcut shortcut;
	struct intake_due due;
	struct media_packet *room;
	uint64_t order;
	bool beside, fetch;
};

static inline struct pass pass_begin(struct intake *intake, struct shortcut shortcut,
    struct media_packet *media, bool fetch, const struct record_sink *desk)
{
	intake->desk = desk;
	return (struct pass){
	    .shortcut = shortcut,
	    .due = due_when(intake),
	    .room = media,
	    .order = intake->order,
	    .beside = intake->beside,
	    .fetch = fetch,
	};
}

/* The intake has come as far. What went the short way since has caused nothing. */
static inline void pass_settle(struct intake *intake, const struct pass *pass)
{
	if (intake->order != pass->order) {
		intake->order = pass->order;
		intake->subs = 0;
	}
}

/* False where the packet makes a tick due, which must go before it. */
SHORT_INLINE static inline bool pass_take(
    struct intake *intake, struct pass *pass, const struct packet *packet)
{
	if (__builtin_expect(
		packet->time_ns >= pass->due.time_ns || pass->order >= pass->due.order, 0)) {
		pass_settle(intake, pass);
		if (intake_clock_advance(intake, packet->time_ns)) {
			waiting_expire(intake, intake->desk);
			return false;
		}
		pass->due = due_when(intake);
	}
	if (__builtin_expect(pass->beside, 0)) {
		pass->order = intake_order_beside(intake, pass->order, packet->time_ns);
		/* These orders are not counted, so packets are. */
		if (--intake->clock.packets_left == 0) {
			pass->due.order = intake->clock.next_tick_order = pass->order;
		}
	} else {
		pass->order++;
	}
	__builtin_prefetch(pass->room + SLOTS_AHEAD, 1);
	if (pass->fetch) {
		packet_fetch_ahead(packet);
	}
	if (short_fits(&pass->shortcut, packet)) {
		short_take(&pass->shortcut, packet, pass->order, pass->room++);
	} else {
		/* The packet at hand stays in registers; each field is stored as it is loaded. */
		struct packet stored = {
		    .time_ns = packet->time_ns,
		    .data = packet->data,
		    .captured = packet->captured,
		    .length = packet->length,
		    .frame = packet->frame,
		    .capture = packet->capture,
		    .link = packet->link,
		};

		pass_settle(intake, pass);
		pass->room += other_take(intake, &stored, pass->room);
		pass->due = due_when(intake);
	}
	return true;
}

unsigned intake_burst(struct intake *intake, const struct packet *packets, unsigned count,
    struct media_packet *media, unsigned *slots, const struct record_sink *desk)
{
	struct shortcut first = shortcut_of(intake, packets[0].capture, packets[0].link);
	struct pass pass = pass_begin(intake, first, media, !intake->scattered, desk);
	unsigned taken = 0;

	for (; taken < count; taken++) {
		const struct packet *packet = &packets[taken];

		if (packet->capture != pass.shortcut.capture ||
		    packet->link != pass.shortcut.link) {
			pass.shortcut = shortcut_of(intake, packet->capture, packet->link);
		}
		if (!pass_take(intake, &pass, packet)) {
			break;
		}
	}
	pass_settle(intake, &pass);
	*slots = (unsigned)(pass.room - media);
	return taken;
}

bool intake_run(struct intake *intake, struct packet_run *run, struct media_packet *media,
    unsigned *slots, const struct record_sink *desk)
{
	const struct media_packet *last = media + *slots - MEDIA_SLOTS;
	struct shortcut shortcut = shortcut_of(intake, run->capture, run->link);
	struct pass pass = pass_begin(intake, shortcut, media, true, desk);
	struct packet_run rest = *run;
	struct packet packet;
	bool timely = true;

	while (pass.room <= last && packet_run_next(&rest, &packet)) {
		timely = pass_take(intake, &pass, &packet);
		if (!timely) {
			break;
		}
		packet_run_pass(&rest, &packet);
	}
	pass_settle(intake, &pass);
	*slots = (unsigned)(pass.room - media);
	*run = rest;
	return timely;
}
