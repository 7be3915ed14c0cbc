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

static void defective(const char *hex, const char *defects)
{
	struct rtcp rtcp = parsed(hex);

	expect_defects(&rtcp.defects, defects);
}

/* RFC 3550 6.4.1 */
Test(rtcp, sender_report)
{
	struct rtcp rtcp = parsed("81 c8 00 0c " SENDER BLOCK);

	expect_number(rtcp.ssrc, 0x12345678);
	expect_number(rtcp.sender_count, 1);
	expect_number(rtcp.senders[0].ssrc, 0x12345678);
	cr_expect_eq(rtcp.senders[0].ntp_time, 0xe4a1b2c3d4e5f607ULL);
	expect_number(rtcp.senders[0].rtp_timestamp, 0x89abcdefLL);
	expect_number(rtcp.senders[0].packets, 1000);
	expect_number(rtcp.senders[0].octets, 0xf0000001LL);
	cr_expect(rtcp.receiver_report, "its block is a reception report");
	expect_number(rtcp.goodbye_count, 0);
	expect_number(rtcp.block_count, 1);
	expect_number(rtcp.blocks[0].from, 0x12345678);
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

	expect_number(rtcp.sender_count, 0);
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

/* RFC 3550 6.1: a compound. */
Test(rtcp, compound)
{
	struct rtcp rtcp = parsed("81 c8 00 0c " SENDER BLOCK SDES BYE);

	expect_number(rtcp.sender_count, 1);
	expect_number(rtcp.block_count, 1);
	expect_number(rtcp.chunk_count, 1);
	expect_number(rtcp.chunks[0].ssrc, 0x12345678);
	expect_text(rtcp.chunks[0].items[RTCP_CNAME], "a@b.invali");
	expect_number(rtcp.goodbye_count, 1);
	expect_number(rtcp.goodbyes[0].ssrc, 0x12345678);
	expect_defects(&rtcp.defects, "");
}

/* Each report has its own author, and may follow another's (a mixer's, or of a bundle). */
Test(rtcp, several_reporters_in_one_compound)
{
	struct rtcp rtcp =
	    parsed("81 c8 00 0c " SENDER BLOCK "81 c9 00 07  00 00 00 aa " BLOCK
		   "80 c8 00 06  00 00 00 bb  00 00 00 01 00 00 00 02  00 00 00 03  00 00 00 04 "
		   "00 00 00 05 ");

	expect_number(rtcp.ssrc, 0x12345678);
	expect_number(rtcp.block_count, 2);
	expect_number(rtcp.blocks[0].from, 0x12345678);
	expect_number(rtcp.blocks[1].from, 0xaa);
	expect_number(rtcp.sender_count, 2);
	expect_number(rtcp.senders[1].ssrc, 0xbb);
	expect_number(rtcp.senders[1].packets, 4);
}

/* RFC 3550 6.5: chunks begin at words, whatever their items; text may be empty. */
Test(rtcp, descriptions_of_several_sources)
{
	struct rtcp rtcp = parsed("83 ca 00 09 "
				  "00 00 00 01  01 01 61 02  00 06 02 74  6c 00 00 00 "
				  "00 00 00 02  08 03 01 70  76 00 00 00 "
				  "00 00 00 03  00 00 00 00 ");

	expect_number(rtcp.chunk_count, 3);
	expect_text(rtcp.chunks[0].items[RTCP_CNAME], "a");
	expect_number(rtcp.chunks[0].items[RTCP_NAME].length, 0);
	expect_text(rtcp.chunks[0].items[RTCP_TOOL], "tl");
	expect_number(rtcp.chunks[1].ssrc, 2);
	expect_number(rtcp.chunks[1].items[RTCP_PRIV].length, 3);
	expect_number(rtcp.chunks[2].ssrc, 3);
	expect_defects(&rtcp.defects, "");
}

Test(rtcp, texts_that_count_their_nul)
{
	struct rtcp rtcp = parsed("81 ca 00 03  00 00 00 01  01 03 61 62  00 00 00 00 "
				  "81 cb 00 02  00 00 00 01  03 61 62 00 ");

	expect_text(rtcp.chunks[0].items[RTCP_CNAME], "ab");
	expect_text(rtcp.goodbyes[0].reason, "ab");
	expect_defects(&rtcp.defects, "");
}

/* What is wrong inside of a description does not spoil the reports around it. */
Test(rtcp, descriptions_that_do_not_hold)
{
	static const char *const broken[] = {
	    "82 ca 00 02  00 00 00 01  00 00 00 00 ", /* a chunk short */
	    "81 ca 00 00 ",                           /* no source */
	    "81 ca 00 01  00 00 00 01 ",              /* no items, and no end of them */
	    "81 ca 00 02  00 00 00 01  01 02 61 62 ", /* no end */
	    "81 ca 00 02  00 00 00 01  01 03 61 62 ", /* text beyond the packet */
	    "81 ca 00 02  00 00 00 01  01 01 61 02 ", /* no length */
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char hex[256];
		struct rtcp rtcp;

		(void)snprintf(
		    hex, sizeof(hex), "81 c9 00 07  12 34 56 78 " BLOCK "%s" BYE, broken[i]);
		rtcp = parsed(hex);
		expect_defects(&rtcp.defects, "rtcp_sdes");
		expect_number(rtcp.chunk_count, i == 0); /* what came before it is kept */
		expect_number(rtcp.block_count, 1);
		expect_number(rtcp.goodbye_count, 1);
	}
}

/* RFC 3550 6.6 */
Test(rtcp, goodbye)
{
	struct rtcp rtcp =
	    parsed("82 cb 00 04  00 00 00 01  00 00 00 02  05 68 65 6c 6c 6f 00 00 ");

	expect_number(rtcp.goodbye_count, 2);
	expect_number(rtcp.goodbyes[1].ssrc, 2);
	expect_text(rtcp.goodbyes[1].reason, "hello");
	expect_number(parsed("80 cb 00 00 ").goodbye_count, 0);
	defective("82 cb 00 01  00 00 00 01 ", "rtcp_bye");
	rtcp = parsed("81 cb 00 02  00 00 00 01  04 61 62 63 ");
	expect_defects(&rtcp.defects, "rtcp_bye");
	expect_number(rtcp.goodbye_count, 0);
}

/* RFC 3550 6.7 */
Test(rtcp, application)
{
	struct rtcp rtcp = parsed("83 cc 00 03  00 00 00 01  4e 41 4d 45  01 02 03 04 ");

	expect_number(rtcp.app_count, 1);
	expect_number(rtcp.apps[0].subtype, 3);
	expect_text(rtcp.apps[0].name, "NAME");
	expect_number(bytes_left(&rtcp.apps[0].data), 4);
	defective("80 cc 00 01  00 00 00 01 ", "rtcp_app");
}

/* RFC 4585 6.2.1, 6.3.1, 6.3.2; RFC 5104 4.3.1: alone in a datagram too (RFC 5506). */
Test(rtcp, feedback)
{
	struct rtcp rtcp =
	    parsed("81 cd 00 03  00 00 00 01  00 00 00 02  00 10 00 00 "
		   "81 ce 00 02  00 00 00 01  00 00 00 02 "
		   "84 ce 00 04  00 00 00 01  00 00 00 00  00 00 00 03  07 00 00 00 ");

	cr_expect_not(rtcp.receiver_report);
	expect_number(rtcp.feedback_count, 3);
	cr_expect_not(rtcp.feedbacks[0].payload_specific);
	expect_number(rtcp.feedbacks[0].format, RTCP_FEEDBACK_NACK);
	expect_number(rtcp.feedbacks[0].media, 2);
	expect_number(bytes_left(&rtcp.feedbacks[0].control), 4);
	expect_number(rtcp.feedbacks[1].format, RTCP_FEEDBACK_PLI);
	expect_number(rtcp.feedbacks[2].media, 3);
	expect_defects(&rtcp.defects, "");
}

Test(rtcp, feedback_of_wrong_length)
{
	static const char *const broken[] = {
	    "81 cd 00 01  00 00 00 01 ",                           /* no media SSRC */
	    "81 cd 00 02  00 00 00 01  00 00 00 02 ",              /* NACK of nothing */
	    "81 ce 00 03  00 00 00 01  00 00 00 02  00 00 00 00 ", /* PLI has no information */
	    "82 ce 00 02  00 00 00 01  00 00 00 02 ",              /* SLI of nothing */
	    "84 ce 00 03  00 00 00 01  00 00 00 00  00 00 00 03 ", /* FIR entries have two words */
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		struct rtcp rtcp = parsed(broken[i]);

		expect_defects(&rtcp.defects, "rtcp_feedback");
		expect_number(rtcp.feedback_count, 0);
	}
}

/* RFC 3550 6.4.1: padding counts itself, in words, and lies within the packet. */
Test(rtcp, padding)
{
	struct rtcp rtcp =
	    parsed("a3 cc 00 04  00 00 00 01  4e 41 4d 45  01 02 03 04  00 00 00 04 ");
	static const char *const broken[] = {"00", "01", "10", "ff"};

	expect_number(bytes_left(&rtcp.apps[0].data), 4);
	expect_defects(&rtcp.defects, "");
	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		char hex[128];

		(void)snprintf(hex, sizeof(hex),
		    "a3 cc 00 03  00 00 00 01  4e 41 4d 45  00 00 00 %s ", broken[i]);
		rtcp = parsed(hex);
		expect_defects(&rtcp.defects, "rtcp_padding");
	}
}

