/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "ip.h"

static enum dissect_result udp_parse(struct frame *out, const struct ip *ip, bool cut)
{
	struct bytes in = ip->payload;
	const uint8_t *header = bytes_take(&in, 8);
	size_t length;

	if (!header) {
		return MALFORMED_UDP_SHORT;
	}
	length = load_be16(header + 4);
	if (length == 0) { /* segmentation offload, or a jumbogram (RFC 2675) */
		length = ip->payload_length;
	}
	if (length < 8 || length > ip->payload_length) {
		return MALFORMED_UDP_LENGTH;
	}
	out->src = (struct endpoint){ip->src, load_be16(header)};
	out->dst = (struct endpoint){ip->dst, load_be16(header + 2)};
	out->payload_length = (uint16_t)(length - 8);
	if (!bytes_child(&in, length - 8, &out->payload)) {
		if (!cut) {
			return MALFORMED_UDP_LENGTH;
		}
		out->payload = in;
	}
	return DISSECT_OK;
}

static enum dissect_result protocol_skipped(uint8_t protocol)
{
	switch (protocol) {
	case IP_PROTOCOL_TCP:
		return SKIPPED_TCP;
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		return SKIPPED_ICMP;
	default:
		return SKIPPED_IP_PROTOCOL;
	}
}

enum dissect_result frame_parse(
    struct frame *out, enum link_type type, struct bytes in, size_t wire_length)
{
	bool cut = bytes_left(&in) < wire_length;
	struct link link;
	struct ip ip = {0};
	enum dissect_result result = link_parse(&link, type, in);

	if (result != DISSECT_OK) {
		return result;
	}
	switch (link.ethertype) {
	case ETHERTYPE_IPV4:
		result = ipv4_parse(&ip, link.payload, cut);
		break;
	case ETHERTYPE_IPV6:
		result = ipv6_parse(&ip, link.payload, cut);
		break;
	case ETHERTYPE_ARP:
		return SKIPPED_ARP;
	default:
		return SKIPPED_ETHERTYPE;
	}
	if (result != DISSECT_OK) {
		return result;
	}
	if (ip.protocol != IP_PROTOCOL_UDP) {
		return protocol_skipped(ip.protocol);
	}
	*out = (struct frame){.dscp = ip.dscp, .ttl = ip.ttl, .vlan = link.vlan};
	return udp_parse(out, &ip, cut);
}
