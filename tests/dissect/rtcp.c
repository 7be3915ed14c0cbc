/* SPDX-License-Identifier: Apache-2.0 */
#include "rtcp.h"

#include "expect.h"
#include "octets.h"

#define SENDER "12 34 56 78  e4 a1 b2 c3 d4 e5 f6 07  89 ab cd ef  00 00 03 e8  f0 00 00 01 "
#define BLOCK  "87 65 43 21  40 00 00 19  00 01 ff fe  00 00 00 50  b2 c3 d4 e5  00 01 80 00 "
#define SDES   "81 ca 00 05  12 34 56 78  01 0a 61 40 62 2e 69 6e 76 61 6c 69  00 00 00 00 "
#define BYE    "81 cb 00 01  12 34 56 78 "

static struct rtcp parsed(const char *hex)
{
	struct rtcp rtcp;

	expect_result(rtcp_parse(&rtcp, guarded_hex(hex)), "ok");
	return rtcp;
}

static void refused(const char *hex, const char *name)
{
	struct rtcp rtcp;

	expect_result(rtcp_parse(&rtcp, guarded_hex(hex)), name);
}

/* RFC 3550 6.4.1 */
Test(rtcp, sender_report)
{
	struct rtcp rtcp = parsed("81 c8 00 0c " SENDER BLOCK);

	expect_number(rtcp.ssrc, 0x12345678);
	cr_expect(rtcp.sender_report);
	cr_expect_eq(rtcp.ntp_time, 0xe4a1b2c3d4e5f607ULL);
	expect_number(rtcp.rtp_timestamp, 0x89abcdefLL);
	expect_number(rtcp.packets_sent, 1000);
	expect_number(rtcp.octets_sent, 0xf0000001LL);
	cr_expect(rtcp.receiver_report, "its block is a reception report");
	cr_expect_not(rtcp.bye);
	expect_number(rtcp.block_count, 1);
	expect_number(rtcp.blocks[0].ssrc, 0x87654321LL);
	expect_number(rtcp.blocks[0].fraction_lost, 64);
	expect_number(rtcp.blocks[0].cumulative_lost, 25);
	expect_number(rtcp.blocks[0].highest_sequence, 0x1fffe);
	expect_number(rtcp.blocks[0].jitter, 80);
	expect_number(rtcp.blocks[0].last_sr, 0xb2c3d4e5LL);
	expect_number(rtcp.blocks[0].delay_since_last_sr, 0x18000);
}

/* RFC 3550 6.4.2 */
Test(rtcp, receiver_report)
{
	struct rtcp rtcp = parsed("82 c9 00 0d  12 34 56 78 " BLOCK BLOCK);

	cr_expect_not(rtcp.sender_report);
	cr_expect(rtcp.receiver_report);
	expect_number(rtcp.ssrc, 0x12345678);
	expect_number(rtcp.block_count, 2);
	expect_number(rtcp.blocks[1].ssrc, 0x87654321LL);
}

/* "An empty RR packet (RC = 0) MUST be put at the head of a compound" with nothing to say. */
Test(rtcp, receiver_report_without_blocks)
{
	struct rtcp rtcp = parsed("80 c9 00 01  12 34 56 78 ");

	cr_expect(rtcp.receiver_report);
	expect_number(rtcp.block_count, 0);
}

/* RFC 3550 6.4.1: duplicates count as received, so that the loss may be negative. */
Test(rtcp, cumulative_loss_is_signed)
{
	static const struct {
		const char *lost;
		int32_t wanted;
	} rows[] = {{"00 00 00", 0}, {"00 00 01", 1}, {"7f ff ff", 8388607}, {"80 00 00", -8388608},
	    {"80 00 01", -8388607}, {"ff ff ff", -1}, {"ff ff f6", -10}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char hex[256];

		(void)snprintf(hex, sizeof(hex),
		    "81 c9 00 07  12 34 56 78  87 65 43 21  ff %s  00 00 00 00  00 00 00 00 "
		    "00 00 00 00  00 00 00 00",
		    rows[i].lost);
		expect_number(parsed(hex).blocks[0].cumulative_lost, rows[i].wanted);
		expect_number(parsed(hex).blocks[0].fraction_lost, 255);
	}
}

/* RFC 3550 6.1: a compound. Source descriptions are walked over, a BYE is noted. */
Test(rtcp, compound)
{
	struct rtcp rtcp = parsed("81 c8 00 0c " SENDER BLOCK SDES BYE);

	cr_expect(rtcp.sender_report);
	cr_expect(rtcp.bye);
	expect_number(rtcp.block_count, 1);
	cr_expect_not(parsed("81 c8 00 0c " SENDER BLOCK SDES).bye);
}

/* A profile may extend a report behind its blocks (RFC 3550 6.4.3). */
Test(rtcp, profile_specific_extension)
{
	struct rtcp rtcp = parsed("81 c9 00 08  12 34 56 78 " BLOCK "ca fe ba be " BYE);

	expect_number(rtcp.block_count, 1);
	cr_expect(rtcp.bye);
}

