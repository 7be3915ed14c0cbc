/* SPDX-License-Identifier: Apache-2.0 */
#include "rtp.h"

#include "expect.h"
#include "octets.h"
#include "rtcp.h"

static struct rtp parsed(const char *hex)
{
	struct bytes in = guarded_hex(hex);
	struct rtp rtp = {0};

	expect_result(rtp_parse(&rtp, in, bytes_left(&in)), "ok");
	return rtp;
}

static void refused(const char *hex, const char *name)
{
	struct bytes in = guarded_hex(hex);
	struct rtp rtp;

	expect_result(rtp_parse(&rtp, in, bytes_left(&in)), name);
}

/* RFC 3550 5.1; octets with the highest bit set, so that no field borrows a sign. */
Test(rtp, fixed_header)
{
	struct rtp rtp = parsed("80 88  fe dc  89 ab cd ef  f0 e1 d2 c3  d5 d5 d5");

	expect_number(rtp.payload_type, 8);
	cr_expect(rtp.marker);
	expect_number(rtp.sequence, 0xfedc);
	expect_number(rtp.timestamp, 0x89abcdefLL);
	expect_number(rtp.ssrc, 0xf0e1d2c3LL);
	expect_number(rtp.payload_octets, 3);
}

Test(rtp, without_marker_and_payload)
{
	struct rtp rtp = parsed("80 00  00 00  00 00 00 00  00 00 00 00");

	cr_expect_not(rtp.marker);
	expect_number(rtp.payload_type, 0);
	expect_number(rtp.payload_octets, 0);
}

Test(rtp, version)
{
	refused("00 00  00 01  00 00 00 00  00 00 00 01", "rtp_version");
	refused("40 00  00 01  00 00 00 00  00 00 00 01", "rtp_version");
	refused("c0 00  00 01  00 00 00 00  00 00 00 01", "rtp_version");
}

/* Up to fifteen contributing sources stand before the payload. */
Test(rtp, contributing_sources)
{
	for (unsigned count = 0; count < 16; count++) {
		struct octets o = octets("80 00  00 01  00 00 00 00  00 00 00 01");
		struct rtp rtp = {0};

		o.at[0] = (uint8_t)(o.at[0] | count);
		for (unsigned i = 0; i < count; i++) {
			octets_add(&o, "00 00 01 02");
		}
		if (count > 0) {
			expect_result(
			    rtp_parse(&rtp, guarded(o.at, o.length - 1), o.length - 1), "rtp_csrc");
		}
		octets_add(&o, "aa bb");
		expect_result(rtp_parse(&rtp, guarded(o.at, o.length), o.length), "ok");
		expect_number(rtp.payload_octets, 2);
	}
}

/* RFC 3550 5.3.1: the length counts words and not the extension's own header. RFC 8285 4.2. */
Test(rtp, extension)
{
	expect_number(
	    parsed("90 00  00 01  00 00 00 00  00 00 00 01  be de 00 01  10 aa 00 00  bb cc")
		.payload_octets,
	    2);
	expect_number(
	    parsed("90 00  00 01  00 00 00 00  00 00 00 01  be de 00 00  bb").payload_octets, 1);
	expect_number(parsed("91 00  00 01  00 00 00 00  00 00 00 01  00 00 00 09  be de 00 01 "
			     "10 aa 00 00  bb cc dd")
			  .payload_octets,
	    3);
}

Test(rtp, extension_beyond_the_end)
{
	refused("90 00  00 01  00 00 00 00  00 00 00 01", "rtp_extension");
	refused("90 00  00 01  00 00 00 00  00 00 00 01  be de 00", "rtp_extension");
	refused("90 00  00 01  00 00 00 00  00 00 00 01  be de 00 01  10 aa 00", "rtp_extension");
	refused(
	    "90 00  00 01  00 00 00 00  00 00 00 01  be de ff ff  10 aa 00 00", "rtp_extension");
}

