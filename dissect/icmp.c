/* SPDX-License-Identifier: Apache-2.0 */
#include "icmp.h"

#include "ip.h"

enum { QUOTE_UNKNOWN_LENGTH = UINT16_MAX }; /* a quote is cut where the router likes */

/* The first octets of the transport header: ports stand there in UDP, TCP and SCTP alike. */
static void ports_parse(struct icmp *out, struct ip *ip)
{
	const uint8_t *ports = bytes_take(&ip->payload, 4);

	switch (ip->protocol) {
	case IP_PROTOCOL_TCP:
	case IP_PROTOCOL_UDP:
		break;
	default:
		return;
	}
	if (ports && ip->fragment.offset == 0) {
		out->has_ports = true;
		out->src.port = load_be16(ports);
		out->dst.port = load_be16(ports + 2);
	}
}

static enum dissect_result quote_parse(struct icmp *out, struct bytes in, bool ipv6)
{
	struct ip ip = {0};
	enum dissect_result result = ipv6 ? ipv6_parse(&ip, in, QUOTE_UNKNOWN_LENGTH)
					  : ipv4_parse(&ip, in, QUOTE_UNKNOWN_LENGTH);

	if (result != DISSECT_OK) {
		return MALFORMED_ICMP_QUOTE;
	}
	out->protocol = ip.protocol;
	out->src.address = ip.src;
	out->dst.address = ip.dst;
	ports_parse(out, &ip);
	return DISSECT_OK;
}

enum dissect_result icmp_parse(struct icmp *out, struct bytes in)
{
	const uint8_t *header = bytes_take(&in, 8);

	if (!header) {
		return MALFORMED_ICMP_SHORT;
	}
	*out = (struct icmp){.type = header[0], .code = header[1]};
	switch (out->type) {
	case 3:
		out->kind = out->code == 4 ? ICMP_TOO_BIG : ICMP_UNREACHABLE;
		out->next_hop_mtu = out->code == 4 ? load_be16(header + 6) : 0; /* RFC 1191 */
		break;
	case 4:
		out->kind = ICMP_QUENCH;
		break;
	case 11:
		out->kind = ICMP_TIME_EXCEEDED;
		break;
	case 12:
		out->kind = ICMP_PROBLEM;
		break;
	default:
		return SKIPPED_ICMP;
	}
	return quote_parse(out, in, false);
}

enum dissect_result icmpv6_parse(struct icmp *out, struct bytes in)
{
	const uint8_t *header = bytes_take(&in, 8);
	uint32_t mtu;

	if (!header) {
		return MALFORMED_ICMP_SHORT;
	}
	*out = (struct icmp){.type = header[0], .code = header[1]};
	mtu = load_be32(header + 4);
	switch (out->type) {
	case 1:
		out->kind = ICMP_UNREACHABLE;
		break;
	case 2:
		out->kind = ICMP_TOO_BIG;
		out->next_hop_mtu = mtu < UINT16_MAX ? (uint16_t)mtu : UINT16_MAX;
		break;
	case 3:
		out->kind = ICMP_TIME_EXCEEDED;
		break;
	case 4:
		out->kind = ICMP_PROBLEM;
		break;
	default:
		return SKIPPED_ICMP;
	}
	return quote_parse(out, in, true);
}

static const char *name_of(const char *const *names, size_t count, uint8_t code, const char *other)
{
	return code < count && names[code] ? names[code] : other;
}

/* RFC 792, RFC 1122 3.2.2.1, RFC 1812 5.2.7.1. */
static const char *icmpv4_name(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {"network unreachable", "host unreachable",
	    "protocol unreachable", "port unreachable", "fragmentation needed",
	    "source route failed", "network unknown", "host unknown", NULL, "network prohibited",
	    "host prohibited", NULL, NULL, "administratively prohibited"};

	switch (type) {
	case 3:
		return name_of(unreachable, sizeof(unreachable) / sizeof(unreachable[0]), code,
		    "destination unreachable");
	case 4:
		return "source quench";
	case 11:
		return code == 1 ? "reassembly time exceeded" : "time exceeded";
	case 12:
		return "parameter problem";
	default:
		return "ICMP message";
	}
}

/* RFC 4443 section 3. */
static const char *icmpv6_name(uint8_t type, uint8_t code)
{
	static const char *const unreachable[] = {"no route", "administratively prohibited",
	    "beyond scope of source", "address unreachable", "port unreachable",
	    "source address failed policy", "route rejected"};

	switch (type) {
	case 1:
		return name_of(unreachable, sizeof(unreachable) / sizeof(unreachable[0]), code,
		    "destination unreachable");
	case 2:
		return "packet too big";
	case 3:
		return code == 1 ? "reassembly time exceeded" : "time exceeded";
	case 4:
		return "parameter problem";
	default:
		return "ICMPv6 message";
	}
}

const char *icmp_name(bool ipv6, uint8_t type, uint8_t code)
{
	return ipv6 ? icmpv6_name(type, code) : icmpv4_name(type, code);
}
