/* SPDX-License-Identifier: Apache-2.0 */
#include "intake_record.h"

#include "short_datagram.h"
#include "sip.h"

void *intake_record_begin(struct intake *intake, enum record_kind kind, size_t length)
{
	size_t octets = (length + 7) / 8 * 8;
	struct record *record = intake->desk->reserve(intake->desk->context, octets);

	if (!record) {
		intake->signals_refused++;
		return NULL;
	}
	intake->record_octets += (uint32_t)octets;
	if (intake->record_octets > INTAKE_TICK_OCTETS) {
		intake->clock.next_tick_order = intake->order;
	}
	memset((uint8_t *)record + octets - 8, 0, 8);
	*record = (struct record){.order = intake->order, .octets = (uint32_t)octets, .kind = kind};
	/* Apart from those of workers, whose numbers of one order begin at 1. */
	record->sub = intake->subs ? UINT64_MAX / 2 + intake->subs : 0;
	intake->subs++;
	return record;
}

void *intake_record_room(struct intake *intake, enum record_kind kind, size_t length)
{
	struct record *record = intake_record_begin(intake, kind, length);

	if (record) {
		memset(record + 1, 0, record->octets - sizeof(*record));
	}
	return record;
}

void intake_signal_put(struct intake *intake, enum record_kind kind, const struct signal *head,
    struct bytes octets, const struct frame_list *frames)
{
	unsigned frame_count = frames && frames->count > 1 ? frames->count : 0;
	size_t length = bytes_left(&octets), more = frame_count * sizeof(frames->at[0]);
	struct signal *signal = intake_record_begin(intake, kind, sizeof(*signal) + length + more);
	struct record record;

	if (!signal) {
		return;
	}
	record = signal->record;
	*signal = *head;
	signal->record = record;
	signal->frame_count = (uint8_t)frame_count;
	signal->length = (uint32_t)length;
	memcpy(signal->octets, octets.at, length);
	if (frame_count > 0) {
		memcpy(signal->octets + length, frames->at, more);
	}
}

/*
 * Does it begin with four capitals, spaces or what stands between them? Of what is encrypted few do
 * that begin with a letter.
 */
static bool is_sip_like(const uint8_t *p)
{
	static const uint32_t six = 0x40404040, eight = 0x80808080;
	uint32_t word = load_le32(p);

	/* 0x20 to 0x5f: of the three upper bits the second or the third alone */
	return p[0] >= 'A' && p[0] <= 'Z' && !(word & eight) && ((word ^ word << 1) & six) == six;
}

bool intake_message_take(struct intake *intake, const struct packet *packet)
{
	const uint8_t *p = packet->data, *ip = p + SHORT_IP;
	struct bytes octets;
	uint32_t total;

	if (packet->captured < SHORT_PAYLOAD || packet->link != LINK_ETHERNET ||
	    !short_is_datagram(p) || !is_sip_like(p + SHORT_RTP)) {
		return false;
	}
	total = load_be16(ip + 2);
	if (total != load_be16(p + SHORT_UDP + 4) + 20U || SHORT_IP + total > packet->captured ||
	    total < SHORT_RTP - SHORT_IP) {
		return false;
	}
	octets = bytes_of(p + SHORT_RTP, total - (SHORT_RTP - SHORT_IP));
	if (!sip_shape(octets)) {
		return false;
	}
	intake->load[packet->capture].other[load_way_ipv4(ip + 12)] += packet->length;
	intake_signal_put(intake, RECORD_SIP,
	    &(struct signal){
		.time_ns = packet->time_ns,
		.src = {address_of_ipv4(load_be32(ip + 12)), load_be16(p + SHORT_UDP)},
		.dst = {address_of_ipv4(load_be32(ip + 16)), load_be16(p + SHORT_UDP + 2)},
		.frame = packet->frame,
		.capture = packet->capture,
		.vantage = intake->vantages[packet->capture],
		.ip_id = load_be16(ip + 4),
		.dscp = ip[1] >> 2,
		.ttl = ip[8],
		.transport = SIGNAL_UDP,
	    },
	    octets, NULL);
	return true;
}