/* A profile may extend a report behind its blocks (RFC 3550 6.4.3). */
Test(rtcp, profile_specific_extension)
{
	struct rtcp rtcp = parsed("81 c9 00 08  12 34 56 78 " BLOCK "ca fe ba be " BYE);

	expect_number(rtcp.block_count, 1);
	expect_number(rtcp.goodbye_count, 1);
}

Test(rtcp, other_packet_types_are_walked_over)
{
	/* The ends of the range among them. */
	static const char *const types[] = {"c0", "c7", "d0", "df"};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		char hex[256];

		(void)snprintf(hex, sizeof(hex), "80 c9 00 01  12 34 56 78  8f %s 00 02 %s " BYE,
		    types[i], "00 00 00 01  00 00 00 02 ");
		expect_number(parsed(hex).goodbye_count, 1);
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

	expect_defects(&rtcp.defects, "rtcp_short");
	expect_number(rtcp.block_count, 1);
	defective("81 c9 00 07  12 34 56 78 " BLOCK, "");
}

#define NOISE  "de ad be ef de ad be ef de ad be ef de ad be ef de ad be ef "
#define TAG_4  "01 02 03 04 "
#define TAG_10 "01 02 03 04 05 06 07 08 09 0a "

/*
 * RFC 3711 3.4: eight octets are clear, the rest looks like nothing; then come the index with its
 * E bit, perhaps a key identifier, and the authentication tag. RFC 7714 9.1: tag before index.
 */
