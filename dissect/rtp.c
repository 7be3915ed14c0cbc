/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp.h"

/* Skip CSRCs and extension, as far as they were captured. */
static enum dissect_result optional_skip(struct bytes *in, uint8_t first, bool cut)
{
	const uint8_t *extension;

	if (!bytes_skip(in, (size_t)(first & 0x0f) * 4)) {
		in->at = in->end;
		return cut ? DISSECT_OK : MALFORMED_RTP_CSRC;
	}
	if (!(first & 0x10)) {
		return DISSECT_OK;
	}
	/* RFC 3550 section 5.3.1; the length counts 32-bit words behind the extension's own header.
	 */
	extension = bytes_take(in, 4);
	if (!extension || !bytes_skip(in, (size_t)load_be16(extension + 2) * 4)) {
		in->at = in->end;
		return cut ? DISSECT_OK : MALFORMED_RTP_EXTENSION;
	}
	return DISSECT_OK;
}

enum dissect_result rtp_parse(struct rtp *out, struct bytes in, size_t wire_length)
{
	size_t captured = bytes_left(&in);
	bool cut = captured < wire_length;
	const uint8_t *header = bytes_take(&in, RTP_HEADER_LENGTH);
	size_t payload, padding;
	enum dissect_result result;

	if (!header) {
		return MALFORMED_RTP_SHORT;
	}
	if (header[0] >> 6 != 2) {
		return MALFORMED_RTP_VERSION;
	}
	result = optional_skip(&in, header[0], cut);
	if (result != DISSECT_OK) {
		return result;
	}
	payload = bytes_left(&in) + (wire_length - captured);
	/* SRTP encrypts the padding and its count (RFC 3711 3.1): what cannot be is not believed.
	 */
	padding = header[0] & 0x20 && !cut && payload ? in.end[-1] : 0;
	if (padding > payload) {
		padding = 0;
	}
	out->payload_type = header[1] & 0x7f;
	out->marker = header[1] >> 7;
	out->sequence = load_be16(header + 2);
	out->timestamp = load_be32(header + 4);
	out->ssrc = load_be32(header + 8);
	out->payload_octets = (uint16_t)(payload - padding);
	out->payload = in;
	out->payload.end -= padding; /* 0 where it was not captured whole */
	return DISSECT_OK;
}
