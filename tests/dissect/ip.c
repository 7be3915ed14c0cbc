/* SPDX-License-Identifier: Apache-2.0 */
#include "ip.h"

#include "expect.h"
#include "octets.h"

#define V4_ADDRESSES "c0 00 02 01  c6 33 64 02 "
#define V6_ADDRESSES                                       \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 " \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "

static struct ip parsed_v4(const char *hex)
{
	struct ip ip = {0};

	expect_result(ipv4_parse(&ip, guarded_hex(hex), 0), "ok");
	return ip;
}

static void refused_v4(const char *hex, size_t missing, const char *name)
{
	struct ip ip = {0};

	expect_result(ipv4_parse(&ip, guarded_hex(hex), missing), name);
}

static struct ip parsed_v6(const char *hex)
{
	struct ip ip = {0};

	expect_result(ipv6_parse(&ip, guarded_hex(hex), 0), "ok");
	return ip;
}

static void refused_v6(const char *hex, size_t missing, const char *name)
{
	struct ip ip = {0};

	expect_result(ipv6_parse(&ip, guarded_hex(hex), missing), name);
}

/* RFC 791 appendix A, example 1: "the minimal data carrying internet datagram". */
Test(ipv4, minimal_datagram_of_rfc_791)
{
	struct ip ip = parsed_v4("45 00 00 15  00 6f 00 00  7b 01 00 00 " V4_ADDRESSES "ff");

	expect_number(ip.protocol, IP_PROTOCOL_ICMP);
	expect_number(ip.ttl, 123);
	expect_number(ip.dscp, 0);
	expect_number(ip.payload_length, 1);
	expect_number(bytes_left(&ip.payload), 1);
	expect_number(ip.payload.at[0], 0xff);
	expect_address(&ip.src, "192.0.2.1");
	expect_address(&ip.dst, "198.51.100.2");
}

/* The same appendix, example 3: a datagram with options, shortened to four octets of data. */
Test(ipv4, options_of_rfc_791)
{
	struct ip ip = parsed_v4("48 00 00 24  00 6f 00 00  7b 06 00 00 " V4_ADDRESSES
				 "07 03 04  83  04 00 00  01  88 03 00  00  64 61 74 61");

	expect_number(ip.protocol, IP_PROTOCOL_TCP);
	expect_number(ip.payload_length, 4);
	expect_number(ip.payload.at[0], 0x64);
}

static void expect_fragment(const struct ip *ip, bool more, unsigned offset, uint32_t id)
{
	cr_expect(ip->fragment.set);
	cr_expect_eq(ip->fragment.more, more);
	expect_number(ip->fragment.offset, offset);
	expect_number(ip->fragment.id, id);
}

/* The same appendix, example 2: a datagram of 452 octets of data in two fragments. */
Test(ipv4, fragments_of_rfc_791)
{
	struct ip ip = {0};
	struct bytes in = guarded_hex("45 00 01 14  00 6f 20 00  77 06 00 00 " V4_ADDRESSES "00");

	expect_result(ipv4_parse(&ip, in, 255), "ok");
	expect_fragment(&ip, true, 0, 111);
	expect_number(ip.payload_length, 256);
	expect_number(bytes_left(&ip.payload), 1);
	in = guarded_hex("45 00 00 d8  00 6f 00 20  77 06 00 00 " V4_ADDRESSES "00");
	expect_result(ipv4_parse(&ip, in, 195), "ok");
	expect_fragment(&ip, false, 256, 111);
	expect_number(ip.payload_length, 196);
}

Test(ipv4, each_fragment_bit)
{
	for (unsigned bit = 0; bit < 16; bit++) {
		char hex[160];
		struct ip ip = {0};

		(void)snprintf(hex, sizeof(hex),
		    "45 00 00 16  00 6f %02x %02x  40 11 00 00 %s aa bb", 1U << bit >> 8 & 0xff,
		    1U << bit & 0xff, V4_ADDRESSES);
		expect_result(ipv4_parse(&ip, guarded_hex(hex), 0), "ok");
		/* Bit 14 says "don't fragment", bit 15 is reserved. */
		cr_expect_eq(ip.fragment.set, bit < 14);
		cr_expect_eq(ip.fragment.more, bit == 13);
		expect_number(ip.fragment.offset, bit < 13 ? 8U << bit : 0);
	}
}

/* RFC 2474 section 3: the upper six bits; the lower two are ECN (RFC 3168). */
Test(ipv4, dscp)
{
	expect_number(
	    parsed_v4("45 b8 00 14  00 00 40 00  40 11 00 00 " V4_ADDRESSES).dscp, 46); /* EF */
	expect_number(parsed_v4("45 ff 00 14  00 00 40 00  40 11 00 00 " V4_ADDRESSES).dscp, 63);
	expect_number(parsed_v4("45 03 00 14  00 00 40 00  40 11 00 00 " V4_ADDRESSES).dscp, 0);
}

