/* SPDX-License-Identifier: Apache-2.0 */
#include "rtcp.h"

#include <stddef.h>

/* What follows an SRTCP compound: E flag and index, master key identifier, tag. */
enum { SRTCP_INDEX_LENGTH = 4, SRTCP_KEY_ID_MAX = 4, SRTCP_INDEX_BELOW = 1 << 24 };

struct packet {
	enum rtcp_type type;
	unsigned count; /* or format, or subtype */
	struct bytes body;
};

/* --- reports --- */

static void block_load(struct rtcp_block *block, uint32_t from, const uint8_t *p)
{
	uint32_t lost = load_be24(p + 5);

	block->from = from;
	block->ssrc = load_be32(p);
	block->fraction_lost = p[4];
	block->cumulative_lost = (int32_t)(lost ^ 0x800000U) - 0x800000;
	block->highest_sequence = load_be32(p + 8);
	block->jitter = load_be32(p + 12);
	block->last_sr = load_be32(p + 16);
	block->delay_since_last_sr = load_be32(p + 20);
}

static enum dissect_result report_parse(struct rtcp *out, struct packet *packet)
{
	const uint8_t *p = bytes_take(&packet->body, packet->type == RTCP_SR ? 24 : 4);

	if (!p) {
		return MALFORMED_RTCP_LENGTH;
	}
	if (packet->type == RTCP_SR && out->sender_count < RTCP_SENDERS_MAX) {
		out->senders[out->sender_count++] = (struct rtcp_sender){
		    .ssrc = load_be32(p),
		    .ntp_time = load_be64(p + 4),
		    .rtp_timestamp = load_be32(p + 12),
		    .packets = load_be32(p + 16),
		    .octets = load_be32(p + 20),
		};
	}
	for (unsigned i = 0; i < packet->count; i++) {
		const uint8_t *block = bytes_take(&packet->body, 24);

		if (!block) {
			return MALFORMED_RTCP_REPORT_COUNT;
		}
		if (out->block_count < RTCP_BLOCKS_MAX) {
			block_load(&out->blocks[out->block_count++], load_be32(p), block);
		}
	}
	out->receiver_report = true;
	return DISSECT_OK;
}

/* --- descriptions and goodbyes --- */

/* Some senders count the NUL that ends their string; the standard has none. */
static struct text text_item(const uint8_t *at, size_t length)
{
	while (length > 0 && at[length - 1] == '\0') {
		length--;
	}
	return (struct text){(const char *)at, length};
}

/* The items of a chunk up to the null octet that ends them. */
static bool items_parse(struct rtcp_chunk *chunk, struct bytes *in)
{
	for (int i = 0; i < RTCP_ITEMS_MAX; i++) {
		const uint8_t *type = bytes_take(in, 1), *length;
		const uint8_t *text;

		if (!type) {
			return false;
		}
		if (*type == 0) {
			return true;
		}
		length = bytes_take(in, 1);
		text = length ? bytes_take(in, *length) : NULL;
		if (!text) {
			return false;
		}
		if (*type < RTCP_ITEM_TYPES) {
			chunk->items[*type] = text_item(text, *length);
		}
	}
	return false;
}

static enum dissect_result description_parse(struct rtcp *out, struct packet *packet)
{
	for (unsigned i = 0; i < packet->count; i++) {
		const uint8_t *ssrc = bytes_take(&packet->body, 4);
		struct rtcp_chunk chunk = {0};

		if (!ssrc || !items_parse(&chunk, &packet->body)) {
			return MALFORMED_RTCP_SDES;
		}
		/* The next chunk begins at a word of the packet, whose end is at one too. */
		if (!bytes_skip(&packet->body, bytes_left(&packet->body) % 4)) {
			return MALFORMED_RTCP_SDES;
		}
		chunk.ssrc = load_be32(ssrc);
		if (out->chunk_count < RTCP_CHUNKS_MAX) {
			out->chunks[out->chunk_count++] = chunk;
		}
	}
	return DISSECT_OK;
}

static enum dissect_result goodbye_parse(struct rtcp *out, struct packet *packet)
{
	const uint8_t *ssrcs = bytes_take(&packet->body, (size_t)packet->count * 4);
	struct text reason = TEXT_NONE;

