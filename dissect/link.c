/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

/* Take the 802.1Q tags, if any; out->ethertype becomes what lies behind the last. */
static enum dissect_result vlans_parse(struct link *out, struct bytes *in)
{
	while (out->ethertype == ETHERTYPE_VLAN || out->ethertype == ETHERTYPE_QINQ ||
	       out->ethertype == ETHERTYPE_QINQ_OLD) {
		const uint8_t *tag;

		if (out->vlan_count == LINK_VLANS_MAX) {
			return MALFORMED_VLAN_DEPTH;
		}
		tag = bytes_take(in, 4);
		if (!tag) {
			return MALFORMED_VLAN_SHORT;
		}
		if (out->vlan_count++ == 0) {
			out->vlan = load_be16(tag) & 0x0fff;
		}
		out->ethertype = load_be16(tag + 2);
	}
	return DISSECT_OK;
}

static enum dissect_result ethernet_parse(struct link *out, struct bytes *in)
{
	const uint8_t *header = bytes_take(in, 14);

	if (!header) {
		return MALFORMED_ETHERNET_SHORT;
	}
	out->ethertype = load_be16(header + 12);
	return vlans_parse(out, in);
}

static enum dissect_result cooked_parse(
    struct link *out, struct bytes *in, size_t header_length, size_t protocol_at)
{
	const uint8_t *header = bytes_take(in, header_length);

	if (!header) {
		return MALFORMED_COOKED_SHORT;
	}
	out->ethertype = load_be16(header + protocol_at);
	return vlans_parse(out, in);
}

/* Without a link header the version of IP tells the protocol. */
static enum dissect_result raw_parse(struct link *out, const struct bytes *in)
{
	if (bytes_left(in) == 0) {
		return MALFORMED_IP_VERSION;
	}
	switch (in->at[0] >> 4) {
	case 4:
		out->ethertype = ETHERTYPE_IPV4;
		return DISSECT_OK;
	case 6:
		out->ethertype = ETHERTYPE_IPV6;
		return DISSECT_OK;
	default:
		return MALFORMED_IP_VERSION;
	}
}

enum dissect_result link_parse(struct link *out, enum link_type type, struct bytes in)
{
	enum dissect_result result = SKIPPED_LINK_TYPE;

	*out = (struct link){0};
	switch (type) {
	case LINK_ETHERNET:
		result = ethernet_parse(out, &in);
		break;
	case LINK_LINUX_SLL:
		result = cooked_parse(out, &in, 16, 14);
		break;
	case LINK_LINUX_SLL2:
		result = cooked_parse(out, &in, 20, 0);
		break;
	case LINK_NULL:
	case LINK_LOOP:
		/* Four octets of address family, in the byte order and numbers of some host. */
		if (!bytes_skip(&in, 4)) {
			return MALFORMED_LOOPBACK_SHORT;
		}
		result = raw_parse(out, &in);
		break;
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
	case LINK_IPV4:
	case LINK_IPV6:
		result = raw_parse(out, &in);
		break;
	}
	out->payload = in;
	return result;
}

const char *link_type_name(enum link_type type)
{
	switch (type) {
	case LINK_NULL:
		return "null";
	case LINK_ETHERNET:
		return "ethernet";
	case LINK_RAW:
	case LINK_RAW_BSD:
	case LINK_RAW_OPENBSD:
		return "raw";
	case LINK_LOOP:
		return "loop";
	case LINK_LINUX_SLL:
		return "linux_sll";
	case LINK_IPV4:
		return "ipv4";
	case LINK_IPV6:
		return "ipv6";
	case LINK_LINUX_SLL2:
		return "linux_sll2";
	}
	return NULL;
}
