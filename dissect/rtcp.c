/* SPDX-License-Identifier: Apache-2.0 */
#include "rtcp.h"

static void block_load(struct rtcp_block *block, const uint8_t *p)
{
	uint32_t lost = load_be24(p + 5);

	block->ssrc = load_be32(p);
	block->fraction_lost = p[4];
	block->cumulative_lost = (int32_t)(lost ^ 0x800000U) - 0x800000;
	block->highest_sequence = load_be32(p + 8);
	block->jitter = load_be32(p + 12);
	block->last_sr = load_be32(p + 16);
	block->delay_since_last_sr = load_be32(p + 20);
}

static enum dissect_result blocks_parse(struct rtcp *out, struct bytes *in, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const uint8_t *p = bytes_take(in, 24);

		if (!p) {
			return MALFORMED_RTCP_REPORT_COUNT;
		}
		if (out->block_count < RTCP_BLOCKS_MAX) {
			block_load(&out->blocks[out->block_count++], p);
		}
	}
	out->receiver_report = true;
	return DISSECT_OK;
}

static enum dissect_result report_parse(
    struct rtcp *out, struct bytes in, enum rtcp_type type, unsigned count)
{
	const uint8_t *p = bytes_take(&in, type == RTCP_SR ? 24 : 4);

	if (!p) {
		return MALFORMED_RTCP_LENGTH;
	}
	out->ssrc = load_be32(p);
	if (type == RTCP_SR) {
		out->sender_report = true;
		out->ntp_time = load_be64(p + 4);
		out->rtp_timestamp = load_be32(p + 12);
		out->packets_sent = load_be32(p + 16);
		out->octets_sent = load_be32(p + 20);
	}
	return blocks_parse(out, &in, count);
}

static enum dissect_result packet_parse(struct rtcp *out, struct bytes *in)
{
	const uint8_t *header = bytes_take(in, 4);
	struct bytes body;

	if (!header) {
		return MALFORMED_RTCP_SHORT;
	}
	if (header[0] >> 6 != 2) {
		return MALFORMED_RTCP_VERSION;
	}
	if (!rtcp_shape(header[0], header[1])) {
		return MALFORMED_RTCP_TYPE;
	}
	if (!bytes_child(in, (size_t)load_be16(header + 2) * 4, &body)) {
		return MALFORMED_RTCP_LENGTH;
	}
	switch (header[1]) {
	case RTCP_SR:
	case RTCP_RR:
		return report_parse(out, body, header[1], header[0] & 0x1f);
	case RTCP_BYE:
		out->bye = true;
		return DISSECT_OK;
	default:
		return DISSECT_OK;
	}
}

enum dissect_result rtcp_parse(struct rtcp *out, struct bytes in)
{
	*out = (struct rtcp){0};
	for (int i = 0; i < RTCP_PACKETS_MAX; i++) {
		enum dissect_result result = packet_parse(out, &in);

		if (result == MALFORMED_RTCP_SHORT && i > 0) {
			out->defect = result; /* a few octets behind a sound compound */
			return DISSECT_OK;
		}
		/* SRTCP (RFC 3711 3.4) leaves eight octets clear; what follows looks like nothing.
		 */
		if (i > 0 && (result == MALFORMED_RTCP_VERSION || result == MALFORMED_RTCP_TYPE)) {
			return SKIPPED_RTCP_ENCRYPTED;
		}
		if (result != DISSECT_OK) {
			return result;
		}
		if (bytes_left(&in) == 0) {
			return DISSECT_OK;
		}
	}
	return MALFORMED_RTCP_DEPTH;
}