	if (!ssrcs) {
		return MALFORMED_RTCP_BYE;
	}
	if (bytes_left(&packet->body) > 0) {
		size_t length = *bytes_take(&packet->body, 1);
		const uint8_t *text = bytes_take(&packet->body, length);

		if (!text) {
			return MALFORMED_RTCP_BYE;
		}
		reason = text_item(text, length);
	}
	for (unsigned i = 0; i < packet->count && out->goodbye_count < RTCP_GOODBYES_MAX; i++) {
		out->goodbyes[out->goodbye_count++] =
		    (struct rtcp_goodbye){load_be32(ssrcs + (size_t)i * 4), reason};
	}
	return DISSECT_OK;
}

/* --- the others --- */

static enum dissect_result app_parse(struct rtcp *out, struct packet *packet)
{
	const uint8_t *p = bytes_take(&packet->body, 8);

	if (!p) {
		return MALFORMED_RTCP_APP;
	}
	if (out->app_count < RTCP_APPS_MAX) {
		out->apps[out->app_count++] = (struct rtcp_app){
		    .ssrc = load_be32(p),
		    .subtype = (uint8_t)packet->count,
		    .name = {(const char *)p + 4, 4},
		    .data = packet->body,
		};
	}
	return DISSECT_OK;
}

/* RFC 4585 6.2.1, 6.3.1, 6.3.2; RFC 5104 4.3.1. Formats not known here may have any length. */
static bool control_fits(bool payload_specific, unsigned format, size_t octets)
{
	if (!payload_specific) {
		return format != RTCP_FEEDBACK_NACK || octets >= 4;
	}
	switch (format) {
	case RTCP_FEEDBACK_PLI:
		return octets == 0;
	case RTCP_FEEDBACK_SLI:
		return octets >= 4;
	case RTCP_FEEDBACK_FIR:
		return octets >= 8 && octets % 8 == 0;
	default:
		return true;
	}
}

static enum dissect_result feedback_parse(struct rtcp *out, struct packet *packet)
{
	const uint8_t *p = bytes_take(&packet->body, 8);
	struct rtcp_feedback feedback = {.payload_specific = packet->type == RTCP_PSFB,
	    .format = (uint8_t)packet->count,
	    .control = packet->body};

	if (!p || !control_fits(
		      feedback.payload_specific, feedback.format, bytes_left(&feedback.control))) {
		return MALFORMED_RTCP_FEEDBACK;
	}
	feedback.sender = load_be32(p);
	feedback.media = load_be32(p + 4);
	if (feedback.payload_specific && feedback.format == RTCP_FEEDBACK_FIR) {
		feedback.media = load_be32(feedback.control.at);
	}
	if (out->feedback_count < RTCP_FEEDBACKS_MAX) {
		out->feedbacks[out->feedback_count++] = feedback;
	}
	return DISSECT_OK;
}

static enum dissect_result extended_keep(struct rtcp *out, const struct packet *packet)
{
	if (bytes_left(&packet->body) < 4) {
		return MALFORMED_RTCP_XR;
	}
	if (out->xr_count < RTCP_XRS_MAX) {
		out->xrs[out->xr_count++] = packet->body;
	}
	return DISSECT_OK;
}

static enum dissect_result other_parse(struct rtcp *out, struct packet *packet)
{
	switch (packet->type) {
	case RTCP_SDES:
		return description_parse(out, packet);
	case RTCP_BYE:
		return goodbye_parse(out, packet);
	case RTCP_APP:
		return app_parse(out, packet);
	case RTCP_RTPFB:
	case RTCP_PSFB:
		return feedback_parse(out, packet);
	case RTCP_XR:
		return extended_keep(out, packet);
	default:
		return DISSECT_OK;
	}
}

/* --- the compound --- */

/* RFC 3550 6.4.1: the last octet of the padding counts it, itself included. */
static bool padding_cut(struct bytes *body)
{
	size_t length = bytes_left(body), padding = length > 0 ? body->end[-1] : 0;

	if (padding == 0 || padding % 4 != 0 || padding > length) {
		return false;
	}
	body->end -= padding;
	return true;
}

static enum dissect_result header_parse(struct packet *out, struct bytes *in, bool *padded)
{
	const uint8_t *header = bytes_take(in, 4);