Test(ipv4, version)
{
	refused_v4("55 00 00 14  00 00 40 00  40 11 00 00 " V4_ADDRESSES, 0, "ip_version");
	refused_v4("65 00 00 14  00 00 40 00  40 11 00 00 " V4_ADDRESSES, 0, "ip_version");
}

Test(ipv4, header_length_under_the_minimum_or_beyond_the_end)
{
	for (unsigned words = 0; words < 5; words++) {
		char hex[128];

		(void)snprintf(hex, sizeof(hex), "4%x 00 00 14  00 00 40 00  40 11 00 00 %s", words,
		    V4_ADDRESSES);
		refused_v4(hex, 0, "ipv4_header_length");
	}
	refused_v4("46 00 00 18  00 00 40 00  40 11 00 00 " V4_ADDRESSES "00 00 00", 0,
	    "ipv4_header_length");
}

Test(ipv4, total_length_within_the_header)
{
	refused_v4(
	    "45 00 00 13  00 00 40 00  40 11 00 00 " V4_ADDRESSES "00", 0, "ipv4_total_length");
	refused_v4("46 00 00 17  00 00 40 00  40 11 00 00 " V4_ADDRESSES "01 01 01 00", 0,
	    "ipv4_total_length");
	refused_v4("45 00 00 01  00 00 40 00  40 11 00 00 " V4_ADDRESSES, 1, "ipv4_total_length");
}

/* A length that the frame does not hold is a defect, unless the snap length cut the frame. */
Test(ipv4, total_length_beyond_the_frame)
{
	static const char datagram[] =
	    "45 00 00 1c  00 00 40 00  40 11 00 00 " V4_ADDRESSES "aa bb";
	struct ip ip = {0};

	for (size_t missing = 0; missing <= 6; missing += 6) {
		expect_result(ipv4_parse(&ip, guarded_hex(datagram), missing), "ok");
		expect_result(ip.defect, missing ? "ok" : "ipv4_total_length");
		expect_number(ip.payload_length, 8);
		expect_number(bytes_left(&ip.payload), 2);
	}
}

/* Ethernet pads short frames; what lies behind the total length is no payload. */
Test(ipv4, padding_behind_the_datagram)
{
	struct ip ip = parsed_v4(
	    "45 00 00 16  00 00 40 00  40 11 00 00 " V4_ADDRESSES "aa bb 00 00 00 00 00 00 00");

	expect_number(ip.payload_length, 2);
	expect_number(bytes_left(&ip.payload), 2);
	expect_number(ip.payload.at[1], 0xbb);
}

/* Segmentation offload leaves the length at 0: then the frame says it. */
Test(ipv4, total_length_of_zero)
{
	struct ip ip = parsed_v4("45 00 00 00  00 00 40 00  40 11 00 00 " V4_ADDRESSES "aa bb cc");

	expect_number(ip.payload_length, 3);
	expect_number(bytes_left(&ip.payload), 3);
}

/* Of such a frame the wire's length counts, too. */
Test(ipv4, total_length_of_zero_in_a_cut_frame)
{
	struct ip ip = {0};

	expect_result(
	    ipv4_parse(
		&ip, guarded_hex("45 00 00 00  00 00 40 00  40 11 00 00 " V4_ADDRESSES "aa"), 9),
	    "ok");
	expect_number(ip.payload_length, 10);
	expect_number(bytes_left(&ip.payload), 1);
}

Test(ipv4, total_length_of_zero_in_a_frame_longer_than_any_datagram)
{
	static uint8_t frame[70000];
	struct octets header = octets("45 00 00 00  00 00 40 00  40 11 00 00 " V4_ADDRESSES);
	struct ip ip = {0};

	memcpy(frame, header.at, header.length);
	expect_result(ipv4_parse(&ip, guarded(frame, sizeof(frame)), 0), "ok");
	expect_number(ip.payload_length, 65535 - 20);
	expect_number(bytes_left(&ip.payload), 65535 - 20);
}

Test(ipv4, every_truncation)
{
	struct octets o = octets("46 00 00 20  00 00 40 00  40 11 00 00 " V4_ADDRESSES
				 "94 04 00 00  aa bb cc dd ee ff 00 11");

	for (size_t n = 0; n <= o.length; n++) {
		struct bytes in = guarded(o.at, n);
		const char *head = n < 20 ? "ipv4_short" : n < 24 ? "ipv4_header_length" : "ok";
		struct ip ip = {0};

		expect_result(ipv4_parse(&ip, in, o.length - n), head);
		if (n >= 24) {
			expect_number(ip.payload_length, 8);
			cr_expect_eq(ip.payload.at, in.at + 24);
			cr_expect_eq(ip.payload.end, in.end);
		}
		expect_result(ipv4_parse(&ip, in, 0), head);
		if (n >= 24) {
			expect_result(ip.defect, n < o.length ? "ipv4_total_length" : "ok");
		}
	}
}

