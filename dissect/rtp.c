/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp.h"

/* RFC 3550 section 5.3.1; the length counts 32-bit words behind the extension's own header. */
static bool extension_skip(struct bytes *in)
{
	const uint8_t *header = bytes_take(in, 4);

	return header && bytes_skip(in, (size_t)load_be16(header + 2) * 4);
}

enum dissect_result rtp_parse(struct rtp *out, struct bytes in, size_t wire_length)
{
	size_t captured = bytes_left(&in);
	bool cut = captured < wire_length;
	const uint8_t *header = bytes_take(&in, RTP_HEADER_LENGTH);
	size_t payload, padding = 0;

	if (!header) {
		return MALFORMED_RTP_SHORT;
	}
	if (header[0] >> 6 != 2) {
		return MALFORMED_RTP_VERSION;
	}
	if (!bytes_skip(&in, (size_t)(header[0] & 0x0f) * 4)) {
		return MALFORMED_RTP_CSRC;
	}
	if (header[0] & 0x10 && !extension_skip(&in)) {
		return MALFORMED_RTP_EXTENSION;
	}
	payload = bytes_left(&in) + (wire_length - captured);
	if (header[0] & 0x20 && !cut) {
		padding = payload ? in.end[-1] : 0;
		/* Encrypted payloads hide the count, so only what cannot be is malformed. */
		if (padding == 0 || padding > payload) {
			return MALFORMED_RTP_PADDING;
		}
	}
	out->payload_type = header[1] & 0x7f;
	out->marker = header[1] >> 7;
	out->sequence = load_be16(header + 2);
	out->timestamp = load_be32(header + 4);
	out->ssrc = load_be32(header + 8);
	out->payload_octets = (uint16_t)(payload - padding);
	return DISSECT_OK;
}
