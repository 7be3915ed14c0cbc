/* SPDX-License-Identifier: Apache-2.0 */
#include "icmp.h"

#include "expect.h"
#include "ip.h"
#include "octets.h"

#define V6                                                 \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 " \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "

/* RFC 792: the internet header and 64 bits of the datagram. */
#define QUOTE_V4 \
	"45 b8 00 c8  00 01 40 00  3f 11 00 00  c0 00 02 01  c6 33 64 02  40 00 4e 20 00 b4 00 00"
#define QUOTE_V6 "60 00 00 00  00 b4  11  40 " V6 "40 00 4e 20 00 b4 00 00"

static struct icmp parsed(const char *hex)
{
	struct icmp icmp = {0};

	expect_result(icmp_parse(&icmp, guarded_hex(hex)), "ok");
	return icmp;
}

static struct icmp parsed_v6(const char *hex)
{
	struct icmp icmp = {0};

	expect_result(icmpv6_parse(&icmp, guarded_hex(hex)), "ok");
	return icmp;
}

Test(icmp, port_unreachable)
{
	struct icmp icmp = parsed("03 03 00 00  00 00 00 00 " QUOTE_V4);

	expect_number(icmp.kind, ICMP_UNREACHABLE);
	expect_number(icmp.type, 3);
	expect_number(icmp.code, 3);
	expect_number(icmp.protocol, IP_PROTOCOL_UDP);
	cr_expect(icmp.has_ports);
	expect_address(&icmp.src.address, "192.0.2.1");
	expect_address(&icmp.dst.address, "198.51.100.2");
	expect_number(icmp.src.port, 16384);
	expect_number(icmp.dst.port, 20000);
	expect_number(icmp.next_hop_mtu, 0);
}

/* RFC 1191 section 4; routers from before it leave 0. */
Test(icmp, fragmentation_needed)
{
	expect_number(parsed("03 04 00 00  00 00 05 78 " QUOTE_V4).next_hop_mtu, 1400);
	expect_number(parsed("03 04 00 00  00 00 05 78 " QUOTE_V4).kind, ICMP_TOO_BIG);
	expect_number(parsed("03 04 00 00  00 00 00 00 " QUOTE_V4).next_hop_mtu, 0);
	expect_number(parsed("03 03 00 00  00 00 05 78 " QUOTE_V4).next_hop_mtu, 0);
}

Test(icmp, other_errors)
{
	expect_number(parsed("04 00 00 00  00 00 00 00 " QUOTE_V4).kind, ICMP_QUENCH);
	expect_number(parsed("0b 00 00 00  00 00 00 00 " QUOTE_V4).kind, ICMP_TIME_EXCEEDED);
	expect_number(parsed("0c 00 00 00  00 00 00 00 " QUOTE_V4).kind, ICMP_PROBLEM);
}

/* RFC 4443 section 3 */
Test(icmp, version_6)
{
	struct icmp icmp = parsed_v6("01 04 00 00  00 00 00 00 " QUOTE_V6);

	expect_number(icmp.kind, ICMP_UNREACHABLE);
	expect_address(&icmp.dst.address, "2001:db8::2");
	expect_number(icmp.dst.port, 20000);
	icmp = parsed_v6("02 00 00 00  00 00 05 00 " QUOTE_V6);
	expect_number(icmp.kind, ICMP_TOO_BIG);
	expect_number(icmp.next_hop_mtu, 1280);
	expect_number(parsed_v6("02 00 00 00  7f ff ff ff " QUOTE_V6).next_hop_mtu, 65535);
	expect_number(parsed_v6("03 00 00 00  00 00 00 00 " QUOTE_V6).kind, ICMP_TIME_EXCEEDED);
	expect_number(parsed_v6("04 00 00 00  00 00 00 00 " QUOTE_V6).kind, ICMP_PROBLEM);
}

Test(icmp, what_is_no_error)
{
	static const char *const types[] = {"00", "05", "08", "09", "0a", "0d", "11", "80", "ff"};
	static const char *const types_v6[] = {"00", "05", "80", "81", "85", "87", "88", "8f"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char hex[256];
		struct icmp icmp;

		(void)snprintf(hex, sizeof(hex), "%s 00 00 00 00 00 00 00 " QUOTE_V4, types[i]);
		expect_result(icmp_parse(&icmp, guarded_hex(hex)), "icmp");
	}
	for (size_t i = 0; i < sizeof(types_v6) / sizeof(types_v6[0]); i++) {
		char hex[512];
		struct icmp icmp;

		(void)snprintf(hex, sizeof(hex), "%s 00 00 00 00 00 00 00 " QUOTE_V6, types_v6[i]);
		expect_result(icmpv6_parse(&icmp, guarded_hex(hex)), "icmp");
	}
}

/* Only the first fragment of a datagram holds its ports; ICMP and ESP have none. */
Test(icmp, a_quote_without_ports)
{
	struct icmp icmp =
	    parsed("0b 01 00 00  00 00 00 00 "
		   "45 00 00 c8  00 01 00 01  3f 11 00 00  c0 00 02 01  c6 33 64 02  "
		   "40 00 4e 20 00 b4 00 00");

	cr_expect_not(icmp.has_ports);
	expect_number(icmp.dst.port, 0);
	icmp = parsed("03 02 00 00  00 00 00 00 "
		      "45 00 00 c8  00 01 00 00  3f 32 00 00  c0 00 02 01  c6 33 64 02  "
		      "40 00 4e 20 00 b4 00 00");
	expect_number(icmp.protocol, 50);
	cr_expect_not(icmp.has_ports);
}

Test(icmp, every_truncation)
{
	struct octets o = octets("03 03 00 00  00 00 00 00 " QUOTE_V4);

	for (size_t n = 0; n <= o.length; n++) {
		struct icmp icmp;
		enum dissect_result result = icmp_parse(&icmp, guarded(o.at, n));

		expect_result(result, n < 8 ? "icmp_short" : n < 28 ? "icmp_quote" : "ok");
		if (result == DISSECT_OK) {
			cr_expect_eq(icmp.has_ports, n >= 32);
		}
	}
}

Test(icmp, a_quote_of_another_family)
{
	struct icmp icmp;

	expect_result(
	    icmp_parse(&icmp, guarded_hex("03 03 00 00 00 00 00 00 " QUOTE_V6)), "icmp_quote");
	expect_result(
	    icmpv6_parse(&icmp, guarded_hex("01 04 00 00 00 00 00 00 " QUOTE_V4)), "icmp_quote");
}

Test(icmp, names)
{
	cr_expect_str_eq(icmp_name(false, 3, 3), "port unreachable");
	cr_expect_str_eq(icmp_name(false, 3, 13), "administratively prohibited");
	cr_expect_str_eq(icmp_name(false, 3, 200), "destination unreachable");
	cr_expect_str_eq(icmp_name(true, 1, 4), "port unreachable");
	cr_expect_str_eq(icmp_name(true, 2, 0), "packet too big");
	for (unsigned type = 0; type < 256; type++) {
		for (unsigned code = 0; code < 256; code++) {
			cr_expect(icmp_name(false, (uint8_t)type, (uint8_t)code)[0]);
			cr_expect(icmp_name(true, (uint8_t)type, (uint8_t)code)[0]);
		}
	}
}