/* RFC 8200 section 3 */
Test(ipv6, header_of_rfc_8200)
{
	struct ip ip = parsed_v6("6b 80 12 34  00 03  11  40 " V6_ADDRESSES "aa bb cc");

	expect_number(ip.protocol, IP_PROTOCOL_UDP);
	expect_number(ip.ttl, 64);
	expect_number(ip.dscp, 46);
	expect_number(ip.payload_length, 3);
	expect_number(bytes_left(&ip.payload), 3);
	expect_number(ip.payload.at[0], 0xaa);
	expect_address(&ip.src, "2001:db8::1");
	expect_address(&ip.dst, "2001:db8::2");
}

/* Traffic class and flow label share octets: neither may leak into DSCP. */
Test(ipv6, dscp)
{
	expect_number(parsed_v6("6f ff ff ff  00 01  11  40 " V6_ADDRESSES "aa").dscp, 63);
	expect_number(parsed_v6("60 3f ff ff  00 01  11  40 " V6_ADDRESSES "aa").dscp, 0);
	expect_number(parsed_v6("60 40 00 00  00 01  11  40 " V6_ADDRESSES "aa").dscp, 1);
	expect_number(parsed_v6("68 00 00 00  00 01  11  40 " V6_ADDRESSES "aa").dscp, 32);
}

Test(ipv6, version)
{
	refused_v6("40 00 00 00  00 00  11  40 " V6_ADDRESSES, 0, "ip_version");
}

#define HOP_BY_HOP  "3c 00  05 02 00 00  01 00 " /* RFC 2711 router alert; then destination */
#define DESTINATION "2b 01  01 0c 00 00 00 00  00 00 00 00 00 00 00 00 " /* then routing */
#define ROUTING     "11 02  00 01 00 00 00 00 " V6_FIRST /* type 0, one address; then UDP */
#define V6_FIRST    "20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 09 "

/* RFC 8200 4.1: hop-by-hop options, destination options, routing, upper layer. */
Test(ipv6, extension_headers)
{
	struct ip ip = parsed_v6(
	    "60 00 00 00  00 32  00  40 " V6_ADDRESSES HOP_BY_HOP DESTINATION ROUTING "aa bb");

	expect_number(ip.protocol, IP_PROTOCOL_UDP);
	expect_number(ip.payload_length, 2);
	expect_number(bytes_left(&ip.payload), 2);
	expect_number(ip.payload.at[0], 0xaa);
}

/* RFC 8200 4.5, at once and behind another extension. */
Test(ipv6, fragments)
{
	struct ip ip =
	    parsed_v6("60 00 00 00  00 0a  2c  40 " V6_ADDRESSES "11 00 00 01 00 00 00 07  aa bb");

	expect_fragment(&ip, true, 0, 7);
	expect_number(ip.protocol, IP_PROTOCOL_UDP);
	expect_number(ip.payload_length, 2);
	expect_number(bytes_left(&ip.payload), 2);
	ip = parsed_v6("60 00 00 00  00 12  00  40 " V6_ADDRESSES
		       "2c 00 01 04 00 00 00 00  11 00 05 a8 80 00 00 07  aa bb");
	expect_fragment(&ip, false, 1448, 0x80000007);
}

/* What stands behind a fragment header belongs to the datagram, not to the fragment. */
Test(ipv6, extensions_behind_a_fragment_header)
{
	struct ip ip = parsed_v6("60 00 00 00  00 10  2c  40 " V6_ADDRESSES
				 "3c 00 00 01 00 00 00 07  11 00 01 04 00 00 00 00");

	expect_number(ip.protocol, IP_PROTOCOL_DESTINATION);
	expect_number(ip.payload_length, 8);
	ip.fragment.set = false; /* once it is whole */
	expect_result(ipv6_extensions_parse(&ip), "ok");
	expect_number(ip.protocol, IP_PROTOCOL_UDP);
	expect_number(ip.payload_length, 0);
}

/* RFC 6946: a fragment header on a datagram that is whole. */
Test(ipv6, atomic_fragment)
{
	struct ip ip =
	    parsed_v6("60 00 00 00  00 0a  2c  40 " V6_ADDRESSES "11 00 00 06 00 00 00 07  aa bb");

	cr_expect_not(ip.fragment.set, "the reserved bits mean nothing");
	expect_number(ip.protocol, IP_PROTOCOL_UDP);
	expect_number(ip.payload_length, 2);
}

