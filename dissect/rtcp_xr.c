/* SPDX-License-Identifier: Apache-2.0 */
#include "rtcp_xr.h"

struct block {
	enum rtcp_xr_type type;
	uint8_t specific;
	struct bytes body;
};

/* Null chunks only fill up to a word, at the end (RFC 3611 4.1.3). */
static uint16_t chunks_count(struct bytes in)
{
	uint16_t count = 0;
	const uint8_t *chunk;

	while ((chunk = bytes_take(&in, 2)) != NULL && load_be16(chunk) != 0) {
		count++;
	}
	return count;
}

static bool range_parse(struct rtcp_xr *out, struct block *block)
{
	const uint8_t *p = bytes_take(&block->body, 8);

	if (!p) {
		return false;
	}
	if (out->range_count < RTCP_XR_RANGES_MAX) {
		out->ranges[out->range_count++] = (struct rtcp_xr_range){
		    .type = block->type,
		    .ssrc = load_be32(p),
		    .thinning = block->specific & 0x0f,
		    .begin = load_be16(p + 4),
		    .end = load_be16(p + 6),
		    .items = block->type == RTCP_XR_RECEIPT_TIMES
				 ? (uint16_t)(bytes_left(&block->body) / 4)
				 : chunks_count(block->body),
		};
	}
	return true;
}

static bool reference_time_parse(struct rtcp_xr *out, struct block *block)
{
	const uint8_t *p = bytes_take(&block->body, 8);

	if (!p || bytes_left(&block->body) > 0) {
		return false;
	}
	out->reference_time = true;
	out->ntp_time = load_be64(p);
	return true;
}

static bool delays_parse(struct rtcp_xr *out, struct block *block)
{
	const uint8_t *p;

	if (bytes_left(&block->body) % 12 != 0) {
		return false;
	}
	while ((p = bytes_take(&block->body, 12)) != NULL) {
		if (out->delay_count < RTCP_XR_DELAYS_MAX) {
			out->delays[out->delay_count++] = (struct rtcp_xr_delay){
			    load_be32(p), load_be32(p + 4), load_be32(p + 8)};
		}
	}
	return true;
}

static bool statistics_parse(struct rtcp_xr *out, struct block *block)
{
	const uint8_t *p = bytes_take(&block->body, 36);
	uint8_t flags = block->specific, hops = flags >> 3 & 3;

	if (!p || bytes_left(&block->body) > 0) {
		return false;
	}
	if (out->statistics_count < RTCP_XR_STATISTICS_MAX) {
		out->statistics[out->statistics_count++] = (struct rtcp_xr_statistics){
		    .ssrc = load_be32(p),
		    .begin = load_be16(p + 4),
		    .end = load_be16(p + 6),
		    .has_loss = flags & 0x80,
		    .has_duplicates = flags & 0x40,
		    .has_jitter = flags & 0x20,
		    .has_ttl = hops == 1 || hops == 2,
		    .ipv6 = hops == 2,
		    .lost = load_be32(p + 8),
		    .duplicates = load_be32(p + 12),
		    .jitter_min = load_be32(p + 16),
		    .jitter_max = load_be32(p + 20),
		    .jitter_mean = load_be32(p + 24),
		    .jitter_deviation = load_be32(p + 28),
		    .ttl_min = p[32],
		    .ttl_max = p[33],
		    .ttl_mean = p[34],
		    .ttl_deviation = p[35],
		};
	}
	return true;
}

static bool voip_parse(struct rtcp_xr *out, struct block *block)
{
	const uint8_t *p = bytes_take(&block->body, 32);

	if (!p || bytes_left(&block->body) > 0) {
		return false;
	}
	if (out->voip_count < RTCP_XR_VOIP_MAX) {
		out->voip[out->voip_count++] = (struct rtcp_xr_voip){
		    .ssrc = load_be32(p),
		    .loss_rate = p[4],
		    .discard_rate = p[5],
		    .burst_density = p[6],
		    .gap_density = p[7],
		    .burst_duration_ms = load_be16(p + 8),
		    .gap_duration_ms = load_be16(p + 10),
		    .round_trip_delay_ms = load_be16(p + 12),
		    .end_system_delay_ms = load_be16(p + 14),
		    .signal_level_dbm0 = (int8_t)p[16],
		    .noise_level_dbm0 = (int8_t)p[17],
		    .rerl_db = p[18],
		    .gmin = p[19],
		    .r_factor = p[20],
		    .ext_r_factor = p[21],
		    .mos_lq = p[22],
		    .mos_cq = p[23],
		    .plc = p[24] >> 6,
		    .buffer_kind = p[24] >> 4 & 3,
		    .buffer_rate = p[24] & 0x0f,
		    .buffer_nominal_ms = load_be16(p + 26),
		    .buffer_maximum_ms = load_be16(p + 28),
		    .buffer_limit_ms = load_be16(p + 30),
		};
	}
	return true;
}

static bool block_parse(struct rtcp_xr *out, struct block *block)
{
	switch (block->type) {
	case RTCP_XR_LOSS_RLE:
	case RTCP_XR_DUPLICATE_RLE:
	case RTCP_XR_RECEIPT_TIMES:
		return range_parse(out, block);
	case RTCP_XR_REFERENCE_TIME:
		return reference_time_parse(out, block);
	case RTCP_XR_DLRR:
		return delays_parse(out, block);
	case RTCP_XR_STATISTICS:
		return statistics_parse(out, block);
	case RTCP_XR_VOIP:
		return voip_parse(out, block);
	default:
		out->unknown_count++;
		return true;
	}
}

enum dissect_result rtcp_xr_parse(struct rtcp_xr *out, struct bytes in)
{
	const uint8_t *ssrc = bytes_take(&in, 4);

	if (!ssrc) {
		return MALFORMED_RTCP_XR;
	}
	*out = (struct rtcp_xr){.ssrc = load_be32(ssrc)};
	for (int i = 0; i < RTCP_XR_BLOCKS_MAX && bytes_left(&in) > 0; i++) {
		const uint8_t *header = bytes_take(&in, 4);
		struct block block;

		if (!header || !bytes_child(&in, (size_t)load_be16(header + 2) * 4, &block.body)) {
			dissect_defect(&out->defects, MALFORMED_RTCP_XR);
			return DISSECT_OK;
		}
		block.type = header[0];
		block.specific = header[1];
		if (!block_parse(out, &block)) {
			dissect_defect(&out->defects, MALFORMED_RTCP_XR_BLOCK);
		}
	}
	return DISSECT_OK;
}
