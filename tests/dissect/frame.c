/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include "expect.h"
#include "octets.h"
#include "within.h"

#define MACS         "02 00 00 00 00 02  02 00 00 00 00 01 "
#define V4_ADDRESSES "c0 00 02 01  c6 33 64 02 "
#define V6_ADDRESSES                                       \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 " \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "

/* Ports 5060 and 40000; a length of 12 octets with the four of payload. */
#define UDP "13 c4 9c 40  00 0c 00 00 "

#define FRAME_V4      \
	MACS "08 00 " \
	     "45 b8 00 20  00 01 40 00  3f 11 00 00 " V4_ADDRESSES UDP "de ad be ef "

static struct frame parsed(enum link_type link, const char *hex)
{
	struct bytes in = guarded_hex(hex);
	struct frame frame = {0};

	expect_result(frame_parse(&frame, link, in, bytes_left(&in)), "ok");
	cr_expect(frame_within(in, &frame));
	return frame;
}

static void refused(enum link_type link, const char *hex, const char *name)
{
	struct bytes in = guarded_hex(hex);
	struct frame frame;

	expect_result(frame_parse(&frame, link, in, bytes_left(&in)), name);
}

static void expect_payload(const struct frame *frame, const char *hex)
{
	struct octets wanted = octets(hex);

	cr_expect_eq(bytes_left(&frame->payload), wanted.length);
	cr_expect_eq(memcmp(frame->payload.at, wanted.at, wanted.length), 0);
}

Test(frame, udp_over_ipv4)
{
	struct frame frame = parsed(LINK_ETHERNET, FRAME_V4);

	expect_address(&frame.src.address, "192.0.2.1");
	expect_address(&frame.dst.address, "198.51.100.2");
	expect_number(frame.src.port, 5060);
	expect_number(frame.dst.port, 40000);
	expect_number(frame.dscp, 46);
	expect_number(frame.ttl, 63);
	expect_number(frame.vlan, 0);
	expect_number(frame.payload_length, 4);
	expect_payload(&frame, "de ad be ef");
}

#define PACKET_V6 "60 00 00 00  00 0c  11  40 " V6_ADDRESSES UDP "de ad be ef "

Test(frame, udp_over_ipv6)
{
	struct frame frame = parsed(LINK_ETHERNET, MACS "86 dd " PACKET_V6);

	expect_address(&frame.src.address, "2001:db8::1");
	expect_address(&frame.dst.address, "2001:db8::2");
	expect_number(frame.dst.port, 40000);
	expect_number(frame.ttl, 64);
	expect_payload(&frame, "de ad be ef");
}

Test(frame, udp_behind_extension_headers)
{
	struct frame frame =
	    parsed(LINK_ETHERNET, MACS "86 dd  60 00 00 00  00 14  00  40 " V6_ADDRESSES
				       "11 00 05 02 00 00 01 00 " UDP "de ad be ef ");

	expect_number(frame.src.port, 5060);
	expect_payload(&frame, "de ad be ef");
}