Test(rtcp, encrypted)
{
	refused("80 c8 00 06  12 34 56 78 " NOISE "80 00 00 01 " TAG_10, "rtcp_encrypted");
	refused("80 c8 00 06  12 34 56 78 " NOISE "80 00 00 01 " TAG_4, "rtcp_encrypted");
	refused("80 c8 00 06  12 34 56 78 " NOISE "80 00 00 01 07 " TAG_10, "rtcp_encrypted");
	refused("80 c8 00 06  12 34 56 78 " NOISE NOISE "80 01 02 03 ", "rtcp_encrypted");
	/* What is encrypted may look like another packet, of any length. */
	refused("80 c8 00 06  12 34 56 78 " NOISE "81 ca ff ff  00 00 00 00 "
		"80 00 00 01 " TAG_10,
	    "rtcp_encrypted");
	/* Reduced size (RFC 5506): a picture loss indication. */
	refused("81 ce 00 02  12 34 56 78  de ad be ef  80 00 00 01 " TAG_10, "rtcp_encrypted");
}

/* E is 0: the compound is authenticated, but clear. */
Test(rtcp, authenticated_alone)
{
	struct rtcp rtcp = parsed("81 c9 00 07  12 34 56 78 " BLOCK BYE "00 00 00 01 " TAG_10);

	expect_number(rtcp.block_count, 1);
	expect_number(rtcp.goodbye_count, 1);
	expect_defects(&rtcp.defects, "");
	expect_number(
	    parsed("81 c9 00 07  12 34 56 78 " BLOCK "00 00 00 01 " TAG_4).block_count, 1);
}

/* Nothing behind it looks like SRTCP: then it is malformed, and called so. */
Test(rtcp, followed_by_something_else)
{
	refused("80 c9 00 01  12 34 56 78  01 cb 00 01  12 34 56 78", "rtcp_version");
	refused("80 c9 00 01  12 34 56 78  81 10 00 01  12 34 56 78", "rtcp_type");
	/* An index of 2^24 has never been reached in a session of years. */
	refused("80 c8 00 06  12 34 56 78 " NOISE "c1 00 00 01 " TAG_10, "rtcp_version");
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
