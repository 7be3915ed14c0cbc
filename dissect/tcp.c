/* SPDX-License-Identifier: Apache-2.0 */
#include "tcp.h"

enum { HEADER_MIN = 20 };

enum dissect_result tcp_parse(struct tcp *out, struct bytes in)
{
	const uint8_t *header = bytes_take(&in, HEADER_MIN);
	size_t length;

	if (!header) {
		return MALFORMED_TCP_SHORT;
	}
	length = (size_t)(header[12] >> 4) * 4;
	if (length < HEADER_MIN) {
		return MALFORMED_TCP_HEADER_LENGTH;
	}
	if (!bytes_skip(&in, length - HEADER_MIN)) {
		return MALFORMED_TCP_SHORT;
	}
	*out = (struct tcp){
	    .src_port = load_be16(header),
	    .dst_port = load_be16(header + 2),
	    .sequence = load_be32(header + 4),
	    .acknowledgement = load_be32(header + 8),
	    .flags = header[13],
	    .header_length = (uint8_t)length,
	    .payload = in,
	};
	return DISSECT_OK;
}