	if (!header) {
		return MALFORMED_RTCP_SHORT;
	}
	if (header[0] >> 6 != 2) {
		return MALFORMED_RTCP_VERSION;
	}
	if (!rtcp_shape(header[0], header[1])) {
		return MALFORMED_RTCP_TYPE;
	}
	if (!bytes_child(in, (size_t)load_be16(header + 2) * 4, &out->body)) {
		return MALFORMED_RTCP_LENGTH;
	}
	out->type = header[1];
	out->count = header[0] & 0x1f;
	*padded = header[0] & 0x20;
	return DISSECT_OK;
}

static enum dissect_result packet_parse(struct rtcp *out, struct bytes *in, bool first)
{
	struct packet packet;
	bool padded;
	enum dissect_result result = header_parse(&packet, in, &padded);

	if (result != DISSECT_OK) {
		return result;
	}
	if (first && bytes_left(&packet.body) >= 4) {
		out->ssrc = load_be32(packet.body.at);
	}
	if (padded && !padding_cut(&packet.body)) {
		dissect_defect(&out->defects, MALFORMED_RTCP_PADDING);
	}
	if (packet.type == RTCP_SR || packet.type == RTCP_RR) {
		return report_parse(out, &packet);
	}
	result = other_parse(out, &packet);
	if (result != DISSECT_OK) {
		dissect_defect(&out->defects, result);
	}
	return DISSECT_OK;
}

enum protection { PROTECTION_NONE, PROTECTION_CLEAR, PROTECTION_ENCRYPTED };

static enum protection word_says(const uint8_t *p)
{
	uint32_t word = load_be32(p);

	if ((word & 0x7fffffff) >= SRTCP_INDEX_BELOW || rtcp_shape(p[0], p[1])) {
		return PROTECTION_NONE;
	}
	return word >> 31 ? PROTECTION_ENCRYPTED : PROTECTION_CLEAR;
}

/*
 * Does the datagram end as SRTCP does (RFC 3711 3.4)? Behind the compound stand a word of E flag
 * and index, perhaps a key identifier, and the tag; with GCM (RFC 7714 9.1) the tag comes before.
 * Indices begin at 0 and count packets, so that their first octet is 0. `rest` is what is left
 * where the walk broke off; a compound that is authenticated alone ends exactly there.
 */
static enum protection protection_of(struct bytes whole, struct bytes rest)
{
	static const size_t tags[] = {10, 4, 0};
	static const size_t gcm_tag = 16;
	enum protection found = PROTECTION_NONE;

	for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++) {
		for (size_t id = 0; id <= SRTCP_KEY_ID_MAX; id++) {
			size_t trailer = SRTCP_INDEX_LENGTH + id + tags[i];
			size_t behind = tags[i] ? trailer : trailer + gcm_tag;
			enum protection says;

			/* Compounds are made of words, encrypted or not. */
			if (bytes_left(&whole) < 8 + behind ||
			    (bytes_left(&whole) - behind) % 4 != 0) {
				continue;
			}
			says = word_says(whole.end - trailer);
			if (says == PROTECTION_ENCRYPTED) {
				return says;
			}
			if (says == PROTECTION_CLEAR && bytes_left(&rest) == behind) {
				found = says;
			}
		}
	}
	return found;
}

enum dissect_result rtcp_parse(struct rtcp *out, struct bytes in)
{
	struct bytes whole = in;

	/* The lists hold what their counts say, and are written as it comes. */
	memset(out, 0, offsetof(struct rtcp, senders));
	out->defects = (struct dissect_defects){0};
	for (int i = 0; i < RTCP_PACKETS_MAX; i++) {
		struct bytes rest = in;
		enum dissect_result result = packet_parse(out, &in, i == 0);

		if (result != DISSECT_OK && i > 0) {
			enum protection protection = protection_of(whole, rest);

			if (protection == PROTECTION_ENCRYPTED) {
				return SKIPPED_RTCP_ENCRYPTED;
			}
			if (protection == PROTECTION_CLEAR) {
				return DISSECT_OK;
			}
		}
		if (result == MALFORMED_RTCP_SHORT && i > 0) {
			/* A few octets behind a sound compound. */
			dissect_defect(&out->defects, result);
			return DISSECT_OK;
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
