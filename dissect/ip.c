/* SPDX-License-Identifier: Apache-2.0 */
#include "ip.h"

/* Bound the payload by the length that the header declares. */
static void payload_bound(
    struct ip *out, struct bytes in, size_t declared, size_t missing, enum dissect_result defect)
{
	out->payload_length = (uint16_t)declared;
	if (!bytes_child(&in, declared, &out->payload)) {
		out->payload = in;
		out->defect = missing ? DISSECT_OK : defect;
	}
}

/* Segmentation offload: the capture was taken before the length was filled in. */
static size_t length_of_offload(size_t captured, size_t missing)
{
	return captured + missing < UINT16_MAX ? captured + missing : UINT16_MAX;
}

enum dissect_result ipv4_parse(struct ip *out, struct bytes in, size_t missing)
{
	size_t whole = bytes_left(&in);
	const uint8_t *header = bytes_take(&in, 20);
	size_t header_length, total;

	if (!header) {
		return MALFORMED_IPV4_SHORT;
	}
	if (header[0] >> 4 != 4) {
		return MALFORMED_IP_VERSION;
	}
	header_length = (size_t)(header[0] & 0x0f) * 4;
	if (header_length < 20 || !bytes_skip(&in, header_length - 20)) {
		return MALFORMED_IPV4_HEADER_LENGTH;
	}
	total = load_be16(header + 2);
	if (total == 0) {
		total = length_of_offload(whole, missing);
	}
	if (total < header_length) {
		return MALFORMED_IPV4_TOTAL_LENGTH;
	}
	out->defect = DISSECT_OK;
	out->src = address_of_ipv4(load_be32(header + 12));
	out->dst = address_of_ipv4(load_be32(header + 16));
	out->protocol = header[9];
	out->dscp = header[1] >> 2;
	out->ttl = header[8];
	out->fragment = (struct ip_fragment){
	    .set = (load_be16(header + 6) & 0x3fff) != 0, /* more fragments, or an offset */
	    .more = load_be16(header + 6) & 0x2000,
	    .offset = (uint16_t)((load_be16(header + 6) & 0x1fff) * 8),
	    .id = load_be16(header + 4),
	};
	payload_bound(out, in, total - header_length, missing, MALFORMED_IPV4_TOTAL_LENGTH);
	return DISSECT_OK;
}

/* An extension header of 8 octets and `more`; the payload begins behind it. NULL: not there. */
static const uint8_t *extension_take(struct ip *out, bool with_length)
{
	const uint8_t *header = bytes_take(&out->payload, 8);
	size_t more = header && with_length ? (size_t)header[1] * 8 : 0;

	if (!header || !bytes_skip(&out->payload, more) || 8 + more > out->payload_length) {
		return NULL;
	}
	out->payload_length = (uint16_t)(out->payload_length - 8 - more);
	out->protocol = header[0];
	return header;
}

static bool fragment_take(struct ip *out)
{
	const uint8_t *header = extension_take(out, false);

	if (!header) {
		return false;
	}
	out->fragment = (struct ip_fragment){
	    .set = (load_be16(header + 2) & 0xfff9) != 0, /* otherwise atomic, RFC 6946 */
	    .more = header[3] & 1,
	    .offset = load_be16(header + 2) & 0xfff8,
	    .id = load_be32(header + 4),
	};
	return true;
}

enum dissect_result ipv6_extensions_parse(struct ip *out)
{
	for (int depth = 0; depth <= IP_EXTENSIONS_MAX; depth++) {
		bool taken;

		switch (out->protocol) {
		case IP_PROTOCOL_HOP_BY_HOP:
		case IP_PROTOCOL_ROUTING:
		case IP_PROTOCOL_DESTINATION:
			taken = extension_take(out, true) != NULL;
			break;
		case IP_PROTOCOL_FRAGMENT:
			taken = fragment_take(out);
			break;
		default:
			return DISSECT_OK;
		}
		if (!taken) {
			return MALFORMED_IPV6_EXTENSION_SHORT;
		}
		if (out->fragment.set) {
			return DISSECT_OK;
		}
	}
	return MALFORMED_IPV6_EXTENSION_DEPTH;
}

enum dissect_result ipv6_parse(struct ip *out, struct bytes in, size_t missing)
{
	const uint8_t *header = bytes_take(&in, 40);
	size_t declared;

	if (!header) {
		return MALFORMED_IPV6_SHORT;
	}
	if (header[0] >> 4 != 6) {
		return MALFORMED_IP_VERSION;
	}
	out->defect = DISSECT_OK;
	memcpy(out->src.octets, header + 8, 16);
	memcpy(out->dst.octets, header + 24, 16);
	out->protocol = header[6];
	out->dscp = (uint8_t)(load_be16(header) >> 6 & 0x3f);
	out->ttl = header[7];
	declared = load_be16(header + 4);
	if (declared == 0) {
		declared = length_of_offload(bytes_left(&in), missing);
	}
	payload_bound(out, in, declared, missing, MALFORMED_IPV6_PAYLOAD_LENGTH);
	out->fragment = (struct ip_fragment){0};
	return ipv6_extensions_parse(out);
}