/* Not even the header. Its second octet is reserved, and no length. */
Test(ipv6, fragment_header_beyond_the_payload)
{
	refused_v6("60 00 00 00  00 07  2c  40 " V6_ADDRESSES "11 00 00 01 00 00 00", 0,
	    "ipv6_extension_short");
	expect_number(
	    parsed_v6("60 00 00 00  00 08  2c  40 " V6_ADDRESSES "11 ff 00 01 00 00 00 07")
		.payload_length,
	    0);
}

/* An extension that claims more than there is, by its own length or the packet's. */
Test(ipv6, extension_beyond_the_payload)
{
	refused_v6("60 00 00 00  00 08  00  40 " V6_ADDRESSES "11 01 01 04 00 00 00 00", 0,
	    "ipv6_extension_short");
	refused_v6("60 00 00 00  00 07  3c  40 " V6_ADDRESSES "11 00 01 04 00 00 00", 0,
	    "ipv6_extension_short");
	refused_v6("60 00 00 00  00 08  2b  40 " V6_ADDRESSES "11 ff 01 04 00 00 00 00", 0,
	    "ipv6_extension_short");
	/* The frame goes on behind the payload; the header may not. */
	refused_v6("60 00 00 00  00 08  00  40 " V6_ADDRESSES
		   "11 01 01 0c 00 00 00 00  00 00 00 00 00 00 00 00",
	    false, "ipv6_extension_short");
}

Test(ipv6, as_many_extensions_as_are_walked)
{
	for (unsigned count = 0; count <= 12; count++) {
		struct octets o = octets("60 00 00 00  00 00  3c  40 " V6_ADDRESSES);
		struct ip ip = {0};

		o.at[5] = (uint8_t)(8 * count + 1);
		o.at[6] = count ? IP_PROTOCOL_DESTINATION : IP_PROTOCOL_UDP;
		for (unsigned i = 0; i < count; i++) {
			octets_add(&o,
			    i + 1 < count ? "3c 00 01 04 00 00 00 00" : "11 00 01 04 00 00 00 00");
		}
		octets_add(&o, "aa");
		expect_result(ipv6_parse(&ip, guarded(o.at, o.length), false),
		    count <= IP_EXTENSIONS_MAX ? "ok" : "ipv6_extension_depth");
		if (count <= IP_EXTENSIONS_MAX) {
			expect_number(ip.protocol, IP_PROTOCOL_UDP);
			expect_number(ip.payload_length, 1);
		}
	}
}

Test(ipv6, payload_length_beyond_the_frame)
{
	static const char packet[] = "60 00 00 00  00 08  11  40 " V6_ADDRESSES "aa bb";
	struct ip ip = {0};

	for (size_t missing = 0; missing <= 6; missing += 6) {
		expect_result(ipv6_parse(&ip, guarded_hex(packet), missing), "ok");
		expect_result(ip.defect, missing ? "ok" : "ipv6_payload_length");
		expect_number(ip.payload_length, 8);
		expect_number(bytes_left(&ip.payload), 2);
	}
}

Test(ipv6, padding_behind_the_packet)
{
	struct ip ip = parsed_v6("60 00 00 00  00 01  11  40 " V6_ADDRESSES "aa 00 00 00");

	expect_number(ip.payload_length, 1);
	expect_number(bytes_left(&ip.payload), 1);
}

/* A jumbogram (RFC 2675), or segmentation offload. */
Test(ipv6, payload_length_of_zero)
{
	struct ip ip = parsed_v6("60 00 00 00  00 00  11  40 " V6_ADDRESSES "aa bb cc");

	expect_number(ip.payload_length, 3);
	expect_number(bytes_left(&ip.payload), 3);
	ip = parsed_v6("60 00 00 00  00 00  3b  40 " V6_ADDRESSES);
	expect_number(ip.payload_length, 0);
	expect_number(ip.protocol, 59); /* no next header, RFC 8200 4.7 */
}

Test(ipv6, every_truncation)
{
	struct octets o = octets(
	    "60 00 00 00  00 32  00  40 " V6_ADDRESSES HOP_BY_HOP DESTINATION ROUTING "aa bb");
	size_t upper = o.length - 2;

	for (size_t n = 0; n <= o.length; n++) {
		struct bytes in = guarded(o.at, n);
		const char *cut = n < 40 ? "ipv6_short" : n < upper ? "ipv6_extension_short" : "ok";
		struct ip ip = {0};

		expect_result(ipv6_parse(&ip, in, o.length - n), cut);
		if (n >= upper) {
			expect_number(ip.payload_length, 2);
			cr_expect_eq(ip.payload.at, in.at + upper);
			cr_expect_eq(ip.payload.end, in.end);
		}
		expect_result(ipv6_parse(&ip, in, 0), cut);
		if (n >= upper) {
			expect_result(ip.defect, n < o.length ? "ipv6_payload_length" : "ok");
		}
	}
}