/* RFC 3550 5.1: the last octet counts the padding, itself included. */
Test(rtp, padding)
{
	expect_number(
	    parsed("a0 00  00 01  00 00 00 00  00 00 00 01  aa bb 00 02").payload_octets, 2);
	expect_number(parsed("a0 00  00 01  00 00 00 00  00 00 00 01  aa 01").payload_octets, 1);
	expect_number(
	    parsed("a0 00  00 01  00 00 00 00  00 00 00 01  00 00 00 04").payload_octets, 0);
}

/* SRTP encrypts the count: what cannot be one is payload. */
Test(rtp, padding_that_cannot_be)
{
	static const struct {
		const char *hex;
		unsigned octets;
	} cases[] = {
	    {"a0 00  00 01  00 00 00 00  00 00 00 01", 0},
	    {"a0 00  00 01  00 00 00 00  00 00 00 01  aa bb 00", 3},
	    {"a0 00  00 01  00 00 00 00  00 00 00 01  aa bb 04", 3},
	    {"a0 00  00 01  00 00 00 00  00 00 00 01  ff", 1},
	    /* Padding lies in the payload: neither sources nor an extension count towards it. */
	    {"b1 00  00 01  00 00 00 00  00 00 00 01  00 00 00 09  be de 00 00  aa 03", 2},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		expect_number(parsed(cases[i].hex).payload_octets, cases[i].octets);
	}
}

/* The snap length hides the count; the payload is then counted with its padding. */
Test(rtp, padding_that_was_not_captured)
{
	struct bytes in = guarded_hex("a0 00  00 01  00 00 00 00  00 00 00 01  aa bb 00 ff");
	struct rtp rtp = {0};

	expect_result(rtp_parse(&rtp, in, 172), "ok");
	expect_number(rtp.payload_octets, 160);
}

Test(rtp, the_longest_datagram)
{
	struct bytes in = guarded_hex("80 00  00 01  00 00 00 00  00 00 00 01");
	struct rtp rtp = {0};

	expect_result(rtp_parse(&rtp, in, 65527), "ok");
	expect_number(rtp.payload_octets, 65515);
}

#define EVERYTHING                                                          \
	"b2 60  00 01  00 00 00 a0  00 00 00 01  00 00 00 02  00 00 00 03 " \
	"be de 00 02  10 aa 00 00  00 00 00 00 "

Test(rtp, every_truncation_on_the_wire)
{
	struct octets o = octets(EVERYTHING "01 02 03 04 05 06");

	for (size_t n = 0; n <= o.length; n++) {
		struct rtp rtp = {0};
		enum dissect_result result = rtp_parse(&rtp, guarded(o.at, n), n);

		expect_result(result, n < 12   ? "rtp_short"
				      : n < 20 ? "rtp_csrc"
				      : n < 32 ? "rtp_extension"
					       : "ok");
		if (result == DISSECT_OK) { /* each octet claims all before it as padding */
			expect_number(rtp.payload_octets, 0);
		}
	}
}

/* Behind the fixed header a snap length changes nothing: the wire's length counts. */
Test(rtp, every_truncation_by_the_snap_length)
{
	struct octets o = octets(EVERYTHING "01 02 03 04 05 06");

	for (size_t n = 12; n < o.length; n++) {
		struct rtp rtp = {0};

		expect_result(rtp_parse(&rtp, guarded(o.at, n), o.length), "ok");
		if (n >= 32) { /* before that, what is left may be header or payload */
			expect_number(rtp.payload_octets, 6);
		}
		expect_number(rtp.payload_type, 0x60);
		expect_number(rtp.ssrc, 1);
	}
}

/* RFC 7983 section 7: 128..191 is RTP and RTCP; RFC 5761 section 4 tells them apart. */
Test(rtp, shapes)
{
	for (unsigned first = 0; first < 256; first++) {
		for (unsigned second = 0; second < 256; second++) {
			bool version = first >= 128 && first <= 191;
			bool report = second >= 192 && second <= 223;
			bool reserved = (second & 0x7f) >= 64 && (second & 0x7f) <= 95;

			cr_assert_eq(rtp_shape((uint8_t)first, (uint8_t)second),
			    version && !reserved, "%u %u", first, second);
			cr_assert_eq(rtcp_shape((uint8_t)first, (uint8_t)second), version && report,
			    "%u %u", first, second);
		}
	}
}