Test(rtcp, other_packet_types_are_walked_over)
{
	/* APP, RTPFB (RFC 4585), PSFB, XR (RFC 3611), and the ends of the range. */
	static const char *const types[] = {"cc", "cd", "ce", "cf", "c0", "df"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char hex[256];

		(void)snprintf(hex, sizeof(hex), "80 c9 00 01  12 34 56 78  8f %s 00 02 %s " BYE,
		    types[i], "00 00 00 01  00 00 00 02 ");
		cr_expect(parsed(hex).bye);
		expect_number(parsed(hex).ssrc, 0x12345678);
	}
}

Test(rtcp, version)
{
	refused("41 c9 00 07  12 34 56 78 " BLOCK, "rtcp_version");
}

/* RFC 5761 section 4: 192..223 */
Test(rtcp, type)
{
	refused("80 bf 00 01  12 34 56 78", "rtcp_type");
	refused("80 e0 00 01  12 34 56 78", "rtcp_type");
	refused("80 00 00 01  12 34 56 78", "rtcp_type");
}

Test(rtcp, length)
{
	refused("80 c9 00 02  12 34 56 78", "rtcp_length");
	refused("80 c9 ff ff  12 34 56 78", "rtcp_length");
	refused("80 cb 00 01  12 34 56", "rtcp_length");
	/* Too short for the report's own fields, though octets follow. */
	refused("80 c9 00 00 " BYE, "rtcp_length");
	refused("80 c8 00 05 " SENDER BYE, "rtcp_length");
}

Test(rtcp, a_header_cut_short)
{
	refused("", "rtcp_short");
	refused("80 c9 00", "rtcp_short");
}

/* A few octets behind a sound compound are a defect, and no more. */
Test(rtcp, octets_behind_the_compound)
{
	struct rtcp rtcp = parsed("81 c9 00 07  12 34 56 78 " BLOCK "00 00 00");

	expect_result(rtcp.defect, "rtcp_short");
	expect_number(rtcp.block_count, 1);
	expect_result(parsed("81 c9 00 07  12 34 56 78 " BLOCK).defect, "ok");
}

/* RFC 3711 3.4: eight octets are clear, the rest looks like nothing; then come the index with
 * its E bit, and the authentication tag. */
Test(rtcp, encrypted)
{
	refused("80 c8 00 06  12 34 56 78  de ad be ef de ad be ef de ad be ef de ad be ef "
		"de ad be ef  80 00 00 01  01 02 03 04 05 06 07 08 09 0a",
	    "rtcp_encrypted");
	refused("80 c9 00 01  12 34 56 78  01 cb 00 01  12 34 56 78", "rtcp_encrypted");
}

/* Blocks lie within their packet: what follows it is no block, however alike. */
Test(rtcp, more_blocks_than_the_packet_holds)
{
	refused("82 c9 00 07  12 34 56 78 " BLOCK, "rtcp_report_count");
	refused("82 c9 00 07  12 34 56 78 " BLOCK BLOCK, "rtcp_report_count");
	refused("9f c9 00 01  12 34 56 78", "rtcp_report_count");
	refused("81 c8 00 0b " SENDER BLOCK, "rtcp_report_count");
}

/* Reports of more than 31 sources come in several packets; the first 31 blocks are kept. */
Test(rtcp, as_many_blocks_as_are_kept)
{
	struct octets o = {0};
	struct rtcp rtcp;

	for (int packet = 0; packet < 2; packet++) {
		octets_add(&o, packet ? "82 c9 00 0d  12 34 56 78" : "9f c9 00 bb  12 34 56 78");
		for (int i = 0; i < (packet ? 2 : 31); i++) {
			octets_add(&o, BLOCK);
			o.at[o.length - 24] = (uint8_t)(packet ? 0xee : i);
		}
	}
	expect_result(rtcp_parse(&rtcp, guarded(o.at, o.length)), "ok");
	expect_number(rtcp.block_count, RTCP_BLOCKS_MAX);
	expect_number(rtcp.blocks[0].ssrc, 0x00654321);
	expect_number(rtcp.blocks[30].ssrc, 0x1e654321);
}

Test(rtcp, as_many_packets_as_are_walked)
{
	struct octets o = {0};
	struct rtcp rtcp;

	for (int count = 1; count <= RTCP_PACKETS_MAX + 2; count++) {
		octets_add(&o, "80 cb 00 00");
		expect_result(rtcp_parse(&rtcp, guarded(o.at, o.length)),
		    count <= RTCP_PACKETS_MAX ? "ok" : "rtcp_depth");
	}
}

Test(rtcp, every_truncation)
{
	struct octets o = octets("81 c8 00 0c " SENDER BLOCK SDES BYE);
	static const size_t ends[] = {0, 52, 76, 84};

	cr_assert_eq(o.length, ends[3]);
	for (size_t n = 0; n <= o.length; n++) {
		struct rtcp rtcp;
		size_t part = n <= ends[1] ? 0 : n <= ends[2] ? 1 : 2;
		size_t into = n - ends[part];

		expect_result(rtcp_parse(&rtcp, guarded(o.at, n)),
		    n == ends[part + 1] || (part > 0 && into < 4) ? "ok"
		    : into < 4                                    ? "rtcp_short"
								  : "rtcp_length");
	}
}