Test(frame, under_every_link_layer)
{
	static const struct {
		enum link_type link;
		const char *header;
	} rows[] = {
	    {LINK_ETHERNET, MACS "86 dd "},
	    {LINK_LINUX_SLL, "00 00  00 01  00 06  02 00 00 00 00 01 00 00  86 dd "},
	    {LINK_LINUX_SLL2, "86 dd  00 00  00 00 00 02  00 01  00 06  02 00 00 00 00 01 00 00 "},
	    {LINK_NULL, "1e 00 00 00 "},
	    {LINK_LOOP, "00 00 00 18 "},
	    {LINK_RAW, ""},
	    {LINK_RAW_BSD, ""},
	    {LINK_RAW_OPENBSD, ""},
	    {LINK_IPV6, ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[512];
		struct frame frame;

		(void)snprintf(hex, sizeof(hex), "%s%s", rows[i].header, PACKET_V6);
		frame = parsed(rows[i].link, hex);
		expect_number(frame.src.port, 5060);
		expect_payload(&frame, "de ad be ef");
	}
	refused((enum link_type)147, PACKET_V6, "link_type");
}

Test(frame, the_outermost_tag_is_kept)
{
	struct frame frame =
	    parsed(LINK_ETHERNET, MACS "88 a8 00 0a  81 00 00 14  86 dd " PACKET_V6);

	expect_number(frame.vlan, 10);
	expect_payload(&frame, "de ad be ef");
}

Test(frame, other_protocols_are_skipped_by_name)
{
	static const struct {
		const char *protocol, *name;
	} rows[] = {{"84", "ip_protocol"}, {"2f", "ip_protocol"}, {"3b", "ip_protocol"},
	    {"01", "ok"}, {"3a", "ok"}, {"06", "tcp_short"}, {"11", "udp_length"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[512];

		(void)snprintf(hex, sizeof(hex),
		    "45 00 00 1c  00 01 40 00  3f %s 00 00 %s 00 00 00 00 00 01 00 00",
		    rows[i].protocol, V4_ADDRESSES);
		refused(LINK_RAW, hex, rows[i].name);
		(void)snprintf(hex, sizeof(hex),
		    "60 00 00 00  00 08  %s  40 %s 00 00 00 00 00 01 00 00", rows[i].protocol,
		    V6_ADDRESSES);
		refused(LINK_RAW, hex, rows[i].name);
	}
}

/* Ports 5060 and 40000, sequence number 1, four octets of options, ACK. */
#define TCP "13 c4 9c 40  00 00 00 01  00 00 00 02  60 10 20 00  00 00 00 00  01 01 01 00 "

Test(frame, tcp)
{
	struct frame frame = parsed(LINK_RAW,
	    "45 b8 00 30  00 01 40 00  3f 06 00 00 " V4_ADDRESSES TCP "de ad be ef  00 00");

	expect_number(frame.protocol, IP_PROTOCOL_TCP);
	expect_number(frame.src.port, 5060);
	expect_number(frame.dst.port, 40000);
	expect_number(frame.tcp_sequence, 1);
	expect_number(frame.tcp_flags, 0x10);
	expect_number(frame.dscp, 46);
	expect_number(frame.payload_length, 4);
	expect_payload(&frame, "de ad be ef"); /* and no padding */
	frame = parsed(LINK_RAW, "60 00 00 00  00 1c  06  40 " V6_ADDRESSES TCP "de ad be ef");
	expect_payload(&frame, "de ad be ef");
}

Test(frame, tcp_cut_by_the_snap_length)
{
	struct octets o =
	    octets("45 00 00 30  00 01 40 00  3f 06 00 00 " V4_ADDRESSES TCP "de ad be ef");

	for (size_t n = 0; n <= o.length; n++) {
		struct frame frame;
		enum dissect_result result =
		    frame_parse(&frame, LINK_RAW, guarded(o.at, n), o.length);

		expect_result(result, n == 0 ? "ip_version" : n < 44 ? "cut" : "ok");
		if (result == DISSECT_OK) {
			expect_number(frame.payload_length, 4);
			expect_number(bytes_left(&frame.payload), n - 44);
		}
	}
}

Test(frame, icmp_is_handed_on_whole)
{
	struct frame frame = parsed(LINK_RAW,
	    "45 00 00 1c  00 01 00 00  3f 01 00 00 " V4_ADDRESSES "08 00 00 00 00 01 00 00");

	expect_number(frame.protocol, IP_PROTOCOL_ICMP);
	expect_number(frame.src.port, 0);
	expect_payload(&frame, "08 00 00 00 00 01 00 00");
}

Test(frame, what_is_not_ip_is_skipped_by_name)
{
	refused(LINK_ETHERNET, MACS "08 06  00 01 08 00 06 04", "arp");
	refused(LINK_ETHERNET, MACS "81 00 00 0a  08 06  00 01 08 00 06 04", "arp");
	refused(LINK_ETHERNET, MACS "88 cc  02 07 04", "ethertype");           /* LLDP */
	refused(LINK_ETHERNET, MACS "00 26  42 42 03", "ethertype");           /* spanning tree */
	refused(LINK_ETHERNET, MACS "88 47  00 01 01 40  45 00", "ethertype"); /* MPLS */
}

/* Its payload begins with what may look like a header, and is none. */
Test(frame, fragments)
{
	static const char *const packets[] = {
	    "45 00 00 20  00 01 20 00  3f 11 00 00 " V4_ADDRESSES UDP "de ad be ef",
	    "45 00 00 20  00 01 00 b9  3f 11 00 00 " V4_ADDRESSES UDP "de ad be ef",
	    "60 00 00 00  00 14  2c  40 " V6_ADDRESSES "11 00 00 01 00 00 00 07 " UDP
	    "de ad be ef"};

	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		struct frame frame = parsed(LINK_RAW, packets[i]);

		cr_expect(frame.fragment.set);
		expect_number(frame.fragment.offset, i == 1 ? 0xb9 * 8 : 0);
		expect_number(frame.src.port, 0);
		expect_number(frame.protocol, IP_PROTOCOL_UDP);
		expect_payload(&frame, UDP "de ad be ef");
	}
}

Test(frame, reassembled)
{
	struct frame frame = parsed(
	    LINK_RAW, "45 b8 00 20  00 01 00 01  3f 11 00 00 " V4_ADDRESSES UDP "de ad be ef");

	expect_result(
	    frame_reassembled(&frame, IP_PROTOCOL_UDP, guarded_hex(UDP "de ad be ef")), "ok");
	cr_expect_not(frame.fragment.set);
	expect_number(frame.dst.port, 40000);
	expect_number(frame.dscp, 46);
	expect_address(&frame.dst.address, "198.51.100.2");
	expect_payload(&frame, "de ad be ef");
	frame = parsed(LINK_RAW, "60 00 00 00  00 14  2c  40 " V6_ADDRESSES
				 "11 00 00 01 00 00 00 07 " UDP "de ad be ef");
	expect_result(frame_reassembled(&frame, IP_PROTOCOL_DESTINATION,
			  guarded_hex("11 00 01 04 00 00 00 00 " UDP "de ad be ef")),
	    "ok");
	expect_payload(&frame, "de ad be ef");
	expect_result(frame_reassembled(&frame, IP_PROTOCOL_FRAGMENT,
			  guarded_hex("11 00 00 01 00 00 00 07 " UDP "de ad be ef")),
	    "ipv6_extension_depth");
	expect_result(
	    frame_reassembled(&frame, IP_PROTOCOL_UDP, guarded_hex("13 c4 9c 40  00 0d 00 00")),
	    "udp_length");
}

Test(frame, the_version_contradicts_the_ethertype)
{
	refused(LINK_ETHERNET, MACS "08 00 " PACKET_V6, "ip_version");
}

/* 46 octets is the least that Ethernet carries: a lone octet of payload is padded. */
Test(frame, ethernet_padding_is_no_payload)
{
	struct frame frame =
	    parsed(LINK_ETHERNET, MACS "08 00  45 00 00 1d  00 01 40 00  40 11 00 00 " V4_ADDRESSES
				       "13 c4 13 c4  00 09 00 00  00 "
				       "00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00");

	expect_number(frame.payload_length, 1);
	expect_number(bytes_left(&frame.payload), 1);
}

/* UDP may end before IP does (RFC 768 leaves what follows undefined). */
Test(frame, udp_length_under_the_payload_of_ip)
{
	struct frame frame = parsed(LINK_RAW, "45 00 00 20  00 01 40 00  40 11 00 00 " V4_ADDRESSES
					      "13 c4 13 c4  00 0a 00 00 de ad be ef");

	expect_number(frame.payload_length, 2);
	expect_payload(&frame, "de ad");
}

Test(frame, udp_length)
{
	static const struct {
		const char *length, *name;
	} rows[] = {{"00 01", "udp_length"}, {"00 07", "udp_length"}, {"00 08", "ok"},
	    {"00 0c", "ok"}, {"00 0d", "udp_length"}, {"ff ff", "udp_length"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[512];

		(void)snprintf(hex, sizeof(hex),
		    "45 00 00 20  00 01 40 00  40 11 00 00 %s 13 c4 13 c4 %s 00 00 de ad be ef",
		    V4_ADDRESSES, rows[i].length);
		refused(LINK_RAW, hex, rows[i].name);
	}
}

/* Segmentation offload leaves it at 0: then IP says it. */
Test(frame, udp_length_of_zero)
{
	struct frame frame = parsed(LINK_RAW, "45 00 00 20  00 01 40 00  40 11 00 00 " V4_ADDRESSES
					      "13 c4 13 c4  00 00 00 00 de ad be ef");

	expect_number(frame.payload_length, 4);
	expect_payload(&frame, "de ad be ef");
}

Test(frame, udp_header_beyond_the_payload_of_ip)
{
	refused(LINK_RAW,
	    "45 00 00 1b  00 01 40 00  40 11 00 00 " V4_ADDRESSES "13 c4 13 c4 00 08 00",
	    "udp_short");
	refused(LINK_RAW, "45 00 00 14  00 01 40 00  40 11 00 00 " V4_ADDRESSES, "udp_short");
	/* Octets that follow in the frame belong to its padding. */
	refused(LINK_RAW,
	    "45 00 00 1b  00 01 40 00  40 11 00 00 " V4_ADDRESSES "13 c4 13 c4 00 08 00 00 00 00",
	    "udp_short");
}

/* A frame that is all there, but shorter than its headers say. */
Test(frame, every_truncation_on_the_wire)
{
	struct octets o = octets(FRAME_V4);

	for (size_t n = 0; n <= o.length; n++) {
		struct frame frame;
		const char *name = n < 14   ? "ethernet_short"
				   : n < 34 ? "ipv4_short"
				   : n < 42 ? "udp_short"
					    : "ok";

		expect_result(frame_parse(&frame, LINK_ETHERNET, guarded(o.at, n), n), name);
		if (n >= 42) { /* used as far as it goes */
			expect_result(frame.defect, n < o.length ? "ipv4_total_length" : "ok");
			expect_number(bytes_left(&frame.payload), n - 42);
		}
	}
}

/* A frame of which the snap length kept the beginning: the wire's lengths hold. */
Test(frame, every_truncation_by_the_snap_length)
{
	struct octets o = octets(FRAME_V4);

	for (size_t n = 0; n <= o.length; n++) {
		struct bytes in = guarded(o.at, n);
		struct frame frame;
		enum dissect_result result = frame_parse(&frame, LINK_ETHERNET, in, o.length);

		expect_result(result, n < 42 ? "cut" : "ok");
		if (result == DISSECT_OK) {
			expect_number(frame.payload_length, 4);
			expect_number(bytes_left(&frame.payload), n - 42);
			cr_expect(frame_within(in, &frame));
		}
	}
}

Test(frame, every_truncation_of_ipv6)
{
	struct octets o = octets(MACS "86 dd " PACKET_V6);

	for (size_t n = 0; n <= o.length; n++) {
		struct bytes in = guarded(o.at, n);
		struct frame frame;

		expect_result(frame_parse(&frame, LINK_ETHERNET, in, n), n < 14   ? "ethernet_short"
									 : n < 54 ? "ipv6_short"
									 : n < 62 ? "udp_short"
										  : "ok");
		expect_result(frame_parse(&frame, LINK_ETHERNET, in, o.length), n == o.length ? "ok"
										: n < 62 ? "cut"
											 : "ok");
	}
}

/* A cut frame is no excuse for a UDP length beyond what IP declares. */
Test(frame, a_cut_frame_with_lengths_that_disagree)
{
	struct bytes in = guarded_hex(
	    "45 00 00 20  00 01 40 00  40 11 00 00 " V4_ADDRESSES "13 c4 13 c4  00 0d 00 00 de");
	struct frame frame;

	expect_result(frame_parse(&frame, LINK_RAW, in, 32), "udp_length");
	in = guarded_hex(
	    "45 00 00 20  00 01 40 00  40 11 00 00 " V4_ADDRESSES "13 c4 13 c4  00 07 00 00 de");
	expect_result(frame_parse(&frame, LINK_RAW, in, 32), "udp_length");
}

/* A record may say less of the wire than it holds; what it holds counts. */
Test(frame, a_wire_length_under_the_captured_one)
{
	struct bytes in = guarded_hex(FRAME_V4);
	struct frame frame;

	expect_result(frame_parse(&frame, LINK_ETHERNET, in, 0), "ok");
	expect_number(frame.payload_length, 4);
	cr_expect(frame_within(in, &frame));
}
