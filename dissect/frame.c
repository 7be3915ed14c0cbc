/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "tcp.h"

static enum dissect_result udp_parse(struct frame *out, const struct ip *ip)
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
		out->payload = in; /* what is missing of it was not captured, or is ip->defect */
	}
	return DISSECT_OK;
}

static enum dissect_result segment_parse(struct frame *out, const struct ip *ip)
{
	struct tcp tcp;
	enum dissect_result result = tcp_parse(&tcp, ip->payload);

	if (result != DISSECT_OK) {
		return result;
	}
	out->src = (struct endpoint){ip->src, tcp.src_port};
	out->dst = (struct endpoint){ip->dst, tcp.dst_port};
	out->tcp_sequence = tcp.sequence;
	out->tcp_acknowledgement = tcp.acknowledgement;
	out->tcp_flags = tcp.flags;
	out->payload = tcp.payload;
	out->payload_length = (uint16_t)(ip->payload_length - tcp.header_length);
	return DISSECT_OK;
}

/* What a fragment and ICMP have in place of endpoints and payload. */
static void network_payload(struct frame *out, const struct ip *ip)
{
	out->src = (struct endpoint){.address = ip->src};
	out->dst = (struct endpoint){.address = ip->dst};
	out->payload = ip->payload;
	out->payload_length = ip->payload_length;
}

static enum dissect_result transport_parse(struct frame *out, const struct ip *ip)
{
	out->protocol = ip->protocol;
	switch (ip->protocol) {
	case IP_PROTOCOL_UDP:
		return udp_parse(out, ip);
	case IP_PROTOCOL_TCP:
		return segment_parse(out, ip);
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		network_payload(out, ip);
		return DISSECT_OK;
	default:
		return SKIPPED_IP_PROTOCOL;
	}
}

/* A header that the snap length took away is nobody's fault. */
static enum dissect_result cut_or(enum dissect_result result, size_t missing)
{
	switch (result) {
	case MALFORMED_ETHERNET_SHORT:
	case MALFORMED_VLAN_SHORT:
	case MALFORMED_COOKED_SHORT:
	case MALFORMED_LOOPBACK_SHORT:
	case MALFORMED_IPV4_SHORT:
	case MALFORMED_IPV6_SHORT:
	case MALFORMED_IPV6_EXTENSION_SHORT:
	case MALFORMED_TCP_SHORT:
	case MALFORMED_UDP_SHORT:
		return missing ? SKIPPED_CUT : result;
	default:
		return result;
	}
}

static enum dissect_result network_parse(
    struct ip *out, enum link_type type, struct bytes in, size_t missing, uint16_t *vlan)
{
	struct link link;
	enum dissect_result result = link_parse(&link, type, in);

	if (result != DISSECT_OK) {
		return result;
	}
	*vlan = link.vlan;
	switch (link.ethertype) {
	case ETHERTYPE_IPV4:
		return ipv4_parse(out, link.payload, missing);
	case ETHERTYPE_IPV6:
		return ipv6_parse(out, link.payload, missing);
	case ETHERTYPE_ARP:
		return SKIPPED_ARP;
	default:
		return SKIPPED_ETHERTYPE;
	}
}

enum dissect_result frame_parse(
    struct frame *out, enum link_type type, struct bytes in, size_t wire_length)
{
	size_t captured = bytes_left(&in);
	size_t missing = wire_length > captured ? wire_length - captured : 0;
	struct ip ip = {0};
	uint16_t vlan = 0;
	enum dissect_result result = network_parse(&ip, type, in, missing, &vlan);

	if (result != DISSECT_OK) {
		return cut_or(result, missing);
	}
	*out = (struct frame){.dscp = ip.dscp, .ttl = ip.ttl, .vlan = vlan, .defect = ip.defect};
	out->id = (uint16_t)(address_is_ipv4(&ip.src) ? ip.fragment.id : 0);
	if (ip.fragment.set) {
		out->protocol = ip.protocol;
		out->fragment = ip.fragment;
		network_payload(out, &ip);
		return DISSECT_OK;
	}
	return cut_or(transport_parse(out, &ip), missing);
}

enum dissect_result frame_reassembled(struct frame *frame, uint8_t protocol, struct bytes payload)
{
	struct ip ip = {
	    .src = frame->src.address,
	    .dst = frame->dst.address,
	    .protocol = protocol,
	    .payload_length = (uint16_t)bytes_left(&payload),
	    .payload = payload,
	};

	frame->fragment = (struct ip_fragment){0};
	if (!address_is_ipv4(&ip.src)) {
		enum dissect_result result = ipv6_extensions_parse(&ip);

		if (result != DISSECT_OK) {
			return result;
		}
		if (ip.fragment.set) { /* a fragment of fragments: RFC 8200 4.5 knows none */
			return MALFORMED_IPV6_EXTENSION_DEPTH;
		}
	}
	return transport_parse(frame, &ip);
}
