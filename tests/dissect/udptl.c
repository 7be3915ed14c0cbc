/* SPDX-License-Identifier: Apache-2.0 */
#include "udptl.h"

#include "expect.h"
#include "octets.h"

static bool is_udptl(const char *hex)
{
	uint16_t sequence;

	return udptl_shape(guarded_hex(hex), &sequence);
}

/* --- what is none --- */

Test(udptl, other_protocols)
{
	/* RTP of G.711 with a sequence number of UDPTL's kind; DNS; a keep-alive; IFP bare. */
	cr_expect(!is_udptl("80 08 07 34 67 d3 97 88 0e af 0e af d5 55 d5 55"));
	cr_expect(!is_udptl("12 34 01 00 00 01 00 00 00 00 00 00 01 61 00 00 01 00 01"));
	cr_expect(!is_udptl("00 00 00 00"));
	cr_expect(!is_udptl("0d 0a 0d 0a"));
	cr_expect(!is_udptl(""));
	cr_expect(!is_udptl("01 06"));
}

Test(udptl, lengths_that_do_not_fit)
{
	cr_expect(!is_udptl("00 00 01 06 00 00 00"), "an octet too many");
	cr_expect(!is_udptl("00 00 01 06 00 01"), "a part that is not there");
	cr_expect(!is_udptl("00 00 00 00 00"), "no IFP packet");
	cr_expect(!is_udptl("00 00 c1 06 00 00"), "a fragment");
	cr_expect(!is_udptl("00 00 01 06 40 00"), "bits behind the choice");
	cr_expect(!is_udptl("00 00 01 06 80 00 00"), "FEC of no packets");
	cr_expect(!is_udptl("00 00 01 06 00 80"), "a long count");
}

Test(udptl, what_no_ifp_packet_says)
{
	cr_expect(!is_udptl("00 00 01 07 00 00"), "padding");
	cr_expect(!is_udptl("00 00 01 86 00 00"), "an indicator with data");
	cr_expect(!is_udptl("00 00 02 06 00 00 00"), "an indicator with more behind it");
	cr_expect(!is_udptl("00 00 01 52 00 00"), "modulation 9");
	cr_expect(!is_udptl("00 00 01 c0 00 00"), "data that is not there");
	cr_expect(!is_udptl("00 00 01 20 00 00"), "an extension without octets");
}

/* --- what is one --- */

/* ITU-T T.38 7.2: no-signal; V.21 preamble, with the packet before; V.21 HDLC; V.17 14400. */
Test(udptl, packets)
{
	uint16_t sequence = 0;

	cr_expect(is_udptl("00 00 01 00 00 00"));
	cr_expect(is_udptl("00 01 01 06 00 01 01 00"));
	cr_expect(is_udptl("00 02 06 c0 01 80 00 00 ff 00 02 01 06 01 00"));
	cr_expect(is_udptl("00 03 01 50 00 00"));
	cr_expect(is_udptl("00 04 02 20 00 00 00"), "V.34, in the extension");
	cr_expect(is_udptl("00 05 01 06 80 01 03 01 02 ff 00"), "FEC over three packets");
	cr_expect(udptl_shape(guarded_hex("fe dc 01 00 00 00"), &sequence));
	expect_number(sequence, 0xfedc);
}

Test(udptl, long_ifp)
{
	uint8_t octets[2 + 2 + 300 + 2] = {0, 7, 0x80 | 300 >> 8, 300 & 255, 0xce, 1};
	uint16_t sequence;

	cr_expect(udptl_shape(guarded(octets, sizeof(octets)), &sequence));
	cr_expect(!udptl_shape(guarded(octets, sizeof(octets) - 1), &sequence));
}

Test(udptl, every_truncation)
{
	static const uint8_t whole[] = {0, 2, 6, 0xc0, 1, 0x80, 0, 0, 0xff, 0, 2, 1, 6, 1, 0};
	static const uint8_t fec[] = {0, 5, 1, 6, 0x80, 1, 3, 2, 2, 0xff, 0, 1, 9};
	uint16_t sequence;

	for (size_t i = 0; i < sizeof(whole); i++) {
		cr_expect(!udptl_shape(guarded(whole, i), &sequence), "%zu octets", i);
	}
	for (size_t i = 0; i < sizeof(fec); i++) {
		cr_expect(!udptl_shape(guarded(fec, i), &sequence), "%zu octets of FEC", i);
	}
	cr_expect(udptl_shape(guarded(whole, sizeof(whole)), &sequence));
	cr_expect(udptl_shape(guarded(fec, sizeof(fec)), &sequence));
}
